"""Every field with every operator (query.md 2 to 8) over a project of varied traces and spans:
what matches, what does not, what is absent, what is refused."""
import json
import random

import pytest

import client
from query_data import candidates, condition, difference, project_of
from query_model import ABSENT, BAD_VALUES, FIELDS, OPERATORS, allowed, chosen

ALL = [(kind, field) for kind, fields in FIELDS.items() for field in fields]
TAKEN = [(kind, field, op) for kind, field in ALL for op in allowed(kind, field)]
REFUSED = [(kind, field, op) for kind, field in ALL for op in OPERATORS
           if op not in allowed(kind, field)]
KINDS = list(FIELDS)
# At most so many values of one field and operator
TRIES = 12


@pytest.fixture(scope="module")
def data(api):
    return project_of(api)


def some_tests(data, kind, field, op):
    """Some tests of a field with an operator, always the same; they tell rows that match from rows
    that do not wherever the field can be stored."""
    tests = [condition(field, op, key, value)
             for key, value in candidates(data.rows[kind], kind, field, op)]
    random.Random(f"{kind} {field} {op}").shuffle(tests)
    rows, tests, more = data.rows[kind], tests[:TRIES], tests[TRIES:]
    for is_wanted in (lambda count: count > 0, lambda count: count < len(rows)):
        if field not in ABSENT and not any(is_wanted(len(chosen(rows, [test]))) for test in tests):
            tests.append(next(test for test in more if is_wanted(len(chosen(rows, [test])))))
    return tests


def agrees(data, kind, *filters):
    """The server chooses the rows that the model chooses; returns them."""
    filters = list(filters)
    wanted, ids = chosen(data.rows[kind], filters), data.ids(kind, filters=filters)
    if sorted(ids) != sorted(wanted):
        pytest.fail(f"{json.dumps(filters, ensure_ascii=False)}\n"
                    f"{difference(data, kind, ids, wanted)}", pytrace=False)
    return wanted


def type_of(kind, field):
    return FIELDS[kind][field].upper()


def refuses(data, kind, filters, message):
    if not isinstance(filters, str):
        filters = json.dumps(filters, ensure_ascii=False)
    assert data.ask(kind, filters=filters) == (400, {"code": 400, "message": message})
    return True


def is_malformed(data, kind, filters):
    raw = filters if isinstance(filters, str) else json.dumps(filters)
    return refuses(data, kind, raw, f"Invalid filters query parameter '{raw}'")


# ---- what matches -------------------------------------------------------------------------------

@pytest.mark.parametrize("kind,field,op", TAKEN)
def test_every_operator(data, kind, field, op):
    for test in some_tests(data, kind, field, op):
        agrees(data, kind, test)


@pytest.mark.parametrize("kind", KINDS)
def test_the_data_has_absent_values(data, kind):
    rows = data.rows[kind]
    for field in ("name", "input", "metadata", "tags", "error_info", "end_time", "ttft", "source",
                  "environment"):
        assert any(field not in row.sent for row in rows), field
    assert any(not row.spans for row in data.rows["traces"])
    assert all(any(row.usage(key) is None for row in rows if row.spans or kind == "spans")
               for key in ("total_tokens", "prompt_tokens", "completion_tokens"))


@pytest.mark.parametrize("field", ["end_time", "ttft"])
@pytest.mark.parametrize("kind", KINDS)
def test_null_matches_no_operator(data, kind, field):
    """Not even both halves of a comparison together."""
    value = "2024-01-02T00:00:00Z" if field == "end_time" else "50"
    for pair in (("=", "!="), ("<", ">="), (">", "<=")):
        ids = [row_id for op in pair
               for row_id in data.ids(kind, filters=[condition(field, op, None, value)])]
        assert set(ids) == {row.id for row in data.rows[kind] if field in row.sent}
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("kind", KINDS)
def test_running_entities_have_duration_0(data, kind):
    running = {row.id for row in data.rows[kind] if row.duration() is None}
    for op, value in (("=", "0"), ("<", "5"), (">=", "0"), ("!=", "1")):
        assert running <= set(data.ids(kind, filters=[condition("duration", op, None, value)]))


@pytest.mark.parametrize("field", ["usage.total_tokens", "usage.prompt_tokens",
                                   "total_estimated_cost", "llm_span_count"])
def test_traces_without_spans_match_no_sum(data, field):
    alone = {row.id for row in data.rows["traces"] if not row.spans}
    assert alone
    for op in allowed("traces", field):
        assert not alone & set(data.ids("traces", filters=[condition(field, op, None, "0")]))


def test_provider_that_answers_show_is_not_stored_metadata(data):
    """The member `provider` that answers add to metadata can't be filtered by."""
    own = {row.id for row in data.rows["spans"]
           if isinstance(row.sent.get("metadata"), dict) and "provider" in row.sent["metadata"]}
    assert set(data.ids("spans", filters=[condition("metadata", "is_not_empty", "provider", "")])
               ) == own


# ---- custom -------------------------------------------------------------------------------------

CUSTOM = [("input", "contains", "hello"), ("input", "=", "hello"), ("input", "=", '"hello"'),
          ("output", "!=", "42"), ("output", "starts_with", "{"), ("$.input", "contains", "a"),
          ("input.a.b", "=", "5"), ("$.input.a.b", ">", "4"), ("output.a.b", "not_contains", "e"),
          ("input[0]", "=", "second"), ("input[1]", "=", "second"), ("input[0].a", "=", "FIRST"),
          ("input.a[1]", "contains", "W"), ("input.a[*].b", "=", "3"),
          ("input.messages[0].content", "contains", "100\\%"), ('input."a.b"', "=", "dotted"),
          ("output.a.b", "is_empty", ""), ("output.a.b", "is_not_empty", ""),
          ("input.text", "ends_with", "100%"), ("input.missing", "=", "x"),
          ("input.missing", "!=", "x"), ("input.ü", "=", "GRÖßE")]


@pytest.mark.parametrize("key,op,value", CUSTOM)
@pytest.mark.parametrize("kind", KINDS)
def test_custom(data, kind, key, op, value):
    agrees(data, kind, condition("custom", op, key, value))


@pytest.mark.parametrize("key", [None, "", "  "])
def test_custom_needs_a_key(data, key):
    assert refuses(data, "traces", [condition("custom", "=", key, "x")],
                   "Custom key cannot be null or empty")


@pytest.mark.parametrize("key", ["metadata.a", "inputs", "$.name", "Input.a", "input_json.a"])
@pytest.mark.parametrize("kind", KINDS)
def test_custom_with_another_root(data, kind, key):
    assert refuses(data, kind, [condition("custom", "=", key, "x")],
                   f"Invalid key '{key}' for custom filter")


@pytest.mark.parametrize("key,op,field,kind_of", [
    ("input", ">=", "input", "STRING"), ("input", "is_empty", "input", "STRING"),
    ("output.a", ">=", "output_json", "DICTIONARY"), ("input[0]", "in", "input_json", "DICTIONARY"),
])
def test_custom_errors_name_the_mapped_field(data, key, op, field, kind_of):
    assert refuses(data, "traces", [condition("custom", op, key, "1")],
                   f"Invalid operator '{op}' for field '{field}' of type '{kind_of}'")


# ---- scores -------------------------------------------------------------------------------------

SCORE_FIELDS = [("traces", "feedback_scores"), ("traces", "span_feedback_scores"),
                ("spans", "feedback_scores")]


@pytest.mark.parametrize("kind,field", SCORE_FIELDS)
def test_several_scores_hold_together(data, kind, field):
    """On the same entity (query.md 6)."""
    first, second = condition(field, ">=", "accuracy", "0"), condition(field, "<", "quality", "1")
    both = agrees(data, kind, first, second)
    assert both == agrees(data, kind, first) & agrees(data, kind, second)


@pytest.mark.parametrize("kind,field", SCORE_FIELDS)
def test_several_empty_scores(data, kind, field):
    """One of the names is missing, not all; other filters still hold."""
    names = ["accuracy", "quality", "my score"]
    tests = [condition(field, "is_empty", key, "") for key in names]
    wanted = {row.id for row in data.rows[kind] if any(
        not any(name.lower() == key for name in row.means(field)) for key in names)}
    assert agrees(data, kind, *tests) == wanted
    assert any(agrees(data, kind, test) != wanted for test in tests)
    agrees(data, kind, *tests, condition("name", "contains", None, "a"))
    agrees(data, kind, tests[0], condition("name", "contains", None, "a"), tests[1])
    # In a node each counts for itself.
    agrees(data, kind, {"and": tests})
    agrees(data, kind, {"not": {"and": tests}}, tests[0], tests[1])
    missing = condition(field, "is_empty", "no such", "")
    assert agrees(data, kind, missing, tests[0]) == {row.id for row in data.rows[kind]}


def test_several_empty_scores_of_two_fields(data):
    """Each field is a group of its own."""
    agrees(data, "traces", *(condition(field, "is_empty", key, "")
                             for field in ("feedback_scores", "span_feedback_scores")
                             for key in ("accuracy", "quality")))


@pytest.mark.parametrize("kind,field", SCORE_FIELDS)
def test_entities_without_scores(data, kind, field):
    """They match no comparison, not even !=."""
    without = {row.id for row in data.rows[kind] if not row.means(field)}
    assert without
    for op in allowed(kind, field):
        ids = agrees(data, kind, condition(field, op, "accuracy", "5"))
        assert (without <= ids) if op == "is_empty" else not (without & ids)


# ---- lists of filters ---------------------------------------------------------------------------

@pytest.mark.parametrize("value", ["", " ", "[]", " [ ] "])
@pytest.mark.parametrize("kind", KINDS)
def test_no_filter(data, kind, value):
    assert set(data.ids(kind, filters=value)) == {row.id for row in data.rows[kind]}


@pytest.mark.parametrize("kind", KINDS)
def test_filters_are_joined_with_and(data, kind):
    first, second = condition("name", "contains", None, "a"), condition("ttft", ">=", None, "0")
    both = agrees(data, kind, first, second)
    assert both and both == agrees(data, kind, first) & agrees(data, kind, second)
    assert agrees(data, kind, first, first, second) == both
    assert agrees(data, kind, first, {"not": first}) == set()


@pytest.mark.parametrize("node,takes_all", [({"or": []}, False), ({"and": []}, True),
                                            ({"not": {"or": []}}, True),
                                            ({"not": {"and": []}}, False),
                                            ({"and": [{"or": []}]}, False)], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_empty_nodes(data, kind, node, takes_all):
    """No condition is enough for `or`, every condition is there for `and`."""
    assert len(agrees(data, kind, node)) == (len(data.rows[kind]) if takes_all else 0)


@pytest.mark.parametrize("value,text", [(12.5, "12.5"), (0, "0"), (-1, "-1"), (100, "100")])
def test_numbers_are_read_as_text(data, value, text):
    test = condition("ttft", "<=", None, text)
    assert agrees(data, "traces", {**test, "value": value}) == agrees(data, "traces", test)


def test_booleans_are_read_as_text(data):
    test = condition("metadata", "=", "flag", "true")
    assert agrees(data, "traces", {**test, "value": True}) == agrees(data, "traces", test)


def test_unknown_members_are_ignored(data):
    """The Python SDK adds `type`."""
    test = condition("name", "=", "", "alpha")
    plain = agrees(data, "traces", test)
    assert plain
    for more in ({"type": "string"}, {"type": "nonsense", "id": "x"}, {"x": {"y": [1]}}):
        assert set(data.ids("traces", filters=[{**test, **more}])) == plain


@pytest.mark.parametrize("value", ["", None, "anything", 5])
def test_value_of_no_value_operators_is_ignored(data, value):
    test = {"field": "error_info", "operator": "is_empty", "value": value}
    assert agrees(data, "traces", test)


def test_value_of_no_value_operators_may_be_missing(data):
    assert agrees(data, "traces", {"field": "tags", "operator": "is_empty"})


@pytest.mark.parametrize("value", ["a+b", "%41"])
def test_values_are_decoded_once(data, value):
    """README.md, difference 8: the reference would look for "a b" and "A"."""
    for field in ("tags", "name"):
        test = condition(field, "=", None, value)
        assert len(agrees(data, "traces", test)) > 0
    test = condition("metadata", "contains", "n", "%zz")
    agrees(data, "traces", test)


def test_many_parts(data):
    """Every part counts, or the list is refused; never is one dropped."""
    parts = [f"e{i}" for i in range(1100)] + ["staging"]
    status, page = data.ask("traces", size=1000, filters=[
        condition("environment", "in", None, ",".join(parts))])
    wanted = chosen(data.rows["traces"], [condition("environment", "=", None, "staging")])
    assert status == 400 or {item["id"] for item in page["content"]} == wanted


def test_many_filters(data):
    """A hundred are taken; what is more than the server takes is refused, not dropped."""
    tests = [condition("ttft", "!=", None, str(i)) for i in range(100)]
    agrees(data, "traces", *tests)
    status, answer = data.ask("traces", filters=[*tests, *tests[:20],
                                                 condition("name", "=", None, "no such")])
    assert status == 400 or answer["content"] == []


# ---- what is refused ----------------------------------------------------------------------------

@pytest.mark.parametrize("kind,field", ALL)
def test_every_operator_that_is_not_allowed(data, kind, field):
    refused = [op for op in OPERATORS if (kind, field, op) in REFUSED]
    assert refused
    for op in refused:
        key = "x" if type_of(kind, field) in ("DICTIONARY", "FEEDBACK_SCORES_NUMBER") else None
        assert refuses(data, kind, [condition(field, op, key, "1")],
                       f"Invalid operator '{op}' for field '{field}' of type "
                       f"'{type_of(kind, field)}'")


@pytest.mark.parametrize("kind,field", [row for row in ALL if FIELDS[row[0]][row[1]] in BAD_VALUES])
def test_bad_values(data, kind, field):
    for value in BAD_VALUES[FIELDS[kind][field]]:
        op = [op for op in allowed(kind, field) if not op.startswith("is_")][0]
        for key, shown in ((None, "null"), ("", "null"), ("k", "k")):
            assert refuses(data, kind, [condition(field, op, key, value)],
                           f"Invalid value '{value}' or key '{shown}' for field '{field}' of type "
                           f"'{type_of(kind, field)}'"), repr(value)


@pytest.mark.parametrize("kind,field,op", [row for row in TAKEN if FIELDS[row[0]][row[1]] in (
    "dictionary", "feedback_scores_number")])
def test_key_is_needed(data, kind, field, op):
    for key in (None, ""):
        assert refuses(data, kind, [condition(field, op, key, "1")],
                       f"Invalid value '1' or key 'null' for field '{field}' of type "
                       f"'{type_of(kind, field)}'")


@pytest.mark.parametrize("kind", KINDS)
def test_limits_say_what_is_too_much(api, data, kind):
    """docs/differences.md: 100 filters, 20 levels, 300 parts of a list."""
    test = condition("tags", "is_empty", None, "")
    deep = test
    for _ in range(25):
        deep = {"not": deep}
    for filters, problem in (([test] * 101, "more than 100 filters"), ([deep], "more than 20 levels"),
                             ([{**test, "or": []}],
                              "a filter has only one of field, or, and, not")):
        raw = json.dumps(filters)
        assert refuses(data, kind, raw, f"Invalid filters query parameter '{raw}': {problem}")
        response = api.post(f"{kind}/search", {"project_name": data.name, "filters": filters},
                            bad=True)
        assert client.is_unreadable(response) and f": {problem} (" in response.json()["message"]
    value = ",".join(f"v{i}" for i in range(301))
    assert refuses(data, kind, [condition("environment", "in", None, value)],
                   f"Invalid value '{value}' or key 'null' for field 'environment' of type 'ENUM'"
                   ": more than 300 parts")
    assert data.list(kind, filters=[test] * 100)
    assert data.list(kind, filters=[condition("environment", "in", None, value[:-5])])


@pytest.mark.parametrize("field", ["feedback_scores", "span_feedback_scores"])
@pytest.mark.parametrize("value,good", [("0.5", True), ("1e-3", True), ("-2", True), ("x", False),
                                        ("", False), (" ", False), ("1.2.3", False)])
def test_values_of_scores(data, field, value, good):
    test = condition(field, "=", "accuracy", value)
    if good:
        agrees(data, "traces", test)
    else:
        assert refuses(data, "traces", [test], f"Invalid value '{value}' or key 'accuracy' for "
                       f"field '{field}' of type 'FEEDBACK_SCORES_NUMBER'")


@pytest.mark.parametrize("key", ["a-b", "a b", "a..b", "a.", "$.", "$a", "[", "[x]", "[-1]", "a[1",
                                 '"open', "a[1 to]", "a[ to 2]", "a]", "$$", "a/b", "(a)"])
@pytest.mark.parametrize("kind", KINDS)
def test_bad_paths(data, kind, key):
    """README.md, difference 10: no 500."""
    assert refuses(data, kind, [condition("metadata", "=", key, "v")],
                   f"Invalid value 'v' or key '{key}' for field 'metadata' of type 'DICTIONARY'")


GOOD = {"field": "name", "operator": "=", "value": "x", "key": ""}
MALFORMED = ["x", "{}", '"x"', "1", "true", "[", "[1]", "[[]]", '["name"]', "[null]", "[{}]",
             "[{]", "[{}", json.dumps(GOOD), json.dumps([GOOD]) + "x"]


@pytest.mark.parametrize("raw", MALFORMED)
@pytest.mark.parametrize("kind", KINDS)
def test_malformed(data, kind, raw):
    assert is_malformed(data, kind, raw)


@pytest.mark.parametrize("change", [
    {"field": "no_such"}, {"field": "Name"}, {"field": ""}, {"field": None}, {"field": 1},
    {"field": "name "}, {"field": "usage"}, {"field": "usage.other"}, {"operator": "equals"},
    {"operator": "CONTAINS"}, {"operator": ""}, {"operator": None}, {"operator": "=="},
    {"value": None}, {"value": []}, {"value": {}}, {"field": ["name"]}, {"operator": {}},
    {"field": "parent_span_id"}, {"field": "span_count"}, {"field": "created_by"},
], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_malformed_members(data, kind, change):
    assert is_malformed(data, kind, [{**GOOD, **change}])
    assert is_malformed(data, kind, [GOOD, {**GOOD, **change}])


@pytest.mark.parametrize("left_out", ["field", "operator", "value"])
def test_missing_members(data, left_out):
    assert is_malformed(data, "traces", [{k: v for k, v in GOOD.items() if k != left_out}])


@pytest.mark.parametrize("field", ["model", "provider", "type", "trace_id"])
def test_fields_of_spans_only(data, field):
    assert is_malformed(data, "traces", [{**GOOD, "field": field}])


@pytest.mark.parametrize("field", ["thread_id", "llm_span_count", "span_feedback_scores",
                                   "guardrails", "visibility_mode", "annotation_queue_ids",
                                   "experiment_id", "experiment_ids"])
def test_fields_of_traces_only(data, field):
    assert is_malformed(data, "spans", [{**GOOD, "field": field}])


@pytest.mark.parametrize("node", [
    {"or": {}}, {"or": "x"}, {"and": None}, {"not": []}, {"not": None}, {"not": "x"}, {"or": [1]},
    {"and": [[]]}, {"or": [{"not": 1}]}, {"not": {}}, {"or": [GOOD, {**GOOD, "operator": "no"}]},
], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_malformed_nodes(data, kind, node):
    assert is_malformed(data, kind, [node])


SMALL = {"field": "ttft", "operator": ">", "value": 1}


@pytest.mark.parametrize("wrap", [lambda node: {"not": node}, lambda node: {"or": [node]},
                                  lambda node: {"and": [SMALL, node]}], ids=["not", "or", "and"])
def test_depth(data, wrap):
    """Reasonable depths are taken, any depth is answered."""
    node = SMALL
    for depth in range(1, 120):
        node = wrap(node)
        if depth == 10:
            agrees(data, "traces", node)
    assert data.ask("traces", filters=[node])[0] == 400


# ---- order of the checks ------------------------------------------------------------------------

def test_order_of_checks(data):
    bad = json.dumps([{**GOOD, "operator": ">="}])
    wire = data.wire
    query = client.requests.models.RequestEncodingMixin._encode_params

    def message(**params):
        status, answer = wire.send("GET", "traces?" + query(params))
        return status, answer["message"]

    no_project = "Either 'project_name' or 'project_id' query params must be provided"
    times = {"from_time": "2", "to_time": "1"}
    operator = "Invalid operator '>=' for field 'name' of type 'STRING'"
    assert message(filters=bad, sorting="x", **times) == (400, no_project)
    assert message(project_name="none", filters=bad, sorting="x", **times) == (
        400, "Parameter 'from_time' must be before 'to_time'")
    assert message(project_name="none", filters=bad, sorting="x") == (400, operator)
    assert message(project_name="none", sorting="x") == (
        400, "Invalid sorting query parameter 'x'")
    assert message(project_name="none") == (404, "Project name: none not found")
