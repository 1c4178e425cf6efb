/* SQL functions of the program: what SQL itself does not know of bodies, ids, tags and tallies.
 * They run on the thread of the session that they were registered with, and use its scratch arena.
 */
#include "store/sqlite/database.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text_search.h"
#include "model/tags.h"
#include "query/json_path.h"
#include "store/pack.h"
#include "store/sqlite/id_set.h"
#include "store/sqlite/page.h"
#include "store/sqlite/zone.h"
#include "store/sqlite/zone_text.h"

static struct session *session_of(sqlite3_context *context)
{
    return sqlite3_user_data(context);
}

struct str argument_text(sqlite3_context *context, sqlite3_value *value)
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

/* The pattern that an argument is, made ready once per statement; NULL when it cannot be kept. */
static const struct text_pattern *argument_pattern(sqlite3_context *context, sqlite3_value **values,
                                                   int index, bool exact)
{
    struct text_pattern *pattern = sqlite3_get_auxdata(context, index);

    if (pattern)
        return pattern;
    sqlite3_set_auxdata(context, index,
                        text_pattern_new(str_make((const char *)sqlite3_value_text(values[index]),
                                                  (size_t)sqlite3_value_bytes(values[index])),
                                         exact),
                        mem_free);
    pattern = sqlite3_get_auxdata(context, index);
    if (!pattern)
        sqlite3_result_error_nomem(context);
    return pattern;
}

static void result_contains(sqlite3_context *context, sqlite3_value **values, bool exact)
{
    const struct text_pattern *pattern = argument_pattern(context, values, 1, exact);

    if (pattern)
        sqlite3_result_int(context, text_pattern_matches(pattern, &session_of(context)->scratch,
                                                         argument_text(context, values[0])));
    done(context);
}

/* contains(x, pattern), contains_exact(x, pattern): LIKE '%pattern%' without and with case. */
static void function_contains(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    result_contains(context, values, false);
}

static void function_contains_exact(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    result_contains(context, values, true);
}

/* starts(text, part), ends(text, part): literal. */
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

/* starts_any(text, part), ends_any(text, part): without the case of ASCII letters. */
static void function_starts_any(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    sqlite3_result_int(context, text_starts_any_case(argument_text(context, values[0]),
                                                     argument_text(context, values[1])));
    done(context);
}

static void function_ends_any(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    sqlite3_result_int(context, text_ends_any_case(argument_text(context, values[0]),
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
    if (find_scalar(context, values, &text) && text.n < 400 && decimal_is_text(text)) {
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

/* Whether the JSON text of tags has a value with a character that is written in another way. */
static bool has_escapes(struct str text)
{
    return text.n && memchr(text.p, '\\', text.n);
}

/* Takes the next element off the JSON text of an array of texts without escapes. */
static bool next_tag(struct str *text, struct str *ret)
{
    const char *start = text->n ? memchr(text->p, '"', text->n) : NULL;
    const char *end = NULL, *stop = text->p + text->n;

    if (start)
        end = memchr(start + 1, '"', (size_t)(stop - start) - 1);
    if (!end)
        return false;
    *ret = str_make(start + 1, (size_t)(end - start) - 1);
    *text = str_make(end + 1, (size_t)(stop - end) - 1);
    return true;
}

/* Whether an element matches the pattern, or equals it. */
static bool tags_match(struct arena *scratch, struct str text, const struct text_pattern *pattern,
                       struct str exact)
{
    struct tags tags = {0};
    struct str tag;
    bool found = false;

    if (!has_escapes(text)) {
        while (!found && next_tag(&text, &tag))
            found = pattern ? text_pattern_matches(pattern, scratch, tag) : str_eq(tag, exact);
        return found;
    }
    tags_from_text(scratch, text, &tags);
    for (size_t i = 0; i < tags.n && !found; i++)
        found = pattern ? text_pattern_matches(pattern, scratch, tags.items[i])
                        : str_eq(tags.items[i], exact);
    return found;
}

/* tags_match(tags, pattern, exact): whether an element equals the pattern, or contains it. */
static void function_tags_match(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct arena *scratch = &session_of(context)->scratch;
    bool exact = sqlite3_value_int(values[2]);
    const struct text_pattern *pattern = NULL;
    struct str wanted = STR("");

    (void)count;
    if (exact)
        wanted = argument_text(context, values[1]);
    else
        pattern = argument_pattern(context, values, 1, false);
    if (exact || pattern)
        sqlite3_result_int(context,
                           tags_match(scratch, argument_text(context, values[0]), pattern, wanted));
    done(context);
}

static bool id_matches(sqlite3_value *value, const struct text_pattern *pattern,
                       struct arena *scratch)
{
    char text[UUID_TEXT_SIZE];
    struct uuid id;

    if (!text_pattern_fits_ids(pattern) || sqlite3_value_bytes(value) != sizeof(id))
        return false;
    memcpy(&id, sqlite3_value_blob(value), sizeof(id));
    uuid_format(&id, text);
    return text_pattern_matches(pattern, scratch, str_make(text, sizeof(text)));
}

/* search(pattern, n, n ids, tags, texts…): whether any of them contains the pattern. */
static void function_search(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct arena *scratch = &session_of(context)->scratch;
    const struct text_pattern *pattern = argument_pattern(context, values, 0, false);
    int i = 2, ids = sqlite3_value_int(values[1]);
    bool found = false;

    if (!pattern)
        return;
    for (; i < 2 + ids && !found; i++)
        found = id_matches(values[i], pattern, scratch);
    i = 2 + ids;
    if (!found && sqlite3_value_type(values[i]) != SQLITE_NULL)
        found = tags_match(scratch, argument_text(context, values[i]), pattern, STR(""));
    for (i++; i < count && !found; i++) {
        if (sqlite3_value_type(values[i]) == SQLITE_NULL)
            continue;
        found = text_pattern_matches(pattern, scratch, argument_text(context, values[i]));
        arena_reset(scratch);
    }
    sqlite3_result_int(context, found);
    done(context);
}

int64_t tags_count(struct session *session, sqlite3_value *value)
{
    struct str text =
        str_make((const char *)sqlite3_value_text(value), (size_t)sqlite3_value_bytes(value));
    struct tags tags = {0};
    struct str tag;

    if (has_escapes(text)) {
        tags_from_text(&session->scratch, text, &tags);
        arena_reset(&session->scratch);
        return (int64_t)tags.n;
    }
    while (next_tag(&text, &tag))
        tags.n++;
    return (int64_t)tags.n;
}

static void function_tags_count(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    sqlite3_result_int64(context, sqlite3_value_type(values[0]) == SQLITE_NULL
                                      ? 0
                                      : tags_count(session_of(context), values[0]));
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

bool uuid_read(sqlite3_value *value, struct uuid *ret)
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
    if (uuid_read(values[0], &id)) {
        uuid_format(&id, text);
        sqlite3_result_text(context, text, sizeof(text), SQLITE_TRANSIENT);
    }
}

/* id_ms(id): the time that a version 7 id carries. */
static void function_id_ms(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct uuid id;

    (void)count;
    if (uuid_read(values[0], &id))
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
        {"starts_any", 2, function_starts_any},
        {"ends_any", 2, function_ends_any},
        {"search", -1, function_search},
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
    if (rc == SQLITE_OK)
        rc = zone_functions_register(session);
    if (rc == SQLITE_OK)
        rc = zone_text_functions_register(session);
    if (rc == SQLITE_OK)
        rc = id_set_functions_register(session);
    if (rc == SQLITE_OK)
        rc = page_functions_register(session);
    return rc == SQLITE_OK ? aggregates_register(session) : rc;
}
