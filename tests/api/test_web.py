"""The web client in the program: files, types, caching, packing, headers; and a program without.

The client of these tests is the sample in tests/web/dist."""
import gzip
import os
import pathlib
import re
import subprocess

import pytest
import requests

import server as programs
from client import is_message

DIST = pathlib.Path(__file__).resolve().parents[1] / "web" / "dist"
FILES = {"/" + path.relative_to(DIST).as_posix(): path.read_bytes()
         for path in DIST.rglob("*") if path.is_file()}
TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
         "css": "text/css; charset=utf-8", "svg": "image/svg+xml", "png": "image/png"}
SCRIPT = "/assets/index-0c9d8e7f.js"


def program(kind):
    """A program with the sample, or with none; `make check-api` builds both."""
    return os.environ.get("OCELLI_TEST_WEB_BINARIES",
                          str(programs.ROOT / "build/gcc/ocelli-web-")) + kind


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with programs.Server(tmp_path_factory.mktemp("web") / "data",
                         program=program("sample")) as running:
        yield running


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    with programs.Server(tmp_path_factory.mktemp("bare") / "data",
                         program=program("none")) as running:
        yield running


def get(server, path, method="GET", coding="gzip", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    response = requests.request(method, server.url + path, timeout=60, stream=True,
                                headers={"Accept-Encoding": coding, **headers})
    response.sent = response.raw.read(decode_content=False)
    return response


def is_page(response, content=FILES["/index.html"]):
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    body = response.sent
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    assert body == content
    return True


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_each_file(web, path, coding):
    response = get(web, path, coding=coding)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == TYPES[path.rsplit(".", 1)[1]]
    assert int(response.headers["Content-Length"]) == len(response.sent)
    packed = response.headers.get("Content-Encoding") == "gzip"
    assert not packed or coding == "gzip"
    assert (gzip.decompress(response.sent) if packed else response.sent) == FILES[path]
    assert response.headers["Vary"] == "Accept-Encoding"
    assert ("immutable" in response.headers["Cache-Control"]) == path.startswith("/assets/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self';" in policy and "unsafe" not in policy
    assert not re.search(r"https?:|\*", policy)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_what_gets_smaller_is_stored_packed(web):
    assert len(get(web, SCRIPT).sent) < len(FILES[SCRIPT]) / 2
    picture = get(web, "/assets/dot-77aa00bb.png")
    assert "Content-Encoding" not in picture.headers


@pytest.mark.parametrize("path", ["/", "/projects", "/projects/0190/traces", "/a%20b", "/index",
                                  "/v1beta", "/projects/?x=1.5&y=/v1/"])
def test_pages_of_the_client(web, path):
    assert is_page(get(web, path))
    assert is_page(get(web, path, Accept="text/html,application/xhtml+xml"))


@pytest.mark.parametrize("path", [
    "/v1", "/v1/private/nothing", "/api", "/api/nothing", "/api/", "/api/index.html",
    "/is-alive", "/is-alive/nothing", "/health/nothing", "/missing.js", "/assets/index-old.js",
    "/favicon.ico", "/../index.html", "/%2e%2e/x.html",
])
def test_the_rest_stays_json(web, bare, path):
    for running in (web, bare):
        # The path as it is: requests would resolve the dots.
        prepared = requests.Request("GET", running.url).prepare()
        prepared.url = running.url + path
        response = requests.Session().send(prepared, timeout=60)
        assert is_message(response, 404, "HTTP 404 Not Found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_methods_find_nothing(web, method):
    response = requests.request(method, web.url + "/projects", json={}, timeout=60)
    assert is_message(response, 404, "HTTP 404 Not Found")


def test_the_api_is_there(web):
    assert requests.get(web.url + "/v1/private/projects", timeout=60).json()["page"] == 1
    assert requests.get(web.url + "/api/v1/private/projects", timeout=60).json()["page"] == 1
    document = requests.get(web.url + "/openapi.json", timeout=60).json()
    assert not any("*" in path for path in document["paths"])


@pytest.mark.parametrize("path", ["/", SCRIPT, "/icon.svg"])
def test_head(web, path):
    full, head = get(web, path), get(web, path, "HEAD")
    assert head.sent == b"" and head.status_code == 200
    for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control"):
        assert head.headers[name] == full.headers[name]


@pytest.mark.parametrize("path", ["/", "/projects", SCRIPT])
def test_unchanged_is_304(web, path):
    tag = get(web, path).headers["ETag"]
    assert tag == get(web, path, coding="identity").headers["ETag"]
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        response = get(web, path, If_None_Match=known)
        assert response.status_code == 304 and response.sent == b""
        assert response.headers["ETag"] == tag and "Cache-Control" in response.headers
        assert "Content-Type" not in response.headers
    for known in ('"other"', tag.replace('"', ""), '""'):
        assert get(web, path, If_None_Match=known).status_code == 200


def test_tags_differ(web):
    assert len({get(web, path).headers["ETag"] for path in FILES}) == len(FILES)


# ---- without the client -------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["/", "/projects"])
def test_a_program_without_the_client_says_how_to_get_it(bare, path):
    response = get(bare, path, coding="identity")
    assert is_page(response, response.sent)
    text = response.sent.decode()
    assert "<pre>make run</pre>" in text and "make web all" in text
    # Nothing in it that its own policy refuses, nothing from elsewhere.
    assert "style" not in text and "<script" not in text and "http" not in text
    assert "default-src 'self';" in response.headers["Content-Security-Policy"]


# ---- the tool that puts it there ----------------------------------------------------------------

def embed(*arguments):
    return subprocess.run([programs.ROOT / "build/embed", *map(str, arguments)],
                          capture_output=True, text=True, timeout=60, check=False)


def test_embed_refuses_what_it_cannot_serve(tmp_path):
    dist, out = tmp_path / "dist", tmp_path / "out"
    dist.mkdir(), out.mkdir()
    (dist / "x.unknown").write_text("x")
    done = embed(dist, out)
    assert done.returncode == 1 and "no content type" in done.stderr
    (dist / "x.unknown").unlink()
    (dist / "empty.txt").write_text("")
    assert embed(dist, out).returncode == 0
    assert '"/empty.txt"' in (out / "files.c").read_text()
    assert embed(tmp_path / "nowhere", out).returncode == 0
    assert "web_file_count = 0" in (out / "files.c").read_text()
