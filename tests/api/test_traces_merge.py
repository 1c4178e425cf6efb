"""POST /traces after PATCH: the completing merge (traces.md 6.3)."""
import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

import client
from client import FULL, has, is_error, now_iso, trace, uuid7

POST = {**FULL, "thread_id": "post thread"}
PATCH = {
    "name": "patched", "thread_id": "patched thread", "input": {"p": 1}, "output": {"p": 2},
    "metadata": {"p": 3}, "tags": ["p"], "error_info": {"exception_type": "P", "traceback": "p"},
    "end_time": "2025-05-05T05:05:05Z", "ttft": 0.5, "source": "evaluator", "environment": "patch",
}


def merged(api, project, patch, post):
    """PATCH, then POST; what the trace reads as."""
    item = trace(project, **post)
    item.update(post)
    api.update("traces", item["id"], {"project_name": project, **patch})
    api.create("traces", item)
    return api.read("traces", item["id"])


@pytest.mark.parametrize("field", PATCH)
def test_patch_value_wins(api, project, field):
    read = merged(api, project, {field: PATCH[field]}, POST)
    assert has(read, {**POST, field: PATCH[field]})


@pytest.mark.parametrize("field", PATCH)
def test_post_fills_the_gap(api, project, field):
    patch = {key: value for key, value in PATCH.items() if key != field}
    assert has(merged(api, project, patch, POST), {**PATCH, field: POST[field]})


@pytest.mark.parametrize("field", PATCH)
def test_patch_value_stays_when_post_lacks_it(api, project, field):
    read = merged(api, project, {field: PATCH[field]}, {})
    assert has(read, {field: PATCH[field]}, *(set(PATCH) - {field, "environment"}))


@pytest.mark.parametrize("field", ["name", "thread_id", "environment"])
def test_empty_text_of_patch_does_not_win(api, project, field):
    assert has(merged(api, project, {field: ""}, POST), {field: POST[field]})


@pytest.mark.parametrize("field", ["name", "thread_id", "tags", "error_info", "end_time", "ttft",
                                   "source", "environment"])
def test_null_of_patch_does_not_win(api, project, field):
    assert has(merged(api, project, {field: None}, POST), {field: POST[field]})


@pytest.mark.parametrize("value", [{}, "", [], 0, False, None])
@pytest.mark.parametrize("field", ["input", "output", "metadata"])
def test_any_stored_json_of_patch_wins(api, project, field, value):
    read = merged(api, project, {field: value}, POST)
    assert field in read and read[field] == value


def test_empty_tags_of_patch_do_not_win(api, project):
    assert has(merged(api, project, {"tags": []}, POST), {"tags": POST["tags"]})


def test_tags_have_no_union(api, project):
    assert merged(api, project, {"tags": ["p"]}, {"tags": ["a"]})["tags"] == ["p"]


@pytest.mark.parametrize("patch", [
    {"tags_to_add": ["late"]}, {"tags_to_remove": ["draft"]},
    {"tags_to_add": ["late", "keep"], "tags_to_remove": ["draft", "other"]}], ids=str)
@pytest.mark.parametrize("kind", ["traces", "spans"])
def test_changes_of_tags_come_in_any_order(api, project, kind, patch):
    """The server is asked between, so that what waits for the create is read back."""
    read = []
    for order in (0, 1):
        item = (client.trace if kind == "traces" else client.span)(project,
                                                                   tags=["draft", "keep"])
        body = {"project_name": project, **patch}
        if kind == "spans":
            body["trace_id"] = item["trace_id"]
        steps = [lambda: api.update(kind, item["id"], body), lambda: api.batch(kind, item)]
        for step in steps[::1 if order else -1]:
            step()
            api.read(kind, item["id"])
        read.append(sorted(api.read(kind, item["id"])["tags"]))
    assert read[0] == read[1]
    assert read[0] == sorted({"draft", "keep"} - set(patch.get("tags_to_remove", []))
                             | set(patch.get("tags_to_add", [])))


@pytest.mark.parametrize("kind", ["traces", "spans"])
@pytest.mark.parametrize("create", ["single", "batch"])
def test_patches_without_a_project_wait_for_it(api, project, kind, create):
    """They come before the create, which alone names the project."""
    item = (client.trace if kind == "traces" else client.span)(project, name="created")
    body = {"trace_id": item["trace_id"]} if kind == "spans" else {}
    api.update(kind, item["id"], {**body, "output": {"late": 1}})
    api.update(kind, item["id"], {"tags_to_add": ["x"]})
    assert api.put(f"{kind}/{item['id']}/feedback-scores",
                   {"name": "s", "value": 1, "source": "sdk"}).status_code == 204
    if create == "single":
        api.create(kind, item)
    else:
        api.batch(kind, item)
    read = api.read(kind, item["id"])
    assert has(read, {"name": "created", "output": {"late": 1}, "tags": ["x"],
                      "project_id": api.project_id(project)})
    assert [score["name"] for score in read["feedback_scores"]] == ["s"]
    assert api.ids(kind, project_name=project) == [item["id"]]
    filters = f'[{{"field": "id", "operator": "=", "value": "{item["id"]}"}}]'
    assert api.ids(kind, project_name="Default Project", filters=filters) == []


def test_closing_item_wins_however_items_are_cut_into_requests(api, project):
    """Start and end of a trace in one batch, with a PATCH before both."""
    for together in (False, True):
        trace = client.trace(project, last_updated_at="2024-01-01T00:00:00Z")
        api.update("traces", trace["id"], {"project_name": project, "output": "draft", "name": "p"})
        start = {**trace, "name": None, "output": "none yet"}
        end = {**trace, "name": None, "output": "final", "last_updated_at": "2099-01-01T00:00:00Z"}
        for items in [[start, end]] if together else [[start], [end]]:
            api.batch("traces", *items)
        assert has(api.read("traces", trace["id"]), {"output": "final", "name": "p"})


def test_end_time_at_epoch_does_not_win(api, project):
    read = merged(api, project, {"end_time": "1970-01-01T00:00:00Z"}, POST)
    assert has(read, {"end_time": POST["end_time"]})


def test_ttft_zero_wins(api, project):
    assert merged(api, project, {"ttft": 0}, POST)["ttft"] == 0


def test_start_time_and_visibility_from_post(api, project):
    read = merged(api, project, PATCH, {"start_time": "2024-04-04T00:00:00Z"})
    assert has(read, {"start_time": "2024-04-04T00:00:00Z", "visibility_mode": "default"})


def test_created_at_from_patch_and_last_updated_at_now(api, project):
    item = trace(project)
    api.update("traces", item["id"], {"project_name": project})
    partial = api.read("traces", item["id"])
    between = now_iso()
    api.create("traces", item)
    read = api.read("traces", item["id"])
    assert read["created_at"] == partial["created_at"]
    assert between <= read["last_updated_at"] <= now_iso()


def test_duration_of_merged_times(api, project):
    read = merged(api, project, {"end_time": "2024-01-01T00:00:03Z"},
                  {"start_time": "2024-01-01T00:00:01Z", "end_time": "2024-01-01T00:00:09Z"})
    assert read["duration"] == 2000


def test_patches_accumulate(api, project):
    item = trace(project, **POST)
    for field in ("output", "tags", "name"):
        api.update("traces", item["id"], {"project_name": project, field: PATCH[field]})
    api.create("traces", item)
    assert has(api.read("traces", item["id"]),
               {**POST, "output": PATCH["output"], "tags": PATCH["tags"], "name": PATCH["name"]})


def test_second_post_is_409(api, project):
    item = trace(project)
    api.update("traces", item["id"], {"project_name": project})
    api.create("traces", item)
    assert is_error(api.post("traces", item), 409, "Trace already exists")


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=str)
def test_any_order_of_disjoint_patches_and_one_post(api, project, order):
    item = trace(project, input={"q": 1})
    fields = [{"output": {"o": 1}}, {"tags": ["t"], "ttft": 1}, {"name": "n"}]
    steps = [lambda: api.create("traces", item)] + [
        lambda body=body: api.update("traces", item["id"], {"project_name": project, **body})
        for body in fields]
    for i in order:
        steps[i]()
    assert has(api.read("traces", item["id"]),
               {"start_time": item["start_time"], "input": {"q": 1}, "output": {"o": 1},
                "tags": ["t"], "ttft": 1, "name": "n"})


def test_concurrent_disjoint_patches_and_one_post(api, project):
    fields = [{"output": {"o": 1}}, {"tags": ["t"]}, {"name": "n"}, {"ttft": 1}, {"thread_id": "x"}]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(10):
            item = trace(project, input={"q": 1})
            calls = [pool.submit(api.create, "traces", item)] + [
                pool.submit(api.update, "traces", item["id"], {"project_name": project, **body})
                for body in fields]
            for call in calls:
                call.result()
            assert has(api.read("traces", item["id"]),
                       {"start_time": item["start_time"], "input": {"q": 1}, "output": {"o": 1},
                        "tags": ["t"], "name": "n", "ttft": 1, "thread_id": "x"})


def test_same_row_whether_single_or_batch(api, project):
    """A PATCH that overtakes the create: both kinds of create give the same trace."""
    ids = [uuid7(), uuid7()]
    for made in ids:
        api.update("traces", made, {"project_name": project, "output": {"p": 1}, "tags": ["p"]})
    api.create("traces", trace(project, id=ids[0], **POST))
    api.batch("traces", trace(project, id=ids[1], **POST))
    single, batched = (api.read("traces", made) for made in ids)
    for key in ("id", "created_at", "last_updated_at"):
        single.pop(key), batched.pop(key)
    assert single == batched
