"""What was acknowledged stays, whatever happens to the process. Uses the program without
sanitizers. A failure prints the seed; OCELLI_TEST_SEED repeats it."""
import os
import random
import re
import shutil
import sqlite3

import pytest

import client
from load import load, records
from wire import Wire

ROUNDS = 50
START_MS = re.compile(r"\bready\b.*\bstart_ms=([0-9.]+)")


@pytest.fixture
def seed():
    chosen = int(os.environ.get("OCELLI_TEST_SEED", random.randrange(2**32)))
    print(f"OCELLI_TEST_SEED={chosen}")
    return chosen


def is_sound(data, copy):
    """Asserts that a copy of the files of a dead server is a whole database."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy)
    database = sqlite3.connect(copy / "ocelli.db")
    try:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        database.close()
    return True


def is_all_kept(server, project, writers):
    traces, spans = records(server, project)
    assert all(writer.is_kept(traces, spans) for writer in writers)
    assert sum(trace["span_count"] for trace in traces.values()) == len(spans)
    return True


def is_kept_one_by_one(server, writers):
    """The same by id, for a few."""
    with Wire(server.url) as wire:
        for writer in writers:
            for trace in writer.traces[-3:]:
                if trace != writer.deleting:
                    wire.must(200, "GET", f"traces/{trace}")
            for trace in list(writer.gone)[-3:]:
                wire.must(404, "GET", f"traces/{trace}")
    return True


def test_kill_during_load(start_server, tmp_path, seed):
    rng, done = random.Random(seed), {}
    server = start_server(plain=True)
    for n in range(ROUNDS):
        project = f"round {n}"
        done[project] = load(server, project, rng.uniform(0.05, 0.3), server.kill, f"{seed}/{n}")
        assert n % 10 or is_sound(server.data, tmp_path / "copy")
        server.start()
        assert is_all_kept(server, project, done[project])
        assert is_kept_one_by_one(server, done[project])
    server.restart()
    for project, writers in done.items():
        assert is_all_kept(server, project, writers)
    server.kill()
    assert is_sound(server.data, tmp_path / "copy")
    requests = sum(writer.requests for writers in done.values() for writer in writers)
    print(f"{requests} requests were acknowledged")
    assert requests > ROUNDS * 10


def test_stop_during_load(start_server, tmp_path, seed):
    """SIGTERM: what is acknowledged is there, the exit code is 0, and no journal is left."""
    server = start_server(plain=True)
    for n in range(3):
        writers = load(server, f"round {n}", 0.3, server.stop, f"{seed}/{n}")
        assert sum(writer.requests for writer in writers) > 10
        assert sorted(path.name for path in server.data.iterdir()
                      if path.stat().st_size) == ["ocelli.db"]
        assert is_sound(server.data, tmp_path / "copy")
        server.start()
        assert is_all_kept(server, f"round {n}", writers)


def test_kill_at_the_start(start_server, tmp_path):
    """Killed as soon as it is ready, again and again, with a journal left each time."""
    server = start_server(plain=True)
    for n in range(5):
        with Wire(server.url) as wire:
            wire.must(201, "POST", "traces", client.trace(f"p{n}"))
        server.kill()
        server.start()
        server.kill()
        server.start()
        assert [len(found) for found in records(server, f"p{n}")] == [1, 0]
    server.kill()
    assert is_sound(server.data, tmp_path / "copy")


def fill(server, batches):
    """Batches of 1000 traces with a span each."""
    with Wire(server.url) as wire:
        for _ in range(batches):
            traces = [client.trace("large", name="t", input={"a": 1}) for _ in range(1000)]
            spans = [client.span("large", trace["id"], name="s", type="llm") for trace in traces]
            wire.must(204, "POST", "traces/batch", {"traces": traces})
            wire.must(204, "POST", "spans/batch", {"spans": spans})


def test_start_of_a_large_store(start_server):
    """200 000 rows are there within 100 ms, after a clean stop and after a kill."""
    server = start_server(plain=True)
    fill(server, 80)
    for stop in (server.kill, server.stop):
        for _ in range(3):  # other programs may disturb one start
            fill(server, 4)
            stop()
            server.start()
        assert min(map(float, START_MS.findall(server.stderr)[-3:])) < 100
    with Wire(server.url) as wire:
        assert wire.must(200, "GET", "spans?project_name=large&size=1")["total"] == 104_000
