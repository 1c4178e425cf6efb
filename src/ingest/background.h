/* A thread that works beside requests, from time to time or for as long as there is something to
 * do, and writes through the writer like everybody else. */
#ifndef OCELLI_INGEST_BACKGROUND_H
#define OCELLI_INGEST_BACKGROUND_H

#include "ingest/writer.h"

struct background;

struct background_options {
    struct writer *writer; /* outlives it */
    /* Does a piece of work on the thread; true when there may be more to do at once, else it is
     * called again after the interval. */
    bool (*work)(void *context, struct background *background);
    void *context;
    int64_t interval_ms;
    int niceness; /* of the thread: 0 as all others, up to 19 */
};

/* Starts it. NULL when there is no thread for it. */
struct background *background_new(const struct background_options *options);

/* Ends it after the piece of work at hand; before the writer ends. NULL-safe. */
void background_free(struct background *background);

/* Whether work that takes long should end. */
bool background_is_stopping(struct background *background);

/* Has the writer apply a change, and waits until it is committed. What the change needs to be
 * submitted (workspace_name, user, done, owner) is filled in; arena and apply are the caller's.
 * What apply returned; ERR_UNAVAILABLE when the writer's queue is full. On the thread. */
enum err background_write(struct background *background, struct change *change);

#endif
