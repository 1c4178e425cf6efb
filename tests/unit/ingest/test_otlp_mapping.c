/* From OTLP to traces and spans. Values that are packed are short enough to stay text. */
#include "ingest/otlp_mapping.h"

#include <stdio.h>

#include "unit/ingest/otlp_support.h"

static struct otlp_batch batch;

static enum err map(const char *spans)
{
    otlp_error = (struct error){.arena = &otlp_arena};
    return otlp_map(&otlp_arena, otlp_from_spans(spans), STR("project"), NULL, &batch, &otlp_error);
}

/* A span of numbered ids (parent 0: none) with more members. */
static const char *item(unsigned trace, unsigned id, unsigned parent, const char *members)
{
    struct str text = str_format(&otlp_arena, "{'traceId':'%032x','spanId':'%016x'", trace, id);

    if (parent)
        text = str_format(&otlp_arena, "%.*s,'parentSpanId':'%016x'", STR_ARG(text), parent);
    return str_format(&otlp_arena, "%.*s%s%s}", STR_ARG(text), members[0] ? "," : "", members).p;
}

/* The values of a root span with these attributes. */
static const struct value *mapped(const char *name, const char *attributes)
{
    struct str members = str_format(&otlp_arena, "'name':'%s','attributes':[%s]", name, attributes);

    if (map(item(1, 1, 0, members.p)))
        fail_msg("%s: %.*s", attributes, STR_ARG(otlp_error.message));
    return batch.entities[0].span->v;
}

static void assert_packed(const struct value *value, const char *want)
{
    if (!want) {
        assert_false(value_is_set(value));
        return;
    }
    assert_int_equal(value->kind, VALUE_PACKED);
    assert_true(value->plain);
    assert_json(value->s, want);
}

#define TEXT(key, text) "{'key':'" key "','value':{'stringValue':'" text "'}}"
#define INT(key, number) "{'key':'" key "','value':{'intValue':" number "}}"

static void test_span(void **state)
{
    const struct value *v;

    (void)state;
    assert_int_equal(map(item(1, 2, 3,
                              "'name':'n','startTimeUnixNano':1700000000123999999,"
                              "'endTimeUnixNano':1700000001000000000")),
                     ERR_OK);
    assert_int_equal(batch.entity_count, 1);
    assert_null(batch.entities[0].trace);
    v = batch.entities[0].span->v;
    assert_str(v[ENTITY_PROJECT_NAME].s, "project");
    assert_str(v[ENTITY_NAME].s, "n");
    assert_true(v[ENTITY_START_TIME].i == 1700000000123000000);
    assert_true(v[ENTITY_END_TIME].i == 1700000001000000000);
    assert_int_equal(v[ENTITY_SOURCE].i, SOURCE_SDK);
    assert_int_equal(v[SPAN_TYPE].i, SPAN_TYPE_GENERAL);
    assert_packed(&v[ENTITY_METADATA], "{'integration':'test'}");
    for (size_t i = 0; i < SPAN_FIELD_COUNT; i++) {
        static const size_t set[] = {ENTITY_ID,       ENTITY_PROJECT_NAME, ENTITY_NAME,
                                     ENTITY_END_TIME, ENTITY_START_TIME,   ENTITY_SOURCE,
                                     ENTITY_METADATA, SPAN_TYPE,           SPAN_PARENT_SPAN_ID};
        bool expected = false;
        for (size_t k = 0; k < sizeof(set) / sizeof(set[0]); k++)
            expected |= set[k] == i;
        assert_int_equal(value_is_set(&v[i]), expected);
    }
}

static void test_derived_ids(void **state)
{
    /* SHA-256 of 16 and of 8 bytes, the last of which is 1. */
    static const uint8_t trace[16] = {0x01, 0x8b, 0xcf, 0xe5, 0x68, 0x7b, 0x7c, 0x3c,
                                      0x8d, 0x10, 0xbb, 0x7e, 0xc3, 0x7b, 0x46, 0xd3};
    static const uint8_t span[16] = {0,    0,    0,    0,    0,    0,    0x7d, 0x26,
                                     0xa2, 0x15, 0x4e, 0x6d, 0x76, 0xb2, 0xb2, 0xb9};

    (void)state;
    assert_int_equal(map(item(1, 1, 1, "'startTimeUnixNano':1700000000123999999")), ERR_OK);
    assert_int_equal(batch.trace_count, 1);
    assert_memory_equal(batch.traces[0].id.b, trace, 16);
    assert_memory_equal(batch.entities[0].span->v[ENTITY_ID].uuid.b, span, 16);
    assert_memory_equal(batch.entities[0].span->v[SPAN_PARENT_SPAN_ID].uuid.b, span, 16);
}

static void test_traces(void **state)
{
    struct str spans =
        str_format(&otlp_arena, "%s,%s,%s,%s", item(1, 1, 0, "'startTimeUnixNano':5000000"),
                   item(2, 2, 0, "'startTimeUnixNano':4000000"),
                   item(1, 3, 1, "'startTimeUnixNano':3999999"), item(1, 4, 1, ""));

    (void)state;
    assert_int_equal(map(spans.p), ERR_OK);
    assert_int_equal(batch.trace_count, 2);
    assert_int_equal(batch.entity_count, 4);
    assert_int_equal(batch.entities[0].trace_index, batch.entities[2].trace_index);
    assert_int_equal(batch.entities[0].trace_index, batch.entities[3].trace_index);
    assert_int_not_equal(batch.entities[0].trace_index, batch.entities[1].trace_index);
    assert_int_equal(uuid_time_ms(&batch.traces[batch.entities[0].trace_index].id), 0);
    assert_int_equal(uuid_time_ms(&batch.traces[batch.entities[1].trace_index].id), 4);
    assert_non_null(batch.entities[0].trace);
    assert_non_null(batch.entities[1].trace);
    assert_null(batch.entities[2].trace);
    assert_int_equal(map(""), ERR_OK);
    assert_int_equal(batch.entity_count + batch.trace_count, 0);
}

static void test_root(void **state)
{
    const struct value *v = mapped("root", TEXT("input", "i") "," TEXT("output", "o") "," TEXT(
                                               "thread_id", "t") "," TEXT("opik.tags", "a,b"));
    const struct value *trace = batch.entities[0].trace->v;

    (void)state;
    for (size_t i = 0; i < ENTITY_FIELD_COUNT; i++) {
        if (i != ENTITY_ID && i != ENTITY_TAGS)
            assert_int_equal(trace[i].kind, v[i].kind);
    }
    assert_packed(&trace[ENTITY_INPUT], "{'input':'i'}");
    assert_packed(&trace[ENTITY_OUTPUT], "{'output':'o'}");
    assert_packed(&trace[ENTITY_METADATA], "{'integration':'test','thread_id':'t'}");
    assert_str(trace[TRACE_THREAD_ID].s, "t");
    assert_str(trace[ENTITY_NAME].s, "root");
    assert_json(v[ENTITY_TAGS].s, "['a','b']");
    assert_false(value_is_set(&trace[ENTITY_TAGS]));
}

static void test_thread(void **state)
{
    static const struct {
        const char *value, *want;
    } cases[] = {
        {"{'intValue':5}", "5"},        {"{'boolValue':false}", "false"},
        {"{'doubleValue':1.5}", "1.5"}, {"{'stringValue':' '}", NULL},
        {"{'stringValue':'{}'}", NULL}, {"{'stringValue':'[1'}", "[1"},
        {"{'arrayValue':{}}", NULL},    {"{}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str attribute =
            str_format(&otlp_arena, "{'key':'thread_id','value':%s}", cases[i].value);
        const struct value *thread;

        mapped("n", attribute.p);
        thread = &batch.entities[0].trace->v[TRACE_THREAD_ID];
        assert_int_equal(value_is_set(thread), cases[i].want != NULL);
        if (cases[i].want)
            assert_str(thread->s, cases[i].want);
    }
}

static void test_targets(void **state)
{
    const struct value *v = mapped(
        "n",
        TEXT("gen_ai.system", "p") "," TEXT("llm.model_name", "m") "," INT(
            "gen_ai.usage.input_tokens",
            "3") "," TEXT("gen_ai.usage.cost",
                          "0.5") "," TEXT("a", "1") "," INT("a", "2") "," TEXT("logfire.metrics",
                                                                               "x"));

    (void)state;
    assert_str(v[SPAN_PROVIDER].s, "p");
    assert_str(v[SPAN_MODEL].s, "m");
    assert_int_equal(v[ENTITY_USAGE].tally->n, 1);
    assert_str(v[ENTITY_USAGE].tally->entries[0].name, "prompt_tokens");
    assert_true(v[ENTITY_TOTAL_ESTIMATED_COST].n == 500000000000);
    assert_packed(&v[ENTITY_INPUT], "{'a':2}");
    assert_packed(&v[ENTITY_OUTPUT], NULL);
    assert_packed(&v[ENTITY_METADATA], "{'integration':'test'}");
    assert_int_equal(v[SPAN_TYPE].i, SPAN_TYPE_LLM);
}

static void test_unusable(void **state)
{
    const struct value *v = mapped(
        "n", INT("gen_ai.system", "1") "," TEXT(
                 "gen_ai.usage.cost", "x") ","
                                           "{'key':'gen_ai.usage.d','value':{'doubleValue':1}}");

    (void)state;
    assert_packed(&v[ENTITY_METADATA], "{'integration':'test','gen_ai.system':1,"
                                       "'gen_ai.usage.cost':'x','gen_ai.usage.d':1.0}");
    assert_false(value_is_set(&v[SPAN_PROVIDER]));
    assert_false(value_is_set(&v[ENTITY_USAGE]));
    assert_int_equal(map(item(1, 1, 0, "'attributes':[" TEXT("gen_ai.usage.x", "bad") "]")),
                     ERR_BAD_REQUEST);
}

static void test_chosen_ids(void **state)
{
    char attributes[512];
    struct uuid trace = test_uuid(1), parent = test_uuid(2), span = test_uuid(3);
    const struct value *v;

    (void)state;
    snprintf(attributes, sizeof(attributes),
             TEXT("opik.trace_id", "%s") "," TEXT("opik.parent_span_id",
                                                  "%s") "," TEXT("opik.span_id", "%s"),
             test_uuid_text(1), test_uuid_text(2), test_uuid_text(3));
    v = mapped("n", attributes);
    assert_true(batch.entities[0].own_trace_id && batch.entities[0].own_span_id);
    assert_null(batch.entities[0].trace);
    assert_true(uuid_eq(&v[SPAN_TRACE_ID].uuid, &trace));
    assert_true(uuid_eq(&v[SPAN_PARENT_SPAN_ID].uuid, &parent));
    assert_true(uuid_eq(&v[ENTITY_ID].uuid, &span));
    assert_packed(&v[ENTITY_INPUT], NULL);
    /* A parent alone says nothing; nor does what is no version 7. */
    snprintf(attributes, sizeof(attributes),
             TEXT("opik.parent_span_id", "%s") "," TEXT("opik.span_id",
                                                        "00000000-0000-4000-8000-000000000000"),
             test_uuid_text(2));
    v = mapped("n", attributes);
    assert_false(batch.entities[0].own_trace_id || batch.entities[0].own_span_id);
    assert_false(value_is_set(&v[SPAN_PARENT_SPAN_ID]));
    assert_non_null(batch.entities[0].trace);
}

static void test_errors(void **state)
{
    static const struct {
        const char *members, *want, *type;
    } cases[] = {
        {"'status':{'code':1,'message':'m'}", NULL, NULL},
        {"'status':{'code':2,'message':' '}", "{'exception_type':'Error','traceback':'Error'}",
         "Error"},
        {"'status':{'code':2,'message':'m'}",
         "{'exception_type':'Error','message':'m','traceback':'m'}", "Error"},
        {"'status':{'code':2,'message':'m'},'events':[{'name':'exception','attributes':"
         "[" TEXT("exception.type", "first") "]},{'name':'exception','attributes':[" TEXT(
             "exception.type", "T") "," TEXT("exception.stacktrace", "s") "]},{'name':'x'}]",
         "{'exception_type':'T','traceback':'s'}", "T"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct value *v;

        assert_int_equal(map(item(1, 1, 0, cases[i].members)), ERR_OK);
        v = batch.entities[0].span->v;
        assert_packed(&v[ENTITY_ERROR_INFO], cases[i].want);
        if (cases[i].type)
            assert_str(v[ENTITY_ERROR_TYPE].s, cases[i].type);
    }
}

static void test_events(void **state)
{
    (void)state;
    assert_int_equal(map(item(1, 1, 0,
                              "'name':'claude_code.tool','events':[{'name':'a','timeUnixNano':7},"
                              "{'name':'tool.output','attributes':[" TEXT("output", "[1]") "," INT(
                                  "content", "2") "," TEXT("b", "c") "]}]")),
                     ERR_OK);
    assert_packed(&batch.entities[0].span->v[ENTITY_METADATA],
                  "{'integration':'test','opentelemetry.events':[{'name':'a','time_unix_nano':7},"
                  "{'name':'tool.output','time_unix_nano':0,'attributes':{'output':[1],"
                  "'content':2,'b':'c'}}]}");
    assert_packed(&batch.entities[0].span->v[ENTITY_OUTPUT], "{'output':[1],'content':2}");
    assert_str(batch.entities[0].span->v[SPAN_PROVIDER].s, "anthropic");
}

static void test_ceiling(void **state)
{
    struct otlp_request *request;
    struct str spans = STR("");
    struct arena small;
    struct error error;

    (void)state;
    for (int i = 0; i < 300; i++)
        spans = str_format(&otlp_arena, "%.*s%s%s", STR_ARG(spans), i ? "," : "",
                           item(1, 1, 0, "'attributes':[" TEXT("a", "1") "]"));
    request = otlp_from_spans(spans.p);
    for (size_t size = (size_t)64 << 10; size < (size_t)512 << 10; size += (size_t)64 << 10) {
        arena_init(&small, size);
        error = (struct error){.arena = &small};
        assert_int_equal(otlp_map(&small, request, STR(""), NULL, &batch, &error), ERR_TOO_LARGE);
        arena_done(&small);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otlp_start, otlp_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_span),   TEST(test_derived_ids), TEST(test_traces),   TEST(test_root),
        TEST(test_thread), TEST(test_targets),     TEST(test_unusable), TEST(test_chosen_ids),
        TEST(test_errors), TEST(test_events),      TEST(test_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
