"""Feedback definitions (platform.md 10)."""
import concurrent.futures

import pytest

from client import Api, is_error, is_message, is_unreadable, name, uuid4, uuid7

SEEDED = "0190babc-62a0-71d2-832a-0feffa4676eb"
DETAILS = {"numerical": {"min": 0.5, "max": 10.0},
           "categorical": {"categories": {"good": 1.0, "bad": 0.0, "ü👍": -2.25}},
           "boolean": {"true_label": "yes", "false_label": "no"}}


def definition(kind="numerical", **fields):
    return {"name": name("definition"), "type": kind, "details": DETAILS[kind], **fields}


def create(api, body=None, **fields):
    response = api.post("feedback-definitions", body or definition(**fields))
    assert response.status_code == 201, response.text
    assert response.content == b""
    return response.headers["Location"].rsplit("/", 1)[1]


def read(api, one):
    response = api.get(f"feedback-definitions/{one}")
    assert response.status_code == 200, response.text
    return response.json()


def page(api, **params):
    response = api.get("feedback-definitions", params=params)
    assert response.status_code == 200, response.text
    return response.json()


def post(api, bad=True, **fields):
    return api.post("feedback-definitions", definition(**fields), bad=bad)


def test_seeded(api):
    found = read(api, SEEDED)
    assert found["name"] == "User feedback"
    assert found["type"] == "categorical"
    assert found["details"] == {"categories": {"👍": 1.0, "👎": 0.0}}
    assert found["created_by"] == found["last_updated_by"] == "admin"
    assert SEEDED in [one["id"] for one in page(api, name="user FEED")["content"]]


def test_a_fresh_workspace_has_the_seeded_ones(start_server):
    server = start_server("--workspaces", "any")
    api = Api(server.url, "somewhere")
    assert page(api)["content"] == []
    create(api)
    assert [one["name"] for one in page(api)["content"]][-1] == "User feedback"
    assert read(api, SEEDED)["type"] == "categorical"
    assert len(page(Api(server.url))["content"]) == 1
    names = [one["name"] for one in api.get("environments").json()["content"]]
    assert names == ["development", "staging", "production"]


@pytest.mark.parametrize("kind", DETAILS)
def test_create_and_read(api, kind):
    body = definition(kind, description="what for")
    response = api.post("feedback-definitions", body)
    assert response.status_code == 201
    assert response.headers["Location"].startswith(api.url + "/v1/private/feedback-definitions/")
    found = read(api, response.headers["Location"].rsplit("/", 1)[1])
    assert {key: found[key] for key in body} == body
    assert found["created_at"] == found["last_updated_at"]
    assert set(found) == {*body, "id", "created_at", "created_by", "last_updated_at",
                          "last_updated_by"}


def test_the_id_is_the_servers(api):
    body = definition(id=uuid7())
    assert create(api, body) != body["id"]


def test_other_spellings(api):
    one = create(api, definition("boolean", details={"trueLabel": "T", "falseLabel": "F"}))
    assert read(api, one)["details"] == {"true_label": "T", "false_label": "F"}
    response = post(api, type="CATEGORICAL", details=DETAILS["categorical"])
    assert is_unreadable(response)
    one = create(api, definition(details={"min": "1", "max": "2.5", "other": 1}))
    assert read(api, one)["details"] == {"min": 1.0, "max": 2.5}


def test_of_a_label_that_comes_twice_the_last_counts(api):
    text = ('{"name": "%s", "type": "categorical", "details": {"categories": '
            '{"b": 1, "a": 2, "b": 3, "c": 4}}}') % name()
    response = api.post("feedback-definitions", data=text, bad=True,
                        headers={"Content-Type": "application/json"})
    assert response.status_code == 201, response.text
    found = read(api, response.headers["Location"].rsplit("/", 1)[1])
    assert list(found["details"]["categories"].items()) == [("a", 2.0), ("b", 3.0), ("c", 4.0)]
    text = text.replace('"a": 2, ', "").replace(', "c": 4', "")
    assert is_error(api.post("feedback-definitions", data=text, bad=True,
                             headers={"Content-Type": "application/json"}), 422,
                    "details.categories size must be between 2 and 2147483647")


BROKEN = [
    (definition(name=" "), ["name must not be blank"]),
    (definition(name=None), ["name must not be blank"]),
    (definition(details=None), ["details must not be null"]),
    (definition(details={}), ["details.min must not be null", "details.max must not be null"]),
    (definition(details={"min": 1, "max": None}), ["details.max must not be null"]),
    (definition(details={"min": 1, "max": 1}),
     ["details.min has to be smaller than details.max"]),
    (definition(details={"min": 2, "max": 1}),
     ["details.min has to be smaller than details.max"]),
    (definition("categorical", details={}), ["details.categories must not be null"]),
    (definition("categorical", details={"categories": None}),
     ["details.categories must not be null"]),
    (definition("categorical", details={"categories": {}}),
     ["details.categories size must be between 2 and 2147483647"]),
    (definition("categorical", details={"categories": {"one": 1}}),
     ["details.categories size must be between 2 and 2147483647"]),
    (definition("categorical", details={"categories": {"one": 1, "two": None}}),
     ["details.categories[two].<map value> must not be null"]),
    (definition("boolean", details={}),
     ["details.trueLabel must not be blank", "details.falseLabel must not be blank"]),
    (definition("boolean", details={"true_label": " ", "falseLabel": "x"}),
     ["details.trueLabel must not be blank"]),
    (definition(description="x" * 256), ["description cannot exceed 255 characters"]),
    (definition(name="x" * 151), ["name cannot exceed 150 characters"]),
    (definition(name="", details={"min": 3, "max": 1}),
     ["name must not be blank", "details.min has to be smaller than details.max"]),
]


@pytest.mark.parametrize("body, errors", BROKEN)
def test_rules(api, body, errors):
    one = create(api)
    assert is_error(api.post("feedback-definitions", body, bad=True), 422, *errors)
    assert is_error(api.put(f"feedback-definitions/{one}", body, bad=True), 422, *errors)


def test_name_and_details_may_be_missing(api):
    body = definition()
    del body["name"], body["details"]
    assert is_error(api.post("feedback-definitions", body, bad=True), 422,
                    "name must not be blank", "details must not be null")


@pytest.mark.parametrize("fields", [
    {"type": None}, {"type": "number"}, {"type": 5}, {"type": ""}, {"details": []},
    {"details": "x"}, {"details": {"min": {}, "max": 1}}, {"details": {"min": "x", "max": 1}},
    {"type": "categorical", "details": {"categories": []}},
    {"type": "categorical", "details": {"categories": {"a": "x", "b": 1}}},
    {"type": "boolean", "details": {"true_label": [], "false_label": "x"}}, {"name": {}},
])
def test_unreadable(api, fields):
    one = create(api)
    assert is_unreadable(post(api, **fields))
    assert is_unreadable(api.put(f"feedback-definitions/{one}", definition(**fields), bad=True))


def test_no_type(api):
    body = definition()
    del body["type"]
    assert is_unreadable(api.post("feedback-definitions", body, bad=True))


def test_no_body(api):
    for send in (api.post, api.put):
        path = "feedback-definitions" + (f"/{SEEDED}" if send == api.put else "")
        assert is_error(send(path, bad=True, headers={"Content-Type": "application/json"}), 422,
                        "The request body must not be null")


def test_names_are_unique_without_regard_to_case(api):
    body = definition(name=name("Grün"))
    create(api, body)
    for other in (body["name"], body["name"].upper()):
        assert is_error(post(api, name=other, bad=False), 409, "Feedback already exists")
    assert is_error(post(api, name="USER feedback"), 409, "Feedback already exists")


def test_duplicates_at_the_same_time(api):
    body = definition()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: Api(api.url).post("feedback-definitions",
                                                          body).status_code, range(16)))
    assert sorted(codes) == [201] + [409] * 15
    assert page(api, name=body["name"])["total"] == 1


def test_put_replaces_all(api):
    one = create(api, definition(description="old"))
    before = read(api, one)
    body = definition("boolean")
    assert api.put(f"feedback-definitions/{one}", body).status_code == 204
    after = read(api, one)
    assert {key: after[key] for key in body} == body
    assert "description" not in after
    assert after["created_at"] == before["created_at"]
    assert after["last_updated_at"] > before["last_updated_at"]
    # Its own name in another case is no conflict.
    body["name"] = body["name"].upper()
    assert api.put(f"feedback-definitions/{one}", body).status_code == 204
    assert read(api, one)["name"] == body["name"]


def test_put_errors(api):
    taken = definition()
    create(api, taken)
    one = create(api)
    assert is_error(api.put(f"feedback-definitions/{one}", definition(name=taken["name"])), 409,
                    "Feedback already exists")
    assert is_error(api.put(f"feedback-definitions/{uuid7()}", definition()), 404,
                    "Feedback definition not found")
    assert is_message(api.put("feedback-definitions/x", definition(), bad=True), 404,
                      "HTTP 404 Not Found")


def test_get_unknown(api):
    assert is_error(api.get(f"feedback-definitions/{uuid4()}"), 404,
                    "Feedback definition not found")
    assert is_message(api.get("feedback-definitions/x", bad=True), 404, "HTTP 404 Not Found")


def test_delete(api):
    one = create(api)
    for _ in range(2):
        assert api.delete(f"feedback-definitions/{one}").status_code == 204
    assert api.get(f"feedback-definitions/{one}").status_code == 404


def test_delete_many(api):
    ones = [create(api) for _ in range(3)]
    response = api.post("feedback-definitions/delete", {"ids": [*ones[:2], uuid7()]})
    assert response.status_code == 204
    assert [api.get(f"feedback-definitions/{one}").status_code for one in ones] == [404, 404, 200]
    assert is_error(api.post("feedback-definitions/delete", {"ids": []}, bad=True), 422,
                    "ids size must be between 1 and 1000")


def test_the_seeded_one_stays(api):
    refusal = "Cannot delete feedback definition 'User feedback'"
    other = create(api)
    assert is_message(api.delete(f"feedback-definitions/{SEEDED}"), 409, refusal)
    response = api.post("feedback-definitions/delete", {"ids": [other, SEEDED, uuid7()]})
    assert is_message(response, 409, refusal)
    assert read(api, other) and read(api, SEEDED)


def test_pages_newest_first(api):
    prefix = name("paged")
    ones = [create(api, definition(name=f"{prefix} {i}")) for i in range(5)]
    first = page(api, name=prefix.upper(), size=2)
    assert (first["page"], first["size"], first["total"]) == (1, 2, 5)
    assert "sortable_by" not in first
    found = [one["id"] for number in (1, 2, 3, 4)
             for one in page(api, name=prefix, size=2, page=number)["content"]]
    assert found == sorted(ones, reverse=True)
    assert page(api, name=prefix, page=4, size=2) == {"page": 4, "size": 0, "total": 5,
                                                      "content": []}
    assert page(api, name=f"{prefix} 3")["total"] == 1
    assert page(api, name="%_")["total"] == 0


def test_only_one_type(api):
    prefix = name("typed")
    ones = {kind: create(api, definition(kind, name=f"{prefix} {kind}")) for kind in DETAILS}
    for kind, one in ones.items():
        for text in (kind, kind.upper()):
            assert [each["id"] for each in page(api, name=prefix, type=text)["content"]] == [one]
            assert page(api, name=prefix, type=text)["total"] == 1
    assert is_message(api.get("feedback-definitions", params={"type": "x"}), 400,
                      "query param type must be one of [numerical, categorical, boolean]")


def test_bad_parameters(api):
    for bad in ("page", "size"):
        assert is_error(api.get("feedback-definitions", params={bad: 0}, bad=True), 400,
                        f"query param {bad} must be greater than or equal to 1")
        assert is_message(api.get("feedback-definitions", params={bad: "x"}, bad=True), 404,
                          "HTTP 404 Not Found")


def test_trailing_slash(api):
    assert api.get("feedback-definitions/", bad=True).status_code == 200
    assert api.post("feedback-definitions/", definition(), bad=True).status_code == 201


def test_survives_a_restart(start_server):
    server = start_server()
    one = create(Api(server.url), definition("categorical"))
    before = read(Api(server.url), one)
    server.restart()
    assert read(Api(server.url), one) == before
