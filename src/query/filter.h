/* Filters as a syntax tree: from JSON (query.md 2, with `or`, `and` and `not` nodes beyond the
 * reference) or from OQL text (oql.h). Knows fields, not SQL. */
#ifndef OCELLI_QUERY_FILTER_H
#define OCELLI_QUERY_FILTER_H

#include "json/json.h"
#include "model/filter_field.h"

enum filter_node_kind { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_TEST };

/* At most so many tests in one request, and so many nodes inside one another. */
#define FILTER_TESTS_MAX 100
#define FILTER_DEPTH_MAX 20
/* At most so many parts of an `in` list. */
#define FILTER_PARTS_MAX 300

struct filter_node {
    enum filter_node_kind kind;
    struct filter_node *first; /* AND, OR: the children; NOT: the child */
    struct filter_node *next;  /* the next sibling */

    /* TEST */
    const struct filter_field *field;
    enum filter_operator op;
    struct str key;    /* dictionary: the path as given; scores: the name */
    struct str value;  /* as given */
    struct str *parts; /* IN, NOT_IN */
    size_t part_count;
    int64_t ns;    /* FILTER_DATE_TIME */
    double number; /* FILTER_NUMBER; FILTER_DICTIONARY with > or < when `is_number` */
    bool is_number;
};

/* Reads a JSON array of filters that is joined with AND. Blank text gives *ret = NULL. Errors:
 * those of query.md 2, ERR_BAD_REQUEST; "Invalid filters query parameter '<raw>'" for syntax. */
enum err filter_parse_text(struct arena *arena, const struct resource *resource, struct str text,
                           struct filter_node **ret, struct error *reterr);

/* The same from a body's array; syntax errors are "Unable to process JSON. …". */
enum err filter_parse_value(struct arena *arena, const struct resource *resource, yyjson_val *array,
                            struct filter_node **ret, struct error *reterr);

/* Makes a checked test node. ERR_BAD_REQUEST with the messages of query.md 2 for an operator that
 * the field's type does not take, and for a bad value or key. */
enum err filter_make_test(struct arena *arena, const struct resource *resource,
                          const struct filter_field *field, enum filter_operator op, struct str key,
                          struct str value, struct filter_node **ret, struct error *reterr);

/* Of a list that is joined with AND: several `is_empty` on scores of one field match when at least
 * one of the names is missing (query.md 6), so they become an OR. NULL-safe. */
void filter_group_empty(struct arena *arena, struct filter_node *root);

/* A copy of the tree's nodes, so that it can be joined elsewhere; NULL for NULL. */
struct filter_node *filter_copy(struct arena *arena, const struct filter_node *node);

/* AND of two trees; either may be NULL. */
struct filter_node *filter_join(struct arena *arena, struct filter_node *a, struct filter_node *b);

/* Whether any test of the tree asks for this source. */
bool filter_uses(const struct filter_node *node, enum filter_source source);

/* Whether any test asks for scores, of the subject or of its spans. */
bool filter_uses_scores(const struct filter_node *node);

/* The tree without the tests that are no own columns of the entity (query.md 7, last paragraph). */
struct filter_node *filter_only_own(struct arena *arena, const struct filter_node *node);

/* The same, but with what metrics apply besides (stats.md 4). */
struct filter_node *filter_only_metric(struct arena *arena, const struct filter_node *node);

#endif
