/* What the traces of one change do to their threads, collected so that each thread is written once
 * (threads.md 2.1, 3). */
#ifndef OCELLI_INGEST_THREAD_SUMS_H
#define OCELLI_INGEST_THREAD_SUMS_H

#include "ingest/change.h"

struct thread_sums;

/* For a change to at most `traces` traces. Lives in the arena, which may be another one than the
 * change's: nothing of the change points into it. */
struct thread_sums *thread_sums_new(struct change *change, struct arena *arena, size_t traces);

/* A trace of a project was `before` (NULL: not there) and is `after` (NULL: gone). Both carry the
 * sums of its spans. */
void thread_sums_move(struct thread_sums *sums, int64_t project_key, const struct record *before,
                      const struct record *after);

/* A trace was sent by a create with this version clock (µs): its thread comes to life. */
void thread_sums_create(struct thread_sums *sums, int64_t project_key, const struct record *item,
                        int64_t clock);

/* Spans added this to a trace of a thread. The tally must outlive the sums. */
void thread_sums_spans(struct thread_sums *sums, int64_t project_key, struct str thread_id,
                       decimal_int cost, const struct tally *usage);

/* Writes them to the threads; after the traces are written. ERR_TOO_LARGE at the arena's ceiling.
 */
enum err thread_sums_write(struct thread_sums *sums, struct session *session);

#endif
