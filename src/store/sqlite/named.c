/* Resources with a unique name in a workspace, driven by their field tables. */
#include "store/sqlite/database.h"

static struct record *read_record(struct session *session, sqlite3_stmt *statement,
                                  const struct resource *resource, struct arena *arena)
{
    struct record *record = record_new(arena, resource);

    for (size_t i = 0; i < resource->count; i++)
        column_field(session, statement, (int)i, &resource->fields[i], arena, &record->v[i]);
    return record;
}

/* The row of a statement of sql_named_get() whose parameters are bound. */
static enum err read_one(struct session *session, sqlite3_stmt *statement,
                         const struct resource *resource, struct arena *arena, struct record **ret)
{
    int rc = sqlite3_step(statement);

    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return session_failed(session, resource->noun);
    *ret = read_record(session, statement, resource, arena);
    return ERR_OK;
}

enum err named_get_by_key(struct session *session, const struct resource *resource, int64_t key,
                          struct arena *arena, struct record **ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, sql_named_get(arena, resource, NAMED_BY_KEY));

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, 0);
    sqlite3_bind_int64(statement, 2, key);
    return read_one(session, statement, resource, arena, ret);
}

enum err store_named_get(struct session *session, const struct resource *resource,
                         int64_t workspace, const struct uuid *id, struct arena *arena,
                         struct record **ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, sql_named_get(arena, resource, NAMED_BY_ID));

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, workspace);
    bind_uuid(statement, 2, id);
    return read_one(session, statement, resource, arena, ret);
}

enum err store_named_find(struct session *session, const struct resource *resource,
                          int64_t workspace, struct str name, struct arena *arena,
                          struct record **ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, sql_named_get(arena, resource, NAMED_BY_NAME));

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, workspace);
    bind_str(statement, 2, str_fold(arena, name));
    return read_one(session, statement, resource, arena, ret);
}

/* Binds what the count and the page of a list share. */
static void bind_query(sqlite3_stmt *statement, const struct named_query *query, struct str name)
{
    sqlite3_bind_int64(statement, 1, query->workspace);
    bind_str(statement, 2, name);
    sqlite3_bind_int64(statement, 3, query->only_field < 0 ? 0 : query->only);
}

struct named_cursor {
    struct session *session;
    const struct resource *resource;
    sqlite3_stmt *statement;
};

enum err store_named_open(struct session *session, const struct named_query *query,
                          struct arena *arena, struct named_cursor **ret, int64_t *ret_total)
{
    const struct resource *resource = query->resource;
    struct named_cursor *cursor = arena_zalloc(arena, sizeof(*cursor));
    struct str name = str_fold(arena, query->name);
    sqlite3_stmt *count __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, sql_named_count(arena, resource, query->only_field));

    *ret = NULL;
    if (!count)
        return ERR_INTERNAL;
    bind_query(count, query, name);
    if (sqlite3_step(count) != SQLITE_ROW)
        return session_failed(session, resource->noun);
    *ret_total = sqlite3_column_int64(count, 0);
    *cursor = (struct named_cursor){
        session, resource,
        session_prepare(session, sql_named_list(arena, resource, query->only_field,
                                                query->sort_field, query->descending))};
    if (!cursor->statement)
        return ERR_INTERNAL;
    bind_query(cursor->statement, query, name);
    sqlite3_bind_int64(cursor->statement, 4, query->limit);
    sqlite3_bind_int64(cursor->statement, 5, query->offset);
    *ret = cursor;
    return ERR_OK;
}

enum err store_named_next(struct named_cursor *cursor, struct arena *arena, struct record **ret)
{
    int rc = sqlite3_step(cursor->statement);

    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return session_failed(cursor->session, cursor->resource->noun);
    *ret = read_record(cursor->session, cursor->statement, cursor->resource, arena);
    return ERR_OK;
}

void store_named_close(struct named_cursor *cursor)
{
    if (cursor)
        statement_finalize(&cursor->statement);
}

enum err store_named_list(struct session *session, const struct named_query *query,
                          struct arena *arena, struct record ***ret, size_t *ret_count,
                          int64_t *ret_total)
{
    struct named_cursor *cursor;
    struct record *record;
    size_t size = 16;
    enum err err = store_named_open(session, query, arena, &cursor, ret_total);

    *ret = arena_alloc(arena, size * sizeof(struct record *));
    *ret_count = 0;
    while (!err && !(err = store_named_next(cursor, arena, &record))) {
        if (*ret_count == size) {
            *ret = arena_grow(arena, *ret, size * sizeof(struct record *),
                              2 * size * sizeof(struct record *));
            size *= 2;
        }
        if (!*ret || arena_is_over(arena))
            err = ERR_TOO_LARGE;
        else
            (*ret)[(*ret_count)++] = record;
    }
    store_named_close(cursor);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Binds a record as sql_named_insert() and sql_named_update() have it, and runs that. */
static enum err write_record(struct session *session, sqlite3_stmt *statement, int64_t workspace,
                             const struct record *record, struct arena *arena)
{
    const struct resource *resource = record->resource;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, workspace);
    bind_str(statement, 2, str_fold(arena, record->v[NAMED_NAME].s));
    for (size_t i = 0; i < resource->count; i++) {
        enum err err =
            bind_field(session, statement, (int)i + 3, &resource->fields[i], &record->v[i]);
        if (err)
            return err;
    }
    if (sqlite3_step(statement) == SQLITE_DONE)
        return ERR_OK;
    return sqlite3_extended_errcode(session->db) == SQLITE_CONSTRAINT_UNIQUE
               ? ERR_CONFLICT
               : session_failed(session, resource->noun);
}

enum err store_named_create(struct session *session, int64_t workspace, const struct record *record)
{
    struct arena arena;
    sqlite3_stmt *insert;
    enum err err;

    arena_init(&arena, ARENA_SMALL);
    insert = session_prepare(session, sql_named_insert(&arena, record->resource));
    err = write_record(session, insert, workspace, record, &arena);
    sqlite3_finalize(insert);
    arena_done(&arena);
    return err;
}

enum err store_named_update(struct session *session, int64_t workspace, const struct record *record)
{
    struct arena arena;
    sqlite3_stmt *update;
    enum err err;

    arena_init(&arena, ARENA_SMALL);
    update = session_prepare(session, sql_named_update(&arena, record->resource));
    err = write_record(session, update, workspace, record, &arena);
    sqlite3_finalize(update);
    session_forget(session);
    arena_done(&arena);
    return err;
}

enum err store_named_delete(struct session *session, const struct resource *resource,
                            int64_t workspace, const struct uuid *id)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    struct arena arena;

    arena_init(&arena, ARENA_SMALL);
    statement = session_prepare(session, sql_named_delete(&arena, resource));
    arena_done(&arena);
    if (!statement)
        return ERR_INTERNAL;
    session_forget(session);
    sqlite3_bind_int64(statement, 1, workspace);
    bind_uuid(statement, 2, id);
    return session_run(session, statement);
}

/* Where the cache keeps a name. */
static size_t environment_slot(struct str name)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.p[i]) * 16777619U;
    return hash % SETTLED_ENVIRONMENTS;
}

bool store_environment_is_settled(const struct session *session, int64_t workspace, struct str name)
{
    const struct settled_environment *slot = &session->cache.environments[environment_slot(name)];

    return slot->workspace == workspace && str_eq(str_make(slot->name, slot->length), name);
}

void store_environment_settle(struct session *session, int64_t workspace, struct str name)
{
    struct settled_environment *slot = &session->cache.environments[environment_slot(name)];

    if (name.n > sizeof(slot->name))
        return;
    slot->workspace = workspace;
    slot->length = name.n;
    memcpy(slot->name, name.p, name.n);
}
