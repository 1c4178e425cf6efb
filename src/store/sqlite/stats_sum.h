/* Statistics of parts of the rows, put together to those of all. */
#ifndef OCELLI_STORE_SQLITE_STATS_SUM_H
#define OCELLI_STORE_SQLITE_STATS_SUM_H

#include "base/text_set.h"
#include "store/sqlite/database.h"

/* Most bytes of what is kept of all rows: durations, texts. */
#define VALUES_MAX_BYTES ((size_t)1024 * 1024 * 1024)

/* What totals() begins with; behind it stand durations as doubles in ms. */
struct row_totals {
    int64_t count, heavy[4], tags, spans, llm_spans;
    int64_t costs; /* rows with a cost above 0, and its sum */
    decimal_int cost;
};

/* Usage by name. All zero: empty. */
struct usage_sum {
    void *by_name; /* tree */
    struct {
        const char *text; /* of the dictionary, the same in every row */
        struct usage_stats *stats;
    } recent[16];
};

void usage_sum_add(struct usage_sum *sum, const struct usage_stats *more);

/* The sum as bytes, and bytes to a sum. False when memory is out. */
bool usage_sum_write(struct usage_sum *sum, struct buf *out);
void usage_sum_add_bytes(struct usage_sum *sum, struct str bytes);

/* Frees the memory. NULL-safe. */
void usage_sum_done(struct usage_sum *sum);

struct stats_sum {
    struct row_totals totals;
    struct buf durations;
    struct usage_sum usage;
    struct text_set threads;
};

void stats_sum_init(struct stats_sum *sum);

/* Adds what totals(), tally_stats() and, if there is a third column, text_set() gave. ERR_TOO_LARGE
 * when memory is out. */
enum err stats_sum_add(struct stats_sum *sum, sqlite3_stmt *statement);

/* What the sums come to, texts in the arena. Once: percentiles reorder the durations.
 * ERR_TOO_LARGE. */
enum err stats_sum_read(struct stats_sum *sum, struct arena *arena, struct entity_stats *ret);

void stats_sum_done(struct stats_sum *sum);

/* p50, p90 and p99 of values, by interpolation (stats.md 1); 0 when there are none. Reorders them.
 */
void percentiles_compute(double *values, size_t n, double ret[3]);

#endif
