"""Scores, comments and threads a second time, as plain as can be: what is shown of them after a
series of requests. From traces.md 11 and 12, spans.md 10 and threads.md. Extends model.Store.

Scores are kept by (kind, id) of what they are on, "threads" by their thread_id. Every request is
one user's, so that only queues give a name several scores.
"""
import decimal

import model

USER = "admin"


def shown_value(scores):
    """The mean, cut to nine digits."""
    total = sum(int(decimal.Decimal(str(score["value"])) * 10**9) for score in scores)
    mean = abs(total) // len(scores) * (1 if total > 0 else -1)
    return float(decimal.Decimal(mean) / 10**9)


def joined(texts, blank):
    texts = list(texts)
    if len(texts) == 1:
        return texts[0]
    return ", ".join(text or blank for text in texts)


def shown_scores(parts, by_span=False):
    """`parts`: (score, span or None) in order of name, span and queue."""
    shown = []
    for name in sorted({score["name"] for score, _ in parts}):
        own = [(score, span) for score, span in parts if score["name"] == name]
        scores = [score for score, _ in own]
        newest = max(scores, key=lambda score: score["at"])
        entries = {}
        for score, span in own:
            author = USER + (f"_{score['queue']}" if score["queue"] else "")
            if by_span and span:
                author += f"_{span.id}"
            entries[author] = without_none({
                "value": shown_value([score]), "reason": score["reason"], "author": USER,
                "category_name": score["category"], "source": score["source"],
                "source_queue_id": score["queue"],
                "span_id": span.id if by_span and span else "",
                "span_type": span.values.get("type", "") if by_span and span else ""})
        reasons = [score["reason"] for score in scores]
        if by_span and len(reasons) > 1:
            reason = ", ".join(filter(None, reasons)) or None
        else:
            reason = joined(reasons, "<no reason>")
        users = ", ".join([USER] * len(scores))
        shown.append(without_none({
            "name": name, "value": shown_value(scores), "source": newest["source"],
            "reason": reason, "category_name": joined((s["category"] for s in scores), ""),
            "created_by": users, "last_updated_by": users, "value_by_author": entries}))
    return shown


def without_none(record):
    return {key: value for key, value in record.items() if value is not None}


def first_of(turns):
    return min(turns, key=lambda row: model.microseconds(row.start))


class Life:
    """What is stored of a thread beside its traces."""

    def __init__(self):
        self.has_record, self.status, self.tags = False, "active", set()
        self.updated, self.environment = 0, ""

    def begin(self, environment, clock):
        if self.has_record and clock < self.updated:
            return
        if not self.has_record:
            self.has_record, self.environment = True, environment
        self.status, self.updated = "active", clock

    def set_status(self, status, now):
        if self.status != status:
            self.status, self.updated = status, now


class Store(model.Store):
    """The traces, spans and threads of one project, with what is said about them."""

    def __init__(self):
        super().__init__()
        self.scores, self.comments, self.life = {}, {}, {}
        self.exists = False  # the project

    # ---- traces and spans, as in model.Store

    def post(self, kind, item, now):
        status = super().post(kind, item, now)
        self.exists = True
        if kind == "traces" and status == 201:
            self.begin_threads([item], now)
        return status

    def batch(self, kind, items, now):
        status = super().batch(kind, items, now)
        self.exists = True
        if kind == "traces":
            self.begin_threads(items, now)
        return status

    def patch(self, kind, item_id, body, now):
        self.exists = True
        return super().patch(kind, item_id, body, now)

    def delete(self, kind, item_id):
        before = {kind: set(rows) for kind, rows in self.rows.items()}
        status = super().delete(kind, item_id)
        for kind, ids in before.items():
            for gone in ids - set(self.rows[kind]):
                self.scores.pop((kind, gone), None)
                self.comments.pop((kind, gone), None)
        return status

    # ---- threads

    def begin_threads(self, items, now):
        """Items that an older one of the same id and batch outdates do not count."""
        threads = {}
        for i, item in enumerate(items):
            clock, thread_id = item.get("last_updated_at"), item.get("thread_id")
            rivals = [(other.get("last_updated_at"), n) for n, other in enumerate(items)
                      if other["id"] == item["id"] and other.get("last_updated_at")]
            if clock and (clock, i) != max(rivals):
                continue
            if thread_id and thread_id.strip():
                threads.setdefault(thread_id, []).append(
                    (item["id"], model.microseconds(clock) if clock else now, item))
        for thread_id, found in threads.items():
            earliest = min(found, key=lambda entry: entry[0])[2]
            self.life.setdefault(thread_id, Life()).begin(
                earliest.get("environment") or "", max(clock for _, clock, _ in found))

    def turns(self, thread_id):
        """Its traces, in order of id."""
        return [row for _, row in sorted(self.rows["traces"].items())
                if row.values.get("thread_id") == thread_id]

    def close(self, thread_ids, now):
        if not self.exists or not all(map(self.turns, thread_ids)):
            return 404
        for thread_id in thread_ids:
            life = self.life.setdefault(thread_id, Life())
            if not life.has_record:
                life.has_record, life.environment = True, self.first_environment(thread_id)
            life.set_status("inactive", now)
        return 204

    def open(self, thread_id, now):
        if not self.exists:
            return 404
        life = self.life.setdefault(thread_id, Life())
        if life.has_record:
            life.set_status("active", now)
        return 204

    def delete_threads(self, thread_ids, purge):
        for thread_id in thread_ids if self.exists else ():
            for row in self.turns(thread_id):
                self.delete("traces", row.id)
            if purge:
                self.scores.pop(("threads", thread_id), None)
                self.comments.pop(("threads", thread_id), None)
        return 204

    def tag(self, thread_id, body, now):
        life = self.life[thread_id]
        if not life.has_record:
            return 204
        if "tags_to_add" in body or "tags_to_remove" in body:
            life.tags = life.tags - set(body.get("tags_to_remove", [])) | \
                set(body.get("tags_to_add", []))
        elif "tags" in body:
            life.tags = set(body["tags"])
        life.updated = now
        return 204

    def first_environment(self, thread_id):
        return first_of(self.turns(thread_id)).values.get("environment", "")

    def read_thread(self, thread_id, chosen=lambda row: True):
        """What retrieve shows, without what the server decides alone; None: 404. `chosen`: of which
        of its traces a list speaks."""
        turns = [row for row in self.turns(thread_id) if chosen(row)]
        if not turns:
            return None
        first, life = first_of(turns), self.life.get(thread_id)
        ended = [row for row in turns if "end_time" in row.values]
        record = {"id": thread_id, "number_of_messages": 2 * len(turns), "start_time": first.start,
                  "status": life.status if life else "active", "created_by": USER,
                  "last_updated_by": USER,
                  "environment": (life.environment if life else "") or
                  first.values.get("environment", "")}
        if "input" in first.values:
            record["first_message"] = first.values["input"]
        if ended:
            last = max(ended, key=lambda row: (model.microseconds(row.values["end_time"]), row.id))
            record["end_time"] = last.values["end_time"]
            if "output" in last.values:
                record["last_message"] = last.values["output"]
            if first.start != model.EPOCH:
                record["duration"] = (model.microseconds(record["end_time"]) -
                                      model.microseconds(first.start)) / 1000
        if life and life.tags:
            record["tags"] = sorted(life.tags)
        usage, cost = {}, 0
        for row in turns:
            sums = self.sums({"id": row.id})
            cost += sums.get("total_estimated_cost", 0)
            for key, count in sums.get("usage", {}).items():
                usage[key] = usage.get(key, 0) + count
        if usage:
            record["usage"] = usage
        if cost > 0:
            record["total_estimated_cost"] = cost
        return record | self.notes("threads", thread_id)

    # ---- scores and comments

    def knows(self, kind, key):
        return kind == "threads" or key in self.rows[kind]

    def score(self, kind, key, scores, now, single=False):
        """Scores of one thing; `single` is the PUT of one, which refuses what is unknown."""
        if single and not self.knows(kind, key):
            return 404
        self.exists = True
        if kind == "threads":
            self.life.setdefault(key, Life())
        for score in scores:
            self.scores.setdefault((kind, key), {})[score["name"], score["queue"] or ""] = \
                {**score, "at": now}
        return 204

    def unscore(self, kind, key, name, queue):
        if self.knows(kind, key):
            self.scores.get((kind, key), {}).pop((name, queue or ""), None)
        return 204

    def comment(self, kind, key, comment_id, text):
        self.comments.setdefault((kind, key), {})[comment_id] = text

    def recomment(self, comment_id, text):
        for comments in self.comments.values():
            if comment_id in comments:
                comments[comment_id] = text
                return 204
        return 404

    def uncomment(self, comment_id):
        for comments in self.comments.values():
            comments.pop(comment_id, None)
        return 204

    def notes(self, kind, key):
        """The members that a record gets for what is said about it."""
        scores = self.scores.get((kind, key))
        comments = self.comments.get((kind, key))
        notes = {}
        if scores:
            notes["feedback_scores"] = shown_scores(
                [(score, None) for _, score in sorted(scores.items())])
        if comments:
            notes["comments"] = [{"id": i, "text": text} for i, text in sorted(comments.items())]
        return notes

    def read(self, kind, item_id, by_span=True):
        record = super().read(kind, item_id)
        if record is None:
            return None
        parts = [(name, span_id, queue, score)
                 for span_id, span in self.rows["spans"].items()
                 if kind == "traces" and span.trace_id == item_id
                 for (name, queue), score in self.scores.get(("spans", span_id), {}).items()]
        if parts:
            parts.sort(key=lambda part: part[:3])
            record["span_feedback_scores"] = shown_scores(
                [(score, self.rows["spans"][span_id]) for _, span_id, _, score in parts], by_span)
        return record | self.notes(kind, item_id)
