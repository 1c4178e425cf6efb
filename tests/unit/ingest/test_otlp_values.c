/* Attributes as JSON. */
#include "ingest/otlp_values.h"

#include "unit/ingest/otlp_support.h"

/* The value of this JSON of an attribute, as stored; "nothing" for none. */
static struct str stored(const char *value)
{
    yyjson_mut_doc *doc = json_new(&otlp_arena);
    yyjson_mut_val *root = otlp_value_json(&otlp_arena, doc, otlp_value_from(value));
    struct str text = STR("?");

    if (!root)
        return STR("nothing");
    yyjson_mut_doc_set_root(doc, root);
    assert_int_equal(json_write_mut(&otlp_arena, doc, &text), ERR_OK);
    return text;
}

static void test_values(void **state)
{
    static const struct {
        const char *value, *want;
    } cases[] = {
        {"{'intValue':-7}", "-7"},
        {"{'boolValue':true}", "true"},
        {"{'doubleValue':2}", "2.0"},
        {"{'doubleValue':'NaN'}", "'NaN'"},
        {"{'doubleValue':'-Infinity'}", "'-Infinity'"},
        {"{'bytesValue':'AAE='}", "'AAE='"},
        {"{'stringValue':''}", "''"},
        {"{'arrayValue':{'values':[{'stringValue':'[1]'},{'intValue':1},{},"
         "{'arrayValue':{'values':[{'boolValue':false}]}}]}}",
         "['[1]',1,null,[false]]"},
        {"{'kvlistValue':{'values':[{'key':'a','value':{'stringValue':'{}'}},"
         "{'key':'b'},{'key':'a','value':{'intValue':2}}]}}",
         "{'a':2}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_json(stored(cases[i].value), cases[i].want);
    assert_str(stored("{}"), "nothing");
    assert_str(stored("null"), "nothing");
}

/* Texts in JSON's own quoting, each with what becomes of it. */
static void test_texts(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"plain", "\"plain\""},
        {"12", "\"12\""},
        {"true", "\"true\""},
        {"{\"a\": 1.50}", "{\"a\":1.50}"},
        {"[]", "[]"},
        {"[1,", "\"[1,\""},
        {"{\"a\":1} x", "\"{\\\"a\\\":1} x\""},
        {" {}", "\" {}\""},
        {"\"x\"", "\"\\\"x\\\"\""},
        {"\"5\"", "5"},
        {"\"[1]\"", "[1]"},
        {"\"\\\"in\\\"\"", "\"in\""},
        {"\"", "\"\\\"\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct otlp_value value = {.kind = OTLP_VALUE_TEXT, .text = str_of(cases[i].text)};
        yyjson_mut_doc *doc = json_new(&otlp_arena);
        struct str text;

        yyjson_mut_doc_set_root(doc, otlp_value_json(&otlp_arena, doc, &value));
        assert_int_equal(json_write_mut(&otlp_arena, doc, &text), ERR_OK);
        assert_str(text, cases[i].want);
    }
}

static void test_deep_text(void **state)
{
    struct error error = {.arena = &otlp_arena};
    static char text[4096];
    yyjson_val *root;

    (void)state;
    for (size_t depth = 936; depth <= 937; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(otlp_parse_json(&otlp_arena, str_make(text, 2 * depth), &root, &error),
                         depth == 936 ? ERR_OK : ERR_BAD_REQUEST);
    }
    /* Brackets in strings do not count. */
    memset(text, '[', 4000);
    text[1] = '"';
    text[3998] = '"';
    text[3999] = ']';
    assert_int_equal(otlp_parse_json(&otlp_arena, str_make(text, 4000), &root, &error), ERR_OK);
}

static void test_find(void **state)
{
    const struct otlp_span *span =
        otlp_first_span(otlp_from_spans("{'traceId':'00000000000000000000000000000001',"
                                        "'spanId':'0000000000000001','attributes':["
                                        "{'key':'a','value':{'stringValue':'1'}},"
                                        "{'key':'a','value':{'stringValue':'2'}},"
                                        "{'key':'b','value':{'stringValue':'3'}},"
                                        "{'key':'b','value':{'intValue':'4'}},{'key':'c'}]}"));

    (void)state;
    assert_str(*otlp_find_text(&span->attributes, STR("a")), "2");
    assert_null(otlp_find_text(&span->attributes, STR("b")));
    assert_null(otlp_find_text(&span->attributes, STR("c")));
    assert_null(otlp_find_text(&span->attributes, STR("d")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otlp_start, otlp_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_values),
        TEST(test_texts),
        TEST(test_deep_text),
        TEST(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
