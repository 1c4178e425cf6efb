/* The route table as a tree of path segments. Several routes share a node when they differ only in
 * the method or in the names of their parameters. */
#include "http/router.h"

#include <assert.h>

#include "base/mem.h"
#include "http/uri.h"

#define ROUTER_DEPTH_MAX 16
#define METHOD_COUNT 7
#define TREE_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct node {
    struct str text;      /* of a literal segment */
    struct node *sibling; /* next literal under the same parent */
    struct node *literals;
    struct node *param;                       /* the child that takes any segment */
    const struct route *routes[METHOD_COUNT]; /* by the position of the method's bit */
    unsigned methods;                         /* which of them are there */
};

struct router_tree {
    struct arena arena;
    struct node root;
    const struct route *rest[METHOD_COUNT]; /* of ROUTER_REST */
};

/* A path cut at its slashes. */
struct segments {
    struct str items[ROUTER_DEPTH_MAX];
    size_t count;
};

static size_t method_index(enum http_method method)
{
    return (size_t)__builtin_ctz((unsigned)method);
}

static bool is_param(struct str segment)
{
    return segment.n > 0 && segment.p[0] == '{';
}

/* "/" has no segments. False when there are too many, or the path is none. */
static bool split_path(struct str path, struct segments *ret)
{
    ret->count = 0;
    if (path.n == 0 || path.p[0] != '/')
        return false;
    if (path.n == 1)
        return true;
    size_t start = 1;
    for (size_t i = 1; i <= path.n; i++) {
        if (i < path.n && path.p[i] != '/')
            continue;
        if (ret->count == ROUTER_DEPTH_MAX)
            return false;
        ret->items[ret->count++] = str_make(path.p + start, i - start);
        start = i + 1;
    }
    return true;
}

static const char *check_segment(struct str segment, size_t *params)
{
    if (segment.n == 0)
        return "a pattern has an empty segment";
    if (memchr(segment.p, '*', segment.n))
        return "a star is more than the whole pattern";
    bool opens = memchr(segment.p, '{', segment.n), closes = memchr(segment.p, '}', segment.n);
    if (!opens && !closes)
        return NULL;
    const char *close = memchr(segment.p, '}', segment.n);
    if (segment.p[0] != '{' || close != segment.p + segment.n - 1 || segment.n < 3 ||
        memchr(segment.p + 1, '{', segment.n - 1))
        return "a pattern has a brace that is not a whole segment";
    if (++*params > HTTP_PATH_PARAMS_MAX)
        return "a pattern has too many parameters";
    return NULL;
}

static const char *check_route(const struct route *route)
{
    struct segments segments;
    size_t params = 0;
    if (!route->handle)
        return "a route has no handler";
    if (__builtin_popcount((unsigned)route->method) != 1 ||
        method_index(route->method) >= METHOD_COUNT)
        return "a route needs exactly one method";
    if (!route->pattern || route->pattern[0] != '/')
        return "a pattern does not start with a slash";
    if (!split_path(str_of(route->pattern), &segments))
        return "a pattern has too many segments";
    if (strcmp(route->pattern, ROUTER_REST) == 0)
        return NULL;
    for (size_t i = 0; i < segments.count; i++) {
        const char *mistake = check_segment(segments.items[i], &params);
        if (mistake)
            return mistake;
    }
    return NULL;
}

static bool same_shape(const struct route *a, const struct route *b)
{
    struct segments left, right;
    if (a->method != b->method)
        return false;
    split_path(str_of(a->pattern), &left);
    split_path(str_of(b->pattern), &right);
    if (left.count != right.count)
        return false;
    for (size_t i = 0; i < left.count; i++) {
        bool both_params = is_param(left.items[i]) && is_param(right.items[i]);
        if (!both_params && !str_eq(left.items[i], right.items[i]))
            return false;
    }
    return true;
}

const char *router_check(const struct router *router)
{
    for (size_t i = 0; i < router->count; i++) {
        const char *mistake = check_route(&router->routes[i]);
        if (mistake)
            return mistake;
        for (size_t k = 0; k < i; k++)
            if (same_shape(&router->routes[i], &router->routes[k]))
                return "two routes have the same method and path";
    }
    return NULL;
}

static struct node *find_literal(const struct node *parent, struct str text)
{
    for (struct node *node = parent->literals; node; node = node->sibling)
        if (str_eq(node->text, text))
            return node;
    return NULL;
}

/* The child of `parent` for a segment of a pattern; made when it is new. */
static struct node *grow(struct router_tree *tree, struct node *parent, struct str segment)
{
    struct node *node = is_param(segment) ? parent->param : find_literal(parent, segment);
    if (node)
        return node;
    node = arena_zalloc(&tree->arena, sizeof(*node));
    if (is_param(segment)) {
        parent->param = node;
        return node;
    }
    node->text = segment;
    node->sibling = parent->literals;
    parent->literals = node;
    return node;
}

struct router_tree *router_tree_new(const struct router *router)
{
    struct router_tree *tree = mem_zalloc(sizeof(*tree));
    arena_init(&tree->arena, TREE_BYTES_MAX);
    for (size_t i = 0; i < router->count; i++) {
        const struct route *route = &router->routes[i];
        struct node *node = &tree->root;
        struct segments segments;
        if (strcmp(route->pattern, ROUTER_REST) == 0) {
            tree->rest[method_index(route->method)] = route;
            continue;
        }
        bool fits = split_path(str_of(route->pattern), &segments);
        assert(fits);
        for (size_t k = 0; fits && k < segments.count; k++)
            node = grow(tree, node, segments.items[k]);
        node->routes[method_index(route->method)] = route;
        node->methods |= (unsigned)route->method;
    }
    return tree;
}

void router_tree_free(struct router_tree *tree)
{
    if (!tree)
        return;
    arena_done(&tree->arena);
    mem_free(tree);
}

/* The node for the segments from `at` on, literals first. Fills params[param_count...]. */
static const struct node *descend(const struct node *node, const struct segments *segments,
                                  size_t at, struct str *params, size_t param_count)
{
    if (at == segments->count)
        return node->methods ? node : NULL;
    struct str segment = segments->items[at];
    const struct node *literal = find_literal(node, segment);
    if (literal) {
        const struct node *found = descend(literal, segments, at + 1, params, param_count);
        if (found)
            return found;
    }
    if (!node->param || segment.n == 0)
        return NULL;
    params[param_count] = segment;
    return descend(node->param, segments, at + 1, params, param_count + 1);
}

static enum err match_rest(const struct router_tree *tree, struct request *request)
{
    enum http_method method = request->method == HTTP_HEAD ? HTTP_GET : request->method;
    const struct route *route = method ? tree->rest[method_index(method)] : NULL;
    if (!route)
        return ERR_NOT_FOUND;
    if (!uri_decode(&request->arena, request->path, false, &request->path_params[0]))
        return ERR_BAD_REQUEST;
    request->route = route;
    return ERR_OK;
}

enum err router_match(const struct router_tree *tree, struct request *request,
                      unsigned *ret_allowed)
{
    struct segments segments;
    if (!split_path(request->path, &segments))
        return ERR_NOT_FOUND;
    for (size_t i = 0; i < segments.count; i++)
        if (!uri_decode(&request->arena, segments.items[i], false, &segments.items[i]))
            return ERR_BAD_REQUEST;
    const struct node *node = descend(&tree->root, &segments, 0, request->path_params, 0);
    if (!node)
        return match_rest(tree, request);
    unsigned method = (unsigned)request->method;
    if (method == HTTP_HEAD && !(node->methods & HTTP_HEAD))
        method = HTTP_GET;
    if (!(node->methods & method)) {
        *ret_allowed = node->methods | (node->methods & HTTP_GET ? HTTP_HEAD : 0);
        return ERR_METHOD_NOT_ALLOWED;
    }
    request->route = node->routes[method_index((enum http_method)method)];
    return ERR_OK;
}
