"""Random series of writes against the model of the merge rule, one after the other. What came of
them in any order is in test_property_order.py."""
import time

import hypothesis
from hypothesis import strategies as st
import pytest

import client
import model
from wire import Wire

TRACES = 2
# Spans by number: the trace and the parent that each of them belongs to.
PLACES = [(0, None), (0, 0), (0, 1), (1, None)]
START = "2024-01-01T10:00:00Z"
SERVER_DECIDES = {"project_id", "project_name", "created_at", "created_by", "last_updated_at",
                  "last_updated_by"}

# ---- what may come

json_values = st.sampled_from([{}, {"a": 1}, {"b": [2.5, None], "a": "ü"}, [], "text", 0, None])
objects = st.sampled_from([{}, {"a": 1}, {"b": {"c": None}, "a": [1]}])
tags = st.lists(st.sampled_from(["a", "b", "c", "ä"]), max_size=3, unique=True)
texts = st.sampled_from(["one", "two", "drei ß", "", None])
ends = st.sampled_from(["2024-01-01T10:00:01Z", "2024-01-01T10:00:02.123456Z",
                        "2030-01-01T00:00:00Z", None])
starts = st.sampled_from([START] * 4 + ["2024-01-01T10:00:00.500Z", model.EPOCH])
errors = st.sampled_from([{"exception_type": "E", "message": "m", "traceback": "t"},
                          {"exception_type": "F", "traceback": "u"}])
SHARED = {"name": texts, "end_time": ends, "input": json_values, "output": json_values,
          "tags": tags, "error_info": errors, "ttft": st.sampled_from([0, 12.5, 1e6]),
          "source": st.sampled_from(["sdk", "experiment", None]),
          "environment": st.sampled_from(["prod", "test"])}
KINDS = {"traces": {**SHARED, "metadata": json_values, "thread_id": texts},
         "spans": {**SHARED, "metadata": objects, "model": texts, "provider": texts,
                   "type": st.sampled_from(["general", "tool", "llm", "guardrail", None]),
                   "usage": st.dictionaries(st.sampled_from(["x", "prompt_tokens"]),
                                            st.integers(1, 100)),
                   "total_estimated_cost": st.sampled_from([0, 0.25, 1.5, None])}}
# Clocks of batch items: none (the server's), long ago, and ahead of the server's.
clocks = st.sampled_from([None] * 5 + [f"{year}-01-01T00:00:0{n}Z"
                                       for year in (2020, 2100) for n in range(5)])
# What only a PATCH may state.
CHANGES = {"tags_to_add": tags, "tags_to_remove": tags,
               "environment": st.sampled_from(["", "prod"])}


def steps_of(kind, names):
    """All steps about traces or spans that state only the named fields, so that they meet often."""
    last = TRACES - 1 if kind == "traces" else len(PLACES) - 1
    number = st.one_of(st.just(0), st.integers(0, last))
    fields = {name: values for name, values in KINDS[kind].items() if name in names}
    changes = {**fields, **{name: values for name, values in CHANGES.items()
                            if name.split("_")[0] in names}}
    fields, changes = (st.fixed_dictionaries({}, optional=some) for some in (fields, changes))
    kind, flag = st.just(kind), st.booleans()
    items = st.lists(st.tuples(number, fields, starts, clocks), min_size=1, max_size=3)
    numbers = st.lists(number, min_size=1, max_size=3)
    batch = st.tuples(st.just("batch"), kind, items)
    patch = st.tuples(st.just("patch"), kind, number, changes, flag)
    patch_batch = st.tuples(st.just("patch_batch"), kind, numbers, changes, flag)
    place = st.sampled_from(["project_name", "trace_id", "parent_span_id"])
    return st.one_of(batch, batch, patch, patch, patch_batch,
                     st.tuples(st.just("post"), kind, number, fields, starts),
                     st.tuples(st.just("refused"), kind, number, place),
                     st.tuples(st.just("delete"), kind, number, flag),
                     st.tuples(st.just("replay"), st.integers(0, 9)))


def series_of(names):
    return st.lists(st.one_of(*(steps_of(kind, names) for kind in KINDS)), max_size=20)


# Few fields at a time, and sometimes all.
GROUPS = [{"name", "end_time"}, {"input", "tags"}, {"output", "error_info"}, {"ttft", "environment"},
          {"metadata", "provider", "model"}, {"type", "usage", "total_estimated_cost"},
          {"source", "thread_id"}]
series = st.one_of(*map(series_of, [*GROUPS, set.union(*GROUPS)]))


# ---- both sides of the comparison

class Run:
    """Sends each step to the server and to the model, and compares what they are then."""

    def __init__(self, wire):
        self.wire, self.store, self.project = wire, model.Store(), client.name("model")
        self.ids = {"traces": [client.uuid7() for _ in range(TRACES)],
                    "spans": [client.uuid7() for _ in PLACES]}
        self.sent = []  # creates, for replays
        self.now = 0

    def tick(self):
        """The server's clock; it moves on between two requests."""
        self.now = max(self.now + 1, time.time_ns() // 1000)
        return self.now

    def place(self, kind, number):
        if kind == "traces":
            return {}
        trace, parent = PLACES[number]
        place = {"trace_id": self.ids["traces"][trace]}
        return place if parent is None else {**place, "parent_span_id": self.ids["spans"][parent]}

    def item(self, kind, number, fields, start, clock=None):
        clock = {"last_updated_at": clock} if clock else {}
        return {"id": self.ids[kind][number], "project_name": self.project, "start_time": start,
                **self.place(kind, number), **fields, **clock}

    def step(self, name, *arguments):
        getattr(self, name)(*arguments)

    def post(self, kind, number, fields, start):
        self.send_post(kind, self.item(kind, number, fields, start))

    def send_post(self, kind, item, is_new=True):
        if is_new:
            self.sent.append((self.send_post, kind, item))
        self.wire.must(self.store.post(kind, item, self.tick()), "POST", kind, item)
        self.compare(kind, item["id"])

    def batch(self, kind, choices):
        items, bare = [], set()
        for choice in choices:  # of two items without a clock it is not said which wins
            if choice[3] or choice[0] not in bare:
                items.append(self.item(kind, *choice))
            bare |= set() if choice[3] else {choice[0]}
        self.send_batch(kind, items)

    def send_batch(self, kind, items, is_new=True):
        if is_new:
            self.sent.append((self.send_batch, kind, items))
        self.wire.must(self.store.batch(kind, items, self.tick()), "POST", f"{kind}/batch",
                       {kind: items})
        for item in items:
            self.compare(kind, item["id"])

    def replay(self, number):
        if self.sent:
            send, kind, body = self.sent[number % len(self.sent)]
            send(kind, body, False)

    def patch(self, kind, number, changed, own):
        """`own`: the project, trace and parent are left out and mean those of the row."""
        item_id = self.ids[kind][number]
        row = self.store.rows[kind].get(item_id)
        place = self.place(kind, number)
        body = {**changed, "project_name": self.project, **place}
        if own and row and row.parent_span_id == place.get("parent_span_id"):
            body = changed
        before = self.updated_at(kind, item_id)
        self.wire.must(self.store.patch(kind, item_id, body, self.tick()), "PATCH",
                       f"{kind}/{item_id}", body)
        self.compare(kind, item_id)
        assert self.updated_at(kind, item_id) > before

    def updated_at(self, kind, item_id):
        status, record = self.wire.send("GET", f"{kind}/{item_id}")
        return model.microseconds(record["last_updated_at"]) if status == 200 else 0

    def patch_batch(self, kind, numbers, changed, merge_tags):
        ids = [self.ids[kind][number] for number in numbers]
        update = {**changed, **({"trace_id": client.uuid7()} if kind == "spans" else {})}
        status = self.store.patch_batch(kind, ids, update, self.tick(), merge_tags)
        self.wire.must(status, "PATCH", f"{kind}/batch",
                       {"ids": ids, "update": update, "merge_tags": merge_tags})
        for item_id in ids:
            self.compare(kind, item_id)

    def refused(self, kind, number, what):
        """A PATCH that names another place than the row has."""
        item_id = self.ids[kind][number]
        if item_id not in self.store.rows[kind] or (kind == "traces" and what != "project_name"):
            return
        row = self.store.rows[kind][item_id]
        if what == "parent_span_id" and row.base_clock is None and row.parent_span_id is None:
            return  # its parent is not known yet
        body = {"project_name": self.project, **self.place(kind, number), "name": "refused",
                what: client.name() if what == "project_name" else client.uuid7()}
        answer = self.wire.must(409, "PATCH", f"{kind}/{item_id}", body)
        assert list(answer) == ["errors"]
        self.compare(kind, item_id)

    def delete(self, kind, number, many):
        item_id = self.ids[kind][number]
        status = self.store.delete(kind, item_id)
        if many and kind == "traces":
            self.wire.must(status, "POST", "traces/delete", {"ids": [item_id]})
        else:
            self.wire.must(status, "DELETE", f"{kind}/{item_id}")
        self.compare_all()

    def compare(self, kind, item_id):
        expected = self.store.read(kind, item_id)
        status, actual = self.wire.send("GET", f"{kind}/{item_id}")
        assert status == (404 if expected is None else 200), actual
        if expected is not None:
            assert SERVER_DECIDES - {"project_name"} <= actual.keys()
            assert first_keys(actual) == first_keys(expected)
            assert plain(actual) == expected

    def compare_all(self):
        for kind, ids in self.ids.items():
            for item_id in ids:
                self.compare(kind, item_id)

    def compare_lists(self):
        """The lists hold the same records, when there is anything in the project."""
        for kind in self.ids:
            there = self.store.rows[kind]
            status, page = self.wire.send("GET", f"{kind}?project_name={self.project}&size=100")
            assert status == 200 or not there
            if status == 200:
                assert page["total"] == len(there)
                assert {item["id"]: plain(item) for item in page["content"]} == \
                    {item_id: self.store.read(kind, item_id) for item_id in there}


def first_keys(record):
    """Where the server puts a key into metadata, it is the first."""
    metadata = record.get("metadata")
    return list(metadata)[:1] if isinstance(metadata, dict) else None


def plain(record):
    record = {key: value for key, value in record.items() if key not in SERVER_DECIDES}
    if "tags" in record:
        record["tags"] = sorted(record["tags"])
    return record


@pytest.fixture(scope="module")
def wire(server):
    with Wire(server.url) as connection:
        yield connection


@pytest.mark.timeout(600)  # a failure takes its time to find the shortest series
@hypothesis.settings(max_examples=250, deadline=None, print_blob=True,
                     suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.example([  # what an item wins back from a PATCH is the next item's to leave out
    ("post", "traces", 0, {}, START), ("patch", "traces", 0, {"name": "one"}, False),
    ("batch", "traces", [(0, {"name": "two"}, START, None)]),
    ("batch", "traces", [(0, {}, START, None)])])
@hypothesis.example([  # a replay, by a client whose clock is ahead
    ("patch", "traces", 0, {"name": "one"}, False),
    ("batch", "traces", [(0, {"name": "two"}, START, "2100-01-01T00:00:00Z")]), ("replay", 0)])
@hypothesis.example([  # what a trace sums up of spans that came and changed before it
    ("batch", "spans", [(3, {"usage": {"x": 1}, "provider": "one"}, START, "2020-01-01T00:00:00Z"),
                        (3, {}, START, None)]),
    ("post", "traces", 1, {}, START)])
@hypothesis.given(series)
def test_any_series_ends_as_the_model_says(wire, steps):
    run = Run(wire)
    for step in steps:
        run.step(*step)
    run.compare_all()
    run.compare_lists()
