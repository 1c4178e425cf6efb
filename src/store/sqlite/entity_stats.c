/* Statistics over traces or spans in one pass. */
#include "store/sqlite/scan.h"
#include "store/sqlite/stats_sum.h"

static void add_columns(struct sql *sql, const struct entity_query *query)
{
    bool spans = query->resource == &span_resource, threads = query->resource == &thread_resource;

    sql_add(sql, threads ? "SELECT totals(t.start_time, t.end_time, 0, NULL, t.cost, 0, 0)"
                 : spans ? "SELECT totals(t.start_time, t.end_time, t.heavy, t.tags, t.cost, 0, 0)"
                         : "SELECT totals(t.start_time, t.end_time, t.heavy, t.tags, t.cost,"
                           " t.span_count, t.llm_span_count)");
    sql_add(sql, ", tally_stats(t.usage)");
}

static void add_columns_and_threads(struct sql *sql, const struct entity_query *query)
{
    add_columns(sql, query);
    sql_add(sql, ", text_set(t.thread_id)");
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

static enum err take_stats(struct session *session, sqlite3_stmt *statement, void *context)
{
    (void)session;
    return stats_sum_add(context, statement);
}

/* Of a whole project, the number of threads is known. */
static enum err sum_rows(struct session *session, const struct entity_query *query, bool threads,
                         struct arena *arena, struct stats_sum *sum)
{
    struct scan_result result = {.add_columns = threads ? add_columns_and_threads : add_columns,
                                 .take = take_stats,
                                 .context = sum};
    struct scan scan;
    enum err err = scan_init(session, query, arena, &scan);

    return err ? err : scan_run(session, &scan, arena, &result);
}

static enum err sum_threads(struct session *session, const struct entity_query *query,
                            struct arena *arena, struct stats_sum *sum)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    struct sql sql;
    enum err err;

    sql_init(&sql, arena);
    add_columns(&sql, query);
    err = thread_add_source(session, &sql, query);
    statement = err ? NULL : session_prepare_sql(session, &sql);
    sql_done(&sql);
    if (err)
        return err;
    if (sql.failed)
        return ERR_TOO_LARGE;
    if (!statement || sqlite3_step(statement) != SQLITE_ROW)
        return session_failed(session, "statistics");
    return stats_sum_add(sum, statement);
}

enum err store_entity_stats(struct session *session, const struct entity_query *query,
                            struct arena *arena, struct entity_stats *ret)
{
    bool traces = query->resource == &trace_resource, whole = entity_is_whole_project(query);
    struct stats_sum sum;
    enum err err;

    stats_sum_init(&sum);
    err = query->resource == &thread_resource
              ? sum_threads(session, query, arena, &sum)
              : sum_rows(session, query, traces && !whole, arena, &sum);
    if (!err)
        err = stats_sum_read(&sum, arena, ret);
    stats_sum_done(&sum);
    if (!err && traces && whole)
        ret->threads = query->project.thread_count;
    return err ? err : add_scores(session, query, traces, arena, ret);
}
