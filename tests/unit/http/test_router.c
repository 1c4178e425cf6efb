/* The route table: what it refuses, and how paths find their row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/router.h"

static void handle(struct request *request)
{
    (void)request;
}

#define ROUTE(method, pattern) {method, pattern, handle, 0, NULL, NULL}

static const struct route routes[] = {
    ROUTE(HTTP_GET, "/"),
    ROUTE(HTTP_GET, "/v1/private/traces"),
    ROUTE(HTTP_POST, "/v1/private/traces"),
    ROUTE(HTTP_GET, "/v1/private/traces/{id}"),
    ROUTE(HTTP_PATCH, "/v1/private/traces/{id}"),
    ROUTE(HTTP_DELETE, "/v1/private/traces/{trace}"),
    ROUTE(HTTP_POST, "/v1/private/traces/batch"),
    ROUTE(HTTP_GET, "/v1/private/traces/{id}/comments/{comment}"),
    ROUTE(HTTP_PUT, "/v1/private/traces/{id}/feedback-scores"),
    ROUTE(HTTP_GET, "/v1/private/{kind}/stats"),
    ROUTE(HTTP_GET, "/a/{b}/{c}/{d}/{e}"),
    ROUTE(HTTP_HEAD, "/head"),
    ROUTE(HTTP_OPTIONS, "/options"),
};
static const struct router router = {routes, sizeof(routes) / sizeof(routes[0])};

static struct router_tree *tree;
static struct request request;
static unsigned allowed;

static int start(void **state)
{
    (void)state;
    tree = router_tree_new(&router);
    arena_init(&request.arena, 1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    router_tree_free(tree);
    arena_done(&request.arena);
    return 0;
}

static enum err match(enum http_method method, const char *path)
{
    allowed = 0;
    request.method = method;
    request.path = str_of(path);
    request.route = NULL;
    return router_match(tree, &request, &allowed);
}

static void assert_match(enum http_method method, const char *path, const char *pattern)
{
    if (match(method, path) != ERR_OK)
        fail_msg("no route for %s", path);
    assert_string_equal(request.route->pattern, pattern);
}

static void assert_param(size_t index, const char *value)
{
    assert_int_equal(request.path_params[index].n, strlen(value));
    assert_memory_equal(request.path_params[index].p, value, strlen(value));
}

static void test_match(void **state)
{
    (void)state;
    assert_match(HTTP_GET, "/", "/");
    assert_match(HTTP_GET, "/v1/private/traces", "/v1/private/traces");
    assert_ptr_equal(request.route, &routes[1]);
    assert_match(HTTP_POST, "/v1/private/traces", "/v1/private/traces");
    assert_ptr_equal(request.route, &routes[2]);
    assert_match(HTTP_GET, "/v1/private/traces/abc", "/v1/private/traces/{id}");
    assert_param(0, "abc");
    assert_match(HTTP_DELETE, "/v1/private/traces/abc", "/v1/private/traces/{trace}");
    assert_match(HTTP_GET, "/v1/private/traces/1/comments/2",
                 "/v1/private/traces/{id}/comments/{comment}");
    assert_param(0, "1");
    assert_param(1, "2");
    assert_match(HTTP_GET, "/a/1/2/3/4", "/a/{b}/{c}/{d}/{e}");
    assert_param(3, "4");
}

static void test_literals_win(void **state)
{
    (void)state;
    assert_match(HTTP_POST, "/v1/private/traces/batch", "/v1/private/traces/batch");
    assert_int_equal(match(HTTP_GET, "/v1/private/traces/batch"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(allowed, HTTP_POST);
    /* The literal leads nowhere here, so the parameter gets its chance. */
    assert_match(HTTP_PUT, "/v1/private/traces/batch/feedback-scores",
                 "/v1/private/traces/{id}/feedback-scores");
    assert_param(0, "batch");
    assert_match(HTTP_GET, "/v1/private/spans/stats", "/v1/private/{kind}/stats");
    assert_match(HTTP_GET, "/v1/private/traces/stats", "/v1/private/traces/{id}");
}

static void test_decoding(void **state)
{
    (void)state;
    assert_match(HTTP_GET, "/v1/private/traces/a%2Fb%20c+d", "/v1/private/traces/{id}");
    assert_param(0, "a/b c+d");
    assert_match(HTTP_GET, "/v1/%70rivate/traces", "/v1/private/traces");
    assert_match(HTTP_GET, "/v1/private/traces/%7Bid%7D", "/v1/private/traces/{id}");
    assert_param(0, "{id}");
    assert_int_equal(match(HTTP_GET, "/v1/private%2Ftraces"), ERR_NOT_FOUND);
    assert_int_equal(match(HTTP_GET, "/v1/private/traces/%zz"), ERR_BAD_REQUEST);
}

static void test_no_match(void **state)
{
    static const char *const paths[] = {"/v1",
                                        "/v1/private",
                                        "/v2/private/traces",
                                        "/v1/private/trace",
                                        "/v1/private/tracess",
                                        "/v1/private/traces/1/comments",
                                        "/v1//private/traces",
                                        "//",
                                        "*",
                                        "/v1/private//stats",
                                        "/v1/private/traces//comments/2",
                                        "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18"};
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (match(HTTP_GET, paths[i]) != ERR_NOT_FOUND)
            fail_msg("%s", paths[i]);
}

static void test_methods(void **state)
{
    (void)state;
    assert_match(HTTP_HEAD, "/v1/private/traces", "/v1/private/traces");
    assert_ptr_equal(request.route, &routes[1]);
    assert_match(HTTP_HEAD, "/head", "/head");
    assert_match(HTTP_OPTIONS, "/options", "/options");
    assert_int_equal(match(HTTP_GET, "/head"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(match(HTTP_HEAD, "/v1/private/traces/batch"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(allowed, HTTP_POST);
    assert_int_equal(match(HTTP_PUT, "/v1/private/traces"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(allowed, HTTP_GET | HTTP_HEAD | HTTP_POST);
    assert_int_equal(match(HTTP_POST, "/v1/private/traces/x"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(allowed, HTTP_GET | HTTP_HEAD | HTTP_PATCH | HTTP_DELETE);
    assert_int_equal(match(0, "/v1/private/traces/x"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(match(0, "/nothing"), ERR_NOT_FOUND);
}

static const char *check_pair(struct route first, struct route second)
{
    struct route pair[] = {first, second};
    struct router two = {pair, 2};
    return router_check(&two);
}

static void test_check(void **state)
{
    struct route good = ROUTE(HTTP_GET, "/a/{b}");
    (void)state;
    assert_null(router_check(&router));
    static const char *const bad[] = {"",
                                      "a",
                                      "/a/",
                                      "//",
                                      "/a//b",
                                      "/a/*",
                                      "/*/a",
                                      "/a*",
                                      "/a/{b",
                                      "/a/b}",
                                      "/a/x{b}",
                                      "/a/{b}x",
                                      "/a/{}",
                                      "/a/}b{",
                                      "/a/{{b}",
                                      "/a/{b}c}",
                                      "/{a}{b}",
                                      "/{a}/{b}/{c}/{d}/{e}",
                                      "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct route route = ROUTE(HTTP_GET, bad[i]);
        if (!check_pair(good, route))
            fail_msg("\"%s\" was taken", bad[i]);
    }
    assert_non_null(check_pair(good, (struct route)ROUTE(HTTP_GET, "/a/{c}")));
    assert_non_null(check_pair(good, good));
    assert_non_null(check_pair(good, (struct route)ROUTE(HTTP_GET | HTTP_POST, "/b")));
    assert_non_null(check_pair(good, (struct route)ROUTE(0, "/b")));
    assert_non_null(check_pair(good, (struct route){HTTP_GET, "/b", NULL, 0, NULL, NULL}));
    assert_null(check_pair(good, (struct route)ROUTE(HTTP_POST, "/a/{b}")));
    assert_null(check_pair(good, (struct route)ROUTE(HTTP_GET, "/a/b")));
}

/* What has no row of its own goes to the one for the rest, and only there. */
static void test_rest(void **state)
{
    static const struct route with_rest[] = {
        ROUTE(HTTP_GET, ROUTER_REST),
        ROUTE(HTTP_GET, "/a"),
        ROUTE(HTTP_POST, "/b"),
        ROUTE(HTTP_GET, "/c/{d}"),
    };
    struct router router_with_rest = {with_rest, 4};
    (void)state;
    assert_null(router_check(&router_with_rest));
    router_tree_free(tree);
    tree = router_tree_new(&router_with_rest);
    assert_match(HTTP_GET, "/", ROUTER_REST);
    assert_match(HTTP_HEAD, "/", ROUTER_REST);
    assert_match(HTTP_GET, "/x/y/z", ROUTER_REST);
    assert_match(HTTP_GET, "/a/", ROUTER_REST);
    assert_match(HTTP_GET, "/c", ROUTER_REST);
    assert_match(HTTP_GET, "/a", "/a");
    assert_match(HTTP_GET, "/c/*", "/c/{d}");
    assert_int_equal(match(HTTP_GET, "/b"), ERR_METHOD_NOT_ALLOWED);
    assert_int_equal(match(HTTP_POST, "/x"), ERR_NOT_FOUND);
    assert_int_equal(match(0, "/x"), ERR_NOT_FOUND);
    assert_int_equal(match(HTTP_GET, "*"), ERR_NOT_FOUND);
    assert_int_equal(match(HTTP_GET, "/%zz"), ERR_BAD_REQUEST);
}

/* Every row of a large table is found by its own pattern. */
static void test_many(void **state)
{
    static char patterns[400][64];
    static struct route many[400];
    (void)state;
    for (int i = 0; i < 400; i++) {
        snprintf(patterns[i], sizeof(patterns[i]), "/v1/private/r%d%s", i / 4,
                 (const char *[]){"", "/{id}", "/find", "/{id}/parts"}[i % 4]);
        many[i] = (struct route)ROUTE(HTTP_GET, patterns[i]);
    }
    struct router large = {many, 400};
    assert_null(router_check(&large));
    router_tree_free(tree);
    tree = router_tree_new(&large);
    for (int i = 0; i < 400; i++)
        assert_match(HTTP_GET, patterns[i], patterns[i]);
    router_tree_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_match, start, stop),
        cmocka_unit_test_setup_teardown(test_literals_win, start, stop),
        cmocka_unit_test_setup_teardown(test_decoding, start, stop),
        cmocka_unit_test_setup_teardown(test_no_match, start, stop),
        cmocka_unit_test_setup_teardown(test_methods, start, stop),
        cmocka_unit_test(test_check),
        cmocka_unit_test_setup_teardown(test_rest, start, stop),
        cmocka_unit_test_setup_teardown(test_many, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
