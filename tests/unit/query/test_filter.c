/* Filters from JSON: trees, checks and messages (query.md 2 to 5). */
#include "query/filter.h"

#include <math.h>
#include <stdio.h>

#include "unit/query/filter_text.h"
#include "unit/support.h"

static struct arena arena;
static struct error error;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 26);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static enum err parse(const struct resource *resource, struct str text, struct filter_node **ret)
{
    error = (struct error){.arena = &arena};
    return filter_parse_text(&arena, resource, text, ret, &error);
}

/* The tree of JSON with ' for ". */
static struct filter_node *tree(const char *json)
{
    struct filter_node *node = NULL;

    if (parse(&trace_resource, test_json(&arena, "%s", json), &node))
        fail_msg("%s: %.*s", json, STR_ARG(error.message));
    return node;
}

/* The only test of a tree. */
static const struct filter_node *only_test(const char *json)
{
    const struct filter_node *node = tree(json);

    while (node && node->kind == FILTER_AND && node->first && !node->first->next)
        node = node->first;
    assert_non_null(node);
    assert_int_equal(node->kind, FILTER_TEST);
    return node;
}

static void check_tree(const char *json, const char *want, const char *file, int line)
{
    support_assert_str(filter_text(&arena, tree(json)), str_of(want), file, line);
}
#define assert_tree(json, want) check_tree((json), (want), __FILE__, __LINE__)

static void check_refused(const char *json, const char *message, const char *file, int line)
{
    struct filter_node *node = NULL;

    if (parse(&trace_resource, test_json(&arena, "%s", json), &node) != ERR_BAD_REQUEST) {
        print_error("%s is taken\n", json);
        _fail(file, line);
    }
    support_assert_message(&error, ERR_BAD_REQUEST, message, file, line);
}
#define assert_refused(json, message) check_refused((json), (message), __FILE__, __LINE__)

/* A list of one test. */
static const char *one(const char *field, const char *op, const char *key, const char *value)
{
    struct str text = str_format(&arena, "[{'field':'%s','operator':'%s','key':'%s','value':'%s'}]",
                                 field, op, key, value);
    return text.p;
}

static struct str nested(size_t depth)
{
    struct str text = STR("");

    for (size_t i = 0; i < depth; i++)
        text = str_format(&arena, "%.*s{'not':", STR_ARG(text));
    text = str_format(&arena, "[%.*s{'field':'tags','operator':'is_empty'}", STR_ARG(text));
    for (size_t i = 0; i < depth; i++)
        text = str_format(&arena, "%.*s}", STR_ARG(text));
    return test_json(&arena, "%.*s]", STR_ARG(text));
}

static struct str many(size_t count)
{
    struct str text = STR("");

    for (size_t i = 0; i < count; i++)
        text = str_format(&arena, "%.*s%s{'field':'tags','operator':'is_empty'}", STR_ARG(text),
                          i ? "," : "");
    return test_json(&arena, "[%.*s]", STR_ARG(text));
}

static void test_no_filter(void **state)
{
    (void)state;
    assert_null(tree(""));
    assert_null(tree("  \n"));
    assert_null(tree("[]"));
    assert_null(tree(" [ ] "));
}

static void test_trees(void **state)
{
    static const char a[] = "{'field':'name','operator':'=','value':'a'}";
    char json[600];

    (void)state;
    assert_tree(one("name", "contains", "", "x y"), "(and name contains [x y])");
    snprintf(json, sizeof(json), "[%s,%s]", a, a);
    assert_tree(json, "(and name = [a] name = [a])");
    snprintf(json, sizeof(json), "[{'or':[%s,{'and':[%s,%s]}]},{'not':%s}]", a, a, a, a);
    assert_tree(json, "(and (or name = [a] (and name = [a] name = [a])) (not name = [a]))");
    snprintf(json, sizeof(json), "[{'not':{'not':{'or':[%s]}}}]", a);
    assert_tree(json, "(and (not (not (or name = [a]))))");
    assert_tree("[{'or':[]}]", "(and (or))");
    assert_tree("[{'and':[]}]", "(and (and))");
    assert_tree("[{'and':null,'or':[],'not':null,'field':null}]", "(and (or))");
}

static void test_members(void **state)
{
    (void)state;
    assert_tree("[{'value':5,'operator':'>','field':'duration'}]", "(and duration > [5])");
    assert_tree("[{'field':'duration','operator':'=','value':-1.50,'key':null}]",
                "(and duration = [-1.50])");
    assert_tree("[{'field':'metadata','key':'f','operator':'=','value':true}]",
                "(and metadata.f = [true])");
    assert_tree("[{'field':'tags','operator':'is_empty'}]", "(and tags is_empty [])");
    assert_tree("[{'field':'tags','operator':'is_empty','value':null}]", "(and tags is_empty [])");
    assert_tree("[{'field':'name','operator':'=','value':'x','type':'string','more':{'a':[1]}}]",
                "(and name = [x])");
    assert_tree("[{'field':'name','operator':'=','value':'x','or':null,'and':null,'not':null}]",
                "(and name = [x])");
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "x",
        "{}",
        "'x'",
        "5",
        "null x",
        "[",
        "[1]",
        "['x']",
        "[null]",
        "[[]]",
        "[{}]",
        "[{]",
        "[{'field':'name','operator':'='}]",
        "[{'field':'name','value':'x'}]",
        "[{'operator':'=','value':'x'}]",
        "[{'field':'name','operator':'=','value':null}]",
        "[{'field':'name','operator':'=','value':[]}]",
        "[{'field':'name','operator':'=','value':{}}]",
        "[{'field':null,'operator':'=','value':'x'}]",
        "[{'field':'name','operator':null,'value':'x'}]",
        "[{'field':'Name','operator':'=','value':'x'}]",
        "[{'field':'model','operator':'=','value':'x'}]",
        "[{'field':'name','operator':'equals','value':'x'}]",
        "[{'field':'name','operator':'CONTAINS','value':'x'}]",
        "[{'or':{}}]",
        "[{'and':'x'}]",
        "[{'not':[]}]",
        "[{'not':null}]",
        "[{'or':[1]}]",
        "[{'or':[{'not':5}]}]",
        "[{'or':null}]",
        "[{'field':null,'or':null,'and':null,'not':null}]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str text = test_json(&arena, "%s", bad[i]);
        assert_refused(
            bad[i], str_format(&arena, "Invalid filters query parameter '%.*s'", STR_ARG(text)).p);
    }
}

/* What is not a syntax error of the reference tells what is wrong. */
static void test_two_kinds(void **state)
{
    static const char *const bad[] = {
        "[{'or':[],'and':[]}]",
        "[{'or':[],'not':{'field':'tags','operator':'is_empty'}}]",
        "[{'field':'tags','operator':'is_empty','or':[]}]",
        "[{'field':'tags','operator':'is_empty','not':{}}]",
        "[{'field':'tags','operator':'is_empty','and':5}]",
        "[{'not':{'and':[],'field':'tags','operator':'is_empty'}}]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str text = test_json(&arena, "%s", bad[i]);
        assert_refused(bad[i], str_format(&arena,
                                          "Invalid filters query parameter '%.*s': a filter has "
                                          "only one of field, or, and, not",
                                          STR_ARG(text))
                                   .p);
    }
}

/* The same from a body, where JSON itself was read before. */
static void test_body(void **state)
{
    static const char *const bad[] = {"{}", "'x'", "[1]", "[{}]", "[{'or':5}]"};
    struct filter_node *node = NULL;
    yyjson_val *value;

    (void)state;
    error = (struct error){.arena = &arena};
    json_parse(&arena, test_json(&arena, "%s", one("name", "=", "", "a")), &value, &error);
    assert_int_equal(filter_parse_value(&arena, &span_resource, value, &node, &error), ERR_OK);
    assert_str(filter_text(&arena, node), "(and name = [a])");
    json_parse(&arena, STR("[]"), &value, &error);
    assert_int_equal(filter_parse_value(&arena, &span_resource, value, &node, &error), ERR_OK);
    assert_null(node);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        error = (struct error){.arena = &arena};
        json_parse(&arena, test_json(&arena, "%s", bad[i]), &value, &error);
        assert_int_equal(filter_parse_value(&arena, &span_resource, value, &node, &error),
                         ERR_BAD_REQUEST);
        assert_true(str_starts_with(error.message, STR("Unable to process JSON. ")));
    }
    error = (struct error){.arena = &arena};
    json_parse(&arena, many(FILTER_TESTS_MAX + 1), &value, &error);
    assert_int_equal(filter_parse_value(&arena, &span_resource, value, &node, &error),
                     ERR_BAD_REQUEST);
    assert_message(&error, ERR_BAD_REQUEST,
                   "Unable to process JSON. Cannot deserialize value of type `SpanFilter`: more "
                   "than 100 filters (through reference chain: [\"filters\"])");
}

static void test_operator_not_allowed(void **state)
{
    (void)state;
    assert_refused(one("name", ">=", "", "x"),
                   "Invalid operator '>=' for field 'name' of type 'STRING'");
    assert_refused(one("duration", "contains", "", "1"),
                   "Invalid operator 'contains' for field 'duration' of type 'NUMBER'");
    assert_refused(one("metadata", "<=", "k", "1"),
                   "Invalid operator '<=' for field 'metadata' of type 'DICTIONARY'");
    assert_refused(one("visibility_mode", "is_empty", "", ""),
                   "Invalid operator 'is_empty' for field 'visibility_mode' of type 'ENUM'");
    assert_refused(one("source", "in", "", "sdk"),
                   "Invalid operator 'in' for field 'source' of type 'ENUM_LEGACY'");
    /* Before the value is looked at. */
    assert_refused(one("start_time", "contains", "", "x"),
                   "Invalid operator 'contains' for field 'start_time' of type 'DATE_TIME'");
}

/* Values that a field refuses or takes; `|` separates them. */
static void check_values(const char *field, const char *op, const char *values, bool taken)
{
    struct str rest = str_of(values);
    struct filter_node *node;

    for (bool more = true; more;) {
        ptrdiff_t bar = str_find(rest, STR("|"));
        struct str value = bar < 0 ? rest : str_make(rest.p, (size_t)bar);
        more = bar >= 0;
        rest = more ? str_make(rest.p + bar + 1, rest.n - (size_t)bar - 1) : STR("");
        error = (struct error){.arena = &arena};
        enum err err = filter_make_test(
            &arena, &trace_resource, filter_field_find(&trace_resource, str_of(field)),
            (enum filter_operator)filter_operator_find(str_of(op)),
            strcmp(field, "feedback_scores") == 0 ? STR("k") : STR(""), value, &node, &error);
        if ((err == ERR_OK) != taken)
            fail_msg("%s %s '%.*s'", field, op, STR_ARG(value));
    }
}

static void test_values(void **state)
{
    (void)state;
    check_values("name", "=", "| |\t\n", false);
    check_values("name", "contains", "x| x|%|\\", true);
    check_values("id", "=", "| ", false);
    check_values("duration", "=", "| |x|1e5|+1| 1|1 |1.|-|--1|1.2.3|0x1|NaN|inf|1,5|.|-.", false);
    check_values("duration", "=", "0|-0|1|-1.5|.5|-.5|00012|123456789012345678901234567890", true);
    check_values("start_time", ">",
                 "| |x|2024-01-01|2024-01-01T00:00:00|1700000000|2024-13-01T00:00:00Z", false);
    check_values("start_time", ">",
                 "2024-01-01T00:00:00Z|2024-01-01T00:00:00.123456789Z|2024-01-01T00:00:00+02:00",
                 true);
    check_values("feedback_scores", ">",
                 "| |x|1.2.3| 0.4|0.4 |\t1|0x0|0x1p3|inf|NaN|1e|1e+|.|-|1,5", false);
    check_values("feedback_scores", ">", "0|1e-3|-2.5|+1|1.|.5|1E5|1e400|-1e400|1e+99999", true);
    check_values("tags", "contains", "| ", false);
    check_values("experiment_ids", "in", "|,| , ", false);
    check_values("experiment_ids", "in", "a|a,b| ,a", true);
    check_values("environment", "in", "| ", false);
    check_values("environment", "is_empty", "| |x", true);
    check_values("source", "=", "| ", false);
    check_values("error_info", "is_empty", "|x", true);
}

static void test_messages_of_values(void **state)
{
    (void)state;
    assert_refused(one("name", "=", "", " "),
                   "Invalid value ' ' or key 'null' for field 'name' of type 'STRING'");
    assert_refused(one("name", "=", "k", ""),
                   "Invalid value '' or key 'k' for field 'name' of type 'STRING'");
    assert_refused(one("metadata", "=", "", "x"),
                   "Invalid value 'x' or key 'null' for field 'metadata' of type 'DICTIONARY'");
    assert_refused(one("metadata", "=", "a-b", "x"),
                   "Invalid value 'x' or key 'a-b' for field 'metadata' of type 'DICTIONARY'");
    assert_refused(one("feedback_scores", ">", "", "1"),
                   "Invalid value '1' or key 'null' for field 'feedback_scores' of type "
                   "'FEEDBACK_SCORES_NUMBER'");
}

static void test_read_values(void **state)
{
    const struct filter_node *node = only_test(one("duration", ">", "", "-12.50"));

    (void)state;
    assert_true(node->is_number);
    assert_true(fabs(node->number + 12.5) < 1e-12);
    node = only_test(one("start_time", ">", "", "1970-01-01T00:00:01.000000002Z"));
    assert_int_equal(node->ns, 1000000002);
    node = only_test(one("start_time", ">", "", "1970-01-01T01:00:01+01:00"));
    assert_int_equal(node->ns, 1000000000);
    node = only_test(one("metadata", ">", "k", "1e3"));
    assert_true(node->is_number && fabs(node->number - 1000) < 1e-9);
    node = only_test(one("metadata", ">", "k", " 2.5 "));
    assert_true(node->is_number && fabs(node->number - 2.5) < 1e-9);
    for (size_t i = 0; i < 4; i++) {
        static const char *const none[] = {"x", "0x10", "inf", "1e400"};
        node = only_test(one("metadata", ">", "k", none[i]));
        assert_false(node->is_number);
    }
    node = only_test(one("environment", "in", "", " a ,, b c,"));
    assert_int_equal(node->part_count, 2);
    assert_str(node->parts[0], "a");
    assert_str(node->parts[1], "b c");
    node = only_test(one("name", "=", "", " a+b%41 "));
    assert_str(node->value, " a+b%41 ");
}

static void test_custom(void **state)
{
    (void)state;
    assert_tree(one("custom", "=", "input", "x"), "(and input = [x])");
    assert_tree(one("custom", "=", "$.output", "x"), "(and output = [x])");
    assert_tree(one("custom", "=", "input.a.b", "x"), "(and input_json.a.b = [x])");
    assert_tree(one("custom", "=", "$.input.a.b", "x"), "(and input_json.a.b = [x])");
    assert_tree(one("custom", "=", "input[0]", "x"), "(and input_json.[0] = [x])");
    assert_tree(one("custom", "=", "output[0].a", "x"), "(and output_json.[0].a = [x])");
    assert_refused(one("custom", "=", "", "x"), "Custom key cannot be null or empty");
    assert_refused(one("custom", "=", " ", "x"), "Custom key cannot be null or empty");
    assert_refused("[{'field':'custom','operator':'=','value':'x'}]",
                   "Custom key cannot be null or empty");
    assert_refused(one("custom", "=", "metadata.a", "x"),
                   "Invalid key 'metadata.a' for custom filter");
    assert_refused(one("custom", "=", "inputs", "x"), "Invalid key 'inputs' for custom filter");
    assert_refused(one("custom", ">=", "input", "x"),
                   "Invalid operator '>=' for field 'input' of type 'STRING'");
    assert_refused(one("custom", ">=", "input.a", "x"),
                   "Invalid operator '>=' for field 'input_json' of type 'DICTIONARY'");
}

static void assert_problem(const char *problem)
{
    assert_true(str_starts_with(error.message, STR("Invalid filters query parameter '[")));
    assert_true(str_ends_with(error.message, str_of(problem)));
}

static void test_bounds(void **state)
{
    struct filter_node *node;

    (void)state;
    assert_int_equal(parse(&trace_resource, nested(FILTER_DEPTH_MAX - 1), &node), ERR_OK);
    assert_int_equal(parse(&trace_resource, nested(FILTER_DEPTH_MAX + 1), &node), ERR_BAD_REQUEST);
    assert_int_equal(parse(&trace_resource, nested(400), &node), ERR_BAD_REQUEST);
    assert_problem("]': more than 20 levels");
    assert_int_equal(parse(&trace_resource, many(FILTER_TESTS_MAX), &node), ERR_OK);
    assert_int_equal(parse(&trace_resource, many(FILTER_TESTS_MAX + 1), &node), ERR_BAD_REQUEST);
    assert_problem("]': more than 100 filters");
}

/* No part of a list is dropped: it counts, or the list is refused. */
static void test_parts_are_not_dropped(void **state)
{
    const size_t counts[] = {FILTER_PARTS_MAX, FILTER_PARTS_MAX + 1, 5 * FILTER_PARTS_MAX};
    const struct filter_field *field = filter_field_find(&trace_resource, STR("environment"));
    struct filter_node *node;

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        char *text = arena_alloc(&arena, 2 * counts[i] + 1);
        for (size_t k = 0; k < counts[i]; k++)
            memcpy(text + 2 * k, "a,", 2);
        error = (struct error){.arena = &arena};
        enum err err = filter_make_test(&arena, &trace_resource, field, OPERATOR_IN, STR(""),
                                        str_make(text, 2 * counts[i]), &node, &error);
        assert_true(err == ERR_BAD_REQUEST || node->part_count == counts[i]);
        if (err)
            assert_true(str_ends_with(error.message, STR("of type 'ENUM': more than 300 parts")));
        assert_int_equal(err != ERR_OK, counts[i] > FILTER_PARTS_MAX);
    }
}

static void test_join(void **state)
{
    struct filter_node *a = tree(one("name", "=", "", "a"));
    struct filter_node *b = tree("[{'or':[{'field':'tags','operator':'is_empty'}]}]");

    (void)state;
    assert_null(filter_join(&arena, NULL, NULL));
    assert_ptr_equal(filter_join(&arena, a, NULL), a);
    assert_ptr_equal(filter_join(&arena, NULL, b), b);
    assert_str(filter_text(&arena, filter_join(&arena, a, b)),
               "(and (and name = [a]) (and (or tags is_empty [])))");
}

static void test_copy(void **state)
{
    const struct filter_node *node =
        tree("[{'or':[{'field':'environment','operator':'in','value':'a,b'},{'not':"
             "{'field':'metadata','key':'k','operator':'>','value':'5'}}]},{'or':[]}]");
    struct filter_node *copy = filter_copy(&arena, node);

    (void)state;
    assert_null(filter_copy(&arena, NULL));
    assert_str(filter_text(&arena, copy), filter_text(&arena, node).p);
    /* Joining the copy leaves the original as it was. */
    filter_join(&arena, copy->first, tree(one("name", "=", "", "a")));
    assert_ptr_not_equal(copy->first, node->first);
    assert_str(filter_text(&arena, node),
               "(and (or environment in [a|b] (not metadata.k > [5])) (or))");
}

static void test_uses(void **state)
{
    const struct filter_node *node =
        tree("[{'or':[{'field':'name','operator':'=','value':'a'},"
             "{'not':{'field':'metadata','key':'k','operator':'=','value':'a'}}]}]");

    (void)state;
    assert_false(filter_uses(NULL, SOURCE_HEAVY));
    assert_true(filter_uses(node, SOURCE_HEAVY));
    assert_true(filter_uses(node, SOURCE_COLUMN));
    assert_false(filter_uses(node, SOURCE_COST));
}

/* Project statistics and metrics apply own columns only (query.md 7). */
static void test_only_own(void **state)
{
    const struct filter_node *node =
        tree("[{'field':'name','operator':'=','value':'a'},"
             "{'field':'usage.total_tokens','operator':'>','value':'1'},"
             "{'or':[{'field':'llm_span_count','operator':'>','value':'1'},"
             "{'field':'tags','operator':'is_empty'}]},"
             "{'and':[{'field':'feedback_scores','key':'k','operator':'is_empty'}]},"
             "{'not':{'field':'total_estimated_cost','operator':'=','value':'0'}},"
             "{'field':'input_json','key':'k','operator':'=','value':'b'}]");
    struct filter_node *own = filter_only_own(&arena, node);

    (void)state;
    assert_str(filter_text(&arena, own),
               "(and name = [a] (or tags is_empty []) input_json.k = [b])");
    /* What matches nothing still does. */
    assert_str(filter_text(&arena, filter_only_own(&arena, tree("[{'or':[]}]"))), "(and (or))");
    assert_null(filter_only_own(&arena, NULL));
    assert_null(filter_only_own(&arena, tree(one("usage.total_tokens", "=", "", "1"))));
    /* The tree it came from is untouched. */
    assert_true(filter_uses(node, SOURCE_USAGE) && filter_uses(node, SOURCE_COST));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_filter, start, stop),
        cmocka_unit_test_setup_teardown(test_trees, start, stop),
        cmocka_unit_test_setup_teardown(test_members, start, stop),
        cmocka_unit_test_setup_teardown(test_malformed, start, stop),
        cmocka_unit_test_setup_teardown(test_two_kinds, start, stop),
        cmocka_unit_test_setup_teardown(test_body, start, stop),
        cmocka_unit_test_setup_teardown(test_operator_not_allowed, start, stop),
        cmocka_unit_test_setup_teardown(test_values, start, stop),
        cmocka_unit_test_setup_teardown(test_messages_of_values, start, stop),
        cmocka_unit_test_setup_teardown(test_read_values, start, stop),
        cmocka_unit_test_setup_teardown(test_custom, start, stop),
        cmocka_unit_test_setup_teardown(test_bounds, start, stop),
        cmocka_unit_test_setup_teardown(test_parts_are_not_dropped, start, stop),
        cmocka_unit_test_setup_teardown(test_join, start, stop),
        cmocka_unit_test_setup_teardown(test_copy, start, stop),
        cmocka_unit_test_setup_teardown(test_uses, start, stop),
        cmocka_unit_test_setup_teardown(test_only_own, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
