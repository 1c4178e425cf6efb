"""The order by a score: means, rows without it between the negative ones and the others, scores whose
trace has not come."""
import json
import random

import pytest

from client import name, span, trace, uuid7

ROWS = 600


def put_scores(api, kind, scores):
    items = [{"id": entity, "project_name": project, "name": score, "value": value,
              "source": "sdk"} for project, entity, score, value in scores]
    for first in range(0, len(items), 500):
        response = api.put(f"{kind}/feedback-scores", {"scores": items[first:first + 500]})
        assert response.status_code == 204, response.text


class Data:
    """Rows of which `share` have the score."""

    def __init__(self, api, kind, share):
        draw = random.Random(f"{kind} {share}")
        self.kind, self.name = kind, name()
        if kind == "traces":
            rows = [trace(self.name, id=uuid7(1_767_225_600_000 + i), name=f"row {i % 5}") for i in range(ROWS)]
        else:
            owner = uuid7()
            rows = [span(self.name, owner, id=uuid7(1_767_225_600_000 + i), name=f"row {i % 5}") for i in range(ROWS)]
        for first in range(0, ROWS, 100):
            api.batch(kind, *rows[first:first + 100])
        self.values = {row["id"]: draw.choice([-2.5, -1, 0, 0.5, 3]) if draw.random() < share
                       else None for row in rows}
        self.names = {row["id"]: row["name"] for row in rows}
        waiting = [(self.name, uuid7(1_767_225_700_000 + i), "s", value)
                   for i, value in enumerate([9, 3, 0, -9] * 5)]
        put_scores(api, kind, waiting + [
            (self.name, entity, "s", value) for entity, value in self.values.items()
            if value is not None] + [(self.name, entity, "S", 100) for entity in self.values])

    def order(self, descending):
        """query.md 12: a missing score is the pair (0, absent)."""
        pairs = {entity: (value or 0, value is not None) for entity, value in self.values.items()}
        newest = sorted(pairs, reverse=True)
        return sorted(newest, key=pairs.get, reverse=descending)


@pytest.fixture(scope="module", params=[(kind, share) for kind in ("traces", "spans")
                                        for share in (0, 0.02, 0.5, 1)], ids=str)
def data(request, api):
    return Data(api, *request.param)


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("size", [7, 250, 1000])
def test_order(api, data, direction, size):
    wanted = data.order(direction == "DESC")
    sorting = json.dumps([{"field": "feedback_scores.s", "direction": direction}])
    for page in range(1, 4):
        answer = api.page(data.kind, project_name=data.name, sorting=sorting, size=size, page=page)
        assert answer["total"] == ROWS
        assert [row["id"] for row in answer["content"]] == wanted[(page - 1) * size:page * size]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_order_of_matches(api, data, direction):
    wanted_name = next(iter(data.names.values()))
    filters = json.dumps([{"field": "feedback_scores", "key": "s", "operator": "<=", "value": "0"},
                          {"field": "name", "operator": "!=", "value": wanted_name}])
    wanted = [entity for entity in data.order(direction == "DESC")
              if data.values[entity] is not None and data.values[entity] <= 0
              and data.names[entity] != wanted_name]
    sorting = json.dumps([{"field": "feedback_scores.s", "direction": direction}])
    answer = api.page(data.kind, project_name=data.name, sorting=sorting, filters=filters, size=60)
    assert answer["total"] == len(wanted)
    assert [row["id"] for row in answer["content"]] == wanted[:60]


@pytest.mark.parametrize("operator,value,holds", [
    (">", "0", lambda v: v is not None and v > 0), ("<=", "-1", lambda v: v is not None and v <= -1),
    ("=", "0", lambda v: v == 0), ("!=", "3", lambda v: v != 3),
    ("is_empty", "", lambda v: v is None), ("is_not_empty", "", lambda v: v is not None),
], ids=str)
def test_filters(api, data, operator, value, holds):
    """`s` and `S` are one name to filters; all rows have an `S` of 100."""
    test = {"field": "feedback_scores", "key": "s", "operator": operator, "value": value}
    wanted = {entity for entity, v in data.values.items() if holds(v)}
    if operator in (">", "is_not_empty"):
        wanted = set(data.values)
    if operator == "is_empty":
        wanted = set()
    for filters in ([test], [{"or": [test, test]}], [{"not": {"not": test}}]):
        answer = api.page(data.kind, project_name=data.name, size=1000, filters=json.dumps(filters))
        assert {row["id"] for row in answer["content"]} == wanted
        assert answer["total"] == len(wanted)
