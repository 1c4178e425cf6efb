"""Projects (platform.md 8)."""
import json

import pytest
from opik.rest_api.client import OpikApi

from client import (Api, has, is_error, is_message, is_unreadable, name, now_iso, span, trace,
                    uuid7)

DEFAULT_ID = "0190babc-62a0-71d2-832a-0feffa4676eb"
SORTABLE = ["id", "name", "last_updated_at", "created_at", "last_updated_trace_at"]


def create(api, **fields):
    """Makes a project; returns its id."""
    response = api.post("projects", fields)
    assert response.status_code == 201 and response.content == b"", response.text
    location = response.headers["Location"]
    assert location.startswith(f"{api.url}/v1/private/projects/")
    return location.rsplit("/", 1)[1]


def get(api, made):
    response = api.get(f"projects/{made}")
    assert response.status_code == 200, response.text
    return response.json()


# ---- seeded -------------------------------------------------------------------------------------

def test_seeded_default_project(start_server):
    api = Api(start_server().url)
    page = api.page("projects")
    assert page["total"] == 1
    assert has(page["content"][0],
               {"id": DEFAULT_ID, "name": "Default Project", "visibility": "private",
                "description": "This is the default project. It cannot be deleted."},
               "last_updated_trace_at")


def test_seeded_project_stays_deleted_or_renamed(start_server):
    server = start_server()
    Api(server.url).patch(f"projects/{DEFAULT_ID}", {"name": "renamed"})
    server.restart()
    api = Api(server.url)
    assert get(api, DEFAULT_ID)["name"] == "renamed"
    assert api.delete(f"projects/{DEFAULT_ID}").status_code == 204
    server.restart()
    api = Api(server.url)
    assert api.get(f"projects/{DEFAULT_ID}").status_code == 404
    item = trace()
    api.create("traces", item)
    assert get(api, api.read("traces", item["id"])["project_id"])["name"] == "Default Project"


# ---- create -------------------------------------------------------------------------------------

def test_create_minimal(api, project):
    before = now_iso(-1)
    read = get(api, create(api, name=project))
    assert has(read, {"name": project, "visibility": "private", "created_by": "admin",
                      "last_updated_by": "admin"}, "description", "last_updated_trace_at")
    assert before < read["created_at"] < now_iso(1)
    assert read["id"][14] == "7"


@pytest.mark.parametrize("visibility", ["private", "public"])
def test_create_full(api, project, visibility):
    made = create(api, name=project, visibility=visibility, description="d" * 255)
    assert has(get(api, made), {"name": project, "visibility": visibility,
                                "description": "d" * 255})


def test_create_trims_the_name(api, project):
    assert get(api, create(api, name=f"  {project} "))["name"] == project


@pytest.mark.parametrize("change", [str, str.upper, lambda text: f" {text} "])
def test_create_existing_is_409(api, project, change):
    create(api, name=project)
    assert is_error(api.post("projects", {"name": change(project)}), 409, "Project already exists")


def test_create_one_that_ingestion_made_is_409(api, project):
    api.create("traces", trace(project))
    assert is_error(api.post("projects", {"name": project}), 409, "Project already exists")


@pytest.mark.parametrize("body,message", [
    ({}, "name must not be blank"), ({"name": None}, "name must not be blank"),
    ({"name": " "}, "name must not be blank"),
    ({"name": name(), "description": "d" * 256}, "description cannot exceed 255 characters"),
], ids=str)
def test_create_broken_rule_is_422(api, body, message):
    assert is_error(api.post("projects", body, bad=True), 422, message)


def test_create_name_too_long_is_422_that_names_the_field(api):
    create(api, name=name().ljust(150, "x"))
    response = api.post("projects", {"name": name().ljust(151, "x")}, bad=True)
    assert response.status_code == 422 and response.json()["errors"][0].startswith("name ")


@pytest.mark.parametrize("body", [{"name": {}}, {"name": name(), "visibility": "secret"},
                                  {"name": name(), "description": []}, [], "x"], ids=str)
def test_create_wrong_type_is_400(api, body):
    assert is_unreadable(api.post("projects", body, bad=True))


# ---- get, retrieve ------------------------------------------------------------------------------

def test_get_unknown(api):
    assert is_error(api.get(f"projects/{uuid7()}"), 404, "Project not found")
    assert is_message(api.get("projects/nonsense"), 404, "HTTP 404 Not Found")


@pytest.mark.parametrize("change", [str, str.upper, lambda text: f" {text} "])
def test_retrieve(api, project, change):
    made = create(api, name=project, description="d")
    response = api.post("projects/retrieve", {"name": change(project)})
    assert response.status_code == 200
    assert has(response.json(), {"id": made, "name": project, "description": "d"})


@pytest.mark.parametrize("member", ["include_stats", "includeStats"])
def test_retrieve_with_statistics(api, project, member):
    """The interface and the SDK write includeStats (stats.md 3 has the other)."""
    api.create("traces", trace(project))
    for value, count in ((True, 1), (False, None)):
        response = api.post("projects/retrieve", {"name": project, member: value}, bad=True)
        assert response.status_code == 200, response.text
        assert response.json().get("trace_count") == count


def test_retrieve_with_statistics_by_the_sdk(api, project):
    api.create("traces", trace(project))
    projects = OpikApi(base_url=api.url).projects
    assert projects.retrieve_project(name=project, include_stats=True).trace_count == 1
    assert projects.retrieve_project(name=project).trace_count is None


def test_retrieve_errors(api, project):
    assert is_error(api.post("projects/retrieve", {"name": project}), 404, "Project not found")
    for body in ({}, {"name": ""}):
        assert is_error(api.post("projects/retrieve", body, bad=True), 422,
                        "name must not be blank")
    assert not api.project_exists(project)


# ---- patch --------------------------------------------------------------------------------------

@pytest.mark.parametrize("fields", [{"name": name("new")}, {"description": "new"},
                                    {"visibility": "public"}, {}, {"description": ""},
                                    {"name": None, "description": None, "visibility": None}],
                         ids=str)
def test_patch(api, project, fields):
    made = create(api, name=project, description="d")
    before = get(api, made)
    response = api.patch(f"projects/{made}", fields)
    assert response.status_code == 204 and response.content == b"", response.text
    after = get(api, made)
    expected = {**{"name": project, "description": "d", "visibility": "private"},
                **{key: value for key, value in fields.items() if value is not None}}
    if expected["description"] == "":
        assert after.pop("description", "") == expected.pop("description")
    assert has(after, {**expected, "created_at": before["created_at"]})
    assert after["last_updated_at"] >= before["last_updated_at"]


def test_patch_name_keeps_the_traces(api, project):
    item = trace(project)
    api.create("traces", item)
    made, renamed = api.project_id(project), name("renamed")
    api.patch(f"projects/{made}", {"name": renamed})
    assert api.ids("traces", project_name=renamed) == [item["id"]]
    assert is_message(api.get("traces", params={"project_name": project}), 404,
                      f"Project name: {project} not found")


def test_patch_to_its_own_name_in_other_case(api, project):
    made = create(api, name=project)
    assert api.patch(f"projects/{made}", {"name": project.upper()}).status_code == 204
    assert get(api, made)["name"] == project.upper()


def test_patch_to_a_taken_name_is_409(api, project):
    create(api, name=project)
    made = create(api, name=name("second"))
    assert is_error(api.patch(f"projects/{made}", {"name": project.upper()}), 409,
                    "Project already exists")


def test_patch_errors(api, project):
    made = create(api, name=project)
    assert is_error(api.patch(f"projects/{uuid7()}", {"name": name()}), 404, "Project not found")
    assert is_error(api.patch(f"projects/{made}", {"name": " "}), 422, "name must not be blank")
    assert is_error(api.patch(f"projects/{made}", {"description": "d" * 256}, bad=True), 422,
                    "description cannot exceed 255 characters")
    assert is_unreadable(api.patch(f"projects/{made}", {"visibility": "x"}, bad=True))
    assert get(api, made)["name"] == project


# ---- delete -------------------------------------------------------------------------------------

def test_delete(api, project):
    made = create(api, name=project)
    for _ in range(2):
        response = api.delete(f"projects/{made}")
        assert response.status_code == 204 and response.content == b""
    assert is_error(api.get(f"projects/{made}"), 404, "Project not found")
    assert not api.project_exists(project)


def test_delete_many(api, project):
    made = [create(api, name=f"{project}-{i}") for i in range(3)]
    response = api.post("projects/delete", {"ids": [*made[:2], uuid7()]})
    assert response.status_code == 204 and response.content == b""
    assert [api.get(f"projects/{one}").status_code for one in made] == [404, 404, 200]


@pytest.mark.parametrize("count", [0, 1001])
def test_delete_many_size(api, count):
    response = api.post("projects/delete", {"ids": [uuid7() for _ in range(count)]}, bad=True)
    assert response.status_code == 422
    assert "ids size must be between 1 and 1000" in response.json()["errors"]


def test_delete_makes_the_name_free(api, project):
    item = trace(project)
    api.create("traces", item)
    old = api.project_id(project)
    api.delete(f"projects/{old}")
    new = create(api, name=project)
    assert new != old
    assert api.page("traces", project_name=project)["total"] == 0
    assert is_message(api.get("traces", params={"project_id": old}), 404,
                      f"Project id: {old} not found")


# ---- list ---------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def listed(api):
    """Twelve projects; word, ids in the order of creation."""
    word = name("Word")
    return word, [create(api, name=f"{'zyxwvutsrqpo'[i]} {word} {i}") for i in range(12)]


def page(api, word, **params):
    return api.page("projects", name=word, **params)


def test_list_envelope_and_default_order(api, listed):
    word, made = listed
    got = page(api, word)
    assert [item["id"] for item in got["content"]] == made[:1:-1]
    assert (got["page"], got["size"], got["total"]) == (1, 10, 12)
    assert got["sortable_by"] == SORTABLE


def test_list_item_equals_get_by_id(api, project):
    made = create(api, name=project, description="d")
    assert page(api, project)["content"] == [get(api, made)]


@pytest.mark.parametrize("number,size,first,last", [(2, 10, 10, 12), (1, 5, 0, 5), (3, 5, 10, 12),
                                                    (1, 500, 0, 12), (4, 5, 12, 12)])
def test_list_pages(api, listed, number, size, first, last):
    word, made = listed
    got = page(api, word, page=number, size=size)
    assert [item["id"] for item in got["content"]] == made[::-1][first:last]
    assert (got["size"], got["total"]) == (last - first, 12)


def test_list_empty_page_has_no_sortable_fields(api):
    got = page(api, name("nothing"))
    assert got == {"page": 1, "size": 0, "total": 0, "content": [], "sortable_by": []}


@pytest.mark.parametrize("change", [str.lower, str.upper, lambda text: text[2:9]])
def test_list_name_is_a_substring_without_case(api, listed, change):
    word, made = listed
    ids = {item["id"] for item in page(api, change(word), size=500)["content"]}
    assert set(made) <= ids


@pytest.mark.parametrize("special", ["%", "_", "\\", "'", "*", "ä"])
def test_list_name_has_no_wildcards(api, special):
    word = name()
    made = create(api, name=f"a{special}{word}")
    create(api, name=f"ab{word}")
    assert [item["id"] for item in page(api, f"a{special}{word}")["content"]] == [made]


def sorting(field, direction):
    return json.dumps([{"field": field, "direction": direction}])


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ["id", "name", "created_at", "last_updated_at"])
def test_list_sorting(api, listed, field, direction):
    word, made = listed
    items = page(api, word, size=12, sorting=sorting(field, direction))["content"]
    keys = [item[field] for item in items]
    assert keys == sorted(keys, reverse=direction == "DESC")
    assert {item["id"] for item in items} == set(made)


def test_list_sorting_by_last_trace_falls_back_to_last_update(api):
    word = name("word")
    made = [create(api, name=f"{word}-{i}") for i in range(3)]
    api.create("traces", trace(f"{word}-0"))
    items = page(api, word, sorting=sorting("last_updated_trace_at", "DESC"))["content"]
    assert [item["id"] for item in items] == [made[0], made[2], made[1]]


def test_list_sorting_of_the_configure_command(api):
    params = {"page": 1, "size": 1, "sorting": '[{"field":"created_at","direction":"DESC"}]'}
    assert len(api.page("projects", **params)["content"]) == 1


@pytest.mark.parametrize("params,check", [
    ({"page": 0}, lambda answer: is_error(
        answer, 400, "query param page must be greater than or equal to 1")),
    ({"size": "x"}, lambda answer: is_message(answer, 404, "HTTP 404 Not Found")),
    ({"sorting": "x"}, lambda answer: is_message(
        answer, 400, "Invalid sorting query parameter 'x'")),
], ids=["page", "size", "sorting"])
def test_list_errors(api, params, check):
    assert check(api.get("projects", params=params))


# ---- last_updated_trace_at ----------------------------------------------------------------------

def last_trace(api, project):
    return get(api, api.project_id(project)).get("last_updated_trace_at")


def test_last_trace_by_create(api, project):
    item = trace(project)
    api.create("traces", item)
    assert last_trace(api, project) == api.read("traces", item["id"])["last_updated_at"]


def test_last_trace_by_batch_is_the_items_clock_and_only_moves_forward(api, project):
    for clock, expected in [("2024-01-01T00:00:01Z", "2024-01-01T00:00:01Z"),
                            ("2023-01-01T00:00:00Z", "2024-01-01T00:00:01Z"),
                            ("2024-01-01T00:00:02.5Z", "2024-01-01T00:00:02.500Z")]:
        api.batch("traces", trace(project, last_updated_at=clock))
        assert last_trace(api, project) == expected


def test_last_trace_by_patch_is_now(api, project):
    item = trace(project, last_updated_at="2024-01-01T00:00:01Z")
    api.batch("traces", item)
    before = now_iso()
    api.update("traces", item["id"], {"name": "n"})
    assert before <= last_trace(api, project) <= now_iso()


def test_last_trace_is_not_moved_by_spans(api, project):
    item = trace(project, last_updated_at="2024-01-01T00:00:01Z")
    api.batch("traces", item)
    api.create("spans", span(project, item["id"]))
    assert last_trace(api, project) == "2024-01-01T00:00:01Z"
