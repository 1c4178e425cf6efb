/* A change set: everything one request wants to write, prepared so far that applying it needs
 * nothing but the store. The writer applies many in one transaction. */
#ifndef OCELLI_INGEST_CHANGE_H
#define OCELLI_INGEST_CHANGE_H

#include "store/store.h"

/* What a change adds to a project's counters when it succeeds. */
struct project_touch {
    struct project_touch *next;
    int64_t project_key;
    int64_t traces, spans, threads;
    int64_t last_updated_trace_at; /* µs; 0: none */
};

/* What a change wrote, for feed_note(). */
struct feed_notes {
    struct feed_note *first, *last;
    size_t count;
    bool incomplete;
};

struct change {
    struct change *next; /* the writer's */
    size_t bytes;        /* the writer's: of the arena when it was submitted */
    struct arena *arena; /* the request's; outlives the change */
    struct error error;  /* filled when apply fails */

    struct str workspace_name;
    struct str user;
    int64_t workspace;        /* set by the writer before apply */
    int64_t now;              /* µs; set by the writer before apply */
    int64_t environments_max; /* of a workspace; set by the writer before apply */
    struct project_touch *touches;
    struct feed_notes notes; /* see feed_note() */

    /* Applies it on the writer's thread. Anything but ERR_OK undoes it. */
    enum err (*apply)(struct change *change, struct session *session);
    /* True when `apply` refuses before it writes anything, so that it needs no savepoint; a
     * savepoint costs a copy of each page that changes. ERR_INTERNAL then fails the whole
     * transaction. */
    bool refuses_first;
    /* Called once, after the commit or the failure, on the writer's thread. */
    void (*done)(struct change *change, enum err err);
    void *owner; /* for `done` */
};

/* Adds to a project's counters when the change succeeds. */
void change_touch(struct change *change, int64_t project_key, int64_t traces, int64_t spans,
                  int64_t last_updated_trace_at);

/* The same for threads that have got their first trace or lost their last. */
void change_touch_threads(struct change *change, int64_t project_key, int64_t threads);

#endif
