"""A project with traces, spans and scores around the borders of hours, days and weeks."""
import random
from fractions import Fraction

import client
from metric_model import DAY, HOUR, Entity, ms, ms_of_id
from query_data import OUT
from query_model import Row
from wire import Wire

# A Monday; the data lies in the two weeks around it.
MONDAY = ms("2024-03-04T00:00:00+00:00")
START, END = MONDAY - 8 * DAY + 5 * HOUR + 1_234, MONDAY + 3 * DAY + 7 * HOUR + 30 * 60_000
BORDERS = [START, START - 1, END, END + 1, MONDAY, MONDAY - 1, MONDAY - 7 * DAY,
           MONDAY - 7 * DAY - 1, MONDAY + HOUR, MONDAY + HOUR - 1, MONDAY + DAY, MONDAY + DAY - 1,
           MONDAY + 2 * DAY, START - DAY, END + DAY, MONDAY - 3 * DAY + 12 * HOUR]
NAMES = [OUT, "", *(f"name {i}" for i in range(12))]
TAGS = [OUT, [], ["a"], ["a", "b"], ["b", "ü", "c d"], [f"tag {i}" for i in range(9)]]
METADATA = [OUT, {}, {"kind": "x"}, {"kind": "y"}, {"kind": 5}, {"kind": None}, {"kind": ["x"]},
            "text", {"kind": "", "other": "x"}, {"kind": "größe"}]
ERRORS = [OUT, OUT, OUT, {"exception_type": "ValueError", "message": "m", "traceback": "t"},
          {"message": "m", "traceback": "t"}, {"exception_type": "Other", "traceback": "t"}]
USAGES = [OUT, {}, {"total_tokens": 7, "prompt_tokens": 3}, {"total_tokens": 0, "other": 5},
          {"total_tokens": -4, "prompt_tokens": 2_000_000_000}, {"prompt_tokens": 1}]
COSTS = [OUT, 0, 0.25, 0.000000000001, 12.5, 0.1]
SCORES = ["accuracy", "Tone of voice", "zero"]


class ThreadRow:
    """What a thread comes to."""

    def __init__(self, model, thread, traces, tags):
        self.id, self.thread, self.traces, self.own_tags = model, thread, traces, tags

    def duration(self):
        ends = [end for trace in self.traces if (end := trace.time("end_time")) is not None]
        start = min(trace.time("start_time") for trace in self.traces)
        return Fraction(max(ends) // 1000 - start // 1000, 1000) if ends and start else None

    def tags(self):
        return sorted(set(self.own_tags))

    def has(self, field):
        return False


class Project:
    """`rows` and `entities` by kind; scores[kind][id][name] = [values]."""

    def __init__(self, api, traces=110, seed=11):
        self.rng = random.Random(seed)
        self.name, self.wire = client.name("metrics"), Wire(api.url)
        sent = self.make(traces)
        for kind, items in sent.items():
            for i in range(0, len(items), 500):
                self.wire.must(204, "POST", f"{kind}/batch", {kind: items[i:i + 500]})
        self.id = api.project_id(self.name)
        # The server's own times are not asked for; tests that filter by them are left out.
        shown = dict.fromkeys(("created_at", "last_updated_at"), client.EPOCH)
        self.rows = {kind: [Row(kind, item, shown) for item in items]
                     for kind, items in sent.items()}
        self.scores = {kind: self.score(kind) for kind in ("traces", "spans")}
        self.entities = {kind: self.make_entities(kind) for kind in ("traces", "spans")}
        self.entities["threads"] = self.make_threads()

    def times(self):
        """A start in the near past of nothing, and mostly an end."""
        start = 1_700_000_000_000 + self.rng.randrange(10**9)
        fields = {"start_time": client.short_iso(iso_ms(start))}
        if self.rng.random() < 0.8:
            fields["end_time"] = client.short_iso(iso_ms(start + self.rng.randrange(-50, 10**5)))
        if self.rng.random() < 0.1:
            fields["start_time"] = client.EPOCH
        return fields

    def common(self):
        pick = self.rng.choice
        drawn = {"name": pick(NAMES), "tags": pick(TAGS), "metadata": pick(METADATA),
                 "error_info": pick(ERRORS)}
        return {key: value for key, value in drawn.items() if value is not OUT}

    def moment(self):
        if self.rng.random() < 0.4:
            return self.rng.choice(BORDERS)
        return self.rng.randrange(START - DAY, END + DAY)

    def make(self, count):
        moments = BORDERS + [self.moment() for _ in range(count - len(BORDERS))]
        threads = [OUT, "", *(f"thread {i}" for i in range(45))]
        traces, spans = [], []
        for moment in moments:
            thread = self.rng.choice(threads)
            traces.append({"id": client.uuid7(moment), "project_name": self.name, **self.times(),
                           **self.common(), **({} if thread is OUT else {"thread_id": thread})})
            for _ in range(self.rng.choice([0, 1, 1, 2, 4])):
                spans.append(self.span(traces[-1]["id"], moment))
        return {"traces": traces, "spans": spans}

    def span(self, trace_id, moment):
        """Mostly soon after its trace, at times outside of the period."""
        later = self.rng.choice([0, 1, 1500, 1500, HOUR, -HOUR, 3 * DAY, -3 * DAY])
        pick = self.rng.choice
        drawn = {"usage": pick(USAGES), "total_estimated_cost": pick(COSTS),
                 "type": pick([OUT, "llm", "tool", "general", "guardrail"]),
                 "model": pick([OUT, "gpt-x", "other"]), "provider": pick([OUT, "acme"])}
        return {"id": client.uuid7(moment + later), "project_name": self.name,
                "trace_id": trace_id, **self.times(), **self.common(),
                **{key: value for key, value in drawn.items() if value is not OUT}}

    def score(self, kind):
        """Some rows get scores; `zero` comes to 0 in the mean."""
        given, items = {}, []
        for i, row in enumerate(self.rows[kind]):
            names = self.rng.sample(SCORES, self.rng.choice([0, 0, 1, 2, 3]))
            given[row.id] = {one: [0.0 if one == "zero" else
                                   self.rng.choice([0.5, 1, -2.25, 1 / 3])] for one in names}
            items += [{"id": row.id, "project_name": self.name, "name": one, "source": "sdk",
                       "value": values[0]} for one, values in given[row.id].items()]
        for i in range(0, len(items), 500):
            self.wire.must(204, "PUT", f"{kind}/feedback-scores", {"scores": items[i:i + 500]})
        return given

    def make_entities(self, kind):
        below = {}
        for span in self.rows["spans"]:
            below.setdefault(span.sent["trace_id"], []).append(span)
        return [Entity(row, ms_of_id(row.id),
                       below.get(row.id, []) if kind == "traces" else [row],
                       self.scores[kind][row.id]) for row in self.rows[kind]]

    def make_threads(self):
        """Threads with the ids that the server made; what they come to is computed here."""
        query = f"traces/threads?size=1000&project_id={self.id}"
        shown = {one["id"]: one for one in self.wire.must(200, "GET", query)["content"]}
        below = {}
        for entity in self.entities["traces"]:
            below.setdefault(entity.row.sent.get("thread_id", ""), []).append(entity)
        below.pop("")
        assert shown.keys() == below.keys()
        threads, items = [], []
        for thread, traces in below.items():
            model, tags = shown[thread]["thread_model_id"], self.rng.choice(TAGS)
            if tags is OUT:
                tags = []
            if tags:
                self.wire.must(204, "PATCH", f"traces/threads/{model}", {"tags": tags})
            scores = {one: [0.0 if one == "zero" else self.rng.choice([0.5, -2.25])]
                      for one in self.rng.sample(SCORES, self.rng.choice([0, 1, 2]))}
            items += [{"thread_id": thread, "project_name": self.name, "name": one,
                       "source": "sdk", "value": values[0]} for one, values in scores.items()]
            spans = [span for trace in traces for span in trace.spans]
            row = ThreadRow(model, thread, [trace.row for trace in traces], tags)
            threads.append(Entity(row, ms_of_id(model), spans, scores))
        self.wire.must(204, "PUT", "traces/threads/feedback-scores", {"scores": items})
        return threads

    def inside(self, kind, start, end, keep=lambda row: True):
        return [entity for entity in self.entities[kind]
                if start <= entity.ms <= end and keep(entity.row)]


def iso_ms(moment):
    seconds, rest = divmod(moment, 1000)
    made = client.datetime.datetime.fromtimestamp(seconds, client.datetime.timezone.utc)
    return made.strftime("%Y-%m-%dT%H:%M:%S.") + f"{rest:03}Z"


_projects = {}


def project_of(api):
    """The one of this server; made once, and only read."""
    if api.url not in _projects:
        _projects[api.url] = Project(api)
    return _projects[api.url]
