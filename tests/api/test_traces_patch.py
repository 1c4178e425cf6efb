"""PATCH /traces/{id} (traces.md 3.2, 6) and what contract/README.md says about it."""
import pytest

from client import (EPOCH, FULL, full_trace, has, is_error, is_message, is_unreadable, name,
                    now_iso, trace, uuid4, uuid7)

MISMATCH = "Project name and workspace name do not match the existing trace"
DATA = ("name", "end_time", "input", "output", "metadata", "tags", "error_info", "ttft",
        "thread_id", "source", "duration")


def send(api, item_id, body, bad=True):
    return api.patch(f"traces/{item_id}", body, bad=bad)


@pytest.fixture
def full(api, project):
    """A complete trace in `project`."""
    item = full_trace(project)
    api.create("traces", item)
    return item


def patched(api, full, **fields):
    """What the trace reads as after a PATCH of `fields`."""
    api.update("traces", full["id"], {"project_name": full["project_name"], **fields})
    return api.read("traces", full["id"])


# ---- 6.1 steps ----------------------------------------------------------------------------------

def test_no_row_makes_a_partial_one(api, project):
    made = uuid7()
    api.update("traces", made, {"project_name": project, "name": "n"})
    assert has(api.read("traces", made), {"name": "n", "start_time": EPOCH})
    assert api.ids("traces", project_name=project) == [made]


def test_unknown_project_id_is_404(api, full):
    body = {"project_id": uuid7(), "name": "n"}
    assert is_error(send(api, full["id"], body), 404, "Project not found")
    assert is_error(send(api, uuid7(), body), 404, "Project not found")
    assert api.read("traces", full["id"])["name"] == full["name"]


def test_project_id_wins_over_the_name(api, full):
    other = name("other")
    api.update("traces", full["id"], {"project_id": api.project_id(full["project_name"]),
                                      "project_name": other, "name": "n"})
    assert api.read("traces", full["id"])["name"] == "n"
    assert not api.project_exists(other)


def test_project_id_for_an_unknown_trace(api, full):
    made, project_id = uuid7(), api.project_id(full["project_name"])
    api.update("traces", made, {"project_id": project_id})
    assert api.read("traces", made)["project_id"] == project_id


def test_missing_project_is_made(api, project):
    api.update("traces", uuid7(), {"project_name": f" {project} "})
    assert api.project_exists(project)


@pytest.mark.parametrize("complete", [True, False])
def test_row_in_a_different_project_is_409(api, project, complete):
    item, other = full_trace(project), name("other")
    if complete:
        api.create("traces", item)
    else:
        api.update("traces", item["id"], {"project_name": project})
    before = api.read("traces", item["id"])
    assert is_error(send(api, item["id"], {"project_name": other, "name": "n"}), 409, MISMATCH)
    assert api.read("traces", item["id"]) == before
    assert not api.project_exists(other), "a refused request changes nothing"


def test_row_in_a_different_project_by_id_is_409(api, full):
    other = name("other")
    api.create("traces", trace(other))
    body = {"project_id": api.project_id(other), "name": "n"}
    assert is_error(send(api, full["id"], body), 409, MISMATCH)


def test_without_project_the_own_one_is_meant(api, full):
    """contract/README.md, difference 4."""
    api.update("traces", full["id"], {"name": "n"})
    assert has(api.read("traces", full["id"]),
               {"name": "n", "project_id": api.project_id(full["project_name"])})


def test_without_project_an_unknown_trace_is_in_the_default_one(api):
    made = uuid7()
    api.update("traces", made, {})
    assert (api.read("traces", made)["project_id"] == api.project_id("Default Project"))


# ---- 6.2 the partial row ------------------------------------------------------------------------

def test_partial_row_of_an_empty_patch(api, project):
    made, before = uuid7(), now_iso(-1)
    api.update("traces", made, {"project_name": project})
    read = api.read("traces", made)
    assert has(read, {"start_time": EPOCH, "environment": "", "created_by": "admin",
                      "last_updated_by": "admin", "span_count": 0}, *DATA, "visibility_mode")
    assert before < read["created_at"] < now_iso(1)
    assert before < read["last_updated_at"] < now_iso(1)


@pytest.mark.parametrize("field", [*FULL, "thread_id"])
def test_partial_row_has_the_given_value(api, project, field):
    made, value = uuid7(), {**FULL, "thread_id": "t"}[field]
    api.update("traces", made, {"project_name": project, field: value})
    others = [other for other in DATA if other != field]
    assert has(api.read("traces", made), {field: value, "start_time": EPOCH}, *others)


def test_partial_row_is_listed(api, project):
    made = uuid7()
    api.update("traces", made, {"project_name": project, "output": {"o": 1}})
    assert has(api.page("traces", project_name=project)["content"][0],
               {"id": made, "output": {"o": 1}, "start_time": EPOCH}, "duration")


def test_start_time_and_clock_are_ignored(api, project):
    made = uuid7()
    assert send(api, made, {"project_name": project, "start_time": "2024-01-01T00:00:00Z",
                            "last_updated_at": "2020-01-01T00:00:00Z"}).status_code == 204
    read = api.read("traces", made)
    assert read["start_time"] == EPOCH and read["last_updated_at"] > "2024"


# ---- 6.4 per field ------------------------------------------------------------------------------

@pytest.mark.parametrize("field", DATA[:-1] + ("environment",))
def test_absent_keeps(api, full, field):
    others = {"name": "n"} if field != "name" else {"ttft": 1}
    assert has(patched(api, full, **others), {field: full[field]})


@pytest.mark.parametrize("field", ["name", "thread_id", "tags", "error_info", "end_time", "ttft",
                                   "source", "environment"])
def test_null_keeps(api, full, field):
    assert has(patched(api, full, **{field: None}), {field: full[field]})


@pytest.mark.parametrize("field", ["input", "output", "metadata"])
def test_json_null_is_set(api, full, field):
    read = patched(api, full, **{field: None})
    assert field in read and read[field] is None


@pytest.mark.parametrize("field", ["name", "thread_id"])
@pytest.mark.parametrize("value", ["", "  "])
def test_blank_text_keeps(api, full, field, value):
    assert has(patched(api, full, **{field: value}), {field: full[field]})


@pytest.mark.parametrize("field", ["input", "output", "metadata"])
@pytest.mark.parametrize("value", ["", [], {}, 0, False, "text", {"b": 1}, {"k": {"new": 1}}])
def test_json_value_replaces_whole(api, full, field, value):
    assert has(patched(api, full, **{field: value}), {field: value})


@pytest.mark.parametrize("value", [["c"], ["a"], [], ["c", "c", "d"]])
def test_tags_replace_the_set(api, full, value):
    read = patched(api, full, tags=value)
    assert sorted(read.get("tags", [])) == sorted(set(value))
    assert value or "tags" not in read


@pytest.mark.parametrize("field,value", [
    ("name", "new"), ("thread_id", "new"), ("end_time", "2025-01-01T00:00:00Z"),
    ("ttft", 0), ("ttft", 99.5), ("source", "evaluator"), ("environment", "prod"),
    ("error_info", {"exception_type": "New"}), ("environment", " "),
])
def test_value_replaces(api, full, field, value):
    read = patched(api, full, **{field: value})
    assert has(read, {field: value})
    others = {key: full[key] for key in FULL if key not in (field, "end_time")}
    assert has(read, others)


def test_error_info_empty_object_is_set(api, full):
    assert patched(api, full, error_info={}).get("error_info", {}) == {}


def test_environment_empty_clears(api, full):
    assert patched(api, full, environment="")["environment"] == ""


@pytest.mark.parametrize("field", ["source", "error_info"])
def test_empty_text_is_400(api, full, field):
    assert is_unreadable(send(api, full["id"], {field: ""}))


def test_end_time_empty_text_is_null(api, full):
    assert send(api, full["id"], {"end_time": ""}).status_code == 204
    assert api.read("traces", full["id"])["end_time"] == full["end_time"]


@pytest.mark.parametrize("field", ["name", "thread_id", "end_time", "error_info", "ttft", "source"])
def test_cannot_be_cleared(api, full, field):
    assert has(patched(api, full, **{field: None}), {field: full[field]})


def test_start_created_visibility_and_project_never_change(api, full):
    before = api.read("traces", full["id"])
    body = {"start_time": "2020-01-01T00:00:00Z", "created_at": "2020-01-01T00:00:00Z",
            "created_by": "x", "visibility_mode": "hidden", "name": "n", "id": uuid7()}
    assert send(api, full["id"], body).status_code == 204
    kept = ("start_time", "created_at", "created_by", "visibility_mode", "project_id", "id")
    assert has(api.read("traces", full["id"]), {key: before[key] for key in kept})


def test_duration_is_recomputed(api, full):
    assert patched(api, full, end_time="2024-01-01T10:00:00.123457Z")["duration"] == 0.001


def test_last_updated_at_moves(api, full):
    before = api.read("traces", full["id"])
    after = patched(api, full, name="n")
    assert after["last_updated_at"] > before["last_updated_at"]
    assert after["created_at"] == before["created_at"]


def test_last_patch_wins_per_field(api, full):
    patched(api, full, name="one", ttft=1)
    patched(api, full, name="two", output={"o": 2})
    assert has(patched(api, full, output={"o": 3}),
               {"name": "two", "ttft": 1, "output": {"o": 3}, "input": full["input"]})


# ---- tags_to_add and tags_to_remove: contract/README.md, difference 1 ----------------------------

@pytest.mark.parametrize("fields,expected", [
    ({"tags_to_add": ["c"]}, "abc"),
    ({"tags_to_add": ["b", "b"]}, "ab"),
    ({"tags_to_remove": ["a"]}, "b"),
    ({"tags_to_remove": ["a", "b", "x"]}, ""),
    ({"tags_to_add": ["c"], "tags_to_remove": ["a"]}, "bc"),
    ({"tags_to_add": ["a"], "tags_to_remove": ["a"]}, "ab"),
    ({"tags_to_add": ["c"], "tags": ["x"]}, "abc"),
    ({"tags_to_remove": ["a"], "tags": []}, "b"),
    ({"tags_to_add": []}, "ab"),
    ({"tags_to_add": [], "tags": ["x"]}, "ab"),
    ({"tags_to_add": None, "tags": ["x"]}, "x"),
    ({"tags_to_add": None, "tags_to_remove": None}, "ab"),
], ids=str)
def test_tags_to_add_and_remove(api, full, fields, expected):
    assert sorted(patched(api, full, **fields).get("tags", [])) == list(expected)


def test_tags_to_add_for_an_unknown_trace(api, project):
    made = uuid7()
    api.update("traces", made, {"project_name": project, "tags_to_add": ["a"]})
    assert api.read("traces", made)["tags"] == ["a"]


def test_tags_to_add_then_create(api, project):
    item = trace(project, tags=["base"])
    api.update("traces", item["id"], {"project_name": project, "tags_to_add": ["a"]})
    api.create("traces", item)
    assert "a" in api.read("traces", item["id"])["tags"]


def test_more_than_50_tags_as_result_is_422(api, project):
    item = trace(project, tags=[f"t{i}" for i in range(49)])
    api.create("traces", item)
    api.update("traces", item["id"], {"tags_to_add": ["x"]})
    before = api.read("traces", item["id"])
    assert is_error(send(api, item["id"], {"tags_to_add": ["y"], "name": "n"}), 422,
                    "Tag limit exceeded: maximum 50 tags per item")
    assert api.read("traces", item["id"]) == before
    api.update("traces", item["id"], {"tags_to_add": ["y"], "tags_to_remove": ["x"]})


def test_pure_removal_is_never_checked(api, project):
    item = trace(project, tags=[f"t{i}" for i in range(60)])
    api.create("traces", item)
    api.update("traces", item["id"], {"tags_to_remove": ["t0"]})
    assert len(api.read("traces", item["id"])["tags"]) == 59


def many(count):
    return [f"t{i}" for i in range(count)]


@pytest.mark.parametrize("field,path,what", [("tags", "tags", "tags"),
                                             ("tags_to_add", "tagsToAdd", "tags to add"),
                                             ("tags_to_remove", "tagsToRemove", "tags to remove")])
def test_tag_rules(api, full, field, path, what):
    element = f"{path}[].<iterable element>"
    for value, message in [(many(51), f"{path} Cannot have more than 50 {what}"),
                           ([""], f"{element} Tag must not be blank"),
                           (["  "], f"{element} Tag must not be blank"),
                           (["x" * 101], f"{element} Tag cannot exceed 100 characters")]:
        assert is_error(send(api, full["id"], {field: value}), 422, message)
    assert sorted(api.read("traces", full["id"])["tags"]) == ["a", "b"]


@pytest.mark.parametrize("value", [many(50), ["x" * 100]])
def test_tag_limits_are_inclusive(api, full, value):
    assert has(patched(api, full, tags=value), {"tags": value})


# ---- clocks: contract/README.md, difference 3 ---------------------------------------------------

def test_patch_of_a_future_row_is_visible(api, project):
    item = trace(project, last_updated_at="2290-01-01T00:00:00Z")
    api.batch("traces", item)
    api.update("traces", item["id"], {"name": "n"})
    assert has(api.read("traces", item["id"]),
               {"name": "n", "last_updated_at": "2290-01-01T00:00:00.000001Z"})
    api.update("traces", item["id"], {"name": "m"})
    assert has(api.read("traces", item["id"]),
               {"name": "m", "last_updated_at": "2290-01-01T00:00:00.000002Z"})


def test_patch_of_a_past_row_is_stamped_now(api, project):
    item, before = trace(project, last_updated_at="2020-01-01T00:00:00Z"), now_iso()
    api.batch("traces", item)
    api.update("traces", item["id"], {"name": "n"})
    assert before <= api.read("traces", item["id"])["last_updated_at"] <= now_iso()


def test_patches_are_stamped_upwards(api, full):
    seen = [patched(api, full, ttft=i)["last_updated_at"] for i in range(20)]
    assert seen == sorted(set(seen))


# ---- 6.5 the case table -------------------------------------------------------------------------

@pytest.fixture
def case1(api, project):
    made = uuid7()
    api.update("traces", made, {"project_name": project, "output": {"a": 1}})
    return made


def test_case_1_partial_trace(api, project, case1):
    assert has(api.read("traces", case1),
               {"start_time": EPOCH, "output": {"a": 1}, "project_id": api.project_id(project)})


def test_case_2_post_fills_the_gaps(api, project, case1):
    item = trace(project, id=case1, input={"i": 1}, output={"a": 2},
                 end_time="2024-01-01T12:00:00Z")
    api.create("traces", item)
    assert has(api.read("traces", case1),
               {"output": {"a": 1}, "input": {"i": 1}, "start_time": item["start_time"],
                "end_time": item["end_time"]})


def test_case_3_post_to_another_project_is_409(api, case1):
    other = name("other")
    assert is_error(api.post("traces", trace(other, id=case1)), 409, MISMATCH)
    assert not api.project_exists(other), "contract/README.md, difference 5"


def test_case_4_batch_without_clock_keeps_the_patch(api, project, case1):
    item = trace(project, id=case1, name="n", output={"a": 2})
    api.batch("traces", item)
    assert has(api.read("traces", case1),
               {"output": {"a": 1}, "name": "n", "start_time": item["start_time"]})


def test_case_5_batch_with_an_older_clock_completes(api, project, case1):
    item = trace(project, id=case1, name="n", last_updated_at=now_iso(-600))
    api.batch("traces", item)
    assert has(api.read("traces", case1),
               {"output": {"a": 1}, "name": "n", "start_time": item["start_time"]})


def test_case_6_project_without_case(api, full):
    before = api.read("traces", full["id"])
    api.update("traces", full["id"], {"project_name": full["project_name"].upper()})
    after = api.read("traces", full["id"])
    assert after.pop("last_updated_at") > before.pop("last_updated_at")
    assert after == before


def test_case_7_no_project(api, full):
    api.update("traces", full["id"], {"name": "n"})
    assert api.read("traces", full["id"])["name"] == "n"


def test_case_8_project_id_and_another_name(api, full):
    other = name("other")
    api.update("traces", full["id"], {"project_id": api.project_id(full["project_name"]),
                                      "project_name": other})
    assert not api.project_exists(other)


def test_case_9_unknown_project_id(api, full):
    assert is_error(send(api, full["id"], {"project_id": uuid7()}), 404, "Project not found")


def test_case_10_tags_replace(api, full):
    assert patched(api, full, tags=["c"])["tags"] == ["c"]


def test_case_11_tags_cleared(api, full):
    assert "tags" not in patched(api, full, tags=[])


def test_case_12_tags_to_add_is_honoured(api, full):
    assert sorted(patched(api, full, tags_to_add=["c"])["tags"]) == ["a", "b", "c"]


def test_case_13_end_time_null_keeps(api, full):
    assert patched(api, full, end_time=None)["end_time"] == full["end_time"]


def test_case_14_id_version_and_blank_project(api, full):
    assert is_message(send(api, uuid4(), {}), 400, "Invalid UUID for id",
                      "Trace id must be a version 7 UUID")
    assert is_error(send(api, full["id"], {"project_name": "  "}), 422,
                    "projectName must not be blank")


def test_case_15_future_row(api, project):
    item = trace(project, last_updated_at=now_iso(3600))
    api.batch("traces", item)
    api.update("traces", item["id"], {"tags": ["t"]})
    assert api.read("traces", item["id"])["tags"] == ["t"]


def test_case_16_deleted_is_none(api, full):
    assert api.delete(f"traces/{full['id']}").status_code == 204
    assert has(patched(api, full, name="n"), {"name": "n", "start_time": EPOCH}, "input", "tags")


# ---- errors -------------------------------------------------------------------------------------

@pytest.mark.parametrize("text", ["", " ", "null"])
def test_body_missing_is_422(api, full, text):
    response = api.patch(f"traces/{full['id']}", data=text, bad=True,
                         headers={"Content-Type": "application/json"})
    assert is_error(response, 422, "The request body must not be null")


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"name":'])
def test_malformed_json_is_400(api, full, text):
    response = api.patch(f"traces/{full['id']}", data=text, bad=True,
                         headers={"Content-Type": "application/json"})
    assert is_unreadable(response)


@pytest.mark.parametrize("field,value,message", [
    ("end_time", "1969-01-01T00:00:00Z",
     "endTime must be after or equal 1970-01-01T00:00:00.000000Z and before "
     "2262-04-11T23:47:16.000000000Z"),
    ("ttft", -0.5, "ttft must be greater than or equal to 0"),
    ("environment", "x" * 151, "environment cannot exceed 150 characters"),
    ("project_name", "", "projectName must not be blank"),
])
def test_broken_rule_is_422(api, full, field, value, message):
    before = api.read("traces", full["id"])
    assert is_error(send(api, full["id"], {field: value, "name": "n"}), 422, message)
    assert api.read("traces", full["id"]) == before


@pytest.mark.parametrize("field,value", [
    ("project_id", "x"), ("source", "unknown"), ("source", "SDK"), ("tags", "a"), ("ttft", "x"),
    ("end_time", "x"), ("error_info", []), ("name", {}), ("tags_to_add", {}),
])
def test_wrong_type_is_400(api, full, field, value):
    assert is_unreadable(send(api, full["id"], {field: value}))


def test_path_id_not_a_uuid_is_404(api):
    assert is_message(api.patch("traces/nonsense", {}), 404, "HTTP 404 Not Found")


def test_refused_patch_of_unknown_trace_leaves_nothing(api, project):
    made = uuid7()
    assert send(api, made, {"project_name": project, "ttft": -1}).status_code == 422
    assert api.get(f"traces/{made}").status_code == 404
    assert not api.project_exists(project)
