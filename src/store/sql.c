/* Query -> SQL text with bound values. */
#include "store/sql.h"

#include <assert.h>

void sql_add(struct sql *sql, const char *text)
{
    sql->text = str_format(sql->arena, "%.*s%s", STR_ARG(sql->text), text);
}

static struct sql_bind *add_bind(struct sql *sql, enum sql_bind_kind kind)
{
    struct sql_bind *bind = &sql->binds[sql->bind_count++];

    assert(sql->bind_count <= SQL_BINDS_MAX);
    bind->kind = kind;
    sql_add(sql, "?");
    return bind;
}

void sql_add_int(struct sql *sql, int64_t value)
{
    add_bind(sql, SQL_BIND_INT)->i = value;
}

void sql_add_uuid(struct sql *sql, const struct uuid *value)
{
    add_bind(sql, SQL_BIND_UUID)->uuid = *value;
}

void sql_add_entity_source(struct sql *sql, const struct entity_query *query)
{
    bool spans = query->resource == &span_resource;

    sql_add(sql, spans ? " FROM span t" : " FROM trace t");
    sql_add(sql, " JOIN project p ON p.id = t.project WHERE t.project = ");
    sql_add_int(sql, query->project.key);
    if (!spans)
        sql_add(sql, " AND t.present = 1");
    if (query->has_from) {
        sql_add(sql, " AND t.id >= ");
        sql_add_uuid(sql, &query->from);
    }
    if (query->has_to) {
        sql_add(sql, " AND t.id <= ");
        sql_add_uuid(sql, &query->to);
    }
    if (query->has_trace) {
        sql_add(sql, " AND t.trace_id = ");
        sql_add_uuid(sql, &query->trace);
    }
    if (query->type) {
        sql_add(sql, " AND t.type = ");
        sql_add_int(sql, query->type);
    }
    if (query->source) {
        sql_add(sql,
                query->source == SOURCE_SDK ? " AND coalesce(t.source, 1) = " : " AND t.source = ");
        sql_add_int(sql, query->source);
    }
}

void sql_add_entity_order(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, query->resource == &span_resource
                     ? " ORDER BY t.trace_id DESC, t.parent_span_id DESC, t.id DESC"
                     : " ORDER BY t.id DESC");
    sql_add(sql, " LIMIT ");
    sql_add_int(sql, query->limit);
    sql_add(sql, " OFFSET ");
    sql_add_int(sql, query->offset);
}
