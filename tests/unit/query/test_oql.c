/* OQL: texts and the trees they mean, errors with their columns (query.md 14). */
#include "query/oql.h"

#include <stdio.h>

#include "unit/query/filter_text.h"
#include "unit/support.h"

static struct arena arena;
static struct error error;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 24);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static enum err parse(struct str text, struct filter_node **ret)
{
    error = (struct error){.arena = &arena};
    return oql_parse(&arena, &trace_resource, text, ret, &error);
}

static void check_tree(const char *text, const char *want, const char *file, int line)
{
    struct filter_node *node = NULL;

    if (parse(str_of(text), &node)) {
        print_error("%s: %.*s\n", text, STR_ARG(error.message));
        _fail(file, line);
    }
    support_assert_str(filter_text(&arena, node), str_of(want), file, line);
}
#define assert_tree(text, want) check_tree((text), (want), __FILE__, __LINE__)

/* The column is marked with ^; it counts characters. */
static void check_error(const char *marked, const char *problem, const char *file, int line)
{
    struct filter_node *node = NULL;
    const char *mark = strchr(marked, '^');
    struct str text, want;
    int column = 1;

    assert_non_null(mark);
    for (const char *p = marked; p < mark; p++)
        column += ((unsigned char)*p & 0xC0) != 0x80;
    text = str_format(&arena, "%.*s%s", (int)(mark - marked), marked, mark + 1);
    want = str_format(&arena, "Invalid OQL at column %d: %s", column, problem);
    if (parse(text, &node) != ERR_BAD_REQUEST) {
        print_error("%s is taken\n", marked);
        _fail(file, line);
    }
    support_assert_str(error.message, want, file, line);
}
#define assert_error(marked, problem) check_error((marked), (problem), __FILE__, __LINE__)

static void test_blank(void **state)
{
    (void)state;
    assert_tree("", "(none)");
    assert_tree(" \n\t ", "(none)");
}

static void test_one_condition(void **state)
{
    (void)state;
    assert_tree("name = \"x\"", "name = [x]");
    assert_tree("name=\"x\"", "name = [x]");
    assert_tree("  name\n=\t\"x\"  ", "name = [x]");
    assert_tree("name = 'x'", "name = [x]");
    assert_tree("name = \"say \"\"hi\"\"\"", "name = [say \"hi\"]");
    assert_tree("name = 'it''s'", "name = [it's]");
    assert_tree("name = 'say \"hi\"'", "name = [say \"hi\"]");
    assert_tree("name contains \"a AND b\"", "name contains [a AND b]");
    assert_tree("name not_contains \"\xc3\xbc\"", "name not_contains [\xc3\xbc]");
    assert_tree("name != \"x\"", "name != [x]");
    assert_tree("name!=\"x\"", "name != [x]");
    assert_tree("duration>=5", "duration >= [5]");
    assert_tree("duration <= -1.25", "duration <= [-1.25]");
    assert_tree("duration<5", "duration < [5]");
    assert_tree("duration = \"5\"", "duration = [5]");
    assert_tree("name = 5", "name = [5]");
    assert_tree("tags is_empty", "tags is_empty []");
    assert_tree("error_info is_not_empty", "error_info is_not_empty []");
    assert_tree("environment in (\"a\", 'b')", "environment in [a|b]");
    assert_tree("environment not_in(\"a b\")", "environment not_in [a b]");
    assert_tree("environment in ( \"a\" ,\"b,c\" )", "environment in [a|b|c]");
}

static void test_keys(void **state)
{
    (void)state;
    assert_tree("metadata.model = \"x\"", "metadata.model = [x]");
    assert_tree("metadata.\"a.b[0]\" = \"x\"", "metadata.a.b[0] = [x]");
    assert_tree("metadata.'a.b' > 5", "metadata.a.b > [5]");
    assert_tree("metadata.\"\"\"a b\"\"\" = \"x\"", "metadata.\"a b\" = [x]");
    assert_tree("feedback_scores.\"my score\" >= 0.5", "feedback_scores.my score >= [0.5]");
    assert_tree("feedback_scores.x is_empty", "feedback_scores.x is_empty []");
    assert_tree("usage.total_tokens > 5", "usage.total_tokens > [5]");
    assert_tree("usage.\"prompt_tokens\" = 0", "usage.prompt_tokens = [0]");
    assert_tree("custom.\"input.a\" = \"x\"", "input_json.a = [x]");
    assert_tree("custom.output contains \"x\"", "output contains [x]");
}

static void test_and_or_not(void **state)
{
    (void)state;
    assert_tree("ttft > 1 and ttft > 2", "(and ttft > [1] ttft > [2])");
    assert_tree("ttft > 1 AND ttft > 2 And ttft > 3", "(and ttft > [1] ttft > [2] ttft > [3])");
    assert_tree("name = \"a\"and name = \"b\"", "(and name = [a] name = [b])");
    assert_tree("ttft > 1 or ttft > 2 OR ttft > 3", "(or ttft > [1] ttft > [2] ttft > [3])");
    assert_tree("ttft > 1 or ttft > 2 and ttft > 3", "(or ttft > [1] (and ttft > [2] ttft > [3]))");
    assert_tree("ttft > 1 and ttft > 2 or ttft > 3", "(or (and ttft > [1] ttft > [2]) ttft > [3])");
    assert_tree("(ttft > 1 or ttft > 2) and ttft > 3",
                "(and (or ttft > [1] ttft > [2]) ttft > [3])");
    assert_tree("ttft > 3 and(ttft > 1 or ttft > 2)",
                "(and ttft > [3] (or ttft > [1] ttft > [2]))");
    assert_tree("not ttft > 1 and ttft > 2", "(and (not ttft > [1]) ttft > [2])");
    assert_tree("not (ttft > 1 and ttft > 2)", "(not (and ttft > [1] ttft > [2]))");
    assert_tree("NOT not ttft > 1", "(not (not ttft > [1]))");
    assert_tree("not(tags is_empty)or ttft > 2", "(or (not tags is_empty []) ttft > [2])");
    assert_tree("((ttft > 1))", "ttft > [1]");
    assert_tree("((ttft > 1) and (ttft > 2)) and ttft > 3",
                "(and (and ttft > [1] ttft > [2]) ttft > [3])");
    assert_tree("ttft > 1 or (ttft > 2 or ttft > 3) or ttft > 4",
                "(or ttft > [1] (or ttft > [2] ttft > [3]) ttft > [4])");
    assert_tree("ttft > 1 and ttft > 2 or ttft > 3 and ttft > 4",
                "(or (and ttft > [1] ttft > [2]) (and ttft > [3] ttft > [4]))");
}

/* query.md 14: white space around a connector is optional, also behind a number. */
static void test_connector_behind_a_number(void **state)
{
    (void)state;
    assert_tree("ttft > 1and ttft > 2", "(and ttft > [1] ttft > [2])");
    assert_tree("ttft > 1.5OR ttft > 2", "(or ttft > [1.5] ttft > [2])");
    assert_tree("(ttft > 1)and(ttft > 2)", "(and ttft > [1] ttft > [2])");
}

static void test_errors(void **state)
{
    static const char text[] = "expected a text in double quotes or a number";
    static const char op[] = "expected an operator such as =, !=, >, contains, is_empty";

    (void)state;
    assert_error("^= \"x\"", "expected a field");
    assert_error("(^", "expected a field");
    assert_error("not ^", "expected a field");
    assert_error("ttft > 1 and ^", "expected a field");
    assert_error("^nope = 1", "field nope is not supported");
    assert_error("^usage.other = 1", "field usage.other is not supported");
    assert_error("^name.key = \"x\"", "field name takes no key");
    assert_error("metadata.^ = \"x\"", "expected a key");
    assert_error("metadata.^\"open = 1", "missing closing quote");
    assert_error("name^", op);
    assert_error("name ^~ \"x\"", op);
    assert_error("name ^Contains \"x\"", op);
    assert_error("metadata.a^.b = 1", op);
    assert_error("name = ^", text);
    assert_error("name = ^x", text);
    assert_error("ttft > ^-", text);
    assert_error("ttft > ^.5", text);
    assert_error("ttft > ^5x", text);
    assert_error("name = ^\"open", "missing closing quote");
    assert_error("name = ^\"open\"\"", "missing closing quote");
    assert_error("environment in ^\"a\"", "expected a list that starts with '('");
    assert_error("environment in (^)", "expected a text in quotes");
    assert_error("environment in (\"a\",^)", "expected a text in quotes");
    assert_error("environment in (\"a\" ^\"b\")", "expected ',' or ')'");
    assert_error("environment in (\"a\"^", "expected ',' or ')'");
    assert_error("(ttft > 1^", "expected ')'");
    assert_error("(ttft > 1 ^ttft > 2)", "expected ')'");
    assert_error("ttft > 1 ^ttft > 2", "expected AND, OR or the end");
    assert_error("ttft > 1 ^)", "expected AND, OR or the end");
}

static void test_columns_count_characters(void **state)
{
    (void)state;
    assert_error("name = \"\xc3\xa4\xf0\x9f\x90\x99\" ^x", "expected AND, OR or the end");
}

/* Those of the filters come as they are. */
static void test_errors_of_filters(void **state)
{
    struct filter_node *node;

    (void)state;
    assert_int_equal(parse(STR("metadata.n >= 5"), &node), ERR_BAD_REQUEST);
    assert_message(&error, ERR_BAD_REQUEST,
                   "Invalid operator '>=' for field 'metadata' of type 'DICTIONARY'");
    assert_int_equal(parse(STR("duration > \"x\""), &node), ERR_BAD_REQUEST);
    assert_message(&error, ERR_BAD_REQUEST,
                   "Invalid value 'x' or key 'null' for field 'duration' of type 'NUMBER'");
    assert_int_equal(parse(STR("name = \" \""), &node), ERR_BAD_REQUEST);
    assert_int_equal(parse(STR("metadata.\"a-b\" = \"x\""), &node), ERR_BAD_REQUEST);
    assert_int_equal(parse(STR("custom.name = \"x\""), &node), ERR_BAD_REQUEST);
    assert_message(&error, ERR_BAD_REQUEST, "Invalid key 'name' for custom filter");
}

static void test_fields_belong_to_the_resource(void **state)
{
    struct filter_node *node;

    (void)state;
    error = (struct error){.arena = &arena};
    assert_int_equal(
        oql_parse(&arena, &span_resource, STR("model = \"x\" and type = \"llm\""), &node, &error),
        ERR_OK);
    assert_str(filter_text(&arena, node), "(and model = [x] type = [llm])");
    assert_error("^model = \"x\"", "field model is not supported");
}

/* `count` times a text, then another. */
static struct str repeated(const char *text, size_t count, const char *end)
{
    struct str whole = STR("");

    for (size_t i = 0; i < count; i++)
        whole = str_format(&arena, "%.*s%s", STR_ARG(whole), text);
    return str_format(&arena, "%.*s%s", STR_ARG(whole), end);
}

static void test_bounds(void **state)
{
    struct filter_node *node;

    (void)state;
    assert_int_equal(parse(repeated("ttft>1 or ", FILTER_TESTS_MAX - 1, "ttft>1"), &node), ERR_OK);
    assert_int_equal(parse(repeated("ttft>1 or ", FILTER_TESTS_MAX, "ttft>1"), &node),
                     ERR_BAD_REQUEST);
    assert_int_equal(parse(repeated("not ", FILTER_DEPTH_MAX - 1, "ttft>1"), &node), ERR_OK);
    assert_int_equal(parse(repeated("not ", 10000, "ttft>1"), &node), ERR_BAD_REQUEST);
    assert_int_equal(parse(repeated("(", 10000, ""), &node), ERR_BAD_REQUEST);
}

/* No NUL need stand behind the text; one inside is a character like others. */
static void test_views(void **state)
{
    struct filter_node *node;

    (void)state;
    assert_int_equal(parse(str_make("ttft > 12345", 8), &node), ERR_OK);
    assert_str(node->value, "1");
    assert_int_equal(parse(STR("name = \"a\0b\""), &node), ERR_OK);
    assert_int_equal(node->value.n, 3);
    assert_int_equal(parse(STR("name = \"x\"\0"), &node), ERR_BAD_REQUEST);
    assert_int_equal(parse(str_make("name = \"x\"", 9), &node), ERR_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_blank, start, stop),
        cmocka_unit_test_setup_teardown(test_one_condition, start, stop),
        cmocka_unit_test_setup_teardown(test_keys, start, stop),
        cmocka_unit_test_setup_teardown(test_and_or_not, start, stop),
        cmocka_unit_test_setup_teardown(test_connector_behind_a_number, start, stop),
        cmocka_unit_test_setup_teardown(test_errors, start, stop),
        cmocka_unit_test_setup_teardown(test_columns_count_characters, start, stop),
        cmocka_unit_test_setup_teardown(test_errors_of_filters, start, stop),
        cmocka_unit_test_setup_teardown(test_fields_belong_to_the_resource, start, stop),
        cmocka_unit_test_setup_teardown(test_bounds, start, stop),
        cmocka_unit_test_setup_teardown(test_views, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
