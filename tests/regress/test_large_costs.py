"""Costs above 9,223,372 USD were kept as binary fractions: they came back as another number, and so
did every sum with them."""
import json
import random
from decimal import Decimal

import pytest

import client

COSTS = ["123456789.123456789", "999999999.999999999", "12345678.123456789012", "0.000000000001",
         "9223372.036854775807", "9223372.036854775808", "99999999999999999999999999", "5"]


def exact(response):
    assert response.status_code == 200, response.text
    return json.loads(response.text, parse_float=Decimal, parse_int=Decimal)


def write(api, project, costs):
    """A trace with a span for each cost; the trace and the spans."""
    trace = client.trace(project, thread_id="t")
    api.create("traces", trace)
    spans = [client.span(project, trace["id"], total_estimated_cost="COST") for _ in costs]
    for span, cost in zip(spans, costs):
        # As a number with all its digits.
        text = json.dumps(span).replace('"COST"', cost)
        response = api.post("spans", bad=True, data=text,
                            headers={"Content-Type": "application/json"})
        assert response.status_code == 201, response.text
    return trace, spans


@pytest.mark.parametrize("cost", COSTS)
def test_cost_reads_back(api, project, cost):
    _, [span] = write(api, project, [cost])
    path = f"spans/{span['id']}"
    assert exact(api.get(path))["total_estimated_cost"] == Decimal(cost)
    api.update("spans", span["id"], {"name": "changed"})
    assert exact(api.get(path))["total_estimated_cost"] == Decimal(cost)


def test_sums_are_exact(api, project):
    draw = random.Random(7)
    costs = [f"{draw.randrange(10 ** 9)}.{draw.randrange(10 ** 9):09}" for _ in range(40)]
    trace, spans = write(api, project, costs)
    total = sum(map(Decimal, costs))
    assert exact(api.get(f"traces/{trace['id']}"))["total_estimated_cost"] == total
    thread = exact(api.get("traces/threads", params={"project_name": project}))["content"][0]
    assert thread["total_estimated_cost"] == total
    for path in ("spans/stats", "traces/stats", "traces/threads/stats"):
        stats = exact(api.get(path, params={"project_name": project}))["stats"]
        assert [s["value"] for s in stats if s["name"] == "total_estimated_cost_sum"] == [total]
    body = {"metric_type": "COST", "interval": "TOTAL", "interval_start": "2020-01-01T00:00:00Z"}
    metric = exact(api.post(f"projects/{api.project_id(project)}/metrics", body))
    assert metric["results"][0]["data"][0]["value"] == total
    # What is taken away again leaves no trace.
    for span in spans[1:]:
        assert api.delete(f"spans/{span['id']}").status_code == 204
    left = exact(api.get(f"traces/{trace['id']}"))["total_estimated_cost"]
    assert left == Decimal(costs[0])


def test_filters_and_order(api, project):
    _, spans = write(api, project, COSTS)
    by_cost = sorted(COSTS, key=Decimal)
    ids = {cost: span["id"] for cost, span in zip(COSTS, spans)}
    for i, cost in enumerate(by_cost):
        for operator, wanted in ((">", by_cost[i + 1:]), (">=", by_cost[i:]), ("<", by_cost[:i]),
                                 ("=", [cost]), ("!=", by_cost[:i] + by_cost[i + 1:])):
            filters = [{"field": "total_estimated_cost", "operator": operator, "value": cost}]
            found = api.ids("spans", project_name=project, filters=json.dumps(filters), size=100)
            assert sorted(found) == sorted(ids[c] for c in wanted), (operator, cost)
    for direction, wanted in (("ASC", by_cost), ("DESC", by_cost[::-1])):
        sorting = json.dumps([{"field": "total_estimated_cost", "direction": direction}])
        for size in (3, 100):
            found = api.ids("spans", project_name=project, sorting=sorting, size=size)
            assert found == [ids[c] for c in wanted[:size]]
    for value, count in (("1" + 27 * "0", 0), ("-" + 30 * "9", len(COSTS)), ("-5", len(COSTS))):
        filters = [{"field": "total_estimated_cost", "operator": ">", "value": value}]
        assert len(api.ids("spans", project_name=project, filters=json.dumps(filters))) == count
