#!/usr/bin/env python3
"""Fails on calls and words that src must not have.

Everywhere: functions without bounds, without errors or with hidden state. Outside src/base: raw
memory, because memory comes from an arena or a buf. Outside the sql.c of the store: SQL text that
is put together with %s, because values are bound and names come from tables.
"""

import pathlib
import re
import sys

BANNED = ("strcpy strcat sprintf vsprintf strtok atoi atol sscanf gets localtime gmtime rand srand "
          "system").split()
MEMORY = "malloc calloc realloc free strdup strndup".split()
MEMORY_PLACES = "src/base/"
SQL_TEXT_PLACES = ("src/store/sql.c", "src/store/sqlite/sql.c", "src/store/sqlite/zone_sql.c")

# One token: a comment, a string, a character constant, or the rest of the text in between.
TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<char>'(?:[^'\\\n]|\\.)*')""",
    re.DOTALL | re.VERBOSE,
)
SQL = re.compile(
    r"\b(SELECT|INSERT (OR \w+ )?INTO|REPLACE INTO|UPDATE|DELETE FROM|(CREATE|ALTER|DROP) "
    r"(TABLE|INDEX|TRIGGER|VIEW)|WHERE|FROM|JOIN|VALUES|ORDER BY|GROUP BY|LIMIT|PRAGMA|SAVEPOINT)\b"
)
FORMAT_TEXT = re.compile(r"%[-0-9.*]*s")


def call_pattern(names):
    """A call by name, not of a struct's member."""
    return re.compile(r"(?<![\w.])(?<!->)(" + "|".join(names) + r")\s*\(")


BANNED_CALL = call_pattern(BANNED)
MEMORY_CALL = call_pattern(MEMORY)


def blank(text):
    """Spaces of the same length; line breaks stay, so offsets and line numbers stay right."""
    return re.sub(r"[^\n]", " ", text)


def code_only(source):
    """The source without comments and without what stands in quotes."""
    return TOKEN.sub(lambda m: blank(m.group()), source)


def string_runs(source):
    """Yields (offset, text) of string literals; neighbours that the compiler joins are joined."""
    start, text, end = None, "", None
    for match in TOKEN.finditer(source):
        if match.lastgroup != "string":
            continue
        if start is not None and source[end : match.start()].strip(" \t\n\\") == "":
            text += match.group()[1:-1]
        else:
            if start is not None:
                yield start, text
            start, text = match.start(), match.group()[1:-1]
        end = match.end()
    if start is not None:
        yield start, text


def check_file(path, source):
    code = code_only(source)
    for match in BANNED_CALL.finditer(code):
        yield match.start(), f"{match.group(1)}() is banned"
    if not path.startswith(MEMORY_PLACES):
        for match in MEMORY_CALL.finditer(code):
            yield match.start(), f"{match.group(1)}() belongs to {MEMORY_PLACES}"
    if path not in SQL_TEXT_PLACES:
        for offset, text in string_runs(source):
            if SQL.search(text) and FORMAT_TEXT.search(text):
                yield offset, f"SQL text with %s belongs to {' or '.join(SQL_TEXT_PLACES)}"
    for match in re.finditer(r"\b(TODO|FIXME)\b", source):
        yield match.start(), f"{match.group(1)}: do it, or leave it out"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    failed = False
    for file in sorted((root / "src").rglob("*.[ch]")):
        path = file.relative_to(root).as_posix()
        source = file.read_text(encoding="utf-8")
        for offset, problem in check_file(path, source):
            print(f"{path}:{source.count(chr(10), 0, offset) + 1}: {problem}")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
