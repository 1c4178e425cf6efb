/* Bodies of the search streams (traces.md 9.4, spans.md 9). */
#ifndef OCELLI_MODEL_SEARCH_H
#define OCELLI_MODEL_SEARCH_H

#include "model/resource.h"

enum search_field {
    SEARCH_PROJECT_NAME,
    SEARCH_PROJECT_ID,
    SEARCH_FILTERS,
    SEARCH_OQL,
    SEARCH_LAST_RETRIEVED_ID,
    SEARCH_LIMIT,
    SEARCH_TRUNCATE,
    SEARCH_STRIP_ATTACHMENTS,
    SEARCH_EXCLUDE,
    SEARCH_FROM_TIME,
    SEARCH_TO_TIME,
    SEARCH_TRACE_ID, /* spans */
    SEARCH_TYPE,     /* spans */
    SEARCH_FIELD_COUNT,
};

#define SEARCH_LIMIT_DEFAULT 500
#define SEARCH_LIMIT_MAX 2000

/* An element of an array of filters (query/filter.h reads it); for schemas. */
extern const struct resource filter_item_resource;

extern const struct resource trace_search_resource;
extern const struct resource span_search_resource;
extern const struct resource thread_search_resource;

#endif
