"""GET /traces/{id}, GET /traces, GET /traces/exists (traces.md 8, 9)."""
import json

import pytest

from client import (FULL, full_trace, has, is_error, is_message, name, short_iso, span, trace,
                    uuid4, uuid7)

SORTABLE = ["id", "name", "input", "output", "start_time", "end_time", "duration", "ttft",
            "metadata", "thread_id", "span_count", "llm_span_count", "usage.*",
            "total_estimated_cost", "tags", "error_info", "created_by", "feedback_scores.*",
            "experiment_id", "environment"]
NO_PROJECT = "Either 'project_name' or 'project_id' query params must be provided"


# ---- GET by id ----------------------------------------------------------------------------------

def test_unknown_is_404(api):
    made = uuid7()
    assert is_message(api.get(f"traces/{made}"), 404, f"Trace id: {made} not found")


def test_id_version_is_not_checked(api):
    made = uuid4()
    assert is_message(api.get(f"traces/{made}"), 404, f"Trace id: {made} not found")


@pytest.mark.parametrize("text", ["nonsense", "0190babc-62a0-71d2-832a", "%00", "a/b"])
def test_id_not_a_uuid_is_404(api, text):
    assert is_message(api.get(f"traces/{text}", bad=True), 404, "HTTP 404 Not Found")


def test_upper_case_id_is_found(api, project):
    item = trace(project)
    api.create("traces", item)
    assert api.read("traces", item["id"].upper())["id"] == item["id"]


@pytest.mark.parametrize("value", ["true", "false", None])
def test_strip_attachments_is_accepted(api, project, value):
    item = full_trace(project)
    api.create("traces", item)
    assert api.read("traces", item["id"], strip_attachments=value)["input"] == item["input"]


def test_owning_project_deleted_is_404(api, project):
    item = trace(project)
    api.create("traces", item)
    assert api.delete(f"projects/{api.project_id(project)}").status_code == 204
    assert is_error(api.get(f"traces/{item['id']}"), 404, "Project not found")


def test_get_is_never_cut(api, project):
    item = trace(project, input={"k": "x" * 30000}, output="/9j/" + "A" * 40)
    api.create("traces", item)
    assert has(api.read("traces", item["id"]), {"input": item["input"], "output": item["output"]})


# ---- list: envelope, project, paging, order -----------------------------------------------------

@pytest.fixture(scope="module")
def listed(api):
    """25 traces of one project, oldest first."""
    project = name("listed")
    items = [trace(project, name=f"n{i}") for i in range(25)]
    api.batch("traces", *items)
    return project, [item["id"] for item in items]


def test_envelope(api, listed):
    project, ids = listed
    page = api.page("traces", project_name=project)
    assert {key: page[key] for key in page if key != "content"} == {
        "page": 1, "size": 10, "total": 25, "sortable_by": SORTABLE}
    assert [item["id"] for item in page["content"]] == ids[:-11:-1]


def test_item_equals_get_by_id(api, project):
    item = full_trace(project)
    api.create("traces", item)
    assert api.page("traces", project_name=project)["content"] == [api.read("traces", item["id"])]


@pytest.mark.parametrize("page,size,expected", [
    (1, 1, (24, 23)), (2, 10, (14, 4)), (3, 10, (4, -1)), (1, 25, (24, -1)), (1, 100000, (24, -1)),
    (25, 1, (0, -1)), (5, 6, (0, -1)),
])
def test_pages(api, listed, page, size, expected):
    project, ids = listed
    got = api.page("traces", project_name=project, page=page, size=size)
    wanted = [ids[i] for i in range(*expected, -1)]
    assert [item["id"] for item in got["content"]] == wanted
    assert (got["page"], got["size"], got["total"]) == (page, len(wanted), 25)


@pytest.mark.parametrize("page,size", [(4, 10), (2, 25), (1000000, 1000)])
def test_page_past_the_end(api, listed, page, size):
    got = api.page("traces", project_name=listed[0], page=page, size=size)
    assert (got["page"], got["size"], got["total"], got["content"]) == (page, 0, 25, [])


def test_default_order_is_id_descending(api, project):
    base = 1_700_000_000_000
    items = [trace(project, id=uuid7(base + offset)) for offset in (5, 1, 9, 0, 3)]
    for item in items:
        api.create("traces", item)
    ids = sorted((item["id"] for item in items), reverse=True)
    assert api.ids("traces", project_name=project) == ids


def test_project_by_id_or_name(api, listed):
    project, ids = listed
    project_id = api.project_id(project)
    for params in ({"project_id": project_id}, {"project_name": project.upper()},
                   {"project_id": project_id, "project_name": "no such"},
                   {"project_id": project_id.upper()}):
        assert api.ids("traces", size=1, **params) == [ids[-1]]


def test_content_of_one_project_only(api, project):
    other = name("other")
    mine = trace(project)
    api.batch("traces", mine, trace(other))
    assert api.ids("traces", project_name=project) == [mine["id"]]


@pytest.mark.parametrize("path", ["traces", "traces/exists"])
def test_project_errors(api, path):
    unknown, unknown_id = name(), uuid7()
    assert is_message(api.get(path), 400, NO_PROJECT)
    assert is_message(api.get(path, params={"project_name": ""}), 400, NO_PROJECT)
    assert is_message(api.get(path, params={"project_name": unknown}), 404,
                      f"Project name: {unknown} not found")
    assert is_message(api.get(path, params={"project_id": unknown_id}), 404,
                      f"Project id: {unknown_id} not found")
    assert is_message(api.get(path, params={"project_id": "x"}), 404, "HTTP 404 Not Found")
    assert not api.project_exists(unknown)


@pytest.mark.parametrize("field", ["page", "size"])
@pytest.mark.parametrize("value", ["0", "-1"])
def test_page_below_1(api, listed, field, value):
    assert is_error(api.get("traces", params={"project_name": listed[0], field: value}), 400,
                    f"query param {field} must be greater than or equal to 1")


@pytest.mark.parametrize("field", ["page", "size"])
@pytest.mark.parametrize("value", ["abc", "1.5", "99999999999999999999"])
def test_page_not_a_number(api, listed, field, value):
    assert is_message(api.get("traces", params={"project_name": listed[0], field: value}), 404,
                      "HTTP 404 Not Found")


@pytest.mark.parametrize("value", ["x", "{", '{"field":"name"', "[{]"])
def test_sorting_not_json(api, listed, value):
    assert is_message(api.get("traces", params={"project_name": listed[0], "sorting": value}), 400,
                      f"Invalid sorting query parameter '{value}'")


@pytest.mark.parametrize("value", ["", "[]", '[{"field":"no such","direction":"ASC"}]'])
def test_sorting_unknown_field_is_ignored(api, listed, value):
    assert api.ids("traces", project_name=listed[0], size=1, sorting=value) == [listed[1][-1]]


# ---- list: exclude ------------------------------------------------------------------------------

EXCLUDE = ["name", "start_time", "end_time", "input", "output", "metadata", "tags", "error_info",
           "usage", "created_at", "created_by", "last_updated_by", "feedback_scores",
           "span_feedback_scores", "comments", "guardrails_validations", "total_estimated_cost",
           "span_count", "llm_span_count", "has_tool_spans", "duration", "ttft", "thread_id",
           "visibility_mode", "providers", "experiment", "source", "environment"]
SPECIAL = {"span_count": 0, "llm_span_count": 0, "has_tool_spans": False}


@pytest.fixture(scope="module")
def rich(api):
    """A project with one trace that has all fields that spans give it."""
    project = name("rich")
    item = full_trace(project)
    api.create("traces", item)
    api.create("spans", span(project, item["id"], type="llm", provider="p", usage={"k": 1},
                             total_estimated_cost=1))
    api.create("spans", span(project, item["id"], type="tool"))
    return project, api.page("traces", project_name=project)["content"][0]


@pytest.mark.parametrize("field", EXCLUDE)
def test_exclude_one(api, rich, field):
    project, whole = rich
    got = api.page("traces", project_name=project, exclude=json.dumps([field]))["content"][0]
    expected = dict(whole)
    if field in SPECIAL:
        expected[field] = SPECIAL[field]
    elif field == "metadata":
        expected["metadata"] = {"providers": ["p"]}
    elif field != "providers":
        expected.pop(field, None)
    assert got == expected


def test_exclude_all(api, rich):
    project, whole = rich
    got = api.page("traces", project_name=project, exclude=json.dumps(EXCLUDE))["content"][0]
    assert got == {"id": whole["id"], "project_id": whole["project_id"],
                   "last_updated_at": whole["last_updated_at"], **SPECIAL, "providers": ["p"],
                   "metadata": {"providers": ["p"]}}


@pytest.mark.parametrize("value", ["", "[]"])
def test_exclude_nothing(api, rich, value):
    assert api.page("traces", project_name=rich[0], exclude=value)["content"] == [rich[1]]


@pytest.mark.parametrize("value", ["input", "[input]", '["no such"]', '["id"]', "{}", '"input"',
                                   "[1]", '["input"'])
def test_exclude_bad(api, rich, value):
    assert is_message(api.get("traces", params={"project_name": rich[0], "exclude": value}), 400,
                      f"Invalid query param exclude '{value}'")


# ---- list: truncate -----------------------------------------------------------------------------

def cut(api, project, truncate="true"):
    return api.page("traces", project_name=project, truncate=truncate)["content"][0]


@pytest.mark.parametrize("field", ["input", "output"])
@pytest.mark.parametrize("size,is_cut", [(10000, False), (10001, True), (10002, True),
                                         (50000, True)])
def test_truncate_from_10001_bytes(api, project, field, size, is_cut):
    value = {"k": "x" * (size - len('{"k":""}'))}
    api.create("traces", trace(project, **{field: value}))
    text = json.dumps(value, separators=(",", ":"))
    assert len(text) == size
    assert cut(api, project)[field] == (text[:10001] if is_cut else value)
    assert cut(api, project, "false")[field] == value
    assert cut(api, project, None)[field] == value


def test_truncate_counts_compact_bytes(api, project):
    """White space of the request does not count, the bytes of UTF-8 do."""
    item = trace(project, input={"k": "ü" * 4000, "l": 1}, output={"k": "ü" * 6000})
    api.create("traces", item)
    got = cut(api, project)
    assert got["input"] == item["input"]
    text = json.dumps(item["output"], separators=(",", ":"), ensure_ascii=False)
    assert isinstance(got["output"], str)
    assert text.startswith(got["output"].rstrip("\ufffd"))
    assert 9990 <= len(got["output"].rstrip("\ufffd").encode()) <= 10001


def test_truncate_never_cuts_metadata(api, project):
    item = trace(project, metadata={"k": "x" * 30000})
    api.create("traces", item)
    assert cut(api, project)["metadata"] == item["metadata"]


PREFIXES = ["/9j/", "iVBORw0KGgo", "R0lGODlh", "R0lGODdh", "Qk", "SUkq", "TU0A", "UklGR"]


@pytest.mark.parametrize("field", ["input", "output", "metadata"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_truncate_leaves_images_out(api, project, field, prefix):
    texts = [prefix + "AAbb09+/", prefix + "AA==", "data:image/png;base64," + prefix + "AAAA=",
             "data:image/jpeg;base64," + prefix + "A"]
    item = trace(project, **{field: {"list": texts, "one": {"deep": texts[0]}, "n": 1}})
    api.create("traces", item)
    assert cut(api, project)[field] == {"list": ["[image]"] * 4, "one": {"deep": "[image]"},
                                        "n": 1}
    assert cut(api, project, "false")[field] == item[field]


@pytest.mark.parametrize("text", [
    "/9j/", "iVBORw0KGgo", "see /9j/AAAA", "/9j/AAAA!", "/9j/AA AA", "data:image/png;base64,AAAA",
    "data:text/plain;base64,/9j/AAAA", "AAAA/9j/AAAA", "[image]", "data:image/x;base64,/9j/AAAA",
])
def test_truncate_keeps_what_is_no_image(api, project, text):
    item = trace(project, input={"k": text}, output=text)
    api.create("traces", item)
    assert has(cut(api, project), {"input": {"k": text}, "output": text})


def test_truncate_image_as_whole_value(api, project):
    api.create("traces", trace(project, input="/9j/AAAA"))
    assert cut(api, project)["input"] == "[image]"


# ---- list: time bounds --------------------------------------------------------------------------

BASE = 1_700_000_000_000


def iso(offset):
    return short_iso(f"2023-11-14T22:13:{20 + offset // 1000:02}.{offset % 1000:03}Z")


@pytest.fixture(scope="module")
def timed(api):
    """Traces with ids of BASE + 0, 10, 20 ms, and start times that say something else."""
    project = name("timed")
    items = [trace(project, id=uuid7(BASE + offset), start_time="2020-01-01T00:00:00Z")
             for offset in (0, 10, 20)]
    api.batch("traces", *items)
    return project, [item["id"] for item in items]


@pytest.mark.parametrize("start,end,expected", [
    (None, None, (2, 1, 0)), (0, None, (2, 1, 0)), (1, None, (2, 1)), (10, None, (2, 1)),
    (21, None, ()), (None, 20, (2, 1, 0)), (None, 19, (1, 0)), (None, 0, (0,)), (None, -1, ()),
    (0, 20, (2, 1, 0)), (10, 11, (1,)), (1, 9, ()), (0, 10, (1, 0)),
], ids=str)
@pytest.mark.parametrize("form", ["iso", "ms"])
def test_time_bounds(api, timed, start, end, expected, form):
    project, ids = timed

    def bound(offset):
        if offset is None:
            return None
        return str(BASE + offset) if form == "ms" or offset < 0 else iso(offset)

    got = api.page("traces", project_name=project, from_time=bound(start), to_time=bound(end))
    assert [item["id"] for item in got["content"]] == [ids[i] for i in expected]
    assert got["total"] == len(expected)


def test_time_bounds_empty_is_absent(api, timed):
    assert len(api.ids("traces", project_name=timed[0], from_time="", to_time="")) == 3


def test_time_bound_with_offset(api, timed):
    params = {"from_time": "2023-11-14T23:13:20.010+01:00", "to_time": iso(15)}
    assert api.ids("traces", project_name=timed[0], **params) == [timed[1][1]]


@pytest.mark.parametrize("start,end", [(10, 10), (20, 10)])
def test_time_bounds_order(api, timed, start, end):
    params = {"project_name": timed[0], "from_time": iso(start), "to_time": iso(end)}
    assert is_message(api.get("traces", params=params), 400,
                      "Parameter 'from_time' must be before 'to_time'")


@pytest.mark.parametrize("field", ["from_time", "to_time"])
@pytest.mark.parametrize("value", ["yesterday", "2023-11-14", "2023-11-14T22:13:20", "1.5"])
def test_time_bounds_not_an_instant(api, timed, field, value):
    assert is_message(api.get("traces", params={"project_name": timed[0], field: value}), 400,
                      f"Invalid instant format: '{value}'. Expected ISO-8601 "
                      "(e.g., 2024-01-01T00:00:00Z) or milliseconds since epoch")


# ---- exists -------------------------------------------------------------------------------------

def exists(api, project, **params):
    response = api.get("traces/exists", params={"project_name": project, **params})
    assert response.status_code == 200
    return response.json()["exists"]


def test_exists(api, project):
    api.create("projects", {"name": project})
    assert not exists(api, project)
    api.create("traces", trace(project))
    assert exists(api, project)
    assert exists(api, None, project_id=api.project_id(project))


@pytest.mark.parametrize("stored", [None, "sdk", "experiment", "evaluator"])
def test_exists_by_source(api, project, stored):
    api.create("traces", trace(project, source=stored))
    for asked in ("", "  ", "sdk", "experiment", "playground"):
        matches = not asked.strip() or asked == (stored or "sdk")
        assert exists(api, project, source=asked) == matches


@pytest.mark.parametrize("value", ["no-such", "unknown"])
def test_exists_bad_source(api, project, value):
    api.create("traces", trace(project))
    params = {"project_name": project, "source": value}
    assert is_message(api.get("traces/exists", params=params), 400, f"Invalid source '{value}'")


def test_full_covers_what_a_trace_may_carry(api):
    """The builders know every field that a create takes."""
    properties = api.document.content["components"]["schemas"]["TraceWrite"]["properties"]
    assert set(properties) == {*FULL, "id", "project_name", "start_time", "thread_id",
                               *({"last_updated_at"} & set(properties))}
