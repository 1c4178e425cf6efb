"""A project of varied traces with spans for the tests of filters, sorting, search and statistics,
and random filters over it."""
import itertools
import json
import random
import urllib.parse
from fractions import Fraction

import client
from query_model import ABSENT, TYPES, WHOLE, Row, allowed, mapped, scalar_at
from wire import Wire

NAMES = ["alpha", "ALPHA", "Alphabet", "alphabet soup", "beta_1", "betaX1", "100%", "100 percent",
         "a\\b", "Ünïcode ÄÖ", "ünïcode äö", "漢字 text", "line\nbreak", 'say "hi"', "a+b", "%41",
         "null", "zeta", "~", "Z", "nul\u0000l", "x" * 300, "🐙 octopus"]
BODIES = ["hello", "", {}, [], 42, -1.5, True, None, {"text": "Hello World", "n": 1},
          {"a": {"b": 5}}, {"a": {"b": "5"}}, {"a": {"b": -1.5}}, {"a": {"b": True}},
          {"a": {"b": None}}, {"a": {"b": "null"}}, {"a": {"b": ""}}, {"a": {"b": {"c": 1}}},
          {"a": {"b": [1]}}, {"a": {"b": "Text Five"}}, {"a": {"b": "text five"}},
          {"a": {"b": 1e21}}, {"a": [1, "two", {"b": 3}]}, {"a": [{"c": 1}, {"b": "deep"}]},
          [{"a": "first"}, "second", 3], {"a.b": "dotted", "a b": "spaced", "ü": "Größe"},
          {"text": 'line\nbreak "quoted" \\ back 100%'}, {"messages": [
              {"role": "user", "content": "What is 100%?"}, {"role": "assistant", "content": ""}]}]
METADATA = [{"model": "gpt-4", "temperature": 0.5}, {"model": "GPT-4o", "n": 10}, {"n": "10"},
            {"n": 2023}, {"n": "abc"}, {"n": -3, "flag": True}, {"flag": False, "none": None},
            {"none": "null", "empty": ""}, {"obj": {"x": 1}}, {"arr": [1, "x"]}, "text", ["a"], {},
            {"provider": "own", "providers": "own"}, {"deep": {"er": {"est": "Down"}}}, None]
TAGS = [["a"], ["A"], ["a", "b"], ["b"], ["a+b"], ["100%"], ["tag_1"], ["tagX1"], ["with space"],
        ["ü"], ["Ü", "a"], ["%41"], ["x,y"], ["a!"], ['quo"te', "back\\slash"], []]
ERRORS = [{}, {"exception_type": "ValueError", "message": "Bad value", "traceback": "at line 1"},
          {"exception_type": "valueerror", "message": "100%", "traceback": "t"},
          {"exception_type": "Timeout", "message": "m", "traceback": "t"}, {"message": "only"}]
TIMES = [("2024-01-01T10:00:00.123456789Z", "2024-01-01T10:00:01.623456Z"),
         ("2024-01-01T10:00:00.123456788Z", None), ("2024-01-01T10:00:00.123456Z", None),
         ("2024-01-02T00:00:00Z", "2024-01-02T00:00:00Z"),
         ("2024-01-02T00:00:00Z", "2024-01-02T00:00:00.0005Z"),
         ("2024-01-03T00:00:00Z", "2024-01-02T23:59:59.999Z"),
         ("2024-03-01T12:00:00.5Z", "2024-03-01T13:00:00.5Z"),
         ("1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00.000001999Z")]
SOURCES = ["sdk", "experiment", "playground", "optimization", "evaluator"]
ENVIRONMENTS = ["", "staging", "Staging", "production", "a+b", "ünï", "x y"]
USAGES = [{"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}, {"total_tokens": 7},
          {"total_tokens": 0, "prompt_tokens": 12}, {"other": 5}, {"total_tokens": -2},
          {"completion_tokens": 1000000, "total_tokens": 2000000000}]
SCORE_NAMES = ["accuracy", "Accuracy", "my score", "quality", "it's", "größe"]
SCORE_VALUES = [0, 0, 1, 0.5, 0.5, -1, 0.1, 0.2, 0.3, 1 / 3, 1e-9, 999999999, 12.25]
# What stands for a field that is left out
OUT = object()


def pool(rng, values, absent=1):
    """Endless values in random order, each as often as the others, some of them left out."""
    while True:
        values = [*values, *([OUT] * absent)]
        rng.shuffle(values)
        yield from values
        values = [value for value in values if value is not OUT]


def common(rng):
    """Pools of the fields that traces and spans share."""
    return {"name": pool(rng, NAMES, 2), "input": pool(rng, BODIES, 3),
            "output": pool(rng, BODIES, 5), "metadata": pool(rng, METADATA, 2),
            "tags": pool(rng, TAGS, 3), "error_info": pool(rng, ERRORS, 3),
            "source": pool(rng, SOURCES, 2), "environment": pool(rng, ENVIRONMENTS, 1),
            "ttft": pool(rng, [0, 0.5, 12.5, 100, 99.999], 2)}


def trace_pools(rng):
    return {**common(rng), "thread_id": pool(rng, ["thread 1", "Thread 1", "t+1", "t%1"], 2)}


def span_pools(rng):
    return {**common(rng), "type": pool(rng, ["general", "tool", "llm", "guardrail", "llm"], 1),
            "model": pool(rng, ["acme-1", "Acme-1", "acme_2", "größe"], 2),
            "provider": pool(rng, ["acme", "ACME", "other"], 2), "usage": pool(rng, USAGES, 2),
            "total_estimated_cost": pool(rng, [0, 0.25, 0.000001, 12.5, 0.1, 0.2], 2)}


def draw(pools, times, **fields):
    start, end = next(times)
    drawn = {name: next(values) for name, values in pools.items()}
    drawn.update(fields, start_time=start, end_time=OUT if end is None else end)
    return {name: value for name, value in drawn.items() if value is not OUT}


def draw_scores(rng):
    """Lists of values by name; of several queues, with the first without one."""
    return {name: [round(rng.choice(SCORE_VALUES), 9) for _ in range(rng.choice([1, 1, 2, 3]))]
            for name in rng.sample(SCORE_NAMES, rng.choice([0, 0, 1, 1, 2, 3]))}


QUEUES = [None, *(client.uuid7() for _ in range(2))]


def score_items(scores, **subject):
    """The items of a batch of scores."""
    return [{**subject, "name": name, "value": value, "source": "sdk",
             **({"source_queue_id": QUEUES[i]} if i else {})}
            for name, values in scores.items() for i, value in enumerate(values)]


class Project:
    """What was sent, as rows, and the ids that lists answer."""

    def __init__(self, api, traces=38, seed=7):
        self.rng = random.Random(seed)
        self.name = client.name("query")
        self.wire = Wire(api.url)
        sent = self.make(traces)
        for kind in ("traces", "spans"):
            # In three requests, so that times of creation differ.
            for i in range(3):
                self.wire.must(204, "POST", f"{kind}/batch", {kind: sent[kind][i::3]})
        self.patch(sent["traces"])
        self.scores = {kind: self.give_scores(kind, sent[kind]) for kind in ("traces", "spans")}
        self.rows = {"spans": self.make_rows("spans", sent["spans"])}
        self.rows["traces"] = self.make_rows("traces", sent["traces"])

    def make(self, count):
        rng = self.rng
        times, pools = itertools.cycle(TIMES), trace_pools(rng)
        traces = [{"id": client.uuid7(), "project_name": self.name, **draw(pools, times)}
                  for _ in range(count)]
        pools, spans = span_pools(rng), []
        for trace in traces:
            parent = OUT
            for _ in range(rng.choice([0, 1, 1, 2, 3])):
                spans.append({"id": client.uuid7(), "project_name": self.name,
                              "trace_id": trace["id"],
                              **draw(pools, times, parent_span_id=parent)})
                parent = rng.choice([OUT, spans[-1]["id"]])
        return {"traces": traces, "spans": spans}

    def patch(self, traces):
        """Traces of which only a PATCH has come: two without a start, one of them with nothing."""
        for fields in ({}, {"name": "patched only", "tags": ["a"]}):
            trace = {"id": client.uuid7(), "project_name": self.name, **fields}
            self.wire.must(204, "PATCH", f"traces/{trace['id']}",
                           {"project_name": self.name, **fields})
            traces.append(trace)

    def give_scores(self, kind, sent):
        """What each was given, by id; in a random order of their own."""
        rng = random.Random(f"scores of {kind}")
        given = {item["id"]: draw_scores(rng) for item in sent}
        items = [item for item_id, scores in given.items()
                 for item in score_items(scores, id=item_id, project_name=self.name)]
        self.wire.must(204, "PUT", f"{kind}/feedback-scores", {"scores": items})
        return given

    def make_rows(self, kind, sent):
        shown = {item["id"]: item for item in self.list(kind, exclude="[]")["content"]}
        assert shown.keys() == {item["id"] for item in sent}
        spans = self.rows["spans"] if kind == "traces" else []
        return [Row(kind, item, shown[item["id"]],
                    [span for span in spans if span.sent["trace_id"] == item["id"]],
                    self.scores[kind][item["id"]])
                for item in sent]

    EXCLUDE = json.dumps(["name", "start_time", "end_time", "input", "output", "metadata", "tags",
                          "error_info", "usage", "created_at", "created_by", "last_updated_by",
                          "total_estimated_cost", "duration", "ttft", "source",
                          "feedback_scores"])

    def ask(self, path, **params):
        """Status and answer of a GET for this project; filters may be a list."""
        if isinstance(params.get("filters"), list):
            params["filters"] = json.dumps(params["filters"], ensure_ascii=False)
        params = {"project_name": self.name, **params}
        return self.wire.send("GET", f"{path}?{urllib.parse.urlencode(params)}")

    def list(self, kind, **params):
        status, page = self.ask(kind, **{"size": 1000, "exclude": self.EXCLUDE, **params})
        assert status == 200, page
        assert page["total"] == page["size"] == len(page["content"])
        return page

    def ids(self, kind, **params):
        """Ids in the order of the answer."""
        return [item["id"] for item in self.list(kind, **params)["content"]]

    def row(self, kind, row_id):
        return next(row for row in self.rows[kind] if row.id == row_id)


_projects = {}


def project_of(api):
    """The one of this server; made once, and only read."""
    if api.url not in _projects:
        _projects[api.url] = Project(api)
    return _projects[api.url]


def difference(project, kind, ids, wanted):
    """What a failure says: some rows that are missing, and some that are too many."""
    ids = set(ids)
    return "\n".join(f"{problem}, one of {len(some)}: {project.row(kind, min(some))}"
                     for problem, some in (("missing", wanted - ids), ("too many", ids - wanted))
                     if some)


# ---- values to filter by ------------------------------------------------------------------------

KEYS = {"metadata": ["model", "n", "$.n", "flag", "none", "empty", "obj", "obj.x", "arr[0]",
                     "arr[*]", "$", "missing", "deep.er.est", ".temperature", "provider", "[0]"],
        "input_json": ["a.b", "$.a.b", "a", "$", "[0].a", "[1]", "a[1]", "a[*].b", "text",
                       '$."a.b"', "`a b`", "ü", '["a b"]', "messages[0].content", "missing",
                       "messages[*].role"]}
KEYS["output_json"] = KEYS["input_json"]
SCALARS = ["5", "5.0", "true", "TRUE", "null", "Hello", "text five", "%", "zzz", "first"]
PATTERNS = ["%", "_", "a%a", "l_ha", "\\%", "\\_", "zzz", "\\\\", "%41", "+"]


def texts(rows, field):
    """Stored texts with variations, and patterns."""
    stored = sorted({row.text(field) for row in rows} - {""})
    stored.sort(key=len)
    chosen = stored[:3] + stored[len(stored) // 2:][:2] + stored[-2:]
    varied = {change(text[:200]) for text in chosen
              for change in (str, str.upper, str.lower, lambda t: t[:3], lambda t: t[-3:],
                             lambda t: t[1:-1])}
    return sorted(text for text in {*varied, *PATTERNS, *STORED.get(field, [])}
                  if text.strip("\0 \n\t\r"))


# Texts worth a look in any case
STORED = {"name": NAMES, "input": ["Hello", "line\\nbreak", '\\"quoted\\"', '"hello"', "100%"],
          "environment": ENVIRONMENTS[1:]}


def numbers(rows, field):
    stored = {number for row in rows if (number := row.number(field)) is not None}
    picked = sorted(stored)[:3] + sorted(stored)[-3:]
    near = {number + step for number in picked for step in (-1, 0, 1)}
    return ["0", "-1", "0.5", "1000000000", *sorted({decimal(number) for number in near})]


def decimal(number):
    text = f"{float(number):.9f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def times(rows, field):
    stored = sorted({row.time(field) for row in rows} - {None})
    picked = {stored[0], stored[len(stored) // 2], stored[-1]}
    return sorted({instant(time + step) for time in picked for step in (-1, 0, 1, 1000)}
                  | {"2024-01-02T02:00:00+02:00", "1970-01-01T00:00:00Z"})


def instant(ns):
    seconds, fraction = divmod(ns, 10**9)
    days = client.datetime.datetime(1970, 1, 1) + client.datetime.timedelta(seconds=seconds)
    return f"{days.isoformat()}.{fraction:09}Z"


ENUMS = {"status": ["active", "inactive", "bogus", "Active"], "source": [*SOURCES, "bogus", "SDK"], "environment": [*ENVIRONMENTS[1:], "no such"],
         "type": ["general", "tool", "llm", "guardrail", "LLM", "bogus"],
         "visibility_mode": ["default", "hidden", "bogus"]}


def scalars(rows, field, key):
    """What stands at a path, with variations, and what does not."""
    stored = sorted({scalar_at(row.sent.get(WHOLE[field]), key) for row in rows} - {""})
    return {*stored, *(text.upper() for text in stored), *(text[:2] for text in stored),
            "", "%", "5.0", "-2", "1e20", "0x1", "null", "zzz"}


def candidates(rows, kind, field, op):
    """Tests of a field with an operator: (key, value) pairs."""
    field_type = TYPES[kind][field]
    if field_type == "dictionary":
        empty = op in ("is_empty", "is_not_empty")
        return [(key, value) for key in KEYS[field]
                for value in ([""] if empty else sorted(scalars(rows, field, key)))]
    if field_type == "feedback_scores_number":
        means = sorted({mean for row in rows for mean in row.means(field).values()})
        near = {mean + step for mean in [*means[:3], *means[len(means) // 2:][:3], *means[-2:]]
                for step in (-Fraction(1, 10**9), 0, Fraction(1, 10**9))}
        values = ["0", "1e-9", "5E-1", "0.3333333334", "1e30", "-1e30", "1e400", "-1e400",
                  *sorted(f"{float(value):.9f}" for value in near if abs(value) < 10**6)]
        return [(key, value) for key in [*SCORE_NAMES, "ACCURACY", "My Score", "missing"]
                for value in ([""] if op in ("is_empty", "is_not_empty") else values)]
    if op in ("is_empty", "is_not_empty"):
        return [(None, "")]
    if op in ("in", "not_in"):
        values = ENUMS.get(field, ["x", client.uuid7()])
        # A list of nothing but blanks is refused unless the field is an enum.
        nothing = [","] if field in ENUMS else []
        return [(None, value)
                for value in [*values, " , ".join(values[:2]), ",".join(values), *nothing]]
    values = {"date_time": times, "number": numbers}.get(field_type)
    if values:
        return [(None, value) for value in values(rows, field)]
    if field_type == "list":
        stored = {tag for row in rows for tag in row.tags(field)}
        return [(None, value) for value in sorted({*stored, *PATTERNS, "B", "zz"})]
    if field_type.startswith("enum"):
        return [(None, value) for value in ENUMS[field]]
    return [(None, value) for value in texts(rows, field) if field not in ABSENT or value != "%"]


def condition(field, op, key, value):
    test = {"field": field, "operator": op, "value": value}
    return test if key is None else {**test, "key": key}


def random_test(rng, rows, kind):
    more = [] if kind == "threads" else ["custom", "tags", "name", "metadata", "input_json"]
    field = rng.choice([*TYPES[kind], *more])
    if field == "custom":
        key = rng.choice(["input", "output", "input.a.b", "$.input.a", "output.text", "input[0].a"])
        field_type = mapped({"field": "custom", "key": key})["field"]
        op = rng.choice(allowed(kind, field_type))
        return condition("custom", op, key, rng.choice(SCALARS))
    op = rng.choice(allowed(kind, field))
    return condition(field, op, *rng.choice(candidates(rows, kind, field, op)))


def random_node(rng, rows, kind, depth=3):
    """A test or a node of tests."""
    form = rng.randrange(8) if depth else 7
    if form < 4:
        some = [random_node(rng, rows, kind, depth - 1) for _ in range(rng.choice([1, 2, 2, 3]))]
        return {"or" if form < 2 else "and": some}
    if form == 4:
        return {"not": random_node(rng, rows, kind, depth - 1)}
    return random_test(rng, rows, kind)
