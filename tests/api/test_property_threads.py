"""Random series of scores, comments, and what makes and ends threads, among writes of traces and
spans, against the model of annotation_model.py."""
import json
import urllib.parse

import hypothesis
from hypothesis import strategies as st
import pytest

import annotation_model
import client
import test_property_merge as merge
from wire import Wire

THREADS = ["one", "two", "drei ß"]  # of those that traces name
QUEUES = [None, None, None, client.uuid7(), client.uuid7()]
TIMES = {"created_at", "last_updated_at"}

# ---- what may come

names = st.sampled_from(["a", "b", "A"])
queues = st.sampled_from(QUEUES)
scores = st.fixed_dictionaries({
    "name": names, "queue": queues, "source": st.sampled_from(["ui", "sdk"]),
    "value": st.sampled_from([0, 1, -2.5, 0.333333333, 999999998.5]),
    "reason": st.sampled_from([None, "why", "because, so"]),
    "category": st.sampled_from([None, "good"])})
subjects = st.one_of(st.tuples(st.just("traces"), st.integers(0, merge.TRACES - 1)),
                     st.tuples(st.just("spans"), st.integers(0, len(merge.PLACES) - 1)),
                     st.tuples(st.just("threads"), st.integers(0, len(THREADS) - 1)))
texts = st.sampled_from(["hello", "ü"])
threads = st.lists(st.sampled_from(THREADS), min_size=1, max_size=2, unique=True)
numbers = st.integers(0, 3)
notes = st.one_of(
    st.tuples(st.just("score"), subjects, scores),
    st.tuples(st.just("score_batch"), subjects, st.lists(
        scores, min_size=1, max_size=3, unique_by=lambda score: (score["name"], score["queue"]))),
    st.tuples(st.just("unscore"), subjects, names, queues),
    st.tuples(st.just("comment"), subjects, texts),
    st.tuples(st.just("recomment"), numbers, texts),
    st.tuples(st.just("uncomment"), numbers))
lives = st.one_of(
    st.tuples(st.just("close"), threads), st.tuples(st.just("close"), threads),
    st.tuples(st.just("open"), st.sampled_from(THREADS)),
    st.tuples(st.just("tag"), st.sampled_from(THREADS), st.fixed_dictionaries(
        {}, optional={name: merge.tags for name in ("tags", "tags_to_add", "tags_to_remove")})),
    st.tuples(st.just("delete_threads"), threads, st.booleans()))
TURNS = {"thread_id", "end_time", "environment", "input", "output", "source"}
FIRST_MS = 1_700_000_000_000  # the time of the first trace's id; the second is a second later
turns = merge.steps_of("traces", TURNS)
spans = merge.steps_of("spans", {"type", "usage", "total_estimated_cost"})
series = st.lists(st.one_of(turns, turns, spans, notes, lives), max_size=25)


# ---- both sides of the comparison

class Run(merge.Run):
    def __init__(self, wire):
        super().__init__(wire)
        self.store = annotation_model.Store()
        self.comments, self.model_ids = [], {}
        self.ids["traces"] = [client.uuid7(FIRST_MS + 1000 * n) for n in range(merge.TRACES)]

    def subject(self, kind, number):
        """Kind and key of what is meant, and its path."""
        if kind == "threads":
            return kind, THREADS[number], "traces/threads"
        return kind, self.ids[kind][number], kind

    def score(self, subject, score):
        kind, key, path = self.subject(*subject)
        if kind == "threads":
            return self.score_batch(subject, [score])
        status = self.store.score(kind, key, [score], self.tick(), single=True)
        self.wire.must(status, "PUT", f"{path}/{key}/feedback-scores", body_of(score))
        return self.compare_all()

    def score_batch(self, subject, some):
        kind, key, path = self.subject(*subject)
        name = "thread_id" if kind == "threads" else "id"
        status = self.store.score(kind, key, some, self.tick())
        self.wire.must(status, "PUT", f"{path}/feedback-scores", {"scores": [
            {**body_of(score), name: key, "project_name": self.project} for score in some]})
        self.compare_all()

    def unscore(self, subject, name, queue):
        kind, key, path = self.subject(*subject)
        status = self.store.unscore(kind, key, name, queue)
        body = {"source_queue_id": queue} if queue else {}
        if kind == "threads":
            body |= {"names": [name], "thread_id": key, "project_name": self.project}
            self.wire.must(status, "POST", f"{path}/feedback-scores/delete", body)
        else:
            self.wire.must(status, "POST", f"{path}/{key}/feedback-scores/delete",
                           {**body, "name": name})
        self.compare_all()

    def comment(self, subject, text):
        kind, key, path = self.subject(*subject)
        if kind == "threads":
            if key not in self.model_ids:
                return
            there, place = self.store.life[key].has_record, self.model_ids[key]
        else:
            there, place = self.store.knows(kind, key), key
        answer = self.wire.must(201 if there else 404, "POST", f"{path}/{place}/comments",
                                {"text": text})
        if there:
            self.comments.append(answer["id"])
            self.store.comment(kind, key, answer["id"], text)
        self.compare_all()

    def recomment(self, number, text):
        if self.comments:
            comment_id = self.comments[number % len(self.comments)]
            self.wire.must(self.store.recomment(comment_id, text), "PATCH",
                           f"spans/comments/{comment_id}", {"text": text})
            self.compare_all()

    def uncomment(self, number):
        if self.comments:
            comment_id = self.comments[number % len(self.comments)]
            self.wire.must(self.store.uncomment(comment_id), "POST", "traces/comments/delete",
                           {"ids": [comment_id]})
            self.compare_all()

    def thread_body(self, thread_ids):
        return {"project_name": self.project, "thread_ids": thread_ids}

    def close(self, thread_ids):
        self.wire.must(self.store.close(thread_ids, self.tick()), "PUT", "traces/threads/close",
                       self.thread_body(thread_ids))
        self.compare_threads()

    def open(self, thread_id):
        self.wire.must(self.store.open(thread_id, self.tick()), "PUT", "traces/threads/open",
                       {"project_name": self.project, "thread_id": thread_id})
        self.compare_threads()

    def delete_threads(self, thread_ids, purge):
        self.wire.must(self.store.delete_threads(thread_ids, purge), "POST",
                       "traces/threads/delete", {**self.thread_body(thread_ids), "purge": purge})
        self.compare_all()

    def tag(self, thread_id, body):
        if thread_id in self.model_ids:
            self.wire.must(self.store.tag(thread_id, body, self.tick()), "PATCH",
                           f"traces/threads/{self.model_ids[thread_id]}", body)
            self.compare_threads()

    def compare(self, kind, item_id):
        expected = self.store.read(kind, item_id)
        status, actual = self.wire.send("GET", f"{kind}/{item_id}")
        assert status == (404 if expected is None else 200), actual
        if expected is not None:
            assert plain(actual) == expected

    def compare_all(self):
        super().compare_all()
        self.compare_threads()

    def compare_threads(self):
        """Each thread, and the list of them: its values stand in a row of its own."""
        expected = {thread_id: self.store.read_thread(thread_id) for thread_id in THREADS}
        expected = {thread_id: thread for thread_id, thread in expected.items() if thread}
        status, page = self.wire.send(
            "GET", f"traces/threads?project_name={self.project}&size=100")
        assert status == (200 if self.store.exists else 404)
        if status == 404:
            return
        assert page["total"] == len(expected)
        for thread in page["content"]:
            life = self.store.life.get(thread["id"])
            assert ("thread_model_id" in thread) == (life is not None)
            if life:  # once given, it stays
                first = self.model_ids.setdefault(thread["id"], thread["thread_model_id"])
                assert thread["thread_model_id"] == first
            assert self.wire.must(200, "POST", "traces/threads/retrieve", {
                "project_name": self.project, "thread_id": thread["id"]}) == thread
        assert {thread["id"]: plain(thread) for thread in page["content"]} == expected

    def compare_chosen(self, chosen, **params):
        """A list that speaks of some traces of each thread only (threads.md 3.1)."""
        expected = {thread_id: self.store.read_thread(thread_id, chosen) for thread_id in THREADS}
        query = urllib.parse.urlencode({"project_name": self.project, "size": 100, **params})
        page = self.wire.must(200, "GET", f"traces/threads?{query}")
        assert {thread["id"]: plain(thread) for thread in page["content"]} == \
            {thread_id: thread for thread_id, thread in expected.items() if thread}
        assert page["total"] == len(page["content"])

    def compare_restricted(self):
        first = self.ids["traces"][0]
        self.compare_chosen(lambda row: row.id == first, to_time="2023-11-14T22:13:20.500Z")
        self.compare_chosen(lambda row: row.values.get("source", "sdk") == "sdk",
                            filters=is_equal("source", "sdk"))
        self.compare_chosen(lambda row: row.values.get("source") == "experiment",
                            filters=is_equal("source", "experiment"))
        self.compare_chosen(lambda row: row.values.get("environment") == "prod",
                            filters=is_equal("environment", "prod"))
        self.compare_chosen(lambda row: row.id == first and row.values.get("environment") == "prod",
                            filters=is_equal("environment", "prod"),
                            to_time="2023-11-14T22:13:20.500Z")
        self.compare_chosen(lambda row: "text" in (row.values.get("input"),
                                                   row.values.get("output")), search="TEXT")

    def compare_lists(self):
        self.compare_threads()
        if self.store.exists:
            self.compare_restricted()
        for kind in self.ids:
            status, page = self.wire.send("GET", f"{kind}?project_name={self.project}&size=100")
            assert status == (200 if self.store.exists else 404)
            if status == 200:
                assert {item["id"]: plain(item) for item in page["content"]} == \
                    {item_id: self.store.read(kind, item_id, by_span=False)
                     for item_id in self.store.rows[kind]}


def is_equal(field, value):
    return json.dumps([{"field": field, "operator": "=", "value": value}])


def body_of(score):
    return annotation_model.without_none({
        "name": score["name"], "value": score["value"], "source": score["source"],
        "reason": score["reason"], "category_name": score["category"],
        "source_queue_id": score["queue"]})


def plain_score(score):
    assert TIMES <= score.keys()
    entries = {author: {key: value for key, value in entry.items() if key not in TIMES}
               for author, entry in score["value_by_author"].items()}
    return {**{key: value for key, value in score.items() if key not in TIMES},
            "value_by_author": entries}


def plain(record):
    """What the server does not decide alone; of comments what the client has said."""
    users = {key: record[key] for key in ("created_by", "last_updated_by")
             if "number_of_messages" in record}
    record = merge.plain(record) | users
    record.pop("thread_model_id", None)
    for name in ("feedback_scores", "span_feedback_scores"):
        if name in record:
            record[name] = sorted(map(plain_score, record[name]), key=lambda score: score["name"])
    if "comments" in record:
        record["comments"] = [{"id": comment["id"], "text": comment["text"]}
                              for comment in record["comments"]]
    return record


@pytest.fixture(scope="module")
def wire(server):
    with Wire(server.url) as connection:
        yield connection


@pytest.mark.timeout(600)  # a failure takes its time to find the shortest series
@hypothesis.settings(max_examples=120, deadline=None, print_blob=True,
                     suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.example([  # scores that came first are there when the thread is, and after it
    ("score_batch", ("threads", 0), [{"name": "a", "queue": None, "source": "ui", "value": 1,
                                      "reason": None, "category": None}]),
    ("post", "traces", 0, {"thread_id": "one"}, merge.START), ("close", ["one"]),
    ("delete_threads", ["one"], False), ("post", "traces", 1, {"thread_id": "one"}, merge.START)])
@hypothesis.given(series)
def test_any_series_ends_as_the_model_says(wire, steps):
    run = Run(wire)
    for step in steps:
        run.step(*step)
    run.compare_all()
    run.compare_lists()
