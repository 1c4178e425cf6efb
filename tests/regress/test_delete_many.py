import client


def test_delete_of_a_span_with_many_below(start_server):
    """The rows of all descendants were kept until the end: more than the memory that one request
    may take, so that the span could never be deleted."""
    api = client.Api(start_server("--memory-limit", "4MiB").url)
    project = client.name()
    trace = client.trace(project)
    top, other = (client.span(project, trace["id"], usage={"a": 1}) for _ in range(2))
    api.create("traces", trace)
    api.batch("spans", top, other)
    for _ in range(24):
        api.batch("spans", *(client.span(project, trace["id"], parent_span_id=top["id"],
                                         usage={"a": 1, "b": 2}, provider="one")
                             for _ in range(500)))
    record = api.read("traces", trace["id"])
    assert (record["span_count"], record["usage"]) == (12002, {"a": 12002, "b": 24000})
    response = api.delete("spans/" + top["id"])
    assert response.status_code == 204, response.text
    record = api.read("traces", trace["id"])
    assert (record["span_count"], record["usage"]) == (1, {"a": 1})
    assert "providers" not in record
    assert api.ids("spans", project_name=project) == [other["id"]]


def test_delete_of_several_threads(api, project):
    """What is told to those who follow a project was written into memory that had been given back
    after the first thread."""
    for thread in ("one", "two", "three"):
        api.batch("traces", *(client.trace(project, thread_id=thread) for _ in range(3)))
    response = api.post("traces/threads/delete",
                        {"project_name": project, "thread_ids": ["one", "two"]})
    assert response.status_code == 204, response.text
    assert api.page("traces", project_name=project)["total"] == 3
