"""Traces, spans and threads as what scores and comments are on: one way to speak about all three,
and what readers are to see of scores (traces.md 11.4, threads.md 4)."""
from fractions import Fraction

import client

KINDS = ("traces", "spans", "threads")
USER = "admin"
PATHS = {"traces": "traces", "spans": "spans", "threads": "traces/threads"}
NOUNS = {"traces": "Trace", "spans": "Span", "threads": "Thread"}


class Subject:
    """One trace, span or thread. `id` is what comments go by, `key` what batches of scores name
    it by."""

    def __init__(self, api, kind, project, **fields):
        self.api, self.kind, self.project, self.path = api, kind, project, PATHS[kind]
        self.key_field = "thread_id" if kind == "threads" else "id"
        self.item = make_item(kind, project, **fields)
        self.key = self.item["thread_id"] if kind == "threads" else self.item["id"]

    def store(self):
        api = self.api
        api.create("spans" if self.kind == "spans" else "traces", self.item)
        return self

    @property
    def id(self):
        return self.read()["thread_model_id"] if self.kind == "threads" else self.key

    def read(self):
        if self.kind != "threads":
            return self.api.read(self.kind, self.key)
        response = self.api.post(f"{self.path}/retrieve",
                                 {"project_name": self.project, "thread_id": self.key})
        assert response.status_code == 200, response.text
        return response.json()

    def listed(self, **params):
        page = self.api.page(self.path, project_name=self.project, size=1000, **params)
        return next(item for item in page["content"] if item["id"] == self.key)

    def streamed(self):
        lines = self.api.post(f"{self.path}/search", {"project_name": self.project})
        assert lines.status_code == 200
        return next(record for line in lines.text.split("\r\n")[:-1]
                    if (record := client.json.loads(line))["id"] == self.key)

    def scores(self):
        """Shown scores by name."""
        shown = self.read().get("feedback_scores", [])
        assert len({score["name"] for score in shown}) == len(shown)
        return {score["name"]: score for score in shown}

    def texts(self):
        """Texts of the comments, as they are ordered."""
        return [comment["text"] for comment in self.read().get("comments", [])]

    # ---- scores

    def score_item(self, **fields):
        return {self.key_field: self.key, "project_name": self.project, **score(**fields)}

    def give_batch(self, *items, bad=False):
        """PUT of many; items have what a score has, without what it is on."""
        body = {"scores": [self.score_item(**item) for item in items]}
        bad = bad or any(isinstance(item["value"], str) for item in items)  # numbers as text
        return self.api.put(f"{self.path}/feedback-scores", body, bad=bad)

    def give(self, *items):
        response = self.give_batch(*items)
        assert response.status_code == 204, response.text
        assert response.content == b""
        return self

    def give_one(self, body, bad=False):
        """PUT of one, which only traces and spans have."""
        return self.api.put(f"{self.path}/{self.key}/feedback-scores", body, bad=bad)

    def take(self, name, **fields):
        if self.kind == "threads":
            response = self.api.post(f"{self.path}/feedback-scores/delete", {
                "project_name": self.project, "thread_id": self.key, "names": [name], **fields})
        else:
            response = self.api.post(f"{self.path}/{self.key}/feedback-scores/delete",
                                     {"name": name, **fields})
        assert response.status_code == 204, response.text
        assert response.content == b""
        return self

    # ---- comments

    def comment(self, text="a comment", **fields):
        response = self.api.post(f"{self.path}/{self.id}/comments", {"text": text, **fields})
        assert response.status_code == 201, response.text
        return response.json()["id"]


def make_item(kind, project, **fields):
    if kind == "spans":
        return client.span(project, **fields)
    if kind == "threads":
        fields = {"thread_id": client.name("thread"), **fields}
    return client.trace(project, **fields)


def score(name="quality", value=1, source="sdk", **fields):
    return {"name": name, "value": value, "source": source, **fields}


# ---- what is shown ------------------------------------------------------------------------------

def mean(values):
    """The mean, cut to 9 decimals."""
    total = sum(Fraction(str(value)) * 10**9 for value in values)
    cut = abs(total) // len(values)
    return float(Fraction(cut if total > 0 else -cut, 10**9))


def author_key(entry):
    queue = entry.get("source_queue_id")
    return f"{USER}_{queue}" if queue else USER


def merged(*given):
    """The shown score, without its times, of what was given last for each queue, in the order of
    the queues."""
    entries = {}
    for entry in given:
        entries[entry.get("source_queue_id") or ""] = entry
    ordered = [entries[queue] for queue in sorted(entries)]
    shown = {"name": given[0]["name"], "value": mean([entry["value"] for entry in ordered]),
             "source": given[-1]["source"], "created_by": joined(ordered, [USER] * len(ordered)),
             "last_updated_by": joined(ordered, [USER] * len(ordered)),
             "value_by_author": {author_key(entry): entry_of(entry) for entry in ordered}}
    reasons = [entry.get("reason") or "" for entry in ordered]
    if len(ordered) > 1:
        reasons = [reason or "<no reason>" for reason in reasons]
    categories = [entry.get("category_name") or "" for entry in ordered]
    for field, texts in (("reason", reasons), ("category_name", categories)):
        if text := joined(ordered, texts):
            shown[field] = text
    return shown


def joined(entries, texts):
    assert len(entries) == len(texts)
    return ", ".join(texts)


def entry_of(entry):
    return {key: value for key, value in {
        "value": entry["value"], "reason": entry.get("reason"),
        "category_name": entry.get("category_name"), "source": entry["source"], "span_type": "",
        "span_id": "", "source_queue_id": entry.get("source_queue_id"), "author": USER,
    }.items() if value is not None}


def without_times(shown):
    """A shown score without times; asserts that they are there, and among its parts' ones."""
    shown = {**shown, "value_by_author": {author: dict(entry) for author, entry
                                          in shown["value_by_author"].items()}}
    created, updated = shown.pop("created_at"), shown.pop("last_updated_at")
    times = [entry.pop("last_updated_at") for entry in shown["value_by_author"].values()]
    assert updated == max(times) and created <= min(times)
    return shown


def shows(subject, *given):
    """The subject shows exactly these scores, wherever it is shown; `given` are lists of what was
    given under one name."""
    wanted = {entries[0]["name"]: merged(*entries) for entries in given}
    for record in (subject.read(), subject.listed(), subject.streamed()):
        shown = record.get("feedback_scores", [])
        assert {one["name"]: without_times(one) for one in shown} == wanted
        assert "feedback_scores" not in record or shown, "omitted when there are none"
    return True


def names_of(api, kind, project_id=None, **params):
    response = api.get(f"{PATHS[kind]}/feedback-scores/names",
                       params={"project_id": project_id, **params})
    assert response.status_code == 200, response.text
    assert response.json().keys() == {"scores"}
    names = [one["name"] for one in response.json()["scores"]]
    assert len(set(names)) == len(names)
    assert all(one.keys() == {"name"} for one in response.json()["scores"])
    return sorted(names)
