/* Prepared statements, and columns as values of fields. */
#include "store/sqlite/database.h"

#include <stdio.h>

enum err session_ended(struct session *session)
{
    return session->abandoned ? ERR_ABANDONED : ERR_TIMEOUT;
}

enum err session_failed(struct session *session, const char *what)
{
    snprintf(session->message, sizeof(session->message), "%s: %s (%d)", what,
             sqlite3_errmsg(session->db), sqlite3_extended_errcode(session->db));
    switch (sqlite3_errcode(session->db)) {
    case SQLITE_INTERRUPT:
        return session_ended(session);
    case SQLITE_TOOBIG:
        return ERR_TOO_LARGE;
    default:
        return ERR_INTERNAL;
    }
}

void session_forget(struct session *session)
{
    session->cache.workspace = 0;
    session->cache.project.key = 0;
    for (size_t i = 0; i < SETTLED_ENVIRONMENTS; i++)
        session->cache.environments[i].workspace = 0;
}

bool session_has_statement(const struct session *session, int slot)
{
    return session->statements[slot] != NULL;
}

sqlite3_stmt *session_statement(struct session *session, int slot, const char *sql)
{
    sqlite3_stmt **statement = &session->statements[slot];

    if (!*statement && sqlite3_prepare_v3(session->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                          statement, NULL) != SQLITE_OK) {
        session_failed(session, "prepare");
        return NULL;
    }
    return *statement;
}

sqlite3_stmt *session_prepare(struct session *session, struct str sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(session->db, sql.p, (int)sql.n, &statement, NULL) != SQLITE_OK) {
        session_failed(session, "prepare");
        return NULL;
    }
    return statement;
}

enum err session_run(struct session *session, sqlite3_stmt *statement)
{
    enum err err = ERR_OK;

    if (!statement)
        return ERR_INTERNAL;
    if (sqlite3_step(statement) != SQLITE_DONE && session_failed(session, "write"))
        err = ERR_INTERNAL;
    sqlite3_reset(statement);
    return err;
}

void statement_finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

void statement_reset(sqlite3_stmt **statement)
{
    if (*statement)
        sqlite3_reset(*statement);
}

void bind_str(sqlite3_stmt *statement, int index, struct str s)
{
    sqlite3_bind_text64(statement, index, s.n ? s.p : "", s.n, SQLITE_STATIC, SQLITE_UTF8);
}

void bind_uuid(sqlite3_stmt *statement, int index, const struct uuid *uuid)
{
    sqlite3_bind_blob(statement, index, uuid->b, sizeof(uuid->b), SQLITE_STATIC);
}

bool column_uuid(sqlite3_stmt *statement, int index, struct uuid *ret)
{
    if (sqlite3_column_bytes(statement, index) != sizeof(*ret))
        return false;
    memcpy(ret, sqlite3_column_blob(statement, index), sizeof(*ret));
    return true;
}

struct str column_str(sqlite3_stmt *statement, int index, struct arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(statement, index);

    if (!text)
        return STR("");
    return str_copy(arena, str_make(text, (size_t)sqlite3_column_bytes(statement, index)));
}

void *array_make_room(struct arena *arena, void *items, size_t count, size_t item_size)
{
    if (arena_is_over(arena))
        return NULL;
    if (count == 0)
        return arena_alloc(arena, 4 * item_size);
    if (count < 4 || (count & (count - 1)) != 0)
        return items;
    return arena_grow(arena, items, count * item_size, 2 * count * item_size);
}

enum err bind_field(struct session *session, sqlite3_stmt *statement, int index,
                    const struct field *field, const struct value *value)
{
    if (!value_is_set(value)) {
        if (field->type == FIELD_UUID)
            sqlite3_bind_zeroblob(statement, index, 0);
        else
            sqlite3_bind_null(statement, index);
        return ERR_OK;
    }
    switch (field->type) {
    case FIELD_UUID:
        bind_uuid(statement, index, &value->uuid);
        return ERR_OK;
    case FIELD_NUMBER:
        sqlite3_bind_double(statement, index, value->d);
        return ERR_OK;
    case FIELD_COST:
        cost_bind(statement, index, value->n);
        return ERR_OK;
    case FIELD_TALLY:
    case FIELD_TALLY_KEYS:
        return tally_bind(session, statement, index, value->tally);
    case FIELD_TEXT:
    case FIELD_TAGS:
    case FIELD_COLORS:
    case FIELD_JSON:
        bind_str(statement, index, value->s);
        return ERR_OK;
    default:
        sqlite3_bind_int64(statement, index, value->i);
        return ERR_OK;
    }
}

void column_field(struct session *session, sqlite3_stmt *statement, int index,
                  const struct field *field, struct arena *arena, struct value *ret)
{
    *ret = (struct value){0};
    if (sqlite3_column_type(statement, index) == SQLITE_NULL)
        return;
    ret->kind = VALUE_SET;
    switch (field->type) {
    case FIELD_UUID:
        if (sqlite3_column_bytes(statement, index) == sizeof(ret->uuid.b))
            memcpy(ret->uuid.b, sqlite3_column_blob(statement, index), sizeof(ret->uuid.b));
        else
            ret->kind = VALUE_ABSENT;
        return;
    case FIELD_NUMBER:
        ret->d = sqlite3_column_double(statement, index);
        return;
    case FIELD_COST:
        ret->n = cost_read(sqlite3_column_value(statement, index));
        return;
    case FIELD_TALLY:
    case FIELD_TALLY_KEYS: {
        const void *blob = sqlite3_column_blob(statement, index);
        ret->tally = tally_read(session, blob, sqlite3_column_bytes(statement, index), arena);
        return;
    }
    case FIELD_TEXT:
    case FIELD_TAGS:
    case FIELD_COLORS:
    case FIELD_JSON:
        ret->s = column_str(statement, index, arena);
        return;
    default:
        ret->i = sqlite3_column_int64(statement, index);
        return;
    }
}
