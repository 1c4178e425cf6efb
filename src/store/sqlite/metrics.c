/* Metrics over time: one pass over the rows of a statement, summed into cells here.
 *
 * SQL's own GROUP BY would sort all rows first; they come in the order of their ids, so that the
 * next row mostly belongs into the cell of the one before. */
#include "store/sqlite/stats_sum.h"

#include "base/mem.h"
#include "model/tags.h"
#include "store/sql.h"

#define NS_PER_MS 1000000LL
#define NO_GROUP "Unknown"
/* Of a project's time: a lookup by id costs about so many times what reading on costs. */
#define NARROW_SHARE 6

struct cell {
    struct metric_row row;
    struct buf durations; /* MEASURE_PERCENTILES: doubles, ms */
    uint64_t hash;
};

/* The scores of one name that several authors gave one entity: together they count once. */
struct mean {
    struct uuid entity;
    struct str name; /* points into `bytes` */
    int64_t bucket_ms;
    decimal_int sum;
    int64_t count;
    struct buf bytes, group;
    bool has_group;
};

struct counting {
    struct session *session;
    const struct metric_query *query;
    struct arena *arena;
    struct cell **cells; /* in the order they came */
    size_t cell_count, cell_size;
    struct cell **slots; /* hash table, open addressing */
    size_t slot_count;
    struct cell *last;
    struct mean mean;
    struct str group; /* of the row that is being counted */
    bool has_group;   /* the column was not NULL */
    int64_t bucket_ms;
    bool failed;
};

static uint64_t hash_more(uint64_t hash, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (uint8_t)p[i]) * 0x100000001B3ULL;
    return hash;
}

static bool cell_is(const struct cell *cell, int64_t bucket_ms, struct str group, struct str name)
{
    return cell->row.bucket_ms == bucket_ms && str_eq(cell->row.name, name) &&
           str_eq(cell->row.group, group);
}

static void place_cell(struct counting *c, struct cell *cell)
{
    size_t i = cell->hash & (c->slot_count - 1);

    while (c->slots[i])
        i = (i + 1) & (c->slot_count - 1);
    c->slots[i] = cell;
}

/* Twice the slots, so that half of them stay free. */
static void grow_cells(struct counting *c)
{
    size_t size = c->cell_size ? 2 * c->cell_size : 64;

    c->cells = arena_grow(c->arena, c->cells, c->cell_size * sizeof(void *), size * sizeof(void *));
    c->cell_size = size;
    c->slot_count = 2 * size;
    c->slots = arena_zalloc(c->arena, c->slot_count * sizeof(void *));
    if (!c->cells || !c->slots) {
        c->failed = true;
        return;
    }
    for (size_t i = 0; i < c->cell_count; i++)
        place_cell(c, c->cells[i]);
}

static struct cell *add_cell(struct counting *c, int64_t bucket_ms, struct str group,
                             struct str name, uint64_t hash)
{
    struct cell *cell;

    if (c->cell_count == c->cell_size)
        grow_cells(c);
    cell = c->failed ? NULL : arena_zalloc(c->arena, sizeof(*cell));
    if (!cell || arena_is_over(c->arena)) {
        c->failed = true;
        return NULL;
    }
    cell->row.bucket_ms = bucket_ms;
    cell->row.group = str_copy(c->arena, group);
    cell->row.name = str_copy(c->arena, name);
    cell->hash = hash;
    buf_init(&cell->durations, VALUES_MAX_BYTES);
    c->cells[c->cell_count++] = cell;
    place_cell(c, cell);
    return cell;
}

/* The cell of the current bucket; NULL when memory is out, which `failed` remembers. */
static struct cell *find_cell(struct counting *c, struct str group, struct str name)
{
    uint64_t hash;

    if (c->failed)
        return NULL;
    if (c->last && cell_is(c->last, c->bucket_ms, group, name))
        return c->last;
    hash = hash_more(0xCBF29CE484222325ULL, (const char *)&c->bucket_ms, sizeof(c->bucket_ms));
    hash = hash_more(hash_more(hash, group.p, group.n), name.p, name.n);
    hash ^= hash >> 32;
    for (size_t i = hash & (c->slot_count - 1); c->slot_count && c->slots[i];
         i = (i + 1) & (c->slot_count - 1)) {
        if (c->slots[i]->hash == hash && cell_is(c->slots[i], c->bucket_ms, group, name))
            return c->last = c->slots[i];
    }
    return c->last = add_cell(c, c->bucket_ms, group, name, hash);
}

/* ---- one row ---- */

static struct str column_text(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);

    return str_make(text ? text : "", (size_t)sqlite3_column_bytes(s, column));
}

static void add_duration(struct cell *cell, sqlite3_stmt *s, bool keep, bool *ret_failed)
{
    int64_t us = sqlite3_column_int64(s, SQL_METRIC_VALUE);
    double ms = (double)us / 1000.0;

    if (sqlite3_column_type(s, SQL_METRIC_VALUE) == SQLITE_NULL)
        return;
    cell->row.timed++;
    cell->row.sum += us;
    if (keep && !buf_append(&cell->durations, str_make((const char *)&ms, sizeof(ms))))
        *ret_failed = true;
}

static void add_usage(struct counting *c, struct str group, sqlite3_stmt *s)
{
    const uint8_t *blob = sqlite3_column_blob(s, SQL_METRIC_VALUE);
    struct tally_walk walk = {blob, blob + sqlite3_column_bytes(s, SQL_METRIC_VALUE)};
    struct str name;
    int64_t number;

    while (tally_next(c->session->store, &walk, &name, &number)) {
        struct cell *cell;
        if (number <= 0 || (c->query->name.n && !str_eq(name, c->query->name)))
            continue;
        cell = find_cell(c, group, name);
        if (!cell)
            return;
        cell->row.count++;
        cell->row.sum += number;
    }
}

static void add_row(struct counting *c, struct str group, sqlite3_stmt *s)
{
    enum metric_measure measure = c->query->measure;
    struct cell *cell;

    if (measure == MEASURE_USAGE) {
        add_usage(c, group, s);
        return;
    }
    cell = find_cell(c, group, STR(""));
    if (!cell)
        return;
    cell->row.count++;
    if (measure == MEASURE_COST)
        cell->row.cost =
            decimal_add(cell->row.cost, cost_read(sqlite3_column_value(s, SQL_METRIC_VALUE)));
    if (measure == MEASURE_PERCENTILES || measure == MEASURE_AVERAGE || measure == MEASURE_SUMMARY)
        add_duration(cell, s, measure == MEASURE_PERCENTILES, &c->failed);
    if (measure == MEASURE_ERROR_RATE || measure == MEASURE_SUMMARY)
        cell->row.errors += sqlite3_column_int64(s, SQL_METRIC_ERROR) != 0;
    if (measure == MEASURE_SUMMARY)
        cell->row.cost =
            decimal_add(cell->row.cost, cost_read(sqlite3_column_value(s, SQL_METRIC_COST)));
}

static void add_score(struct counting *c, struct str group, decimal_int value)
{
    struct cell *cell = find_cell(c, group, c->mean.name);

    if (!cell)
        return;
    cell->row.count++;
    cell->row.sum = decimal_add(cell->row.sum, value);
}

/* Calls for each group of what is counted: the row `s`, or the mean when `s` is NULL. */
static void add_to_groups(struct counting *c, sqlite3_stmt *s)
{
    struct arena_mark mark = arena_mark(&c->session->scratch);
    struct tags tags = {0};
    struct str group = c->group;

    if (c->query->group == BREAKDOWN_TAGS && c->has_group)
        tags_from_text(&c->session->scratch, c->group, &tags);
    if (c->query->group == BREAKDOWN_TAGS || (c->query->group == BREAKDOWN_TYPE && !c->has_group))
        group = STR(NO_GROUP);
    for (size_t i = 0; i < (tags.n ? tags.n : 1); i++) {
        if (tags.n)
            group = tags.items[i];
        if (s)
            add_row(c, group, s);
        else
            add_score(c, group, c->mean.sum / c->mean.count);
    }
    arena_rewind(&c->session->scratch, mark);
}

/* ---- scores: rows of one entity and name come one after the other ---- */

static void finish_mean(struct counting *c)
{
    struct mean *mean = &c->mean;

    if (mean->count == 0)
        return;
    c->bucket_ms = mean->bucket_ms;
    c->group = buf_str(&mean->group);
    c->has_group = mean->has_group;
    add_to_groups(c, NULL);
    mean->count = 0;
}

static void begin_mean(struct counting *c, const struct uuid *entity, struct str name)
{
    struct mean *mean = &c->mean;

    mean->entity = *entity;
    mean->bucket_ms = c->bucket_ms;
    mean->has_group = c->has_group;
    mean->sum = 0;
    mean->bytes.n = mean->group.n = 0;
    if (!buf_append(&mean->bytes, name) || !buf_append(&mean->group, c->group))
        c->failed = true;
    mean->name = buf_str(&mean->bytes);
}

static void take_score(struct counting *c, sqlite3_stmt *s)
{
    struct str name = column_text(s, SQL_METRIC_NAME);
    struct mean *mean = &c->mean;
    struct uuid entity = {{0}};
    int64_t bucket_ms = c->bucket_ms;
    struct str group = c->group;
    bool has_group = c->has_group;

    if (sqlite3_column_bytes(s, SQL_METRIC_ENTITY) == sizeof(entity))
        memcpy(&entity, sqlite3_column_blob(s, SQL_METRIC_ENTITY), sizeof(entity));
    if (mean->count == 0 || !uuid_eq(&entity, &mean->entity) || !str_eq(name, mean->name)) {
        finish_mean(c);
        c->bucket_ms = bucket_ms;
        c->group = group;
        c->has_group = has_group;
        begin_mean(c, &entity, name);
    }
    mean->sum = decimal_add(mean->sum, sqlite3_column_int64(s, SQL_METRIC_VALUE));
    mean->count++;
}

static void take_row(struct counting *c, sqlite3_stmt *s)
{
    struct uuid id = {{0}};
    int64_t ms;

    if (c->query->by_start) {
        ms = sqlite3_column_int64(s, SQL_METRIC_TIME) / NS_PER_MS;
    } else {
        if (sqlite3_column_bytes(s, SQL_METRIC_TIME) == sizeof(id))
            memcpy(&id, sqlite3_column_blob(s, SQL_METRIC_TIME), sizeof(id));
        ms = uuid_time_ms(&id);
    }
    c->bucket_ms = metric_bucket_start(c->query->interval, ms);
    c->has_group = sqlite3_column_type(s, SQL_METRIC_GROUP) != SQLITE_NULL;
    if (c->query->group == BREAKDOWN_TYPE && c->has_group)
        c->group = str_of(span_type_names[sqlite3_column_int(s, SQL_METRIC_GROUP)]);
    else
        c->group = c->has_group ? column_text(s, SQL_METRIC_GROUP) : STR("");
    if (c->query->measure == MEASURE_SCORES)
        take_score(c, s);
    else
        add_to_groups(c, s);
}

static enum err take_rows(struct counting *c, sqlite3_stmt *statement)
{
    int rc = SQLITE_DONE;

    while (!c->failed && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        take_row(c, statement);
    finish_mean(c);
    if (c->failed)
        return ERR_TOO_LARGE;
    return rc == SQLITE_DONE ? ERR_OK : session_failed(c->session, "metric");
}

static void finish_cells(struct counting *c, struct metric_row *rows)
{
    for (size_t i = 0; i < c->cell_count; i++) {
        struct buf *durations = &c->cells[i]->durations;
        if (rows && durations->n)
            percentiles_compute((double *)durations->p, durations->n / sizeof(double),
                                c->cells[i]->row.percentiles);
        if (rows)
            rows[i] = c->cells[i]->row;
        buf_done(durations);
    }
    buf_done(&c->mean.bytes);
    buf_done(&c->mean.group);
}

/* Time of the first or last id of a project's traces; false when there are none. */
static bool trace_time(struct session *session, int64_t project, const char *text, int64_t *ret_ms)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    struct uuid id;

    statement = session_prepare(session, str_of(text));
    if (!statement || sqlite3_bind_int64(statement, 1, project) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW || sqlite3_column_bytes(statement, 0) != sizeof(id))
        return false;
    memcpy(&id, sqlite3_column_blob(statement, 0), sizeof(id));
    *ret_ms = uuid_time_ms(&id);
    return true;
}

/* Whether the bounds take a small share of the time that the project's traces span, so that looking
 * spans up by id, one by one, is faster than reading all of them. */
static bool is_narrow(struct session *session, const struct metric_query *query)
{
    int64_t first, last;

    return query->entity == METRIC_SPANS &&
           trace_time(session, query->project.key, "SELECT min(id) FROM trace WHERE project = ?",
                      &first) &&
           trace_time(session, query->project.key, "SELECT max(id) FROM trace WHERE project = ?",
                      &last) &&
           query->to_ms - query->from_ms < (last - first) / NARROW_SHARE;
}

enum err store_metric(struct session *session, const struct metric_query *query,
                      struct arena *arena, struct metric_row **ret, size_t *ret_count)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    struct counting c = {.session = session, .query = query, .arena = arena};
    struct sql sql;
    enum err err;

    *ret = NULL;
    *ret_count = 0;
    if (query->measure == MEASURE_GUARDRAILS)
        return ERR_OK; /* there is no table of checks yet */
    sql_init(&sql, arena);
    sql_add_metric_rows(&sql, query, is_narrow(session, query));
    statement = session_prepare_sql(session, &sql);
    sql_done(&sql);
    if (sql.failed)
        return ERR_TOO_LARGE;
    if (!statement)
        return session_failed(session, "metric");
    buf_init(&c.mean.bytes, session->store->body_limit);
    buf_init(&c.mean.group, session->store->body_limit);
    err = take_rows(&c, statement);
    if (!err)
        *ret = arena_alloc(arena, (c.cell_count + 1) * sizeof(**ret));
    finish_cells(&c, err ? NULL : *ret);
    if (!err && !*ret)
        err = ERR_TOO_LARGE;
    *ret_count = err ? 0 : c.cell_count;
    return err;
}
