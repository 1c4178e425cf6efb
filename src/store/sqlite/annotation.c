/* Feedback scores and comments as rows beside what they are about. */
#include "store/sqlite/database.h"

#include <stdlib.h>

static void bind_key(sqlite3_stmt *statement, const struct subject_key *key)
{
    sqlite3_bind_int64(statement, 1, key->subject);
    sqlite3_bind_int64(statement, 2, key->project_key);
    bind_uuid(statement, 3, &key->id);
}

/* Items of batches have more fields; the stored ones are the resource's own. */
static const struct resource *stored_resource(const struct resource *resource)
{
    return resource == &comment_resource ? resource : &score_resource;
}

static sqlite3_stmt *put_statement(struct session *session, const struct resource *resource)
{
    int slot = resource == &comment_resource ? STATEMENT_COMMENT_PUT : STATEMENT_SCORE_PUT;
    sqlite3_stmt *statement;
    struct arena arena;

    if (session_has_statement(session, slot))
        return session_statement(session, slot, NULL);
    arena_init(&arena, ARENA_SMALL);
    statement = session_statement(session, slot, sql_annotation_put(&arena, resource).p);
    arena_done(&arena);
    return statement;
}

enum err store_annotation_put(struct session *session, const struct subject_key *key,
                              const struct record *annotation)
{
    const struct resource *resource = stored_resource(annotation->resource);
    sqlite3_stmt *put = put_statement(session, resource);
    int index = 4;

    if (!put)
        return ERR_INTERNAL;
    bind_key(put, key);
    for (size_t i = 0; i < resource->count; i++) {
        if (sql_is_annotation_column(&resource->fields[i]) &&
            bind_field(session, put, index++, &resource->fields[i], &annotation->v[i]))
            return ERR_INTERNAL;
    }
    return session_run(session, put);
}

static struct record *read_annotation(struct session *session, sqlite3_stmt *statement, int column,
                                      const struct resource *resource, struct arena *arena)
{
    struct record *record = record_new(arena, resource);

    for (size_t i = 0; i < resource->count; i++) {
        if (sql_is_annotation_column(&resource->fields[i]))
            column_field(session, statement, column++, &resource->fields[i], arena, &record->v[i]);
    }
    return record;
}

enum err store_annotation_list(struct session *session, const struct resource *resource,
                               const struct subject_key *key, struct arena *arena,
                               struct record ***ret, size_t *ret_count)
{
    int slot = resource == &comment_resource ? STATEMENT_COMMENT_LIST : STATEMENT_SCORE_LIST;
    struct str sql =
        session_has_statement(session, slot) ? STR("") : sql_annotation_list(arena, resource);
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, slot, sql.p);
    int rc;

    *ret = NULL;
    *ret_count = 0;
    if (!statement)
        return ERR_INTERNAL;
    bind_key(statement, key);
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        *ret = array_make_room(arena, *ret, *ret_count, sizeof(**ret));
        if (!*ret)
            return ERR_TOO_LARGE;
        (*ret)[(*ret_count)++] = read_annotation(session, statement, 0, resource, arena);
    }
    return rc == SQLITE_DONE ? ERR_OK : session_failed(session, "annotations");
}

enum err store_span_score_list(struct session *session, int64_t project_key,
                               const struct uuid *trace, struct arena *arena,
                               struct span_score **ret, size_t *ret_count)
{
    struct str sql = session_has_statement(session, STATEMENT_SPAN_SCORE_LIST)
                         ? STR("")
                         : sql_span_score_list(arena);
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, STATEMENT_SPAN_SCORE_LIST, sql.p);
    int rc;

    *ret = NULL;
    *ret_count = 0;
    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project_key);
    bind_uuid(statement, 2, trace);
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct span_score *item;

        *ret = array_make_room(arena, *ret, *ret_count, sizeof(**ret));
        if (!*ret)
            return ERR_TOO_LARGE;
        item = &(*ret)[(*ret_count)++];
        column_uuid(statement, 0, &item->span);
        item->type = sqlite3_column_int(statement, 1);
        item->score = read_annotation(session, statement, 2, &score_resource, arena);
    }
    return rc == SQLITE_DONE ? ERR_OK : session_failed(session, "span scores");
}

enum err store_annotation_any(struct session *session, const struct resource *resource,
                              enum subject subject, int64_t project_key, bool *ret)
{
    bool comments = resource == &comment_resource;
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, comments ? STATEMENT_COMMENT_ANY : STATEMENT_SCORE_ANY,
                          comments ? "SELECT 1 FROM comment WHERE kind = ? AND project = ? LIMIT 1"
                                   : "SELECT 1 FROM score WHERE kind = ? AND project = ? LIMIT 1");
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, subject);
    sqlite3_bind_int64(statement, 2, project_key);
    rc = sqlite3_step(statement);
    *ret = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? ERR_OK : session_failed(session, "annotations");
}

enum err store_score_delete(struct session *session, const struct subject_key *key,
                            const struct str *names, size_t count, struct str author,
                            const struct uuid *queue)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("DELETE FROM score WHERE kind = ?1 AND project = ?2 AND entity = ?3"
                     " AND name = ?4 AND (?5 = '' OR author = ?5) AND queue = ?6"));

    if (!statement)
        return ERR_INTERNAL;
    bind_key(statement, key);
    bind_str(statement, 5, author);
    sqlite3_bind_blob(statement, 6, queue ? (const void *)queue->b : "",
                      queue ? sizeof(queue->b) : 0, SQLITE_STATIC);
    for (size_t i = 0; i < count; i++) {
        bind_str(statement, 4, names[i]);
        if (session_run(session, statement))
            return ERR_INTERNAL;
    }
    return ERR_OK;
}

/* Runs a DELETE with parameters of a key. */
static enum err run_for_key(struct session *session, int slot, const char *sql,
                            const struct subject_key *key)
{
    sqlite3_stmt *statement = session_statement(session, slot, sql);

    if (!statement)
        return ERR_INTERNAL;
    bind_key(statement, key);
    return session_run(session, statement);
}

static enum err clear_scores(struct session *session, const struct subject_key *key)
{
    return run_for_key(session, STATEMENT_SCORE_CLEAR,
                       "DELETE FROM score WHERE kind = ?1 AND project = ?2 AND entity = ?3", key);
}

enum err store_annotation_clear(struct session *session, const struct subject_key *key)
{
    struct subject_key assertions = *key;
    enum err err = clear_scores(session, key);

    if (!err)
        err = run_for_key(session, STATEMENT_COMMENT_CLEAR,
                          "DELETE FROM comment WHERE kind = ?1 AND project = ?2 AND entity = ?3",
                          key);
    if (err || key->subject != SUBJECT_TRACE)
        return err;
    assertions.subject = SUBJECT_TRACE_ASSERTION;
    return clear_scores(session, &assertions);
}

enum err store_annotation_move(struct session *session, const struct subject_key *key,
                               int64_t project_key)
{
    static const char *const sql[] = {
        "UPDATE OR REPLACE score SET project = ?4 WHERE kind = ?1 AND project = ?2 AND entity = ?3",
        "UPDATE OR REPLACE comment SET project = ?4 WHERE kind = ?1 AND project = ?2 AND entity = "
        "?3"};
    enum err err = ERR_OK;

    for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]) && !err; i++) {
        sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
            session_prepare(session, str_of(sql[i]));
        if (!statement)
            return ERR_INTERNAL;
        sqlite3_bind_int(statement, 1, key->subject);
        sqlite3_bind_int64(statement, 2, key->project_key);
        bind_uuid(statement, 3, &key->id);
        sqlite3_bind_int64(statement, 4, project_key);
        err = session_run(session, statement);
    }
    return err;
}

enum err store_annotation_clear_spans(struct session *session, int64_t project_key,
                                      const struct uuid *trace)
{
    struct subject_key key = {SUBJECT_SPAN, project_key, *trace};
    bool any = false;
    enum err err = store_annotation_any(session, &score_resource, SUBJECT_SPAN, project_key, &any);

    if (!err && any)
        err = run_for_key(session, STATEMENT_SCORE_CLEAR_SPANS,
                          "DELETE FROM score WHERE kind = ?1 AND project = ?2 AND entity IN"
                          " (SELECT id FROM span WHERE project = ?2 AND trace_id = ?3)",
                          &key);
    if (!err)
        err = store_annotation_any(session, &comment_resource, SUBJECT_SPAN, project_key, &any);
    if (!err && any)
        err = run_for_key(session, STATEMENT_COMMENT_CLEAR_SPANS,
                          "DELETE FROM comment WHERE kind = ?1 AND project = ?2 AND entity IN"
                          " (SELECT id FROM span WHERE project = ?2 AND trace_id = ?3)",
                          &key);
    return err;
}

enum err store_comment_get(struct session *session, int64_t workspace, const struct uuid *id,
                           struct arena *arena, struct record **ret, struct subject_key *ret_key)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, sql_comment_get(arena));
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    bind_uuid(statement, 1, id);
    sqlite3_bind_int64(statement, 2, workspace);
    rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW)
        return rc == SQLITE_DONE ? ERR_NOT_FOUND : session_failed(session, "comment");
    ret_key->subject = (enum subject)sqlite3_column_int(statement, 0);
    ret_key->project_key = sqlite3_column_int64(statement, 1);
    column_uuid(statement, 2, &ret_key->id);
    *ret = read_annotation(session, statement, 3, &comment_resource, arena);
    return ERR_OK;
}

enum err store_comment_delete(struct session *session, const struct subject_key *key,
                              const struct uuid *id)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session,
        STR("DELETE FROM comment WHERE kind = ?1 AND project = ?2 AND entity = ?3 AND id = ?4"));

    if (!statement)
        return ERR_INTERNAL;
    bind_key(statement, key);
    bind_uuid(statement, 4, id);
    return session_run(session, statement);
}

/* ---- names: each found by a seek behind the one before ---- */

struct name_list {
    struct arena *arena;
    struct str *items;
    size_t count;
};

static enum err add_name(struct name_list *list, struct str name)
{
    list->items = array_make_room(list->arena, list->items, list->count, sizeof(*list->items));
    if (!list->items)
        return ERR_TOO_LARGE;
    list->items[list->count++] = name;
    return ERR_OK;
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Projects may have the same names. */
static void drop_repeats(struct name_list *list)
{
    size_t kept = 0;

    if (list->count > 1)
        qsort(list->items, list->count, sizeof(*list->items), compare_names);
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || !str_eq(list->items[i], list->items[kept - 1]))
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* Whether a score of that name is on a span of the type. */
static enum err is_on_type(struct session *session, int64_t project_key, struct str name, int type,
                           bool *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("SELECT 1 FROM score f JOIN span s ON s.id = f.entity"
                     " AND s.project = f.project WHERE f.kind = 1 AND f.project = ?1"
                     " AND f.name_key = lower(?2) AND f.name = ?2 AND s.type = ?3 LIMIT 1"));
    int rc;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project_key);
    bind_str(statement, 2, name);
    sqlite3_bind_int(statement, 3, type);
    rc = sqlite3_step(statement);
    *ret = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? ERR_OK : session_failed(session, "score names");
}

static enum err add_project_names(struct session *session, int64_t project_key,
                                  enum subject subject, int type, struct name_list *list)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = session_prepare(
        session, STR("SELECT name_key, name FROM score WHERE kind = ?1 AND project = ?2"
                     " AND (name_key, name) > (?3, ?4) ORDER BY name_key, name LIMIT 1"));
    struct str key = STR(""), name = STR("");
    enum err err = ERR_OK;
    int rc = SQLITE_ROW;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, subject);
    sqlite3_bind_int64(statement, 2, project_key);
    while (!err) {
        bool wanted = true;

        bind_str(statement, 3, key);
        bind_str(statement, 4, name);
        rc = sqlite3_step(statement);
        if (rc != SQLITE_ROW)
            break;
        key = column_str(statement, 0, list->arena);
        name = column_str(statement, 1, list->arena);
        sqlite3_reset(statement);
        if (type)
            err = is_on_type(session, project_key, name, type, &wanted);
        if (!err && wanted)
            err = add_name(list, name);
    }
    return err ? err : rc == SQLITE_DONE ? ERR_OK : session_failed(session, "score names");
}

enum err store_score_names(struct session *session, int64_t workspace, const int64_t *project_keys,
                           size_t project_count, enum subject subject, int type,
                           struct arena *arena, struct str **ret, size_t *ret_count)
{
    sqlite3_stmt *projects __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, STR("SELECT id FROM project WHERE workspace = ? AND deleted = 0"));
    struct name_list list = {.arena = arena};
    enum err err = ERR_OK;
    int rc = SQLITE_DONE;

    if (!projects)
        return ERR_INTERNAL;
    for (size_t i = 0; !err && i < project_count; i++)
        err = add_project_names(session, project_keys[i], subject, type, &list);
    sqlite3_bind_int64(projects, 1, workspace);
    while (!err && project_count == 0 && (rc = sqlite3_step(projects)) == SQLITE_ROW)
        err = add_project_names(session, sqlite3_column_int64(projects, 0), subject, type, &list);
    drop_repeats(&list);
    *ret = list.items;
    *ret_count = list.count;
    return err ? err : rc == SQLITE_DONE ? ERR_OK : session_failed(session, "score names");
}
