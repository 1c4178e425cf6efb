"""Data that an earlier version wrote is brought to the schema of now at the start."""
import contextlib
import sqlite3
import uuid

import client

# The tables and indexes of schema 1.
VERSION_1 = {"workspace", "project", "name", "trace", "trace_body", "span", "span_body",
             "project_by_name", "project_by_uuid", "trace_by_id", "span_by_id"}

COLUMNS_LATER = [("project", "thread_count"), ("trace", "assumed"), ("span", "assumed")]


def make_version_1(data):
    """Takes back what later schemas have added."""
    with contextlib.closing(sqlite3.connect(data / "ocelli.db")) as db, db:
        added = db.execute("SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL"
                           " AND name NOT LIKE 'sqlite_%' ORDER BY type").fetchall()
        for kind, name in added:
            if name not in VERSION_1:
                db.execute(f"DROP {kind} {name}")
        for table, column in COLUMNS_LATER:
            db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        db.execute("PRAGMA user_version = 1")


def threads_of(api, project, **params):
    page = api.page("traces/threads", project_name=project, size=100, **params)
    assert page["total"] == len(page["content"])
    return {thread["id"]: thread for thread in page["content"]}


def populate(api, projects):
    """Threads of several traces with spans, ends, environments, and traces without thread."""
    for project in projects:
        for number in range(3):
            for turn in range(number + 1):
                trace = client.trace(
                    project, thread_id=f"t{number}", input={"turn": turn}, output={"turn": turn},
                    start_time=f"2024-01-0{1 + (turn + 1) % 3}T00:00:00Z",
                    end_time=f"2024-01-0{2 + (turn + 1) % 3}T00:00:00.5Z" if turn else None,
                    environment=f"e{turn}", source=["sdk", "experiment", "evaluator"][turn])
                api.create("traces", trace)
                for cost in (0.1, 0.02):
                    api.create("spans", client.span(project, trace["id"], usage={"x": turn + 1},
                                                    total_estimated_cost=cost))
        api.create("traces", client.trace(project))
        # Sums that wait for their trace are no part of a thread.
        api.create("spans", client.span(project, usage={"x": 100}))


def test_threads_of_version_1(start_server):
    running = start_server()
    api, projects = client.Api(running.url), [client.name(), client.name()]
    populate(api, projects)
    before = [threads_of(api, project) for project in projects]
    assert [sorted(threads) for threads in before] == [["t0", "t1", "t2"]] * 2
    running.stop()
    make_version_1(running.data)
    api = client.Api(running.start().url)
    for project, old in zip(projects, before):
        new = threads_of(api, project)
        for thread_id, thread in new.items():
            assert uuid.UUID(thread["thread_model_id"]).version == 7
            # The time of its least trace, as it was; the rest is made anew.
            assert thread["thread_model_id"][:13] == old[thread_id]["thread_model_id"][:13]
            ignore = {"thread_model_id", "created_at", "last_updated_at"}
            assert {key: value for key, value in thread.items() if key not in ignore} == \
                {key: value for key, value in old[thread_id].items() if key not in ignore}
        assert sorted(new) == sorted(old)
        assert new["t2"]["number_of_messages"] == 6
        assert new["t2"]["usage"] == {"x": 12}
        assert new["t2"]["total_estimated_cost"] == 0.36
        # Sources and ids of the traces are known too: they decide what a filter looks at.
        for source, ids in (("evaluator", ["t2"]), ("experiment", ["t1", "t2"])):
            chosen = threads_of(api, project, filters='[{"field":"source","operator":"=",'
                                                      f'"value":"{source}"}}]')
            assert sorted(chosen) == ids
            assert {thread["number_of_messages"] for thread in chosen.values()} == {2}
    model_ids = {thread["thread_model_id"] for project in projects
                 for thread in threads_of(api, project).values()}
    assert len(model_ids) == 6
    life_goes_on(api, projects[0])
    running.restart()
    assert threads_of(client.Api(running.url), projects[0])["t1"]["status"] == "inactive"


def life_goes_on(api, project):
    """What was brought over is a thread like any other."""
    old = threads_of(api, project)
    api.create("traces", client.trace(project, thread_id="t0"))
    thread = threads_of(api, project)["t0"]
    assert thread["thread_model_id"] == old["t0"]["thread_model_id"]
    assert thread["number_of_messages"] == 4
    assert api.put("traces/threads/close", {"project_name": project,
                                            "thread_id": "t1"}).status_code == 204
    assert api.post(f"traces/threads/{old['t2']['thread_model_id']}/comments",
                    {"text": "hello"}).status_code == 201
    assert threads_of(api, project)["t2"]["comments"][0]["text"] == "hello"
    assert api.put("traces/threads/feedback-scores", {"scores": [
        {"thread_id": "t2", "project_name": project, "name": "n", "value": 1,
         "source": "sdk"}]}).status_code == 204
    assert [score["name"] for score in threads_of(api, project)["t2"]["feedback_scores"]] == ["n"]
