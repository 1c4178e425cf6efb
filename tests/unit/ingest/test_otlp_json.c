/* OTLP as JSON: both spellings, ids, numbers, what is refused. */
#include "ingest/otlp_json.h"

#include "unit/ingest/otlp_support.h"

#define IDS "'traceId':'000102030405060708090a0b0c0d0eFF','spanId':'7374616E00000000'"
#define IDS_READ                                                                                   \
    "<00><01><02><03><04><05><06><07><08><09><0a><0b><0c><0d><0e><ff> stan<00><00><00><00>"
#define PLACE "resourceSpans[0].scopeSpans[0].spans[0]"

static void assert_read(const char *text, const char *want)
{
    struct otlp_request *request = otlp_from_json(text);

    if (!request)
        fail_msg("%s refused: %.*s", text, STR_ARG(otlp_error.message));
    assert_str(otlp_dump(request), want);
}

/* A span of the ids and these members, in both spellings of what is around it. */
static void assert_span(const char *members, const char *want)
{
    struct str camel =
        str_format(&otlp_arena, "{'resourceSpans':[{'scopeSpans':[{'spans':[{%s}]}]}]}", members);
    struct str snake =
        str_format(&otlp_arena, "{'resource_spans':[{'scope_spans':[{'spans':[{%s}]}]}]}", members);
    struct str wanted = str_format(&otlp_arena, "scope -\n%s\n", want);

    assert_read(camel.p, wanted.p);
    assert_read(snake.p, wanted.p);
}

static void assert_refused(const char *members, const char *message)
{
    struct str text =
        str_format(&otlp_arena, "{'resourceSpans':[{'scopeSpans':[{'spans':[{%s}]}]}]}", members);
    struct str want = str_format(&otlp_arena, "Unable to process OTLP body. %s", message);

    if (otlp_from_json(text.p))
        fail_msg("%s read", text.p);
    assert_message(&otlp_error, ERR_BAD_REQUEST, want.p);
}

static void test_empty(void **state)
{
    (void)state;
    assert_read("{}", "");
    assert_read("{'resourceSpans':[]}", "");
    assert_read("{'resourceSpans':null,'more':{'a':1}}", "");
    assert_read("{'resourceSpans':[{'resource':5,'scopeSpans':[{'scope':{'name':'n'}}]}]}",
                "scope n\n");
    assert_read("'{\\'resourceSpans\\':[{\\'scopeSpans\\':[{}]}]}'", "scope -\n");
}

static void test_span(void **state)
{
    (void)state;
    assert_span(IDS, IDS_READ "   0-0 {}");
    assert_span(IDS ",'parentSpanId':'0000000000000041','name':'n','kind':'X',"
                    "'startTimeUnixNano':'1700000000000000001','endTimeUnixNano':17e17,"
                    "'status':{'code':'STATUS_CODE_ERROR','message':'m'}",
                IDS_READ " <00><00><00><00><00><00><00>A n "
                         "1700000000000000001-1700000000000000000 {} status 2 m");
    assert_span("'trace_id':'AAECAwQFBgcICQoLDA0O/w==','span_id':'c3RhbgAAAAA',"
                "'parent_span_id':'','start_time_unix_nano':5.0,'end_time_unix_nano':6,"
                "'status':{'code':1}",
                IDS_READ "   5-6 {} status 1 ");
    assert_span(IDS ",'events':[{'timeUnixNano':7,'name':'e','attributes':[{'key':'a'}]},"
                    "{'time_unix_nano':'8'}]",
                IDS_READ "   0-0 {} @7 e{a=none} @8 {}");
}

static void test_values(void **state)
{
    static const struct {
        const char *value, *want;
    } cases[] = {
        {"null", "none"},
        {"{}", "none"},
        {"{'stringValue':null}", "none"},
        {"{'stringValue':'x'}", "t:x"},
        {"{'string_value':''}", "t:"},
        {"{'boolValue':true}", "b:1"},
        {"{'intValue':5}", "i:5"},
        {"{'int_value':'-9223372036854775808'}", "i:-9223372036854775808"},
        {"{'intValue':1e3}", "i:1000"},
        {"{'doubleValue':1.5}", "d:1.5"},
        {"{'double_value':'-2e2'}", "d:-200"},
        {"{'doubleValue':7}", "d:7"},
        {"{'doubleValue':'Infinity'}", "d:inf"},
        {"{'doubleValue':NaN}", "d:nan"},
        {"{'bytesValue':'AP8='}", "x:<00><ff>"},
        {"{'arrayValue':{'values':[{'intValue':1},{},{'stringValue':'s'}]}}", "[i:1,none,t:s]"},
        {"{'arrayValue':{}}", "[]"},
        {"{'kvlistValue':{'values':[{'key':'a','value':{'boolValue':false}}]}}", "{a=b:0}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str members =
            str_format(&otlp_arena, IDS ",'attributes':[{'key':'k','value':%s}]", cases[i].value);
        struct str want = str_format(&otlp_arena, IDS_READ "   0-0 {k=%s}", cases[i].want);
        assert_span(members.p, want.p);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *members, *message;
    } cases[] = {
        {"", PLACE ".traceId: must not be empty"},
        {"'traceId':'00000000000000000000000000000001'", PLACE ".spanId: must not be empty"},
        {"'traceId':'0001'", PLACE ".traceId: must be 32 hexadecimal digits"},
        {"'traceId':'0000000000000000000000000000000g'",
         PLACE ".traceId: must be 32 hexadecimal digits"},
        {"'traceId':5", PLACE ".traceId: must be a string, not this number"},
        {"'spanId':'AAAAAAAAAAAA'", PLACE ".spanId: must be 16 hexadecimal digits"},
        {"'name':[]", PLACE ".name: must be a string, not this array"},
        {"'startTimeUnixNano':true",
         PLACE ".startTimeUnixNano: must be a whole number of 64 bits, not this boolean"},
        {"'startTimeUnixNano':9223372036854775808",
         PLACE ".startTimeUnixNano: must be a whole number of 64 bits, not this number"},
        {"'startTimeUnixNano':'0.5'",
         PLACE ".startTimeUnixNano: must be a whole number of 64 bits, not this string"},
        {"'endTimeUnixNano':-1", PLACE ".endTimeUnixNano: time is out of range"},
        {"'status':[]", PLACE ".status: must be an object, not this array"},
        {"'status':{'code':'ERROR'}",
         PLACE ".status.code: must be the number or name of a constant, not this string"},
        {"'events':{}", PLACE ".events: must be an array, not this object"},
        {"'attributes':[{'key':'a'},7]",
         PLACE ".attributes[1]: must be an object, not this number"},
        {"'attributes':[{'value':{'doubleValue':'0x10'}}]",
         PLACE ".attributes[0].value.doubleValue: must be a number, not this string"},
        {"'attributes':[{'value':{'boolValue':1}}]",
         PLACE ".attributes[0].value.boolValue: must be true or false, not this number"},
        {"'attributes':[{'value':{'bytesValue':'A'}}]",
         PLACE ".attributes[0].value.bytesValue: must be base64"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_refused(cases[i].members, cases[i].message);
    assert_null(otlp_from_json("[]"));
    assert_message(&otlp_error, ERR_BAD_REQUEST,
                   "Unable to process OTLP body. must be an object, not this array");
    assert_null(otlp_from_json(""));
    assert_null(otlp_from_json("{'resourceSpans':["));
    assert_null(otlp_from_json("'{'"));
    assert_true(str_starts_with(otlp_error.message, STR("Unable to process JSON. ")));
}

static void test_depth(void **state)
{
    (void)state;
    for (int depth = 47; depth <= 48; depth++) {
        struct str value = STR("{'intValue':1}");

        for (int i = 0; i < depth; i++)
            value = str_format(&otlp_arena, "{'arrayValue':{'values':[%.*s]}}", STR_ARG(value));
        value = str_format(&otlp_arena,
                           "{'resourceSpans':[{'scopeSpans':[{'spans':[{" IDS
                           ",'attributes':[{'value':%.*s}]}]}]}]}",
                           STR_ARG(value));
        assert_int_equal(otlp_from_json(value.p) != NULL, depth == 47);
    }
    assert_true(str_ends_with(otlp_error.message, STR("messages are nested deeper than 100")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otlp_start, otlp_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty), TEST(test_span), TEST(test_values), TEST(test_refused), TEST(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
