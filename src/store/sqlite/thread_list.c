/* Listing threads: the rows of sql_thread.c as records, with the messages at their ends. */
#include "store/sql.h"
#include "store/sqlite/database.h"

enum { COLUMN_THREAD_PROJECT, COLUMN_THREAD_UUID, THREAD_ROW_COLUMNS };

static struct str thread_columns(struct arena *arena)
{
    struct str out = STR("t.project, p.uuid");

    for (size_t i = 0; i < thread_resource.count; i++) {
        if (thread_resource.fields[i].column)
            out = str_format(arena, "%.*s, t.%s", STR_ARG(out), thread_resource.fields[i].column);
    }
    return out;
}

enum err thread_add_source(struct session *session, struct sql *sql,
                           const struct entity_query *query)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    struct sql look;
    int rc;

    if (!sql_thread_is_restricted(query) || !sql_thread_has_whole(query)) {
        sql_add_thread_source(sql, query, true);
        return ERR_OK;
    }
    /* As long as no thread lies partly inside, all answers stand in the threads' rows. */
    sql_init(&look, sql->arena);
    sql_add_thread_partial(&look, query);
    statement = session_prepare_sql(session, &look);
    sql_done(&look);
    if (!statement)
        return look.failed ? ERR_TOO_LARGE : ERR_INTERNAL;
    rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return session_failed(session, "threads");
    sql_add_thread_source(sql, query, rc == SQLITE_ROW);
    return ERR_OK;
}

enum err thread_add_list(struct session *session, struct sql *sql, const struct entity_query *query)
{
    enum err err;

    sql_add(sql, "SELECT ");
    sql_add(sql, thread_columns(sql->arena).p);
    err = thread_add_source(session, sql, query);
    sql_add_thread_order(sql, query);
    return err;
}

/* The input or output of a trace of the thread; absent when it has none. */
static enum err load_message(struct session *session, int64_t project_key,
                             const struct value *trace, bool output, struct arena *arena,
                             struct value *ret)
{
    int slot = output ? STATEMENT_THREAD_LAST_MESSAGE : STATEMENT_THREAD_FIRST_MESSAGE;
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, slot,
                          output ? "SELECT b.output FROM trace t JOIN trace_body b ON b.id = t.body"
                                   " WHERE t.project = ?1 AND t.id = ?2"
                                 : "SELECT b.input FROM trace t JOIN trace_body b ON b.id = t.body"
                                   " WHERE t.project = ?1 AND t.id = ?2");
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    if (!value_is_set(trace))
        return ERR_OK;
    sqlite3_bind_int64(statement, 1, project_key);
    bind_uuid(statement, 2, &trace->uuid);
    rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        return ERR_OK;
    if (rc != SQLITE_ROW)
        return session_failed(session, "message");
    if (sqlite3_column_type(statement, 0) == SQLITE_NULL)
        return ERR_OK;
    return body_unpack(session, statement, 0, arena, ret);
}

enum err thread_read(struct session *session, sqlite3_stmt *statement, struct arena *arena,
                     struct row *ret)
{
    int column = THREAD_ROW_COLUMNS;
    struct value *v;
    enum err err;

    *ret =
        (struct row){.record = record_new(arena, &thread_resource), .stored = true, .exists = true};
    v = ret->record->v;
    ret->project.key = sqlite3_column_int64(statement, COLUMN_THREAD_PROJECT);
    if (sqlite3_column_bytes(statement, COLUMN_THREAD_UUID) == sizeof(struct uuid))
        memcpy(&ret->project.id, sqlite3_column_blob(statement, COLUMN_THREAD_UUID),
               sizeof(struct uuid));
    v[THREAD_PROJECT_ID] = value_uuid(ret->project.id);
    for (size_t i = 0; i < thread_resource.count; i++) {
        if (thread_resource.fields[i].column)
            column_field(session, statement, column++, &thread_resource.fields[i], arena, &v[i]);
    }
    err = load_message(session, ret->project.key, &v[THREAD_FIRST_TRACE], false, arena,
                       &v[THREAD_FIRST_MESSAGE]);
    if (!err)
        err = load_message(session, ret->project.key, &v[THREAD_LAST_TRACE], true, arena,
                           &v[THREAD_LAST_MESSAGE]);
    return err;
}
