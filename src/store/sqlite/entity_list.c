/* Counting and listing traces and spans. */
#include "store/sql.h"
#include "store/sqlite/scan.h"

/* Binds of the largest filter, and ranges of more rows than one machine has. */
#define SQL_ARENA_BYTES ((size_t)64 * 1024 * 1024)

sqlite3_stmt *session_prepare_sql(struct session *session, const struct sql *sql)
{
    sqlite3_stmt *statement = sql->failed ? NULL : session_prepare(session, buf_str(&sql->text));

    for (size_t i = 0; statement && i < sql->bind_count; i++) {
        const struct sql_bind *bind = &sql->binds[i];
        int index = (int)i + 1;
        if (bind->kind == SQL_BIND_INT)
            sqlite3_bind_int64(statement, index, bind->i);
        else if (bind->kind == SQL_BIND_REAL)
            sqlite3_bind_double(statement, index, bind->d);
        else if (bind->kind == SQL_BIND_TEXT)
            bind_str(statement, index, bind->s);
        else if (bind->kind == SQL_BIND_BYTES)
            sqlite3_bind_blob(statement, index, bind->bytes, sizeof(bind->bytes), SQLITE_STATIC);
        else
            bind_uuid(statement, index, &bind->uuid);
    }
    return statement;
}

bool entity_is_whole_project(const struct entity_query *query)
{
    return !query->nothing && !query->ids && !query->has_from && !query->has_to &&
           !query->has_trace && !query->type && !query->source && !query->filter &&
           query->search.n == 0 && !query->has_before && query->before_thread.n == 0;
}

static enum err count_threads(struct session *session, const struct entity_query *query,
                              struct arena *arena, int64_t *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    struct sql sql;
    enum err err;

    sql_init(&sql, arena);
    sql_add(&sql, "SELECT count(*)");
    err = thread_add_source(session, &sql, query);
    statement = err ? NULL : session_prepare_sql(session, &sql);
    if (statement && sqlite3_step(statement) == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    else if (!err)
        err = sql.failed ? ERR_TOO_LARGE : session_failed(session, "count");
    sql_done(&sql);
    return err;
}

static enum err count_rows(struct session *session, const struct entity_query *query,
                           struct arena *arena, int64_t *ret)
{
    struct scan scan;
    enum err err = scan_init(session, query, arena, &scan);

    return err ? err : scan_count(session, &scan, arena, ret);
}

enum err store_entity_count(struct session *session, const struct entity_query *query, int64_t *ret)
{
    struct arena arena;
    enum err err;

    if (entity_is_whole_project(query)) {
        *ret = query->resource == &span_resource     ? query->project.span_count
               : query->resource == &thread_resource ? query->project.thread_count
                                                     : query->project.trace_count;
        return ERR_OK;
    }
    arena_init(&arena, SQL_ARENA_BYTES);
    err = (query->resource == &thread_resource ? count_threads : count_rows)(session, query, &arena,
                                                                             ret);
    arena_done(&arena);
    return err;
}

/* Whether rows are found by a walk over zones: spans in the order of ids, which is not that of
 * their table, and traces of which zones leave some out. */
static bool is_walked(const struct session *session, const struct entity_query *query,
                      struct arena *arena)
{
    if (query->ids || !page_fits(query) || query->resource == &thread_resource)
        return false;
    if (query->resource == &span_resource)
        return query->order == ORDER_ID;
    return query->order != ORDER_FIELD && !session->writer && scan_is_narrowed(query, arena);
}

enum err store_entity_open(struct session *session, const struct entity_query *query,
                           struct arena *arena, struct entity_cursor **ret)
{
    struct entity_cursor *cursor = arena_zalloc(arena, sizeof(*cursor));
    struct sql sql;
    enum err err = ERR_OK;

    *ret = NULL;
    if (is_walked(session, query, arena)) {
        err = entity_open_by_id(session, query, arena, ret);
        if (err != ERR_NOT_FOUND)
            return err;
        err = ERR_OK;
    }
    sql_init(&sql, arena);
    if (query->resource == &thread_resource) {
        err = thread_add_list(session, &sql, query);
    } else {
        sql_add(&sql, "SELECT ");
        sql_add(&sql, sql_entity_columns(arena, query->resource).p);
        sql_add_entity_source(&sql, query);
        sql_add_entity_order(&sql, query);
    }
    cursor->session = session;
    cursor->query = query;
    cursor->statement = err ? NULL : session_prepare_sql(session, &sql);
    sql_done(&sql);
    *ret = cursor->statement ? cursor : NULL;
    return err ? err : cursor->statement ? ERR_OK : sql.failed ? ERR_TOO_LARGE : ERR_INTERNAL;
}

enum err store_entity_next(struct entity_cursor *cursor, struct arena *arena, struct row *ret)
{
    const struct entity_query *query = cursor->query;
    int rc;

    if (cursor->page) {
        if (cursor->next >= cursor->page->count)
            return ERR_NOT_FOUND;
        return store_entity_get(cursor->session, query->resource, 0, query->project.key,
                                &cursor->page->keys[cursor->next++].id, query->load, arena, ret);
    }
    rc = sqlite3_step(cursor->statement);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return session_failed(cursor->session, "list");
    if (cursor->query->resource == &thread_resource)
        return thread_read(cursor->session, cursor->statement, arena, ret);
    return entity_read(cursor->session, cursor->statement, cursor->query->resource,
                       cursor->query->load, arena, ret);
}

void store_entity_close(struct entity_cursor *cursor)
{
    if (cursor)
        sqlite3_finalize(cursor->statement);
}
