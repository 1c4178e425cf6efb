"""Threads as users make them: traces with a thread_id, in the order of their turns."""
import client
from client import name, span, trace, uuid7

PATH = "traces/threads"
BASE = 1_700_000_000_000  # ms of the first turn's id


def turn(project, thread_id, n=0, **fields):
    """The trace of turn n: it starts at second n and takes half a second."""
    return trace(project, **{"thread_id": thread_id, "input": {"q": n}, "output": {"a": n},
                             "start_time": f"2024-01-01T10:00:{n:02}Z",
                             "end_time": f"2024-01-01T10:00:{n:02}.500Z", **fields})


class Thread:
    """The requests about one thread."""

    def __init__(self, api, project, thread_id=None):
        self.api, self.project, self.id = api, project, thread_id or name("thread")

    @property
    def body(self):
        return {"project_name": self.project, "thread_id": self.id}

    def turn(self, n=0, **fields):
        return turn(self.project, self.id, n, **fields)

    def say(self, count=1, first=0, **fields):
        """A batch of turns; returns their traces."""
        items = [self.turn(first + i, **fields) for i in range(count)]
        self.api.batch("traces", *items)
        return items

    def retrieve(self, **fields):
        return self.api.post(f"{PATH}/retrieve", {**self.body, **fields})

    def read(self, **fields):
        response = self.retrieve(**fields)
        assert response.status_code == 200, response.text
        return response.json()

    @property
    def model_id(self):
        return self.read()["thread_model_id"]

    def exists(self):
        response = self.retrieve()
        if response.status_code == 404:
            assert response.json()["message"] == f"Trace Thread id: {self.id} not found"
        return response.status_code == 200

    def put(self, what):
        response = self.api.put(f"{PATH}/{what}", self.body)
        assert (response.status_code, response.content) == (204, b""), response.text
        return self

    def close(self):
        return self.put("close")

    def open(self):
        return self.put("open")

    def delete(self, **fields):
        response = self.api.post(f"{PATH}/delete", {
            "project_name": self.project, "thread_ids": [self.id], **fields})
        assert (response.status_code, response.content) == (204, b""), response.text
        return self

    def update(self, **fields):
        response = self.api.patch(f"{PATH}/{self.model_id}", fields)
        assert (response.status_code, response.content) == (204, b""), response.text
        return self

    def score(self, score_name="quality", value=1, **fields):
        response = self.api.put(f"{PATH}/feedback-scores", {"scores": [
            {**self.body, "name": score_name, "value": value, "source": "sdk", **fields}]})
        assert response.status_code == 204, response.text
        return self

    def comment(self, text):
        response = self.api.post(f"{PATH}/{self.model_id}/comments", {"text": text})
        assert response.status_code == 201, response.text
        return response.json()["id"]


def id_ms(uuid):
    """The time of a version 7 UUID."""
    return int(uuid.replace("-", "")[:12], 16)


def search(api, **body):
    """The records of a stream; asserts its framing and that each is one of a list."""
    response = api.post(f"{PATH}/search", body)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/octet-stream"
    *lines, rest = response.content.split(b"\r\n")
    assert rest == b""
    return [client.json.loads(line) for line in lines]


def everywhere(thread):
    """The record, which is the same in all three places."""
    record = thread.read()
    (listed,) = [one for one in thread.api.page(PATH, project_name=thread.project,
                                                size=1000)["content"] if one["id"] == thread.id]
    (streamed,) = [one for one in search(thread.api, project_name=thread.project)
                   if one["id"] == thread.id]
    assert record == listed == streamed
    return record


def patched(thread, **fields):
    """A trace of the thread that only a PATCH has made; its id."""
    trace_id = uuid7()
    thread.api.update("traces", trace_id, {"project_name": thread.project, "thread_id": thread.id,
                                           **fields})
    return trace_id


def rich(thread):
    """With everything that a thread can have."""
    traces = thread.say(2)
    thread.api.create("spans", span(thread.project, traces[0]["id"]))
    thread.score().comment("kept")
    return thread.update(tags=["kept"]), traces


__all__ = ["BASE", "PATH", "Thread", "everywhere", "id_ms", "patched", "rich", "search", "turn",
           "uuid7"]
