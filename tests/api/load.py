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
        self.there = {"traces": set(), "spans": set()}  # acknowledged
        self.gone = set()  # traces whose delete was acknowledged
        self.patched = {}  # id of a trace -> number of its last acknowledged PATCH
        self.batches = []  # ids of requests that were sent but perhaps not acknowledged
        self.deleting = None
        self.requests = self.number = 0
        self.failure = None

    def run(self):
        try:
            with Wire(self.url) as self.wire:
                while True:
                    self.rng.choices([self.batch_traces, self.batch_spans, self.post, self.patch,
                                      self.delete], [4, 4, 4, 6, 1])[0]()
                    self.requests += 1
        except (OSError, http.client.HTTPException):
            pass  # the server is gone
        except BaseException as failure:  # is raised in the test's own thread
            self.failure = failure

    def trace(self):
        return {"id": client.uuid7(), "project_name": self.project, "start_time": START,
                "name": "load", "input": {"text": "x" * self.rng.randrange(2000)}}

    def span(self):
        return {**self.trace(), "trace_id": self.rng.choice(sorted(self.there["traces"]))}

    def create(self, kind, path, items, body, status):
        ids = {item["id"] for item in items}
        self.batches.append((kind, ids))
        self.wire.must(status, "POST", path, body)
        self.batches.pop()
        self.there[kind] |= ids

    def batch_traces(self):
        traces = [self.trace() for _ in range(self.rng.randrange(1, 20))]
        self.create("traces", "traces/batch", traces, {"traces": traces}, 204)

    def batch_spans(self):
        if self.there["traces"]:
            spans = [self.span() for _ in range(self.rng.randrange(1, 20))]
            self.create("spans", "spans/batch", spans, {"spans": spans}, 204)

    def post(self):
        trace = self.trace()
        self.create("traces", "traces", [trace], trace, 201)

    def patch(self):
        if self.there["traces"]:
            trace = self.rng.choice(sorted(self.there["traces"]))
            self.number += 1
            self.wire.must(204, "PATCH", f"traces/{trace}",
                           {"project_name": self.project, "ttft": self.number})
            self.patched[trace] = self.number

    def delete(self):
        if len(self.there["traces"]) > 10:
            self.deleting = self.rng.choice(sorted(self.there["traces"]))
            self.wire.must(204, "DELETE", f"traces/{self.deleting}")
            self.there["traces"].discard(self.deleting)
            self.gone.add(self.deleting)
            self.deleting = None

    def is_kept(self, traces, spans):
        """Asserts what must be there after the server went away, given the project's records by
        id."""
        if self.failure:
            raise self.failure
        maybe = {self.deleting} - {None}
        assert self.there["traces"] - maybe <= traces.keys()
        assert not self.gone & traces.keys()
        for trace, number in self.patched.items():
            if trace in self.there["traces"] - maybe:
                assert number <= traces[trace].get("ttft", 0) <= self.number
        assert all(spans[i]["trace_id"] in traces for i in self.there["spans"] & spans.keys())
        lost = self.there["spans"] - spans.keys()
        assert self.lost_spans_belong_to_deleted(lost)
        for kind, ids in self.batches:  # one request happens as a whole or not at all
            records = traces if kind == "traces" else spans
            assert len(ids & records.keys()) in (0, len(ids))
        return True


def load(server, project, seconds, stop, seed, writers=4):
    """Writes for so long, then calls `stop` while the writers go on. The writers."""
    threads = [Writer(server.url, project, f"{seed}/{n}") for n in range(writers)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop()
    for thread in threads:
        thread.join()
    return threads
