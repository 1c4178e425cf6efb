/* The merge rules: what a create, a batch item or a PATCH makes of the row that is there. Pure
 * functions of rows; no store (contract/README.md "The merge rule", traces.md 4 to 7, spans.md 3
 * to 5). */
#ifndef OCELLI_INGEST_MERGE_H
#define OCELLI_INGEST_MERGE_H

#include "store/store.h"

enum merge_arrival { ARRIVAL_POST, ARRIVAL_BATCH, ARRIVAL_PATCH };

struct merge_input {
    enum merge_arrival arrival;
    const struct record *record; /* as decoded and packed */
    int64_t clock; /* µs; batch: the item's last_updated_at, or now when it has none */
    int64_t now;   /* µs */
    struct str user;
    bool merge_tags;     /* PATCH batch */
    int64_t first_clock; /* µs; batch: the earliest clock of items with the same id that were
                            dropped for this one; 0: none were */
};

enum merge_result {
    MERGE_WRITE,      /* the row was changed and is to be put */
    MERGE_IGNORE,     /* nothing changes */
    MERGE_EXISTS,     /* POST on a row that a create has made already */
    MERGE_TAGS_LIMIT, /* the tags that come out are too many; the row must not be put */
    MERGE_NO_MEMORY,  /* the arena's ceiling; the row must not be put */
};

/* Applies the input to the row: a stored one, or a fresh one (row->exists false) whose record has
 * the id. Row values may point into the input's record and into `arena` afterwards. */
enum merge_result merge_apply(struct arena *arena, struct row *row,
                              const struct merge_input *input);

/* True when only PATCHes have come, or the start is the epoch, which counts as that for a POST. */
bool merge_is_placeholder(const struct row *row);

#endif
