"""The merge rule a second time, as plain as can be: what a trace or span is after a series of
requests. From contract/README.md "The merge rule", traces.md 4 to 8 and spans.md 3 to 8.

Times are microseconds since 1970. `now` is the server's clock; the caller says what it is.
"""
import datetime

JSON = {"input", "output", "metadata"}
BLANK_IS_ABSENT = {"name", "thread_id", "model", "provider"}
SHARED = {"name", "end_time", "input", "output", "metadata", "tags", "error_info", "ttft", "source",
          "environment"}
FIELDS = {"traces": SHARED | {"thread_id"},
          "spans": SHARED | {"type", "model", "provider", "usage", "total_estimated_cost"}}
EPOCH = "1970-01-01T00:00:00Z"


def microseconds(text):
    moment = datetime.datetime.fromisoformat(text)
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
            ) // datetime.timedelta(microseconds=1)


def stated(kind, body):
    """The fields that a body makes a statement about. A null is one only for JSON."""
    return {field: value for field, value in body.items()
            if field in FIELDS[kind] and (value is not None or field in JSON)
            and not (field in BLANK_IS_ABSENT and not value.strip())}


def is_empty(field, value):
    """Whether a create may fill the gap (traces.md 6.3, spans.md 5)."""
    if field in JSON:
        return False
    return value in ("", [], {}) or (field, value) in (("total_estimated_cost", 0),
                                                       ("end_time", EPOCH))


class Row:
    """A stored trace or span."""

    def __init__(self, kind, item_id, now):
        self.kind, self.id = kind, item_id
        self.values, self.patched = {}, {}  # `patched`: field -> time of its PATCH
        self.base_clock = None  # none while only PATCHes have come
        self.removed = None  # then, once tags were changed and not set: those that were taken away
        self.start, self.last_updated = EPOCH, now
        self.trace_id = self.parent_span_id = None

    def take_place(self, body):
        self.trace_id = self.trace_id or body.get("trace_id")
        self.parent_span_id = self.parent_span_id or body.get("parent_span_id")

    def complete(self, item, clock):
        """A create comes to a row of PATCHes, or to one that starts at the epoch: it fills gaps."""
        had_base = self.base_clock is not None
        given = stated(self.kind, item)
        fields = set(FIELDS[self.kind])
        if self.removed is not None:
            fields.remove("tags")
            self.values["tags"] = list(set(given.get("tags", [])) - self.removed
                                       | set(self.values["tags"]))
            self.removed = None
        for field in fields:
            stays = field in self.values and (had_base or field in self.patched) and \
                not is_empty(field, self.values[field])
            if not stays:
                self.patched.pop(field, None)
                self.values.pop(field, None)
                if field in given:
                    self.values[field] = given[field]
        self.set_base(item, clock)
        self.last_updated = max(clock, self.last_updated)

    def replace(self, item, clock):
        """A batch item comes to a base."""
        if clock < self.base_clock:
            return
        given = stated(self.kind, item)
        # A replay states nothing later, even when the client's clock is ahead of the server's.
        later = {field for field, at in self.patched.items()
                 if field in given and clock > at and clock > self.base_clock}
        self.patched = {field: at for field, at in self.patched.items() if field not in later}
        kept = {field: self.values[field] for field in self.patched}
        self.values = {**given, **kept}
        self.set_base(item, clock)
        self.last_updated = max([clock, *self.patched.values()])

    def set_base(self, item, clock):
        self.base_clock, self.start = clock, item["start_time"]
        self.take_place(item)

    def patch(self, body, now, is_new, merge_tags=False):
        stamp = now if is_new else max(now, self.last_updated + 1)
        given = stated(self.kind, body)
        stored = set(self.values.get("tags", []))
        removed, added = set(body.get("tags_to_remove") or []), set(body.get("tags_to_add") or [])
        changes = body.get("tags_to_add") is not None or body.get("tags_to_remove") is not None
        if not changes and merge_tags and "tags" in given:
            changes, added = True, set(given["tags"])
        if changes:
            given["tags"] = list(stored - removed | added)
        if changes and self.base_clock is None and ("tags" not in self.patched
                                                    or self.removed is not None):
            self.removed = ((self.removed or set()) | removed) - added
        elif not changes and "tags" in given:
            self.removed = None
        self.values.update(given)
        self.patched.update(dict.fromkeys(given, stamp))
        self.take_place(body)
        self.last_updated = stamp

    def read(self):
        """What GET by id shows, but for what the server decides alone."""
        record = {field: value for field, value in self.values.items()
                  if field in JSON or value not in ("", [], {})}
        if record.get("total_estimated_cost") == 0:
            del record["total_estimated_cost"]
        record |= {"id": self.id, "start_time": self.start,
                   "environment": self.values.get("environment", "")}
        if "tags" in record:
            record["tags"] = sorted(set(record["tags"]))
        if "end_time" in record and self.start != EPOCH:
            record["duration"] = (microseconds(record["end_time"]) -
                                  microseconds(self.start)) / 1000
        if self.kind == "spans":
            record["trace_id"] = self.trace_id
            if self.parent_span_id:
                record["parent_span_id"] = self.parent_span_id
            if "provider" in record:
                record["metadata"] = {"provider": record["provider"], **record.get("metadata", {})}
        elif self.base_clock is not None:
            record["visibility_mode"] = "default"
        return record


class Store:
    """The traces and spans of one project. Each method returns the status that the request gets."""

    def __init__(self):
        self.rows = {"traces": {}, "spans": {}}

    def post(self, kind, item, now):
        row = self.rows[kind].get(item["id"])
        if row is None:
            self.insert(kind, item, now, now)
        elif row.start == EPOCH:
            row.complete(item, now)
        elif kind == "traces":
            return 409
        return 201

    def insert(self, kind, item, clock, now):
        row = self.rows[kind][item["id"]] = Row(kind, item["id"], now)
        row.values = stated(kind, item)
        row.set_base(item, clock)
        row.last_updated = clock

    def batch(self, kind, items, now):
        newest = {}
        for item in items:
            clock = item.get("last_updated_at")
            if clock and clock >= newest.get(item["id"], ""):
                newest[item["id"]] = clock
        for i, item in enumerate(items):
            clock = item.get("last_updated_at")
            again = any(other["id"] == item["id"] and other.get("last_updated_at") == clock
                        for other in items[i + 1:])
            if clock and (clock < newest[item["id"]] or again):
                continue
            older = [microseconds(other["last_updated_at"]) for other in items
                     if other is not item and other["id"] == item["id"] and clock
                     and other.get("last_updated_at")]
            clock = microseconds(clock) if clock else now
            row = self.rows[kind].get(item["id"])
            if row is None:
                self.insert(kind, item, clock, now)
            elif row.base_clock is None:
                row.complete(item, min([clock, *older]))
                if older:
                    row.replace(item, clock)
            else:
                row.replace(item, clock)
        return 204

    def patch(self, kind, item_id, body, now):
        row = self.rows[kind].get(item_id)
        if row is None:
            self.rows[kind][item_id] = Row(kind, item_id, now)
            self.rows[kind][item_id].patch(body, now, True)
            return 204
        for place in ("parent_span_id", "trace_id"):
            if kind == "spans" and body.get(place, getattr(row, place)) != getattr(row, place):
                return 409
        row.patch(body, now, False)
        return 204

    def patch_batch(self, kind, ids, body, now, merge_tags):
        body = {field: value for field, value in body.items() if field != "source"}
        for item_id in dict.fromkeys(ids):
            if item_id in self.rows[kind]:
                self.rows[kind][item_id].patch(body, now, False, merge_tags)
        return 204

    def delete(self, kind, item_id):
        row = self.rows[kind].pop(item_id, None)
        spans = self.rows["spans"]
        if kind == "traces" and row:
            self.rows["spans"] = {i: span for i, span in spans.items() if span.trace_id != item_id}
        elif row:
            for child in [i for i, span in spans.items() if span.parent_span_id == item_id]:
                self.delete(kind, child)
        return 204

    def read(self, kind, item_id):
        """What GET by id shows, without what the server decides alone; None: 404."""
        if item_id not in self.rows[kind]:
            return None
        record = self.rows[kind][item_id].read()
        return record if kind == "spans" else record | self.sums(record)

    def sums(self, trace):
        """What a trace shows of its spans."""
        spans = [span.read() for span in self.rows["spans"].values()
                 if span.trace_id == trace["id"]]
        types = [span.get("type") for span in spans]
        sums = {"span_count": len(spans), "llm_span_count": types.count("llm"),
                "has_tool_spans": "tool" in types}
        usage = {}
        for span in spans:
            for key, count in span.get("usage", {}).items():
                usage[key] = usage.get(key, 0) + count
        cost = sum(span.get("total_estimated_cost", 0) for span in spans)
        providers = sorted({span["provider"] for span in spans if "provider" in span})
        if usage:
            sums["usage"] = usage
        if cost:
            sums["total_estimated_cost"] = cost
        if providers:
            metadata = trace.get("metadata")
            sums["providers"] = providers
            sums["metadata"] = {"providers": providers,
                                **(metadata if isinstance(metadata, dict) else {})}
        return sums
