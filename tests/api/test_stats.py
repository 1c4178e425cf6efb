"""GET /traces/stats and /spans/stats (stats.md 1) against a computation of its own."""
import json
import math
import random
from fractions import Fraction

import pytest

from client import is_message, name, span, trace, uuid7
from query_data import condition, project_of, random_node
from query_model import FIELDS, found, matches

KINDS = list(FIELDS)


@pytest.fixture(scope="module")
def data(api):
    return project_of(api)


# ---- the expected list --------------------------------------------------------------------------

def cut(number):
    """To 9 decimals."""
    return Fraction(math.trunc(number * 10**9), 10**9)


def percentile(values, q):
    """Interpolated at q * (n - 1)."""
    values, place = sorted(values), q * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return cut(values[low] + (values[high] - values[low]) * (place - low))


def mean(values):
    return Fraction(sum(values)) / len(values) if values else Fraction(0)


def usage_of(row):
    """The counts of a span; of a trace the sums, without those that are 0."""
    if row.kind == "spans":
        return row.sent.get("usage") or {}
    keys = {key for span in row.spans for key in usage_of(span)}
    return {key: count for key in keys if (count := row.usage(key))}


def scores_of(group, rows):
    """Means over the rows that have a score, of the means of each."""
    means = [row.means() for row in rows]
    names = sorted({name for one in means for name in one}, key=str.encode)
    return [(f"{group}.{name}", "AVG", mean([one[name] for one in means if name in one]))
            for name in names]


def expected(kind, rows):
    """(name, type, value) in order."""
    if not rows:
        return []
    traces = kind == "traces"
    durations = [row.duration() for row in rows if row.duration() is not None] or [Fraction(0)]
    costs = [row.cost() for row in rows if row.cost() > 0]
    usages = [usage_of(row) for row in rows]
    keys = sorted({key for usage in usages for key in usage}, key=str.encode)
    counts = {key: [usage[key] for usage in usages if key in usage] for key in keys}
    items = [("trace_count" if traces else "span_count", "COUNT", len(rows)),
             ("duration", "PERCENTAGE", {f"p{q}": percentile(durations, Fraction(q, 100))
                                         for q in (50, 90, 99)}),
             *((field, "COUNT", sum(field in row.sent for row in rows))
               for field in ("input", "output", "metadata")),
             ("tags", "AVG", mean([len(row.tags()) for row in rows]))]
    if traces:
        threads = {row.text("thread_id") for row in rows} - {""}
        items += [("thread_count", "COUNT", len(threads)),
                  ("llm_span_count", "AVG",
                   mean([sum(span.sent.get("type") == "llm" for span in row.spans)
                         for row in rows])),
                  ("span_count", "AVG", mean([len(row.spans) for row in rows]))]
    items += [("total_estimated_cost", "AVG", mean(costs)),
              ("total_estimated_cost_sum", "AVG", Fraction(sum(costs))),
              *((f"usage.{key}", "AVG", mean(counts[key])) for key in keys),
              *((f"usage_sum.{key}", "AVG", Fraction(sum(counts[key]))) for key in keys)]
    items += scores_of("feedback_scores", rows)
    if traces:
        items += scores_of("span_feedback_scores", [span for row in rows for span in row.spans])
        items.append(("guardrails_failed_count", "COUNT", 0))
    return [*items, ("error_count", "COUNT", sum("error_info" in row.sent for row in rows))]


def is_close(actual, wanted):
    """Costs have 12 decimals, percentiles 9, means are doubles."""
    assert isinstance(actual, (int, float)) and not isinstance(actual, bool)
    return abs(Fraction(str(actual)) - wanted) <= max(Fraction(1, 10**9),
                                                      abs(wanted) * Fraction(1, 10**14))


def is_expected(stats, wanted):
    assert [(item["name"], item["type"]) for item in stats] == [row[:2] for row in wanted]
    for item, (entry, kind, value) in zip(stats, wanted):
        assert item.keys() == {"name", "type", "value"}
        if kind == "COUNT":
            assert item["value"] == value and isinstance(item["value"], int), entry
        elif kind == "AVG":
            assert is_close(item["value"], value), (entry, item["value"], value)
        else:
            assert item["value"].keys() == value.keys()
            for key in value:
                assert is_close(item["value"][key], value[key]), (key, item["value"], value)
    return True


def stats_of(api, kind, **params):
    response = api.get(f"{kind}/stats", params=params)
    assert response.status_code == 200, response.text
    assert response.json().keys() == {"stats"}
    return response.json()["stats"]


def values_of(api, kind, **params):
    return {item["name"]: item["value"] for item in stats_of(api, kind, **params)}


# ---- the whole project, and what narrows --------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_of_a_project(api, data, kind):
    wanted = expected(kind, data.rows[kind])
    assert is_expected(stats_of(api, kind, project_name=data.name), wanted)
    project_id = api.project_id(data.name)
    assert is_expected(stats_of(api, kind, project_id=project_id, project_name="x"), wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_narrowed(api, data, kind):
    rng, rows = random.Random(5), data.rows[kind]
    for i in range(40):
        nodes = [random_node(rng, rows, kind, 2) for _ in range(rng.choice([0, 1, 1, 2]))]
        search = rng.choice(["", "", "a", "text"])
        some = found(rows, search) if search else {row.id for row in rows}
        some = [row for row in rows if row.id in some and all(matches(row, node) for node in nodes)]
        status, answer = data.ask(f"{kind}/stats", filters=nodes, search=search)
        assert status == 200 and is_expected(answer["stats"], expected(kind, some)), (i, nodes)


@pytest.mark.parametrize("kind", KINDS)
def test_oql(api, data, kind):
    test = condition("name", "contains", None, "a")
    some = [row for row in data.rows[kind] if matches(row, test)]
    assert is_expected(stats_of(api, kind, project_name=data.name, oql='name contains "a"'),
                       expected(kind, some))


def test_spans_of_a_trace_and_type(api, data):
    rows = data.rows["spans"]
    for row in data.rows["traces"][:8]:
        some = [span for span in rows if span.sent["trace_id"] == row.id]
        assert is_expected(stats_of(api, "spans", project_name=data.name, trace_id=row.id),
                           expected("spans", some))
    for value in ("llm", "guardrail"):
        some = [span for span in rows if span.sent.get("type") == value]
        for spelled in (value, value.upper()):
            assert is_expected(stats_of(api, "spans", project_name=data.name, type=spelled),
                               expected("spans", some))


@pytest.mark.parametrize("kind", KINDS)
def test_times(api, kind):
    project, base = name("timed"), 1_700_000_000_000
    make = trace if kind == "traces" else span
    api.batch(kind, *(make(project, id=uuid7(base + offset)) for offset in range(10)))
    count = f"{kind[:-1]}_count"
    for low, high, wanted in ((0, 9, 10), (3, 5, 3), (9, 100, 1), (-5, 0, 1), (10, 20, None)):
        values = values_of(api, kind, project_name=project, from_time=str(base + low),
                           to_time=str(base + high))
        assert values.get(count) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_nothing(api, data, kind):
    empty = name("empty")
    api.create("projects", {"name": empty})
    assert stats_of(api, kind, project_name=empty) == []
    assert stats_of(api, kind, project_name=data.name, search="no such text") == []
    assert stats_of(api, kind, project_name=data.name, oql='name = "no such"') == []


def test_other_projects_do_not_count(api, data):
    other = name("other")
    api.create("traces", trace(other))
    assert is_expected(stats_of(api, "traces", project_name=data.name),
                       expected("traces", data.rows["traces"]))


@pytest.mark.parametrize("node,count", [({"or": []}, None), ({"not": {"or": []}}, 2),
                                        ({"and": []}, 2)], ids=str)
def test_empty_nodes_of_project_statistics(api, project, node, count):
    api.batch("traces", trace(project), trace(project))
    response = api.get("projects/stats", params={"name": project, "filters": json.dumps([node])})
    assert response.status_code == 200
    assert [item.get("trace_count") for item in response.json()["content"]] == [count]


# ---- values, in detail --------------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_least(api, project, kind):
    """Of one without anything: all entries but usage and scores are there."""
    make = trace if kind == "traces" else span
    api.create(kind, make(project))
    traces = [("thread_count", 0), ("llm_span_count", 0), ("span_count", 0)]
    assert [(item["name"], item["value"]) for item in stats_of(api, kind, project_name=project)] \
        == [(f"{kind[:-1]}_count", 1), ("duration", {"p50": 0, "p90": 0, "p99": 0}), ("input", 0),
            ("output", 0), ("metadata", 0), ("tags", 0), *(traces if kind == "traces" else []),
            ("total_estimated_cost", 0), ("total_estimated_cost_sum", 0),
            *([("guardrails_failed_count", 0)] if kind == "traces" else []), ("error_count", 0)]


def spans_lasting(project, *microseconds):
    trace_id = uuid7()
    return [span(project, trace_id, start_time="2024-01-01T00:00:00Z",
                 end_time=f"2024-01-01T00:{us // 60_000_000:02}:{us // 1_000_000 % 60:02}."
                          f"{us % 1_000_000:06}Z") for us in microseconds]


@pytest.mark.parametrize("us", [1, 7, 1001, 1003, 1005, 4097, 123457, 999999, 2147483])
def test_duration_of_one(api, project, us):
    """All percentiles are its duration, to the digit."""
    api.batch("spans", *spans_lasting(project, us))
    value = values_of(api, "spans", project_name=project)["duration"]
    assert value == dict.fromkeys(("p50", "p90", "p99"), us / 1000)


@pytest.mark.parametrize("lasting,wanted", [
    ([1000, 2000], (1.5, 1.9, 1.99)), ([1000, 2000, 3000], (2, 2.8, 2.98)),
    ([5000] * 10, (5, 5, 5)), (list(range(0, 101_000, 1000)), (50, 90, 99)),
    ([4000, 1000, 3000, 2000, 5000], (3, 4.6, 4.96)),
])
def test_percentiles(api, project, lasting, wanted):
    api.batch("spans", *spans_lasting(project, *lasting), *(span(project) for _ in range(3)))
    value = values_of(api, "spans", project_name=project)["duration"]
    assert [value[key] for key in ("p50", "p90", "p99")] == pytest.approx(wanted, abs=1e-9)


def test_percentiles_of_many(api, project):
    rng = random.Random(9)
    lasting = [rng.choice([rng.randrange(10**6), rng.randrange(10**9)]) for _ in range(2000)]
    for i in range(0, 2000, 1000):
        api.batch("spans", *spans_lasting(project, *lasting[i:i + 1000]))
    value = values_of(api, "spans", project_name=project)["duration"]
    for q in (50, 90, 99):
        wanted = percentile([Fraction(us, 1000) for us in lasting], Fraction(q, 100))
        assert is_close(value[f"p{q}"], wanted)


def test_longest_durations_are_clamped(api, project):
    item = span(project, start_time="1970-01-01T00:00:00.001Z", end_time="2200-01-01T00:00:00Z")
    back = span(project, start_time="2200-01-01T00:00:00Z", end_time="1970-01-01T00:00:00.001Z",
                trace_id=item["trace_id"])
    api.batch("spans", item)
    most = 999999999.999999999
    assert set(values_of(api, "spans", project_name=project)["duration"].values()) == {most}
    api.batch("spans", back)
    filters = json.dumps([condition("duration", "<", None, "0")])
    value = values_of(api, "spans", project_name=project, filters=filters)["duration"]
    assert set(value.values()) == {-most}


def test_costs_and_usage(api, project):
    """Means over those that have one; sums are of type AVG too."""
    trace_id, other = uuid7(), uuid7()
    api.batch("traces", trace(project, id=trace_id), trace(project, id=other), trace(project))
    api.batch("spans",
              span(project, trace_id, total_estimated_cost=0.1, usage={"a": 1, "b": 10}),
              span(project, trace_id, total_estimated_cost=0.2, usage={"a": 2}, type="llm"),
              span(project, other, total_estimated_cost=0, usage={"a": 4, "ü.x y": 0}),
              span(project, other))
    spans, traces = (values_of(api, kind, project_name=project) for kind in ("spans", "traces"))
    assert {key: spans[key] for key in spans if "cost" in key or "usage" in key} == {
        "total_estimated_cost": 0.15, "total_estimated_cost_sum": 0.3, "usage.a": 7 / 3,
        "usage.b": 10, "usage.ü.x y": 0, "usage_sum.a": 7, "usage_sum.b": 10, "usage_sum.ü.x y": 0}
    assert {key: traces[key] for key in traces if "cost" in key or "usage" in key} == {
        "total_estimated_cost": 0.3, "total_estimated_cost_sum": 0.3, "usage.a": 3.5,
        "usage.b": 10, "usage_sum.a": 7, "usage_sum.b": 10}
    assert (traces["span_count"], traces["llm_span_count"]) == (pytest.approx(4 / 3),
                                                                pytest.approx(1 / 3))


def test_small_costs_keep_12_decimals(api, project):
    api.batch("spans", *(span(project, total_estimated_cost=cost)
                         for cost in (0.000000000001, 0.000000000002, 0.000000000006)))
    values = values_of(api, "spans", project_name=project)
    assert values["total_estimated_cost_sum"] == 9e-12
    assert values["total_estimated_cost"] == 3e-12


def test_names_of_usage_are_sorted(api, project):
    keys = ["b", "a", "B", "total_tokens", "original_usage.x.y", "10", "9", "é"]
    api.create("spans", span(project, usage={key: i for i, key in enumerate(keys)}))
    names = [item["name"] for item in stats_of(api, "spans", project_name=project)
             if item["name"].startswith("usage")]
    assert names == [f"{group}.{key}" for group in ("usage", "usage_sum")
                     for key in sorted(keys, key=str.encode)]


def test_threads_are_distinct(api, project):
    api.batch("traces", *(trace(project, thread_id=thread)
                          for thread in ("a", "a", "A", None, " ", "b")))
    assert values_of(api, "traces", project_name=project)["thread_count"] == 3


@pytest.mark.parametrize("kind", KINDS)
def test_present_means_given(api, project, kind):
    make = trace if kind == "traces" else span
    api.batch(kind, *(make(project, input=value, output=value, tags=[], error_info={})
                      for value in ({}, "", [], 0, False)), make(project, metadata={}))
    values = values_of(api, kind, project_name=project)
    assert [values[key] for key in ("input", "output", "metadata", "tags", "error_count")] == [
        5, 5, 1, 0, 5]


@pytest.mark.parametrize("kind", KINDS)
def test_changes_count_at_once(api, project, kind):
    make = trace if kind == "traces" else span
    item = make(project)
    api.create(kind, item)
    change = {"tags": ["a", "b"], "error_info": {"exception_type": "E", "traceback": "t"}}
    if kind == "spans":
        change["trace_id"] = item["trace_id"]
    api.update(kind, item["id"], change)
    values = values_of(api, kind, project_name=project)
    assert (values["tags"], values["error_count"]) == (2, 1)
    assert api.delete(f"{kind}/{item['id']}").status_code == 204
    assert stats_of(api, kind, project_name=project) == []


# ---- errors -------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_errors(api, data, kind):
    unknown = uuid7()
    for params, status, message in [
        ({}, 400, "Either 'project_name' or 'project_id' query params must be provided"),
        ({"project_name": "none"}, 404, "Project name: none not found"),
        ({"project_id": unknown}, 404, f"Project id: {unknown} not found"),
        ({"project_name": data.name, "filters": "x"}, 400,
         "Invalid filters query parameter 'x'"),
        ({"project_name": data.name, "from_time": "2", "to_time": "1"}, 400,
         "Parameter 'from_time' must be before 'to_time'"),
        ({"project_name": data.name,
          "filters": json.dumps([condition("name", ">=", None, "x")])}, 400,
         "Invalid operator '>=' for field 'name' of type 'STRING'"),
    ]:
        assert is_message(api.get(f"{kind}/stats", params=params), status, message)


def test_bad_span_type(api, data):
    response = api.get("spans/stats", params={"project_name": data.name, "type": "nothing"},
                       bad=True)
    assert is_message(response, 400, "query param type is not a valid SpanType")
