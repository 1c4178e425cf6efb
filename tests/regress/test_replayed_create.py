import pytest

import client


@pytest.mark.parametrize("kind", ["traces", "spans"])
def test_replayed_create_keeps_the_patch(api, project, kind):
    """A PATCH overtook the create, the client's clock was ahead of the server's, and the SDK sent
    the create again: its second arrival replaced the PATCH's values."""
    make = client.trace if kind == "traces" else client.span
    item = make(project, name="create", last_updated_at="2100-01-01T00:00:00Z")
    place = {"trace_id": item["trace_id"]} if kind == "spans" else {}
    api.update(kind, item["id"], {"project_name": project, "name": "patch", **place})
    for _ in range(2):
        api.batch(kind, item)
        assert api.read(kind, item["id"])["name"] == "patch"
    api.batch(kind, {**item, "name": "later", "last_updated_at": "2100-01-01T00:00:01Z"})
    assert api.read(kind, item["id"])["name"] == "later"
