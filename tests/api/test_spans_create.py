"""POST /spans (spans.md 2, 3.1, 5, 6, 11)."""
import json

import pytest

from client import (EPOCH, full_span, has, is_error, is_message, is_unreadable, name, now_iso,
                    span, uuid4, uuid7)

RANGE = ("must be after or equal 1970-01-01T00:00:00.000000Z and before "
         "2262-04-11T23:47:16.000000000Z")


def send(api, body, bad=True):
    return api.post("spans", body, bad=bad)


# ---- success ------------------------------------------------------------------------------------

def test_created_201_with_location(api, project):
    item = span(project)
    response = api.create("spans", item)
    assert response.headers["Location"] == f"{api.url}/v1/private/spans/{item['id']}"


def test_minimal_span_reads_back(api):
    item, before = span(), now_iso(-1)
    api.create("spans", item)
    read = api.read("spans", item["id"])
    assert has(read, {**item, "environment": "", "created_by": "admin",
                      "last_updated_by": "admin", "project_name": "Default Project",
                      "project_id": api.project_id("Default Project")},
               "name", "end_time", "input", "output", "metadata", "tags", "error_info", "usage",
               "feedback_scores", "comments", "total_estimated_cost", "type", "parent_span_id",
               "total_estimated_cost_version", "duration", "ttft", "model", "provider", "source")
    assert before < read["created_at"] < now_iso(1)


def test_full_span_reads_back(api, project):
    item = full_span(project)
    api.create("spans", item)
    expected = {**item, "metadata": {"provider": item["provider"], **item["metadata"]}}
    assert has(api.read("spans", item["id"]),
               {**expected, "project_id": api.project_id(project), "duration": 1500.0})


def test_trace_and_parent_need_not_exist(api, project):
    item = span(project, parent_span_id=uuid7())
    api.create("spans", item)
    assert has(api.read("spans", item["id"]),
               {key: item[key] for key in ("trace_id", "parent_span_id")})


@pytest.mark.parametrize("made", [uuid4(), uuid7().upper()])
def test_trace_id_version_is_not_checked(api, project, made):
    item = span(project, made)
    api.create("spans", item)
    assert api.read("spans", item["id"])["trace_id"] == made.lower()


def test_id_is_generated(api, project):
    item = span(project)
    del item["id"]
    made = api.create("spans", item).headers["Location"].rsplit("/", 1)[1]
    assert made[14] == "7" and api.read("spans", made)["trace_id"] == item["trace_id"]


@pytest.mark.parametrize("field,value", [
    ("project_id", "x"), ("created_at", "x"), ("created_by", 1), ("last_updated_by", {}),
    ("duration", "x"), ("feedback_scores", 1), ("comments", 1), ("tags_to_add", 1),
    ("total_estimated_cost_version", "9"), ("thread_id", {}), ("unknown", []),
    ("last_updated_at", "2020-01-01T00:00:00Z"),
])
def test_unknown_and_read_only_properties_are_ignored(api, project, field, value):
    item = span(project)
    assert send(api, {**item, field: value}).status_code == 201
    read = api.read("spans", item["id"])
    assert read["last_updated_at"] > "2024"
    assert "total_estimated_cost_version" not in read and "thread_id" not in read


# ---- fields -------------------------------------------------------------------------------------

@pytest.mark.parametrize("field", ["name", "model", "provider"])
@pytest.mark.parametrize("value", ["", "   "])
def test_blank_text_is_absent(api, project, field, value):
    item = {**span(project), field: value}
    api.create("spans", item)
    assert has(api.read("spans", item["id"]), {}, field, "metadata")


@pytest.mark.parametrize("value", ["general", "tool", "llm", "guardrail"])
def test_type_values(api, project, value):
    item = span(project, type=value)
    api.create("spans", item)
    assert api.read("spans", item["id"])["type"] == value


@pytest.mark.parametrize("field,sent,stored", [
    ("type", "LLM", "llm"), ("type", "Guard Rail", "guardrail"), ("type", " tool ", "tool"),
    ("source", "SDK", "sdk"), ("source", "Play Ground", "playground"),
])
def test_enums_match_without_case_and_spaces(api, project, field, sent, stored):
    item = span(project, **{field: sent})
    assert send(api, item).status_code == 201
    assert api.read("spans", item["id"])[field] == stored


@pytest.mark.parametrize("field", ["type", "source"])
@pytest.mark.parametrize("value", ["x", "l-l-m", 1, {}, []])
def test_enums_unmatched_are_400(api, project, field, value):
    assert is_unreadable(send(api, {**span(project), field: value}))


@pytest.mark.parametrize("value", ["sdk", "experiment", "playground", "optimization", "evaluator"])
def test_source_values(api, project, value):
    item = span(project, source=value)
    api.create("spans", item)
    assert api.read("spans", item["id"])["source"] == value


def test_tags_are_an_unlimited_set(api, project):
    item = span(project, tags=[f"t{i}" for i in range(60)] + ["t0", "x" * 200])
    api.create("spans", item)
    assert sorted(api.read("spans", item["id"])["tags"]) == sorted(set(item["tags"]))


@pytest.mark.parametrize("sent,stored", [
    ({"a": 1, "b": 0, "c": -5}, {"a": 1, "b": 0, "c": -5}),
    ({"a": 1, "b": None}, {"a": 1}),
    ({"a": 2147483647, "b": -2147483648}, {"a": 2147483647, "b": -2147483648}),
    ({"a": 1.9}, {"a": 1}),
    ({"a": "7"}, {"a": 7}),
    ({"original_usage.prompt_tokens_details.cached_tokens": 3, "ü": 1, "": 2},
     {"original_usage.prompt_tokens_details.cached_tokens": 3, "ü": 1, "": 2}),
    ({}, None), ({"a": None}, None), (None, None),
], ids=str)
def test_usage(api, project, sent, stored):
    item = {**span(project), "usage": sent}
    assert send(api, item).status_code == 201
    assert api.read("spans", item["id"]).get("usage") == stored


@pytest.mark.parametrize("value", [{"a": {}}, {"a": []}, {"a": "x"}, {"a": 2147483648},
                                   {"a": -2147483649}, {"a": 1e30}, "x", [], 5])
def test_usage_wrong_type_is_400(api, project, value):
    assert is_unreadable(send(api, {**span(project), "usage": value}))


@pytest.mark.parametrize("sent,stored", [
    (1, 1), (0.25, 0.25), ("0.5", 0.5), (0.000000000001, 1e-12), (1234.125, 1234.125),
    (0, None), (None, None), ("0.0000001234565", 0.000000123),
    ("1.12345678951234", 1.12345679), ("0.0000000005001", 0.000000001), (0.0000000025, 2.5e-9),
], ids=str)
def test_total_estimated_cost(api, project, sent, stored):
    item = {**span(project), "total_estimated_cost": sent}
    assert send(api, item).status_code == 201
    read = api.read("spans", item["id"])
    assert read.get("total_estimated_cost") == stored
    assert "total_estimated_cost_version" not in read


@pytest.mark.parametrize("metadata,provider,expected", [
    (None, "p", {"provider": "p"}), ({"k": 1}, "p", {"provider": "p", "k": 1}),
    ({}, "p", {"provider": "p"}), ({"k": 1}, None, {"k": 1}), (None, None, None),
], ids=str)
def test_provider_is_put_into_metadata(api, project, metadata, provider, expected):
    item = span(project, metadata=metadata, provider=provider)
    api.create("spans", item)
    for read in (api.read("spans", item["id"]),
                 api.page("spans", project_name=project)["content"][0]):
        assert read.get("metadata") == expected
        assert list(read.get("metadata", {})) == list(expected or {})


@pytest.mark.parametrize("value", [{}, [], "", "text", 0, 1.5, True, {"z": 1, "a": [None]},
                                   12345678901234567890123], ids=repr)
@pytest.mark.parametrize("field", ["input", "output", "metadata"])
def test_json_value_reads_back(api, project, field, value):
    item = {**span(project), field: value}
    api.create("spans", item)
    assert json.dumps(api.read("spans", item["id"])[field]) == json.dumps(value)


@pytest.mark.parametrize("field", ["input", "output", "metadata"])
def test_json_null_is_a_value(api, project, field):
    item = {**span(project), field: None}
    api.create("spans", item)
    read = api.read("spans", item["id"])
    assert field in read and read[field] is None


def test_non_finite_numbers_become_strings(api, project):
    item = span(project)
    text = json.dumps(item)[:-1] + ', "output": [NaN, Infinity, -Infinity]}'
    response = api.post("spans", data=text, headers={"Content-Type": "application/json"})
    assert response.status_code == 201
    assert api.read("spans", item["id"])["output"] == ["NaN", "Infinity", "-Infinity"]


@pytest.mark.parametrize("sent,stored", [
    ({}, {}), ({"message": "m"}, {"message": "m"}),
    ({"exception_type": "E", "extra": 1, "traceback": "t"},
     {"exception_type": "E", "traceback": "t"}),
])
def test_error_info_is_not_validated(api, project, sent, stored):
    item = {**span(project), "error_info": sent}
    api.create("spans", item)
    assert api.read("spans", item["id"]).get("error_info", {}) == stored


@pytest.mark.parametrize("start,end,duration", [
    ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.001500Z", 1.5),
    ("2024-01-01T00:00:00Z", None, None), (EPOCH, "2024-01-01T00:00:00Z", None),
])
def test_duration(api, project, start, end, duration):
    item = span(project, start_time=start, end_time=end)
    api.create("spans", item)
    assert api.read("spans", item["id"]).get("duration") == duration


@pytest.mark.parametrize("value", ["2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.123456789Z",
                                   "2024-01-01T01:00:00+01:00"])
def test_times(api, project, value):
    item = span(project, start_time=value)
    api.create("spans", item)
    assert api.read("spans", item["id"])["start_time"][:19] == "2024-01-01T00:00:00"


def test_project_name_trimmed_without_case(api, project):
    items = [span(project), span(f" {project.upper()} ")]
    for item in items:
        api.create("spans", item)
    reads = [api.read("spans", item["id"]) for item in items]
    assert reads[0]["project_id"] == reads[1]["project_id"]
    assert reads[0]["project_name"] == reads[1]["project_name"] == project


def test_project_last_updated_trace_at_is_not_moved(api, project):
    api.create("spans", span(project))
    assert "last_updated_trace_at" not in api.get(f"projects/{api.project_id(project)}").json()


# ---- errors (spans.md 11) -----------------------------------------------------------------------

@pytest.mark.parametrize("field,value,message", [
    ("start_time", None, "startTime must not be null"),
    ("trace_id", None, "traceId must not be null"),
    ("start_time", "1969-12-31T23:59:59Z", f"startTime {RANGE}"),
    ("end_time", "2262-04-11T23:47:16Z", f"endTime {RANGE}"),
    ("project_name", " ", "projectName must not be blank"),
    ("total_estimated_cost", -0.001, "totalEstimatedCost must be greater than or equal to 0.0"),
    ("ttft", -1, "ttft must be greater than or equal to 0"),
    ("environment", "x" * 151, "environment cannot exceed 150 characters"),
])
def test_broken_rule_is_422(api, project, field, value, message):
    assert is_error(send(api, {**span(project), field: value}), 422, message)
    assert not api.project_exists(project)


def test_id_not_version_7(api, project):
    assert is_message(send(api, span(project, id=uuid4())), 400, "Invalid UUID for id",
                      "Span id must be a version 7 UUID")
    assert not api.project_exists(project)


@pytest.mark.parametrize("field,value", [
    ("id", "x"), ("trace_id", "x"), ("parent_span_id", 5), ("name", {}), ("model", []),
    ("provider", {}), ("tags", "x"), ("start_time", "2024-01-01T00:00:00"), ("ttft", "x"),
    ("total_estimated_cost", "x"), ("total_estimated_cost", {}), ("error_info", "x"),
])
def test_wrong_type_is_400(api, project, field, value):
    assert is_unreadable(send(api, {**span(project), field: value}))


@pytest.mark.parametrize("text", ["", "null"])
def test_body_missing_is_422(api, text):
    response = api.post("spans", data=text, bad=True, headers={"Content-Type": "application/json"})
    assert is_error(response, 422, "The request body must not be null")


# ---- existing spans (spans.md 3.1) --------------------------------------------------------------

def test_real_span_is_left_alone_with_201(api, project):
    item = full_span(project)
    api.create("spans", item)
    before = api.read("spans", item["id"])
    response = api.create("spans", span(project, item["trace_id"], id=item["id"], name="other"))
    assert response.headers["Location"].endswith(item["id"])
    assert api.read("spans", item["id"]) == before


@pytest.mark.parametrize("fields", [{"project_name": name("other")}, {"trace_id": uuid7()},
                                    {"parent_span_id": uuid7()}], ids=lambda value: list(value)[0])
def test_real_span_has_no_conflict_check(api, project, fields):
    item = span(project)
    api.create("spans", item)
    before = api.read("spans", item["id"])
    api.create("spans", {**item, **fields})
    assert api.read("spans", item["id"]) == before
