import pytest

import client


def thread_of(api, project, thread_id):
    response = api.post("traces/threads/retrieve",
                        {"project_name": project, "thread_id": thread_id})
    assert response.status_code == 200, response.text
    return response.json()


def test_first_of_traces_that_start_together(api, project):
    """Of two traces that start at one time the one with the smaller id is the first; when the
    thread was counted anew, its environment came from the other."""
    first, second, other = (client.trace(project, environment=environment)
                            for environment in ("zulu", "alpha", "beta"))
    other["start_time"] = "2023-01-01T00:00:00Z"
    for trace in (first, second, other):
        api.create("traces", trace)
        api.update("traces", trace["id"], {"thread_id": "t"})
    assert thread_of(api, project, "t")["environment"] == "beta"
    api.delete(f"traces/{other['id']}")
    assert thread_of(api, project, "t")["environment"] == "zulu"


def test_later_of_two_items_about_one_trace(api, project):
    """A batch stated a trace twice: the thread kept the environment of the first statement."""
    trace = client.trace(project)
    api.create("traces", trace)
    api.update("traces", trace["id"], {"thread_id": "t"})
    api.batch("traces", {**trace, "environment": "one"}, {**trace, "environment": "two"})
    assert thread_of(api, project, "t")["environment"] == "two"


@pytest.mark.parametrize("filters", [None, '[{"field":"environment","operator":"=",'
                                           '"value":"late"}]'])
def test_environment_of_the_traces_that_are_chosen(api, project, filters):
    """A filter chose some traces of a thread: it still showed the environment of its first one."""
    for n, environment in enumerate(("early", "late")):
        trace = client.trace(project, start_time=f"2024-01-0{n + 1}T00:00:00Z")
        api.create("traces", trace)
        api.update("traces", trace["id"], {"thread_id": "t", "environment": environment})
    page = api.page("traces/threads", project_name=project, filters=filters)
    assert [thread["environment"] for thread in page["content"]] == \
        ["late" if filters else "early"]
