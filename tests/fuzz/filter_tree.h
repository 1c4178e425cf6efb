/* What the targets of filters and OQL check of a syntax tree. */
#ifndef OCELLI_TESTS_FUZZ_FILTER_TREE_H
#define OCELLI_TESTS_FUZZ_FILTER_TREE_H

#include <stdlib.h>

#include "query/filter.h"
#include "store/sql.h"

static inline void check(bool holds)
{
    if (!holds)
        abort();
}

/* Reads every byte, so that a sanitizer sees those that are not there. */
static inline uint64_t hash_text(uint64_t hash, struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        hash = (hash ^ (unsigned char)text.p[i]) * 0x100000001b3ULL;
    return (hash ^ 0xff) * 0x100000001b3ULL;
}

static inline bool is_list(const struct filter_node *node)
{
    return node->op == OPERATOR_IN || node->op == OPERATOR_NOT_IN;
}

/* Of what a tree means; the same for equal trees. Checks its bounds on the way. */
static inline uint64_t hash_tree(const struct filter_node *node, size_t depth, size_t *tests)
{
    uint64_t hash = 0xcbf29ce484222325ULL ^ (uint64_t)node->kind;

    check(depth <= 2 * FILTER_DEPTH_MAX + 2);
    if (node->kind != FILTER_TEST) {
        check(node->kind != FILTER_NOT || (node->first && !node->first->next));
        for (const struct filter_node *child = node->first; child; child = child->next)
            hash = hash * 31 + hash_tree(child, depth + 1, tests);
        return hash;
    }
    check(++*tests <= FILTER_TESTS_MAX && !node->first);
    check(filter_operator_allowed(node->field, node->op));
    check(node->field->type != FILTER_CUSTOM);
    hash = hash_text(hash, str_of(node->field->name)) + node->op;
    hash = hash_text(hash, node->key);
    if (!is_list(node))
        return hash_text(hash, node->value);
    check(node->part_count > 0 || node->field->type == FILTER_ENUM);
    check(node->part_count <= FILTER_PARTS_MAX);
    for (size_t i = 0; i < node->part_count; i++)
        hash = hash_text(hash, node->parts[i]);
    return hash;
}

/* As SQL it has a `?` for each value, and nothing of the values. */
static inline void check_sql(struct arena *arena, const struct filter_node *node)
{
    struct sql sql;
    size_t marks = 0;

    sql_init(&sql, arena);
    sql_add_filter(&sql, node);
    for (size_t i = 0; i < sql.text.n; i++) {
        check(sql.text.p[i] >= ' ' && sql.text.p[i] <= '~');
        marks += sql.text.p[i] == '?';
    }
    check(sql.failed || marks == sql.bind_count);
    for (size_t i = 0; i < sql.bind_count; i++) {
        if (sql.binds[i].kind == SQL_BIND_TEXT)
            hash_text(0, sql.binds[i].s);
    }
    sql_done(&sql);
}

/* Checks a tree, copies of it, and its SQL; returns its hash. */
static inline uint64_t check_tree(struct arena *arena, const struct filter_node *node)
{
    size_t tests = 0, own_tests = 0;
    uint64_t hash = hash_tree(node, 0, &tests);
    struct filter_node *own = filter_only_own(arena, node);

    check_sql(arena, node);
    if (own)
        hash_tree(own, 0, &own_tests);
    check(own_tests <= tests);
    own_tests = 0;
    check(hash_tree(filter_copy(arena, node), 0, &own_tests) == hash);
    return hash;
}

static inline void check_error(enum err err, const struct error *error)
{
    check(err == ERR_BAD_REQUEST || err == ERR_TOO_LARGE);
    check(err == ERR_TOO_LARGE || (error->code == err && error->message.n > 0));
    hash_text(0, error->message);
}

#endif
