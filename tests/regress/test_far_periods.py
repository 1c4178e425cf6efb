"""Periods of metrics and bounds of searches had to lie between 1970 and 2262, though those of lists
beside them did not."""
import pytest

import client

LONG_AGO, FAR = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"
PERIODS = [(LONG_AGO, FAR), ("1960-02-29T12:34:56.789Z", FAR), (LONG_AGO, "2300-01-01T00:00:00Z"),
           (LONG_AGO, None), (-62135596800, 253402300799)]
# Years of six digits, as numbers go; answers that show them are beyond the document.
FARTHER = [*PERIODS, (-1e15, 1e15), (-3e16, 3e16)]


@pytest.fixture(scope="module")
def filled(api):
    """A project with a trace that is now, and one that is one millisecond after the epoch."""
    project = client.name()
    for item_id in (client.uuid7(), client.uuid7(0)):
        trace = client.trace(project, id=item_id)
        api.create("traces", trace)
        api.create("spans", client.span(project, trace["id"], total_estimated_cost=0.5))
        api.put(f"traces/{trace['id']}/feedback-scores",
                {"name": "s", "value": 0.5, "source": "ui"})
    return project, api.project_id(project)


def period(start, end):
    return {"interval_start": start, **({} if end is None else {"interval_end": end})}


def ask(api, path, body):
    response = api.post(path, body, bad=True)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("start,end", PERIODS)
def test_total(api, filled, start, end):
    body = {"metric_type": "TRACE_COUNT", "interval": "TOTAL", **period(start, end)}
    (series,) = ask(api, f"projects/{filled[1]}/metrics", body)["results"]
    (point,) = series["data"]
    assert point["value"] == 2
    if isinstance(start, str):
        assert point["time"] == start.partition(".")[0].removesuffix("Z") + "Z"
    grouped = ask(api, f"projects/{filled[1]}/metrics", {**body, "breakdown": {"field": "name"}})
    assert grouped["results"][0]["data"] == [point]


@pytest.mark.parametrize("start,end", FARTHER)
def test_cards(api, filled, start, end):
    for kind in ("traces", "spans"):
        body = {"entity_type": kind, **period(start, end)}
        stats = ask(api, f"projects/{filled[1]}/kpi-cards", body)["stats"]
        assert [(card["current_value"], card["previous_value"]) for card in stats
                if card["type"] in ("count", "total_cost")] == [(2, 0), (1, 0)]


@pytest.mark.parametrize("start,end", FARTHER)
def test_workspace(api, filled, start, end):
    body = {"project_ids": [filled[1]], "name": "s", **period(start, end or FAR)}
    costs = ask(api, "workspaces/costs/summaries", body)
    assert (costs["current"], costs["previous"]) == (1, 0)
    assert ask(api, "workspaces/metrics/summaries", body)["results"] == [
        {"name": "s", "current": 0.5, "previous": None}]


@pytest.mark.parametrize("interval,start,first", [
    ("HOURLY", "1969-12-31T22:59:59.999Z", "1969-12-31T22:00:00Z"),
    ("DAILY", "1969-12-31T23:59:59.999Z", "1969-12-31T00:00:00Z"),
    ("WEEKLY", "1969-12-28T12:00:00Z", "1969-12-22T00:00:00Z"),
    ("WEEKLY", "1969-12-29T00:00:00Z", "1969-12-29T00:00:00Z")])
def test_buckets_before_the_epoch(api, filled, interval, start, first):
    body = {"metric_type": "TRACE_COUNT", "interval": interval,
            **period(start, "1970-01-01T00:00:01Z")}
    (series,) = ask(api, f"projects/{filled[1]}/metrics", body)["results"]
    assert series["data"][0]["time"] == first
    assert [point["value"] for point in series["data"]][:-1] == [0] * (len(series["data"]) - 1)
    assert series["data"][-1]["value"] == 1


def test_what_ends_at_the_epoch(api, filled):
    """The time before has no ids, so none is counted in two periods."""
    body = {"entity_type": "traces",
            **period("1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z")}
    stats = ask(api, f"projects/{filled[1]}/kpi-cards", body)["stats"]
    assert (stats[0]["current_value"], stats[0]["previous_value"]) == (1, 0)
    body = {"metric_type": "TRACE_COUNT", "interval": "TOTAL",
            **period(LONG_AGO, "1969-12-31T23:59:59.999Z")}
    assert ask(api, f"projects/{filled[1]}/metrics", body)["results"] == []


def test_many_buckets(api, filled):
    body = {"metric_type": "TRACE_COUNT", "interval": "HOURLY", **period(LONG_AGO, FAR)}
    assert api.post(f"projects/{filled[1]}/metrics", body).status_code == 413
    response = api.post("workspaces/costs", {"project_ids": [filled[1]], **period(LONG_AGO, FAR)})
    assert response.status_code == 413
    response = api.post("workspaces/costs", period(-3e16, 3e16), bad=True)
    assert response.status_code == 413


@pytest.mark.parametrize("kind", ["traces", "spans"])
def test_search(api, filled, kind):
    for start, end in FARTHER:
        body = {"project_name": filled[0], "from_time": start, "to_time": end}
        response = api.post(f"{kind}/search", body, bad=True)
        assert response.status_code == 200, response.text
        assert response.content.count(b"\r\n") == 2
