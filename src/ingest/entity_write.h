/* Writing traces and spans: each function turns decoded records into a change for the writer.
 *
 * They set change->apply; the caller fills arena, workspace_name, user, done and owner, and submits
 * it. Errors that apply can leave in change->error are named with each function; their texts are
 * the contract's (traces.md 4 to 7 and 10, spans.md 3 to 5, 8 and 11). */
#ifndef OCELLI_INGEST_ENTITY_WRITE_H
#define OCELLI_INGEST_ENTITY_WRITE_H

#include "ingest/change.h"
#include "ingest/prices.h"

struct entity_change {
    struct change change; /* first: a pointer to it is one to this */
    const struct resource *resource;
    struct record **records; /* create: the entities; PATCH: the update */
    size_t record_count;
    struct uuid *ids; /* PATCH: one; PATCH batch, delete: many */
    size_t id_count;
    bool merge_tags;
    bool keeps_existing; /* POST batch: what exists already stays as it is */
    bool has_project;    /* delete: only in this project */
    struct uuid project;
    const struct prices *prices; /* spans; NULL: nothing is estimated from stored values */
    struct thread_sums *threads; /* made by apply */
};

/* The row of an id in a project, or in any of the workspace (project_key 0), its texts in the
 * arena. A row that holds nothing but sums of spans is found in a project, with row->exists false;
 * in any, it counts as none. ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_INTERNAL. On the writer's thread. */
enum err entity_find_row(struct entity_change *self, struct session *session, int64_t project_key,
                         const struct uuid *id, struct arena *arena, struct row *ret);

/* POST of one. records[0] has its id. 409: exists already (traces), other project, other parent or
 * trace (spans); a span that exists already is ignored. */
void entity_change_create(struct entity_change *change);

/* POST batch. Every record has its id. Never refused for what is stored. */
void entity_change_batch(struct entity_change *change);

/* Part of another change: the same for records of one resource; `prices` as above. With
 * `keeps_existing` they do not replace what a create has made already, but still complete what only
 * PATCHes have. */
enum err entity_write_batch(struct change *change, struct session *session,
                            const struct resource *resource, struct record **records, size_t count,
                            bool keeps_existing, const struct prices *prices);

/* PATCH of ids[0] with records[0]. 404 unknown project_id; 409 other project, parent or trace; 422
 * too many tags, or a span's trace_id is missing and unknown. */
void entity_change_patch(struct entity_change *change);

/* PATCH batch of ids with records[0]; unknown ids are skipped. 422 too many tags. */
void entity_change_patch_batch(struct entity_change *change);

/* Part of another change: deletes traces of a project with all that belongs to them; unknown ones
 * are skipped. On the writer's thread. */
enum err entity_delete_traces(struct change *change, struct session *session, int64_t project_key,
                              const struct uuid *ids, size_t count);

/* Deletes ids: traces with their spans, spans with their descendants. Never refused. */
void entity_change_delete(struct entity_change *change);

#endif
