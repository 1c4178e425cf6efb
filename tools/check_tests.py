#!/usr/bin/env python3
"""Lists sources without a unit test: src/<module>/<file>.c needs
tests/unit/<module>/test_<file>.c."""

import fnmatch
import pathlib
import sys

MODULES = "base json http model query ingest".split()

# Private parts of a module that the test of the named parent covers.
COVERED_BY = {
    "src/http/server_*.c": "tests/unit/http/test_server.c",
    "src/model/decode_*.c": "tests/unit/model/test_decode_fields.c",
}


def test_of(path):
    """The test that has to be there for a source."""
    for pattern, test in COVERED_BY.items():
        if fnmatch.fnmatch(path.as_posix(), pattern):
            return pathlib.Path(test)
    return pathlib.Path("tests/unit", *path.parts[1:-1], f"test_{path.name}")


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    failed = False
    for module in MODULES:
        for file in sorted((root / "src" / module).rglob("*.c")):
            path = file.relative_to(root)
            test = test_of(path)
            if not (root / test).exists():
                print(f"{path}: no {test}")
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
