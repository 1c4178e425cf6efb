/* SQL text with bound values, made of constants: the only place where conditions become SQL. */
#ifndef OCELLI_STORE_SQL_H
#define OCELLI_STORE_SQL_H

#include "base/buf.h"
#include "base/trigrams.h"
#include "store/store.h"

/* SQLite takes 32766. A filter that needs more is refused with 413. */
#define SQL_BINDS_MAX 32000

enum sql_bind_kind { SQL_BIND_INT, SQL_BIND_UUID, SQL_BIND_TEXT, SQL_BIND_REAL, SQL_BIND_BYTES };

struct sql_bind {
    enum sql_bind_kind kind;
    union {
        int64_t i;
        double d;
        struct uuid uuid;
        struct str s;
        uint8_t bytes[DECIMAL_BYTES];
    };
};

struct sql_sets;

struct sql {
    struct arena *arena;
    int64_t project_key;   /* what conditions on scores are about */
    struct sql_sets *sets; /* conditions on scores ask id_in() of sets that are listed here; NULL:
                              they have subqueries */
    bool on_traces;        /* `t` is a trace where a test on a thread's traces stands */
    struct buf text;
    struct sql_bind *binds;
    size_t bind_count, bind_size;
    bool failed; /* too large */
};

/* Queries that give the ids of a set, in any order and perhaps some of them twice. The first one is
 * number 1 of id_in(); number 0 is the set that an order by a score takes its ranks from, see
 * sql_add_score_ranks(). */
#define SQL_SETS_MAX (2 * FILTER_TESTS_MAX)
struct sql_sets {
    struct sql queries[SQL_SETS_MAX];
    size_t count;
};

/* Frees what the texts of sets grew to. NULL-safe. */
void sql_sets_done(struct sql_sets *sets);

/* An empty text. sql_done() frees what it grew to. */
void sql_init(struct sql *sql, struct arena *arena);
void sql_done(struct sql *sql);

/* Appends text that is a constant of the program. */
void sql_add(struct sql *sql, const char *text);

/* Appends a `?` and its value. */
void sql_add_int(struct sql *sql, int64_t value);
void sql_add_real(struct sql *sql, double value);
void sql_add_text(struct sql *sql, struct str value);
void sql_add_uuid(struct sql *sql, const struct uuid *value);

/* The same of money (10^-12 USD), as a column has it. */
void sql_add_cost(struct sql *sql, decimal_int value);

/* Appends the condition and the id, when there is one. */
void sql_add_bound(struct sql *sql, const char *condition, bool has, const struct uuid *id);

/* Appends a condition in parentheses that is true, false or NULL. */
void sql_add_filter(struct sql *sql, const struct filter_node *node);

/* Whether a value that meets a test of a dictionary stands in the JSON text as it is, so that most
 * texts need not be parsed. */
bool sql_shows_in_json(const struct filter_node *node);

/* Appends " FROM <table> t JOIN project p … WHERE <conditions of the query>". */
void sql_add_entity_source(struct sql *sql, const struct entity_query *query);

/* The same without the project, for statements that go over all matches in any order: they begin
 * at the zones or the index that rule out most other rows. */
void sql_add_entity_scan(struct sql *sql, const struct entity_query *query);

/* The same for the rows whose key in zones lies between two ids, which are the last two values. */
void sql_add_entity_range(struct sql *sql, const struct entity_query *query,
                          const struct uuid *first, const struct uuid *last);

/* Whether a query is answered by a look at the rows of ranges of keys, and not by an index; whether
 * zones (sqlite/zone.h) rule some of its rows out; whether both. Then the table and its zones, and
 * conditions on them. */
bool sql_scans_ranges(const struct entity_query *query);
bool sql_narrows_zones(const struct entity_query *query);
bool sql_uses_zones(const struct entity_query *query);
void sql_add_zones(struct sql *sql, const struct entity_query *query);
void sql_add_zone_conditions(struct sql *sql, const struct entity_query *query);

/* What the texts of each row have that a query finds; without any, nothing is known of them. The
 * arena is used for folded patterns. */
void sql_needed_trigrams(const struct entity_query *query, struct arena *arena,
                         struct trigrams_needed *ret);

/* Whether a query is in the order of a score. */
bool sql_sorts_by_score(const struct entity_query *query);

/* Appends a query for the ids that have the score of the order, with the numbers that they are
 * sorted by; all other ids have 0. */
void sql_add_score_ranks(struct sql *sql, const struct entity_query *query);

/* Appends what a number is sorted by: one expression, NULL for absent values. Of scores, the rank
 * in set 0. */
void sql_add_sort_value(struct sql *sql, const struct entity_query *query);

/* Appends a whole statement: a row for each row that counts, with the columns of enum
 * sql_metric_column. Rows of one entity and score name come one after the other. `narrow`: spans
 * are looked up by their ids; else all of the project are read, which is the order they stand in.
 */
void sql_add_metric_rows(struct sql *sql, const struct metric_query *query, bool narrow);

enum sql_metric_column {
    SQL_METRIC_TIME,  /* the id or the ns that make the bucket */
    SQL_METRIC_GROUP, /* text; BREAKDOWN_TAGS: the tags; BREAKDOWN_TYPE: the number */
    SQL_METRIC_VALUE, /* duration in µs; usage; cost; value of a score */
    SQL_METRIC_NAME,  /* MEASURE_SCORES: the score's */
    SQL_METRIC_ERROR = SQL_METRIC_NAME, /* MEASURE_ERROR_RATE, MEASURE_SUMMARY: whether it failed */
    SQL_METRIC_COST,                    /* MEASURE_SUMMARY: the row's own */
    SQL_METRIC_ENTITY = SQL_METRIC_COST, /* MEASURE_SCORES: whose score it is */
};

/* Appends " ORDER BY … LIMIT ? OFFSET ?". */
void sql_add_entity_order(struct sql *sql, const struct entity_query *query);

/* The same of threads, whose row `t` has the columns of the table `thread`. Without `partial` there
 * is no thread of which only some traces are chosen. */
void sql_add_thread_source(struct sql *sql, const struct entity_query *query, bool partial);
void sql_add_thread_order(struct sql *sql, const struct entity_query *query);

/* Whether a query chooses among the traces of threads, and whether the threads' rows can tell which
 * of them are chosen whole. */
bool sql_thread_is_restricted(const struct entity_query *query);
bool sql_thread_has_whole(const struct entity_query *query);

/* Appends a statement that has a row if some thread is chosen in part. */
void sql_add_thread_partial(struct sql *sql, const struct entity_query *query);

#endif
