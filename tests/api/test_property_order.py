"""What must hold in whatever order requests arrive: random statements about a few ids and threads,
sent over several connections at once. A failure prints the seed; OCELLI_TEST_SEED repeats it (the threads
may still meet in another order)."""
import itertools
import os
import queue
import random
import threading
import time

import pytest

import client
import model
from test_property_merge import plain
from wire import Wire

CONNECTIONS = 4
ROUNDS = 50
START = "2024-01-01T10:00:00Z"
FAR_AHEAD = "2100-01-01T00:00:00Z"
VALUES = {
    "name": "name {}", "end_time": "2025-01-01T00:00:{:02}Z", "input": {"in": "{}"},
    "output": {"out": "{}"}, "metadata": {"meta": "{}"}, "tags": ["tag {}"], "ttft": 1.5,
    "error_info": {"exception_type": "E{}", "message": "m", "traceback": "t"},
    "environment": "env-{}"}
THREADS = 4  # to which the random thread_ids of one project belong
FIELDS = {"traces": {**VALUES, "thread_id": "thread {}"},
          "spans": {**VALUES, "model": "model {}", "provider": "provider {}", "type": "llm",
                    "usage": {"tokens": 1}, "total_estimated_cost": 0.25}}


def value_of(pattern, number):
    """A value of a field that tells which statement it comes from."""
    if isinstance(pattern, dict):
        return {key: value_of(value, number) for key, value in pattern.items()}
    if isinstance(pattern, list):
        return [value_of(value, number) for value in pattern]
    if isinstance(pattern, str):
        return pattern.format(number % 60)
    return pattern + number


class Round:
    """The ids of one round in a project of its own, and the requests about them."""

    def __init__(self, rng):
        self.rng, self.project, self.number = rng, client.name("order"), 0
        self.traces = [client.uuid7() for _ in range(3)]
        self.spans = {client.uuid7(): trace for trace in self.traces for _ in range(2)}
        self.items = [("traces", i) for i in self.traces] + [("spans", i) for i in self.spans]
        self.requests = []  # method, path, body, expected status, note

    def place(self, kind, item_id):
        trace = {"trace_id": self.spans[item_id]} if kind == "spans" else {}
        return {"project_name": self.project, **trace}

    def some_fields(self, kind, count):
        self.number += 1
        fields = {field: value_of(FIELDS[kind][field], self.number)
                  for field in self.rng.sample(sorted(FIELDS[kind]), count)}
        if "thread_id" in fields:
            fields["thread_id"] = f"thread {self.number % THREADS}"
        return fields

    def create(self, kind, item_id, clock=None):
        clock = {"last_updated_at": clock} if clock else {}
        fields = self.some_fields(kind, self.rng.randrange(6))
        return {"id": item_id, "start_time": START, **self.place(kind, item_id), **fields, **clock}

    def post(self, kind, item):
        self.requests.append(("POST", kind, item, 201, None))

    def batch(self, kind, *items):
        self.requests.append(("POST", f"{kind}/batch", {kind: list(items)}, 204, None))

    def patch(self, kind, item_id, fields):
        body = {**self.place(kind, item_id), **fields}
        self.requests.append(("PATCH", f"{kind}/{item_id}", body, 204, (kind, item_id, fields)))

    def send_all(self, url):
        """Sends everything at once. The PATCHes with the times at which they were sent and
        acknowledged."""
        self.rng.shuffle(self.requests)
        todo, acknowledged, failures = queue.SimpleQueue(), [], []
        for request in self.requests:
            todo.put(request)

        def work():
            with Wire(url) as wire:
                while not todo.empty():
                    try:
                        method, path, body, status, note = todo.get_nowait()
                        sent = time.monotonic()
                        wire.must(status, method, path, body)
                        if note:
                            acknowledged.append((sent, time.monotonic(), *note))
                    except queue.Empty:
                        return
                    except BaseException as failure:  # is raised in the test's own thread
                        failures.append(failure)
                        return

        threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return acknowledged

    def stored(self, wire):
        """All records that the server has of the round."""
        return {(kind, item_id): plain(wire.must(200, "GET", f"{kind}/{item_id}"))
                for kind, item_id in self.items}


def sums_are_right(stored):
    """A trace's sums are those of its spans, whatever came when."""
    for (kind, item_id), trace in stored.items():
        if kind == "traces":
            spans = [record for record in stored.values() if record.get("trace_id") == item_id]
            tokens = sum(span.get("usage", {}).get("tokens", 0) for span in spans)
            assert trace["span_count"] == len(spans)
            assert trace["llm_span_count"] == [s.get("type") for s in spans].count("llm")
            assert trace.get("usage", {}) == ({"tokens": tokens} if tokens else {})
            assert trace.get("total_estimated_cost", 0) == \
                sum(span.get("total_estimated_cost", 0) for span in spans)
            assert trace.get("providers", []) == sorted({s["provider"] for s in spans
                                                         if "provider" in s})
    return True


def threads_are_right(wire, project, stored):
    """What is kept of a thread is what its traces come to, whatever came when."""
    page = wire.must(200, "GET", f"traces/threads?project_name={project}&size=1000")
    turns = {}
    for (kind, _), record in sorted(stored.items(), key=lambda item: item[0]):
        if kind == "traces" and "thread_id" in record:
            turns.setdefault(record["thread_id"], []).append(record)
    assert page["total"] == len(turns)
    assert sorted(thread["id"] for thread in page["content"]) == sorted(turns)
    for thread in page["content"]:
        traces = turns[thread["id"]]
        usage = [trace.get("usage", {}).get("tokens", 0) for trace in traces]
        ended = [trace for trace in traces if "end_time" in trace]
        first = min(traces, key=lambda trace: (trace["start_time"], trace["id"]))
        last = max(ended, key=lambda trace: (trace["end_time"], trace["id"]), default={})
        assert thread["number_of_messages"] == 2 * len(traces)
        assert thread["start_time"] == first["start_time"]
        assert thread.get("end_time") == last.get("end_time")
        assert thread.get("first_message") == first.get("input")
        assert thread.get("last_message") == last.get("output")
        assert thread.get("usage", {}) == ({"tokens": sum(usage)} if sum(usage) else {})
        assert thread.get("total_estimated_cost", 0) == \
            sum(trace.get("total_estimated_cost", 0) for trace in traces)
    return True


@pytest.fixture
def wire(server):
    with Wire(server.url) as connection:
        yield connection


@pytest.fixture
def rounds():
    """Rounds of random numbers; which one is running is on the page of a failure."""
    seed = int(os.environ.get("OCELLI_TEST_SEED", random.randrange(2**32)))
    print(f"OCELLI_TEST_SEED={seed}")
    return (Round(random.Random(f"{seed}/{n}")) for n in range(ROUNDS))


def test_batches_end_alike_in_any_order(server, wire, rounds):
    for this in rounds:
        store = model.Store()
        items = [(kind, this.create(kind, item_id, f"202{n}-01-01T00:00:00Z"))
                 for kind, item_id in this.items for n in range(4)]
        for kind, item in sorted(items, key=lambda pair: pair[1]["last_updated_at"]):
            store.batch(kind, [item], 0)
        this.rng.shuffle(items)
        for kind in FIELDS:
            of_kind = [item for item_kind, item in items if item_kind == kind]
            while of_kind:
                size = this.rng.randrange(1, 4)
                this.batch(kind, *of_kind[:size])
                of_kind = of_kind[size:]
        this.send_all(server.url)
        stored = this.stored(wire)
        for (kind, item_id), record in stored.items():
            assert record == store.read(kind, item_id)
        assert sums_are_right(stored)
        assert threads_are_right(wire, this.project, stored)


def test_a_create_and_patches_of_different_fields_end_alike(server, wire, rounds):
    for this in rounds:
        expected = {}
        for kind, item_id in this.items:
            clock = this.rng.choice([None, "2020-01-01T00:00:00Z", FAR_AHEAD])
            item = this.create(kind, item_id, clock)
            if this.rng.random() < 0.5:
                this.post(kind, item)
            else:
                for _ in range(this.rng.randrange(1, 3) if clock else 1):  # the SDK may repeat it
                    this.batch(kind, item)
            changed = this.some_fields(kind, 6)
            for field, value in changed.items():
                this.patch(kind, item_id, {field: value})
            expected[kind, item_id] = {**item, **changed}
        this.send_all(server.url)
        stored = this.stored(wire)
        for (kind, item_id), record in stored.items():
            store = model.Store()
            store.post(kind, expected[kind, item_id], 0)
            own = store.read(kind, item_id)
            ignore = {"metadata", "usage", "providers", "total_estimated_cost", "span_count",
                      "llm_span_count", "has_tool_spans"} if kind == "traces" else set()
            assert {key: value for key, value in record.items() if key not in ignore} == \
                {key: value for key, value in own.items() if key not in ignore}
            if kind == "traces":
                metadata = {k: v for k, v in record.get("metadata", {}).items() if k != "providers"}
                assert metadata == expected[kind, item_id].get("metadata", {})
        assert sums_are_right(stored)
        assert threads_are_right(wire, this.project, stored)


def test_no_acknowledged_patch_is_lost(server, wire, rounds):
    """Several creates and several PATCHes of the same fields: what stays of a field is one of its
    PATCHes that no other followed. The creates' clocks are all earlier."""
    for this in rounds:
        for kind, item_id in this.items:
            for n in range(3):
                this.batch(kind, this.create(kind, item_id, f"202{n}-01-01T00:00:00Z"))
            for _ in range(6):
                this.patch(kind, item_id, this.some_fields(kind, 2))
        acknowledged = this.send_all(server.url)
        stored = this.stored(wire)
        for (kind, item_id), record in stored.items():
            for field in FIELDS[kind]:
                about = [(sent, done, fields[field])
                         for sent, done, *item, fields in acknowledged
                         if item == [kind, item_id] and field in fields]
                newest_start = max((sent for sent, _, _ in about), default=None)
                possible = [value for _, done, value in about if done > newest_start]
                actual = record.get(field)
                if field == "metadata" and actual:
                    actual = {key: value for key, value in actual.items()
                              if key not in ("provider", "providers")}
                assert not about or actual in possible, field
            assert record["start_time"] == START
        assert sums_are_right(stored)
        assert threads_are_right(wire, this.project, stored)


def test_scores_comments_and_threads_in_any_order(server, wire, rounds):
    """Scores of different names come before, among and after what they are on; threads are closed
    and opened while their traces come; comments are made on what is there."""
    for this in itertools.islice(rounds, 20):
        first = [this.create("traces", client.uuid7()) | {"thread_id": f"thread {n}"}
                 for n in range(THREADS)]
        wire.must(204, "POST", "traces/batch", {"traces": first})
        scores, comments = {}, {}
        for kind, item_id in this.items:
            this.post(kind, this.create(kind, item_id))
            if kind == "traces":
                this.patch(kind, item_id, {"thread_id": f"thread {this.rng.randrange(THREADS)}"})
            for n in range(3):
                scores.setdefault((kind, item_id), {})[f"name {n}"] = n
                this.requests.append(("PUT", f"{kind}/feedback-scores", {"scores": [
                    {"id": item_id, "project_name": this.project, "name": f"name {n}", "value": n,
                     "source": "sdk"}]}, 204, None))
        for n, trace in enumerate(first):
            place = {"project_name": this.project, "thread_id": trace["thread_id"]}
            for what in ("open", "close", "open"):
                this.requests.append(("PUT", f"traces/threads/{what}", place, 204, None))
            this.requests.append(("PUT", "traces/threads/feedback-scores", {"scores": [
                {**place, "name": "of thread", "value": n, "source": "ui"}]}, 204, None))
            comments[trace["id"]] = [f"comment {i}" for i in range(3)]
            for text in comments[trace["id"]]:
                this.requests.append(("POST", f"traces/{trace['id']}/comments", {"text": text},
                                      201, None))
        this.send_all(server.url)
        this.items += [("traces", trace["id"]) for trace in first]
        stored = this.stored(wire)
        for key, record in stored.items():
            assert {score["name"]: score["value"]
                    for score in record.get("feedback_scores", [])} == scores.get(key, {})
            assert sorted(comment["text"] for comment in record.get("comments", [])) == \
                comments.get(key[1], [])
        assert sums_are_right(stored)
        assert threads_are_right(wire, this.project, stored)
        threads = [trace["thread_id"] for trace in first]
        wire.must(204, "PUT", "traces/threads/close", {"project_name": this.project,
                                                       "thread_ids": threads})
        for n, thread_id in enumerate(threads):
            thread = wire.must(200, "POST", "traces/threads/retrieve", {
                "project_name": this.project, "thread_id": thread_id})
            assert thread["status"] == "inactive"
            assert [score["value"] for score in thread["feedback_scores"]] == [n]
