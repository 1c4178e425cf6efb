"""GET /spans/{id}, GET /spans, GET /spans/exists, DELETE /spans/{id} (spans.md 9)."""
import json

import pytest

from client import (full_span, has, is_error, is_message, name, short_iso, span, trace, uuid4,
                    uuid7)

SORTABLE = ("id,name,type,trace_id,parent_span_id,input,output,metadata,start_time,end_time,"
            "duration,ttft,usage.*,metadata,tags,created_at,last_updated_at,model,provider,"
            "total_estimated_cost,error_info,created_by,feedback_scores.*,environment").split(",")
NO_PROJECT = "Either 'project_name' or 'project_id' query params must be provided"


# ---- GET by id ----------------------------------------------------------------------------------

@pytest.mark.parametrize("make", [uuid7, uuid4])
def test_unknown_is_404(api, make):
    made = make()
    assert is_message(api.get(f"spans/{made}"), 404, f"Span id: {made} not found")


def test_id_not_a_uuid_is_404(api):
    assert is_message(api.get("spans/nonsense"), 404, "HTTP 404 Not Found")


@pytest.mark.parametrize("value", ["true", "false"])
def test_strip_attachments_is_accepted(api, project, value):
    item = full_span(project)
    api.create("spans", item)
    assert api.read("spans", item["id"], strip_attachments=value)["input"] == item["input"]


def test_owning_project_deleted_is_404(api, project):
    item = span(project)
    api.create("spans", item)
    api.delete(f"projects/{api.project_id(project)}")
    assert api.get(f"spans/{item['id']}").status_code == 404


# ---- list ---------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def listed(api):
    """Spans of two traces and three parents, sorted as the list shows them."""
    project = name("listed")
    traces, parents = sorted(uuid7() for _ in range(2)), sorted(uuid7() for _ in range(2))
    items = [span(project, trace_id, parent_span_id=parent, type=kind)
             for kind in ("llm", "tool", "general")
             for parent in (parents[1], None, parents[0]) for trace_id in traces]
    api.batch("spans", *items)
    items.sort(key=lambda item: (item["trace_id"], item.get("parent_span_id", ""), item["id"]),
               reverse=True)
    return project, items


def test_envelope(api, listed):
    project, items = listed
    page = api.page("spans", project_name=project)
    assert {key: page[key] for key in page if key != "content"} == {
        "page": 1, "size": 10, "total": 18, "sortable_by": SORTABLE}


def test_default_order_is_trace_parent_id_descending(api, listed):
    project, items = listed
    assert api.ids("spans", project_name=project, size=100) == [item["id"] for item in items]


@pytest.mark.parametrize("page,size,first,last", [(1, 1, 0, 1), (2, 10, 10, 18), (2, 7, 7, 14),
                                                  (1, 1000, 0, 18), (9, 10, 18, 18)])
def test_pages(api, listed, page, size, first, last):
    project, items = listed
    got = api.page("spans", project_name=project, page=page, size=size)
    assert [item["id"] for item in got["content"]] == [item["id"] for item in items[first:last]]
    assert (got["page"], got["size"], got["total"]) == (page, last - first, 18)


def test_by_trace(api, listed):
    project, items = listed
    wanted = items[0]["trace_id"]
    page = api.page("spans", project_name=project, trace_id=wanted, size=100)
    assert [item["id"] for item in page["content"]] == [
        item["id"] for item in items if item["trace_id"] == wanted]
    assert page["total"] == 9
    assert api.page("spans", project_name=project, trace_id=uuid7())["total"] == 0


@pytest.mark.parametrize("asked", ["llm", "tool", "general", "guardrail", "LLM"])
def test_by_type(api, listed, asked):
    project, items = listed
    page = api.page("spans", project_name=project, type=asked, size=100)
    assert [item["id"] for item in page["content"]] == [
        item["id"] for item in items if item["type"] == asked.lower()]


def test_by_trace_and_type(api, listed):
    project, items = listed
    params = {"trace_id": items[0]["trace_id"], "type": "llm"}
    assert api.page("spans", project_name=project, **params)["total"] == 3


def test_bad_type(api, listed):
    assert is_message(api.get("spans", params={"project_name": listed[0], "type": "x"}), 400,
                      "query param type is not a valid SpanType")


def test_bad_trace_id(api, listed):
    assert is_message(api.get("spans", params={"project_name": listed[0], "trace_id": "x"}), 404,
                      "HTTP 404 Not Found")


def test_item_is_as_by_id_without_project_name(api, project):
    item = full_span(project)
    api.create("spans", item)
    one = api.read("spans", item["id"])
    assert one.pop("project_name") == project
    assert api.page("spans", project_name=project)["content"] == [one]


@pytest.mark.parametrize("path", ["spans", "spans/exists"])
def test_project_errors(api, path):
    unknown, unknown_id = name(), uuid7()
    assert is_message(api.get(path), 400, NO_PROJECT)
    assert is_message(api.get(path, params={"project_name": unknown}), 404,
                      f"Project name: {unknown} not found")
    assert is_message(api.get(path, params={"project_id": unknown_id}), 404,
                      f"Project id: {unknown_id} not found")


def test_project_id_wins(api, listed):
    project, items = listed
    params = {"project_id": api.project_id(project), "project_name": "no such"}
    assert api.page("spans", **params)["total"] == len(items)


@pytest.mark.parametrize("field", ["page", "size"])
def test_page_errors(api, listed, field):
    assert is_error(api.get("spans", params={"project_name": listed[0], field: 0}), 400,
                    f"query param {field} must be greater than or equal to 1")
    assert is_message(api.get("spans", params={"project_name": listed[0], field: "x"}), 404,
                      "HTTP 404 Not Found")


def test_bad_sorting(api, listed):
    assert is_message(api.get("spans", params={"project_name": listed[0], "sorting": "x"}), 400,
                      "Invalid sorting query parameter 'x'")


EXCLUDE = ("name,type,start_time,end_time,input,output,metadata,model,provider,tags,usage,"
           "error_info,created_at,created_by,last_updated_by,feedback_scores,comments,"
           "total_estimated_cost,total_estimated_cost_version,duration,ttft,source,"
           "environment").split(",")


@pytest.fixture(scope="module")
def rich(api):
    project = name("rich")
    item = full_span(project)
    api.create("spans", item)
    return project, api.page("spans", project_name=project)["content"][0]


@pytest.mark.parametrize("field", [field for field in EXCLUDE
                                   if field not in ("provider", "metadata")])
def test_exclude_one(api, rich, field):
    project, whole = rich
    got = api.page("spans", project_name=project, exclude=json.dumps([field]))["content"][0]
    assert got == {key: value for key, value in whole.items() if key != field}


def test_exclude_provider_and_metadata(api, rich):
    project, whole = rich
    got = api.page("spans", project_name=project,
                   exclude='["provider","metadata"]')["content"][0]
    assert got == {key: value for key, value in whole.items()
                   if key not in ("provider", "metadata")}


def test_exclude_all(api, rich):
    project, whole = rich
    got = api.page("spans", project_name=project, exclude=json.dumps(EXCLUDE))["content"][0]
    assert got == {key: whole[key] for key in ("id", "project_id", "trace_id", "parent_span_id",
                                               "last_updated_at")}


@pytest.mark.parametrize("value", ["x", '["trace_id"]', '["no such"]', '["providers"]'])
def test_exclude_bad(api, rich, value):
    assert is_message(api.get("spans", params={"project_name": rich[0], "exclude": value}), 400,
                      f"Invalid query param exclude '{value}'")


def test_truncate(api, project):
    item = span(project, input={"k": "x" * 20000}, output={"k": "/9j/AAAA"},
                metadata={"k": "y" * 20000, "i": "data:image/png;base64,iVBORw0KGgoAAA="})
    api.create("spans", item)
    got = api.page("spans", project_name=project, truncate="true")["content"][0]
    assert has(got, {"input": json.dumps(item["input"], separators=(",", ":"))[:10001],
                     "output": {"k": "[image]"},
                     "metadata": {"k": "y" * 20000, "i": "[image]"}})
    whole = api.page("spans", project_name=project)["content"][0]
    assert has(whole, {key: item[key] for key in ("input", "output", "metadata")})


BASE = 1_700_000_000_000


def iso(offset):
    return short_iso(f"2023-11-14T22:13:20.{offset:03}Z")


@pytest.mark.parametrize("start,end,expected", [
    (None, None, (0, 10, 20)), (10, None, (10, 20)), (11, None, (20,)), (None, 10, (0, 10)),
    (None, 9, (0,)), (0, 20, (0, 10, 20)), (1, 19, (10,)),
], ids=str)
def test_time_bounds(api, project, start, end, expected):
    made = {uuid7(BASE + offset): offset for offset in (0, 10, 20)}
    api.batch("spans", *(span(project, id=key) for key in made))
    got = api.ids("spans", project_name=project, from_time=start if start is None else iso(start),
                  to_time=None if end is None else str(BASE + end))
    assert sorted(made[key] for key in got) == list(expected)


def test_time_bounds_errors(api, listed):
    params = {"project_name": listed[0], "from_time": iso(5), "to_time": iso(5)}
    assert is_message(api.get("spans", params=params), 400,
                      "Parameter 'from_time' must be before 'to_time'")
    params = {"project_name": listed[0], "from_time": "x"}
    assert api.get("spans", params=params).json()["message"].startswith(
        "Invalid instant format: 'x'. ")


# ---- exists -------------------------------------------------------------------------------------

def exists(api, project, **params):
    response = api.get("spans/exists", params={"project_name": project, **params})
    assert response.status_code == 200
    return response.json()["exists"]


def test_exists(api, project):
    api.create("traces", trace(project))
    assert not exists(api, project)
    api.create("spans", span(project))
    assert exists(api, project) and exists(api, None, project_id=api.project_id(project))


@pytest.mark.parametrize("stored", [None, "sdk", "evaluator"])
def test_exists_by_source(api, project, stored):
    api.create("spans", span(project, source=stored))
    for asked in ("sdk", "evaluator", "playground"):
        assert exists(api, project, source=asked) == (asked == (stored or "sdk"))
    assert is_message(api.get("spans/exists", params={"project_name": project, "source": "x"}),
                      400, "Invalid source 'x'")


# ---- delete: contract/README.md, difference 6 ---------------------------------------------------

def tree(api, project):
    """A trace with root <- child <- grandchild, and a sibling of root."""
    item = trace(project)
    root = span(project, item["id"], type="llm", usage={"k": 1}, total_estimated_cost=1,
                provider="a")
    child = span(project, item["id"], parent_span_id=root["id"], type="tool", usage={"k": 2})
    leaf = span(project, item["id"], parent_span_id=child["id"], type="llm", usage={"k": 4},
                provider="b")
    sibling = span(project, item["id"], usage={"k": 8}, total_estimated_cost=0.5, provider="c")
    api.create("traces", item)
    api.batch("spans", leaf, child, root, sibling)
    return item, root, child, leaf, sibling


def remaining(api, spans):
    return [api.get(f"spans/{item['id']}").status_code == 200 for item in spans]


def test_delete_takes_the_descendants(api, project):
    item, *spans = tree(api, project)
    response = api.delete(f"spans/{spans[0]['id']}")
    assert response.status_code == 204 and response.content == b""
    assert remaining(api, spans) == [False, False, False, True]
    assert api.ids("spans", project_name=project) == [spans[3]["id"]]
    assert has(api.read("traces", item["id"]),
               {"span_count": 1, "llm_span_count": 0, "has_tool_spans": False, "usage": {"k": 8},
                "total_estimated_cost": 0.5, "providers": ["c"], "metadata": {"providers": ["c"]}})


def test_delete_in_the_middle(api, project):
    item, *spans = tree(api, project)
    api.delete(f"spans/{spans[1]['id']}")
    assert remaining(api, spans) == [True, False, False, True]
    assert has(api.read("traces", item["id"]),
               {"span_count": 2, "llm_span_count": 1, "usage": {"k": 9},
                "total_estimated_cost": 1.5, "providers": ["a", "c"]})


def test_delete_the_last_one(api, project):
    item, only = trace(project), None
    api.create("traces", item)
    only = span(project, item["id"], usage={"k": 1}, provider="p", total_estimated_cost=1)
    api.create("spans", only)
    api.delete(f"spans/{only['id']}")
    assert has(api.read("traces", item["id"]), {"span_count": 0}, "usage", "providers",
               "total_estimated_cost", "metadata")


def test_delete_unknown_is_204(api):
    assert api.delete(f"spans/{uuid7()}").status_code == 204


def test_delete_placeholder(api, project):
    item = span(project)
    api.update("spans", item["id"], {"project_name": project, "trace_id": item["trace_id"]})
    api.delete(f"spans/{item['id']}")
    assert api.get(f"spans/{item['id']}").status_code == 404


def test_deleted_id_may_be_created_again(api, project):
    item = full_span(project)
    api.create("spans", item)
    api.delete(f"spans/{item['id']}")
    again = span(project, id=item["id"])
    api.create("spans", again)
    assert has(api.read("spans", item["id"]), {"trace_id": again["trace_id"]}, "name", "usage")


def test_delete_survives_a_circle_of_parents(api, project):
    first, second = span(project), span(project)
    second.update(trace_id=first["trace_id"], parent_span_id=first["id"])
    first.update(parent_span_id=second["id"])
    api.batch("spans", first, second)
    api.delete(f"spans/{first['id']}")
    assert remaining(api, [first, second]) == [False, False]


def test_delete_survives_a_span_that_is_its_own_parent(api, project):
    item = span(project)
    item["parent_span_id"] = item["id"]
    api.create("spans", item)
    api.delete(f"spans/{item['id']}")
    assert remaining(api, [item]) == [False]
