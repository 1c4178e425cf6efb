/* OQL text -> tree (query.md 14, with OR, NOT and parentheses). */
#include "query/oql.h"

#include "unit/support.h"

static struct arena arena;
static struct error error;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)4 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct filter_node *parse(const char *text)
{
    struct filter_node *node = NULL;

    error = (struct error){.arena = &arena};
    oql_parse(&arena, &trace_resource, test_json(&arena, "%s", text), &node, &error);
    return error.code ? NULL : node;
}

/* The tree as text: (and name (not tags)). */
static struct str shape(const struct filter_node *node)
{
    static const char *const names[] = {"and", "or", "not"};
    struct str out;

    if (node->kind == FILTER_TEST)
        return str_of(node->field->name);
    out = str_format(&arena, "(%s", names[node->kind]);
    for (const struct filter_node *child = node->first; child; child = child->next)
        out = str_format(&arena, "%.*s %.*s", STR_ARG(out), STR_ARG(shape(child)));
    return str_format(&arena, "%.*s)", STR_ARG(out));
}

static void assert_shape(const char *text, const char *wanted)
{
    struct filter_node *node = parse(text);

    if (!node)
        fail_msg("%s: %.*s", text, STR_ARG(error.message));
    assert_str(shape(node), wanted);
}

static void test_shapes(void **state)
{
    (void)state;
    assert_null(parse("  "));
    assert_int_equal(error.code, ERR_OK);
    assert_shape("name = 'x'", "name");
    assert_shape("name='x'AND duration>5 and ttft<=0.5", "(and name duration ttft)");
    assert_shape("name = 'x' or duration > 5 AND ttft < 1", "(or name (and duration ttft))");
    assert_shape("(name = 'x' OR duration > 5) AND NOT tags = 'a'",
                 "(and (or name duration) (not tags))");
    assert_shape("not not name != 'x'", "(not (not name))");
    assert_shape("tags is_empty and tags is_not_empty", "(and tags tags)");
    assert_shape("usage.total_tokens >= 10", "usage.total_tokens");
    assert_shape("duration > 5and name = 'x'", "(and duration name)");
}

static void test_values(void **state)
{
    struct filter_node *node;

    (void)state;
    node = parse("metadata.'a.b[0]' contains 'say ''hi'''");
    assert_non_null(node);
    assert_str(node->key, "a.b[0]");
    node = parse("environment in ('a', 'b')");
    assert_non_null(node);
    assert_int_equal(node->part_count, 2);
    node = parse("duration > -1.5");
    assert_non_null(node);
    assert_true(node->number == -1.5);
    node = parse("feedback_scores.accuracy is_not_empty");
    assert_non_null(node);
    assert_str(node->key, "accuracy");
}

static void test_errors(void **state)
{
    static const struct {
        const char *text;
        int column;
    } bad[] = {
        {"name = x", 8},       {"bogus = 1", 1},           {"name = 'x", 8},
        {"name like 'x'", 6},  {"name = 'x' name", 12},    {"(name = 'x'", 12},
        {"name.a = 'x'", 1},   {"environment in 'a'", 16}, {"name = 'x' AND", 15},
        {"duration > 5x", 12}, {"metadata. = 'x'", 10},    {"environment in ('a' 'b')", 21},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str wanted = str_format(&arena, "Invalid OQL at column %d:", bad[i].column);
        assert_null(parse(bad[i].text));
        assert_int_equal(error.code, ERR_BAD_REQUEST);
        if (!str_starts_with(error.message, wanted))
            fail_msg("%s: %.*s", bad[i].text, STR_ARG(error.message));
    }
}

static void test_limits(void **state)
{
    char deep[4096];

    (void)state;
    memset(deep, '(', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    assert_null(parse(deep));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shapes, start, stop),
        cmocka_unit_test_setup_teardown(test_values, start, stop),
        cmocka_unit_test_setup_teardown(test_errors, start, stop),
        cmocka_unit_test_setup_teardown(test_limits, start, stop),
    };

    return cmocka_run_group_tests_name("oql", tests, NULL, NULL);
}
