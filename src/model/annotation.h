/* What people and programs say about traces, spans and threads: feedback scores and comments
 * (traces.md 11 and 12, spans.md 10, threads.md 4 and 6.10 to 7). Together they are called
 * annotations. */
#ifndef OCELLI_MODEL_ANNOTATION_H
#define OCELLI_MODEL_ANNOTATION_H

#include "model/resource.h"

/* What an annotation is about; the numbers are stored. */
enum subject {
    SUBJECT_TRACE,
    SUBJECT_SPAN,
    SUBJECT_THREAD,          /* by its thread_model_id */
    SUBJECT_TRACE_ASSERTION, /* scores of test suites, kept apart (traces.md 11.2) */
};

/* The subject of annotations on trace_resource, span_resource or thread_resource. */
enum subject annotation_subject(const struct resource *about);

/* The limits of a score's value, 10^-9. */
#define SCORE_VALUE_MAX 999999999999999999LL

/* Sent with a score of a batch, this category makes it an assertion. */
#define SCORE_ASSERTION_CATEGORY "suite_assertion"

enum score_field {
    SCORE_NAME,
    SCORE_CATEGORY_NAME,
    SCORE_VALUE, /* 10^-9 */
    SCORE_REASON,
    SCORE_SOURCE,
    SCORE_CREATED_AT,
    SCORE_LAST_UPDATED_AT,
    SCORE_CREATED_BY,
    SCORE_LAST_UPDATED_BY,
    SCORE_VALUE_BY_AUTHOR,
    SCORE_SOURCE_QUEUE_ID,
    SCORE_AUTHOR,
    SCORE_FIELD_COUNT,

    /* Items of batches only. */
    SCORE_PROJECT_NAME = SCORE_FIELD_COUNT,
    SCORE_ID,        /* traces, spans */
    SCORE_THREAD_ID, /* threads */
    SCORE_ITEM_FIELD_COUNT,
};

extern const struct resource score_resource;
enum { SCORE_BATCH_SCORES, SCORE_BATCH_FIELD_COUNT };
extern const struct resource score_batch_resource;        /* {"scores":[…]} of traces or spans */
extern const struct resource thread_score_batch_resource; /* the same of threads */

/* One author's part of a shown score. */
enum score_entry_field {
    SCORE_ENTRY_VALUE,
    SCORE_ENTRY_REASON,
    SCORE_ENTRY_CATEGORY_NAME,
    SCORE_ENTRY_SOURCE,
    SCORE_ENTRY_LAST_UPDATED_AT,
    SCORE_ENTRY_SPAN_TYPE,
    SCORE_ENTRY_SPAN_ID,
    SCORE_ENTRY_SOURCE_QUEUE_ID,
    SCORE_ENTRY_AUTHOR,
    SCORE_ENTRY_FIELD_COUNT,
};

enum score_delete_field {
    SCORE_DELETE_AUTHOR,
    SCORE_DELETE_SOURCE_QUEUE_ID,
    SCORE_DELETE_NAME, /* traces, spans */
    SCORE_DELETE_FIELD_COUNT,

    SCORE_DELETE_NAMES = SCORE_DELETE_NAME, /* threads */
    SCORE_DELETE_PROJECT_NAME,
    SCORE_DELETE_THREAD_ID,
    THREAD_SCORE_DELETE_FIELD_COUNT,
};
extern const struct resource score_delete_resource;
extern const struct resource thread_score_delete_resource;

enum comment_field {
    COMMENT_ID,
    COMMENT_TEXT,
    COMMENT_SOURCE_QUEUE_ID,
    COMMENT_CREATED_AT,
    COMMENT_LAST_UPDATED_AT,
    COMMENT_CREATED_BY,
    COMMENT_LAST_UPDATED_BY,
    COMMENT_FIELD_COUNT,
};
extern const struct resource comment_resource;

enum { COMMENT_DELETE_IDS, COMMENT_DELETE_FIELD_COUNT };
extern const struct resource comment_delete_resource;

#endif
