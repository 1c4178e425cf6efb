/* Deleting traces: what goes, what stays. Spans are in test_span_write.c. */
#include "unit/ingest/apply.h"

#define TRACE (&trace_resource)

static int64_t trace_count(const char *project)
{
    return apply_project(project).trace_count;
}

static void test_delete(void **state)
{
    static const unsigned ids[] = {1, 99, 2, 0};

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','input':1");
    apply_create(TRACE, 2, "'project_name':'Q'");
    apply_create(TRACE, 3, "'project_name':'P'");
    assert_int_equal(apply_delete(TRACE, ids, NULL), ERR_OK);
    assert_null(apply_find(TRACE, NULL, 1));
    assert_null(apply_find(TRACE, NULL, 2));
    assert_non_null(apply_find(TRACE, NULL, 3));
    assert_int_equal(trace_count("P"), 1);
    assert_int_equal(trace_count("Q"), 0);
    assert_int_equal(apply_delete(TRACE, ids, NULL), ERR_OK);
    assert_int_equal(trace_count("P"), 1);
    /* The id may come again. */
    assert_int_equal(apply_create(TRACE, 1, "'project_name':'Z','name':'again'"), ERR_OK);
    assert_str(apply_name(TRACE, "Z", 1), "again");
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM trace_body"), 0);
}

static void test_delete_in_project(void **state)
{
    static const unsigned ids[] = {1, 2, 0};
    struct project project, unknown = {.id = test_uuid(5)};

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P'");
    apply_create(TRACE, 2, "'project_name':'Q'");
    assert_int_equal(apply_delete(TRACE, ids, &unknown), ERR_OK);
    project = apply_project("P");
    assert_int_equal(apply_delete(TRACE, ids, &project), ERR_OK);
    assert_null(apply_find(TRACE, NULL, 1));
    assert_non_null(apply_find(TRACE, NULL, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, apply_start, apply_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_delete),
        TEST(test_delete_in_project),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
