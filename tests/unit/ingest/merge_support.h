/* One row that requests arrive at, without a store. */
#ifndef OCELLI_TESTS_UNIT_INGEST_MERGE_SUPPORT_H
#define OCELLI_TESTS_UNIT_INGEST_MERGE_SUPPORT_H

#include "ingest/merge.h"
#include "unit/support.h"

extern struct arena merge_arena;
extern struct row merge_row;
extern const char *merge_user;
extern bool merge_tags; /* merge_tags of the next PATCHes */

/* Both end with an empty row of the id test_uuid(1). */
void merge_start(const struct resource *resource);
void merge_fresh(const struct resource *resource);
void merge_stop(void);

/* Members of a body (with ' for ", without braces) as a record ready for the merge rules. A start
 * time of 2024-01-01 and, for spans, the trace test_uuid(1) stand in front of creates. */
struct record *merge_body(enum merge_arrival arrival, const struct resource *resource,
                          const char *members);

/* Lets a request arrive; `clock` counts for batches only. The row then is as it would be stored. */
enum merge_result merge_arrive(enum merge_arrival arrival, int64_t clock, int64_t now,
                               const char *members);
enum merge_result merge_arrive_record(enum merge_arrival arrival, int64_t clock, int64_t now,
                                      const struct record *record);

/* When a field was patched last; -1 when it is not marked. */
int64_t merge_mark(size_t field);

#endif
