"""Random filters, also with `or`, `and` and `not` nodes, as JSON and as OQL: the server chooses the
rows that the model chooses (query.md 2 to 8)."""
import json
import random

import pytest

from oql import Printer
from query_data import difference, project_of, random_node, random_test
from query_model import FIELDS, chosen, found, matches

KINDS = list(FIELDS)
SERIES = 6
EACH = 40


@pytest.fixture(scope="module")
def data(api):
    return project_of(api)


def agrees(data, kind, wanted, **params):
    ids = data.ids(kind, **params)
    if sorted(ids) != sorted(wanted):
        shown = json.dumps(params, ensure_ascii=False, indent=1)
        pytest.fail(f"{shown}\n{difference(data, kind, ids, wanted)}", pytrace=False)


@pytest.mark.parametrize("seed", range(SERIES))
@pytest.mark.parametrize("kind", KINDS)
def test_lists_of_filters(data, kind, seed):
    rng, rows = random.Random(f"list {seed}"), data.rows[kind]
    for _ in range(EACH):
        filters = [random_test(rng, rows, kind) for _ in range(rng.choice([1, 2, 2, 3]))]
        agrees(data, kind, chosen(rows, filters), filters=filters)


@pytest.mark.parametrize("seed", range(SERIES))
@pytest.mark.parametrize("kind", KINDS)
def test_nodes(data, kind, seed):
    rng, rows = random.Random(f"node {seed}"), data.rows[kind]
    for _ in range(EACH):
        node = random_node(rng, rows, kind)
        agrees(data, kind, chosen(rows, [node]), filters=[node])


@pytest.mark.parametrize("seed", range(SERIES))
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_as_oql(data, kind, seed):
    rng, rows = random.Random(f"oql {seed}"), data.rows[kind]
    printer = Printer(rng, kind)
    for _ in range(EACH):
        node = random_node(rng, rows, kind)
        agrees(data, kind, chosen(rows, [node]), oql=printer.node(node))


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_and_its_negation_are_everything(data, kind):
    """Also where no operator matches an absent value."""
    rng, rows = random.Random(1), data.rows[kind]
    for _ in range(EACH):
        test = random_test(rng, rows, kind)
        ids = [row_id for node in (test, {"not": test})
               for row_id in data.ids(kind, filters=[node])]
        assert sorted(ids) == sorted(row.id for row in rows), test


@pytest.mark.parametrize("kind", KINDS)
def test_everything_together(data, kind):
    """filters, oql, search, times and a page's size: all of them narrow."""
    rng, rows = random.Random(2), data.rows[kind]
    printer = Printer(rng, kind)
    ids = sorted(row.id for row in rows)
    for _ in range(EACH):
        first, second = (random_node(rng, rows, kind, 2) for _ in range(2))
        search = rng.choice(["a", "e", "  ", "text", "100"])
        # Bounds in ms take all ids of their ms.
        low = (int(rng.choice(ids[:5]).replace("-", "")[:12], 16)) if rng.random() < 0.5 else None
        wanted = {row.id for row in rows if matches(row, first) and matches(row, second)
                  and (low is None or int(row.id.replace("-", "")[:12], 16) >= low)}
        params = {"filters": [first], "oql": printer.node(second), "search": search}
        if low is not None:
            params["from_time"] = str(low)
        agrees(data, kind, wanted & found(rows, search), **params)


@pytest.mark.parametrize("kind", KINDS)
def test_pages_of_filtered_lists(data, kind):
    """Total counts all matches; the pages together are the list."""
    rng, rows = random.Random(3), data.rows[kind]
    for _ in range(10):
        node = random_node(rng, rows, kind, 1)
        params = {"filters": json.dumps([node]), "exclude": data.EXCLUDE}
        whole = data.ids(kind, filters=[node])
        pages = [data.ask(kind, page=page, size=7, **params)[1] for page in range(1, 4)]
        assert [item["id"] for page in pages for item in page["content"]] == whole[:21]
        assert [page["total"] for page in pages] == [len(whole)] * 3


@pytest.mark.parametrize("by", ["trace_id", "type"])
def test_filters_within_a_trace_or_type(data, by):
    rng, rows = random.Random(4), data.rows["spans"]
    for _ in range(10):
        node = random_node(rng, rows, "spans", 1)
        value = rng.choice([row.sent[by] for row in rows if by in row.sent])
        wanted = {row.id for row in rows if row.sent.get(by) == value and matches(row, node)}
        agrees(data, "spans", wanted, filters=[node], **{by: value})
