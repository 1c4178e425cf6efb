"""The parameter `sorting` (query.md 12) over a project of varied traces and spans."""
import functools
import json

import pytest

from client import is_message, name, span, trace, uuid7
from query_data import project_of
from query_model import compact

KINDS = ["traces", "spans"]
SORTABLE = {
    "traces": "id name input output start_time end_time duration ttft metadata thread_id span_count"
              " llm_span_count usage.* total_estimated_cost tags error_info created_by"
              " feedback_scores.* experiment_id environment".split(),
    "spans": "id name type trace_id parent_span_id input output metadata start_time end_time"
             " duration ttft usage.* metadata tags created_at last_updated_at model provider"
             " total_estimated_cost error_info created_by feedback_scores.* environment".split(),
}
TEXTS = ("id", "name", "input", "output", "metadata", "thread_id", "environment", "model",
         "provider", "trace_id", "parent_span_id")
TIMES = ("start_time", "end_time", "created_at", "last_updated_at")
# Nulls, which come last in both directions
NULLS = ("end_time", "duration", "ttft")


@pytest.fixture(scope="module")
def data(api):
    return project_of(api)


def default_key(row):
    """Compares as the default order does, downwards."""
    if row.kind == "traces":
        return (row.id,)
    return row.sent["trace_id"], row.sent.get("parent_span_id", ""), row.id


def sort_value(row, field):
    """What a row sorts by; None is a null."""
    base, _, key = field.partition(".")
    if base == "usage":
        count = row.usage(key)
        return (0, False) if count is None else (count, True)
    if base == "feedback_scores":
        return (row.means()[key], True) if key in row.means() else (0, False)
    if field in TIMES:
        return row.time(field)
    if field == "duration":
        return row.duration()
    if field == "ttft":
        return row.sent.get("ttft")
    if field == "total_estimated_cost":
        return row.cost()
    if field == "span_count":
        return len(row.spans)
    if field == "llm_span_count":
        return row.number(field) or 0
    if field == "tags":
        return [tag.encode() for tag in row.shown_tags]
    if field in TEXTS:
        return row.text(field).encode() if field != "parent_span_id" else \
            row.sent.get(field, "").encode()
    return 0  # the same for all: created_by, and what nothing can be stored for


def is_sorted(data, kind, field, direction, ids):
    """Asserts that the ids stand in the order of the field, ties in the default order."""
    rows = [data.row(kind, row_id) for row_id in ids]
    assert len(rows) == len(data.rows[kind])
    shown = {item["id"]: item.get("tags", []) for item in
             data.list(kind, exclude=json.dumps(["input", "output"]))["content"]}
    for row in rows:
        row.shown_tags = shown[row.id]

    def compare(a, b):
        first, second = sort_value(a, field), sort_value(b, field)
        if first == second:
            return (default_key(a) < default_key(b)) - (default_key(a) > default_key(b))
        if first is None or second is None:
            return 1 if first is None else -1
        return (first > second) - (first < second) if direction == "ASC" else \
            (first < second) - (first > second)

    for before, after in zip(rows, rows[1:]):
        assert compare(before, after) < 0, (sort_value(before, field), sort_value(after, field))
    assert rows == sorted(rows, key=functools.cmp_to_key(compare))
    return True


def sort_ids(data, kind, field, direction="ASC", **params):
    sorting = json.dumps([{"field": field, "direction": direction}])
    return data.ids(kind, sorting=sorting, **params)


# error_info and the span's type have tests of their own
STATIC = [(kind, field) for kind in KINDS for field in dict.fromkeys(SORTABLE[kind])
          if not field.endswith(".*") and field not in ("error_info", "type")]
DYNAMIC = [(kind, field) for kind in KINDS for field in (
    "usage.total_tokens", "usage.prompt_tokens", "usage.other", "usage.no such",
    "feedback_scores.accuracy", "feedback_scores.Accuracy", "feedback_scores.my score",
    "feedback_scores.größe", "feedback_scores.none")]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("kind,field", STATIC + DYNAMIC)
def test_order(data, kind, field, direction):
    assert is_sorted(data, kind, field, direction, sort_ids(data, kind, field, direction))


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", NULLS)
@pytest.mark.parametrize("kind", KINDS)
def test_nulls_come_last_in_both_directions(data, kind, field, direction):
    there = [sort_value(data.row(kind, row_id), field) is not None
             for row_id in sort_ids(data, kind, field, direction)]
    assert True in there and False in there
    assert there == sorted(there, reverse=True)


@pytest.mark.parametrize("kind", KINDS)
def test_default_order(data, kind):
    rows = sorted(data.rows[kind], key=default_key, reverse=True)
    assert data.ids(kind) == [row.id for row in rows]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("kind", KINDS)
def test_error_info_sorts_by_its_text(data, kind, direction):
    """Rows without one are like the empty text."""
    ids = sort_ids(data, kind, "error_info", direction)
    there = [data.row(kind, row_id).has("error_info") for row_id in ids]
    assert there == sorted(there, reverse=direction == "DESC")
    texts = [compact(info) for row_id in ids if "exception_type" in
             (info := data.row(kind, row_id).sent.get("error_info", {}))]
    assert texts == sorted(texts, reverse=direction == "DESC")


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_equal_types_stand_together(data, direction):
    types = [data.row("spans", row_id).sent.get("type")
             for row_id in sort_ids(data, "spans", "type", direction)]
    changes = sum(a != b for a, b in zip(types, types[1:]))
    assert changes == len(set(types)) - 1
    up = [data.row("spans", row_id).sent.get("type")
          for row_id in sort_ids(data, "spans", "type", "ASC")]
    if direction == "DESC":
        assert types == up[::-1]


# ---- usage keys and tags, in detail -------------------------------------------------------------

def names_of(api, kind, project, field, direction):
    sorting = json.dumps([{"field": field, "direction": direction}])
    return [item["name"] for item in api.page(kind, project_name=project, sorting=sorting,
                                              size=100)["content"]]


def test_missing_key_is_before_0_and_after_negatives(api, project):
    trace_id = uuid7()
    api.batch("spans", *(
        span(project, trace_id, name=str(count), usage=None if count is None else {"k": count})
        for count in (5, None, 0, -3)))
    assert names_of(api, "spans", project, "usage.k", "ASC") == ["-3", "None", "0", "5"]
    assert names_of(api, "spans", project, "usage.k", "DESC") == ["5", "0", "None", "-3"]


@pytest.mark.parametrize("key", ["a.b", "with space", "UPPER", "ü", "x'y", 'x"y'])
def test_usage_keys_match_exactly(api, project, key):
    trace_id = uuid7()
    api.batch("spans", *(span(project, trace_id, name=str(count),
                              usage={key: count, key.swapcase() + "z": -count})
                         for count in (2, 3, 1)))
    assert names_of(api, "spans", project, f"usage.{key}", "ASC") == ["1", "2", "3"]
    assert names_of(api, "spans", project, f"usage.{key}", "DESC") == ["3", "2", "1"]
    assert names_of(api, "spans", project, f"usage.{key}q", "ASC") == ["1", "3", "2"]


TAG_ORDER = [None, ["a"], ["a", "b"], ["a!"], ["aa"], ["b"], ["ü"]]


@pytest.mark.parametrize("kind", KINDS)
def test_tags_compare_element_by_element(api, project, kind):
    make = trace if kind == "traces" else span
    extra = {} if kind == "traces" else {"trace_id": uuid7()}
    order = [3, 0, 6, 2, 5, 1, 4]
    api.batch(kind, *(make(project, name=str(i), tags=TAG_ORDER[i], **extra) for i in order))
    up = [str(i) for i in range(len(TAG_ORDER))]
    assert names_of(api, kind, project, "tags", "ASC") == up
    assert names_of(api, kind, project, "tags", "DESC") == up[::-1]


@pytest.mark.parametrize("kind", KINDS)
def test_texts_sort_by_bytes(api, project, kind):
    order = ["10", "9", "A", "Z", "a", "z", "Ä", "ä", "漢", "🐙"]
    make = trace if kind == "traces" else span
    extra = {} if kind == "traces" else {"trace_id": uuid7()}
    api.batch(kind, *(make(project, name=text, **extra) for text in order[::3] + order[1::3]
                      + order[2::3]))
    assert names_of(api, kind, project, "name", "ASC") == order
    assert names_of(api, kind, project, "name", "DESC") == order[::-1]


# ---- the parameter ------------------------------------------------------------------------------

@pytest.mark.parametrize("sorting", [
    "", "  ", "[]", '[{"field":"no_such","direction":"ASC"}]', '[{"field":"Name"}]',
    '[{"field":"feedback_scores"}]', '[{"field":"feedback_scores."}]',
    '[{"field":"feedback_score.x"}]', '[{"field":"metadata.model"}]', '[{"field":"input.text"}]',
    '[{"field":"span_feedback_scores.x"}]', '[{"field":"usage"}]', '[{"field":"usage."}]',
    '[{"field":""}]', '[{"field":"source"}]', '[{"field":"no_such"},{"field":"name"}]',
])
@pytest.mark.parametrize("kind", KINDS)
def test_default_order_for_what_does_not_sort(data, kind, sorting):
    assert data.ids(kind, sorting=sorting) == data.ids(kind)


@pytest.mark.parametrize("field", ["model", "provider", "type", "created_at", "last_updated_at",
                                   "trace_id", "parent_span_id"])
def test_fields_that_sort_spans_only(data, field):
    assert sort_ids(data, "traces", field) == data.ids("traces")


@pytest.mark.parametrize("field", ["thread_id", "span_count", "llm_span_count", "experiment_id"])
def test_fields_that_sort_traces_only(data, field):
    assert sort_ids(data, "spans", field) == data.ids("spans")


@pytest.mark.parametrize("entry", [{"field": "name"}, {"field": "name", "direction": None},
                                   {"field": "name", "direction": "ASC", "more": [1]}])
def test_up_is_the_default(data, entry):
    assert data.ids("traces", sorting=json.dumps([entry])) == sort_ids(data, "traces", "name")


def test_only_the_first_entry_counts(data):
    entries = [{"field": "environment", "direction": "DESC"}, {"field": "name"}]
    assert data.ids("traces", sorting=json.dumps(entries)) == sort_ids(
        data, "traces", "environment", "DESC")


@pytest.mark.parametrize("sorting", [
    "x", "{}", '"name"', "1", "[", '{"field":"name"}', '["name"]', "[1]",
    '[{"field":"name","direction":"desc"}]', '[{"field":"name","direction":"asc"}]',
    '[{"field":"name","direction":"UP"}]', '[{"field":"name","direction":""}]',
    '[{"field":"name"}', '[{"field":"name","direction":"ASC"}]x',
    '[{"field":"no_such","direction":"down"}]',
])
@pytest.mark.parametrize("kind", KINDS)
def test_malformed(api, data, kind, sorting):
    response = api.get(kind, params={"project_name": data.name, "sorting": sorting})
    assert is_message(response, 400, f"Invalid sorting query parameter '{sorting}'")


@pytest.mark.parametrize("kind", KINDS)
def test_sortable_by(api, data, kind):
    empty = name("empty")
    api.create("projects", {"name": empty})
    for params in ({"project_name": data.name, "size": 1},
                   {"project_name": data.name, "page": 1000}, {"project_name": empty}):
        assert api.page(kind, **params)["sortable_by"] == SORTABLE[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_excluded_fields_still_sort(data, kind):
    for field in ("name", "input", "ttft", "tags", "usage.total_tokens"):
        excluded = json.dumps([field.partition(".")[0]])
        assert sort_ids(data, kind, field, exclude=excluded) == sort_ids(data, kind, field)


@pytest.mark.parametrize("field", ["name", "end_time", "usage.total_tokens", "input"])
@pytest.mark.parametrize("kind", KINDS)
def test_pages_of_a_sorted_list(data, kind, field):
    whole, params = sort_ids(data, kind, field, "DESC"), {
        "sorting": json.dumps([{"field": field, "direction": "DESC"}]), "exclude": data.EXCLUDE}
    pages = [data.ask(kind, page=page, size=9, **params)[1]["content"] for page in range(1, 20)]
    assert [item["id"] for page in pages for item in page] == whole


@pytest.mark.parametrize("kind", KINDS)
def test_sorted_and_filtered(data, kind):
    filters = [{"field": "name", "operator": "contains", "value": "a"}]
    for params in ({"filters": filters}, {"search": "e"}):
        some = set(data.ids(kind, **params))
        assert some
        for field in ("name", "duration", "metadata", "usage.total_tokens"):
            whole = sort_ids(data, kind, field, "DESC")
            assert sort_ids(data, kind, field, "DESC", **params) == [
                row_id for row_id in whole if row_id in some]
