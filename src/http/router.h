/* The route table and how a request finds its row. */
#ifndef OCELLI_HTTP_ROUTER_H
#define OCELLI_HTTP_ROUTER_H

#include "http/request.h"

enum route_flag {
    ROUTE_DEFERRED =
        1 << 0,            /* the handler returns at once; somebody calls request_finish() later */
    ROUTE_INLINE = 1 << 1, /* never waits for the disk: small bodies are handled on the network
                              thread, without the way over a worker */
    ROUTE_ANY_ACCEPT = 1 << 3, /* its answers have several types: no 406 */
    ROUTE_ANY_TYPE = 1 << 2,   /* takes a body of any content type (default: JSON, else 415) */
};

struct route {
    enum http_method method; /* GET serves HEAD too */
    const char *pattern;     /* "/v1/private/traces/{id}" */
    void (*handle)(struct request *request);
    unsigned flags;
    const char *produces;  /* content type of a 200, for Accept and 406; NULL: application/json */
    const void *operation; /* what the API layer knows of it; not used here */
};

struct router {
    const struct route *routes;
    size_t count;
};

/* The pattern that takes every path that no other pattern has, for its methods; the first of
 * path_params is then the decoded path. */
#define ROUTER_REST "/*"

/* Checks the table (no duplicates, braces well-formed, not more than HTTP_PATH_PARAMS_MAX).
 * Returns NULL, or a static text about the first mistake: a programming error. */
const char *router_check(const struct router *router);

/* The table as a tree of path segments: what a match costs depends on the path, not on the number
 * of routes. */
struct router_tree;

/* `router` has passed router_check(); its routes must outlive the tree. */
struct router_tree *router_tree_new(const struct router *router);

/* NULL-safe. */
void router_tree_free(struct router_tree *tree);

/* Finds the route for request->method and request->path (see request.h for its form) and fills
 * request->route and path_params. Literal segments win over braces, ROUTER_REST comes last and
 * leaves paths of more than 16 segments out. ERR_NOT_FOUND;
 * ERR_METHOD_NOT_ALLOWED with *ret_allowed = the methods that the path has (bits of enum
 * http_method); ERR_BAD_REQUEST when a percent escape is broken. */
enum err router_match(const struct router_tree *tree, struct request *request,
                      unsigned *ret_allowed);

#endif
