"""Feedback scores of traces, spans and threads (traces.md 11, spans.md 10, threads.md 4, 6.10 to
6.12)."""
import json
import time

import pytest

import client
from annotated import KINDS, NOUNS, PATHS, USER, Subject, merged, score, without_times
from client import is_error, is_message, is_unreadable, name, uuid4, uuid7

ENTITIES = ("traces", "spans")


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def subject(api, kind, project):
    return Subject(api, kind, project).store()


def shows(subject, *given):
    """The subject shows exactly these scores, wherever it is shown; `given` are lists of what was
    given under one name."""
    wanted = {entries[0]["name"]: merged(*entries) for entries in given}
    for record in (subject.read(), subject.listed(), subject.streamed()):
        shown = record.get("feedback_scores", [])
        assert {one["name"]: without_times(one) for one in shown} == wanted
        assert "feedback_scores" not in record or shown, "omitted when there are none"
    return True


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
    ("-0.1234567899", -0.123456789),
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


# ---- delete -------------------------------------------------------------------------------------

@pytest.fixture
def rated(subject):
    """(subject, queue): "a" and "b" without a queue, "a" also in a queue."""
    queue = uuid7()
    subject.give(score("a", 1), score("b", 2), score("a", 3, source_queue_id=queue))
    return subject, queue


def test_without_a_queue(rated):
    subject, queue = rated
    subject.take("a")
    assert shows(subject, [score("a", 3, source_queue_id=queue)], [score("b", 2)])
    subject.take("b")
    assert shows(subject, [score("a", 3, source_queue_id=queue)])


def test_of_a_queue(rated):
    subject, queue = rated
    subject.take("a", source_queue_id=uuid7()).take("b", source_queue_id=queue)
    assert len(subject.scores()["a"]["value_by_author"]) == 2
    subject.take("a", source_queue_id=queue)
    assert shows(subject, [score("a", 1)], [score("b", 2)])


@pytest.mark.parametrize("author,gone", [(USER, True), ("", True), (None, True), ("other", False)])
def test_of_an_author(rated, author, gone):
    subject, _ = rated
    subject.take("b", author=author)
    assert ("b" in subject.scores()) != gone


def test_names_match_exactly(rated):
    subject, _ = rated
    for one in ("A", " a", "a ", "c"):
        subject.take(one)
    assert set(subject.scores()) == {"a", "b"}


@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_delete_errors(api, kind):
    path = f"{kind}/{uuid7()}/feedback-scores/delete"
    assert api.post(path, {"name": "a"}).status_code == 204, "unknown ids are fine"
    for body in ({}, {"name": None}, {"name": ""}, {"name": "  "}):
        assert is_error(api.post(path, body, bad=True), 422, "name must not be blank")
    for body in ({"name": []}, {"name": "a", "source_queue_id": "x"}, {"name": "a", "author": {}}):
        assert is_unreadable(api.post(path, body, bad=True))
    assert is_message(api.post(f"{kind}/x/feedback-scores/delete", {"name": "a"}, bad=True), 404,
                      "HTTP 404 Not Found")


# ---- threads: their own way to delete (threads.md 6.11) -----------------------------------------

DELETE = "traces/threads/feedback-scores/delete"


def test_several_names_of_a_thread(api, project):
    thread = Subject(api, "threads", project).store()
    thread.give(*(score(one) for one in "abcd"))
    body = {"project_name": project, "thread_id": thread.key, "names": ["a", "c", "c", "none"]}
    assert api.post(DELETE, body).status_code == 204
    assert set(thread.scores()) == {"b", "d"}
    for change in ({"project_name": "no such"}, {"thread_id": "no such"}, {"names": ["none"]}):
        assert api.post(DELETE, {**body, "names": ["b"], **change}).status_code == 204
    assert set(thread.scores()) == {"b", "d"}
    assert not api.project_exists("no such")
    body = {**body, "project_name": f" {project.upper()} ", "names": ["b"]}
    assert api.post(DELETE, body).status_code == 204
    assert set(thread.scores()) == {"d"}


ELEMENT = "names[].<iterable element> must not be blank"


@pytest.mark.parametrize("change,message", [
    ({"project_name": None}, "projectName must not be blank"),
    ({"project_name": " "}, "projectName must not be blank"),
    ({"thread_id": None}, "threadId must not be blank"),
    ({"thread_id": ""}, "threadId must not be blank"),
    ({"names": None}, "names must not be null"),
    ({"names": []}, "names size must be between 1 and 1000"),
    ({"names": [f"n{i}" for i in range(1001)]}, "names size must be between 1 and 1000"),
    ({"names": ["a", " "]}, ELEMENT), ({"names": ["", "b"]}, ELEMENT),
], ids=lambda value: str(value)[:60])
def test_delete_errors_of_threads(api, project, change, message):
    body = {"project_name": project, "thread_id": "t", "names": ["a"], **change}
    assert is_error(api.post(DELETE, body, bad=True), 422, message)
    without = {key: value for key, value in body.items() if value is not None}
    assert is_error(api.post(DELETE, without, bad=True), 422, message)


# ---- names --------------------------------------------------------------------------------------

def names_of(api, kind, project_id=None, **params):
    response = api.get(f"{PATHS[kind]}/feedback-scores/names",
                       params={"project_id": project_id, **params})
    assert response.status_code == 200, response.text
    assert response.json().keys() == {"scores"}
    names = [one["name"] for one in response.json()["scores"]]
    assert len(set(names)) == len(names)
    assert all(one.keys() == {"name"} for one in response.json()["scores"])
    return sorted(names)


def test_names(api, kind, project):
    first, second = (Subject(api, kind, project).store() for _ in range(2))
    other = Subject(api, kind, name("other")).store()
    project_id, mark = api.project_id(project), name("mark")
    assert names_of(api, kind, project_id) == []
    first.give(score("a"), score("A"), score("a", source_queue_id=uuid7()))
    second.give(score("a"), score("b c"))
    other.give(score(mark), score("a"))
    assert names_of(api, kind, project_id) == ["A", "a", "b c"]
    if kind != "spans":
        assert {"A", "a", "b c", mark} <= set(names_of(api, kind))
    first.take("A")
    assert names_of(api, kind, project_id) == ["a", "b c"]
    for one in set(KINDS) - {kind}:
        assert names_of(api, one, project_id) == [], "each kind has its own"


def test_names_of_an_unknown_project(api, kind):
    response = api.get(f"{PATHS[kind]}/feedback-scores/names", params={"project_id": uuid7()})
    if kind == "threads":
        assert response.json() == {"scores": []}
    else:
        assert is_error(response, 404, "Project not found")


def test_names_of_spans_need_a_project(api):
    assert is_message(api.get("spans/feedback-scores/names"), 400, "project_id must be provided")


def test_names_of_spans_of_a_type(api, project):
    for span_type, one in (("llm", "a"), ("llm", "b"), ("tool", "b"), (None, "c")):
        Subject(api, "spans", project, type=span_type).store().give(score(one))
    project_id = api.project_id(project)
    assert names_of(api, "spans", project_id) == ["a", "b", "c"]
    assert names_of(api, "spans", project_id, type="llm") == ["a", "b"]
    assert names_of(api, "spans", project_id, type="tool") == ["b"]
    assert names_of(api, "spans", project_id, type="guardrail") == []
    response = api.get("spans/feedback-scores/names", bad=True,
                       params={"project_id": project_id, "type": "none"})
    assert is_message(response, 400, "query param type is not a valid SpanType")


def test_names_of_threads_without_traces(api, project):
    Subject(api, "threads", project).give(score("early"))
    assert names_of(api, "threads", api.project_id(project)) == ["early"]


# ---- what happens to scores when their subject goes ---------------------------------------------

@pytest.mark.parametrize("how", ["DELETE", "POST delete"])
def test_scores_go_with_a_trace_and_its_spans(api, project, how):
    trace = Subject(api, "traces", project).store()
    span = Subject(api, "spans", project, trace_id=trace.key).store()
    for one in (trace, span):
        one.give(score(), score("assertion", category_name="suite_assertion"))
    project_id = api.project_id(project)
    if how == "DELETE":
        assert api.delete(f"traces/{trace.key}").status_code == 204
    else:
        assert api.post("traces/delete", {"ids": [trace.key]}).status_code == 204
    assert names_of(api, "traces", project_id) == names_of(api, "spans", project_id) == []
    trace.store()
    span.store()
    assert shows(trace) and shows(span)


def test_scores_go_with_a_span_and_those_below(api, project):
    trace_id = uuid7()
    outer = Subject(api, "spans", project, trace_id=trace_id).store()
    inner = Subject(api, "spans", project, trace_id=trace_id, parent_span_id=outer.key).store()
    other = Subject(api, "spans", project, trace_id=trace_id).store()
    for one, mark in ((outer, "outer"), (inner, "inner"), (other, "other")):
        one.give(score(mark))
    assert api.delete(f"spans/{outer.key}").status_code == 204
    assert names_of(api, "spans", api.project_id(project)) == ["other"]
    outer.store()
    assert shows(outer)


def test_scores_outlive_writes(subject):
    """Closing items, PATCHes, and new traces of a thread leave scores alone."""
    subject.give(score())
    writes = "spans" if subject.kind == "spans" else "traces"
    later = {**subject.item, "name": "again", "last_updated_at": client.now_iso(60)}
    subject.api.batch(writes, later)
    subject.api.update(writes, subject.item["id"], {
        "name": "patched", "project_name": subject.project,
        **({"trace_id": subject.item["trace_id"]} if writes == "spans" else {})})
    assert shows(subject, [score()])


def test_scores_stay_after_a_restart(start_server, project, kind):
    server = start_server()
    subject = Subject(client.Api(server.url), kind, project).store()
    subject.give(score(value="0.123456789", reason="r"), score(source_queue_id=uuid7()))
    before = subject.read()
    server.restart()
    subject.api = client.Api(server.url)
    assert subject.read() == before


# ---- span_feedback_scores of traces -------------------------------------------------------------

def spans_of_a_trace(api, project):
    """Two scored spans, one that is not scored, and what was given."""
    trace = Subject(api, "traces", project).store()
    spans = [Subject(api, "spans", project, trace_id=trace.key, type=one).store()
             for one in ("llm", "tool", None)]
    spans[0].give(score("a", 1, reason="why"), score("b", 5))
    spans[1].give(score("a", 2, source="ui"))
    return trace, spans


def test_span_feedback_scores(api, project):
    trace, spans = spans_of_a_trace(api, project)
    for record in (trace.listed(), trace.streamed()):
        shown = {one["name"]: one for one in record["span_feedback_scores"]}
        assert {one: entry["value"] for one, entry in shown.items()} == {"a": 1.5, "b": 5}
        assert shown["a"]["reason"] == "why, <no reason>"
        assert shown["a"]["value_by_author"].keys() == {USER}
        entry = shown["a"]["value_by_author"][USER]
        assert (entry["span_id"], entry["span_type"]) == ("", "")
    shown = {one["name"]: one for one in trace.read()["span_feedback_scores"]}
    assert {one: entry["value"] for one, entry in shown.items()} == {"a": 1.5, "b": 5}
    assert shown["a"]["reason"] == "why", "GET by id skips blank reasons"
    entries = shown["a"]["value_by_author"]
    assert {key: (entry["value"], entry["span_id"], entry["span_type"], entry["author"])
            for key, entry in entries.items()} == {
        f"{USER}_{spans[0].key}": (1, spans[0].key, "llm", USER),
        f"{USER}_{spans[1].key}": (2, spans[1].key, "tool", USER)}
    assert "feedback_scores" not in trace.read()
    spans[0].take("a").take("b")
    spans[1].take("a")
    for record in (trace.read(), trace.listed(), trace.streamed()):
        assert "span_feedback_scores" not in record


def test_span_feedback_scores_with_queues(api, project):
    trace, spans = spans_of_a_trace(api, project)
    queue = uuid7()
    spans[0].give(score("a", 6, source_queue_id=queue))
    shown = {one["name"]: one for one in trace.read()["span_feedback_scores"]}["a"]
    assert shown["value"] == 3
    assert shown["value_by_author"].keys() == {
        f"{USER}_{spans[0].key}", f"{USER}_{queue}_{spans[0].key}", f"{USER}_{spans[1].key}"}


def test_spans_of_another_project_do_not_count(api, project):
    trace = Subject(api, "traces", project).store()
    Subject(api, "spans", name("other"), trace_id=trace.key).store().give(score())
    assert "span_feedback_scores" not in trace.read()


# ---- leaving them out ---------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ENTITIES, indirect=True)
def test_excluded(subject):
    subject.give(score())
    subject.comment()
    for field in ("feedback_scores", "comments"):
        assert field in subject.listed()
        assert field not in subject.listed(exclude=json.dumps([field]))
    lines = subject.api.search(subject.kind, project_name=subject.project,
                               exclude=["feedback_scores", "comments"])
    assert not {"feedback_scores", "comments"} & lines[0].keys()


def test_excluded_span_scores(api, project):
    trace, _ = spans_of_a_trace(api, project)
    assert "span_feedback_scores" in trace.listed()
    assert "span_feedback_scores" not in trace.listed(exclude='["span_feedback_scores"]')
