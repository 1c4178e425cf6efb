"""Walks the field tables as the program publishes them: every property of every write schema is
sent right, absent, null, empty, too long and of a wrong type. What to expect follows from the type
alone; what is special to a field is tested elsewhere."""
import dataclasses
from collections.abc import Callable

import pytest

from annotated import PATHS, Subject, score
from client import is_unreadable, name, span, trace, uuid7

PROJECT, FIXED_TRACE, FIXED_PARENT = name("walk"), uuid7(), uuid7()
VOLATILE = ("id", "created_at", "last_updated_at", "last_updated_trace_at", "value_by_author")
MADE_ANEW = ("projects", "feedback-definitions", "environments")  # each with a name of its own


@dataclasses.dataclass
class Target:
    """One way to send a write schema."""
    operation: str  # "METHOD path"
    base: Callable  # () -> a valid body
    send: Callable  # (api, body) -> response
    read: Callable = None  # (api, body, response) -> what the body became
    inner: str = None  # the property of the request that holds the body
    prefix: str = ""  # of the paths in validation messages
    special: tuple = ()  # fields with rules of their own, tested elsewhere

    def schema(self, api):
        schema = request_schema(api, *self.operation.split())
        if self.inner:
            schema = schema["properties"][self.inner]
            schema = api.document.resolve(schema.get("items", schema))
        return schema


def request_schema(api, method, path):
    operation = api.document.content["paths"]["/v1/private/" + path][method.lower()]
    return api.document.resolve(operation["requestBody"]["content"]["application/json"]["schema"])


def read_entity(kind):
    def read(api, body, response):
        made = body.get("id") or response.headers.get("Location", "").rsplit("/", 1)[-1]
        return api.read(kind, made) if made else None
    return read


def entity_targets(kind, make):
    """The four ways in which traces and spans are written; PATCHes of rows with nothing else."""
    def made(api):
        made.last = make()
        api.create(kind, made.last)
        return made.last["id"]

    def create(api, body):
        return api.post(kind, body, bad=True)

    def batch(api, body):
        return api.post(f"{kind}/batch", {kind: [body]}, bad=True)

    def update(api, body):
        return api.patch(f"{kind}/{made(api)}", body, bad=True)

    def batch_update(api, body):
        return api.patch(f"{kind}/batch", {"ids": [made(api)], "update": body}, bad=True)

    def read(api, _body, _response):
        return api.read(kind, made.last["id"])

    def keys():
        return {} if kind == "traces" else {"trace_id": FIXED_TRACE}

    return {
        f"create {kind}": Target(f"POST {kind}", make, create, read_entity(kind)),
        f"batch {kind}": Target(f"POST {kind}/batch", make, batch, read_entity(kind), kind,
                                f"{kind}[0]."),
        f"update {kind}": Target(f"PATCH {kind}/{{id}}", keys, update, read),
        f"batch update {kind}": Target(f"PATCH {kind}/batch", keys, batch_update, read, "update",
                                       "update."),
    }


def plain(operation, base, read=None):
    """A target whose body is sent as it is."""
    method, path = operation.split()
    return Target(operation, base,
                  lambda api, body: api.request(method, path, body, bad=True), read)


# ---- scores, comments, threads

def only(items):
    """The one of a list, or an empty one."""
    return items[0] if items else {}


def annotation_targets(kind):
    """The ways in which traces, spans and threads are scored and commented on."""
    path, subject = PATHS[kind], {}

    def fresh(api):
        subject["last"] = Subject(api, kind, PROJECT).store()
        return subject["last"]

    def shown(field):
        return lambda api, body, response: only(subject["last"].read().get(field, []))

    def give_batch(api, body):
        key = fresh(api)
        if key.key_field in body:
            body = {**body, key.key_field: body[key.key_field] and key.key}
        return api.put(f"{path}/feedback-scores", {"scores": [body]}, bad=True)

    def update_comment(api, body):
        made = fresh(api).comment()
        return api.patch(f"{path}/comments/{made}", body, bad=True)

    key_field = "thread_id" if kind == "threads" else "id"
    targets = {
        f"score many {kind}": Target(
            f"PUT {path}/feedback-scores",
            lambda: {key_field: uuid7(), "project_name": PROJECT, **score()}, give_batch,
            shown("feedback_scores"), "scores", "scores[0].", (key_field, "name")),
        f"scores of many {kind}": plain(
            f"PUT {path}/feedback-scores",
            lambda: {"scores": [{key_field: uuid7(), "project_name": PROJECT, **score()}]}),
        f"comment on {kind}": Target(
            f"POST {path}/{{id}}/comments", lambda: {"text": "t"},
            lambda api, body: api.post(f"{path}/{fresh(api).id}/comments", body, bad=True),
            shown("comments")),
        f"update comment of {kind}": Target(
            f"PATCH {path}/comments/{{commentId}}", lambda: {"text": "t"}, update_comment,
            shown("comments")),
        f"delete comments of {kind}": plain(f"POST {path}/comments/delete",
                                            lambda: {"ids": [uuid7()]}),
    }
    if kind == "threads":
        targets["delete scores of threads"] = plain(
            f"POST {path}/feedback-scores/delete",
            lambda: {"project_name": PROJECT, "thread_id": "t", "names": ["a"]})
        return targets
    return {**targets, f"score one of {kind}": Target(
        f"PUT {kind}/{{id}}/feedback-scores", score,
        lambda api, body: fresh(api).give_one(body, bad=True), shown("feedback_scores"),
        special=("name",)),
        f"delete scores of {kind}": Target(
            f"POST {kind}/{{id}}/feedback-scores/delete", lambda: {"name": "a"},
            lambda api, body: api.post(f"{kind}/{uuid7()}/feedback-scores/delete", body,
                                       bad=True))}


def thread_targets():
    """The life of threads. Which of several members must be there is tested elsewhere."""
    path, project = PATHS["threads"], ("project_name", "project_id")

    def made(api):
        made.last = Subject(api, "threads", PROJECT, thread_id="walked").store()
        return made.last

    def send(method, what):
        def call(api, body):
            made(api)
            return api.request(method, f"{path}/{what}", body, bad=True)
        return call

    def update(api, body):
        return api.patch(f"{path}/{made(api).id}", body, bad=True)

    def update_many(api, body):
        return api.patch(f"{path}/batch", {"ids": [made(api).id], "update": body}, bad=True)

    def read(api, _body, _response):
        record = made.last.read()
        record.pop("number_of_messages")
        return record

    def named():
        return {"project_name": PROJECT, "thread_id": "walked"}

    def many():
        return {"project_name": PROJECT, "thread_ids": ["walked"]}

    special = (*project, "thread_id")
    return {
        "retrieve thread": Target(f"POST {path}/retrieve", named, send("POST", "retrieve"),
                                  special=special),
        "open thread": Target(f"PUT {path}/open", named, send("PUT", "open"), special=special),
        "close threads": Target(f"PUT {path}/close", many, send("PUT", "close"),
                                special=(*special, "thread_ids")),
        "delete threads": Target(f"POST {path}/delete", many, send("POST", "delete"),
                                 special=(*project, "thread_ids")),
        "update thread": Target(f"PATCH {path}/{{threadModelId}}", dict, update, read,
                                special=("tags", "tags_to_add", "tags_to_remove")),
        "update many threads": Target(f"PATCH {path}/batch", dict, update_many, read, "update",
                                      "update.", ("tags", "tags_to_add", "tags_to_remove")),
        "threads updated": plain(f"PATCH {path}/batch", lambda: {"ids": [uuid7()], "update": {}}),
        "threads searched": search(path, ("oql",)),
    }


def retrieve(api, body):
    api.post("projects", {"name": "Walked"}, bad=True)
    return api.post("projects/retrieve", body, bad=True)


def search(kind, special=()):
    def send(api, body):
        api.post("projects", {"name": PROJECT})
        return api.post(f"{kind}/search", body, bad=True)
    return Target(f"POST {kind}/search", lambda: {"project_name": PROJECT}, send,
                  special=("project_name", "filters", *special))


def update_project(api, body):
    made = api.post("projects", {"name": name("walk")}).headers["Location"].rsplit("/", 1)[1]
    update_project.last = made
    return api.patch(f"projects/{made}", body, bad=True)


# A start that every time of the walk is after, or the walk's own time, and an end after that.
PERIOD = {"interval_start": "2024-01-01T00:00:00Z", "interval_end": "2024-04-01T00:00:00Z"}


def walked_project(path, base, inner=None, special=()):
    """A body that asks about a project; `inner` is the property that is walked."""
    def send(api, body):
        api.post("projects", {"name": PROJECT})
        if inner:
            body = {**PERIOD, "metric_type": "SPAN_DURATION", "interval": "DAILY", inner: body}
        return api.post(f"projects/{api.project_id(PROJECT)}/{path}", body, bad=True)
    return Target(f"POST projects/{{id}}/{path}", base, send, inner=inner, special=special)
def definition():
    return {"name": name("walk"), "type": "numerical", "details": {"min": 0.0, "max": 1.0}}


def environment():
    return {"name": name("walk")}


def last_segment(response):
    return response.headers["Location"].rsplit("/", 1)[1]


def read_definition(api, _body, response):
    return api.get("feedback-definitions/" + last_segment(response)).json()


def replace_definition(api, body):
    replace_definition.last = last_segment(api.post("feedback-definitions", definition()))
    return api.put(f"feedback-definitions/{replace_definition.last}", body, bad=True)


class Environments:
    """Each is deleted once it was read, so that they do not fill up."""
    rules = ("name", "color")  # takes few characters; comes from the name

    @classmethod
    def create(cls, api, body):
        response = api.post("environments", body, bad=True)
        cls.last = last_segment(response) if response.status_code == 201 else None
        return response

    @classmethod
    def update(cls, api, body):
        cls.create(api, environment())
        response = api.patch(f"environments/{cls.last}", body, bad=True)
        if response.status_code != 204:
            api.post("environments/delete", {"ids": [cls.last]})
        return response

    @classmethod
    def read(cls, api, _body, _response):
        found = api.get(f"environments/{cls.last}").json()
        api.post("environments/delete", {"ids": [cls.last]})
        return found


TARGETS = {
    **entity_targets("traces", lambda: trace(PROJECT)),
    **entity_targets("spans", lambda: span(PROJECT, FIXED_TRACE, parent_span_id=FIXED_PARENT)),
    **annotation_targets("traces"), **annotation_targets("spans"),
    **annotation_targets("threads"), **thread_targets(),
    "traces in a batch": plain("POST traces/batch", lambda: {"traces": [trace(PROJECT)]}),
    "spans in a batch": plain("POST spans/batch", lambda: {"spans": [span(PROJECT)]}),
    "traces updated": plain("PATCH traces/batch", lambda: {"ids": [uuid7()], "update": {}}),
    "spans updated": plain("PATCH spans/batch",
                           lambda: {"ids": [uuid7()], "update": {"trace_id": uuid7()}}),
    "traces searched": search("traces"),
    "spans searched": search("spans"),
    "traces deleted": plain("POST traces/delete", lambda: {"ids": [uuid7()]}),
    "projects deleted": plain("POST projects/delete", lambda: {"ids": [uuid7()]}),
    "create project": plain(
        "POST projects", lambda: {"name": name("walk")},
        lambda api, body, response: api.get(
            "projects/" + response.headers["Location"].rsplit("/", 1)[1]).json()),
    "update project": Target(
        "PATCH projects/{id}", dict, update_project,
        lambda api, body, response: api.get(f"projects/{update_project.last}").json()),
    "retrieve project": Target("POST projects/retrieve", lambda: {"name": "walked"}, retrieve,
                               lambda api, body, response: response.json()),
    "metrics": walked_project("metrics", lambda: {**PERIOD, "metric_type": "TRACE_COUNT",
                                                  "interval": "DAILY"},
                              special=("metric_type", "interval", "interval_start",
                                       "trace_filters", "span_filters", "thread_filters")),
    "metric breakdown": walked_project("metrics", lambda: {"sub_metric": "p50",
                                                           "metadata_key": "k"}, "breakdown"),
    "KPI cards": walked_project("kpi-cards", lambda: {**PERIOD, "entity_type": "spans"},
                                special=("filters",)),
    **{f"workspace {path}": plain(f"POST workspaces/{path}", lambda: {**PERIOD, "name": "a"})
       for path in ("costs", "costs/summaries", "metrics", "metrics/summaries")},
    "create feedback definition": Target(
        "POST feedback-definitions", definition,
        lambda api, body: api.post("feedback-definitions", body, bad=True), read_definition,
        special=("type", "details")),
    "replace feedback definition": Target(
        "PUT feedback-definitions/{id}", definition, replace_definition,
        lambda api, body, response: api.get(
            f"feedback-definitions/{replace_definition.last}").json(),
        special=("type", "details")),
    "feedback definitions deleted": plain("POST feedback-definitions/delete",
                                          lambda: {"ids": [uuid7()]}),
    "create environment": Target("POST environments", environment, Environments.create,
                                 Environments.read, special=Environments.rules),
    "update environment": Target("PATCH environments/{id}", dict, Environments.update,
                                 Environments.read, special=Environments.rules),
    "environments deleted": plain("POST environments/delete", lambda: {"ids": [uuid7()]}),
    "welcome": Target("POST welcome-wizard", dict,
                      lambda api, body: api.post("welcome-wizard", body, bad=True),
                      special=("email",)),
    "configuration": plain(
        "PUT workspaces/configurations", dict,
        lambda api, body, response: api.get("workspaces/configurations").json()),
}


@pytest.fixture(params=TARGETS, ids=lambda text: text.replace(" ", "_"))
def target(request, api):
    yield TARGETS[request.param]
    if request.param == "configuration":
        api.delete("workspaces/configurations")


def properties(api, target):
    """Tuples of a field's name, its schema, and whether it is required."""
    schema = target.schema(api)
    return [(field, api.document.resolve(described), field in schema.get("required", []))
            for field, described in schema["properties"].items() if field not in target.special]


def kind_of(described):
    """One word for what a property takes."""
    if "type" not in described:
        return "json"
    if "enum" in described:
        return "enum"
    if described["type"] == "object":
        return "map" if "additionalProperties" in described else "object"
    return described.get("format", described["type"])


def sample(api, target, field, described):
    """A right value for a property."""
    special = {"timeout_to_mark_thread_as_inactive": "PT30M", "color_map": {"a": "#00FF00"},
               "project_name": PROJECT, "trace_id": FIXED_TRACE,
               "parent_span_id": FIXED_PARENT, "traces": [trace(PROJECT)],
               "spans": [span(PROJECT)], "update": {"trace_id": uuid7()}, "exclude": ["input"],
               "oql": 'name = "x"'}
    if field == "project_id":
        return api.project_id(PROJECT)
    if field == "scores":
        return target.base()[field]
    if field == "name" and "maxLength" in described:
        return name("walk")
    if field in special:
        return special[field]
    if field in ("ids", "project_ids"):
        return [uuid7()]
    return {"json": {"k": [1, None]}, "enum": described.get("enum", [None])[-1],
            "uuid": uuid7(), "date-time": "2024-03-03T03:03:03.123Z", "double": 1.5, "number": 1.5,
            "int64": 7, "boolean": True, "string": "text", "array": ["a"], "map": {"k": 7},
            "object": {"exception_type": "E"}}[kind_of(described)]


def camel(target, field):
    first, *rest = field.split("_")
    return target.prefix + first + "".join(word.capitalize() for word in rest)


def send(api, target, **fields):
    """Sends the base with `fields`; returns (response, what it reads as or None)."""
    body = {**target.base(), **fields}
    response = target.send(api, body)
    if response.status_code >= 300 or not target.read:
        return response, None
    return response, target.read(api, body, response)


def without_volatile(read):
    return read and {key: value for key, value in read.items() if key not in VOLATILE}


def is_refused(response, target, field):
    """Asserts a 422 that tells about this field."""
    assert response.status_code == 422, response.text
    assert any(error.startswith(camel(target, field)) for error in response.json()["errors"])
    return True


# ---- the walk -----------------------------------------------------------------------------------

def test_every_request_body_is_walked(api):
    """Whoever adds an operation with a body adds a target."""
    bodies = {f"{method.upper()} {path.removeprefix('/v1/private/')}"
              for path, operations in api.document.content["paths"].items()
              for method, operation in operations.items() if "requestBody" in operation}
    bodies.remove("POST otel/v1/traces")  # OTLP is described elsewhere; see test_otel.py
    assert bodies == {one.operation for one in TARGETS.values()}


def test_every_property_has_a_description(api):
    for schema_name, schema in api.document.content["components"]["schemas"].items():
        if schema_name != "Error":
            for field, described in schema["properties"].items():
                assert "$ref" in described or described.get("description"), (schema_name, field)


def test_base_is_accepted(api, target):
    assert send(api, target)[0].status_code < 300


def test_round_trip(api, target, subtests):
    for field, described, _ in properties(api, target):
        with subtests.test(field=field):
            value = sample(api, target, field, described)
            if target.operation == "POST projects/retrieve" and field == "name":
                value = "Walked"
            response, read = send(api, target, **{field: value})
            assert response.status_code < 300, response.text
            if read and field in read and not (field == "source" and target.prefix == "update."):
                assert read[field] == value


def test_enum_values(api, target, subtests):
    for field, described, _ in properties(api, target):
        with subtests.test(field=field):
            for value in described.get("enum", []):
                response, read = send(api, target, **{field: value})
                assert response.status_code < 300, response.text
                if read and not (field == "source" and target.prefix == "update."):
                    assert read[field] == value


def test_absent_and_null(api, target, subtests):
    for field, described, required in properties(api, target):
        with subtests.test(field=field):
            body = target.base()
            if required:
                body.pop(field)
                assert is_refused(target.send(api, body), target, field)
                assert is_refused(send(api, target, **{field: None})[0], target, field)
                continue
            response, with_null = send(api, target, **{field: None})
            assert response.status_code < 300, response.text
            if kind_of(described) == "json":
                assert field in with_null and with_null[field] is None
            elif field not in body:
                _, absent = send(api, target)
                if any(kind in target.operation for kind in MADE_ANEW):
                    for read in (with_null, absent):
                        read and [read.pop(key, None) for key in ("name", "color")]
                assert without_volatile(with_null) == without_volatile(absent)


def test_empty(api, target, subtests):
    for field, described, required in properties(api, target):
        with subtests.test(field=field):
            kind = kind_of(described)
            if kind == "json":
                for value in ("", [], {}):
                    response, read = send(api, target, **{field: value})
                    assert response.status_code < 300 and read[field] == value
                continue
            empty = [] if kind == "array" else {} if kind in ("map", "object") else ""
            response, read = send(api, target, **{field: empty})
            if kind == "enum":
                assert is_unreadable(response)
            elif described.get("minItems") or (required and response.status_code != 204):
                assert is_refused(response, target, field)
            elif response.status_code == 422:
                assert is_refused(response, target, field)
            elif kind in ("boolean", "double", "number", "int64") or "duration" in str(
                    described.get("description")) or field.startswith("timeout"):
                assert response.status_code < 300 or is_unreadable(response)
            else:
                assert response.status_code < 300, response.text
                known = ("id", "project_id", "parent_span_id", "last_updated_at", *target.base())
                assert not read or field in known or read.get(field) in (None, empty)


def test_too_long(api, target, subtests):
    for field, described, _ in properties(api, target):
        with subtests.test(field=field):
            if "maxLength" in described:
                longest = name("walk").ljust(described["maxLength"], "ü")
                response, read = send(api, target, **{field: longest})
                if field != "project_name" or not target.operation.startswith("PATCH"):
                    assert response.status_code < 300, response.text
                    assert not read or field not in read or read[field] == longest
                assert is_refused(send(api, target, **{field: longest + "x"})[0], target, field)
            if "maxItems" in described:
                item = sample(api, target, field, described)[0]
                many = [item] * (described["maxItems"] + 1)
                if isinstance(item, str):  # of a set what is repeated counts once
                    is_id = described["items"].get("format") == "uuid"
                    many = [uuid7() if is_id else f"{item}{i}" for i in range(len(many))]
                assert is_refused(send(api, target, **{field: many})[0], target, field)


def test_below_minimum(api, target, subtests):
    for field, described, _ in properties(api, target):
        with subtests.test(field=field):
            if "minimum" in described:
                for value in (described["minimum"] - 1, described["minimum"] - 0.001):
                    assert is_refused(send(api, target, **{field: value})[0], target, field)
                assert send(api, target, **{field: described["minimum"]})[0].status_code < 300


WRONG = {
    "uuid": ["x", 5, True, {}, [], "0190babc-62a0-71d2-832a-0feffa4676eg"],
    "date-time": ["x", True, {}, [], "2024-01-01", "2024-01-01T00:00:00"],
    "enum": ["no such", 5, True, {}, []], "string": [{}, [], {"k": 1}, ["a"]],
    "double": ["x", True, {}, [], "1x"], "number": ["x", True, {}, [], "1x"],
    "int64": ["x", True, {}, [], 2**40], "boolean": ["x", {}, [], "truest"],
    "array": ["x", 5, True, {}, [{}], [[]]], "map": ["x", 5, True, [], [1]],
    "object": ["x", 5, True, [], [{}]], "json": [],
}


def test_wrong_type(api, target, subtests):
    for field, described, _ in properties(api, target):
        with subtests.test(field=field):
            wrong = list(WRONG[kind_of(described)])
            if field in ("traces", "spans", "scores"):  # objects are right there, so these break other rules
                wrong.remove([{}])
                wrong += [["x"], [5], [[]]]
            for value in wrong:
                response, _ = send(api, target, **{field: value})
                assert is_unreadable(response), value


def test_wrong_type_writes_nothing(api, subtests):
    target = TARGETS["create traces"]
    for field, described, _ in properties(api, target):
        with subtests.test(field=field):
            for value in WRONG[kind_of(described)][:1]:
                made, project = uuid7(), name("walk")
                body = {**trace(project, id=made), field: value}
                assert is_unreadable(api.post("traces", body, bad=True))
                assert api.get(f"traces/{made}").status_code == 404
                assert field == "project_name" or not api.project_exists(project)


# ---- the document itself ------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["traces", "spans"])
def test_document_of_batch_items(api, kind):
    single = request_schema(api, "POST", kind)["properties"]
    items = request_schema(api, "POST", f"{kind}/batch")["properties"][kind]["items"]
    assert set(api.document.resolve(items)["properties"]) == {*single, "last_updated_at"}


def test_document_of_span_updates(api):
    """docs/differences.md: the trace may be left out, of one and of many."""
    one = request_schema(api, "PATCH", "spans/{id}")
    many = api.document.resolve(request_schema(api, "PATCH", "spans/batch")["properties"]["update"])
    for schema in (one, many):
        assert "trace_id" in schema["properties"]
        assert "trace_id" not in schema.get("required", [])


@pytest.mark.parametrize("kind", ["traces", "spans"])
def test_document_of_answers_has_all_that_is_written(api, kind):
    answer = api.document.find("GET", f"/v1/private/{kind}/{uuid7()}")["responses"]["200"]
    read = api.document.resolve(answer["content"]["application/json"]["schema"])["properties"]
    written = set(request_schema(api, "POST", kind)["properties"])
    assert written - set(read) <= {"project_name"}
