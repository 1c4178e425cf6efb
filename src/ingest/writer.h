/* The one writing thread: takes what has been submitted, applies it in one transaction, commits
 * once and tells everybody. What was acknowledged is on the disk (design: group commit). */
#ifndef OCELLI_INGEST_WRITER_H
#define OCELLI_INGEST_WRITER_H

#include "ingest/feed.h"

struct writer;

struct writer_options {
    int queue_changes;        /* bound of the queue; beyond it writer_submit() refuses */
    size_t queue_bytes;       /* nothing more is taken while the arenas behind the waiting changes
                                 hold so much; what is taken may be of any size, so that a large
                                 change need not find the queue empty */
    int64_t environments_max; /* of a workspace */
    struct feed *feed; /* is told of what was committed; NULL: nobody is. Outlives the writer. */
};

/* Starts the thread. NULL when that fails. The store must outlive the writer. */
struct writer *writer_new(struct store *store, const struct writer_options *options);

/* Queues a change; from any thread. False when the queue is full: the caller answers 503 with
 * Retry-After and keeps the change. */
bool writer_submit(struct writer *writer, struct change *change)
    __attribute__((warn_unused_result));

/* Applies what is queued, ends the thread. NULL-safe. */
void writer_free(struct writer *writer);

#endif
