"""POST /traces (traces.md 2, 3.1, 4.1, 5)."""
import json
import time

import pytest

from client import (EPOCH, full_trace, has, is_error, is_message, is_unreadable, name, now_iso,
                    trace, uuid4, uuid7)

RANGE = ("must be after or equal 1970-01-01T00:00:00.000000Z and before "
         "2262-04-11T23:47:16.000000000Z")


def send(api, body, bad=True):
    return api.post("traces", body, bad=bad)


# ---- success ------------------------------------------------------------------------------------

def test_created_201_with_location(api, project):
    item = trace(project)
    response = api.create("traces", item)
    assert response.headers["Location"] == f"{api.url}/v1/private/traces/{item['id']}"


def test_minimal_trace_reads_back(api):
    item = {"id": uuid7(), "start_time": "2024-01-01T00:00:00Z"}
    before = now_iso(-1)
    api.create("traces", item)
    read = api.read("traces", item["id"])
    assert has(read, {**item, "environment": "", "span_count": 0, "llm_span_count": 0,
                      "has_tool_spans": False, "visibility_mode": "default",
                      "created_by": "admin", "last_updated_by": "admin",
                      "project_id": api.project_id("Default Project")},
               "name", "end_time", "input", "output", "metadata", "tags", "error_info", "usage",
               "feedback_scores", "span_feedback_scores", "comments", "guardrails_validations",
               "total_estimated_cost", "duration", "ttft", "thread_id", "providers",
               "experiment", "source", "project_name")
    assert before < read["created_at"] < now_iso(1)
    assert read["last_updated_at"] == read["created_at"]


def test_full_trace_reads_back(api, project):
    item = full_trace(project)
    api.create("traces", item)
    expected = {key: value for key, value in item.items() if key != "project_name"}
    assert has(api.read("traces", item["id"]),
               {**expected, "project_id": api.project_id(project), "duration": 1500.0})


def test_id_is_generated(api, project):
    item = trace(project)
    del item["id"]
    response = api.create("traces", item)
    made = response.headers["Location"].rsplit("/", 1)[1]
    assert made[14] == "7"
    assert api.read("traces", made)["project_id"] == api.project_id(project)


@pytest.mark.parametrize("made_id", [None, ""], ids=["null", "empty"])
def test_id_null_is_generated(api, project, made_id):
    response = api.post("traces", {**trace(project), "id": made_id}, bad=made_id == "")
    assert response.status_code == 201
    assert response.headers["Location"].rsplit("/", 1)[1][14] == "7"


@pytest.mark.parametrize("field,value", [
    ("project_id", uuid7()), ("created_at", "x"), ("created_by", 1), ("last_updated_by", []),
    ("usage", "x"), ("visibility_mode", "hidden"), ("duration", "x"), ("span_count", {}),
    ("feedback_scores", 7), ("comments", "x"), ("tags_to_add", 5), ("unknown", {"x": 1}),
    ("last_updated_at", "2020-01-01T00:00:00Z"), ("last_updated_at", "not a time"),
])
def test_unknown_and_read_only_properties_are_ignored(api, project, field, value):
    item = trace(project)
    assert send(api, {**item, field: value}).status_code == 201
    read = api.read("traces", item["id"])
    assert read.get("visibility_mode") == "default"
    assert read["last_updated_at"] > "2024"
    assert field != "usage" or field not in read


@pytest.mark.parametrize("field", ["project_name", "name", "end_time", "tags", "error_info",
                                   "ttft", "thread_id", "source", "environment"])
def test_null_is_absent(api, field):
    item = {"id": uuid7(), "start_time": EPOCH.replace("1970", "2020"), field: None}
    assert api.post("traces", item).status_code == 201
    read = api.read("traces", item["id"])
    assert read.get(field, "") == ""


# ---- fields -------------------------------------------------------------------------------------

@pytest.mark.parametrize("field", ["name", "thread_id"])
@pytest.mark.parametrize("value", ["", "  ", "\t\n"])
def test_blank_text_is_absent(api, project, field, value):
    item = trace(project, **{field: value})
    api.create("traces", item)
    assert field not in api.read("traces", item["id"])


@pytest.mark.parametrize("field", ["name", "thread_id"])
@pytest.mark.parametrize("value", [" padded ", "x" * 5000, "ü漢😀\u0000\"\\/",
                                   "'; drop table --"])
def test_text_is_kept_as_sent(api, project, field, value):
    item = trace(project, **{field: value})
    api.create("traces", item)
    assert api.read("traces", item["id"])[field] == value


@pytest.mark.parametrize("value", ["sdk", "experiment", "playground", "optimization", "evaluator"])
def test_source_values(api, project, value):
    item = trace(project, source=value)
    api.create("traces", item)
    assert api.read("traces", item["id"])["source"] == value


@pytest.mark.parametrize("value", ["unknown", "", "SDK", "Sdk", " sdk", "x", 1, True, {}, []])
def test_source_anything_else_is_400(api, project, value):
    assert is_unreadable(send(api, {**trace(project), "source": value}))


@pytest.mark.parametrize("value", ["", " ", "prod", "a b/c.ü😀", "x" * 150])
def test_environment_reads_back(api, project, value):
    item = {**trace(project), "environment": value}
    api.create("traces", item)
    assert api.read("traces", item["id"])["environment"] == value


def test_tags_are_a_set(api, project):
    item = trace(project, tags=["b", "a", "b", "a", "A"])
    api.create("traces", item)
    assert sorted(api.read("traces", item["id"])["tags"]) == ["A", "a", "b"]


def test_tags_have_no_limit_on_create(api, project):
    item = trace(project, tags=[f"t{i}" for i in range(120)] + ["x" * 300])
    api.create("traces", item)
    assert sorted(api.read("traces", item["id"])["tags"]) == sorted(item["tags"])


def test_empty_tags_are_omitted(api, project):
    item = {**trace(project), "tags": []}
    api.create("traces", item)
    assert "tags" not in api.read("traces", item["id"])


@pytest.mark.parametrize("sent,stored", [
    ({}, {}),
    ({"exception_type": "E"}, {"exception_type": "E"}),
    ({"traceback": "t", "extra": 1}, {"traceback": "t"}),
    ({"exception_type": "E", "message": None, "traceback": "t"},
     {"exception_type": "E", "traceback": "t"}),
])
def test_error_info_sub_fields(api, project, sent, stored):
    item = {**trace(project), "error_info": sent}
    api.create("traces", item)
    read = api.read("traces", item["id"])
    assert read.get("error_info", {}) == stored


@pytest.mark.parametrize("value", [0, 1, 0.5, 1e9, 123.456])
def test_ttft_values(api, project, value):
    item = {**trace(project), "ttft": value}
    api.create("traces", item)
    assert api.read("traces", item["id"])["ttft"] == value


@pytest.mark.parametrize("start,end,duration", [
    ("2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z", 1000),
    ("2024-01-01T00:00:00.000001Z", "2024-01-01T00:00:00.000002999Z", 0.001),
    ("2024-01-01T00:00:00.0000019Z", "2024-01-01T00:00:00.000002Z", 0.001),
    ("2024-01-01T00:00:02Z", "2024-01-01T00:00:00.500Z", -1500),
    ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", 0),
    (EPOCH, "2024-01-01T00:00:00Z", None),
    ("2024-01-01T00:00:00Z", None, None),
])
def test_duration(api, project, start, end, duration):
    item = trace(project, start_time=start, end_time=end)
    api.create("traces", item)
    assert api.read("traces", item["id"]).get("duration") == duration


# ---- timestamps ---------------------------------------------------------------------------------

@pytest.mark.parametrize("sent,stored", [
    ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
    ("2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00Z"),
    ("2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.100Z"),
    ("2024-01-01T00:00:00.123Z", "2024-01-01T00:00:00.123Z"),
    ("2024-01-01T00:00:00.1234Z", "2024-01-01T00:00:00.123400Z"),
    ("2024-01-01T00:00:00.123456Z", "2024-01-01T00:00:00.123456Z"),
    ("2024-01-01T00:00:00.123456789Z", "2024-01-01T00:00:00.123456789Z"),
    ("2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z"),
    ("2023-12-31T19:30:00.5-04:30", "2024-01-01T00:00:00.500Z"),
    (1704067200, "2024-01-01T00:00:00Z"),
    (1704067200.25, "2024-01-01T00:00:00.250Z"),
    (EPOCH, EPOCH),
    ("2262-04-11T23:47:15.999999999Z", "2262-04-11T23:47:15.999999999Z"),
    ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
])
@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_times_are_accepted(api, project, field, sent, stored):
    item = {**trace(project), field: sent}
    assert send(api, item).status_code == 201
    assert api.read("traces", item["id"])[field] == stored


@pytest.mark.parametrize("value", ["2024-01-01T00:00:00", "2024-01-01", "yesterday",
                                   "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
                                   "2024-01-01T25:00:00Z", True, [], {}])
@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_times_without_zone_or_sense_are_400(api, project, field, value):
    assert is_unreadable(send(api, {**trace(project), field: value}))


@pytest.mark.parametrize("value", ["1969-12-31T23:59:59.999999999Z", "2262-04-11T23:47:16Z",
                                   "2300-01-01T00:00:00Z", -1])
@pytest.mark.parametrize("field,path", [("start_time", "startTime"), ("end_time", "endTime")])
def test_times_out_of_range_are_422(api, project, field, path, value):
    assert is_error(send(api, {**trace(project), field: value}), 422, f"{path} {RANGE}")


def test_end_before_start_is_accepted(api, project):
    item = trace(project, end_time="2020-01-01T00:00:00Z")
    api.create("traces", item)
    assert api.read("traces", item["id"])["end_time"] == item["end_time"]


# ---- JSON fields (traces.md 5) ------------------------------------------------------------------

JSON_VALUES = [
    {}, [], "", "text", "ü漢😀\u2028", 0, -1, 7, 1.5, -0.25, 1e300, True, False,
    {"z": 1, "a": 2, "m": {"y": [], "b": {}}}, [1, [2, [3, {"k": None}]]],
    12345678901234567890123456789, -9223372036854775809, 18446744073709551616,
    0.1, 1e-7, 123456789.12345679, {"": "", " ": 1, "a.b": 2, "k\u0000": 3},
]


@pytest.mark.parametrize("value", JSON_VALUES, ids=lambda value: repr(value)[:30])
@pytest.mark.parametrize("field", ["input", "output", "metadata"])
def test_json_value_reads_back(api, project, field, value):
    item = {**trace(project), field: value}
    api.create("traces", item)
    read = api.read("traces", item["id"])[field]
    assert json.dumps(read) == json.dumps(value), "value, number type and key order"


@pytest.mark.parametrize("field", ["input", "output", "metadata"])
def test_json_null_is_a_value(api, project, field):
    item = {**trace(project), field: None}
    api.create("traces", item)
    read = api.read("traces", item["id"])
    assert field in read and read[field] is None


def test_duplicate_keys_last_wins(api, project):
    item = trace(project)
    text = (f'{{"id":"{item["id"]}","start_time":"{item["start_time"]}",'
            f'"name":"first","name":"second","input":{{"a":1,"b":2,"a":3}}}}')
    response = api.post("traces", data=text, headers={"Content-Type": "application/json"})
    assert response.status_code == 201
    read = api.read("traces", item["id"])
    assert read["name"] == "second"
    assert read["input"]["a"] == 3


def test_non_finite_numbers_become_strings(api, project):
    item = trace(project)
    text = (f'{{"id":"{item["id"]}","start_time":"{item["start_time"]}","input":'
            f'{{"a":[NaN,Infinity,-Infinity]}}}}')
    response = api.post("traces", data=text, headers={"Content-Type": "application/json"})
    assert response.status_code == 201
    assert api.read("traces", item["id"])["input"] == {"a": ["NaN", "Infinity", "-Infinity"]}


# ---- project (traces.md 2.3) --------------------------------------------------------------------

def test_project_is_made(api, project):
    api.create("traces", trace(project))
    made = api.get(f"projects/{api.project_id(project)}").json()
    assert has(made, {"name": project, "visibility": "private"})


def test_project_name_is_trimmed(api, project):
    item = trace(f"  {project}\t")
    api.create("traces", item)
    assert api.read("traces", item["id"])["project_id"] == api.project_id(project)


def test_project_name_matches_without_case(api, project):
    first, second = trace(project), trace(project.upper())
    api.create("traces", first)
    api.create("traces", second)
    assert (api.read("traces", first["id"])["project_id"]
            == api.read("traces", second["id"])["project_id"])
    assert api.get(f"projects/{api.project_id(project)}").json()["name"] == project


@pytest.mark.parametrize("value", ["", "  ", "\n"])
def test_project_name_blank_is_422(api, value):
    assert is_error(send(api, {**trace(), "project_name": value}), 422,
                    "projectName must not be blank")


def test_project_name_longest(api):
    long = name().ljust(150, "x")
    api.create("traces", trace(long))
    assert api.project_exists(long)


def test_project_name_too_long_is_422_that_names_the_field(api):
    response = send(api, trace("x" * 151))
    assert response.status_code == 422
    assert response.json()["errors"][0].startswith("projectName ")


# ---- errors -------------------------------------------------------------------------------------

def test_start_time_missing(api, project):
    body = trace(project)
    del body["start_time"]
    assert is_error(send(api, body), 422, "startTime must not be null")
    assert is_error(send(api, {**body, "start_time": None}), 422, "startTime must not be null")


def test_several_violations_are_all_told(api):
    body = {"id": uuid7(), "project_name": " ", "ttft": -1, "environment": "x" * 151}
    assert is_error(send(api, body), 422, "startTime must not be null",
                    "projectName must not be blank", "ttft must be greater than or equal to 0",
                    "environment cannot exceed 150 characters")


@pytest.mark.parametrize("made_id", [uuid4(), "00000000-0000-0000-0000-000000000000",
                                     "0190babc-62a0-11d2-832a-0feffa4676eb"])
def test_id_not_version_7(api, project, made_id):
    assert is_message(send(api, trace(project, id=made_id)), 400, "Invalid UUID for id",
                      "Trace id must be a version 7 UUID")
    assert not api.project_exists(project), "a refused request changes nothing"


@pytest.mark.parametrize("made_id", ["x", "123", 5, True, [], {},
                                     "0190babc62a071d2832a0feffa4676eb"])
def test_id_not_a_uuid(api, project, made_id):
    assert is_unreadable(send(api, {**trace(project), "id": made_id}))


def test_id_upper_case_is_the_same_id(api, project):
    item = trace(project)
    assert send(api, {**item, "id": item["id"].upper()}, bad=False).status_code == 201
    assert api.read("traces", item["id"])["id"] == item["id"]


def test_old_and_future_ids_pass_without_window(api, project):
    for ms in (0, 1, (time.time_ns() // 1_000_000) + 10**11):
        item = trace(project, id=uuid7(ms))
        api.create("traces", item)
        assert api.read("traces", item["id"])["id"] == item["id"]


@pytest.mark.parametrize("text", ["", "   ", "null"])
def test_body_missing_is_422(api, text):
    response = api.post("traces", data=text, bad=True,
                        headers={"Content-Type": "application/json"})
    assert is_error(response, 422, "The request body must not be null")


@pytest.mark.parametrize("text", [
    "{", "[]", '"x"', "7", "true", "{'a':1}", '{"id":}', '{"name":"x"} trailing', "\x00", "{]",
    '{"name":"\\ud800"}x', b"\xff\xfe", b'{"name":"\xff"}',
])
def test_malformed_json_is_400(api, text):
    response = api.post("traces", data=text, bad=True,
                        headers={"Content-Type": "application/json"})
    assert is_unreadable(response)


@pytest.mark.parametrize("field,value", [
    ("name", []), ("name", {}), ("thread_id", {}), ("project_name", ["x"]), ("environment", {}),
    ("tags", "a"), ("tags", {}), ("tags", [["a"]]), ("tags", [{}]), ("error_info", "x"),
    ("error_info", []), ("error_info", {"message": {}}), ("ttft", "x"), ("ttft", {}), ("ttft", []),
])
def test_wrong_type_is_400(api, project, field, value):
    assert is_unreadable(send(api, {**trace(project), field: value}))
    assert not api.project_exists(project)


# ---- existing rows (traces.md 4.1) --------------------------------------------------------------

def test_existing_row_is_409_and_unchanged(api, project):
    item = full_trace(project)
    api.create("traces", item)
    before = api.read("traces", item["id"])
    for body in (item, trace(project, id=item["id"], name="other")):
        assert is_error(send(api, body), 409, "Trace already exists")
    assert api.read("traces", item["id"]) == before


def test_existing_row_in_other_project_is_409_and_makes_no_project(api, project):
    item, other = trace(project), name("other")
    api.create("traces", item)
    assert is_error(send(api, {**item, "project_name": other}), 409,
                    "Project name and workspace name do not match the existing trace")
    assert not api.project_exists(other)


def test_row_created_by_patch_is_completed(api, project):
    item = trace(project, name="from post")
    api.update("traces", item["id"], {"project_name": project, "output": {"a": 1}})
    api.create("traces", item)
    assert has(api.read("traces", item["id"]),
               {"name": "from post", "output": {"a": 1}, "start_time": item["start_time"]})


def test_row_with_start_at_epoch_is_completed(api, project):
    item = trace(project, start_time=EPOCH)
    api.create("traces", item)
    later = trace(project, id=item["id"], name="later")
    api.create("traces", later)
    assert has(api.read("traces", item["id"]),
               {"name": "later", "start_time": later["start_time"]})
    assert is_error(send(api, later), 409, "Trace already exists")
