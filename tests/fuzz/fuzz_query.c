/* Request targets: cut, decode, match. Whatever a client sends as a path and query. */
#include <stdlib.h>

#include "http/router.h"
#include "http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void handle(struct request *request)
{
    (void)request;
}

static const struct route routes[] = {
    {HTTP_GET, "/", handle, 0, NULL, NULL},
    {HTTP_GET, "/v1/private/traces", handle, 0, NULL, NULL},
    {HTTP_POST, "/v1/private/traces/batch", handle, 0, NULL, NULL},
    {HTTP_GET, "/v1/private/traces/{id}", handle, 0, NULL, NULL},
    {HTTP_GET, "/v1/private/traces/{id}/comments/{comment}", handle, 0, NULL, NULL},
    {HTTP_PUT, "/a/{a}/{b}/{c}/{d}", handle, 0, NULL, NULL},
};
static const struct router router = {routes, sizeof(routes) / sizeof(routes[0])};

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Reads every byte, so that a sanitizer sees those that are not there. */
static size_t touch(struct str text)
{
    size_t sum = 0;
    for (size_t i = 0; i < text.n; i++)
        sum += (unsigned char)text.p[i];
    return sum;
}

static void read_query(struct arena *arena, struct str query)
{
    const struct http_pair *pairs;
    size_t count, total = 0;
    if (!uri_parse_query(arena, query, &pairs, &count)) {
        check(!uri_escapes_are_whole(query) || query.n > ARENA_SMALL / 64);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        touch(pairs[i].name);
        touch(pairs[i].value);
        total += pairs[i].name.n + pairs[i].value.n;
    }
    check(total <= query.n && count <= query.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct router_tree *tree;
    if (!tree)
        tree = router_tree_new(&router);
    struct request request = {.method = HTTP_GET};
    struct str query;
    unsigned allowed = 0;
    arena_init(&request.arena, 1 << 20);
    uri_split(str_make((const char *)data, size), &request.path, &query, &request.below_api);
    check(request.path.n > 0);
    read_query(&request.arena, query);
    enum err err = router_match(tree, &request, &allowed);
    check((err == ERR_OK) == (request.route != NULL));
    check(err != ERR_METHOD_NOT_ALLOWED || allowed);
    if (err == ERR_OK)
        for (size_t i = 0; i < HTTP_PATH_PARAMS_MAX; i++)
            touch(request.path_params[i]);
    arena_done(&request.arena);
    return 0;
}
