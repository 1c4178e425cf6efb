/* When a span's cost is estimated, and when it stays (stats.md 8 "Manual cost and updates",
 * docs/costs.md). What needs no look at the store is done by span_cost_prepare_…() on the thread
 * that decodes; the writer settles the rest once a row is merged. */
#ifndef OCELLI_INGEST_SPAN_COST_H
#define OCELLI_INGEST_SPAN_COST_H

#include "ingest/merge.h"
#include "ingest/prices.h"

/* SPAN_COST_VERSION of costs that were estimated. */
#define SPAN_COST_ESTIMATED "1.1"

/* Before a create is packed: sets SPAN_ESTIMATED_COST to what its own model, provider and usage
 * cost, else to what its metadata says. Nothing when it tells its cost. */
void span_cost_prepare_create(const struct prices *prices, struct arena *arena,
                              struct record *span);

/* Before a PATCH is packed: sets SPAN_ESTIMATED_COST to what its metadata says. */
void span_cost_prepare_patch(struct arena *arena, struct record *span);

/* Takes a create's usage away, and what was estimated from it. */
void span_cost_drop_usage(const struct prices *prices, struct record *span);

/* What a row was before a merge. */
struct span_cost_before {
    const struct record *span; /* NULL: there was none */
    bool has_base;             /* a create had come */
};

/* After a merge that changed a row: sets its cost and version. */
void span_cost_settle(const struct prices *prices, const struct span_cost_before *before,
                      const struct merge_input *input, struct row *row);

#endif
