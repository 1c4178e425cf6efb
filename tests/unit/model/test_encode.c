/* Records -> JSON: every type, what is left out, what is always there. */
#include "model/encode.h"

#include "model/project.h"
#include "model/workspace.h"
#include "unit/support.h"

#define ALL_FIELDS UINT64_MAX

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct str encode(const struct record *record, bool one, uint64_t excluded)
{
    yyjson_mut_doc *doc = json_new(&arena);
    struct str text = STR("");

    yyjson_mut_doc_set_root(doc, encode_record(doc, record, one, excluded));
    assert_int_equal(json_write_mut(&arena, doc, &text), ERR_OK);
    return text;
}

static struct tally *tally(struct tally_entry *entries, size_t n)
{
    struct tally *out = arena_alloc(&arena, sizeof(*out));

    *out = (struct tally){entries, n};
    return out;
}

static void test_empty_trace(void **state)
{
    (void)state;
    /* traces.md 8: these are always there. */
    assert_json(encode(record_new(&arena, &trace_resource), true, 0),
                "{'environment':'','span_count':0,'llm_span_count':0,'has_tool_spans':false}");
    assert_json(encode(record_new(&arena, &span_resource), true, 0), "{'environment':''}");
    assert_json(encode(record_new(&arena, &project_resource), true, 0), "{}");
    assert_json(encode(record_new(&arena, &workspace_configuration_resource), true, 0), "{}");
}

/* traces.md 9.1: excluded counts are 0, flags false, the rest is gone. */
static void test_excluded_defaults(void **state)
{
    (void)state;
    assert_json(encode(record_new(&arena, &trace_resource), false, ALL_FIELDS),
                "{'span_count':0,'llm_span_count':0,'has_tool_spans':false}");
    assert_json(encode(record_new(&arena, &span_resource), false, ALL_FIELDS), "{}");
}

static void test_span(void **state)
{
    struct tally_entry usage[] = {{STR("z"), -1}, {STR("a"), 9007199254740993}};
    struct record *span = record_new(&arena, &span_resource);
    struct value *v = span->v;

    (void)state;
    v[ENTITY_ID] = value_uuid(test_uuid(1));
    v[ENTITY_PROJECT_NAME] = value_text(STR("P"));
    v[ENTITY_PROJECT_ID] = value_uuid(test_uuid(2));
    v[ENTITY_NAME] = value_text(STR("n\"\n"));
    v[ENTITY_START_TIME] = value_int(1704067200123456789);
    v[ENTITY_END_TIME] = value_int(1704067201000000000);
    v[ENTITY_INPUT] = value_text(STR("{\"a\":1.50}"));
    v[ENTITY_OUTPUT] = value_text(STR("null"));
    v[ENTITY_TAGS] = value_text(STR("[\"x\"]"));
    v[ENTITY_ERROR_INFO] = value_text(STR("{\"exception_type\":\"E\"}"));
    v[ENTITY_ERROR_TYPE] = value_text(STR("E"));
    v[ENTITY_USAGE] = (struct value){.kind = VALUE_SET, .tally = tally(usage, 2)};
    v[ENTITY_LAST_UPDATED_AT] = value_int(1704067200123456);
    v[ENTITY_TOTAL_ESTIMATED_COST] = (struct value){.kind = VALUE_SET, .n = 1500000000};
    v[ENTITY_TTFT] = (struct value){.kind = VALUE_SET, .d = 12.5};
    v[ENTITY_SOURCE] = value_int(SOURCE_SDK);
    v[SPAN_TYPE] = value_int(SPAN_TYPE_LLM);
    assert_json(
        encode(span, false, 0),
        "{'id':'018bcfe5-6801-7000-8000-000000000001',"
        "'project_id':'018bcfe5-6802-7000-8000-000000000002','name':'n\\\"\\n',"
        "'start_time':'2024-01-01T00:00:00.123456789Z','end_time':'2024-01-01T00:00:01Z',"
        "'input':{'a':1.50},'output':null,'tags':['x'],'error_info':{'exception_type':'E'},"
        "'usage':{'a':9007199254740993,'z':-1},'last_updated_at':'2024-01-01T00:00:00.123456Z',"
        "'total_estimated_cost':0.0015,'ttft':12.5,'source':'sdk','environment':'','type':'llm'}");
    /* GET by id has the project's name too (spans.md 2). */
    assert_true(str_find(encode(span, true, 0), STR("\"project_name\":\"P\"")) > 0);
    assert_true(str_find(encode(span, false, 0), STR("project_name")) < 0);
}

/* spans.md 2, traces.md 8: empty things are not shown. */
static void test_left_out(void **state)
{
    struct record *span = record_new(&arena, &span_resource);
    struct value *v = span->v;

    (void)state;
    v[ENTITY_NAME] = value_text(STR(""));
    v[ENTITY_TAGS] = value_text(STR("[]"));
    v[ENTITY_USAGE] = (struct value){.kind = VALUE_SET, .tally = tally(NULL, 0)};
    v[ENTITY_TOTAL_ESTIMATED_COST] = (struct value){.kind = VALUE_SET, .n = 0};
    v[SPAN_TYPE] = value_int(SPAN_TYPE_UNSET);
    v[ENTITY_INPUT].kind = VALUE_KEPT;
    v[ENTITY_OUTPUT].kind = VALUE_PACKED;
    assert_json(encode(span, false, 0), "{'environment':''}");
    v[ENTITY_TOTAL_ESTIMATED_COST].n = -5;
    assert_json(encode(span, false, 0), "{'environment':''}");
}

/* A start at the epoch and a ttft of 0 are values (traces.md 6.2). */
static void test_zeros(void **state)
{
    struct record *trace = record_new(&arena, &trace_resource);

    (void)state;
    trace->v[ENTITY_START_TIME] = value_int(0);
    trace->v[ENTITY_TTFT] = (struct value){.kind = VALUE_SET, .d = 0};
    trace->v[ENTITY_DURATION] = (struct value){.kind = VALUE_SET, .d = -1.5};
    trace->v[TRACE_SPAN_COUNT] = value_int(3);
    trace->v[TRACE_HAS_TOOL_SPANS] = value_int(1);
    trace->v[ENTITY_ENVIRONMENT] = value_text((struct str){NULL, 0});
    assert_json(encode(trace, false, 0),
                "{'start_time':'1970-01-01T00:00:00Z','duration':-1.5,'ttft':0.0,'environment':'',"
                "'span_count':3,'llm_span_count':0,'has_tool_spans':true}");
}

static void test_providers(void **state)
{
    struct tally_entry names[] = {{STR("openai"), 3}, {STR("anthropic"), 1}, {STR("Zeta"), 9}};
    struct record *trace = record_new(&arena, &trace_resource);

    (void)state;
    trace->v[TRACE_PROVIDERS] = (struct value){.kind = VALUE_SET, .tally = tally(names, 3)};
    assert_json(encode(trace, false, ALL_FIELDS),
                "{'providers':['Zeta','anthropic','openai'],'span_count':0,'llm_span_count':0,"
                "'has_tool_spans':false}");
}

static void test_configuration(void **state)
{
    struct record *record = record_new(&arena, &workspace_configuration_resource);

    (void)state;
    record->v[CONFIGURATION_THREAD_TIMEOUT] = value_int(30LL * 60 * 1000000);
    record->v[CONFIGURATION_TRUNCATION_ON_TABLES] = value_int(0);
    record->v[CONFIGURATION_COLOR_MAP] = value_text(STR("{\"a\":\"#ffffff\"}"));
    assert_json(encode(record, false, 0),
                "{'timeout_to_mark_thread_as_inactive':'PT30M','truncation_on_tables':false,"
                "'color_map':{'a':'#ffffff'}}");
}

static void test_project(void **state)
{
    struct record *record = record_new(&arena, &project_resource);

    (void)state;
    record->v[PROJECT_NAME] = value_text(STR("\xC3\xA4"));
    record->v[PROJECT_VISIBILITY] = value_int(PROJECT_PUBLIC);
    record->v[PROJECT_DESCRIPTION] = value_text(STR(""));
    assert_json(encode(record, false, 0), "{'name':'\xC3\xA4','visibility':'public'}");
}

/* What is read back after a create of every field is what was sent. */
static void check_round_trip(const struct resource *resource)
{
    for (size_t i = 0; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        struct record *first, *second;
        if (!(field->flags & FF_READ) || !(field->flags & FF_CREATE))
            continue;
        for (int variant = 0; variant < 3; variant++) {
            const char *sample = test_sample(field, variant);
            first = test_record(&arena, resource, DECODE_CREATE,
                                "{'start_time':1,'trace_id':'%s','%s':%s}", test_uuid_text(1),
                                field->name, sample);
            second = NULL;
            struct error error = {.arena = &arena};
            assert_int_equal(decode_body(&arena, resource, DECODE_CREATE, encode(first, true, 0),
                                         &second, &error),
                             ERR_OK);
            assert_true(test_same_value(field, &first->v[i], &second->v[i]));
        }
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    check_round_trip(&trace_resource);
    check_round_trip(&span_resource);
}

static void test_names(void **state)
{
    static const char *const names[] = {"id", "usage.*", NULL};
    yyjson_mut_doc *doc = json_new(&arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct str text;

    (void)state;
    yyjson_mut_doc_set_root(doc, root);
    encode_add_names(doc, root, "sortable_by", names);
    encode_add_names(doc, root, "none", NULL);
    assert_int_equal(json_write_mut(&arena, doc, &text), ERR_OK);
    assert_json(text, "{'sortable_by':['id','usage.*'],'none':[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty_trace, start, stop),
        cmocka_unit_test_setup_teardown(test_excluded_defaults, start, stop),
        cmocka_unit_test_setup_teardown(test_span, start, stop),
        cmocka_unit_test_setup_teardown(test_left_out, start, stop),
        cmocka_unit_test_setup_teardown(test_zeros, start, stop),
        cmocka_unit_test_setup_teardown(test_providers, start, stop),
        cmocka_unit_test_setup_teardown(test_configuration, start, stop),
        cmocka_unit_test_setup_teardown(test_project, start, stop),
        cmocka_unit_test_setup_teardown(test_round_trip, start, stop),
        cmocka_unit_test_setup_teardown(test_names, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
