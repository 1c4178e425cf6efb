/* Writing feedback scores and comments of traces and spans, and of threads that were found already.
 * As with entities, each function sets change->apply (traces.md 11 and 12, spans.md 10, threads.md
 * 6.10 to 7). */
#ifndef OCELLI_INGEST_ANNOTATION_WRITE_H
#define OCELLI_INGEST_ANNOTATION_WRITE_H

#include "ingest/change.h"

struct annotation_change {
    struct change change;         /* first: a pointer to it is one to this */
    const struct resource *about; /* trace_resource, span_resource or thread_resource */
    struct uuid id;               /* of the trace or span; thread_model_id; comment */
    struct str thread_id;         /* comment on a thread: what the path has, maybe its own id */
    bool has_uuid;                /* of such a comment: `id` is what the path has */
    struct record **records;      /* scores or one comment, or one body of a delete */
    size_t record_count;
    struct uuid *ids; /* delete of comments */
    size_t id_count;
};

/* PUT of one score, records[0], on `id`. 404 "<Noun> id: … not found". */
void score_change_put(struct annotation_change *change);

/* PUT of many: each record says what it is about. What it is about need not exist; projects and
 * thread mappings are made. Never refused. */
void score_change_put_batch(struct annotation_change *change);

/* Deletes scores of `id` as the body records[0] says. Never refused. */
void score_change_delete(struct annotation_change *change);

/* The same of a thread, which the body names. */
void thread_score_change_delete(struct annotation_change *change);

/* POST of a comment, records[0] with its id, on `id`. 404 "<noun> id: … not found". */
void comment_change_create(struct annotation_change *change);

/* PATCH of the comment `id` with records[0]. 404. */
void comment_change_update(struct annotation_change *change);

/* Deletes comments; unknown ones are skipped. */
void comment_change_delete(struct annotation_change *change);

#endif
