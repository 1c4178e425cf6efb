"""PATCH of one thread and of many (threads.md 6.7, 6.8)."""
import pytest

from client import Api, is_error, is_message, is_unreadable, name, uuid4, uuid7
from turns import PATH, Thread, everywhere, patched


@pytest.fixture
def thread(api, project):
    return Thread(api, project)


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


def test_thread_of_another_workspace(start_server):
    """docs/differences.md: one that is elsewhere is unknown here."""
    server = start_server("--workspaces", "any")
    here, there = (Api(server.url, workspace) for workspace in ("here", "there"))
    thread = Thread(here, name())
    thread.say()
    response = there.patch(f"{PATH}/{thread.model_id}", {"tags": ["x"]})
    assert is_message(response, 404, f"Thread id: {thread.model_id} not found")
    body = {"ids": [thread.model_id], "update": {"tags": ["x"]}}
    assert there.patch(f"{PATH}/batch", body).status_code == 204
    assert tags_of(thread) == []


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
