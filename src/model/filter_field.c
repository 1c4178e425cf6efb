/* The catalogue of fields that filters may name. */
#include "model/filter_field.h"

#include "model/entity.h"
#include "model/thread.h"

#define OP(name) (1U << OPERATOR_##name)
#define TEXT_OPERATORS (OP(CONTAINS) | OP(NOT_CONTAINS) | OP(STARTS_WITH) | OP(ENDS_WITH))
#define EQUAL_OPERATORS (OP(EQUAL) | OP(NOT_EQUAL))
#define STRICT_OPERATORS (OP(GREATER) | OP(LESS))
#define ORDER_OPERATORS (STRICT_OPERATORS | OP(GREATER_EQUAL) | OP(LESS_EQUAL))
#define EMPTY_OPERATORS (OP(IS_EMPTY) | OP(IS_NOT_EMPTY))
#define LIST_OPERATORS (OP(IN) | OP(NOT_IN))

/* query.md 3 */
static const struct {
    const char *name;
    unsigned operators;
} types[FILTER_TYPE_COUNT] = {
    [FILTER_STRING] = {"STRING", TEXT_OPERATORS | EQUAL_OPERATORS | STRICT_OPERATORS},
    [FILTER_STRING_EXACT] = {"STRING_EXACT", TEXT_OPERATORS | EQUAL_OPERATORS | STRICT_OPERATORS},
    [FILTER_STRING_LIST] = {"STRING_LIST", LIST_OPERATORS},
    [FILTER_DATE_TIME] = {"DATE_TIME", EQUAL_OPERATORS | ORDER_OPERATORS},
    [FILTER_NUMBER] = {"NUMBER", EQUAL_OPERATORS | ORDER_OPERATORS},
    [FILTER_SCORES] = {"FEEDBACK_SCORES_NUMBER",
                       EQUAL_OPERATORS | ORDER_OPERATORS | EMPTY_OPERATORS},
    [FILTER_DICTIONARY] = {"DICTIONARY",
                           TEXT_OPERATORS | EQUAL_OPERATORS | STRICT_OPERATORS | EMPTY_OPERATORS},
    [FILTER_LIST] = {"LIST", OP(CONTAINS) | OP(NOT_CONTAINS) | EQUAL_OPERATORS | EMPTY_OPERATORS},
    [FILTER_ENUM] = {"ENUM", EQUAL_OPERATORS | LIST_OPERATORS | EMPTY_OPERATORS},
    [FILTER_ENUM_LEGACY] = {"ENUM_LEGACY", EQUAL_OPERATORS},
    [FILTER_ERROR] = {"ERROR_CONTAINER", EMPTY_OPERATORS},
    [FILTER_CUSTOM] = {"CUSTOM", 0},
};

static const char *const operator_names[OPERATOR_COUNT] = {
    [OPERATOR_CONTAINS] = "contains",
    [OPERATOR_NOT_CONTAINS] = "not_contains",
    [OPERATOR_STARTS_WITH] = "starts_with",
    [OPERATOR_ENDS_WITH] = "ends_with",
    [OPERATOR_EQUAL] = "=",
    [OPERATOR_NOT_EQUAL] = "!=",
    [OPERATOR_GREATER] = ">",
    [OPERATOR_GREATER_EQUAL] = ">=",
    [OPERATOR_LESS] = "<",
    [OPERATOR_LESS_EQUAL] = "<=",
    [OPERATOR_IS_EMPTY] = "is_empty",
    [OPERATOR_IS_NOT_EMPTY] = "is_not_empty",
    [OPERATOR_IN] = "in",
    [OPERATOR_NOT_IN] = "not_in",
};

static const char *const visibility_names[] = {NULL, "default", "hidden", NULL};

/* What the duration filters compare: 0 while there is no end (query.md 3, "Absent values"). */
#define DURATION_MS                                                                                \
    "(CASE WHEN t.end_time IS NULL OR t.start_time = 0 THEN 0 "                                    \
    "ELSE t.end_time / 1000 - t.start_time / 1000 END / 1000.0)"

#define USAGE_FIELDS(flags)                                                                        \
    {"usage.completion_tokens", FILTER_NUMBER, SOURCE_USAGE, flags, "t.usage",                     \
     "completion_tokens",       NULL},                                                             \
        {"usage.prompt_tokens", FILTER_NUMBER, SOURCE_USAGE, flags, "t.usage",                     \
         "prompt_tokens",       NULL},                                                             \
    {                                                                                              \
        "usage.total_tokens", FILTER_NUMBER, SOURCE_USAGE, flags, "t.usage", "total_tokens", NULL  \
    }

/* The digits of enum subject that scores are stored under. */
#define SUBJECT_OF_TRACES "0"
#define SUBJECT_OF_SPANS "1"
#define SUBJECT_OF_THREADS "2"

#define ENTITY_FIELDS(subject)                                                                     \
    {"id", FILTER_STRING_EXACT, SOURCE_UUID, FILTER_OWN, "t.id", NULL, NULL},                      \
        {"name", FILTER_STRING, SOURCE_COLUMN, FILTER_OWN, "t.name", NULL, NULL},                  \
        {"start_time", FILTER_DATE_TIME, SOURCE_COLUMN, FILTER_OWN, "t.start_time", NULL, NULL},   \
        {"end_time", FILTER_DATE_TIME, SOURCE_COLUMN, FILTER_OWN, "t.end_time", NULL, NULL},       \
        {"created_at", FILTER_DATE_TIME, SOURCE_TIME_US, FILTER_OWN, "t.created_at", NULL, NULL},  \
        {"last_updated_at",                                                                        \
         FILTER_DATE_TIME,                                                                         \
         SOURCE_TIME_US,                                                                           \
         FILTER_OWN,                                                                               \
         "t.last_updated_at",                                                                      \
         NULL,                                                                                     \
         NULL},                                                                                    \
        {"input", FILTER_STRING, SOURCE_HEAVY, FILTER_OWN, "b.input", NULL, NULL},                 \
        {"output", FILTER_STRING, SOURCE_HEAVY, FILTER_OWN, "b.output", NULL, NULL},               \
        {"input_json", FILTER_DICTIONARY, SOURCE_HEAVY, FILTER_OWN, "b.input", NULL, NULL},        \
        {"output_json", FILTER_DICTIONARY, SOURCE_HEAVY, FILTER_OWN, "b.output", NULL, NULL},      \
        {"metadata", FILTER_DICTIONARY, SOURCE_HEAVY, FILTER_OWN, "b.metadata", NULL, NULL},       \
        {"tags", FILTER_LIST, SOURCE_COLUMN, FILTER_OWN, "t.tags", NULL, NULL},                    \
        {"duration", FILTER_NUMBER, SOURCE_COLUMN, FILTER_OWN, DURATION_MS, NULL, NULL},           \
        {"ttft", FILTER_NUMBER, SOURCE_COLUMN, FILTER_OWN, "t.ttft", NULL, NULL},                  \
        {"error_info", FILTER_ERROR, SOURCE_ERROR_INFO, FILTER_OWN, "t.heavy", NULL, NULL},        \
        {"error_type", FILTER_STRING, SOURCE_COLUMN, FILTER_OWN, "t.error_type", NULL, NULL},      \
        {"feedback_scores", FILTER_SCORES, SOURCE_SCORES, FILTER_METRIC, "t.id", subject, NULL},   \
        {"source", FILTER_ENUM_LEGACY, SOURCE_NAMES, FILTER_OWN, "t.source",                       \
         NULL,     entity_source_names},                                                           \
        {"environment",   FILTER_ENUM, SOURCE_COLUMN, FILTER_OWN | FILTER_CAN_BE_EMPTY,            \
         "t.environment", NULL,        NULL},                                                      \
    {                                                                                              \
        "custom", FILTER_CUSTOM, SOURCE_NOTHING, 0, NULL, NULL, NULL                               \
    }

static const struct filter_field trace_filters[] = {
    ENTITY_FIELDS(SUBJECT_OF_TRACES),
    {"thread_id", FILTER_STRING_EXACT, SOURCE_COLUMN, FILTER_OWN, "t.thread_id", NULL, NULL},
    {"total_estimated_cost", FILTER_NUMBER, SOURCE_COST, FILTER_OVER_SPANS, "t.cost", NULL, NULL},
    {"llm_span_count", FILTER_NUMBER, SOURCE_COLUMN, FILTER_OVER_SPANS, "t.llm_span_count", NULL,
     NULL},
    USAGE_FIELDS(FILTER_OVER_SPANS),
    {"span_feedback_scores", FILTER_SCORES, SOURCE_SPAN_SCORES, 0, "t.id", SUBJECT_OF_SPANS, NULL},
    {"guardrails", FILTER_STRING, SOURCE_NOTHING, FILTER_METRIC, NULL, NULL, NULL},
    {"visibility_mode", FILTER_ENUM, SOURCE_NAMES, FILTER_OWN, "t.visibility_mode", NULL,
     visibility_names},
    {"annotation_queue_ids", FILTER_LIST, SOURCE_NOTHING, 0, NULL, NULL, NULL},
    {"experiment_id", FILTER_STRING_EXACT, SOURCE_NOTHING, 0, NULL, NULL, NULL},
    {"experiment_ids", FILTER_STRING_LIST, SOURCE_NOTHING, 0, NULL, NULL, NULL},
    {NULL, FILTER_STRING, SOURCE_NOTHING, 0, NULL, NULL, NULL},
};

static const struct filter_field span_filters[] = {
    ENTITY_FIELDS(SUBJECT_OF_SPANS),
    {"trace_id", FILTER_STRING_EXACT, SOURCE_UUID, FILTER_OWN, "t.trace_id", NULL, NULL},
    {"model", FILTER_STRING, SOURCE_COLUMN, FILTER_OWN, "t.model", NULL, NULL},
    {"provider", FILTER_STRING, SOURCE_COLUMN, FILTER_OWN, "t.provider", NULL, NULL},
    {"total_estimated_cost", FILTER_NUMBER, SOURCE_COST, FILTER_OWN, "t.cost", NULL, NULL},
    USAGE_FIELDS(FILTER_OWN),
    {"type", FILTER_ENUM, SOURCE_NAMES, FILTER_OWN, "t.type", NULL, span_type_names},
    {NULL, FILTER_STRING, SOURCE_NOTHING, 0, NULL, NULL, NULL},
};

/* The message at an end of a thread. */
#define MESSAGE(member, trace)                                                                     \
    "(SELECT b." member " FROM trace x JOIN trace_body b ON b.id = x.body"                         \
    " WHERE x.project = t.project AND x.id = t." trace ")"

static const struct filter_field thread_filters[] = {
    {"id", FILTER_STRING_EXACT, SOURCE_COLUMN, FILTER_OWN, "t.thread_id", NULL, NULL},
    {"first_message", FILTER_STRING, SOURCE_HEAVY, FILTER_OWN, MESSAGE("input", "first_trace"),
     NULL, NULL},
    {"last_message", FILTER_STRING, SOURCE_HEAVY, FILTER_OWN, MESSAGE("output", "last_trace"), NULL,
     NULL},
    {"number_of_messages", FILTER_NUMBER, SOURCE_COLUMN, FILTER_OWN, "(2 * t.trace_count)", NULL,
     NULL},
    {"duration", FILTER_NUMBER, SOURCE_COLUMN, FILTER_OWN, DURATION_MS, NULL, NULL},
    {"created_at", FILTER_DATE_TIME, SOURCE_TIME_US, FILTER_OWN, "t.created_at", NULL, NULL},
    {"last_updated_at", FILTER_DATE_TIME, SOURCE_TIME_US, FILTER_OWN, "t.last_updated_at", NULL,
     NULL},
    {"start_time", FILTER_DATE_TIME, SOURCE_COLUMN, FILTER_OWN, "t.start_time", NULL, NULL},
    {"end_time", FILTER_DATE_TIME, SOURCE_COLUMN, FILTER_OWN, "t.end_time", NULL, NULL},
    {"feedback_scores", FILTER_SCORES, SOURCE_SCORES, FILTER_METRIC, "t.model_id",
     SUBJECT_OF_THREADS, NULL},
    {"status", FILTER_ENUM, SOURCE_NAMES, FILTER_OWN, "coalesce(t.status, 1)", NULL,
     thread_status_names},
    {"tags", FILTER_LIST, SOURCE_COLUMN, FILTER_OWN, "t.tags", NULL, NULL},
    {"annotation_queue_ids", FILTER_LIST, SOURCE_NOTHING, 0, NULL, NULL, NULL},
    {"source", FILTER_ENUM_LEGACY, SOURCE_NAMES, FILTER_ON_TRACES, "t.source", NULL,
     entity_source_names},
    {"environment", FILTER_ENUM, SOURCE_COLUMN, FILTER_ON_TRACES | FILTER_CAN_BE_EMPTY,
     "t.environment", NULL, NULL},
    {NULL, FILTER_STRING, SOURCE_NOTHING, 0, NULL, NULL, NULL},
};

const struct filter_field *filter_fields(const struct resource *resource)
{
    return resource == &span_resource     ? span_filters
           : resource == &thread_resource ? thread_filters
                                          : trace_filters;
}

const struct filter_field *filter_field_find(const struct resource *resource, struct str name)
{
    for (const struct filter_field *field = filter_fields(resource); field->name; field++) {
        if (str_eq(str_of(field->name), name))
            return field;
    }
    return NULL;
}

const char *filter_operator_name(enum filter_operator op)
{
    return operator_names[op];
}

const char *filter_type_name(enum filter_type type)
{
    return types[type].name;
}

int filter_operator_find(struct str name)
{
    for (int i = 0; i < OPERATOR_COUNT; i++) {
        if (str_eq(str_of(operator_names[i]), name))
            return i;
    }
    return -1;
}

bool filter_operator_allowed(const struct filter_field *field, enum filter_operator op)
{
    if (field->type == FILTER_ENUM && !(field->flags & FILTER_CAN_BE_EMPTY) &&
        1U << op & EMPTY_OPERATORS)
        return false;
    return types[field->type].operators & 1U << op;
}
