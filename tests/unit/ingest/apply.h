/* Applies changes to a store as the writer does, one at a time and at a time of the test's own. */
#ifndef OCELLI_TESTS_UNIT_INGEST_APPLY_H
#define OCELLI_TESTS_UNIT_INGEST_APPLY_H

#include "ingest/entity_write.h"
#include "unit/store_support.h"

extern struct test_store apply_store;
extern int64_t apply_now;              /* grows by 1000 with each change */
extern int64_t apply_environments_max; /* 100 unless told */
extern const char *apply_user;         /* "user" unless told */
extern struct error apply_error;       /* of the last change */
extern size_t apply_notes;             /* how many the last change has for the feed */
extern const char *apply_workspace;    /* "default" unless told */

/* cmocka fixtures: an open store; no transaction is open between changes. */
int apply_start(void **state);
int apply_stop(void **state);

/* In a transaction of its own, with a savepoint unless the change refuses first. */
enum err apply_change(struct change *change);

/* Bodies have ' for ". Creates get a start time, and spans the trace test_uuid(1), in front. */
enum err apply_create(const struct resource *resource, unsigned id, const char *members);
enum err apply_patch(const struct resource *resource, unsigned id, const char *members);

/* Items of "id members" are separated by newlines: "7 'name':'a'\n8 'name':'b'". */
enum err apply_batch(const struct resource *resource, const char *items);

/* Ids are a list that ends with 0. */
enum err apply_patch_many(const struct resource *resource, const unsigned *ids, bool merge_tags,
                          const char *members);
enum err apply_delete(const struct resource *resource, const unsigned *ids,
                      const struct project *project);

/* The row that clients see, by project name or, with NULL, in any; NULL when there is none. All
 * heavy fields are loaded. */
struct row *apply_find(const struct resource *resource, const char *project, unsigned id);

/* The name of the row, "-" when it has none, "none" when there is no row. */
struct str apply_name(const struct resource *resource, const char *project, unsigned id);

/* A project by name; key 0 when there is none. */
struct project apply_project(const char *name);

#endif
