"""The web client's welcome (platform.md 13)."""
from client import Api, is_error, is_message, is_unreadable

FULL = {"role": "ü" * 100, "integrations": ["openai", "langchain"], "email": "ann@example.com",
        "join_beta_program": True}


def completed(api):
    response = api.get("welcome-wizard")
    assert response.status_code == 200
    assert set(response.json()) == {"completed"}
    return response.json()["completed"]


def submit(api, body, bad=False):
    return api.post("welcome-wizard", body, bad=bad)


def test_once_submitted_it_is_completed(start_server):
    server = start_server()
    api = Api(server.url)
    assert completed(api) is False
    assert is_error(submit(api, {"email": "no"}, bad=True), 422, "email Invalid email format")
    assert completed(api) is False
    for body in (FULL, {}, {"role": None, "email": None}):
        response = submit(api, body)
        assert response.status_code == 204 and response.content == b""
        assert completed(api) is True
    server.restart()
    assert completed(Api(server.url)) is True


def test_each_workspace_has_its_own(start_server):
    server = start_server("--workspaces", "any")
    here, there = Api(server.url, "here"), Api(server.url, "there")
    assert submit(here, FULL).status_code == 204
    assert completed(here) is True
    assert completed(there) is completed(Api(server.url)) is False


def test_rules(api):
    assert is_error(submit(api, {"role": "x" * 101, "email": "a@"}, bad=True), 422,
                    "role Role cannot exceed 100 characters", "email Invalid email format")
    assert is_error(api.post(
        "welcome-wizard", bad=True, headers={"Content-Type": "application/json"}), 422,
                    "The request body must not be null")


def test_unreadable(api):
    for body in ({"integrations": "x"}, {"join_beta_program": "maybe"}, {"role": []}, []):
        assert is_unreadable(submit(api, body, bad=True))


def test_unknown_workspace(server):
    assert is_message(Api(server.url, "nobody").get("welcome-wizard"), 404, "Workspace not found")
