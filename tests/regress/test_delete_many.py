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


def test_dropped_names_are_not_taken_away(api, project):
    """A trace's sums keep 5000 names. A span whose name was not among them took it away when it was
    deleted: the trace showed -1."""
    trace = client.trace(project, thread_id="t")
    spans = [client.span(project, trace["id"], usage={f"n{i}-{j}": 1 for j in range(1000)})
             for i in range(8)]
    api.create("traces", trace)
    for span in spans:
        api.batch("spans", span)
    assert len(api.read("traces", trace["id"])["usage"]) == 5000
    for span in spans:
        assert api.delete("spans/" + span["id"]).status_code == 204
        record = api.read("traces", trace["id"])
        assert min(record.get("usage", {}).values(), default=1) == 1
    assert "usage" not in record
    api.batch("spans", client.span(project, trace["id"], usage={"n7-999": 1}))
    assert api.read("traces", trace["id"])["usage"] == {"n7-999": 1}
