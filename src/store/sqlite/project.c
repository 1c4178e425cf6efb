/* Projects. */
#include "store/sqlite/database.h"

#define PROJECT_KEY_COLUMNS "id, uuid, trace_count, span_count, thread_count, deleted"

static enum err read_key(struct session *session, sqlite3_stmt *statement, struct project *ret)
{
    int rc = sqlite3_step(statement);

    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return session_failed(session, "project");
    ret->key = sqlite3_column_int64(statement, 0);
    memcpy(&ret->id, sqlite3_column_blob(statement, 1), sizeof(ret->id));
    ret->trace_count = sqlite3_column_int64(statement, 2);
    ret->span_count = sqlite3_column_int64(statement, 3);
    ret->thread_count = sqlite3_column_int64(statement, 4);
    ret->deleted = sqlite3_column_int(statement, 5) != 0;
    return ERR_OK;
}

enum err store_project_by_name(struct session *session, int64_t workspace, struct str name,
                               struct project *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, STATEMENT_PROJECT_BY_NAME,
                          "SELECT " PROJECT_KEY_COLUMNS " FROM project"
                          " WHERE workspace = ? AND name_key = ? AND deleted = 0");
    struct lookup_cache *cache = &session->cache;
    struct arena arena;
    enum err err;

    if (cache->project.key && cache->project_workspace == workspace &&
        str_eq(str_make(cache->project_name, cache->project_name_length), name)) {
        *ret = cache->project;
        return ERR_OK;
    }
    if (!statement)
        return ERR_INTERNAL;
    arena_init(&arena, ARENA_SMALL);
    sqlite3_bind_int64(statement, 1, workspace);
    bind_str(statement, 2, str_fold(&arena, name));
    err = read_key(session, statement, ret);
    arena_done(&arena);
    if (!err && session->writer && name.n <= sizeof(cache->project_name)) {
        cache->project = *ret;
        cache->project_workspace = workspace;
        memcpy(cache->project_name, name.p, name.n);
        cache->project_name_length = name.n;
    }
    return err;
}

enum err store_project_by_id(struct session *session, int64_t workspace, const struct uuid *id,
                             struct project *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, STATEMENT_PROJECT_BY_ID,
                          "SELECT " PROJECT_KEY_COLUMNS " FROM project"
                          " WHERE workspace = ? AND uuid = ? AND deleted = 0");

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, workspace);
    bind_uuid(statement, 2, id);
    return read_key(session, statement, ret);
}

enum err store_project_get(struct session *session, int64_t key, struct arena *arena,
                           struct record **ret)
{
    return named_get_by_key(session, &project_resource, key, arena, ret);
}

enum err store_project_create(struct session *session, int64_t workspace,
                              const struct record *project, struct project *ret)
{
    enum err err = store_named_create(session, workspace, project);

    *ret = (struct project){.key = sqlite3_last_insert_rowid(session->db),
                            .id = project->v[PROJECT_ID].uuid};
    return err;
}

enum err store_project_touch(struct session *session, int64_t key, int64_t traces, int64_t spans,
                             int64_t threads, int64_t last_updated_trace_at)
{
    sqlite3_stmt *statement = session_statement(
        session, STATEMENT_PROJECT_TOUCH,
        "UPDATE project SET trace_count = trace_count + ?2, span_count = span_count + ?3, "
        "thread_count = thread_count + ?5,"
        " last_updated_trace_at = nullif(max(coalesce(last_updated_trace_at, 0), ?4), 0)"
        " WHERE id = ?1");

    if (!statement)
        return ERR_INTERNAL;
    if (session->cache.project.key == key) {
        session->cache.project.trace_count += traces;
        session->cache.project.span_count += spans;
        session->cache.project.thread_count += threads;
    }
    sqlite3_bind_int64(statement, 1, key);
    sqlite3_bind_int64(statement, 2, traces);
    sqlite3_bind_int64(statement, 3, spans);
    sqlite3_bind_int64(statement, 5, threads);
    sqlite3_bind_int64(statement, 4, last_updated_trace_at);
    return session_run(session, statement);
}
