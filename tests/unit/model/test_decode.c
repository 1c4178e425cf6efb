/* Bodies -> records: presence, views, wrappers, what is collected and what ends it at once. The
 * types of single fields are in test_decode_fields.c. */
#include "model/decode.h"

#include "model/annotation.h"
#include "model/project.h"
#include "unit/support.h"

#define START "'start_time':'2024-01-01T00:00:00Z'"

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

static struct record *trace(const char *json)
{
    return test_decode(&arena, &trace_resource, DECODE_CREATE, &error, "%s", json);
}

static void test_empty_bodies(void **state)
{
    static const char *const bodies[] = {"", "   ", "\r\n\t", "null", " null "};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_null(trace(bodies[i]));
        assert_items(&error, ERR_UNPROCESSABLE, "The request body must not be null");
    }
    error = (struct error){.arena = &arena};
    struct record *record;
    assert_int_equal(
        decode_body(&arena, &trace_resource, DECODE_UPDATE, (struct str){NULL, 0}, &record, &error),
        ERR_UNPROCESSABLE);
}

static void test_malformed(void **state)
{
    static const char *const bodies[] = {"{",  "{'a':}", "nul",           "{} {}",
                                         "[1", "'",      "{'id':'\\u12'}"};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_null(trace(bodies[i]));
        assert_int_equal(error.code, ERR_BAD_REQUEST);
        assert_int_equal(error.shape, ERROR_SHAPE_MESSAGE);
        assert_true(str_starts_with(error.message, STR("Unable to process JSON. ")));
    }
}

static void test_wrong_root(void **state)
{
    static const char *const bodies[] = {"[]", "1", "'text'", "true", "[{" START "}]"};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_null(trace(bodies[i]));
        assert_int_equal(error.code, ERR_BAD_REQUEST);
        assert_true(str_starts_with(error.message, STR("Unable to process JSON. ")));
    }
}

static void test_unknown_properties(void **state)
{
    struct record *record = trace("{" START ",'zzz':{'a':[1]},'':1,'START_TIME':1,'startTime':1}");

    (void)state;
    assert_non_null(record);
    assert_true(value_is_set(&record->v[ENTITY_START_TIME]));
    for (size_t i = 0; i < record->resource->count; i++) {
        if (i != ENTITY_START_TIME)
            assert_false(value_is_set(&record->v[i]));
    }
}

/* traces.md 2: read-only properties are ignored, whatever they hold. */
static void test_other_views(void **state)
{
    struct record *record =
        trace("{" START ",'project_id':17,'created_at':'x','usage':[],'visibility_mode':'zzz',"
              "'duration':'x','span_count':'many','last_updated_at':'never','created_by':{},"
              "'feedback_scores':1,'tags_to_add':1}");

    (void)state;
    assert_non_null(record);
    assert_false(value_is_set(&record->v[ENTITY_PROJECT_ID]));
    assert_false(value_is_set(&record->v[ENTITY_USAGE]));
    assert_false(value_is_set(&record->v[ENTITY_LAST_UPDATED_AT]));
    record = test_record(&arena, &trace_resource, DECODE_UPDATE,
                         "{'start_time':'x','last_updated_at':1,'id':7,'created_at':[]}");
    assert_false(value_is_set(&record->v[ENTITY_START_TIME]));
    assert_false(value_is_set(&record->v[ENTITY_ID]));
}

/* Every field is taken in exactly the views that its flags name. */
static void check_views(const struct resource *resource, enum decode_view view)
{
    char base[128];

    snprintf(base, sizeof(base), START "%s%s%s", resource == &span_resource ? ",'trace_id':'" : "",
             resource == &span_resource ? test_uuid_text(1) : "",
             resource == &span_resource ? "'" : "");
    for (size_t i = 0; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        const char *sample = test_sample(field, 0);
        bool in_base = i == ENTITY_START_TIME || (resource == &span_resource && i == SPAN_TRACE_ID);
        struct record *record;
        if (!field->name || !sample || in_base)
            continue;
        record = test_record(&arena, resource, view, "{%s,'%s':%s}", base, field->name, sample);
        if (value_is_set(&record->v[i]) != ((field->flags & (uint32_t)view) != 0))
            fail_msg("%s.%s in view %x", resource->name, field->name, (unsigned)view);
        record = test_record(&arena, resource, view, "{%s,'%s':null}", base, field->name);
        if (field->type == FIELD_JSON)
            assert_str(record->v[i].s, "null");
        else
            assert_false(value_is_set(&record->v[i]));
    }
}

static void test_views(void **state)
{
    static const enum decode_view views[] = {DECODE_CREATE, DECODE_BATCH, DECODE_UPDATE,
                                             DECODE_BATCH_UPDATE};

    (void)state;
    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        check_views(&trace_resource, views[i]);
        check_views(&span_resource, views[i]);
        arena_reset(&arena);
    }
}

static void test_required(void **state)
{
    (void)state;
    assert_null(trace("{}"));
    assert_items(&error, ERR_UNPROCESSABLE, "startTime must not be null");
    assert_null(trace("{'start_time':null}"));
    assert_items(&error, ERR_UNPROCESSABLE, "startTime must not be null");
    assert_null(trace("{'start_time':''}"));
    assert_items(&error, ERR_UNPROCESSABLE, "startTime must not be null");
    assert_null(test_decode(&arena, &span_resource, DECODE_CREATE, &error, "{}"));
    assert_items(&error, ERR_UNPROCESSABLE, "startTime must not be null|traceId must not be null");
    /* A PATCH means the stored trace (contract/README.md, difference 4); whether there is one, the
     * writer knows. */
    test_record(&arena, &span_resource, DECODE_UPDATE, "{}");
    test_record(&arena, &span_resource, DECODE_BATCH_UPDATE, "{}");
    assert_null(test_decode(&arena, &comment_resource, DECODE_BATCH_UPDATE, &error, "{}"));
    assert_items(&error, ERR_UNPROCESSABLE, "text must not be blank");
    test_record(&arena, &trace_resource, DECODE_UPDATE, "{}");
}

/* Broken rules are all told; a wrong type ends it at once. */
static void test_collects(void **state)
{
    (void)state;
    assert_null(trace("{'project_name':' ','ttft':-1,'end_time':-1}"));
    assert_items(&error, ERR_UNPROCESSABLE,
                 "projectName must not be blank|ttft must be greater than or equal to 0|"
                 "endTime must be after or equal 1970-01-01T00:00:00.000000Z and before "
                 "2262-04-11T23:47:16.000000000Z|startTime must not be null");
    assert_null(trace("{'project_name':' ','ttft':{}}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    assert_int_equal(error.shape, ERROR_SHAPE_MESSAGE);
}

/* JSON allows a name twice; the last one counts, also when it is null. */
static void test_repeated_names(void **state)
{
    struct record *record = trace("{" START ",'name':'a','name':'b','ttft':1,'ttft':null}");

    (void)state;
    assert_non_null(record);
    assert_str(record->v[ENTITY_NAME].s, "b");
    assert_false(value_is_set(&record->v[ENTITY_TTFT]));
    assert_null(trace("{" START ",'start_time':null}"));
    assert_items(&error, ERR_UNPROCESSABLE, "startTime must not be null");
}

/* What a handler relies on: a required value is there when decoding succeeded. */
static void test_repeated_required(void **state)
{
    (void)state;
    assert_null(test_decode(&arena, &trace_batch_update_resource, DECODE_CREATE, &error,
                            "{'ids':['%s'],'update':{},'update':null}", test_uuid_text(1)));
    assert_items(&error, ERR_UNPROCESSABLE, "update must not be null");
    assert_null(test_decode(&arena, &trace_batch_resource, DECODE_CREATE, &error,
                            "{'traces':[{" START "}],'traces':null}"));
    assert_items(&error, ERR_UNPROCESSABLE, "traces must not be null");
    assert_null(
        test_decode(&arena, &project_resource, DECODE_CREATE, &error, "{'name':'p','name':null}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank");
}

static void test_batch(void **state)
{
    struct record *batch =
        test_record(&arena, &trace_batch_resource, DECODE_CREATE,
                    "{'traces':[{" START ",'name':'a','last_updated_at':5},{" START "}]}");
    struct record **items = batch->v[BATCH_ITEMS].list.items;

    (void)state;
    assert_int_equal(batch->v[BATCH_ITEMS].list.n, 2);
    assert_str(items[0]->v[ENTITY_NAME].s, "a");
    assert_true(items[0]->v[ENTITY_LAST_UPDATED_AT].i == 5000000);
    assert_ptr_equal(items[1]->resource, &trace_resource);
    assert_false(value_is_set(&items[1]->v[ENTITY_NAME]));
}

static void test_batch_rules(void **state)
{
    (void)state;
    assert_null(test_decode(&arena, &trace_batch_resource, DECODE_CREATE, &error, "{}"));
    assert_items(&error, ERR_UNPROCESSABLE, "traces must not be null");
    assert_null(test_decode(&arena, &span_batch_resource, DECODE_CREATE, &error, "{'spans':null}"));
    assert_items(&error, ERR_UNPROCESSABLE, "spans must not be null");
    assert_null(test_decode(&arena, &span_batch_resource, DECODE_CREATE, &error, "{'spans':[]}"));
    assert_items(&error, ERR_UNPROCESSABLE, "spans size must be between 1 and 1000");
    assert_null(test_decode(&arena, &span_batch_resource, DECODE_CREATE, &error,
                            "{'spans':[{'trace_id':'%s'},{" START "}]}", test_uuid_text(1)));
    assert_items(&error, ERR_UNPROCESSABLE,
                 "spans[0].startTime must not be null|spans[1].traceId must not be null");
    assert_null(test_decode(&arena, &trace_batch_resource, DECODE_CREATE, &error,
                            "{'traces':[{" START "},null]}"));
    assert_int_equal(error.code, ERR_UNPROCESSABLE);
    assert_int_equal(error.item_count, 1);
    assert_null(
        test_decode(&arena, &trace_batch_resource, DECODE_CREATE, &error, "{'traces':[17]}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    assert_null(
        test_decode(&arena, &trace_batch_resource, DECODE_CREATE, &error, "{'traces':{'0':{}}}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    assert_null(test_decode(&arena, &trace_batch_resource, DECODE_CREATE, &error,
                            "{'traces':[{" START ",'id':'x'}]}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    assert_true(str_find(error.message, STR("traces[0]")) > 0);
}

/* `count` times `item` with commas, as an array. */
static struct str repeated(const char *item, size_t count)
{
    size_t n = strlen(item);
    char *out = arena_alloc(&arena, count * (n + 1) + 3), *p = out;

    *p++ = '[';
    for (size_t i = 0; i < count; i++) {
        memcpy(p, item, n);
        p += n;
        *p++ = i + 1 < count ? ',' : ' ';
    }
    *p++ = ']';
    *p = '\0';
    return str_make(out, (size_t)(p - out));
}

static void test_batch_sizes(void **state)
{
    struct record *batch;

    (void)state;
    batch = test_record(&arena, &trace_batch_resource, DECODE_CREATE, "{'traces':%s}",
                        repeated("{" START "}", 1000).p);
    assert_int_equal(batch->v[BATCH_ITEMS].list.n, 1000);
    assert_null(test_decode(&arena, &trace_batch_resource, DECODE_CREATE, &error, "{'traces':%s}",
                            repeated("{" START "}", 1001).p));
    assert_items(&error, ERR_UNPROCESSABLE, "traces size must be between 1 and 1000");
    /* Only so many complaints are kept, and none is lost to a crash. */
    assert_null(test_decode(&arena, &span_batch_resource, DECODE_CREATE, &error, "{'spans':%s}",
                            repeated("{}", 1000).p));
    assert_int_equal(error.code, ERR_UNPROCESSABLE);
    assert_int_equal(error.item_count, ERROR_ITEMS_MAX);
}

static void test_batch_update(void **state)
{
    struct record *body =
        test_record(&arena, &span_batch_update_resource, DECODE_CREATE,
                    "{'ids':['%s','%s','%s'],'update':{'trace_id':'%s','name':'n',"
                    "'start_time':'x'},'merge_tags':true}",
                    test_uuid_text(2), test_uuid_text(1), test_uuid_text(2), test_uuid_text(7));
    struct uuid *ids = body->v[BATCH_UPDATE_IDS].list.items, one = test_uuid(1), two = test_uuid(2);
    struct record *update = body->v[BATCH_UPDATE_UPDATE].record;

    (void)state;
    assert_int_equal(body->v[BATCH_UPDATE_IDS].list.n, 2);
    assert_true(uuid_eq(&ids[0], &one) && uuid_eq(&ids[1], &two));
    assert_ptr_equal(update->resource, &span_resource);
    assert_str(update->v[ENTITY_NAME].s, "n");
    assert_false(value_is_set(&update->v[ENTITY_START_TIME]));
    assert_int_equal(body->v[BATCH_UPDATE_MERGE_TAGS].i, 1);
    body = test_record(&arena, &trace_batch_update_resource, DECODE_CREATE,
                       "{'ids':['%s'],'update':{},'merge_tags':null}", test_uuid_text(2));
    assert_int_equal(body->v[BATCH_UPDATE_MERGE_TAGS].i, 0);
}

static void test_batch_update_rules(void **state)
{
    const struct resource *resource = &span_batch_update_resource;

    (void)state;
    assert_null(
        test_decode(&arena, resource, DECODE_CREATE, &error, "{'ids':['%s']}", test_uuid_text(2)));
    assert_items(&error, ERR_UNPROCESSABLE, "update must not be null");
    assert_null(test_decode(&arena, resource, DECODE_CREATE, &error, "{'ids':['%s'],'update':null}",
                            test_uuid_text(2)));
    assert_items(&error, ERR_UNPROCESSABLE, "update must not be null");
    test_record(&arena, resource, DECODE_CREATE, "{'ids':['%s'],'update':{}}", test_uuid_text(2));
    assert_null(test_decode(&arena, resource, DECODE_CREATE, &error,
                            "{'ids':['%s'],'update':{'trace_id':'%s','ttft':-2,'tags':['']}}",
                            test_uuid_text(2), test_uuid_text(3)));
    assert_items(&error, ERR_UNPROCESSABLE,
                 "update.ttft must be greater than or equal to 0|"
                 "update.tags[].<iterable element> Tag must not be blank");
    assert_null(test_decode(&arena, resource, DECODE_CREATE, &error, "{'ids':['%s'],'update':[]}",
                            test_uuid_text(2)));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
}

/* traces.md 2.1: `ids` of a PATCH of many have two rules against being empty. */
static void test_batch_update_without_ids(void **state)
{
    (void)state;
    assert_null(test_decode(&arena, &trace_batch_update_resource, DECODE_CREATE, &error,
                            "{'ids':[],'update':{}}"));
    assert_items(&error, ERR_UNPROCESSABLE,
                 "ids size must be between 1 and 1000|ids must not be empty");
}

static void test_delete(void **state)
{
    struct record *body =
        test_record(&arena, &batch_delete_resource, DECODE_CREATE,
                    "{'ids':['%s'],'project_id':'%s'}", test_uuid_text(1), test_uuid_text(2));

    (void)state;
    assert_int_equal(body->v[DELETE_IDS].list.n, 1);
    assert_true(value_is_set(&body->v[DELETE_PROJECT_ID]));
    assert_null(test_decode(&arena, &batch_delete_resource, DECODE_CREATE, &error, "{'ids':[]}"));
    assert_items(&error, ERR_UNPROCESSABLE, "ids size must be between 1 and 1000");
    assert_null(test_decode(&arena, &batch_delete_resource, DECODE_CREATE, &error, "{}"));
    assert_items(&error, ERR_UNPROCESSABLE, "ids must not be null");
    assert_null(
        test_decode(&arena, &batch_delete_resource, DECODE_CREATE, &error, "{'ids':['x']}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
}

/* traces.md 2.1: the path of an element is `<list>[].<iterable element>`. */
static void test_null_id(void **state)
{
    (void)state;
    assert_null(test_decode(&arena, &batch_delete_resource, DECODE_CREATE, &error,
                            "{'ids':['%s',null]}", test_uuid_text(1)));
    assert_items(&error, ERR_UNPROCESSABLE, "ids[].<iterable element> must not be null");
}

static void test_property_name(void **state)
{
    (void)state;
    assert_str(decode_property_name(&arena, "start_time"), "startTime");
    assert_str(decode_property_name(&arena, "id"), "id");
    assert_str(decode_property_name(&arena, "total_estimated_cost_version"),
               "totalEstimatedCostVersion");
    assert_str(decode_property_name(&arena, "a_"), "a_");
    assert_str(decode_property_name(&arena, ""), "");
    assert_str(decode_property_name(&arena, "timeout_to_mark_thread_as_inactive"),
               "timeoutToMarkThreadAsInactive");
}

static void test_enum_names(void **state)
{
    static const char *const names[] = {NULL, "sdk", "two_words", NULL};

    (void)state;
    assert_int_equal(decode_enum(names, STR("sdk"), false), 1);
    assert_int_equal(decode_enum(names, STR("two_words"), false), 2);
    assert_int_equal(decode_enum(names, STR("SDK"), false), 0);
    assert_int_equal(decode_enum(names, STR("two-words"), false), 0);
    assert_int_equal(decode_enum(names, STR(""), false), 0);
    assert_int_equal(decode_enum(names, STR("sd"), false), 0);
    assert_int_equal(decode_enum(names, STR("sdkk"), false), 0);
    assert_int_equal(decode_enum(names, STR("sdk\0"), false), 0);
    assert_int_equal(decode_enum(names, STR("S d K "), true), 1);
    assert_int_equal(decode_enum(names, STR("Two.Words"), true), 2);
    assert_int_equal(decode_enum(names, STR("TWO-WORDS"), true), 2);
    assert_int_equal(decode_enum(names, STR("two words"), true), 0);
    assert_int_equal(decode_enum(names, STR("  "), true), 0);
    assert_int_equal(decode_enum(names, STR("sdk\0"), true), 0);
}

/* A record and its texts outlive the body. */
static void test_body_may_go(void **state)
{
    char body[] = "{\"start_time\":\"2024-01-01T00:00:00Z\",\"name\":\"abc\",\"input\":[1]}";
    struct record *record = NULL;

    (void)state;
    error = (struct error){.arena = &arena};
    assert_int_equal(
        decode_body(&arena, &trace_resource, DECODE_CREATE, str_of(body), &record, &error), ERR_OK);
    memset(body, 'x', sizeof(body));
    assert_str(record->v[ENTITY_NAME].s, "abc");
    assert_str(record->v[ENTITY_INPUT].s, "[1]");
}

static void test_ceiling(void **state)
{
    struct arena small;
    struct record *record = NULL;
    struct str body = test_json(&arena, "{" START ",'input':%s}", repeated("'abcdefgh'", 40000).p);

    (void)state;
    arena_init(&small, 300000);
    error = (struct error){.arena = &small};
    assert_int_equal(decode_body(&small, &trace_resource, DECODE_CREATE, body, &record, &error),
                     ERR_TOO_LARGE);
    arena_done(&small);
    error = (struct error){0};
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty_bodies, start, stop),
        cmocka_unit_test_setup_teardown(test_malformed, start, stop),
        cmocka_unit_test_setup_teardown(test_wrong_root, start, stop),
        cmocka_unit_test_setup_teardown(test_unknown_properties, start, stop),
        cmocka_unit_test_setup_teardown(test_other_views, start, stop),
        cmocka_unit_test_setup_teardown(test_views, start, stop),
        cmocka_unit_test_setup_teardown(test_required, start, stop),
        cmocka_unit_test_setup_teardown(test_collects, start, stop),
        cmocka_unit_test_setup_teardown(test_repeated_names, start, stop),
        cmocka_unit_test_setup_teardown(test_repeated_required, start, stop),
        cmocka_unit_test_setup_teardown(test_batch, start, stop),
        cmocka_unit_test_setup_teardown(test_batch_rules, start, stop),
        cmocka_unit_test_setup_teardown(test_batch_sizes, start, stop),
        cmocka_unit_test_setup_teardown(test_batch_update, start, stop),
        cmocka_unit_test_setup_teardown(test_batch_update_rules, start, stop),
        cmocka_unit_test_setup_teardown(test_batch_update_without_ids, start, stop),
        cmocka_unit_test_setup_teardown(test_delete, start, stop),
        cmocka_unit_test_setup_teardown(test_null_id, start, stop),
        cmocka_unit_test_setup_teardown(test_property_name, start, stop),
        cmocka_unit_test_setup_teardown(test_enum_names, start, stop),
        cmocka_unit_test_setup_teardown(test_body_may_go, start, stop),
        cmocka_unit_test_setup_teardown(test_ceiling, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
