"""DELETE /traces/{id} and POST /traces/delete (traces.md 10)."""
import pytest

from client import (full_trace, has, is_error, is_message, is_unreadable, name, span, trace,
                    uuid4, uuid7)


def delete(api, *ids, **fields):
    response = api.post("traces/delete", {"ids": list(ids), **fields})
    assert response.status_code == 204 and response.content == b"", response.text


def gone(api, kind, *ids):
    return all(api.get(f"{kind}/{item}").status_code == 404 for item in ids)


def test_delete_one(api, project):
    item, other = trace(project), trace(project)
    api.batch("traces", item, other)
    response = api.delete(f"traces/{item['id']}")
    assert response.status_code == 204 and response.content == b""
    assert gone(api, "traces", item["id"])
    page = api.page("traces", project_name=project)
    assert page["total"] == 1 and page["content"][0]["id"] == other["id"]


def test_delete_unknown_is_204(api):
    assert api.delete(f"traces/{uuid7()}").status_code == 204
    delete(api, uuid7(), uuid7())


def test_id_version_is_not_checked(api):
    made = uuid4()
    assert api.delete(f"traces/{made}").status_code == 204
    delete(api, made)


def test_delete_twice(api, project):
    item = trace(project)
    api.create("traces", item)
    for _ in range(2):
        assert api.delete(f"traces/{item['id']}").status_code == 204


def test_delete_id_not_a_uuid_is_404(api):
    assert is_message(api.delete("traces/nonsense"), 404, "HTTP 404 Not Found")


def test_delete_partial_row(api, project):
    made = uuid7()
    api.update("traces", made, {"project_name": project})
    assert api.delete(f"traces/{made}").status_code == 204
    assert gone(api, "traces", made)


def test_deleted_id_may_be_created_again(api, project):
    item = full_trace(project)
    api.create("traces", item)
    api.update("traces", item["id"], {"output": {"patched": 1}})
    api.delete(f"traces/{item['id']}")
    api.create("traces", trace(project, id=item["id"]))
    assert has(api.read("traces", item["id"]), {"start_time": item["start_time"]},
               "name", "output", "tags", "input")


def test_deleted_id_takes_an_older_batch_item(api, project):
    item = full_trace(project)
    api.create("traces", item)
    delete(api, item["id"])
    api.batch("traces", trace(project, id=item["id"], last_updated_at="2020-01-01T00:00:00Z"))
    assert api.read("traces", item["id"])["last_updated_at"] == "2020-01-01T00:00:00Z"


def test_delete_many_across_projects(api, project):
    other = name("other")
    items = [trace(project), trace(other), trace(project)]
    api.batch("traces", *items)
    delete(api, items[0]["id"], items[1]["id"], uuid7())
    assert gone(api, "traces", items[0]["id"], items[1]["id"])
    assert api.read("traces", items[2]["id"])["id"] == items[2]["id"]


def test_delete_in_a_project(api, project):
    other = name("other")
    mine, elsewhere = trace(project), trace(other)
    api.batch("traces", mine, elsewhere)
    delete(api, mine["id"], elsewhere["id"], project_id=api.project_id(project))
    assert gone(api, "traces", mine["id"])
    assert api.read("traces", elsewhere["id"])["id"] == elsewhere["id"]


def test_delete_in_another_project_keeps_comments(api, project):
    """docs/differences.md"""
    mine, elsewhere = trace(project), trace(name("other"))
    api.batch("traces", mine, elsewhere)
    response = api.post(f"traces/{elsewhere['id']}/comments", {"text": "c"})
    assert response.status_code == 201
    delete(api, elsewhere["id"], project_id=api.project_id(project))
    assert [one["text"] for one in api.read("traces", elsewhere["id"])["comments"]] == ["c"]


def test_delete_in_an_unknown_project_keeps(api, project):
    item = trace(project)
    api.create("traces", item)
    delete(api, item["id"], project_id=uuid7())
    assert api.read("traces", item["id"])["id"] == item["id"]


def test_delete_reaches_the_spans(api, project):
    item, other = trace(project), trace(project)
    api.batch("traces", item, other)
    root = span(project, item["id"])
    child = span(project, item["id"], parent_span_id=root["id"])
    kept = span(project, other["id"])
    api.batch("spans", root, child, kept)
    api.delete(f"traces/{item['id']}")
    assert gone(api, "spans", root["id"], child["id"])
    assert api.ids("spans", project_name=project) == [kept["id"]]
    assert api.read("traces", other["id"])["span_count"] == 1


def test_delete_many_reaches_the_spans(api, project):
    items = [trace(project) for _ in range(3)]
    spans = [span(project, item["id"]) for item in items]
    api.batch("traces", *items)
    api.batch("spans", *spans)
    delete(api, *(item["id"] for item in items[:2]))
    assert api.ids("spans", project_name=project) == [spans[2]["id"]]


def test_delete_does_not_reach_spans_of_another_project(api, project):
    other = name("other")
    item = trace(project)
    api.create("traces", item)
    elsewhere = span(other, item["id"])
    api.create("spans", elsewhere)
    api.delete(f"traces/{item['id']}")
    assert api.read("spans", elsewhere["id"])["id"] == elsewhere["id"]


def test_deleted_trace_made_again_has_no_spans(api, project):
    item = trace(project)
    api.create("traces", item)
    api.create("spans", span(project, item["id"], usage={"k": 1}, provider="p"))
    api.delete(f"traces/{item['id']}")
    api.create("traces", item)
    assert has(api.read("traces", item["id"]), {"span_count": 0}, "usage", "providers", "metadata")


@pytest.mark.parametrize("count", [0, 1001])
def test_delete_many_size(api, count):
    response = api.post("traces/delete", {"ids": [uuid7() for _ in range(count)]}, bad=True)
    assert response.status_code == 422
    assert "ids size must be between 1 and 1000" in response.json()["errors"]


@pytest.mark.parametrize("body", [{}, {"ids": None}])
def test_delete_many_without_ids(api, body):
    assert is_error(api.post("traces/delete", body, bad=True), 422, "ids must not be null")


@pytest.mark.parametrize("body", [{"ids": "x"}, {"ids": ["x"]}, {"ids": [1]}, [],
                                  {"ids": [uuid7()], "project_id": "x"}], ids=str)
def test_delete_many_wrong_type(api, body):
    assert is_unreadable(api.post("traces/delete", body, bad=True))
