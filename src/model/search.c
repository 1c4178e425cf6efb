/* The field tables of search bodies. */
#include "model/search.h"

#include "model/entity.h"

/* Told in OpenAPI; read by query/filter.c. */
static const struct field filter_item_fields[] = {
    {"field", FIELD_TEXT, FF_CREATE | FF_BATCH, .doc = "Name of a field."},
    {"operator", FIELD_TEXT, FF_CREATE | FF_BATCH, .doc = "How to compare."},
    {"key", FIELD_TEXT, FF_CREATE | FF_BATCH, .doc = "JSON path, or name of a feedback score."},
    {"value", FIELD_JSON, FF_CREATE | FF_BATCH, .doc = "A text, a number or a boolean."},
};
const struct resource filter_item_resource = {
    "Filter", "filter", filter_item_fields,
    sizeof(filter_item_fields) / sizeof(filter_item_fields[0]), NULL};

#define SHARED_SEARCH_FIELDS                                                                       \
    [SEARCH_PROJECT_NAME] = {"project_name", FIELD_TEXT, FF_CREATE, .doc = "Project, by name."},   \
    [SEARCH_PROJECT_ID] = {"project_id", FIELD_UUID, FF_CREATE,                                    \
                           .doc = "Project, by id; wins over the name."},                          \
    [SEARCH_FILTERS] = {"filters", FIELD_JSON, FF_CREATE, .sub = &filter_item_resource,            \
                        .doc = "Array of filters."},                                               \
    [SEARCH_OQL] = {"oql", FIELD_TEXT, FF_CREATE, .doc = "Conditions as text."},                   \
    [SEARCH_LIMIT] = {"limit", FIELD_INT, FF_CREATE, .max = SEARCH_LIMIT_MAX,                      \
                      .doc = "At most so many; 500 when absent."},                                 \
    [SEARCH_TRUNCATE] = {"truncate", FIELD_BOOL, FF_CREATE,                                        \
                         .doc = "Cut long bodies, leave images out."},                             \
    [SEARCH_STRIP_ATTACHMENTS] = {"strip_attachments", FIELD_BOOL, FF_CREATE,                      \
                                  .doc = "Leave references to attachments."},                      \
    [SEARCH_FROM_TIME] = {"from_time", FIELD_TIME_US, FF_CREATE | FF_ANY_TIME,                     \
                          .doc = "Earliest time of the id."},                                      \
    [SEARCH_TO_TIME] = {"to_time", FIELD_TIME_US, FF_CREATE | FF_ANY_TIME,                         \
                        .doc = "Latest time of the id."}

#define EXCLUDE                                                                                    \
    [SEARCH_EXCLUDE] = {"exclude", FIELD_NAMES, FF_CREATE, .max = 100,                             \
                        .doc = "Fields to leave out."}

#define LAST_ID                                                                                    \
    [SEARCH_LAST_RETRIEVED_ID] = {"last_retrieved_id", FIELD_UUID, FF_CREATE,                      \
                                  .doc = "Only ids below it: the last one of the page before."}

static const struct field trace_search_fields[] = {SHARED_SEARCH_FIELDS, EXCLUDE, LAST_ID};

const struct resource trace_search_resource = {"TraceSearch", "search", trace_search_fields,
                                               SEARCH_TRACE_ID, NULL};

static const struct field thread_search_fields[] = {
    SHARED_SEARCH_FIELDS,
    [SEARCH_EXCLUDE] = {NULL, FIELD_NAMES, 0, .doc = "Not here."},
    [SEARCH_LAST_RETRIEVED_ID] = {"last_retrieved_thread_model_id", FIELD_TEXT, FF_CREATE,
                                  .doc = "The last thread of the page before: its thread_model_id "
                                         "or its id."},
};

const struct resource thread_search_resource = {"TraceThreadSearch", "search", thread_search_fields,
                                                SEARCH_TRACE_ID, NULL};

static const struct field span_search_fields[] = {
    SHARED_SEARCH_FIELDS,
    EXCLUDE,
    LAST_ID,
    [SEARCH_TRACE_ID] = {"trace_id", FIELD_UUID, FF_CREATE, .doc = "Only spans of this trace."},
    [SEARCH_TYPE] = {"type", FIELD_ENUM, FF_CREATE | FF_ANY_CASE, .names = span_type_names,
                     .doc = "Only spans of this type."},
};

const struct resource span_search_resource = {"SpanSearch", "search", span_search_fields,
                                              SEARCH_FIELD_COUNT, NULL};
