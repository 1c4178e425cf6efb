"""POST /projects/{id}/kpi-cards (stats.md 5) against a computation of its own."""
import json

import pytest

from client import Api, is_error, is_message, is_unreadable, name, trace, uuid4, uuid7
from metric_data import DAY, END, HOUR, MONDAY, START, iso_ms, project_of
from metric_model import half_up, is_number, ms_of_id
from query_model import matches

PERIODS = [(START, END), (MONDAY, MONDAY + 1), (MONDAY, MONDAY + DAY), (MONDAY - DAY, MONDAY),
           (MONDAY + HOUR - 1, MONDAY + HOUR), (MONDAY - 60 * DAY, MONDAY + 60 * DAY),
           (MONDAY - 300 * DAY, MONDAY - 299 * DAY)]


@pytest.fixture(scope="module")
def data(api):
    return project_of(api)


def cards(api, project_id, kind, start, end, **more):
    """{type: (current, previous)}"""
    body = {"entity_type": kind, "interval_start": iso_ms(start), "interval_end": iso_ms(end),
            **more}
    response = api.post(f"projects/{project_id}/kpi-cards", body, bad=kind != kind.lower())
    assert response.status_code == 200, response.text
    stats = response.json()["stats"]
    wanted = ["count", "avg_duration", "total_cost"]
    wanted += [] if kind.lower() == "threads" else ["errors"]
    assert [card["type"] for card in stats] == wanted
    assert all(card.keys() == {"type", "current_value", "previous_value"} for card in stats)
    return {card["type"]: (card["current_value"], card["previous_value"]) for card in stats}


def expected(data, kind, start, end, keep=lambda row: True):
    def numbers(first, last):
        inside = data.inside(kind, first, last, keep)
        durations = [one for entity in inside if (one := entity.row.duration()) is not None]
        failed = sum(entity.row.has("error_info") for entity in inside)
        cost = sum(span.cost() for entity in inside for span in entity.spans
                   if 2 * start - end <= ms_of_id(span.id) <= end)
        return {"count": len(inside),
                "avg_duration": half_up(sum(durations) / len(durations)) if durations else None,
                "total_cost": cost,
                "errors": half_up(failed * 100 * half_up(1) / len(inside)) if inside else 0}
    now, before = numbers(start, end), numbers(2 * start - end, start - 1)
    return {card: (now[card], before[card]) for card in now
            if card != "errors" or kind != "threads"}


def are(actual, wanted):
    for card, values in wanted.items():
        for one, value in zip(actual[card], values):
            assert is_number(one, value), (card, actual[card], values)
    return True


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("kind", ["traces", "spans", "threads"])
def test_cards(api, data, kind, period):
    assert are(cards(api, data.id, kind, *period), expected(data, kind, *period))


def test_thread_filters(api, data):
    filters = [{"field": "tags", "operator": "=", "value": "a"},
               {"field": "source", "operator": "=", "value": "playground"}]
    assert are(cards(api, data.id, "threads", START, END, filters=json.dumps(filters)),
               expected(data, "threads", START, END, lambda row: "a" in row.tags()))


def test_entity_type_in_any_case(api, data):
    assert cards(api, data.id, "Spans", START, END) == cards(api, data.id, "spans", START, END)
    assert cards(api, data.id, "TRACES", START, END) == cards(api, data.id, "traces", START, END)


@pytest.mark.parametrize("kind", ["traces", "spans"])
@pytest.mark.parametrize("node", [
    {"field": "name", "operator": "contains", "value": "name 1"},
    {"field": "error_info", "operator": "is_not_empty", "value": ""},
    {"field": "metadata", "key": "kind", "operator": "=", "value": "x"},
    {"or": [{"field": "tags", "operator": "contains", "value": "ü"},
            {"field": "duration", "operator": ">", "value": "1000"}]}])
def test_filters(api, data, kind, node):
    actual = cards(api, data.id, kind, START, END, filters=json.dumps([node]))
    assert are(actual, expected(data, kind, START, END, lambda row: matches(row, node)))


def test_filters_that_do_not_apply(api, data):
    filters = json.dumps([{"field": "total_estimated_cost", "operator": ">", "value": "999"}])
    assert (cards(api, data.id, "traces", START, END, filters=filters)
            == cards(api, data.id, "traces", START, END))


def test_filter_by_scores(api, data):
    filters = [{"field": "feedback_scores", "key": "accuracy", "operator": "<", "value": "0"}]
    wanted = sum(entity.scores.get("accuracy", [9])[0] < 0
                 for entity in data.inside("traces", START, END))
    actual = cards(api, data.id, "traces", START, END, filters=json.dumps(filters))
    assert actual["count"][0] == wanted > 0


def test_blank_filters(api, data):
    for filters in ("", " ", "[]"):
        assert (cards(api, data.id, "spans", START, END, filters=filters)
                == cards(api, data.id, "spans", START, END))


def test_end_is_now_by_default(api):
    project = name()
    api.create("traces", trace(project, id=uuid7()))
    response = api.post(f"projects/{api.project_id(project)}/kpi-cards",
                        {"entity_type": "traces", "interval_start": "2024-01-01T00:00:00Z"})
    assert response.json()["stats"][0] == {"type": "count", "current_value": 1,
                                           "previous_value": 0}


@pytest.mark.parametrize("kind", ["traces", "spans", "threads"])
def test_unknown_project(api, kind):
    nothing = {"count": (0, 0), "avg_duration": (None, None), "total_cost": (0, 0)}
    if kind != "threads":
        nothing["errors"] = (0, 0)
    assert cards(api, uuid4(), kind, START, END) == nothing


def test_other_workspace(api, data, server):
    response = Api(api.url, workspace="elsewhere").post(
        f"projects/{data.id}/kpi-cards",
        {"entity_type": "traces", "interval_start": "2024-01-01T00:00:00Z"})
    assert response.status_code == 404


# ---- errors -------------------------------------------------------------------------------------

def send(api, data, **more):
    body = {"entity_type": "traces", "interval_start": iso_ms(START), "interval_end": iso_ms(END),
            **more}
    return api.post(f"projects/{data.id}/kpi-cards", body, bad=True)


@pytest.mark.parametrize("end", [START, START - 1])
def test_end_before_start(api, data, end):
    assert is_error(send(api, data, interval_end=iso_ms(end)), 422,
                    "intervalStart must be before intervalEnd or current time")


def test_start_in_the_future(api, data):
    assert is_error(send(api, data, interval_start="2200-01-01T00:00:00Z", interval_end=None), 422,
                    "intervalStart must be before intervalEnd or current time")


def test_required(api, data):
    assert is_error(send(api, data, entity_type=None, interval_start=None), 422,
                    "entityType must not be null", "intervalStart must not be null")
    assert is_error(send(api, data, entity_type=None), 422, "entityType must not be null")


@pytest.mark.parametrize("more", [{"entity_type": "trace"}, {"entity_type": 5},
                                  {"interval_start": "x"}, {"filters": []}])
def test_unreadable(api, data, more):
    assert is_unreadable(send(api, data, **more))


def test_bad_filters(api, data):
    for filters in ("x", "{}", '[{"field":"no such","operator":"=","value":"x"}]'):
        assert is_message(send(api, data, filters=filters), 400,
                          f"Invalid filters query parameter '{filters}'")
    filters = json.dumps([{"field": "name", "operator": ">=", "value": "x"}])
    assert is_message(send(api, data, filters=filters), 400,
                      "Invalid operator '>=' for field 'name' of type 'STRING'")


def test_bad_project_id(api):
    assert api.post("projects/x/kpi-cards", {"entity_type": "traces"}, bad=True).status_code == 404
