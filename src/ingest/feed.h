/* Who follows a project learns which of its traces or spans were written: the writer tells the feed
 * after each commit, the feed keeps the ids for each subscriber until it takes them. Ids that come
 * again before they are taken count once. A subscriber that lets too many gather is dropped; the
 * writer never waits for one. */
#ifndef OCELLI_INGEST_FEED_H
#define OCELLI_INGEST_FEED_H

#include "ingest/change.h"

struct feed;
struct feed_subscriber;

/* Ids that may wait for one subscriber. */
#define FEED_PENDING_MAX 4096

/* Notes that a change keeps. Of a change that writes more, subscribers are dropped: they would have
 * to read everything anew anyhow. */
#define FEED_NOTES_MAX 16384

/* What a change wrote, in the order it did. */
struct feed_note {
    struct feed_note *next;
    int64_t project_key;
    const struct resource *resource;
    struct uuid id;
    bool deleted;
};

struct feed_event {
    struct uuid id;
    bool deleted;  /* the last that happened to it */
    bool of_trace; /* to those who follow spans: a trace was deleted with all its spans */
};

/* A feed for at most so many subscribers at the same time. Never NULL. */
struct feed *feed_new(int subscribers_max);

/* NULL-safe. Nobody may be subscribed any more. */
void feed_free(struct feed *feed);

/* Notes in a change that a trace or span was written or deleted; told when it is committed. */
void feed_note(struct change *change, int64_t project_key, const struct resource *resource,
               const struct uuid *id, bool deleted);

/* Tells the subscribers what a committed change wrote. Any thread; costs nearly nothing while there
 * is no subscriber. */
void feed_publish(struct feed *feed, const struct change *change);

/* Follows the traces or spans (`resource`) of a project. `wake` is called when something is there
 * to be taken after nothing was, `drop` once when more than FEED_PENDING_MAX ids have gathered;
 * both on the thread that publishes, with the feed locked: they must be quick and not call the
 * feed. After feed_unsubscribe() they are not called any more. NULL when there are too many
 * subscribers.
 */
struct feed_subscriber *feed_subscribe(struct feed *feed, int64_t project_key,
                                       const struct resource *resource, void (*wake)(void *context),
                                       void (*drop)(void *context), void *context);

/* NULL-safe. */
void feed_unsubscribe(struct feed_subscriber *subscriber);

/* Moves what has gathered to `ret`, which has room for FEED_PENDING_MAX. False when the subscriber
 * was dropped: it has missed something. */
bool feed_take(struct feed_subscriber *subscriber, struct feed_event *ret, size_t *ret_count);

#endif
