"""Sorting, selective filters and streams over more rows than one zone of the store holds
(docs/architecture.md), whatever the order in which they came."""
import json
import random

import pytest

from client import name, uuid7

BASE_MS = 1_767_225_600_000
ROWS = 1500
PLACES = ["ascending", "descending", "shuffled", "one place"]


def iso(ms):
    seconds, rest = divmod(ms, 1000)
    hours, seconds = divmod(seconds, 3600)
    return f"2026-01-{1 + hours // 24:02}T{hours % 24:02}:{seconds // 60:02}:{seconds % 60:02}.{rest:03}Z"


class Data:
    """Traces with a span each; `place` says in which order they are sent."""

    def __init__(self, api, place):
        rng = random.Random(place)
        self.api, self.name = api, name("zones")
        self.rows = []
        for i in range(ROWS):
            at = 0 if place == "one place" else i * 1000
            self.rows.append({
                "id": uuid7(BASE_MS + at), "span": uuid7(BASE_MS + at), "ms": i * 1000,
                "duration": rng.randrange(1, 100_000), "name": f"common {i % 7}",
                "tags": [f"tag {i % 3}"], "tokens": rng.randrange(10),
                "ttft": float(rng.randrange(50)) if i % 4 else None})
        self.rows[700]["name"] = "Rare \u00e4 \"quoted\""
        self.rows[900]["tags"] = ["all", "rare \\ \"tag\""]
        sent = {"ascending": self.rows, "descending": self.rows[::-1]}.get(place)
        if sent is None:
            sent = rng.sample(self.rows, ROWS)
        alone = 300 if place == "descending" else 0
        for row in sent[:alone]:
            self.send([row])
        for first in range(alone, ROWS, 97):
            self.send(sent[first:first + 97])

    def send(self, rows):
        times = [{"start_time": iso(row["ms"]), "end_time": iso(row["ms"] + row["duration"])}
                 for row in rows]
        traces = [{"id": row["id"], "project_name": self.name, "name": row["name"],
                   "tags": row["tags"], **time} for row, time in zip(rows, times)]
        spans = [{"id": row["span"], "trace_id": row["id"], "project_name": self.name,
                  "name": row["name"], "tags": row["tags"], "type": "llm",
                  "usage": {"total_tokens": row["tokens"]}, **time}
                 for row, time in zip(rows, times)]
        for item, span, row in zip(traces, spans, rows):
            if row["ttft"] is not None:
                item["ttft"] = span["ttft"] = row["ttft"]
        for kind, items in (("spans", spans), ("traces", traces)):
            response = self.api.post(f"{kind}/batch", {kind: items})
            assert response.status_code == 204, response.text

    def ask(self, kind, **params):
        """The ids of a page, those of spans as their traces', and the total."""
        params = {key: json.dumps(value) if isinstance(value, list) else value
                  for key, value in params.items()}
        response = self.api.get(kind, params={"project_name": self.name, **params})
        assert response.status_code == 200, response.text
        page = response.json()
        key = "id" if kind == "traces" else "trace_id"
        return [item[key] for item in page["content"]], page["total"]


@pytest.fixture(scope="module", params=PLACES)
def data(api, request):
    return Data(api, request.param)


def ids(rows):
    return [row["id"] for row in rows]


@pytest.mark.parametrize("kind", ["traces", "spans"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field,key", [
    ("duration", "duration"), ("start_time", "ms"), ("ttft", "ttft"),
    ("usage.total_tokens", "tokens")])
@pytest.mark.parametrize("page,size", [(1, 100), (75, 20), (1, 1500)])
def test_sorted_by_a_number(data, kind, direction, field, key, page, size):
    rows = sorted(data.rows, key=lambda row: row["id"], reverse=True)
    present = sorted((row for row in rows if row[key] is not None), key=lambda row: row[key],
                     reverse=direction == "DESC")
    expected = ids(present + [row for row in rows if row[key] is None])
    found = data.ask(kind, sorting=[{"field": field, "direction": direction}], page=page,
                     size=size)
    assert found == (expected[(page - 1) * size:page * size], ROWS)


@pytest.mark.parametrize("kind", ["traces", "spans"])
@pytest.mark.parametrize("field,operator,value,test", [
    ("name", "=", "rare \u00e4 \"QUOTED\"", lambda row: row["name"].startswith("Rare")),
    ("name", "=", "absent", lambda row: False),
    ("tags", "=", "rare \\ \"tag\"", lambda row: "all" in row["tags"]),
    ("tags", "=", "tag 2", lambda row: row["tags"] == ["tag 2"]),
    ("start_time", ">=", iso(1_200_000), lambda row: row["ms"] >= 1_200_000),
    ("start_time", "=", iso(77_000), lambda row: row["ms"] == 77_000),
    ("duration", ">", "99000", lambda row: row["duration"] > 99_000),
    ("duration", "<=", "500", lambda row: row["duration"] <= 500),
    ("ttft", "=", "49", lambda row: row["ttft"] == 49.0),
    ("usage.total_tokens", "<", "1", lambda row: row["tokens"] < 1),
])
def test_filtered(data, kind, field, operator, value, test):
    chosen = sorted(ids(row for row in data.rows if test(row)), reverse=True)
    filters = [{"field": field, "operator": operator, "value": value}]
    assert data.ask(kind, filters=filters, size=100) == (chosen[:100], len(chosen))
    assert data.ask(kind, filters=filters, size=30, page=3) == (chosen[60:90], len(chosen))


def test_stream_of_spans_goes_on_behind_the_last(data):
    expected = sorted((row["span"] for row in data.rows), reverse=True)
    found, before = [], {}
    while len(found) < ROWS:
        response = data.api.post("spans/search", {"project_name": data.name, "limit": 400, **before})
        page = [json.loads(line)["id"] for line in response.content.split(b"\r\n")[:-1]]
        assert page
        found += page
        before = {"last_retrieved_id": page[-1]}
    assert found == expected


def test_a_changed_value_is_found(data):
    row = data.rows[333]
    response = data.api.patch(f"traces/{row['id']}", {
        "project_name": data.name, "name": "renamed", "tags": ["moved"],
        "end_time": iso(row["ms"] + 500_000)})
    assert response.status_code == 204, response.text
    row.update(name="renamed", tags=["moved"], duration=500_000)
    first = [{"field": "duration", "direction": "DESC"}]
    assert data.ask("traces", sorting=first, size=1) == ([row["id"]], ROWS)
    for field, value in (("name", "RENAMED"), ("tags", "moved")):
        filters = [{"field": field, "operator": "=", "value": value}]
        assert data.ask("traces", filters=filters) == ([row["id"]], 1)
