"""Feedback scores of traces, spans and threads: giving them, one and many, and what is shown
(traces.md 11.1 to 11.4, spans.md 10, threads.md 4, 6.10).
"""
import json
import time

import pytest

from annotated import (KINDS, NOUNS, PATHS, USER, Subject, merged, names_of, score, shows,
                       without_times)
from client import is_error, is_message, is_unreadable, name, uuid4, uuid7

ENTITIES = ("traces", "spans")


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def subject(api, kind, project):
    return Subject(api, kind, project).store()


# ---- one: PUT {id}/feedback-scores --------------------------------------------------------------

@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
@pytest.mark.parametrize("fields", [
    {}, {"value": -1}, {"value": 0}, {"reason": "because"}, {"category_name": "good"},
    {"reason": "ü, €", "category_name": "a, b", "source_queue_id": uuid7()},
    {"source": "ui"}, {"source": "online_scoring"}, {"name": "with space ü/.%"}, {"value": 0.25},
], ids=str)
def test_one(subject, fields):
    given = score(**fields)
    response = subject.give_one(given)
    assert (response.status_code, response.content) == (204, b"")
    assert shows(subject, [given])


@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_one_of_an_unknown_subject(api, kind, project):
    missing = uuid7()
    assert is_message(api.put(f"{kind}/{missing}/feedback-scores", score()), 404,
                      f"{NOUNS[kind]} id: {missing} not found")
    # The version is not looked at here (traces.md 2.2).
    missing = uuid4()
    assert is_message(api.put(f"{kind}/{missing}/feedback-scores", score()), 404,
                      f"{NOUNS[kind]} id: {missing} not found")
    assert is_message(api.put(f"{kind}/nonsense/feedback-scores", score(), bad=True), 404,
                      "HTTP 404 Not Found")


@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_one_in_the_subjects_own_project(subject):
    """A project in the body is no field here."""
    other = name("other")
    assert subject.give_one({**score(), "project_name": other}, bad=True).status_code == 204
    assert shows(subject, [score()])
    assert not subject.api.project_exists(other)


@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_what_readers_see_is_ignored_when_it_is_sent(subject):
    body = {**score(), "created_at": "1999-01-01T00:00:00Z", "created_by": "me",
            "last_updated_at": "1999-01-01T00:00:00Z", "last_updated_by": "me", "author": "me",
            "value_by_author": {"me": {"value": 5}}, "id": uuid7()}
    assert subject.give_one(body, bad=True).status_code == 204
    assert shows(subject, [score()])
    assert subject.scores()["quality"]["created_at"] > "2024"


NAME = "name must not be blank"
LOW = "value must be greater than or equal to -999999999.999999999"
HIGH = "value must be less than or equal to 999999999.999999999"
INVALID = [
    ({"name": ""}, NAME), ({"name": " \t"}, NAME), ({"name": None}, NAME),
    ({"value": None}, "value must not be null"), ({"value": 1e9}, HIGH), ({"value": -1e9}, LOW),
    ({"value": "1000000000"}, HIGH), ({"value": 1e300}, HIGH), ({"value": -1e300}, LOW),
    # What is cut later counts for the range; what is rounded before does so rounded.
    *(({"value": f"{sign}999999999.999999999{more}"}, rule) for sign, rule in (("", HIGH), ("-", LOW))
      for more in ("1", "01", "001", "999", "5001")),
    ({"source": None}, "source must not be null"),
]


@pytest.mark.parametrize("fields,message", INVALID, ids=str)
@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_one_that_is_invalid(subject, fields, message):
    body = {key: value for key, value in {**score(), **fields}.items() if value is not None}
    assert is_error(subject.give_one(body, bad=True), 422, message)
    assert is_error(subject.give_one({**score(), **fields}, bad=True), 422, message)
    assert subject.scores() == {}


@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_all_that_is_invalid_is_told(subject):
    assert is_error(subject.give_one({}, bad=True), 422, NAME, "value must not be null",
                    "source must not be null")


@pytest.mark.parametrize("fields", [
    {"source": "SDK"}, {"source": "nobody"}, {"source": 1}, {"value": "high"}, {"value": {}},
    {"value": True}, {"value": "0x10"}, {"value": "NaN"}, {"value": "Infinity"},
    {"source_queue_id": "x"}, {"name": {}}, {"reason": []}, {"category_name": {}},
], ids=str)
def test_unreadable(subject, fields):
    if subject.kind != "threads":
        assert is_unreadable(subject.give_one({**score(), **fields}, bad=True))
    assert is_unreadable(subject.give_batch({**score(), **fields}, bad=True))
    assert subject.scores() == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"'])
def test_bodies_that_are_no_object(api, kind, text):
    for method, path in (("PUT", f"{PATHS[kind]}/feedback-scores"),
                         *([("PUT", f"{kind}/{uuid7()}/feedback-scores")] * (kind != "threads"))):
        response = api.request(method, path, data=text, bad=True,
                               headers={"Content-Type": "application/json"})
        assert response.status_code in (400, 422)


# ---- values -------------------------------------------------------------------------------------

VALUES = [
    (0.5, 0.5), ("0.5", 0.5), (1, 1), ("-7", -7), (1e-9, 1e-9), ("1e-3", 0.001), (1e3, 1000),
    (999999999.99, 999999999.99), (-999999999.99, -999999999.99), (0.123456789, 0.123456789),
    # 10 to 12 decimals are cut, more are rounded half-even (traces.md 11.3)
    ("0.1234567899", 0.123456789), ("0.123456789999", 0.123456789),
    ("0.1234567899999", 0.12345679), ("0.1234567885000", 0.123456788),
    ("0.1234567895000", 0.123456790), ("0.1234567885001", 0.123456789),
    ("-0.1234567899", -0.123456789), ("999999999.9999999990000", 999999999.999999999),
    ("999999999.9999999994999", 999999999.999999999),
    ("-999999999.9999999994999", -999999999.999999999),
]


@pytest.mark.parametrize("sent,shown", VALUES, ids=str)
def test_values(subject, sent, shown):
    subject.give(score("batched", sent))
    names = ["batched"]
    if subject.kind != "threads":
        assert subject.give_one(score("single", sent), bad=True).status_code == 204
        names.append("single")
    scores = subject.scores()
    assert [scores[one]["value"] for one in names] == [shown] * len(names)


@pytest.mark.parametrize("text", ["999999999.999999999", "-999999999.999999999"])
def test_limits_are_taken_to_the_digit(api, subject, text):
    """Also when the number is JSON's own, which a double would round up."""
    subject.give(score("text", text))
    item = json.dumps(subject.score_item(name="number")).replace('"value": 1', f'"value": {text}')
    response = api.put(f"{subject.path}/feedback-scores", data=f'{{"scores":[{item}]}}',
                       headers={"Content-Type": "application/json"})
    assert response.status_code == 204, response.text
    page = api.get(subject.path, params={"project_name": subject.project}).text
    assert page.count(f'"value":{text}') == 4


@pytest.mark.parametrize("field", ["reason", "category_name"])
@pytest.mark.parametrize("sent,shown", [("  both ends\n", "both ends"), ("", None), (" \t", None),
                                        (None, None)])
def test_texts_are_trimmed(subject, field, sent, shown):
    subject.give(score(**{field: sent}))
    assert subject.scores()["quality"].get(field) == shown
    entry = subject.scores()["quality"]["value_by_author"][USER]
    assert entry.get(field) == shown


def test_names_are_kept_as_they_are(subject):
    names = ["quality", "Quality", " quality ", "qualitä", "QUALITÄ", "x" * 3000, "a\u0000b"]
    subject.give(*(score(one, i) for i, one in enumerate(names)))
    assert {one: shown["value"] for one, shown in subject.scores().items()} == {
        one: i for i, one in enumerate(names)}


# ---- many: PUT feedback-scores ------------------------------------------------------------------

def test_many(subject):
    given = [score(f"s{i}", i / 8, reason=f"r{i}") for i in range(1000)]
    subject.give(*given)
    assert shows(subject, *([one] for one in given))


def test_of_several_subjects_and_projects(api, kind, project):
    subjects = [Subject(api, kind, one).store() for one in (project, project, name("second"))]
    body = {"scores": [one.score_item(value=i) for i, one in enumerate(subjects)]}
    assert api.put(f"{PATHS[kind]}/feedback-scores", body).status_code == 204
    assert [one.scores()["quality"]["value"] for one in subjects] == [0, 1, 2]


def test_how_many(api, kind, project):
    path, one = f"{PATHS[kind]}/feedback-scores", Subject(api, kind, project).score_item()
    size = "scores size must be between 1 and 1000"
    assert is_error(api.put(path, {"scores": []}, bad=True), 422, size)
    assert is_error(api.put(path, {"scores": [one] * 1001}, bad=True), 422, size)
    assert is_error(api.put(path, {}, bad=True), 422, "scores must not be null")
    assert is_error(api.put(path, {"scores": None}, bad=True), 422, "scores must not be null")
    assert not api.project_exists(project)


def test_invalid_ones_of_many(subject):
    for fields, message in INVALID:
        body = {key: value for key, value in fields.items() if value is not None}
        item = {key: value for key, value in subject.score_item().items() if key not in fields}
        response = subject.api.put(f"{subject.path}/feedback-scores", {"scores": [
            subject.score_item(name="good"), {**item, **body}]}, bad=True)
        assert is_error(response, 422, f"scores[1].{message}")
    assert subject.scores() == {}, "a refused request changes nothing"


def test_the_subject_must_be_named(api, kind, project):
    path, subject = f"{PATHS[kind]}/feedback-scores", Subject(api, kind, project)
    item = subject.score_item()
    key = item.pop(subject.key_field)
    assert key
    if kind == "threads":
        for more in ({}, {"thread_id": None}, {"thread_id": ""}, {"thread_id": "  "}):
            assert is_error(api.put(path, {"scores": [{**item, **more}]}, bad=True), 422,
                            "scores[0].threadId must not be blank")
    else:
        for more in ({}, {"id": None}):
            assert is_error(api.put(path, {"scores": [{**item, **more}]}, bad=True), 422,
                            "scores[0].id must not be null")
        assert is_unreadable(api.put(path, {"scores": [{**item, "id": "x"}]}, bad=True))


@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_ids_are_version_7(api, kind, project):
    body = {"scores": [{"id": uuid7(), "project_name": project, **score()},
                       {"id": uuid4(), "project_name": project, **score()}]}
    assert is_message(api.put(f"{kind}/feedback-scores", body), 400, "Invalid UUID for id",
                      f"{NOUNS[kind].lower()} id must be a version 7 UUID")
    assert not api.project_exists(project)


@pytest.mark.parametrize("text", ["", "  "])
def test_a_blank_project(api, kind, text):
    item = {**Subject(api, kind, None).score_item(), "project_name": text}
    assert is_error(api.put(f"{PATHS[kind]}/feedback-scores", {"scores": [item]}, bad=True), 422,
                    "scores[0].projectName must not be blank")


def test_the_project_is_named_trimmed_and_in_any_case(subject):
    item = {**subject.score_item(), "project_name": f"  {subject.project.upper()} "}
    response = subject.api.put(f"{subject.path}/feedback-scores", {"scores": [item]})
    assert response.status_code == 204
    assert shows(subject, [score()])


def test_the_default_project(api, kind):
    subject = Subject(api, kind, None)
    subject.project = "Default Project"
    subject.store()
    item = {key: value for key, value in subject.score_item().items() if key != "project_name"}
    for more, value in (({}, 1), ({"project_name": None}, 2)):
        body = {"scores": [{**item, **more, "value": value}]}
        assert api.put(f"{subject.path}/feedback-scores", body).status_code == 204
        assert subject.scores()["quality"]["value"] == value


def test_id_of_a_project_is_ignored(subject):
    other = name("other")
    subject.api.create("projects", {"name": other})
    for project_id in (subject.api.project_id(other), uuid7()):
        item = {**subject.score_item(), "project_id": project_id}
        response = subject.api.put(f"{subject.path}/feedback-scores", {"scores": [item]}, bad=True)
        assert response.status_code == 204, response.text
    assert shows(subject, [score()])


def test_author_of_an_item_is_ignored(subject):
    assert subject.give_batch({**score(), "author": "somebody"}, bad=True).status_code == 204
    assert shows(subject, [score()])


def test_scores_may_come_before_what_they_are_on(api, kind, project):
    """The project is made; the scores show once their subject is there."""
    subject = Subject(api, kind, project)
    subject.give(score(value=0.75), score("second", 2))
    assert api.project_exists(project)
    page = api.page(subject.path, project_name=project)
    assert (page["total"], page["content"]) == (0, [])
    if kind != "threads":
        assert api.get(f"{kind}/{subject.key}").status_code == 404
    subject.store()
    assert shows(subject, [score(value=0.75)], [score("second", 2)])


@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_scores_in_another_project_are_not_shown(subject):
    other = name("other")
    item = {**subject.score_item(), "project_name": other}
    assert subject.api.put(f"{subject.path}/feedback-scores", {"scores": [item]}).status_code == 204
    assert subject.api.project_exists(other)
    assert shows(subject)


def test_threads_of_one_id_in_two_projects(api, project):
    first = Subject(api, "threads", project).store()
    second = Subject(api, "threads", name("second"), thread_id=first.key).store()
    first.give(score(value=1))
    assert shows(first, [score(value=1)]) and shows(second)
    second.give(score(value=2))
    assert shows(first, [score(value=1)]) and shows(second, [score(value=2)])


def test_one_key_twice_in_a_batch(subject):
    subject.give(score(value=1), score(value=2))
    assert subject.scores()["quality"]["value"] in (1, 2)
    assert len(subject.scores()["quality"]["value_by_author"]) == 1


def test_suite_assertions_are_no_scores(api, project):
    """traces.md 11.2, only in batches, only of traces."""
    trace = Subject(api, "traces", project).store()
    trace.give(score("assertion", category_name="suite_assertion"), score())
    assert shows(trace, [score()])
    assert names_of(api, "traces", api.project_id(project)) == ["quality"]
    one = score("single", category_name="suite_assertion")
    assert trace.give_one(one).status_code == 204
    assert shows(trace, [score()], [one])
    for kind in ("spans", "threads"):
        other = Subject(api, kind, project).store()
        other.give(score(category_name="suite_assertion"))
        assert shows(other, [score(category_name="suite_assertion")])


# ---- written again, several at once -------------------------------------------------------------

def test_written_again(subject):
    first = score(value=1, reason="old", category_name="c", source="ui")
    subject.give(first)
    before = subject.scores()["quality"]
    time.sleep(0.002)
    second = score(value=2)
    subject.give(second)
    after = subject.scores()["quality"]
    assert shows(subject, [second])
    assert after["created_at"] == after["last_updated_at"] > before["last_updated_at"]


def test_several_queues(subject):
    queues = sorted([uuid7(), uuid7()])
    given = [score(value=0.1, reason="first", category_name="a"),
             score(value=0.2, source="ui", source_queue_id=queues[1]),
             score(value=0.5, reason="third", category_name="b", source="online_scoring",
                   source_queue_id=queues[0])]
    for one in given:
        subject.give(one)
        time.sleep(0.002)
    assert shows(subject, given)
    shown = subject.scores()["quality"]
    assert shown["reason"] == "first, third, <no reason>"
    assert shown["category_name"] == "a, b, "
    assert shown["source"] == "online_scoring"
    assert shown["value"] == 0.266666666
    assert shown["created_at"] < shown["last_updated_at"]
    assert "source_queue_id" not in shown
    again = score(value=0.3, reason="new", source_queue_id=queues[1])
    subject.give(again)
    assert shows(subject, [*given, again])


@pytest.mark.parametrize("values", [[1, 2], [0, 0, 1], [-1, -1, 0], [0.000000001, 0],
                                    [999999999, 999999999], [1, -1], [0.1, 0.2, 0.3]], ids=str)
def test_means(subject, values):
    given = [score(value=value, source_queue_id=uuid7()) for value in values]
    subject.give(*given)
    shown = without_times(subject.scores()["quality"])
    assert shown["value"] == merged(*given)["value"]
    assert [entry["value"] for entry in shown["value_by_author"].values()] == values


def test_scores_leave_their_subject_alone(subject):
    """Neither the entity nor the thread's record changes (threads.md 2.2)."""
    before = subject.read()
    subject.give(score())
    after = subject.read()
    assert after.pop("feedback_scores")
    assert after == before
