"""Bodies of OTLP/HTTP made by OpenTelemetry's own messages, and what their ids become here."""
import base64
import gzip
import hashlib
import json
import os
import time
import uuid

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

PATH = "otel/v1/traces"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
START = time.time_ns() // 1_000_000_000 * 1_000_000_000 + 123_456_789


def any_value(value):
    result = AnyValue()
    if isinstance(value, bool):
        result.bool_value = value
    elif isinstance(value, int):
        result.int_value = value
    elif isinstance(value, float):
        result.double_value = value
    elif isinstance(value, str):
        result.string_value = value
    elif isinstance(value, bytes):
        result.bytes_value = value
    elif isinstance(value, list):
        result.array_value.values.extend(map(any_value, value))
    elif isinstance(value, dict):
        result.kvlist_value.values.extend(attributes(value))
    return result


def attributes(values):
    return [KeyValue(key=key, value=any_value(value)) for key, value in values.items()]


def event(name, values=(), at=START):
    return Span.Event(name=name, time_unix_nano=at, attributes=attributes(dict(values)))


def span(trace_id, parent=b"", values=(), *, name="step", start=START, end=START + 10**9, **fields):
    """A span with an id of its own; `values` are its attributes."""
    return Span(trace_id=trace_id, span_id=fields.pop("span_id", os.urandom(8)),
                parent_span_id=parent, name=name, start_time_unix_nano=start,
                end_time_unix_nano=end, attributes=attributes(dict(values)), **fields)


def failed(message=""):
    return Status(code=Status.STATUS_CODE_ERROR, message=message)


def request(*spans, scope="test"):
    result = ExportTraceServiceRequest()
    inner = result.resource_spans.add().scope_spans.add()
    inner.scope.name = scope
    inner.spans.extend(spans)
    return result


def to_json(message):
    """As the OTLP specification has it: protobuf's JSON, but ids are hexadecimal."""
    document = json_format.MessageToDict(message)
    for resource in document.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for item in scope.get("spans", []):
                for field in item.keys() & {"traceId", "spanId", "parentSpanId"}:
                    item[field] = base64.b64decode(item[field]).hex()
    return document


def send(api, message, project=None, *, form=PROTOBUF, packed=False, bad=False, **headers):
    """Sends a request in either form, or bytes as they are."""
    if isinstance(message, bytes):
        data = message
    elif form == PROTOBUF:
        data = message.SerializeToString()
    else:
        data = json.dumps(message if isinstance(message, dict) else to_json(message)).encode()
    if packed:
        data = gzip.compress(data)
        headers["Content-Encoding"] = "gzip"
    if project is not None:
        headers["projectName"] = project
    return api.post(PATH, data=data, headers={"Content-Type": form, **headers}, bad=bad)


def accept(api, *spans, project=None, scope="test", **options):
    response = send(api, request(*spans, scope=scope), project, **options)
    assert response.status_code == 200, response.text
    assert response.content == b"" and "Content-Type" not in response.headers
    return response


def derived(raw, ms):
    """The id of ours for an id there at a time."""
    value = int.from_bytes(ms.to_bytes(6, "big") + hashlib.sha256(raw).digest()[:10], "big")
    value = value & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=value & ~(3 << 62) | 2 << 62))


def trace_uuid(trace_id, start=START):
    return derived(trace_id, start // 1_000_000)


def span_uuid(span_id, start=START):
    return derived(span_id, start // 1_000_000)
