import client
from test_events import Stream


def test_all_traces_of_deleted_threads_are_told(api, project):
    """Deleting a thread gave the memory of what its followers are told back too early: with more
    than 500 traces the server wrote into it, with less they were told anything."""
    traces = [client.trace(project, thread_id="long" if n < 1100 else "short") for n in range(1105)]
    for start in (0, 600):
        api.batch("traces", *traces[start:start + 600])
    with Stream(api, api.project_id(project)) as stream:
        response = api.post("traces/threads/delete",
                            {"project_name": project, "thread_ids": ["long", "short"]})
        assert response.status_code == 204
        events = stream.take(len(traces))
    assert {event for event, _, _ in events} == {"deleted"}
    assert sorted(item_id for _, item_id, _ in events) == sorted(item["id"] for item in traces)
