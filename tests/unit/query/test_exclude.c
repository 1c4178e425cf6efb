/* The `exclude` parameter (traces.md 9.1). The lists of names are in model/test_entity.c. */
#include "query/exclude.h"

#include "unit/support.h"

#define BIT(field) (1ULL << (field))

static struct arena arena;
static struct error error;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void assert_excluded(const struct resource *resource, const char *json, uint64_t want)
{
    uint64_t got = 17;

    error = (struct error){.arena = &arena};
    if (exclude_parse(&arena, resource, test_json(&arena, "%s", json), &got, &error))
        fail_msg("%s: %.*s", json, STR_ARG(error.message));
    assert_true(got == want);
}

static void test_names(void **state)
{
    (void)state;
    assert_excluded(&trace_resource, "", 0);
    assert_excluded(&trace_resource, " \t", 0);
    assert_excluded(&trace_resource, "[]", 0);
    assert_excluded(&trace_resource, "['input']", BIT(ENTITY_INPUT));
    assert_excluded(&trace_resource, " [ 'input' , 'experiment', 'input' ] ",
                    BIT(ENTITY_INPUT) | BIT(TRACE_EXPERIMENT));
    /* Those of spans go with the trace's own, not the other way round. */
    assert_excluded(&trace_resource, "['feedback_scores']",
                    BIT(TRACE_FEEDBACK_SCORES) | BIT(TRACE_SPAN_FEEDBACK_SCORES));
    assert_excluded(&trace_resource, "['span_feedback_scores']", BIT(TRACE_SPAN_FEEDBACK_SCORES));
    assert_excluded(&span_resource, "['model','total_estimated_cost_version']",
                    BIT(SPAN_MODEL) | BIT(SPAN_COST_VERSION));
}

static void test_every_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < span_resource.count; i++) {
        const struct field *field = &span_resource.fields[i];
        if (field->name && field->flags & FF_EXCLUDE)
            assert_excluded(&span_resource, test_json(&arena, "['%s']", field->name).p, BIT(i));
    }
}

static void test_bad(void **state)
{
    static const char *const bad[] = {
        "x",
        "{}",
        "'input'",
        "['zzz']",
        "['input','zzz']",
        "['id']",
        "['project_id']",
        "[1]",
        "[",
        "[null]",
        "['INPUT']",
        "['']",
        "['model']",
        "[['input']]",
        "null",
    };
    uint64_t bits;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str text = test_json(&arena, "%s", bad[i]);
        error = (struct error){.arena = &arena};
        if (!exclude_parse(&arena, &trace_resource, text, &bits, &error))
            fail_msg("%s accepted", bad[i]);
        assert_message(&error, ERR_BAD_REQUEST,
                       str_format(&arena, "Invalid query param exclude '%.*s'", STR_ARG(text)).p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, start, stop),
        cmocka_unit_test_setup_teardown(test_every_name, start, stop),
        cmocka_unit_test_setup_teardown(test_bad, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
