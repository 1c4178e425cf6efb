#!/usr/bin/env python3
"""Reads the #include lines of src and fails where one goes against the layers.

One direction only: base < json, http < model < query < store < ingest < api < main. Modules of
equal rank do not see each other. A library's header is included where LIBRARIES says and nowhere
else.
"""

import pathlib
import re
import sys

RANK = {"base": 0, "json": 1, "http": 1, "model": 2, "query": 3, "store": 4, "ingest": 5, "api": 6,
        "main": 7}

# The one header of a store's inside that the wiring in src/*.c may include.
OPENERS = {"store/sqlite/sqlite_store.h"}

# Library header -> folders or files of src that may include it.
LIBRARIES = {
    "microhttpd.h": ["http/"],
    "zlib.h": ["http/"],
    "yyjson.h": ["json/", "model/", "query/", "ingest/", "api/", "http/response.c"],
    "sqlite3.h": ["store/sqlite/"],
    "zstd.h": ["store/"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def module_of(path):
    """"store/sqlite/x.h" -> "store"; a file directly in src is of "main"."""
    return path.split("/")[0] if "/" in path else "main"


def backend_of(path):
    """"store/sqlite/x.h" -> "store/sqlite"; "" for what is no store's inside."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "store" and len(parts) > 2 else ""


def project_include(path, header):
    """Why `path` may not include our own `header`, or None."""
    if module_of(header) == "main" and module_of(path) != "main":
        return "includes go by the path from src, and nothing includes src/*.h but src/*.c"
    own, other = module_of(path), module_of(header)
    if other not in RANK:
        return f"no such module: {other}"
    if own != other and RANK[other] >= RANK[own]:
        return f"{own} may not see {other}"
    backend = backend_of(header)
    if backend and backend_of(path) != backend:
        if own == "main":
            openers = ", ".join(sorted(OPENERS))
            return None if header in OPENERS else f"only {openers} is open to main"
        if own != "store" or backend_of(path):
            return f"{backend} is closed to {backend_of(path) or own}"
    return None


def own_header(path, source, headers):
    """Why the first include of the .c file `path` is wrong, or None: it proves that a header stands
    alone. A file without a header of its own starts with one of its module."""
    if not path.endswith(".c") or path == "main.c":
        return None
    first = INCLUDE.search(source)
    expected = path[:-2] + ".h"
    if expected in headers:
        if not first or first.group(2) != expected:
            return f'the first include must be "{expected}"'
    elif not first or first.group(1) != '"' or module_of(first.group(2)) != module_of(path):
        return f"the first include must be a header of {module_of(path)}"
    return None


def check(root):
    files = {p.relative_to(root).as_posix(): p for p in sorted(root.rglob("*.[ch]"))}
    for path, file in files.items():
        source = file.read_text(encoding="utf-8")
        if module_of(path) not in RANK:
            yield f"src/{path}:1: no such module: {module_of(path)}"
            continue
        problem = own_header(path, source, files)
        if problem:
            yield f"src/{path}:1: {problem}"
        for match in INCLUDE.finditer(source):
            header = match.group(2)
            line = source.count("\n", 0, match.start(1)) + 1
            problem = None
            if header in LIBRARIES:
                if not any(path.startswith(place) for place in LIBRARIES[header]):
                    problem = f"allowed in {', '.join(LIBRARIES[header])} only"
            elif match.group(1) == '"':
                problem = project_include(path, header)
            if problem:
                yield f"src/{path}:{line}: {header}: {problem}"


def main():
    problems = list(check(pathlib.Path(__file__).resolve().parent.parent / "src"))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
