"""A list of values that are all blank was an empty list in SQL, for which no plan was found when
it chose among the traces of threads: 500."""
import json

import pytest

import client

VALUES = [",", " , ", ",,"]
PATHS = ["traces", "traces/threads", "spans"]


@pytest.fixture(scope="module")
def filled(api):
    project = client.name()
    api.create("traces", client.trace(project, thread_id="a", environment="e"))
    api.create("traces", client.trace(project, thread_id="b"))
    for environment in ("e", None):
        api.create("spans", client.span(project, environment=environment))
    return project


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("op,count", [("in", 0), ("not_in", 2)])
def test_list_of_nothing(api, filled, path, value, op, count):
    filters = [{"field": "environment", "operator": op, "value": value}]
    oql = f'environment {op} ("{value}")'
    for ways in ({"filters": json.dumps(filters)}, {"oql": oql}):
        assert api.page(path, project_name=filled, **ways)["total"] == count
        response = api.get(f"{path}/stats", params={"project_name": filled, **ways})
        assert response.status_code == 200, response.text
        stats = response.json()["stats"]
        assert (stats[0]["value"] if stats else 0) == count
    for ways in ({"filters": filters}, {"oql": oql}):
        response = api.post(f"{path}/search", {"project_name": filled, **ways})
        assert response.status_code == 200, response.text
        assert response.content.count(b"\r\n") == count


@pytest.mark.parametrize("value", VALUES)
def test_denied(api, filled, value):
    for path in PATHS:
        assert api.page(path, project_name=filled,
                        oql=f'NOT environment in ("{value}")')["total"] == 2
