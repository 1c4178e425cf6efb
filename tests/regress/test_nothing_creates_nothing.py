"""A request that changes nothing leaves no workspace behind."""
import sqlite3

import client


def workspaces(server):
    database = sqlite3.connect(f"file:{server.data}/ocelli.db?mode=ro", uri=True)
    try:
        return {name for name, in database.execute("SELECT name FROM workspace")}
    finally:
        database.close()


def test_nothing_creates_no_workspace(start_server):
    """With `--workspaces any` a DELETE of unknown ids made the workspace that it named."""
    server = start_server("--workspaces", "any")
    api = client.Api(server.url, "ghost")
    unknown = client.uuid7()
    body = {"ids": [unknown]}
    for path in ("traces", "projects", "feedback-definitions"):
        assert api.delete(f"{path}/{unknown}").status_code == 204
        assert api.post(f"{path}/delete", body).status_code == 204
    assert api.delete(f"spans/{unknown}").status_code == 204
    assert api.post("environments/delete", body).status_code == 204
    assert api.delete("workspaces/configurations").status_code == 204
    assert api.post("traces/comments/delete", body).status_code == 204
    assert api.post("traces/threads/delete",
                    {"project_name": "p", "thread_ids": ["t"]}).status_code == 204
    for path in ("traces", "spans"):
        response = api.patch(f"{path}/batch", {**body, "update": {"name": "n",
                                                             "trace_id": unknown}})
        assert response.status_code == 204, response.text
    assert api.get("projects").json()["total"] == 0
    assert api.patch(f"projects/{unknown}", {"name": "n"}).status_code == 404
    assert "ghost" not in workspaces(server)
    api.create("traces", client.trace("p"))
    assert "ghost" in workspaces(server)
    assert api.project_exists("p")
    again = client.Api(server.url, "ghost2")
    assert again.put("workspaces/configurations", {"color_map": {"a": "#FFFFFF"}}).status_code in (200, 204)
    assert "ghost2" in workspaces(server)
