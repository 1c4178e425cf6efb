/* What spans add to their trace, and what goes away with a trace. */
#include "store/sqlite/zone.h"

/* Of a trace that is not there. */
#define DELETE_SUMS "DELETE FROM trace WHERE project = ? AND id = ? AND present = 0"

/* Runs one statement about (project, trace). */
static enum err run_for_trace(struct session *session, const char *sql, int64_t project_key,
                              const struct uuid *trace)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, str_of(sql));

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project_key);
    bind_uuid(statement, 2, trace);
    return session_run(session, statement);
}

static enum err bind_sums(struct session *session, sqlite3_stmt *statement, int64_t project_key,
                          const struct uuid *trace, const struct trace_sums *sums)
{
    sqlite3_bind_int64(statement, 1, project_key);
    bind_uuid(statement, 2, trace);
    sqlite3_bind_int64(statement, 3, sums->spans);
    sqlite3_bind_int64(statement, 4, sums->llm_spans);
    sqlite3_bind_int64(statement, 5, sums->tool_spans);
    cost_bind(statement, 6, sums->cost);
    if (tally_bind(session, statement, 7, &sums->usage))
        return ERR_INTERNAL;
    return tally_bind(session, statement, 8, &sums->providers);
}

enum err store_trace_add(struct session *session, int64_t project_key, const struct uuid *trace,
                         const struct trace_sums *sums, struct arena *arena, struct str *ret_thread)
{
    sqlite3_stmt *add = session_statement(
        session, STATEMENT_TRACE_ADD,
        "UPDATE trace SET span_count = span_count + ?3, llm_span_count = llm_span_count + ?4,"
        " tool_span_count = tool_span_count + ?5, cost = cost_add(cost, ?6),"
        " usage = CASE span_count + ?3 WHEN 0 THEN NULL ELSE tally_add(usage, ?7) END,"
        " providers = CASE span_count + ?3 WHEN 0 THEN NULL ELSE tally_add(providers, ?8) END"
        " WHERE project = ?1 AND id = ?2 RETURNING CASE present WHEN 1 THEN thread_id END, cost,"
        " usage, llm_span_count, present = 0 AND span_count = 0");
    sqlite3_stmt *first;
    enum err err = ERR_OK;
    bool nothing = false;
    int rc;

    *ret_thread = STR("");
    if (!add || bind_sums(session, add, project_key, trace, sums))
        return ERR_INTERNAL;
    rc = sqlite3_step(add);
    if (rc == SQLITE_ROW) {
        *ret_thread = column_str(add, 0, arena);
        nothing = sqlite3_column_int(add, 4);
        err = zone_note_sums(session, project_key, trace, add, 1);
    } else if (rc != SQLITE_DONE) {
        session_failed(session, "write");
        err = ERR_INTERNAL;
    }
    sqlite3_reset(add);
    if (!err && nothing)
        return run_for_trace(session, DELETE_SUMS, project_key, trace);
    if (rc != SQLITE_DONE)
        return err;
    first = session_statement(
        session, STATEMENT_TRACE_ADD_FIRST,
        "INSERT INTO trace(project, id, present, span_count, llm_span_count, tool_span_count, cost,"
        " usage, providers) VALUES(?1, ?2, 0, ?3, ?4, ?5, ?6, tally_add(NULL, ?7),"
        " tally_add(NULL, ?8))");
    if (!first || bind_sums(session, first, project_key, trace, sums))
        return ERR_INTERNAL;
    return session_run(session, first);
}

enum err store_span_children(struct session *session, int64_t project_key, const struct uuid *trace,
                             const struct uuid *parent, struct arena *arena, struct uuid **ret,
                             size_t *ret_count)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) = session_statement(
        session, STATEMENT_SPAN_CHILDREN,
        "SELECT id FROM span WHERE project = ?1 AND trace_id = ?2 AND parent_span_id = ?3");
    size_t size = 8;
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project_key);
    bind_uuid(statement, 2, trace);
    bind_uuid(statement, 3, parent);
    *ret = arena_alloc(arena, size * sizeof(**ret));
    *ret_count = 0;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (*ret_count == size) {
            *ret = arena_grow(arena, *ret, size * sizeof(**ret), 2 * size * sizeof(**ret));
            size *= 2;
        }
        if (!*ret || arena_is_over(arena))
            return ERR_TOO_LARGE;
        if (sqlite3_column_bytes(statement, 0) == sizeof(**ret))
            memcpy(&(*ret)[(*ret_count)++], sqlite3_column_blob(statement, 0), sizeof(**ret));
    }
    return rc == SQLITE_DONE ? ERR_OK : session_failed(session, "read spans");
}

enum err store_trace_delete_spans(struct session *session, int64_t project_key,
                                  const struct uuid *trace, int64_t *ret_count)
{
    enum err err = run_for_trace(session,
                                 "DELETE FROM span_body WHERE id IN (SELECT body FROM span "
                                 "WHERE project = ? AND trace_id = ? AND body IS NOT NULL)",
                                 project_key, trace);

    if (!err)
        err = run_for_trace(session, "DELETE FROM span WHERE project = ? AND trace_id = ?",
                            project_key, trace);
    *ret_count = sqlite3_changes64(session->db);
    if (!err)
        err = run_for_trace(session, DELETE_SUMS, project_key, trace);
    return err;
}
