/* Filters: JSON -> syntax tree, with the checks of query.md 2 to 5. */
#include "query/filter.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "query/json_path.h"

struct parser {
    struct arena *arena;
    const struct resource *resource;
    struct error *error;
    size_t tests;
    const char *problem; /* of a syntax error, where it can be said; else NULL */
};

static struct filter_node *new_node(struct arena *arena, enum filter_node_kind kind)
{
    struct filter_node *node = arena_zalloc(arena, sizeof(*node));

    node->kind = kind;
    return node;
}

static bool has_no_value(enum filter_operator op)
{
    return op == OPERATOR_IS_EMPTY || op == OPERATOR_IS_NOT_EMPTY;
}

/* "12", "-1.5"; no exponent, no plus, no point at the end (query.md 3). */
static bool is_plain_number(struct str s)
{
    size_t i = s.n && s.p[0] == '-', digits = 0, points = 0;

    for (; i < s.n; i++) {
        if (s.p[i] == '.')
            points++;
        else if (s.p[i] >= '0' && s.p[i] <= '9')
            digits++;
        else
            return false;
    }
    return digits > 0 && points <= 1 && s.p[s.n - 1] != '.';
}

static bool read_double(struct arena *arena, struct str text, double *ret)
{
    struct str copy = text.n && text.n < 400 ? str_copy(arena, text) : STR("");
    char *end = NULL;

    /* strtod() takes more than decimals: blanks in front, hexadecimal digits, names. */
    if (copy.n == 0 || !decimal_is_text(copy))
        return false;
    *ret = strtod(copy.p, &end);
    return end == copy.p + copy.n && isfinite(*ret);
}

/* False when there are too many. */
static bool split_parts(struct arena *arena, struct filter_node *node)
{
    struct str rest = node->value;

    node->parts = arena_alloc(arena, FILTER_PARTS_MAX * sizeof(struct str));
    while (rest.n) {
        ptrdiff_t comma = str_find(rest, STR(","));
        struct str part = str_trim(comma < 0 ? rest : str_make(rest.p, (size_t)comma));
        if (part.n && node->part_count == FILTER_PARTS_MAX)
            return false;
        if (part.n)
            node->parts[node->part_count++] = part;
        rest = comma < 0 ? STR("") : str_make(rest.p + comma + 1, rest.n - (size_t)comma - 1);
    }
    return true;
}

/* Whether value and key are what the type takes; reads the value on the way. */
static bool check_value(struct arena *arena, struct filter_node *node)
{
    struct instant instant;
    struct json_path path;

    switch (node->field->type) {
    case FILTER_DATE_TIME:
        if (!instant_parse(node->value, &instant))
            return false;
        node->ns = instant_to_ns(instant);
        return true;
    case FILTER_NUMBER:
        node->is_number = true;
        return is_plain_number(node->value) && read_double(arena, node->value, &node->number);
    case FILTER_SCORES:
        return !str_is_blank(node->key) && (has_no_value(node->op) || decimal_is_text(node->value));
    case FILTER_DICTIONARY:
        node->is_number = read_double(arena, str_trim(node->value), &node->number);
        return !str_is_blank(node->key) && json_path_parse(arena, node->key, &path);
    case FILTER_STRING_LIST:
        return split_parts(arena, node) && node->part_count > 0;
    case FILTER_ENUM:
        if ((node->op == OPERATOR_IN || node->op == OPERATOR_NOT_IN) && !split_parts(arena, node))
            return false;
        return has_no_value(node->op) || !str_is_blank(node->value);
    case FILTER_ERROR:
        return true;
    default:
        return has_no_value(node->op) || !str_is_blank(node->value);
    }
}

/* A custom filter names a path in input or output: `input.a[0]` (query.md 5). */
static enum err map_custom(struct arena *arena, const struct resource *resource,
                           struct filter_node *node, struct error *reterr)
{
    struct str key = node->key, root;
    size_t n = 0;
    bool whole;

    if (str_is_blank(key))
        return error_set(reterr, ERR_BAD_REQUEST, "Custom key cannot be null or empty");
    if (str_starts_with(key, STR("$.")))
        key = str_make(key.p + 2, key.n - 2);
    while (n < key.n && key.p[n] != '.' && key.p[n] != '[')
        n++;
    root = str_make(key.p, n);
    if (!str_eq(root, STR("input")) && !str_eq(root, STR("output")))
        return error_set(reterr, ERR_BAD_REQUEST, "Invalid key '%.*s' for custom filter",
                         STR_ARG(node->key));
    whole = n == key.n || (n + 1 == key.n && key.p[n] == '.');
    node->key = str_make(key.p + n, key.n - n);
    if (node->key.n && node->key.p[0] == '.')
        node->key = str_make(node->key.p + 1, node->key.n - 1);
    root = whole ? root : str_format(arena, "%.*s_json", STR_ARG(root));
    node->field = filter_field_find(resource, root);
    return ERR_OK;
}

enum err filter_make_test(struct arena *arena, const struct resource *resource,
                          const struct filter_field *field, enum filter_operator op, struct str key,
                          struct str value, struct filter_node **ret, struct error *reterr)
{
    struct filter_node *node = new_node(arena, FILTER_TEST);
    enum err err = ERR_OK;

    node->field = field;
    node->op = op;
    node->key = key;
    node->value = value;
    if (field->type == FILTER_CUSTOM)
        err = map_custom(arena, resource, node, reterr);
    if (err)
        return err;
    if (!filter_operator_allowed(node->field, op))
        return error_set(
            reterr, ERR_BAD_REQUEST, "Invalid operator '%s' for field '%s' of type '%s'",
            filter_operator_name(op), node->field->name, filter_type_name(node->field->type));
    if (!check_value(arena, node)) {
        struct str shown = node->key.n ? node->key : STR("null");
        bool too_many = node->part_count == FILTER_PARTS_MAX;
        return error_set(reterr, ERR_BAD_REQUEST,
                         "Invalid value '%.*s' or key '%.*s' for field '%s' of type '%s'%s",
                         STR_ARG(node->value), STR_ARG(shown), node->field->name,
                         filter_type_name(node->field->type),
                         too_many ? str_format(arena, ": more than %d parts", FILTER_PARTS_MAX).p
                                  : "");
    }
    *ret = node;
    return ERR_OK;
}

/* Syntax errors have no text of their own here; the caller knows how to say it. */
#define SYNTAX ERR_UNPROCESSABLE

static enum err too_much(struct parser *p, int max, const char *what)
{
    p->problem = str_format(p->arena, "more than %d %s", max, what).p;
    return SYNTAX;
}

static enum err parse_node(struct parser *p, yyjson_val *value, size_t depth,
                           struct filter_node **ret);

static enum err parse_list(struct parser *p, yyjson_val *array, size_t depth,
                           enum filter_node_kind kind, struct filter_node **ret)
{
    struct filter_node *list = new_node(p->arena, kind), **tail = &list->first;
    yyjson_val *item;
    size_t i, n;

    if (!yyjson_is_arr(array))
        return SYNTAX;
    yyjson_arr_foreach(array, i, n, item)
    {
        enum err err = parse_node(p, item, depth + 1, tail);
        if (err)
            return err;
        tail = &(*tail)->next;
    }
    *ret = list;
    return ERR_OK;
}

static bool read_text(yyjson_val *object, const char *name, struct str *ret)
{
    yyjson_val *member = json_member(object, name);

    return member && json_scalar_text(member, ret);
}

static enum err parse_test(struct parser *p, yyjson_val *object, struct filter_node **ret)
{
    const struct filter_field *field;
    struct str name, spelling, value = STR(""), key = STR("");
    int op;

    if (++p->tests > FILTER_TESTS_MAX)
        return too_much(p, FILTER_TESTS_MAX, "filters");
    if (!read_text(object, "field", &name) || !read_text(object, "operator", &spelling))
        return SYNTAX;
    field = filter_field_find(p->resource, name);
    op = filter_operator_find(spelling);
    if (!field || op < 0)
        return SYNTAX;
    if (!read_text(object, "value", &value) && !has_no_value((enum filter_operator)op))
        return SYNTAX;
    read_text(object, "key", &key);
    return filter_make_test(p->arena, p->resource, field, (enum filter_operator)op, key, value, ret,
                            p->error);
}

/* What tells the kind of a node: a member of this name that is not null. */
static const struct {
    const char *name;
    enum filter_node_kind kind;
} node_kinds[] = {
    {"field", FILTER_TEST},
    {"or", FILTER_OR},
    {"and", FILTER_AND},
    {"not", FILTER_NOT},
};

/* A node of two kinds is refused: one would be dropped without a word. */
static bool find_kind(struct parser *p, yyjson_val *object, enum filter_node_kind *ret,
                      yyjson_val **ret_inner)
{
    size_t found = 0;

    for (size_t i = 0; i < sizeof(node_kinds) / sizeof(node_kinds[0]); i++) {
        yyjson_val *member = json_member(object, node_kinds[i].name);
        if (!member || yyjson_is_null(member))
            continue;
        found++;
        *ret = node_kinds[i].kind;
        *ret_inner = member;
    }
    if (found > 1)
        p->problem = "a filter has only one of field, or, and, not";
    return found == 1;
}

static enum err parse_node(struct parser *p, yyjson_val *value, size_t depth,
                           struct filter_node **ret)
{
    enum filter_node_kind kind = FILTER_TEST;
    yyjson_val *inner = NULL;

    if (depth > FILTER_DEPTH_MAX)
        return too_much(p, FILTER_DEPTH_MAX, "levels");
    if (!yyjson_is_obj(value) || !find_kind(p, value, &kind, &inner))
        return SYNTAX;
    if (kind == FILTER_TEST)
        return parse_test(p, value, ret);
    if (kind != FILTER_NOT)
        return parse_list(p, inner, depth, kind, ret);
    *ret = new_node(p->arena, FILTER_NOT);
    return parse_node(p, inner, depth + 1, &(*ret)->first);
}

static bool is_empty_score(const struct filter_node *node)
{
    return node->kind == FILTER_TEST && node->field->type == FILTER_SCORES &&
           node->op == OPERATOR_IS_EMPTY;
}

void filter_group_empty(struct arena *arena, struct filter_node *root)
{
    if (!root || root->kind != FILTER_AND)
        return;
    for (struct filter_node *first = root->first; first; first = first->next) {
        struct filter_node **link = &first->next, *group, **tail;

        if (!is_empty_score(first))
            continue;
        group = new_node(arena, FILTER_OR);
        group->first = new_node(arena, FILTER_TEST);
        *group->first = *first;
        group->first->next = NULL;
        tail = &group->first->next;
        while (*link) {
            struct filter_node *other = *link;
            if (!is_empty_score(other) || other->field != first->field) {
                link = &other->next;
                continue;
            }
            *link = other->next;
            other->next = NULL;
            *tail = other;
            tail = &other->next;
        }
        if (group->first->next) {
            group->next = first->next;
            *first = *group;
        }
    }
}

enum err filter_parse_value(struct arena *arena, const struct resource *resource, yyjson_val *array,
                            struct filter_node **ret, struct error *reterr)
{
    struct parser parser = {arena, resource, reterr, 0, NULL};
    enum err err = parse_list(&parser, array, 0, FILTER_AND, ret);

    if (err == SYNTAX)
        return error_set(reterr, ERR_BAD_REQUEST,
                         "Unable to process JSON. Cannot deserialize value of type `%sFilter`%s%s "
                         "(through reference chain: [\"filters\"])",
                         resource->name, parser.problem ? ": " : "",
                         parser.problem ? parser.problem : "");
    if (!err && !(*ret)->first)
        *ret = NULL;
    if (!err)
        filter_group_empty(arena, *ret);
    return err;
}

enum err filter_parse_text(struct arena *arena, const struct resource *resource, struct str text,
                           struct filter_node **ret, struct error *reterr)
{
    struct parser parser = {arena, resource, reterr, 0, NULL};
    struct error syntax = {.arena = arena};
    yyjson_val *root = NULL;
    enum err err;

    *ret = NULL;
    if (str_is_blank(text))
        return ERR_OK;
    err = json_parse(arena, text, &root, &syntax) ? SYNTAX
                                                  : parse_list(&parser, root, 0, FILTER_AND, ret);
    if (err == SYNTAX)
        return error_set(reterr, ERR_BAD_REQUEST, "Invalid filters query parameter '%.*s'%s%s",
                         STR_ARG(text), parser.problem ? ": " : "",
                         parser.problem ? parser.problem : "");
    if (!err && !(*ret)->first)
        *ret = NULL;
    if (!err)
        filter_group_empty(arena, *ret);
    return err;
}

struct filter_node *filter_join(struct arena *arena, struct filter_node *a, struct filter_node *b)
{
    struct filter_node *both;

    if (!a || !b)
        return a ? a : b;
    both = new_node(arena, FILTER_AND);
    both->first = a;
    a->next = b;
    return both;
}

bool filter_uses(const struct filter_node *node, enum filter_source source)
{
    if (!node)
        return false;
    if (node->kind == FILTER_TEST)
        return node->field->source == source;
    for (const struct filter_node *child = node->first; child; child = child->next) {
        if (filter_uses(child, source))
            return true;
    }
    return false;
}

bool filter_uses_scores(const struct filter_node *node)
{
    return filter_uses(node, SOURCE_SCORES) || filter_uses(node, SOURCE_SPAN_SCORES);
}

static struct filter_node *copy_tree(struct arena *arena, const struct filter_node *node,
                                     unsigned flags)
{
    struct filter_node *copy, **tail;

    if (!node || (flags && node->kind == FILTER_TEST && !(node->field->flags & flags)))
        return NULL;
    copy = new_node(arena, node->kind);
    *copy = *node;
    copy->next = NULL;
    copy->first = NULL;
    tail = &copy->first;
    for (const struct filter_node *child = node->first; child; child = child->next) {
        *tail = copy_tree(arena, child, flags);
        if (*tail)
            tail = &(*tail)->next;
    }
    /* A node that lost all its children says nothing any more. */
    return node->first && !copy->first ? NULL : copy;
}

struct filter_node *filter_copy(struct arena *arena, const struct filter_node *node)
{
    return copy_tree(arena, node, 0);
}

struct filter_node *filter_only_own(struct arena *arena, const struct filter_node *node)
{
    return copy_tree(arena, node, FILTER_OWN);
}

struct filter_node *filter_only_metric(struct arena *arena, const struct filter_node *node)
{
    return copy_tree(arena, node, FILTER_OWN | FILTER_METRIC);
}
