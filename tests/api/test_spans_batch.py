"""POST /spans/batch (spans.md 3.2, 5) and "The merge rule" of contract/README.md."""
import datetime
import itertools

import pytest

from client import (full_span, has, is_error, is_message, is_unreadable, name, now_iso, span,
                    uuid4, uuid7)

ABSENT = ("name", "end_time", "input", "output", "metadata", "tags", "error_info", "ttft",
          "source", "duration", "type", "model", "provider", "usage", "total_estimated_cost")


def send(api, *items):
    return api.post("spans/batch", {"spans": list(items)}, bad=True)


def test_items_read_back(api, project):
    items = [full_span(project, provider=None), span(name("other")), {**span(project), "id": None}]
    assert api.batch("spans", *items).content == b""
    for item in items[:2]:
        assert has(api.read("spans", item["id"]), item)
    assert api.page("spans", project_name=project)["total"] == 2


def test_largest_batch(api, project):
    trace_id = uuid7()
    api.batch("spans", *(span(project, trace_id) for _ in range(1000)))
    assert api.page("spans", project_name=project, size=1)["total"] == 1000


@pytest.mark.parametrize("count", [0, 1001])
def test_size_is_1_to_1000(api, project, count):
    assert is_error(send(api, *(span(project) for _ in range(count))), 422,
                    "spans size must be between 1 and 1000")


@pytest.mark.parametrize("body", [{}, {"spans": None}])
def test_spans_missing(api, body):
    assert is_error(api.post("spans/batch", body, bad=True), 422, "spans must not be null")


@pytest.mark.parametrize("body", [{"spans": {}}, {"spans": [1]}, []])
def test_wrong_type(api, body):
    assert is_unreadable(api.post("spans/batch", body, bad=True))


def test_violations_have_the_index(api, project):
    items = [{"id": uuid7(), "trace_id": uuid7()}, {**span(project), "total_estimated_cost": -1},
             {"start_time": "2024-01-01T00:00:00Z"}]
    assert is_error(send(api, *items), 422, "spans[0].startTime must not be null",
                    "spans[1].totalEstimatedCost must be greater than or equal to 0.0",
                    "spans[2].traceId must not be null")
    assert not api.project_exists(project)


def test_one_invalid_id_refuses_the_whole_request(api, project):
    good = span(project)
    assert is_message(send(api, good, span(project, id=uuid4())), 400, "Invalid UUID for id",
                      "Span id must be a version 7 UUID")
    assert api.get(f"spans/{good['id']}").status_code == 404
    assert not api.project_exists(project)


# ---- clocks -------------------------------------------------------------------------------------

def versions(project, first_clock, second_clock, **second):
    first = full_span(project, last_updated_at=first_clock)
    fields = {"id": first["id"], "parent_span_id": first["parent_span_id"], "name": "second",
              "last_updated_at": second_clock, **second}
    return first, span(project, first["trace_id"], **fields)


@pytest.mark.parametrize("first_age,second_age,wins", [
    (-100, -99, True), (-100, -100, True), (-100, -101, False), (-100, None, True),
    (3600, None, False), (None, 3600, True), (None, -100, False),
])
def test_greatest_clock_replaces_completely(api, project, first_age, second_age, wins):
    """Ages in seconds from now; None sends no clock."""
    base = datetime.datetime.now(datetime.timezone.utc)
    first_clock, second_clock = (age and (base + datetime.timedelta(seconds=age)).isoformat()
                                 for age in (first_age, second_age))
    first, second = versions(project, first_clock, second_clock)
    api.batch("spans", first)
    before = api.read("spans", first["id"])
    api.batch("spans", second)
    read = api.read("spans", first["id"])
    if wins:
        assert has(read, {"name": "second", "start_time": second["start_time"]}, *ABSENT[1:])
    else:
        assert read == before


def test_clockless_items_share_one_now(api, project):
    items, before = [span(project), span(project)], now_iso()
    api.batch("spans", *items)
    seen = {api.read("spans", item["id"])["last_updated_at"] for item in items}
    assert len(seen) == 1 and before <= seen.pop() <= now_iso()


def test_created_at_is_of_the_surviving_row(api, project):
    first, second = versions(project, "2024-01-01T00:00:01Z", "2024-01-01T00:00:02Z")
    api.batch("spans", first)
    before = api.read("spans", first["id"])["created_at"]
    api.batch("spans", second)
    assert api.read("spans", first["id"])["created_at"] > before


@pytest.mark.parametrize("order", [1, -1])
def test_duplicates_in_one_request_newest_wins(api, project, order):
    items = versions(project, "2024-01-01T00:00:01Z", "2024-01-01T00:00:02Z")
    api.batch("spans", *items[::order])
    assert has(api.read("spans", items[0]["id"]), {"name": "second"}, "input", "usage")
    assert api.page("spans", project_name=project)["total"] == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_batches_end_in_the_same_row_in_any_order(api, project, order):
    base = span(project)
    items = [{**base, "name": f"v{i}", "last_updated_at": f"2024-01-01T00:00:0{i}Z"}
             for i in range(3)]
    for i in order:
        api.batch("spans", items[i])
    assert api.read("spans", base["id"])["name"] == "v2"


@pytest.mark.parametrize("field", ["trace_id", "parent_span_id"])
def test_same_id_elsewhere_shows_one_row(api, project, field):
    """Readers show one row per id: the one highest by (project, trace, parent, id)."""
    first = span(project, parent_span_id=uuid7(), name="first")
    second = {**first, field: uuid7(), "name": "second"}
    api.batch("spans", first)
    api.batch("spans", second)
    assert second[field] > first[field]
    assert api.read("spans", first["id"])["name"] == "second"
    assert api.ids("spans", project_name=project) == [first["id"]]


def test_sdk_start_and_end_message_in_any_order(api, project):
    for order in (1, -1):
        start = span(project, type="llm", input={"q": 1}, last_updated_at=now_iso(-2))
        end = {**start, "end_time": "2024-01-01T11:00:00Z", "usage": {"total_tokens": 3},
               "last_updated_at": now_iso(-1)}
        for item in (start, end)[::order]:
            api.batch("spans", item)
        assert has(api.read("spans", start["id"]), {key: end[key] for key in
                                                    ("end_time", "usage", "input", "type")})


# ---- batch after PATCH: contract/README.md, The merge rule --------------------------------------

def patch(api, item, **fields):
    api.update("spans", item["id"], {key: item[key] for key in
                                     ("project_name", "trace_id", "parent_span_id")
                                     if key in item} | fields)


@pytest.mark.parametrize("seconds", [None, -3600, 3600])
def test_item_after_only_patches_becomes_the_base(api, project, seconds):
    item = full_span(project, provider=None, last_updated_at=seconds and now_iso(seconds))
    patch(api, item, output={"p": 1}, usage={"p": 1}, tags=["p"], total_estimated_cost=9)
    api.batch("spans", item)
    expected = {key: item[key] for key in item if key != "last_updated_at"}
    assert has(api.read("spans", item["id"]),
               {**expected, "output": {"p": 1}, "usage": {"p": 1}, "tags": ["p"],
                "total_estimated_cost": 9})


def test_newer_item_keeps_patched_fields_that_it_lacks(api, project):
    first, second = versions(project, now_iso(-60), now_iso(60))
    api.batch("spans", first)
    patch(api, first, output={"p": 1}, usage={"p": 1})
    api.batch("spans", second)
    assert has(api.read("spans", first["id"]),
               {"name": "second", "output": {"p": 1}, "usage": {"p": 1}}, "input", "tags", "type")


@pytest.mark.parametrize("seconds", [60, None])
def test_item_later_than_the_patch_wins_for_what_it_carries(api, project, seconds):
    first, second = versions(project, now_iso(-60), seconds and now_iso(seconds),
                             output={"new": 1})
    api.batch("spans", first)
    patch(api, first, output={"p": 1}, usage={"p": 1})
    api.batch("spans", second)
    assert has(api.read("spans", first["id"]),
               {"name": "second", "output": {"new": 1}, "usage": {"p": 1}}, "input")


def test_item_between_base_and_patch(api, project):
    first, second = versions(project, now_iso(-60), now_iso(-30), output={"new": 1})
    api.batch("spans", first)
    patch(api, first, output={"p": 1})
    api.batch("spans", second)
    assert has(api.read("spans", first["id"]), {"name": "second", "output": {"p": 1}}, "input")


def test_item_older_than_the_base_changes_nothing(api, project):
    first, second = versions(project, now_iso(-60), now_iso(-90), output={"new": 1})
    api.batch("spans", first)
    patch(api, first, output={"p": 1})
    before = api.read("spans", first["id"])
    api.batch("spans", second)
    assert api.read("spans", first["id"]) == before


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("kind", ["single", "batch"])
def test_one_create_and_patches_of_different_fields_in_any_order(api, project, order, kind):
    item = span(project, input={"q": 1})
    steps = [lambda: (api.create("spans", item) if kind == "single"
                      else api.batch("spans", {**item, "last_updated_at": now_iso(-10)})),
             lambda: patch(api, item, name="n", model="m"),
             lambda: patch(api, item, output={"o": 1}, usage={"u": 1})]
    for i in order:
        steps[i]()
    assert has(api.read("spans", item["id"]),
               {"start_time": item["start_time"], "input": {"q": 1}, "name": "n", "model": "m",
                "output": {"o": 1}, "usage": {"u": 1}})
