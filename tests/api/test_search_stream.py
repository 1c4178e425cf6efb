"""POST /traces/search and /spans/search: framing, order, cursor, limits, errors (traces.md 9.4,
spans.md 9, query.md 13)."""
import json
import re

import pytest

from client import is_error, is_message, is_unreadable, name, span, trace, uuid7
from query_data import condition, project_of
from query_model import FIELDS, chosen

KINDS = list(FIELDS)
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')


@pytest.fixture(scope="module")
def data(api):
    return project_of(api)


def search(api, kind, body, **options):
    """The records of a stream; asserts its framing."""
    response = api.post(f"{kind}/search", body, **options)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/octet-stream"
    *lines, rest = response.content.split(b"\r\n")
    assert rest == b"", "each line is ended, also the last"
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    records = [json.loads(line) for line in lines]
    assert all(isinstance(record, dict) and "code" not in record for record in records)
    assert not any(b" " in STRING.sub(b"", line) for line in lines), "compact"
    return records


def ids(api, kind, **body):
    return [record["id"] for record in search(api, kind, body)]


def newest_first(data, kind):
    return sorted((row.id for row in data.rows[kind]), reverse=True)


# ---- records, order, cursor ---------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_everything_newest_first(api, data, kind):
    assert ids(api, kind, project_name=data.name) == newest_first(data, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_records_equal_those_of_the_list(api, data, kind):
    listed = {item["id"]: item for item in
              api.page(kind, project_name=data.name, size=1000)["content"]}
    for record in search(api, kind, {"project_name": data.name}):
        assert record == listed[record["id"]]


@pytest.mark.parametrize("kind", KINDS)
def test_project_by_id(api, data, kind):
    project_id = api.project_id(data.name)
    assert ids(api, kind, project_id=project_id) == newest_first(data, kind)
    assert ids(api, kind, project_id=project_id, project_name="none") == newest_first(data, kind)
    assert ids(api, kind, project_name=data.name.upper()) == newest_first(data, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_an_empty_body(api, data, kind):
    empty = name("empty")
    api.create("projects", {"name": empty})
    assert ids(api, kind, project_name=empty) == []
    assert ids(api, kind, project_name=data.name, oql='name = "no such"') == []


@pytest.mark.parametrize("limit", [1, 7, 39, 2000])
@pytest.mark.parametrize("kind", KINDS)
def test_pages_by_cursor(api, data, kind, limit):
    pages, last = [], {}
    while True:
        page = ids(api, kind, project_name=data.name, limit=limit, **last)
        assert len(page) <= limit
        pages += page
        if len(page) < limit:
            break
        last = {"last_retrieved_id": page[-1]}
    assert pages == newest_first(data, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_cursor_need_not_be_a_record(api, data, kind):
    whole = newest_first(data, kind)
    between = whole[5][:-1] + ("0" if whole[5][-1] != "0" else "1")
    assert ids(api, kind, project_name=data.name, last_retrieved_id=between) == [
        row_id for row_id in whole if row_id < between]
    assert ids(api, kind, project_name=data.name, last_retrieved_id=uuid7()) == whole
    assert ids(api, kind, project_name=data.name,
               last_retrieved_id="00000000-0000-0000-0000-000000000000") == []
    assert ids(api, kind, project_name=data.name, last_retrieved_id=whole[3].upper()) == whole[4:]


@pytest.mark.parametrize("kind", KINDS)
def test_default_limit_is_500(api, project, kind):
    trace_id = uuid7()
    items = [trace(project) if kind == "traces" else span(project, trace_id) for _ in range(510)]
    api.batch(kind, *items)
    newest = sorted((item["id"] for item in items), reverse=True)
    assert ids(api, kind, project_name=project) == newest[:500]
    assert ids(api, kind, project_name=project, limit=None) == newest[:500]
    assert ids(api, kind, project_name=project, limit=2000) == newest


def test_spans_of_several_traces_are_ordered_by_id_alone(api, project):
    first, second = uuid7(), uuid7()
    items = [span(project, trace_id) for trace_id in (second, first, second, first)]
    api.batch("spans", *items)
    assert ids(api, "spans", project_name=project) == [item["id"] for item in items[::-1]]


# ---- conditions ---------------------------------------------------------------------------------

@pytest.mark.parametrize("filters", [
    [], [condition("name", "contains", "", "a")],
    [condition("ttft", ">", None, 0), condition("tags", "is_empty", None, "")],
    [{"or": [condition("metadata", "=", "n", 10), condition("name", "=", None, "Z")]}],
    [{"not": condition("input_json", "is_empty", "a.b", "")}],
], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_filters(api, data, kind, filters):
    wanted = sorted(chosen(data.rows[kind], filters), reverse=True)
    assert ids(api, kind, project_name=data.name, filters=filters) == wanted
    typed = [{**node, "type": "string"} for node in filters]
    assert ids(api, kind, project_name=data.name, filters=typed) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_filters_with_limit_and_cursor(api, data, kind):
    filters = [condition("name", "contains", "", "a")]
    wanted = sorted(chosen(data.rows[kind], filters), reverse=True)
    body = {"project_name": data.name, "filters": filters}
    assert ids(api, kind, **body, limit=2) == wanted[:2]
    assert ids(api, kind, **body, limit=2, last_retrieved_id=wanted[1]) == wanted[2:4]


@pytest.mark.parametrize("kind", KINDS)
def test_oql(api, data, kind):
    node = {"or": [condition("name", "contains", "", "a"), condition("ttft", ">", None, 50)]}
    tags = condition("tags", "is_not_empty", None, "")
    wanted = sorted(chosen(data.rows[kind], [node, tags]), reverse=True)
    oql = '(name contains "a" or ttft > 50) and tags is_not_empty'
    assert ids(api, kind, project_name=data.name, oql=oql) == wanted
    assert ids(api, kind, project_name=data.name, oql='name contains "a" or ttft > 50',
               filters=[tags]) == wanted
    assert len(ids(api, kind, project_name=data.name, oql=" ")) == len(data.rows[kind])


def is_one_of(parts):
    return condition("environment", "in", None, ",".join(parts))


@pytest.mark.parametrize("count", [1001, 3000, 20000])
@pytest.mark.parametrize("form", ["one list", "ten lists", "oql"])
def test_many_parts(api, data, count, form):
    """More than fit into a query parameter: every part counts, or the request is refused."""
    parts = [f"environment-{i}" for i in range(count)] + ["staging"]
    conditions = {"one list": {"filters": [is_one_of(parts)]},
                  "ten lists": {"filters": [{"or": [is_one_of(parts[i::10]) for i in range(10)]}]},
                  "oql": {"oql": "environment in (" + ",".join(f'"{p}"' for p in parts) + ")"}}
    body = {"project_name": data.name, **conditions[form]}
    response = api.post("traces/search", body, timeout=30)
    if response.status_code not in (400, 413, 422):
        assert response.status_code == 200, response.text
        assert [json.loads(line)["id"] for line in response.text.splitlines()] == sorted(
            chosen(data.rows["traces"], [is_one_of(["staging"])]), reverse=True)


@pytest.mark.parametrize("kind", KINDS)
def test_times(api, kind):
    project, base = name("timed"), 1_700_000_000_000
    make = trace if kind == "traces" else span
    made = [make(project, id=uuid7(base + offset)) for offset in (0, 10, 20)]
    api.batch(kind, *made)
    last, middle, first = (item["id"] for item in made[::-1])
    iso = "2023-11-14T22:13:20"
    for bounds, wanted in [
        ({"from_time": f"{iso}.010Z"}, [last, middle]),
        ({"to_time": f"{iso}.010Z"}, [middle, first]),
        ({"from_time": f"{iso}.001Z", "to_time": f"{iso}.019Z"}, [middle]),
        ({"from_time": f"{iso}Z", "to_time": f"{iso}.020Z"}, [last, middle, first]),
        ({"from_time": "2023-11-14T23:13:20.015+01:00"}, [last]),
        ({"from_time": f"{iso}.021Z"}, []),
    ]:
        assert ids(api, kind, project_name=project, **bounds) == wanted, bounds


def test_spans_of_a_trace_and_type(api, data):
    for row in data.rows["traces"][:6]:
        assert ids(api, "spans", project_name=data.name, trace_id=row.id) == sorted(
            (span.id for span in row.spans), reverse=True)
    for value in ("llm", "tool", "LLM"):
        body = {"project_name": data.name, "type": value}
        assert [record["id"] for record in search(api, "spans", body, bad=True)] == [
            row_id for row_id in newest_first(data, "spans")
            if data.row("spans", row_id).sent.get("type") == value.lower()]


# ---- what of a record ---------------------------------------------------------------------------

@pytest.mark.parametrize("excluded", [[], ["span_feedback_scores"]])
def test_exclude_scores_of_spans(api, project, excluded):
    """docs/differences.md: as in lists."""
    item = trace(project)
    one = span(project, item["id"])
    api.create("traces", item)
    api.create("spans", one)
    score = {"name": "s", "value": 1, "source": "ui"}
    assert api.put(f"spans/{one['id']}/feedback-scores", score).status_code == 204
    (found,) = api.search("traces", project_name=project, exclude=excluded)
    (listed,) = api.page("traces", project_name=project, exclude=json.dumps(excluded))["content"]
    assert ("span_feedback_scores" in found) == (not excluded)
    assert found.get("span_feedback_scores") == listed.get("span_feedback_scores")


@pytest.mark.parametrize("excluded", [["input"], ["input", "output", "metadata"], ["name", "tags"],
                                      [], None])
@pytest.mark.parametrize("kind", KINDS)
def test_exclude(api, data, kind, excluded):
    lists = json.dumps(excluded or [])
    listed = {item["id"]: item for item in
              api.page(kind, project_name=data.name, size=1000, exclude=lists)["content"]}
    for record in search(api, kind, {"project_name": data.name, "exclude": excluded}):
        assert record == listed[record["id"]]


@pytest.mark.parametrize("kind", KINDS)
def test_truncate(api, project, kind):
    body = {"k": "x" * 20000}
    make = trace if kind == "traces" else span
    item = make(project, input=body, output="/9j/AAAA", metadata={"image": "/9j/AAAA"})
    api.create(kind, item)

    def only(**options):
        (record,) = search(api, kind, {"project_name": project, **options})
        return record

    cut = only(truncate=True)
    assert cut["input"] == json.dumps(body, separators=(",", ":"))[:10001]
    assert (cut["output"], cut["metadata"]) == ("[image]", {"image": "[image]"})
    for options in ({}, {"truncate": False}, {"truncate": None}):
        whole = only(**options)
        assert (whole["input"], whole["output"]) == (body, "/9j/AAAA")
    assert only(strip_attachments=True)["input"] == body


def test_line_breaks_in_texts_do_not_break_lines(api, project):
    text = "a\r\nb\nc\u2028d\u0085e\u0000"
    api.create("traces", trace(project, name=text, input={text: text}))
    (record,) = search(api, "traces", {"project_name": project})
    assert (record["name"], record["input"]) == (text, {text: text})


def test_large_streams(api, project):
    """Far more than a piece of the answer."""
    items = [trace(project, input={"text": str(i) * 3000}) for i in range(400)]
    api.batch("traces", *items)
    records = search(api, "traces", {"project_name": project})
    assert [record["input"] for record in records] == [item["input"] for item in items[::-1]]


# ---- errors: before the stream, as usual --------------------------------------------------------

LIMIT_LOW = "limit must be greater than or equal to 1"
LIMIT_HIGH = "limit must be less than or equal to 2000"


@pytest.mark.parametrize("limit,message", [(0, LIMIT_LOW), (-1, LIMIT_LOW), (2001, LIMIT_HIGH),
                                           (2147483647, LIMIT_HIGH)])
@pytest.mark.parametrize("kind", KINDS)
def test_limit_is_checked(api, data, kind, limit, message):
    body = {"project_name": data.name, "limit": limit}
    assert is_error(api.post(f"{kind}/search", body, bad=True), 422, message)


@pytest.mark.parametrize("body", [
    {"limit": "many"}, {"limit": []}, {"limit": {}}, {"last_retrieved_id": "x"}, {"filters": {}},
    {"filters": "name"}, {"filters": [1]}, {"filters": [{"field": "name"}]}, {"exclude": "input"},
    {"filters": [condition("no_such", "=", None, "x")]}, {"exclude": ["no_such"]},
    {"filters": [condition("name", "equals", None, "x")]}, {"exclude": [1]}, {"exclude": ["id"]},
    {"filters": [condition("name", "=", None, None)]}, {"truncate": "often"}, {"project_id": "x"},
    {"from_time": "yesterday"}, {"to_time": "2024-01-01"}, {"oql": []}, {"project_name": []},
], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_unreadable_bodies(api, data, kind, body):
    body = {"project_name": data.name, **body}
    assert is_unreadable(api.post(f"{kind}/search", body, bad=True))


@pytest.mark.parametrize("body", [{"trace_id": "x"}, {"type": "no such"}], ids=str)
def test_unreadable_bodies_of_spans(api, data, body):
    body = {"project_name": data.name, **body}
    assert is_unreadable(api.post("spans/search", body, bad=True))


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "null"])
@pytest.mark.parametrize("kind", KINDS)
def test_bodies_that_are_no_object(api, kind, text):
    response = api.post(f"{kind}/search", data=text, bad=True,
                        headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.json().keys() <= {"code", "message", "errors"}


@pytest.mark.parametrize("kind", KINDS)
def test_filter_errors(api, data, kind):
    for test, message in [
        (condition("name", ">=", None, "x"),
         "Invalid operator '>=' for field 'name' of type 'STRING'"),
        (condition("duration", ">", None, "x"),
         "Invalid value 'x' or key 'null' for field 'duration' of type 'NUMBER'"),
        (condition("metadata", "=", "", "x"),
         "Invalid value 'x' or key 'null' for field 'metadata' of type 'DICTIONARY'"),
        (condition("custom", "=", "name", "x"), "Invalid key 'name' for custom filter"),
    ]:
        response = api.post(f"{kind}/search", {"project_name": data.name, "filters": [test]})
        assert is_message(response, 400, message)
    response = api.post(f"{kind}/search", {"project_name": data.name, "oql": "name ~ 5"})
    assert response.status_code == 400
    assert response.json()["message"].startswith("Invalid OQL at column 6: ")


@pytest.mark.parametrize("kind", KINDS)
def test_project_errors(api, kind):
    unknown = uuid7()
    assert is_message(api.post(f"{kind}/search", {}), 400,
                      "Either 'project_name' or 'project_id' query params must be provided")
    assert is_message(api.post(f"{kind}/search", {"project_name": "none"}), 404,
                      "Project name: none not found")
    assert is_message(api.post(f"{kind}/search", {"project_id": unknown}), 404,
                      f"Project id: {unknown} not found")
    assert not api.project_exists("none")


@pytest.mark.parametrize("kind", KINDS)
def test_time_errors(api, data, kind):
    body = {"project_name": data.name, "from_time": "2024-01-02T00:00:00Z",
            "to_time": "2024-01-01T00:00:00Z"}
    assert is_message(api.post(f"{kind}/search", body), 400,
                      "Parameter 'from_time' must be before 'to_time'")


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_members_are_ignored(api, data, kind):
    body = {"project_name": data.name, "limit": 1, "sorting": "x", "no_such": {"a": [1]}}
    assert search(api, kind, body, bad=True)[0]["id"] == newest_first(data, kind)[0]
