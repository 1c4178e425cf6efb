/* Which trace of ours a trace of OpenTelemetry is. */
#include "store/sqlite/database.h"

enum err store_otlp_trace_get(struct session *session, int64_t project_key, const struct uuid *key,
                              struct uuid *ret, int64_t *ret_seen_at)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, STATEMENT_OTLP_TRACE_GET,
                          "SELECT trace, seen_at FROM otlp_trace WHERE project = ? AND otlp = ?");
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project_key);
    bind_uuid(statement, 2, key);
    rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW || sqlite3_column_bytes(statement, 0) != sizeof(ret->b))
        return session_failed(session, "otlp trace");
    memcpy(ret->b, sqlite3_column_blob(statement, 0), sizeof(ret->b));
    *ret_seen_at = sqlite3_column_int64(statement, 1);
    return ERR_OK;
}

enum err store_otlp_trace_put(struct session *session, int64_t project_key, const struct uuid *key,
                              const struct uuid *trace, int64_t seen_at)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, STATEMENT_OTLP_TRACE_PUT,
                          "INSERT OR REPLACE INTO otlp_trace(project, otlp, trace, seen_at)"
                          " VALUES(?, ?, ?, ?)");

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project_key);
    bind_uuid(statement, 2, key);
    bind_uuid(statement, 3, trace);
    sqlite3_bind_int64(statement, 4, seen_at);
    return session_run(session, statement);
}

enum err store_otlp_trace_prune(struct session *session, int64_t before, int64_t limit)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, STATEMENT_OTLP_TRACE_PRUNE,
                          "DELETE FROM otlp_trace WHERE (project, otlp) IN"
                          " (SELECT project, otlp FROM otlp_trace WHERE seen_at < ? LIMIT ?)");

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, before);
    sqlite3_bind_int64(statement, 2, limit);
    return session_run(session, statement);
}
