"""Threads are closed, opened, forgotten, deleted and come back (threads.md 2, 6.4 to 6.6)."""
import time

import pytest

import client
from client import is_error, is_message, is_unreadable, name, uuid7
from turns import BASE, PATH, Thread, everywhere, id_ms, patched, rich, turn

USER = "admin"
PROVIDE = "The request body must provide either a project_name or a project_id"


@pytest.fixture
def thread(api, project):
    return Thread(api, project)


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


@pytest.mark.parametrize("blank", ["", " ", None])
def test_blank_beside_many(api, thread, blank):
    """A blank thread_id is none."""
    thread.say()
    body = {"project_name": thread.project, "thread_id": blank, "thread_ids": [thread.id]}
    assert api.put(f"{PATH}/close", body).status_code == 204
    assert thread.read()["status"] == "inactive"


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
    body = {"project_name": thread.project, "thread_ids": ["n1", thread.id, "n2", "n1", "n2"]}
    assert is_message(api.put(f"{PATH}/close", body), 404, "Thread '[n1, n2]' not found:")
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
    early.say(last_updated_at=client.now_iso(-3600))
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


def test_what_is_too_old_stays_active(start_server, project):
    """threads.md 2.2: the clock looks back a day, and at the start a week."""
    server = start_server("--thread-timeout", "1s", "--thread-check", "100ms")
    api = client.Api(server.url)
    day = 24 * 3600
    ages = {"years": 2000 * day, "days": 2 * day, "hours": 12 * 3600}
    threads = {age: Thread(api, project, age) for age in ages}
    for age, seconds in ages.items():
        threads[age].say(last_updated_at=client.now_iso(-seconds))
    wait_for(threads["hours"], "inactive")
    time.sleep(0.5)
    assert threads["days"].read()["status"] == threads["years"].read()["status"] == "active"
    server.stop()
    server.start()
    api = client.Api(server.url)
    threads = {age: Thread(api, project, age) for age in ages}
    wait_for(threads["days"], "inactive")
    time.sleep(0.5)
    assert threads["years"].read()["status"] == "active"


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
