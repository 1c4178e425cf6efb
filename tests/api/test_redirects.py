"""The links that SDKs print (platform.md 13)."""
import base64

import pytest

from client import Api, is_error, is_message, name, trace, uuid7

UI = "http://localhost:5173"


def path(url=UI + "/api/", encode=base64.b64encode):
    return encode(url.encode()).decode()


def follow(api, kind, bad=False, **params):
    return api.get(f"/v1/session/redirect/{kind}", params=params, allow_redirects=False, bad=bad)


def goes_to(response, location):
    assert response.status_code == 303, response.text
    assert response.headers["Location"] == location
    assert response.content == b""
    return True


@pytest.fixture
def item(api, project):
    made = trace(project)
    api.create("traces", made)
    made["project_id"] = api.project_id(project)
    return made


def link(item, ui=UI, workspace="default"):
    return (f"{ui}/{workspace}/projects/{item['project_id']}/traces?tab=logs&logsType=traces"
            f"&trace={item['id']}")


@pytest.mark.parametrize("url, ui", [
    (UI + "/api/", UI), (UI + "/api", UI), (UI, UI), (UI + "/", UI),
    ("https://x.example/opik/api/", "https://x.example/opik"),
    ("https://api.x.example/api", "https://api.x.example"),
    ("https://x.example/api/v1/", "https://x.example"),
    ("https://x.example/apis/", "https://x.example/apis"),
    ("http://[::1]:80/a?b~ÿ".encode().decode("ascii", "ignore"), "http://[::1]:80/a?b~"),
])
def test_to_a_trace(api, item, url, ui):
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for text in (path(url, encode), path(url, encode).rstrip("=")):
            assert goes_to(follow(api, "projects", trace_id=item["id"], path=text), link(item, ui))


def test_trailing_slash_and_prefix(api, item):
    for prefix in ("/v1/session/redirect/projects/", "/api/v1/session/redirect/projects"):
        response = api.get(prefix, params={"trace_id": item["id"], "path": path()}, bad=True,
                           allow_redirects=False)
        assert goes_to(response, link(item))


def test_workspaces(start_server):
    server = start_server("--workspaces", "any")
    workspace = "a b/ü"
    api = Api(server.url)
    made = trace("p")
    response = api.post("traces", made, headers={"Comet-Workspace": workspace.encode()})
    assert response.status_code == 201
    projects = api.get("projects", headers={"Comet-Workspace": workspace.encode()}).json()
    made["project_id"] = projects["content"][0]["id"]
    assert goes_to(follow(api, "projects", trace_id=made["id"], path=path(),
                          workspace_name=workspace), link(made, workspace="a%20b%2F%C3%BC"))
    assert is_message(follow(api, "projects", trace_id=made["id"], path=path()), 404,
                      "Trace not found")


def test_only_the_default_workspace(api, item):
    assert goes_to(follow(api, "projects", trace_id=item["id"], path=path(),
                          workspace_name="default"), link(item))
    assert is_message(follow(api, "projects", trace_id=item["id"], path=path(),
                             workspace_name="other"), 404, "Workspace not found")


def test_unknown_traces(api, item):
    assert is_message(follow(api, "projects", trace_id=uuid7(), path=path()), 404,
                      "Trace not found")
    api.delete(f"projects/{item['project_id']}")
    assert is_message(follow(api, "projects", trace_id=item["id"], path=path()), 404,
                      "Trace not found")
    assert is_message(follow(api, "projects", trace_id="x", path=path(), bad=True), 404,
                      "HTTP 404 Not Found")


def test_what_is_missing_is_told(api):
    assert is_error(follow(api, "projects"), 400, "query param trace_id must not be null",
                    "query param path must not be null")
    assert is_error(follow(api, "experiments", path=path()), 400,
                    "query param dataset_id must not be null",
                    "query param experiment_id must not be null")


@pytest.mark.parametrize("bad", [
    "!", "A", path("ftp://x"), path("javascript:alert(1)"), path("http://x\r\nSet-Cookie: a=b"),
    path("http://x y"), path("http://ü"), path("//x")])
def test_addresses_that_are_none(api, item, bad):
    for kind, params in (("projects", {"trace_id": item["id"]}), ("datasets",
                                                                  {"dataset_id": uuid7()})):
        assert is_message(follow(api, kind, path=bad, **params), 400, "Invalid base URL format")


def test_to_pages_of_datasets(api):
    one, other = uuid7(), uuid7()
    assert goes_to(follow(api, "datasets", dataset_id=one, path=path()),
                   f"{UI}/default/datasets/{one}/items")
    assert goes_to(follow(api, "experiments", dataset_id=one, experiment_id=other, path=path()),
                   f"{UI}/default/experiments/{one}/compare?experiments=%5B%22{other}%22%5D")
    assert goes_to(follow(api, "optimizations", dataset_id=one, optimization_id=other,
                          path=path()),
                   f"{UI}/default/optimizations/{one}/compare?optimizations=%5B%22{other}%22%5D")


def test_names_are_not_needed(api, item):
    """The link of a trace stays right when its project gets another name."""
    api.patch(f"projects/{item['project_id']}", {"name": name()})
    assert goes_to(follow(api, "projects", trace_id=item["id"], path=path()), link(item))
