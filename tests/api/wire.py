"""A keep-alive connection that checks nothing, for tests that send much."""
import http.client
import json
import urllib.parse


class Wire:
    """Raises OSError or http.client.HTTPException when the server goes away."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.connection.close()

    def send(self, method, path, body=None):
        """Status and decoded body (None when there is none); `path` is below /v1/private/."""
        data = None if body is None else json.dumps(body)
        self.connection.request(method, "/v1/private/" + path, data,
                                {"Content-Type": "application/json"} if data else {})
        response = self.connection.getresponse()
        answer = response.read()
        return response.status, json.loads(answer) if answer else None

    def must(self, status, method, path, body=None):
        """As send(); any other status is a failure."""
        actual, answer = self.send(method, path, body)
        assert actual == status, f"{method} {path}: {actual} {answer}"
        return answer

    def all(self, kind, project):
        """All traces or spans of a project by id, without their large fields."""
        query = urllib.parse.urlencode({"project_name": project, "size": 10_000_000, "exclude":
                                        json.dumps(["input", "output", "metadata"])})
        page = self.must(200, "GET", f"{kind}?{query}")
        assert page["total"] == page["size"] == len(page["content"])
        return {item["id"]: item for item in page["content"]}
