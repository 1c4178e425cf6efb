/* What the spans of one change add to their traces, collected so that each trace is written once.
 */
#ifndef OCELLI_INGEST_SPAN_SUMS_H
#define OCELLI_INGEST_SPAN_SUMS_H

#include "ingest/thread_sums.h"

struct span_sums;

/* For at most `spans` spans. In the arena; never NULL. */
struct span_sums *span_sums_new(struct arena *arena, size_t spans);

/* Adds (sign 1) or takes away (-1) what a visible span contributes. */
void span_sums_add(struct span_sums *sums, int64_t project_key, const struct record *span,
                   int sign);

/* Writes them to the traces, and notes in `threads` what that adds to the traces' threads. */
enum err span_sums_write(struct span_sums *sums, struct session *session,
                         struct thread_sums *threads);

#endif
