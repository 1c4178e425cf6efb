/* Bodies of the search streams (traces.md 9.4, spans.md 9). */
#include "model/search.h"

#include "unit/support.h"

static struct arena arena;
static struct error error;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    error = (struct error){.arena = &arena};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void test_every_member(void **state)
{
    struct record *body = test_record(
        &arena, &span_search_resource, DECODE_CREATE,
        "{'project_name':'p','project_id':'%s','filters':[],'oql':'x','last_retrieved_id':'%s',"
        "'limit':2000,'truncate':true,'strip_attachments':false,'exclude':['input'],"
        "'from_time':'2024-01-01T00:00:00Z','to_time':'2024-01-02T00:00:00Z','trace_id':'%s',"
        "'type':'LLM'}",
        test_uuid_text(1), test_uuid_text(2), test_uuid_text(3));

    (void)state;
    for (size_t i = 0; i < SEARCH_FIELD_COUNT; i++)
        assert_true(value_is_set(&body->v[i]));
    assert_int_equal(body->v[SEARCH_TYPE].i, SPAN_TYPE_LLM);
}

static void test_limit(void **state)
{
    (void)state;
    assert_null(test_decode(&arena, &trace_search_resource, DECODE_CREATE, &error, "{'limit':0}"));
    assert_items(&error, ERR_UNPROCESSABLE, "limit must be greater than or equal to 1");
    error = (struct error){.arena = &arena};
    assert_null(
        test_decode(&arena, &trace_search_resource, DECODE_CREATE, &error, "{'limit':2001}"));
    assert_items(&error, ERR_UNPROCESSABLE, "limit must be less than or equal to 2000");
}

static void test_traces_take_no_type(void **state)
{
    (void)state;
    assert_int_equal(resource_find_field(&trace_search_resource, STR("type")), -1);
    assert_int_equal(resource_find_field(&span_search_resource, STR("type")), SEARCH_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_member, start, stop),
        cmocka_unit_test_setup_teardown(test_limit, start, stop),
        cmocka_unit_test_setup_teardown(test_traces_take_no_type, start, stop),
    };

    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
