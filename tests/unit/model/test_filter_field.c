/* The catalogue of fields for filters (query.md 3, 7, 8). */
#include "model/filter_field.h"

#include "model/thread.h"

#include <stdio.h>

#include "unit/support.h"

#define TEXTS "contains not_contains starts_with ends_with = != > <"
#define ORDERED "= != > >= < <="

/* The table of query.md 3. */
static const struct {
    enum filter_type type;
    const char *name, *operators;
} types[] = {
    {FILTER_STRING, "STRING", TEXTS},
    {FILTER_STRING_EXACT, "STRING_EXACT", TEXTS},
    {FILTER_STRING_LIST, "STRING_LIST", "in not_in"},
    {FILTER_DATE_TIME, "DATE_TIME", ORDERED},
    {FILTER_NUMBER, "NUMBER", ORDERED},
    {FILTER_SCORES, "FEEDBACK_SCORES_NUMBER", ORDERED " is_empty is_not_empty"},
    {FILTER_DICTIONARY, "DICTIONARY", TEXTS " is_empty is_not_empty"},
    {FILTER_LIST, "LIST", "contains not_contains = != is_empty is_not_empty"},
    {FILTER_ENUM, "ENUM", "= != in not_in"},
    {FILTER_ENUM_LEGACY, "ENUM_LEGACY", "= !="},
    {FILTER_ERROR, "ERROR_CONTAINER", "is_empty is_not_empty"},
};

struct expected_field {
    const char *name;
    enum filter_type type;
};

#define SHARED                                                                                     \
    {"id", FILTER_STRING_EXACT}, {"name", FILTER_STRING}, {"start_time", FILTER_DATE_TIME},        \
        {"end_time", FILTER_DATE_TIME}, {"created_at", FILTER_DATE_TIME},                          \
        {"last_updated_at", FILTER_DATE_TIME}, {"input", FILTER_STRING},                           \
        {"output", FILTER_STRING}, {"input_json", FILTER_DICTIONARY},                              \
        {"output_json", FILTER_DICTIONARY}, {"metadata", FILTER_DICTIONARY},                       \
        {"tags", FILTER_LIST}, {"duration", FILTER_NUMBER}, {"ttft", FILTER_NUMBER},               \
        {"total_estimated_cost", FILTER_NUMBER}, {"usage.completion_tokens", FILTER_NUMBER},       \
        {"usage.prompt_tokens", FILTER_NUMBER}, {"usage.total_tokens", FILTER_NUMBER},             \
        {"feedback_scores", FILTER_SCORES}, {"error_info", FILTER_ERROR},                          \
        {"error_type", FILTER_STRING}, {"source", FILTER_ENUM_LEGACY},                             \
        {"environment", FILTER_ENUM},                                                              \
    {                                                                                              \
        "custom", FILTER_CUSTOM                                                                    \
    }

static const struct expected_field trace_fields[] = {
    SHARED,
    {"thread_id", FILTER_STRING_EXACT},
    {"llm_span_count", FILTER_NUMBER},
    {"span_feedback_scores", FILTER_SCORES},
    {"guardrails", FILTER_STRING},
    {"visibility_mode", FILTER_ENUM},
    {"annotation_queue_ids", FILTER_LIST},
    {"experiment_id", FILTER_STRING_EXACT},
    {"experiment_ids", FILTER_STRING_LIST},
    {NULL, FILTER_STRING},
};
static const struct expected_field span_fields[] = {
    SHARED,
    {"trace_id", FILTER_STRING_EXACT},
    {"model", FILTER_STRING},
    {"provider", FILTER_STRING},
    {"type", FILTER_ENUM},
    {NULL, FILTER_STRING},
};

static void check_fields(const struct resource *resource, const struct expected_field *expected)
{
    size_t count = 0, wanted = 0;

    for (const struct filter_field *field = filter_fields(resource); field->name; field++)
        count++;
    for (; expected->name; expected++, wanted++) {
        const struct filter_field *field = filter_field_find(resource, str_of(expected->name));
        if (!field || field->type != expected->type)
            fail_msg("%s %s", resource->name, expected->name);
        assert_string_equal(field->name, expected->name);
    }
    assert_int_equal(count, wanted);
}

static void test_catalogue(void **state)
{
    (void)state;
    check_fields(&trace_resource, trace_fields);
    check_fields(&span_resource, span_fields);
}

static void test_find_is_exact(void **state)
{
    static const char *const none[] = {"",       "Name",    "name ", "nam",        "usage",
                                       "usage.", "usage.x", "no",    "span_count", "created_by"};

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_null(filter_field_find(&trace_resource, str_of(none[i])));
    assert_null(filter_field_find(&trace_resource, STR("model")));
    assert_null(filter_field_find(&span_resource, STR("thread_id")));
    assert_null(filter_field_find(&span_resource, STR("parent_span_id")));
    assert_null(filter_field_find(&trace_resource, STR("name\0")));
    assert_non_null(filter_field_find(&trace_resource, str_make("namespace", 4)));
}

/* Whether a word stands in a list of words. */
static bool has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = words; (p = strstr(p, word)); p += n) {
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    }
    return false;
}

static void test_operators_of_each_type(void **state)
{
    const struct filter_field *tables[] = {filter_fields(&trace_resource),
                                           filter_fields(&span_resource)};
    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_string_equal(filter_type_name(types[i].type), types[i].name);
        for (size_t t = 0; t < 2; t++) {
            for (const struct filter_field *field = tables[t]; field->name; field++) {
                bool can_be_empty = strcmp(field->name, "environment") == 0;
                for (int op = 0; field->type == types[i].type && op < OPERATOR_COUNT; op++) {
                    const char *name = filter_operator_name((enum filter_operator)op);
                    bool wanted = has_word(types[i].operators, name) ||
                                  (can_be_empty && has_word("is_empty is_not_empty", name));
                    if (filter_operator_allowed(field, (enum filter_operator)op) != wanted)
                        fail_msg("%s %s", field->name, name);
                }
            }
        }
    }
}

static void test_operator_names(void **state)
{
    static const char *const none[] = {"",     "==",  "CONTAINS", "contains ",
                                       "like", "not", "is",       "<>"};

    (void)state;
    for (int op = 0; op < OPERATOR_COUNT; op++) {
        const char *name = filter_operator_name((enum filter_operator)op);
        assert_true(has_word(TEXTS " " ORDERED " in not_in is_empty is_not_empty", name));
        assert_int_equal(filter_operator_find(str_of(name)), op);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(filter_operator_find(str_of(none[i])), -1);
    assert_int_equal(filter_operator_find(str_make("in_x", 2)), OPERATOR_IN);
}

/* What the store needs of a row, and metrics of its flags. */
static void check_row(const struct filter_field *field)
{
    bool stored = field->source != SOURCE_NOTHING;
    bool keyed = field->source == SOURCE_USAGE || field->source == SOURCE_SCORES ||
                 field->source == SOURCE_SPAN_SCORES;

    if (stored != (field->column != NULL) || keyed != (field->key != NULL) ||
        (field->source == SOURCE_NAMES) != (field->names != NULL))
        fail_msg("%s", field->name);
    /* What is computed over spans is no own column, and what is not stored neither. */
    if (field->flags & FILTER_OWN &&
        (field->flags & (FILTER_OVER_SPANS | FILTER_ON_TRACES) || !stored))
        fail_msg("%s", field->name);
}

static void test_rows(void **state)
{
    static const char over_spans[] = "total_estimated_cost llm_span_count usage.completion_tokens "
                                     "usage.prompt_tokens usage.total_tokens";
    (void)state;
    for (const struct filter_field *field = filter_fields(&trace_resource); field->name; field++) {
        check_row(field);
        assert_int_equal(!!(field->flags & FILTER_OVER_SPANS), has_word(over_spans, field->name));
    }
    for (const struct filter_field *field = filter_fields(&span_resource); field->name; field++) {
        check_row(field);
        assert_false(field->flags & (FILTER_OVER_SPANS | FILTER_ON_TRACES));
    }
    for (const struct filter_field *field = filter_fields(&thread_resource); field->name; field++) {
        check_row(field);
        assert_false(field->flags & FILTER_OVER_SPANS);
        assert_int_equal(!!(field->flags & FILTER_ON_TRACES),
                         has_word("source environment", field->name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_find_is_exact),
        cmocka_unit_test(test_operators_of_each_type),
        cmocka_unit_test(test_operator_names),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
