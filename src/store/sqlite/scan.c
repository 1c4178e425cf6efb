/* Ranges of zones, and the statement that runs over each of them. */
#include "store/sqlite/scan.h"

#include "base/mem.h"
#include "store/sqlite/scan_pool.h"
#include "store/sqlite/zone_text.h"
#include "store/zone_table.h"

/* Neighbouring zones are one range of at most so many. */
#define RANGE_ZONES 32
/* A zone has about so many rows. */
#define ZONE_ROWS 128
/* Ids are few when there are so many rows for each. */
#define RARE_SHARE 100
/* With fewer rows, waking the helpers costs more than they save. */
#define SHARED_ROWS 8192

static bool is_span(const struct entity_query *query)
{
    return query->resource == &span_resource;
}

/* ---- the ranges ---- */

/* Bounds on the ids of traces are bounds of the ranges. */
static struct scan_range take_bounds(struct entity_query *query)
{
    struct scan_range range;

    memset(&range.first, 0, sizeof(range.first));
    memset(&range.last, 0xFF, sizeof(range.last));
    if (is_span(query))
        return range;
    if (query->has_from)
        range.first = query->from;
    if (query->has_to)
        range.last = query->to;
    if (query->has_before && uuid_cmp(&query->before, &range.first) <= 0)
        query->nothing = true;
    else if (query->has_before && uuid_cmp(&query->before, &range.last) <= 0)
        range.last = uuid_before(query->before);
    query->has_from = query->has_to = query->has_before = false;
    return range;
}

/* The trigrams that rows must have; true when these or other conditions rule zones out. */
static bool find_needed(const struct entity_query *query, struct arena *arena,
                        struct trigrams_needed **ret)
{
    *ret = arena_alloc(arena, sizeof(**ret));
    sql_needed_trigrams(query, arena, *ret);
    return (*ret)->count > 0 || sql_narrows_zones(query);
}

bool scan_add_zones(struct sql *sql, const struct entity_query *query)
{
    struct trigrams_needed *needed;
    bool narrowed = find_needed(query, sql->arena, &needed);

    sql_add(sql, is_span(query) ? " FROM span_zone z" : " FROM trace_zone z");
    if (needed->count) {
        sql_add(sql, " LEFT JOIN ");
        sql_add(sql, zone_text_table(entity_slot(query->resource)));
        sql_add(sql, " x ON x.project = z.project AND x.first = z.first WHERE (x.bits IS NULL OR"
                     " trigrams_have(x.bits, ");
        sql_add_text(sql, str_make((const char *)needed->numbers,
                                   needed->count * sizeof(needed->numbers[0])));
        sql_add(sql, ")) AND ");
    } else {
        sql_add(sql, " WHERE ");
    }
    sql_add_zone_conditions(sql, query);
    return narrowed;
}

/* Zones that follow each other in the answer are neighbours when none was left out. */
static enum err add_range(struct scan *scan, const struct scan_range *zone, bool neighbours,
                          size_t *zones, struct arena *arena)
{
    if (neighbours && scan->count && *zones < RANGE_ZONES) {
        scan->ranges[scan->count - 1].first = zone->first;
        ++*zones;
        return ERR_OK;
    }
    scan->ranges = array_make_room(arena, scan->ranges, scan->count, sizeof(struct scan_range));
    if (!scan->ranges)
        return ERR_TOO_LARGE;
    scan->ranges[scan->count++] = *zone;
    *zones = 1;
    return ERR_OK;
}

static enum err list_ranges(struct session *session, struct scan *scan, struct arena *arena,
                            const struct scan_range *bounds)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    bool neighbours;
    size_t zones = 0;
    struct sql sql;
    enum err err = ERR_OK;
    int rc = SQLITE_ERROR;

    sql_init(&sql, arena);
    sql_add(&sql, "SELECT z.first, z.last");
    neighbours = !scan_add_zones(&sql, &scan->query);
    sql_add(&sql, " AND z.first <= ");
    sql_add_uuid(&sql, &bounds->last);
    sql_add(&sql, " AND z.last >= ");
    sql_add_uuid(&sql, &bounds->first);
    sql_add(&sql, " ORDER BY z.first DESC");
    statement = session_prepare_sql(session, &sql);
    sql_done(&sql);
    while (!err && statement && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct scan_range zone;
        column_uuid(statement, 0, &zone.first);
        column_uuid(statement, 1, &zone.last);
        scan->rows += ZONE_ROWS;
        err = add_range(scan, &zone, neighbours, &zones, arena);
    }
    if (!err && rc != SQLITE_DONE)
        err = sql.failed ? ERR_TOO_LARGE : session_failed(session, "zones");
    if (err || scan->count == 0)
        return err;
    if (uuid_cmp(&scan->ranges[0].last, &bounds->last) > 0)
        scan->ranges[0].last = bounds->last;
    if (uuid_cmp(&scan->ranges[scan->count - 1].first, &bounds->first) < 0)
        scan->ranges[scan->count - 1].first = bounds->first;
    return ERR_OK;
}

/* ---- the sets ---- */

/* Whether the filter asks for scores only in tests that each row must meet, by having one. */
static bool demands_scores(const struct filter_node *node)
{
    bool any = false;

    if (node->kind == FILTER_TEST)
        return node->op != OPERATOR_IS_EMPTY && node->op != OPERATOR_NOT_EQUAL;
    if (node->kind != FILTER_AND)
        return false;
    for (const struct filter_node *child = node->first; child; child = child->next) {
        if (!filter_uses_scores(child))
            continue;
        if (!demands_scores(child))
            return false;
        any = true;
    }
    return any;
}

/* Few ids are looked up one by one faster than all rows are asked. */
static bool are_few(const struct entity_query *query, const struct id_set *sets, size_t count)
{
    int64_t rows = is_span(query) ? query->project.span_count : query->project.trace_count;

    for (size_t i = 1; i < count; i++) {
        if ((int64_t)sets[i].count * RARE_SHARE < rows)
            return demands_scores(query->filter);
    }
    return false;
}

static enum err load_ranks(struct session *session, const struct entity_query *query,
                           struct arena *arena, struct id_set *ret)
{
    struct sql sql;
    enum err err;

    sql_init(&sql, arena);
    sql_add_score_ranks(&sql, query);
    err = id_set_load(session, &sql, arena, ret);
    sql_done(&sql);
    return err;
}

/* Finds whom conditions on scores mean, so that ranges of rows can be asked. Without ranges they
 * stay subqueries. */
static enum err load_sets(struct session *session, struct scan *scan, struct arena *arena)
{
    const struct entity_query *query = &scan->query;
    bool filtered = query->filter && filter_uses_scores(query->filter);
    struct id_set *sets = arena_zalloc(arena, sizeof(*sets));
    size_t count = 1;
    enum err err = ERR_OK;

    if (!filtered && !sql_sorts_by_score(query))
        return ERR_OK;
    if (filtered)
        err = id_sets_load(session, query, arena, &sets, &count);
    if (!err && sql_sorts_by_score(query))
        err = load_ranks(session, query, arena, &sets[0]);
    scan->sets = sets;
    if (sql_sorts_by_score(query))
        return err;
    if (id_set_is_too_large(err, arena) || (!err && are_few(query, sets, count))) {
        scan->by_range = false;
        scan->sets = NULL;
        return ERR_OK;
    }
    return err;
}

enum err scan_init(struct session *session, const struct entity_query *query, struct arena *arena,
                   struct scan *ret)
{
    struct scan_range bounds;
    enum err err;

    *ret = (struct scan){.query = *query, .count = 1};
    /* What the writer has noted of zones is not written yet. */
    ret->by_range = !session->writer && sql_scans_ranges(query);
    err = ret->by_range || sql_sorts_by_score(query) ? load_sets(session, ret, arena) : ERR_OK;
    if (err || !ret->by_range)
        return err;
    ret->count = 0;
    bounds = take_bounds(&ret->query);
    return list_ranges(session, ret, arena, &bounds);
}

bool scan_is_narrowed(const struct entity_query *query, struct arena *arena)
{
    struct trigrams_needed *needed;

    return sql_scans_ranges(query) && find_needed(query, arena, &needed);
}

void scan_cut(struct scan *scan, size_t from, const struct page_key *key)
{
    scan->behind = key;
    if (!scan->by_range)
        return;
    scan->ranges += from;
    scan->count -= from;
    /* Of traces, the range says it all. */
    scan->ranges[0].last = is_span(&scan->query) ? key->trace : uuid_before(key->id);
}

/* ---- the statement ---- */

/* Conditions that leave only rows behind a key in the default order. */
static void add_behind(struct sql *sql, const struct scan *scan)
{
    const struct page_key *key = scan->behind;

    if (!is_span(&scan->query)) {
        sql_add_bound(sql, " AND t.id < ", !scan->by_range, &key->id);
        return;
    }
    sql_add(sql, " AND (t.trace_id, t.parent_span_id, t.id) < (");
    sql_add_uuid(sql, &key->trace);
    sql_add(sql, ", ");
    if (key->has_parent)
        sql_add_uuid(sql, &key->parent);
    else
        sql_add(sql, "x''");
    sql_add(sql, ", ");
    sql_add_uuid(sql, &key->id);
    sql_add(sql, ")");
}

void scan_add_source(struct sql *sql, const struct scan *scan, int *ret_bind)
{
    static const struct uuid any;

    *ret_bind = 0;
    if (scan->sets)
        sql->sets = arena_zalloc(sql->arena, sizeof(*sql->sets));
    if (scan->by_range) {
        sql_add_entity_range(sql, &scan->query, &any, &any);
        *ret_bind = (int)sql->bind_count - 1;
    } else {
        sql_add_entity_scan(sql, &scan->query);
    }
    if (scan->behind)
        add_behind(sql, scan);
    sql_sets_done(sql->sets);
    sql->sets = NULL;
}

void scan_bind(sqlite3_stmt *statement, int bind, const struct scan_range *range)
{
    if (!bind)
        return;
    bind_uuid(statement, bind, &range->first);
    bind_uuid(statement, bind + 1, &range->last);
}

/* ---- the run ---- */

struct run {
    const struct scan *scan;
    const struct scan_result *result;
    struct session *caller;
    struct sql sql;
    int bind;
    _Atomic size_t next; /* range */
    _Atomic bool stop;
    pthread_mutex_t mutex; /* of what follows */
    enum err err;
    char message[256];
    int64_t rows, steps; /* of the helpers */
};

static bool is_stopped(void *context)
{
    return atomic_load(&((struct run *)context)->stop);
}

/* Ends the run with the first failure. The mutex is held. */
static void fail(struct run *run, const struct session *session, enum err err)
{
    if (!run->err && session)
        memcpy(run->message, session->message, sizeof(run->message));
    if (!run->err)
        run->err = err;
    atomic_store(&run->stop, true);
}

static void fail_locked(struct run *run, const struct session *session, enum err err)
{
    pthread_mutex_lock(&run->mutex);
    fail(run, session, err);
    pthread_mutex_unlock(&run->mutex);
}

/* Without a page, the row is taken at once; a page collects until the end. */
static void finish_range(struct run *run, struct session *session, sqlite3_stmt *statement, int rc)
{
    const struct scan_result *result = run->result;
    enum err err = rc != SQLITE_ROW           ? session_failed(session, "scan")
                   : session_is_over(session) ? session_ended(session)
                                              : ERR_OK;

    if (!err && !result->page) {
        pthread_mutex_lock(&run->mutex);
        err = result->take(session, statement, result->context);
        pthread_mutex_unlock(&run->mutex);
    }
    if (err)
        fail_locked(run, session, err);
}

static void run_ranges(struct run *run, struct session *session)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare_sql(session, &run->sql);
    size_t i;

    if (!statement)
        fail_locked(run, session, ERR_INTERNAL);
    while (statement && !is_stopped(run) &&
           (i = atomic_fetch_add(&run->next, 1)) < run->scan->count) {
        scan_bind(statement, run->bind, run->scan->by_range ? &run->scan->ranges[i] : NULL);
        finish_range(run, session, statement, sqlite3_step(statement));
        sqlite3_reset(statement);
    }
}

/* One of the threads. */
static void work(void *context, struct session *session)
{
    struct run *run = context;
    struct page *page = NULL;
    int64_t rows = 0, steps = 0;
    struct read_watch watch = {is_stopped, run, &rows, &steps};

    if (session != run->caller)
        store_read_watch(session, &watch);
    pthread_mutex_lock(&run->mutex);
    if (run->result->page)
        page = page_twin(run->result->page);
    pthread_mutex_unlock(&run->mutex);
    session->page = page;
    session->id_sets = run->scan->sets;
    run_ranges(run, session);
    session->id_sets = NULL;
    session->page = NULL;
    pthread_mutex_lock(&run->mutex);
    if (page)
        page_move(run->result->page, page);
    run->rows += rows;
    run->steps += steps;
    pthread_mutex_unlock(&run->mutex);
    mem_free(page);
}

static enum err run_shared(struct run *run)
{
    struct session *caller = run->caller;

    pthread_mutex_init(&run->mutex, NULL);
    scan_pool_run(run->scan->rows < SHARED_ROWS ? NULL : caller->store->scan_pool, caller, work,
                  run);
    pthread_mutex_destroy(&run->mutex);
    if (caller->watch.rows)
        *caller->watch.rows += run->rows;
    if (caller->watch.steps)
        *caller->watch.steps += run->steps;
    if (run->err)
        memcpy(caller->message, run->message, sizeof(run->message));
    return run->err;
}

enum err scan_run(struct session *session, const struct scan *scan, struct arena *arena,
                  const struct scan_result *result)
{
    struct run run = {.scan = scan, .result = result, .caller = session};
    enum err err = ERR_TOO_LARGE;

    sql_init(&run.sql, arena);
    result->add_columns(&run.sql, &scan->query);
    scan_add_source(&run.sql, scan, &run.bind);
    if (!run.sql.failed)
        err = run_shared(&run);
    sql_done(&run.sql);
    return err;
}

/* ---- counting ---- */

static void add_count(struct sql *sql, const struct entity_query *query)
{
    (void)query;
    sql_add(sql, "SELECT count(*)");
}

static enum err take_count(struct session *session, sqlite3_stmt *statement, void *context)
{
    (void)session;
    *(int64_t *)context += sqlite3_column_int64(statement, 0);
    return ERR_OK;
}

enum err scan_count(struct session *session, const struct scan *scan, struct arena *arena,
                    int64_t *ret)
{
    int64_t count = 0;
    struct scan_result result = {.add_columns = add_count, .take = take_count, .context = &count};
    enum err err = scan_run(session, scan, arena, &result);

    if (!err)
        *ret = count;
    return err;
}
