/* Answers, and above all the two error shapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/request.h"

static struct request request;

static int start(void **state)
{
    (void)state;
    request = (struct request){0};
    arena_init(&request.arena, 1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&request.arena);
    return 0;
}

static void assert_answer(int status, const char *body)
{
    assert_int_equal(request.response.status, status);
    assert_string_equal(request.response.content_type, "application/json");
    assert_int_equal(request.response.body.n, strlen(body));
    assert_memory_equal(request.response.body.p, body, strlen(body));
}

static void test_message(void **state)
{
    struct error error = {.arena = &request.arena};
    (void)state;
    error.code = ERR_NOT_FOUND;
    response_error(&request, &error);
    assert_answer(404, "{\"code\":404,\"message\":\"HTTP 404 Not Found\"}");

    error_set(&error, ERR_BAD_REQUEST, "bad \"%s\"\n", "x");
    response_error(&request, &error);
    assert_answer(400, "{\"code\":400,\"message\":\"bad \\\"x\\\"\\n\"}");

    error_set(&error, ERR_BAD_REQUEST, "Invalid UUID for id");
    error_set_details(&error, "Trace id must be a version %d UUID", 7);
    response_error(&request, &error);
    assert_answer(400, "{\"code\":400,\"message\":\"Invalid UUID for id\","
                       "\"details\":\"Trace id must be a version 7 UUID\"}");
}

static void test_list(void **state)
{
    struct error error = {.arena = &request.arena};
    (void)state;
    error_add(&error, ERR_UNPROCESSABLE, "name must not be blank");
    error_add(&error, ERR_UNPROCESSABLE, "\xC3\xBC \x01 \\");
    response_error(&request, &error);
    assert_answer(422, "{\"errors\":[\"name must not be blank\",\"\xC3\xBC \\u0001 \\\\\"]}");
}

static void test_list_long(void **state)
{
    struct error error = {.arena = &request.arena};
    (void)state;
    for (int i = 0; i < ERROR_ITEMS_MAX + 5; i++)
        error_add(&error, ERR_UNPROCESSABLE, "traces[%d].name must not be blank", i);
    response_error(&request, &error);
    assert_int_equal(request.response.status, 422);
    assert_true(request.response.body.n > 30000);
}

/* Client texts in a message may be no UTF-8. */
static void test_broken_utf8(void **state)
{
    struct error error = {.arena = &request.arena};
    (void)state;
    error_set(&error, ERR_NOT_FOUND, "Project name: %s not found", "a\xFF\xC3");
    response_error(&request, &error);
    assert_answer(404, "{\"code\":404,\"message\":\"Project name: a?? not found\"}");
}

/* The arena's ceiling is reached: the error still is one. */
static void test_full_arena(void **state)
{
    struct error error = {.arena = &request.arena};
    (void)state;
    request.arena.cap = 1000;
    for (int i = 0; i < ERROR_ITEMS_MAX; i++)
        error_add(&error, ERR_UNPROCESSABLE,
                  "a rather long message so that the whole is much larger than 64 KiB %050d", i);
    response_error(&request, &error);
    assert_int_equal(request.response.status, 422);
    assert_int_equal(request.response.body.p[0], '{');
    assert_int_equal(request.response.body.p[request.response.body.n - 1], '}');
}

static enum produce_result produce(struct request *r, struct buf *out)
{
    (void)r;
    (void)out;
    return PRODUCE_DONE;
}

static void release(struct request *r)
{
    (void)r;
}

static void test_kinds(void **state)
{
    (void)state;
    response_empty(&request, 204);
    assert_int_equal(request.response.status, 204);
    assert_null(request.response.content_type);
    response_header(&request, "Location", STR("/x"));
    response_json(&request, 201, STR("{}"));
    assert_answer(201, "{}");
    assert_int_equal(request.response.header_count, 1);
    assert_string_equal(request.response.headers[0].name.p, "Location");

    int own = 0;
    response_stream(&request, "text/csv", produce, &own, release);
    assert_int_equal(request.response.status, 200);
    assert_ptr_equal(request.response.produce, produce);
    assert_ptr_equal(request.response.produce_state, &own);

    struct error error = {.arena = &request.arena, .code = ERR_INTERNAL};
    response_error(&request, &error);
    assert_int_equal(request.response.status, 500);
    assert_null(request.response.produce);
    assert_ptr_equal(request.response.release, release);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_message, start, stop),
        cmocka_unit_test_setup_teardown(test_list, start, stop),
        cmocka_unit_test_setup_teardown(test_list_long, start, stop),
        cmocka_unit_test_setup_teardown(test_broken_utf8, start, stop),
        cmocka_unit_test_setup_teardown(test_full_arena, start, stop),
        cmocka_unit_test_setup_teardown(test_kinds, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
