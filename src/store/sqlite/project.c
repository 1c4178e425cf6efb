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

static struct record *read_record(struct session *session, sqlite3_stmt *statement,
                                  struct arena *arena)
{
    struct record *record = record_new(arena, &project_resource);

    for (size_t i = 0; i < project_resource.count; i++)
        column_field(session, statement, (int)i, &project_resource.fields[i], arena, &record->v[i]);
    return record;
}

enum err store_project_get(struct session *session, int64_t key, struct arena *arena,
                           struct record **ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, sql_project_get(arena));
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, key);
    rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return session_failed(session, "project");
    *ret = read_record(session, statement, arena);
    return ERR_OK;
}

enum err store_project_list(struct session *session, const struct project_query *query,
                            struct arena *arena, struct record ***ret, size_t *ret_count,
                            int64_t *ret_total)
{
    sqlite3_stmt *count __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, sql_project_count(arena));
    sqlite3_stmt *list __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, sql_project_list(arena, query->sort_field, query->descending));
    struct str name = str_fold(arena, query->name);
    size_t size = 16;
    int rc;

    if (!count || !list)
        return ERR_INTERNAL;
    sqlite3_bind_int64(count, 1, query->workspace);
    bind_str(count, 2, name);
    if (sqlite3_step(count) != SQLITE_ROW)
        return session_failed(session, "projects");
    *ret_total = sqlite3_column_int64(count, 0);
    sqlite3_bind_int64(list, 1, query->workspace);
    bind_str(list, 2, name);
    sqlite3_bind_int64(list, 3, query->limit);
    sqlite3_bind_int64(list, 4, query->offset);
    *ret = arena_alloc(arena, size * sizeof(struct record *));
    *ret_count = 0;
    while ((rc = sqlite3_step(list)) == SQLITE_ROW) {
        if (*ret_count == size) {
            *ret = arena_grow(arena, *ret, size * sizeof(struct record *),
                              2 * size * sizeof(struct record *));
            size *= 2;
        }
        if (!*ret || arena_is_over(arena))
            return ERR_TOO_LARGE;
        (*ret)[(*ret_count)++] = read_record(session, list, arena);
    }
    return rc == SQLITE_DONE ? ERR_OK : session_failed(session, "projects");
}

enum err store_project_create(struct session *session, int64_t workspace,
                              const struct record *project, struct project *ret)
{
    sqlite3_stmt *insert __attribute__((cleanup(statement_finalize))) = NULL;
    enum err err = store_project_by_name(session, workspace, project->v[PROJECT_NAME].s, ret);
    struct arena arena;

    if (err != ERR_NOT_FOUND)
        return err ? err : ERR_CONFLICT;
    insert = session_prepare(
        session, STR("INSERT INTO project(workspace, name_key, uuid, name, visibility, description,"
                     " created_at, created_by, last_updated_at, last_updated_by,"
                     " last_updated_trace_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    if (!insert)
        return ERR_INTERNAL;
    arena_init(&arena, ARENA_SMALL);
    sqlite3_bind_int64(insert, 1, workspace);
    bind_str(insert, 2, str_fold(&arena, project->v[PROJECT_NAME].s));
    err = ERR_OK;
    for (size_t i = 0; i < project_resource.count && !err; i++)
        err = bind_field(session, insert, (int)i + 3, &project_resource.fields[i], &project->v[i]);
    if (!err)
        err = session_run(session, insert);
    arena_done(&arena);
    *ret = (struct project){.key = sqlite3_last_insert_rowid(session->db),
                            .id = project->v[PROJECT_ID].uuid};
    return err;
}

enum err store_project_update(struct session *session, int64_t key, const struct record *project)
{
    sqlite3_stmt *update __attribute__((cleanup(statement_finalize))) = NULL;
    struct arena arena;
    enum err err = ERR_OK;

    update = session_prepare(
        session, STR("UPDATE OR FAIL project SET name_key = ?2, uuid = ?3, name = ?4,"
                     " visibility = ?5, description = ?6, created_at = ?7, created_by = ?8,"
                     " last_updated_at = ?9, last_updated_by = ?10,"
                     " last_updated_trace_at = ?11 WHERE id = ?1"));
    if (!update)
        return ERR_INTERNAL;
    arena_init(&arena, ARENA_SMALL);
    sqlite3_bind_int64(update, 1, key);
    bind_str(update, 2, str_fold(&arena, project->v[PROJECT_NAME].s));
    for (size_t i = 0; i < project_resource.count && !err; i++)
        err = bind_field(session, update, (int)i + 3, &project_resource.fields[i], &project->v[i]);
    session_forget(session);
    if (!err && sqlite3_step(update) != SQLITE_DONE)
        err = sqlite3_extended_errcode(session->db) == SQLITE_CONSTRAINT_UNIQUE
                  ? ERR_CONFLICT
                  : session_failed(session, "project");
    arena_done(&arena);
    return err;
}

enum err store_project_delete(struct session *session, int64_t key)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, STR("UPDATE project SET deleted = 1 WHERE id = ?"));

    if (!statement)
        return ERR_INTERNAL;
    session_forget(session);
    sqlite3_bind_int64(statement, 1, key);
    return session_run(session, statement);
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
