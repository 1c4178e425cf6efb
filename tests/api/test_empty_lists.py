"""Lists of features that are not built yet: what web clients ask for on every page
(web-client.md), empty and in the shape of the contract."""
import re

import pytest

from client import Api, is_error, is_message, name, trace, uuid7

AUDIT = ["created_at", "last_updated_at", "created_by", "last_updated_by"]
SORTING = {
    "datasets": ["id", "name", "description", "tags", *AUDIT, "last_created_experiment_at",
                 "last_created_optimization_at", "duration", "feedback_scores.*", "data.*",
                 "output.*", "input.*", "metadata.*", "comments", "total_estimated_cost",
                 "usage.*"],
    "experiments": ["id", "name", *AUDIT, "tags", "trace_count", "total_estimated_cost",
                    "total_estimated_cost_avg", "feedback_scores.*", "experiment_scores.*",
                    "duration.*", "pass_rate"],
    "prompts": ["id", "name", "description", *AUDIT, "version_count", "tags"],
    "optimizations": [],
    "annotation-queues": ["id", "project_id", "name", "description", "instructions", *AUDIT],
    "automations/evaluators": ["id", "name", "type", "enabled", "sampling_rate", *AUDIT],
    "alerts": ["id", "name", *AUDIT, "webhook_url"],
    "dashboards": ["id", "name", "description", "type", *AUDIT],
    "insights-views": ["id", "name", "description", "type", *AUDIT],
}
OF_PROJECTS = ("datasets", "experiments", "prompts", "optimizations", "alerts", "dashboards")
ATTACHMENTS = {"project_id": uuid7(), "entity_type": "trace", "entity_id": uuid7(),
               "path": "aHR0cDovL3gvYXBpLw=="}
PAGES = {
    **SORTING,
    **{f"projects/{uuid7()}/{kind}": SORTING[kind] for kind in OF_PROJECTS},
    f"projects/{uuid7()}/activities": None,
    f"agent-configs/blueprints/history/projects/{uuid7()}": None,
    "attachment/list": [],
}
OTHERS = {
    "llm-provider-key": {"size": 0, "total": 0, "content": [], "sortable_by": []},
    "datasets/export-jobs": [],
    "experiments/feedback-scores/names": {"scores": []},
    "llm/models": {},
    "/v1/internal/usage/bi-datasets": {"bi_information": []},
    "/v1/internal/usage/bi-experiments": {"bi_information": []},
}


def get(api, path, slash="", bad=False, **params):
    """As web clients ask: most paths with a slash behind, and with filters of every kind."""
    needed = ATTACHMENTS if path == "attachment/list" else {}
    return api.get(path + slash, params={**needed, **params}, bad=bad or bool(slash))


@pytest.mark.parametrize("path", PAGES)
def test_pages(api, path):
    for slash in ("", "/"):
        for page in (1, 7):
            size = 100 if path.endswith("activities") else 1000
            response = get(api, path, slash, page=page, size=size)
            assert response.status_code == 200, response.text
            expected = {"page": page, "size": 0, "total": 0, "content": []}
            if PAGES[path] is not None:
                expected["sortable_by"] = PAGES[path]
            assert response.json() == expected
    assert get(api, path).json()["page"] == 1


@pytest.mark.parametrize("path", OTHERS)
def test_other_shapes(api, path):
    for slash in ("", "/"):
        response = get(api, path, slash)
        assert response.status_code == 200
        assert response.json() == OTHERS[path]


@pytest.mark.parametrize("path", PAGES)
def test_bad_parameters(api, path):
    for bad in ("page", "size"):
        assert is_error(get(api, path, bad=True, **{bad: 0}), 400,
                        f"query param {bad} must be greater than or equal to 1")
        assert is_message(get(api, path, bad=True, **{bad: "abc"}), 404, "HTTP 404 Not Found")


def test_the_longest_page_of_activities(api):
    """platform.md 8: a hundred."""
    path = f"projects/{uuid7()}/activities"
    for size in (101, 1000, 2**31 - 1):
        assert is_error(get(api, path, size=size), 400,
                        "query param size must be less than or equal to 100")


@pytest.mark.parametrize("path", [path for path in PAGES if "projects/" in path])
def test_projects_have_ids(api, path):
    path = re.sub("[0-9a-f-]{36}", "x", path)
    assert is_message(get(api, path, bad=True), 404, "HTTP 404 Not Found")


def test_what_attachments_need(api):
    assert is_error(api.get("attachment/list", params={"entity_type": "trace"}), 400,
                    "query param project_id must not be null",
                    "query param entity_id must not be null",
                    "query param path must not be null")


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_workspaces(server, path):
    assert get(Api(server.url, "default"), path).status_code == 200
    if not path.startswith("/v1/internal"):
        assert is_message(get(Api(server.url, "other"), path), 404, "Workspace not found")


def test_all_that_is_empty_is_tested(api):
    empty = {path for path, operations in api.document.content["paths"].items()
             for operation in operations.values() if operation.get("x-empty")}
    tested = {re.sub("[0-9a-f-]{36}", "{}", api.path(path)) for path in (*PAGES, *OTHERS)}
    assert {re.sub("{[^}]*}", "{}", path) for path in empty} == tested


# ---- what web clients ask for -------------------------------------------------------------------

FILTERS = '[{"field":"project_id","type":"string","operator":"=","value":"%s"}]'
SORTED = '[{"field":"%s","direction":"DESC"}]'


def test_what_each_page_loads(api, project):
    """The GETs of web-client.md that must not fail, with the parameters that are sent."""
    one = trace(project)
    api.create("traces", one)
    pid = api.project_id(project)
    calls = {
        "workspaces/versions": {}, "toggles/": {}, "datasets/export-jobs": {},
        "projects/": {"workspace_name": "default", "page": 1, "size": 1,
                      "sorting": SORTED % "last_updated_at"},
        f"projects/{pid}": {}, "environments/": {}, "welcome-wizard": {}, "llm/models": {},
        "prompts/": {"workspace_name": "default", "page": 1, "size": 1, "name": "x"},
        "experiments/": {"workspace_name": "default", "types": '["regular"]', "size": 1},
        "optimizations/": {"filters": FILTERS % pid, "size": 1},
        "automations/evaluators": {"workspace_name": "default", "project_id": pid, "size": 10},
        "annotation-queues/": {"filters": FILTERS % pid, "sorting": SORTED % "last_updated_at"},
        "alerts/": {"size": 1}, "dashboards/": {"size": 1}, "datasets/": {"size": 1},
        "insights-views/": {"filters": FILTERS % pid, "size": 1000},
        "feedback-definitions/": {"workspace_name": "default", "page": 1, "size": 1000},
        "llm-provider-key/": {"workspace_name": "default"},
        "attachment/list": {**ATTACHMENTS, "project_id": pid, "entity_id": one["id"],
                            "size": 1000},
        f"projects/{pid}/datasets": {"page": 1, "size": 25, "name": name()},
        f"projects/{pid}/experiments": {"types": '["regular"]', "size": 100},
        f"projects/{pid}/alerts": {}, f"projects/{pid}/optimizations": {},
        f"projects/{pid}/prompts": {}, f"projects/{pid}/dashboards": {},
        "experiments/feedback-scores/names": {"project_id": pid},
        f"agent-configs/blueprints/history/projects/{pid}": {"page": 1, "size": 50},
        f"traces/{one['id']}": {"strip_attachments": "true"},
        "spans/": {"trace_id": one["id"], "project_id": pid, "page": 1, "size": 15000},
    }
    for path, params in calls.items():
        for prefix in ("/api/v1/private/", "/v1/private/"):
            response = api.get(prefix + path, params=params, bad=True)
            assert response.status_code == 200, (path, response.text)
            if path == "datasets/export-jobs":
                assert response.json() == []


def test_a_slash_behind_every_path_changes_nothing(api):
    """Also where the answer is a refusal."""
    for path, operations in api.document.content["paths"].items():
        if "get" not in operations or path == "/openapi.json":
            continue
        path = re.sub("{[^}]*}", uuid7(), path)
        plain, slash = (api.get(path + end, bad=True, allow_redirects=False)
                        for end in ("", "/"))
        assert (plain.status_code, plain.text) == (slash.status_code, slash.text), path
