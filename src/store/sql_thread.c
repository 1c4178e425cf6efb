/* Query of threads -> SQL (threads.md 3, 3.1, 5). A thread's row has what all its traces come to;
 * times, search, source and environment choose among its traces first, so threads that lie only
 * partly inside are counted anew from those of their traces that match. */
#include "store/sql.h"

#include "model/decode.h"

/* The columns of a thread's row that do not depend on which of its traces are chosen. */
#define RECORD_COLUMNS                                                                             \
    "h.project AS project, h.thread_id AS thread_id, h.model_id AS model_id, h.status AS status,"  \
    " h.tags AS tags, h.created_at AS created_at, h.created_by AS created_by,"                     \
    " h.last_updated_at AS last_updated_at, h.last_updated_by AS last_updated_by,"                 \
    " h.environment AS environment, h.sources AS sources"

#define KEPT_COLUMNS                                                                               \
    ", h.trace_count AS trace_count, h.start_time AS start_time, h.end_time AS end_time,"          \
    " h.first_trace AS first_trace, h.last_trace AS last_trace, h.cost AS cost, h.usage AS usage," \
    " h.first_environment AS first_environment"

#define COUNTED_COLUMNS                                                                            \
    ", count(*) AS trace_count, min(t.start_time) AS start_time, max(t.end_time) AS end_time,"     \
    " value_of_min(t.start_time, t.id) AS first_trace,"                                            \
    " value_of_max(t.end_time, t.id) AS last_trace, cost_sum(t.cost) AS cost,"                     \
    " tally_sum(t.usage) AS usage,"                                                                \
    " value_of_min(t.start_time, t.id, t.environment) AS first_environment"

static bool is_on_traces(const struct filter_node *node)
{
    return node->kind == FILTER_TEST && node->field->flags & FILTER_ON_TRACES;
}

/* Calls back for each test on traces that the whole tree demands. */
static void each_trace_test(struct sql *sql, const struct filter_node *node,
                            void (*call)(struct sql *, const struct filter_node *))
{
    if (!node)
        return;
    if (is_on_traces(node))
        call(sql, node);
    if (node->kind != FILTER_AND)
        return;
    for (const struct filter_node *child = node->first; child; child = child->next)
        each_trace_test(sql, child, call);
}

static bool is_source_test(const struct filter_node *node)
{
    return node->field->source == SOURCE_NAMES;
}

/* Whether the whole tree demands a test on traces; with `beyond_row` one that cannot be told from
 * the thread's row. */
static bool has_trace_test(const struct filter_node *node, bool beyond_row)
{
    if (!node)
        return false;
    if (is_on_traces(node))
        return !beyond_row || !is_source_test(node);
    if (node->kind != FILTER_AND)
        return false;
    for (const struct filter_node *child = node->first; child; child = child->next) {
        if (has_trace_test(child, beyond_row))
            return true;
    }
    return false;
}

bool sql_thread_is_restricted(const struct entity_query *query)
{
    return query->has_from || query->has_to || query->search.n > 0 ||
           has_trace_test(query->filter, false);
}

/* The sources that a test lets pass, as a set of bits. */
static int64_t source_bits(const struct filter_node *node)
{
    int number = decode_enum(node->field->names, node->value, false);
    int64_t bits = number ? 1LL << number : 0;

    if (number == SOURCE_SDK)
        bits |= 1LL << SOURCE_UNSET;
    return node->op == OPERATOR_NOT_EQUAL ? ~bits & 0xFF : bits;
}

static void add_source_inside(struct sql *sql, const struct filter_node *node)
{
    if (!is_source_test(node))
        return;
    sql_add(sql, " AND h.sources & ~");
    sql_add_int(sql, source_bits(node));
    sql_add(sql, " = 0");
}

static void add_source_overlap(struct sql *sql, const struct filter_node *node)
{
    if (!is_source_test(node))
        return;
    sql_add(sql, " AND h.sources & ");
    sql_add_int(sql, source_bits(node));
    sql_add(sql, " != 0");
}

/* All traces of the thread are chosen. */
static void add_inside(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, "1");
    sql_add_bound(sql, " AND h.min_trace >= ", query->has_from, &query->from);
    sql_add_bound(sql, " AND h.max_trace <= ", query->has_to, &query->to);
    each_trace_test(sql, query->filter, add_source_inside);
}

/* Some trace of it may be; with a beginning, the thread itself has to lie in the time too. */
static void add_overlap(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, "h.project = ");
    sql_add_int(sql, query->project.key);
    sql_add(sql, " AND h.trace_count > 0");
    sql_add_bound(sql, " AND h.max_trace >= ", query->has_from, &query->from);
    sql_add_bound(sql, " AND +h.model_id >= ", query->has_from, &query->from);
    if (query->has_from)
        sql_add_bound(sql, " AND +h.model_id <= ", query->has_to, &query->to);
    sql_add_bound(sql, " AND h.min_trace <= ", query->has_to, &query->to);
    each_trace_test(sql, query->filter, add_source_overlap);
}

bool sql_thread_has_whole(const struct entity_query *query)
{
    return query->search.n == 0 && !has_trace_test(query->filter, true);
}

void sql_add_thread_partial(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, "SELECT 1 FROM thread h WHERE ");
    add_overlap(sql, query);
    sql_add(sql, " AND NOT (");
    add_inside(sql, query);
    sql_add(sql, ") LIMIT 1");
}

static void add_trace_filter(struct sql *sql, const struct filter_node *node)
{
    sql_add(sql, " AND ");
    sql_add_filter(sql, node);
}

static void add_search(struct sql *sql, struct str search)
{
    static const char *const columns[] = {"t.thread_id", "uuid_text(t.id)", "b.input", "b.output"};

    sql_add(sql, " AND (");
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        sql_add(sql, i ? " OR contains(" : "contains(");
        sql_add(sql, columns[i]);
        sql_add(sql, ", ");
        sql_add_text(sql, search);
        sql_add(sql, ")");
    }
    sql_add(sql, ")");
}

/* Threads counted from those of their traces that are chosen. */
static void add_counted(struct sql *sql, const struct entity_query *query, bool also_whole)
{
    sql_add(sql, "SELECT " RECORD_COLUMNS COUNTED_COLUMNS
                 " FROM thread h CROSS JOIN trace t INDEXED BY trace_by_thread"
                 " ON t.project = h.project AND t.thread_id = h.thread_id");
    if (query->search.n)
        sql_add(sql, " LEFT JOIN trace_body b ON b.id = t.body");
    sql_add(sql, " WHERE ");
    add_overlap(sql, query);
    if (!also_whole) {
        sql_add(sql, " AND NOT (");
        add_inside(sql, query);
        sql_add(sql, ")");
    }
    sql_add(sql, " AND t.present = 1");
    sql_add_bound(sql, " AND t.id >= ", query->has_from, &query->from);
    sql_add_bound(sql, " AND t.id <= ", query->has_to, &query->to);
    sql->on_traces = true;
    each_trace_test(sql, query->filter, add_trace_filter);
    sql->on_traces = false;
    if (query->search.n)
        add_search(sql, query->search);
    sql_add(sql, " GROUP BY h.project, h.thread_id");
}

static void add_whole(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, "SELECT " RECORD_COLUMNS KEPT_COLUMNS " FROM thread h WHERE ");
    add_overlap(sql, query);
    sql_add(sql, " AND ");
    add_inside(sql, query);
}

/* The tree without what has chosen traces already. */
static void add_thread_filter(struct sql *sql, const struct filter_node *node)
{
    if (is_on_traces(node))
        return;
    if (node->kind != FILTER_AND) {
        sql_add(sql, " AND ");
        sql_add_filter(sql, node);
        return;
    }
    for (const struct filter_node *child = node->first; child; child = child->next)
        add_thread_filter(sql, child);
}

/* The cursor of streams: newest thread_model_id first, then those that have none, by their id. */
static void add_cursor(struct sql *sql, const struct entity_query *query)
{
    if (query->has_before) {
        sql_add(sql, " AND (t.model_id < ");
        sql_add_uuid(sql, &query->before);
        sql_add(sql, " OR t.model_id IS NULL)");
    } else if (query->before_thread.n) {
        sql_add(sql, " AND t.model_id IS NULL AND t.thread_id > ");
        sql_add_text(sql, query->before_thread);
    }
}

void sql_add_thread_source(struct sql *sql, const struct entity_query *query, bool partial)
{
    sql->project_key = query->project.key;
    if (!sql_thread_is_restricted(query)) {
        sql_add(sql, " FROM thread t JOIN project p ON p.id = t.project WHERE t.project = ");
        sql_add_int(sql, query->project.key);
        sql_add(sql, " AND t.trace_count > 0");
    } else {
        bool whole = sql_thread_has_whole(query);
        sql_add(sql, " FROM (");
        if (whole)
            add_whole(sql, query);
        if (whole && partial)
            sql_add(sql, " UNION ALL ");
        if (partial || !whole)
            add_counted(sql, query, !whole);
        sql_add(sql, ") t JOIN project p ON p.id = t.project WHERE 1");
    }
    if (query->nothing)
        sql_add(sql, " AND 0");
    if (query->filter)
        add_thread_filter(sql, query->filter);
    add_cursor(sql, query);
}

/* What each field sorts by; NULL: the default order. */
static const char *const sort_expressions[THREAD_FIELD_COUNT] = {
    [THREAD_ID] = "t.thread_id",
    [THREAD_START_TIME] = "t.start_time",
    [THREAD_END_TIME] = "t.end_time",
    [THREAD_DURATION] = ("CASE WHEN t.start_time != 0 THEN"
                         " t.end_time / 1000 - t.start_time / 1000 END"),
    [THREAD_NUMBER_OF_MESSAGES] = "t.trace_count",
    [THREAD_LAST_UPDATED_AT] = "t.last_updated_at",
    [THREAD_CREATED_BY] = "coalesce(t.created_by, '')",
    [THREAD_CREATED_AT] = "t.created_at",
    [THREAD_TOTAL_ESTIMATED_COST] = "coalesce(t.cost, 0)",
    [THREAD_STATUS] = "coalesce(t.status, 1)",
    [THREAD_TAGS] = "tags_key(t.tags)",
    [THREAD_ENVIRONMENT] = "coalesce(nullif(t.environment, ''), t.first_environment, '')",
};

/* A key that a thread lacks is the pair (0, absent) (query.md 12). */
static void add_usage_sort(struct sql *sql, const struct entity_query *query)
{
    const char *direction = query->descending ? " DESC, " : " ASC, ";

    sql_add(sql, "coalesce(usage_value(t.usage, ");
    sql_add_text(sql, query->sort_key);
    sql_add(sql, "), 0)");
    sql_add(sql, direction);
    sql_add(sql, "usage_value(t.usage, ");
    sql_add_text(sql, query->sort_key);
    sql_add(sql, ") IS NOT NULL");
    sql_add(sql, direction);
}

void sql_add_thread_order(struct sql *sql, const struct entity_query *query)
{
    int field = query->order == ORDER_FIELD ? query->sort_field : -1;

    sql_add(sql, " ORDER BY ");
    if (field == THREAD_USAGE) {
        add_usage_sort(sql, query);
    } else if (field == THREAD_FEEDBACK_SCORES) {
        sql_add(sql, "coalesce(2 * (SELECT score_mean(f.value) FROM score f WHERE f.kind = 2"
                     " AND f.project = t.project AND f.entity = t.model_id AND f.name = ");
        sql_add_text(sql, query->sort_key);
        sql_add(sql, query->descending ? ") + 1, 0) DESC, " : ") + 1, 0) ASC, ");
    } else if (field >= 0 && sort_expressions[field]) {
        sql_add(sql, sort_expressions[field]);
        sql_add(sql, query->descending ? " DESC NULLS LAST, " : " ASC NULLS LAST, ");
    }
    sql_add(sql, query->order == ORDER_ID ? "t.model_id DESC, t.thread_id"
                                          : "t.last_updated_at DESC, t.start_time, t.end_time DESC,"
                                            " t.thread_id");
    sql_add(sql, " LIMIT ");
    sql_add_int(sql, query->limit);
    sql_add(sql, " OFFSET ");
    sql_add_int(sql, query->offset);
}
