/* SQL text of the SQLite store that is made from the field tables. All parts are constants of the
 * program; values are always bound. Texts are NUL-terminated pieces of the arena. */
#ifndef OCELLI_STORE_SQLITE_SQL_H
#define OCELLI_STORE_SQLITE_SQL_H

#include "model/resource.h"

/* Columns of every entity that are no fields, in the order of sql_entity_columns(). */
enum row_column {
    COLUMN_PROJECT,
    COLUMN_UUID,
    COLUMN_DELETED,
    COLUMN_PRESENT,
    COLUMN_HEAVY,
    COLUMN_BODY,
    COLUMN_BASE_CLOCK,
    COLUMN_PATCHED,
    COLUMN_ASSUMED,
    ROW_COLUMN_COUNT,
};

/* What a write does with the row. */
enum row_write {
    ROW_INSERT,
    ROW_UPDATE, /* all but the key */
    ROW_MOVE,   /* the key too */
};

/* The table of an entity; its bodies' is "<table>_body". */
const char *sql_table(const struct resource *resource);

/* True for fields that are columns of the narrow row. */
bool sql_is_narrow(const struct field *field);

/* True for fields that this kind of write sets, in the order of their parameters from ?7 on;
 * ?1 project, ?2 id, ?3 heavy, ?4 body, ?5 base_clock, ?6 patched, ?7 assumed. */
bool sql_is_written(const struct resource *resource, size_t field, enum row_write write);

/* The row columns and then the narrow fields, of `t` joined with its project `p`. */
struct str sql_entity_columns(struct arena *arena, const struct resource *resource);

/* By ?1 id and ?2 project, or with `any_project` ?2 workspace. */
struct str sql_entity_get(struct arena *arena, const struct resource *resource, bool any_project);

struct str sql_entity_write(struct arena *arena, const struct resource *resource,
                            enum row_write write);

/* ?1 project, ?2 id. */
struct str sql_entity_delete(struct arena *arena, const struct resource *resource);

/* The heavy fields of a mask (bits by their order), from ?2 on; ?1 the body's id. */
struct str sql_body_write(struct arena *arena, const struct resource *resource, bool insert,
                          int64_t mask);

/* ?1 the body's id. */
struct str sql_body_get(struct arena *arena, const struct resource *resource);
struct str sql_body_delete(struct arena *arena, const struct resource *resource);

/* Scores and comments: their table, which fields are columns, and these columns in the table's
 * order, each with the prefix in front. */
const char *sql_annotation_table(const struct resource *resource);
bool sql_is_annotation_column(const struct field *field);
struct str sql_annotation_columns(struct arena *arena, const struct resource *resource,
                                  const char *prefix);

/* ?1 kind, ?2 project, ?3 entity, from ?4 on the columns. */
struct str sql_annotation_put(struct arena *arena, const struct resource *resource);

/* The columns; ?1 kind, ?2 project, ?3 entity. Scores of a trace's spans: the span's id and type
 * before the columns; ?1 project, ?2 trace. A comment: kind, project and entity before the columns;
 * ?1 id, ?2 workspace. */
struct str sql_annotation_list(struct arena *arena, const struct resource *resource);
struct str sql_span_score_list(struct arena *arena);
struct str sql_comment_get(struct arena *arena);

/* ?1 from, ?2 to: name of the workspace, id of the project, user, count. */
struct str sql_usage_counts(struct arena *arena, const struct resource *resource);

/* Named resources (model/named.h). ?1 is the workspace, but of NAMED_BY_KEY, which also finds what
 * was deleted. */
enum named_key { NAMED_BY_KEY, NAMED_BY_ID, NAMED_BY_NAME };

/* ?2 the key. All fields in the order of their table. */
struct str sql_named_get(struct arena *arena, const struct resource *resource, enum named_key key);
/* ?2 the lower-case name, ?3 on the fields in the order of their table. */
struct str sql_named_insert(struct arena *arena, const struct resource *resource);
struct str sql_named_update(struct arena *arena, const struct resource *resource);
/* ?2 the id. */
struct str sql_named_delete(struct arena *arena, const struct resource *resource);
/* ?2 a lower-case part of the name, ?3 the value of the field `only` (any when that is -1), ?4
 * limit, ?5 offset. Without a field to sort by, in the resource's own order. */
struct str sql_named_count(struct arena *arena, const struct resource *resource, int only);
struct str sql_named_list(struct arena *arena, const struct resource *resource, int only,
                          int sort_field, bool descending);

#endif
