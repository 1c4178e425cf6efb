/* The catalogue of filter fields (query.md 3, 7, 8). */
#include "model/filter_field.h"

#include "unit/support.h"

static const struct resource *const resources[] = {&trace_resource, &span_resource};

static void test_names_are_distinct(void **state)
{
    (void)state;
    for (size_t r = 0; r < 2; r++) {
        for (const struct filter_field *f = filter_fields(resources[r]); f->name; f++)
            assert_ptr_equal(filter_field_find(resources[r], str_of(f->name)), f);
    }
    assert_null(filter_field_find(&trace_resource, STR("model")));
    assert_null(filter_field_find(&span_resource, STR("thread_id")));
    assert_null(filter_field_find(&trace_resource, STR("Name")));
}

static void test_operators(void **state)
{
    (void)state;
    for (int op = 0; op < OPERATOR_COUNT; op++)
        assert_int_equal(
            filter_operator_find(str_of(filter_operator_name((enum filter_operator)op))), op);
    assert_int_equal(filter_operator_find(STR("like")), -1);
    assert_int_equal(filter_operator_find(STR("")), -1);
}

static void assert_allowed(const char *name, enum filter_operator op, bool allowed)
{
    const struct filter_field *field = filter_field_find(&trace_resource, str_of(name));

    assert_non_null(field);
    if (filter_operator_allowed(field, op) != allowed)
        fail_msg("%s %s", name, filter_operator_name(op));
}

static void test_allowed(void **state)
{
    (void)state;
    assert_allowed("name", OPERATOR_GREATER, true);
    assert_allowed("name", OPERATOR_GREATER_EQUAL, false);
    assert_allowed("metadata", OPERATOR_IS_EMPTY, true);
    assert_allowed("metadata", OPERATOR_LESS_EQUAL, false);
    assert_allowed("environment", OPERATOR_IS_EMPTY, true);
    assert_allowed("visibility_mode", OPERATOR_IS_EMPTY, false);
    assert_allowed("visibility_mode", OPERATOR_IN, true);
    assert_allowed("source", OPERATOR_IN, false);
    assert_allowed("experiment_ids", OPERATOR_NOT_IN, true);
    assert_allowed("experiment_ids", OPERATOR_EQUAL, false);
    assert_allowed("error_info", OPERATOR_IS_NOT_EMPTY, true);
    assert_allowed("error_info", OPERATOR_EQUAL, false);
}

static void test_own_columns(void **state)
{
    (void)state;
    assert_false(filter_field_find(&trace_resource, STR("usage.total_tokens"))->flags & FILTER_OWN);
    assert_true(filter_field_find(&span_resource, STR("usage.total_tokens"))->flags & FILTER_OWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_distinct),
        cmocka_unit_test(test_operators),
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_own_columns),
    };

    return cmocka_run_group_tests_name("filter_field", tests, NULL, NULL);
}
