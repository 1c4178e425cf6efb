"""Comments on traces, spans and threads (traces.md 12, spans.md 10, threads.md 7)."""
import time

import pytest

import client
from annotated import KINDS, NOUNS, PATHS, USER, Subject, score
from client import is_error, is_message, is_unreadable, name, uuid4, uuid7


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def subject(api, kind, project):
    return Subject(api, kind, project).store()


def unknown(response, comment_id):
    return is_message(response, 404, f"Comment id: {comment_id} not found")


def path_of(subject, comment_id):
    return f"{subject.path}/{subject.id}/comments/{comment_id}"


def get(subject, comment_id):
    response = subject.api.get(path_of(subject, comment_id))
    assert response.status_code == 200, response.text
    return response.json()


# ---- add ----------------------------------------------------------------------------------------

def test_add(subject):
    path = f"{subject.path}/{subject.id}/comments"
    response = subject.api.post(path, {"text": "good ü\n"})
    assert response.status_code == 201
    assert response.json().keys() == {"id"}
    made = response.json()["id"]
    assert made[14] == "7", "version 7"
    assert response.headers["Location"] == f"{subject.api.url}/v1/private/{path}/{made}"
    comment = get(subject, made)
    times = comment.pop("created_at"), comment.pop("last_updated_at")
    assert comment == {"id": made, "text": "good ü\n", "created_by": USER, "last_updated_by": USER}
    assert times[0] == times[1] > "2024"
    for record in (subject.read(), subject.listed(), subject.streamed()):
        assert record["comments"] == [{**comment, "created_at": times[0],
                                       "last_updated_at": times[1]}]


def test_no_comments_are_omitted(subject):
    for record in (subject.read(), subject.listed(), subject.streamed()):
        assert "comments" not in record


def test_queue_is_shown_only_within_the_subject(subject):
    queue = uuid7()
    made = subject.comment("asked", source_queue_id=queue)
    assert "source_queue_id" not in get(subject, made)
    for record in (subject.read(), subject.listed(), subject.streamed()):
        assert record["comments"][0]["source_queue_id"] == queue


def test_other_members_are_ignored(subject):
    body = {"text": "t", "id": uuid7(), "created_by": "me", "created_at": "1999-01-01T00:00:00Z",
            "last_updated_by": "me", "last_updated_at": "1999-01-01T00:00:00Z"}
    response = subject.api.post(f"{subject.path}/{subject.id}/comments", body, bad=True)
    comment = get(subject, response.json()["id"])
    assert comment["id"] != body["id"]
    assert comment["created_by"] == comment["last_updated_by"] == USER
    assert comment["created_at"] > "2024"


def test_order_of_ids(subject):
    made = [subject.comment(f"comment {i}") for i in range(20)]
    assert made == sorted(made)
    for record in (subject.read(), subject.listed(), subject.streamed()):
        assert [one["id"] for one in record["comments"]] == made
        assert [one["text"] for one in record["comments"]] == [f"comment {i}" for i in range(20)]


@pytest.mark.parametrize("text", ["x" * 100_000, " spaces around ", "a\u0000b", "🐙" * 100])
def test_texts_are_kept(subject, text):
    assert get(subject, subject.comment(text))["text"] == text


BLANK = "text must not be blank"


@pytest.mark.parametrize("body", [{}, {"text": None}, {"text": ""}, {"text": " \n\t"}], ids=str)
def test_a_blank_text(subject, body):
    path = f"{subject.path}/{subject.id}/comments"
    assert is_error(subject.api.post(path, body, bad=True), 422, BLANK)
    made = subject.comment("kept")
    assert is_error(subject.api.patch(f"{subject.path}/comments/{made}", body, bad=True), 422,
                    BLANK)
    assert subject.texts() == ["kept"]


@pytest.mark.parametrize("body", [{"text": {}}, {"text": []},
                                  {"text": "t", "source_queue_id": "x"}], ids=str)
def test_unreadable(subject, body):
    path = f"{subject.path}/{subject.id}/comments"
    assert is_unreadable(subject.api.post(path, body, bad=True))
    assert subject.texts() == []


def test_add_to_an_unknown_subject(api, kind):
    for missing in (uuid7(), uuid4()):
        assert is_message(api.post(f"{PATHS[kind]}/{missing}/comments", {"text": "t"}), 404,
                          f"{NOUNS[kind].lower()} id: {missing} not found")
    response = api.post(f"{PATHS[kind]}/nonsense/comments", {"text": "t"}, bad=True)
    assert is_message(response, 404, "thread id: nonsense not found" if kind == "threads"
                      else "HTTP 404 Not Found")


# ---- get ----------------------------------------------------------------------------------------

def test_get_an_unknown_comment(subject):
    for missing in (uuid7(), uuid4()):
        assert unknown(subject.api.get(path_of(subject, missing)), missing)
    response = subject.api.get(path_of(subject, "nonsense"), bad=True)
    assert is_message(response, 404, "HTTP 404 Not Found")


def test_get_by_another_subject(subject):
    """A comment is found only where it was made."""
    made = subject.comment()
    other = Subject(subject.api, subject.kind, subject.project).store()
    assert unknown(subject.api.get(path_of(other, made)), made)
    assert unknown(subject.api.get(f"{subject.path}/{uuid7()}/comments/{made}"), made)


def test_get_by_another_kind(api, project, kind):
    made = Subject(api, kind, project).store().comment()
    for other in set(KINDS) - {kind}:
        one = Subject(api, other, project).store()
        assert unknown(api.get(path_of(one, made)), made)


# ---- update -------------------------------------------------------------------------------------

def test_update(subject):
    queue = uuid7()
    made = subject.comment("first", source_queue_id=queue)
    before = subject.read()["comments"][0]
    time.sleep(0.002)
    response = subject.api.patch(f"{subject.path}/comments/{made}", {"text": "second"})
    assert (response.status_code, response.content) == (204, b"")
    after = subject.read()["comments"][0]
    assert after == {**before, "text": "second", "last_updated_at": after["last_updated_at"]}
    assert after["last_updated_at"] > before["last_updated_at"]


def test_update_changes_only_the_text(subject):
    queue = uuid7()
    made = subject.comment("first", source_queue_id=queue)
    body = {"text": "second", "source_queue_id": uuid7(), "id": uuid7(), "created_by": "me"}
    assert subject.api.patch(f"{subject.path}/comments/{made}", body, bad=True).status_code == 204
    (comment,) = subject.read()["comments"]
    assert (comment["id"], comment["text"], comment["source_queue_id"],
            comment["created_by"]) == (made, "second", queue, USER)


def test_update_an_unknown_comment(api, kind):
    missing = uuid7()
    assert unknown(api.patch(f"{PATHS[kind]}/comments/{missing}", {"text": "t"}), missing)
    response = api.patch(f"{PATHS[kind]}/comments/nonsense", {"text": "t"}, bad=True)
    assert is_message(response, 404, "HTTP 404 Not Found")


def test_comments_of_any_kind_are_updated_and_deleted(api, project, kind):
    """traces.md 12: the path's kind does not matter."""
    subject = Subject(api, kind, project).store()
    for other in KINDS:
        made = subject.comment("first")
        path = f"{PATHS[other]}/comments"
        assert api.patch(f"{path}/{made}", {"text": "second"}).status_code == 204
        assert subject.texts() == ["second"]
        assert api.post(f"{path}/delete", {"ids": [made]}).status_code == 204
        assert subject.texts() == []


# ---- delete -------------------------------------------------------------------------------------

def test_delete(subject):
    made = [subject.comment(f"c{i}") for i in range(4)]
    body = {"ids": [made[0], made[2], made[2], uuid7(), uuid4()]}
    response = subject.api.post(f"{subject.path}/comments/delete", body)
    assert (response.status_code, response.content) == (204, b"")
    assert subject.texts() == ["c1", "c3"]
    assert unknown(subject.api.get(path_of(subject, made[0])), made[0])
    assert unknown(subject.api.patch(f"{subject.path}/comments/{made[0]}", {"text": "t"}), made[0])
    assert subject.api.post(f"{subject.path}/comments/delete", body).status_code == 204


def test_delete_many(api, project):
    trace = Subject(api, "traces", project).store()
    made = [trace.comment(f"c{i}") for i in range(50)]
    ids = [*made, *(uuid7() for _ in range(950))]
    assert api.post("traces/comments/delete", {"ids": ids}).status_code == 204
    assert trace.texts() == []


SIZE = "ids size must be between 1 and 1000"


@pytest.mark.parametrize("body,message", [
    ({}, "ids must not be null"), ({"ids": None}, "ids must not be null"), ({"ids": []}, SIZE),
    ({"ids": [uuid7() for _ in range(1001)]}, SIZE),
], ids=lambda value: str(value)[:40])
def test_delete_errors(api, kind, body, message):
    assert is_error(api.post(f"{PATHS[kind]}/comments/delete", body, bad=True), 422, message)


def test_delete_unreadable(api, kind):
    for ids in (["x"], "x", {}, [1]):
        assert is_unreadable(api.post(f"{PATHS[kind]}/comments/delete", {"ids": ids}, bad=True))


# ---- threads: also by their own id (contract/README.md, difference 15) --------------------------

def test_threads_by_their_own_id(api, project):
    thread = Subject(api, "threads", project).store()
    path = f"traces/threads/{thread.key}/comments"
    response = api.post(path, {"text": "by id"}, bad=True)
    assert response.status_code == 201, response.text
    made = response.json()["id"]
    assert response.headers["Location"] == f"{api.url}/v1/private/{path}/{made}"
    assert thread.texts() == ["by id"]
    assert api.get(f"{path}/{made}", bad=True).json() == get(thread, made)
    assert unknown(api.get(f"traces/threads/no such/comments/{made}", bad=True), made)


def test_threads_whose_own_id_is_a_uuid(api, project):
    """It may be anybody's uuid: a thread_model_id counts first."""
    thread = Subject(api, "threads", project, thread_id=uuid4()).store()
    response = api.post(f"traces/threads/{thread.key}/comments", {"text": "by id"})
    assert response.status_code == 201, response.text
    made = response.json()["id"]
    assert thread.texts() == ["by id"]
    assert api.get(f"traces/threads/{thread.key}/comments/{made}").json() == get(thread, made)
    other = Subject(api, "threads", project, thread_id=thread.id).store()
    assert api.post(f"traces/threads/{other.key}/comments", {"text": "model"}).status_code == 201
    assert (thread.texts(), other.texts()) == (["by id", "model"], [])


def test_threads_with_slashes_and_spaces_in_their_id(api, project):
    thread = Subject(api, "threads", project, thread_id=name("a/b ü?")).store()
    path = f"traces/threads/{client.urllib.parse.quote(thread.key, safe='')}/comments"
    response = api.post(path, {"text": "quoted"}, bad=True)
    assert response.status_code == 201, response.text
    assert thread.texts() == ["quoted"]


def test_threads_need_a_record(api, project):
    """A thread that only PATCHes or scores made cannot be commented on (threads.md 7)."""
    trace_id, thread_id = uuid7(), name("thread")
    api.patch(f"traces/{trace_id}", {"project_name": project, "thread_id": thread_id})
    response = api.post(f"traces/threads/{thread_id}/comments", {"text": "t"}, bad=True)
    assert is_message(response, 404, f"thread id: {thread_id} not found")
    body = {"scores": [{"thread_id": thread_id, "project_name": project, **score()}]}
    assert api.put("traces/threads/feedback-scores", body).status_code == 204
    thread = Subject(api, "threads", project, thread_id=thread_id)
    model_id = thread.read()["thread_model_id"]
    response = api.post(f"traces/threads/{model_id}/comments", {"text": "t"})
    assert is_message(response, 404, f"thread id: {model_id} not found")
    thread.store()
    assert api.post(f"traces/threads/{model_id}/comments", {"text": "t"}).status_code == 201
    assert thread.texts() == ["t"]


def test_threads_take_comments_in_any_status(api, project):
    thread = Subject(api, "threads", project).store()
    body = {"project_name": project, "thread_id": thread.key}
    assert api.put("traces/threads/close", body).status_code == 204
    closed = thread.read()
    thread.comment("closed")
    assert thread.texts() == ["closed"]
    after = thread.read()
    assert after.pop("comments") and after == closed, "the thread's record stays as it is"


# ---- what happens to comments when their subject goes -------------------------------------------

def test_comments_go_with_their_subject(api, project):
    trace = Subject(api, "traces", project).store()
    span = Subject(api, "spans", project, trace_id=trace.key).store()
    made = [one.comment() for one in (trace, span)]
    assert api.delete(f"traces/{trace.key}").status_code == 204
    for comment_id in made:
        assert unknown(api.patch(f"traces/comments/{comment_id}", {"text": "t"}), comment_id)
    trace.store()
    span.store()
    assert trace.texts() == span.texts() == []


def test_comments_go_with_a_span_and_those_below(api, project):
    trace_id = uuid7()
    outer = Subject(api, "spans", project, trace_id=trace_id).store()
    inner = Subject(api, "spans", project, trace_id=trace_id, parent_span_id=outer.key).store()
    kept = Subject(api, "spans", project, trace_id=trace_id).store()
    gone = [outer.comment(), inner.comment()]
    kept.comment("kept")
    assert api.delete(f"spans/{outer.key}").status_code == 204
    for comment_id in gone:
        assert unknown(api.patch(f"spans/comments/{comment_id}", {"text": "t"}), comment_id)
    assert kept.texts() == ["kept"]


def test_comments_go_with_their_project(api, project, kind):
    subject = Subject(api, kind, project).store()
    made = subject.comment()
    assert api.delete(f"projects/{api.project_id(project)}").status_code == 204
    assert unknown(api.patch(f"{subject.path}/comments/{made}", {"text": "t"}), made)


def test_comments_of_another_workspace(server, api, project, kind):
    """Without authentication there is one workspace; the header does not open another."""
    subject = Subject(api, kind, project).store()
    made = subject.comment()
    other = client.Api(server.url, workspace="no-such-workspace")
    response = other.get(path_of(subject, made), bad=True)
    assert response.status_code in (200, 404)
    assert subject.texts() == ["a comment"]


def test_comments_stay_after_a_restart(start_server, project, kind):
    server = start_server()
    subject = Subject(client.Api(server.url), kind, project).store()
    subject.comment("one")
    subject.comment("two", source_queue_id=uuid7())
    before = subject.read()
    server.restart()
    subject.api = client.Api(server.url)
    assert subject.read() == before
