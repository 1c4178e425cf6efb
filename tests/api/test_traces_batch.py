"""POST /traces/batch (traces.md 4.2) and "The merge rule" of contract/README.md for batches."""
import itertools

import pytest

from client import (full_trace, has, is_error, is_message, is_unreadable, name, now_iso, trace,
                    uuid4, uuid7)

ABSENT = ("name", "end_time", "input", "output", "metadata", "tags", "error_info", "ttft",
          "thread_id", "source", "duration")


def send(api, *items):
    return api.post("traces/batch", {"traces": list(items)}, bad=True)


# ---- writing ------------------------------------------------------------------------------------

def test_items_read_back(api, project):
    items = [full_trace(project), trace(project), full_trace(project, name="third")]
    response = api.batch("traces", *items)
    assert response.content == b""
    for item in items:
        expected = {key: value for key, value in item.items() if key != "project_name"}
        assert has(api.read("traces", item["id"]), expected)


def test_ids_are_generated(api, project):
    items = [{**trace(project, name="one"), "id": None}, trace(project, name="two")]
    del items[1]["id"]
    api.batch("traces", *items)
    assert {item["name"] for item in api.page("traces", project_name=project)["content"]} == {
        "one", "two"}


def test_several_projects(api, project):
    other = name("other")
    items = [trace(project), trace(other), trace(project.upper()), trace(f" {project} ")]
    api.batch("traces", *items)
    assert api.page("traces", project_name=project)["total"] == 3
    assert api.ids("traces", project_name=other) == [items[1]["id"]]


def test_largest_batch(api, project):
    api.batch("traces", *(trace(project) for _ in range(1000)))
    assert api.page("traces", project_name=project, size=1)["total"] == 1000


@pytest.mark.parametrize("count", [0, 1001])
def test_size_is_1_to_1000(api, project, count):
    assert is_error(send(api, *(trace(project) for _ in range(count))), 422,
                    "traces size must be between 1 and 1000")
    assert not api.project_exists(project)


@pytest.mark.parametrize("body", [{}, {"traces": None}])
def test_traces_missing(api, body):
    assert is_error(api.post("traces/batch", body, bad=True), 422, "traces must not be null")


@pytest.mark.parametrize("body", [{"traces": {}}, {"traces": "x"}, {"traces": [1]}, [], "x"])
def test_wrong_type(api, body):
    assert is_unreadable(api.post("traces/batch", body, bad=True))


def test_violations_have_the_index(api, project):
    items = [trace(project), {"id": uuid7()}, {**trace(" "), "ttft": -1},
             trace(project, last_updated_at="2300-01-01T00:00:00Z")]
    assert is_error(send(api, *items), 422, "traces[1].startTime must not be null",
                    "traces[2].projectName must not be blank",
                    "traces[2].ttft must be greater than or equal to 0",
                    "traces[3].lastUpdatedAt must be after or equal 1970-01-01T00:00:00.000000Z "
                    "and before 2300-01-01T00:00:00.000000Z")
    assert not api.project_exists(project)


@pytest.mark.parametrize("last", ["1970-01-01T00:00:00Z", "2299-12-31T23:59:59.999999Z"])
def test_last_updated_at_range(api, project, last):
    item = trace(project, last_updated_at=last)
    api.batch("traces", item)
    assert api.read("traces", item["id"])["last_updated_at"] == last


@pytest.mark.parametrize("bad_id,check", [
    (uuid4(), lambda answer: is_message(answer, 400, "Invalid UUID for id",
                                        "Trace id must be a version 7 UUID")),
    ("nonsense", is_unreadable),
])
def test_one_invalid_id_refuses_the_whole_request(api, project, bad_id, check):
    good = trace(project)
    assert check(send(api, good, trace(project, id=bad_id)))
    assert api.get(f"traces/{good['id']}").status_code == 404
    assert not api.project_exists(project)


# ---- clocks -------------------------------------------------------------------------------------

def test_last_updated_at_absent_is_one_now(api, project):
    items, before = [trace(project), trace(project)], now_iso()
    api.batch("traces", *items)
    seen = {api.read("traces", item["id"])["last_updated_at"] for item in items}
    assert len(seen) == 1 and before <= seen.pop() <= now_iso()


@pytest.mark.parametrize("sent,stored", [
    ("2024-05-05T01:02:03.123456789Z", "2024-05-05T01:02:03.123456Z"),
    ("2024-05-05T01:02:03.123Z", "2024-05-05T01:02:03.123Z"),
    ("2024-05-05T03:02:03+02:00", "2024-05-05T01:02:03Z"),
])
def test_last_updated_at_has_microseconds(api, project, sent, stored):
    item = trace(project, last_updated_at=sent)
    api.batch("traces", item)
    assert api.read("traces", item["id"])["last_updated_at"] == stored


def test_newer_replaces_the_entire_trace(api, project):
    first = full_trace(project, last_updated_at="2024-01-01T00:00:01Z")
    second = trace(project, id=first["id"], start_time="2024-02-02T00:00:00Z",
                   last_updated_at="2024-01-01T00:00:02Z")
    api.batch("traces", first)
    api.batch("traces", second)
    assert has(api.read("traces", first["id"]),
               {"start_time": second["start_time"], "environment": "",
                "last_updated_at": second["last_updated_at"]}, *ABSENT)


def test_older_changes_nothing(api, project):
    first = full_trace(project, last_updated_at="2024-01-01T00:00:02Z")
    api.batch("traces", first)
    before = api.read("traces", first["id"])
    api.batch("traces", trace(project, id=first["id"], name="older",
                              last_updated_at="2024-01-01T00:00:01.999999Z"))
    assert api.read("traces", first["id"]) == before


def test_equal_clock_replaces(api, project):
    clock = "2024-01-01T00:00:02Z"
    first = full_trace(project, last_updated_at=clock)
    api.batch("traces", first)
    api.batch("traces", trace(project, id=first["id"], name="second", last_updated_at=clock))
    assert has(api.read("traces", first["id"]), {"name": "second"}, "input", "tags")


def test_absent_clock_is_newer_than_the_past(api, project):
    first = full_trace(project, last_updated_at=now_iso(-5))
    api.batch("traces", first)
    api.batch("traces", trace(project, id=first["id"], name="second"))
    assert has(api.read("traces", first["id"]), {"name": "second"}, "input", "tags")


def test_absent_clock_is_older_than_the_future(api, project):
    first = full_trace(project, last_updated_at=now_iso(3600))
    api.batch("traces", first)
    api.batch("traces", trace(project, id=first["id"], name="second"))
    assert api.read("traces", first["id"])["name"] == first["name"]


def test_created_at_is_of_the_winning_version(api, project):
    first = trace(project, last_updated_at="2024-01-01T00:00:01Z")
    api.batch("traces", first)
    between = api.read("traces", first["id"])["created_at"]
    api.batch("traces", {**first, "last_updated_at": "2024-01-01T00:00:02Z"})
    assert api.read("traces", first["id"])["created_at"] > between


def test_existing_single_post_is_replaced_by_a_newer_item(api, project):
    item = full_trace(project)
    api.create("traces", item)
    api.batch("traces", trace(project, id=item["id"], name="n", last_updated_at=now_iso(5)))
    assert has(api.read("traces", item["id"]), {"name": "n"}, "input", "tags")


def test_existing_single_post_hides_an_older_item(api, project):
    item = full_trace(project)
    api.create("traces", item)
    api.batch("traces", trace(project, id=item["id"], name="n", last_updated_at=now_iso(-5)))
    assert api.read("traces", item["id"])["name"] == item["name"]


def test_start_and_end_message_in_any_order(api, project):
    for order in (1, -1):
        start = trace(project, input={"q": 1}, last_updated_at="2024-01-01T00:00:01Z")
        end = {**start, "output": {"a": 1}, "end_time": "2024-01-01T11:00:00Z",
               "last_updated_at": "2024-01-01T00:00:02Z"}
        for item in (start, end)[::order]:
            api.batch("traces", item)
        assert has(api.read("traces", start["id"]),
                   {"input": {"q": 1}, "output": {"a": 1}, "end_time": end["end_time"]})


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_batches_end_in_the_same_row_in_any_order(api, project, order):
    base = trace(project)
    versions = [{**base, "name": f"v{i}", "last_updated_at": f"2024-01-01T00:00:0{i}Z",
                 **({"input": {"i": i}} if i != 2 else {"tags": ["last"]})} for i in range(3)]
    for i in order:
        api.batch("traces", versions[i])
    assert has(api.read("traces", base["id"]),
               {"name": "v2", "tags": ["last"], "last_updated_at": "2024-01-01T00:00:02Z"}, "input")


# ---- several items of one id in one request -----------------------------------------------------

@pytest.mark.parametrize("order", [1, -1])
def test_duplicate_ids_newest_is_kept(api, project, order):
    old = full_trace(project, last_updated_at="2024-01-01T00:00:01Z")
    new = trace(project, id=old["id"], name="new", last_updated_at="2024-01-01T00:00:02Z")
    api.batch("traces", *(old, new)[::order])
    assert has(api.read("traces", old["id"]), {"name": "new"}, "input", "tags")
    assert api.page("traces", project_name=project)["total"] == 1


def test_duplicate_ids_tie_the_later_is_kept(api, project):
    first = full_trace(project, last_updated_at="2024-01-01T00:00:01Z")
    api.batch("traces", first, trace(project, id=first["id"], name="later",
                                     last_updated_at=first["last_updated_at"]))
    assert has(api.read("traces", first["id"]), {"name": "later"}, "input", "tags")


@pytest.mark.parametrize("order", [1, -1])
def test_duplicate_ids_without_clock_win_over_the_past(api, project, order):
    past = full_trace(project, last_updated_at=now_iso(-60))
    clockless = trace(project, id=past["id"], name="clockless")
    api.batch("traces", *(past, clockless)[::order])
    assert has(api.read("traces", past["id"]), {"name": "clockless"}, "input")


def test_duplicates_of_two_projects_only_the_newest_is_written(api, project):
    other = name("other")
    old = trace(project, last_updated_at="2024-01-01T00:00:01Z")
    new = trace(other, id=old["id"], last_updated_at="2024-01-01T00:00:02Z")
    api.batch("traces", old, new, trace(project))
    assert old["id"] not in api.ids("traces", project_name=project)
    assert api.ids("traces", project_name=other) == [old["id"]]


def test_same_id_in_another_project_is_a_second_row(api, project):
    other = name("other")
    first = trace(project, name="first")
    second = trace(other, id=first["id"], name="second")
    api.batch("traces", first)
    api.batch("traces", second)
    rows = {item["project_id"]: item["name"]
            for names in (project, other)
            for item in api.page("traces", project_name=names)["content"]}
    assert rows == {api.project_id(project): "first", api.project_id(other): "second"}
    assert api.read("traces", first["id"])["project_id"] == max(rows)


# ---- batch after PATCH: contract/README.md, The merge rule --------------------------------------

@pytest.mark.parametrize("seconds", [None, -3600, 3600])
def test_item_after_only_patches_becomes_the_base_whatever_its_clock(api, project, seconds):
    item = full_trace(project, last_updated_at=seconds and now_iso(seconds))
    api.update("traces", item["id"],
               {"project_name": project, "output": {"patched": 1}, "tags": ["p"]})
    api.batch("traces", item)
    expected = {key: item[key] for key in item if key not in ("project_name", "last_updated_at")}
    read = api.read("traces", item["id"])
    assert has(read, {**expected, "output": {"patched": 1}, "tags": ["p"],
                      "visibility_mode": "default"})
    assert read["start_time"] == item["start_time"]


def test_sdk_order_patch_tags_patch_end_then_batch(api, project):
    """The order in which the Python SDK really sends; Opik keeps a trace that starts in 1970."""
    item = trace(project, input={"q": 1}, last_updated_at=now_iso(-2))
    api.update("traces", item["id"], {"project_name": project, "tags": ["t"]})
    api.update("traces", item["id"], {"project_name": project, "end_time": "2024-01-01T11:00:00Z",
                                      "output": {"a": 1}})
    api.batch("traces", item)
    assert has(api.read("traces", item["id"]),
               {"start_time": item["start_time"], "input": {"q": 1}, "tags": ["t"],
                "end_time": "2024-01-01T11:00:00Z", "output": {"a": 1}})


def patched(api, project, **fields):
    """A batched trace with an old clock of which `fields` were patched then."""
    item = full_trace(project, last_updated_at=now_iso(-60))
    api.batch("traces", item)
    api.update("traces", item["id"], {"project_name": project, **fields})
    return item


def test_newer_item_keeps_patched_fields_that_it_lacks(api, project):
    item = patched(api, project, output={"patched": 1}, tags=["p"])
    api.batch("traces", trace(project, id=item["id"], name="new", last_updated_at=now_iso(60)))
    assert has(api.read("traces", item["id"]),
               {"name": "new", "output": {"patched": 1}, "tags": ["p"]},
               "input", "metadata", "error_info", "thread_id")


def test_item_later_than_the_patch_wins_for_what_it_carries(api, project):
    item = patched(api, project, output={"patched": 1}, tags=["p"], name="patched")
    api.batch("traces", trace(project, id=item["id"], output={"new": 1},
                              last_updated_at=now_iso(60)))
    assert has(api.read("traces", item["id"]),
               {"name": "patched", "output": {"new": 1}, "tags": ["p"]}, "input")


def test_item_without_clock_is_later_than_the_patch(api, project):
    item = patched(api, project, output={"patched": 1}, name="patched")
    api.batch("traces", trace(project, id=item["id"], output={"new": 1}))
    assert has(api.read("traces", item["id"]), {"name": "patched", "output": {"new": 1}}, "input")


def test_item_between_base_and_patch_replaces_all_but_patched_fields(api, project):
    item = patched(api, project, output={"patched": 1})
    api.batch("traces", trace(project, id=item["id"], output={"old": 1}, name="closing",
                              end_time="2024-01-01T12:00:00Z", last_updated_at=now_iso(-30)))
    assert has(api.read("traces", item["id"]),
               {"name": "closing", "output": {"patched": 1}, "end_time": "2024-01-01T12:00:00Z"},
               "input", "tags")


def test_item_older_than_the_base_changes_nothing_after_a_patch(api, project):
    item = patched(api, project, output={"patched": 1})
    before = api.read("traces", item["id"])
    api.batch("traces", trace(project, id=item["id"], output={"old": 1}, name="old",
                              last_updated_at=now_iso(-90)))
    assert api.read("traces", item["id"]) == before


def test_patch_does_not_move_the_base_clock(api, project):
    """A client whose clock is behind still gets its closing item in."""
    item = full_trace(project, last_updated_at="2024-01-01T00:00:01Z")
    api.batch("traces", item)
    api.update("traces", item["id"], {"project_name": project, "tags": ["p"]})
    api.batch("traces", trace(project, id=item["id"], output={"closing": 1},
                              last_updated_at="2024-01-01T00:00:02Z"))
    assert has(api.read("traces", item["id"]), {"output": {"closing": 1}, "tags": ["p"]}, "input")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_one_create_and_patches_of_different_fields_in_any_order(api, project, order):
    item = trace(project, input={"q": 1}, last_updated_at=now_iso(-10))
    steps = [lambda: api.batch("traces", item),
             lambda: api.update("traces", item["id"], {"project_name": project, "name": "n"}),
             lambda: api.update("traces", item["id"],
                                {"project_name": project, "output": {"o": 1}})]
    for i in order:
        steps[i]()
    assert has(api.read("traces", item["id"]),
               {"start_time": item["start_time"], "input": {"q": 1}, "name": "n",
                "output": {"o": 1}})
