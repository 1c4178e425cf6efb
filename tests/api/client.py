"""A thin HTTP client that checks all it sees against /openapi.json, and builders of test data."""
import datetime
import json
import os
import random
import string
import time
import urllib.parse
import uuid

import requests

from openapi import Document, Mismatch

EPOCH = "1970-01-01T00:00:00Z"


class Api:
    """`api.get("traces/...")`; a path without a leading slash is below /v1/private/.

    `bad=True` marks a request that is deliberately outside the document; its answer is checked
    nevertheless. A 500 is always a failure.
    """

    documents = {}

    def __init__(self, url, workspace=None):
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        if workspace is not None:
            self.session.headers["Comet-Workspace"] = workspace

    @property
    def document(self):
        if self.url not in self.documents:
            self.documents[self.url] = Document(requests.get(self.url + "/openapi.json",
                                                             timeout=60).json())
        return self.documents[self.url]

    def path(self, path):
        return path if path.startswith("/") else "/v1/private/" + path

    def request(self, method, path, body=None, *, bad=False, params=None, **options):
        """Sends; `body` is sent as JSON, other bodies go into `data`."""
        path = self.path(path)
        params = {key: value for key, value in (params or {}).items() if value is not None}
        operation = self.document.find(method, urllib.parse.urlsplit(path).path)
        if not bad:
            if operation is None:
                raise Mismatch(f"the document lacks {method} {path}")
            self.document.check_request(operation, params, body)
        if body is not None:
            options["data"] = json.dumps(body)
            options["headers"] = {"Content-Type": "application/json",
                                  **options.get("headers", {})}
        options.setdefault("timeout", 60)
        response = self.session.request(method, self.url + path, params=params, **options)
        try:
            self.document.check_response(operation, response)
        except Mismatch as mismatch:
            raise Mismatch(f"{method} {path} -> {response.status_code} "
                           f"{response.text[:500]}\n{mismatch}") from None
        return response

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def patch(self, path, body=None, **options):
        return self.request("PATCH", path, body, **options)

    def put(self, path, body=None, **options):
        return self.request("PUT", path, body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    # ---- what nearly every test does; each asserts success

    def create(self, kind, item):
        """POST of one trace or span (`kind`: "traces", "spans")."""
        response = self.post(kind, item)
        assert response.status_code == 201, response.text
        assert response.content == b""
        return response

    def batch(self, kind, *items, bad=False):
        response = self.post(f"{kind}/batch", {kind: list(items)}, bad=bad)
        assert response.status_code == 204, response.text
        return response

    def update(self, kind, item_id, body):
        response = self.patch(f"{kind}/{item_id}", body)
        assert response.status_code == 204, response.text
        assert response.content == b""
        return response

    def read(self, kind, item_id, **params):
        response = self.get(f"{kind}/{item_id}", params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def page(self, kind, **params):
        response = self.get(kind, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def ids(self, kind, **params):
        return [item["id"] for item in self.page(kind, **params)["content"]]

    def search(self, kind, **body):
        """The lines of a search stream, each checked as an answer to GET by id is."""
        response = self.post(f"{kind}/search", body)
        assert response.status_code == 200, response.text
        assert not response.content or response.content.endswith(b"\r\n")
        one = self.document.find("GET", self.path(f"{kind}/{{id}}"))["responses"]["200"]
        lines = [json.loads(line) for line in response.content.split(b"\r\n")[:-1]]
        for line in lines:
            self.document.validate(one["content"]["application/json"]["schema"], line, True)
        return lines

    def project_id(self, name):
        response = self.post("projects/retrieve", {"name": name})
        assert response.status_code == 200, response.text
        return response.json()["id"]

    def project_exists(self, name):
        return self.post("projects/retrieve", {"name": name}).status_code == 200


def is_error(response, status, *messages):
    """Asserts shape E with exactly these messages, in any order."""
    assert response.status_code == status, response.text
    assert sorted(response.json()["errors"]) == sorted(messages)
    return True


def is_message(response, status, message, details=None):
    """Asserts shape M."""
    assert response.status_code == status, response.text
    expected = {"code": status, "message": message}
    if details is not None:
        expected["details"] = details
    assert response.json() == expected
    return True


def is_unreadable(response):
    """Asserts the 400 for a body with wrong JSON or wrong types."""
    assert response.status_code == 400, response.text
    assert response.json()["code"] == 400
    assert response.json()["message"].startswith("Unable to process JSON. ")
    return True


# ---- data ---------------------------------------------------------------------------------------

_sequence = 0


def uuid7(ms=None):
    """A version 7 UUID; those of one process grow, also within one millisecond."""
    global _sequence
    _sequence = (_sequence + 1) % (1 << 42)
    ms = time.time_ns() // 1_000_000 if ms is None else ms
    tail = _sequence << 32 | int.from_bytes(os.urandom(4), "big")
    value = ms << 80 | 7 << 76 | (tail >> 62) << 64 | 2 << 62 | tail & ((1 << 62) - 1)
    return str(uuid.UUID(int=value))


def uuid4():
    return str(uuid.uuid4())


def now_iso(seconds=0.0):
    """Now plus so many seconds, to the microsecond."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return short_iso(text + "Z")


def short_iso(text):
    """The shortest of 0, 3, 6 or 9 fraction digits, as the server writes instants."""
    text = text.removesuffix("Z")
    while "." in text and text.endswith("000"):
        text = text[:-3]
    return text.removesuffix(".") + "Z"


def name(prefix="p"):
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def trace(project=None, **fields):
    """A small trace; None leaves a field out."""
    return _item({"id": uuid7(), "project_name": project,
                  "start_time": "2024-01-01T10:00:00.123456789Z"}, fields)


def span(project=None, trace_id=None, **fields):
    """A small span; None leaves a field out."""
    return _item({"id": uuid7(), "project_name": project, "trace_id": trace_id or uuid7(),
                  "start_time": "2024-01-01T10:00:00.123456789Z"}, fields)


def _item(base, fields):
    return {key: value for key, value in {**base, **fields}.items() if value is not None}


FULL = {
    "name": "full name", "end_time": "2024-01-01T10:00:01.623456Z",
    "input": {"z": 1, "a": [True, None, "ü€😀"]}, "output": {"answer": 42.5},
    "metadata": {"k": {"n": 1}}, "tags": ["a", "b"],
    "error_info": {"exception_type": "ValueError", "message": "bad", "traceback": "at 1"},
    "ttft": 12.5, "source": "sdk", "environment": "staging",
}


def full_trace(project=None, **fields):
    """A trace with every field set."""
    return trace(project, **{**FULL, "thread_id": "thread 1", **fields})


def full_span(project=None, trace_id=None, **fields):
    """A span with every field set."""
    return span(project, trace_id, **{
        **FULL, "type": "llm", "parent_span_id": uuid7(), "model": "gpt-x", "provider": "openai-x",
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
        "total_estimated_cost": 0.25, **fields})


def random_json(rng, depth=3):
    choice = rng.randrange(8 if depth else 5)
    if choice == 0:
        return rng.choice([None, True, False])
    if choice == 1:
        return rng.randrange(-10**12, 10**12)
    if choice == 2:
        return rng.uniform(-1e6, 1e6)
    if choice < 5:
        return "".join(rng.choices(string.printable + "äß€漢😀", k=rng.randrange(20)))
    if choice < 7:
        return {f"k{i}": random_json(rng, depth - 1) for i in range(rng.randrange(5))}
    return [random_json(rng, depth - 1) for _ in range(rng.randrange(5))]


def random_trace(project=None, rng=random, **fields):
    """A trace of which each optional field is there or not."""
    return trace(project, **{**_random_fields(rng, {**FULL, "thread_id": name("thread")}),
                             **fields})


def random_span(project=None, trace_id=None, rng=random, **fields):
    chosen = _random_fields(rng, {
        **FULL, "type": rng.choice(["general", "tool", "llm", "guardrail"]),
        "parent_span_id": uuid7(), "model": "gpt-x", "provider": "openai-x",
        "usage": {"total_tokens": rng.randrange(1, 1000)}, "total_estimated_cost": 0.25})
    return span(project, trace_id, **{**chosen, **fields})


def _random_fields(rng, fields):
    chosen = {key: value for key, value in fields.items() if rng.random() < 0.6}
    for key in ("input", "output", "metadata"):
        if key in chosen:
            chosen[key] = {"value": random_json(rng)}
    return chosen


def has(actual, expected, *absent):
    """Asserts that `actual` holds `expected` (tags as sets) and lacks the names in `absent`."""
    for key, value in expected.items():
        assert key in actual, f"{key} is missing"
        if key == "tags":
            assert sorted(actual[key]) == sorted(value), key
        else:
            assert (actual[key] == value
                    and isinstance(actual[key], bool) == isinstance(value, bool)), key
    there = [key for key in absent if key in actual]
    assert not there, f"should be absent: {there}"
    return True
