"""Bounds within one millisecond counted as equal and were refused."""
import pytest

import client

MS = 1704067200123
SECOND = "2024-01-01T00:00:00"
ORDER = "Parameter 'from_time' must be before 'to_time'"


@pytest.fixture(scope="module")
def filled(api):
    """A trace, a span and a thread of three milliseconds each."""
    project = client.name()
    for moment in (MS - 1, MS, MS + 1):
        api.create("traces", client.trace(project, id=client.uuid7(moment), thread_id=str(moment)))
        api.create("spans", client.span(project, id=client.uuid7(moment)))
    return project


@pytest.mark.parametrize("kind", ["traces", "spans", "traces/threads"])
@pytest.mark.parametrize("start,end,count", [
    (".1231", ".1232", 1), (".123", ".123001", 1), (".123998", ".123999", 1), (".1229", ".1231", 2),
    (".1231", ".1231", None), (".1232", ".1231", None)])
def test_bounds(api, filled, kind, start, end, count):
    bounds = {"from_time": f"{SECOND}{start}Z", "to_time": f"{SECOND}{end}Z"}
    listed = api.get(kind, params={"project_name": filled, **bounds})
    streamed = api.post(f"{kind}/search", {"project_name": filled, **bounds})
    if count is None:
        assert client.is_message(listed, 400, ORDER) and client.is_message(streamed, 400, ORDER)
        return
    assert listed.status_code == 200, listed.text
    assert listed.json()["total"] == count
    assert streamed.status_code == 200, streamed.text
    assert streamed.content.count(b"\r\n") == count


def test_nanoseconds(api, filled):
    params = {"from_time": f"{SECOND}.123000001Z", "to_time": f"{SECOND}.123000002Z"}
    assert api.page("traces", project_name=filled, **params)["total"] == 1
