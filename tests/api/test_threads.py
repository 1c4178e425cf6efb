"""A thread's object and its life: made by traces, opened, closed, deleted, tagged (threads.md 1 to
3, 6.2, 6.4 to 6.8)."""
import json
import time

import pytest

import client
from client import is_error, is_message, is_unreadable, name, span, uuid4, uuid7
from turns import BASE, PATH, Thread, id_ms, search, turn

USER = "admin"
PROVIDE = "The request body must provide either a project_name or a project_id"


@pytest.fixture
def thread(api, project):
    return Thread(api, project)


def everywhere(thread):
    """The record, which is the same in all three places."""
    record = thread.read()
    (listed,) = [one for one in thread.api.page(PATH, project_name=thread.project,
                                                size=1000)["content"] if one["id"] == thread.id]
    (streamed,) = [one for one in search(thread.api, project_name=thread.project)
                   if one["id"] == thread.id]
    assert record == listed == streamed
    return record


# ---- the object ---------------------------------------------------------------------------------

def test_the_whole_object(api, thread):
    turns = thread.say(3, environment="staging")
    spans = [span(thread.project, turns[i]["id"], type="llm", total_estimated_cost=0.125 * (i + 1),
                  usage={"total_tokens": 10 * (i + 1), "other": 1}) for i in range(2)]
    api.batch("spans", *spans, span(thread.project, turns[0]["id"]))
    record = everywhere(thread)
    created = record.pop("created_at")
    assert record.pop("last_updated_at") >= created > "2024"
    model_id = record.pop("thread_model_id")
    assert model_id[14] == "7" and id_ms(model_id) == min(id_ms(one["id"]) for one in turns)
    assert record == {
        "id": thread.id, "project_id": api.project_id(thread.project),
        "start_time": "2024-01-01T10:00:00Z", "end_time": "2024-01-01T10:00:02.500Z",
        "duration": 2500, "first_message": {"q": 0}, "last_message": {"a": 2}, "status": "active",
        "number_of_messages": 6, "total_estimated_cost": 0.375,
        "usage": {"total_tokens": 30, "other": 2}, "created_by": USER, "last_updated_by": USER,
        "environment": "staging"}


def test_the_least_object(api, thread):
    api.create("traces", thread.turn(input=None, output=None, end_time=None))
    record = everywhere(thread)
    assert record.keys() == {"id", "project_id", "thread_model_id", "start_time", "status",
                             "number_of_messages", "created_by", "created_at", "last_updated_by",
                             "last_updated_at", "environment"}
    assert (record["number_of_messages"], record["environment"]) == (2, "")


def test_duration_has_microseconds(api, thread):
    api.batch("traces", thread.turn(start_time="2024-01-01T10:00:00.000001999Z", end_time=None),
              thread.turn(1, end_time="2024-01-01T10:00:01.000456Z"))
    assert everywhere(thread)["duration"] == 1000.455


def test_duration_may_be_negative(api, thread):
    """Like a trace's: end before start."""
    api.create("traces", thread.turn(5, end_time="2024-01-01T10:00:04Z"))
    assert everywhere(thread)["duration"] == -1000


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_messages_go_by_times_not_by_arrival(api, thread, order):
    items = [thread.turn(i) for i in range(3)]
    for i in order:
        api.create("traces", items[i])
    record = everywhere(thread)
    assert (record["first_message"], record["last_message"]) == ({"q": 0}, {"a": 2})


def test_no_input_means_no_first_message(api, thread):
    """There is no fallback to the next trace."""
    api.batch("traces", thread.turn(0, input=None), thread.turn(1))
    assert "first_message" not in everywhere(thread)


def test_no_output_means_no_last_message(api, thread):
    api.batch("traces", thread.turn(0), thread.turn(1, output=None))
    assert "last_message" not in everywhere(thread)


def test_the_last_message_is_of_what_ended_last(api, thread):
    """Not of what started last, and not of what still runs."""
    api.batch("traces", thread.turn(0, end_time="2024-01-01T11:00:00Z"), thread.turn(1),
              thread.turn(2, end_time=None))
    record = everywhere(thread)
    assert (record["last_message"], record["end_time"]) == ({"a": 0}, "2024-01-01T11:00:00Z")


def test_nothing_has_ended(api, thread):
    api.batch("traces", thread.turn(0, end_time=None), thread.turn(1, end_time=None))
    assert not {"end_time", "duration", "last_message"} & everywhere(thread).keys()


@pytest.mark.parametrize("message", ["text", 5, [1, {"a": None}], {}, "", False, {"ü": "🐙"}])
def test_messages_are_any_json(api, thread, message):
    api.create("traces", thread.turn(input=message, output=message))
    record = everywhere(thread)
    assert (record["first_message"], record["last_message"]) == (message, message)


def test_cost_and_usage_follow_the_spans(api, thread):
    one, two = thread.say(2)
    first = span(thread.project, one["id"], total_estimated_cost=0.25, usage={"a": 1, "b": 2})
    second = span(thread.project, two["id"], total_estimated_cost=0.5, usage={"a": 5})
    api.batch("spans", first, second)
    assert everywhere(thread)["total_estimated_cost"] == 0.75
    assert everywhere(thread)["usage"] == {"a": 6, "b": 2}
    api.update("spans", second["id"], {"trace_id": two["id"], "total_estimated_cost": 1,
                                       "usage": {"b": 7}})
    assert everywhere(thread)["total_estimated_cost"] == 1.25
    assert everywhere(thread)["usage"] == {"a": 1, "b": 9}
    assert api.delete(f"spans/{first['id']}").status_code == 204
    assert everywhere(thread)["total_estimated_cost"] == 1
    assert everywhere(thread)["usage"] == {"b": 7}
    assert api.delete(f"spans/{second['id']}").status_code == 204
    assert not {"usage", "total_estimated_cost"} & everywhere(thread).keys()


def test_spans_before_their_trace(api, thread):
    item = thread.turn()
    api.create("spans", span(thread.project, item["id"], total_estimated_cost=0.25, usage={"a": 1}))
    assert not thread.exists()
    api.create("traces", item)
    assert (thread.read()["total_estimated_cost"], thread.read()["usage"]) == (0.25, {"a": 1})


def test_costs_of_zero_are_omitted(api, thread):
    (one,) = thread.say()
    api.create("spans", span(thread.project, one["id"], total_estimated_cost=0, usage={}))
    assert not {"usage", "total_estimated_cost"} & everywhere(thread).keys()


def test_trace_tags_are_not_the_threads(thread):
    thread.say(tags=["trace"])
    assert "tags" not in everywhere(thread)
    thread.update(tags=["own"])
    assert everywhere(thread)["tags"] == ["own"]


def test_traces_scores_and_comments_are_not_the_threads(api, thread):
    (one,) = thread.say()
    api.put(f"traces/{one['id']}/feedback-scores", {"name": "a", "value": 1, "source": "sdk"})
    api.post(f"traces/{one['id']}/comments", {"text": "t"})
    assert not {"feedback_scores", "comments"} & everywhere(thread).keys()


# ---- made by traces -----------------------------------------------------------------------------

@pytest.mark.parametrize("thread_id", [None, "", "  ", "\n\t"])
def test_no_thread_id_no_thread(api, project, thread_id):
    api.batch("traces", turn(project, thread_id), turn(project, thread_id))
    assert api.page(PATH, project_name=project)["total"] == 0


@pytest.mark.parametrize("thread_id", ["a", " a ", "A", "ü€😀", "a b/c?d=e&f#g", "x" * 5000,
                                       "a\u0000b", "%41", "[]", '"', "'; DROP TABLE thread"])
def test_thread_ids_are_any_text(api, project, thread_id):
    thread = Thread(api, project, thread_id)
    thread.say()
    assert thread.read()["id"] == thread_id
    assert api.ids(PATH, project_name=project) == [thread_id]
    thread.close().open()
    assert Thread(api, project, thread_id.upper() + "?").retrieve().status_code == 404


def test_thread_ids_that_differ_in_case(api, project):
    for one in ("chat", "Chat"):
        Thread(api, project, one).say()
    assert sorted(api.ids(PATH, project_name=project)) == ["Chat", "chat"]
    assert Thread(api, project, "chat").model_id != Thread(api, project, "Chat").model_id


def test_the_record_of_a_batch(api, thread):
    """thread_model_id has the time of the smallest id, environment is that of this trace;
    last_updated_at is the greatest of the items."""
    items = [thread.turn(1, id=uuid7(BASE + 5), environment="second",
                         last_updated_at="2100-03-03T00:00:00Z"),
             thread.turn(2, id=uuid7(BASE), environment="first",
                         last_updated_at="2100-02-02T00:00:00Z"),
             thread.turn(0, id=uuid7(BASE + 9), environment="third",
                         last_updated_at="2100-01-01T00:00:00Z")]
    before = client.now_iso()
    api.batch("traces", *items)
    record = everywhere(thread)
    assert id_ms(record["thread_model_id"]) == BASE
    assert record["last_updated_at"] == "2100-03-03T00:00:00Z"
    assert before <= record["created_at"] <= client.now_iso()
    assert record["environment"] == "first"


def test_several_threads_in_a_batch(api, project):
    threads = [Thread(api, project, f"t{i}") for i in range(5)]
    api.batch("traces", *(one.turn(n, id=uuid7(BASE + 10 * i + n))
                          for n in range(4) for i, one in enumerate(threads)))
    assert [one.read()["number_of_messages"] for one in threads] == [8] * 5
    assert [id_ms(one.model_id) for one in threads] == [BASE + 10 * i for i in range(5)]


def test_later_traces_keep_the_record(api, thread):
    thread.say(environment="first")
    before = thread.read()
    api.batch("traces", thread.turn(9, id=uuid7(BASE), environment="older",
                                    start_time="2020-01-01T00:00:00Z"))
    after = everywhere(thread)
    for field in ("thread_model_id", "created_at", "created_by", "environment"):
        assert after[field] == before[field], field
    assert after["last_updated_at"] > before["last_updated_at"]
    assert after["number_of_messages"] == 4


def test_environment_of_the_traces_when_the_record_has_none(api, thread):
    api.create("traces", thread.turn(5))
    assert everywhere(thread)["environment"] == ""
    api.create("traces", thread.turn(6, environment="late"))
    assert everywhere(thread)["environment"] == "", "that of the smallest start"
    api.create("traces", thread.turn(1, environment="early"))
    assert everywhere(thread)["environment"] == "early"


def test_a_trace_that_comes_again_counts_once(api, thread):
    (one,) = thread.say()
    for i in range(3):
        api.batch("traces", {**one, "name": f"again {i}", "last_updated_at": client.now_iso(i)})
    record = everywhere(thread)
    assert record["number_of_messages"] == 2
    assert record["thread_model_id"] == thread.model_id


def test_a_trace_that_moves(api, project):
    """A newer item with another thread_id leaves the first thread."""
    first, second = Thread(api, project, "first"), Thread(api, project, "second")
    one, two = first.say(2)
    api.create("spans", span(project, two["id"], total_estimated_cost=1, usage={"a": 1}))
    api.batch("traces", {**two, "thread_id": "second", "last_updated_at": client.now_iso(1)})
    record = everywhere(first)
    assert (record["number_of_messages"], record["last_message"]) == (2, {"a": 0})
    assert not {"usage", "total_estimated_cost"} & record.keys()
    record = everywhere(second)
    assert (record["number_of_messages"], record["usage"]) == (2, {"a": 1})
    assert id_ms(record["thread_model_id"]) == id_ms(two["id"])
    api.update("traces", two["id"], {"thread_id": "first"})
    assert everywhere(first)["number_of_messages"] == 4
    assert not second.exists()
    assert one["id"]


def test_an_item_without_thread_id_leaves_the_thread(api, thread):
    one, two = thread.say(2)
    api.batch("traces", {**{key: value for key, value in one.items() if key != "thread_id"},
                         "last_updated_at": client.now_iso(1)})
    record = everywhere(thread)
    assert (record["number_of_messages"], record["first_message"]) == (2, {"q": 1})
    assert two["id"]


def test_patches_change_the_aggregates(api, thread):
    one, two = thread.say(2)
    api.update("traces", one["id"], {"input": {"new": 1}, "end_time": "2024-01-01T12:00:00Z"})
    record = everywhere(thread)
    assert (record["first_message"], record["last_message"]) == ({"new": 1}, {"a": 0})
    assert record["end_time"] == "2024-01-01T12:00:00Z"
    api.update("traces", one["id"], {"end_time": "2024-01-01T10:00:00.100Z"})
    record = everywhere(thread)
    assert (record["last_message"], record["end_time"]) == ({"a": 1}, "2024-01-01T10:00:01.500Z")
    assert two["id"]


def test_updates_of_traces_leave_the_record(api, thread):
    """threads.md 2.2: neither a PATCH nor spans touch it; a closed thread stays closed."""
    (one,) = thread.say()
    thread.close()
    before = thread.read()
    api.update("traces", one["id"], {"tags": ["x"]})
    api.patch("traces/batch", {"ids": [one["id"]], "update": {"tags": ["y"]}})
    api.create("spans", span(thread.project, one["id"]))
    assert everywhere(thread) == before


# ---- threads that only PATCHes have made --------------------------------------------------------

def patched(thread, **fields):
    trace_id = uuid7()
    thread.api.update("traces", trace_id, {"project_name": thread.project, "thread_id": thread.id,
                                           **fields})
    return trace_id


def test_patches_make_no_record(api, thread):
    trace_id = patched(thread, input={"q": "p"})
    record, trace = everywhere(thread), api.read("traces", trace_id)
    assert "thread_model_id" not in record
    assert record["status"] == "active"
    for field in ("created_at", "created_by", "last_updated_at", "last_updated_by", "start_time"):
        assert record[field] == trace[field], field
    assert record["first_message"] == {"q": "p"}


def test_a_patch_of_a_created_trace_makes_no_record(api, project):
    trace = turn(project, None)
    api.create("traces", trace)
    api.update("traces", trace["id"], {"thread_id": "patched"})
    record = everywhere(Thread(api, project, "patched"))
    assert "thread_model_id" not in record
    assert record["first_message"] == {"q": 0}


def test_times_of_a_thread_without_a_record(api, thread):
    ids = [patched(thread) for _ in range(3)]
    traces = [api.read("traces", one) for one in ids]
    api.update("traces", ids[1], {"name": "touched"})
    record = everywhere(thread)
    assert record["created_at"] == min(one["created_at"] for one in traces)
    assert record["last_updated_at"] == api.read("traces", ids[1])["last_updated_at"]
    assert api.delete(f"traces/{ids[0]}").status_code == 204
    assert api.delete(f"traces/{ids[1]}").status_code == 204
    record = everywhere(thread)
    assert record["created_at"] == traces[2]["created_at"]
    assert record["last_updated_at"] == traces[2]["last_updated_at"]


def test_a_create_after_patches_makes_the_record(api, thread):
    trace_id = patched(thread)
    before = client.now_iso()
    api.create("traces", thread.turn(id=trace_id))
    record = everywhere(thread)
    assert id_ms(record["thread_model_id"]) == id_ms(trace_id)
    assert record["created_at"] >= before
    assert record["number_of_messages"] == 2


def test_scores_before_traces_make_the_mapping(api, thread):
    before = int(time.time() * 1000) - 1
    thread.score("early", 0.5)
    assert not thread.exists()
    thread.say(id=uuid7(BASE))
    record = everywhere(thread)
    assert before <= id_ms(record["thread_model_id"]) <= time.time() * 1000 + 1
    assert [one["name"] for one in record["feedback_scores"]] == ["early"]


# ---- retrieve -----------------------------------------------------------------------------------

def test_retrieve_by_project_id(api, thread):
    thread.say()
    record = thread.read()
    body = {"project_id": api.project_id(thread.project), "thread_id": thread.id}
    assert api.post(f"{PATH}/retrieve", body).json() == record
    body["project_name"] = "no such"
    assert api.post(f"{PATH}/retrieve", body).json() == record, "the id wins"
    body = {"project_name": thread.project.upper(), "thread_id": thread.id}
    assert api.post(f"{PATH}/retrieve", body).json() == record


def test_retrieve_errors(api, thread):
    thread.say()
    path, missing = f"{PATH}/retrieve", uuid7()
    for thread_id in (None, "", " "):
        assert is_error(api.post(path, {**thread.body, "thread_id": thread_id}, bad=True), 422,
                        "threadId must not be blank")
    assert is_error(api.post(path, {"project_name": thread.project}, bad=True), 422,
                    "threadId must not be blank")
    assert is_error(api.post(path, {"thread_id": "t"}), 422, PROVIDE)
    assert is_error(api.post(path, {}, bad=True), 422, "threadId must not be blank", PROVIDE)
    assert is_error(api.post(path, {"thread_id": "t", "project_id": missing}), 404,
                    "Project not found")
    assert is_message(api.post(path, {"thread_id": "t", "project_name": "none"}), 404,
                      "Project name: none not found")
    assert is_message(api.post(path, {"thread_id": "t", "project_name": ""}), 404,
                      "Project name:  not found")
    assert is_message(api.post(path, {**thread.body, "thread_id": "none"}), 404,
                      "Trace Thread id: none not found")
    for change in ({"thread_id": {}}, {"project_id": "x"}, {"truncate": "often"},
                   {"project_name": []}):
        assert is_unreadable(api.post(path, {**thread.body, **change}, bad=True))


LONG = {"k": "x" * 20000}


def test_retrieve_truncated(api, thread):
    """The message is cut, images stay (threads.md 3.2)."""
    api.create("traces", thread.turn(input=LONG, output={"image": "/9j/AAAA"}))
    cut, whole = thread.read(truncate=True), thread.read(truncate=False)
    assert cut["first_message"] == json.dumps(LONG, separators=(",", ":"))[:10001]
    assert cut["last_message"] == {"image": "/9j/AAAA"}
    assert (whole["first_message"], whole["last_message"]) == (LONG, {"image": "/9j/AAAA"})
    assert thread.read() == whole == thread.read(truncate=None)


# ---- close --------------------------------------------------------------------------------------

def test_close_and_open(thread):
    thread.say()
    before = thread.read()
    thread.close()
    closed = everywhere(thread)
    assert closed["last_updated_at"] > before["last_updated_at"]
    assert closed == {**before, "status": "inactive",
                      "last_updated_at": closed["last_updated_at"]}
    assert everywhere(thread.close()) == closed, "closed already: unchanged"
    opened = everywhere(thread.open())
    assert opened["last_updated_at"] > closed["last_updated_at"]
    assert opened == {**before, "last_updated_at": opened["last_updated_at"]}
    assert everywhere(thread.open()) == opened


def test_close_many(api, project):
    threads = [Thread(api, project, f"t{i}") for i in range(4)]
    for one in threads:
        one.say()
    body = {"project_name": project, "thread_ids": ["t0", "t2", "t2"]}
    assert api.put(f"{PATH}/close", body).status_code == 204
    assert [one.read()["status"] for one in threads] == ["inactive", "active"] * 2
    body = {"project_id": api.project_id(project), "thread_id": "t1", "project_name": "none"}
    assert api.put(f"{PATH}/close", body).status_code == 204
    assert threads[1].read()["status"] == "inactive"


def test_close_a_thousand(api, project):
    ids = [f"t{i}" for i in range(1000)]
    api.batch("traces", *(turn(project, one) for one in ids))
    body = {"project_name": project, "thread_ids": ids}
    assert api.put(f"{PATH}/close", body).status_code == 204
    page = api.page(PATH, project_name=project, size=1000)
    assert {one["status"] for one in page["content"]} == {"inactive"}


def test_close_what_has_no_trace(api, thread):
    """Nothing is closed when one is missing."""
    thread.say()
    body = {"project_name": thread.project, "thread_ids": [thread.id, "none", "no one"]}
    response = api.put(f"{PATH}/close", body)
    assert response.json() in [{"code": 404, "message": f"Thread '[{ids}]' not found:"}
                               for ids in ("none, no one", "no one, none")]
    assert thread.read()["status"] == "active"
    body = {"project_name": thread.project, "thread_id": "none"}
    assert is_message(api.put(f"{PATH}/close", body), 404, "Thread '[none]' not found:")
    other = name("other")
    api.create("projects", {"name": other})
    body = {"project_name": other, "thread_id": thread.id}
    assert is_message(api.put(f"{PATH}/close", body), 404, f"Thread '[{thread.id}]' not found:")


def test_close_what_has_only_scores(api, thread):
    thread.score()
    assert is_message(api.put(f"{PATH}/close", thread.body), 404,
                      f"Thread '[{thread.id}]' not found:")


def test_close_makes_a_missing_record(api, thread):
    first = patched(thread, environment="patched")
    patched(thread)
    made = api.read("traces", first)["created_at"]
    thread.close()
    record = everywhere(thread)
    moment = client.datetime.datetime.fromisoformat(made).timestamp()
    assert abs(id_ms(record["thread_model_id"]) - moment * 1000) <= 1
    assert (record["status"], record["created_at"]) == ("inactive", made)
    assert record["created_by"] == USER


SIZE = "threadIds size must be between 1 and 1000"
EITHER_PROJECT = "The request body Either 'projectName' or 'projectId' must be provided."
EITHER_THREAD = "The request body Either 'threadId' or 'threadIds' must be provided."
BOTH_THREADS = ("The request body Cannot provide both 'threadId' and 'threadIds'. Use 'threadId' "
                "for single operations or 'threadIds' for batch operations.")
ITERABLE = "threadIds[].<iterable element> must not be blank"
CLOSE_ERRORS = [
    ({}, [EITHER_PROJECT, EITHER_THREAD]), ({"thread_id": "t"}, [EITHER_PROJECT]),
    ({"thread_id": "t", "project_name": " "}, [EITHER_PROJECT]),
    ({"project_name": "p"}, [EITHER_THREAD]),
    ({"project_name": "p", "thread_id": ""}, [EITHER_THREAD]),
    ({"project_name": "p", "thread_id": "t", "thread_ids": ["u"]}, [BOTH_THREADS]),
    ({"project_name": "p", "thread_id": "t", "thread_ids": []}, [BOTH_THREADS, SIZE]),
    ({"project_name": "p", "thread_ids": []}, [SIZE]),
    ({"project_name": "p", "thread_ids": [f"t{i}" for i in range(1001)]}, [SIZE]),
    ({"project_name": "p", "thread_ids": ["t", " "]}, [ITERABLE]),
    ({"project_name": "p", "thread_ids": [""]}, [ITERABLE]),
]


@pytest.mark.parametrize("body,messages", CLOSE_ERRORS, ids=lambda value: str(value)[:60])
def test_close_errors(api, body, messages):
    assert is_error(api.put(f"{PATH}/close", body, bad=True), 422, *messages)


@pytest.mark.parametrize("what", ["close", "open"])
def test_projects_of_close_and_open(api, what):
    missing = uuid7()
    assert is_message(api.put(f"{PATH}/{what}", {"thread_id": "t", "project_name": "none"}), 404,
                      "Project name: none not found")
    assert is_message(api.put(f"{PATH}/{what}", {"thread_id": "t", "project_id": missing}), 404,
                      f"Project id: {missing} not found")
    assert not api.project_exists("none")
    for change in ({"thread_id": {}}, {"project_id": "x"}, {"project_name": []}):
        body = {"thread_id": "t", "project_name": "p", **change}
        assert is_unreadable(api.put(f"{PATH}/{what}", body, bad=True))


def test_close_unreadable(api):
    for ids in ({}, "t", [{}], [[]]):
        body = {"project_name": "p", "thread_ids": ids}
        assert is_unreadable(api.put(f"{PATH}/close", body, bad=True))


# ---- open ---------------------------------------------------------------------------------------

def test_open_an_unknown_thread(api, thread):
    """Only its id is fixed; nothing becomes visible."""
    api.create("projects", {"name": thread.project})
    thread.open()
    assert not thread.exists()
    assert api.page(PATH, project_name=thread.project)["total"] == 0
    before = int(time.time() * 1000)
    time.sleep(0.01)
    thread.say(id=uuid7(BASE))
    record = everywhere(thread)
    assert BASE < id_ms(record["thread_model_id"]) <= before + 1
    assert record["status"] == "active"


def test_open_errors(api, thread):
    path = f"{PATH}/open"
    for body in ({"project_name": "p"}, {"project_name": "p", "thread_id": " "},
                 {"project_name": "p", "thread_id": None}):
        assert is_error(api.put(path, body, bad=True), 422, "threadId must not be blank")
    assert is_error(api.put(path, {"thread_id": "t"}), 422, PROVIDE)
    assert is_message(api.put(path, {"thread_id": "t", "project_name": ""}), 404,
                      "Project name:  not found")
    thread.say()
    assert api.put(path, {**thread.body, "truncate": True}).status_code == 204


# ---- new traces reopen --------------------------------------------------------------------------

@pytest.mark.parametrize("how", ["single", "batch", "again"])
def test_a_new_trace_opens(api, thread, how):
    (one,) = thread.say()
    thread.score().comment("kept")
    thread.update(tags=["kept"]).close()
    before = thread.read()
    if how == "single":
        api.create("traces", thread.turn(1))
    elif how == "batch":
        thread.say(first=1)
    else:
        api.batch("traces", {**one, "last_updated_at": client.now_iso(1)})
    after = everywhere(thread)
    assert after["status"] == "active"
    for field in ("thread_model_id", "tags", "created_at", "feedback_scores", "comments"):
        assert after[field] == before[field], field
    assert after["last_updated_at"] > before["last_updated_at"]


def test_an_old_trace_does_not_open(api, thread):
    """Its last_updated_at is before the closing (threads.md 2.2)."""
    thread.say()
    thread.close()
    thread.say(first=1, last_updated_at="2024-01-01T00:00:00Z")
    record = everywhere(thread)
    assert (record["status"], record["number_of_messages"]) == ("inactive", 4)


# ---- inactivity ---------------------------------------------------------------------------------

CONFIGURATION = "workspaces/configurations"


def wait_for(thread, status, seconds=10):
    until = time.monotonic() + seconds
    while thread.read()["status"] != status:
        assert time.monotonic() < until, f"still {thread.read()['status']}"
        time.sleep(0.05)


def test_inactivity(start_server, project):
    server = start_server("--thread-timeout", "1s", "--thread-check", "100ms")
    api = client.Api(server.url)
    idle, busy, early = (Thread(api, project, one) for one in ("idle", "busy", "early"))
    early.say(last_updated_at="2024-01-01T00:00:00Z")
    wait_for(early, "inactive", 1)
    idle.say()
    before = idle.read()
    began = time.monotonic()
    busy.say()
    while time.monotonic() < began + 1.5:
        busy.turn()
        busy.say()
        time.sleep(0.2)
    assert busy.read()["status"] == "active"
    wait_for(idle, "inactive")
    after = everywhere(idle)
    assert (after["last_updated_by"], after["created_at"]) == ("admin", before["created_at"])
    assert after["last_updated_at"] > before["last_updated_at"]
    idle.say(first=1)
    assert idle.read()["status"] == "active"
    wait_for(idle, "inactive")
    wait_for(busy, "inactive")


def test_inactivity_as_the_workspace_is_configured(start_server, project):
    """It overrides the option, and null falls back to it."""
    server = start_server("--thread-check", "100ms")
    api, thread = client.Api(server.url), None
    thread = Thread(api, project)
    thread.say(last_updated_at=client.now_iso(-60))
    time.sleep(0.5)
    assert thread.read()["status"] == "active"
    api.put(CONFIGURATION, {"timeout_to_mark_thread_as_inactive": "PT30S"})
    wait_for(thread, "inactive")
    thread.open()
    time.sleep(0.3)
    assert thread.read()["status"] == "active"
    api.put(CONFIGURATION, {"timeout_to_mark_thread_as_inactive": None})
    other = Thread(api, project)
    other.say(last_updated_at=client.now_iso(-60))
    time.sleep(0.5)
    assert other.read()["status"] == "active"


def test_tags_start_the_time_anew(start_server, project):
    server = start_server("--thread-timeout", "1s", "--thread-check", "100ms")
    thread = Thread(client.Api(server.url), project)
    thread.say()
    began = time.monotonic()
    while time.monotonic() < began + 1.5:
        thread.update(tags=["x"])
        time.sleep(0.1)
    assert thread.read()["status"] == "active"
    thread.score().comment("does not")
    wait_for(thread, "inactive")


# ---- delete -------------------------------------------------------------------------------------

def rich(thread):
    """With everything that a thread can have."""
    traces = thread.say(2)
    thread.api.create("spans", span(thread.project, traces[0]["id"]))
    thread.score().comment("kept")
    return thread.update(tags=["kept"]), traces


def test_delete(api, thread):
    thread, traces = rich(thread)
    other = Thread(api, thread.project, "other")
    other.say()
    before = thread.read()
    trace_score = {"name": "a", "value": 1, "source": "sdk"}
    api.put(f"traces/{traces[0]['id']}/feedback-scores", trace_score)
    thread.delete()
    assert not thread.exists()
    assert api.ids(PATH, project_name=thread.project) == ["other"]
    assert api.page("traces", project_name=thread.project)["total"] == 1
    assert api.page("spans", project_name=thread.project)["total"] == 0
    project_id = api.project_id(thread.project)
    names = api.get("traces/feedback-scores/names", params={"project_id": project_id}).json()
    assert names == {"scores": []}
    thread.say()
    after = everywhere(thread)
    for field in ("thread_model_id", "created_at", "tags", "feedback_scores", "comments"):
        assert after[field] == before[field], field
    assert after["number_of_messages"] == 2


def test_delete_with_purge(api, thread):
    """contract/README.md, difference 14: scores and comments go too."""
    thread, _ = rich(thread)
    thread.delete(purge=True)
    project_id = api.project_id(thread.project)
    names = api.get(f"{PATH}/feedback-scores/names", params={"project_id": project_id}).json()
    assert names == {"scores": []}
    thread.say()
    assert not {"feedback_scores", "comments"} & everywhere(thread).keys()


@pytest.mark.parametrize("purge", [False, None])
def test_delete_without_purge(thread, purge):
    thread, _ = rich(thread)
    thread.delete(purge=purge).say()
    assert {"feedback_scores", "comments"} <= everywhere(thread).keys()


def test_purge_of_a_thread_that_has_no_traces_left(thread):
    thread, _ = rich(thread)
    thread.delete().delete(purge=True).say()
    assert not {"feedback_scores", "comments"} & everywhere(thread).keys()


def test_delete_many(api, project):
    threads = [Thread(api, project, f"t{i}") for i in range(5)]
    for one in threads:
        one.say(3)
    body = {"project_id": api.project_id(project), "project_name": "none",
            "thread_ids": ["t1", "t3", "t3", "none"]}
    assert api.post(f"{PATH}/delete", body).status_code == 204
    assert sorted(api.ids(PATH, project_name=project)) == ["t0", "t2", "t4"]


def test_delete_a_long_thread(api, thread):
    for start in range(0, 1200, 400):
        api.batch("traces", *(thread.turn(i % 60) for i in range(start, start + 400)))
    assert thread.read()["number_of_messages"] == 2400
    thread.delete()
    assert not thread.exists()
    assert api.page("traces", project_name=thread.project)["total"] == 0


def test_delete_in_one_project_only(api, thread):
    thread.say()
    other = Thread(api, name("other"), thread.id)
    other.say()
    thread.delete()
    assert not thread.exists() and other.exists()


def test_delete_what_is_not_there(api):
    for body in ({"project_name": "none"}, {"project_id": uuid7()}):
        response = api.post(f"{PATH}/delete", {**body, "thread_ids": ["t"]})
        assert (response.status_code, response.content) == (204, b"")
    assert not api.project_exists("none")


EMPTY = "threadIds must not be empty"
ELEMENT = "threadIds[{}].<list element> must not be blank"


@pytest.mark.parametrize("change,messages", [
    ({"thread_ids": []}, [SIZE, EMPTY]), ({"thread_ids": None}, [EMPTY]),
    ({"thread_ids": [f"t{i}" for i in range(1001)]}, [SIZE]),
    ({"thread_ids": [""]}, [ELEMENT.format(0)]), ({"thread_ids": ["t", " "]}, [ELEMENT.format(1)]),
    ({"thread_ids": [None]}, [ELEMENT.format(0)]),
    ({"project_name": " "}, ["projectName must not be blank"]),
    ({"project_name": None}, [PROVIDE]),
], ids=lambda value: str(value)[:60])
def test_delete_errors(api, change, messages):
    body = {"project_name": "p", "thread_ids": ["t"], **change}
    assert is_error(api.post(f"{PATH}/delete", body, bad=True), 422, *messages)


def test_delete_unreadable(api):
    for change in ({"thread_ids": {}}, {"thread_ids": "t"}, {"thread_ids": [{}]},
                   {"project_id": "x"}, {"purge": "perhaps"}):
        body = {"project_name": "p", "thread_ids": ["t"], **change}
        assert is_unreadable(api.post(f"{PATH}/delete", body, bad=True))


@pytest.mark.parametrize("how", ["DELETE", "POST delete"])
def test_the_last_trace_hides_the_thread(api, thread, how):
    one, two = thread.say(2)
    api.delete(f"traces/{two['id']}")
    record = everywhere(thread)
    assert (record["number_of_messages"], record["last_message"]) == (2, {"a": 0})
    model_id = thread.model_id
    if how == "DELETE":
        api.delete(f"traces/{one['id']}")
    else:
        api.post("traces/delete", {"ids": [one["id"]]})
    assert not thread.exists()
    assert api.page(PATH, project_name=thread.project)["total"] == 0
    thread.say()
    assert thread.model_id == model_id


def test_threads_of_a_deleted_project(api, thread):
    thread, _ = rich(thread)
    model_id = thread.model_id
    assert api.delete(f"projects/{api.project_id(thread.project)}").status_code == 204
    assert api.patch(f"{PATH}/{model_id}", {"tags": ["x"]}).status_code in (204, 404)
    thread.say()
    record = everywhere(thread)
    assert record["thread_model_id"] != model_id
    assert not {"tags", "feedback_scores", "comments"} & record.keys()


def test_exists_thread_only(api, thread):
    """threads.md 8: it asks for records, which outlive their traces."""
    def exists(source=None):
        return api.get("traces/exists", params={
            "project_name": thread.project, "thread_only": "true",
            "source": source}).json()["exists"]
    api.batch("traces", turn(thread.project, None, source="playground"))
    patched(thread)
    assert not exists()
    thread.say(source="evaluator")
    assert exists() and exists("evaluator") and not exists("sdk")
    thread.delete()
    assert exists() and exists("evaluator") and not exists("playground")
    Thread(thread.api, thread.project).say()
    assert exists("sdk"), "a thread without a source"


# ---- tags: PATCH of one -------------------------------------------------------------------------

def tags_of(thread):
    return sorted(thread.read().get("tags", []))


@pytest.mark.parametrize("fields,wanted", [
    ({"tags": ["c"]}, ["c"]), ({"tags": []}, []), ({"tags": None}, ["a", "b"]), ({}, ["a", "b"]),
    ({"tags": ["c", "c", "d"]}, ["c", "d"]),
    # contract/README.md, difference 1
    ({"tags_to_add": ["c", "a"]}, ["a", "b", "c"]), ({"tags_to_remove": ["a", "x"]}, ["b"]),
    ({"tags_to_add": ["a", "c"], "tags_to_remove": ["a", "b"]}, ["a", "c"]),
    ({"tags": ["z"], "tags_to_add": ["c"]}, ["a", "b", "c"]),
    ({"tags": ["z"], "tags_to_remove": ["b"]}, ["a"]),
], ids=str)
@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_tags(thread, api, fields, wanted, many):
    thread.say()
    thread.update(tags=["a", "b"])
    before = thread.read()
    if many:
        response = api.patch(f"{PATH}/batch", {"ids": [thread.model_id], "update": fields})
        assert (response.status_code, response.content) == (204, b"")
    else:
        thread.update(**fields)
    after = everywhere(thread)
    assert sorted(after.pop("tags", [])) == wanted
    assert ("tags" in thread.read()) == bool(wanted), "omitted when empty"
    before.pop("tags")
    assert after.pop("last_updated_at") > before.pop("last_updated_at"), "touched"
    assert after == before


def test_tags_keep_the_status(thread):
    thread.say()
    thread.close().update(tags=["a"])
    assert everywhere(thread)["status"] == "inactive"


def test_update_an_unknown_thread(api):
    for missing in (uuid7(), uuid4()):
        assert is_message(api.patch(f"{PATH}/{missing}", {"tags": ["a"]}), 404,
                          f"Thread id: {missing} not found")
    assert is_message(api.patch(f"{PATH}/nonsense", {"tags": ["a"]}, bad=True), 404,
                      "HTTP 404 Not Found")


def test_update_a_mapping_without_a_record(api, thread):
    """204 without effect (threads.md 6.7)."""
    patched(thread)
    thread.score()
    before = thread.read()
    assert api.patch(f"{PATH}/{before['thread_model_id']}", {"tags": ["a"]}).status_code == 204
    assert thread.read() == before


MANY = [f"t{i}" for i in range(51)]
LONGEST = "ü" * 100
TAG_ERRORS = [
    ({"tags": MANY}, "tags Cannot have more than 50 tags"),
    ({"tags_to_add": MANY}, "tagsToAdd Cannot have more than 50 tags to add"),
    ({"tags_to_remove": MANY}, "tagsToRemove Cannot have more than 50 tags to remove"),
    *(({field: [tag]}, f"{path}[].<iterable element> {message}")
      for field, path in (("tags", "tags"), ("tags_to_add", "tagsToAdd"),
                          ("tags_to_remove", "tagsToRemove"))
      for tag, message in (("", "Tag must not be blank"), (" ", "Tag must not be blank"),
                           (LONGEST + "x", "Tag cannot exceed 100 characters"))),
]


@pytest.mark.parametrize("fields,message", TAG_ERRORS, ids=lambda value: str(value)[:50])
def test_tag_errors(api, thread, fields, message):
    thread.say()
    assert is_error(api.patch(f"{PATH}/{thread.model_id}", fields, bad=True), 422, message)
    body = {"ids": [thread.model_id], "update": fields}
    assert is_error(api.patch(f"{PATH}/batch", body, bad=True), 422, f"update.{message}")
    assert "tags" not in thread.read()


def test_largest_tags(thread):
    thread.say()
    thread.update(tags=MANY[:49] + [LONGEST])
    assert tags_of(thread) == sorted(MANY[:49] + [LONGEST])


def test_update_unreadable(api):
    for fields in ({"tags": "a"}, {"tags": {}}, {"tags_to_add": [{}]}, {"tags_to_remove": [[]]}):
        assert is_unreadable(api.patch(f"{PATH}/{uuid7()}", fields, bad=True))


def test_too_many_tags_as_a_result(api, thread):
    thread.say()
    limit = "Tag limit exceeded: maximum 50 tags per item"
    thread.update(tags=MANY[:50])
    other = Thread(api, thread.project)
    other.say()
    assert is_error(api.patch(f"{PATH}/{thread.model_id}", {"tags_to_add": ["x"]}), 422, limit)
    for change in ({"update": {"tags_to_add": ["x"]}},
                   {"update": {"tags": ["x"]}, "merge_tags": True}):
        body = {"ids": [other.model_id, thread.model_id], **change}
        assert is_error(api.patch(f"{PATH}/batch", body), 422, limit)
    assert tags_of(other) == [], "nothing of the batch is applied"
    thread.update(tags_to_add=["x"], tags_to_remove=["t0"])
    assert len(tags_of(thread)) == 50


# ---- tags: PATCH of many ------------------------------------------------------------------------

@pytest.mark.parametrize("merge,wanted", [(True, ["a", "b", "c"]), (False, ["c"]), (None, ["c"])])
def test_merge_tags(api, thread, merge, wanted):
    thread.say()
    thread.update(tags=["a", "b"])
    body = {"ids": [thread.model_id], "update": {"tags": ["c"]}, "merge_tags": merge}
    assert api.patch(f"{PATH}/batch", body).status_code == 204
    assert tags_of(thread) == wanted


def test_update_many(api, project):
    """Of several projects; unknown ones are skipped."""
    threads = [Thread(api, one) for one in (project, project, name("second"))]
    for one in threads:
        one.say()
    ids = [*(one.model_id for one in threads), uuid7(), uuid4(), threads[0].model_id]
    body = {"ids": ids, "update": {"tags": ["all"]}}
    assert api.patch(f"{PATH}/batch", body).status_code == 204
    assert [tags_of(one) for one in threads] == [["all"]] * 3


IDS_SIZE = "ids size must be between 1 and 1000"
NULL_IDS = ["ids must not be null", "ids must not be empty"]


@pytest.mark.parametrize("change,messages", [
    ({"ids": []}, ["ids must not be empty", IDS_SIZE]), ({"ids": None}, NULL_IDS),
    ({"ids": [uuid7() for _ in range(1001)]}, [IDS_SIZE]),
    ({"update": None}, ["update must not be null"]),
], ids=lambda value: str(value)[:40])
def test_update_many_errors(api, change, messages):
    body = {"ids": [uuid7()], "update": {"tags": ["a"]}, **change}
    assert is_error(api.patch(f"{PATH}/batch", body, bad=True), 422, *messages)


def test_update_many_unreadable(api):
    for change in ({"ids": ["x"]}, {"ids": "x"}, {"update": "x"}, {"update": []},
                   {"merge_tags": "perhaps"}, {"update": {"tags": "x"}}):
        body = {"ids": [uuid7()], "update": {"tags": ["a"]}, **change}
        assert is_unreadable(api.patch(f"{PATH}/batch", body, bad=True))


# ---- all of it is kept --------------------------------------------------------------------------

def test_after_a_restart(start_server, project):
    server = start_server()
    thread = Thread(client.Api(server.url), project)
    rich(thread)
    thread.close()
    before = everywhere(thread)
    server.restart()
    thread.api = client.Api(server.url)
    assert everywhere(thread) == before


def test_numbers_of_a_project(api, project):
    """A thread's traces count in lists and statistics of traces as ever."""
    Thread(api, project).say(3)
    Thread(api, project).say(2)
    stats = api.get("traces/stats", params={"project_name": project}).json()["stats"]
    assert {one["name"]: one["value"] for one in stats}["thread_count"] == 2
