"""A row in a deleted project hid one of the same id in a project that is there: GET was 404, a
change 409 or 404, and a PATCH of many or a delete that was acknowledged changed nothing."""
import pytest

import client

SCORE = {"name": "s", "value": 1, "source": "ui"}


@pytest.fixture(params=["traces", "spans"])
def kind(request):
    return request.param


@pytest.fixture
def twice(api, kind):
    """(id, live, deleted): an item in two projects, of which that with the greater id is gone."""
    live, gone = client.name("live"), client.name("gone")
    make = client.trace if kind == "traces" else client.span
    item = make(live, name="live")
    api.batch(kind, item)
    api.batch(kind, {**item, "project_name": gone, "name": "gone"})
    assert api.read(kind, item["id"])["name"] == "gone"
    assert api.project_id(gone) > api.project_id(live)
    assert api.delete(f"projects/{api.project_id(gone)}").status_code == 204
    return item["id"], live


def test_get(api, kind, twice):
    assert api.read(kind, twice[0])["name"] == "live"
    assert api.ids(kind, project_name=twice[1]) == [twice[0]]


def test_patch(api, kind, twice):
    api.update(kind, twice[0], {"name": "new"})
    assert api.read(kind, twice[0])["name"] == "new"


def test_patch_of_many(api, kind, twice):
    body = {"ids": [twice[0]], "update": {"name": "new", "trace_id": client.uuid7()}}
    if kind == "traces":
        del body["update"]["trace_id"]
    assert api.patch(f"{kind}/batch", body).status_code == 204
    assert api.read(kind, twice[0])["name"] == "new"


def test_annotations(api, kind, twice):
    path = f"{kind}/{twice[0]}"
    assert api.put(f"{path}/feedback-scores", SCORE).status_code == 204
    assert api.post(f"{path}/comments", {"text": "c"}).status_code == 201
    read = api.read(kind, twice[0])
    assert read["feedback_scores"][0]["name"] == "s"
    assert [comment["text"] for comment in read["comments"]] == ["c"]
    assert api.post(f"{path}/feedback-scores/delete", {"name": "s"}).status_code == 204
    assert "feedback_scores" not in api.read(kind, twice[0])


def test_delete(api, kind, twice):
    assert api.delete(f"{kind}/{twice[0]}").status_code == 204
    assert api.ids(kind, project_name=twice[1]) == []
    assert client.is_error(api.get(f"{kind}/{twice[0]}"), 404, "Project not found")


def test_delete_many_traces(api):
    ids, live = [client.uuid7() for _ in range(3)], client.name()
    gone = client.name()
    for project in (live, gone):
        api.batch("traces", *(client.trace(project, id=one) for one in ids))
    assert api.delete(f"projects/{api.project_id(gone)}").status_code == 204
    assert api.post("traces/delete", {"ids": ids}).status_code == 204
    assert api.ids("traces", project_name=live) == []


def test_only_in_deleted_projects(api, kind):
    project = client.name()
    item = (client.trace if kind == "traces" else client.span)(project)
    api.create(kind, item)
    assert api.delete(f"projects/{api.project_id(project)}").status_code == 204
    path = f"{kind}/{item['id']}"
    assert client.is_error(api.get(path), 404, "Project not found")
    assert api.put(f"{path}/feedback-scores", SCORE).status_code == 404
