/* A pass over all traces or spans that a query finds. Zones that cannot have any are left out, and
 * the others are ranges of keys, which the threads of the scan pool share with the caller. */
#ifndef OCELLI_STORE_SQLITE_SCAN_H
#define OCELLI_STORE_SQLITE_SCAN_H

#include "store/sqlite/id_set.h"
#include "store/sqlite/page.h"

/* Ids of traces, inclusive. */
struct scan_range {
    struct uuid first, last;
};

struct scan {
    struct entity_query query;     /* what is asked of each row within a range */
    const struct page_key *behind; /* only rows behind this one in the default order, or NULL */
    bool by_range;                 /* else an index finds the rows, without ranges */
    struct scan_range *ranges;     /* newest first */
    size_t count;                  /* 1 without ranges */
    int64_t rows;                  /* about so many rows are in them */
    const struct id_set *sets;     /* that conditions on scores and an order by one look into, by
                                      their numbers; or NULL */
};

/* Lists the ranges of a query, in the arena. ERR_TOO_LARGE, ERR_TIMEOUT, ERR_ABANDONED,
 * ERR_INTERNAL, as all of these. */
enum err scan_init(struct session *session, const struct entity_query *query, struct arena *arena,
                   struct scan *ret);

/* Appends " FROM … WHERE …" for the zones `z` that may have rows of a query. True when some may be
 * left out. */
bool scan_add_zones(struct sql *sql, const struct entity_query *query);

/* Whether zones rule out some of the rows that a query goes over. */
bool scan_is_narrowed(const struct entity_query *query, struct arena *arena);

/* Leaves only what stands behind a key, which lies in the range `from`. */
void scan_cut(struct scan *scan, size_t from, const struct page_key *key);

/* Appends " FROM … WHERE …" for one range; *ret_bind is the number of the first of the range's two
 * values, 0 without. */
void scan_add_source(struct sql *sql, const struct scan *scan, int *ret_bind);

/* Binds a range. */
void scan_bind(sqlite3_stmt *statement, int bind, const struct scan_range *range);

/* What becomes of the rows. */
struct scan_result {
    /* Appends "SELECT <aggregates>", which make one row of each range. */
    void (*add_columns)(struct sql *sql, const struct entity_query *query);
    struct page *page; /* what page_add() collects into, or NULL */
    /* Without a page: takes the row of a range; ranges come in any order, but one at a time. */
    enum err (*take)(struct session *session, sqlite3_stmt *statement, void *context);
    void *context;
};

/* Goes over all ranges. */
enum err scan_run(struct session *session, const struct scan *scan, struct arena *arena,
                  const struct scan_result *result);

/* How many rows there are. */
enum err scan_count(struct session *session, const struct scan *scan, struct arena *arena,
                    int64_t *ret);

#endif
