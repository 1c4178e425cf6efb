/* Statistics over traces or spans in one pass. */
#include "store/sql.h"
#include "store/sqlite/page.h"

enum { STATS_TOTALS, STATS_USAGE, STATS_THREADS };

/* In the order of the numbers above. */
static const char span_columns[] =
    "SELECT totals(t.start_time, t.end_time, t.heavy, t.tags, t.cost, 0, 0), tally_stats(t.usage)";
static const char thread_columns[] =
    "SELECT totals(t.start_time, t.end_time, 0, NULL, t.cost, 0, 0), tally_stats(t.usage)";
static const char trace_columns[] =
    "SELECT totals(t.start_time, t.end_time, t.heavy, t.tags, t.cost, t.span_count,"
    " t.llm_span_count), tally_stats(t.usage)";

enum err usage_stats_read(sqlite3_stmt *statement, int column, struct arena *arena,
                          struct usage_stats **ret, size_t *ret_count)
{
    struct str blob = {sqlite3_column_blob(statement, column),
                       (size_t)sqlite3_column_bytes(statement, column)};
    struct usage_stats stats;
    size_t size = 16;

    *ret_count = 0;
    *ret = arena_alloc(arena, size * sizeof(**ret));
    while (tally_stats_next(&blob, &stats)) {
        if (*ret_count == size) {
            *ret = arena_grow(arena, *ret, size * sizeof(**ret), 2 * size * sizeof(**ret));
            size *= 2;
        }
        if (!*ret)
            return ERR_TOO_LARGE;
        stats.name = str_copy(arena, stats.name);
        (*ret)[(*ret_count)++] = stats;
    }
    return ERR_OK;
}

static enum err read_stats(sqlite3_stmt *s, struct arena *arena, struct entity_stats *ret)
{
    struct row_totals totals = {0};

    *ret = (struct entity_stats){0};
    if (sqlite3_column_bytes(s, STATS_TOTALS) == sizeof(totals))
        memcpy(&totals, sqlite3_column_blob(s, STATS_TOTALS), sizeof(totals));
    ret->count = totals.count;
    memcpy(ret->duration, totals.duration, sizeof(ret->duration));
    ret->inputs = totals.heavy[0];
    ret->outputs = totals.heavy[1];
    ret->metadata = totals.heavy[2];
    ret->errors = totals.heavy[3];
    ret->tags = totals.tags;
    ret->costs = totals.costs;
    ret->cost = totals.cost;
    ret->spans = totals.spans;
    ret->llm_spans = totals.llm_spans;
    if (sqlite3_column_count(s) > STATS_THREADS)
        ret->threads = sqlite3_column_int64(s, STATS_THREADS);
    return usage_stats_read(s, STATS_USAGE, arena, &ret->usage, &ret->usage_count);
}

/* Scores are averaged without asking whether their subject is there when nothing but the time
 * narrows the query (stats.md 1). */
static bool is_unconditional(const struct entity_query *query)
{
    return !query->nothing && !query->filter && query->search.n == 0 && !query->has_trace &&
           !query->type && !query->source;
}

static void add_score_scope(struct sql *sql, const struct entity_query *query, bool of_spans)
{
    bool whole = is_unconditional(query);

    sql_add(sql, " AND f.project = ");
    sql_add_int(sql, query->project.key);
    if (whole && query->has_from) {
        sql_add(sql, " AND f.entity >= ");
        sql_add_uuid(sql, &query->from);
    }
    if (whole && query->has_to) {
        sql_add(sql, " AND f.entity <= ");
        sql_add_uuid(sql, &query->to);
    }
    if (whole)
        return;
    sql_add(sql, " AND f.entity IN (");
    if (query->resource == &thread_resource) {
        sql_add(sql, "SELECT t.model_id");
        sql_add_thread_source(sql, query, true);
        sql_add(sql, ")");
        return;
    }
    if (of_spans) {
        sql_add(sql, "SELECT s.id FROM span s WHERE s.project = ");
        sql_add_int(sql, query->project.key);
        sql_add(sql, " AND s.trace_id IN (");
    }
    sql_add(sql, "SELECT t.id");
    sql_add_entity_source(sql, query);
    sql_add(sql, of_spans ? "))" : ")");
}

/* Reads the means of a kind of scores. */
static enum err read_scores(struct session *session, const struct entity_query *query,
                            enum subject subject, bool of_spans, struct arena *arena,
                            struct score_stats **ret, size_t *ret_count)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    struct sql sql;
    bool any;
    int rc;

    if (store_annotation_any(session, &score_resource, subject, query->project.key, &any))
        return ERR_INTERNAL;
    if (!any)
        return ERR_OK;
    sql_init(&sql, arena);
    sql_add(&sql, "SELECT m.name, total(m.mean) / count(*) / 1e9 FROM (SELECT f.name AS name,"
                  " score_mean(f.value) AS mean FROM score f WHERE f.kind = ");
    sql_add_int(&sql, subject);
    add_score_scope(&sql, query, of_spans);
    sql_add(&sql, " GROUP BY f.name_key, f.name, f.entity) m GROUP BY m.name ORDER BY m.name");
    statement = session_prepare_sql(session, &sql);
    sql_done(&sql);
    if (!statement)
        return sql.failed ? ERR_TOO_LARGE : ERR_INTERNAL;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        *ret = array_make_room(arena, *ret, *ret_count, sizeof(**ret));
        if (!*ret)
            return ERR_TOO_LARGE;
        (*ret)[(*ret_count)++] = (struct score_stats){column_str(statement, 0, arena),
                                                      sqlite3_column_double(statement, 1)};
    }
    return rc == SQLITE_DONE ? ERR_OK : session_failed(session, "scores");
}

static enum err add_scores(struct session *session, const struct entity_query *query, bool traces,
                           struct arena *arena, struct entity_stats *ret)
{
    enum subject subject = annotation_subject(query->resource);
    enum err err =
        read_scores(session, query, subject, false, arena, &ret->scores, &ret->score_count);

    if (!err && traces)
        err = read_scores(session, query, SUBJECT_SPAN, true, arena, &ret->span_scores,
                          &ret->span_score_count);
    return err;
}

enum err store_entity_stats(struct session *session, const struct entity_query *query,
                            struct arena *arena, struct entity_stats *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    bool traces = query->resource == &trace_resource, threads = query->resource == &thread_resource;
    struct sql sql;
    enum err err = ERR_OK;

    sql_init(&sql, arena);
    sql_add(&sql, threads ? thread_columns : traces ? trace_columns : span_columns);
    if (traces && !entity_is_whole_project(query))
        sql_add(&sql, ", count(DISTINCT t.thread_id)");
    if (threads)
        err = thread_add_source(session, &sql, query);
    else
        sql_add_entity_scan(&sql, query);
    statement = err ? NULL : session_prepare_sql(session, &sql);
    sql_done(&sql);
    if (err)
        return err;
    if (sql.failed)
        return ERR_TOO_LARGE;
    if (!statement || sqlite3_step(statement) != SQLITE_ROW)
        return session_failed(session, "statistics");
    err = read_stats(statement, arena, ret);
    if (traces && entity_is_whole_project(query))
        ret->threads = query->project.thread_count;
    return err ? err : add_scores(session, query, traces, arena, ret);
}
