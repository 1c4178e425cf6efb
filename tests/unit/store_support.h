/* A SQLite store in a directory of its own, for tests. */
#ifndef OCELLI_TESTS_UNIT_STORE_SUPPORT_H
#define OCELLI_TESTS_UNIT_STORE_SUPPORT_H

#include "store/store.h"
#include "unit/support.h"

#define TEST_BODY_LIMIT ((size_t)1 << 20)

struct test_store {
    char directory[128];
    struct store *store;
    struct session *writer;
    int64_t workspace; /* "default" */
    struct arena arena;
};

/* Opens a new one, and closes it with everything it has written. */
void test_store_open(struct test_store *t);
void test_store_close(struct test_store *t);

/* Closes and opens it again. */
void test_store_reopen(struct test_store *t);

/* Only closes the store: its directory and the arena stay. */
void test_store_shut(struct test_store *t);

/* Runs SQL on the file directly, while the store is open or not; the integer that a query gives
 * first, or 0. */
int64_t test_store_sql(const struct test_store *t, const char *sql);

/* Inside a transaction. */
struct project test_project(struct test_store *t, const char *name);
struct row test_row(const struct project *project, struct record *record);
/* Packs and puts. */
void test_put(struct test_store *t, struct row *row);

/* The row of an id in a project; fails when there is none. */
struct row test_get(struct test_store *t, struct session *session, const struct resource *resource,
                    const struct project *project, const struct uuid *id, uint64_t load);

/* The sum of a tally's key; 0 when it has none. */
int64_t test_count(const struct value *tally, const char *name);

#endif
