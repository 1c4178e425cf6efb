/* Tallies, money and the sums of traces: names beyond the dictionary, large numbers, sums that come
 * before their trace, sums that come to nothing. */
#include <stdio.h>

#include "store/sqlite/names.h"
#include "unit/store_support.h"

static struct test_store t;
static struct project project;

static int start(void **state)
{
    (void)state;
    test_store_open(&t);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    project = test_project(&t, "p");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_close(&t);
    return 0;
}

static void reopen(void)
{
    assert_int_equal(store_commit(t.writer), ERR_OK);
    test_store_reopen(&t);
    assert_int_equal(store_begin(t.writer), ERR_OK);
}

static struct row get_trace(unsigned id)
{
    struct uuid uuid = test_uuid(id);

    return test_get(&t, t.writer, &trace_resource, &project, &uuid, LOAD_NONE);
}

/* NULL when there is not even a row of sums. */
static struct record *find_trace(unsigned id)
{
    struct uuid uuid = test_uuid(id);
    struct row row;
    enum err err = store_entity_get(t.writer, &trace_resource, t.workspace, project.key, &uuid,
                                    LOAD_NONE, &t.arena, &row);

    return err ? NULL : row.record;
}

static int64_t span_count(unsigned trace)
{
    return find_trace(trace)->v[TRACE_SPAN_COUNT].i;
}

static void add(unsigned trace, struct trace_sums sums)
{
    struct uuid id = test_uuid(trace);
    struct str thread;

    if (store_trace_add(t.writer, project.key, &id, &sums, &t.arena, &thread))
        fail_msg("%s", store_message(t.writer));
}

static void add_usage(unsigned trace, struct str name, int64_t count)
{
    struct tally_entry entry = {name, count};

    add(trace, (struct trace_sums){.spans = 1, .usage = {&entry, 1}});
}

static int64_t usage_of(unsigned trace, struct str name)
{
    struct row row = get_trace(trace);
    const struct value *usage = &row.record->v[ENTITY_USAGE];
    const struct tally_entry *entry =
        usage->kind == VALUE_SET ? tally_find(usage->tally, name) : NULL;

    return entry ? entry->count : 0;
}

static size_t key_count(unsigned trace)
{
    struct row row = get_trace(trace);

    return row.record->v[ENTITY_USAGE].kind == VALUE_SET ? row.record->v[ENTITY_USAGE].tally->n : 0;
}

static struct row put_trace(unsigned id)
{
    struct row row = test_row(&project, record_new(&t.arena, &trace_resource));

    row.record->v[ENTITY_ID] = value_uuid(test_uuid(id));
    row.record->v[ENTITY_NAME] = value_text(STR("n"));
    test_put(&t, &row);
    return row;
}

/* ---- the dictionary itself ---- */

static void test_names(void **state)
{
    struct names *names = names_new();
    char text[32];

    (void)state;
    assert_int_equal(names_count(names), 0);
    assert_int_equal(names_number(names, STR("a")), 0);
    assert_str(names_text(names, 1), "");
    for (unsigned i = 1; i <= 3000; i++) {
        snprintf(text, sizeof(text), "name %u", i);
        names_add(names, str_of(text));
    }
    names_add(names, STR(""));
    names_add(names, STR("nul\0nul"));
    assert_int_equal(names_count(names), 3002);
    assert_int_equal(names_number(names, STR("name 3000")), 3000);
    assert_int_equal(names_number(names, STR("")), 3001);
    assert_int_equal(names_number(names, STR("nul\0nul")), 3002);
    assert_int_equal(names_number(names, STR("nul")), 0);
    assert_str(names_text(names, 17), "name 17");
    assert_str(names_text(names, 0), "");
    assert_str(names_text(names, UINT32_MAX), "");
    names_truncate(names, 1);
    assert_int_equal(names_number(names, STR("name 2")), 0);
    assert_int_equal(names_number(names, STR("name 1")), 1);
    names_add(names, STR("other"));
    assert_int_equal(names_number(names, STR("other")), 2);
    names_truncate(names, 5);
    assert_int_equal(names_count(names), 2);
    names_free(names);
    names_free(NULL);
}

/* ---- counts ---- */

static void test_counts(void **state)
{
    static const int64_t counts[] = {1,         -1,        63,        64,        -64,       -65,
                                     INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1LL << 62, 127,
                                     128,       -128,      16383,     16384};
    char name[32];

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        snprintf(name, sizeof(name), "k%zu", i);
        add_usage(1, str_of(name), counts[i]);
        assert_true(usage_of(1, str_of(name)) == counts[i]);
    }
    reopen();
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        snprintf(name, sizeof(name), "k%zu", i);
        assert_true(usage_of(1, str_of(name)) == counts[i]);
    }
}

static void test_sums(void **state)
{
    (void)state;
    add_usage(1, STR("a"), 5);
    add_usage(1, STR("b"), 7);
    add_usage(1, STR("a"), -2);
    assert_int_equal(usage_of(1, STR("a")), 3);
    assert_int_equal(usage_of(1, STR("b")), 7);
    /* Keys with a total of 0 vanish (traces.md 8). */
    add_usage(1, STR("a"), -3);
    assert_int_equal(key_count(1), 1);
    add_usage(1, STR("b"), -7);
    assert_int_equal(key_count(1), 0);
    add_usage(1, STR("c"), 0);
    assert_int_equal(key_count(1), 0);
    add_usage(1, STR("a"), -4);
    assert_int_equal(usage_of(1, STR("a")), -4);
}

static void test_saturation(void **state)
{
    (void)state;
    add_usage(1, STR("a"), INT64_MAX);
    add_usage(1, STR("a"), 1);
    assert_true(usage_of(1, STR("a")) == INT64_MAX);
    add_usage(1, STR("b"), INT64_MIN);
    add_usage(1, STR("b"), -1);
    assert_true(usage_of(1, STR("b")) == INT64_MIN);
}

static void test_odd_names(void **state)
{
    static const struct str names[] = {{"", 0},
                                       {"a", 1},
                                       {"a\0b", 3},
                                       {"\xC3\xA4 \xF0\x9F\x98\x80", 7},
                                       {"original_usage.x.y", 18},
                                       {"A", 1}};
    char *p = arena_alloc(&t.arena, 5000);
    struct str long_name = {p, 5000};

    (void)state;
    memset(p, 'k', 5000);
    for (int64_t i = 0; i < 6; i++)
        add_usage(1, names[i], i + 1);
    add_usage(1, long_name, 99);
    reopen();
    for (int64_t i = 0; i < 6; i++)
        assert_int_equal(usage_of(1, names[i]), i + 1);
    assert_int_equal(usage_of(1, long_name), 99);
    assert_int_equal(key_count(1), 7);
}

/* 1000 names that start with a text, as sums of one trace. */
static void add_thousand(unsigned trace, const char *prefix)
{
    struct tally_entry *entries = arena_alloc(&t.arena, 1000 * sizeof(*entries));

    for (int i = 0; i < 1000; i++)
        entries[i] = (struct tally_entry){str_format(&t.arena, "%s%d", prefix, i), i + 1};
    add(trace, (struct trace_sums){.spans = 1, .usage = {entries, 1000}});
}

static void test_many_keys(void **state)
{
    (void)state;
    add_thousand(1, "a");
    add_thousand(1, "b");
    add_thousand(1, "a");
    assert_int_equal(key_count(1), 2000);
    assert_int_equal(usage_of(1, STR("a999")), 2000);
    assert_int_equal(usage_of(1, STR("b999")), 1000);
    assert_int_equal(usage_of(1, STR("a0")), 2);
}

/* Whatever clients send, the sums of one trace stay of a bounded size. */
static void test_key_limit(void **state)
{
    char prefix[16];

    (void)state;
    for (int i = 0; i < 8; i++) {
        snprintf(prefix, sizeof(prefix), "p%d-", i);
        add_thousand(1, prefix);
    }
    assert_int_equal(key_count(1), 5000);
    assert_int_equal(usage_of(1, STR("p0-999")), 1000);
    /* What is counted already goes on being counted. */
    add_usage(1, STR("p0-999"), 1);
    assert_int_equal(usage_of(1, STR("p0-999")), 1001);
    /* What was dropped is not taken away either, also when there is room again. */
    add_usage(1, STR("p7-1"), -2);
    add_usage(1, STR("p0-999"), -1001);
    assert_int_equal(key_count(1), 4999);
    add_usage(1, STR("p7-2"), -3);
    reopen();
    add_usage(1, STR("p7-3"), -4);
    assert_int_equal(key_count(1), 4999);
    /* Another one has room of its own. */
    add_usage(2, STR("p7-1"), 2);
    assert_int_equal(usage_of(2, STR("p7-1")), 2);
    add(1, (struct trace_sums){.spans = -span_count(1)});
    assert_null(find_trace(1));
    add_usage(1, STR("p7-1"), 5);
    assert_int_equal(usage_of(1, STR("p7-1")), 5);
}

/* One change may bring more names than are kept, the first one or a later one. */
static void test_large_change(void **state)
{
    struct tally_entry *entries = arena_alloc(&t.arena, 6000 * sizeof(*entries));

    (void)state;
    for (int i = 0; i < 6000; i++)
        entries[i] = (struct tally_entry){str_format(&t.arena, "n%d", i), 1};
    add_usage(1, STR("n5999"), 1);
    for (unsigned trace = 1; trace <= 2; trace++) {
        add(trace, (struct trace_sums){.spans = 1, .usage = {entries, 6000}});
        assert_int_equal(key_count(trace), 5000);
    }
    assert_int_equal(usage_of(1, STR("n5999")), 2);
    assert_int_equal(usage_of(2, STR("n5999")), 0);
    for (int i = 0; i < 6000; i++)
        entries[i].count = -1;
    for (unsigned trace = 1; trace <= 2; trace++)
        add(trace, (struct trace_sums){.usage = {entries, 6000}});
    assert_int_equal(key_count(1), 1);
    assert_int_equal(usage_of(1, STR("n5999")), 1);
    assert_int_equal(key_count(2), 0);
}

/* Sums of a trace that never came are gone with the last of its spans. */
static void test_nothing_left(void **state)
{
    struct tally_entry usage = {STR("k"), 7};

    (void)state;
    add(1, (struct trace_sums){2, 1, 1, 500, {&usage, 1}, {0}});
    usage.count = -7;
    add(1, (struct trace_sums){-1, -1, 0, -500, {&usage, 1}, {0}});
    assert_non_null(find_trace(1));
    add(1, (struct trace_sums){-1, 0, -1, 0, {0}, {0}});
    assert_null(find_trace(1));
    put_trace(2);
    add(2, (struct trace_sums){.spans = 1});
    add(2, (struct trace_sums){.spans = -1});
    assert_non_null(find_trace(2));
}

/* Beyond NAMES_MAX names stand in full where they are used. */
static void test_full_dictionary(void **state)
{
    struct row span;
    char prefix[16];

    (void)state;
    for (unsigned i = 0; i < NAMES_MAX / 1000 + 1; i++) {
        snprintf(prefix, sizeof(prefix), "p%u-", i);
        add_thousand(1 + i, prefix);
    }
    add_usage(100, STR("beyond one"), 3);
    add_usage(100, STR("beyond two"), 4);
    add_usage(100, STR("p0-1"), 5);
    add_usage(100, STR("beyond one"), 30);
    add_usage(100, STR("beyond two"), -4);
    span = test_row(&project, test_record(&t.arena, &span_resource, DECODE_UPDATE,
                                          "{'trace_id':'%s','usage':{'beyond three':1,'p0-1':2}}",
                                          test_uuid_text(100)));
    span.record->v[ENTITY_ID] = value_uuid(test_uuid(500));
    test_put(&t, &span);
    for (int again = 0; again < 2; again++) {
        struct uuid id = test_uuid(500);
        assert_int_equal(usage_of(100, STR("beyond one")), 33);
        assert_int_equal(usage_of(100, STR("beyond two")), 0);
        assert_int_equal(usage_of(100, STR("p0-1")), 5);
        assert_int_equal(key_count(100), 2);
        span = test_get(&t, t.writer, &span_resource, &project, &id, LOAD_NONE);
        assert_int_equal(test_count(&span.record->v[ENTITY_USAGE], "beyond three"), 1);
        assert_int_equal(test_count(&span.record->v[ENTITY_USAGE], "p0-1"), 2);
        reopen();
    }
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM name"), NAMES_MAX);
}

/* ---- money ---- */

static decimal_int cost_of(unsigned trace)
{
    struct row row = get_trace(trace);

    return value_is_set(&row.record->v[ENTITY_TOTAL_ESTIMATED_COST])
               ? row.record->v[ENTITY_TOTAL_ESTIMATED_COST].n
               : -1;
}

static void test_cost(void **state)
{
    (void)state;
    add(1, (struct trace_sums){.spans = 1, .cost = 1500000000});
    add(1, (struct trace_sums){.spans = 1, .cost = 1});
    assert_true(cost_of(1) == 1500000001);
    add(1, (struct trace_sums){.spans = -1, .cost = -1500000001});
    assert_true(cost_of(1) == 0);
    reopen();
    assert_true(cost_of(1) == 0);
}

/* True when two amounts are equal to about 15 digits. */
static bool about(decimal_int a, decimal_int b)
{
    decimal_int difference = a > b ? a - b : b - a, limit = (b > 0 ? b : -b) / 100000000000000;

    return difference <= limit;
}

/* 10^-12 USD: beyond 9.2 million dollars an int64 does not do. */
static void test_large_costs(void **state)
{
    decimal_int dollar = 1000000000000, large = dollar * 50000000, max = INT64_MAX;

    (void)state;
    add(1, (struct trace_sums){.spans = 1, .cost = large});
    assert_true(about(cost_of(1), large));
    add(1, (struct trace_sums){.spans = 1, .cost = large});
    assert_true(about(cost_of(1), 2 * large));
    add(1, (struct trace_sums){.spans = 1, .cost = -large});
    add(1, (struct trace_sums){.spans = 1, .cost = -large + dollar});
    assert_true(cost_of(1) < 2 * dollar && cost_of(1) >= 0);
    add(2, (struct trace_sums){.spans = 1, .cost = max});
    assert_true(cost_of(2) == max);
    add(2, (struct trace_sums){.spans = 1, .cost = 1});
    assert_true(about(cost_of(2), max));
    add(3, (struct trace_sums){.spans = 1, .cost = INT64_MIN});
    assert_true(cost_of(3) == INT64_MIN);
    reopen();
    assert_true(about(cost_of(2), max));
}

static void test_cost_of_span(void **state)
{
    static const char *const costs[] = {
        "0",   "0.000000000001", "9223372.036854775807", "9223372.036854775808", "123456789012345",
        "1e25"};

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        struct uuid id = test_uuid(100 + i);
        struct row row =
            test_row(&project, test_record(&t.arena, &span_resource, DECODE_UPDATE,
                                           "{'trace_id':'%s','total_estimated_cost':%s}",
                                           test_uuid_text(1), costs[i]));
        decimal_int want = row.record->v[ENTITY_TOTAL_ESTIMATED_COST].n, got;
        row.record->v[ENTITY_ID] = value_uuid(id);
        test_put(&t, &row);
        row = test_get(&t, t.writer, &span_resource, &project, &id, LOAD_NONE);
        assert_true(value_is_set(&row.record->v[ENTITY_TOTAL_ESTIMATED_COST]));
        got = row.record->v[ENTITY_TOTAL_ESTIMATED_COST].n;
        assert_true(i < 3 ? got == want : about(got, want));
    }
}

/* ---- sums and their trace ---- */

static void test_sums_before_trace(void **state)
{
    struct tally_entry usage = {STR("k"), 7}, provider = {STR("openai"), 2};
    struct row row;

    (void)state;
    add(1, (struct trace_sums){2, 1, 1, 500, {&usage, 1}, {&provider, 1}});
    row = get_trace(1);
    assert_true(row.stored);
    assert_false(row.exists);
    /* The trace comes: its own columns change, the sums stay. */
    row.record->v[ENTITY_NAME] = value_text(STR("n"));
    test_put(&t, &row);
    add(1, (struct trace_sums){1, 0, 0, 0, {0}, {0}});
    reopen();
    row = get_trace(1);
    assert_true(row.exists);
    assert_str(row.record->v[ENTITY_NAME].s, "n");
    assert_int_equal(row.record->v[TRACE_SPAN_COUNT].i, 3);
    assert_int_equal(row.record->v[TRACE_LLM_SPAN_COUNT].i, 1);
    assert_int_equal(row.record->v[TRACE_TOOL_SPAN_COUNT].i, 1);
    assert_true(row.record->v[ENTITY_TOTAL_ESTIMATED_COST].n == 500);
    assert_int_equal(test_count(&row.record->v[ENTITY_USAGE], "k"), 7);
    assert_int_equal(test_count(&row.record->v[TRACE_PROVIDERS], "openai"), 2);
}

/* Putting a trace never touches what its spans have added. */
static void test_put_keeps_sums(void **state)
{
    struct tally_entry usage = {STR("k"), 7};
    struct row row = put_trace(1);

    (void)state;
    add(1, (struct trace_sums){.spans = 4, .cost = 9, .usage = {&usage, 1}});
    row = get_trace(1);
    row.record->v[TRACE_SPAN_COUNT] = value_int(1000);
    row.record->v[ENTITY_USAGE].kind = VALUE_ABSENT;
    row.record->v[ENTITY_NAME] = value_text(STR("new"));
    test_put(&t, &row);
    row = get_trace(1);
    assert_str(row.record->v[ENTITY_NAME].s, "new");
    assert_int_equal(row.record->v[TRACE_SPAN_COUNT].i, 4);
    assert_int_equal(test_count(&row.record->v[ENTITY_USAGE], "k"), 7);
}

static void put_span(unsigned id, unsigned trace, const char *json)
{
    struct row row =
        test_row(&project, test_record(&t.arena, &span_resource, DECODE_UPDATE, "%s", json));

    row.record->v[ENTITY_ID] = value_uuid(test_uuid(id));
    row.record->v[SPAN_TRACE_ID] = value_uuid(test_uuid(trace));
    test_put(&t, &row);
}

static void test_delete_spans(void **state)
{
    struct uuid trace = test_uuid(1);
    int64_t count = -1;
    struct row row;

    (void)state;
    put_trace(1);
    put_span(10, 1, "{'input':1}");
    put_span(11, 1, "{}");
    put_span(12, 2, "{'input':2}");
    add(2, (struct trace_sums){.spans = 1});
    assert_int_equal(store_trace_delete_spans(t.writer, project.key, &trace, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(store_trace_delete_spans(t.writer, project.key, &trace, &count), ERR_OK);
    assert_int_equal(count, 0);
    /* A row that only holds sums goes with its spans. */
    trace = test_uuid(2);
    assert_int_equal(store_trace_delete_spans(t.writer, project.key, &trace, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(store_entity_get(t.writer, &trace_resource, t.workspace, project.key, &trace,
                                      LOAD_NONE, &t.arena, &row),
                     ERR_NOT_FOUND);
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM span"), 0);
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM span_body"), 0);
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM trace"), 1);
}

/* Sums of one trace id in two projects are two things. */
static void test_sums_per_project(void **state)
{
    struct project first = project;

    (void)state;
    add(1, (struct trace_sums){.spans = 1});
    project = test_project(&t, "other");
    add(1, (struct trace_sums){.spans = 5});
    assert_int_equal(get_trace(1).record->v[TRACE_SPAN_COUNT].i, 5);
    project = first;
    assert_int_equal(get_trace(1).record->v[TRACE_SPAN_COUNT].i, 1);
}

/* The largest amount that a client can send, twice: the sum may stop growing, but not turn over. */
static void test_largest_costs(void **state)
{
    struct record *span = test_record(&t.arena, &span_resource, DECODE_UPDATE,
                                      "{'total_estimated_cost':99999999999999999999999999}");
    decimal_int cost = span->v[ENTITY_TOTAL_ESTIMATED_COST].n;

    (void)state;
    add(1, (struct trace_sums){.spans = 1, .cost = cost});
    add(1, (struct trace_sums){.spans = 1, .cost = cost});
    assert_true(cost_of(1) >= cost / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_counts, start, stop),
        cmocka_unit_test_setup_teardown(test_sums, start, stop),
        cmocka_unit_test_setup_teardown(test_saturation, start, stop),
        cmocka_unit_test_setup_teardown(test_odd_names, start, stop),
        cmocka_unit_test_setup_teardown(test_many_keys, start, stop),
        cmocka_unit_test_setup_teardown(test_key_limit, start, stop),
        cmocka_unit_test_setup_teardown(test_large_change, start, stop),
        cmocka_unit_test_setup_teardown(test_nothing_left, start, stop),
        cmocka_unit_test_setup_teardown(test_full_dictionary, start, stop),
        cmocka_unit_test_setup_teardown(test_cost, start, stop),
        cmocka_unit_test_setup_teardown(test_large_costs, start, stop),
        cmocka_unit_test_setup_teardown(test_sums_before_trace, start, stop),
        cmocka_unit_test_setup_teardown(test_put_keeps_sums, start, stop),
        cmocka_unit_test_setup_teardown(test_delete_spans, start, stop),
        cmocka_unit_test_setup_teardown(test_sums_per_project, start, stop),
        cmocka_unit_test_setup_teardown(test_cost_of_span, start, stop),
        cmocka_unit_test_setup_teardown(test_largest_costs, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
