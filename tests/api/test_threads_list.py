"""GET /traces/threads: pages, filters, sorting, search, times, restricted aggregation, truncation
(threads.md 3 to 6.1, query.md 9, 11 to 13)."""
import functools
import json
import random

import pytest

import client
from client import is_error, is_message, name, uuid7
from oql import Printer
from query_data import candidates, condition, difference, random_node, random_test
from query_model import BAD_VALUES, OPERATORS, THREAD_FIELDS, allowed, nanoseconds
from thread_data import chosen_threads, threads_of
from turns import BASE, PATH, Thread, id_ms, turn

SORTABLE = ("id start_time end_time duration number_of_messages last_updated_at created_by"
            " created_at usage.* total_estimated_cost feedback_scores.* status tags"
            " environment").split()
NULLS = ("end_time", "duration")
TAKEN = [(field, op) for field in THREAD_FIELDS for op in allowed("threads", field)]


@pytest.fixture(scope="module")
def data(api):
    return threads_of(api)


def agrees(data, wanted, **params):
    """The page has these rows as the model shows them; returns their ids."""
    page = data.list(**params)
    ids = [one["id"] for one in page["content"]]
    if sorted(ids) != sorted(row.id for row in wanted):
        shown = json.dumps(params, ensure_ascii=False)
        pytest.fail(f"{shown}\n" + difference(data, "threads", ids, {row.id for row in wanted}),
                    pytrace=False)
    records = {row.id: row.record() for row in wanted}
    for one in page["content"]:
        record = {key: value for key, value in one.items()
                  if key not in ("tags", "feedback_scores")}
        assert record == records[one["id"]]
        assert sorted(one.get("tags", [])) == data.row("", one["id"]).tags()
        assert {score["name"] for score in one.get("feedback_scores", [])} == set(
            data.row("", one["id"]).scores)
    return set(ids)


def chooses(data, *filters):
    filters = list(filters)
    return agrees(data, chosen_threads(data.rows["threads"], filters), filters=filters)


# ---- the page -----------------------------------------------------------------------------------

def test_everything(data):
    assert agrees(data, data.rows["threads"]) == {row.id for row in data.rows["threads"]}


def test_the_data_is_varied(data):
    rows = data.rows["threads"]
    assert any("thread_model_id" not in row.shown for row in rows)
    assert any("thread_model_id" in row.shown and not row.scores for row in rows)
    assert any(row.scores for row in rows) and any(not row.scores for row in rows)
    assert {row.sent["status"] for row in rows} == {"active", "inactive"}
    assert any(row.last is None for row in rows)
    assert any("input" not in row.first.sent for row in rows)
    assert any(len({trace.sent.get("source") for trace in row.traces}) > 1 for row in rows)


def test_members_of_the_page(data):
    page = data.list()
    assert page.keys() == {"page", "size", "total", "content", "sortable_by"}
    assert page["sortable_by"] == SORTABLE
    assert page["page"] == 1


def test_pages(data):
    whole = [one["id"] for one in data.list()["content"]]
    for size in (1, 7, len(whole)):
        seen = []
        for number in range(1, len(whole) // size + 2):
            status, page = data.ask(page=number, size=size)
            assert status == 200
            assert (page["page"], page["total"]) == (number, len(whole))
            assert page["size"] == len(page["content"]) <= size
            seen += [one["id"] for one in page["content"]]
        assert seen == whole
    status, page = data.ask(page=1000)
    assert (status, page["size"], page["content"]) == (200, 0, [])
    assert page["total"] == len(whole)
    assert data.ask()[1]["size"] == 10, "the default"


def test_of_a_project_by_id(api, data):
    project_id = api.project_id(data.name)
    whole = data.list()["content"]
    assert api.page(PATH, project_id=project_id, size=1000)["content"] == whole
    assert api.page(PATH, project_id=project_id, project_name="none", size=1000)[
        "content"] == whole
    assert api.page(PATH, project_name=data.name.upper(), size=1000)["content"] == whole


def test_nothing(api, project):
    api.create("projects", {"name": project})
    assert api.page(PATH, project_name=project) == {
        "page": 1, "size": 0, "total": 0, "content": [], "sortable_by": SORTABLE}


@pytest.mark.parametrize("path", [PATH, f"{PATH}/stats"])
def test_project_errors(api, path):
    missing = uuid7()
    neither = "Either 'project_name' or 'project_id' query params must be provided"
    assert is_message(api.get(path), 400, neither)
    assert is_message(api.get(path, params={"project_name": " "}), 400, neither)
    assert is_message(api.get(path, params={"project_name": "none"}), 404,
                      "Project name: none not found")
    assert is_message(api.get(path, params={"project_id": missing}), 404,
                      f"Project id: {missing} not found")
    assert not api.project_exists("none")


@pytest.mark.parametrize("field", ["page", "size"])
def test_paging_errors(api, data, field):
    for value in (0, -1):
        response = api.get(PATH, params={"project_name": data.name, field: value})
        assert is_error(response, 400,
                        f"query param {field} must be greater than or equal to 1")


# ---- filters ------------------------------------------------------------------------------------

@pytest.mark.parametrize("field,op", TAKEN)
def test_every_operator(data, field, op):
    tests = [condition(field, op, key, value)
             for key, value in candidates(data.rows["threads"], "threads", field, op)]
    random.Random(f"{field} {op}").shuffle(tests)
    counts = {len(chooses(data, test)) for test in tests[:14]}
    if field != "annotation_queue_ids":
        more = iter(tests[14:])
        while not any(counts) or counts == {len(data.rows["threads"])}:
            counts.add(len(chooses(data, next(more))))


@pytest.mark.parametrize("field", THREAD_FIELDS)
def test_every_operator_that_is_not_allowed(data, field):
    kind = THREAD_FIELDS[field].upper()
    for op in OPERATORS:
        if op not in allowed("threads", field):
            key = "x" if field == "feedback_scores" else ""
            status, answer = data.ask(filters=[condition(field, op, key, "1")])
            assert (status, answer["message"]) == (
                400, f"Invalid operator '{op}' for field '{field}' of type '{kind}'")


@pytest.mark.parametrize("field", [field for field in THREAD_FIELDS
                                   if THREAD_FIELDS[field] in BAD_VALUES])
def test_bad_values(data, field):
    kind = THREAD_FIELDS[field]
    op = [op for op in allowed("threads", field) if not op.startswith("is_")][0]
    for value in BAD_VALUES[kind]:
        status, answer = data.ask(filters=[condition(field, op, None, value)])
        assert (status, answer["message"]) == (
            400, f"Invalid value '{value}' or key 'null' for field '{field}' of type "
                 f"'{kind.upper()}'")


@pytest.mark.parametrize("key,value,shown", [(None, "1", "null"), ("", "1", "null"),
                                             ("a", "x", "a"), ("a", "", "a")])
def test_bad_scores(data, key, value, shown):
    status, answer = data.ask(filters=[condition("feedback_scores", ">", key, value)])
    assert (status, answer["message"]) == (
        400, f"Invalid value '{value}' or key '{shown}' for field 'feedback_scores' of type "
             "'FEEDBACK_SCORES_NUMBER'")


@pytest.mark.parametrize("field", ["name", "input", "metadata", "thread_id", "usage.total_tokens",
                                   "total_estimated_cost", "custom", "error_info", "no_such",
                                   "thread_model_id", "span_feedback_scores", "comments"])
def test_fields_that_threads_lack(data, field):
    raw = json.dumps([condition(field, "=", None, "x")])
    status, answer = data.ask(filters=raw)
    assert (status, answer["message"]) == (400, f"Invalid filters query parameter '{raw}'")


def test_several_empty_scores(data):
    tests = [condition("feedback_scores", "is_empty", key, "") for key in ("accuracy", "quality")]
    wanted = {row.id for row in data.rows["threads"] if any(
        not any(one.lower() == key for one in row.means()) for key in ("accuracy", "quality"))}
    assert chooses(data, *tests) == wanted
    assert chooses(data, *tests) != chooses(data, tests[0])


def test_threads_without_a_record_match_no_score(data):
    without = {row.id for row in data.rows["threads"] if "thread_model_id" not in row.shown}
    assert without
    for op in ("=", "!=", ">", "<", "is_not_empty"):
        assert not without & chooses(data, condition("feedback_scores", op, "accuracy", "5"))
    assert without <= chooses(data, condition("feedback_scores", "is_empty", "accuracy", ""))


def test_status_of_a_thread_without_a_record(data):
    without = {row.id for row in data.rows["threads"] if "thread_model_id" not in row.shown}
    assert without <= chooses(data, condition("status", "=", None, "active"))
    assert not without & chooses(data, condition("status", "=", None, "inactive"))


@pytest.mark.parametrize("seed", range(6))
def test_random_lists(data, seed):
    rng, rows = random.Random(f"threads {seed}"), data.rows["threads"]
    for _ in range(40):
        chooses(data, *(random_test(rng, rows, "threads") for _ in range(rng.choice([1, 2, 3]))))


@pytest.mark.parametrize("seed", range(6))
def test_random_nodes(data, seed):
    rng, rows = random.Random(f"thread nodes {seed}"), data.rows["threads"]
    printer = Printer(rng, "threads")
    for _ in range(30):
        node = random_node(rng, rows, "threads")
        wanted = chooses(data, node)
        if "and" not in node:  # at the root, which is the list itself
            ids = {one["id"] for one in data.list(oql=printer.node(node))["content"]}
            assert ids == wanted


# ---- restricted aggregation ---------------------------------------------------------------------

@pytest.mark.parametrize("field,values", [("source", ["sdk", "playground", "evaluator"]),
                                          ("environment", ["staging", "production", "x y"])])
def test_sources_and_environments_choose_traces(data, field, values):
    """Some threads lie only partly inside, so their counters shrink."""
    partly = 0
    for value in values:
        for op in ("=", "!="):
            filters = [condition(field, op, None, value)]
            rows = chosen_threads(data.rows["threads"], filters)
            agrees(data, rows, filters=filters)
            partly += sum(len(row.traces) < len(row.whole) for row in rows)
    assert partly


def test_other_filters_see_what_is_chosen(data):
    for value in ("sdk", "playground", "experiment"):
        for count in (2, 4, 6):
            chooses(data, condition("source", "=", None, value),
                    condition("number_of_messages", "=", None, str(count)))
        chooses(data, condition("source", "=", None, value),
                condition("first_message", "contains", None, "e"))
        chooses(data, condition("source", "!=", None, value),
                condition("environment", "is_empty", None, ""),
                condition("duration", ">", None, "1"))


@pytest.mark.parametrize("search", ["hello", "HELLO", "chat", "%", "_", "100", "ü", "  two ", " ",
                                    "zzz", "null", "\\%", '"', "deep"])
def test_search(data, search):
    rows = chosen_threads(data.rows["threads"], search=search)
    agrees(data, rows, search=search)


def test_search_by_trace_id(data):
    for row in data.rows["threads"][:8]:
        trace = row.traces[-1]
        found = chosen_threads(data.rows["threads"], search=trace.id)
        assert [one.traces for one in found] == [[trace]]
        agrees(data, found, search=trace.id)
        agrees(data, found, search=trace.id.upper())


def test_search_finds_no_model_id(data):
    model_id = next(row.shown["thread_model_id"] for row in data.rows["threads"]
                    if "thread_model_id" in row.shown)
    agrees(data, [], search=model_id)


def iso(ms):
    return client.datetime.datetime.fromtimestamp(
        ms / 1000, client.datetime.timezone.utc).isoformat(timespec="milliseconds")


BOUNDS = [BASE, BASE + 99, BASE + 100, BASE + 110, BASE + 1015, BASE + 2500, BASE + 10**6]


@pytest.mark.parametrize("low", [None, *BOUNDS])
@pytest.mark.parametrize("high", [None, *BOUNDS])
def test_times(data, low, high):
    if low is not None and high is not None and low >= high:
        status, answer = data.ask(from_time=low, to_time=high)
        assert (status, answer["message"]) == (
            400, "Parameter 'from_time' must be before 'to_time'")
        return
    rows = chosen_threads(data.rows["threads"], low=low, high=high)
    agrees(data, rows, **{key: value for key, value in
                          (("from_time", low), ("to_time", high)) if value is not None})
    agrees(data, rows, **{key: iso(value) for key, value in
                          (("from_time", low), ("to_time", high)) if value is not None})


def test_from_time_needs_a_record(data):
    """threads.md 5: without one a thread is left out, unless only to_time is given."""
    without = {row.id for row in data.rows["threads"] if "thread_model_id" not in row.shown}
    assert not without & agrees(data, chosen_threads(data.rows["threads"], low=BASE),
                                from_time=BASE)
    assert without <= agrees(data, chosen_threads(data.rows["threads"], high=BASE + 10**6),
                             to_time=BASE + 10**6)


def test_times_compare_the_record_too(api, project):
    """An old record with new traces lies outside from_time on."""
    thread = Thread(api, project)
    thread.say(id=uuid7(BASE))
    thread.say(first=1, id=uuid7(BASE + 1000))
    assert api.ids(PATH, project_name=project, from_time=BASE + 500) == []
    (record,) = api.page(PATH, project_name=project, to_time=BASE + 500)["content"]
    assert record["number_of_messages"] == 2
    (record,) = api.page(PATH, project_name=project, from_time=BASE)["content"]
    assert record["number_of_messages"] == 4


def test_times_errors(api, data):
    for field in ("from_time", "to_time"):
        response = api.get(PATH, params={"project_name": data.name, field: "yesterday"}, bad=True)
        assert is_message(response, 400, "Invalid instant format: 'yesterday'. Expected ISO-8601 "
                          "(e.g., 2024-01-01T00:00:00Z) or milliseconds since epoch")


@pytest.mark.parametrize("seed", range(3))
def test_everything_together(data, seed):
    rng, rows = random.Random(f"all {seed}"), data.rows["threads"]
    for _ in range(40):
        filters = [random_test(rng, rows, "threads") for _ in range(rng.choice([0, 1, 1, 2]))]
        if rng.random() < 0.5:
            field = rng.choice(["source", "environment"])
            op = rng.choice(allowed("threads", field))
            filters.append(condition(field, op, *rng.choice(
                candidates(rows, "threads", field, op))))
        search = rng.choice(["", "", "e", "a", "1", "hello"])
        low = rng.choice([None, None, *BOUNDS[:5]])
        high = rng.choice([None, None, BASE + 2000, BASE + 3500])
        params = {key: value for key, value in (("from_time", low), ("to_time", high))
                  if value is not None}
        wanted = chosen_threads(rows, filters, search, low, high)
        agrees(data, wanted, filters=filters, search=search, **params)


# ---- sorting ------------------------------------------------------------------------------------

def default_key(row):
    """last_updated_at DESC, start_time ASC, end_time DESC."""
    end = row.time("end_time")
    return -row.time("last_updated_at"), row.time("start_time"), -(end or 0)


def sort_value(row, field):
    """What a row sorts by; None is a null."""
    base, _, key = field.partition(".")
    if base == "usage":
        count = row.usages().get(key)
        return (0, False) if count is None else (count, True)
    if base == "feedback_scores":
        return (row.means()[key], True) if key in row.means() else (0, False)
    if field in ("start_time", "end_time", "created_at", "last_updated_at"):
        return row.time(field)
    if field == "duration":
        return row.duration()
    if field == "number_of_messages":
        return row.number(field)
    if field == "total_estimated_cost":
        return row.cost()
    if field == "tags":
        return [tag.encode() for tag in data_tags(row)]
    if field in ("id", "status", "environment"):
        return (row.text(field) if field == "id" else row.enum(field)).encode()
    assert field == "created_by"
    return 0


def data_tags(row):
    return row.shown.get("tags", [])


def in_order(rows, field, direction):
    def compare(a, b):
        first, second = sort_value(a, field), sort_value(b, field)
        if first == second:
            return (default_key(a) > default_key(b)) - (default_key(a) < default_key(b))
        if first is None or second is None:
            return 1 if first is None else -1
        return ((first > second) - (first < second)) * (1 if direction == "ASC" else -1)
    return [row.id for row in sorted(rows, key=functools.cmp_to_key(compare))]


SORTS = [*(field for field in SORTABLE if not field.endswith(".*")), "usage.total_tokens",
         "usage.other", "usage.none", "feedback_scores.accuracy", "feedback_scores.Accuracy",
         "feedback_scores.my score", "feedback_scores.größe", "feedback_scores.none"]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", SORTS)
def test_order(data, field, direction):
    sorting = json.dumps([{"field": field, "direction": direction}])
    assert [one["id"] for one in data.list(sorting=sorting)["content"]] == in_order(
        data.rows["threads"], field, direction)
    # also of what is restricted
    filters = [condition("source", "=", None, "sdk")]
    rows = chosen_threads(data.rows["threads"], filters)
    assert [one["id"] for one in data.list(sorting=sorting, filters=filters)["content"]] == \
        in_order(rows, field, direction)


def test_default_order(data):
    wanted = [row.id for row in sorted(data.rows["threads"], key=default_key)]
    for sorting in ("", " ", "[]"):
        assert [one["id"] for one in data.list(sorting=sorting)["content"]] == wanted


def test_default_order_of_equal_times(api, project):
    """Threads of one batch are updated at one time; then start ASC, end DESC."""
    items = [turn(project, f"t{i}", start, end_time=end, last_updated_at="2100-01-01T00:00:00Z")
             for i, (start, end) in enumerate([(5, None), (1, "2024-01-01T11:00:00Z"),
                                               (1, "2024-01-01T12:00:00Z"), (3, None), (1, None)])]
    api.batch("traces", *items)
    assert api.ids(PATH, project_name=project) == ["t2", "t1", "t4", "t3", "t0"]


@pytest.mark.parametrize("field", NULLS)
def test_nulls_come_last(data, field):
    for direction in ("ASC", "DESC"):
        sorting = json.dumps([{"field": field, "direction": direction}])
        there = [field in one for one in data.list(sorting=sorting)["content"]]
        assert True in there and False in there
        assert there == sorted(there, reverse=True)


@pytest.mark.parametrize("sorting", [
    '[{"field":"no_such"}]', '[{"field":"project_id"}]', '[{"field":"first_message"}]',
    '[{"field":"usage"}]', '[{"field":"usage."}]', '[{"field":"feedback_scores"}]',
    '[{"field":"last_updated_by"}]', '[{"field":"Status","direction":"ASC"}]'])
def test_unknown_fields_are_ignored(data, sorting):
    assert data.list(sorting=sorting)["content"] == data.list()["content"]


def test_only_the_first_entry_counts(data):
    sorting = json.dumps([{"field": "id"}, {"field": "start_time", "direction": "DESC"}])
    assert [one["id"] for one in data.list(sorting=sorting)["content"]] == in_order(
        data.rows["threads"], "id", "ASC")


@pytest.mark.parametrize("raw", ["x", "{}", '"id"', "[1]", '[{"field":1}]', "[{}]",
                                 '[{"field":"id","direction":"asc"}]'])
def test_malformed_sorting(data, raw):
    status, answer = data.ask(sorting=raw)
    assert (status, answer["message"]) == (400, f"Invalid sorting query parameter '{raw}'")


# ---- truncation ---------------------------------------------------------------------------------

LONG = {"k": "x" * 20000}


def test_truncation(api, project):
    thread = Thread(api, project)
    api.create("traces", thread.turn(input=LONG, output={"image": "data:image/png;base64,/9j/AA",
                                                         "text": "kept"}))

    def only(**params):
        (record,) = api.page(PATH, project_name=project, **params)["content"]
        return record

    cut = only(truncate="true")
    assert cut["first_message"] == json.dumps(LONG, separators=(",", ":"))[:10001]
    assert cut["last_message"] == {"image": "[image]", "text": "kept"}
    for params in ({}, {"truncate": "false"}, {"strip_attachments": "true"}):
        whole = only(**params)
        assert whole["first_message"] == LONG
        assert whole["last_message"]["image"] == "data:image/png;base64,/9j/AA"


@pytest.mark.parametrize("length,is_cut", [(10000, False), (10001, True), (10002, True)])
def test_where_it_is_cut(api, project, length, is_cut):
    """From a JSON text of 10001 bytes on; a cut text is a JSON string."""
    text = "y" * (length - 2)
    Thread(api, project).say(input=text, output=text)
    (record,) = api.page(PATH, project_name=project, truncate="true")["content"]
    for field in ("first_message", "last_message"):
        assert record[field] == (f'"{text}"'[:10001] if is_cut else text)


# ---- many ---------------------------------------------------------------------------------------

def test_large_pages(api, project):
    """More than a piece of the answer; scores and comments stay with their threads."""
    api.batch("traces", *(turn(project, f"t{i}", input={"text": str(i) * 2000})
                          for i in range(600)))
    scores = [{"thread_id": f"t{i}", "project_name": project, "name": "n", "value": i,
               "source": "sdk"} for i in range(600)]
    api.put(f"{PATH}/feedback-scores", {"scores": scores})
    page = api.page(PATH, project_name=project, size=1000)
    assert (page["total"], page["size"]) == (600, 600)
    for one in page["content"]:
        number = one["id"][1:]
        assert one["first_message"] == {"text": number * 2000}
        assert one["feedback_scores"][0]["value"] == int(number)


def test_order_of_the_checks(data):
    bad = json.dumps([condition("status", ">", None, "x")])
    query = client.requests.models.RequestEncodingMixin._encode_params

    def message(**params):
        return data.wire.send("GET", f"{PATH}?{query(params)}")[1]["message"]

    times = {"from_time": "2", "to_time": "1"}
    assert message(filters=bad, sorting="x", **times).startswith("Either 'project_name'")
    assert message(project_name="none", filters=bad, sorting="x", **times).startswith("Parameter")
    assert message(project_name="none", filters=bad, sorting="x").startswith("Invalid operator")
    assert message(project_name="none", sorting="x").startswith("Invalid sorting")
    assert message(project_name="none").startswith("Project name: none")


def test_exclude_is_ignored(data):
    """Newer SDKs send it; threads have none (threads.md 9)."""
    assert data.list(exclude='["tags","input"]')["content"] == data.list()["content"]


def test_names_do_not_mix(api):
    """Another project's threads of the same id stay there."""
    first, second = Thread(api, name("one"), "same"), Thread(api, name("two"), "same")
    first.say()
    second.say(3)
    (one,) = api.page(PATH, project_name=first.project)["content"]
    (two,) = api.page(PATH, project_name=second.project)["content"]
    assert (one["number_of_messages"], two["number_of_messages"]) == (2, 6)
    assert one["thread_model_id"] != two["thread_model_id"]
    assert id_ms(one["thread_model_id"]) <= id_ms(two["thread_model_id"])
    assert nanoseconds(one["created_at"]) <= nanoseconds(two["created_at"])
