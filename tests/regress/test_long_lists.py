import client


def test_long_list_of_projects(start_server):
    """A page of projects was built whole in memory; a large one was refused."""
    api = client.Api(start_server("--memory-limit", "1MiB").url)
    names = {f"{i:05}".ljust(150, "n") for i in range(4000)}
    ordered = sorted(names)
    for at in range(0, len(ordered), 200):
        api.batch("traces", *(client.trace(name) for name in ordered[at:at + 200]))
    response = api.get("projects", params={"size": 2**31 - 1, "name": "nnn"})
    assert response.status_code == 200, response.text[:200]
    page = response.json()
    assert {project["name"] for project in page["content"]} == names
    assert (page["page"], page["size"], page["total"]) == (1, 4000, 4000)
    assert page["sortable_by"]
    last = api.get("projects", params={"size": 3000, "page": 2, "name": "nnn"}).json()
    assert (len(last["content"]), last["size"], last["total"]) == (1000, 1000, 4000)
    none = api.get("projects", params={"size": 3000, "page": 3}).json()
    assert (none["content"], none["sortable_by"]) == ([], [])
