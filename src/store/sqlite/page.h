/* One page of a list that is found by looking at rows: the count of all matches and the keys of the
 * page come out of one pass, the rows of the page are read afterwards. */
#ifndef OCELLI_STORE_SQLITE_PAGE_H
#define OCELLI_STORE_SQLITE_PAGE_H

#include "store/sqlite/database.h"

/* Pages that end behind so many rows are found in another way. */
#define PAGE_KEYS_MAX 10000

/* What a row is ordered by, and which row it is. */
struct page_key {
    enum { PAGE_NULL, PAGE_INT, PAGE_REAL, PAGE_MONEY } kind;
    union {
        int64_t i;
        double d;
        decimal_int money; /* that is no int64_t */
    };
    struct uuid trace, parent, id; /* spans; traces have just an id */
    bool has_parent;
};

struct page {
    bool by_value, descending; /* ordered by the value; absent ones last */
    bool by_place;             /* then by trace and parent before the id */
    int64_t total;
    size_t capacity, count; /* of keys: the first so many rows of the order */
    struct page_key *keys;  /* heap with the last row of the order on top, until page_sort() */
};

/* Room for the rows up to the end of the query's page. ERR_TOO_LARGE at the arena's ceiling. */
enum err page_init(struct page *page, const struct entity_query *query, struct arena *arena);

/* Counts a row, and keeps it when it is among the first. */
void page_offer(struct page *page, const struct page_key *key);

/* An empty page of the same order and capacity, for mem_free(). */
struct page *page_twin(const struct page *page);

/* Offers all rows of a page to another one, and empties it. */
void page_move(struct page *to, struct page *from);

/* Appends a row to those that came before it in the order. False when it does not follow them. */
bool page_append(struct page *page, const struct page_key *key);

/* Brings the kept rows into order. */
void page_sort(struct page *page);

/* True when the page is full and no row whose value is `bound` or behind, with an id prefix of at
 * most `prefix`, can come into it. */
bool page_is_done(const struct page *page, int64_t bound, int64_t prefix);

/* Reads the value of a column. */
void page_read_value(sqlite3_value *value, struct page_key *ret);

/* Whether the query's page ends before PAGE_KEYS_MAX. */
static inline bool page_fits(const struct entity_query *query)
{
    return query->offset < PAGE_KEYS_MAX && query->limit <= PAGE_KEYS_MAX - query->offset;
}

struct entity_cursor {
    struct session *session;
    const struct entity_query *query;
    sqlite3_stmt *statement;
    const struct page *page; /* or the rows of a page from `next` on */
    size_t next;
};

/* True when nothing narrows the list, so that the project's counters are the answer. */
bool entity_is_whole_project(const struct entity_query *query);

/* Opens a cursor over spans in the order of their ids, or over traces in that order, of which zones
 * rule some out. ERR_TOO_LARGE at the arena's ceiling, ERR_NOT_FOUND when it is to be tried
 * otherwise. */
enum err entity_open_by_id(struct session *session, const struct entity_query *query,
                           struct arena *arena, struct entity_cursor **ret);

/* Registers page_add(). SQLITE_OK or an error of SQLite. */
int page_functions_register(struct session *session);

#endif
