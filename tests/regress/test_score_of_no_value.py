import pytest

from client import is_error, name, uuid7


@pytest.mark.parametrize("path,key", [("traces", "id"), ("spans", "id"),
                                      ("traces/threads", "thread_id")])
def test_an_empty_text_is_no_value(api, path, key):
    """"value": "" passed the rules and failed in the database: 500."""
    item = {key: uuid7(), "project_name": name(), "name": "n", "value": "", "source": "sdk"}
    response = api.put(f"{path}/feedback-scores", {"scores": [item]}, bad=True)
    assert is_error(response, 422, "scores[0].value must not be null")
