/* Counts of what was stored, by workspace, project and user. */
#include "store/sqlite/database.h"

enum err store_usage_counts(struct session *session, const struct resource *resource, int64_t from,
                            int64_t to, struct arena *arena, struct usage_count **ret,
                            size_t *ret_count)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, sql_usage_counts(arena, resource));
    size_t size = 16;
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, from);
    sqlite3_bind_int64(statement, 2, to);
    *ret = arena_alloc(arena, size * sizeof(**ret));
    *ret_count = 0;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct usage_count *row;

        if (*ret_count == size) {
            *ret = arena_grow(arena, *ret, size * sizeof(**ret), 2 * size * sizeof(**ret));
            size *= 2;
        }
        if (!*ret || arena_is_over(arena))
            return ERR_TOO_LARGE;
        row = &(*ret)[(*ret_count)++];
        row->workspace = column_str(statement, 0, arena);
        memcpy(&row->project, sqlite3_column_blob(statement, 1), sizeof(row->project));
        row->user = column_str(statement, 2, arena);
        row->count = sqlite3_column_int64(statement, 3);
    }
    return rc == SQLITE_DONE ? ERR_OK : session_failed(session, "usage");
}
