"""Inputs at the edge: an answer that parses, never a 500, and the server goes on (difference 10 of
contract/README.md). The client fails on any 500 and on any answer that is not in the document."""
import json

import pytest

from client import has, is_unreadable, name, span, trace, uuid7

JSON = {"Content-Type": "application/json"}


def post(api, path, text):
    return api.post(path, data=text.encode(), headers=JSON, bad=True)


def test_lone_surrogates_become_replacement_characters(api, project):
    """UTF-8 has no place for them; answers stay valid."""
    made = uuid7()
    response = post(api, "traces", f'{{"id":"{made}","start_time":1,"project_name":"{project}",'
                    '"name":"a\\ud800b","input":"\\udc00","metadata":{"\\ud83d":1},'
                    '"tags":["\\ud83d\\ude00\\ud83d"]}')
    assert response.status_code == 201
    raw = api.get(f"traces/{made}").content.decode("utf-8", "strict")
    assert has(json.loads(raw), {"name": "a\ufffdb", "input": "\ufffd",
                                 "metadata": {"\ufffd": 1}, "tags": ["😀\ufffd"]})


@pytest.mark.parametrize("text", ["[-0]", "[-0.0]", "[1E5]", "[0.1e1]", "[1e-400]",
                                  "[123456789012345678901234567890.5]", "[9007199254740993]"])
def test_numbers_keep_their_value(api, project, text):
    item = trace(project)
    post(api, "traces", f'{json.dumps(item)[:-1]},"input":{text}}}')
    assert api.read("traces", item["id"])["input"] == json.loads(text)


@pytest.mark.parametrize("field,value", [
    ("start_time", "1e20"), ("start_time", "-1"), ("start_time", "1e-20"), ("start_time", "NaN"),
    ("start_time", "9" * 400), ("start_time", '"2024-01-01T00:00:00.1234567891Z"'),
    ("start_time", '"+999999999-12-31T23:59:59Z"'), ("start_time", '"2024-01-01T00:00:00+25:00"'),
    ("ttft", "1e400"), ("ttft", "NaN"), ("ttft", "-Infinity"), ("ttft", "9" * 400),
    ("total_estimated_cost", "1e400"), ("total_estimated_cost", "1e30"),
    ("total_estimated_cost", "NaN"), ("total_estimated_cost", "1" + "0" * 5000),
    ("usage", '{"a":1e400}'), ("usage", '{"a":NaN}'), ("usage", '{"a":' + "9" * 400 + "}"),
])
def test_unusual_numbers_are_answered(api, project, field, value):
    item = span(project)
    del item["start_time"]
    start = "" if field == "start_time" else '"start_time":1,'
    response = post(api, "spans", f'{json.dumps(item)[:-1]},{start}"{field}":{value}}}')
    assert response.status_code in (201, 400, 422), response.text
    if response.status_code == 201:
        api.read("spans", item["id"])


def test_largest_costs_are_summed(api, project):
    item = trace(project)
    api.create("traces", item)
    for _ in range(2):
        api.create("spans", span(project, item["id"], total_estimated_cost=1e20))
    assert api.read("traces", item["id"])["total_estimated_cost"] == 2e20


@pytest.mark.parametrize("params", [
    {"from_time": "9223372036854775807"}, {"from_time": "-9223372036854775808"},
    {"to_time": "-1"}, {"from_time": "281474976710656"}, {"to_time": "9999-12-31T23:59:59Z"},
    {"from_time": "99999999999999999999"}, {"page": "2147483647", "size": "2147483647"},
    {"page": "2147483648"}, {"size": "2147483647"}, {"page": "+1"}, {"page": " 1"},
    {"truncate": "maybe"}, {"strip_attachments": "maybe"}, {"exclude": "null"},
    {"exclude": "[null]"}, {"exclude": "[" * 2000}, {"sorting": "null"}, {"sorting": "[1]"},
    {"sorting": '[{"field":1}]'}, {"sorting": '[{"field":"name","direction":"UP"}]'},
    {"sorting": "[{}]"}, {"sorting": "[" * 2000},
], ids=lambda params: json.dumps(params)[:40])
@pytest.mark.parametrize("kind", ["traces", "spans"])
def test_unusual_parameters_are_answered(api, project, kind, params):
    api.batch(kind, span(project) if kind == "spans" else trace(project))
    response = api.get(kind, params={"project_name": project, **params})
    assert response.status_code in (200, 400, 404)


@pytest.mark.parametrize("query", ["%zz=1", "=&&&", "project_name=%ff", "project_name=%00",
                                   "project_name", "project_name=a&project_name=b", "&&"])
def test_unusual_queries_are_answered(api, query):
    assert api.get(f"traces?{query}", bad=True).status_code in (200, 400, 404)


def test_many_tags(api, project):
    item = trace(project, tags=[f"t{i}" for i in range(50_000)])
    api.create("traces", item)
    assert len(api.read("traces", item["id"])["tags"]) == 50_000


@pytest.mark.parametrize("count,status", [(1000, 201), (1001, 422), (50_000, 422)])
def test_many_usage_keys(api, project, count, status):
    item = span(project, usage={f"k{i}": i + 1 for i in range(count)})
    response = api.post("spans", item)
    assert response.status_code == status
    assert status == 422 or api.read("spans", item["id"])["usage"] == item["usage"]


def test_many_properties(api, project):
    item = trace(project, input={f"k{i}": i for i in range(50_000)})
    response = api.post("traces", {**item, **{f"unknown{i}": i for i in range(50_000)}}, bad=True)
    assert response.status_code == 201
    assert api.read("traces", item["id"])["input"] == item["input"]


@pytest.mark.parametrize("value", ["a\0b", "\u200b", "ÄÖ", "'\"\\", "a/b?c=d&e#f%20", "x" * 150])
def test_unusual_project_names(api, value):
    project = (name() + value)[-150:]
    item = trace(project)
    api.create("traces", item)
    assert api.ids("traces", project_name=project) == [item["id"]]
    found = api.get(f"projects/{api.read('traces', item['id'])['project_id']}").json()
    assert found["name"] == project


def test_byte_order_marks(api, project):
    """UTF-8 with a mark is read, UTF-16 is refused."""
    text = json.dumps(trace(project))
    assert api.post("traces", data=b"\xef\xbb\xbf" + text.encode(),
                    headers=JSON).status_code in (201, 400)
    assert is_unreadable(api.post("traces", data=text.encode("utf-16"), headers=JSON, bad=True))


def test_largest_batch_update(api, project):
    items = [trace(project) for _ in range(1000)]
    api.batch("traces", *items)
    update = {"ids": [item["id"] for item in items], "update": {"output": "x" * 100_000}}
    assert api.patch("traces/batch", update).status_code == 204
    assert api.read("traces", items[999]["id"])["output"] == "x" * 100_000
    assert api.post("traces/delete", {"ids": update["ids"]}).status_code == 204
    assert api.page("traces", project_name=project)["total"] == 0
