"""The HTTP layer: prefixes, compression, framing, limits (platform.md 1 to 3, traces.md 2)."""
import email.utils
import gzip
import http.client
import json
import os
import re
import socket
import sys
import time

import pytest
import requests

from client import Api, is_message, is_unreadable, name, trace, uuid7
from server import Server

JSON = {"Content-Type": "application/json"}


def raw(server, data, timeout=30):
    """Sends bytes on a connection of their own; returns all that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        connection.sendall(data)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


def head(method, path, *lines):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


# ---- paths --------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", [
    "/v1/private/projects", "/api/v1/private/projects", "/v1/private/projects/",
    "/api/v1/private/projects/", "/api/is-alive/ping", "/api/is-alive/ping/", "/is-alive/ver/",
    "/api/health-check", "/v1/private/toggles/", "/api/openapi.json",
])
def test_with_and_without_prefix_and_slash(server, path):
    assert requests.get(server.url + path, timeout=60).status_code == 200


def test_location_has_no_prefix(api, server, project):
    for prefix in ("", "/api"):
        item = trace(project)
        response = requests.post(f"{server.url}{prefix}/v1/private/traces", json=item, timeout=60)
        assert response.status_code == 201
        assert response.headers["Location"] == f"{server.url}/v1/private/traces/{item['id']}"


def test_location_uses_the_host_header(server, project):
    item = trace(project)
    response = requests.post(f"{server.url}/v1/private/traces/", json=item, timeout=60,
                             headers={"Host": "ocelli.example:81"})
    assert response.headers["Location"] == (
        f"http://ocelli.example:81/v1/private/traces/{item['id']}")


def test_literal_segments_win_over_ids(api):
    for path in ("batch", "delete", "exists"):
        assert api.get(f"traces/{path}", bad=True).status_code in (400, 405)


def test_query_is_decoded_once(api):
    project = name("100%25 a+b&c=d #?/ü")
    api.create("traces", trace(project))
    assert api.page("traces", project_name=project)["total"] == 1


# ---- compression --------------------------------------------------------------------------------

@pytest.mark.parametrize("size", [1, 1000, 1_000_000])
def test_gzip_request(api, project, size):
    item = trace(project, input={"k": "x" * size})
    response = api.post("traces", data=gzip.compress(json.dumps(item).encode()),
                        headers={**JSON, "Content-Encoding": "gzip"})
    assert response.status_code == 201
    assert api.read("traces", item["id"])["input"] == item["input"]


def test_gzip_request_of_several_members(api, project):
    text = json.dumps(trace(project)).encode()
    data = gzip.compress(text[:20]) + gzip.compress(text[20:])
    response = api.post("traces", data=data, headers={**JSON, "Content-Encoding": "gzip"})
    assert response.status_code == 201


@pytest.mark.parametrize("damage", [
    lambda data: b"no gzip", lambda data: data[:-9], lambda data: data[:10],
    lambda data: data[:-8] + b"\0" * 8, lambda data: data[:14] + b"\xff" * 20 + data[34:],
], ids=["nonsense", "cut", "head only", "checksum", "inside"])
def test_gzip_request_corrupt_is_400(api, project, damage):
    item = trace(project, input={"k": os.urandom(500).hex()})
    data = damage(gzip.compress(json.dumps(item).encode()))
    response = api.post("traces", data=data, bad=True,
                        headers={**JSON, "Content-Encoding": "gzip"})
    assert response.status_code == 400, response.text
    assert api.get(f"traces/{item['id']}").status_code == 404


def test_gzip_bomb_is_refused(start_server, project):
    api = Api(start_server("--body-limit", "1MiB").url)
    data = gzip.compress(json.dumps(trace(project, input="x" * 20_000_000)).encode())
    assert len(data) < 100_000
    response = api.post("traces", data=data, bad=True, headers={**JSON, "Content-Encoding": "gzip"})
    assert response.status_code == 413


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "nonsense"])
def test_unknown_request_coding_is_refused(api, coding):
    response = api.post("traces", data=b"x", bad=True,
                        headers={**JSON, "Content-Encoding": coding})
    assert response.status_code in (400, 415)


@pytest.mark.parametrize("accept,size,is_gzip", [
    ("gzip", 1000, True), ("gzip, deflate", 1000, True), ("*", 1000, None),
    ("identity", 1000, False), ("", 1000, False), ("gzip;q=0", 1000, False),
    ("br, gzip;q=0.5", 1000, True),
])
def test_gzip_response(api, project, accept, size, is_gzip):
    item = trace(project, input={"k": "x" * size})
    api.create("traces", item)
    for path in (f"traces/{item['id']}", f"traces?project_name={project}"):
        response = api.get(path, headers={"Accept-Encoding": accept})
        assert is_gzip is None or (
            response.headers.get("Content-Encoding") == "gzip") == is_gzip
        assert "x" * size in response.text


def test_gzip_response_from_256_bytes(server):
    """The ping is shorter, the toggles are longer."""
    for path, is_gzip in (("/is-alive/ping", False), ("/v1/private/toggles", True)):
        response = requests.get(server.url + path, headers={"Accept-Encoding": "gzip"}, timeout=60)
        assert ("Content-Encoding" in response.headers) == is_gzip


# ---- methods and headers ------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["/is-alive/ping", "/v1/private/projects", "/openapi.json"])
def test_head_is_get_without_body(server, path):
    response = requests.head(server.url + path, timeout=60)
    assert response.status_code == 200 and response.content == b""
    assert response.headers["Content-Type"] == "application/json"


def test_head_keeps_the_connection_usable(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for method in ("HEAD", "GET", "HEAD", "GET"):
        connection.request(method, "/v1/private/projects")
        response = connection.getresponse()
        assert response.status == 200 and bool(response.read()) == (method == "GET")
    connection.close()


def test_date_header(server):
    response = requests.get(server.url + "/is-alive/ping", timeout=60)
    told = email.utils.parsedate_to_datetime(response.headers["Date"]).timestamp()
    assert abs(told - time.time()) < 5


def test_cors_is_off(server):
    response = requests.get(server.url + "/v1/private/projects", timeout=60,
                            headers={"Origin": "http://elsewhere.example"})
    assert not [key for key in response.headers if key.lower().startswith("access-control")]


@pytest.mark.parametrize("headers", [
    {"X-OPIK-DEBUG-SDK-VERSION": "2.1", "X-OPIK-DEBUG-PY-VERSION": "3.11"},
    {"X-Fern-Language": "JavaScript", "X-Opik-Client-Id": "x" * 64, "Authorization": "key"},
    {"Cookie": "a=b", "X-Forwarded-For": "1.2.3.4", "Comet-Sdk-Api": "x"},
], ids=lambda headers: list(headers)[0])
def test_informational_headers_are_accepted(server, headers):
    response = requests.get(server.url + "/v1/private/projects", headers=headers, timeout=60)
    assert response.status_code == 200


def test_json_content_type(server):
    for path in ("/is-alive/ping", "/v1/no-such", "/v1/private/traces"):
        response = requests.get(server.url + path, timeout=60)
        assert response.headers["Content-Type"].split(";")[0] == "application/json"


# ---- connections --------------------------------------------------------------------------------

def test_keep_alive(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.connect()
    socket_before = connection.sock
    for path in ("/is-alive/ping", "/no-such", "/v1/private/traces", "/v1/private/projects"):
        connection.request("GET", path)
        connection.getresponse().read()
        assert connection.sock is socket_before, "the connection was closed"
    connection.close()


def test_connection_close(server):
    answer = raw(server, head("GET", "/is-alive/ping", "Connection: close"))
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b'"healthy":true}')


def test_http_1_0(server):
    answer = raw(server, b"GET /is-alive/ping HTTP/1.0\r\n\r\n")
    assert b" 200 " in answer.split(b"\r\n")[0] and answer.endswith(b'"healthy":true}')


def test_pipelining(server):
    one = head("GET", "/is-alive/ping")
    answer = raw(server, one * 2 + head("GET", "/is-alive/ping", "Connection: close"))
    assert answer.count(b"HTTP/1.1 200 ") == 3


def test_expect_100_continue(server, project):
    body = json.dumps(trace(project)).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head("POST", "/v1/private/traces", "Content-Type: application/json",
                                f"Content-Length: {len(body)}", "Expect: 100-continue",
                                "Connection: close"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert b"HTTP/1.1 201 " in received


def test_chunked_request(api, project):
    item = trace(project, input={"k": "x" * 100_000})
    text = json.dumps(item).encode()
    pieces = (text[i:i + 7000] for i in range(0, len(text), 7000))
    assert api.post("traces", data=pieces, headers=JSON).status_code == 201
    assert api.read("traces", item["id"])["input"] == item["input"]


def test_chunked_gzip_request(api, project):
    item = trace(project, input={"k": os.urandom(20_000).hex()})
    data = gzip.compress(json.dumps(item).encode())
    pieces = (data[i:i + 999] for i in range(0, len(data), 999))
    response = api.post("traces", data=pieces, headers={**JSON, "Content-Encoding": "gzip"})
    assert response.status_code == 201
    assert api.read("traces", item["id"])["input"] == item["input"]


@pytest.mark.parametrize("data", [
    b"nonsense\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    head("POST", "/v1/private/traces", "Content-Length: x"),
    head("POST", "/v1/private/traces", "Content-Length: -5"),
    head("POST", "/v1/private/traces", "Transfer-Encoding: chunked",
         "Content-Type: application/json") + b"zz\r\n",
], ids=["no request", "one word", "version", "length", "negative length", "chunk"])
def test_broken_http_is_refused_and_closed(server, data):
    answer = raw(server, data)
    assert answer == b"" or re.match(rb"HTTP/1\.\d [45]\d\d ", answer)
    assert not re.match(rb"HTTP/1\.\d 500 ", answer)
    assert requests.get(server.url + "/is-alive/ping", timeout=60).status_code == 200


REFUSED = [("POST", "/no-such", JSON, 404), ("PUT", "/v1/private/traces", JSON, 405),
           ("POST", "/v1/private/traces", {"Content-Type": "text/plain"}, 415),
           ("POST", "/v1/private/traces", JSON, 400),
           ("POST", "/v1/private/traces", {**JSON, "Comet-Workspace": "other"}, 404),
           ("POST", "/v1/private/traces", {**JSON, "Content-Encoding": "gzip"}, 400)]


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_refused_bodies_leave_the_connection_in_step(server, size):
    """Either the rest of the body is read, or the connection is closed; never is it taken for a
    request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for method, path, headers, status in REFUSED:
        connection.request(method, path, b"x" * size, headers)
        response = connection.getresponse()
        assert response.status == status and json.loads(response.read())
        connection.request("GET", "/is-alive/ping")
        response = connection.getresponse()
        assert response.status == 200 and json.loads(response.read())["healthy"]
    connection.close()


def test_expect_100_continue_of_a_refused_request(small):
    """A body over the limit is refused before it is sent."""
    answer = raw(small, head("POST", "/v1/private/traces", "Content-Type: application/json",
                             "Content-Length: 10000000", "Expect: 100-continue",
                             "Connection: close"))
    assert re.match(rb"HTTP/1.1 (413|417) ", answer)


def test_body_over_the_limit_is_refused_before_it_has_come(small):
    answer = raw(small, head("POST", "/v1/private/traces", "Content-Type: application/json",
                             "Content-Length: 10000000") + b"x" * 1000)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_body_in_small_pieces(server, api, project):
    item = trace(project)
    text = json.dumps(item).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = head("POST", "/v1/private/traces", "Content-Type: application/json",
                       f"Content-Length: {len(text)}", "Connection: close") + text
        for i in range(len(request)):
            connection.sendall(request[i:i + 1])
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")
    assert api.read("traces", item["id"])["id"] == item["id"]


def test_reader_that_goes_away_in_the_middle(server, api, project):
    """A long list of which the client reads only the beginning."""
    api.batch("traces", *(trace(project, input=os.urandom(20_000).hex()) for _ in range(100)))
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(head("GET", f"/v1/private/traces?size=100&project_name={project}"))
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert len(api.ids("traces", project_name=project, size=100)) == 100


def test_two_content_lengths_are_refused(server):
    answer = raw(server, head("POST", "/v1/private/traces", "Content-Type: application/json",
                              "Content-Length: 2", "Content-Length: 30", "Connection: close")
                 + b"{}")
    assert answer == b"" or int(answer.split(b" ", 2)[1]) == 400


def test_client_that_goes_away_in_the_middle(server, api, project):
    item = trace(project)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head("POST", "/v1/private/traces", "Content-Type: application/json",
                                "Content-Length: 100000") + json.dumps(item).encode())
    assert api.get(f"traces/{item['id']}").status_code == 404


# ---- limits -------------------------------------------------------------------------------------

@pytest.mark.parametrize("size,status", [(8000, 200), (15000, 200), (17000, 4), (40000, 4)])
@pytest.mark.parametrize("place", ["header", "query"])
def test_head_limit_is_16_kib(server, size, status, place):
    path, lines = "/is-alive/ping", ["Connection: close"]
    if place == "query":
        path += "?x=" + "y" * size
    else:
        lines.append("X-Long: " + "y" * size)
    answer = raw(server, head("GET", path, *lines))
    got = int(answer.split(b" ", 2)[1])
    assert got == status or (status == 4 and got in (413, 414, 431))


@pytest.mark.parametrize("argument", ["&", "a=1&"])
@pytest.mark.parametrize("count", [100, 500, 3000])
def test_many_query_arguments_are_answered(server, argument, count):
    answer = raw(server, head("GET", "/is-alive/ping?" + argument * count, "Connection: close"),
                 timeout=10)
    assert int(answer.split(b" ", 2)[1]) in (200, 400, 413, 414, 431)


@pytest.mark.parametrize("line", ["a:", "Cookie: a=1;b=2"])
@pytest.mark.parametrize("count", [50, 500, 3000])
def test_many_headers_are_answered(server, line, count):
    answer = raw(server, head("GET", "/is-alive/ping", "Connection: close", *[line] * count),
                 timeout=10)
    assert int(answer.split(b" ", 2)[1]) in (200, 431)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A server with the smallest limits that make sense."""
    data = tmp_path_factory.mktemp("small") / "data"
    with Server(data, "--body-limit", "64KiB", "--head-limit", "2KiB") as one:
        yield one


def sized(project, size):
    item = trace(project, name="")
    item["input"] = "x" * (size - len(json.dumps({**item, "input": ""})))
    assert len(json.dumps(item)) == size
    return item


@pytest.mark.parametrize("size,status", [(65536, 201), (65537, 413), (1_000_000, 413)])
@pytest.mark.parametrize("framing", ["length", "chunked", "gzip"])
def test_body_limit(small, project, size, status, framing):
    api = Api(small.url)
    item = sized(project, size)
    data, headers = json.dumps(item).encode(), JSON
    if framing == "gzip":
        data, headers = gzip.compress(data), {**JSON, "Content-Encoding": "gzip"}
    elif framing == "chunked":
        data = iter([data])
    response = api.post("traces", data=data, headers=headers, bad=True)
    assert response.status_code == status
    if status == 413:
        assert response.json()["code"] == 413 and response.json()["message"]
    assert (api.get(f"traces/{item['id']}").status_code == 200) == (status == 201)


def test_head_limit_is_an_option(small):
    for size, wanted in ((1000, (200,)), (5000, (413, 414, 431))):
        answer = raw(small, head("GET", "/is-alive/ping", "Connection: close",
                                 "X-Long: " + "y" * size))
        assert int(answer.split(b" ", 2)[1]) in wanted


@pytest.fixture
def recursion():
    """Python's own JSON parser needs more room than usual for the depth that is allowed."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize("opening,inner,closing", [("[", "[]", "]"), ('{"k":', "{}", "}")],
                         ids=["array", "object"])
@pytest.mark.parametrize("depth,status", [(999, 201), (1000, 201), (1001, 400), (100_000, 400)])
def test_json_depth(api, project, recursion, opening, inner, closing, depth, status):
    """The trace itself is the first level, the innermost value the last."""
    item, nested = trace(project), depth - 2
    value = opening * nested + inner + closing * nested
    text = f'{json.dumps(item)[:-1]},"input":{value}}}'
    response = api.post("traces", data=text, headers=JSON, bad=True)
    assert response.status_code == status, response.text
    if status == 400:
        assert is_unreadable(response)
    else:
        assert json.dumps(api.read("traces", item["id"])["input"], separators=(",", ":")) == value
        assert api.page("traces", project_name=project)["size"] == 1


def test_string_length_limit(tmp_path, project):
    """One JSON string has at most 104857600 characters."""
    with Server(tmp_path / "data", plain=True) as one:
        api = Api(one.url)
        item = trace(project)
        for size, status in ((104_857_600, 201), (104_857_601, 400)):
            text = json.dumps({**item, "id": uuid7()})[:-1] + ',"input":"' + "x" * size + '"}'
            response = api.post("traces", data=text.encode(), headers=JSON, bad=True)
            assert response.status_code == status, response.text[:300]
        assert response.json()["message"].startswith(
            f"Unable to process JSON. String value length ({size}) exceeds the maximum allowed")


def test_large_body_reads_back(api, project):
    item = trace(project, output=[{"n": i, "text": "ä" * 50} for i in range(50_000)])
    api.create("traces", item)
    assert api.read("traces", item["id"])["output"] == item["output"]


def test_long_list_is_answered_whole(api, project):
    items = [trace(project, input={"k": "x" * 2000}) for _ in range(1000)]
    api.batch("traces", *items)
    got = api.page("traces", project_name=project, size=5000)
    assert [item["id"] for item in got["content"]] == [item["id"] for item in items[::-1]]
    assert got["size"] == got["total"] == 1000


def test_unacceptable_list_leaves_the_connection_usable(api):
    response = api.get("projects", headers={"Accept": "text/html"})
    assert is_message(response, 406, "HTTP 406 Not Acceptable")
    assert api.get("projects").status_code == 200
