"""The unmodified npm package against the program. Without node these tests fail: see
tools/install_deps.sh."""
import json
import re

import pytest

import client
import sdk

FOLDER = sdk.TESTS / "typescript"


@pytest.fixture(scope="module")
def report(server, tmp_path_factory):
    """What the program meant and read, after one run."""
    process = sdk.start(["node", "program.mjs", client.name("ts")],
                        tmp_path_factory.mktemp("ts") / "home", server.url + "/api", cwd=FOLDER)
    output, errors = sdk.finish(process)
    logged, _, last = output.rstrip("\n").rpartition("\n")
    assert "WARN" not in logged and "ERROR" not in logged and errors == ""
    result = json.loads(last)
    return {**result, "models": result["read"], "read": {"traces": {}, "spans": {}}}


def snake(value):
    """A field name as on the wire."""
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), value)


def test_stored_as_meant(api, report):
    assert [len(report["traces"]), len(report["spans"])] == [3, 6]
    assert sdk.is_stored(api, report)


def test_read_back_by_the_package(report):
    for kind in ("traces", "spans"):
        assert report["models"][kind].keys() == report[kind].keys()
        for item_id, model in report["models"][kind].items():
            record = {snake(key): value for key, value in model.items()}
            if "error_info" in record:
                record["error_info"] = {snake(key): value
                                        for key, value in record["error_info"].items()}
            assert sdk.is_as_meant(record, report[kind][item_id], report)


def scores_of(record, field="feedback_scores"):
    return {one["name"]: (one["value"], one.get("reason"), one.get("category_name"), one["source"])
            for one in record.get(field, [])}


def test_scores(api, report):
    ids = report["ids"]
    traces = {one: api.read("traces", ids[one]) for one in ("trace", "quick")}
    assert scores_of(traces["trace"]) == {"quality": (0.75, "by the trace", "gut", "sdk")}
    assert scores_of(traces["quick"]) == {"quality": (0.125, "by the client", None, "sdk")}
    assert scores_of(traces["trace"], "span_feedback_scores") == {
        "speed": (0.75, None, ", ", "sdk")}
    assert scores_of(api.read("spans", ids["inner"])) == {"speed": (3, None, None, "sdk")}
    assert scores_of(api.read("spans", ids["tool"])) == {"speed": (-1.5, None, None, "sdk")}


def test_scores_read_back_and_searched_by_the_package(report):
    ids, threads = report["ids"], report["threads"]
    model = report["models"]["traces"][ids["trace"]]
    assert [(one["name"], one["value"]) for one in model["feedbackScores"]] == [("quality", 0.75)]
    assert threads["traces"] == [ids["quick"]]
    assert threads["spans"] == [ids["tool"]]


def test_threads_of_the_package(report):
    threads = report["threads"]
    (thread,) = threads["all"]
    assert (thread["id"], thread["status"], thread["numberOfMessages"]) == (
        "thread ü", "active", 2)
    assert [(one["name"], one["value"]) for one in thread["feedbackScores"]] == [("helpful", 0.5)]
    assert (threads["high"], threads["low"], threads["empty"]) == (
        ["thread ü"], [], ["thread ü"])
