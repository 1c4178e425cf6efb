#!/usr/bin/env python3
"""Writes tests/contract/gaps.txt anew from the program that is built. The list may only shrink:
an operation that is there and loses something is refused, unless --grow says that the contract
itself has grown. (An operation's line may give way to "empty", and both to lines of what it lacks
yet.)"""
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "contract"), str(ROOT / "tests" / "api")]

import gaps  # noqa: E402
from client import Api  # noqa: E402
from server import Server  # noqa: E402


def main():
    with tempfile.TemporaryDirectory() as folder, Server(pathlib.Path(folder) / "data") as server:
        found = gaps.find_gaps(gaps.contract(), Api(server.url).document.content)
    before = gaps.read_file() if gaps.FILE.exists() else found
    lost = gaps.grown(found, before)
    if lost and sys.argv[1:] != ["--grow"]:
        print("lost, not written:", *lost, sep="\n")
        return 1
    gaps.FILE.write_text(gaps.HEADER + "".join(line + "\n" for line in found))
    print(f"{len(found)} gaps; {len(set(before) - set(found))} lines went, "
          f"{len(set(found) - set(before))} came")
    return 0


if __name__ == "__main__":
    sys.exit(main())
