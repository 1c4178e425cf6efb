"""What filters mean (query.md 3 to 9), on traces, spans and threads as they were sent: an evaluation
of its own that shares nothing with the program."""
import datetime
import json
import re
from fractions import Fraction

TEXT = ("contains", "not_contains", "starts_with", "ends_with")
EQUAL = ("=", "!=")
STRICT = (">", "<")
ORDER = (">", ">=", "<", "<=")
EMPTY = ("is_empty", "is_not_empty")
OPERATORS = (*TEXT, *EQUAL, *ORDER, *EMPTY, "in", "not_in")

# query.md 3; `is_empty` on an enum that is never empty is refused (README.md, difference 10).
ALLOWED = {
    "string": (*TEXT, *EQUAL, *STRICT),
    "string_exact": (*TEXT, *EQUAL, *STRICT),
    "string_list": ("in", "not_in"),
    "date_time": (*EQUAL, *ORDER),
    "number": (*EQUAL, *ORDER),
    "feedback_scores_number": (*EQUAL, *ORDER, *EMPTY),
    "dictionary": (*TEXT, *EQUAL, *STRICT, *EMPTY),
    "list": ("contains", "not_contains", *EQUAL, *EMPTY),
    "enum": (*EQUAL, "in", "not_in"),
    "enum_legacy": EQUAL,
    "error_container": EMPTY,
}

BOTH = {
    "id": "string_exact", "name": "string", "start_time": "date_time", "end_time": "date_time",
    "created_at": "date_time", "last_updated_at": "date_time", "input": "string",
    "output": "string", "input_json": "dictionary", "output_json": "dictionary",
    "metadata": "dictionary", "tags": "list", "duration": "number", "ttft": "number",
    "total_estimated_cost": "number", "usage.completion_tokens": "number",
    "usage.prompt_tokens": "number", "usage.total_tokens": "number",
    "feedback_scores": "feedback_scores_number", "error_info": "error_container",
    "error_type": "string", "source": "enum_legacy", "environment": "enum",
}
# query.md 7 and 8, without `custom`, which has no type of its own
FIELDS = {
    "traces": {
        **BOTH, "thread_id": "string_exact", "llm_span_count": "number",
        "span_feedback_scores": "feedback_scores_number", "guardrails": "string",
        "visibility_mode": "enum", "annotation_queue_ids": "list", "experiment_id": "string_exact",
        "experiment_ids": "string_list",
    },
    "spans": {**BOTH, "trace_id": "string_exact", "model": "string", "provider": "string",
              "type": "enum"},
}
THREAD_FIELDS = {
    "id": "string_exact", "first_message": "string", "last_message": "string",
    "number_of_messages": "number", "duration": "number", "created_at": "date_time",
    "last_updated_at": "date_time", "start_time": "date_time", "end_time": "date_time",
    "feedback_scores": "feedback_scores_number", "status": "enum", "tags": "list",
    "annotation_queue_ids": "list", "source": "enum_legacy", "environment": "enum",
}
TYPES = {**FIELDS, "threads": THREAD_FIELDS}
# Of threads: they choose traces (threads.md 3.1)
ON_TRACES = ("source", "environment")
OVER_SPANS = ("total_estimated_cost", "llm_span_count", "usage.completion_tokens",
              "usage.prompt_tokens", "usage.total_tokens")
# Nothing can be stored for them yet, so they are absent everywhere.
ABSENT = ("guardrails", "annotation_queue_ids", "experiment_id", "experiment_ids")
WHOLE = {"input_json": "input", "output_json": "output", "metadata": "metadata"}


def allowed(kind, field):
    """The operators that a field takes."""
    chosen = ALLOWED[TYPES[kind][field]]
    return (*chosen, *EMPTY) if field == "environment" else chosen


# Values that are refused, by type
BLANK = ["", " ", "\t\n"]
BAD_VALUES = {
    "string": BLANK, "string_exact": BLANK, "list": BLANK, "enum": BLANK, "enum_legacy": BLANK,
    "string_list": [*BLANK, ",", " , ,"],
    "date_time": [*BLANK, "yesterday", "2024-01-01", "2024-01-01T00:00:00", "10:00:00Z",
                  "2024-13-01T00:00:00Z", "2024-01-01T00:00:00Z ", "1700000000000"],
    "number": [*BLANK, "x", "1e5", "+1", " 1", "1 ", "1.", "-", "--1", "1.2.3", "0x10", "NaN",
               "1,5", "Infinity", "٣"],
    "feedback_scores_number": [*BLANK, "x", "1.2.3", " 0.4", "0.4 ", "\t0.4", "0x0", "0x1p3", "1e",
                               "1e+", ".", "-", "1,5", "NaN", "Infinity"],
}


class Row:
    """A trace or span: `sent` by the client, `shown` by the server (its times), the rows of a
    trace's spans, and its scores: lists of values by name, one of each queue."""

    def __init__(self, kind, sent, shown=None, spans=(), scores=None):
        self.kind, self.sent, self.shown, self.spans = kind, sent, shown or {}, list(spans)
        self.scores = scores or {}

    def __repr__(self):
        return json.dumps(self.sent, ensure_ascii=False)

    @property
    def id(self):
        return self.sent["id"]

    def has(self, field):
        return field in self.sent

    def text(self, field):
        """Texts that are absent are "", and blank ones were not stored."""
        if field in ABSENT:
            return ""
        if field in ("input", "output", "metadata", "error_info"):
            return compact(self.sent[field]) if field in self.sent else ""
        if field == "error_type":
            return (self.sent.get("error_info") or {}).get("exception_type") or ""
        text = self.sent.get(field) or ""
        return text if field == "environment" or text.strip() else ""

    def tags(self, field="tags"):
        return [] if field in ABSENT else sorted(set(self.sent.get(field) or []))

    def time(self, field):
        """Nanoseconds, or None."""
        given = self.shown if field in ("created_at", "last_updated_at") else self.sent
        text = given.get(field, self.shown.get(field) if field == "start_time" else None)
        return None if text is None else nanoseconds(text)

    def duration(self):
        """Milliseconds as they are shown, or None."""
        start, end = self.time("start_time"), self.time("end_time")
        return None if end is None or not start else Fraction(end // 1000 - start // 1000, 1000)

    def usage(self, key):
        """The span's own count or the trace's sum, which vanishes when it is 0 (traces.md 8); None
        when there is none."""
        if self.kind == "spans":
            return (self.sent.get("usage") or {}).get(key)
        return sum(span.usage(key) or 0 for span in self.spans) or None

    def cost(self):
        if self.kind == "spans":
            return exact(self.sent.get("total_estimated_cost") or 0)
        return sum((span.cost() for span in self.spans), Fraction(0))

    def number(self, field):
        """The number that a filter compares; None never matches."""
        if self.kind == "traces" and field in OVER_SPANS and not self.spans:
            return None
        if field == "duration":
            return self.duration() or 0
        if field == "total_estimated_cost":
            return self.cost()
        if field == "llm_span_count":
            return sum(span.sent.get("type") == "llm" for span in self.spans)
        if field.startswith("usage."):
            return self.usage(field.partition(".")[2]) or 0
        return None if self.sent.get(field) is None else exact(self.sent[field])

    def means(self, field="feedback_scores"):
        """The means of scores by name."""
        given = dict(self.scores)
        if field == "span_feedback_scores":
            given = {}
            for span in self.spans:
                for name, values in span.scores.items():
                    given[name] = given.get(name, []) + values
        return {name: mean_score(values) for name, values in given.items()}

    def enum(self, field):
        if field == "visibility_mode":
            return "default" if "start_time" in self.sent else ""
        return self.sent.get(field) or ""


# ---- values -------------------------------------------------------------------------------------

def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def exact(number):
    return number if isinstance(number, Fraction) else Fraction(str(number))


def mean_score(values):
    """Cut to 9 decimals."""
    total = sum(exact(value) for value in values) * 10**9
    cut = abs(total) // len(values)
    return Fraction(cut if total > 0 else -cut, 10**9)


def nanoseconds(text):
    text = re.sub(r"Z$", "+00:00", text)
    head, fraction, zone = re.fullmatch(r"([^.+]{19})(\.\d+)?([+-]\d\d:\d\d)", text).groups()
    seconds = datetime.datetime.fromisoformat(head + zone).timestamp()
    return int(seconds) * 10**9 + int((fraction or ".0")[1:].ljust(9, "0"))


def ascii_lower(text):
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def like(text, pattern, fold=True):
    """LIKE '%pattern%': `%` and `_` are wildcards, `\\` takes their meaning and its own away."""
    if fold:
        text, pattern = text.lower(), pattern.lower()
    parts = re.findall(r"\\[%_\\]|[^%_]|[%_]", pattern, re.S)
    wild = {"%": ".*", "_": "."}
    return re.search("".join(wild.get(part) or re.escape(part[-1]) for part in parts), text,
                     re.S) is not None


def number_of(text):
    """The number that a text is, or None."""
    plain = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text)
    return Fraction(text) if plain else None


def ordered(op, a, b):
    return {"=": a == b, "!=": a != b, ">": a > b, ">=": a >= b, "<": a < b, "<=": a <= b}[op]


# ---- JSON paths (query.md 4) --------------------------------------------------------------------

STEP = re.compile(r"""\.(?P<name>\w+) | \."(?P<quoted>[^"]*)" | \.`(?P<ticked>[^`]*)` |
                      \[\s*(?:(?P<index>\d+)|(?P<all>\*)|(?P<low>\d+)\ to\ (?P<high>\d+)|
                      "(?P<bracketed>[^"]*)")\s*\]""", re.X)


def path_of(key):
    """The steps of a path; None when it is none."""
    path = key if key.startswith("$") else "$" + key if key[0] in "[." else "$." + key
    steps, at = [], 1
    while at < len(path):
        match = STEP.match(path, at)
        if not match:
            return None
        steps.append({name: value for name, value in match.groupdict().items()
                      if value is not None})
        at = match.end()
    return steps


def walk(value, steps):
    """Everything that the path leads to, in order."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step.keys() & {"name", "quoted", "ticked", "bracketed"}:
        (name,) = step.values()
        inner = [value[name]] if isinstance(value, dict) and name in value else []
    elif not isinstance(value, list):
        inner = []
    elif "index" in step:
        inner = value[int(step["index"]):][:1]
    else:
        inner = value if "all" in step else value[int(step["low"]):int(step["high"]) + 1]
    for item in inner:
        yield from walk(item, rest)


def scalar_at(value, key):
    """The text of the first scalar; "" when there is none."""
    for found in walk(value, path_of(key)):
        if not isinstance(found, (dict, list)):
            return found if isinstance(found, str) else compact(found)
    return ""


# ---- the operators of each type -----------------------------------------------------------------

def matches_text(op, text, value, folds):
    """`folds`: without regard to case."""
    if op in ("contains", "not_contains"):
        return like(text, value, folds) == (op == "contains")
    if folds:
        text, value = ascii_lower(text), ascii_lower(value)
    if op == "starts_with":
        return text.startswith(value)
    if op == "ends_with":
        return text.endswith(value)
    return ordered(op, text.encode(), value.encode())


def matches_dictionary(op, text, value):
    if op in EMPTY:
        return (text in ("", "null")) == (op == "is_empty")
    if op in STRICT:
        stored, wanted = number_of(text), number_of(value)
        return stored is not None and wanted is not None and ordered(op, stored, wanted)
    return matches_text(op, text, value, True)


def matches_list(op, tags, value):
    if op in EMPTY:
        return (not tags) == (op == "is_empty")
    if op in EQUAL:
        return (value in tags) == (op == "=")
    return any(like(tag, value) for tag in tags) == (op == "contains")


def matches_enum(op, text, value):
    if op in EMPTY:
        return (text == "") == (op == "is_empty")
    if op in EQUAL:
        return (text == value) == (op == "=")
    return (text in parts_of(value)) == (op == "in")


def matches_scores(op, means, key, value):
    """query.md 6; names of any case."""
    named = [mean for name, mean in means.items() if ascii_lower(name) == ascii_lower(key)]
    if op in EMPTY:
        return (not named) == (op == "is_empty")
    wanted = mean_score([value])
    if op == "!=":
        return bool(means) and wanted not in named
    return any(ordered(op, mean, wanted) for mean in named)


def parts_of(value):
    return [part.strip() for part in value.split(",") if part.strip()]


def mapped(test):
    """A custom filter as what it stands for (query.md 5)."""
    if test["field"] != "custom":
        return test
    root, path = re.fullmatch(r"(?:\$\.)?(input|output)(?:\.)?(.*)", test["key"], re.S).groups()
    field = f"{root}_json" if path else root
    return {**test, "field": field, "key": path}


def matches_test(row, test):
    test = mapped(test)
    field, op, value = test["field"], test["operator"], as_text(test.get("value", ""))
    kind = TYPES[row.kind][field]
    if row.kind == "threads" and field in ON_TRACES:
        return any(matches_test(trace, test) for trace in row.whole)
    if kind == "feedback_scores_number":
        return matches_scores(op, row.means(field), test["key"], value)
    if field in ("experiment_id", "experiment_ids"):
        return False
    if kind == "error_container":
        return row.has("error_info") == (op == "is_not_empty")
    if kind == "dictionary":
        body = row.sent.get(WHOLE[field], [])
        return matches_dictionary(op, scalar_at(body, test["key"]), value)
    if kind == "list":
        return matches_list(op, row.tags(field), value)
    if kind == "enum":
        return matches_enum(op, row.enum(field), value)
    if kind == "enum_legacy":
        return matches_enum(op, row.enum(field) or ("sdk" if value == "sdk" else ""), value)
    if kind in ("string", "string_exact"):
        return matches_text(op, row.text(field), value, kind == "string")
    stored = row.time(field) if kind == "date_time" else row.number(field)
    if stored is None:
        return False
    return ordered(op, stored, nanoseconds(value) if kind == "date_time" else Fraction(value))


def as_text(value):
    """Numbers and booleans are read as their text."""
    return value if isinstance(value, str) else "" if value is None else compact(value)


def matches(row, node):
    """One filter, or a node {"or":[…]}, {"and":[…]}, {"not":…}."""
    if "or" in node:
        return any(matches(row, child) for child in node["or"])
    if "and" in node:
        return all(matches(row, child) for child in node["and"])
    if "not" in node:
        return not matches(row, node["not"])
    return matches_test(row, node)


def grouped(filters):
    """Several `is_empty` on scores of one field match when one of the names is missing (query.md 6).
    """
    several, others = {}, []
    for node in filters:
        is_empty = node.get("operator") == "is_empty" and "feedback_scores" in node["field"]
        (several.setdefault(node["field"], []) if is_empty else others).append(node)
    return [*others, *({"or": nodes} for nodes in several.values())]


def chosen(rows, filters):
    """The ids of the rows that all filters of a list match."""
    return {row.id for row in rows if all(matches(row, node) for node in grouped(filters))}


# ---- search (query.md 11) -----------------------------------------------------------------------

SEARCHED = {
    "traces": ("id", "name", "input", "output", "metadata", "error_info", "thread_id"),
    "spans": ("id", "trace_id", "name", "type", "input", "output", "metadata", "model",
              "provider"),
}


def found(rows, search):
    """The ids of the rows that a search finds."""
    pattern = search.strip()
    return {row.id for row in rows
            if any(like(text, pattern)
                   for text in [*(row.text(field) for field in SEARCHED[row.kind]), *row.tags()])}
