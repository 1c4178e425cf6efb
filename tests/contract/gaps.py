"""What the program's OpenAPI document lacks of the contract's; gaps.txt keeps the list."""
import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
FILE = HERE / "gaps.txt"
HEADER = """\
# What the contract (tests/contract/openapi.json) has and the program lacks; sorted.
# "empty": answered, with nothing in it, because what it would list is not built yet.
# This list may only shrink; the line of an operation may give way to "empty", and both to lines of
# what it lacks yet.
# After closing a gap run: build/venv/bin/python tools/update_gaps.py
"""

RECORD_KEEPING = ["created_at", "created_by", "last_updated_at", "last_updated_by"]

# Where the contract's pages overrule its OpenAPI document, or a field is accepted and ignored.
WAIVED = {
    "POST /v1/private/traces differs: request field last_updated_at": "ignored (traces.md 3.1)",
    "POST /v1/private/spans differs: request field last_updated_at": "ignored (spans.md 2)",
    "POST /v1/private/spans differs: request field total_estimated_cost_version":
        "ignored (spans.md 2)",
    "POST /v1/private/spans/batch differs: request field spans[].total_estimated_cost_version":
        "ignored (spans.md 2)",
    **{f"{method} differs: request field {name}": "ignored (traces.md 11 and 12, threads.md 7)"
       for kind in ("traces", "spans", "traces/threads")
       for method, names in {
           f"POST /v1/private/{kind}/{{}}/comments": RECORD_KEEPING + ["id"],
           f"PATCH /v1/private/{kind}/comments/{{}}":
               RECORD_KEEPING + ["id", "source_queue_id"],
           f"PUT /v1/private/{kind}/{{}}/feedback-scores": RECORD_KEEPING + ["value_by_author"],
           f"PUT /v1/private/{kind}/feedback-scores": ["scores[].author", "scores[].project_id"],
       }.items() for name in names},
    **{f"GET /v1/private/{kind}/feedback-scores/names differs: response field scores[].type":
       "left out (traces.md 11.6, threads.md 6.12)"
       for kind in ("traces", "spans", "traces/threads", "projects")},
    **{f"POST /v1/private/workspaces/{path} differs: request field start_before_end":
       "no member, but the check of the reference" for path in
       ("costs", "costs/summaries", "metrics", "metrics/summaries")},
    **{f"POST /v1/private/workspaces/{path} differs: response field results[].{name}":
       "only in summaries (stats.md 6)" for path in ("costs", "metrics")
       for name in ("current", "previous")},
    **{f"PUT /v1/private/workspaces/configurations differs: response field {name}":
       "answers 204 (platform.md 9)"
       for name in ("color_map", "timeout_to_mark_thread_as_inactive", "truncation_on_tables")},
}

EMPTY = " empty: nothing is stored yet"


def operation_of(line):
    """The operation that a line is about."""
    return line.split(" differs: ")[0].removesuffix(EMPTY)


def grown(found, before):
    """Lines that are new although nothing was missing there before, or less."""
    open_before = {operation_of(line) for line in before if " differs: " not in line}
    return [line for line in found if line not in before
            and (operation_of(line) == line or operation_of(line) not in open_before)]


def contract():
    return json.loads((HERE / "openapi.json").read_text())


def read_file():
    return [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]


def snake(name):
    """sortableBy -> sortable_by."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def operations(document):
    """{"GET /v1/private/traces/{}": operation}; names of path parameters do not matter."""
    return {f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}": operation
            for path, methods in document["paths"].items()
            for method, operation in methods.items()}


def resolve(document, schema):
    while "$ref" in schema:
        node = document
        for key in schema["$ref"].removeprefix("#/").split("/"):
            node = node[key]
        schema = node
    return schema


def properties(document, schema, prefix="", seen=(), written=False):
    """The paths of all properties: "content[].name"; of what is written without the read-only."""
    schema = resolve(document, schema)
    if any(schema is one for one in seen):
        return set()
    seen = (*seen, schema)
    found = set()
    for part in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(part, []):
            found |= properties(document, one, prefix, seen, written)
    if "items" in schema:
        found |= properties(document, schema["items"], prefix + "[]", seen, written)
    for name, one in schema.get("properties", {}).items():
        if written and one.get("readOnly"):
            continue
        path = (prefix + "." if prefix else "") + snake(name)
        found.add(path)
        found |= properties(document, one, path, seen, written)
    return found


def request_properties(document, operation):
    return properties(document, first_schema(operation.get("requestBody", {})),
                      written=True)


def response_properties(document, operation):
    found = set()
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            found |= properties(document, first_schema(response))
    return found


def query_parameters(_document, operation):
    return {snake(parameter["name"]) for parameter in operation.get("parameters", [])
            if parameter["in"] == "query"}


def first_schema(message):
    """The schema of a body; a stream has none that could be compared."""
    for kind, content in message.get("content", {}).items():
        return {} if kind == "application/octet-stream" else content.get("schema", {})
    return {}


def topmost(paths):
    """Without what lies below something that is missing itself."""
    def parents(path):
        marks = [i for i, letter in enumerate(path) if letter in ".["]
        return (path[:i] for i in marks)
    return {path for path in paths if not any(parent in paths for parent in parents(path))}


COMPARED = {"query parameter": query_parameters, "request field": request_properties,
            "response field": response_properties}


def find_gaps(wanted, there):
    """Sorted lines: operations of `wanted` that `there` lacks, that are but empty there, or that
    lack something there."""
    lines = []
    have = operations(there)
    for key, operation in operations(wanted).items():
        if key not in have:
            lines.append(key)
            continue
        if have[key].get("x-empty"):
            lines.append(key + EMPTY)
            continue
        for what, names in COMPARED.items():
            missing = names(wanted, operation) - names(there, have[key])
            lines += [f"{key} differs: {what} {name}" for name in topmost(missing)]
    return sorted(set(lines) - set(WAIVED))
