"""GET /projects/{id}/events: server-sent events of what is written while a client follows."""
import json
import socket
import threading
import time
import urllib.parse

import pytest

from client import Api, is_message, name, span, trace, uuid7


class Stream:
    """Follows a project; events are (name, id, object)."""

    def __init__(self, api, project_id, timeout=20, **params):
        params = {key: value if isinstance(value, str) else json.dumps(value)
                  for key, value in params.items()}
        self.response = api.session.get(f"{api.url}/v1/private/projects/{project_id}/events",
                                        params=params, stream=True, timeout=timeout)
        assert self.response.status_code == 200, self.response.text
        assert self.response.headers["Content-Type"] == "text/event-stream"
        assert self.response.headers["Cache-Control"] == "no-cache"
        assert "Content-Encoding" not in self.response.headers
        self.lines = self.response.iter_lines(chunk_size=1)
        assert self.block() == [": connected"]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.response.close()

    def block(self):
        """The lines up to an empty one; None when the stream has ended."""
        block = []
        for line in self.lines:
            if not line:
                return block
            block.append(line.decode())
        return None

    def next(self):
        block = self.block()
        while block and block[0].startswith(":"):
            block = self.block()
        if block is None:
            return None
        fields = dict(line.split(": ", 1) for line in block)
        assert list(fields) == ["event", "id", "data"]
        record = json.loads(fields["data"])
        assert (record["id"] if "id" in record else record["trace_id"]) == fields["id"]
        return fields["event"], fields["id"], record

    def take(self, count):
        return [self.next() for _ in range(count)]

    def until(self, wanted):
        """Ids of the events up to one of this id."""
        ids = []
        while not ids or ids[-1] != wanted:
            ids.append(self.next()[1])
        return ids


@pytest.fixture
def project_id(api, project):
    return api.post("projects", {"name": project}).headers["Location"].rsplit("/", 1)[1]


def listed(api, kind, project, item, **params):
    page = api.page(kind, project_name=project, truncate="true", **params)
    return next(record for record in page["content"] if record["id"] == item["id"])


# ---- what comes ---------------------------------------------------------------------------------

@pytest.mark.parametrize("kind,make", [("traces", trace), ("spans", span)])
def test_created_updated_deleted(api, project, project_id, kind, make):
    item = make(project, name="one", input={"q": "x" * 20_000}, metadata={"a": 1})
    noun = kind[:-1]
    with Stream(api, project_id, kind=kind) as stream:
        api.create(kind, item)
        event, _, record = stream.next()
        assert event == noun
        assert record == listed(api, kind, project, item)
        assert len(json.dumps(record["input"])) < 20_000, "as with truncate=true"

        change = {"name": "two", "project_name": project}
        if kind == "spans":
            change["trace_id"] = item["trace_id"]
        api.update(kind, item["id"], change)
        event, _, record = stream.next()
        assert event == noun and record["name"] == "two"
        assert record == listed(api, kind, project, item)

        api.delete(f"{kind}/{item['id']}")
        assert stream.next() == ("deleted", item["id"], {"id": item["id"]})


def test_spans_go_with_their_trace(api, project, project_id):
    """Those who follow spans are told once, of the trace."""
    one = trace(project)
    api.create("traces", one)
    api.batch("spans", *[span(project, trace_id=one["id"]) for _ in range(3)])
    with Stream(api, project_id, kind="spans") as stream:
        api.update("traces", one["id"], {"project_name": project, "name": "changed"})
        api.delete(f"traces/{one['id']}")
        assert stream.next() == ("deleted", one["id"], {"trace_id": one["id"]})


def test_kind_defaults_to_traces(api, project, project_id):
    one = trace(project)
    with Stream(api, project_id) as stream:
        api.create("spans", span(project, trace_id=uuid7()))
        api.create("traces", one)
        assert stream.next()[:2] == ("trace", one["id"])


def test_a_span_updates_its_trace(api, project, project_id):
    one = trace(project)
    api.create("traces", one)
    with Stream(api, project_id) as stream:
        api.create("spans", span(project, trace_id=one["id"], usage={"total_tokens": 7}))
        event, item_id, record = stream.next()
        assert (event, item_id) == ("trace", one["id"])
        assert record["span_count"] == 1 and record["usage"] == {"total_tokens": 7}


@pytest.mark.parametrize("kind,make", [("traces", trace), ("spans", span)])
def test_scores_and_comments(api, project, project_id, kind, make):
    item = make(project)
    api.create(kind, item)
    score = {"name": "quality", "value": 1, "source": "sdk"}

    def seen():
        event, item_id, record = stream.next()
        assert (event, item_id) == (kind[:-1], item["id"])
        assert record == listed(api, kind, project, item)
        return record

    def done(response, status=204):
        assert response.status_code == status, response.text
        return response

    with Stream(api, project_id, kind=kind) as stream:
        done(api.put(f"{kind}/{item['id']}/feedback-scores", score))
        assert seen()["feedback_scores"][0]["name"] == "quality"
        done(api.put(f"{kind}/feedback-scores", {"scores": [
            {**score, "value": 3, "id": item["id"], "project_name": project}]}))
        assert seen()["feedback_scores"][0]["value"] == 3
        done(api.post(f"{kind}/{item['id']}/feedback-scores/delete", {"name": "quality"}))
        assert "feedback_scores" not in seen()
        made = done(api.post(f"{kind}/{item['id']}/comments", {"text": "one"}), 201)
        comment = made.headers["Location"].rsplit("/", 1)[1]
        assert seen()["comments"][0]["text"] == "one"
        done(api.patch(f"{kind}/comments/{comment}", {"text": "two"}))
        assert seen()["comments"][0]["text"] == "two"
        done(api.post(f"{kind}/comments/delete", {"ids": [comment]}))
        assert "comments" not in seen()


def test_batches_in_the_order_of_writing(api, project, project_id):
    items = [trace(project, name=f"t{i}") for i in range(300)]
    with Stream(api, project_id) as stream:
        api.batch("traces", *items)
        events = stream.take(300)
    assert [item_id for _, item_id, _ in events] == [item["id"] for item in items]
    assert [record["name"] for _, _, record in events] == [item["name"] for item in items]


def test_exclude(api, project, project_id):
    one = trace(project, input={"a": 1}, output={"b": 2}, tags=["t"])
    with Stream(api, project_id, exclude=["input", "output"]) as stream:
        api.create("traces", one)
        record = stream.next()[2]
    assert "input" not in record and "output" not in record and record["tags"] == ["t"]
    assert record == listed(api, "traces", project, one, exclude='["input","output"]')


CONDITIONS = [
    {"filters": [{"field": "name", "operator": "=", "value": "yes"}]},
    {"oql": 'name = "yes" AND input contains "needle"'},
    {"search": "NEEDLE"},
    {"filters": [{"field": "tags", "operator": "contains", "value": "gold"}],
     "oql": "metadata.n > 5"},
]


@pytest.mark.parametrize("kind,make", [("traces", trace), ("spans", span)])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions(api, project, project_id, kind, make, condition):
    wanted = [make(project, name="yes", input={"x": "a needle"}, tags=["gold"], metadata={"n": 9})
              for _ in range(3)]
    other = [make(project, name="no", input={"x": "hay"}, tags=["lead"], metadata={"n": 1})
             for _ in range(3)]
    with Stream(api, project_id, kind=kind, **condition) as stream:
        api.batch(kind, *[one for pair in zip(other, wanted) for one in pair])
        assert [event[1] for event in stream.take(3)] == [item["id"] for item in wanted]
        # One that begins to match.
        change = {"project_name": project, "name": "yes", "input": {"x": "needle"},
                  "tags": ["gold"], "metadata": {"n": 6}}
        if kind == "spans":
            change["trace_id"] = other[0]["trace_id"]
        api.update(kind, other[0]["id"], change)
        assert stream.next()[1] == other[0]["id"]


def test_other_projects_are_not_told(api, project, project_id):
    mine = trace(project)
    with Stream(api, project_id) as stream:
        api.create("traces", trace(name()))
        api.create("traces", mine)
        assert stream.next()[1] == mine["id"]


def test_many_followers(api, project, project_id):
    streams = [Stream(Api(api.url), project_id) for _ in range(10)]
    one = trace(project)
    api.create("traces", one)
    assert {stream.next()[1] for stream in streams} == {one["id"]}
    for stream in streams:
        stream.response.close()


def test_quickly_and_without_a_worker(start_server):
    """More followers than workers and read sessions; an event comes at once."""
    server = start_server("--workers", "1")
    api, project = Api(server.url), name()
    project_id = api.post("projects", {"name": project}).headers["Location"].rsplit("/", 1)[1]
    streams = [Stream(Api(server.url), project_id) for _ in range(30)]
    for _ in range(3):
        one = trace(project)
        begun = time.monotonic()
        api.create("traces", one)
        assert streams[0].next()[1] == one["id"]
        assert time.monotonic() - begun < 2
    assert api.get("projects").status_code == 200
    for stream in streams:
        stream.response.close()


def test_ping(api, project_id):
    with Stream(api, project_id, timeout=30) as stream:
        begun = time.monotonic()
        assert stream.block() == [": ping"]
        assert 10 < time.monotonic() - begun < 25


# ---- errors -------------------------------------------------------------------------------------

@pytest.mark.parametrize("params,status", [
    ({"kind": "threads"}, 400), ({"oql": "name = "}, 400), ({"filters": "{"}, 400),
    ({"filters": '[{"field":"nope","operator":"=","value":"x"}]'}, 400),
    ({"exclude": '["nope"]'}, 400), ({"from_time": "yesterday"}, 400),
])
def test_bad_parameters(api, project_id, params, status):
    assert api.get(f"projects/{project_id}/events", params=params).status_code == status


def test_unknown_project(api):
    unknown = uuid7()
    assert is_message(api.get(f"projects/{unknown}/events"), 404,
                      f"Project id: {unknown} not found")
    assert api.get("projects/x/events").status_code == 404


def test_json_is_not_acceptable(api, project_id):
    response = api.get(f"projects/{project_id}/events", headers={"Accept": "application/json"})
    assert response.status_code == 406


def test_too_many_followers(start_server):
    server = start_server("--event-streams", "2")
    api = Api(server.url)
    project_id = api.post("projects", {"name": "p"}).headers["Location"].rsplit("/", 1)[1]
    streams = [Stream(Api(server.url), project_id) for _ in range(2)]
    response = api.get(f"projects/{project_id}/events")
    assert response.status_code == 503 and int(response.headers["Retry-After"]) > 0
    # One that goes away makes room, without anything being written.
    streams[0].response.close()
    for _ in range(100):
        response = api.session.get(f"{api.url}/v1/private/projects/{project_id}/events",
                                   stream=True, timeout=10)
        if response.status_code == 200:
            break
        time.sleep(0.1)
    assert response.status_code == 200
    response.close()
    streams[1].response.close()


# ---- slow clients, the end ----------------------------------------------------------------------

def test_a_slow_client_is_dropped_and_ingestion_goes_on(start_server):
    server = start_server()
    api, project = Api(server.url), name()
    project_id = api.post("projects", {"name": project}).headers["Location"].rsplit("/", 1)[1]
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", server.port))
    slow.sendall(f"GET /v1/private/projects/{project_id}/events HTTP/1.1\r\n"
                 "Host: x\r\n\r\n".encode())
    assert slow.recv(12) == b"HTTP/1.1 200"
    written, text = 0, "y" * 9000
    begun = time.monotonic()
    for _ in range(30):
        api.batch("traces", *[trace(project, input={"text": text}) for _ in range(500)])
        written += 500
    assert time.monotonic() - begun < 90, "the writer waits for nobody"
    # The server closes the connection, long before its idle timeout.
    slow.settimeout(30)
    received = 0
    try:
        while part := slow.recv(1 << 20):
            received += len(part)
    except ConnectionResetError:
        pass
    assert received < written * len(text) / 2
    # Who comes again is told of what comes then.
    with Stream(api, project_id) as stream:
        one = trace(project)
        api.create("traces", one)
        assert stream.next()[1] == one["id"]


def test_a_stop_ends_the_streams(start_server):
    server = start_server()
    api = Api(server.url)
    project_id = api.post("projects", {"name": "p"}).headers["Location"].rsplit("/", 1)[1]
    streams = [Stream(Api(server.url), project_id) for _ in range(5)]
    begun = time.monotonic()
    server.stop()
    assert time.monotonic() - begun < 10
    assert all(stream.next() is None for stream in streams)


def test_everything_is_told_once_the_client_catches_up(api, project, project_id):
    """Writers and a follower at the same time: no id is missed, the last state is seen."""
    ids = [[uuid7() for _ in range(100)] for _ in range(3)]
    last = {}

    def write(mine):
        own = Api(api.url)
        for turn in range(3):
            for item_id in mine:
                own.batch("traces", trace(project, id=item_id, name=f"turn {turn}",
                                          last_updated_at=None))

    with Stream(api, project_id) as stream:
        threads = [threading.Thread(target=write, args=(mine,)) for mine in ids]
        for thread in threads:
            thread.start()
        wanted = {item_id for mine in ids for item_id in mine}
        while len(last) < 300 or set(last.values()) != {"turn 2"}:
            _, item_id, record = stream.next()
            last[item_id] = record["name"]
        for thread in threads:
            thread.join()
    assert set(last) == wanted


def test_head_and_query_of_the_address(api, project_id):
    query = urllib.parse.urlencode({"kind": "spans", "oql": 'name = "x"'})
    response = api.session.head(f"{api.url}/api/v1/private/projects/{project_id}/events?{query}",
                                timeout=20)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream"
