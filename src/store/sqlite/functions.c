/* SQL functions of the program: what SQL itself does not know of bodies, ids, tags and tallies.
 * They run on the thread of the session that they were registered with, and use its scratch arena.
 */
#include "store/sqlite/database.h"

#include <stdlib.h>

#include "base/text_search.h"
#include "model/tags.h"
#include "query/json_path.h"
#include "store/pack.h"

static struct session *session_of(sqlite3_context *context)
{
    return sqlite3_user_data(context);
}

/* The text of an argument: NULL is "", a blob is unpacked into the scratch arena. */
static struct str argument_text(sqlite3_context *context, sqlite3_value *value)
{
    struct session *session = session_of(context);
    struct str text = STR("");

    switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
        break;
    case SQLITE_BLOB:
        text.p = sqlite3_value_blob(value);
        text.n = (size_t)sqlite3_value_bytes(value);
        if (pack_open(&session->scratch, text, session->store->body_limit, &text)) {
            sqlite3_result_error_toobig(context);
            text = STR("");
        }
        break;
    default:
        text.p = (const char *)sqlite3_value_text(value);
        text.n = (size_t)sqlite3_value_bytes(value);
    }
    return text;
}

static void done(sqlite3_context *context)
{
    arena_reset(&session_of(context)->scratch);
}

/* unpack(x): the text of a body's column; NULL for NULL. */
static void function_unpack(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct str text;

    (void)count;
    if (sqlite3_value_type(values[0]) != SQLITE_BLOB) {
        sqlite3_result_value(context, values[0]);
        return;
    }
    text = argument_text(context, values[0]);
    sqlite3_result_text64(context, text.p, text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    done(context);
}

/* contains(x, pattern), contains_exact(x, pattern): LIKE '%pattern%' without and with case. */
static void function_contains(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct arena *scratch = &session_of(context)->scratch;
    struct str pattern = argument_text(context, values[1]);

    (void)count;
    sqlite3_result_int(context, text_contains(scratch, argument_text(context, values[0]), pattern));
    done(context);
}

static void function_contains_exact(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct arena *scratch = &session_of(context)->scratch;
    struct str pattern = argument_text(context, values[1]);

    (void)count;
    sqlite3_result_int(context,
                       text_contains_exact(scratch, argument_text(context, values[0]), pattern));
    done(context);
}

/* starts(text, part), ends(text, part): literal; the caller lowers both for case. */
static void function_starts(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    sqlite3_result_int(context, str_starts_with(argument_text(context, values[0]),
                                                argument_text(context, values[1])));
    done(context);
}

static void function_ends(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    sqlite3_result_int(context, str_ends_with(argument_text(context, values[0]),
                                              argument_text(context, values[1])));
    done(context);
}

/* The first scalar at a path of a JSON text. */
static bool find_scalar(sqlite3_context *context, sqlite3_value **values, struct str *ret)
{
    struct arena *scratch = &session_of(context)->scratch;
    struct error ignored = {.arena = scratch};
    struct str json = argument_text(context, values[0]);
    yyjson_val *root = NULL;
    struct json_path path;

    return json.n && json_path_parse(scratch, argument_text(context, values[1]), &path) &&
           !json_parse(scratch, json, &root, &ignored) && json_path_first(&path, root, ret);
}

/* json_text(body, path): "" where there is no scalar (query.md 4). */
static void function_json_text(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct str text = STR("");

    (void)count;
    find_scalar(context, values, &text);
    sqlite3_result_text64(context, text.p, text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    done(context);
}

/* json_number(body, path): NULL where the text is no number. */
static void function_json_number(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct str text = STR("");
    char *end = NULL;
    double number;

    (void)count;
    if (find_scalar(context, values, &text) && text.n && text.n < 400) {
        text = str_copy(&session_of(context)->scratch, text);
        number = strtod(text.p, &end);
        if (end == text.p + text.n)
            sqlite3_result_double(context, number);
    }
    done(context);
}

/* json_string(body, path): the member at a path if it is a string, else "". */
static void function_json_string(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct arena *scratch = &session_of(context)->scratch;
    struct error ignored = {.arena = scratch};
    struct str json = argument_text(context, values[0]), key = argument_text(context, values[1]);
    yyjson_val *root = NULL, *member = NULL;

    (void)count;
    if (json.n && !json_parse(scratch, json, &root, &ignored))
        member = yyjson_obj_getn(root, key.p, key.n);
    if (!yyjson_is_str(member))
        sqlite3_result_text(context, "", 0, SQLITE_STATIC);
    else
        sqlite3_result_text64(context, yyjson_get_str(member), yyjson_get_len(member),
                              SQLITE_TRANSIENT, SQLITE_UTF8);
    done(context);
}

/* tags_match(tags, pattern, exact): whether an element equals the pattern, or contains it. */
static void function_tags_match(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct arena *scratch = &session_of(context)->scratch;
    struct str pattern = argument_text(context, values[1]);
    bool exact = sqlite3_value_int(values[2]), found = false;
    struct tags tags;

    (void)count;
    tags_from_text(scratch, argument_text(context, values[0]), &tags);
    for (size_t i = 0; i < tags.n && !found; i++)
        found =
            exact ? str_eq(tags.items[i], pattern) : text_contains(scratch, tags.items[i], pattern);
    sqlite3_result_int(context, found);
    done(context);
}

static void function_tags_count(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct tags tags = {0};

    (void)count;
    if (sqlite3_value_type(values[0]) != SQLITE_NULL)
        tags_from_text(&session_of(context)->scratch, argument_text(context, values[0]), &tags);
    sqlite3_result_int64(context, (sqlite3_int64)tags.n);
    done(context);
}

/* tags_key(tags): bytes that compare as the arrays do, element by element. */
static void function_tags_key(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct str text = argument_text(context, values[0]);
    struct tags tags;
    size_t n = 0;
    char *key;

    (void)count;
    tags_from_text(&session_of(context)->scratch, text, &tags);
    /* No longer than the JSON text: two quotes and a comma become one NUL. */
    key = arena_alloc(&session_of(context)->scratch, text.n + 1);
    for (size_t i = 0; key && i < tags.n && n + tags.items[i].n < text.n; i++) {
        memcpy(key + n, tags.items[i].p, tags.items[i].n);
        n += tags.items[i].n;
        key[n++] = '\0';
    }
    sqlite3_result_blob64(context, key ? key : "", n, SQLITE_TRANSIENT);
    done(context);
}

static bool read_uuid(sqlite3_value *value, struct uuid *ret)
{
    if (sqlite3_value_bytes(value) != sizeof(*ret))
        return false;
    memcpy(ret, sqlite3_value_blob(value), sizeof(*ret));
    return true;
}

static void function_uuid_text(sqlite3_context *context, int count, sqlite3_value **values)
{
    char text[UUID_TEXT_SIZE];
    struct uuid id;

    (void)count;
    if (read_uuid(values[0], &id)) {
        uuid_format(&id, text);
        sqlite3_result_text(context, text, sizeof(text), SQLITE_TRANSIENT);
    }
}

/* id_ms(id): the time that a version 7 id carries. */
static void function_id_ms(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct uuid id;

    (void)count;
    if (read_uuid(values[0], &id))
        sqlite3_result_int64(context, uuid_time_ms(&id));
}

int functions_register(struct session *session)
{
    static const struct {
        const char *name;
        int arguments;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } table[] = {
        {"unpack", 1, function_unpack},
        {"contains", 2, function_contains},
        {"contains_exact", 2, function_contains_exact},
        {"starts", 2, function_starts},
        {"ends", 2, function_ends},
        {"json_text", 2, function_json_text},
        {"json_number", 2, function_json_number},
        {"json_string", 2, function_json_string},
        {"tags_match", 3, function_tags_match},
        {"tags_count", 1, function_tags_count},
        {"tags_key", 1, function_tags_key},
        {"uuid_text", 1, function_uuid_text},
        {"id_ms", 1, function_id_ms},
    };
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, rc = SQLITE_OK;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(session->db, table[i].name, table[i].arguments, flags,
                                        session, table[i].call, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = tally_functions_register(session);
    return rc == SQLITE_OK ? aggregates_register(session) : rc;
}
