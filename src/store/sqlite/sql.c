/* SQL text made from the field tables. */
#include "store/sqlite/sql.h"

#include "model/annotation.h"
#include "model/entity.h"
#include "model/environment.h"
#include "model/feedback_definition.h"
#include "model/project.h"

const char *sql_table(const struct resource *resource)
{
    return resource == &span_resource ? "span" : "trace";
}

bool sql_is_narrow(const struct field *field)
{
    return field->column && !(field->flags & FF_HEAVY);
}

bool sql_is_written(const struct resource *resource, size_t field, enum row_write write)
{
    const struct field *f = &resource->fields[field];
    bool key =
        resource == &span_resource && (field == SPAN_TRACE_ID || field == SPAN_PARENT_SPAN_ID);

    return sql_is_narrow(f) && !(f->flags & FF_SUMMED) && field != ENTITY_ID &&
           (write != ROW_UPDATE || !key);
}

struct str sql_entity_columns(struct arena *arena, const struct resource *resource)
{
    struct str out = STR("t.project, p.uuid, p.deleted, t.present, t.heavy, t.body, t.base_clock,"
                         " t.patched, t.assumed");

    for (size_t i = 0; i < resource->count; i++) {
        if (sql_is_narrow(&resource->fields[i]))
            out = str_format(arena, "%.*s, t.%s", STR_ARG(out), resource->fields[i].column);
    }
    return out;
}

struct str sql_entity_get(struct arena *arena, const struct resource *resource, bool any_project)
{
    return str_format(arena,
                      "SELECT %.*s FROM %s t JOIN project p ON p.id = t.project "
                      "WHERE t.id = ?1 AND %s"
                      " ORDER BY t.present DESC, p.deleted, p.uuid DESC LIMIT 1",
                      STR_ARG(sql_entity_columns(arena, resource)), sql_table(resource),
                      any_project ? "p.workspace = ?2" : "t.project = ?2");
}

struct str sql_entity_write(struct arena *arena, const struct resource *resource,
                            enum row_write write)
{
    struct str columns = STR("present, heavy, body, base_clock, patched, assumed");
    struct str marks = STR("1, ?3, ?4, ?5, ?6, ?7");
    int index = 8;

    for (size_t i = 0; i < resource->count; i++) {
        if (!sql_is_written(resource, i, write))
            continue;
        columns = str_format(arena, "%.*s, %s", STR_ARG(columns), resource->fields[i].column);
        marks = str_format(arena, "%.*s, ?%d", STR_ARG(marks), index++);
    }
    if (write == ROW_INSERT)
        return str_format(arena, "INSERT INTO %s(project, id, %.*s) VALUES(?1, ?2, %.*s)",
                          sql_table(resource), STR_ARG(columns), STR_ARG(marks));
    return str_format(arena, "UPDATE %s SET (%.*s) = (%.*s) WHERE project = ?1 AND id = ?2",
                      sql_table(resource), STR_ARG(columns), STR_ARG(marks));
}

struct str sql_entity_delete(struct arena *arena, const struct resource *resource)
{
    return str_format(arena, "DELETE FROM %s WHERE project = ?1 AND id = ?2", sql_table(resource));
}

struct str sql_body_write(struct arena *arena, const struct resource *resource, bool insert,
                          int64_t mask)
{
    const char *table = sql_table(resource);
    struct str columns = STR(""), marks = STR("");
    int64_t bit = 1;
    int index = 2;

    for (size_t i = 0; i < resource->count; i++) {
        if (!(resource->fields[i].flags & FF_HEAVY))
            continue;
        if (mask & bit) {
            columns = str_format(arena, "%.*s%s%s", STR_ARG(columns), columns.n ? ", " : "",
                                 resource->fields[i].column);
            marks = str_format(arena, "%.*s%s?%d", STR_ARG(marks), marks.n ? ", " : "", index++);
        }
        bit <<= 1;
    }
    if (insert)
        return str_format(arena, "INSERT INTO %s_body(id, %.*s) VALUES(?1, %.*s)", table,
                          STR_ARG(columns), STR_ARG(marks));
    return str_format(arena, "UPDATE %s_body SET (%.*s) = (%.*s) WHERE id = ?1", table,
                      STR_ARG(columns), STR_ARG(marks));
}

struct str sql_body_get(struct arena *arena, const struct resource *resource)
{
    struct str columns = STR("");

    for (size_t i = 0; i < resource->count; i++) {
        if (resource->fields[i].flags & FF_HEAVY)
            columns = str_format(arena, "%.*s%s%s", STR_ARG(columns), columns.n ? ", " : "",
                                 resource->fields[i].column);
    }
    return str_format(arena, "SELECT %.*s FROM %s_body WHERE id = ?1", STR_ARG(columns),
                      sql_table(resource));
}

struct str sql_body_delete(struct arena *arena, const struct resource *resource)
{
    return str_format(arena, "DELETE FROM %s_body WHERE id = ?1", sql_table(resource));
}

const char *sql_annotation_table(const struct resource *resource)
{
    return resource == &comment_resource ? "comment" : "score";
}

bool sql_is_annotation_column(const struct field *field)
{
    return field->flags & FF_STORED;
}

struct str sql_annotation_columns(struct arena *arena, const struct resource *resource,
                                  const char *prefix)
{
    struct str out = STR("");

    for (size_t i = 0; i < resource->count; i++) {
        if (sql_is_annotation_column(&resource->fields[i]))
            out = str_format(arena, "%.*s%s%s%s", STR_ARG(out), out.n ? ", " : "", prefix,
                             resource->fields[i].column);
    }
    return out;
}

struct str sql_annotation_put(struct arena *arena, const struct resource *resource)
{
    struct str marks = STR("");
    int index = 4;

    for (size_t i = 0; i < resource->count; i++) {
        if (sql_is_annotation_column(&resource->fields[i]))
            marks = str_format(arena, "%.*s, ?%d", STR_ARG(marks), index++);
    }
    if (resource == &comment_resource)
        return str_format(arena,
                          "INSERT OR REPLACE INTO comment(kind, project, entity, %.*s)"
                          " VALUES(?1, ?2, ?3%.*s)",
                          STR_ARG(sql_annotation_columns(arena, resource, "")), STR_ARG(marks));
    /* The name is the first of a score's columns. */
    return str_format(arena,
                      "INSERT OR REPLACE INTO score(kind, project, entity, name_key, %.*s)"
                      " VALUES(?1, ?2, ?3, lower(?4)%.*s)",
                      STR_ARG(sql_annotation_columns(arena, resource, "")), STR_ARG(marks));
}

struct str sql_annotation_list(struct arena *arena, const struct resource *resource)
{
    return str_format(
        arena, "SELECT %.*s FROM %s WHERE kind = ?1 AND project = ?2 AND entity = ?3 ORDER BY %s",
        STR_ARG(sql_annotation_columns(arena, resource, "")), sql_annotation_table(resource),
        resource == &comment_resource ? "id" : "name, author, queue");
}

struct str sql_span_score_list(struct arena *arena)
{
    return str_format(arena,
                      "SELECT s.id, s.type, %.*s FROM span s CROSS JOIN score f"
                      " WHERE s.project = ?1 AND s.trace_id = ?2 AND f.kind = 1 AND f.project = ?1"
                      " AND f.entity = s.id ORDER BY f.name, s.id, f.author, f.queue",
                      STR_ARG(sql_annotation_columns(arena, &score_resource, "f.")));
}

struct str sql_comment_get(struct arena *arena)
{
    return str_format(arena,
                      "SELECT c.kind, c.project, c.entity, %.*s FROM comment c"
                      " JOIN project p ON p.id = c.project WHERE c.id = ?1 AND p.workspace = ?2"
                      " AND p.deleted = 0",
                      STR_ARG(sql_annotation_columns(arena, &comment_resource, "c.")));
}

struct str sql_usage_counts(struct arena *arena, const struct resource *resource)
{
    return str_format(arena,
                      "SELECT w.name, p.uuid, c.created_by, c.n FROM (SELECT project, created_by,"
                      " count(*) AS n FROM %s WHERE present = 1 AND created_at >= ?1 AND"
                      " created_at < ?2 GROUP BY project, created_by) c"
                      " JOIN project p ON p.id = c.project JOIN workspace w ON w.id = p.workspace"
                      " ORDER BY w.id, c.created_by, p.id",
                      sql_table(resource));
}

/* The tables of named resources. `living` are the rows that can be found, `remove` ends one. */
static const struct named_table {
    const struct resource *resource;
    const char *name, *living, *remove, *order;
} named_tables[] = {
    {&project_resource, "project", "workspace = ?1 AND deleted = 0",
     "UPDATE project SET deleted = 1", "uuid DESC"},
    {&feedback_definition_resource, "feedback_definition", "workspace = ?1",
     "DELETE FROM feedback_definition", "uuid DESC"},
    {&environment_resource, "environment", "workspace = ?1", "DELETE FROM environment",
     "created_at, id"},
};

static const struct named_table *named_table(const struct resource *resource)
{
    const struct named_table *table = named_tables;

    while (table->resource != resource)
        table++;
    return table;
}

static struct str named_columns(struct arena *arena, const struct resource *resource)
{
    struct str out = STR("");

    for (size_t i = 0; i < resource->count; i++)
        out =
            str_format(arena, "%.*s%s%s", STR_ARG(out), i ? ", " : "", resource->fields[i].column);
    return out;
}

struct str sql_named_get(struct arena *arena, const struct resource *resource, enum named_key key)
{
    static const char *const conditions[] = {
        [NAMED_BY_KEY] = "id = ?2",
        [NAMED_BY_ID] = "uuid = ?2",
        [NAMED_BY_NAME] = "name_key = ?2",
    };
    const struct named_table *table = named_table(resource);

    return str_format(arena, "SELECT %.*s FROM %s WHERE %s AND %s",
                      STR_ARG(named_columns(arena, resource)), table->name,
                      key == NAMED_BY_KEY ? "?1 = ?1" : table->living, conditions[key]);
}

struct str sql_named_insert(struct arena *arena, const struct resource *resource)
{
    struct str marks = STR("?1, ?2");

    for (size_t i = 0; i < resource->count; i++)
        marks = str_format(arena, "%.*s, ?%zu", STR_ARG(marks), i + 3);
    return str_format(arena, "INSERT INTO %s(workspace, name_key, %.*s) VALUES(%.*s)",
                      named_table(resource)->name, STR_ARG(named_columns(arena, resource)),
                      STR_ARG(marks));
}

struct str sql_named_update(struct arena *arena, const struct resource *resource)
{
    const struct named_table *table = named_table(resource);
    struct str sets = STR("name_key = ?2");

    for (size_t i = 0; i < resource->count; i++) {
        if (i != NAMED_ID)
            sets = str_format(arena, "%.*s, %s = ?%zu", STR_ARG(sets), resource->fields[i].column,
                              i + 3);
    }
    return str_format(arena, "UPDATE OR FAIL %s SET %.*s WHERE %s AND uuid = ?%d", table->name,
                      STR_ARG(sets), table->living, NAMED_ID + 3);
}

struct str sql_named_delete(struct arena *arena, const struct resource *resource)
{
    const struct named_table *table = named_table(resource);

    return str_format(arena, "%s WHERE %s AND uuid = ?2", table->remove, table->living);
}

/* The rows of a list: ?2 the name, ?3 the value of the field `only` unless that is -1. */
static struct str named_source(struct arena *arena, const struct resource *resource, int only)
{
    const struct named_table *table = named_table(resource);

    return str_format(arena,
                      "FROM %s WHERE %s AND (?2 = '' OR instr(name_key, ?2) > 0) AND %s = ?3",
                      table->name, table->living, only < 0 ? "?3" : resource->fields[only].column);
}

struct str sql_named_count(struct arena *arena, const struct resource *resource, int only)
{
    return str_format(arena, "SELECT count(*) %.*s", STR_ARG(named_source(arena, resource, only)));
}

/* Names sort without case; a project that never had a trace by its own change (platform.md 8). */
static const char *named_sort_column(const struct resource *resource, int field)
{
    if (field == NAMED_NAME)
        return "name_key";
    if (resource == &project_resource && field == PROJECT_LAST_UPDATED_TRACE_AT)
        return "coalesce(last_updated_trace_at, last_updated_at)";
    return resource->fields[field].column;
}

struct str sql_named_list(struct arena *arena, const struct resource *resource, int only,
                          int sort_field, bool descending)
{
    struct str order = str_of(named_table(resource)->order);

    if (sort_field >= 0)
        order = str_format(arena, "%s %s, uuid DESC", named_sort_column(resource, sort_field),
                           descending ? "DESC" : "ASC");
    return str_format(arena, "SELECT %.*s %.*s ORDER BY %.*s LIMIT ?4 OFFSET ?5",
                      STR_ARG(named_columns(arena, resource)),
                      STR_ARG(named_source(arena, resource, only)), STR_ARG(order));
}
