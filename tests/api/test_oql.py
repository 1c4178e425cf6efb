"""OQL: the parameter `oql`, and the SDK's searches with a filter string (query.md 14). What the
SDK's grammar takes means the same here; OR, NOT and parentheses come on top."""
import json
import re

import pytest
from opik.api_objects.opik_query_language import OpikQueryLanguage

import sdk
from query_data import condition, difference, project_of
from query_model import FIELDS, chosen

KINDS = list(FIELDS)
PARSERS = {"traces": OpikQueryLanguage.for_traces, "spans": OpikQueryLanguage.for_spans}
# Marks the column of an error
HERE = "¦"


@pytest.fixture(scope="module")
def data(api):
    return project_of(api)


def agrees(data, kind, oql, filters):
    wanted, ids = chosen(data.rows[kind], filters), data.ids(kind, oql=oql)
    if sorted(ids) != sorted(wanted):
        pytest.fail(f"{oql}\n{difference(data, kind, ids, wanted)}", pytrace=False)
    return wanted


def parts(kind, oql):
    """The filters that the SDK makes of a text."""
    return PARSERS[kind](oql).get_filter_expressions() or []


# ---- what the SDK's grammar takes ---------------------------------------------------------------

SHARED = [
    'name = "alpha"', ' name = "alpha" ', 'name="alpha"', '\n\tname\n=\n"alpha"\n',
    'name = "alpha" AND duration >= 0', 'name != "alpha"and duration >= 0',
    'name = "alpha"And name = "alpha"', 'duration>=0', 'duration >=0.5', 'duration > -1.5',
    'duration >= 0AND name contains "a"', 'duration >= 0.5and name contains "a"', 'duration=0',
    'metadata.n > 5', 'metadata.n = "10"', 'metadata."deep.er.est" = "down"', 'metadata.n = 10',
    "metadata.'deep.er.est' = \"down\"", 'metadata."$.n" > 5', 'metadata."arr[1]" = "X"',
    'feedback_scores."it""s" is_empty', "feedback_scores.'it''s' is_empty", 'metadata."n">5',
    'input_json."$.""a.b""" = "dotted"', 'input_json."[""a b""]" = "spaced"',
    'metadata."n"="10"', 'input_json."a.b" = "5"', 'input_json.text contains "hello"',
    'output_json."[0].a" starts_with "f"', 'tags contains "a"', 'tags = "a"', 'tags != "a"',
    'tags is_empty', 'tags is_not_empty and tags not_contains "b"', 'usage.total_tokens > 5',
    'usage."total_tokens" > 5', 'usage.prompt_tokens = 12 AND usage.completion_tokens != 4',
    'feedback_scores.accuracy is_empty', 'feedback_scores.accuracy > 0.5',
    'feedback_scores."my score" >= 0.5', 'feedback_scores.accuracy is_not_empty',
    'environment in ("staging", "production")', 'environment not_in ("staging")',
    'environment in ( "a+b" ,"x y" )', 'environment in("staging")', 'environment = "a+b"',
    'error_info is_empty', 'error_info is_not_empty', 'name = "say ""hi"""', 'name = "line\nbreak"',
    'name contains "100%"', 'name contains "\\%"', 'name ends_with "Z"', 'name > "b"',
    'name < "b"', 'name = "null"', 'name = "漢字 text"', 'name = "AND"', 'name = "a" and name = "b"',
    'start_time >= "2024-01-02T00:00:00Z" AND end_time < "2024-03-01T13:00:00.5Z"',
    'created_at > "2020-01-01T00:00:00Z"', 'last_updated_at < "2020-01-01T00:00:00Z"',
    'input contains "hello"', 'output not_contains "e"', 'input = """hello"""', 'name = "and"',
    'total_estimated_cost > 0.1', 'total_estimated_cost = 0', 'id != "x"',
]
OF_TRACES = ['thread_id starts_with "thread"', 'thread_id = "t+1"', 'guardrails != "failed"',
             'experiment_id = "x"', 'annotation_queue_ids is_empty', 'llm_span_count >= 1',
             'span_feedback_scores.x is_empty', 'span_feedback_scores.x != 1']
OF_SPANS = ['type = "llm"', 'type != "llm"', 'type in ("tool", "general")', 'model = "ACME-1"',
            'provider starts_with "ac"', 'trace_id contains "-7"']
TAKEN = [(kind, oql) for kind in KINDS
         for oql in SHARED + (OF_TRACES if kind == "traces" else OF_SPANS)]


def is_taken(kind, oql):
    try:
        parts(kind, oql)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("kind,oql", TAKEN)
def test_what_the_sdk_takes_means_the_same(data, kind, oql):
    if not is_taken(kind, oql):  # not by this release of the SDK
        assert data.ask(kind, oql=oql)[0] == 200
        return
    agrees(data, kind, oql, parts(kind, oql))


def test_nearly_all_of_these_are_the_sdks():
    assert [oql for kind, oql in TAKEN if not is_taken(kind, oql)] == [
        'environment in("staging")'] * 2


@pytest.mark.parametrize("oql", [
    'metadata.n >= 5', 'metadata = "x"', 'metadata.n <= 5', 'duration > "x"', 'name = " "',
    'start_time > "yesterday"', 'tags = ""', 'metadata."a-b" = "x"', 'environment = ""',
    'usage.total_tokens = "1e5"', 'feedback_scores = 1', 'environment in ("")',
])
def test_what_the_server_refuses_of_it(data, oql):
    """The same error as for the filters."""
    status, answer = data.ask("traces", oql=oql)
    assert (status, answer) == data.ask("traces", filters=parts("traces", oql))
    assert status == 400 and answer["message"].startswith("Invalid ")


# ---- OR, NOT, parentheses, and fields that the SDK lacks ----------------------------------------

A = condition("name", "contains", None, "a")
B = condition("duration", ">", None, "0")
C = condition("tags", "is_empty", None, "")
TEXTS = {"A": 'name contains "a"', "B": "duration > 0", "C": "tags is_empty"}
NODES = [
    ("A or B", {"or": [A, B]}), ("A OR B oR C", {"or": [A, B, C]}),
    ("A and B or C", {"or": [{"and": [A, B]}, C]}), ("A or B and C", {"or": [A, {"and": [B, C]}]}),
    ("A and (B or C)", {"and": [A, {"or": [B, C]}]}),
    ("(A or B) and C", {"and": [{"or": [A, B]}, C]}),
    ("not A", {"not": A}), ("NOT A and B", {"and": [{"not": A}, B]}),
    ("not (A and B)", {"not": {"and": [A, B]}}), ("not A or B", {"or": [{"not": A}, B]}),
    ("not not A", A), ("not not not A", {"not": A}), ("A and not B", {"and": [A, {"not": B}]}),
    ("A or not(B)", {"or": [A, {"not": B}]}), ("((A))", A), ("( A )", A),
    ("((A)or(B))", {"or": [A, B]}),
    ("not(A or B)and not C", {"and": [{"not": {"or": [A, B]}}, {"not": C}]}),
    ("(A)and(B)or(C)", {"or": [{"and": [A, B]}, C]}), ("A\nor\tB", {"or": [A, B]}),
    ("A and B and C or A and not C", {"or": [{"and": [A, B, C]}, {"and": [A, {"not": C}]}]}),
]


@pytest.mark.parametrize("text,node", NODES, ids=[text for text, _ in NODES])
@pytest.mark.parametrize("kind", KINDS)
def test_nodes(data, kind, text, node):
    oql = re.sub(r"\b[ABC]\b", lambda match: TEXTS[match[0]], text)
    wanted = agrees(data, kind, oql, [node])
    assert set(data.ids(kind, filters=[node])) == wanted


@pytest.mark.parametrize("oql,test", [
    ("ttft >= 12.5", condition("ttft", ">=", None, "12.5")),
    ('error_type = "valueerror"', condition("error_type", "=", None, "valueerror")),
    ('source = "sdk"', condition("source", "=", None, "sdk")),
    ('custom."input.a.b" = "5"', condition("custom", "=", "input.a.b", "5")),
    ('custom.input contains "hello"', condition("custom", "contains", "input", "hello")),
    ("environment is_empty", condition("environment", "is_empty", None, "")),
    ("metadata.none is_empty", condition("metadata", "is_empty", "none", "")),
    ("(error_info is_empty)", condition("error_info", "is_empty", None, "")),
    ("name = 'alpha'", condition("name", "=", None, "alpha")),
    ("name = 'it''s'", condition("name", "=", None, "it's")),
    ("name = 'say \"hi\"'", condition("name", "=", None, 'say "hi"')),
])
@pytest.mark.parametrize("kind", KINDS)
def test_more_than_the_sdk_takes(data, kind, oql, test):
    agrees(data, kind, oql, [test])


D, E = (condition("feedback_scores", "is_empty", name, "") for name in ("accuracy", "quality"))
EMPTY = {"D": "feedback_scores.accuracy is_empty", "E": "feedback_scores.quality is_empty"}


@pytest.mark.parametrize("text,nodes", [
    ("D and E", [D, E]), ("D or E", [{"or": [D, E]}]), ("not (D and E)", [{"not": {"and": [D, E]}}]),
    ("(D and E) or A", [{"or": [{"and": [D, E]}, A]}]), ("D and E and not A", [D, E, {"not": A}]),
    ("(D and E) and A", [{"and": [D, E]}, A]), ("not not (D and E)", [{"and": [D, E]}]),
])
@pytest.mark.parametrize("kind", KINDS)
def test_several_empty_scores(data, kind, text, nodes):
    """docs/feedback.md: one missing name is enough at the top level, and nowhere else."""
    agrees(data, kind, re.sub(r"\b[ADE]\b", lambda match: {**TEXTS, **EMPTY}[match[0]], text), nodes)


@pytest.mark.parametrize("oql,test", [
    ('visibility_mode = "default"', condition("visibility_mode", "=", None, "default")),
    ('experiment_ids in ("a", "b")', condition("experiment_ids", "in", None, "a,b")),
])
def test_more_fields_of_traces(data, oql, test):
    agrees(data, "traces", oql, [test])


@pytest.mark.parametrize("oql", ["", "  ", "\n\t "])
@pytest.mark.parametrize("kind", KINDS)
def test_blank_is_no_condition(data, kind, oql):
    assert len(data.ids(kind, oql=oql)) == len(data.rows[kind])


@pytest.mark.parametrize("text", ["name", 'name = "x" or name = "y"', "🐙"])
def test_words_in_texts_are_texts(data, text):
    assert data.ids("traces", oql="name = '" + text + "'") == []


# ---- errors -------------------------------------------------------------------------------------

ERRORS = [
    '¦= "x"', '¦"name" = "x"', '¦, = 1', 'name¦', 'name ¦', 'name ¦~ "x"', 'name ¦is "x"',
    'name ¦CONTAINS "x"', 'name ¦"x"', 'name = ¦x', 'name = ¦', 'name =¦', 'name = ¦"open',
    "name = ¦'open", 'name = ¦"open"" and', 'duration > ¦5x', 'duration > ¦-', 'duration > ¦+5',
    'duration > ¦.5', 'duration > ¦1_0', 'name = "x" ¦name = "y"', 'name = "x" ¦xor',
    'name = "x" ¦)', 'name = "x" ¦, name = "y"', 'name = "x" and¦', 'name = "x" and ¦',
    'name = "x" or ¦and', 'name = "x" ¦not name = "y"', '¦nope = "x"', '¦usage.other = 5',
    '¦usage = 5', '¦Name = "x"', '¦name.key = "x"', '¦tags."x" = "y"', '¦and name = "x"',
    'metadata.¦ = "x"', 'metadata.""¦ = "x"', 'metadata.a¦.b = "x"', 'metadata.¦"open = 1',
    "metadata.¦'open\" = 1", '(name = "x"¦', '(name = "x" ¦', '(¦)', '¦)', '(¦',
    'name = "x" and (¦', 'not¦', 'not not ¦', 'not (¦)', 'environment in ¦"a"', 'environment in¦',
    'environment in (¦)', 'environment in (¦a)', 'environment in ("a" ¦"b")',
    'environment in ("a", ¦)', 'environment in ("a",¦, "b")', 'environment in ("a"¦',
    'environment in (¦"a)', 'environment in (¦5)', 'name ¦!"x"', 'name ¦! = "x"', 'name =¦! "x"',
    'name =¦= "x"', 'name <¦> "x"', 'name ¦&& "x"', 'name = "x" ¦&& name = "y"',
    'name = "x" ¦; drop table trace',
]


def refused_at(data, kind, text):
    """Asserts the error, at the column that is marked; returns what it says."""
    column = text.index(HERE) + 1
    status, answer = data.ask(kind, oql=text.replace(HERE, ""))
    assert status == 400 and answer["code"] == 400
    match = re.fullmatch(r"Invalid OQL at column (\d+): (\S.*)", answer["message"], re.S)
    assert match, answer
    assert int(match[1]) == column, answer
    return match[2]


@pytest.mark.parametrize("text", ERRORS)
def test_errors_say_where(data, text):
    assert refused_at(data, "traces", text)


@pytest.mark.parametrize("text", [
    '¦thread_id = "x"', '¦llm_span_count > 1', '¦parent_span_id = "x"', '¦span_count > 1',
])
def test_fields_of_traces_only(data, text):
    assert re.search(r"\w+ is not supported", refused_at(data, "spans", text))


@pytest.mark.parametrize("text", ['¦model = "x"', '¦provider = "x"', '¦type = "llm"'])
def test_fields_of_spans_only(data, text):
    assert re.search(r"\w+ is not supported", refused_at(data, "traces", text))


@pytest.mark.parametrize("text", ['name = "äöü" ¦nope', 'name = "🐙" ¦nope', 'name = ¦äöü'])
def test_columns_count_characters(data, text):
    refused_at(data, "traces", text)


@pytest.mark.parametrize("oql", ["(" * 200 + 'name = "x"' + ")" * 200, "not " * 200 + 'name = "x"',
                                 " and ".join(["ttft > 0"] * 300)])
def test_limits(data, oql):
    """Any nesting and any number is answered."""
    status, answer = data.ask("traces", oql=oql)
    assert status == 400 and answer["message"].startswith("Invalid OQL at column ")


def test_reasonable_nesting_and_numbers_are_taken(data):
    agrees(data, "traces", "(" * 10 + 'name = "alpha"' + ")" * 10,
           [condition("name", "=", None, "alpha")])
    names = {row.text("name") for row in data.rows["traces"]} - {"", "nul\0l"}
    tests = [condition("name", "=", None, text) for text in sorted(names)]
    oql = " or ".join('name = "' + text.replace('"', '""') + '"' for text in sorted(names))
    agrees(data, "traces", oql, [{"or": tests}])


# ---- the SDK itself -----------------------------------------------------------------------------

# The SDK's models take no bodies that are numbers, and no errors without a type.
LEAN = ["input", "output", "metadata", "error_info"]


def is_readable(row):
    return all(isinstance(row.sent.get(field), dict) for field in ("input", "output", "metadata"))


@pytest.fixture(scope="module")
def sdk_searches(server, data, tmp_path_factory):
    """What the SDK finds, all in one program: texts with the kind of records, and some options."""
    texts = [(kind, oql) for kind, oql in TAKEN if is_taken(kind, oql)
             and (kind == "traces" or oql in OF_SPANS)]
    rich = next(row for row in data.rows["traces"] if is_readable(row))
    trace = next(row for row in data.rows["traces"] if len(row.spans) > 1)
    options = [{"kind": "spans", "max_batch_size": 7, "exclude": LEAN},
               {"kind": "spans", "max_results": 9, "exclude": LEAN},
               {"kind": "spans", "trace_id": trace.id, "exclude": LEAN},
               {"kind": "traces", "max_results": 1000, "exclude": LEAN},
               {"kind": "traces", "filter_string": f'id = "{rich.id}"', "truncate": False,
                "exclude": ["error_info"]},
               {"kind": "traces", "filter_string": "metadata.n >= 5"}]
    searches = [{"kind": kind, "filter_string": oql, "exclude": LEAN} for kind, oql in texts]
    answers = sdk.run_python("search.py", data.name, json.dumps(options + searches),
                             home=tmp_path_factory.mktemp("home"), url=server.url + "/api")
    return rich, trace, answers[:len(options)], zip(texts, answers[len(options):], strict=True)


def test_sdk_searches(data, sdk_searches):
    """Every text that the SDK takes, sent by the SDK."""
    for (kind, oql), records in sdk_searches[3]:
        assert isinstance(records, list), (oql, records)
        wanted = chosen(data.rows[kind], parts(kind, oql))
        assert [record["id"] for record in records] == sorted(wanted, reverse=True), oql


def test_sdk_pages_and_options(data, sdk_searches):
    rich, trace, (every, some, within, lean, one, bad), _ = sdk_searches
    whole = sorted((row.id for row in data.rows["spans"]), reverse=True)
    assert [span["id"] for span in every] == whole
    assert [span["id"] for span in some] == whole[:9]
    assert {span["id"] for span in within} == {span.id for span in trace.spans}
    assert len(lean) == len(data.rows["traces"])
    assert not any(record.keys() & set(LEAN[:2]) for record in lean)
    assert [(record["id"], record["input"]) for record in one] == [(rich.id, rich.sent["input"])]
    assert bad["status"] == 400 and "Invalid operator '>=' for field 'metadata'" in bad["error"]
