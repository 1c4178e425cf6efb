"""Ids of a batch are a set: 1000 of them are allowed, however often they are repeated."""
import pytest

import client

ID = client.uuid7()
MANY = [client.uuid7() for _ in range(999)] + [ID] * 500


@pytest.mark.parametrize("method,path,body,status", [
    ("POST", "traces/delete", {}, 204),
    ("POST", "projects/delete", {}, 204),
    ("POST", "traces/comments/delete", {}, 204),
    ("PATCH", "traces/batch", {"update": {"name": "n"}}, 204),
    ("PATCH", "spans/batch", {"update": {"name": "n", "trace_id": ID}}, 204),
])
def test_repeated_ids(api, method, path, body, status):
    response = api.request(method, path, {"ids": MANY, **body}, bad=True)
    assert response.status_code == status, response.text
    response = api.request(method, path, {"ids": MANY + [client.uuid7()], **body}, bad=True)
    assert client.is_error(response, 422, "ids size must be between 1 and 1000")


def test_repeated_thread_ids(api, project):
    for name in ("a", "b"):
        api.create("traces", client.trace(project, thread_id=name))
    body = {"project_name": project, "thread_ids": ["a"] * 1500}
    response = api.post("traces/threads/delete", body, bad=True)
    assert response.status_code == 204, response.text
    assert api.page("traces", project_name=project)["total"] == 1
