/* Zones are kept by the writer: puts are noted, and before each commit the notes are sorted by key
 * and put into the zones they fall into. */
#include "store/sqlite/zone.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/tags.h"
#include "store/zone_table.h"

/* Written out when so many have come together. */
#define NOTES_MAX 1024
/* A zone is left for a new one at so many rows, and cut in two at twice as many. */
static const int64_t zone_rows[2] = {128, 256}; /* traces, spans */

struct zone_values {
    int64_t min[ZONE_MEASURE_COUNT], max[ZONE_MEASURE_COUNT]; /* min > max: no value */
    uint8_t bits[ZONE_BITS / 8];
};

struct zone_note {
    int slot; /* 0 traces, 1 spans */
    int64_t project;
    struct uuid id; /* of the trace */
    bool is_new;
    bool has_texts; /* those of its row may be others now */
    struct zone_values values;
};

struct zone_notes {
    size_t count;
    struct zone_note notes[NOTES_MAX];
    struct zone_note *sorted[NOTES_MAX];
};

/* ---- values ---- */

static void values_init(struct zone_values *values)
{
    for (int i = 0; i < ZONE_MEASURE_COUNT; i++) {
        values->min[i] = INT64_MAX;
        values->max[i] = INT64_MIN;
    }
    memset(values->bits, 0, sizeof(values->bits));
}

static void add_number(struct zone_values *values, enum zone_measure measure, int64_t low,
                       int64_t high)
{
    values->min[measure] = low < values->min[measure] ? low : values->min[measure];
    values->max[measure] = high > values->max[measure] ? high : values->max[measure];
}

static int64_t clamp(double value)
{
    return value >= 9e18 ? INT64_MAX : value <= -9e18 ? INT64_MIN : (int64_t)value;
}

static void add_real(struct zone_values *values, enum zone_measure measure, double value)
{
    add_number(values, measure, clamp(floor(value)), clamp(ceil(value)));
}

static void add_cost(struct zone_values *values, decimal_int cost)
{
    int64_t n = cost > INT64_MAX ? INT64_MAX : cost < INT64_MIN ? INT64_MIN : (int64_t)cost;

    add_number(values, ZONE_COST, n, n);
}

/* Three bits stand for a token. */
static unsigned token_bit(uint64_t token, int i)
{
    return (unsigned)(token >> 20 * i) % ZONE_BITS;
}

static void bits_add(uint8_t *bits, uint64_t token)
{
    for (int i = 0; i < 3; i++)
        bits[token_bit(token, i) / 8] |= (uint8_t)(1U << token_bit(token, i) % 8);
}

static bool bits_have(const uint8_t *bits, uint64_t token)
{
    for (int i = 0; i < 3; i++) {
        if (!(bits[token_bit(token, i) / 8] & 1U << token_bit(token, i) % 8))
            return false;
    }
    return true;
}

static void bits_add_tags(struct session *session, uint8_t *bits, struct str text)
{
    struct tags tags;

    tags_from_text(&session->scratch, text, &tags);
    for (size_t i = 0; i < tags.n; i++)
        bits_add(bits, zone_token(ZONE_TAG, tags.items[i]));
    arena_reset(&session->scratch);
}

static void add_usage(struct zone_values *values, const struct tally *usage)
{
    for (int i = ZONE_PROMPT; i <= ZONE_TOTAL; i++) {
        struct tally_entry *entry = usage ? tally_find(usage, str_of(zone_measures[i].name)) : NULL;
        int64_t n = entry ? entry->count : 0;
        add_number(values, (enum zone_measure)i, n, n);
    }
}

/* ---- notes ---- */

static enum err new_note(struct session *session, int slot, int64_t project, const struct uuid *id,
                         bool is_new, struct zone_note **ret)
{
    if (!session->zones)
        session->zones = mem_zalloc(sizeof(*session->zones));
    if (session->zones->count == NOTES_MAX && zone_flush(session))
        return ERR_INTERNAL;
    *ret = &session->zones->notes[session->zones->count++];
    (*ret)->slot = slot;
    (*ret)->project = project;
    (*ret)->id = *id;
    (*ret)->is_new = is_new;
    (*ret)->has_texts = false;
    values_init(&(*ret)->values);
    return ERR_OK;
}

static void add_int_field(struct zone_values *values, enum zone_measure measure,
                          const struct value *value)
{
    if (value_is_set(value))
        add_number(values, measure, value->i, value->i);
}

static void note_numbers(struct zone_note *note, const struct record *record)
{
    struct zone_values *values = &note->values;
    const struct value *v = record->v;
    int64_t id = zone_id_prefix(&v[ENTITY_ID].uuid);

    add_number(values, ZONE_ID, id, id);
    add_int_field(values, ZONE_START, &v[ENTITY_START_TIME]);
    add_int_field(values, ZONE_END, &v[ENTITY_END_TIME]);
    add_int_field(values, ZONE_CREATED, &v[ENTITY_CREATED_AT]);
    add_int_field(values, ZONE_UPDATED, &v[ENTITY_LAST_UPDATED_AT]);
    if (value_is_set(&v[ENTITY_START_TIME]) && v[ENTITY_START_TIME].i != 0 &&
        value_is_set(&v[ENTITY_END_TIME])) {
        int64_t us = v[ENTITY_END_TIME].i / 1000 - v[ENTITY_START_TIME].i / 1000;
        add_number(values, ZONE_DURATION, us, us);
    }
    if (value_is_set(&v[ENTITY_TTFT]))
        add_real(values, ZONE_TTFT, v[ENTITY_TTFT].d);
    add_cost(values,
             value_is_set(&v[ENTITY_TOTAL_ESTIMATED_COST]) ? v[ENTITY_TOTAL_ESTIMATED_COST].n : 0);
    add_usage(values, value_is_set(&v[ENTITY_USAGE]) ? v[ENTITY_USAGE].tally : NULL);
    if (note->slot == 0)
        add_number(values, ZONE_LLM_SPANS,
                   value_is_set(&v[TRACE_LLM_SPAN_COUNT]) ? v[TRACE_LLM_SPAN_COUNT].i : 0,
                   value_is_set(&v[TRACE_LLM_SPAN_COUNT]) ? v[TRACE_LLM_SPAN_COUNT].i : 0);
}

static void note_texts(struct session *session, struct zone_note *note, const struct record *record)
{
    static const struct {
        int field;
        enum zone_text kind;
    } texts[] = {{ENTITY_NAME, ZONE_NAME},
                 {ENTITY_ERROR_TYPE, ZONE_ERROR_TYPE},
                 {ENTITY_ENVIRONMENT, ZONE_ENVIRONMENT},
                 {SPAN_MODEL, ZONE_MODEL},
                 {SPAN_PROVIDER, ZONE_PROVIDER}};

    for (size_t i = 0; i < (note->slot ? 5 : 3); i++) {
        const struct value *value = &record->v[texts[i].field];
        if (value_is_set(value))
            bits_add(note->values.bits, zone_token(texts[i].kind, value->s));
    }
    if (value_is_set(&record->v[ENTITY_TAGS]))
        bits_add_tags(session, note->values.bits, record->v[ENTITY_TAGS].s);
}

enum err zone_note_entity(struct session *session, const struct row *row, bool is_new)
{
    const struct record *record = row->record;
    int slot = entity_slot(record->resource);
    const struct uuid *id = &record->v[slot ? SPAN_TRACE_ID : ENTITY_ID].uuid;
    struct zone_note *note;

    if (new_note(session, slot, row->project.key, id, is_new, &note))
        return ERR_INTERNAL;
    note->has_texts = true;
    note_numbers(note, record);
    note_texts(session, note, record);
    return ERR_OK;
}

enum err zone_note_sums(struct session *session, int64_t project, const struct uuid *trace,
                        sqlite3_stmt *statement, int column)
{
    const uint8_t *blob = sqlite3_column_blob(statement, column + 1);
    struct tally_walk walk = {blob, blob + sqlite3_column_bytes(statement, column + 1)};
    int64_t llm = sqlite3_column_int64(statement, column + 2), count;
    struct zone_note *note;
    struct str name;

    if (new_note(session, 0, project, trace, false, &note))
        return ERR_INTERNAL;
    add_cost(&note->values, cost_read(sqlite3_column_value(statement, column)));
    add_usage(&note->values, NULL);
    while (tally_next(session->store, &walk, &name, &count)) {
        for (int i = ZONE_PROMPT; i <= ZONE_TOTAL; i++) {
            if (str_eq(name, str_of(zone_measures[i].name)))
                add_number(&note->values, (enum zone_measure)i, count, count);
        }
    }
    add_number(&note->values, ZONE_LLM_SPANS, llm, llm);
    return ERR_OK;
}

void zone_forget(struct session *session)
{
    if (session->zones)
        session->zones->count = 0;
}

void zone_free(struct zone_notes *notes)
{
    mem_free(notes);
}

/* ---- zones ---- */

struct zone {
    bool exists, dirty;
    bool has_texts;  /* that may be others than its set of trigrams says */
    struct uuid key; /* `first` as it is stored */
    struct uuid first, last;
    int64_t rows;
    bool has_next;
    struct uuid next; /* where the following zone begins */
    struct zone_values values;
};

static sqlite3_stmt *zone_statement(struct session *session, int slot, enum zone_statement which)
{
    int number = STATEMENT_ZONE + slot * ZONE_STATEMENT_COUNT + (int)which;
    struct arena arena;
    sqlite3_stmt *statement;

    if (session_has_statement(session, number))
        return session_statement(session, number, NULL);
    arena_init(&arena, ARENA_SMALL);
    statement = session_statement(session, number, zone_sql(&arena, slot, which).p);
    arena_done(&arena);
    return statement;
}

/* The zone that a statement finds for (project, id). */
static enum err read_zone(struct session *session, int slot, enum zone_statement which,
                          int64_t project, const struct uuid *id, struct zone *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_reset))) =
        zone_statement(session, slot, which);
    int column = 4, rc;

    *ret = (struct zone){0};
    values_init(&ret->values);
    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project);
    bind_uuid(statement, 2, id);
    rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        return ERR_OK;
    if (rc != SQLITE_ROW)
        return session_failed(session, "read zone");
    ret->exists = true;
    column_uuid(statement, 0, &ret->first);
    column_uuid(statement, 1, &ret->last);
    ret->key = ret->first;
    ret->rows = sqlite3_column_int64(statement, 2);
    if (sqlite3_column_bytes(statement, 3) == sizeof(ret->values.bits))
        memcpy(ret->values.bits, sqlite3_column_blob(statement, 3), sizeof(ret->values.bits));
    for (int i = 0; i < ZONE_MEASURE_COUNT; i++) {
        if (!zone_measures[i].of[slot])
            continue;
        if (sqlite3_column_type(statement, column) != SQLITE_NULL) {
            ret->values.min[i] = sqlite3_column_int64(statement, column);
            ret->values.max[i] = sqlite3_column_int64(statement, column + 1);
        }
        column += 2;
    }
    return ERR_OK;
}

static enum err run_for_key(struct session *session, int slot, enum zone_statement which,
                            int64_t project, const struct uuid *key)
{
    sqlite3_stmt *statement = zone_statement(session, slot, which);

    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project);
    bind_uuid(statement, 2, key);
    return session_run(session, statement);
}

static enum err write_zone(struct session *session, int slot, int64_t project, struct zone *zone)
{
    sqlite3_stmt *statement;
    int index = 6;

    if (zone->exists && zone->has_texts &&
        run_for_key(session, slot, ZONE_FORGET_TEXTS, project, &zone->key))
        return ERR_INTERNAL;
    zone->has_texts = false;
    if (!zone->exists || !zone->dirty)
        return ERR_OK;
    if (!uuid_eq(&zone->key, &zone->first) &&
        (run_for_key(session, slot, ZONE_MOVE, project, &zone->key) ||
         run_for_key(session, slot, ZONE_FORGET_TEXTS, project, &zone->key)))
        return ERR_INTERNAL;
    statement = zone_statement(session, slot, ZONE_WRITE);
    if (!statement)
        return ERR_INTERNAL;
    sqlite3_bind_int64(statement, 1, project);
    bind_uuid(statement, 2, &zone->first);
    bind_uuid(statement, 3, &zone->last);
    sqlite3_bind_int64(statement, 4, zone->rows);
    sqlite3_bind_blob(statement, 5, zone->values.bits, sizeof(zone->values.bits), SQLITE_STATIC);
    for (int i = 0; i < ZONE_MEASURE_COUNT; i++) {
        if (!zone_measures[i].of[slot])
            continue;
        if (zone->values.min[i] > zone->values.max[i]) {
            sqlite3_bind_null(statement, index);
            sqlite3_bind_null(statement, index + 1);
        } else {
            sqlite3_bind_int64(statement, index, zone->values.min[i]);
            sqlite3_bind_int64(statement, index + 1, zone->values.max[i]);
        }
        index += 2;
    }
    zone->dirty = false;
    zone->key = zone->first;
    return session_run(session, statement);
}

static void widen(struct zone *zone, const struct zone_values *values)
{
    for (int i = 0; i < ZONE_MEASURE_COUNT; i++) {
        if (values->min[i] > values->max[i])
            continue;
        zone->dirty |= values->min[i] < zone->values.min[i] || values->max[i] > zone->values.max[i];
        add_number(&zone->values, (enum zone_measure)i, values->min[i], values->max[i]);
    }
    for (size_t i = 0; i < sizeof(values->bits); i++) {
        zone->dirty |= (values->bits[i] & ~zone->values.bits[i]) != 0;
        zone->values.bits[i] |= values->bits[i];
    }
}

static bool is_full(const struct zone *zone, int slot)
{
    return zone->rows >= zone_rows[slot];
}

/* Finds or begins the zone of an id: the one before it unless that is full and ends below, else
 * the one behind, drawn down to the id, else a new one. */
static enum err enter_zone(struct session *session, const struct zone_note *note, struct zone *zone)
{
    struct zone next;

    if (read_zone(session, note->slot, ZONE_FLOOR, note->project, &note->id, zone))
        return ERR_INTERNAL;
    if (zone->exists && uuid_cmp(&note->id, &zone->last) <= 0) {
        /* What lies behind is looked up when an id goes there. */
        zone->has_next = true;
        zone->next = zone->last;
        return ERR_OK;
    }
    if (read_zone(session, note->slot, ZONE_NEXT, note->project, &note->id, &next))
        return ERR_INTERNAL;
    if (zone->exists && !is_full(zone, note->slot)) {
        zone->has_next = next.exists;
        zone->next = next.first;
        return ERR_OK;
    }
    if (next.exists && !is_full(&next, note->slot)) {
        struct zone behind;
        *zone = next;
        zone->first = note->id;
        zone->dirty = true;
        if (read_zone(session, note->slot, ZONE_NEXT, note->project, &next.key, &behind))
            return ERR_INTERNAL;
        zone->has_next = behind.exists;
        zone->next = behind.first;
        return ERR_OK;
    }
    *zone = (struct zone){.exists = true, .dirty = true, .has_next = next.exists};
    zone->key = zone->first = zone->last = note->id;
    zone->next = next.first;
    values_init(&zone->values);
    return ERR_OK;
}

/* True when the id stays in the zone at hand. */
static bool stays(const struct zone *zone, const struct zone_note *note)
{
    if (!zone->exists || uuid_cmp(&note->id, &zone->first) < 0)
        return false;
    if (uuid_cmp(&note->id, &zone->last) <= 0)
        return true;
    return !is_full(zone, note->slot) && (!zone->has_next || uuid_cmp(&note->id, &zone->next) < 0);
}

/* Cuts a zone that got too many rows in the middle of its range at an id that goes into it; both
 * halves keep the bounds. */
static enum err split(struct session *session, const struct zone_note *note, struct zone *zone)
{
    struct zone left = *zone;

    if (zone->rows < 2 * zone_rows[note->slot] || uuid_cmp(&note->id, &zone->first) <= 0)
        return ERR_OK;
    left.last = uuid_before(note->id);
    left.rows = zone->rows / 2;
    left.dirty = true;
    if (write_zone(session, note->slot, note->project, &left))
        return ERR_INTERNAL;
    zone->key = zone->first = note->id;
    zone->rows -= left.rows;
    zone->dirty = true;
    return ERR_OK;
}

static enum err put_note(struct session *session, const struct zone_note *note, struct zone *zone)
{
    if (note->is_new) {
        if (split(session, note, zone))
            return ERR_INTERNAL;
        zone->rows++;
        zone->dirty = true;
    }
    if (uuid_cmp(&note->id, &zone->last) > 0) {
        zone->last = note->id;
        zone->dirty = true;
    }
    zone->has_texts |= note->has_texts;
    widen(zone, &note->values);
    return ERR_OK;
}

static int compare_notes(const void *a, const void *b)
{
    const struct zone_note *x = *(struct zone_note *const *)a, *y = *(struct zone_note *const *)b;

    if (x->slot != y->slot)
        return x->slot - y->slot;
    if (x->project != y->project)
        return x->project < y->project ? -1 : 1;
    return uuid_cmp(&x->id, &y->id);
}

enum err zone_flush(struct session *session)
{
    struct zone_notes *notes = session->zones;
    struct zone zone = {0};
    const struct zone_note *last = NULL;

    if (!notes || notes->count == 0)
        return ERR_OK;
    for (size_t i = 0; i < notes->count; i++)
        notes->sorted[i] = &notes->notes[i];
    qsort(notes->sorted, notes->count, sizeof(*notes->sorted), compare_notes);
    for (size_t i = 0; i < notes->count; i++) {
        const struct zone_note *note = notes->sorted[i];
        bool same = last && last->slot == note->slot && last->project == note->project;
        if (!same || !stays(&zone, note)) {
            if (last && write_zone(session, last->slot, last->project, &zone))
                return ERR_INTERNAL;
            if (enter_zone(session, note, &zone))
                return ERR_INTERNAL;
        }
        if (put_note(session, note, &zone))
            return ERR_INTERNAL;
        last = note;
    }
    notes->count = 0;
    return last ? write_zone(session, last->slot, last->project, &zone) : ERR_OK;
}

/* ---- SQL functions ---- */

/* zone_bits(name, error_type, environment, tags, model, provider): the set of the texts. */
static void zone_bits_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    static const enum zone_text kinds[] = {ZONE_NAME, ZONE_ERROR_TYPE, ZONE_ENVIRONMENT,
                                           ZONE_TAG,  ZONE_MODEL,      ZONE_PROVIDER};
    uint8_t *bits = sqlite3_aggregate_context(context, ZONE_BITS / 8);

    for (int i = 0; bits && i < count; i++) {
        struct str text;
        if (sqlite3_value_type(values[i]) == SQLITE_NULL)
            continue;
        text.p = (const char *)sqlite3_value_text(values[i]);
        text.n = (size_t)sqlite3_value_bytes(values[i]);
        if (kinds[i] == ZONE_TAG)
            bits_add_tags(sqlite3_user_data(context), bits, text);
        else
            bits_add(bits, zone_token(kinds[i], text));
    }
}

static void zone_bits_final(sqlite3_context *context)
{
    uint8_t *bits = sqlite3_aggregate_context(context, ZONE_BITS / 8);

    sqlite3_result_blob(context, bits, ZONE_BITS / 8, SQLITE_TRANSIENT);
}

/* zone_has(bits, token) */
static void function_zone_has(sqlite3_context *context, int count, sqlite3_value **values)
{
    const uint8_t *bits = sqlite3_value_blob(values[0]);

    (void)count;
    sqlite3_result_int(context, sqlite3_value_bytes(values[0]) != ZONE_BITS / 8 ||
                                    bits_have(bits, (uint64_t)sqlite3_value_int64(values[1])));
}

/* id_prefix(id): see zone_id_prefix(). */
static void function_id_prefix(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct uuid id;

    (void)count;
    if (sqlite3_value_bytes(values[0]) == sizeof(id)) {
        memcpy(&id, sqlite3_value_blob(values[0]), sizeof(id));
        sqlite3_result_int64(context, zone_id_prefix(&id));
    }
}

/* floor_of(x), ceil_of(x): the bound of a number as zones keep it. */
static void result_bound(sqlite3_context *context, sqlite3_value *value, double (*round)(double))
{
    if (sqlite3_value_type(value) == SQLITE_FLOAT)
        sqlite3_result_int64(context, clamp(round(sqlite3_value_double(value))));
    else
        sqlite3_result_value(context, value);
}

static void function_floor_of(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    result_bound(context, values[0], floor);
}

static void function_ceil_of(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    result_bound(context, values[0], ceil);
}

int zone_functions_register(struct session *session)
{
    static const struct {
        const char *name;
        int arguments;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } table[] = {
        {"zone_has", 2, function_zone_has},
        {"id_prefix", 1, function_id_prefix},
        {"floor_of", 1, function_floor_of},
        {"ceil_of", 1, function_ceil_of},
    };
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    int rc = sqlite3_create_function_v2(session->db, "zone_bits", 6, flags, session, NULL,
                                        zone_bits_step, zone_bits_final, NULL);

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(session->db, table[i].name, table[i].arguments, flags,
                                        session, table[i].call, NULL, NULL, NULL);
    return rc;
}
