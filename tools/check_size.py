#!/usr/bin/env python3
"""Fails on functions over 100 lines and files over 1000; counts functions over 60.

Our format puts the braces of a function body, and nothing else, alone into column 0, so tables and
structs do not count. A function is measured from its opening to its closing brace.
"""

import pathlib
import re
import sys

FUNCTION_WANTED = 60
FUNCTION_MAX = 100
FILE_MAX = 1000


def function_name(lines, opening):
    """The name in the signature above the brace at index `opening`."""
    for line in reversed(lines[max(0, opening - 12) : opening]):
        match = re.match(r"(?!\s)[^(]*?\b(\w+)\s*\(", line)
        if match:
            return match.group(1)
    return "?"


def functions(lines):
    """Yields (name, line number, length) of each function."""
    opening = None
    for i, line in enumerate(lines):
        if line == "{":
            opening = i
        elif line.startswith("}") and opening is not None:
            yield function_name(lines, opening), opening + 1, i - opening + 1
            opening = None


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    problems, long_ones, total = [], 0, 0
    for file in sorted((root / "src").rglob("*.[ch]")):
        path = file.relative_to(root)
        lines = file.read_text(encoding="utf-8").splitlines()
        if len(lines) > FILE_MAX:
            problems.append(f"{path}: {len(lines)} lines, at most {FILE_MAX}")
        for name, number, length in functions(lines):
            total += 1
            if length > FUNCTION_MAX:
                problems.append(f"{path}:{number}: {name}: {length} lines, at most {FUNCTION_MAX}")
            elif length > FUNCTION_WANTED:
                long_ones += 1
    print(f"{total} functions, {long_ones} of them over {FUNCTION_WANTED} lines")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
