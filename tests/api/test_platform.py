"""Health, identity, workspaces, toggles, error shapes (platform.md)."""
import datetime
import json
import signal
import time

import pytest
import requests

import server as program
from client import (Api, has, is_error, is_message, is_unreadable, name, now_iso, short_iso,
                    trace, uuid7)


# ---- health and version (platform.md 6) ---------------------------------------------------------

def test_ping(api):
    response = api.get("/is-alive/ping")
    assert response.status_code == 200
    assert response.json() == {"message": "Healthy Server", "healthy": True}


def test_version(api):
    version = api.get("/is-alive/ver").json()["version"]
    assert version == (program.ROOT / "VERSION").read_text().strip()
    assert program.run("--version").stdout.strip() == f"ocelli {version}"


def test_health(api):
    response = api.get("/health")
    assert response.status_code == 200 and response.text == "healthy\n"
    assert response.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("query,some", [("", False), ("?name=all", True), ("?type=alive", True),
                                        ("?type=ready", True), ("?name=db", True),
                                        ("?name=none", False)])
def test_health_check(server, query, some):
    response = requests.get(f"{server.url}/health-check{query}", timeout=60)
    assert response.status_code == 200
    checks = response.json()
    assert bool(checks) == some
    for check in checks:
        assert set(check) == {"name", "healthy", "type", "critical"} and check["healthy"]
        assert "type" not in query or check["type"] == query.split("=")[1].upper()


def test_openapi_document(api):
    document = api.get("/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert document["info"]["version"] == api.get("/is-alive/ver").json()["version"]
    operations = [operation["operationId"] for path in document["paths"].values()
                  for operation in path.values()]
    assert len(operations) == len(set(operations))


# ---- authentication and workspaces (platform.md 5) ----------------------------------------------

def test_auth_check(api):
    response = api.post("auth", data="{}", headers={"Content-Type": "application/json"})
    assert response.status_code == 204 and response.content == b""


def test_workspace_name(api):
    assert api.get("auth/workspace").json() == {"workspace_name": "default"}


def test_permissions(api):
    assert api.get("workspace-permissions").json() == {
        "user_name": "admin", "workspace_name": "default", "permissions": []}


@pytest.mark.parametrize("headers", [{}, {"Comet-Workspace": ""}, {"Comet-Workspace": "default"},
                                     {"Authorization": "any key"}])
def test_default_workspace(api, headers):
    assert api.get("auth/workspace", headers=headers).json() == {"workspace_name": "default"}


@pytest.mark.parametrize("method,path", [
    ("GET", "projects"), ("GET", "traces"), ("GET", f"traces/{uuid7()}"), ("GET", "toggles"),
    ("POST", "traces"), ("PATCH", f"spans/{uuid7()}"), ("DELETE", f"traces/{uuid7()}"),
    ("POST", "auth"), ("GET", "auth/workspace"), ("GET", "workspaces/configurations"),
    ("PUT", "workspaces/configurations"), ("GET", "workspaces/versions"),
])
def test_other_workspace_is_404(api, method, path):
    body = None if method in ("GET", "DELETE") or path == "auth" else trace()
    response = api.request(method, path, body, bad=True,
                           headers={"Comet-Workspace": "other"})
    assert is_message(response, 404, "Workspace not found")


def test_other_workspace_does_not_matter_for_health(api):
    assert api.get("/is-alive/ping", headers={"Comet-Workspace": "other"}).status_code == 200


def test_unknown_route_is_404_before_the_workspace(api):
    response = api.get("no/such/route", bad=True, headers={"Comet-Workspace": "other"})
    assert is_message(response, 404, "HTTP 404 Not Found")


def test_any_workspace_are_isolated(start_server, project):
    url = start_server("--workspaces", "any").url
    first, second, default = Api(url, "first"), Api(url, "second"), Api(url)
    item = trace(project, name="first")
    first.create("traces", item)
    assert second.get(f"traces/{item['id']}").status_code == 404
    assert not second.project_exists(project) and not default.project_exists(project)
    second.create("traces", {**item, "name": "second"})
    second.update("traces", item["id"], {"tags": ["t"]})
    assert has(first.read("traces", item["id"]), {"name": "first"}, "tags")
    assert has(second.read("traces", item["id"]), {"name": "second", "tags": ["t"]})
    second.delete(f"traces/{item['id']}")
    assert first.ids("traces", project_name=project) == [item["id"]]
    assert second.page("traces", project_name=project)["total"] == 0
    assert first.project_id(project) != second.project_id(project)
    assert first.get("auth/workspace").json() == {"workspace_name": "first"}
    first.put("workspaces/configurations", {"truncation_on_tables": True})
    assert second.get("workspaces/configurations").status_code == 404


def test_any_workspace_survives_a_restart(start_server, project):
    server = start_server("--workspaces", "any")
    item = trace(project)
    Api(server.url, "first").create("traces", item)
    server.restart()
    assert Api(server.url, "first").ids("traces", project_name=project) == [item["id"]]
    assert Api(server.url, "second").get(f"traces/{item['id']}").status_code == 404


def test_ids_of_another_workspace_are_not_touched(start_server, project):
    url = start_server("--workspaces", "any").url
    first, second = Api(url, "first"), Api(url, "second")
    item = trace(project)
    first.create("traces", item)
    second.patch("traces/batch", {"ids": [item["id"]], "update": {"name": "n"}})
    second.post("traces/delete", {"ids": [item["id"]]})
    body = {"project_id": first.project_id(project), "name": "n"}
    assert is_error(second.patch(f"traces/{item['id']}", body), 404, "Project not found")
    assert has(first.read("traces", item["id"]), {}, "name")


# ---- workspaces (platform.md 9) -----------------------------------------------------------------

def test_workspace_version(api):
    assert api.get("workspaces/versions").json() == {"opik_version": "version_2"}


CONFIGURATION = "workspaces/configurations"


@pytest.fixture
def configured(api):
    """Starts and leaves without a configuration."""
    api.delete(CONFIGURATION)
    yield api
    api.delete(CONFIGURATION)


def test_configuration_absent(configured):
    assert is_message(configured.get(CONFIGURATION), 404,
                      "No workspace configuration found for workspace")
    assert configured.delete(CONFIGURATION).status_code == 204


@pytest.mark.parametrize("sent,stored", [
    ({"timeout_to_mark_thread_as_inactive": "PT30M"},
     {"timeout_to_mark_thread_as_inactive": "PT30M"}),
    ({"timeout_to_mark_thread_as_inactive": "PT168H", "truncation_on_tables": False},
     {"timeout_to_mark_thread_as_inactive": "PT168H", "truncation_on_tables": False}),
    ({"color_map": {"a": "#FF0000", "b": "#00ff7f"}},
     {"color_map": {"a": "#FF0000", "b": "#00ff7f"}}),
    ({"truncation_on_tables": True, "color_map": None}, {"truncation_on_tables": True}),
    ({}, {}),
], ids=str)
def test_configuration_put(configured, sent, stored):
    response = configured.put(CONFIGURATION, sent)
    assert response.status_code == 204 and response.content == b"", response.text
    assert configured.get(CONFIGURATION).json() == stored


def test_configuration_put_replaces_the_whole(configured):
    configured.put(CONFIGURATION, {"truncation_on_tables": True, "color_map": {"a": "#000000"}})
    configured.put(CONFIGURATION, {"timeout_to_mark_thread_as_inactive": "PT1S"})
    assert configured.get(CONFIGURATION).json() == {"timeout_to_mark_thread_as_inactive": "PT1S"}


@pytest.mark.parametrize("body,message", [
    ({"timeout_to_mark_thread_as_inactive": "PT1.5S"},
     "timeoutToMarkThreadAsInactive minimum precision supported is seconds, please use a duration "
     "with seconds precision or higher"),
    ({"timeout_to_mark_thread_as_inactive": "PT168H1S"},
     "timeoutToMarkThreadAsInactive duration exceeds the maximum allowed of PT168H"),
    ({"color_map": {"a": "red"}}, "Color must be a valid hex color (e.g. #FF0000)"),
    ({"color_map": {"a": "#FFF"}}, "Color must be a valid hex color (e.g. #FF0000)"),
    ({"color_map": {str(i): "#000000" for i in range(10001)}}, ""),
], ids=lambda value: value[:30] if isinstance(value, str) else "")
def test_configuration_broken_rule_is_422(configured, body, message):
    response = configured.put(CONFIGURATION, body, bad=True)
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0].endswith(message)
    assert configured.get(CONFIGURATION).status_code == 404


@pytest.mark.parametrize("body", [{"timeout_to_mark_thread_as_inactive": "half an hour"},
                                  {"truncation_on_tables": []}, {"color_map": []}, []], ids=str)
def test_configuration_wrong_type_is_400(configured, body):
    assert is_unreadable(configured.put(CONFIGURATION, body, bad=True))


# ---- toggles (platform.md 12) -------------------------------------------------------------------

TOGGLES = """
python_evaluator_enabled trace_thread_python_evaluator_enabled span_llm_as_judge_enabled
span_user_defined_metric_python_enabled alerts_enabled export_enabled dataset_versioning_enabled
demo_data_enabled online_scoring_tracing_enabled openai_provider_enabled
anthropic_provider_enabled gemini_provider_enabled openrouter_provider_enabled
vertexai_provider_enabled bedrock_provider_enabled customllm_provider_enabled
ollama_provider_enabled guardrails_enabled opik_aienabled cost_intelligence_enabled
dataset_export_enabled ollie_enabled project_homepage_enabled agentic_tools_enabled
agent_insights_enabled welcome_wizard_enabled
opik_ai_enabled agent_insights_guidance_enabled annotation_queue_automation_enabled
event_bridge_alerts_enabled""".split()


def test_toggles(api):
    toggles = api.get("toggles").json()
    assert set(TOGGLES) <= set(toggles)
    assert all(isinstance(toggles[key], bool) for key in TOGGLES)
    assert has(toggles, {"v1_workspace_allowlist_ids": [], "v2_workspace_allowlist_ids": [],
                         "force_workspace_version": "version_2", "default_page_size": 100})


# ---- error shapes (platform.md 4) ---------------------------------------------------------------

@pytest.mark.parametrize("path", ["/", "/v1", "/v1/private", "/v1/private/nothing", "/v2/traces",
                                  "/v1/private/traces/a/b/c", "/v1//private/traces",
                                  "/v1/private/traces/%2e%2e/projects", "/v1/private/Traces"])
def test_unknown_route_is_404(server, path):
    response = requests.post(server.url + path, json={}, timeout=60)
    assert is_message(response, 404, "HTTP 404 Not Found")


@pytest.mark.parametrize("method,path,allowed", [
    ("PUT", "traces", {"GET", "POST"}), ("DELETE", "traces", {"GET", "POST"}),
    ("GET", "traces/batch", {"POST", "PATCH"}), ("POST", "traces/exists", {"GET"}),
    ("PUT", f"traces/{uuid7()}", {"GET", "PATCH", "DELETE"}), ("GET", "auth", {"POST"}),
    ("GET", "traces/delete", {"POST"}), ("DELETE", "toggles", {"GET"}),
])
def test_wrong_method_is_405(api, method, path, allowed):
    response = api.request(method, path, bad=True)
    assert is_message(response, 405, "HTTP 405 Method Not Allowed")
    told = {word.strip() for word in response.headers["Allow"].split(",")}
    assert allowed <= told <= allowed | {"HEAD", "OPTIONS"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json",
                                  "application/xml", "nonsense"])
def test_wrong_content_type_is_415(api, project, kind):
    response = api.post("traces", data=json.dumps(trace(project)), bad=True,
                        headers={"Content-Type": kind})
    assert is_message(response, 415, "HTTP 415 Unsupported Media Type")
    assert not api.project_exists(project)


@pytest.mark.parametrize("kind", ["application/json", "application/json;charset=utf-8",
                                  "application/json; charset=UTF-8", "APPLICATION/JSON"])
def test_json_content_types(api, project, kind):
    response = api.post("traces", data=json.dumps(trace(project)),
                        headers={"Content-Type": kind})
    assert response.status_code == 201


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "text/html, image/png;q=0.5",
                                    "application/json;q=0"])
def test_unacceptable_is_406(api, accept):
    response = api.get("projects", headers={"Accept": accept})
    assert is_message(response, 406, "HTTP 406 Not Acceptable")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*", "",
                                    "text/html, */*;q=0.1", "APPLICATION/JSON",
                                    "application/json, text/plain"])
def test_acceptable(api, accept):
    assert api.get("projects", headers={"Accept": accept}).status_code == 200


def test_409_is_acceptable_whatever(api, project):
    item = trace(project)
    api.create("traces", item)
    assert is_error(api.post("traces", item), 409, "Trace already exists")


# ---- ids and time: --id-window 24h (traces.md 2.2) ----------------------------------------------

HOUR = 3_600_000


def now_ms():
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def windowed(tmp_path_factory):
    with program.Server(tmp_path_factory.mktemp("window") / "data", "--id-window", "24h") as one:
        yield Api(one.url)


def details(ms, reason):
    moment = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    text = short_iso(moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03}Z")
    return (f"id with timestamp '{text}' must be in the allowed ingestion window of 'PT24H' "
            f"around now, reason '{reason}'")


@pytest.mark.parametrize("hours,reason", [(-25, "too_old"), (25, "too_far_future"),
                                          (-480000, "too_old")])
@pytest.mark.parametrize("kind", ["traces", "spans"])
def test_window_on_create(windowed, kind, hours, reason):
    ms = max(now_ms() + hours * HOUR, 0)
    item = {**trace(), "id": uuid7(ms), "trace_id": uuid7()}
    message = ("Invalid UUID for id", details(ms, reason))
    assert is_message(windowed.post(kind, item), 400, *message)
    assert is_message(windowed.post(f"{kind}/batch", {kind: [item]}), 400, *message)


@pytest.mark.parametrize("hours", [-23, 0, 23])
def test_window_inside(windowed, hours):
    item = trace(id=uuid7(now_ms() + hours * HOUR))
    windowed.create("traces", item)
    windowed.batch("traces", trace(id=uuid7(now_ms() + hours * HOUR)))


def test_window_on_patch_refuses_the_future_only(windowed):
    body = {"trace_id": uuid7(), "name": "n"}
    for kind in ("traces", "spans"):
        windowed.update(kind, uuid7(now_ms() - 1000 * HOUR), body)
        ms = now_ms() + 25 * HOUR
        assert is_message(windowed.patch(f"{kind}/{uuid7(ms)}", body), 400, "Invalid UUID for id",
                          details(ms, "too_far_future"))


# ---- the program --------------------------------------------------------------------------------

def test_help_lists_the_options():
    result = program.run("--help")
    assert result.returncode == 0 and result.stderr == ""
    for option in ("--listen", "--data", "--workspaces", "--id-window", "--body-limit"):
        assert option in result.stdout


@pytest.mark.parametrize("arguments,message", [
    (["serve", "--no-such", "x"], "--no-such"), (["serve", "extra"], "extra"), ([], ""),
    (["serve", "--workspaces", "some"], "--workspaces"), (["nonsense"], "unknown command"),
    (["serve", "--body-limit", "x"], "--body-limit"), (["serve", "--data"], "--data"),
    (["serve", "--id-window", "25h"], "--id-window"),
], ids=str)
def test_unknown_option_is_refused(arguments, message):
    result = program.run(*arguments)
    assert result.returncode == 2
    assert message in result.stderr and result.stderr.startswith("ocelli: ")


def test_second_server_on_the_same_data_is_refused(server):
    result = program.run("serve", "--listen", "127.0.0.1:0", "--data", server.data)
    assert result.returncode == 1
    assert result.stderr.strip(), "it says why"
    assert requests.get(server.url + "/is-alive/ping", timeout=60).status_code == 200


def test_port_in_use_is_refused(server, tmp_path):
    result = program.run("serve", "--listen", f"127.0.0.1:{server.port}", "--data",
                         tmp_path / "data")
    assert result.returncode == 1 and str(server.port) in result.stderr


def test_data_directory_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    result = program.run("serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "file" / "data")
    assert result.returncode == 1 and "file" in result.stderr


def test_sigterm_and_sigint_stop_cleanly(start_server):
    server = start_server()
    server.stop(signal.SIGTERM)
    server.start().stop(signal.SIGINT)


def test_what_was_written_survives_a_restart(start_server, project):
    server = start_server()
    api = Api(server.url)
    item = trace(project, name="n", input={"q": 1}, last_updated_at=now_iso(-9))
    api.batch("traces", item)
    api.update("traces", item["id"], {"output": {"a": 1}})
    before = api.read("traces", item["id"])
    server.restart()
    api = Api(server.url)
    assert api.read("traces", item["id"]) == before
    api.batch("traces", trace(project, id=item["id"], name=name(), last_updated_at=now_iso(-5)))
    assert has(api.read("traces", item["id"]), {"output": {"a": 1}}, "input")
