"""Scores, comments and threads through the unmodified Python SDK."""
import json
import re

import pytest

import client
import sdk
from client import uuid4, uuid7
from server import Server
from turns import BASE, PATH, turn

DOCUMENT = json.loads((sdk.TESTS / "contract" / "openapi.json").read_text())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """(report, requests): what the program read, and what it asked."""
    with Server(tmp_path_factory.mktemp("sdk") / "data", "--log-level", "debug") as server:
        report = sdk.run_python("discussed.py", client.name("sdk"), url=server.url + "/api",
                                home=tmp_path_factory.mktemp("sdk") / "home")
    return report, set(re.findall(r"method=(\w+) route=(/v1/private/\S+) status=(\d+)",
                                  server.stderr))


@pytest.fixture
def read(run):
    return run[0]["read"]


def anonymous(path):
    return re.sub(r"\{\w+\}", "{}", path)


def test_every_operation_of_traces_was_asked(run):
    """And each succeeded."""
    wanted = {(method.upper(), anonymous(path)) for path, operations in DOCUMENT["paths"].items()
              for method, operation in operations.items() if operation.get("tags") == ["Traces"]}
    assert len(wanted) >= 34
    asked = {(method, anonymous(path)) for method, path, status in run[1] if status[0] == "2"}
    assert wanted - asked == set()
    assert {status for _, _, status in run[1]} <= {"200", "201", "204"}


def scores_of(record, field="feedback_scores"):
    return {one["name"]: one for one in record.get(field) or []}


def test_scores_of_traces(run, read):
    quality = scores_of(read["single"])["quality"]
    assert quality["value"] == 0.3125
    entries = quality["value_by_author"]
    assert {key: entry["source"] for key, entry in entries.items()} == {
        "admin": "online_scoring", f"admin_{run[0]['queue']}": "ui"}
    assert sorted(read["single"]["tags"]) == ["one", "two"]
    assert read["trace names"] == ["quality"]
    assert read["trace stats"] == {"feedback_scores.quality": pytest.approx(4.375 / 10)}
    assert read["traces by score"] == [run[0]["traces"][0]]
    assert read["spans by score"] == [run[0]["span"]]
    assert read["traces by span score"] == [run[0]["traces"][0]]


def test_comments(read):
    for one in ("trace comment", "thread comment"):
        assert read[one]["text"] == "second"
        assert read[one]["created_by"] == "admin"
        assert read[one]["last_updated_at"] > read[one]["created_at"]
    assert read["comments"] is None


def test_the_thread(run, read):
    (listed,) = read["page"]["content"]
    assert (read["page"]["total"], read["page"]["page"]) == (1, 1)
    thread = read["thread"]
    for record in (listed, thread):
        assert (record["id"], record["status"]) == (run[0]["thread"], "active")
        assert (record["number_of_messages"], record["first_message"]) == (6, {"q": 0})
        assert record["last_message"] == {"a": 2}
        helpful = scores_of(record)["helpful"]
        assert scores_of(record).keys() == {"helpful"}
        assert helpful["value"] == 0.5
        assert helpful["reason"] == "by the client, <no reason>"
        assert record["usage"] == {"original_usage.total_tokens": 5}, "as the SDK sends it"
        assert record["total_estimated_cost"] == 0.5
    assert sorted(thread["tags"]) == ["a", "b", "c"]
    assert [one["text"] for one in thread["comments"]] == ["second"]
    (closed,) = read["closed"]
    assert (closed["id"], closed["status"]) == (run[0]["thread"], "inactive")
    assert (read["by score"], read["no score"]) == ([run[0]["thread"]], [])
    assert read["thread names"] == ["helpful"]
    assert read["thread stats"]["feedback_scores.helpful"] == 0.5
    assert read["thread stats"]["thread_count"] == 1


def test_deleted(read):
    assert (read["messages"], read["left"], read["exist"]) == (4, 0, True)
    assert read["traces page"] == 4


def test_search_of_more_than_a_page(api, server, project, tmp_path):
    """The SDK asks for 2000 at a time and sends the last thread's own id as the cursor, which may
    look like a UUID."""
    ids = [f"thread {i}" if i % 2 else (uuid4() if i % 4 else uuid7()) for i in range(4500)]
    for start in range(0, 4500, 900):
        api.batch("traces", *(turn(project, one, id=uuid7(BASE + start + i))
                              for i, one in enumerate(ids[start:start + 900])))
    assert ids[2500].count("-") == 4, "the first page ends with a UUID"
    report = sdk.run_python("search.py", project, json.dumps([
        {"kind": "threads", "max_results": 10_000},
        {"kind": "threads", "max_results": 2500, "filter_string": 'id != "no such"'}]),
        home=tmp_path / "home", url=server.url + "/api")
    assert [one["id"] for one in report[0]] == ids[::-1]
    assert [one["id"] for one in report[1]] == ids[::-1][:2500]
    assert api.page(PATH, project_name=project)["total"] == 4500
