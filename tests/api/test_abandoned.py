"""Server-Timing, and queries whose client goes away before the answer comes."""
import re
import socket
import time
import urllib.parse

import pytest

import client
from client import name, span, trace

TIMING = re.compile(r'total;dur=(\d+\.\d{3})'
                    r'(?:, rows;desc="(\d+) rows", steps;desc="(\d+) steps")?')


def timing(response):
    """(ms, rows, steps); the latter are None when nothing was read."""
    match = TIMING.fullmatch(response.headers["Server-Timing"])
    assert match, response.headers["Server-Timing"]
    ms, rows, steps = match.groups()
    return float(ms), rows and int(rows), steps and int(steps)


def test_every_answer_tells_its_time(api, project):
    one = trace(project)
    for response in (api.create("traces", one), api.get(f"traces/{one['id']}"),
                     api.get("/is-alive/ping"), api.get("/v1/nothing", bad=True),
                     api.get("traces", params={"project_name": "no such"}),
                     api.post("traces/search", {"project_name": project})):
        ms, _, _ = timing(response)
        assert 0 < ms < 60_000


def test_rows_and_steps(api, project):
    api.batch("traces", *[trace(project, name=f"n{i % 2}") for i in range(400)])
    few = timing(api.get("traces", params={"project_name": project, "size": 10}))
    many = timing(api.get("traces", params={"project_name": project, "size": 300}))
    filtered = timing(api.get("traces", params={"project_name": project,
                                              "oql": 'not name contains "n"'}))
    assert 10 <= few[1] < 30 and 300 <= many[1] < 400
    # What was looked at and did not match are steps, not rows.
    assert filtered[1] < 10 and filtered[2] > 400
    assert timing(api.get("/is-alive/ping"))[1:] == (None, None)


def test_stream_tells_what_is_known_at_its_head(api, project):
    for _ in range(4):
        api.batch("spans", *[span(project, input={"text": "x" * 1000}) for _ in range(500)])
    response = api.post("spans/search", {"project_name": project, "limit": 2000})
    assert len(response.content) > 2_000_000
    _, rows, steps = timing(response)
    # The keys of the whole stream, and the bodies of the first piece.
    assert 2000 <= rows < 3000 and steps > 0


# ---- clients that go away -----------------------------------------------------------------------

SLOW = " AND ".join(f'input not_contains "nowhere {i}"' for i in range(60))


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """A server with one worker and a query on it that takes seconds: (api, path, seconds)."""
    from server import Server
    options = ("--workers", "1", "--log-level", "debug")
    with Server(tmp_path_factory.mktemp("slow") / "data", *options) as running:
        api, project, count = client.Api(running.url), name(), 0
        path = "/v1/private/traces/stats?" + urllib.parse.urlencode(
            {"project_name": project, "oql": SLOW})
        text = " ".join(f"word{i}" for i in range(3000))
        while count < 50_000:
            api.batch("traces", *[trace(project, input={"text": text}) for _ in range(500)])
            count += 500
            begun = time.monotonic()
            response = api.get(path)
            seconds = time.monotonic() - begun
            if seconds > 3:
                break
        assert response.status_code == 200 and seconds > 3
        running.api, running.path, running.seconds = api, path, seconds
        yield running


def ask(server, method="GET", body=b""):
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(f"{method} {server.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + body)
    return connection


def free_after(server):
    """Seconds until the one worker serves somebody else."""
    begun = time.monotonic()
    assert server.api.get("projects").status_code == 200
    return time.monotonic() - begun


def test_an_abandoned_query_frees_its_worker(slow):
    before = slow.stderr.count("status=499")
    connection = ask(slow)
    time.sleep(0.5)
    connection.close()
    assert free_after(slow) < slow.seconds / 2
    assert slow.stderr.count("status=499") == before + 1


def test_a_reset_connection_too(slow):
    connection = ask(slow)
    time.sleep(0.1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()
    assert free_after(slow) < slow.seconds / 2


def test_abandoned_queries_in_the_queue_do_not_run(slow):
    connections = [ask(slow) for _ in range(20)]
    time.sleep(0.5)
    for connection in connections:
        connection.close()
    assert free_after(slow) < slow.seconds


def test_who_waits_gets_the_answer(slow):
    connection = ask(slow)
    time.sleep(0.5)
    other = ask(slow)
    other.close()
    head = connection.recv(1 << 20)
    assert head.startswith(b"HTTP/1.1 200")
    connection.close()
