/* What the spans of one change add to their traces. */
#include "ingest/span_sums.h"

#include <stdio.h>

#include "unit/store_support.h"

static struct test_store t;
static struct project project;
static struct change change;

static int start(void **state)
{
    (void)state;
    test_store_open(&t);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    project = test_project(&t, "p");
    change = (struct change){.arena = &t.arena};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_close(&t);
    return 0;
}

static struct record *span(unsigned trace, const char *members)
{
    return test_record(&t.arena, &span_resource, DECODE_UPDATE, "{'trace_id':'%s'%s%s}",
                       test_uuid_text(trace), members[0] ? "," : "", members);
}

/* The row of a trace's sums; NULL when nothing was written. */
static struct value *sums_of(int64_t key, unsigned trace)
{
    struct uuid id = test_uuid(trace);
    struct row row;
    enum err err = store_entity_get(t.writer, &trace_resource, t.workspace, key, &id, LOAD_NONE,
                                    &t.arena, &row);

    if (err == ERR_NOT_FOUND)
        return NULL;
    assert_int_equal(err, ERR_OK);
    return row.record->v;
}

static void write_sums(struct span_sums *sums)
{
    struct thread_sums *threads = thread_sums_new(&change, change.arena, 0);

    assert_int_equal(span_sums_write(sums, t.writer, threads), ERR_OK);
    assert_int_equal(thread_sums_write(threads, t.writer), ERR_OK);
}

static void test_one_trace(void **state)
{
    struct span_sums *sums = span_sums_new(&t.arena, 5);
    struct value *v;

    (void)state;
    span_sums_add(sums, project.key,
                  span(1, "'type':'llm','provider':'openai','total_estimated_cost':0.5,"
                          "'usage':{'a':1,'b':2}"),
                  1);
    span_sums_add(sums, project.key,
                  span(1, "'type':'tool','total_estimated_cost':0.25,'usage':{'a':10,'c':-3}"), 1);
    span_sums_add(sums, project.key, span(1, "'type':'general','provider':'openai'"), 1);
    span_sums_add(sums, project.key, span(1, "'provider':'anthropic'"), 1);
    span_sums_add(sums, project.key, span(1, "'type':'guardrail','usage':{}"), 1);
    write_sums(sums);
    v = sums_of(project.key, 1);
    assert_int_equal(v[TRACE_SPAN_COUNT].i, 5);
    assert_int_equal(v[TRACE_LLM_SPAN_COUNT].i, 1);
    assert_int_equal(v[TRACE_TOOL_SPAN_COUNT].i, 1);
    assert_true(v[ENTITY_TOTAL_ESTIMATED_COST].n == 750000000000);
    assert_int_equal(test_count(&v[ENTITY_USAGE], "a"), 11);
    assert_int_equal(test_count(&v[ENTITY_USAGE], "b"), 2);
    assert_int_equal(test_count(&v[ENTITY_USAGE], "c"), -3);
    assert_int_equal(test_count(&v[TRACE_PROVIDERS], "openai"), 2);
    assert_int_equal(test_count(&v[TRACE_PROVIDERS], "anthropic"), 1);
}

/* Taking away is adding, the other way round. */
static void test_take_away(void **state)
{
    struct record *first = span(1, "'type':'llm','provider':'p','total_estimated_cost':0.5,"
                                   "'usage':{'a':5,'b':1}");
    struct record *second = span(1, "'type':'tool','provider':'q','usage':{'a':2}");
    struct span_sums *sums = span_sums_new(&t.arena, 2);
    struct value *v;

    (void)state;
    span_sums_add(sums, project.key, first, 1);
    write_sums(sums);
    sums = span_sums_new(&t.arena, 1);
    span_sums_add(sums, project.key, first, -1);
    span_sums_add(sums, project.key, second, 1);
    write_sums(sums);
    v = sums_of(project.key, 1);
    assert_int_equal(v[TRACE_SPAN_COUNT].i, 1);
    assert_int_equal(v[TRACE_LLM_SPAN_COUNT].i, 0);
    assert_int_equal(v[TRACE_TOOL_SPAN_COUNT].i, 1);
    assert_true(!value_is_set(&v[ENTITY_TOTAL_ESTIMATED_COST]) ||
                v[ENTITY_TOTAL_ESTIMATED_COST].n == 0);
    assert_int_equal(test_count(&v[ENTITY_USAGE], "a"), 2);
    assert_int_equal(v[ENTITY_USAGE].tally->n, 1);
    assert_int_equal(v[TRACE_PROVIDERS].tally->n, 1);
    assert_int_equal(test_count(&v[TRACE_PROVIDERS], "q"), 1);
}

/* A change of nothing writes nothing. */
static void test_nothing(void **state)
{
    struct record *same = span(1, "'type':'llm','provider':'p','usage':{'a':5}");
    struct span_sums *sums = span_sums_new(&t.arena, 1);

    (void)state;
    span_sums_add(sums, project.key, same, -1);
    span_sums_add(sums, project.key, same, 1);
    write_sums(sums);
    assert_null(sums_of(project.key, 1));
    sums = span_sums_new(&t.arena, 0);
    write_sums(sums);
}

/* A span that moves counts in two traces. */
static void test_move(void **state)
{
    struct span_sums *sums = span_sums_new(&t.arena, 1);

    (void)state;
    span_sums_add(sums, project.key, span(1, "'type':'llm'"), -1);
    span_sums_add(sums, project.key, span(2, "'type':'llm'"), 1);
    write_sums(sums);
    assert_int_equal(sums_of(project.key, 1)[TRACE_SPAN_COUNT].i, -1);
    assert_int_equal(sums_of(project.key, 2)[TRACE_SPAN_COUNT].i, 1);
    assert_int_equal(sums_of(project.key, 2)[TRACE_LLM_SPAN_COUNT].i, 1);
}

/* The largest change: 1000 spans that all move; and ids that agree where the hash looks. */
static void test_many_traces(void **state)
{
    struct span_sums *sums = span_sums_new(&t.arena, 1000);
    struct record *one = span(1, "'usage':{'a':1}");

    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        one->v[SPAN_TRACE_ID] = value_uuid(test_uuid(i % 500));
        memset(one->v[SPAN_TRACE_ID].uuid.b + 8, 7, 8);
        span_sums_add(sums, project.key + (i / 500 % 2), one, 1);
    }
    write_sums(sums);
    for (unsigned i = 0; i < 500; i += 99) {
        struct uuid id = test_uuid(i);
        struct row row;
        memset(id.b + 8, 7, 8);
        row = test_get(&t, t.writer, &trace_resource, &project, &id, LOAD_NONE);
        assert_int_equal(row.record->v[TRACE_SPAN_COUNT].i, 2);
        assert_int_equal(test_count(&row.record->v[ENTITY_USAGE], "a"), 2);
    }
}

static void test_many_keys(void **state)
{
    struct span_sums *sums = span_sums_new(&t.arena, 2);
    struct str members = STR("'usage':{");
    struct value *v;

    (void)state;
    for (int i = 0; i < 100; i++)
        members = str_format(&t.arena, "%.*s%s'k%d':%d", STR_ARG(members), i ? "," : "", i, i + 1);
    members = str_format(&t.arena, "%.*s}", STR_ARG(members));
    span_sums_add(sums, project.key, span(1, members.p), 1);
    span_sums_add(sums, project.key, span(1, members.p), 1);
    write_sums(sums);
    v = sums_of(project.key, 1);
    assert_int_equal(v[ENTITY_USAGE].tally->n, 100);
    assert_int_equal(test_count(&v[ENTITY_USAGE], "k0"), 2);
    assert_int_equal(test_count(&v[ENTITY_USAGE], "k99"), 200);
}

/* Sums of 32-bit numbers need more. */
static void test_large_counts(void **state)
{
    struct span_sums *sums = span_sums_new(&t.arena, 10);

    (void)state;
    for (int i = 0; i < 10; i++)
        span_sums_add(sums, project.key, span(1, "'usage':{'a':2147483647}"), 1);
    write_sums(sums);
    assert_true(test_count(&sums_of(project.key, 1)[ENTITY_USAGE], "a") == 21474836470);
}

/* The largest costs that a client can send, together: no overflow. Stands last because an overflow
 * ends the program. */
static void test_largest_costs(void **state)
{
    struct span_sums *sums = span_sums_new(&t.arena, 100);
    struct error error;
    struct record *large;

    (void)state;
    for (int digits = 26; digits > 0; digits--) {
        large = test_decode(&t.arena, &span_resource, DECODE_UPDATE, &error,
                            "{'trace_id':'%s','total_estimated_cost':%.*s}", test_uuid_text(1),
                            digits, "99999999999999999999999999");
        if (large)
            break;
    }
    assert_non_null(large);
    for (int i = 0; i < 100; i++)
        span_sums_add(sums, project.key, large, 1);
    write_sums(sums);
    assert_true(sums_of(project.key, 1)[ENTITY_TOTAL_ESTIMATED_COST].n >=
                large->v[ENTITY_TOTAL_ESTIMATED_COST].n / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_trace, start, stop),
        cmocka_unit_test_setup_teardown(test_take_away, start, stop),
        cmocka_unit_test_setup_teardown(test_nothing, start, stop),
        cmocka_unit_test_setup_teardown(test_move, start, stop),
        cmocka_unit_test_setup_teardown(test_many_traces, start, stop),
        cmocka_unit_test_setup_teardown(test_many_keys, start, stop),
        cmocka_unit_test_setup_teardown(test_large_counts, start, stop),
        cmocka_unit_test_setup_teardown(test_largest_costs, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
