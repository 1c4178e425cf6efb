/* Workspaces and their configurations. */
#include "store/sqlite/database.h"

#include "base/clock.h"

/* Long enough for every name that is allowed, and for the texts made around it. */
#define SCRATCH_BYTES ARENA_SMALL

enum err store_workspace_find(struct session *session, struct str name, int64_t *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) = NULL;
    struct lookup_cache *cache = &session->cache;
    struct arena arena;
    int rc;

    *ret = cache->workspace;
    if (*ret && str_eq(str_make(cache->workspace_name, cache->workspace_name_length), name))
        return ERR_OK;
    *ret = 0;
    statement = session_statement(session, STATEMENT_WORKSPACE_FIND,
                                  "SELECT id FROM workspace WHERE name_key = ?");
    if (!statement)
        return ERR_INTERNAL;
    arena_init(&arena, SCRATCH_BYTES);
    bind_str(statement, 1, str_fold(&arena, name));
    rc = sqlite3_step(statement);
    arena_done(&arena);
    if (rc != SQLITE_ROW)
        return rc == SQLITE_DONE ? ERR_OK : session_failed(session, "workspace");
    *ret = sqlite3_column_int64(statement, 0);
    if (session->writer && name.n <= sizeof(cache->workspace_name)) {
        cache->workspace = *ret;
        memcpy(cache->workspace_name, name.p, name.n);
        cache->workspace_name_length = name.n;
    }
    return ERR_OK;
}

enum err store_workspace_ensure(struct session *session, struct str name, int64_t *ret)
{
    sqlite3_stmt *insert __attribute__((cleanup(statement_finalize))) = NULL;
    struct arena arena;
    enum err err = store_workspace_find(session, name, ret);

    if (err || *ret)
        return err;
    insert = session_prepare(
        session, STR("INSERT INTO workspace(name, name_key, created_at) VALUES(?, ?, ?)"));
    if (!insert)
        return ERR_INTERNAL;
    arena_init(&arena, SCRATCH_BYTES);
    bind_str(insert, 1, name);
    bind_str(insert, 2, str_fold(&arena, name));
    sqlite3_bind_int64(insert, 3, clock_now_us());
    err = session_run(session, insert);
    arena_done(&arena);
    *ret = sqlite3_last_insert_rowid(session->db);
    return err;
}

enum err store_configuration_get(struct session *session, int64_t workspace, struct arena *arena,
                                 struct record **ret)
{
    const struct resource *resource = &workspace_configuration_resource;
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("SELECT thread_timeout, truncation_on_tables, color_map FROM workspace "
                     "WHERE id = ? AND has_configuration"));
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, workspace);
    rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return session_failed(session, "configuration");
    *ret = record_new(arena, resource);
    for (size_t i = 0; i < resource->count; i++)
        column_field(session, statement, (int)i, &resource->fields[i], arena, &(*ret)->v[i]);
    return ERR_OK;
}

enum err store_configuration_put(struct session *session, int64_t workspace,
                                 const struct record *configuration)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("UPDATE workspace SET has_configuration = 1, thread_timeout = ?2,"
                     " truncation_on_tables = ?3, color_map = ?4 WHERE id = ?1"));

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, workspace);
    for (size_t i = 0; i < configuration->resource->count; i++) {
        if (bind_field(session, statement, (int)i + 2, &configuration->resource->fields[i],
                       &configuration->v[i]))
            return ERR_INTERNAL;
    }
    return session_run(session, statement);
}

enum err store_configuration_delete(struct session *session, int64_t workspace)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("UPDATE workspace SET has_configuration = 0, thread_timeout = NULL,"
                     " truncation_on_tables = NULL, color_map = NULL"
                     " WHERE id = ?1 AND has_configuration"));

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, workspace);
    return session_run(session, statement);
}

enum err store_wizard_find(struct session *session, int64_t workspace, bool *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, STR("SELECT 1 FROM welcome_wizard WHERE workspace = ?"));
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, workspace);
    rc = sqlite3_step(statement);
    *ret = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? ERR_OK
                                                 : session_failed(session, "welcome wizard");
}

enum err store_wizard_put(struct session *session, int64_t workspace, const struct record *wizard,
                          int64_t now, struct str user)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("INSERT OR REPLACE INTO welcome_wizard(workspace, submitted_at, submitted_by,"
                     " role, integrations, email, join_beta_program) VALUES(?, ?, ?, ?, ?, ?, ?)"));

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, workspace);
    sqlite3_bind_int64(statement, 2, now);
    bind_str(statement, 3, user);
    for (size_t i = 0; i < wizard->resource->count; i++) {
        if (bind_field(session, statement, (int)i + 4, &wizard->resource->fields[i], &wizard->v[i]))
            return ERR_INTERNAL;
    }
    return session_run(session, statement);
}
