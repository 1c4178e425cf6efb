"""OpenTelemetry's own exporter against the server, set up as the web client says."""
import json
import pathlib
import re
import subprocess
import sys
import urllib.parse

import pytest

import otlp
import sdk
from client import has, name

CONNECT = pathlib.Path(__file__).resolve().parents[2] / "web" / "src" / "pages" / "connect.tsx"
ORIGIN = "${origin}"
PROJECT = "${otelHeader(project)}"


def header(project):
    """What otelHeader() of that page gives; web/tests/connect.test.ts has the same examples."""
    once = urllib.parse.quote(project, safe="-_.~")
    return once if project.isascii() else urllib.parse.quote(once, safe="-_.~")


def snippet(origin, project):
    """What the web client's page of connecting shows for OpenTelemetry."""
    source = CONNECT.read_text(encoding="utf-8")
    text = re.search(r'name: "OpenTelemetry",\s*text: \(origin, project\) => `(.*?)`', source,
                     re.DOTALL).group(1)
    assert ORIGIN in text and PROJECT in text
    text = text.replace(ORIGIN, origin).replace(PROJECT, header(project))
    assert "${" not in text
    return text


def run(api, project, home, *arguments):
    """Runs the program in a shell in which the snippet was typed."""
    home.mkdir(exist_ok=True)
    script = snippet(api.url, project) + '"$0" -X utf8 "$@"\n'
    result = subprocess.run(["sh", "-ec", script, sys.executable,
                             str(sdk.PROGRAMS / "otel_exporter.py"), *arguments],
                            env=sdk.environment(home), capture_output=True, text=True, timeout=90,
                            check=False)
    assert result.returncode == 0, result.stderr
    assert "Failed to export" not in result.stderr and "Traceback" not in result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("label, arguments", [
    ("plain", []), ("it's 50% (of) \"$HOME\"; more!", []), ("Zürich 50%", []), ("项目, 一", ["gzip"])])
def test_an_exporter(api, tmp_path, label, arguments):
    project = name(label)
    ids = run(api, project, tmp_path / "home", *arguments)
    page = api.page("traces", project_name=project)
    assert page["total"] == 1
    trace = page["content"][0]
    assert has(trace, {
        "name": "conversation", "thread_id": "c-1", "span_count": 5, "llm_span_count": 3,
        "input": {"input": {"question": "6 times 7?"}}, "output": {"output": "42"},
        "metadata": {"integration": "shop.agent", "thread_id": "c-1", "providers": ["openai"]},
        "source": "sdk",
        "usage": {"prompt_tokens": 33, "completion_tokens": 15, "total_tokens": 48},
        "providers": ["openai"]}, "error_info")
    spans = api.page("spans", project_name=project, trace_id=trace["id"])["content"]
    spans = {span["name"]: span for span in spans}
    assert spans.keys() == {"conversation", "call 0", "call 1", "call 2", "tool"}
    root = spans["conversation"]
    assert "parent_span_id" not in root
    assert {span.get("parent_span_id") for span in spans.values()} == {None, root["id"]}
    assert has(spans["call 2"], {
        "type": "llm", "model": "gpt-4o", "provider": "openai",
        "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}})
    error = spans["tool"]["error_info"]
    assert error["exception_type"] == "ValueError" and error["message"] == "out of order"
    assert "Traceback" in error["traceback"]
    assert spans["tool"]["metadata"]["opentelemetry.events"][0]["name"] == "exception"
    for stored, raw in ((trace, ids["trace"]), (root, ids["root"])):
        at = int(trace["id"].replace("-", "")[:12], 16)
        assert stored["id"] == otlp.derived(bytes.fromhex(raw), at)
