"""A project of varied threads, and what of it lists are to show: an evaluation of its own, also of
the restricted aggregation (threads.md 3.1, query.md 9)."""
import itertools
import json
import random
import urllib.parse

import client
from query_data import (BODIES, ENVIRONMENTS, OUT, SOURCES, TAGS, USAGES, draw_scores, pool,
                        score_items)
from query_model import ON_TRACES, Row, grouped, like, matches, matches_test
from turns import BASE, PATH, Thread, id_ms
from wire import Wire

NAMES = ["chat", "Chat", "CHAT 2", "a%b", "a_b", "a\\b", "ü", "Ü", "x+y", "100", "~", " x ", "漢字"]
NAMES += [f"{name} {i}" for i, name in enumerate(NAMES * 2)]


class ThreadRow(Row):
    """A thread with those of its traces that are chosen; `whole` are all of them. `shown` has what
    only the server knows: ids and times of the record."""

    def __init__(self, sent, traces, shown, scores, whole=None):
        super().__init__("threads", sent, shown, scores=scores)
        self.traces, self.whole = traces, whole or traces

    def __repr__(self):
        return json.dumps({**self.sent, "shown": self.shown,
                           "traces": [trace.sent for trace in self.traces]}, ensure_ascii=False)

    def restricted(self, traces):
        return ThreadRow(self.sent, traces, self.shown, self.scores, self.whole)

    @property
    def first(self):
        return min(self.traces, key=lambda trace: trace.time("start_time"))

    @property
    def last(self):
        """The trace that ended last, or None."""
        ended = [trace for trace in self.traces if trace.time("end_time") is not None]
        return max(ended, key=lambda trace: trace.time("end_time"), default=None)

    def text(self, field):
        if field == "first_message":
            return self.first.text("input")
        if field == "last_message":
            return self.last.text("output") if self.last else ""
        return self.sent.get(field, "")

    def time(self, field):
        if field == "start_time":
            return self.first.time(field)
        if field == "end_time":
            return self.last.time(field) if self.last else None
        return super().time(field)

    def number(self, field):
        return 2 * len(self.traces) if field == "number_of_messages" else self.duration() or 0

    def cost(self):
        return sum(trace.cost() for trace in self.traces)

    def usage(self, key):
        return sum(trace.usage(key) or 0 for trace in self.traces) or None

    def usages(self):
        keys = {key for trace in self.traces for span in trace.spans
                for key in span.sent.get("usage") or {}}
        return {key: count for key in keys if (count := self.usage(key))}

    def enum(self, field):
        if field == "environment":
            return self.sent["environment"] or self.first.text("environment")
        return self.sent.get(field) or ""

    def record(self):
        """What lists show, without tags and scores."""
        shown = {field: self.shown[field] for field in
                 ("id", "project_id", "created_at", "created_by", "last_updated_at",
                  "last_updated_by")}
        if "thread_model_id" in self.shown:
            shown["thread_model_id"] = self.shown["thread_model_id"]
        shown |= {"start_time": self.first.shown["start_time"], "status": self.sent["status"],
                  "number_of_messages": 2 * len(self.traces),
                  "environment": self.enum("environment")}
        if self.last:
            shown["end_time"] = self.last.shown["end_time"]
        if self.duration() is not None:
            shown["duration"] = float(self.duration())
        if "input" in self.first.sent:
            shown["first_message"] = self.first.sent["input"]
        if self.last and "output" in self.last.sent:
            shown["last_message"] = self.last.sent["output"]
        if self.cost() > 0:
            shown["total_estimated_cost"] = float(self.cost())
        if self.usages():
            shown["usage"] = self.usages()
        return shown


# ---- what a query chooses -----------------------------------------------------------------------

def flat(filters):
    """The tests that the whole list demands: nested `and` are as if they were not there."""
    for node in filters:
        yield from flat(node["and"]) if "and" in node else [node]


def is_inside(row_id, low, high):
    return (low is None or id_ms(row_id) >= low) and (high is None or id_ms(row_id) <= high)


def chosen_threads(threads, filters=(), search="", low=None, high=None):
    """Rows of what a query finds, with the traces that it chooses; bounds are ms."""
    # `and` nodes keep their own sense of several is_empty, so only tests on traces are taken out.
    on_traces = [node for node in flat(filters) if node.get("field") in ON_TRACES]
    search, found = search.strip(), []
    for thread in threads:
        model_id = thread.shown.get("thread_model_id")
        if low is not None and not (model_id and is_inside(model_id, low, high)):
            continue
        traces = [trace for trace in thread.whole if is_inside(trace.id, low, high)
                  and all(matches_test(trace, test) for test in on_traces)
                  and (not search or any(like(trace.text(field), search) for field in
                                         ("id", "thread_id", "input", "output")))]
        if traces:
            row = thread.restricted(traces)
            if all(matches(row, node) for node in grouped(filters)):
                found.append(row)
    return found


# ---- the project --------------------------------------------------------------------------------

def moments():
    """Pairs of start and end in random order, to the microsecond; some without an end."""
    rng = random.Random("moments")
    while True:
        start = client.datetime.datetime(2024, 1, 1) + client.datetime.timedelta(
            microseconds=rng.randrange(10**8))
        end = start + client.datetime.timedelta(microseconds=rng.randrange(-1000, 10**7))
        yield (start.isoformat(timespec="microseconds") + "Z",
               OUT if rng.random() < 0.2 else end.isoformat(timespec="microseconds") + "Z")


class ThreadProject:
    """Threads of one to five traces: some closed, tagged, scored, some that only PATCHes made."""

    def __init__(self, api, seed=11):
        self.rng, self.api = random.Random(seed), api
        self.name, self.wire = client.name("threads"), Wire(api.url)
        self.pools = {"input": pool(self.rng, BODIES, 3), "output": pool(self.rng, BODIES, 3),
                      "source": pool(self.rng, SOURCES, 2),
                      "environment": pool(self.rng, ENVIRONMENTS, 2)}
        self.span_pools = {"usage": pool(self.rng, USAGES, 2), "total_estimated_cost": pool(
            self.rng, [0, 0.25, 0.000001, 12.5, 0.1], 2)}
        self.times, self.clock = moments(), itertools.count()
        self.sent = [self.make(i, thread_id) for i, thread_id in enumerate(NAMES)]
        shown = {one["id"]: one for one in self.list()["content"]}
        assert shown.keys() == set(NAMES) and len(NAMES) == len(set(NAMES))
        times = {one["id"]: one for one in self.wire.must(
            200, "GET", f"traces?{self.query(size=1000)}")["content"]}
        self.rows = {"threads": [self.make_row(one, shown, times) for one in self.sent]}

    def draw(self, pools, **fields):
        drawn = {field: next(values) for field, values in pools.items()} | fields
        return {field: value for field, value in drawn.items() if value is not OUT}

    def make(self, i, thread_id):
        """Sends a thread; returns what it was made of."""
        rng, patched = self.rng, i % 9 == 4
        traces, spans = [], []
        for n in range(rng.choice([1, 1, 2, 3, 5])):
            start, end = next(self.times)
            traces.append(self.draw(self.pools, id=client.uuid7(BASE + 100 * i + 10 * n),
                                    project_name=self.name, thread_id=thread_id,
                                    start_time=start, end_time=end))
            spans += [{"id": client.uuid7(), "project_name": self.name,
                       "trace_id": traces[-1]["id"], "start_time": start,
                       **self.draw(self.span_pools)} for _ in range(rng.choice([0, 1, 2]))]
        if patched:
            traces = traces[:1]
            for field in ("start_time", "source"):
                traces[0].pop(field, None)
            spans = [span for span in spans if span["trace_id"] == traces[0]["id"]]
            self.wire.must(204, "PATCH", f"traces/{traces[0]['id']}",
                           {key: value for key, value in traces[0].items() if key != "id"})
        else:
            # In the future, so that none becomes inactive by the clock.
            moment = f"2100-01-01T00:00:{next(self.clock):02}.5Z"
            self.wire.must(204, "POST", "traces/batch", {
                "traces": [{**trace, "last_updated_at": moment} for trace in traces]})
        if spans:
            self.wire.must(204, "POST", "spans/batch", {"spans": spans})
        sent = {"id": thread_id, "status": "active",
                "environment": "" if patched else traces[0].get("environment", "")}
        return {**sent, "traces": traces, "spans": spans,
                **self.annotate(Thread(self.api, self.name, thread_id), patched, i)}

    def annotate(self, thread, patched, i):
        scores, done = draw_scores(self.rng), {}
        if not patched and i % 3 == 0:
            done["tags"] = self.rng.choice([tags for tags in TAGS if tags])
            thread.update(tags=done["tags"])
        if not patched and i % 4 == 1:
            done["status"] = "inactive"
            thread.close()
        if scores and not (patched and i % 2):
            self.wire.must(204, "PUT", f"{PATH}/feedback-scores", {
                "scores": score_items(scores, **thread.body)})
            done["scores"] = scores
        return done

    def make_row(self, sent, shown, times):
        spans = [Row("spans", span) for span in sent["spans"]]
        traces = [Row("traces", trace, times[trace["id"]],
                      [span for span in spans if span.sent["trace_id"] == trace["id"]])
                  for trace in sent["traces"]]
        row = ThreadRow({key: value for key, value in sent.items()
                         if key in ("id", "status", "environment", "tags")}, traces,
                        shown[sent["id"]], sent.get("scores", {}))
        row.shown_tags = shown[sent["id"]].get("tags", [])
        return row

    def query(self, **params):
        if isinstance(params.get("filters"), list):
            params["filters"] = json.dumps(params["filters"], ensure_ascii=False)
        return urllib.parse.urlencode({"project_name": self.name, **params})

    def ask(self, path=PATH, **params):
        return self.wire.send("GET", f"{path}?{self.query(**params)}")

    def list(self, **params):
        status, page = self.ask(**{"size": 1000, **params})
        assert status == 200, page
        assert page["total"] == page["size"] == len(page["content"])
        return page

    def row(self, _kind, row_id):
        return next(row for row in self.rows["threads"] if row.id == row_id)


_projects = {}


def threads_of(api):
    """The project of this server; made once, and only read."""
    if api.url not in _projects:
        _projects[api.url] = ThreadProject(api)
    return _projects[api.url]
