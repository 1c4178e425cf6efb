/* Filters: JSON -> tree, with every check of query.md 2 to 5. */
#include "query/filter.h"

#include "unit/support.h"

static struct arena arena;
static struct error error;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)4 << 20);
    error = (struct error){.arena = &arena};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct filter_node *parse(const char *json)
{
    struct filter_node *node = NULL;

    error = (struct error){.arena = &arena};
    filter_parse_text(&arena, &trace_resource, test_json(&arena, "%s", json), &node, &error);
    return node;
}

static void assert_refused(const char *json, const char *message)
{
    assert_null(parse(json) && error.code == ERR_OK ? "taken" : NULL);
    assert_message(&error, ERR_BAD_REQUEST, message);
}

static void test_nothing(void **state)
{
    (void)state;
    assert_null(parse(""));
    assert_null(parse("  "));
    assert_null(parse("[]"));
    assert_int_equal(error.code, ERR_OK);
}

static void test_tree(void **state)
{
    struct filter_node *node =
        parse("[{'field':'name','operator':'=','value':'a'},"
              "{'or':[{'field':'duration','operator':'>','value':'5'},"
              "{'not':{'field':'tags','operator':'is_empty','value':''}}]}]");

    (void)state;
    assert_non_null(node);
    assert_int_equal(node->kind, FILTER_AND);
    assert_int_equal(node->first->kind, FILTER_TEST);
    assert_string_equal(node->first->field->name, "name");
    assert_int_equal(node->first->next->kind, FILTER_OR);
    assert_true(node->first->next->first->number == 5);
    assert_int_equal(node->first->next->first->next->kind, FILTER_NOT);
    assert_true(filter_uses(node, SOURCE_COLUMN));
    assert_false(filter_uses(node, SOURCE_HEAVY));
}

static void test_values(void **state)
{
    struct filter_node *node = parse("[{'field':'ttft','operator':'<','value':2.5},"
                                     "{'field':'environment','operator':'in','value':' a ,, b'},"
                                     "{'field':'start_time','operator':'>=',"
                                     "'value':'1970-01-01T00:00:01.5Z'}]");
    struct filter_node *in;

    (void)state;
    assert_non_null(node);
    assert_true(node->first->number == 2.5);
    in = node->first->next;
    assert_int_equal(in->part_count, 2);
    assert_str(in->parts[0], "a");
    assert_str(in->parts[1], "b");
    assert_int_equal(in->next->ns, 1500000000);
}

static void test_custom(void **state)
{
    struct filter_node *node =
        parse("[{'field':'custom','key':'input.a[0]','operator':'=','value':'x'},"
              "{'field':'custom','key':'$.output','operator':'contains','value':'x'},"
              "{'field':'custom','key':'input[1].b','operator':'=','value':'x'}]");

    (void)state;
    assert_non_null(node);
    assert_string_equal(node->first->field->name, "input_json");
    assert_str(node->first->key, "a[0]");
    assert_string_equal(node->first->next->field->name, "output");
    assert_str(node->first->next->next->key, "[1].b");
    assert_refused("[{'field':'custom','key':' ','operator':'=','value':'x'}]",
                   "Custom key cannot be null or empty");
    assert_refused("[{'field':'custom','key':'metadata.a','operator':'=','value':'x'}]",
                   "Invalid key 'metadata.a' for custom filter");
}

static void test_refused(void **state)
{
    (void)state;
    assert_refused("[{'field':'name','operator':'>=','value':'a'}]",
                   "Invalid operator '>=' for field 'name' of type 'STRING'");
    assert_refused("[{'field':'duration','operator':'=','value':'1e3'}]",
                   "Invalid value '1e3' or key 'null' for field 'duration' of type 'NUMBER'");
    assert_refused("[{'field':'metadata','operator':'=','value':'x'}]",
                   "Invalid value 'x' or key 'null' for field 'metadata' of type 'DICTIONARY'");
    assert_refused("[{'field':'metadata','key':'a-b','operator':'=','value':'x'}]",
                   "Invalid value 'x' or key 'a-b' for field 'metadata' of type 'DICTIONARY'");
    assert_refused("[{'field':'visibility_mode','operator':'is_empty','value':''}]",
                   "Invalid operator 'is_empty' for field 'visibility_mode' of type 'ENUM'");
    assert_refused("x", "Invalid filters query parameter 'x'");
    assert_refused("[1]", "Invalid filters query parameter '[1]'");
    assert_refused("{}", "Invalid filters query parameter '{}'");
}

static void test_limits(void **state)
{
    struct str text = STR("[");

    (void)state;
    for (int i = 0; i <= FILTER_TESTS_MAX; i++) {
        if (i == FILTER_TESTS_MAX) {
            parse(str_format(&arena, "%.*s]", STR_ARG(text)).p);
            assert_int_equal(error.code, ERR_OK);
        }
        text = str_format(&arena, "%.*s%s{'field':'name','operator':'=','value':'a'}",
                          STR_ARG(text), i ? "," : "");
    }
    parse(str_format(&arena, "%.*s]", STR_ARG(text)).p);
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    text = STR("{'field':'name','operator':'=','value':'a'}");
    for (int i = 0; i < FILTER_DEPTH_MAX; i++)
        text = str_format(&arena, "{'not':%.*s}", STR_ARG(text));
    parse(str_format(&arena, "[%.*s]", STR_ARG(text)).p);
    assert_int_equal(error.code, ERR_BAD_REQUEST);
}

static void test_only_own(void **state)
{
    struct filter_node *node =
        parse("[{'field':'usage.total_tokens','operator':'>','value':'5'},"
              "{'or':[{'field':'llm_span_count','operator':'=','value':'1'}]},"
              "{'field':'name','operator':'=','value':'a'}]");
    struct filter_node *own = filter_only_own(&arena, node);

    (void)state;
    assert_non_null(own);
    assert_string_equal(own->first->field->name, "name");
    assert_null(own->first->next);
    assert_null(filter_only_own(&arena, node->first));
    assert_null(filter_only_own(&arena, NULL));
    assert_non_null(filter_copy(&arena, node)->first->next->next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing, start, stop),
        cmocka_unit_test_setup_teardown(test_tree, start, stop),
        cmocka_unit_test_setup_teardown(test_values, start, stop),
        cmocka_unit_test_setup_teardown(test_custom, start, stop),
        cmocka_unit_test_setup_teardown(test_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_limits, start, stop),
        cmocka_unit_test_setup_teardown(test_only_own, start, stop),
    };

    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
