import client


def test_sums_of_nothing_are_left_out(api, project):
    """A span lost its usage and provider in the request that brought it, before its trace came:
    the trace then showed `usage: {"x": 0}` and the provider."""
    trace = client.trace(project)
    span = client.span(project, trace["id"])
    api.batch("spans", {**span, "usage": {"x": 1}, "provider": "one",
                        "last_updated_at": "2020-01-01T00:00:00Z"}, span)
    api.create("traces", trace)
    record = api.read("traces", trace["id"])
    assert record["span_count"] == 1
    assert not {"usage", "providers", "metadata"} & record.keys()
