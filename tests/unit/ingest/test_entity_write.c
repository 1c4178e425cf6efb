/* Writing traces: which row is meant, what is refused and leaves nothing behind, sums and counters.
 * Spans are in test_span_write.c; what a row becomes is in test_merge*.c. */
#include "ingest/entity_write.h"

#include <stdio.h>

#include "unit/ingest/apply.h"

#define TRACE (&trace_resource)
#define MISMATCH "Project name and workspace name do not match the existing trace"

static struct str name(const char *project, unsigned id)
{
    return apply_name(TRACE, project, id);
}

static int64_t trace_count(const char *project)
{
    return apply_project(project).trace_count;
}

static int64_t last_trace_at(const char *project)
{
    struct record *record;

    assert_int_equal(store_project_get(apply_store.writer, apply_project(project).key,
                                       &apply_store.arena, &record),
                     ERR_OK);
    return value_is_set(&record->v[PROJECT_LAST_UPDATED_TRACE_AT])
               ? record->v[PROJECT_LAST_UPDATED_TRACE_AT].i
               : 0;
}

/* A project that a request names without need, so as to see whether it was made. */
static void assert_no_project(const char *project)
{
    assert_int_equal(apply_project(project).key, 0);
}

/* ---- POST ---- */

static void test_create(void **state)
{
    (void)state;
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'P','name':'a','input':{'a':1}"),
                     ERR_OK);
    assert_str(name("P", 1), "a");
    assert_json(apply_find(TRACE, "p", 1)->record->v[ENTITY_INPUT].s, "{'a':1}");
    assert_int_equal(trace_count("P"), 1);
    assert_true(last_trace_at("P") == apply_now);
    assert_int_equal(apply_create(TRACE, 2, ""), ERR_OK);
    assert_str(name("Default Project", 2), "-");
    assert_int_equal(trace_count("Default Project"), 1);
}

static void test_create_again(void **state)
{
    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','name':'a'");
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'p','name':'b'"), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "Trace already exists");
    assert_str(name("P", 1), "a");
    assert_int_equal(trace_count("P"), 1);
}

/* traces.md 4.1; difference 5: a refused request changes nothing. */
static void test_create_in_other_project(void **state)
{
    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','name':'a'");
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'Q'"), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, MISMATCH);
    assert_no_project("Q");
    assert_int_equal(apply_create(TRACE, 1, ""), ERR_CONFLICT);
    assert_int_equal(trace_count("Default Project"), 0);
    /* The same for a row of PATCHes. */
    apply_patch(TRACE, 2, "'project_name':'P'");
    assert_int_equal(apply_create(TRACE, 2, "'project_name':'Q'"), ERR_CONFLICT);
    assert_no_project("Q");
    /* Another workspace is another world. */
    apply_workspace = "other";
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'Q','name':'o'"), ERR_OK);
    assert_str(name("Q", 1), "o");
    apply_workspace = "default";
    assert_str(name("P", 1), "a");
}

static void test_create_completes(void **state)
{
    const struct value *v;

    (void)state;
    apply_patch(TRACE, 1, "'project_name':'P','output':{'a':1}");
    assert_int_equal(trace_count("P"), 1);
    assert_true(apply_find(TRACE, "P", 1)->record->v[ENTITY_START_TIME].i == 0);
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'p','output':{'a':2},'input':3"),
                     ERR_OK);
    v = apply_find(TRACE, "P", 1)->record->v;
    assert_json(v[ENTITY_OUTPUT].s, "{'a':1}");
    assert_json(v[ENTITY_INPUT].s, "3");
    assert_int_equal(trace_count("P"), 1);
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'P'"), ERR_CONFLICT);
}

/* ---- POST batch ---- */

static void test_batch(void **state)
{
    (void)state;
    assert_int_equal(apply_batch(TRACE, "1 'project_name':'P','name':'a'\n"
                                        "2 'project_name':'Q','name':'b'\n"
                                        "3 'project_name':'p','name':'c'\n"
                                        "4 'name':'d'"),
                     ERR_OK);
    assert_str(name("P", 1), "a");
    assert_str(name("Q", 2), "b");
    assert_str(name("P", 3), "c");
    assert_str(name("Default Project", 4), "d");
    assert_int_equal(trace_count("P"), 2);
    assert_int_equal(trace_count("Q"), 1);
    /* Over what is there: never a conflict. */
    assert_int_equal(apply_batch(TRACE, "1 'project_name':'P','name':'A'\n"
                                        "5 'project_name':'P','name':'e'"),
                     ERR_OK);
    assert_str(name("P", 1), "A");
    assert_int_equal(trace_count("P"), 3);
}

/* traces.md 4.2. */
static void test_batch_clocks(void **state)
{
    (void)state;
    apply_batch(TRACE, "1 'name':'a','last_updated_at':1000");
    apply_batch(TRACE, "1 'name':'older','last_updated_at':999");
    assert_str(name(NULL, 1), "a");
    apply_batch(TRACE, "1 'name':'newer','last_updated_at':1001");
    assert_str(name(NULL, 1), "newer");
    assert_true(apply_find(TRACE, NULL, 1)->base_clock == 1001000000);
    apply_batch(TRACE, "1 'name':'now'");
    assert_str(name(NULL, 1), "now");
    assert_true(apply_find(TRACE, NULL, 1)->base_clock == apply_now);
    apply_batch(TRACE, "1 'name':'past','last_updated_at':5000");
    assert_str(name(NULL, 1), "now");
    assert_int_equal(trace_count("Default Project"), 1);
}

static void test_batch_duplicates(void **state)
{
    (void)state;
    /* All with a clock: the newest, on a tie the later. */
    apply_batch(TRACE, "1 'name':'a','last_updated_at':10\n1 'name':'b','last_updated_at':30\n"
                       "1 'name':'c','last_updated_at':20\n"
                       "2 'name':'x','last_updated_at':5\n2 'name':'y','last_updated_at':5");
    assert_str(name(NULL, 1), "b");
    assert_str(name(NULL, 2), "y");
    /* Those without a clock get now and win over past ones. */
    apply_batch(TRACE, "3 'name':'clock','last_updated_at':10\n3 'name':'none'");
    assert_str(name(NULL, 3), "none");
    apply_batch(TRACE, "4 'name':'none'\n4 'name':'clock','last_updated_at':10");
    assert_str(name(NULL, 4), "none");
    assert_int_equal(trace_count("Default Project"), 4);
    /* By id alone, before projects are looked up. */
    apply_batch(TRACE, "5 'project_name':'P','name':'p','last_updated_at':10\n"
                       "5 'project_name':'Q','name':'q','last_updated_at':20");
    assert_str(name("Q", 5), "q");
    assert_no_project("P");
}

/* The same id in another project is a second row; the greatest project is shown. */
static void test_batch_in_other_project(void **state)
{
    (void)state;
    apply_batch(TRACE, "1 'project_name':'P','name':'p'");
    assert_int_equal(apply_batch(TRACE, "1 'project_name':'Q','name':'q'"), ERR_OK);
    assert_str(name("P", 1), "p");
    assert_str(name("Q", 1), "q");
    assert_str(name(NULL, 1), "q");
    assert_int_equal(trace_count("P"), 1);
    assert_int_equal(trace_count("Q"), 1);
}

static void test_large_batch(void **state)
{
    struct str items = STR("");

    (void)state;
    for (int i = 1; i <= 1000; i++)
        items = str_format(&apply_store.arena, "%.*s%d 'name':'%d','last_updated_at':%d\n",
                           STR_ARG(items), (i - 1) % 700 + 1, i, 1000 + i);
    assert_int_equal(apply_batch(TRACE, items.p), ERR_OK);
    assert_int_equal(trace_count("Default Project"), 700);
    assert_str(name(NULL, 1), "701");
    assert_str(name(NULL, 300), "1000");
    assert_str(name(NULL, 301), "301");
    assert_str(name(NULL, 700), "700");
}

/* ---- PATCH ---- */

static void test_patch_unknown(void **state)
{
    const struct row *row;

    (void)state;
    assert_int_equal(apply_patch(TRACE, 1, "'project_name':'P','name':'n'"), ERR_OK);
    row = apply_find(TRACE, "P", 1);
    assert_true(row->record->v[ENTITY_START_TIME].i == 0);
    assert_true(row->base_clock == NO_BASE_CLOCK);
    assert_str(name("P", 1), "n");
    assert_int_equal(trace_count("P"), 1);
    assert_true(last_trace_at("P") == apply_now);
    assert_int_equal(apply_patch(TRACE, 2, ""), ERR_OK);
    assert_str(name("Default Project", 2), "-");
}

/* Difference 4: without a project the trace's own is meant. */
static void test_patch_without_project(void **state)
{
    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','name':'a'");
    assert_int_equal(apply_patch(TRACE, 1, "'name':'b'"), ERR_OK);
    assert_str(name("P", 1), "b");
    assert_int_equal(trace_count("Default Project"), 0);
    assert_int_equal(trace_count("P"), 1);
}

static void test_patch_with_project(void **state)
{
    char members[200], text[UUID_TEXT_SIZE + 1] = "";
    struct uuid id;

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','name':'a'");
    assert_int_equal(apply_patch(TRACE, 1, "'project_name':'p','name':'b'"), ERR_OK);
    assert_str(name("P", 1), "b");
    id = apply_project("P").id;
    uuid_format(&id, text);
    /* project_id wins, and the name is not even looked up (traces.md 6.5). */
    snprintf(members, sizeof(members), "'project_id':'%s','project_name':'Q','name':'c'", text);
    assert_int_equal(apply_patch(TRACE, 1, members), ERR_OK);
    assert_str(name("P", 1), "c");
    assert_no_project("Q");
}

static void test_patch_refused(void **state)
{
    char members[200], text[UUID_TEXT_SIZE + 1] = "";
    struct uuid id;

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','name':'a'");
    apply_create(TRACE, 2, "'project_name':'Q','name':'x'");
    assert_int_equal(apply_patch(TRACE, 1, "'project_name':'Q','name':'b'"), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, MISMATCH);
    assert_int_equal(apply_patch(TRACE, 1, "'project_name':'New','name':'b'"), ERR_CONFLICT);
    assert_no_project("New");
    snprintf(members, sizeof(members), "'project_id':'%s','name':'b'", test_uuid_text(77));
    assert_int_equal(apply_patch(TRACE, 1, members), ERR_NOT_FOUND);
    assert_items(&apply_error, ERR_NOT_FOUND, "Project not found");
    assert_int_equal(apply_patch(TRACE, 99, members), ERR_NOT_FOUND);
    assert_null(apply_find(TRACE, NULL, 99));
    id = apply_project("Q").id;
    uuid_format(&id, text);
    snprintf(members, sizeof(members), "'project_id':'%s','name':'b'", text);
    assert_int_equal(apply_patch(TRACE, 1, members), ERR_CONFLICT);
    assert_str(name("P", 1), "a");
    assert_int_equal(trace_count("Q"), 1);
    assert_str(name("Q", 1), "none");
}

static void test_patch_in_workspaces(void **state)
{
    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','name':'a'");
    apply_workspace = "other";
    assert_int_equal(apply_patch(TRACE, 1, "'name':'b'"), ERR_OK);
    assert_str(name("Default Project", 1), "b");
    apply_workspace = "default";
    assert_str(name("P", 1), "a");
}

static void test_patch_keeps_bodies(void **state)
{
    const struct value *v;

    (void)state;
    apply_create(TRACE, 1, "'input':{'big':1},'output':2,'error_info':{'exception_type':'E'}");
    assert_int_equal(apply_patch(TRACE, 1, "'output':null,'metadata':{}"), ERR_OK);
    v = apply_find(TRACE, NULL, 1)->record->v;
    assert_json(v[ENTITY_INPUT].s, "{'big':1}");
    assert_json(v[ENTITY_OUTPUT].s, "null");
    assert_json(v[ENTITY_METADATA].s, "{}");
    assert_json(v[ENTITY_ERROR_INFO].s, "{'exception_type':'E'}");
    assert_str(v[ENTITY_ERROR_TYPE].s, "E");
}

static void test_patch_tag_limit(void **state)
{
    struct str tags = STR("'t0'");

    (void)state;
    for (int i = 1; i < 50; i++)
        tags = str_format(&apply_store.arena, "%.*s,'t%d'", STR_ARG(tags), i);
    apply_create(TRACE, 1, str_format(&apply_store.arena, "'tags':[%.*s]", STR_ARG(tags)).p);
    assert_int_equal(apply_patch(TRACE, 1, "'tags_to_add':['x'],'name':'n'"), ERR_UNPROCESSABLE);
    assert_items(&apply_error, ERR_UNPROCESSABLE, "Tag limit exceeded: maximum 50 tags per item");
    assert_str(name(NULL, 1), "-");
    assert_int_equal(apply_patch(TRACE, 1, "'tags_to_add':['x'],'tags_to_remove':['t3']"), ERR_OK);
}

/* Only forward (platform.md 8). */
static void test_last_updated_trace_at(void **state)
{
    int64_t first;

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P'");
    first = apply_now;
    apply_batch(TRACE, "2 'project_name':'P','last_updated_at':1000");
    assert_true(last_trace_at("P") == first);
    apply_batch(TRACE, "3 'project_name':'P','last_updated_at':'2100-01-01T00:00:00Z'");
    assert_true(last_trace_at("P") == 4102444800000000);
    apply_patch(TRACE, 1, "'name':'n'");
    assert_true(last_trace_at("P") == 4102444800000000);
}

/* ---- PATCH batch ---- */

static void test_patch_many(void **state)
{
    static const unsigned ids[] = {1, 2, 99, 3, 0};

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','name':'a','source':'sdk'");
    apply_create(TRACE, 2, "'project_name':'Q','name':'b'");
    apply_patch(TRACE, 3, "'name':'c'");
    assert_int_equal(
        apply_patch_many(TRACE, ids, false, "'project_name':'Z','name':'n','source':'playground'"),
        ERR_OK);
    assert_str(name("P", 1), "n");
    assert_str(name("Q", 2), "n");
    assert_str(name("Default Project", 3), "n");
    /* No creation, no project, no source (traces.md 7). */
    assert_null(apply_find(TRACE, NULL, 99));
    assert_no_project("Z");
    assert_int_equal(apply_find(TRACE, "P", 1)->record->v[ENTITY_SOURCE].i, SOURCE_SDK);
    assert_false(value_is_set(&apply_find(TRACE, "Q", 2)->record->v[ENTITY_SOURCE]));
    assert_int_equal(trace_count("P"), 1);
}

static void test_patch_many_tags(void **state)
{
    static const unsigned ids[] = {1, 2, 0};

    (void)state;
    apply_create(TRACE, 1, "'tags':['a']");
    apply_create(TRACE, 2, "'tags':['b']");
    apply_patch_many(TRACE, ids, true, "'tags':['c']");
    assert_json(apply_find(TRACE, NULL, 1)->record->v[ENTITY_TAGS].s, "['a','c']");
    assert_json(apply_find(TRACE, NULL, 2)->record->v[ENTITY_TAGS].s, "['b','c']");
    apply_patch_many(TRACE, ids, false, "'tags':['d']");
    assert_json(apply_find(TRACE, NULL, 1)->record->v[ENTITY_TAGS].s, "['d']");
    apply_patch_many(TRACE, ids, false, "'tags_to_remove':['d']");
    assert_json(apply_find(TRACE, NULL, 2)->record->v[ENTITY_TAGS].s, "[]");
}

/* One of many over the limit: nothing is updated. */
static void test_patch_many_tag_limit(void **state)
{
    static const unsigned ids[] = {1, 2, 3, 0};
    struct str tags = STR("'t0'");

    (void)state;
    for (int i = 1; i < 50; i++)
        tags = str_format(&apply_store.arena, "%.*s,'t%d'", STR_ARG(tags), i);
    apply_create(TRACE, 1, "'tags':['a']");
    apply_create(TRACE, 2, str_format(&apply_store.arena, "'tags':[%.*s]", STR_ARG(tags)).p);
    apply_create(TRACE, 3, "'tags':['a']");
    assert_int_equal(apply_patch_many(TRACE, ids, false, "'tags_to_add':['x'],'name':'n'"),
                     ERR_UNPROCESSABLE);
    assert_items(&apply_error, ERR_UNPROCESSABLE, "Tag limit exceeded: maximum 50 tags per item");
    for (unsigned i = 1; i <= 3; i++)
        assert_str(name(NULL, i), "-");
    assert_json(apply_find(TRACE, NULL, 1)->record->v[ENTITY_TAGS].s, "['a']");
}

/* traces.md 6.5 #16: a deleted trace is as none. */
static void test_patch_deleted(void **state)
{
    static const unsigned ids[] = {1, 0};

    (void)state;
    apply_create(TRACE, 1, "'name':'a','input':1");
    apply_delete(TRACE, ids, NULL);
    assert_int_equal(apply_patch(TRACE, 1, "'output':2"), ERR_OK);
    assert_str(name(NULL, 1), "-");
    assert_true(apply_find(TRACE, NULL, 1)->base_clock == NO_BASE_CLOCK);
    assert_false(value_is_set(&apply_find(TRACE, NULL, 1)->record->v[ENTITY_INPUT]));
}

/* What a deleted project holds cannot be reached by id any more: not the trace's own project. */
static void test_deleted_project(void **state)
{
    struct project project;

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','name':'a'");
    project = apply_project("P");
    assert_int_equal(store_begin(apply_store.writer), ERR_OK);
    assert_int_equal(store_named_delete(apply_store.writer, &project_resource,
                                        apply_store.workspace, &project.id),
                     ERR_OK);
    assert_int_equal(store_commit(apply_store.writer), ERR_OK);
    assert_int_equal(apply_patch(TRACE, 1, "'name':'b'"), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, MISMATCH);
    assert_int_equal(apply_patch(TRACE, 1, "'project_name':'P','name':'b'"), ERR_CONFLICT);
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'P','name':'b'"), ERR_CONFLICT);
    assert_no_project("P");
    assert_str(name(NULL, 1), "a");
    /* A batch is never refused, and makes the project anew. */
    assert_int_equal(apply_batch(TRACE, "1 'project_name':'P','name':'c'"), ERR_OK);
    assert_true(apply_project("P").key != project.key);
    assert_str(name("P", 1), "c");
    assert_int_equal(apply_patch(TRACE, 1, "'name':'d'"), ERR_OK);
    assert_str(name("P", 1), "d");
}

/* Everything that a trace had survives opening the file anew. */
static void test_reopen(void **state)
{
    const struct value *v;

    (void)state;
    apply_batch(TRACE, "1 'project_name':'P','name':'a','last_updated_at':1000");
    apply_patch(TRACE, 1, "'name':'b','tags':['t']");
    test_store_reopen(&apply_store);
    apply_batch(TRACE, "1 'project_name':'P','name':'c','last_updated_at':1500,'input':1");
    v = apply_find(TRACE, "P", 1)->record->v;
    assert_str(v[ENTITY_NAME].s, "b");
    assert_json(v[ENTITY_TAGS].s, "['t']");
    assert_json(v[ENTITY_INPUT].s, "1");
    assert_int_equal(trace_count("P"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, apply_start, apply_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create),
        TEST(test_create_again),
        TEST(test_create_in_other_project),
        TEST(test_create_completes),
        TEST(test_batch),
        TEST(test_batch_clocks),
        TEST(test_batch_duplicates),
        TEST(test_batch_in_other_project),
        TEST(test_large_batch),
        TEST(test_patch_unknown),
        TEST(test_patch_without_project),
        TEST(test_patch_with_project),
        TEST(test_patch_refused),
        TEST(test_patch_in_workspaces),
        TEST(test_patch_keeps_bodies),
        TEST(test_patch_tag_limit),
        TEST(test_last_updated_trace_at),
        TEST(test_patch_many),
        TEST(test_patch_many_tags),
        TEST(test_patch_many_tag_limit),
        TEST(test_patch_deleted),
        TEST(test_deleted_project),
        TEST(test_reopen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
