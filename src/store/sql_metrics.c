/* Statements behind metrics over time (stats.md 4 to 6): which rows count, and what is read of
 * each. Sums are made by the store, in one pass. */
#include "store/sql.h"

#define NS_PER_MS 1000000LL

static bool is_over_spans(const struct metric_query *query)
{
    bool summed = query->measure == MEASURE_USAGE || query->measure == MEASURE_COST;

    return summed && query->entity != METRIC_SPANS;
}

/* The column of the id whose time counts. */
static const char *time_column(const struct metric_query *query)
{
    return query->entity == METRIC_THREADS ? "t.model_id" : "t.id";
}

static const char *entity_table(const struct metric_query *query)
{
    return query->entity == METRIC_SPANS     ? "span t"
           : query->entity == METRIC_THREADS ? "thread t"
                                             : "trace t";
}

/* µs; of threads from their first start to their last end. */
static const char duration_column[] =
    ", CASE WHEN t.start_time != 0 THEN t.end_time / 1000 - t.start_time / 1000 END";

static void add_group(struct sql *sql, const struct metric_query *query)
{
    static const char *const groups[BREAKDOWN_FIELD_COUNT] = {
        [BREAKDOWN_NONE] = ", NULL",
        [BREAKDOWN_TAGS] = ", t.tags",
        [BREAKDOWN_NAME] = ", coalesce(t.name, '')",
        [BREAKDOWN_ERROR_INFO] = ", CASE WHEN t.heavy & 8 THEN 'Has Error' ELSE 'No Error' END",
        [BREAKDOWN_ERROR_TYPE] = (", CASE WHEN t.heavy & 8 = 0 THEN 'No Error' ELSE"
                                  " coalesce(nullif(t.error_type, ''), 'Unknown Error') END"),
        [BREAKDOWN_MODEL] = ", coalesce(nullif(t.model, ''), 'Unknown')",
        [BREAKDOWN_PROVIDER] = ", coalesce(nullif(t.provider, ''), 'Unknown')",
        [BREAKDOWN_TYPE] = ", t.type",
    };

    if (query->group == BREAKDOWN_METADATA) {
        sql_add(sql, ", json_string(b.metadata, ");
        sql_add_text(sql, query->group_key);
        sql_add(sql, ")");
    } else {
        sql_add(sql, groups[query->group ? query->group : BREAKDOWN_NONE]);
    }
}

static void add_columns(struct sql *sql, const struct metric_query *query)
{
    sql_add(sql, "SELECT ");
    sql_add(sql, query->by_start ? "t.start_time" : time_column(query));
    add_group(sql, query);
    switch (query->measure) {
    case MEASURE_PERCENTILES:
    case MEASURE_AVERAGE:
        sql_add(sql, duration_column);
        break;
    case MEASURE_ERROR_RATE:
        sql_add(sql, ", NULL, t.heavy & 8");
        break;
    case MEASURE_SUMMARY:
        sql_add(sql, duration_column);
        sql_add(sql, query->entity == METRIC_THREADS ? ", 0, t.cost" : ", t.heavy & 8, t.cost");
        break;
    case MEASURE_SCORES:
        sql_add(sql, ", s.value, s.name, s.entity");
        break;
    case MEASURE_USAGE:
        sql_add(sql, is_over_spans(query) ? ", s.usage" : ", t.usage");
        break;
    case MEASURE_COST:
        sql_add(sql, is_over_spans(query) ? ", s.cost" : ", t.cost");
        break;
    default:
        break;
    }
}

/* CROSS JOIN keeps SQLite to the order of the tables: scores are read in the order of their key,
 * spans below their trace. The plus before an id keeps it from taking the ids' range over to the
 * spans, which it then prefers to the one id. */
static void add_tables(struct sql *sql, const struct metric_query *query, bool narrow)
{
    sql_add(sql, " FROM ");
    if (query->measure == MEASURE_SCORES)
        sql_add(sql, "score s CROSS JOIN ");
    sql_add(sql, entity_table(query));
    if (narrow && query->entity == METRIC_SPANS && query->measure != MEASURE_SCORES)
        sql_add(sql, " INDEXED BY span_by_id");
    if (is_over_spans(query) && query->entity == METRIC_THREADS)
        sql_add(sql, " CROSS JOIN trace r ON r.project = t.project AND r.thread_id = t.thread_id"
                     " AND r.present = 1"
                     " CROSS JOIN span s ON s.project = r.project AND s.trace_id = +r.id");
    else if (is_over_spans(query))
        sql_add(sql, " CROSS JOIN span s ON s.project = t.project AND s.trace_id = +t.id");
    if (query->entity != METRIC_THREADS &&
        (query->group == BREAKDOWN_METADATA || filter_uses(query->filter, SOURCE_HEAVY)))
        sql_add(sql, query->entity == METRIC_SPANS ? " LEFT JOIN span_body b ON b.id = t.body"
                                                   : " LEFT JOIN trace_body b ON b.id = t.body");
}

static void add_range(struct sql *sql, const char *column, int64_t from_ms, int64_t to_ms)
{
    struct uuid from = uuid_lowest(from_ms), to = {{0}}; /* no id is from before the epoch */

    if (to_ms >= 0)
        to = uuid_highest(to_ms);
    sql_add(sql, " AND ");
    sql_add(sql, column);
    sql_add(sql, " >= ");
    sql_add_uuid(sql, &from);
    sql_add(sql, " AND ");
    sql_add(sql, column);
    sql_add(sql, " <= ");
    sql_add_uuid(sql, &to);
}

/* ns, saturated. */
static int64_t to_ns(int64_t ms)
{
    int64_t ns;

    return __builtin_mul_overflow(ms, NS_PER_MS, &ns) ? ms < 0 ? INT64_MIN : INT64_MAX : ns;
}

/* The numbers in the column `score.kind`. */
static int score_kind(const struct metric_query *query)
{
    return query->entity == METRIC_TRACES ? 0 : query->entity == METRIC_SPANS ? 1 : 2;
}

static void add_score_conditions(struct sql *sql, const struct metric_query *query)
{
    sql_add(sql, "s.kind = ");
    sql_add_int(sql, score_kind(query));
    sql_add(sql, " AND s.project = ");
    sql_add_int(sql, query->project.key);
    add_range(sql, "s.entity", query->from_ms, query->to_ms);
    if (query->name.n) {
        sql_add(sql, " AND s.name = ");
        sql_add_text(sql, query->name);
    }
    sql_add(sql, " AND ");
    sql_add(sql, time_column(query));
    sql_add(sql, " = s.entity AND ");
}

static void add_conditions(struct sql *sql, const struct metric_query *query)
{
    sql_add(sql, " WHERE ");
    if (query->measure == MEASURE_SCORES)
        add_score_conditions(sql, query);
    sql_add(sql, "t.project = ");
    sql_add_int(sql, query->project.key);
    if (query->measure != MEASURE_SCORES)
        add_range(sql, time_column(query), query->from_ms, query->to_ms);
    if (query->entity == METRIC_THREADS)
        sql_add(sql, " AND t.trace_count > 0");
    if (query->entity == METRIC_TRACES)
        sql_add(sql, " AND t.present = 1");
    if (is_over_spans(query))
        /* The plus keeps SQLite from looking up all spans of that time for each trace. */
        add_range(sql, "+s.id", query->span_from_ms, query->span_to_ms);
    if (query->by_start) {
        sql_add(sql, " AND t.start_time >= ");
        sql_add_int(sql, to_ns(query->from_ms));
        sql_add(sql, " AND t.start_time < ");
        sql_add_int(sql, to_ns(query->to_ms + 1));
    }
    if (query->filter) {
        sql_add(sql, " AND ");
        sql_add_filter(sql, query->filter);
    }
}

void sql_add_metric_rows(struct sql *sql, const struct metric_query *query, bool narrow)
{
    sql->project_key = query->project.key;
    add_columns(sql, query);
    add_tables(sql, query, narrow);
    add_conditions(sql, query);
}
