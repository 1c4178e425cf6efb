"""A filter with two of field, or, and, not dropped one of them without a word, so that statistics
and streams had too much; one that is null beside a field was an error."""
import json

import pytest

import client

A, B = ({"field": "id", "operator": "=", "value": text} for text in "ab")


@pytest.fixture(scope="module")
def filled(api):
    project = client.name()
    for thread in "ab":
        api.create("traces", client.trace(project, thread_id=thread))
    return project


def every_way(api, project, filters):
    """The status of list, statistics and stream."""
    raw = {"project_name": project, "filters": json.dumps(filters)}
    body = {"project_name": project, "filters": filters}
    return {api.get("traces/threads", params=raw).status_code,
            api.get("traces/threads/stats", params=raw).status_code,
            api.post("traces/threads/search", body, bad=True).status_code}


@pytest.mark.parametrize("node", [{"or": [A], "and": [B]}, {**A, "or": [B]}, {**A, "not": B},
                                  {"not": A, "and": []}, {"or": [{"and": [A], "not": B}]}])
def test_two_kinds(api, filled, node):
    assert every_way(api, filled, [node]) == {400}


@pytest.mark.parametrize("node", [{**A, "or": None}, {**A, "and": None, "not": None},
                                  {"or": [A], "field": None, "not": None}])
def test_null_is_absent(api, filled, node):
    assert every_way(api, filled, [node]) == {200}
    assert api.ids("traces/threads", project_name=filled, filters=json.dumps([node])) == ["a"]
