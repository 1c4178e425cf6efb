/* Writing threads: their life and their tags. As with entities, each function sets change->apply
 * (threads.md 2 and 6). */
#ifndef OCELLI_INGEST_THREAD_WRITE_H
#define OCELLI_INGEST_THREAD_WRITE_H

#include "ingest/change.h"

struct thread_change {
    struct change change; /* first: a pointer to it is one to this */
    bool has_project;     /* by id, else by name */
    struct uuid project_id;
    struct str project_name;
    struct str *thread_ids;
    size_t thread_count;
    bool purge;       /* delete: the threads' scores and comments too */
    struct uuid *ids; /* update: thread_model_ids */
    size_t id_count;
    struct record *update;
    bool merge_tags;
    int64_t limit;       /* idle: at most so many in one change */
    int64_t timeout_us;  /* idle: where the workspace sets none */
    int64_t lookback_us; /* idle: at least so far back; older threads are left as they are */
    int64_t closed;      /* idle: how many it was */
};

/* A trace came into a thread with a create: gives it a mapping and a record, or wakes it up.
 * `clock` (µs) is the newest of the items, `earliest` the one with the least id (threads.md 2.1).
 */
void thread_begin(struct change *change, struct thread *thread, const struct record *earliest,
                  int64_t clock);

/* The thread_model_id of a thread, made now when there is none. On the writer's thread. */
enum err thread_ensure_mapping(struct change *change, struct session *session, int64_t project_key,
                               struct str thread_id, struct uuid *ret);

/* Makes threads inactive. 404 when the project or one of them is unknown; nothing is closed then.
 */
void thread_change_close(struct thread_change *change);

/* Makes one active; an unknown one gets a mapping. 404 unknown project. */
void thread_change_open(struct thread_change *change);

/* Deletes the threads' traces. Never refused. */
void thread_change_delete(struct thread_change *change);

/* PATCH of ids[0]. 404; 422 too many tags. */
void thread_change_update(struct thread_change *change);

/* PATCH of many; unknown ids are skipped. 422 too many tags. */
void thread_change_update_batch(struct thread_change *change);

/* Closes threads without a sign of life for longer than their workspace allows, but none that has
 * been silent for longer than the greatest of all these times and an hour, a day, and lookback_us:
 * such a thread was written with times of the past, and the clock has nothing to say about it. */
void thread_change_close_idle(struct thread_change *change);

#endif
