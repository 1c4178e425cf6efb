"""Environments (platform.md 11)."""
import concurrent.futures
import re

import pytest

from client import (Api, is_error, is_message, is_unreadable, name, now_iso, span, trace, uuid4,
                    uuid7)


def environment(**fields):
    return {"name": name("environment"), **fields}


def create(api, body=None, **fields):
    response = api.post("environments", body or environment(**fields))
    assert response.status_code == 201, response.text
    assert response.content == b""
    return response.headers["Location"].rsplit("/", 1)[1]


def read(api, one):
    response = api.get(f"environments/{one}")
    assert response.status_code == 200, response.text
    return response.json()


def names(api):
    return [one["name"] for one in api.get("environments").json()["content"]]


@pytest.fixture
def fresh(start_server):
    return Api(start_server().url)


@pytest.fixture(autouse=True)
def room(api):
    """The shared server's environments do not fill up."""
    yield
    ids = [one["id"] for one in api.get("environments").json()["content"]]
    if len(ids) > 50:
        api.post("environments/delete", {"ids": ids[3:]})


def test_seeded(fresh):
    page = fresh.get("environments").json()
    assert (page["page"], page["size"], page["total"]) == (1, 3, 3)
    assert page["sortable_by"] == ["created_at"]
    assert [(one["name"], one["color"], one["position"]) for one in page["content"]] == [
        ("development", "#945FCF", 0), ("staging", "#12A4B4", 1), ("production", "#19A979", 2)]
    assert len({one["id"] for one in page["content"]}) == 3
    assert all(one["created_by"] == "admin" for one in page["content"])
    assert read(fresh, page["content"][1]["id"]) == page["content"][1]


def test_create_and_read(api):
    body = environment(id=uuid7(), description="d", color="#123456", position=7)
    response = api.post("environments", body)
    assert response.headers["Location"] == f"{api.url}/v1/private/environments/{body['id']}"
    found = read(api, body["id"])
    assert {key: found[key] for key in body} == body
    assert set(found) == {*body, "created_at", "created_by", "last_updated_at", "last_updated_by"}
    assert found["created_at"] == found["last_updated_at"]


def test_defaults(api):
    colors = set()
    for color in (None, "", " ") * 8:
        body = environment(color=color)
        found = read(api, create(api, body))
        assert found["position"] == 0 and "description" not in found
        assert re.fullmatch("#[0-9A-F]{6}", found["color"])
        colors.add(found["color"])
    assert 1 < len(colors) <= 10


def test_the_color_comes_from_the_name(api, fresh):
    body = environment()
    assert read(api, create(api, body))["color"] == read(fresh, create(fresh, body))["color"]


def test_ids_are_version_7(api):
    assert is_message(api.post("environments", environment(id=uuid4())), 400,
                      "Invalid UUID for id", "Environment id must be a version 7 UUID")
    body = environment(id=uuid7())
    create(api, body)
    assert is_error(api.post("environments", environment(id=body["id"])), 409,
                    "Environment already exists")


PATTERN = "name must match '^[A-Za-z0-9_-]+$'"
RULES = [
    ({"name": "a b"}, PATTERN), ({"name": "ä"}, PATTERN), ({"name": "a.b"}, PATTERN),
    ({"name": "x\n"}, PATTERN), ({"name": "x" * 151}, "name cannot exceed 150 characters"),
    ({"description": "x" * 501}, "description cannot exceed 500 characters"),
    ({"color": "x" * 21}, "color cannot exceed 20 characters"),
]


@pytest.mark.parametrize("fields, error", RULES)
def test_rules(api, fields, error):
    assert is_error(api.post("environments", environment(**fields), bad=True), 422, error)
    one = create(api)
    assert is_error(api.patch(f"environments/{one}", fields, bad=True), 422, error)


def test_a_name_is_needed(api):
    for body in ({}, {"name": None}, {"name": ""}, {"name": " "}):
        assert is_error(api.post("environments", body, bad=True), 422, "name must not be blank")
    assert is_error(api.patch(f"environments/{create(api)}", {"name": ""}), 422,
                    "name must not be blank")


def test_limits_are_reached(api):
    body = environment(description="ü" * 500, color="x" * 20)
    body["name"] = body["name"].ljust(150, "_")
    found = read(api, create(api, body))
    assert {key: found[key] for key in body} == body


@pytest.mark.parametrize("fields", [{"position": "x"}, {"position": 2**40}, {"name": []},
                                    {"color": {}}, {"id": "x"}])
def test_unreadable(api, fields):
    assert is_unreadable(api.post("environments", environment(**fields), bad=True))


def taken(used):
    return f"Environment with name '{used}' already exists in the workspace"


def test_names_are_unique_without_regard_to_case(api):
    body = environment()
    create(api, body)
    for other in (body["name"], body["name"].upper()):
        assert is_error(api.post("environments", {"name": other}), 409, taken(other))


def test_duplicates_at_the_same_time(api):
    body = environment()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: Api(api.url).post("environments", body).status_code,
                              range(16)))
    assert sorted(codes) == [201] + [409] * 15
    assert names(api).count(body["name"]) == 1


def test_patch(api):
    body = environment(description="d", color="#123456", position=7)
    one = create(api, body)
    before = read(api, one)
    nothing = {"name": None, "description": None, "color": None, "position": None}
    assert api.patch(f"environments/{one}", nothing).status_code == 204
    after = read(api, one)
    assert after.pop("last_updated_at") > before.pop("last_updated_at")
    assert after == before
    change = {"name": name("other"), "description": "", "color": "#000000", "position": -1}
    assert api.patch(f"environments/{one}", change).status_code == 204
    found = read(api, one)
    assert found.get("description") is None
    assert (found["name"], found["color"], found["position"]) == (change["name"], "#000000", -1)
    # Its own name in another case is no conflict.
    upper = change["name"].upper()
    assert api.patch(f"environments/{one}", {"name": upper}).status_code == 204
    assert read(api, one)["name"] == upper


def test_patch_errors(api):
    body = environment()
    create(api, body)
    one = create(api)
    assert is_error(api.patch(f"environments/{one}", {"name": body["name"].upper()}), 409,
                    taken(body["name"].upper()))
    assert is_error(api.patch(f"environments/{uuid7()}", {"position": 1}), 404,
                    "Environment not found")
    assert is_message(api.patch("environments/x", {}, bad=True), 404, "HTTP 404 Not Found")


def test_get_unknown(api):
    assert is_error(api.get(f"environments/{uuid7()}"), 404, "Environment not found")


def test_delete(api):
    ones = [create(api) for _ in range(3)]
    for _ in range(2):
        response = api.post("environments/delete", {"ids": [*ones[:2], uuid7()]})
        assert response.status_code == 204
    assert [api.get(f"environments/{one}").status_code for one in ones] == [404, 404, 200]
    assert is_error(api.post("environments/delete", {"ids": []}, bad=True), 422,
                    "ids size must be between 1 and 1000")
    assert api.delete(f"environments/{ones[2]}", bad=True).status_code == 405


def test_listed_as_they_were_made(fresh):
    made = [environment()["name"] for _ in range(12)]
    for one in made:
        create(fresh, {"name": one})
    page = fresh.get("environments", params={"size": 2, "page": 3}, bad=True).json()
    assert [one["name"] for one in page["content"]][3:] == made
    assert (page["page"], page["size"], page["total"]) == (1, 15, 15)


def test_limit(start_server):
    api = Api(start_server("--environments-max", "5").url)
    create(api)
    one = create(api)
    full = "Workspace already has the maximum of 5 environments"
    assert is_error(api.post("environments", environment()), 409, full)
    assert is_error(api.post("environments", {"name": "Staging"}), 409, taken("Staging"))
    hidden = environment()["name"]
    api.create("traces", trace("p", environment=hidden))
    assert hidden not in names(api)
    api.post("environments/delete", {"ids": [one]})
    api.create("traces", trace("p", environment=hidden))
    assert hidden in names(api)
    assert is_error(api.post("environments", environment()), 409, full)


def test_the_default_limit(fresh):
    fresh.batch("traces", *(trace("p", environment=f"e{i}") for i in range(120)))
    assert names(fresh)[3:] == [f"e{i}" for i in range(97)]
    assert is_error(fresh.post("environments", environment()), 409,
                    "Workspace already has the maximum of 100 environments")


def test_traces_bring_theirs(api, project):
    one, two, three = (environment()["name"] for _ in range(3))
    api.create("traces", trace(project, environment=one))
    assert one in names(api)
    items = [trace(project, environment=which) for which in (two, one, two.upper(), three, two)]
    api.batch("traces", *items)
    found = names(api)
    assert [found.count(each) for each in (one, two, three)] == [1, 1, 1]
    assert two.upper() not in found
    made = next(each for each in api.get("environments").json()["content"] if each["name"] == two)
    assert made["position"] == 0 and made["created_by"] == "admin" and made["color"]
    assert api.read("traces", items[2]["id"])["environment"] == two.upper()


def test_invalid_names_are_skipped(api, project):
    before = names(api)
    for bad in ("a b", "ü", " ", "x.y", ""):
        api.create("traces", trace(project, environment=bad))
    api.batch("traces", trace(project, environment="not this"), trace(project))
    assert names(api) == before


def test_only_creates_of_traces_add(api, project):
    before = names(api)
    one = trace(project)
    api.create("traces", one)
    api.update("traces", one["id"], {"environment": environment()["name"]})
    api.create("spans", span(project, one["id"], environment=environment()["name"]))
    api.batch("spans", span(project, one["id"], environment=environment()["name"]))
    # A refused one and an item that is too old change nothing.
    again = {**one, "environment": environment()["name"]}
    assert api.post("traces", again).status_code == 409
    api.batch("traces", {**again, "last_updated_at": now_iso(-3600)})
    assert names(api) == before


def test_a_deleted_one_comes_back(api, project):
    one = environment()["name"]
    for _ in range(2):
        api.create("traces", trace(project, environment=one))
        api.create("traces", trace(project, environment=one))
        made = [each["id"] for each in api.get("environments").json()["content"]
                if each["name"] == one]
        assert len(made) == 1
        api.post("environments/delete", {"ids": made})
    api.create("traces", trace(project, environment=one))
    made = next(each["id"] for each in api.get("environments").json()["content"]
                if each["name"] == one)
    other = environment()["name"]
    api.patch(f"environments/{made}", {"name": other})
    api.batch("traces", trace(project, environment=one))
    assert {one, other} <= set(names(api))


def test_workspaces_are_apart(start_server):
    server = start_server("--workspaces", "any")
    here, there = Api(server.url, "here"), Api(server.url, "there")
    for api in (here, there, here):
        api.create("traces", trace("p", environment="shared"))
    here.create("traces", trace("p", environment="only"))
    assert names(here)[3:] == ["shared", "only"]
    assert names(there)[3:] == ["shared"]


def test_trailing_slash(api):
    assert api.get("environments/", bad=True).status_code == 200
