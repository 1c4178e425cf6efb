"""PATCH /spans/{id} (spans.md 4, 5, 7) and what contract/README.md says about it."""
import pytest

from client import (EPOCH, FULL, full_span, has, is_error, is_message, is_unreadable, name,
                    now_iso, span, uuid4, uuid7)

PROJECT = "Project name and workspace name do not match the existing span"
PARENT = "parent_span_id does not match the existing span"
TRACE = "trace_id does not match the existing span"


def send(api, item_id, body, bad=True):
    return api.patch(f"spans/{item_id}", body, bad=bad)


@pytest.fixture
def full(api, project):
    item = full_span(project, metadata={"k": 1})
    api.create("spans", item)
    return item


def keys(item):
    return {key: item[key] for key in ("project_name", "trace_id", "parent_span_id")
            if key in item}


def patched(api, item, **fields):
    api.update("spans", item["id"], {**keys(item), **fields})
    return api.read("spans", item["id"])


# ---- project, trace, parent ---------------------------------------------------------------------

@pytest.mark.parametrize("fields,message", [
    ({"project_name": name("other")}, PROJECT),
    ({"parent_span_id": uuid7()}, PARENT),
    ({"trace_id": uuid7()}, TRACE),
    ({"project_name": name("other"), "parent_span_id": uuid7(), "trace_id": uuid7()}, PROJECT),
    ({"parent_span_id": uuid7(), "trace_id": uuid7()}, PARENT),
], ids=lambda value: "+".join(value) if isinstance(value, dict) else "")
@pytest.mark.parametrize("placeholder", [False, True])
def test_different_keys_are_409(api, project, fields, message, placeholder):
    item = full_span(project)
    if placeholder:
        patched(api, item, name="placeholder")
    else:
        api.create("spans", item)
    before = api.read("spans", item["id"])
    assert is_error(send(api, item["id"], {**keys(item), **fields, "name": "n"}), 409, message)
    assert api.read("spans", item["id"]) == before
    assert not api.project_exists(fields.get("project_name", "no such"))


def test_parent_for_a_span_without_one_is_409(api, project):
    item = span(project)
    api.create("spans", item)
    body = {**keys(item), "parent_span_id": uuid7()}
    assert is_error(send(api, item["id"], body), 409, PARENT)


@pytest.mark.parametrize("left_out", [["project_name"], ["parent_span_id"], ["trace_id"],
                                      ["project_name", "trace_id", "parent_span_id"]], ids="+".join)
def test_omitted_keys_mean_the_spans_own(api, full, left_out):
    """contract/README.md, difference 4."""
    body = {key: value for key, value in keys(full).items() if key not in left_out}
    response = send(api, full["id"], {**body, "name": "n"})
    assert response.status_code == 204, response.text
    assert has(api.read("spans", full["id"]), {**keys(full), "name": "n"})


def test_null_keys_mean_the_spans_own(api, full):
    body = {"project_name": None, "trace_id": None, "parent_span_id": None, "name": "n"}
    assert send(api, full["id"], body).status_code == 204
    assert has(api.read("spans", full["id"]), {**keys(full), "name": "n"})


def test_project_id(api, full):
    other = name("other")
    body = {**keys(full), "project_id": api.project_id(full["project_name"]),
            "project_name": other, "name": "n"}
    assert send(api, full["id"], body, bad=False).status_code == 204
    assert api.read("spans", full["id"])["name"] == "n"
    assert not api.project_exists(other)


def test_unknown_project_id_is_404(api, full):
    for made in (full["id"], uuid7()):
        body = {**keys(full), "project_id": uuid7(), "name": "n"}
        assert is_error(send(api, made, body), 404, "Project not found")


def test_project_name_without_case(api, full):
    assert send(api, full["id"], {**keys(full), "project_name": full["project_name"].upper(),
                                  "name": "n"}).status_code == 204


# ---- fields -------------------------------------------------------------------------------------

@pytest.mark.parametrize("field,value", [
    ("name", "new"), ("model", "new"), ("provider", "new"), ("type", "tool"),
    ("end_time", "2025-01-01T00:00:00Z"), ("error_info", {"exception_type": "New"}),
    ("ttft", 0), ("source", "evaluator"), ("environment", "prod"), ("environment", ""),
    ("input", {"n": {}}), ("output", {}), ("output", []), ("input", ""), ("tags", ["c"]),
    ("usage", {"new": 5}), ("total_estimated_cost", 3.5),
], ids=str)
def test_value_replaces(api, full, field, value):
    read = patched(api, full, **{field: value})
    assert has(read, {field: value})
    assert has(read, {key: full[key] for key in ("name", "input", "usage", "model", "ttft",
                                                 "total_estimated_cost") if key != field})


def test_metadata_is_replaced_whole(api, full):
    assert patched(api, full, metadata={"n": 1})["metadata"] == {"provider": full["provider"],
                                                                 "n": 1}


@pytest.mark.parametrize("field", ["input", "output"])
def test_json_null_is_set(api, full, field):
    read = patched(api, full, **{field: None})
    assert field in read and read[field] is None


@pytest.mark.parametrize("field", ["name", "model", "provider", "type", "end_time", "error_info",
                                   "ttft", "source", "environment", "tags", "usage",
                                   "total_estimated_cost"])
def test_null_keeps(api, full, field):
    assert has(patched(api, full, **{field: None}), {field: full[field]})


@pytest.mark.parametrize("field", ["name", "model", "provider"])
@pytest.mark.parametrize("value", ["", " "])
def test_blank_keeps(api, full, field, value):
    assert has(patched(api, full, **{field: value}), {field: full[field]})


@pytest.mark.parametrize("field,value", [("tags", []), ("usage", {}), ("usage", {"a": None})])
def test_empty_clears(api, full, field, value):
    assert field not in patched(api, full, **{field: value})


def test_start_and_created_are_kept(api, full):
    before = api.read("spans", full["id"])
    moment = now_iso()
    assert send(api, full["id"], {**keys(full), "start_time": "2020-01-01T00:00:00Z",
                                  "created_at": "2020-01-01T00:00:00Z"}).status_code == 204
    after = api.read("spans", full["id"])
    assert moment <= after.pop("last_updated_at") <= now_iso()
    before.pop("last_updated_at")
    assert after == before


@pytest.mark.parametrize("fields,expected", [
    ({"tags_to_add": ["c"]}, "abc"),
    ({"tags_to_remove": ["a"]}, "b"),
    ({"tags_to_add": ["a", "c"], "tags_to_remove": ["a", "b"]}, "ac"),
    ({"tags_to_add": ["c"], "tags": ["x"]}, "abc"),
    ({"tags": ["x"]}, "x"),
], ids=str)
def test_tags_to_add_and_remove(api, full, fields, expected):
    """contract/README.md, difference 1."""
    assert sorted(patched(api, full, **fields)["tags"]) == list(expected)


def test_more_than_50_tags_as_result_is_422(api, project):
    item = span(project, tags=[f"t{i}" for i in range(50)])
    api.create("spans", item)
    assert is_error(send(api, item["id"], {**keys(item), "tags_to_add": ["x"]}), 422,
                    "Tag limit exceeded: maximum 50 tags per item")


@pytest.mark.parametrize("fields,message", [
    ({"tags": [f"t{i}" for i in range(51)]}, "tags Cannot have more than 50 tags"),
    ({"tags": [""]}, "tags[].<iterable element> Tag must not be blank"),
    ({"tags_to_add": ["x" * 101]},
     "tagsToAdd[].<iterable element> Tag cannot exceed 100 characters"),
    ({"total_estimated_cost": -1}, "totalEstimatedCost must be greater than or equal to 0.0"),
    ({"ttft": -1}, "ttft must be greater than or equal to 0"),
    ({"project_name": ""}, "projectName must not be blank"),
    ({"environment": "x" * 151}, "environment cannot exceed 150 characters"),
    ({"end_time": "1960-01-01T00:00:00Z"},
     "endTime must be after or equal 1970-01-01T00:00:00.000000Z and before "
     "2262-04-11T23:47:16.000000000Z"),
], ids=lambda value: list(value)[0] if isinstance(value, dict) else "")
def test_broken_rule_is_422(api, full, fields, message):
    assert is_error(send(api, full["id"], {**keys(full), **fields}), 422, message)


@pytest.mark.parametrize("field,value", [
    ("trace_id", "x"), ("parent_span_id", "x"), ("usage", {"a": {}}), ("type", "x"),
    ("model", {}), ("total_estimated_cost", "x"), ("tags", 1), ("project_id", "x"),
])
def test_wrong_type_is_400(api, full, field, value):
    assert is_unreadable(send(api, full["id"], {**keys(full), field: value}))


@pytest.mark.parametrize("text", ["", "null"])
def test_body_missing_is_422(api, full, text):
    response = api.patch(f"spans/{full['id']}", data=text, bad=True,
                         headers={"Content-Type": "application/json"})
    assert is_error(response, 422, "The request body must not be null")


def test_id_not_version_7(api, project):
    assert is_message(send(api, uuid4(), keys(span(project))), 400, "Invalid UUID for id",
                      "Span id must be a version 7 UUID")


def test_future_row_is_changed_visibly(api, project):
    item = span(project, last_updated_at="2290-01-01T00:00:00Z")
    api.batch("spans", item)
    assert has(patched(api, item, name="n"),
               {"name": "n", "last_updated_at": "2290-01-01T00:00:00.000001Z"})


# ---- cost (spans.md 7) --------------------------------------------------------------------------

def test_patch_without_cost_keeps_the_manual_one(api, full):
    assert has(patched(api, full, usage={"total_tokens": 1}, model="m2"),
               {"total_estimated_cost": full["total_estimated_cost"]},
               "total_estimated_cost_version")


def test_patch_with_cost_is_manual(api, project):
    item = span(project)
    api.create("spans", item)
    assert has(patched(api, item, total_estimated_cost=1.5), {"total_estimated_cost": 1.5},
               "total_estimated_cost_version")


# ---- the placeholder (spans.md 4, 5) ------------------------------------------------------------

def test_placeholder_reads_back(api, project):
    item = full_span(project)
    body = {key: value for key, value in item.items() if key not in ("id", "start_time")}
    api.update("spans", item["id"], body)
    expected = {**body, "metadata": {"provider": item["provider"], **item["metadata"]}}
    assert has(api.read("spans", item["id"]), {**expected, "start_time": EPOCH}, "duration")


def test_placeholder_of_a_small_patch(api, project):
    item = span(project)
    assert has(patched(api, item, name="n"), {"name": "n", "start_time": EPOCH, "environment": ""},
               "type", "input", "tags", "usage", "parent_span_id", "total_estimated_cost")


def test_unknown_span_without_trace_is_422(api, project):
    """The trace may be omitted only when the span is there to tell it."""
    made = uuid7()
    assert is_error(send(api, made, {"project_name": project, "name": "n"}), 422,
                    "traceId must not be null")
    assert api.get(f"spans/{made}").status_code == 404
    assert not api.project_exists(project)


def test_second_patch_follows_the_same_rules(api, project):
    item = span(project)
    patched(api, item, name="one", tags=["a"])
    assert has(patched(api, item, tags=["b"], output={}), {"name": "one", "tags": ["b"],
                                                           "output": {}, "start_time": EPOCH})


PATCH = {
    "name": "p", "model": "p-model", "provider": "p-provider", "input": {"p": 1},
    "output": {"p": 2}, "error_info": {"exception_type": "P"}, "environment": "p",
    "type": "tool", "source": "evaluator", "end_time": "2025-05-05T05:05:05Z", "ttft": 0.5,
    "tags": ["p"], "usage": {"p": 1}, "total_estimated_cost": 7,
}
POST = {key: value for key, value in full_span().items()
        if key in PATCH}


def merged(api, project, patch, post):
    item = span(project, **post)
    patched(api, item, **patch)
    api.create("spans", item)
    return api.read("spans", item["id"])


@pytest.mark.parametrize("field", PATCH)
def test_merge_patch_value_wins(api, project, field):
    assert has(merged(api, project, {field: PATCH[field]}, POST), {**POST, field: PATCH[field]})


@pytest.mark.parametrize("field", PATCH)
def test_merge_post_fills_the_gap(api, project, field):
    patch = {key: value for key, value in PATCH.items() if key != field}
    assert has(merged(api, project, patch, POST), {**PATCH, field: POST[field]})


@pytest.mark.parametrize("field,value", [
    ("name", ""), ("model", " "), ("provider", ""), ("environment", ""), ("tags", []),
    ("usage", {}), ("total_estimated_cost", 0), ("type", None), ("ttft", None), ("end_time", None),
])
def test_merge_empty_patch_value_does_not_win(api, project, field, value):
    assert has(merged(api, project, {field: value}, POST), {field: POST[field]})


def test_merge_metadata(api, project):
    post = {"metadata": {"post": 1}}
    assert merged(api, project, {"metadata": {"p": 1}}, post)["metadata"] == {"p": 1}
    assert merged(api, project, {"name": "n"}, post)["metadata"] == {"post": 1}


def test_merge_start_and_created(api, project):
    item = span(project)
    partial, between = patched(api, item, name="n"), now_iso()
    api.create("spans", item)
    read = api.read("spans", item["id"])
    assert has(read, {"start_time": item["start_time"], "created_at": partial["created_at"],
                      "created_by": "admin", "last_updated_by": "admin"})
    assert between <= read["last_updated_at"] <= now_iso()


@pytest.mark.parametrize("fields,message", [
    ({"project_name": name("other")}, PROJECT), ({"trace_id": uuid7()}, TRACE),
    ({"parent_span_id": uuid7()}, PARENT), ({"parent_span_id": None}, PARENT),
], ids=lambda value: f"{value}"[:24] if isinstance(value, dict) else "")
def test_merge_conflicts(api, project, fields, message):
    item = span(project, parent_span_id=uuid7())
    before = patched(api, item, name="n")
    body = {key: value for key, value in {**item, **fields}.items() if value is not None}
    assert is_error(api.post("spans", body), 409, message)
    assert api.read("spans", item["id"]) == before


def test_merge_empty_stored_parent_takes_the_post_value(api, project):
    item = span(project)
    patched(api, item, name="n")
    parent = uuid7()
    api.create("spans", {**item, "parent_span_id": parent})
    assert has(api.read("spans", item["id"]), {"parent_span_id": parent, "name": "n"})


def test_after_the_merge_a_post_is_ignored(api, project):
    item = span(project, name="first")
    patched(api, item, ttft=1)
    api.create("spans", item)
    api.create("spans", {**item, "name": "second"})
    assert has(api.read("spans", item["id"]), {"name": "first", "ttft": 1})


# ---- PATCH /spans/batch (spans.md 8) ------------------------------------------------------------

def change(api, items, update, **fields):
    body = {"ids": [item["id"] for item in items], "update": update, **fields}
    return api.patch("spans/batch", body, bad=True)


def test_batch_update(api, project, full):
    other = span(name("other"))
    api.create("spans", other)
    update = {"trace_id": uuid7(), "name": "same", "usage": {"n": 1}, "output": {},
              "project_name": name("ignored"), "parent_span_id": uuid7(), "source": "evaluator"}
    response = change(api, [full, other, {"id": uuid7()}, {"id": uuid4()}], update)
    assert response.status_code == 204 and response.content == b"", response.text
    for item in (full, other):
        read = api.read("spans", item["id"])
        assert has(read, {**keys(item), "name": "same", "usage": {"n": 1}, "output": {}})
        assert read.get("source") == item.get("source")
    assert not api.project_exists(update["project_name"])


@pytest.mark.parametrize("trace_id", [None, ""])
def test_batch_update_without_a_trace(api, project, full, trace_id):
    """docs/differences.md: stored spans have their own, as the web client takes for granted."""
    other = span(name("other"), tags=["b"])
    api.create("spans", other)
    update = {"tags_to_add": ["x"], "name": "new", "trace_id": trace_id}
    if trace_id is None:
        del update["trace_id"]
    assert change(api, [full, other], update).status_code == 204
    for item in (full, other):
        assert has(api.read("spans", item["id"]),
                   {**keys(item), "name": "new", "tags": [*item["tags"], "x"]})
    for items in ([{"id": uuid7()}, full], [full, other, {"id": uuid7()}], [{"id": uuid4()}]):
        assert is_error(change(api, items, {**update, "name": "newer"}), 422,
                        "update.traceId must not be null")
    assert has(api.read("spans", full["id"]), {"name": "new"})


@pytest.mark.parametrize("field,value", [
    ("model", "new"), ("type", "tool"), ("ttft", 1), ("environment", ""), ("input", {}),
    ("total_estimated_cost", 2), ("end_time", "2025-01-01T00:00:00Z"), ("name", "new"),
    ("error_info", {"message": "new"}),
])
def test_batch_update_value_replaces(api, full, field, value):
    assert change(api, [full], {"trace_id": uuid7(), field: value}).status_code == 204
    assert has(api.read("spans", full["id"]),
               {**{key: full[key] for key in (*FULL, "usage") if key not in ("metadata", field)},
                field: value})


@pytest.mark.parametrize("field", ["name", "model", "type", "end_time", "usage", "tags", "ttft"])
def test_batch_update_null_keeps(api, full, field):
    assert change(api, [full], {"trace_id": uuid7(), field: None}).status_code == 204
    assert has(api.read("spans", full["id"]), {field: full[field]})


@pytest.mark.parametrize("update,merge,expected", [
    ({"tags_to_add": ["c"]}, False, "abc"), ({"tags_to_remove": ["a"], "tags": ["x"]}, True, "b"),
    ({"tags": ["a", "c"]}, True, "abc"), ({"tags": ["c"]}, False, "c"), ({"tags": []}, None, ""),
], ids=str)
def test_batch_update_tags(api, full, update, merge, expected):
    response = change(api, [full], {"trace_id": uuid7(), **update}, merge_tags=merge)
    assert response.status_code == 204, response.text
    assert sorted(api.read("spans", full["id"]).get("tags", [])) == list(expected)


def test_batch_update_more_than_50_tags(api, project, full):
    crowded = span(project, tags=[f"t{i}" for i in range(50)])
    api.create("spans", crowded)
    before = api.read("spans", full["id"])
    assert is_error(change(api, [full, crowded], {"trace_id": uuid7(), "tags_to_add": ["x"]}), 422,
                    "Tag limit exceeded: maximum 50 tags per item")
    assert api.read("spans", full["id"]) == before


@pytest.mark.parametrize("body,message", [
    ({"ids": [], "update": {"trace_id": uuid7()}}, "ids size must be between 1 and 1000"),
    ({"ids": [uuid7() for _ in range(1001)], "update": {"trace_id": uuid7()}},
     "ids size must be between 1 and 1000"),
    ({"ids": [uuid7()], "update": None}, "update must not be null"),
    ({"ids": [uuid7()], "update": {"name": "n"}}, "update.traceId must not be null"),
    ({"ids": [uuid7()], "update": {"trace_id": uuid7(), "ttft": -1}},
     "update.ttft must be greater than or equal to 0"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_batch_update_errors(api, body, message):
    response = api.patch("spans/batch", body, bad=True)
    assert response.status_code == 422
    assert message in response.json()["errors"]
