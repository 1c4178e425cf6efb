"""Writers that load a server until it goes away, and remember what it acknowledged."""
import http.client
import random
import threading
import time

import client
from wire import Wire

START = "2024-01-01T10:00:00Z"


class Writer(threading.Thread):
    """Writes over one connection. Nobody else writes its ids."""

    def __init__(self, url, project, seed):
        super().__init__(daemon=True)
        self.url, self.project, self.rng = url, project, random.Random(seed)
        self.traces, self.gone = [], set()  # acknowledged; deletes were acknowledged
        self.spans = {}  # acknowledged: id -> id of the trace
        self.patched = {}  # id of a trace -> number of its last acknowledged PATCH
        self.creating, self.deleting = [], None  # sent, and not acknowledged
        self.requests = self.number = 0
        self.failure = None

    def run(self):
        try:
            with Wire(self.url) as self.wire:
                while True:
                    step = self.batch_traces
                    if len(self.traces) > 10:
                        step = self.rng.choices([self.batch_traces, self.batch_spans, self.post,
                                                 self.patch, self.delete], [4, 4, 4, 6, 1])[0]
                    step()
                    self.requests += 1
        except (OSError, http.client.HTTPException):
            pass  # the server is gone
        except BaseException as failure:  # is raised in the test's own thread
            self.failure = failure

    def item(self):
        return {"id": client.uuid7(), "project_name": self.project, "start_time": START,
                "name": "load", "input": {"text": "x" * self.rng.randrange(2000)}}

    def create(self, status, path, items, body):
        self.creating = [item["id"] for item in items]
        self.wire.must(status, "POST", path, body)
        self.creating = []

    def batch_traces(self):
        traces = [self.item() for _ in range(self.rng.randrange(1, 20))]
        self.create(204, "traces/batch", traces, {"traces": traces})
        self.traces += [trace["id"] for trace in traces]

    def batch_spans(self):
        spans = [{**self.item(), "trace_id": self.rng.choice(self.traces)}
                 for _ in range(self.rng.randrange(1, 20))]
        self.create(204, "spans/batch", spans, {"spans": spans})
        self.spans |= {span["id"]: span["trace_id"] for span in spans}

    def post(self):
        trace = self.item()
        self.create(201, "traces", [trace], trace)
        self.traces.append(trace["id"])

    def patch(self):
        trace = self.rng.choice(self.traces)
        self.number += 1
        self.wire.must(204, "PATCH", f"traces/{trace}", {"ttft": self.number})
        self.patched[trace] = self.number

    def delete(self):
        self.deleting = self.rng.choice(self.traces)
        self.wire.must(204, "DELETE", f"traces/{self.deleting}")
        self.traces.remove(self.deleting)
        self.gone.add(self.deleting)
        self.deleting = None

    def is_kept(self, traces, spans):
        """Asserts what must be there after the server went away, given the project's records by
        id."""
        if self.failure:
            raise self.failure
        sure = set(self.traces) - {self.deleting}
        assert sure <= traces.keys()
        assert not self.gone & traces.keys()
        for trace in sure & self.patched.keys():
            assert self.patched[trace] <= traces[trace]["ttft"] <= self.number
        assert {span for span, trace in self.spans.items() if trace in sure} <= spans.keys()
        assert not [span for span, trace in self.spans.items()
                    if trace in self.gone and span in spans]
        # A request happens as a whole or not at all.
        written = [i for i in self.creating if i in traces or i in spans]
        assert written in ([], self.creating)
        return True


def load(server, project, seconds, stop, seed, writers=4):
    """Writes for so long and calls `stop` while the writers go on. Returns the writers."""
    threads = [Writer(server.url, project, f"{seed}/{n}") for n in range(writers)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop()
    for thread in threads:
        thread.join()
    return threads


def records(server, project):
    """All traces and all spans of a project, by id."""
    with Wire(server.url) as wire:
        return [wire.all(kind, project) for kind in ("traces", "spans")]
