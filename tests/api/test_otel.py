"""OpenTelemetry ingest (otel.md): requests, ids, what is written, errors."""
import base64
import json
import os
import time
import urllib.parse

import pytest

import otlp
from client import Api, EPOCH, has, is_message, name, short_iso, uuid4, uuid7
from otlp import (JSON, PROTOBUF, START, accept, event, failed, request, send, span, span_uuid,
                  trace_uuid)

FORMS = pytest.mark.parametrize("form", [PROTOBUF, JSON])
START_TEXT = time.strftime("%Y-%m-%dT%H:%M:%S.123Z", time.gmtime(START // 10**9))
END_TEXT = time.strftime("%Y-%m-%dT%H:%M:%S.123Z", time.gmtime(START // 10**9 + 1))


def ids():
    return os.urandom(16), os.urandom(8)


def exists(api, kind, item_id):
    return api.get(f"{kind}/{item_id}", bad=True).status_code == 200


def one(api, values=(), form=PROTOBUF, **fields):
    """A root span of its own, as it is stored: the span and the trace."""
    trace_id, scope = os.urandom(16), fields.pop("scope", "test")
    sent = span(trace_id, b"", values, **fields)
    accept(api, sent, project=name(), form=form, scope=scope)
    start = sent.start_time_unix_nano
    return (api.read("spans", span_uuid(sent.span_id, start)),
            api.read("traces", trace_uuid(trace_id, start)))


# ---- requests

@FORMS
@pytest.mark.parametrize("packed", [False, True])
def test_a_root_span_becomes_a_trace_and_a_span(api, form, packed):
    trace_id, span_id = ids()
    project = name()
    accept(api, span(trace_id, b"", {"input": '{"q": 1}', "output.value": "42",
                                     "gen_ai.operation.name": "chat", "thread_id": 7},
                     span_id=span_id, name="root", status=failed("broken")),
           project=project, form=form, packed=packed)
    shared = {"name": "root", "start_time": START_TEXT, "end_time": END_TEXT, "source": "sdk",
              "input": {"input": {"q": 1}}, "output": {"output.value": "42"},
              "metadata": {"integration": "test", "gen_ai.operation.name": "chat", "thread_id": 7},
              "error_info": {"exception_type": "Error", "message": "broken",
                             "traceback": "broken"}}
    trace = api.read("traces", trace_uuid(trace_id))
    assert has(trace, {**shared, "thread_id": "7", "span_count": 1, "duration": 1000.0,
                       "project_id": api.project_id(project)}, "usage", "tags")
    assert has(api.read("spans", span_uuid(span_id)),
               {**shared, "trace_id": trace["id"], "type": "general", "project_name": project},
               "parent_span_id", "usage", "tags", "model", "provider")


@FORMS
def test_a_tree_in_one_request(api, form):
    trace_id, root = ids()
    child, leaf = os.urandom(8), os.urandom(8)
    accept(api, span(trace_id, child, span_id=leaf, name="leaf", start=START + 2 * 10**6),
           span(trace_id, b"", span_id=root, name="root"),
           span(trace_id, root, span_id=child, name="child", start=START + 10**6),
           project=name(), form=form)
    assert api.read("traces", trace_uuid(trace_id))["span_count"] == 3
    for span_id, parent in ((root, None), (child, root), (leaf, child)):
        stored = api.read("spans", span_uuid(span_id))
        assert stored["trace_id"] == trace_uuid(trace_id)
        assert stored.get("parent_span_id") == (parent and span_uuid(parent))


def test_default_project_and_header(api):
    trace_id, span_id = ids()
    accept(api, span(trace_id, span_id=span_id))
    assert api.read("spans", span_uuid(span_id))["project_name"] == "Default Project"
    project = name("Übergröße €")
    trace_id, span_id = ids()
    accept(api, span(trace_id, span_id=span_id), PROJECTNAME=project.encode())
    assert api.read("spans", span_uuid(span_id))["project_name"] == project
    latin = name("Über")
    trace_id, span_id = ids()
    accept(api, span(trace_id, span_id=span_id), project=latin.encode("latin-1"))
    assert api.read("spans", span_uuid(span_id))["project_name"] == latin
    escaped = name("项目 100%41")
    for header, stored in ((urllib.parse.quote(escaped), escaped), ("50%41 %zz %", "50%41 %zz %"),
                           ("%ff", "%ff")):
        trace_id, span_id = ids()
        accept(api, span(trace_id, span_id=span_id), project=header)
        assert api.read("spans", span_uuid(span_id))["project_name"] == stored
    long = send(api, request(span(*ids()[:1])), "x" * 151)
    assert long.status_code == 422 and "150" in long.json()["errors"][0]
    assert not api.project_exists("x" * 151)


def test_content_types(api):
    body = request(span(os.urandom(16)))
    for form in ("application/x-protobuf; charset=utf-8", "APPLICATION/X-PROTOBUF"):
        response = send(api, body.SerializeToString(), form=form)
        assert response.status_code == 200
    for form in ("text/plain", "application/octet-stream", "application/protobuf", ""):
        assert send(api, body.SerializeToString(), form=form).status_code == 415
    response = send(api, json.dumps(otlp.to_json(body)).encode(),
                    form="application/json; charset=utf-8")
    assert response.status_code == 200
    response = send(api, body, Accept="application/x-protobuf")
    assert response.status_code == 200


def test_other_signals_and_methods(api):
    for path in ("otel/v1/metrics", "otel/v1/logs", "otel/v1"):
        assert api.post(path, data=b"", bad=True,
                        headers={"Content-Type": PROTOBUF}).status_code == 404
    assert api.get(otlp.PATH, bad=True).status_code == 405
    trace_id, span_id = ids()
    assert api.request("POST", "/api/v1/private/otel/v1/traces", bad=True,
                       data=request(span(trace_id, span_id=span_id)).SerializeToString(),
                       headers={"Content-Type": PROTOBUF}).status_code == 200
    assert exists(api, "spans", span_uuid(span_id))


def test_an_export_of_nothing_succeeds(api):
    project = name()
    accept(api, project=project)
    assert send(api, b"", project).status_code == 200
    for body in ({}, {"resourceSpans": []}, {"resourceSpans": None, "unknown": [1]}):
        assert send(api, body, project, form=JSON).status_code == 200
    assert not api.project_exists(project)


def test_unknown_workspace(api):
    other = Api(api.url, "other")
    assert is_message(send(other, request(span(os.urandom(16)))), 404, "Workspace not found")


# ---- bad bodies

def test_bad_protobuf_is_400_and_stores_nothing(api):
    project = name()
    good = request(span(os.urandom(16), name="x" * 50)).SerializeToString()
    bad = [good[:-1], good + b"\x0a", b"\x07", b"\x00\x00", b"\x0a\xff\xff\xff\xff\x0f", b"{}",
           b"\xff" * 11, request(span(b"")).SerializeToString(),
           request(span(os.urandom(16), span_id=b"")).SerializeToString(),
           request(span(os.urandom(16), start=2**63)).SerializeToString(),
           good.replace(b"x" * 50, b"\xff" * 50)]
    for body in bad:
        response = send(api, body, project)
        assert response.status_code == 400, body
        assert response.json()["message"].startswith("Unable to process OTLP body."), body
    assert not api.project_exists(project)
    assert "resource_spans[0].scope_spans[0].spans[0].name: text is not UTF-8" in response.text


def test_bad_json_is_400_and_stores_nothing(api):
    project = name()

    def body(**fields):
        return {"resourceSpans": [{"scopeSpans": [{"spans": [
            {"traceId": os.urandom(16).hex(), "spanId": os.urandom(8).hex(), **fields}]}]}]}

    assert send(api, body(), form=JSON).status_code == 200
    for data in (b"", b"{", b"nothing", b'{"resourceSpans": [}', b'"{"', b"\xff"):
        response = send(api, data, project, form=JSON)
        assert response.status_code == 400 and "Unable to process JSON." in response.text, data
    cases = [
        (body(traceId="xyz"), "spans[0].traceId: must be 32 hexadecimal digits"),
        (body(traceId=None, trace_id=""), "spans[0].traceId: must not be empty"),
        (body(spanId=""), "spans[0].spanId: must not be empty"),
        (body(parentSpanId="ab"), "spans[0].parentSpanId: must be 16 hexadecimal digits"),
        (body(name=1), "spans[0].name: must be a string, not this number"),
        (body(startTimeUnixNano="soon"), "spans[0].startTimeUnixNano: must be a whole number"),
        (body(startTimeUnixNano=1.5), "spans[0].startTimeUnixNano: must be a whole number"),
        (body(endTimeUnixNano=-1), "spans[0].endTimeUnixNano: time is out of range"),
        (body(attributes={}), "spans[0].attributes: must be an array, not this object"),
        (body(attributes=[1]), "spans[0].attributes[0]: must be an object, not this number"),
        (body(attributes=[{"key": "a", "value": {"boolValue": "true"}}]),
         "attributes[0].value.boolValue: must be true or false"),
        (body(attributes=[{"key": "a", "value": {"bytesValue": "?"}}]),
         "attributes[0].value.bytesValue: must be base64"),
        (body(status={"code": "STATUS_CODE_BAD"}), "spans[0].status.code"),
        ([], "must be an object, not this array"), ({"resourceSpans": 1}, "resourceSpans"),
    ]
    for case, message in cases:
        response = send(api, json.dumps(case).encode(), project, form=JSON)
        assert response.status_code == 400 and message in response.json()["message"], message
    assert not api.project_exists(project)


def message(number, content):
    """A field of bytes in protobuf's encoding."""
    length, rest = b"", len(content)
    while rest >= 0x80:
        length, rest = length + bytes([rest & 0x7F | 0x80]), rest >> 7
    return bytes([number << 3 | 2]) + length + bytes([rest]) + content


def nested(depth):
    """A request whose attribute is a text in so many arrays, in both forms."""
    value, document = message(1, b"x"), {"stringValue": "x"}
    for _ in range(depth):
        value = message(5, message(1, value))
        document = {"arrayValue": {"values": [document]}}
    trace_id, span_id = ids()
    body = message(1, trace_id) + message(2, span_id) + message(9, message(2, value))
    for number in (2, 2, 1):
        body = message(number, body)
    yield body, PROTOBUF
    document = {"traceId": trace_id.hex(), "spanId": span_id.hex(),
                "attributes": [{"key": "a", "value": document}]}
    yield {"resourceSpans": [{"scopeSpans": [{"spans": [document]}]}]}, JSON


def test_nesting_is_limited(api):
    for depth, status in ((47, 200), (48, 400), (3000, 400)):
        for body, form in nested(depth):
            if form == JSON and depth > 900:
                continue  # beyond what Python can write
            response = send(api, body, form=form)
            assert response.status_code == status, depth
            assert status == 200 or "nested deeper" in response.text
    stored, _ = one(api, {"input": "[" * 900 + "]" * 900, "output": "[" * 950 + "]" * 950})
    assert stored["output"] == {"output": "[" * 950 + "]" * 950}
    assert isinstance(stored["input"]["input"], list)


def test_corrupt_gzip(api):
    response = send(api, b"not gzip", **{"Content-Encoding": "gzip"})
    assert response.status_code == 400


# ---- JSON's spellings

def test_json_spellings(api):
    trace_id, span_id = ids()
    document = {"resource_spans": [{"scope_spans": [{"scope": {"name": "js", "x": 1}, "spans": [{
        "trace_id": trace_id.hex().upper(), "span_id": span_id.hex(), "parent_span_id": "",
        "name": "snake", "kind": 1, "start_time_unix_nano": START, "unknown": {"a": [1]},
        "end_time_unix_nano": str(START), "status": {"code": "STATUS_CODE_ERROR"},
        "attributes": [{"key": "i", "value": {"int_value": "9007199254740993"}},
                       {"key": "n", "value": {"doubleValue": "NaN"}},
                       {"key": "none", "value": None}, {"key": "empty", "value": {}}]}]}]}]}
    outer = json.dumps(json.dumps(document)).encode()
    assert send(api, outer, form=JSON).status_code == 200
    stored = api.read("spans", span_uuid(span_id))
    assert has(stored, {"name": "snake", "trace_id": trace_uuid(trace_id),
                        "input": {"i": 9007199254740993, "n": "NaN"},
                        "error_info": {"exception_type": "Error", "traceback": "Error"},
                        "metadata": {"integration": "js"}})


def test_both_forms_and_base64_give_the_same_ids(api):
    trace_id, root = ids()
    project, children = name(), [os.urandom(8) for _ in range(3)]
    accept(api, span(trace_id, span_id=root), project=project)
    accept(api, span(trace_id, root, span_id=children[0]), project=project, form=JSON)
    accept(api, span(trace_id, root, span_id=children[1]), project=project)
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": base64.b64encode(trace_id).decode(),
        "spanId": base64.b64encode(children[2]).decode(),
        "parentSpanId": base64.b64encode(root).decode().rstrip("="),
        "startTimeUnixNano": str(START)}]}]}]}
    assert send(api, document, project, form=JSON).status_code == 200
    assert api.read("traces", trace_uuid(trace_id))["span_count"] == 4
    for child in children:
        assert api.read("spans", span_uuid(child))["parent_span_id"] == span_uuid(root)


def test_ids_of_any_length(api):
    trace_id, span_id = b"short" + os.urandom(2), os.urandom(40)
    accept(api, span(trace_id, span_id=span_id))
    assert api.read("spans", span_uuid(span_id))["trace_id"] == trace_uuid(trace_id)


# ---- a trace over several requests

def test_the_root_comes_last(api):
    trace_id, root = ids()
    project, child = name(), os.urandom(8)
    accept(api, span(trace_id, root, span_id=child, start=START + 5 * 10**9), project=project)
    there = trace_uuid(trace_id, START + 5 * 10**9)
    assert not exists(api, "traces", there)
    accept(api, span(trace_id, span_id=root, name="root"), project=project)
    assert has(api.read("traces", there), {"name": "root", "start_time": START_TEXT,
                                           "span_count": 2})
    stored = api.read("spans", span_uuid(child, START + 5 * 10**9))
    assert stored["parent_span_id"] == span_uuid(root, START + 5 * 10**9)
    assert exists(api, "spans", stored["parent_span_id"])


def test_the_earliest_start_names_the_trace(api):
    trace_id, root = ids()
    accept(api, span(trace_id, root, start=START + 10**9),
           span(trace_id, root, start=START - 10**9), span(trace_id, span_id=root), project=name())
    trace = api.read("traces", trace_uuid(trace_id, START - 10**9))
    assert has(trace, {"start_time": START_TEXT, "span_count": 3})


def test_sent_again(api):
    trace_id, root = ids()
    project = name()
    for label in ("first", "second"):
        accept(api, span(trace_id, b"", {"output": label}, span_id=root, name=label),
               project=project)
    assert has(api.read("traces", trace_uuid(trace_id)),
               {"name": "first", "output": {"output": "first"}, "span_count": 1})
    assert has(api.read("spans", span_uuid(root)),
               {"name": "second", "output": {"output": "second"}})


def test_several_roots_make_one_trace(api):
    trace_id = os.urandom(16)
    accept(api, span(trace_id, name="a"), span(trace_id, name="b"), project=name())
    trace = api.read("traces", trace_uuid(trace_id))
    assert trace["name"] in ("a", "b") and trace["span_count"] == 2


def test_another_project_is_another_trace(api):
    trace_id = os.urandom(16)
    first, second = name(), name()
    accept(api, span(trace_id), project=first)
    accept(api, span(trace_id, start=START + 10**9), project=second)
    assert api.ids("traces", project_name=first) == [trace_uuid(trace_id)]
    assert api.ids("traces", project_name=second) == [trace_uuid(trace_id, START + 10**9)]
    # The same start makes the same id, in both.
    trace_id = os.urandom(16)
    for project in (first, second):
        accept(api, span(trace_id), project=project)
        assert trace_uuid(trace_id) in api.ids("traces", project_name=project)


def test_a_trace_is_forgotten_in_time(start_server):
    server = start_server("--otel-trace-ttl", "2s")
    api = Api(server.url)
    trace_id, project = os.urandom(16), name()

    def more(seconds):
        span_id = os.urandom(8)
        start = START + seconds * 10**9
        accept(api, span(trace_id, b"12345678", span_id=span_id, start=start), project=project)
        return {item["id"][-12:]: item["trace_id"]
                for item in api.page("spans", project_name=project)["content"]}[
                    span_uuid(span_id)[-12:]]

    assert more(1) == trace_uuid(trace_id, START + 10**9)
    for second in (2, 3):  # each renews it, also over a restart
        time.sleep(1.2)
        if second == 3:
            server.restart()
            api = Api(server.url)
        assert more(second) == trace_uuid(trace_id, START + 10**9)
    time.sleep(2.5)
    assert more(9) == trace_uuid(trace_id, START + 9 * 10**9)


# ---- ids that clients choose

def test_chosen_ids(api):
    trace_id, root = ids()
    trace, parent, mine, child = uuid7(), uuid7(), uuid7(), os.urandom(8)
    project = name()
    values = {"opik.trace_id": trace, "opik.parent_span_id": parent, "opik.span_id": mine}
    accept(api, span(trace_id, b"12345678", values, span_id=root),
           span(trace_id, root, {"opik.trace_id": trace}, span_id=child), project=project)
    assert has(api.read("spans", mine), {"trace_id": trace, "parent_span_id": parent}, "input")
    ms = int(trace.replace("-", "")[:12], 16)
    stored = api.read("spans", otlp.derived(child, ms))
    assert has(stored, {"trace_id": trace}, "parent_span_id", "input")
    assert api.page("traces", project_name=project)["total"] == 0


def test_chosen_ids_that_are_none(api):
    trace_id, root = ids()
    for bad in ("", " ", "none", uuid4(), 5):
        accept(api, span(trace_id, b"", {"opik.trace_id": bad, "opik.span_id": bad,
                                         "opik.parent_span_id": uuid7()}, span_id=root),
               project=name())
        assert has(api.read("spans", span_uuid(root)), {"trace_id": trace_uuid(trace_id)},
                   "parent_span_id", "input")


def test_no_trace_is_made_where_a_chosen_id_points(api):
    trace_id, root = ids()
    project = name()
    accept(api, span(trace_id, span_id=root),
           span(trace_id, root, {"opik.trace_id": trace_uuid(trace_id)}), project=project)
    assert api.page("traces", project_name=project)["total"] == 0
    assert api.page("spans", project_name=project)["total"] == 2


def test_window_of_ids(start_server):
    api = Api(start_server("--id-window", "24h").url)
    old, project = START - 48 * 3600 * 10**9, name()
    response = send(api, request(span(os.urandom(16), start=old)), project)
    text = time.strftime("%Y-%m-%dT%H:%M:%S.123Z", time.gmtime(old // 10**9))
    assert is_message(response, 400, "Invalid UUID for id",
                      f"id with timestamp '{text}' must be in the allowed ingestion window of "
                      "'PT24H' around now, reason 'too_old'")
    assert not api.project_exists(project)
    accept(api, span(os.urandom(16)), project=project)


# ---- times, usage, events

def test_times(api):
    stored, trace = one(api, end=0)
    assert stored["end_time"] == trace["end_time"] == EPOCH
    trace_id, span_id = ids()
    accept(api, span(trace_id, span_id=span_id, start=1_999_999, end=2_000_001))
    stored = api.read("spans", span_uuid(span_id, 1_999_999))
    assert stored["start_time"] == short_iso("1970-01-01T00:00:00.001000Z")
    assert stored["end_time"] == short_iso("1970-01-01T00:00:00.002000Z")


def test_usage_is_not_counted_twice(api):
    trace_id, root = ids()
    child, leaf, other = (os.urandom(8) for _ in range(3))
    usage = {"gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 4}
    counted = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    accept(api, span(trace_id, b"", usage, span_id=root),
           span(trace_id, root, usage, span_id=child), span(trace_id, child, usage, span_id=leaf),
           span(trace_id, root, usage, span_id=other), span(trace_id, other), project=name())
    for span_id, expected in ((root, None), (child, None), (leaf, counted), (other, counted)):
        assert api.read("spans", span_uuid(span_id)).get("usage") == expected
    assert api.read("traces", trace_uuid(trace_id))["usage"] == {
        key: 2 * count for key, count in counted.items()}


def test_bad_usage(api):
    project = name()
    body = request(span(os.urandom(16)), span(os.urandom(16), b"", {"gen_ai.usage.x": "{oops"}))
    response = send(api, body, project)
    assert response.status_code == 400
    assert response.json()["message"].startswith(
        "Failed to parse JSON string for usage field gen_ai.usage.x: ")
    assert not api.project_exists(project)


def test_events_and_exceptions(api):
    stored, trace = one(api, events=[
        event("first", {"n": 1, "json": '{"a": [1]}'}), event("bare"),
        event("exception", {"exception.type": "KeyError", "exception.message": "'x'",
                            "exception.stacktrace": "line 1\nline 2"})], status=failed("status"))
    assert stored["error_info"] == trace["error_info"] == {
        "exception_type": "KeyError", "message": "'x'", "traceback": "line 1\nline 2"}
    events = stored["metadata"]["opentelemetry.events"]
    assert events[0] == {"name": "first", "time_unix_nano": START,
                         "attributes": {"n": 1, "json": {"a": [1]}}}
    assert events[1] == {"name": "bare", "time_unix_nano": START}
    assert len(events) == 3
    stored, _ = one(api, events=[event("exception")])
    assert stored["error_info"] == {"exception_type": "Error", "traceback": "Error"}
    stored, _ = one(api, events=[event("exception", {"exception.message": "only"})])
    assert stored["error_info"] == {"exception_type": "Error", "message": "only",
                                    "traceback": "only"}
    stored, _ = one(api, status=otlp.Status(code=otlp.Status.STATUS_CODE_OK, message="fine"))
    assert "error_info" not in stored


def test_a_thread(api):
    project, thread = name(), name("thread")
    for label in ("one", "two"):
        accept(api, span(os.urandom(16), b"", {"gen_ai.conversation.id": thread}, name=label),
               project=project)
    page = api.get("traces/threads", params={"project_name": project}).json()
    assert page["total"] == 1 and page["content"][0]["id"] == thread


def test_resources_do_not_matter(api):
    body = request(span(os.urandom(16), span_id=b"spanspan"))
    body.resource_spans[0].resource.attributes.extend(otlp.attributes({"service.name": "svc"}))
    link = body.resource_spans[0].scope_spans[0].spans[0].links.add()
    link.trace_id = b"x" * 16
    assert send(api, body).status_code == 200
    assert has(api.read("spans", span_uuid(b"spanspan")), {"metadata": {"integration": "test"}},
               "input")


def test_many_spans(api):
    trace_id, root = ids()
    project = name()
    accept(api, span(trace_id, span_id=root), *(span(trace_id, root) for _ in range(3000)),
           project=project, packed=True)
    assert api.read("traces", trace_uuid(trace_id))["span_count"] == 3001
