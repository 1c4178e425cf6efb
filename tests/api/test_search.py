"""The parameter `search` of lists and statistics (query.md 11): one phrase, without regard to case,
with LIKE's wildcards, over the texts of a trace or span."""
import json

import pytest

from client import name, span, trace, uuid7
from query_data import difference, project_of
from query_model import FIELDS, SEARCHED, found

KINDS = list(FIELDS)


@pytest.fixture(scope="module")
def data(api):
    return project_of(api)


SEARCHES = [
    "alpha", "ALPHA", "lPHa", "alphabet soup", "soup alphabet", "beta_1", "beta\\_1", "100%",
    "100\\%", "100 percent", "%", "_", "a%a", "a\\\\b", "ünïcode", "ÜNÏCODE ÄÖ", "漢字", "🐙",
    'say "hi"', "a+b", "%41", "\\%41", "null", "hello", "Hello World", '"hello"', "text",
    '"text":"hello', '{"a":{"b"', "Größe", "GRÖSSE", "line\nbreak", "temperature", "gpt-4",
    "valueerror", "traceback", "at line 1", "thread 1", "t+1", "tag_1", "with space", "quo\"te",
    "x,y", "zzz nothing", "-7", "0", "llm", "guardrail", "acme", "acme\\_2", "größe", "other",
    "[image]", "1e+21", "providers", "a b", "  alpha  ", "\talpha\n", "é", "true", "false", "-1.5",
    "'; drop table trace; --", "%%", "__", "%_%", "x" * 300, "deep%down", "user%what is",
]


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_found(data, kind, search):
    wanted, ids = found(data.rows[kind], search), data.ids(kind, search=search)
    if sorted(ids) != sorted(wanted):
        pytest.fail(difference(data, kind, ids, wanted), pytrace=False)


@pytest.mark.parametrize("search", ["", " ", "\t\n", None])
@pytest.mark.parametrize("kind", KINDS)
def test_blank_is_no_search(data, kind, search):
    params = {} if search is None else {"search": search}
    assert len(data.ids(kind, **params)) == len(data.rows[kind])


@pytest.mark.parametrize("search", ["line\\nbreak", '\\"quoted\\"', "back\\slash", "a\\b"])
@pytest.mark.parametrize("kind", KINDS)
def test_backslash_before_another_character_is_itself(data, kind, search):
    """So that texts are found in their escaped form (query.md 5)."""
    wanted = found(data.rows[kind], search)
    assert wanted and set(data.ids(kind, search=search)) == wanted


# ---- which fields -------------------------------------------------------------------------------

WORD = "Needle-7Q_x"
PLACES = {"name": WORD, "input": {"k": WORD}, "output": [WORD], "metadata": {WORD: 1},
          "tags": ["other", f"a {WORD} b"], "thread_id": WORD, "model": WORD, "provider": WORD,
          "error_info": {"exception_type": "E", "message": WORD, "traceback": "t"},
          "environment": WORD}
COVERED = {kind: {*fields, "tags"} - {"id", "trace_id", "type"}
           for kind, fields in SEARCHED.items()}


@pytest.fixture(scope="module")
def placed(api):
    """One trace and one span for each field, with a word only there."""
    project, made = name("needles"), {}
    for kind in KINDS:
        items = {}
        for field, value in PLACES.items():
            if field == "thread_id" and kind == "spans":
                continue
            if field in ("model", "provider") and kind == "traces":
                continue
            items[field] = trace(project, **{field: value}) if kind == "traces" else \
                span(project, **{field: value})
        api.batch(kind, *items.values())
        made[kind] = {item["id"]: field for field, item in items.items()}
    return project, made


@pytest.mark.parametrize("search", [WORD, WORD.upper(), WORD[2:6], "need%7q", "NEEDLE-7q__"[:-1]])
@pytest.mark.parametrize("kind", KINDS)
def test_covered_fields(api, placed, kind, search):
    project, made = placed
    hits = {made[kind][row_id] for row_id in api.ids(kind, project_name=project, search=search,
                                                     size=100)}
    assert hits == COVERED[kind] & set(PLACES)


@pytest.mark.parametrize("kind", KINDS)
def test_ids(api, placed, kind):
    project, made = placed
    for row_id in list(made[kind])[:2]:
        for search in (row_id, row_id.upper(), row_id[9:], row_id[-12:]):
            assert row_id in api.ids(kind, project_name=project, search=search, size=100)


def test_spans_by_trace_id(api, project):
    trace_id = uuid7()
    items = [span(project, trace_id) for _ in range(3)]
    api.batch("spans", *items, span(project))
    assert set(api.ids("spans", project_name=project, search=trace_id)) == {
        item["id"] for item in items}


@pytest.mark.parametrize("value", ["general", "tool", "llm", "guardrail"])
def test_spans_by_type(api, project, value):
    items = {kind: span(project, type=kind) for kind in ("general", "tool", "llm", "guardrail")}
    api.batch("spans", *items.values(), span(project))
    assert api.ids("spans", project_name=project, search=value.upper()) == [items[value]["id"]]


def test_words_may_not_stand_in_different_fields(api, project):
    """One phrase, not words: names before, inputs after it."""
    api.create("traces", trace(project, name="first", input={"k": "second"}))
    for search, count in (("first", 1), ("second", 1), ("first second", 0)):
        assert len(api.ids("traces", project_name=project, search=search)) == count


def test_provider_in_shown_metadata_is_not_stored(api, project):
    api.create("spans", span(project, provider="acme", metadata={"k": 1}))
    for search, count in (("acme", 1), ('"provider"', 0)):
        assert len(api.ids("spans", project_name=project, search=search)) == count


@pytest.mark.parametrize("kind", KINDS)
def test_long_bodies(api, project, kind):
    """What stands far behind is found, also where lists would cut it."""
    body = {"text": "lorem ipsum " * 20000 + "far behind"}
    item = trace(project, input=body) if kind == "traces" else span(project, input=body)
    api.create(kind, item)
    for search, count in (("FAR BEHIND", 1), ("lorem%far b", 1), ("far  behind", 0)):
        params = {"project_name": project, "search": search}
        assert len(api.ids(kind, truncate="true", **params)) == count


@pytest.mark.parametrize("kind", KINDS)
def test_excluded_fields_are_searched(api, placed, kind):
    project, made = placed
    ids = api.ids(kind, project_name=project, search=WORD, size=100,
                  exclude=json.dumps(["name", "input", "tags", "metadata"]))
    assert {made[kind][row_id] for row_id in ids} >= {"name", "input", "tags", "metadata"}


def test_all_matches_are_counted(api, placed):
    page = api.page("traces", project_name=placed[0], search=WORD, size=2)
    assert (page["total"], page["size"]) == (len(COVERED["traces"] & set(PLACES)), 2)
