/* Statistics over traces or spans in one pass. */
#include "store/sql.h"
#include "store/sqlite/database.h"

/* In the order of read_stats(). */
static const char shared_columns[] =
    "SELECT count(*),"
    " percentiles(CASE WHEN t.start_time != 0 THEN"
    " (t.end_time / 1000 - t.start_time / 1000) / 1000.0 END),"
    " coalesce(sum(t.heavy & 1 != 0), 0), coalesce(sum(t.heavy & 2 != 0), 0),"
    " coalesce(sum(t.heavy & 4 != 0), 0), coalesce(sum(t.heavy & 8 != 0), 0),"
    " coalesce(sum(CASE WHEN t.tags IS NOT NULL THEN tags_count(t.tags) ELSE 0 END), 0),"
    " coalesce(sum(coalesce(t.cost, 0) > 0), 0),"
    " cost_sum(CASE WHEN t.cost > 0 THEN t.cost ELSE 0 END), tally_stats(t.usage)";

static const char trace_columns[] = ", count(DISTINCT t.thread_id), coalesce(sum(t.span_count), 0),"
                                    " coalesce(sum(t.llm_span_count), 0)";

enum {
    STATS_COUNT,
    STATS_DURATION,
    STATS_INPUTS,
    STATS_OUTPUTS,
    STATS_METADATA,
    STATS_ERRORS,
    STATS_TAGS,
    STATS_COSTS,
    STATS_COST,
    STATS_USAGE,
    STATS_THREADS,
    STATS_SPANS,
    STATS_LLM_SPANS,
};

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

static enum err read_stats(sqlite3_stmt *s, bool traces, struct arena *arena,
                           struct entity_stats *ret)
{
    *ret = (struct entity_stats){0};
    ret->count = sqlite3_column_int64(s, STATS_COUNT);
    if (sqlite3_column_bytes(s, STATS_DURATION) == sizeof(ret->duration))
        memcpy(ret->duration, sqlite3_column_blob(s, STATS_DURATION), sizeof(ret->duration));
    ret->inputs = sqlite3_column_int64(s, STATS_INPUTS);
    ret->outputs = sqlite3_column_int64(s, STATS_OUTPUTS);
    ret->metadata = sqlite3_column_int64(s, STATS_METADATA);
    ret->errors = sqlite3_column_int64(s, STATS_ERRORS);
    ret->tags = sqlite3_column_int64(s, STATS_TAGS);
    ret->costs = sqlite3_column_int64(s, STATS_COSTS);
    ret->cost = cost_read(sqlite3_column_value(s, STATS_COST));
    if (traces) {
        ret->threads = sqlite3_column_int64(s, STATS_THREADS);
        ret->spans = sqlite3_column_int64(s, STATS_SPANS);
        ret->llm_spans = sqlite3_column_int64(s, STATS_LLM_SPANS);
    }
    return usage_stats_read(s, STATS_USAGE, arena, &ret->usage, &ret->usage_count);
}

enum err store_entity_stats(struct session *session, const struct entity_query *query,
                            struct arena *arena, struct entity_stats *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    bool traces = query->resource == &trace_resource;
    struct sql sql;

    sql_init(&sql, arena);
    sql_add(&sql, shared_columns);
    sql_add(&sql, traces ? trace_columns : "");
    sql_add_entity_source(&sql, query);
    statement = session_prepare_sql(session, &sql);
    sql_done(&sql);
    if (sql.failed)
        return ERR_TOO_LARGE;
    if (!statement || sqlite3_step(statement) != SQLITE_ROW)
        return session_failed(session, "statistics");
    return read_stats(statement, traces, arena, ret);
}
