"""Writes at the same time: many go into one transaction, and none may disturb another."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import Api, has, name, now_iso, span, trace, uuid7

THREADS = 12


@pytest.fixture
def together(server):
    """together(functions) calls each with an Api of its own, all at once; returns the results."""
    clients = [Api(server.url) for _ in range(THREADS)]

    def run(functions):
        with ThreadPoolExecutor(THREADS) as pool:
            calls = [pool.submit(function, clients[i % THREADS])
                     for i, function in enumerate(functions)]
            return [call.result() for call in calls]

    yield run
    for one in clients:
        one.session.close()


def test_one_of_many_creates_of_an_id_wins(together, api, project):
    made = uuid7()
    answers = together([lambda api, i=i: api.post("traces", trace(project, id=made, name=f"n{i}"))
                        for i in range(THREADS)])
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [201] + [409] * (THREADS - 1)
    assert api.read("traces", made)["name"] == f"n{statuses.index(201)}"


def test_many_creates_make_one_project(together, api, project):
    items = [trace(project if i % 2 else project.upper()) for i in range(THREADS * 2)]
    together([lambda api, item=item: api.create("traces", item) for item in items])
    assert api.page("projects", name=project)["total"] == 1
    assert api.page("traces", project_name=project)["total"] == len(items)


def test_refused_writes_do_not_disturb_accepted_ones(together, api, project):
    """409 and 422 come from inside the transaction that carries the others."""
    taken = trace(project)
    crowded = trace(project, tags=[f"t{i}" for i in range(50)])
    api.batch("traces", taken, crowded)
    good = [trace(project) for _ in range(40)]
    refused = [lambda api: api.post("traces", taken),
               lambda api: api.post("traces", {**taken, "project_name": name("never")}),
               lambda api: api.patch(f"traces/{taken['id']}", {"project_name": name("never")}),
               lambda api: api.patch(f"traces/{crowded['id']}", {"tags_to_add": ["x"]}),
               lambda api: api.post("projects", {"name": project})]
    calls = []
    for i, item in enumerate(good):
        calls += [lambda api, item=item: api.post("traces", item), refused[i % len(refused)]]
    statuses = [answer.status_code for answer in together(calls)]
    assert set(statuses[::2]) == {201} and set(statuses[1::2]) == {409, 422}
    ids = api.ids("traces", project_name=project, size=100)
    assert ids == sorted((item["id"] for item in [taken, crowded, *good]), reverse=True)
    assert api.page("projects", name="never")["total"] == 0


def test_tags_of_all_patches_are_added(together, api, project):
    item = trace(project)
    api.create("traces", item)
    together([lambda api, i=i: api.update("traces", item["id"], {"tags_to_add": [f"t{i}"]})
              for i in range(40)])
    assert sorted(api.read("traces", item["id"])["tags"]) == sorted(f"t{i}" for i in range(40))


def test_newest_of_many_batch_items_wins(together, api, project):
    base = trace(project)
    items = [{**base, "name": f"n{i}", "last_updated_at": now_iso(-100 + i)} for i in range(30)]
    together([lambda api, item=item: api.batch("traces", item) for item in items[::-1]])
    assert api.read("traces", base["id"])["name"] == "n29"


def test_spans_from_all_sides_are_summed_once(together, api, project):
    item = trace(project)
    spans = [span(project, item["id"], type="llm", usage={"k": 1}, total_estimated_cost=0.5)
             for _ in range(30)]
    patches = [lambda api, one=one: api.update("spans", one["id"], {
        "project_name": project, "trace_id": item["id"], "usage": {"k": 2}}) for one in spans]
    creates = [lambda api, one=one: api.create("spans", one) for one in spans]
    calls = [call for pair in zip(creates, patches) for call in pair]
    together(calls + [lambda api: api.create("traces", item)])
    assert has(api.read("traces", item["id"]),
               {"span_count": 30, "llm_span_count": 30, "usage": {"k": 60},
                "total_estimated_cost": 15})


def test_readers_see_whole_batches(together, project, api):
    """A list never shows a part of a batch that is being written."""
    api.create("projects", {"name": project})
    batches = [[trace(project) for _ in range(50)] for _ in range(10)]
    calls = []
    for batch in batches:
        calls += [lambda api, batch=batch: api.batch("traces", *batch) and 0,
                  lambda api: api.page("traces", project_name=project, size=1000)]
    for page in together(calls)[1::2]:
        assert page["total"] % 50 == 0 and page["size"] == page["total"] == len(page["content"])
