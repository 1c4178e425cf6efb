"""POST /projects/{id}/metrics (stats.md 4) against a computation of its own."""
import random

import pytest

from client import Api, is_error, is_message, is_unreadable, name, span, trace, uuid4, uuid7
from metric_data import DAY, END, HOUR, MONDAY, START, iso_ms, project_of
from metric_model import INTERVALS, METRICS, grouped, is_series, plain
from query_data import random_node
from query_model import matches



@pytest.fixture(scope="module")
def data(api):
    return project_of(api)


def body_of(metric, interval, start=START, end=END, **more):
    return {"metric_type": metric, "interval": interval, "interval_start": iso_ms(start),
            "interval_end": iso_ms(end), **more}


def ask(api, project_id, body):
    response = api.post(f"projects/{project_id}/metrics", body)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer.keys() == {"project_id", "metric_type", "interval", "results"}
    assert answer["project_id"] == project_id
    assert answer["metric_type"] == body["metric_type"]
    assert answer["interval"] == body["interval"]
    for series in answer["results"]:
        assert series.keys() == {"name", "data"}
        assert all(point.keys() == {"time", "value"} for point in series["data"])
    return answer["results"]


def is_plain(results, wanted):
    """Asserts these series, in any order."""
    assert sorted(series["name"] for series in results) == sorted(wanted)
    return all(is_series(series["data"], wanted[series["name"]]) for series in results)


# ---- without groups -----------------------------------------------------------------------------

@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("metric", METRICS)
def test_metric(api, data, metric, interval):
    inside = data.inside(METRICS[metric][0], START, END)
    assert len(inside) > 15
    assert is_plain(ask(api, data.id, body_of(metric, interval)),
                    plain(metric, interval, inside, START, END))


PERIODS = {
    "from and to on borders": (MONDAY, MONDAY + DAY),
    "one millisecond": (MONDAY, MONDAY + 1),
    "end within a second": (MONDAY - HOUR, MONDAY + 500),
    "end one second into a bucket": (MONDAY - DAY, MONDAY + 1000),
    "an hour without a border": (MONDAY + 60_000, MONDAY + 120_000),
    "all": (MONDAY - 60 * DAY, MONDAY + 60 * DAY),
    "nothing": (MONDAY - 300 * DAY, MONDAY - 290 * DAY),
}


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("interval", INTERVALS)
def test_period(api, data, interval, period, subtests):
    start, end = PERIODS[period]
    for metric in METRICS:
        with subtests.test(metric=metric):
            inside = data.inside(METRICS[metric][0], start, end)
            assert is_plain(ask(api, data.id, body_of(metric, interval, start, end)),
                            plain(metric, interval, inside, start, end))


def test_nothing_is_one_empty_series(api, data):
    start, end = PERIODS["nothing"]
    for metric in ("FEEDBACK_SCORES", "TOKEN_USAGE", "SPAN_TOKEN_USAGE", "SPAN_FEEDBACK_SCORES",
                   "THREAD_FEEDBACK_SCORES"):
        results = ask(api, data.id, body_of(metric, "DAILY", start, end))
        assert [series["name"] for series in results] == [""]
        assert [point["value"] for point in results[0]["data"]] == [METRICS[metric][3]] * 10
        assert ask(api, data.id, body_of(metric, "TOTAL", start, end)) == []


def test_end_is_now_by_default(api):
    project = name()
    made = trace(project, id=uuid7())
    api.create("traces", made)
    body = {"metric_type": "TRACE_COUNT", "interval": "TOTAL",
            "interval_start": "2024-01-01T00:00:00.999Z"}
    assert ask(api, api.project_id(project), body) == [
        {"name": "traces", "data": [{"time": "2024-01-01T00:00:00Z", "value": 1}]}]


def test_project_without_traces(api):
    api.post("projects", {"name": (project := name())})
    assert ask(api, api.project_id(project), body_of("TRACE_COUNT", "TOTAL")) == []
    results = ask(api, api.project_id(project), body_of("DURATION", "WEEKLY"))
    assert sorted(series["name"] for series in results) == ["duration.p50", "duration.p90",
                                                            "duration.p99"]


@pytest.mark.parametrize("kind", ["traces", "spans"])
def test_scores_of_several_authors_count_once(api, kind):
    """In an annotation queue one may rate again what one has rated."""
    project, ids = name(), [uuid7(MONDAY + i) for i in range(3)]
    make = trace if kind == "traces" else span
    api.batch(kind, *(make(project, id=one) for one in ids))
    queues = [None, uuid7(), uuid7()]
    given = [(0, "a", 1, 0), (0, "a", 0, 1), (0, "a", 1, 2), (0, "b", 5, 0), (1, "a", -2, 0),
             (1, "b", 2, 1), (1, "b", 1, 0), (2, "sum", 0.5, 0), (2, "sum", -0.5, 1)]
    for i, one, value, queue in given:
        score = {"name": one, "value": value, "source": "sdk", "source_queue_id": queues[queue]}
        score = {key: part for key, part in score.items() if part is not None}
        assert api.put(f"{kind}/{ids[i]}/feedback-scores", score).status_code == 204
    metric = "FEEDBACK_SCORES" if kind == "traces" else "SPAN_FEEDBACK_SCORES"
    results = ask(api, api.project_id(project), body_of(metric, "TOTAL"))
    values = {series["name"]: series["data"][0]["value"] for series in results}
    assert values == {"a": pytest.approx((2 / 3 - 2) / 2), "b": pytest.approx((5 + 1.5) / 2),
                      "sum": None}


def test_other_projects_do_not_count(api, data):
    project = name()
    api.batch("traces", *(trace(project, id=uuid7(MONDAY + i)) for i in range(3)))
    results = ask(api, api.project_id(project), body_of("TRACE_COUNT", "TOTAL"))
    assert results[0]["data"][0]["value"] == 3


# ---- filters ------------------------------------------------------------------------------------

# Not applied here: what is computed over spans, of a trace (query.md 7).
IGNORED = ("total_estimated_cost", "llm_span_count", "usage.completion_tokens",
           "usage.prompt_tokens", "usage.total_tokens", "span_feedback_scores",
           "annotation_queue_ids", "experiment_id", "experiment_ids")
# The rows here know neither scores nor times that the server gave.
UNKNOWN = ("feedback_scores", "created_at", "last_updated_at", "visibility_mode")


def fields_of(node):
    if "field" in node:
        return {node["field"]}
    return {field for child in node.get("or", node.get("and", [node.get("not")]))
            for field in fields_of(child)}


@pytest.mark.parametrize("kind", ["traces", "spans"])
def test_random_filters(api, data, kind, subtests):
    rng, done = random.Random(5), 0
    metrics = [metric for metric in METRICS if METRICS[metric][0] == kind]
    while done < 60:
        node = random_node(rng, data.rows[kind], kind)
        if fields_of(node) & {*UNKNOWN, *(IGNORED if kind == "traces" else ())}:
            continue
        done += 1
        metric, interval = rng.choice(metrics), rng.choice(INTERVALS)
        with subtests.test(node=node, metric=metric):
            inside = data.inside(kind, START, END, lambda row: matches(row, node))
            body = body_of(metric, interval, **{f"{kind[:-1]}_filters": [node]})
            assert is_plain(ask(api, data.id, body), plain(metric, interval, inside, START, END))


def test_filters_of_other_entities_have_no_effect(api, data):
    none = [{"field": "name", "operator": "=", "value": "no such"}]
    for metric, other in (("TRACE_COUNT", "span_filters"), ("SPAN_COUNT", "trace_filters")):
        assert (ask(api, data.id, body_of(metric, "DAILY", **{other: none}))
                == ask(api, data.id, body_of(metric, "DAILY")))


THREAD_FILTERS = [
    ("id", "contains", "thread 1", lambda row: "thread 1" in row.thread),
    ("tags", "contains", "a", lambda row: any("a" in tag.lower() for tag in row.tags())),
    ("number_of_messages", ">", "4", lambda row: 2 * len(row.traces) > 4),
    ("duration", ">=", "1000", lambda row: (row.duration() or 0) >= 1000),
    ("status", "=", "active", lambda row: True), ("status", "=", "inactive", lambda row: False),
    # Not applied
    ("source", "=", "playground", lambda row: True), ("environment", "=", "x", lambda row: True),
    ("annotation_queue_ids", "contains", "x", lambda row: True)]


@pytest.mark.parametrize("field, op, value, keep", THREAD_FILTERS)
def test_thread_filters(api, data, field, op, value, keep):
    inside = data.inside("threads", START, END, keep)
    filters = [{"field": field, "operator": op, "value": value}]
    for metric in (one for one in METRICS if METRICS[one][0] == "threads"):
        for interval in INTERVALS:
            body = body_of(metric, interval, thread_filters=filters)
            assert is_plain(ask(api, data.id, body), plain(metric, interval, inside, START, END))


def test_thread_without_traces_does_not_count(api):
    project = name()
    made = trace(project, thread_id="t", id=uuid7(MONDAY))
    api.create("traces", made)
    body = body_of("THREAD_COUNT", "TOTAL")
    assert ask(api, api.project_id(project), body)[0]["data"][0]["value"] == 1
    api.delete(f"traces/{made['id']}")
    assert ask(api, api.project_id(project), body) == []


@pytest.mark.parametrize("field, value", [
    ("total_estimated_cost", "99999"), ("llm_span_count", "99999"), ("usage.total_tokens", "9999"),
    ("experiment_id", "x"), ("annotation_queue_ids", "x")])
def test_ignored_filters(api, data, field, value):
    filters = [{"field": field, "operator": "=", "value": value}]
    assert (ask(api, data.id, body_of("TRACE_COUNT", "DAILY", trace_filters=filters))
            == ask(api, data.id, body_of("TRACE_COUNT", "DAILY")))


@pytest.mark.parametrize("kind", ["traces", "spans", "threads"])
def test_filter_by_scores(api, data, kind):
    filters = [{"field": "feedback_scores", "key": "accuracy", "operator": ">=", "value": "0.5"}]
    inside = [entity for entity in data.inside(kind, START, END)
              if entity.scores.get("accuracy", [-9])[0] >= 0.5]
    assert inside
    for metric in (one for one in METRICS if METRICS[one][0] == kind):
        body = body_of(metric, "DAILY", **{f"{kind[:-1]}_filters": filters})
        assert is_plain(ask(api, data.id, body), plain(metric, "DAILY", inside, START, END))


@pytest.mark.parametrize("member", ["trace_filters", "span_filters", "thread_filters"])
def test_bad_filters(api, data, member):
    def send(filters):
        return api.post(f"projects/{data.id}/metrics",
                        body_of("TRACE_COUNT", "DAILY", **{member: filters}), bad=True)
    for filters in ({}, "x", 5, [5], [{"field": "no such", "operator": "=", "value": "x"}],
                    [{"field": "tags", "operator": "~", "value": "x"}], [{"field": "tags"}]):
        assert is_unreadable(send(filters)), filters
    assert is_message(send([{"field": "tags", "operator": ">=", "value": "x"}]), 400,
                      "Invalid operator '>=' for field 'tags' of type 'LIST'")
    assert is_message(send([{"field": "duration", "operator": "=", "value": "x"}]), 400,
                      "Invalid value 'x' or key 'null' for field 'duration' of type 'NUMBER'")
    assert send(None).status_code == send([]).status_code == 200


# ---- groups -------------------------------------------------------------------------------------

FIELDS = {"traces": ("tags", "metadata", "name", "error_info", "error_type"),
          "spans": ("tags", "metadata", "name", "error_info", "error_type", "model", "provider",
                    "type"), "threads": ("tags",)}
GROUPED = ["THREAD_COUNT", "THREAD_DURATION", "THREAD_FEEDBACK_SCORES", "TRACE_COUNT", "DURATION", "TOKEN_USAGE", "COST", "FEEDBACK_SCORES", "SPAN_COUNT",
           "SPAN_DURATION", "SPAN_TOKEN_USAGE", "SPAN_FEEDBACK_SCORES"]
SUB_METRICS = {"percentiles": ["p50", "P90", "p99"], "usage": ["total_tokens", "no such"],
               "scores": ["accuracy", "zero", "no such"]}


def breakdowns(metric):
    entity, kind, _, _ = METRICS[metric]
    for field in FIELDS[entity]:
        for sub_metric in SUB_METRICS.get(kind, [None]):
            breakdown = {"field": field, "metadata_key": "kind", "sub_metric": sub_metric}
            yield {key: value for key, value in breakdown.items() if value is not None}


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("metric", GROUPED)
def test_breakdown(api, data, metric, interval, subtests):
    inside = data.inside(METRICS[metric][0], START, END)
    for breakdown in breakdowns(metric):
        with subtests.test(breakdown=breakdown):
            results = ask(api, data.id, body_of(metric, interval, breakdown=breakdown))
            wanted = grouped(metric, interval, inside, START, END, breakdown)
            assert [series["name"] for series in results] == [group for group, _ in wanted]
            for series, (_, points) in zip(results, wanted):
                assert is_series(series["data"], points)


def test_others_are_put_together(api, data):
    """Twelve names and the empty one: ten series, then what is left, with times that repeat."""
    results = ask(api, data.id, body_of("SPAN_COUNT", "WEEKLY", breakdown={"field": "name"}))
    assert len(results) == 11 and results[-1]["name"] == "__others__"
    times = [point["time"] for point in results[-1]["data"]]
    assert len(times) > len(set(times))
    total = ask(api, data.id, body_of("SPAN_COUNT", "TOTAL"))[0]["data"][0]["value"]
    assert sum(point["value"] for series in results for point in series["data"]) == total


def test_no_breakdown(api, data):
    for breakdown in (None, {}, {"field": None}, {"field": "none", "sub_metric": "x"}):
        assert (ask(api, data.id, body_of("TRACE_ERROR_RATE", "DAILY", breakdown=breakdown))
                == ask(api, data.id, body_of("TRACE_ERROR_RATE", "DAILY")))


def test_breakdown_without_rows(api, data):
    start, end = PERIODS["nothing"]
    assert ask(api, data.id, body_of("TRACE_COUNT", "DAILY", start, end,
                                     breakdown={"field": "tags"})) == []
    assert ask(api, data.id, body_of("GUARDRAILS_FAILED_COUNT", "DAILY",
                                     breakdown={"field": "tags"})) == []


def refused(api, data, metric, **breakdown):
    return api.post(f"projects/{data.id}/metrics",
                    body_of(metric, "DAILY", breakdown=breakdown), bad=True)


AUDIENCES = {"tags": "Trace, Span, and Thread metrics",
             **dict.fromkeys(("metadata", "name", "error_info", "error_type"),
                             "Trace and Span metrics"),
             **dict.fromkeys(("model", "provider", "type"), "Span metrics only")}
WITH_GROUPS = {*GROUPED, "GUARDRAILS_FAILED_COUNT"}


@pytest.mark.parametrize("field", AUDIENCES)
@pytest.mark.parametrize("metric", METRICS)
def test_compatibility(api, data, metric, field):
    sub_metric = {"percentiles": "p50"}.get(METRICS[metric][1], "x")
    response = refused(api, data, metric, field=field, metadata_key="k", sub_metric=sub_metric)
    if metric in WITH_GROUPS and field in FIELDS[METRICS[metric][0]]:
        assert response.status_code == 200, response.text
        return
    assert is_error(response, 422, f"Group by field '{field}' is not compatible with metric type "
                                   f"'{metric}'. This field supports {AUDIENCES[field]}.")


@pytest.mark.parametrize("metric, breakdown, message", [
    ("TRACE_COUNT", {"field": "metadata"},
     "metadata_key is required when group by field is 'metadata'"),
    ("TRACE_COUNT", {"field": "metadata", "metadata_key": " "},
     "metadata_key is required when group by field is 'metadata'"),
    *((metric, {"field": "tags", **more},
       "sub_metric is required for duration metrics with breakdown. Valid values: p50, p90, p99")
      for metric in ("DURATION", "SPAN_DURATION", "THREAD_DURATION")
      for more in ({}, {"sub_metric": ""})),
    ("DURATION", {"field": "name", "sub_metric": "p95"},
     "Invalid sub_metric 'p95'. Valid values: p50, p90, p99"),
    *((metric, {"field": "tags"},
       "sub_metric is required for feedback scores metrics with breakdown. It should be the "
       "feedback score name.")
      for metric in ("FEEDBACK_SCORES", "SPAN_FEEDBACK_SCORES", "THREAD_FEEDBACK_SCORES")),
    *((metric, {"field": "tags", "sub_metric": " "},
       "sub_metric is required for token usage metrics with breakdown. It should be the usage key "
       "name (e.g., completion_tokens, prompt_tokens).")
      for metric in ("TOKEN_USAGE", "SPAN_TOKEN_USAGE")),
])
def test_breakdown_rules(api, data, metric, breakdown, message):
    assert is_error(refused(api, data, metric, **breakdown), 422, message)


def test_several_rules_at_once(api, data):
    assert is_error(refused(api, data, "DURATION", field="metadata"), 422,
                    "metadata_key is required when group by field is 'metadata'",
                    "sub_metric is required for duration metrics with breakdown. "
                    "Valid values: p50, p90, p99")


# ---- errors -------------------------------------------------------------------------------------

def test_unknown_project(api):
    project = uuid4()
    response = api.post(f"projects/{project}/metrics", body_of("TRACE_COUNT", "DAILY"))
    assert is_message(response, 404, f"Project id: {project} not found")


def test_other_workspace(api, data, server):
    with_other = Api(api.url, workspace="elsewhere")
    response = with_other.post(f"projects/{data.id}/metrics", body_of("TRACE_COUNT", "DAILY"))
    assert response.status_code == 404


@pytest.mark.parametrize("field", ["metric_type", "interval", "interval_start"])
def test_required(api, data, field):
    body = body_of("TRACE_COUNT", "DAILY")
    for change in ({field: None}, {}):
        body.pop(field)
        body.update(change)
        assert is_unreadable(api.post(f"projects/{data.id}/metrics", body, bad=True))
        body.setdefault(field, None)


@pytest.mark.parametrize("more", [
    {"metric_type": "trace_count"}, {"metric_type": "no such"}, {"interval": "daily"},
    {"interval": "MONTHLY"}, {"interval_start": "yesterday"}, {"interval_end": {}},
    {"breakdown": {"field": "no such"}}, {"breakdown": []}, {"breakdown": {"sub_metric": {}}}])
def test_unreadable(api, data, more):
    body = {**body_of("TRACE_COUNT", "DAILY"), **more}
    assert is_unreadable(api.post(f"projects/{data.id}/metrics", body, bad=True))


def test_unreadable_text(api, data):
    for text in ("{", "[]", "5"):
        response = api.post(f"projects/{data.id}/metrics", data=text,
                            headers={"Content-Type": "application/json"}, bad=True)
        assert is_unreadable(response)


@pytest.mark.parametrize("end", [START, START - 1])
def test_end_before_start(api, data, end):
    response = api.post(f"projects/{data.id}/metrics", body_of("TRACE_COUNT", "DAILY", end=end))
    assert is_message(response, 400, "'start_time' must be before 'end_time'")


def test_start_in_the_future(api, data):
    body = {"metric_type": "TRACE_COUNT", "interval": "DAILY",
            "interval_start": "2200-01-01T00:00:00Z"}
    assert is_message(api.post(f"projects/{data.id}/metrics", body), 400,
                      "'start_time' must be before 'end_time'")


def test_bad_project_id(api):
    assert api.post("projects/x/metrics", body_of("TRACE_COUNT", "DAILY"),
                    bad=True).status_code == 404


def test_too_many_points(api, data):
    body = {"metric_type": "TRACE_COUNT", "interval": "HOURLY",
            "interval_start": "1970-01-01T00:00:00Z", "interval_end": "2200-01-01T00:00:00Z"}
    response = api.post(f"projects/{data.id}/metrics", body)
    assert is_message(response, 413, "The answer would have more than 1000000 points; a shorter "
                                     "period or a longer interval has fewer")
    body["interval_end"] = "2020-01-01T00:00:00Z"
    assert is_message(api.post(f"projects/{data.id}/metrics", {**body, "metric_type": "DURATION"}),
                      413, response.json()["message"])
    assert len(ask(api, data.id, {**body, "interval": "WEEKLY"})[0]["data"]) == 2610
