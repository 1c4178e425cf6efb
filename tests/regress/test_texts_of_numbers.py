"""Filters took for numbers what strtod() takes: blanks in front and hexadecimal digits, which then
compared as something else, and refused decimals beyond a double's range."""
import json

import pytest

import client


def found(api, kind, project, field, op, key, value):
    filters = [{"field": field, "operator": op, "key": key, "value": value}]
    return api.get(kind, params={"project_name": project, "filters": json.dumps(filters)})


@pytest.fixture(scope="module")
def scored(api):
    """A project with a trace, a span of it and a thread, each with the score 0.5."""
    project = client.name()
    trace = client.trace(project, thread_id="t", metadata={"hex": "0x10", "n": 17, "blank": " 17"})
    span = client.span(project, trace["id"])
    api.create("traces", trace)
    api.create("spans", span)
    score = {"name": "s", "value": 0.5, "source": "ui"}
    for kind, item in (("traces", trace), ("spans", span)):
        assert api.put(f"{kind}/{item['id']}/feedback-scores", score).status_code == 204
    scores = [{**score, "thread_id": "t", "project_name": project}]
    assert api.put("traces/threads/feedback-scores", {"scores": scores}).status_code == 204
    return project


FIELDS = [("traces", "feedback_scores"), ("traces", "span_feedback_scores"),
          ("spans", "feedback_scores"), ("traces/threads", "feedback_scores")]


@pytest.mark.parametrize("kind,field", FIELDS)
@pytest.mark.parametrize("value", [" 0.4", "\t0.4", "0x0", "0.4 ", "1e"])
def test_no_decimals(api, scored, kind, field, value):
    assert client.is_message(found(api, kind, scored, field, "<", "s", value), 400,
                             f"Invalid value '{value}' or key 's' for field '{field}' of type "
                             "'FEEDBACK_SCORES_NUMBER'")


@pytest.mark.parametrize("kind,field", FIELDS)
@pytest.mark.parametrize("op,value,count", [
    ("<", "1e400", 1), (">", "1e400", 0), (">", "-1e400", 1), ("=", "1e400", 0), ("<", "1.", 1),
    ("=", "+.5", 1), (">", "1e-400", 1), ("=", "0." + "0" * 500, 0), ("=", "5" + "0" * 500, 0)])
def test_decimals(api, scored, kind, field, op, value, count):
    response = found(api, kind, scored, field, op, "s", value)
    assert response.status_code == 200, response.text
    assert response.json()["total"] == count


@pytest.mark.parametrize("op,key,value,count", [
    (">", "n", "16", 1), (">", "n", " 16 ", 1), (">", "n", "0x10", 0), ("<", "n", "inf", 0),
    (">", "hex", "5", 0), ("<", "hex", "50", 0), (">", "blank", "5", 0), ("=", "hex", "0X10", 1)])
def test_dictionaries(api, scored, op, key, value, count):
    response = found(api, "traces", scored, "metadata", op, key, value)
    assert response.status_code == 200, response.text
    assert response.json()["total"] == count
