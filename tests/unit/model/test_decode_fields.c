/* Bodies -> records, type by type: what is taken, what is coerced, what is refused and how. */
#include <math.h>

#include "base/clock.h"
#include "model/decode.h"
#include "model/project.h"
#include "model/workspace.h"
#include "unit/support.h"

static struct arena arena;
static struct error error;

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

/* One property of a PATCH, or of a create where only that takes it. */
static struct record *decode(const struct resource *resource, const char *name, const char *json)
{
    int field = resource_find_field(resource, str_of(name));
    bool update = resource->fields[field].flags & FF_UPDATE;

    return test_decode(&arena, resource, update ? DECODE_UPDATE : DECODE_BATCH, &error,
                       "{'trace_id':'%s','start_time':1,'%s':%s}", test_uuid_text(1), name, json);
}

static struct value accept(const struct resource *resource, const char *name, const char *json)
{
    struct record *record = decode(resource, name, json);

    if (!record)
        fail_msg("%s: %s refused", name, json);
    return record->v[resource_find_field(resource, str_of(name))];
}

/* 400: not of the type. */
static void assert_wrong_type(const struct resource *resource, const char *name, const char *json)
{
    if (decode(resource, name, json))
        fail_msg("%s: %s accepted", name, json);
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    assert_int_equal(error.shape, ERROR_SHAPE_MESSAGE);
    assert_true(str_starts_with(error.message,
                                STR("Unable to process JSON. Cannot deserialize value of type")));
    assert_true(str_find(error.message, str_of(name)) > 0);
}

/* 422 with one complaint. */
static void assert_rule(const struct resource *resource, const char *name, const char *json,
                        const char *item)
{
    assert_null(decode(resource, name, json));
    assert_items(&error, ERR_UNPROCESSABLE, item);
}

static void test_uuid_values(void **state)
{
    struct uuid wanted = test_uuid(77), got;
    char text[40];

    (void)state;
    snprintf(text, sizeof(text), "'%s'", test_uuid_text(77));
    got = accept(&span_resource, "parent_span_id", text).uuid;
    assert_true(uuid_eq(&got, &wanted));
    for (char *p = text; *p; p++)
        *p = (char)(*p >= 'a' && *p <= 'f' ? *p - 32 : *p);
    got = accept(&span_resource, "parent_span_id", text).uuid;
    assert_true(uuid_eq(&got, &wanted));
    assert_false(value_is_set(&(struct value){0}));
    struct value empty = accept(&span_resource, "parent_span_id", "''");
    assert_false(value_is_set(&empty));
    assert_wrong_type(&span_resource, "parent_span_id", "'x'");
    assert_wrong_type(&span_resource, "parent_span_id", "17");
    assert_wrong_type(&span_resource, "parent_span_id", "{}");
    assert_wrong_type(&span_resource, "parent_span_id", "'018bcfe568007000800000000000004d'");
    /* The version is the handler's business. */
    accept(&span_resource, "parent_span_id", "'4a8f3f60-58b4-4c41-a8a5-bf3b0d3c1c11'");
}

static void test_texts(void **state)
{
    struct value value;

    (void)state;
    assert_str(accept(&trace_resource, "name", "' a '").s, " a ");
    assert_str(accept(&trace_resource, "name", "12.50").s, "12.50");
    assert_str(accept(&trace_resource, "name", "true").s, "true");
    assert_str(accept(&trace_resource, "name", "'\\u00e4\\ud83d\\ude00'").s,
               "\xC3\xA4\xF0\x9F\x98\x80");
    assert_wrong_type(&trace_resource, "name", "['a']");
    assert_wrong_type(&trace_resource, "name", "{'a':1}");
    value = accept(&trace_resource, "name", "''");
    assert_false(value_is_set(&value));
    value = accept(&trace_resource, "name", "' \\t\\n'");
    assert_false(value_is_set(&value));
    value = accept(&trace_resource, "thread_id", "''");
    assert_false(value_is_set(&value));
    value = accept(&span_resource, "model", "' '");
    assert_false(value_is_set(&value));
    value = accept(&span_resource, "provider", "''");
    assert_false(value_is_set(&value));
    /* A text with a NUL keeps its length. */
    value = accept(&trace_resource, "name", "'a\\u0000b'");
    assert_int_equal(value.s.n, 3);
}

/* traces.md 6.4: an empty environment clears, blanks are kept as sent. */
static void test_environment(void **state)
{
    struct value value = accept(&trace_resource, "environment", "''");
    char text[400];

    (void)state;
    assert_true(value_is_set(&value));
    assert_int_equal(value.s.n, 0);
    assert_str(accept(&trace_resource, "environment", "'  '").s, "  ");
    snprintf(text, sizeof(text), "'%0150d'", 0);
    assert_int_equal(accept(&span_resource, "environment", text).s.n, 150);
    snprintf(text, sizeof(text), "'%0151d'", 0);
    assert_rule(&span_resource, "environment", text, "environment cannot exceed 150 characters");
    /* Characters are UTF-16 units, as the reference counts: 75 of two units each fit. */
    strcpy(text, "'");
    for (int i = 0; i < 75; i++)
        strcat(text, "\xF0\x9F\x98\x80");
    strcat(text, "'");
    assert_int_equal(accept(&trace_resource, "environment", text).s.n, 300);
    strcpy(text + 301, "x'");
    assert_rule(&trace_resource, "environment", text, "environment cannot exceed 150 characters");
}

static void test_project_name(void **state)
{
    char text[400];

    (void)state;
    assert_str(accept(&trace_resource, "project_name", "'  My Project\\n'").s, "My Project");
    assert_rule(&trace_resource, "project_name", "''", "projectName must not be blank");
    assert_rule(&span_resource, "project_name", "' \\t '", "projectName must not be blank");
    snprintf(text, sizeof(text), "' %0150d '", 0);
    assert_int_equal(accept(&trace_resource, "project_name", text).s.n, 150);
    snprintf(text, sizeof(text), "'%0151d'", 0);
    assert_rule(&trace_resource, "project_name", text, "projectName cannot exceed 150 characters");
}

static void assert_time(const char *json, int64_t ns)
{
    struct value value = accept(&trace_resource, "end_time", json);

    assert_true(value_is_set(&value));
    if (value.i != ns)
        fail_msg("%s: %lld", json, (long long)value.i);
}

static void test_times(void **state)
{
    struct value value;

    (void)state;
    assert_time("'1970-01-01T00:00:00Z'", 0);
    assert_time("'2024-01-01T00:00:00Z'", 1704067200000000000);
    assert_time("'2024-01-01T02:00:00+02:00'", 1704067200000000000);
    assert_time("'2024-01-01T00:00:00.123456789Z'", 1704067200123456789);
    assert_time("1704067200", 1704067200000000000);
    assert_time("1704067200.5", 1704067200500000000);
    assert_time("'2262-04-11T23:47:15.999999999Z'", 9223372035999999999);
    value = accept(&trace_resource, "end_time", "''");
    assert_false(value_is_set(&value));
    assert_wrong_type(&trace_resource, "end_time", "'2024-01-01T00:00:00'");
    assert_wrong_type(&trace_resource, "end_time", "'yesterday'");
    assert_wrong_type(&trace_resource, "end_time", "true");
    assert_wrong_type(&trace_resource, "end_time", "[2024,1,1]");
    assert_wrong_type(&trace_resource, "end_time", "'2024-02-30T00:00:00Z'");
}

static void test_time_ranges(void **state)
{
    static const char narrow[] = "endTime must be after or equal 1970-01-01T00:00:00.000000Z and "
                                 "before 2262-04-11T23:47:16.000000000Z";
    static const char wide[] = "lastUpdatedAt must be after or equal 1970-01-01T00:00:00.000000Z "
                               "and before 2300-01-01T00:00:00.000000Z";

    (void)state;
    assert_rule(&trace_resource, "end_time", "'1969-12-31T23:59:59.999999999Z'", narrow);
    assert_rule(&span_resource, "end_time", "'2262-04-11T23:47:16Z'", narrow);
    assert_rule(&span_resource, "end_time", "'9999-12-31T23:59:59Z'", narrow);
    assert_rule(&trace_resource, "end_time", "-0.5", narrow);
    assert_rule(&trace_resource, "end_time", "1e15", narrow);
    /* The item's clock is kept in microseconds and reaches further. */
    assert_true(accept(&trace_resource, "last_updated_at", "'2299-12-31T23:59:59.999999999Z'").i ==
                10413791999999999);
    assert_true(accept(&trace_resource, "last_updated_at", "'1970-01-01T00:00:00.0000019Z'").i ==
                1);
    assert_rule(&trace_resource, "last_updated_at", "'2300-01-01T00:00:00Z'", wide);
    assert_rule(&span_resource, "last_updated_at", "-1", wide);
}

static void test_enums(void **state)
{
    (void)state;
    /* Of a trace exactly (traces.md 3.1), of a span in any case (spans.md 2). */
    assert_int_equal(accept(&trace_resource, "source", "'sdk'").i, SOURCE_SDK);
    assert_wrong_type(&trace_resource, "source", "'SDK'");
    assert_wrong_type(&trace_resource, "source", "''");
    assert_wrong_type(&trace_resource, "source", "'unknown'");
    assert_wrong_type(&trace_resource, "source", "1");
    assert_int_equal(accept(&span_resource, "source", "'S D K'").i, SOURCE_SDK);
    assert_int_equal(accept(&span_resource, "type", "'general'").i, SPAN_TYPE_GENERAL);
    assert_int_equal(accept(&span_resource, "type", "'Tool'").i, SPAN_TYPE_TOOL);
    assert_int_equal(accept(&span_resource, "type", "'L L M'").i, SPAN_TYPE_LLM);
    assert_wrong_type(&span_resource, "type", "'thing'");
    assert_wrong_type(&span_resource, "type", "{}");
    assert_int_equal(accept(&project_resource, "visibility", "'PUBLIC'").i, PROJECT_PUBLIC);
    assert_wrong_type(&project_resource, "visibility", "'hidden'");
}

static void test_numbers(void **state)
{
    struct value value;

    (void)state;
    assert_true(accept(&trace_resource, "ttft", "0").d == 0);
    assert_true(accept(&trace_resource, "ttft", "12.25").d == 12.25);
    assert_true(accept(&trace_resource, "ttft", "1e3").d == 1000);
    assert_true(accept(&trace_resource, "ttft", "' 1.5 '").d == 1.5);
    assert_true(accept(&trace_resource, "ttft", "-0").d == 0);
    value = accept(&trace_resource, "ttft", "''");
    assert_false(value_is_set(&value));
    assert_rule(&trace_resource, "ttft", "-0.001", "ttft must be greater than or equal to 0");
    assert_wrong_type(&trace_resource, "ttft", "'abc'");
    assert_wrong_type(&trace_resource, "ttft", "'1 2'");
    assert_wrong_type(&trace_resource, "ttft", "'1\\u00002'");
    assert_wrong_type(&trace_resource, "ttft", "true");
    assert_wrong_type(&trace_resource, "ttft", "[1]");
    /* Nothing that is not finite is stored. */
    assert_null(decode(&trace_resource, "ttft", "NaN"));
    assert_null(decode(&trace_resource, "ttft", "Infinity"));
    assert_null(decode(&trace_resource, "ttft", "-Infinity"));
    assert_null(decode(&trace_resource, "ttft", "1e999"));
}

static void assert_cost(const char *json, const char *want)
{
    struct value value = accept(&span_resource, "total_estimated_cost", json);
    char text[DECIMAL_TEXT_MAX];

    decimal_format(value.n, 12, text);
    assert_string_equal(text, want);
}

static void test_costs(void **state)
{
    struct value value;

    (void)state;
    assert_cost("0", "0");
    assert_cost("0.000000000001", "0.000000000001");
    assert_cost("0.0015", "0.0015");
    assert_cost("'1.5'", "1.5");
    assert_cost("1.5e-3", "0.0015");
    /* More than 12 fraction digits: half-even to 9 (spans.md 2). */
    assert_cost("0.1234567885001", "0.123456789");
    assert_cost("0.1234567885000", "0.123456788");
    assert_cost("12345678901234.5", "12345678901234.5");
    value = accept(&span_resource, "total_estimated_cost", "''");
    assert_false(value_is_set(&value));
    assert_rule(&span_resource, "total_estimated_cost", "-0.000000000001",
                "totalEstimatedCost must be greater than or equal to 0.0");
    assert_wrong_type(&span_resource, "total_estimated_cost", "'x'");
    assert_wrong_type(&span_resource, "total_estimated_cost", "NaN");
    assert_wrong_type(&span_resource, "total_estimated_cost", "1e40");
    assert_wrong_type(&span_resource, "total_estimated_cost", "{}");
}

static void test_usage(void **state)
{
    struct tally *tally =
        accept(&span_resource, "usage",
               "{'a':1,'b':null,'c':'7','d':1.9,'e':-1.9,'f':2147483647,'g':-2147483648,"
               "'':3,'original_usage.x':1e3}")
            .tally;

    (void)state;
    assert_int_equal(tally->n, 8);
    assert_int_equal(tally_find(tally, STR("a"))->count, 1);
    assert_null(tally_find(tally, STR("b")));
    assert_int_equal(tally_find(tally, STR("c"))->count, 7);
    assert_int_equal(tally_find(tally, STR("d"))->count, 1);
    assert_int_equal(tally_find(tally, STR("e"))->count, -1);
    assert_int_equal(tally_find(tally, STR("f"))->count, INT32_MAX);
    assert_int_equal(tally_find(tally, STR("g"))->count, INT32_MIN);
    assert_int_equal(tally_find(tally, STR(""))->count, 3);
    assert_int_equal(tally_find(tally, STR("original_usage.x"))->count, 1000);
    tally = accept(&span_resource, "usage", "{'a':1,'a':2}").tally;
    assert_int_equal(tally->n, 1);
    assert_int_equal(tally->entries[0].count, 2);
    assert_int_equal(accept(&span_resource, "usage", "{}").tally->n, 0);
    assert_wrong_type(&span_resource, "usage", "[]");
    assert_wrong_type(&span_resource, "usage", "{'usage':{'b':1}}");
    assert_wrong_type(&span_resource, "usage", "{'usage':[1]}");
    assert_wrong_type(&span_resource, "usage", "{'usage':2147483648}");
    assert_wrong_type(&span_resource, "usage", "{'usage':-2147483649}");
    assert_wrong_type(&span_resource, "usage", "{'usage':'x'}");
    assert_wrong_type(&span_resource, "usage", "{'usage':NaN}");
    assert_wrong_type(&span_resource, "usage", "{'usage':1e300}");
}

static void test_usage_size(void **state)
{
    char *text = arena_alloc(&arena, 32000);

    (void)state;
    for (int keys = TALLY_KEYS_MAX; keys <= TALLY_KEYS_MAX + 1; keys++) {
        size_t n = 0;
        for (int i = 0; i < keys; i++)
            n += (size_t)sprintf(text + n, "%c'k%d':%d", i ? ',' : '{', i, i);
        strcpy(text + n, "}");
        if (keys == TALLY_KEYS_MAX)
            assert_int_equal(accept(&span_resource, "usage", text).tally->n, TALLY_KEYS_MAX);
        else
            assert_rule(&span_resource, "usage", text, "usage cannot have more than 1000 keys");
    }
}

static void test_json_values(void **state)
{
    (void)state;
    assert_json(accept(&trace_resource, "input", "{ 'b' : 1.50, 'a' : [ ] }").s,
                "{'b':1.50,'a':[]}");
    assert_json(accept(&trace_resource, "input", "'t'").s, "'t'");
    assert_json(accept(&trace_resource, "output", "''").s, "''");
    assert_json(accept(&trace_resource, "output", "null").s, "null");
    assert_json(accept(&trace_resource, "metadata", "{}").s, "{}");
    assert_json(accept(&trace_resource, "metadata", "false").s, "false");
    assert_json(accept(&span_resource, "input", "123456789012345678901234567890").s,
                "123456789012345678901234567890");
    assert_json(accept(&span_resource, "input", "[NaN,Infinity,-Infinity]").s,
                "['NaN','Infinity','-Infinity']");
}

static void test_tags(void **state)
{
    (void)state;
    assert_json(accept(&trace_resource, "tags", "['b','a','b']").s, "['b','a']");
    assert_json(accept(&trace_resource, "tags", "[]").s, "[]");
    assert_json(accept(&trace_resource, "tags", "[1,true,'x']").s, "['1','true','x']");
    assert_wrong_type(&trace_resource, "tags", "'a'");
    assert_wrong_type(&trace_resource, "tags", "{}");
    assert_wrong_type(&trace_resource, "tags", "[['a']]");
    assert_wrong_type(&trace_resource, "tags", "[{'a':1}]");
}

static const char *many_tags(size_t count)
{
    char *text = arena_alloc(&arena, 16 * count + 16);
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += (size_t)sprintf(text + n, "%c'tag-%zu'", i ? ',' : '[', i);
    strcpy(text + n, "]");
    return text;
}

static void test_tag_limits(void **state)
{
    char text[200];

    (void)state;
    accept(&trace_resource, "tags", many_tags(50));
    assert_rule(&trace_resource, "tags", many_tags(51), "tags Cannot have more than 50 tags");
    assert_rule(&trace_resource, "tags_to_add", many_tags(51),
                "tagsToAdd Cannot have more than 50 tags to add");
    assert_rule(&span_resource, "tags_to_remove", many_tags(51),
                "tagsToRemove Cannot have more than 50 tags to remove");
    snprintf(text, sizeof(text), "['%0100d']", 0);
    accept(&span_resource, "tags_to_add", text);
    snprintf(text, sizeof(text), "['%0101d']", 0);
    assert_rule(&span_resource, "tags", text,
                "tags[].<iterable element> Tag cannot exceed 100 characters");
    assert_rule(&trace_resource, "tags_to_add", "['a',' ']",
                "tagsToAdd[].<iterable element> Tag must not be blank");
    assert_rule(&trace_resource, "tags_to_remove", "[null]",
                "tagsToRemove[].<iterable element> Tag must not be blank");
    /* A create has no limits (traces.md 3.1). */
    test_record(&arena, &trace_resource, DECODE_CREATE, "{'start_time':1,'tags':%s}",
                many_tags(200));
    test_record(&arena, &trace_resource, DECODE_CREATE, "{'start_time':1,'tags':['']}");
}

static void test_error_info(void **state)
{
    (void)state;
    assert_json(accept(&trace_resource, "error_info",
                       "{'traceback':'t','zzz':1,'exception_type':'E','message':'m'}")
                    .s,
                "{'exception_type':'E','message':'m','traceback':'t'}");
    assert_json(accept(&trace_resource, "error_info", "{}").s, "{}");
    assert_json(accept(&trace_resource, "error_info", "{'message':null}").s, "{}");
    assert_json(accept(&trace_resource, "error_info", "{'message':5}").s, "{'message':'5'}");
    /* Of several the last. */
    assert_json(accept(&trace_resource, "error_info",
                       "{'message':'a','traceback':'t','message':'b','traceback':null}")
                    .s,
                "{'message':'b'}");
    assert_wrong_type(&trace_resource, "error_info", "''");
    assert_wrong_type(&trace_resource, "error_info", "[]");
    assert_wrong_type(&trace_resource, "error_info", "{'error_info':1,'message':{}}");
}

static struct record *configuration(const char *json)
{
    return test_decode(&arena, &workspace_configuration_resource, DECODE_CREATE, &error, "%s",
                       json);
}

static void test_durations(void **state)
{
    static const struct {
        const char *json, *item;
    } refused[] = {
        {"'PT0.5S'", "timeoutToMarkThreadAsInactive minimum precision supported is seconds, "
                     "please use a duration with seconds precision or higher"},
        {"'PT168H1S'",
         "timeoutToMarkThreadAsInactive duration exceeds the maximum allowed of PT168H"},
        {"'PT0S'", "timeoutToMarkThreadAsInactive must be greater than 0"},
        {"'PT-1S'", "timeoutToMarkThreadAsInactive must be greater than 0"},
    };
    struct record *record = configuration("{'timeout_to_mark_thread_as_inactive':'PT30M'}");

    (void)state;
    assert_true(record->v[CONFIGURATION_THREAD_TIMEOUT].i == 30 * 60 * CLOCK_US_PER_S);
    assert_non_null(configuration("{'timeout_to_mark_thread_as_inactive':'P7D'}"));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        char json[100];
        snprintf(json, sizeof(json), "{'timeout_to_mark_thread_as_inactive':%s}", refused[i].json);
        assert_null(configuration(json));
        assert_items(&error, ERR_UNPROCESSABLE, refused[i].item);
    }
    assert_null(configuration("{'timeout_to_mark_thread_as_inactive':'30 minutes'}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    assert_null(configuration("{'timeout_to_mark_thread_as_inactive':{}}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
}

static void test_bools(void **state)
{
    (void)state;
    assert_int_equal(
        configuration("{'truncation_on_tables':true}")->v[CONFIGURATION_TRUNCATION_ON_TABLES].i, 1);
    struct record *record = configuration("{'truncation_on_tables':'False'}");
    assert_true(value_is_set(&record->v[CONFIGURATION_TRUNCATION_ON_TABLES]));
    assert_int_equal(record->v[CONFIGURATION_TRUNCATION_ON_TABLES].i, 0);
    assert_null(configuration("{'truncation_on_tables':'yes'}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    assert_null(configuration("{'truncation_on_tables':[]}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
}

static void test_colors(void **state)
{
    struct record *record = configuration("{'color_map':{'a':'#ff00AA','b':'#000000'}}");

    (void)state;
    assert_json(record->v[CONFIGURATION_COLOR_MAP].s, "{'a':'#ff00AA','b':'#000000'}");
    assert_non_null(configuration("{'color_map':{}}"));
    static const char *const bad[] = {"'red'", "'#12345'", "'#1234567'", "'#12345g'",
                                      "7",     "null",     "{}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char json[100];
        snprintf(json, sizeof(json), "{'color_map':{'k x':%s}}", bad[i]);
        assert_null(configuration(json));
        assert_items(&error, ERR_UNPROCESSABLE,
                     "colorMap[k x].<map value> Color must be a valid hex color (e.g. #FF0000)");
    }
    assert_null(configuration("{'color_map':['#000000']}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
}

/* The value that was refused is named, unless it is long. */
static void test_wrong_type_text(void **state)
{
    char text[400];

    (void)state;
    assert_null(decode(&trace_resource, "source", "'abc'"));
    assert_true(str_find(error.message, STR("from string \"abc\"")) > 0);
    assert_true(str_find(error.message, STR("[\"source\"]")) > 0);
    snprintf(text, sizeof(text), "'%0300d'", 0);
    assert_null(decode(&trace_resource, "source", text));
    assert_true(error.message.n < 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_uuid_values, start, stop),
        cmocka_unit_test_setup_teardown(test_texts, start, stop),
        cmocka_unit_test_setup_teardown(test_environment, start, stop),
        cmocka_unit_test_setup_teardown(test_project_name, start, stop),
        cmocka_unit_test_setup_teardown(test_times, start, stop),
        cmocka_unit_test_setup_teardown(test_time_ranges, start, stop),
        cmocka_unit_test_setup_teardown(test_enums, start, stop),
        cmocka_unit_test_setup_teardown(test_numbers, start, stop),
        cmocka_unit_test_setup_teardown(test_costs, start, stop),
        cmocka_unit_test_setup_teardown(test_usage, start, stop),
        cmocka_unit_test_setup_teardown(test_usage_size, start, stop),
        cmocka_unit_test_setup_teardown(test_json_values, start, stop),
        cmocka_unit_test_setup_teardown(test_tags, start, stop),
        cmocka_unit_test_setup_teardown(test_tag_limits, start, stop),
        cmocka_unit_test_setup_teardown(test_error_info, start, stop),
        cmocka_unit_test_setup_teardown(test_durations, start, stop),
        cmocka_unit_test_setup_teardown(test_bools, start, stop),
        cmocka_unit_test_setup_teardown(test_colors, start, stop),
        cmocka_unit_test_setup_teardown(test_wrong_type_text, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
