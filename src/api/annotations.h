/* Handlers of feedback scores and comments, and what puts them into answers. The operation's
 * `about` says what they are on: traces, spans or threads. */
#ifndef OCELLI_API_ANNOTATIONS_H
#define OCELLI_API_ANNOTATIONS_H

#include "api/api.h"

void score_put(struct request *request);
void score_put_batch(struct request *request);
void score_delete(struct request *request);
void thread_score_delete(struct request *request);
void score_names(struct request *request);
void project_score_names(struct request *request);

void comment_create(struct request *request);
void comment_get(struct request *request);
void comment_update(struct request *request);
void comment_delete(struct request *request);

/* Which annotations an answer shows. */
struct annotation_view {
    const struct resource *resource; /* trace_resource, span_resource or thread_resource */
    int64_t project_key;
    bool scores, span_scores, comments;
    bool by_span; /* the parts of span scores name their span (GET of one trace) */
};

/* What of them there can be in a project: `excluded` has a bit per field of the resource. */
enum err annotation_view_init(struct session *session, const struct resource *resource,
                              int64_t project_key, uint64_t excluded, struct annotation_view *ret);

/* Sets the record's annotations, in the arena. `id` is what they are stored under. ERR_TOO_LARGE at
 * the arena's ceiling. */
enum err annotation_view_load(struct session *session, const struct annotation_view *view,
                              const struct uuid *id, struct arena *arena, struct record *record);

#endif
