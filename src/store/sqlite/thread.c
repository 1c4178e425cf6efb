/* Threads as rows: the record of each beside what its traces come to. */
#include "store/sqlite/database.h"

/* In the order of read_thread() and bind_thread(). */
#define COLUMNS                                                                                    \
    "project, thread_id, model_id, mapped_at, mapped_by, has_record, status, tags, created_at,"    \
    " last_updated_at, created_by, last_updated_by, source, environment, trace_count, start_time," \
    " end_time, first_trace, last_trace, min_trace, max_trace, sources, first_environment"

enum thread_column {
    THREAD_COLUMN_PROJECT,
    THREAD_COLUMN_THREAD_ID,
    THREAD_COLUMN_MODEL_ID,
    THREAD_COLUMN_MAPPED_AT,
    THREAD_COLUMN_MAPPED_BY,
    THREAD_COLUMN_HAS_RECORD,
    THREAD_COLUMN_STATUS,
    THREAD_COLUMN_TAGS,
    THREAD_COLUMN_CREATED_AT,
    THREAD_COLUMN_LAST_UPDATED_AT,
    THREAD_COLUMN_CREATED_BY,
    THREAD_COLUMN_LAST_UPDATED_BY,
    THREAD_COLUMN_SOURCE,
    THREAD_COLUMN_ENVIRONMENT,
    THREAD_COLUMN_TRACE_COUNT,
    THREAD_COLUMN_START_TIME,
    THREAD_COLUMN_END_TIME,
    THREAD_COLUMN_FIRST_TRACE,
    THREAD_COLUMN_LAST_TRACE,
    THREAD_COLUMN_MIN_TRACE,
    THREAD_COLUMN_MAX_TRACE,
    THREAD_COLUMN_SOURCES,
    THREAD_COLUMN_FIRST_ENVIRONMENT,
    THREAD_COLUMN_COUNT,
};

/* What traces come to, from seven columns on. */
static void read_counts(sqlite3_stmt *s, int column, struct arena *arena, struct thread *ret)
{
    ret->trace_count = sqlite3_column_int64(s, column);
    ret->start_time = sqlite3_column_int64(s, column + 1);
    ret->end_time = sqlite3_column_int64(s, column + 2);
    ret->has_end = sqlite3_column_type(s, column + 2) != SQLITE_NULL;
    column_uuid(s, column + 3, &ret->first_trace);
    column_uuid(s, column + 4, &ret->last_trace);
    column_uuid(s, column + 5, &ret->min_trace);
    column_uuid(s, column + 6, &ret->max_trace);
    ret->sources = sqlite3_column_int64(s, column + 7);
    ret->first_environment = column_str(s, column + 8, arena);
}

static void read_thread(sqlite3_stmt *s, struct arena *arena, struct thread *ret)
{
    *ret = (struct thread){.stored = true};
    ret->project_key = sqlite3_column_int64(s, THREAD_COLUMN_PROJECT);
    ret->thread_id = column_str(s, THREAD_COLUMN_THREAD_ID, arena);
    ret->has_model = column_uuid(s, THREAD_COLUMN_MODEL_ID, &ret->model_id);
    ret->mapped_at = sqlite3_column_int64(s, THREAD_COLUMN_MAPPED_AT);
    ret->mapped_by = column_str(s, THREAD_COLUMN_MAPPED_BY, arena);
    ret->has_record = sqlite3_column_int(s, THREAD_COLUMN_HAS_RECORD) != 0;
    ret->status = sqlite3_column_int(s, THREAD_COLUMN_STATUS);
    ret->tags = column_str(s, THREAD_COLUMN_TAGS, arena);
    ret->created_at = sqlite3_column_int64(s, THREAD_COLUMN_CREATED_AT);
    ret->last_updated_at = sqlite3_column_int64(s, THREAD_COLUMN_LAST_UPDATED_AT);
    ret->created_by = column_str(s, THREAD_COLUMN_CREATED_BY, arena);
    ret->last_updated_by = column_str(s, THREAD_COLUMN_LAST_UPDATED_BY, arena);
    ret->source = sqlite3_column_int(s, THREAD_COLUMN_SOURCE);
    ret->environment = column_str(s, THREAD_COLUMN_ENVIRONMENT, arena);
    read_counts(s, THREAD_COLUMN_TRACE_COUNT, arena, ret);
}

/* Steps a look-up and reads its row. */
static enum err read_one(struct session *session, sqlite3_stmt *statement, struct arena *arena,
                         struct thread *ret)
{
    int rc = sqlite3_step(statement);

    if (rc != SQLITE_ROW)
        return rc == SQLITE_DONE ? ERR_NOT_FOUND : session_failed(session, "thread");
    read_thread(statement, arena, ret);
    return arena_is_over(arena) ? ERR_TOO_LARGE : ERR_OK;
}

enum err store_thread_get(struct session *session, int64_t project_key, struct str thread_id,
                          struct arena *arena, struct thread *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, STATEMENT_THREAD_GET,
                          "SELECT " COLUMNS " FROM thread WHERE project = ?1 AND thread_id = ?2");

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project_key);
    bind_str(statement, 2, thread_id);
    return read_one(session, statement, arena, ret);
}

enum err store_thread_by_model(struct session *session, int64_t workspace, const struct uuid *id,
                               struct arena *arena, struct thread *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("SELECT " COLUMNS " FROM thread WHERE model_id = ?1 AND project IN"
                     " (SELECT id FROM project WHERE workspace = ?2 AND deleted = 0)"));

    if (!statement)
        return ERR_INTERNAL;
    bind_uuid(statement, 1, id);
    sqlite3_bind_int64(statement, 2, workspace);
    return read_one(session, statement, arena, ret);
}

enum err store_thread_find(struct session *session, int64_t workspace, struct str thread_id,
                           struct arena *arena, struct thread *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("SELECT " COLUMNS " FROM thread WHERE thread_id = ?1 AND has_record = 1"
                     " AND project IN (SELECT id FROM project WHERE workspace = ?2"
                     " AND deleted = 0) ORDER BY last_updated_at DESC LIMIT 1"));

    if (!statement)
        return ERR_INTERNAL;
    bind_str(statement, 1, thread_id);
    sqlite3_bind_int64(statement, 2, workspace);
    return read_one(session, statement, arena, ret);
}

enum err store_thread_any(struct session *session, int64_t project_key, int source, bool *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, STR("SELECT 1 FROM thread WHERE project = ?1 AND has_record = 1"
                                     " AND (?2 = 0 OR coalesce(source, ?3) = ?2) LIMIT 1"));
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project_key);
    sqlite3_bind_int(statement, 2, source);
    sqlite3_bind_int(statement, 3, SOURCE_SDK);
    rc = sqlite3_step(statement);
    *ret = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? ERR_OK : session_failed(session, "thread");
}

/* Binds a value that is NULL unless `has`. */
static void bind_time(sqlite3_stmt *statement, int column, bool has, int64_t value)
{
    if (has)
        sqlite3_bind_int64(statement, column + 1, value);
    else
        sqlite3_bind_null(statement, column + 1);
}

static void bind_id(sqlite3_stmt *statement, int column, bool has, const struct uuid *id)
{
    if (has)
        bind_uuid(statement, column + 1, id);
    else
        sqlite3_bind_null(statement, column + 1);
}

static void bind_text(sqlite3_stmt *statement, int column, struct str text)
{
    if (text.n)
        bind_str(statement, column + 1, text);
    else
        sqlite3_bind_null(statement, column + 1);
}

static void bind_thread(sqlite3_stmt *s, const struct thread *t)
{
    bool any = t->trace_count > 0, dated = t->has_record || any;

    sqlite3_bind_int64(s, THREAD_COLUMN_PROJECT + 1, t->project_key);
    bind_str(s, THREAD_COLUMN_THREAD_ID + 1, t->thread_id);
    bind_id(s, THREAD_COLUMN_MODEL_ID, t->has_model, &t->model_id);
    bind_time(s, THREAD_COLUMN_MAPPED_AT, t->has_model, t->mapped_at);
    bind_text(s, THREAD_COLUMN_MAPPED_BY, t->mapped_by);
    sqlite3_bind_int(s, THREAD_COLUMN_HAS_RECORD + 1, t->has_record);
    bind_time(s, THREAD_COLUMN_STATUS, t->status != THREAD_STATUS_UNSET, t->status);
    bind_text(s, THREAD_COLUMN_TAGS, t->tags);
    bind_time(s, THREAD_COLUMN_CREATED_AT, dated, t->created_at);
    bind_time(s, THREAD_COLUMN_LAST_UPDATED_AT, dated, t->last_updated_at);
    bind_text(s, THREAD_COLUMN_CREATED_BY, t->created_by);
    bind_text(s, THREAD_COLUMN_LAST_UPDATED_BY, t->last_updated_by);
    bind_time(s, THREAD_COLUMN_SOURCE, t->source != 0, t->source);
    bind_text(s, THREAD_COLUMN_ENVIRONMENT, t->environment);
    sqlite3_bind_int64(s, THREAD_COLUMN_TRACE_COUNT + 1, t->trace_count);
    bind_time(s, THREAD_COLUMN_START_TIME, any, t->start_time);
    bind_time(s, THREAD_COLUMN_END_TIME, any && t->has_end, t->end_time);
    bind_id(s, THREAD_COLUMN_FIRST_TRACE, any, &t->first_trace);
    bind_id(s, THREAD_COLUMN_LAST_TRACE, any && t->has_end, &t->last_trace);
    bind_id(s, THREAD_COLUMN_MIN_TRACE, any, &t->min_trace);
    bind_id(s, THREAD_COLUMN_MAX_TRACE, any, &t->max_trace);
    sqlite3_bind_int64(s, THREAD_COLUMN_SOURCES + 1, t->sources);
    bind_text(s, THREAD_COLUMN_FIRST_ENVIRONMENT, t->first_environment);
}

enum err store_thread_put(struct session *session, const struct thread *thread, decimal_int cost,
                          const struct tally *usage)
{
    sqlite3_stmt *statement = session_statement(
        session, STATEMENT_THREAD_PUT,
        "INSERT INTO thread(" COLUMNS ", cost, usage) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
        " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,"
        " tally_add(NULL, ?25)) ON CONFLICT DO UPDATE SET (model_id, mapped_at, mapped_by,"
        " has_record, status, tags, created_at, last_updated_at, created_by, last_updated_by,"
        " source, environment, trace_count, start_time, end_time, first_trace, last_trace,"
        " min_trace, max_trace, sources, first_environment, cost, usage) = (?3, ?4, ?5, ?6, ?7,"
        " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,"
        " cost_add(cost, ?24), CASE ?15 WHEN 0 THEN NULL ELSE tally_add(usage, ?25) END)");

    if (!statement)
        return ERR_INTERNAL;
    bind_thread(statement, thread);
    cost_bind(statement, THREAD_COLUMN_COUNT + 1, cost);
    if (tally_bind(session, statement, THREAD_COLUMN_COUNT + 2, usage))
        return ERR_INTERNAL;
    return session_run(session, statement);
}

enum err store_thread_recount(struct session *session, struct arena *arena, struct thread *thread)
{
    sqlite3_stmt *s __attribute__((cleanup(statement_finalize))) = session_prepare(
        session,
        STR("SELECT count(*), min(start_time), max(end_time), value_of_min(start_time, id),"
            " value_of_max(end_time, id), min(id), max(id), bits_of(coalesce(source, 0)),"
            " value_of_min(start_time, id, environment), min(created_at), max(last_updated_at),"
            " value_of_min(created_at, id, created_by),"
            " value_of_max(last_updated_at, id, last_updated_by)"
            " FROM trace INDEXED BY trace_by_thread WHERE project = ?1 AND thread_id = ?2"
            " AND present = 1"));

    if (!s)
        return ERR_INTERNAL;
    sqlite3_bind_int64(s, 1, thread->project_key);
    bind_str(s, 2, thread->thread_id);
    if (sqlite3_step(s) != SQLITE_ROW)
        return session_failed(session, "thread");
    read_counts(s, 0, arena, thread);
    if (!thread->has_record) {
        thread->created_at = sqlite3_column_int64(s, 9);
        thread->last_updated_at = sqlite3_column_int64(s, 10);
        thread->created_by = column_str(s, 11, arena);
        thread->last_updated_by = column_str(s, 12, arena);
    }
    return ERR_OK;
}

enum err store_thread_traces(struct session *session, int64_t project_key, struct str thread_id,
                             size_t limit, struct arena *arena, struct uuid **ret,
                             size_t *ret_count)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("SELECT id FROM trace INDEXED BY trace_by_thread WHERE project = ?1"
                     " AND thread_id = ?2 AND present = 1 ORDER BY id LIMIT ?3"));
    int rc = SQLITE_DONE;

    *ret_count = 0;
    *ret = arena_alloc(arena, limit * sizeof(**ret));
    if (!statement || !*ret)
        return statement ? ERR_TOO_LARGE : ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project_key);
    bind_str(statement, 2, thread_id);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)limit);
    while (*ret_count < limit && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        column_uuid(statement, 0, &(*ret)[(*ret_count)++]);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? ERR_OK : session_failed(session, "thread");
}

enum err store_thread_close_idle(struct session *session, int64_t workspace, int64_t since,
                                 int64_t before, int64_t now, struct str user, int64_t limit,
                                 int64_t *ret_count)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("UPDATE thread SET status = 2, last_updated_at = ?3, last_updated_by = ?4"
                     " WHERE (project, thread_id) IN (SELECT project, thread_id FROM thread"
                     " INDEXED BY thread_active WHERE has_record = 1 AND status = 1"
                     " AND last_updated_at >= ?6 AND last_updated_at < ?2"
                     " AND project IN (SELECT id FROM project WHERE workspace = ?1) LIMIT ?5)"));
    enum err err;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, workspace);
    sqlite3_bind_int64(statement, 2, before);
    sqlite3_bind_int64(statement, 3, now);
    bind_str(statement, 4, user);
    sqlite3_bind_int64(statement, 5, limit);
    sqlite3_bind_int64(statement, 6, since);
    err = session_run(session, statement);
    *ret_count = sqlite3_changes64(session->db);
    return err;
}

enum err store_thread_timeouts(struct session *session, struct arena *arena,
                               struct thread_timeout **ret, size_t *ret_count)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, STR("SELECT id, thread_timeout FROM workspace"));
    size_t size = 8;
    int rc;

    *ret_count = 0;
    *ret = arena_alloc(arena, size * sizeof(**ret));
    if (!statement)
        return ERR_INTERNAL;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (*ret_count == size) {
            *ret = arena_grow(arena, *ret, size * sizeof(**ret), 2 * size * sizeof(**ret));
            size *= 2;
        }
        if (!*ret)
            return ERR_TOO_LARGE;
        (*ret)[(*ret_count)++] = (struct thread_timeout){sqlite3_column_int64(statement, 0),
                                                         sqlite3_column_int64(statement, 1)};
    }
    return rc == SQLITE_DONE ? ERR_OK : session_failed(session, "threads");
}
