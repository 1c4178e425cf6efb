/* Writing spans: places, conflicts, the sums of traces, deleting with everything below. */
#include <stdio.h>

#include "unit/ingest/apply.h"

#define SPAN (&span_resource)
#define TRACE (&trace_resource)

static struct str name(const char *project, unsigned id)
{
    return apply_name(SPAN, project, id);
}

/* "'trace_id':…,'parent_span_id':…" and more; parent 0: none. */
static const char *at(unsigned trace, unsigned parent, const char *more)
{
    struct str text = str_format(&apply_store.arena, "'trace_id':'%s'", test_uuid_text(trace));

    if (parent)
        text = str_format(&apply_store.arena, "%.*s,'parent_span_id':'%s'", STR_ARG(text),
                          test_uuid_text(parent));
    if (more[0])
        text = str_format(&apply_store.arena, "%.*s,%s", STR_ARG(text), more);
    return text.p;
}

/* One item of a batch. */
static const char *item(unsigned id, const char *members)
{
    return str_format(&apply_store.arena, "%u %s", id, members).p;
}

/* "spans llm tool a" of a trace, "none" when it holds nothing; `a` is a usage key. */
static struct str sums(const char *project, unsigned trace)
{
    struct uuid id = test_uuid(trace);
    struct row row;
    const struct value *v;

    if (store_entity_get(apply_store.writer, TRACE, apply_store.workspace,
                         apply_project(project).key, &id, LOAD_NONE, &apply_store.arena, &row))
        return STR("none");
    v = row.record->v;
    return str_format(&apply_store.arena, "%d %d %d %d", (int)v[TRACE_SPAN_COUNT].i,
                      (int)v[TRACE_LLM_SPAN_COUNT].i, (int)v[TRACE_TOOL_SPAN_COUNT].i,
                      (int)test_count(&v[ENTITY_USAGE], "a"));
}

static int64_t span_count(const char *project)
{
    return apply_project(project).span_count;
}

#define DEFAULT "Default Project"

/* ---- POST ---- */

static void test_create(void **state)
{
    (void)state;
    assert_int_equal(
        apply_create(SPAN, 10, "'project_name':'P','name':'a','type':'llm','usage':{'a':3}"),
        ERR_OK);
    assert_str(name("P", 10), "a");
    assert_str(sums("P", 1), "1 1 0 3");
    assert_int_equal(span_count("P"), 1);
    assert_int_equal(apply_project("P").trace_count, 0);
    /* spans.md 12: the project's last_updated_trace_at is for traces. */
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM project WHERE "
                                                  "last_updated_trace_at IS NOT NULL"),
                     0);
    /* The trace comes later and finds its sums. */
    assert_null(apply_find(TRACE, "P", 1));
    apply_create(TRACE, 1, "'project_name':'P','name':'t'");
    assert_str(apply_name(TRACE, "P", 1), "t");
    assert_str(sums("P", 1), "1 1 0 3");
}

/* spans.md 3.1: a real span is ignored, wherever it is, and nothing is checked. */
static void test_create_again(void **state)
{
    (void)state;
    apply_create(SPAN, 10, "'project_name':'P','name':'a','usage':{'a':3}");
    assert_int_equal(apply_create(SPAN, 10, "'project_name':'P','name':'b','usage':{'a':5}"),
                     ERR_OK);
    assert_str(name("P", 10), "a");
    assert_int_equal(apply_create(SPAN, 10, at(7, 8, "'project_name':'P'")), ERR_OK);
    assert_int_equal(apply_create(SPAN, 10, "'project_name':'New'"), ERR_OK);
    assert_int_equal(apply_project("New").key, 0);
    assert_str(sums("P", 1), "1 0 0 3");
    assert_str(sums("P", 7), "none");
    assert_int_equal(span_count("P"), 1);
}

static void test_create_completes(void **state)
{
    (void)state;
    apply_patch(SPAN, 10, at(1, 0, "'project_name':'P','usage':{'a':3},'type':'tool'"));
    assert_str(sums("P", 1), "1 0 1 3");
    assert_int_equal(apply_create(SPAN, 10, "'project_name':'P','name':'n','usage':{'a':9}"),
                     ERR_OK);
    assert_str(name("P", 10), "n");
    assert_str(sums("P", 1), "1 0 1 3");
    assert_int_equal(span_count("P"), 1);
}

/* spans.md 5. */
static void test_create_conflicts(void **state)
{
    (void)state;
    apply_patch(SPAN, 10, at(1, 5, "'project_name':'P'"));
    assert_int_equal(apply_create(SPAN, 10, at(1, 5, "'project_name':'Q'")), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT,
                 "Project name and workspace name do not match the existing span");
    assert_int_equal(apply_project("Q").key, 0);
    assert_int_equal(apply_create(SPAN, 10, at(1, 6, "'project_name':'P'")), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "parent_span_id does not match the existing span");
    assert_int_equal(apply_create(SPAN, 10, at(1, 0, "'project_name':'P'")), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "parent_span_id does not match the existing span");
    assert_int_equal(apply_create(SPAN, 10, at(2, 5, "'project_name':'P'")), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "trace_id does not match the existing span");
    assert_int_equal(apply_create(SPAN, 10, at(1, 5, "'project_name':'P'")), ERR_OK);
    /* An empty stored parent takes the value of the POST. */
    apply_patch(SPAN, 11, at(1, 0, "'project_name':'P'"));
    assert_int_equal(apply_create(SPAN, 11, at(1, 6, "'project_name':'P'")), ERR_OK);
    assert_true(value_is_set(&apply_find(SPAN, "P", 11)->record->v[SPAN_PARENT_SPAN_ID]));
}

/* ---- batch ---- */

static void test_batch(void **state)
{
    (void)state;
    assert_int_equal(apply_batch(SPAN, "10 'type':'llm','usage':{'a':1}\n"
                                       "11 'type':'llm','usage':{'a':2}\n"
                                       "12 'type':'tool','project_name':'P'"),
                     ERR_OK);
    assert_str(sums(DEFAULT, 1), "2 2 0 3");
    assert_str(sums("P", 1), "1 0 1 0");
    /* The closing items replace: what they add is the difference. */
    apply_batch(SPAN, "10 'type':'tool','usage':{'a':10}\n11 'type':'llm','usage':{'b':1}");
    assert_str(sums(DEFAULT, 1), "2 1 1 10");
    assert_int_equal(span_count(DEFAULT), 2);
    /* An older one changes nothing. */
    apply_batch(SPAN, "10 'usage':{'a':1000},'last_updated_at':5");
    assert_str(sums(DEFAULT, 1), "2 1 1 10");
}

/* A span that moves takes its sums along. */
static void test_batch_moves(void **state)
{
    (void)state;
    apply_batch(SPAN, item(10, at(5, 0, "'type':'llm','usage':{'a':1}")));
    assert_str(sums(DEFAULT, 5), "1 1 0 1");
    apply_batch(SPAN, item(10, at(6, 3, "'type':'llm','usage':{'a':2},'last_updated_at':7")));
    assert_str(sums(DEFAULT, 5), "none");
    assert_str(sums(DEFAULT, 6), "1 1 0 2");
    assert_int_equal(span_count(DEFAULT), 1);
    /* To a lower place: ignored, whatever the clock. */
    apply_batch(SPAN, item(10, at(5, 0, "'name':'x'")));
    assert_str(sums(DEFAULT, 6), "1 1 0 2");
    assert_str(name(NULL, 10), "-");
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM span"), 1);
}

static void test_batch_twice_in_one(void **state)
{
    (void)state;
    apply_batch(SPAN, "10 'name':'a','usage':{'a':1}\n10 'name':'b','usage':{'a':2}");
    assert_str(sums(DEFAULT, 1), "1 0 0 2");
    assert_int_equal(span_count(DEFAULT), 1);
    assert_str(name(NULL, 10), "b");
}

/* ---- PATCH ---- */

static void test_patch_unknown(void **state)
{
    (void)state;
    assert_int_equal(apply_patch(SPAN, 10, at(1, 0, "'name':'n','project_name':'P'")), ERR_OK);
    assert_str(name("P", 10), "n");
    assert_true(apply_find(SPAN, "P", 10)->record->v[ENTITY_START_TIME].i == 0);
    assert_str(sums("P", 1), "1 0 0 0");
    /* Where would it belong? And nothing is left behind. */
    assert_int_equal(apply_patch(SPAN, 11, "'name':'n','project_name':'Q'"), ERR_UNPROCESSABLE);
    assert_items(&apply_error, ERR_UNPROCESSABLE, "traceId must not be null");
    assert_int_equal(apply_project("Q").key, 0);
}

/* Difference 4: what is omitted means the span's own. */
static void test_patch_omits(void **state)
{
    (void)state;
    apply_create(SPAN, 10, at(1, 5, "'project_name':'P','usage':{'a':1}"));
    assert_int_equal(apply_patch(SPAN, 10, "'name':'n','usage':{'a':4}"), ERR_OK);
    assert_str(name("P", 10), "n");
    assert_str(sums("P", 1), "1 0 0 4");
    assert_int_equal(apply_patch(SPAN, 10, at(1, 0, "'name':'m'")), ERR_OK);
    assert_int_equal(apply_patch(SPAN, 10, at(1, 5, "'project_name':'p','name':'o'")), ERR_OK);
    assert_str(name("P", 10), "o");
    assert_int_equal(span_count(DEFAULT), 0);
}

static void test_patch_conflicts(void **state)
{
    (void)state;
    apply_create(SPAN, 10, at(1, 5, "'project_name':'P','name':'a'"));
    assert_int_equal(apply_patch(SPAN, 10, at(1, 5, "'project_name':'Q','name':'b'")),
                     ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT,
                 "Project name and workspace name do not match the existing span");
    assert_int_equal(apply_project("Q").key, 0);
    /* In the order of the contract: parent before trace. */
    assert_int_equal(apply_patch(SPAN, 10, at(2, 6, "'name':'b'")), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "parent_span_id does not match the existing span");
    assert_int_equal(apply_patch(SPAN, 10, at(2, 5, "'name':'b'")), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "trace_id does not match the existing span");
    assert_str(name("P", 10), "a");
    /* A span at the top has no parent to be named. */
    apply_create(SPAN, 11, at(1, 0, ""));
    assert_int_equal(apply_patch(SPAN, 11, at(1, 6, "")), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "parent_span_id does not match the existing span");
}

/* spans.md 8: place and source are neither checked nor changed. */
static void test_patch_many(void **state)
{
    static const unsigned ids[] = {10, 11, 99, 0};
    const struct value *v;

    (void)state;
    apply_create(SPAN, 10, at(1, 5, "'project_name':'P','usage':{'a':1}"));
    apply_create(SPAN, 11, at(2, 0, "'usage':{'a':2}"));
    assert_int_equal(
        apply_patch_many(SPAN, ids, false, at(7, 8, "'name':'n','source':'sdk','usage':{'a':5}")),
        ERR_OK);
    v = apply_find(SPAN, "P", 10)->record->v;
    assert_int_equal(v[SPAN_TRACE_ID].uuid.b[15], 1);
    assert_int_equal(v[SPAN_PARENT_SPAN_ID].uuid.b[15], 5);
    assert_false(value_is_set(&v[ENTITY_SOURCE]));
    assert_str(name(NULL, 11), "n");
    assert_str(sums("P", 1), "1 0 0 5");
    assert_str(sums(DEFAULT, 2), "1 0 0 5");
    assert_str(sums(DEFAULT, 7), "none");
    assert_null(apply_find(SPAN, NULL, 99));
}

/* Stored spans have a trace; when one is unknown the trace must be named, and nothing changes. */
static void test_patch_many_without_a_trace(void **state)
{
    static const unsigned known[] = {10, 11, 0}, unknown[] = {10, 11, 99, 0};

    (void)state;
    apply_create(SPAN, 10, at(1, 5, "'project_name':'P','name':'a'"));
    apply_create(SPAN, 11, at(2, 0, "'name':'a'"));
    assert_int_equal(apply_patch_many(SPAN, known, false, "'name':'b'"), ERR_OK);
    assert_str(name("P", 10), "b");
    assert_str(name(NULL, 11), "b");
    assert_int_equal(apply_patch_many(SPAN, unknown, false, "'name':'c'"), ERR_UNPROCESSABLE);
    assert_items(&apply_error, ERR_UNPROCESSABLE, "update.traceId must not be null");
    assert_str(name("P", 10), "b");
}

/* ---- delete ---- */

/* 10 -> 11 -> 12, 10 -> 13; 20 beside them. */
static void make_tree(void)
{
    apply_create(TRACE, 1, "");
    apply_create(SPAN, 10, at(1, 0, "'usage':{'a':1}"));
    apply_create(SPAN, 11, at(1, 10, "'usage':{'a':10},'input':1"));
    apply_create(SPAN, 12, at(1, 11, "'usage':{'a':100}"));
    apply_create(SPAN, 13, at(1, 10, "'usage':{'a':1000}"));
    apply_create(SPAN, 20, at(1, 0, "'usage':{'a':10000}"));
    assert_str(sums(DEFAULT, 1), "5 0 0 11111");
}

/* Difference 6. */
static void test_delete(void **state)
{
    static const unsigned ids[] = {11, 99, 0}, top[] = {10, 0};

    (void)state;
    make_tree();
    assert_int_equal(apply_delete(SPAN, ids, NULL), ERR_OK);
    assert_null(apply_find(SPAN, NULL, 11));
    assert_null(apply_find(SPAN, NULL, 12));
    assert_non_null(apply_find(SPAN, NULL, 13));
    assert_str(sums(DEFAULT, 1), "3 0 0 11001");
    assert_int_equal(span_count(DEFAULT), 3);
    assert_int_equal(apply_delete(SPAN, top, NULL), ERR_OK);
    assert_str(sums(DEFAULT, 1), "1 0 0 10000");
    assert_int_equal(apply_delete(SPAN, top, NULL), ERR_OK);
    assert_int_equal(span_count(DEFAULT), 1);
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM span_body"), 0);
}

static void test_delete_trace(void **state)
{
    static const unsigned ids[] = {1, 0};

    (void)state;
    make_tree();
    apply_create(SPAN, 30, at(2, 0, ""));
    apply_create(SPAN, 31, at(1, 0, "'project_name':'P'"));
    assert_int_equal(apply_delete(TRACE, ids, NULL), ERR_OK);
    for (unsigned id = 10; id <= 20; id++)
        assert_null(apply_find(SPAN, NULL, id));
    assert_non_null(apply_find(SPAN, NULL, 30));
    /* Spans under another project are not reached (traces.md 10). */
    assert_non_null(apply_find(SPAN, NULL, 31));
    assert_int_equal(span_count(DEFAULT), 1);
    assert_int_equal(apply_project(DEFAULT).trace_count, 0);
    /* A new trace of that id starts without sums. */
    apply_create(TRACE, 1, "");
    assert_str(sums(DEFAULT, 1), "0 0 0 0");
}

/* Spans first, then a PATCH of their trace, then its create: one trace with all sums. */
static void test_trace_after_spans(void **state)
{
    static const unsigned ids[] = {1, 0};

    (void)state;
    apply_create(SPAN, 10, at(1, 0, "'usage':{'a':1}"));
    /* Nothing to delete yet, as clients see it. */
    assert_int_equal(apply_delete(TRACE, ids, NULL), ERR_OK);
    assert_str(sums(DEFAULT, 1), "1 0 0 1");
    assert_int_equal(apply_project(DEFAULT).trace_count, 0);
    apply_patch(TRACE, 1, "'name':'n'");
    assert_str(sums(DEFAULT, 1), "1 0 0 1");
    assert_int_equal(apply_project(DEFAULT).trace_count, 1);
    assert_int_equal(apply_create(TRACE, 1, "'name':'m'"), ERR_OK);
    apply_create(SPAN, 11, at(1, 10, "'usage':{'a':2}"));
    assert_str(apply_name(TRACE, NULL, 1), "n");
    assert_str(sums(DEFAULT, 1), "2 0 0 3");
    assert_int_equal(apply_project(DEFAULT).trace_count, 1);
    apply_delete(TRACE, ids, NULL);
    assert_int_equal(apply_project(DEFAULT).trace_count, 0);
    assert_int_equal(span_count(DEFAULT), 0);
}

/* A trace of PATCHes in one project and spans of it in another: each keeps its own. */
static void test_sums_in_other_project(void **state)
{
    (void)state;
    apply_create(SPAN, 10, at(1, 0, "'project_name':'P','usage':{'a':1}"));
    assert_int_equal(apply_patch(TRACE, 1, "'project_name':'Q','name':'n'"), ERR_OK);
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'Q'"), ERR_OK);
    assert_str(sums("P", 1), "1 0 0 1");
    assert_str(sums("Q", 1), "0 0 0 0");
    assert_null(apply_find(TRACE, "P", 1));
    assert_str(apply_name(TRACE, NULL, 1), "n");
}

/* Parents that go in a circle, or name themselves, end. */
static void test_delete_circles(void **state)
{
    static const unsigned ids[] = {10, 0}, self[] = {20, 0};

    (void)state;
    apply_create(SPAN, 10, at(1, 11, ""));
    apply_create(SPAN, 11, at(1, 10, ""));
    apply_create(SPAN, 20, at(1, 20, ""));
    assert_str(sums(DEFAULT, 1), "3 0 0 0");
    assert_int_equal(apply_delete(SPAN, ids, NULL), ERR_OK);
    assert_str(sums(DEFAULT, 1), "1 0 0 0");
    assert_int_equal(apply_delete(SPAN, self, NULL), ERR_OK);
    assert_str(sums(DEFAULT, 1), "none");
    assert_int_equal(span_count(DEFAULT), 0);
}

/* Parent and child in one request: each goes once. */
static void test_delete_overlapping(void **state)
{
    static const unsigned ids[] = {12, 10, 11, 13, 0};

    (void)state;
    make_tree();
    assert_int_equal(apply_delete(SPAN, ids, NULL), ERR_OK);
    assert_str(sums(DEFAULT, 1), "1 0 0 10000");
    assert_int_equal(span_count(DEFAULT), 1);
}

static void test_deep_tree(void **state)
{
    static const unsigned top[] = {100, 0};
    struct str items = STR("");

    (void)state;
    for (unsigned i = 0; i < 300; i++)
        items = str_format(&apply_store.arena, "%.*s%s\n", STR_ARG(items),
                           item(100 + i, at(1, i ? 99 + i : 0, "'usage':{'a':1}")));
    assert_int_equal(apply_batch(SPAN, items.p), ERR_OK);
    assert_str(sums(DEFAULT, 1), "300 0 0 300");
    assert_int_equal(apply_delete(SPAN, top, NULL), ERR_OK);
    assert_str(sums(DEFAULT, 1), "none");
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM span"), 0);
}

/* A random history: sums and counters are what a recount of the rows gives. */
static void test_sums_stay_right(void **state)
{
    uint32_t seed = 5;
    char members[300];

    (void)state;
    for (int i = 0; i < 150; i++) {
        unsigned r, id, trace;
        seed = seed * 1664525 + 1013904223;
        r = seed >> 8;
        id = 10 + r % 6;
        trace = 1 + r / 8 % 3;
        snprintf(members, sizeof(members), "'type':'%s','usage':{'a':%u}%s",
                 r & 64 ? "llm" : "tool", r / 128 % 50, r & 1 << 20 ? ",'last_updated_at':77" : "");
        if (r / 1024 % 8 == 0)
            apply_delete(SPAN, (unsigned[]){id, 0}, NULL);
        else if (r / 1024 % 8 < 4)
            apply_patch(SPAN, id, at(trace, 0, members));
        else
            apply_batch(SPAN, item(id, at(trace, 0, members)));
    }
    for (unsigned trace = 1; trace <= 3; trace++) {
        int counts[4] = {0};
        char want[64];
        for (unsigned id = 10; id < 16; id++) {
            const struct row *row = apply_find(SPAN, NULL, id);
            const struct value *v = row ? row->record->v : NULL;
            if (!v || v[SPAN_TRACE_ID].uuid.b[15] != trace)
                continue;
            counts[0]++;
            counts[1] += v[SPAN_TYPE].i == SPAN_TYPE_LLM;
            counts[2] += v[SPAN_TYPE].i == SPAN_TYPE_TOOL;
            counts[3] += (int)test_count(&v[ENTITY_USAGE], "a");
        }
        snprintf(want, sizeof(want), "%d %d %d %d", counts[0], counts[1], counts[2], counts[3]);
        if (!str_eq(sums(DEFAULT, trace), STR("none")))
            assert_str(sums(DEFAULT, trace), want);
        else
            assert_int_equal(counts[0], 0);
    }
    assert_int_equal(span_count(DEFAULT),
                     test_store_sql(&apply_store, "SELECT count(*) FROM span"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, apply_start, apply_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create),
        TEST(test_create_again),
        TEST(test_create_completes),
        TEST(test_create_conflicts),
        TEST(test_batch),
        TEST(test_batch_moves),
        TEST(test_batch_twice_in_one),
        TEST(test_patch_unknown),
        TEST(test_patch_omits),
        TEST(test_patch_conflicts),
        TEST(test_patch_many),
        TEST(test_patch_many_without_a_trace),
        TEST(test_delete),
        TEST(test_delete_trace),
        TEST(test_trace_after_spans),
        TEST(test_sums_in_other_project),
        TEST(test_delete_circles),
        TEST(test_delete_overlapping),
        TEST(test_deep_tree),
        TEST(test_sums_stay_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
