"""GET /traces/threads/stats (threads.md 6.9, stats.md 1) against a computation of its own."""
import json
import random
from fractions import Fraction

import pytest

from client import is_message, span
from query_data import condition, random_test
from test_stats import is_expected, mean, percentile, scores_of
from thread_data import chosen_threads, is_inside, threads_of
from turns import BASE, PATH, Thread

ZEROS = {"p50": 0, "p90": 0, "p99": 0}


@pytest.fixture(scope="module")
def data(api):
    return threads_of(api)


def expected(rows, scored=None):
    """(name, type, value) in order; `scored` are those whose scores count, if not the same."""
    if not rows:
        return []
    durations = [row.duration() for row in rows if row.duration() is not None] or [Fraction(0)]
    costs = [row.cost() for row in rows if row.cost() > 0]
    usages = [row.usages() for row in rows]
    keys = sorted({key for usage in usages for key in usage}, key=str.encode)
    counts = {key: [usage[key] for usage in usages if key in usage] for key in keys}
    return [("thread_count", "COUNT", len(rows)),
            ("duration", "PERCENTAGE", {f"p{q}": percentile(durations, Fraction(q, 100))
                                        for q in (50, 90, 99)}),
            *((field, "COUNT", 0) for field in ("input", "output", "metadata")),
            ("tags", "AVG", 0),
            ("total_estimated_cost", "AVG", mean(costs)),
            ("total_estimated_cost_sum", "AVG", Fraction(sum(costs))),
            *((f"usage.{key}", "AVG", mean(counts[key])) for key in keys),
            *((f"usage_sum.{key}", "AVG", Fraction(sum(counts[key]))) for key in keys),
            *scores_of("feedback_scores", rows if scored is None else scored),
            ("guardrails_failed_count", "COUNT", 0), ("error_count", "COUNT", 0)]


def stats_of(api, **params):
    if isinstance(params.get("filters"), list):
        params["filters"] = json.dumps(params["filters"], ensure_ascii=False)
    response = api.get(f"{PATH}/stats", params=params)
    assert response.status_code == 200, response.text
    assert response.json().keys() == {"stats"}
    return response.json()["stats"]


def test_of_a_project(api, data):
    wanted = expected(data.rows["threads"])
    assert is_expected(stats_of(api, project_name=data.name), wanted)
    project_id = api.project_id(data.name)
    assert is_expected(stats_of(api, project_id=project_id, project_name="x"), wanted)
    assert any(one[0].startswith("feedback_scores.") for one in wanted)


@pytest.mark.parametrize("seed", range(4))
def test_narrowed(api, data, seed):
    rng, rows = random.Random(f"thread stats {seed}"), data.rows["threads"]
    for _ in range(15):
        filters = [random_test(rng, rows, "threads") for _ in range(rng.choice([0, 1, 1, 2]))]
        search = rng.choice(["", "", "e", "1", "hello"])
        low = rng.choice([None, None, BASE + 100, BASE + 1015])
        high = rng.choice([None, None, BASE + 2000])
        times = {key: value for key, value in (("from_time", low), ("to_time", high))
                 if value is not None}
        # Nothing but times: scores count by the time of what they are on (stats.md 1).
        scored = [row for row in rows if row.scores and is_inside(
            row.shown["thread_model_id"], low, high)] if not (filters or search) else None
        wanted = expected(chosen_threads(rows, filters, search, low, high), scored)
        assert is_expected(stats_of(api, project_name=data.name, filters=filters, search=search,
                                    **times), wanted), (filters, search, times)


@pytest.mark.parametrize("field,value", [("source", "sdk"), ("source", "playground"),
                                         ("environment", "staging")])
def test_restricted(api, data, field, value):
    """Cost, usage and durations are those of the chosen traces only."""
    filters = [condition(field, "=", None, value)]
    rows = chosen_threads(data.rows["threads"], filters)
    assert any(len(row.traces) < len(row.whole) for row in rows)
    assert is_expected(stats_of(api, project_name=data.name, filters=filters), expected(rows))


def test_oql(api, data):
    filters = [condition("status", "=", None, "inactive")]
    assert is_expected(stats_of(api, project_name=data.name, oql='status = "inactive"'),
                       expected(chosen_threads(data.rows["threads"], filters)))


def test_nothing(api, data, project):
    api.create("projects", {"name": project})
    assert stats_of(api, project_name=project) == []
    assert stats_of(api, project_name=data.name,
                    filters=[condition("id", "=", None, "no such")]) == []


def test_least(api, project):
    Thread(api, project).say(input=None, output=None, end_time=None)
    values = {one["name"]: one["value"] for one in stats_of(api, project_name=project)}
    assert values == {"thread_count": 1, "duration": ZEROS, "input": 0, "output": 0,
                      "metadata": 0, "tags": 0, "total_estimated_cost": 0,
                      "total_estimated_cost_sum": 0, "guardrails_failed_count": 0,
                      "error_count": 0}


def test_tags_and_errors_of_threads_are_not_counted(api, project):
    thread = Thread(api, project)
    thread.say(tags=["a"], metadata={"k": 1},
               error_info={"exception_type": "E", "traceback": "t"})
    thread.update(tags=["b", "c"])
    values = {one["name"]: one["value"] for one in stats_of(api, project_name=project)}
    assert (values["tags"], values["error_count"], values["metadata"]) == (0, 0, 0)


def test_means_are_over_threads(api, project):
    """Not over traces: two turns of one thread are one entity."""
    first, second = Thread(api, project), Thread(api, project)
    for thread, costs in ((first, [1, 2]), (second, [5])):
        for trace, cost in zip(thread.say(len(costs)), costs):
            api.create("spans", span(project, trace["id"], total_estimated_cost=cost,
                                     usage={"total_tokens": cost * 10}))
    first.score("a", 1).score("a", 3, source_queue_id="0190babc-62a0-71d2-832a-0feffa4676eb")
    second.score("a", 4).score("b", 0.5)
    values = {one["name"]: one["value"] for one in stats_of(api, project_name=project)}
    assert values["thread_count"] == 2
    assert (values["total_estimated_cost"], values["total_estimated_cost_sum"]) == (4, 8)
    assert (values["usage.total_tokens"], values["usage_sum.total_tokens"]) == (40, 80)
    assert (values["feedback_scores.a"], values["feedback_scores.b"]) == (3, 0.5)


def test_errors(api, data):
    path = f"{PATH}/stats"
    response = api.get(path, params={"project_name": data.name, "filters": "x"})
    assert is_message(response, 400, "Invalid filters query parameter 'x'")
    filters = json.dumps([condition("status", ">", None, "x")])
    response = api.get(path, params={"project_name": data.name, "filters": filters})
    assert is_message(response, 400, "Invalid operator '>' for field 'status' of type 'ENUM'")
    response = api.get(path, params={"project_name": data.name, "from_time": "2", "to_time": "1"})
    assert is_message(response, 400, "Parameter 'from_time' must be before 'to_time'")


def test_scores_of_traces_and_spans_are_not_the_threads(api, project):
    thread = Thread(api, project)
    (trace,) = thread.say()
    api.put(f"traces/{trace['id']}/feedback-scores", {"name": "a", "value": 1, "source": "sdk"})
    names = [one["name"] for one in stats_of(api, project_name=project)]
    assert not any(one.startswith("feedback_scores") for one in names)
