/* Query -> SQL text with bound values: the frame of a statement. Conditions of filters stand in
 * sql_filter.c. */
#include "store/sql.h"

#include "base/mem.h"
#include "store/zone_table.h"

/* No sensible statement is longer. */
#define TEXT_MAX ((size_t)4 * 1024 * 1024)

void sql_init(struct sql *sql, struct arena *arena)
{
    *sql = (struct sql){.arena = arena};
    buf_init(&sql->text, TEXT_MAX);
}

void sql_done(struct sql *sql)
{
    buf_done(&sql->text);
}

void sql_sets_done(struct sql_sets *sets)
{
    for (size_t i = 0; sets && i < sets->count; i++)
        sql_done(&sets->queries[i]);
}

void sql_add(struct sql *sql, const char *text)
{
    if (!buf_append(&sql->text, str_of(text)))
        sql->failed = true;
}

static struct sql_bind *add_bind(struct sql *sql, enum sql_bind_kind kind)
{
    static struct sql_bind nowhere;

    if (sql->bind_count == sql->bind_size) {
        size_t old = sql->bind_size * sizeof(struct sql_bind);
        size_t size = sql->bind_size ? 2 * sql->bind_size : 16;
        struct sql_bind *grown = NULL;

        if (size > SQL_BINDS_MAX)
            size = SQL_BINDS_MAX;
        if (size > sql->bind_size)
            grown = arena_grow(sql->arena, sql->binds, old, size * sizeof(*grown));
        if (!grown) {
            sql->failed = true;
            return &nowhere;
        }
        sql->binds = grown;
        sql->bind_size = size;
    }
    sql_add(sql, "?");
    sql->binds[sql->bind_count].kind = kind;
    return &sql->binds[sql->bind_count++];
}

void sql_add_int(struct sql *sql, int64_t value)
{
    add_bind(sql, SQL_BIND_INT)->i = value;
}

void sql_add_real(struct sql *sql, double value)
{
    add_bind(sql, SQL_BIND_REAL)->d = value;
}

void sql_add_text(struct sql *sql, struct str value)
{
    add_bind(sql, SQL_BIND_TEXT)->s = value;
}

void sql_add_uuid(struct sql *sql, const struct uuid *value)
{
    add_bind(sql, SQL_BIND_UUID)->uuid = *value;
}

void sql_add_cost(struct sql *sql, decimal_int value)
{
    if (value <= INT64_MAX) /* no cost is below 0 */
        sql_add_int(sql, value < INT64_MIN ? INT64_MIN : (int64_t)value);
    else
        decimal_write_bytes(value, add_bind(sql, SQL_BIND_BYTES)->bytes);
}

static bool is_span(const struct entity_query *query)
{
    return query->resource == &span_resource;
}

/* What a search looks at (query.md 11), as search() takes it: ids, tags, texts. */
static const char trace_search[] = ", 1, t.id, t.tags, t.name, t.thread_id, b.input, b.output,"
                                   " b.metadata, b.error_info)";
static const char span_search[] = ", 2, t.id, t.trace_id, t.tags, t.name, t.model, t.provider,"
                                  " b.input, b.output, b.metadata)";

/* A condition per type of span: whether the row is of it and its name matches. */
static void add_type_search(struct sql *sql, struct str search)
{
    for (int i = 1; span_type_names[i]; i++) {
        sql_add(sql, "(t.type = ");
        sql_add_int(sql, i);
        sql_add(sql, " AND contains(");
        sql_add_text(sql, str_of(span_type_names[i]));
        sql_add(sql, ", ");
        sql_add_text(sql, search);
        sql_add(sql, ")) OR ");
    }
}

static void add_search(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, " AND (");
    if (is_span(query))
        add_type_search(sql, query->search);
    sql_add(sql, "search(");
    sql_add_text(sql, query->search);
    sql_add(sql, is_span(query) ? span_search : trace_search);
    sql_add(sql, ")");
}

/* Fields whose text is in the body sort by it. */
static bool sorts_by_body(const struct entity_query *query)
{
    return query->order == ORDER_FIELD &&
           query->resource->fields[query->sort_field].flags & FF_HEAVY;
}

void sql_add_bound(struct sql *sql, const char *condition, bool has, const struct uuid *id)
{
    if (!has)
        return;
    sql_add(sql, condition);
    sql_add_uuid(sql, id);
}

static void add_ids(struct sql *sql, const struct entity_query *query)
{
    for (size_t i = 0; i < query->id_count; i++) {
        sql_add(sql, i ? ", " : " AND t.id IN (");
        sql_add_uuid(sql, &query->ids[i]);
    }
    if (query->ids)
        sql_add(sql, query->id_count ? ")" : " AND false");
}

/* Bodies where a condition or the order needs them, and all conditions. */
static void add_conditions(struct sql *sql, const struct entity_query *query, bool zones)
{
    bool spans = is_span(query);

    sql->project_key = query->project.key;
    if (query->search.n || filter_uses(query->filter, SOURCE_HEAVY) || sorts_by_body(query))
        sql_add(sql, spans ? " LEFT JOIN span_body b ON b.id = t.body"
                           : " LEFT JOIN trace_body b ON b.id = t.body");
    sql_add(sql, " WHERE ");
    if (zones) {
        sql_add_zone_conditions(sql, query);
        sql_add(sql, " AND ");
    }
    /* Of given ids, SQLite would else walk all spans of the project. */
    sql_add(sql, spans && query->ids ? "+t.project = " : "t.project = ");
    sql_add_int(sql, query->project.key);
    add_ids(sql, query);
    sql_add_bound(sql, " AND t.id >= ", query->has_from, &query->from);
    sql_add_bound(sql, " AND t.id <= ", query->has_to, &query->to);
    sql_add_bound(sql, " AND t.id < ", query->has_before, &query->before);
    sql_add_bound(sql, " AND t.trace_id = ", query->has_trace, &query->trace);
    if (query->type) {
        sql_add(sql, " AND t.type = ");
        sql_add_int(sql, query->type);
    }
    if (query->source) {
        sql_add(sql,
                query->source == SOURCE_SDK ? " AND coalesce(t.source, 1) = " : " AND t.source = ");
        sql_add_int(sql, query->source);
    }
    if (query->nothing)
        sql_add(sql, " AND 0");
    if (query->filter) {
        sql_add(sql, " AND ");
        sql_add_filter(sql, query->filter);
    }
    if (query->search.n)
        add_search(sql, query);
    if (!spans) /* last: nearly all rows are */
        sql_add(sql, " AND t.present = 1");
}

void sql_add_entity_source(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, is_span(query) ? " FROM span t" : " FROM trace t");
    sql_add(sql, " JOIN project p ON p.id = t.project");
    add_conditions(sql, query, false);
}

/* The test that asks for one thread, so that the index of threads serves; or NULL. */
static const struct filter_node *find_thread(const struct filter_node *node)
{
    const struct filter_node *found = NULL;

    if (node->kind == FILTER_AND) {
        for (const struct filter_node *child = node->first; child && !found; child = child->next)
            found = find_thread(child);
        return found;
    }
    return node->kind == FILTER_TEST && node->op == OPERATOR_EQUAL &&
                   str_eq(str_of(node->field->name), STR("thread_id"))
               ? node
               : NULL;
}

void sql_add_entity_scan(struct sql *sql, const struct entity_query *query)
{
    bool zones = sql_uses_zones(query);
    const struct filter_node *thread =
        query->filter && !is_span(query) ? find_thread(query->filter) : NULL;

    sql_add(sql, " FROM ");
    if (zones)
        sql_add_zones(sql, query);
    else
        sql_add(sql, is_span(query) ? "span t" : "trace t");
    add_conditions(sql, query, zones);
    if (!thread)
        return;
    /* Said again with how rare it is, which the planner does not know. */
    sql_add(sql, " AND unlikely(t.thread_id = ");
    sql_add_text(sql, thread->value);
    sql_add(sql, ")");
}

void sql_add_entity_range(struct sql *sql, const struct entity_query *query,
                          const struct uuid *first, const struct uuid *last)
{
    sql_add(sql, is_span(query) ? " FROM span t" : " FROM trace t");
    add_conditions(sql, query, false);
    sql_add(sql, is_span(query) ? " AND t.trace_id BETWEEN " : " AND t.id BETWEEN ");
    sql_add_uuid(sql, first);
    sql_add(sql, " AND ");
    sql_add_uuid(sql, last);
}

bool sql_sorts_by_score(const struct entity_query *query)
{
    return query->order == ORDER_FIELD &&
           query->resource->fields[query->sort_field].type == FIELD_OBJECTS;
}

void sql_add_sort_value(struct sql *sql, const struct entity_query *query)
{
    switch (query->order == ORDER_FIELD ? query->sort_field : -1) {
    case -1:
        sql_add(sql, "NULL");
        break;
    case ENTITY_USAGE:
        sql_add(sql, "usage_rank(t.usage, ");
        sql_add_text(sql, query->sort_key);
        sql_add(sql, ")");
        break;
    default:
        if (sql_sorts_by_score(query))
            sql_add(sql, "id_rank(0, t.id)");
        else
            sql_add(sql, zone_measures[zone_sort_measure(query)].sql);
    }
}

void sql_add_score_ranks(struct sql *sql, const struct entity_query *query)
{
    /* A missing score is the pair (0, absent): ranks are odd, so that it comes before a present 0.
     */
    sql_add(sql, "SELECT f.entity, 2 * score_mean(f.value) + 1 FROM score f WHERE f.kind = ");
    sql_add_int(sql, is_span(query) ? 1 : 0);
    sql_add(sql, " AND f.project = ");
    sql_add_int(sql, query->project.key);
    sql_add(sql, " AND f.name_key = lower(");
    sql_add_text(sql, query->sort_key);
    sql_add(sql, ") AND f.name = ");
    sql_add_text(sql, query->sort_key);
    sql_add(sql, " GROUP BY f.entity ORDER BY f.entity");
}

/* What stands around a column to sort by it: only absent times and numbers are NULL. */
static const char *sort_opening(const struct field *field)
{
    if (field->flags & FF_HEAVY)
        return "coalesce(unpack(b.";
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_ENUM:
        return "coalesce(t.";
    case FIELD_TAGS:
        return "tags_key(t.";
    default:
        return "(t.";
    }
}

static const char *sort_closing(const struct field *field)
{
    if (field->flags & FF_HEAVY)
        return "), '')";
    return field->type == FIELD_TEXT ? ", '')" : field->type == FIELD_ENUM ? ", 0)" : ")";
}

static void add_score_mean(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, is_span(query) ? "(SELECT score_mean(f.value) FROM score f WHERE f.kind = 1"
                                : "(SELECT score_mean(f.value) FROM score f WHERE f.kind = 0");
    sql_add(sql, " AND f.project = t.project AND f.entity = t.id AND f.name = ");
    sql_add_text(sql, query->sort_key);
    sql_add(sql, ")");
}

/* The expression that a field sorts by; absent values come last (query.md 12). */
static void add_sort_expression(struct sql *sql, const struct entity_query *query)
{
    const struct field *field = &query->resource->fields[query->sort_field];
    const char *direction = query->descending ? " DESC NULLS LAST" : " ASC NULLS LAST";

    if (field->type == FIELD_OBJECTS) {
        /* feedback_scores: a missing name is the pair (0, absent), made one odd or even number so
         * that it is looked up once. */
        sql_add(sql, "coalesce(2 * ");
        add_score_mean(sql, query);
        sql_add(sql, " + 1, 0)");
        sql_add(sql, direction);
        sql_add(sql, ", ");
        return;
    }
    switch (query->sort_field) {
    case ENTITY_DURATION:
        sql_add(sql,
                "CASE WHEN t.start_time != 0 THEN t.end_time / 1000 - t.start_time / 1000 END");
        break;
    case ENTITY_USAGE:
        /* A missing key is the pair (0, absent). */
        sql_add(sql, "coalesce(usage_value(t.usage, ");
        sql_add_text(sql, query->sort_key);
        sql_add(sql, "), 0)");
        sql_add(sql, direction);
        sql_add(sql, ", usage_value(t.usage, ");
        sql_add_text(sql, query->sort_key);
        sql_add(sql, ") IS NOT NULL");
        break;
    case ENTITY_TOTAL_ESTIMATED_COST:
        sql_add(sql, "coalesce(t.cost, 0)");
        break;
    default:
        /* What stores nothing yet is absent everywhere. */
        sql_add(sql, field->column ? sort_opening(field) : "NULL");
        sql_add(sql, field->column ? field->column : "");
        sql_add(sql, field->column ? sort_closing(field) : "");
    }
    sql_add(sql, direction);
    sql_add(sql, ", ");
}

void sql_add_entity_order(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, " ORDER BY ");
    if (query->order == ORDER_FIELD)
        add_sort_expression(sql, query);
    sql_add(sql, is_span(query) && query->order != ORDER_ID
                     ? "t.trace_id DESC, t.parent_span_id DESC, t.id DESC"
                     : "t.id DESC");
    sql_add(sql, " LIMIT ");
    sql_add_int(sql, query->limit);
    sql_add(sql, " OFFSET ");
    sql_add_int(sql, query->offset);
}
