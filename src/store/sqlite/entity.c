/* Traces and spans as rows: SQL made from the field table, reading, writing, deleting. */
#include "store/sqlite/database.h"

#include <stdio.h>

#include "store/pack.h"
#include "store/sqlite/zone.h"

/* "name=123,output=456": fields with the µs of their PATCH, by column so that the file does not
 * depend on the order of the table. What else a row of PATCHes remembers stands at the end. */
#define TAGS_CHANGED "tags_changed="
#define PATCHED_BYTES_MAX ((size_t)1024 * 1024)

static void read_patched(struct str text, struct arena *arena, struct row *row)
{
    const struct resource *resource = row->record->resource;

    while (text.n) {
        ptrdiff_t comma = str_find(text, STR(","));
        struct str item = comma < 0 ? text : str_make(text.p, (size_t)comma);
        ptrdiff_t equals = str_find(item, STR("="));
        int64_t at;

        if (str_starts_with(text, STR(TAGS_CHANGED))) {
            size_t n = sizeof(TAGS_CHANGED) - 1;
            row->tags_are_changes = true;
            row->tags_removed = str_copy(arena, str_make(text.p + n, text.n - n));
            return;
        }
        if (equals > 0 && row->patched_count < RESOURCE_FIELDS_MAX &&
            str_to_i64(str_make(item.p + equals + 1, item.n - (size_t)equals - 1), &at)) {
            struct str column = str_make(item.p, (size_t)equals);
            for (size_t i = 0; i < resource->count; i++) {
                if (resource->fields[i].column &&
                    str_eq(str_of(resource->fields[i].column), column))
                    row->patched[row->patched_count++] = (struct patched_field){(uint8_t)i, at};
            }
        }
        text = comma < 0 ? STR("") : str_make(text.p + comma + 1, text.n - (size_t)comma - 1);
    }
}

/* False when memory is out. */
static bool write_patched(const struct row *row, struct buf *out)
{
    for (size_t i = 0; i < row->patched_count; i++) {
        const struct field *field = &row->record->resource->fields[row->patched[i].field];
        char item[64];
        int n = snprintf(item, sizeof(item), "%s%s=%lld", i ? "," : "", field->column,
                         (long long)row->patched[i].at);
        if (!buf_append(out, str_make(item, (size_t)n)))
            return false;
    }
    return !row->tags_are_changes ||
           (buf_append(out, STR("," TAGS_CHANGED)) && buf_append(out, row->tags_removed));
}

static enum err load_body(struct session *session, const struct resource *resource, uint64_t load,
                          int64_t heavy, struct arena *arena, struct row *row)
{
    int slot = STATEMENT_BODY_GET + entity_slot(resource), column = 0;
    struct str sql = session_has_statement(session, slot) ? STR("") : sql_body_get(arena, resource);
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        session_statement(session, slot, sql.p);
    enum err err = ERR_OK;

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, row->body);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return session_failed(session, "read body");
    for (size_t i = 0; i < resource->count && !err; i++) {
        if (!(resource->fields[i].flags & FF_HEAVY))
            continue;
        if (load & 1ULL << i && heavy & 1LL << column)
            err = body_unpack(session, statement, column, arena, &row->record->v[i]);
        column++;
    }
    return err;
}

enum err body_unpack(struct session *session, sqlite3_stmt *statement, int index,
                     struct arena *arena, struct value *ret)
{
    struct str bytes;

    *ret = (struct value){.kind = VALUE_SET};
    if (sqlite3_column_type(statement, index) == SQLITE_TEXT) {
        ret->s = column_str(statement, index, arena);
        return ret->s.p ? ERR_OK : ERR_TOO_LARGE;
    }
    bytes.p = sqlite3_column_blob(statement, index);
    bytes.n = (size_t)sqlite3_column_bytes(statement, index);
    return pack_open(arena, bytes, session->store->body_limit, &ret->s);
}

enum err entity_read(struct session *session, sqlite3_stmt *statement,
                     const struct resource *resource, uint64_t load, struct arena *arena,
                     struct row *ret)
{
    int64_t heavy = sqlite3_column_int64(statement, COLUMN_HEAVY);
    int column = ROW_COLUMN_COUNT, bit = 0;
    bool wanted = false;
    struct value *project_id;

    *ret = (struct row){.record = record_new(arena, resource)};
    ret->project.key = sqlite3_column_int64(statement, COLUMN_PROJECT);
    if (sqlite3_column_bytes(statement, COLUMN_UUID) == sizeof(struct uuid))
        memcpy(&ret->project.id, sqlite3_column_blob(statement, COLUMN_UUID), sizeof(struct uuid));
    ret->project.deleted = sqlite3_column_int(statement, COLUMN_DELETED) != 0;
    ret->stored = true;
    ret->exists = sqlite3_column_int(statement, COLUMN_PRESENT) != 0;
    ret->body = sqlite3_column_int64(statement, COLUMN_BODY);
    ret->base_clock = sqlite3_column_type(statement, COLUMN_BASE_CLOCK) == SQLITE_NULL
                          ? NO_BASE_CLOCK
                          : sqlite3_column_int64(statement, COLUMN_BASE_CLOCK);
    ret->assumes_project = sqlite3_column_int(statement, COLUMN_ASSUMED) != 0;
    for (size_t i = 0; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        if (sql_is_narrow(field)) {
            column_field(session, statement, column++, field, arena, &ret->record->v[i]);
        } else if (field->flags & FF_HEAVY) {
            if (heavy & 1LL << bit) {
                ret->record->v[i].kind = VALUE_KEPT;
                wanted |= (load & 1ULL << i) != 0;
            }
            bit++;
        }
    }
    project_id = &ret->record->v[ENTITY_PROJECT_ID];
    *project_id = value_uuid(ret->project.id);
    read_patched(str_make((const char *)sqlite3_column_text(statement, COLUMN_PATCHED),
                          (size_t)sqlite3_column_bytes(statement, COLUMN_PATCHED)),
                 arena, ret);
    return wanted ? load_body(session, resource, load, heavy, arena, ret) : ERR_OK;
}

enum err store_entity_get(struct session *session, const struct resource *resource,
                          int64_t workspace, int64_t project_key, const struct uuid *id,
                          uint64_t load, struct arena *arena, struct row *ret)
{
    int slot =
        (project_key ? STATEMENT_ENTITY_GET : STATEMENT_ENTITY_GET_ANY) + entity_slot(resource);
    struct str sql = STR("");
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) = NULL;
    enum err err;
    int rc;

    if (!session_has_statement(session, slot))
        sql = sql_entity_get(arena, resource, project_key == 0);
    statement = session_statement(session, slot, sql.p);
    if (!statement)
        return ERR_INTERNAL;
    bind_uuid(statement, 1, id);
    sqlite3_bind_int64(statement, 2, project_key ? project_key : workspace);
    rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return session_failed(session, "read");
    err = entity_read(session, statement, resource, load, arena, ret);
    return err;
}

enum err store_entity_any_assumed(struct session *session, const struct resource *resource,
                                  bool *ret)
{
    int slot = entity_slot(resource);
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) = session_statement(
        session, STATEMENT_ASSUMED_ANY + slot,
        slot ? "SELECT 1 FROM span INDEXED BY span_assumed WHERE assumed = 1 LIMIT 1"
             : "SELECT 1 FROM trace INDEXED BY trace_assumed WHERE assumed = 1 LIMIT 1");
    int rc = statement ? sqlite3_step(statement) : SQLITE_ERROR;

    *ret = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? ERR_OK : session_failed(session, "assumed");
}

static sqlite3_stmt *write_statement(struct session *session, const struct resource *resource,
                                     enum row_write write)
{
    int slot = STATEMENT_ENTITY_WRITE + 3 * entity_slot(resource) + (int)write;
    sqlite3_stmt *statement;
    struct arena arena;

    if (session_has_statement(session, slot))
        return session_statement(session, slot, NULL);
    arena_init(&arena, ARENA_SMALL);
    statement = session_statement(session, slot, sql_entity_write(&arena, resource, write).p);
    arena_done(&arena);
    return statement;
}

static void bind_heavy(sqlite3_stmt *statement, int index, const struct value *value)
{
    if (value->kind != VALUE_PACKED)
        sqlite3_bind_null(statement, index);
    else if (value->plain)
        bind_str(statement, index, value->s);
    else
        sqlite3_bind_blob64(statement, index, value->s.p, value->s.n, SQLITE_STATIC);
}

static sqlite3_stmt *body_statement(struct session *session, const struct resource *resource,
                                    bool insert, int64_t mask)
{
    int slot = insert ? STATEMENT_BODY_INSERT + entity_slot(resource)
                      : STATEMENT_BODY_UPDATE + entity_slot(resource) * 16 + (int)mask;
    struct arena arena;
    sqlite3_stmt *statement;

    if (session_has_statement(session, slot))
        return session_statement(session, slot, NULL);
    arena_init(&arena, ARENA_SMALL);
    statement = session_statement(session, slot, sql_body_write(&arena, resource, insert, mask).p);
    arena_done(&arena);
    return statement;
}

/* Writes the heavy fields that changed; *ret_heavy tells which are stored afterwards. */
static enum err put_body(struct session *session, struct row *row, int64_t *ret_heavy)
{
    const struct resource *resource = row->record->resource;
    bool insert = row->body == 0;
    int64_t changed = 0, bit = 1;
    sqlite3_stmt *statement;
    int index = 2;

    *ret_heavy = 0;
    for (size_t i = 0; i < resource->count; i++) {
        if (!(resource->fields[i].flags & FF_HEAVY))
            continue;
        if (insert || row->record->v[i].kind != VALUE_KEPT)
            changed |= bit;
        if (row->record->v[i].kind != VALUE_ABSENT)
            *ret_heavy |= bit;
        bit <<= 1;
    }
    if (changed == 0 || (insert && *ret_heavy == 0))
        return ERR_OK;
    statement = body_statement(session, resource, insert, changed);
    if (!statement)
        return ERR_INTERNAL;
    if (insert)
        sqlite3_bind_null(statement, 1);
    else
        sqlite3_bind_int64(statement, 1, row->body);
    for (size_t i = 0; i < resource->count; i++) {
        if (resource->fields[i].flags & FF_HEAVY &&
            (insert || row->record->v[i].kind != VALUE_KEPT))
            bind_heavy(statement, index++, &row->record->v[i]);
    }
    if (session_run(session, statement))
        return ERR_INTERNAL;
    if (insert)
        row->body = sqlite3_last_insert_rowid(session->db);
    return ERR_OK;
}

static void bind_row(sqlite3_stmt *statement, const struct row *row, int64_t heavy)
{
    sqlite3_bind_int64(statement, 1, row->project.key);
    bind_uuid(statement, 2, &row->record->v[ENTITY_ID].uuid);
    sqlite3_bind_int64(statement, 3, heavy);
    sqlite3_bind_int64(statement, 4, row->body);
    if (row->base_clock == NO_BASE_CLOCK)
        sqlite3_bind_null(statement, 5);
    else
        sqlite3_bind_int64(statement, 5, row->base_clock);
}

enum err store_entity_put(struct session *session, struct row *row)
{
    const struct resource *resource = row->record->resource;
    enum row_write write = !row->stored ? ROW_INSERT : row->moved ? ROW_MOVE : ROW_UPDATE;
    struct buf patched __attribute__((cleanup(buf_done))) = {.max = PATCHED_BYTES_MAX};
    sqlite3_stmt *statement;
    int64_t heavy;
    int index = 8;

    if (put_body(session, row, &heavy))
        return ERR_INTERNAL;
    statement = write_statement(session, resource, write);
    if (!statement)
        return ERR_INTERNAL;
    bind_row(statement, row, heavy);
    if (!write_patched(row, &patched))
        return ERR_INTERNAL;
    if (patched.n == 0)
        sqlite3_bind_null(statement, 6);
    else
        bind_str(statement, 6, buf_str(&patched));
    if (row->assumes_project)
        sqlite3_bind_int(statement, 7, 1);
    else
        sqlite3_bind_null(statement, 7);
    for (size_t i = 0; i < resource->count; i++) {
        if (sql_is_written(resource, i, write) &&
            bind_field(session, statement, index++, &resource->fields[i], &row->record->v[i]))
            return ERR_INTERNAL;
    }
    if (session_run(session, statement))
        return ERR_INTERNAL;
    return zone_note_entity(session, row, write != ROW_UPDATE);
}

enum err store_entity_delete(struct session *session, const struct row *row)
{
    const struct resource *resource = row->record->resource;
    struct arena arena;
    enum err err = ERR_OK;

    arena_init(&arena, ARENA_SMALL);
    if (row->body) {
        sqlite3_stmt *body __attribute__((cleanup(statement_finalize))) =
            session_prepare(session, sql_body_delete(&arena, resource));
        if (body)
            sqlite3_bind_int64(body, 1, row->body);
        err = session_run(session, body);
    }
    if (!err) {
        sqlite3_stmt *narrow __attribute__((cleanup(statement_finalize))) =
            session_prepare(session, sql_entity_delete(&arena, resource));
        if (narrow) {
            sqlite3_bind_int64(narrow, 1, row->project.key);
            bind_uuid(narrow, 2, &row->record->v[ENTITY_ID].uuid);
        }
        err = session_run(session, narrow);
    }
    arena_done(&arena);
    return err;
}
