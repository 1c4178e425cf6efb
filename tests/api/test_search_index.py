"""The search index (docs/architecture.md) leaves rows out that cannot match: with it, every search
and filter finds what it finds without."""
import json
import random
import sqlite3
import time

import pytest

from client import Api, name, trace, uuid7
from server import Server

ROWS = 500
WORDS = ["alpha", "Beta", "gamma delta", "größe", "ÄRGER", "日本語テキスト", "100%", "snake_case",
         "back\\slash", "quote\"d", "tab\there", "x", "zz"]


def rows_of(project):
    draw = random.Random(3)
    rows = []
    for i in range(ROWS):
        words = [draw.choice(WORDS) for _ in range(3)]
        rows.append(trace(project, id=uuid7(1_767_225_600_000 + i), name=words[0], tags=[words[1]],
                          input={"question": words[2], "n": i}, output=f"answer {i * 7919}",
                          metadata={"nested": {"word": words[1]}}, thread_id=f"thread-{i % 50}",
                          last_updated_at="2026-01-01T00:00:00Z"))
    rows[123]["error_info"] = {"exception_type": "OddError", "traceback": "at line twelve"}
    return rows


@pytest.fixture(scope="module")
def indexed(tmp_path_factory):
    data = tmp_path_factory.mktemp("indexed")
    with Server(data, "--search-index-rest", "100ms") as server:
        api, project = Api(server.url), name()
        rows = rows_of(project)
        for first in range(0, ROWS, 100):
            api.batch("traces", *rows[first:first + 100])
        before = [find(api, project, **query) for query in queries()]
        wait_for_index(data)
        yield api, project, before, data


def wait_for_index(data):
    """Until each zone has its set."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with sqlite3.connect(f"file:{data}/ocelli.db?mode=ro", uri=True) as db:
            zones, = db.execute("SELECT count(*) FROM trace_zone").fetchone()
            sets, = db.execute("SELECT count(*) FROM trace_text WHERE bits IS NOT NULL").fetchone()
        if zones and zones == sets:
            return
        time.sleep(0.05)
    raise AssertionError(f"{sets} of {zones} zones are indexed")


FIELDS = [("name", None), ("output", None), ("input_json", "question"), ("tags", None),
          ("metadata", "nested.word"), ("custom", "input.question"), ("thread_id", None)]


def queries():
    draw = random.Random(9)
    words = WORDS + ["ALPHA", "GRÖSSE", "ärger", "本語", "0%", "snake\\_case", "snake%case",
                     "al_ha", "answer 79", "thread-49", "OddError", "line twelve", "nowhere",
                     "alphaz", "\\\\slash", "\\\"d"]
    for word in words:
        yield {"search": word}
        # Each combination comes up with some words.
        for field, key in draw.sample(FIELDS, 3):
            operators = ["contains", "not_contains", "="]
            if field != "tags":
                operators += ["starts_with", "ends_with"]
            test = {"field": field, "operator": draw.choice(operators), "value": word}
            yield {"filters": json.dumps([{**test, "key": key} if key else test])}
        tests = [{"field": "name", "operator": "contains", "value": word},
                 {"field": "output", "operator": "contains", "value": "answer 7"}]
        yield {"filters": json.dumps([{"or": tests}])}
        yield {"filters": json.dumps([{"not": tests[0]}, tests[1]])}


def find(api, project, **query):
    page = api.page("traces", project_name=project, size=2 * ROWS, exclude=json.dumps(
        ["input", "output", "metadata"]), **query)
    assert page["total"] == len(page["content"])
    return [item["id"] for item in page["content"]]


def test_same_answers(indexed):
    api, project, before, _ = indexed
    assert sum(map(len, before)) > ROWS
    for query, wanted in zip(queries(), before):
        assert find(api, project, **query) == wanted, query


def test_streams(indexed):
    api, project, before, _ = indexed
    for query, wanted in list(zip(queries(), before))[::3]:
        if "filters" not in query:
            continue
        body = {"project_name": project, "filters": json.loads(query["filters"]),
                "exclude": ["input", "output", "metadata"]}
        lines = api.search("traces", **body, limit=2000)
        assert [line["id"] for line in lines] == wanted, query
        page = api.search("traces", **body, limit=7)
        rest = api.search("traces", **body, last_retrieved_id=page[-1]["id"]) if page else []
        assert [line["id"] for line in page + rest] == wanted, query


def test_rare_words_take_few_steps(indexed):
    api, project, _, _ = indexed

    def steps(word):
        response = api.get("traces", params={"project_name": project, "search": word, "size": 1})
        return int(response.headers["Server-Timing"].split('steps;desc="')[1].split()[0])

    assert steps("no such word") * 10 < steps("answer")


def test_changes_are_found(indexed):
    """Right after the answer of the write, whatever was indexed before."""
    api, project, _, data = indexed
    ids = find(api, project)
    for n, trace_id in enumerate(random.Random(5).sample(ids, 10)):
        word = f"changed{n}word"
        api.update("traces", trace_id, {"project_name": project, "output": {"a": word}})
        assert find(api, project, search=word) == [trace_id]
    new = trace(project, name="brand new word")
    api.create("traces", new)
    assert find(api, project, search="brand new") == [new["id"]]
    between = trace(project, id=uuid7(1_767_225_600_000 + 250), output="squeezed in")
    api.create("traces", between)
    assert find(api, project, search="squeezed in") == [between["id"]]
    assert find(api, project, search="changed3word") != []


def test_spans(indexed):
    api, project, _, _ = indexed
    trace_id = find(api, project)[0]
    spans = [{"id": uuid7(), "project_name": project, "trace_id": trace_id, "type": kind,
              "name": f"step {n}", "start_time": "2026-01-01T00:00:00Z", "model": "gpt-Nine",
              "provider": "acme", "output": {"text": "ångström"}} for n, kind in
             enumerate(["general", "tool", "llm", "guardrail"])]
    api.batch("spans", *spans)

    def search(word):
        return sorted(api.ids("spans", project_name=project, search=word))

    for _ in range(2):
        assert search("ÅNGSTRÖM") == search("GPT-nine") == search("acme") \
            == sorted(span["id"] for span in spans)
        assert search("guardra") == [spans[3]["id"]]
        assert search("step 2") == [spans[2]["id"]]
        assert search("nothing of it") == []
        time.sleep(1.5)  # longer than the rows must rest
