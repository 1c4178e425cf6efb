"""Checks what goes over the wire against the program's own OpenAPI document."""
import copy
import functools
import re

import jsonschema

FORMATS = jsonschema.FormatChecker(formats=())
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# UTC; no fraction or the shortest group of three digits that is exact.
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(?!000Z)(\d{3}|\d{3}(?!000)\d{3}|"
                     r"\d{6}(?!000)\d{3}))?Z")


@FORMATS.checks("uuid")
def is_uuid(value):
    return not isinstance(value, str) or bool(UUID.fullmatch(value))


@FORMATS.checks("date-time")
def is_instant(value):
    return not isinstance(value, str) or bool(INSTANT.fullmatch(value))


class Mismatch(AssertionError):
    """The program and its document disagree, or a test sends what the document does not have."""


def close_objects(schema, resolve):
    """Forbids properties that the document does not list, in place. Of `allOf` one object is made,
    because each part alone would forbid what the others list."""
    if isinstance(schema, list):
        for item in schema:
            close_objects(item, resolve)
    elif isinstance(schema, dict):
        for part in schema.pop("allOf", []):
            part = copy.deepcopy(resolve(part))
            schema.setdefault("properties", {}).update(part["properties"])
            schema["required"] = schema.get("required", []) + part.get("required", [])
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for item in schema.values():
            close_objects(item, resolve)


def without_nulls(value):
    """In a request a null counts as absent (platform.md 3)."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


class Document:
    """An OpenAPI document: finds operations and validates bodies."""

    def __init__(self, content):
        self.content = content
        self.components = {"open": content.get("components", {}),
                           "closed": copy.deepcopy(content.get("components", {}))}
        close_objects(self.components["closed"], self.resolve)

    @functools.lru_cache(maxsize=None)
    def find(self, method, path):
        """The operation for a path, or None. Literal segments win over {parameters}."""
        if path.startswith("/api/"):
            path = path[4:]
        segments = path.rstrip("/").split("/")
        best, best_rank = None, None
        for pattern, operations in self.content["paths"].items():
            parts = pattern.rstrip("/").split("/")
            if len(parts) != len(segments) or method.lower() not in operations:
                continue
            rank = [part.startswith("{") for part in parts]
            if all(is_open or part == segment
                   for part, segment, is_open in zip(parts, segments, rank)):
                if best is None or rank < best_rank:
                    best, best_rank = pattern, rank
        return best and self.content["paths"][best][method.lower()]

    def resolve(self, schema):
        """Follows $ref of a schema."""
        while "$ref" in schema:
            node = self.content
            for key in schema["$ref"].removeprefix("#/").split("/"):
                node = node[key]
            schema = node
        return schema

    def validate(self, schema, value, closed):
        schema = copy.deepcopy(schema)
        if closed:
            close_objects(schema, self.resolve)
        schema["components"] = self.components["closed" if closed else "open"]
        validator = jsonschema.Draft202012Validator(schema,
                                                    format_checker=FORMATS if closed else None)
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
        if errors:
            raise Mismatch("\n".join(errors))

    def check_request(self, operation, query, body):
        known = {parameter["name"] for parameter in operation.get("parameters", [])
                 if parameter["in"] == "query"}
        unknown = set(query) - known
        if unknown:
            raise Mismatch(f"query parameters that the document lacks: {sorted(unknown)}")
        if body is None:
            return
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            raise Mismatch("the document has no request body")
        self.validate(content["application/json"].get("schema", {}), without_nulls(body), False)

    def check_response(self, operation, response):
        responses = operation["responses"] if operation else {}
        status = response.status_code
        if status == 500:
            raise Mismatch(f"500 never comes from input: {response.text}")
        described = responses.get(str(status)) or responses.get("default")
        if operation and (described is None or (status < 300 and str(status) not in responses)):
            raise Mismatch(f"status {status} is not in the document: {response.text}")
        if not operation:
            described = {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Error"}}}}
        content = described.get("content", {})
        kind = response.headers.get("Content-Type", "").split(";")[0]
        if not response.content or response.request.method == "HEAD":
            if content.keys() - {"application/octet-stream"} and response.request.method != "HEAD":
                raise Mismatch(f"{status}: the document promises a body")
            return
        if kind not in content:
            raise Mismatch(f"{status}: content type {kind!r} is not in the document")
        if kind == "application/json":
            self.validate(content[kind].get("schema", {}), response.json(), True)
