/* SQL text of zones, made from the table of measures. */
#include "store/sqlite/zone.h"

#include "store/sqlite/zone_text.h"
#include "store/zone_table.h"

static const char *table_of(int slot)
{
    return slot ? "span_zone" : "trace_zone";
}

/* ", min_x, max_x" for each measure of the table. */
static struct str measure_columns(struct arena *arena, int slot)
{
    struct str out = STR("");

    for (int i = 0; i < ZONE_MEASURE_COUNT; i++) {
        if (zone_measures[i].of[slot])
            out = str_format(arena, "%.*s, min_%s, max_%s", STR_ARG(out), zone_measures[i].name,
                             zone_measures[i].name);
    }
    return out;
}

struct str zone_sql(struct arena *arena, int slot, enum zone_statement which)
{
    struct str columns = measure_columns(arena, slot), sql;
    int marks = 6;

    switch (which) {
    case ZONE_FLOOR:
        sql = str_format(arena,
                         "SELECT first, last, rows, bits%.*s FROM %s WHERE project = ?1 AND first "
                         "<= ?2 ORDER BY first DESC LIMIT 1",
                         STR_ARG(columns), table_of(slot));
        break;
    case ZONE_NEXT:
        sql = str_format(arena,
                         "SELECT first, last, rows, bits%.*s FROM %s WHERE project = ?1 AND first "
                         "> ?2 ORDER BY first LIMIT 1",
                         STR_ARG(columns), table_of(slot));
        break;
    case ZONE_MOVE:
        sql = str_format(arena, "DELETE FROM %s WHERE project = ?1 AND first = ?2", table_of(slot));
        break;
    case ZONE_FORGET_TEXTS:
        sql = str_format(arena, "DELETE FROM %s WHERE project = ?1 AND first = ?2",
                         zone_text_table(slot));
        break;
    default:
        sql = str_format(arena,
                         "INSERT OR REPLACE INTO %s(project, first, last, rows, bits%.*s) "
                         "VALUES(?1, ?2, ?3, ?4, ?5",
                         table_of(slot), STR_ARG(columns));
        for (int i = 0; i < ZONE_MEASURE_COUNT; i++) {
            if (zone_measures[i].of[slot]) {
                sql = str_format(arena, "%.*s, ?%d, ?%d", STR_ARG(sql), marks, marks + 1);
                marks += 2;
            }
        }
        sql = str_format(arena, "%.*s)", STR_ARG(sql));
    }
    return sql;
}

static struct str schema_table(struct arena *arena, int slot)
{
    struct str out = str_format(arena,
                                "CREATE TABLE %s(project INTEGER NOT NULL, first BLOB NOT NULL,"
                                " last BLOB NOT NULL, rows INTEGER NOT NULL, bits BLOB NOT NULL",
                                table_of(slot));

    for (int i = 0; i < ZONE_MEASURE_COUNT; i++) {
        if (zone_measures[i].of[slot])
            out = str_format(arena, "%.*s, min_%s INTEGER, max_%s INTEGER", STR_ARG(out),
                             zone_measures[i].name, zone_measures[i].name);
    }
    return str_format(arena, "%.*s, PRIMARY KEY(project, first)) WITHOUT ROWID;", STR_ARG(out));
}

/* Zones of so many traces, or of the spans of so many. */
static struct str schema_fill(struct arena *arena, int slot)
{
    const char *key = slot ? "trace_id" : "id";
    struct str out = str_format(arena,
                                "INSERT INTO %s(project, first, last, rows, bits%.*s) SELECT "
                                "t.project, min(t.%s), max(t.%s), count(*), zone_bits(t.name, "
                                "t.error_type, t.environment, t.tags, %s)",
                                table_of(slot), STR_ARG(measure_columns(arena, slot)), key, key,
                                slot ? "t.model, t.provider" : "NULL, NULL");

    for (int i = 0; i < ZONE_MEASURE_COUNT; i++) {
        if (zone_measures[i].of[slot])
            out = str_format(arena, "%.*s, floor_of(min(%s)), ceil_of(max(%s))", STR_ARG(out),
                             zone_measures[i].sql, zone_measures[i].sql);
    }
    return str_format(arena,
                      "%.*s FROM (SELECT *, (%s() OVER (PARTITION BY project ORDER BY %s) - 1) / "
                      "%d AS zone FROM %s) t GROUP BY t.project, t.zone;",
                      STR_ARG(out), slot ? "dense_rank" : "row_number", key, slot ? 50 : 128,
                      slot ? "span" : "trace");
}

bool zone_schema(struct buf *out)
{
    struct arena arena;
    bool ok = true;

    arena_init(&arena, (size_t)1 << 20);
    for (int slot = 0; slot < 2; slot++)
        ok = ok && buf_append(out, schema_table(&arena, slot)) &&
             buf_append(out, schema_fill(&arena, slot));
    arena_done(&arena);
    return ok && buf_append(out, str_make("", 1));
}
