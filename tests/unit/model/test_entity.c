/* The tables of traces and spans: sane in themselves, and the lists of the contract. */
#include "model/entity.h"

#include "unit/support.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static const struct resource *const all[] = {
    &trace_resource,
    &span_resource,
    &trace_batch_resource,
    &span_batch_resource,
    &batch_delete_resource,
    &trace_batch_update_resource,
    &span_batch_update_resource,
};

static void check_field(const struct resource *resource, size_t i)
{
    const struct field *field = &resource->fields[i];

    /* No gap in the table. */
    assert_non_null(field->doc);
    assert_true(field->name || field->column || field->flags == 0);
    assert_true(strlen(field->doc) > 5);
    assert_int_equal(field->doc[strlen(field->doc) - 1], '.');
    if (field->type == FIELD_ENUM) {
        assert_non_null(field->names);
        assert_null(field->names[0]);
        assert_non_null(field->names[1]);
    }
    if (field->flags & (FF_STORED | FF_HEAVY | FF_SUMMED))
        assert_non_null(field->column);
    if ((field->type == FIELD_OBJECTS || field->type == FIELD_OBJECT) && field->flags & FF_CREATE)
        assert_non_null(field->sub);
    if (field->type == FIELD_OBJECTS && field->flags & FF_CREATE)
        assert_true(field->max > 0);
    if (field->name)
        assert_int_equal(resource_find_field(resource, str_of(field->name)), (int)i);
}

static void test_tables(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof(all) / sizeof(all[0]); r++) {
        assert_true(all[r]->count <= RESOURCE_FIELDS_MAX);
        for (size_t i = 0; i < all[r]->count; i++)
            check_field(all[r], i);
    }
}

/* Merge rules and store treat the first fields of both tables alike. */
static void test_shared_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < ENTITY_FIELD_COUNT; i++) {
        const struct field *trace = &trace_resource.fields[i], *span = &span_resource.fields[i];
        assert_int_equal(trace->type, span->type);
        assert_int_equal(trace->flags & FF_HEAVY, span->flags & FF_HEAVY);
        if (trace->name)
            assert_string_equal(trace->name, span->name);
        if (trace->column)
            assert_string_equal(trace->column, span->column);
    }
}

/* Columns are unique within a table, or a row would lose one. */
static void test_columns_are_distinct(void **state)
{
    (void)state;
    for (size_t r = 0; r < 2; r++) {
        const struct field *fields = all[r]->fields;
        for (size_t i = 0; i < all[r]->count; i++) {
            for (size_t j = i + 1; fields[i].column && j < all[r]->count; j++) {
                if (fields[j].column)
                    assert_string_not_equal(fields[i].column, fields[j].column);
            }
        }
    }
}

/* The store keeps 4 heavy fields, in this order. */
static void test_heavy_fields(void **state)
{
    static const size_t heavy[] = {ENTITY_INPUT, ENTITY_OUTPUT, ENTITY_METADATA, ENTITY_ERROR_INFO};

    (void)state;
    for (size_t r = 0; r < 2; r++) {
        size_t n = 0;
        for (size_t i = 0; i < all[r]->count; i++) {
            if (!(all[r]->fields[i].flags & FF_HEAVY))
                continue;
            assert_true(n < 4);
            assert_int_equal(i, heavy[n++]);
        }
        assert_int_equal(n, 4);
    }
}

/* Exactly the fields of a list of names have a flag. */
static void assert_flagged(const struct resource *resource, uint32_t flag, const char *names)
{
    struct str rest = str_of(names);
    size_t wanted = 0, got = 0;

    while (rest.n) {
        ptrdiff_t space = str_find(rest, STR(" "));
        struct str name = space < 0 ? rest : str_make(rest.p, (size_t)space);
        int i = resource_find_field(resource, name);
        if (i < 0 || !(resource->fields[i].flags & flag))
            fail_msg("%s: %.*s", resource->name, STR_ARG(name));
        rest = space < 0 ? STR("") : str_make(rest.p + space + 1, rest.n - (size_t)space - 1);
        wanted++;
    }
    for (size_t i = 0; i < resource->count; i++)
        got += resource->fields[i].name && (resource->fields[i].flags & flag) != 0;
    assert_int_equal(got, wanted);
}

/* traces.md 9.1, spans.md 9. */
static void test_exclude(void **state)
{
    (void)state;
    assert_flagged(&trace_resource, FF_EXCLUDE,
                   "name start_time end_time input output metadata tags error_info usage "
                   "created_at created_by last_updated_by feedback_scores span_feedback_scores "
                   "comments guardrails_validations total_estimated_cost span_count "
                   "llm_span_count has_tool_spans duration ttft thread_id visibility_mode "
                   "providers experiment source environment");
    assert_flagged(&span_resource, FF_EXCLUDE,
                   "name type start_time end_time input output metadata model provider tags usage "
                   "error_info created_at created_by last_updated_by feedback_scores comments "
                   "total_estimated_cost total_estimated_cost_version duration ttft source "
                   "environment");
}

/* traces.md 3.1, 3.2; spans.md 2, 4. */
static void test_bodies(void **state)
{
    (void)state;
    assert_flagged(&trace_resource, FF_CREATE,
                   "id project_name name start_time end_time input output metadata tags "
                   "error_info ttft thread_id source environment");
    assert_flagged(&trace_resource, FF_BATCH, "last_updated_at");
    assert_flagged(&trace_resource, FF_UPDATE,
                   "project_name project_id name thread_id end_time input output metadata tags "
                   "tags_to_add tags_to_remove error_info ttft source environment");
    assert_flagged(&span_resource, FF_CREATE,
                   "id project_name trace_id parent_span_id name type start_time end_time input "
                   "output metadata model provider tags usage error_info total_estimated_cost "
                   "ttft source environment");
    assert_flagged(&span_resource, FF_BATCH, "last_updated_at");
    assert_flagged(&span_resource, FF_UPDATE,
                   "project_name project_id trace_id parent_span_id name type end_time input "
                   "output metadata model provider tags tags_to_add tags_to_remove usage "
                   "total_estimated_cost error_info ttft source environment");
}

static void assert_sortable(const struct resource *resource, const char *names)
{
    struct str joined = STR("");

    for (size_t i = 0; resource->sortable_by[i]; i++)
        joined =
            str_format(&arena, "%.*s%s%s", STR_ARG(joined), i ? " " : "", resource->sortable_by[i]);
    assert_str(joined, names);
}

/* query.md 12: verbatim and in order. */
static void test_sortable_by(void **state)
{
    (void)state;
    assert_sortable(&trace_resource,
                    "id name input output start_time end_time duration ttft metadata thread_id "
                    "span_count llm_span_count usage.* total_estimated_cost tags error_info "
                    "created_by feedback_scores.* experiment_id environment");
    assert_sortable(&span_resource,
                    "id name type trace_id parent_span_id input output metadata start_time "
                    "end_time duration ttft usage.* metadata tags created_at last_updated_at model "
                    "provider total_estimated_cost error_info created_by feedback_scores.* "
                    "environment");
}

static void test_enums(void **state)
{
    static const char *const sources[] = {"sdk", "experiment", "playground", "optimization",
                                          "evaluator"};
    static const char *const types[] = {"general", "tool", "llm", "guardrail"};

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(entity_source_names[i + 1], sources[i]);
    assert_null(entity_source_names[6]);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(span_type_names[i + 1], types[i]);
    assert_null(span_type_names[5]);
    assert_string_equal(span_type_names[SPAN_TYPE_LLM], "llm");
    assert_string_equal(span_type_names[SPAN_TYPE_TOOL], "tool");
    assert_string_equal(entity_source_names[SOURCE_SDK], "sdk");
}

static struct record *with_error_info(const char *json)
{
    struct record *record = test_record(&arena, &trace_resource, DECODE_UPDATE, "%s", json);

    entity_complete(&arena, record);
    return record;
}

static void test_complete(void **state)
{
    struct record *record = with_error_info("{'error_info':{'exception_type':'E \\u00e4'}}");

    (void)state;
    assert_str(record->v[ENTITY_ERROR_TYPE].s, "E \xC3\xA4");
    record = with_error_info("{'error_info':{}}");
    assert_true(value_is_set(&record->v[ENTITY_ERROR_TYPE]));
    assert_str(record->v[ENTITY_ERROR_TYPE].s, "");
    record = with_error_info("{'name':'n'}");
    assert_false(value_is_set(&record->v[ENTITY_ERROR_TYPE]));
}

static void test_duration(void **state)
{
    struct record *trace = record_new(&arena, &trace_resource);
    int64_t us = 17;

    (void)state;
    assert_false(entity_duration_us(trace, &us));
    trace->v[ENTITY_END_TIME] = value_int(5000);
    assert_false(entity_duration_us(trace, &us));
    trace->v[ENTITY_START_TIME] = value_int(0);
    assert_false(entity_duration_us(trace, &us));
    assert_int_equal(us, 17);
    /* End µs − start µs, each cut first (traces.md 8). */
    trace->v[ENTITY_START_TIME] = value_int(1999);
    assert_true(entity_duration_us(trace, &us));
    assert_int_equal(us, 4);
    trace->v[ENTITY_END_TIME] = value_int(500);
    assert_true(entity_duration_us(trace, &us));
    assert_int_equal(us, -1);
    trace->v[ENTITY_END_TIME].kind = VALUE_ABSENT;
    assert_false(entity_duration_us(trace, &us));
}

static void test_time_of_ids(void **state)
{
    const int64_t now = 1800000000000, day = 24 * 3600 * 1000;
    static const struct {
        int64_t off;
        bool only_future;
        const char *reason;
    } cases[] = {
        {0, false, NULL},
        {day, false, NULL},
        {-day, false, NULL},
        {day + 1, false, "too_far_future"},
        {-day - 1, false, "too_old"},
        {-day - 1, true, NULL},
        {day + 1, true, "too_far_future"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = {.arena = &arena};
        struct uuid id = uuid_new_at(now + cases[i].off);
        enum err err = entity_check_time(&id, day, now, cases[i].only_future, &error);

        assert_int_equal(err, cases[i].reason ? ERR_BAD_REQUEST : ERR_OK);
        assert_int_equal(entity_check_time(&id, 0, now, false, &error), ERR_OK);
        if (cases[i].reason) {
            assert_message(&error, ERR_BAD_REQUEST, "Invalid UUID for id");
            assert_true(str_find(error.details, str_of(cases[i].reason)) > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tables, start, stop),
        cmocka_unit_test_setup_teardown(test_shared_fields, start, stop),
        cmocka_unit_test_setup_teardown(test_columns_are_distinct, start, stop),
        cmocka_unit_test_setup_teardown(test_heavy_fields, start, stop),
        cmocka_unit_test_setup_teardown(test_exclude, start, stop),
        cmocka_unit_test_setup_teardown(test_bodies, start, stop),
        cmocka_unit_test_setup_teardown(test_sortable_by, start, stop),
        cmocka_unit_test_setup_teardown(test_enums, start, stop),
        cmocka_unit_test_setup_teardown(test_complete, start, stop),
        cmocka_unit_test_setup_teardown(test_duration, start, stop),
        cmocka_unit_test_setup_teardown(test_time_of_ids, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
