"""What a trace shows of its spans (traces.md 5, 8): kept right through every kind of write."""
import random

import pytest

from client import full_span, has, name, now_iso, span, trace

NONE = {"span_count": 0, "llm_span_count": 0, "has_tool_spans": False}
GONE = ("usage", "total_estimated_cost", "providers", "metadata")


@pytest.fixture
def item(api, project):
    made = trace(project)
    api.create("traces", made)
    return made


def shown(api, item):
    """The trace by id; the list must say the same."""
    read = api.read("traces", item["id"])
    listed = api.page("traces", project_id=read["project_id"], size=100)["content"]
    assert read in listed
    return read


def add(api, item, **fields):
    made = span(item["project_name"], item["id"], **fields)
    api.create("spans", made)
    return made


def test_no_spans(api, item):
    assert has(shown(api, item), NONE, *GONE)


@pytest.mark.parametrize("types,expected", [
    ([None], (1, 0, False)), (["llm"], (1, 1, False)), (["tool"], (1, 0, True)),
    (["general", "guardrail"], (2, 0, False)), (["llm", "llm", "tool", "general"], (4, 2, True)),
], ids=str)
def test_counts(api, item, types, expected):
    for kind in types:
        add(api, item, type=kind)
    read = shown(api, item)
    assert (read["span_count"], read["llm_span_count"], read["has_tool_spans"]) == expected


def test_usage_is_summed_per_key(api, item):
    add(api, item, usage={"prompt_tokens": 1, "x": 2})
    add(api, item, usage={"prompt_tokens": 10, "original_usage.y": 3})
    add(api, item)
    assert shown(api, item)["usage"] == {"prompt_tokens": 11, "x": 2, "original_usage.y": 3}


def test_usage_sum_is_wider_than_a_span(api, item):
    for _ in range(3):
        add(api, item, usage={"k": 2**31 - 1})
    assert shown(api, item)["usage"] == {"k": 3 * (2**31 - 1)}


@pytest.mark.parametrize("values", [[0], [0, 0], [5, -5]], ids=str)
def test_usage_total_of_0_vanishes(api, item, values):
    for value in values:
        add(api, item, usage={"k": value})
    assert has(shown(api, item), {}, "usage")


@pytest.mark.parametrize("costs,expected", [
    ([0.1, 0.2], 0.3), ([1], 1), ([0, None], None), ([None], None), ([1e-12, 1e-12], 2e-12),
    ([0.1] * 10, 1), ([1e9, 1e-9], 1000000000.000000001),
], ids=str)
def test_cost_is_summed_exactly(api, item, costs, expected):
    for cost in costs:
        add(api, item, total_estimated_cost=cost)
    assert shown(api, item).get("total_estimated_cost") == expected


@pytest.mark.parametrize("providers,expected", [
    (["b", "a", "b"], ["a", "b"]), (["openai", None, "Anthropic"], ["Anthropic", "openai"]),
    ([None, None], None),
], ids=str)
def test_providers_are_distinct_and_sorted(api, item, providers, expected):
    for provider in providers:
        add(api, item, provider=provider)
    read = shown(api, item)
    assert read.get("providers") == expected
    assert read.get("metadata") == ({"providers": expected} if expected else None)


@pytest.mark.parametrize("metadata,expected", [
    ({"k": 1, "a": 2}, {"providers": ["p"], "k": 1, "a": 2}),
    ({}, {"providers": ["p"]}), ([1], {"providers": ["p"]}), ("text", {"providers": ["p"]}),
    (7, {"providers": ["p"]}),
    ({"k": 1, "providers": "own"}, {"providers": "own", "k": 1}),
], ids=str)
def test_providers_in_metadata(api, project, metadata, expected):
    item = trace(project, metadata=metadata)
    api.create("traces", item)
    assert api.read("traces", item["id"])["metadata"] == metadata
    add(api, item, provider="p")
    read = shown(api, item)
    assert read["metadata"] == expected
    assert list(read["metadata"])[0] == "providers"


def test_spans_before_their_trace(api, project):
    item = trace(project)
    add(api, item, type="llm", usage={"k": 1}, total_estimated_cost=1, provider="p")
    assert api.get(f"traces/{item['id']}").status_code == 404
    api.create("traces", item)
    assert has(shown(api, item), {"span_count": 1, "llm_span_count": 1, "usage": {"k": 1},
                                  "total_estimated_cost": 1, "providers": ["p"]})


def test_spans_before_a_batched_trace(api, project):
    item = trace(project)
    api.batch("spans", *(span(project, item["id"], usage={"k": 1}) for _ in range(3)))
    api.batch("traces", item)
    assert has(shown(api, item), {"span_count": 3, "usage": {"k": 3}})


def test_spans_of_another_project_do_not_count(api, item):
    api.create("spans", span(name("other"), item["id"], usage={"k": 1}, provider="p"))
    assert has(shown(api, item), NONE, *GONE)


def test_replaced_trace_keeps_its_sums(api, project):
    item = trace(project, last_updated_at=now_iso(-10))
    api.batch("traces", item)
    add(api, item, usage={"k": 1}, type="tool")
    api.batch("traces", {**item, "name": "new", "last_updated_at": now_iso(-5)})
    api.update("traces", item["id"], {"output": {"o": 1}})
    assert has(shown(api, item), {"name": "new", "span_count": 1, "has_tool_spans": True,
                                  "usage": {"k": 1}})


def test_patched_span_changes_the_sums(api, item):
    made = add(api, item, type="llm", usage={"k": 1, "x": 1}, total_estimated_cost=1, provider="p")
    add(api, item, usage={"k": 10}, provider="q")
    api.update("spans", made["id"], {"trace_id": item["id"], "type": "tool", "usage": {"k": 5},
                                     "total_estimated_cost": 2, "provider": "r"})
    assert has(shown(api, item), {"span_count": 2, "llm_span_count": 0, "has_tool_spans": True,
                                  "usage": {"k": 15}, "total_estimated_cost": 2,
                                  "providers": ["q", "r"]})


def test_placeholder_counts_once(api, item):
    made = span(item["project_name"], item["id"], usage={"k": 3}, type="llm")
    api.update("spans", made["id"], {"project_name": item["project_name"], "trace_id": item["id"],
                                     "usage": {"k": 5}})
    assert has(shown(api, item), {"span_count": 1, "usage": {"k": 5}})
    api.create("spans", made)
    assert has(shown(api, item), {"span_count": 1, "llm_span_count": 1, "usage": {"k": 5}})


def test_batch_updated_spans_change_the_sums(api, item):
    made = [add(api, item, usage={"k": 1}) for _ in range(3)]
    response = api.patch("spans/batch", {"ids": [one["id"] for one in made], "update": {
        "trace_id": item["id"], "usage": {"k": 2}, "type": "tool", "provider": "p"}})
    assert response.status_code == 204
    assert has(shown(api, item), {"usage": {"k": 6}, "has_tool_spans": True, "providers": ["p"]})


def test_replaced_span_changes_the_sums(api, item):
    first = full_span(item["project_name"], item["id"], last_updated_at=now_iso(-10))
    api.batch("spans", first)
    api.batch("spans", span(item["project_name"], item["id"], id=first["id"],
                            parent_span_id=first["parent_span_id"], last_updated_at=now_iso(-5)))
    assert has(shown(api, item), {**NONE, "span_count": 1}, *GONE)


def test_hidden_span_changes_nothing(api, item):
    first = full_span(item["project_name"], item["id"], last_updated_at=now_iso(-5))
    api.batch("spans", first)
    before = shown(api, item)
    api.batch("spans", {**first, "usage": {"other": 9}, "type": "tool",
                        "last_updated_at": now_iso(-10)})
    assert shown(api, item) == before


@pytest.mark.parametrize("seed", range(3))
def test_sums_equal_the_spans_after_random_writes(api, project, seed):
    """The kept sums against sums over the listed spans."""
    rng = random.Random(seed)
    traces = [trace(project) for _ in range(3)]
    api.batch("traces", *traces)
    made = []
    for _ in range(60):
        fields = {"type": rng.choice([None, "llm", "tool", "general"]),
                  "provider": rng.choice([None, "a", "b"]),
                  "usage": rng.choice([None, {"k": rng.randrange(9), "l": 1}]),
                  "total_estimated_cost": rng.choice([None, 0.5, 0.25])}
        action = rng.randrange(5)
        if action < 2 or not made:
            item = span(project, rng.choice(traces)["id"], **fields,
                        parent_span_id=rng.choice([None] + [one["id"] for one in made]))
            made.append(item)
            api.create("spans", item) if action else api.batch("spans", item)
        elif action == 2:
            item = rng.choice(made)
            present = {key: value for key, value in fields.items() if value is not None}
            api.update("spans", item["id"], {"trace_id": item["trace_id"], **present})
        elif action == 3:
            item = rng.choice(made)
            api.batch("spans", {**span(project, item["trace_id"], id=item["id"], **fields),
                                **{key: item[key] for key in ("parent_span_id",) if key in item}})
        else:
            item = made.pop(rng.randrange(len(made)))
            api.delete(f"spans/{item['id']}")
            made = [one for one in made if api.get(f"spans/{one['id']}").status_code == 200]
    for item in traces:
        spans = api.page("spans", project_name=project, trace_id=item["id"], size=1000)["content"]
        usage = {}
        for one in spans:
            for key, value in one.get("usage", {}).items():
                usage[key] = usage.get(key, 0) + value
        read = shown(api, item)
        assert read["span_count"] == len(spans)
        assert read["llm_span_count"] == sum(one.get("type") == "llm" for one in spans)
        assert read["has_tool_spans"] == any(one.get("type") == "tool" for one in spans)
        assert read.get("usage", {}) == {key: value for key, value in usage.items() if value}
        assert read.get("total_estimated_cost", 0) == sum(
            one.get("total_estimated_cost", 0) for one in spans)
        assert read.get("providers", []) == sorted({one["provider"] for one in spans
                                                    if "provider" in one})


def test_deleted_trace_leaves_no_sums_to_the_next(api, item):
    add(api, item, usage={"k": 1}, type="llm")
    api.delete(f"traces/{item['id']}")
    again = {**item, "name": "again"}
    api.create("traces", again)
    assert has(shown(api, again), NONE, *GONE)
