/* Threads: the traces of a project that carry one thread_id, as a conversation (threads.md). */
#ifndef OCELLI_MODEL_THREAD_H
#define OCELLI_MODEL_THREAD_H

#include "model/resource.h"

enum thread_field {
    THREAD_ID, /* the user's thread_id */
    THREAD_PROJECT_ID,
    THREAD_MODEL_ID,
    THREAD_START_TIME,
    THREAD_END_TIME,
    THREAD_DURATION,
    THREAD_FIRST_MESSAGE,
    THREAD_LAST_MESSAGE,
    THREAD_FEEDBACK_SCORES,
    THREAD_STATUS,
    THREAD_NUMBER_OF_MESSAGES,
    THREAD_TOTAL_ESTIMATED_COST,
    THREAD_USAGE,
    THREAD_COMMENTS,
    THREAD_TAGS,
    THREAD_TAGS_TO_ADD,
    THREAD_TAGS_TO_REMOVE,
    THREAD_LAST_UPDATED_AT,
    THREAD_LAST_UPDATED_BY,
    THREAD_CREATED_BY,
    THREAD_CREATED_AT,
    THREAD_ENVIRONMENT,
    THREAD_TRACE_COUNT,       /* kept, not shown */
    THREAD_FIRST_TRACE,       /* kept, not shown */
    THREAD_LAST_TRACE,        /* kept, not shown */
    THREAD_FIRST_ENVIRONMENT, /* kept, not shown */
    THREAD_FIELD_COUNT,
};

enum thread_status { THREAD_STATUS_UNSET, THREAD_ACTIVE, THREAD_INACTIVE };

extern const char *const thread_status_names[];
extern const struct resource thread_resource;

/* Who is meant, in the bodies of retrieve, open, close and delete. */
enum thread_reference_field {
    THREAD_REFERENCE_PROJECT_NAME,
    THREAD_REFERENCE_PROJECT_ID,
    THREAD_REFERENCE_THREAD_ID,
    THREAD_REFERENCE_THREAD_IDS, /* close, delete */
    THREAD_REFERENCE_TRUNCATE,   /* retrieve */
    THREAD_REFERENCE_PURGE,      /* delete */
    THREAD_REFERENCE_FIELD_COUNT,
};
extern const struct resource thread_retrieve_resource;
extern const struct resource thread_close_resource;
extern const struct resource thread_delete_resource;

/* The fields of enum batch_update in entity.h, about threads. */
extern const struct resource thread_batch_update_resource;

#endif
