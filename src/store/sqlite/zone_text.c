/* Sets of trigrams are made in three steps, because only the writer writes: it marks a zone,
 * somebody else reads the texts in a snapshot after that, and the writer stores the set if the mark
 * is still there. Whatever changes the zone's texts in between takes the mark away. */
#include "store/sqlite/zone_text.h"

#include "base/mem.h"
#include "base/trigrams.h"
#include "model/tags.h"

const char *zone_text_table(int slot)
{
    return slot ? "span_text" : "trace_text";
}

/* Binds (project, first) of a zone to the first two values of a statement. */
static void bind_zone(sqlite3_stmt *statement, const struct text_zone *zone)
{
    sqlite3_bind_int64(statement, 1, zone->project);
    bind_uuid(statement, 2, &zone->first);
}

/* ---- which ones ---- */

/* Zones behind (project, first) in the order of the key, with what tells whether they are due. */
#define ZONES_BEHIND(kind)                                                                         \
    "SELECT z.project, z.first, z.max_last_updated_at, length(x.bits) FROM " kind "_zone z"        \
    " LEFT JOIN " kind "_text x ON x.project = z.project AND x.first = z.first"                    \
    " WHERE (z.project, z.first) > (?1, ?2) ORDER BY z.project, z.first LIMIT ?3"

enum err store_text_zones(struct session *session, struct text_look *look, struct text_zone *ret,
                          size_t max, size_t *ret_count)
{
    int slot = entity_slot(look->behind.resource), rc = SQLITE_ROW;
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, slot ? STR(ZONES_BEHIND("span")) : STR(ZONES_BEHIND("trace")));
    int64_t seen = 0;

    *ret_count = 0;
    if (!statement)
        return ERR_INTERNAL;
    bind_zone(statement, &look->behind);
    sqlite3_bind_int64(statement, 3, look->zones);
    while (*ret_count < max && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        seen++;
        look->behind.project = sqlite3_column_int64(statement, 0);
        column_uuid(statement, 1, &look->behind.first);
        if (sqlite3_column_type(statement, 3) == SQLITE_NULL &&
            sqlite3_column_int64(statement, 2) < look->rested_before)
            ret[(*ret_count)++] = look->behind;
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return session_failed(session, "zones");
    look->ended = rc == SQLITE_DONE && seen < look->zones;
    return ERR_OK;
}

/* ---- making them ---- */

enum err store_text_mark(struct session *session, const struct text_zone *zone)
{
    static const char *const sql[2] = {
        "INSERT OR REPLACE INTO trace_text(project, first, bits)"
        " SELECT project, first, NULL FROM trace_zone WHERE project = ?1 AND first = ?2",
        "INSERT OR REPLACE INTO span_text(project, first, bits)"
        " SELECT project, first, NULL FROM span_zone WHERE project = ?1 AND first = ?2"};
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, str_of(sql[entity_slot(zone->resource)]));

    if (statement)
        bind_zone(statement, zone);
    return session_run(session, statement);
}

enum err store_text_put(struct session *session, const struct text_zone *zone, struct str bits)
{
    static const char *const sql[2] = {
        "UPDATE trace_text SET bits = ?3 WHERE project = ?1 AND first = ?2 AND bits IS NULL",
        "UPDATE span_text SET bits = ?3 WHERE project = ?1 AND first = ?2 AND bits IS NULL"};
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, str_of(sql[entity_slot(zone->resource)]));

    if (statement) {
        bind_zone(statement, zone);
        sqlite3_bind_blob64(statement, 3, bits.n ? bits.p : "", bits.n, SQLITE_STATIC);
    }
    return session_run(session, statement);
}

static const char trace_texts[] =
    "SELECT trigrams(t.tags, t.name, t.thread_id, t.error_type, b.input, b.output, b.metadata,"
    " b.error_info) FROM trace_zone z CROSS JOIN trace t ON t.project = z.project AND t.id BETWEEN"
    " z.first AND z.last LEFT JOIN trace_body b ON b.id = t.body"
    " WHERE z.project = ?1 AND z.first = ?2";

static const char span_texts[] =
    "SELECT trigrams(t.tags, t.name, t.model, t.provider, t.error_type, b.input, b.output,"
    " b.metadata, b.error_info) FROM span_zone z CROSS JOIN span t ON t.project = z.project AND"
    " t.trace_id BETWEEN z.first AND z.last LEFT JOIN span_body b ON b.id = t.body"
    " WHERE z.project = ?1 AND z.first = ?2";

enum err store_text_read(struct session *session, const struct text_zone *zone, struct arena *arena,
                         struct str *ret)
{
    int slot = entity_slot(zone->resource);
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(session, str_of(slot ? span_texts : trace_texts));

    if (!statement)
        return ERR_INTERNAL;
    bind_zone(statement, zone);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return session_failed(session, "texts");
    *ret = str_copy(arena, str_make(sqlite3_column_blob(statement, 0),
                                    (size_t)sqlite3_column_bytes(statement, 0)));
    return ret->p ? ERR_OK : ERR_TOO_LARGE;
}

/* ---- SQL functions ---- */

static void add_tags(uint8_t *bits, struct arena *scratch, struct str text)
{
    struct tags tags;

    tags_from_text(scratch, text, &tags);
    for (size_t i = 0; i < tags.n; i++)
        trigrams_add(bits, scratch, tags.items[i]);
}

/* trigrams(tags, texts…): the set of all rows. */
static void trigrams_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct session *session = sqlite3_user_data(context);
    uint8_t *bits = sqlite3_aggregate_context(context, TRIGRAMS_BYTES_MAX);

    for (int i = 0; bits && i < count; i++) {
        if (sqlite3_value_type(values[i]) == SQLITE_NULL)
            continue;
        if (i == 0)
            add_tags(bits, &session->scratch, argument_text(context, values[i]));
        else
            trigrams_add(bits, &session->scratch, argument_text(context, values[i]));
        arena_reset(&session->scratch);
    }
}

static void trigrams_final(sqlite3_context *context)
{
    uint8_t *bits = sqlite3_aggregate_context(context, TRIGRAMS_BYTES_MAX);

    if (bits)
        sqlite3_result_blob64(context, bits, trigrams_fold(bits), SQLITE_TRANSIENT);
}

/* trigrams_have(bits, numbers) */
static void function_trigrams_have(sqlite3_context *context, int count, sqlite3_value **values)
{
    const uint8_t *bits = sqlite3_value_blob(values[0]);
    size_t size = (size_t)sqlite3_value_bytes(values[0]);
    uint32_t numbers[TRIGRAMS_NEEDED_MAX];
    size_t bytes = (size_t)sqlite3_value_bytes(values[1]);

    (void)count;
    if (bytes > sizeof(numbers))
        bytes = sizeof(numbers);
    memcpy(numbers, sqlite3_value_blob(values[1]), bytes);
    sqlite3_result_int(context, trigrams_have(bits, size, numbers, bytes / sizeof(numbers[0])));
}

int zone_text_functions_register(struct session *session)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    int rc = sqlite3_create_function_v2(session->db, "trigrams", -1, flags, session, NULL,
                                        trigrams_step, trigrams_final, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(session->db, "trigrams_have", 2, flags, session,
                                        function_trigrams_have, NULL, NULL, NULL);
    return rc;
}
