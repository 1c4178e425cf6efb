/* SQL text made from the field tables. */
#include "store/sqlite/sql.h"

#include "model/annotation.h"
#include "model/entity.h"
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
                         " t.patched");

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
                      "WHERE t.id = ?1 AND %s ORDER BY t.present DESC, p.uuid DESC LIMIT 1",
                      STR_ARG(sql_entity_columns(arena, resource)), sql_table(resource),
                      any_project ? "p.workspace = ?2" : "t.project = ?2");
}

struct str sql_entity_write(struct arena *arena, const struct resource *resource,
                            enum row_write write)
{
    struct str columns = STR("present, heavy, body, base_clock, patched");
    struct str marks = STR("1, ?3, ?4, ?5, ?6");
    int index = 7;

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

struct str sql_span_children(struct arena *arena)
{
    return str_format(arena,
                      "SELECT %.*s FROM span t JOIN project p ON p.id = t.project "
                      "WHERE t.project = ?1 AND t.trace_id = ?2 AND t.parent_span_id = ?3",
                      STR_ARG(sql_entity_columns(arena, &span_resource)));
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

static struct str project_columns(struct arena *arena)
{
    struct str out = STR("");

    for (size_t i = 0; i < project_resource.count; i++)
        out = str_format(arena, "%.*s%s%s", STR_ARG(out), i ? ", " : "",
                         project_resource.fields[i].column);
    return out;
}

struct str sql_project_get(struct arena *arena)
{
    return str_format(arena, "SELECT %.*s FROM project WHERE id = ?1",
                      STR_ARG(project_columns(arena)));
}

#define PROJECT_SOURCE                                                                             \
    " FROM project WHERE workspace = ?1 AND deleted = 0 AND (?2 = '' OR instr(name_key, ?2) > 0)"

struct str sql_project_count(struct arena *arena)
{
    return str_copy(arena, STR("SELECT count(*)" PROJECT_SOURCE));
}

/* Names sort without case; a project that never had a trace by its own change (platform.md 8). */
static const char *project_sort_column(int field)
{
    switch (field) {
    case PROJECT_NAME:
        return "name_key";
    case PROJECT_LAST_UPDATED_TRACE_AT:
        return "coalesce(last_updated_trace_at, last_updated_at)";
    default:
        return field < 0 ? "uuid" : project_resource.fields[field].column;
    }
}

struct str sql_project_list(struct arena *arena, int sort_field, bool descending)
{
    return str_format(arena,
                      "SELECT %.*s" PROJECT_SOURCE " ORDER BY %s %s, uuid DESC LIMIT ?3 OFFSET ?4",
                      STR_ARG(project_columns(arena)), project_sort_column(sort_field),
                      sort_field < 0 || descending ? "DESC" : "ASC");
}
