/* The field tables of traces and spans, and of the request bodies around them. */
#include "model/entity.h"

#include "base/clock.h"
#include "json/json.h"
#include "model/annotation.h"
#include "model/project.h"

const char *const entity_source_names[] = {
    NULL, "sdk", "experiment", "playground", "optimization", "evaluator", NULL,
};

const char *const span_type_names[] = {NULL, "general", "tool", "llm", "guardrail", NULL};

static const char *const visibility_mode_names[] = {NULL, "default", "hidden", NULL};

#define BODY (FF_CREATE | FF_UPDATE | FF_READ)
#define NARROW (BODY | FF_STORED)
#define SERVER (FF_READ | FF_STORED)

/* The rows that traces and spans share to the letter. */
#define ENTITY_SHARED_FIELDS                                                                       \
    [ENTITY_ID] = {"id", FIELD_UUID, FF_CREATE | FF_READ | FF_STORED, .column = "id",              \
                   .doc = "UUID version 7; made by the server when absent."},                      \
    [ENTITY_PROJECT_ID] = {"project_id", FIELD_UUID, FF_UPDATE | FF_READ,                          \
                           .doc = "Project that holds it; wins over project_name in updates."},    \
    [ENTITY_NAME] = {"name", FIELD_TEXT, NARROW | FF_BLANK_ABSENT | FF_EXCLUDE, .column = "name",  \
                     .doc = "Name; any text."},                                                    \
    [ENTITY_START_TIME] = {"start_time", FIELD_TIME_NS,                                            \
                           FF_CREATE | FF_READ | FF_STORED | FF_REQUIRED | FF_EXCLUDE,             \
                           .column = "start_time",                                                 \
                           .doc = "Start; the epoch until a create has come."},                    \
    [ENTITY_END_TIME] = {"end_time", FIELD_TIME_NS, NARROW | FF_EXCLUDE, .column = "end_time",     \
                         .doc = "End; absent while it runs."},                                     \
    [ENTITY_INPUT] = {"input", FIELD_JSON, BODY | FF_HEAVY | FF_EXCLUDE, .column = "input",        \
                      .doc = "Any JSON value."},                                                   \
    [ENTITY_OUTPUT] = {"output", FIELD_JSON, BODY | FF_HEAVY | FF_EXCLUDE, .column = "output",     \
                       .doc = "Any JSON value."},                                                  \
    [ENTITY_METADATA] = {"metadata", FIELD_JSON, BODY | FF_HEAVY | FF_EXCLUDE,                     \
                         .column = "metadata", .doc = "Any JSON value."},                          \
    [ENTITY_TAGS] = {"tags", FIELD_TAGS, NARROW | FF_EXCLUDE | FF_LIMITED, .column = "tags",       \
                     .doc = "Set of texts; an update replaces it."},                               \
    [ENTITY_TAGS_TO_ADD] = {"tags_to_add", FIELD_TAGS, FF_UPDATE | FF_LIMITED,                     \
                            .doc = "Added after tags_to_remove was taken away; wins over tags."},  \
    [ENTITY_TAGS_TO_REMOVE] = {"tags_to_remove", FIELD_TAGS, FF_UPDATE | FF_LIMITED,               \
                               .doc = "Taken away first."},                                        \
    [ENTITY_ERROR_INFO] = {"error_info", FIELD_ERROR_INFO, BODY | FF_HEAVY | FF_EXCLUDE,           \
                           .column = "error_info", .doc = "What failed."},                         \
    [ENTITY_ERROR_TYPE] = {NULL, FIELD_TEXT, FF_CREATE | FF_UPDATE | FF_STORED,                    \
                           .column = "error_type", .doc = "exception_type of error_info."},        \
    [ENTITY_CREATED_AT] = {"created_at", FIELD_TIME_US, SERVER | FF_EXCLUDE,                       \
                           .column = "created_at", .doc = "When it was first stored."},            \
    [ENTITY_LAST_UPDATED_AT] = {"last_updated_at", FIELD_TIME_US, SERVER | FF_BATCH,               \
                                .column = "last_updated_at",                                       \
                                .doc =                                                             \
                                    "Last change; in a batch item the client's version clock."},   \
    [ENTITY_CREATED_BY] = {"created_by", FIELD_TEXT, SERVER | FF_EXCLUDE, .column = "created_by",  \
                           .doc = "User who stored it."},                                          \
    [ENTITY_LAST_UPDATED_BY] = {"last_updated_by", FIELD_TEXT, SERVER | FF_EXCLUDE,                \
                                .column = "last_updated_by", .doc = "User of the last change."},   \
    [ENTITY_DURATION] = {"duration", FIELD_NUMBER, FF_READ | FF_EXCLUDE,                           \
                         .doc = "Milliseconds from start to end, exact to the microsecond."},      \
    [ENTITY_TTFT] = {"ttft", FIELD_NUMBER, NARROW | FF_NOT_NEGATIVE | FF_EXCLUDE,                  \
                     .column = "ttft", .doc = "Milliseconds to the first token."},                 \
    [ENTITY_ENVIRONMENT] = {"environment",                                                         \
                            FIELD_TEXT,                                                            \
                            NARROW | FF_EXCLUDE | FF_ALWAYS,                                       \
                            .max = 150,                                                            \
                            .column = "environment",                                               \
                            .doc = "Name of the environment, \"\" when none was given."}

static const struct field trace_fields[TRACE_FIELD_COUNT] = {
    ENTITY_SHARED_FIELDS,
    [ENTITY_PROJECT_NAME] = {"project_name", FIELD_TEXT,
                             FF_CREATE | FF_UPDATE | FF_NOT_BLANK | FF_TRIM,
                             .max = PROJECT_NAME_MAX,
                             .doc = "Project, made when missing; absent: Default Project."},
    [ENTITY_USAGE] = {"usage", FIELD_TALLY, FF_READ | FF_SUMMED | FF_EXCLUDE, .column = "usage",
                      .doc = "Sum of its spans' usage, per key."},
    [ENTITY_TOTAL_ESTIMATED_COST] = {"total_estimated_cost", FIELD_COST,
                                     FF_READ | FF_SUMMED | FF_EXCLUDE, .column = "cost",
                                     .doc = "USD; sum over its spans."},
    [ENTITY_SOURCE] = {"source", FIELD_ENUM, NARROW | FF_EXCLUDE, .names = entity_source_names,
                       .column = "source", .doc = "What kind of program sent it."},
    [TRACE_THREAD_ID] = {"thread_id", FIELD_TEXT, NARROW | FF_BLANK_ABSENT | FF_EXCLUDE,
                         .column = "thread_id", .doc = "Conversation that it is a turn of."},
    [TRACE_VISIBILITY_MODE] = {"visibility_mode", FIELD_ENUM, SERVER | FF_EXCLUDE,
                               .names = visibility_mode_names, .column = "visibility_mode",
                               .doc = "Absent until a create has come."},
    [TRACE_PROVIDERS] = {"providers", FIELD_TALLY_KEYS, FF_READ | FF_SUMMED | FF_EXCLUDE,
                         .column = "providers", .doc = "Distinct providers of its spans."},
    [TRACE_SPAN_COUNT] = {"span_count", FIELD_INT, FF_READ | FF_SUMMED | FF_EXCLUDE | FF_ALWAYS,
                          .column = "span_count", .doc = "Number of its spans."},
    [TRACE_LLM_SPAN_COUNT] = {"llm_span_count", FIELD_INT,
                              FF_READ | FF_SUMMED | FF_EXCLUDE | FF_ALWAYS,
                              .column = "llm_span_count", .doc = "Number of its llm spans."},
    [TRACE_TOOL_SPAN_COUNT] = {NULL, FIELD_INT, FF_SUMMED, .column = "tool_span_count",
                               .doc = "Number of its tool spans."},
    [TRACE_HAS_TOOL_SPANS] = {"has_tool_spans", FIELD_BOOL, FF_READ | FF_EXCLUDE | FF_ALWAYS,
                              .doc = "Whether any span is of type tool."},
    [TRACE_FEEDBACK_SCORES] = {"feedback_scores", FIELD_OBJECTS, FF_READ | FF_EXCLUDE,
                               .sub = &score_resource, .doc = "Feedback scores of the trace."},
    [TRACE_SPAN_FEEDBACK_SCORES] = {"span_feedback_scores", FIELD_OBJECTS, FF_READ | FF_EXCLUDE,
                                    .sub = &score_resource,
                                    .doc = "Mean feedback scores of its spans."},
    [TRACE_COMMENTS] = {"comments", FIELD_OBJECTS, FF_READ | FF_EXCLUDE, .sub = &comment_resource,
                        .doc = "Comments on the trace."},
    [TRACE_GUARDRAILS_VALIDATIONS] = {"guardrails_validations", FIELD_OBJECTS, FF_EXCLUDE,
                                      .doc = "Guardrail checks of its spans."},
    [TRACE_EXPERIMENT] = {"experiment", FIELD_OBJECT, FF_EXCLUDE,
                          .doc = "Experiment that it is an item of."},
};

static const char *const trace_sortable_by[] = {
    "id",
    "name",
    "input",
    "output",
    "start_time",
    "end_time",
    "duration",
    "ttft",
    "metadata",
    "thread_id",
    "span_count",
    "llm_span_count",
    "usage.*",
    "total_estimated_cost",
    "tags",
    "error_info",
    "created_by",
    "feedback_scores.*",
    "experiment_id",
    "environment",
    NULL,
};

const struct resource trace_resource = {
    "Trace", "trace", trace_fields, TRACE_FIELD_COUNT, trace_sortable_by,
};

static const struct field span_fields[SPAN_FIELD_COUNT] = {
    ENTITY_SHARED_FIELDS,
    [ENTITY_PROJECT_NAME] = {"project_name", FIELD_TEXT,
                             FF_CREATE | FF_UPDATE | FF_READ_ONE | FF_NOT_BLANK | FF_TRIM,
                             .max = PROJECT_NAME_MAX,
                             .doc = "Project, made when missing; absent: Default Project."},
    [ENTITY_USAGE] = {"usage", FIELD_TALLY, NARROW | FF_EXCLUDE, .column = "usage",
                      .doc = "Token counts and the like, per key; 32-bit integers."},
    [ENTITY_TOTAL_ESTIMATED_COST] = {"total_estimated_cost", FIELD_COST,
                                     NARROW | FF_NOT_NEGATIVE | FF_EXCLUDE, .column = "cost",
                                     .doc = "USD, 12 fraction digits."},
    [ENTITY_SOURCE] = {"source", FIELD_ENUM, NARROW | FF_EXCLUDE | FF_ANY_CASE,
                       .names = entity_source_names, .column = "source",
                       .doc = "What kind of program sent it."},
    [SPAN_TRACE_ID] = {"trace_id", FIELD_UUID, NARROW | FF_REQUIRED, .column = "trace_id",
                       .doc = "Trace that it belongs to."},
    [SPAN_PARENT_SPAN_ID] = {"parent_span_id", FIELD_UUID, NARROW, .column = "parent_span_id",
                             .doc = "Span that it is part of; absent at the top."},
    [SPAN_TYPE] = {"type", FIELD_ENUM, NARROW | FF_EXCLUDE | FF_ANY_CASE, .names = span_type_names,
                   .column = "type", .doc = "Kind of work."},
    [SPAN_MODEL] = {"model", FIELD_TEXT, NARROW | FF_BLANK_ABSENT | FF_EXCLUDE, .column = "model",
                    .doc = "Language model, as the provider names it."},
    [SPAN_PROVIDER] = {"provider", FIELD_TEXT, NARROW | FF_BLANK_ABSENT | FF_EXCLUDE,
                       .column = "provider", .doc = "Who serves the model."},
    [SPAN_COST_VERSION] = {"total_estimated_cost_version", FIELD_TEXT,
                           FF_READ | FF_STORED | FF_EXCLUDE, .column = "cost_version",
                           .doc = "1.1 when the server estimated the cost."},
    [SPAN_ESTIMATED_COST] = {NULL, FIELD_COST, 0, /* of a body only: ingest/span_cost.h */
                             .doc = "What a body's own model, usage and metadata come to."},
    [SPAN_FEEDBACK_SCORES] = {"feedback_scores", FIELD_OBJECTS, FF_READ | FF_EXCLUDE,
                              .sub = &score_resource, .doc = "Feedback scores of the span."},
    [SPAN_COMMENTS] = {"comments", FIELD_OBJECTS, FF_READ | FF_EXCLUDE, .sub = &comment_resource,
                       .doc = "Comments on the span."},
};

static const char *const span_sortable_by[] = {
    "id",
    "name",
    "type",
    "trace_id",
    "parent_span_id",
    "input",
    "output",
    "metadata",
    "start_time",
    "end_time",
    "duration",
    "ttft",
    "usage.*",
    "metadata",
    "tags",
    "created_at",
    "last_updated_at",
    "model",
    "provider",
    "total_estimated_cost",
    "error_info",
    "created_by",
    "feedback_scores.*",
    "environment",
    NULL,
};

const struct resource span_resource = {
    "Span", "span", span_fields, SPAN_FIELD_COUNT, span_sortable_by,
};

static const struct field trace_batch_fields[] = {
    [BATCH_ITEMS] = {"traces", FIELD_OBJECTS, FF_CREATE | FF_REQUIRED, .max = 1000,
                     .sub = &trace_resource, .doc = "1 to 1000 traces."},
};
const struct resource trace_batch_resource = {"TraceBatch", "batch", trace_batch_fields,
                                              BATCH_FIELD_COUNT, NULL};

static const struct field span_batch_fields[] = {
    [BATCH_ITEMS] = {"spans", FIELD_OBJECTS, FF_CREATE | FF_REQUIRED, .max = 1000,
                     .sub = &span_resource, .doc = "1 to 1000 spans."},
};
const struct resource span_batch_resource = {"SpanBatch", "batch", span_batch_fields,
                                             BATCH_FIELD_COUNT, NULL};

#define BATCH_UPDATE_FIELDS(entity)                                                                \
    [BATCH_UPDATE_IDS] = {"ids", FIELD_UUIDS, FF_CREATE | FF_REQUIRED | FF_NOT_BLANK, .max = 1000, \
                          .doc = "1 to 1000 ids; unknown ones are skipped."},                      \
    [BATCH_UPDATE_UPDATE] = {"update", FIELD_OBJECT, FF_CREATE | FF_REQUIRED, .sub = (entity),     \
                             .doc = "What to change."},                                            \
    [BATCH_UPDATE_MERGE_TAGS] = {"merge_tags", FIELD_BOOL, FF_CREATE,                              \
                                 .doc = "Add tags instead of replacing them."}

static const struct field trace_batch_update_fields[] = {BATCH_UPDATE_FIELDS(&trace_resource)};
const struct resource trace_batch_update_resource = {
    "TraceBatchUpdate", "batch update", trace_batch_update_fields, BATCH_UPDATE_FIELD_COUNT, NULL};

static const struct field span_batch_update_fields[] = {BATCH_UPDATE_FIELDS(&span_resource)};
const struct resource span_batch_update_resource = {
    "SpanBatchUpdate", "batch update", span_batch_update_fields, BATCH_UPDATE_FIELD_COUNT, NULL};

static const struct field batch_delete_fields[] = {
    [DELETE_IDS] = {"ids", FIELD_UUIDS, FF_CREATE | FF_REQUIRED, .max = 1000,
                    .doc = "1 to 1000 ids; unknown ones are skipped."},
    [DELETE_PROJECT_ID] = {"project_id", FIELD_UUID, FF_CREATE,
                           .doc = "Only what this project holds."},
};
const struct resource batch_delete_resource = {"BatchDelete", "batch delete", batch_delete_fields,
                                               DELETE_FIELD_COUNT, NULL};

void entity_complete(struct arena *arena, struct record *entity)
{
    struct error ignored = {.arena = arena};
    struct str type = STR("");
    yyjson_val *info = NULL;

    if (entity->v[ENTITY_ERROR_INFO].kind != VALUE_SET)
        return;
    if (!json_parse(arena, entity->v[ENTITY_ERROR_INFO].s, &info, &ignored))
        json_scalar_text(yyjson_obj_get(info, "exception_type"), &type);
    entity->v[ENTITY_ERROR_TYPE] = value_text(type);
}

enum err entity_check_time(const struct uuid *id, int64_t window_ms, int64_t now_ms,
                           bool only_future, struct error *reterr)
{
    int64_t time = uuid_time_ms(id);
    char text[INSTANT_TEXT_MAX];

    if (window_ms == 0 ||
        (time <= now_ms + window_ms && (only_future || time >= now_ms - window_ms)))
        return ERR_OK;
    instant_format_us(time * CLOCK_US_PER_MS, text);
    error_set(reterr, ERR_BAD_REQUEST, ENTITY_BAD_ID);
    return error_set_details(reterr,
                             "id with timestamp '%s' must be in the allowed ingestion window of "
                             "'PT24H' around now, reason '%s'",
                             text, time > now_ms ? "too_far_future" : "too_old");
}

bool entity_duration_us(const struct record *entity, int64_t *ret_us)
{
    const struct value *start = &entity->v[ENTITY_START_TIME];
    const struct value *end = &entity->v[ENTITY_END_TIME];

    if (!value_is_set(start) || !value_is_set(end) || start->i == 0)
        return false;
    *ret_us = end->i / CLOCK_NS_PER_US - start->i / CLOCK_NS_PER_US;
    return true;
}
