"""POST /traces/threads/search: framing, order, the cursor by thread_model_id and by thread_id, limits,
errors (threads.md 6.3, query.md 13; contract/README.md, difference 7)."""
import json

import pytest

import client
from client import is_error, is_message, is_unreadable, name, uuid4, uuid7
from query_data import condition
from thread_data import chosen_threads, threads_of
from turns import BASE, PATH, Thread, id_ms, search, turn

CURSOR = "last_retrieved_thread_model_id"


@pytest.fixture(scope="module")
def data(api):
    return threads_of(api)


def ids(api, **body):
    return [record["id"] for record in search(api, **body)]


def newest_first(records):
    """By thread_model_id downwards; those without one come last, by their own id."""
    with_model = [one for one in records if "thread_model_id" in one]
    without = [one for one in records if "thread_model_id" not in one]
    return [one["id"] for one in [
        *sorted(with_model, key=lambda one: one["thread_model_id"], reverse=True),
        *sorted(without, key=lambda one: one["id"].encode())]]


def pages(api, limit, cursor_of, **body):
    """All pages; the cursor is made of the last record of each."""
    seen, last = [], {}
    while True:
        records = search(api, limit=limit, **body, **last)
        assert len(records) <= limit
        seen += [one["id"] for one in records]
        if len(records) < limit:
            return seen
        last = {CURSOR: cursor_of(records[-1])}
        assert len(seen) < 2000, "does not end"


# ---- records and order --------------------------------------------------------------------------

def test_everything_newest_first(api, data):
    records = search(api, project_name=data.name)
    listed = {one["id"]: one for one in data.list()["content"]}
    assert {one["id"]: one for one in records} == listed
    assert [one["id"] for one in records] == newest_first(listed.values())
    assert any("thread_model_id" not in one for one in records)


def test_project_by_id(api, data):
    project_id, whole = api.project_id(data.name), ids(api, project_name=data.name)
    assert ids(api, project_id=project_id) == whole
    assert ids(api, project_id=project_id, project_name="none") == whole
    assert ids(api, project_name=data.name.upper()) == whole


def test_nothing_is_an_empty_body(api, data, project):
    api.create("projects", {"name": project})
    assert ids(api, project_name=project) == []
    assert ids(api, project_name=data.name, oql='id = "no such"') == []


# ---- the cursor ---------------------------------------------------------------------------------

def by_model_id(record):
    return record.get("thread_model_id", record["id"])


@pytest.mark.parametrize("limit", [1, 7, 38, 39, 40, 2000])
@pytest.mark.parametrize("cursor_of", [by_model_id, lambda record: record["id"]],
                         ids=["model id", "own id"])
def test_pages(api, data, limit, cursor_of):
    """By the id that the contract means, and by the id that the Python SDK sends."""
    assert pages(api, limit, cursor_of, project_name=data.name) == ids(
        api, project_name=data.name, limit=2000)


@pytest.mark.parametrize("cursor_of", [by_model_id, lambda record: record["id"]],
                         ids=["model id", "own id"])
def test_pages_of_threads_whose_ids_look_like_uuids(api, project, cursor_of):
    """Also one that is another thread's thread_model_id."""
    threads = [Thread(api, project, uuid7() if i % 2 else uuid4()) for i in range(9)]
    for i, one in enumerate(threads):
        one.say(id=uuid7(BASE + i))
    threads.append(Thread(api, project, threads[4].model_id))
    threads[-1].say()
    whole = ids(api, project_name=project)
    assert whole == [one.id for one in threads[::-1]]
    if cursor_of is by_model_id:
        # The double meaning: a thread's own id counts first (it is what the SDKs send).
        assert ids(api, project_name=project, **{CURSOR: threads[-1].id}) == whole[1:]
        threads[-1].delete()
        whole = whole[1:]
    assert pages(api, 2, cursor_of, project_name=project) == whole


def test_pages_of_threads_that_only_patches_made(api, project):
    """They have no thread_model_id; some of them look like UUIDs."""
    names = ["b", "a", uuid7(), uuid4(), "ü", "A", "~"]
    for one in names:
        api.update("traces", uuid7(), {"project_name": project, "thread_id": one})
    Thread(api, project, "with a record").say()
    whole = ids(api, project_name=project)
    assert whole == ["with a record", *sorted(names, key=str.encode)]
    for limit in (1, 2, 3):
        assert pages(api, limit, lambda record: record["id"], project_name=project) == whole


def test_cursor_need_not_be_a_thread(api, data):
    """A uuid between two threads, before all, after all."""
    records = [one for one in search(api, project_name=data.name) if "thread_model_id" in one]
    rest = [one["id"] for one in search(api, project_name=data.name)][len(records):]
    between = records[5]["thread_model_id"][:-1] + (
        "0" if records[5]["thread_model_id"][-1] != "0" else "1")
    below = [one["id"] for one in records if one["thread_model_id"] < between]
    assert ids(api, project_name=data.name, **{CURSOR: between}) == below + rest
    assert ids(api, project_name=data.name, **{CURSOR: uuid7()}) == [
        one["id"] for one in records] + rest
    zero = "00000000-0000-0000-0000-000000000000"
    assert ids(api, project_name=data.name, **{CURSOR: zero}) == rest
    upper = records[3]["thread_model_id"].upper()
    assert ids(api, project_name=data.name, **{CURSOR: upper}) == [
        one["id"] for one in records][4:] + rest


def test_cursor_that_is_nothing(api, data):
    response = api.post(f"{PATH}/search", {"project_name": data.name, CURSOR: "no such thread"})
    assert response.status_code == 400
    assert "no such thread" in response.json()["message"]


@pytest.mark.parametrize("cursor", [None, ""])
def test_no_cursor(api, data, cursor):
    assert len(search(api, project_name=data.name, **{CURSOR: cursor})) == len(
        data.rows["threads"])


def test_threads_of_one_millisecond(api, project):
    """Their thread_model_ids differ only in what is random; none is lost between pages."""
    api.batch("traces", *(turn(project, f"t{i}", id=uuid7(BASE)) for i in range(50)))
    whole = ids(api, project_name=project)
    assert sorted(whole) == sorted(f"t{i}" for i in range(50))
    for cursor_of in (by_model_id, lambda record: record["id"]):
        assert pages(api, 7, cursor_of, project_name=project) == whole


def test_paging_while_threads_come(api, project):
    """New threads are newer, so a stream that goes on does not see them."""
    for i in range(6):
        Thread(api, project, f"t{i}").say(id=uuid7(BASE + i))
    first = search(api, project_name=project, limit=3)
    Thread(api, project, "new").say()
    Thread(api, project, "t0").say(first=1)
    second = ids(api, project_name=project, limit=3, **{CURSOR: first[-1]["id"]})
    assert [one["id"] for one in first] + second == [f"t{i}" for i in (5, 4, 3, 2, 1, 0)]


def test_a_cursor_whose_thread_is_gone(api, project):
    """It was deleted between two pages: its record is still known."""
    threads = [Thread(api, project, f"t{i}") for i in range(4)]
    for i, one in enumerate(threads):
        one.say(id=uuid7(BASE + i))
    threads[2].delete()
    assert ids(api, project_name=project, **{CURSOR: "t2"}) == ["t1", "t0"]


# ---- conditions ---------------------------------------------------------------------------------

@pytest.mark.parametrize("filters", [
    [], [condition("status", "=", "", "inactive")],
    [condition("feedback_scores", ">=", "accuracy", "0")],
    [condition("feedback_scores", "is_empty", "accuracy", ""),
     condition("feedback_scores", "is_empty", "quality", "")],
    [condition("source", "=", None, "sdk"), condition("number_of_messages", "=", None, 2)],
    [condition("environment", "in", None, "staging,production")],
    [{"or": [condition("tags", "contains", None, "a"), condition("id", "=", None, "chat")]}],
    [{"not": condition("first_message", "contains", None, "e")}],
], ids=str)
def test_filters(api, data, filters):
    rows = chosen_threads(data.rows["threads"], filters)
    records = search(api, project_name=data.name, filters=filters)
    assert {one["id"]: one["number_of_messages"] for one in records} == {
        row.id: 2 * len(row.traces) for row in rows}
    assert [one["id"] for one in records] == newest_first(records)
    assert rows
    typed = [{**node, "type": "string"} for node in filters]
    assert ids(api, project_name=data.name, filters=typed) == [one["id"] for one in records]
    whole = [one["id"] for one in records]
    assert pages(api, 2, lambda one: one["id"], project_name=data.name, filters=filters) == whole


def test_oql(api, data):
    oql = 'status = "active" and (tags is_not_empty or number_of_messages > 4)'
    filters = [condition("status", "=", None, "active"), {"or": [
        condition("tags", "is_not_empty", None, ""),
        condition("number_of_messages", ">", None, "4")]}]
    wanted = ids(api, project_name=data.name, filters=filters)
    assert wanted and ids(api, project_name=data.name, oql=oql) == wanted


def iso(ms):
    moment = client.datetime.datetime.fromtimestamp(ms / 1000, client.datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("low,high", [(BASE, None), (None, BASE + 1500), (BASE + 500, BASE + 2500)])
def test_times(api, data, low, high):
    bounds = {field: iso(value) for field, value in (("from_time", low), ("to_time", high))
              if value is not None}
    rows = chosen_threads(data.rows["threads"], low=low, high=high)
    records = search(api, project_name=data.name, **bounds)
    assert {one["id"]: one["number_of_messages"] for one in records} == {
        row.id: 2 * len(row.traces) for row in rows}
    assert [one["id"] for one in records] == newest_first(records)


def test_default_limit_is_500(api, project):
    api.batch("traces", *(turn(project, f"t{i}", id=uuid7(BASE + i)) for i in range(510)))
    whole = [f"t{i}" for i in range(510)][::-1]
    assert ids(api, project_name=project) == whole[:500]
    assert ids(api, project_name=project, limit=None) == whole[:500]
    assert ids(api, project_name=project, limit=2000) == whole


LONG = {"k": "x" * 20000}


def test_truncate(api, project):
    """Absent means false (threads.md 3.2), whatever OpenAPI says."""
    Thread(api, project).say(input=LONG, output="/9j/AAAA")

    def only(**fields):
        (record,) = search(api, project_name=project, **fields)
        return record["first_message"], record["last_message"]

    assert only(truncate=True) == (json.dumps(LONG, separators=(",", ":"))[:10001], "[image]")
    for fields in ({}, {"truncate": False}, {"truncate": None}, {"strip_attachments": True}):
        assert only(**fields) == (LONG, "/9j/AAAA")


def test_large_streams(api, project):
    api.batch("traces", *(turn(project, f"t{i}", id=uuid7(BASE + i),
                               input={"text": str(i) * 3000}) for i in range(300)))
    records = search(api, project_name=project)
    assert [one["first_message"] for one in records] == [
        {"text": str(i) * 3000} for i in range(300)][::-1]
    assert all(id_ms(one["thread_model_id"]) == BASE + int(one["id"][1:]) for one in records)


# ---- errors: before the stream ------------------------------------------------------------------

LOW = "limit must be greater than or equal to 1"
HIGH = "limit must be less than or equal to 2000"


@pytest.mark.parametrize("limit,message", [(0, LOW), (-1, LOW), (2001, HIGH), (2**31 - 1, HIGH)])
def test_limit_is_checked(api, data, limit, message):
    body = {"project_name": data.name, "limit": limit}
    assert is_error(api.post(f"{PATH}/search", body, bad=True), 422, message)


@pytest.mark.parametrize("body", [
    {"limit": "many"}, {"filters": {}}, {"filters": "id"}, {"filters": [1]}, {CURSOR: {}},
    {"filters": [{"field": "id"}]}, {"filters": [condition("name", "=", None, "x")]},
    {"filters": [condition("id", "equals", None, "x")]}, {"truncate": "often"},
    {"project_id": "x"}, {"from_time": "yesterday"}, {"oql": []},
], ids=str)
def test_unreadable(api, data, body):
    body = {"project_name": data.name, **body}
    assert is_unreadable(api.post(f"{PATH}/search", body, bad=True))


@pytest.mark.parametrize("test,message", [
    (condition("status", ">", None, "x"),
     "Invalid operator '>' for field 'status' of type 'ENUM'"),
    (condition("number_of_messages", "=", None, "x"),
     "Invalid value 'x' or key 'null' for field 'number_of_messages' of type 'NUMBER'"),
    (condition("feedback_scores", "=", "", "1"),
     "Invalid value '1' or key 'null' for field 'feedback_scores' of type "
     "'FEEDBACK_SCORES_NUMBER'"),
    (condition("id", "in", None, "x"), "Invalid operator 'in' for field 'id' of type "
     "'STRING_EXACT'"),
], ids=str)
def test_filter_errors(api, data, test, message):
    body = {"project_name": data.name, "filters": [test]}
    assert is_message(api.post(f"{PATH}/search", body), 400, message)


def test_project_and_time_errors(api, data):
    missing, path = uuid7(), f"{PATH}/search"
    neither = "Either 'project_name' or 'project_id' query params must be provided"
    assert is_message(api.post(path, {}), 400, neither)
    assert is_message(api.post(path, {"project_name": " "}), 400, neither)
    assert is_message(api.post(path, {"project_name": "none"}), 404, "Project name: none not found")
    assert is_message(api.post(path, {"project_id": missing}), 404,
                      f"Project id: {missing} not found")
    body = {"project_name": data.name, "from_time": "2024-01-02T00:00:00Z",
            "to_time": "2024-01-01T00:00:00Z"}
    assert is_message(api.post(path, body), 400, "Parameter 'from_time' must be before 'to_time'")
    body["to_time"] = body["from_time"]
    assert is_message(api.post(path, body), 400, "Parameter 'from_time' must be before 'to_time'")


def test_what_is_no_member_is_ignored(api, data):
    """No search, sorting, exclude or queue here (threads.md 6.3)."""
    whole = ids(api, project_name=data.name)
    response = api.post(f"{PATH}/search", {
        "project_name": data.name, "search": "no such", "sorting": "x", "no_such": [1],
        "annotation_queue_id": uuid7(), "exclude": ["input", "tags"]}, bad=True)
    assert [json.loads(line)["id"] for line in response.text.split("\r\n")[:-1]] == whole


def test_other_projects_stay_out(api):
    one, two = Thread(api, name("one"), "same"), Thread(api, name("two"), "same")
    one.say()
    two.say(2)
    (record,) = search(api, project_name=one.project)
    assert record["number_of_messages"] == 2
    # The cursor is of the project.
    assert ids(api, project_name=two.project, **{CURSOR: "same"}) == []
