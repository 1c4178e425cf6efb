/* SQL text with bound values, made of constants: the only place where conditions become SQL. */
#ifndef OCELLI_STORE_SQL_H
#define OCELLI_STORE_SQL_H

#include "base/arena.h"
#include "base/str.h"
#include "base/uuid.h"
#include "store/store.h"

#define SQL_BINDS_MAX 256

enum sql_bind_kind { SQL_BIND_INT, SQL_BIND_UUID, SQL_BIND_TEXT, SQL_BIND_REAL };

struct sql_bind {
    enum sql_bind_kind kind;
    int64_t i;
    double d;
    struct uuid uuid;
    struct str s;
};

struct sql {
    struct arena *arena;
    struct str text;
    struct sql_bind binds[SQL_BINDS_MAX];
    size_t bind_count;
};

/* Appends text that is a constant of the program. */
void sql_add(struct sql *sql, const char *text);

/* Appends a `?` and its value. */
void sql_add_int(struct sql *sql, int64_t value);
void sql_add_uuid(struct sql *sql, const struct uuid *value);

/* Appends " FROM <table> t JOIN project p … WHERE <conditions of the query>". */
void sql_add_entity_source(struct sql *sql, const struct entity_query *query);

/* Appends " ORDER BY … LIMIT ? OFFSET ?". */
void sql_add_entity_order(struct sql *sql, const struct entity_query *query);

#endif
