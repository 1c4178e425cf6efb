"""Counts of the day before (platform.md 13)."""
import sqlite3
import time

from client import Api, span, trace

DAY = 86_400_000_000
DEFAULT = "0190babc-62a0-71d2-832a-0feffa4676eb"


def get(api, path):
    response = api.get(f"/v1/internal/usage/{path}")
    assert response.status_code == 200, response.text
    (content,) = response.json().values()
    return content


def fill(api, traces, spans, project="p"):
    items = [trace(project) for _ in range(traces)]
    if items:
        api.batch("traces", *items)
    if spans:
        api.batch("spans", *(span(project) for _ in range(spans)))


def move(server, microseconds):
    """As if all of it had been stored earlier."""
    with sqlite3.connect(server.data / "ocelli.db") as database:
        for table in ("trace", "span"):
            database.execute(f"UPDATE {table} SET created_at = created_at - ?", (microseconds,))
    database.close()


def test_nothing_was_stored(start_server):
    api = Api(start_server().url)
    fill(api, 3, 3)  # today
    for path in ("workspace-trace-counts", "workspace-span-counts", "bi-traces", "bi-spans",
                 "workspace-span-counts-breakdown"):
        assert get(api, path) == []


def test_the_day_before(start_server):
    server = start_server("--workspaces", "any")
    api, other = Api(server.url), Api(server.url, "other")
    projects = {}
    fill(api, 2, 3)
    fill(api, 1, 4, "q")
    fill(other, 5, 0)
    for name in ("p", "q"):
        projects[name] = api.project_id(name)
    # Placeholders of spans whose trace has not come count as nothing; so does what is deleted.
    gone = trace("p")
    api.create("traces", gone)
    api.delete(f"traces/{gone['id']}")
    server.stop()
    before = time.time_ns() // 1000 // DAY
    move(server, DAY)
    server.start()
    api = Api(server.url, "someone else")
    if time.time_ns() // 1000 // DAY != before:
        return  # midnight passed
    assert get(api, "workspace-trace-counts") == [
        {"workspace": DEFAULT, "trace_count": 3}, {"workspace": "other", "trace_count": 5}]
    assert get(api, "workspace-span-counts") == [{"workspace": DEFAULT, "span_count": 7}]
    assert get(api, "bi-traces") == [
        {"workspace_id": DEFAULT, "user": "admin", "count": 3},
        {"workspace_id": "other", "user": "admin", "count": 5}]
    assert get(api, "bi-spans") == [{"workspace_id": DEFAULT, "user": "admin", "count": 7}]
    assert get(api, "workspace-span-counts-breakdown") == [
        {"workspace_id": DEFAULT, "project_id": projects["p"], "user": "admin", "count": 3},
        {"workspace_id": DEFAULT, "project_id": projects["q"], "user": "admin", "count": 4}]
    server.stop()
    move(server, DAY)
    server.start()
    assert get(Api(server.url), "workspace-trace-counts") == []
