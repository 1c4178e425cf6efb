/* PATCHes that name no project and come before their create: the create's project is theirs. */
#include "ingest/entity_move.h"

#include <stdio.h>

#include "unit/ingest/apply.h"

#define TRACE (&trace_resource)
#define SPAN (&span_resource)
#define DEFAULT "Default Project"
#define EARLY "'output':{'late':1},'tags_to_add':['x'],'thread_id':'t'"

static void assert_counts(const char *project, int64_t traces, int64_t spans)
{
    assert_int_equal(apply_project(project).trace_count, traces);
    assert_int_equal(apply_project(project).span_count, spans);
}

/* The trace is whole in P, and nothing is left elsewhere. */
static void assert_moved(const char *thread)
{
    const struct row *row = apply_find(TRACE, "P", 1);

    assert_non_null(row);
    assert_json(row->record->v[ENTITY_OUTPUT].s, "{'late':1}");
    assert_json(row->record->v[ENTITY_TAGS].s, "['a','x']");
    assert_str(row->record->v[ENTITY_NAME].s, "created");
    assert_str(row->record->v[TRACE_THREAD_ID].s, thread);
    assert_false(row->assumes_project);
    assert_null(apply_find(TRACE, DEFAULT, 1));
    assert_counts("P", 1, 0);
    assert_counts(DEFAULT, 0, 0);
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM trace_body"), 1);
    assert_int_equal(apply_project("P").thread_count, 1);
    assert_int_equal(apply_project(DEFAULT).thread_count, 0);
}

static void test_create(void **state)
{
    (void)state;
    apply_patch(TRACE, 1, EARLY);
    assert_non_null(apply_find(TRACE, DEFAULT, 1));
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'P','name':'created','tags':['a']"),
                     ERR_OK);
    assert_moved("t");
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'P'"), ERR_CONFLICT);
}

static void test_batch(void **state)
{
    (void)state;
    apply_patch(TRACE, 1, EARLY);
    test_store_reopen(&apply_store);
    assert_int_equal(apply_batch(TRACE, "1 'project_name':'P','name':'created','tags':['a'],"
                                        "'last_updated_at':1000,'thread_id':'other'"),
                     ERR_OK);
    assert_moved("t");
}

/* A PATCH that names the project moves the row too; the create then finds it there. */
static void test_patch(void **state)
{
    (void)state;
    apply_patch(TRACE, 1, EARLY);
    assert_int_equal(apply_patch(TRACE, 1, "'project_name':'P','name':'n'"), ERR_OK);
    assert_null(apply_find(TRACE, DEFAULT, 1));
    assert_json(apply_find(TRACE, "P", 1)->record->v[ENTITY_OUTPUT].s, "{'late':1}");
    assert_str(apply_name(TRACE, "P", 1), "n");
    assert_counts("P", 1, 0);
    /* Named once, it stays. */
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'Q'"), ERR_CONFLICT);
    assert_int_equal(apply_patch(TRACE, 1, "'project_name':'Q'"), ERR_CONFLICT);
    assert_int_equal(apply_project("Q").key, 0);
}

/* A project that was named is not left. */
static void test_named(void **state)
{
    (void)state;
    apply_patch(TRACE, 1, "'project_name':'" DEFAULT "','output':1");
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'P'"), ERR_CONFLICT);
    apply_patch(TRACE, 2, "'output':1");
    apply_patch(TRACE, 2, "'project_name':'default project'");
    assert_int_equal(apply_create(TRACE, 2, "'project_name':'P'"), ERR_CONFLICT);
    /* Nor is the one of a create. */
    apply_patch(TRACE, 3, "'output':1");
    assert_int_equal(apply_create(TRACE, 3, ""), ERR_OK);
    assert_int_equal(apply_create(TRACE, 3, "'project_name':'P'"), ERR_CONFLICT);
    assert_int_equal(apply_project("P").key, 0);
    /* A batch is never refused: it makes a second row, as always. */
    assert_int_equal(apply_batch(TRACE, "1 'project_name':'P','name':'b'"), ERR_OK);
    assert_non_null(apply_find(TRACE, DEFAULT, 1));
    assert_str(apply_name(TRACE, "P", 1), "b");
}

/* Sums of spans that came first wait in the project that the trace moves to. */
static void test_spans_before(void **state)
{
    const struct row *row;

    (void)state;
    apply_create(SPAN, 7, "'project_name':'P','usage':{'n':3},'type':'llm'");
    apply_patch(TRACE, 1, EARLY);
    assert_int_equal(apply_batch(TRACE, "1 'project_name':'P','name':'created','tags':['a']"),
                     ERR_OK);
    row = apply_find(TRACE, "P", 1);
    assert_int_equal(row->record->v[TRACE_SPAN_COUNT].i, 1);
    assert_int_equal(test_count(&row->record->v[ENTITY_USAGE], "n"), 3);
    assert_json(row->record->v[ENTITY_OUTPUT].s, "{'late':1}");
    assert_counts("P", 1, 1);
    assert_counts(DEFAULT, 0, 0);
}

/* With spans below it where it is, it stays. */
static void test_spans_below(void **state)
{
    (void)state;
    apply_patch(TRACE, 1, EARLY);
    apply_create(SPAN, 7, "");
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'P'"), ERR_CONFLICT);
    assert_non_null(apply_find(TRACE, DEFAULT, 1));
}

static void test_span(void **state)
{
    const struct row *trace;
    char body[200];

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P'");
    snprintf(body, sizeof(body), "'trace_id':'%s','usage':{'n':2}", test_uuid_text(1));
    assert_int_equal(apply_patch(SPAN, 7, body), ERR_OK);
    assert_counts(DEFAULT, 0, 1);
    assert_int_equal(apply_batch(SPAN, "7 'project_name':'P','name':'s'"), ERR_OK);
    assert_null(apply_find(SPAN, DEFAULT, 7));
    assert_str(apply_name(SPAN, "P", 7), "s");
    trace = apply_find(TRACE, "P", 1);
    assert_int_equal(trace->record->v[TRACE_SPAN_COUNT].i, 1);
    assert_int_equal(test_count(&trace->record->v[ENTITY_USAGE], "n"), 2);
    assert_counts("P", 1, 1);
    assert_counts(DEFAULT, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, apply_start, apply_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create),       TEST(test_batch),       TEST(test_patch), TEST(test_named),
        TEST(test_spans_before), TEST(test_spans_below), TEST(test_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
