/* Sets of ids that a query has found beforehand, sorted, so that a pass over many rows asks for
 * each row whether it is in them: conditions on scores, and the order by a score. */
#ifndef OCELLI_STORE_SQLITE_ID_SET_H
#define OCELLI_STORE_SQLITE_ID_SET_H

#include "store/sql.h"
#include "store/sqlite/database.h"

/* Larger ones are not made. */
#ifndef ID_SET_MAX
#define ID_SET_MAX ((size_t)4 * 1024 * 1024)
#endif

struct id_set {
    struct uuid *ids; /* ascending */
    int64_t *ranks;   /* beside them, if the query gave any */
    size_t count;
};

/* Runs a query that gives ids, or ids in ascending order with a rank for each; the set is in the
 * arena. ERR_TOO_LARGE when it is larger than ID_SET_MAX or the arena allows, ERR_TIMEOUT,
 * ERR_ABANDONED, ERR_INTERNAL. */
enum err id_set_load(struct session *session, const struct sql *sql, struct arena *arena,
                     struct id_set *ret);

/* The sets that conditions of a filter name (struct sql_sets), by their numbers: from 1 on; 0 is
 * left empty. Same errors. */
enum err id_sets_load(struct session *session, const struct entity_query *query,
                      struct arena *arena, struct id_set **ret, size_t *ret_count);

/* Whether a set failed by its size alone, so that the query is to be answered without it. */
static inline bool id_set_is_too_large(enum err err, const struct arena *arena)
{
    return err == ERR_TOO_LARGE && !arena_is_over(arena);
}

/* The place of an id, or -1. Looks first around *hint, the place of the last one. */
ptrdiff_t id_set_find(const struct id_set *set, const struct uuid *id, size_t *hint);

/* Registers id_in() and id_rank(), which look into the session's sets. SQLITE_OK or an error of
 * SQLite. */
int id_set_functions_register(struct session *session);

#endif
