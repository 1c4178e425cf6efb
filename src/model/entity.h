/* Traces and spans share most of their fields and all of their rules; together they are called
 * entities. The shared fields stand first and in the same order in both tables, so that merge
 * rules, store and handlers are written once. */
#ifndef OCELLI_MODEL_ENTITY_H
#define OCELLI_MODEL_ENTITY_H

#include "model/resource.h"

enum entity_field {
    ENTITY_ID,
    ENTITY_PROJECT_NAME,
    ENTITY_PROJECT_ID,
    ENTITY_NAME,
    ENTITY_START_TIME,
    ENTITY_END_TIME,
    ENTITY_INPUT,
    ENTITY_OUTPUT,
    ENTITY_METADATA,
    ENTITY_TAGS,
    ENTITY_TAGS_TO_ADD,
    ENTITY_TAGS_TO_REMOVE,
    ENTITY_ERROR_INFO,
    ENTITY_ERROR_TYPE,
    ENTITY_USAGE,
    ENTITY_CREATED_AT,
    ENTITY_LAST_UPDATED_AT,
    ENTITY_CREATED_BY,
    ENTITY_LAST_UPDATED_BY,
    ENTITY_TOTAL_ESTIMATED_COST,
    ENTITY_DURATION,
    ENTITY_TTFT,
    ENTITY_SOURCE,
    ENTITY_ENVIRONMENT,
    ENTITY_FIELD_COUNT,

    TRACE_THREAD_ID = ENTITY_FIELD_COUNT,
    TRACE_VISIBILITY_MODE,
    TRACE_PROVIDERS,
    TRACE_SPAN_COUNT,
    TRACE_LLM_SPAN_COUNT,
    TRACE_TOOL_SPAN_COUNT,
    TRACE_HAS_TOOL_SPANS,
    TRACE_FEEDBACK_SCORES,
    TRACE_SPAN_FEEDBACK_SCORES,
    TRACE_COMMENTS,
    TRACE_GUARDRAILS_VALIDATIONS,
    TRACE_EXPERIMENT,
    TRACE_FIELD_COUNT,

    SPAN_TRACE_ID = ENTITY_FIELD_COUNT,
    SPAN_PARENT_SPAN_ID,
    SPAN_TYPE,
    SPAN_MODEL,
    SPAN_PROVIDER,
    SPAN_COST_VERSION,
    SPAN_ESTIMATED_COST,
    SPAN_FEEDBACK_SCORES,
    SPAN_COMMENTS,
    SPAN_FIELD_COUNT,
};

/* The values of SPAN_TYPE. */
enum span_type { SPAN_TYPE_UNSET, SPAN_TYPE_GENERAL, SPAN_TYPE_TOOL, SPAN_TYPE_LLM };

/* The values of ENTITY_SOURCE and TRACE_VISIBILITY_MODE that code asks for. */
enum { SOURCE_UNSET, SOURCE_SDK };
enum { VISIBILITY_UNSET, VISIBILITY_DEFAULT };

/* What ids of clients that cannot be taken are answered with. */
#define ENTITY_BAD_ID "Invalid UUID for id"

extern const struct resource trace_resource;
extern const struct resource span_resource;

/* Enum names, [0] is "unset". */
extern const char *const entity_source_names[];
extern const char *const span_type_names[];

/* Wrappers around entities in request bodies. */
enum { BATCH_ITEMS, BATCH_FIELD_COUNT };
extern const struct resource trace_batch_resource; /* {"traces":[…]} */
extern const struct resource span_batch_resource;  /* {"spans":[…]} */

enum { BATCH_UPDATE_IDS, BATCH_UPDATE_UPDATE, BATCH_UPDATE_MERGE_TAGS, BATCH_UPDATE_FIELD_COUNT };
extern const struct resource trace_batch_update_resource;
extern const struct resource span_batch_update_resource;

enum { DELETE_IDS, DELETE_PROJECT_ID, DELETE_FIELD_COUNT };
extern const struct resource batch_delete_resource;

/* Sets what the store keeps beside a decoded entity: ENTITY_ERROR_TYPE from its error_info. */
void entity_complete(struct arena *arena, struct record *entity);

/* Refuses a version 7 id whose time is further from now than `window_ms` (0: never); `only_future`
 * refuses just those of later (traces.md 2.2). ERR_BAD_REQUEST. */
enum err entity_check_time(const struct uuid *id, int64_t window_ms, int64_t now_ms,
                           bool only_future, struct error *reterr);

/* Microseconds from start to end, or false when it has no duration: no end time, or the start is
 * the epoch, which stands for "not known yet" (traces.md 8). */
bool entity_duration_us(const struct record *entity, int64_t *ret_us);

#endif
