"""A thread's object: what its traces make of it, and how it is got (threads.md 1 to 3, 6.2)."""
import json
import time

import pytest

import client
from client import is_error, is_message, is_unreadable, span, uuid7
from turns import BASE, PATH, Thread, everywhere, id_ms, patched, rich, turn

USER = "admin"
PROVIDE = "The request body must provide either a project_name or a project_id"


@pytest.fixture
def thread(api, project):
    return Thread(api, project)


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
