"""PATCH /traces/batch (traces.md 7)."""
import pytest

from client import (EPOCH, FULL, full_trace, has, is_error, is_unreadable, name, now_iso, trace,
                    uuid4, uuid7)


def send(api, ids, update, bad=True, **fields):
    return api.patch("traces/batch", {"ids": ids, "update": update, **fields}, bad=bad)


def change(api, ids, update, **fields):
    response = send(api, ids, update, bad=False, **fields)
    assert response.status_code == 204 and response.content == b"", response.text
    return [api.read("traces", item) for item in ids]


@pytest.fixture
def full(api, project):
    item = full_trace(project)
    api.create("traces", item)
    return item


# ---- target -------------------------------------------------------------------------------------

def test_all_ids_across_projects(api, project):
    items = [full_trace(project), trace(name("other")), trace(project)]
    for item in items:
        api.create("traces", item)
    for item, read in zip(items, change(api, [item["id"] for item in items], {"name": "same"})):
        assert has(read, {"name": "same", "start_time": item["start_time"]})


def test_unknown_ids_are_ignored_and_not_created(api, full):
    unknown = uuid7()
    assert send(api, [unknown, full["id"]], {"name": "n"}, bad=False).status_code == 204
    assert api.get(f"traces/{unknown}").status_code == 404
    assert api.read("traces", full["id"])["name"] == "n"


def test_id_version_is_not_checked(api, full):
    assert send(api, [uuid4(), full["id"]], {"name": "n"}, bad=False).status_code == 204
    assert api.read("traces", full["id"])["name"] == "n"


def test_duplicate_ids_collapse(api, full):
    assert change(api, [full["id"]] * 3, {"tags_to_add": ["c"]})[0]["name"] == full["name"]


def test_largest_request(api, full):
    ids = [full["id"]] + [uuid7() for _ in range(999)]
    assert send(api, ids, {"name": "n"}, bad=False).status_code == 204
    assert api.read("traces", full["id"])["name"] == "n"


# ---- ignored ------------------------------------------------------------------------------------

@pytest.mark.parametrize("field", ["project_name", "project_id"])
def test_project_is_ignored(api, full, field):
    before, other = api.read("traces", full["id"]), name("other")
    value = other if field == "project_name" else uuid7()
    read = change(api, [full["id"]], {field: value, "name": "n"})[0]
    assert has(read, {"name": "n", "project_id": before["project_id"]})
    assert not api.project_exists(other)


def test_source_is_ignored(api, full):
    assert change(api, [full["id"]], {"source": "evaluator"})[0]["source"] == full["source"]


# ---- other fields as in 6.4 ---------------------------------------------------------------------

@pytest.mark.parametrize("field,value", [
    ("name", "new"), ("thread_id", "new"), ("end_time", "2025-01-01T00:00:00Z"), ("ttft", 3.5),
    ("environment", "prod"), ("environment", ""), ("error_info", {"exception_type": "New"}),
    ("input", {"n": 1}), ("output", []), ("metadata", ""), ("input", {}), ("tags", ["x"]),
])
def test_value_replaces(api, full, field, value):
    read = change(api, [full["id"]], {field: value})[0]
    assert has(read, {**{key: FULL[key] for key in FULL if key != field}, field: value})


@pytest.mark.parametrize("field", ["name", "thread_id", "end_time", "ttft", "environment", "tags",
                                   "error_info"])
def test_null_keeps(api, full, field):
    assert has(change(api, [full["id"]], {field: None})[0], {field: full[field]})


@pytest.mark.parametrize("field", ["name", "thread_id"])
@pytest.mark.parametrize("value", ["", " "])
def test_blank_keeps(api, full, field, value):
    assert has(change(api, [full["id"]], {field: value})[0], {field: full[field]})


@pytest.mark.parametrize("field", ["input", "output", "metadata"])
def test_json_null_is_set(api, full, field):
    read = change(api, [full["id"]], {field: None})[0]
    assert field in read and read[field] is None


def test_empty_update_changes_nothing_else(api, full):
    before = api.read("traces", full["id"])
    after = change(api, [full["id"]], {})[0]
    before.pop("last_updated_at"), after.pop("last_updated_at")
    assert after == before


def test_last_updated_is_now_and_created_is_kept(api, full):
    before, moment = api.read("traces", full["id"]), now_iso()
    after = change(api, [full["id"]], {"name": "n"})[0]
    assert after["created_at"] == before["created_at"]
    assert after["created_by"] == after["last_updated_by"] == "admin"
    assert moment <= after["last_updated_at"] <= now_iso()


def test_future_row_is_changed_visibly(api, project):
    item = trace(project, last_updated_at="2290-01-01T00:00:00Z")
    api.batch("traces", item)
    assert has(change(api, [item["id"]], {"name": "n"})[0],
               {"name": "n", "last_updated_at": "2290-01-01T00:00:00.000001Z"})


def test_partial_row_is_changed(api, project):
    made = uuid7()
    api.update("traces", made, {"project_name": project})
    assert has(change(api, [made], {"name": "n"})[0], {"name": "n", "start_time": EPOCH})


def test_fields_count_as_patched(api, project):
    item = full_trace(project, last_updated_at=now_iso(-60))
    api.batch("traces", item)
    change(api, [item["id"]], {"output": {"patched": 1}})
    api.batch("traces", trace(project, id=item["id"], name="n", output={"older": 1},
                              last_updated_at=now_iso(-30)))
    assert has(api.read("traces", item["id"]), {"name": "n", "output": {"patched": 1}}, "input")


# ---- tags ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("update,merge,expected", [
    ({"tags_to_add": ["c"]}, None, "abc"),
    ({"tags_to_remove": ["a"]}, None, "b"),
    ({"tags_to_add": ["c"], "tags_to_remove": ["a"]}, None, "bc"),
    ({"tags_to_add": ["a"], "tags_to_remove": ["a", "b"]}, None, "a"),
    ({"tags_to_add": ["c"], "tags": ["x"]}, None, "abc"),
    ({"tags_to_remove": ["a"], "tags": ["x"]}, True, "b"),
    ({"tags": ["c"]}, True, "abc"),
    ({"tags": []}, True, "ab"),
    ({"tags": ["c"]}, False, "c"),
    ({"tags": ["c"]}, None, "c"),
    ({"tags": []}, False, ""),
    ({}, True, "ab"),
    ({}, None, "ab"),
], ids=str)
def test_tags(api, full, update, merge, expected):
    fields = {} if merge is None else {"merge_tags": merge}
    assert sorted(change(api, [full["id"]], update, **fields)[0].get("tags", [])) == list(expected)


def test_merge_tags_null_is_false(api, full):
    assert change(api, [full["id"]], {"tags": ["c"]}, merge_tags=None)[0]["tags"] == ["c"]


@pytest.mark.parametrize("update,merge", [({"tags_to_add": ["new"]}, False),
                                          ({"tags": ["new"]}, True)], ids=str)
def test_more_than_50_on_any_target_changes_nothing(api, project, full, update, merge):
    crowded = trace(project, tags=[f"t{i}" for i in range(50)])
    api.create("traces", crowded)
    before = [api.read("traces", item["id"]) for item in (full, crowded)]
    response = send(api, [full["id"], crowded["id"]], {**update, "name": "n"}, merge_tags=merge)
    assert is_error(response, 422, "Tag limit exceeded: maximum 50 tags per item")
    assert [api.read("traces", item["id"]) for item in (full, crowded)] == before


def test_pure_removal_is_never_checked(api, project):
    crowded = trace(project, tags=[f"t{i}" for i in range(60)])
    api.create("traces", crowded)
    assert len(change(api, [crowded["id"]], {"tags_to_remove": ["t0"]})[0]["tags"]) == 59


# ---- errors -------------------------------------------------------------------------------------

@pytest.mark.parametrize("body,message", [
    ({"ids": [], "update": {}}, "ids size must be between 1 and 1000"),
    ({"ids": [uuid7() for _ in range(1001)], "update": {}}, "ids size must be between 1 and 1000"),
    ({"update": {}}, "ids must not be null"),
    ({"ids": None, "update": {}}, "ids must not be null"),
    ({"ids": [uuid7()]}, "update must not be null"),
    ({"ids": [uuid7()], "update": None}, "update must not be null"),
    ({"ids": [uuid7()], "update": {"ttft": -1}},
     "update.ttft must be greater than or equal to 0"),
    ({"ids": [uuid7()], "update": {"tags": ["x" * 101]}},
     "update.tags[].<iterable element> Tag cannot exceed 100 characters"),
    ({"ids": [uuid7()], "update": {"tags_to_add": [f"t{i}" for i in range(51)]}},
     "update.tagsToAdd Cannot have more than 50 tags to add"),
    ({"ids": [uuid7()], "update": {"environment": "x" * 151}},
     "update.environment cannot exceed 150 characters"),
], ids=lambda value: value[:40] if isinstance(value, str) else "")
def test_broken_rule_is_422(api, body, message):
    response = api.patch("traces/batch", body, bad=True)
    assert response.status_code == 422, response.text
    assert message in response.json()["errors"]


def test_empty_ids_is_told(api):
    assert is_error(send(api, [], {}), 422, "ids must not be empty",
                    "ids size must be between 1 and 1000")


@pytest.mark.parametrize("body", [
    {"ids": ["x"], "update": {}}, {"ids": "x", "update": {}}, {"ids": [uuid7()], "update": []},
    {"ids": [uuid7()], "update": {"source": "x"}}, {"ids": [uuid7()], "update": {"name": {}}},
    {"ids": [uuid7()], "update": {}, "merge_tags": []}, [], "x",
], ids=str)
def test_wrong_type_is_400(api, body):
    assert is_unreadable(api.patch("traces/batch", body, bad=True))


def test_an_error_changes_nothing(api, full):
    before = api.read("traces", full["id"])
    assert is_error(send(api, [full["id"]], {"name": "n", "ttft": -1}), 422,
                    "update.ttft must be greater than or equal to 0")
    assert api.read("traces", full["id"]) == before
