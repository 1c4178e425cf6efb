"""Feedback scores are taken away, named, and go with what they are on; those of spans in traces
(traces.md 11.4 to 11.6, spans.md 9 and 10, threads.md 6.11, 6.12).
"""
import json

import pytest

import client
from annotated import KINDS, PATHS, USER, Subject, names_of, score, shows
from client import is_error, is_message, is_unreadable, name, uuid7

ENTITIES = ("traces", "spans")


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def subject(api, kind, project):
    return Subject(api, kind, project).store()


# ---- delete -------------------------------------------------------------------------------------

@pytest.fixture
def rated(subject):
    """(subject, queue): "a" and "b" without a queue, "a" also in a queue."""
    queue = uuid7()
    subject.give(score("a", 1), score("b", 2), score("a", 3, source_queue_id=queue))
    return subject, queue


def test_without_a_queue(rated):
    subject, queue = rated
    subject.take("a")
    assert shows(subject, [score("a", 3, source_queue_id=queue)], [score("b", 2)])
    subject.take("b")
    assert shows(subject, [score("a", 3, source_queue_id=queue)])


def test_of_a_queue(rated):
    subject, queue = rated
    subject.take("a", source_queue_id=uuid7()).take("b", source_queue_id=queue)
    assert len(subject.scores()["a"]["value_by_author"]) == 2
    subject.take("a", source_queue_id=queue)
    assert shows(subject, [score("a", 1)], [score("b", 2)])


@pytest.mark.parametrize("author,gone", [(USER, True), ("", True), (None, True), ("other", False)])
def test_of_an_author(rated, author, gone):
    subject, _ = rated
    subject.take("b", author=author)
    assert ("b" in subject.scores()) != gone


def test_names_match_exactly(rated):
    subject, _ = rated
    for one in ("A", " a", "a ", "c"):
        subject.take(one)
    assert set(subject.scores()) == {"a", "b"}


@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_delete_errors(api, kind):
    path = f"{kind}/{uuid7()}/feedback-scores/delete"
    assert api.post(path, {"name": "a"}).status_code == 204, "unknown ids are fine"
    for body in ({}, {"name": None}, {"name": ""}, {"name": "  "}):
        assert is_error(api.post(path, body, bad=True), 422, "name must not be blank")
    for body in ({"name": []}, {"name": "a", "source_queue_id": "x"}, {"name": "a", "author": {}}):
        assert is_unreadable(api.post(path, body, bad=True))
    assert is_message(api.post(f"{kind}/x/feedback-scores/delete", {"name": "a"}, bad=True), 404,
                      "HTTP 404 Not Found")


# ---- threads: their own way to delete (threads.md 6.11) -----------------------------------------

DELETE = "traces/threads/feedback-scores/delete"


def test_several_names_of_a_thread(api, project):
    thread = Subject(api, "threads", project).store()
    thread.give(*(score(one) for one in "abcd"))
    body = {"project_name": project, "thread_id": thread.key, "names": ["a", "c", "c", "none"]}
    assert api.post(DELETE, body).status_code == 204
    assert set(thread.scores()) == {"b", "d"}
    for change in ({"project_name": "no such"}, {"thread_id": "no such"}, {"names": ["none"]}):
        assert api.post(DELETE, {**body, "names": ["b"], **change}).status_code == 204
    assert set(thread.scores()) == {"b", "d"}
    assert not api.project_exists("no such")
    body = {**body, "project_name": f" {project.upper()} ", "names": ["b"]}
    assert api.post(DELETE, body).status_code == 204
    assert set(thread.scores()) == {"d"}


ELEMENT = "names[].<iterable element> must not be blank"


@pytest.mark.parametrize("change,message", [
    ({"project_name": None}, "projectName must not be blank"),
    ({"project_name": " "}, "projectName must not be blank"),
    ({"thread_id": None}, "threadId must not be blank"),
    ({"thread_id": ""}, "threadId must not be blank"),
    ({"names": None}, "names must not be null"),
    ({"names": []}, "names size must be between 1 and 1000"),
    ({"names": [f"n{i}" for i in range(1001)]}, "names size must be between 1 and 1000"),
    ({"names": ["a", " "]}, ELEMENT), ({"names": ["", "b"]}, ELEMENT),
], ids=lambda value: str(value)[:60])
def test_delete_errors_of_threads(api, project, change, message):
    body = {"project_name": project, "thread_id": "t", "names": ["a"], **change}
    assert is_error(api.post(DELETE, body, bad=True), 422, message)
    without = {key: value for key, value in body.items() if value is not None}
    assert is_error(api.post(DELETE, without, bad=True), 422, message)


# ---- names --------------------------------------------------------------------------------------

def test_names(api, kind, project):
    first, second = (Subject(api, kind, project).store() for _ in range(2))
    other = Subject(api, kind, name("other")).store()
    project_id, mark = api.project_id(project), name("mark")
    assert names_of(api, kind, project_id) == []
    first.give(score("a"), score("A"), score("a", source_queue_id=uuid7()))
    second.give(score("a"), score("b c"))
    other.give(score(mark), score("a"))
    assert names_of(api, kind, project_id) == ["A", "a", "b c"]
    if kind != "spans":
        assert {"A", "a", "b c", mark} <= set(names_of(api, kind))
    first.take("A")
    assert names_of(api, kind, project_id) == ["a", "b c"]
    for one in set(KINDS) - {kind}:
        assert names_of(api, one, project_id) == [], "each kind has its own"


def test_names_of_an_unknown_project(api, kind):
    response = api.get(f"{PATHS[kind]}/feedback-scores/names", params={"project_id": uuid7()})
    if kind == "threads":
        assert response.json() == {"scores": []}
    else:
        assert is_error(response, 404, "Project not found")


def test_names_of_spans_need_a_project(api):
    assert is_message(api.get("spans/feedback-scores/names"), 400, "project_id must be provided")


def test_names_of_spans_of_a_type(api, project):
    for span_type, one in (("llm", "a"), ("llm", "b"), ("tool", "b"), (None, "c")):
        Subject(api, "spans", project, type=span_type).store().give(score(one))
    project_id = api.project_id(project)
    assert names_of(api, "spans", project_id) == ["a", "b", "c"]
    assert names_of(api, "spans", project_id, type="llm") == ["a", "b"]
    assert names_of(api, "spans", project_id, type="tool") == ["b"]
    assert names_of(api, "spans", project_id, type="guardrail") == []
    response = api.get("spans/feedback-scores/names", bad=True,
                       params={"project_id": project_id, "type": "none"})
    assert is_message(response, 400, "query param type is not a valid SpanType")


def test_names_of_threads_without_traces(api, project):
    Subject(api, "threads", project).give(score("early"))
    assert names_of(api, "threads", api.project_id(project)) == ["early"]


# ---- what happens to scores when their subject goes ---------------------------------------------

@pytest.mark.parametrize("how", ["DELETE", "POST delete"])
def test_scores_go_with_a_trace_and_its_spans(api, project, how):
    trace = Subject(api, "traces", project).store()
    span = Subject(api, "spans", project, trace_id=trace.key).store()
    for one in (trace, span):
        one.give(score(), score("assertion", category_name="suite_assertion"))
    project_id = api.project_id(project)
    if how == "DELETE":
        assert api.delete(f"traces/{trace.key}").status_code == 204
    else:
        assert api.post("traces/delete", {"ids": [trace.key]}).status_code == 204
    assert names_of(api, "traces", project_id) == names_of(api, "spans", project_id) == []
    trace.store()
    span.store()
    assert shows(trace) and shows(span)


def test_scores_go_with_a_span_and_those_below(api, project):
    trace_id = uuid7()
    outer = Subject(api, "spans", project, trace_id=trace_id).store()
    inner = Subject(api, "spans", project, trace_id=trace_id, parent_span_id=outer.key).store()
    other = Subject(api, "spans", project, trace_id=trace_id).store()
    for one, mark in ((outer, "outer"), (inner, "inner"), (other, "other")):
        one.give(score(mark))
    assert api.delete(f"spans/{outer.key}").status_code == 204
    assert names_of(api, "spans", api.project_id(project)) == ["other"]
    outer.store()
    assert shows(outer)


def test_scores_outlive_writes(subject):
    """Closing items, PATCHes, and new traces of a thread leave scores alone."""
    subject.give(score())
    writes = "spans" if subject.kind == "spans" else "traces"
    later = {**subject.item, "name": "again", "last_updated_at": client.now_iso(60)}
    subject.api.batch(writes, later)
    subject.api.update(writes, subject.item["id"], {
        "name": "patched", "project_name": subject.project,
        **({"trace_id": subject.item["trace_id"]} if writes == "spans" else {})})
    assert shows(subject, [score()])


def test_scores_stay_after_a_restart(start_server, project, kind):
    server = start_server()
    subject = Subject(client.Api(server.url), kind, project).store()
    subject.give(score(value="0.123456789", reason="r"), score(source_queue_id=uuid7()))
    before = subject.read()
    server.restart()
    subject.api = client.Api(server.url)
    assert subject.read() == before


# ---- span_feedback_scores of traces -------------------------------------------------------------

def spans_of_a_trace(api, project):
    """Two scored spans, one that is not scored, and what was given."""
    trace = Subject(api, "traces", project).store()
    spans = [Subject(api, "spans", project, trace_id=trace.key, type=one).store()
             for one in ("llm", "tool", None)]
    spans[0].give(score("a", 1, reason="why"), score("b", 5))
    spans[1].give(score("a", 2, source="ui"))
    return trace, spans


def test_span_feedback_scores(api, project):
    trace, spans = spans_of_a_trace(api, project)
    for record in (trace.listed(), trace.streamed()):
        shown = {one["name"]: one for one in record["span_feedback_scores"]}
        assert {one: entry["value"] for one, entry in shown.items()} == {"a": 1.5, "b": 5}
        assert shown["a"]["reason"] == "why, <no reason>"
        assert shown["a"]["value_by_author"].keys() == {USER}
        entry = shown["a"]["value_by_author"][USER]
        assert (entry["span_id"], entry["span_type"]) == ("", "")
    shown = {one["name"]: one for one in trace.read()["span_feedback_scores"]}
    assert {one: entry["value"] for one, entry in shown.items()} == {"a": 1.5, "b": 5}
    assert shown["a"]["reason"] == "why", "GET by id skips blank reasons"
    entries = shown["a"]["value_by_author"]
    assert {key: (entry["value"], entry["span_id"], entry["span_type"], entry["author"])
            for key, entry in entries.items()} == {
        f"{USER}_{spans[0].key}": (1, spans[0].key, "llm", USER),
        f"{USER}_{spans[1].key}": (2, spans[1].key, "tool", USER)}
    assert "feedback_scores" not in trace.read()
    spans[0].take("a").take("b")
    spans[1].take("a")
    for record in (trace.read(), trace.listed(), trace.streamed()):
        assert "span_feedback_scores" not in record


def test_span_feedback_scores_with_queues(api, project):
    trace, spans = spans_of_a_trace(api, project)
    queue = uuid7()
    spans[0].give(score("a", 6, source_queue_id=queue))
    shown = {one["name"]: one for one in trace.read()["span_feedback_scores"]}["a"]
    assert shown["value"] == 3
    assert shown["value_by_author"].keys() == {
        f"{USER}_{spans[0].key}", f"{USER}_{queue}_{spans[0].key}", f"{USER}_{spans[1].key}"}


def test_spans_of_another_project_do_not_count(api, project):
    trace = Subject(api, "traces", project).store()
    Subject(api, "spans", name("other"), trace_id=trace.key).store().give(score())
    assert "span_feedback_scores" not in trace.read()


# ---- leaving them out ---------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_excluded(subject):
    subject.give(score())
    subject.comment()
    for field in ("feedback_scores", "comments"):
        assert field in subject.listed()
        assert field not in subject.listed(exclude=json.dumps([field]))
    lines = subject.api.search(subject.kind, project_name=subject.project,
                               exclude=["feedback_scores", "comments"])
    assert not {"feedback_scores", "comments"} & lines[0].keys()


def test_excluded_span_scores(api, project):
    trace, _ = spans_of_a_trace(api, project)
    assert "span_feedback_scores" in trace.listed()
    assert "span_feedback_scores" not in trace.listed(exclude='["span_feedback_scores"]')
