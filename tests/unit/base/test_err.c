/* Error values: the list, and the two shapes. */
#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void test_list(void **state)
{
    (void)state;
    assert_int_equal(err_status(ERR_OK), 200);
    assert_int_equal(err_status(ERR_TOO_LARGE), 413);
    assert_int_equal(err_status(ERR_UNAVAILABLE), 503);
    assert_string_equal(err_text(ERR_NOT_FOUND), "HTTP 404 Not Found");
    for (int code = ERR_OK; code <= ERR_UNAVAILABLE; code++) {
        assert_in_range(err_status((enum err)code), 200, 599);
        assert_non_null(err_text((enum err)code));
    }
}

static void test_message(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct error error = {.arena = &arena};
    assert_int_equal(error_set(&error, ERR_BAD_REQUEST, "bad %s at %d", "thing", 7),
                     ERR_BAD_REQUEST);
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    assert_int_equal(error.shape, ERROR_SHAPE_MESSAGE);
    assert_true(str_eq(error.message, STR("bad thing at 7")));
    assert_int_equal(error.details.n, 0);
    assert_int_equal(error_set_details(&error, "more %d", 8), ERR_BAD_REQUEST);
    assert_true(str_eq(error.details, STR("more 8")));
    /* The next one replaces all of it. */
    assert_int_equal(error_set(&error, ERR_NOT_FOUND, "gone"), ERR_NOT_FOUND);
    assert_int_equal(error.details.n, 0);
    assert_true(str_eq(error.message, STR("gone")));
    assert_ptr_equal(error.arena, &arena);
    arena_done(&arena);
}

static void test_items(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct error error = {.arena = &arena};
    for (int i = 0; i < 3 * ERROR_ITEMS_MAX; i++)
        assert_int_equal(
            error_add(&error, ERR_UNPROCESSABLE, "traces[%d].name must not be blank", i),
            ERR_UNPROCESSABLE);
    assert_int_equal(error.shape, ERROR_SHAPE_LIST);
    assert_int_equal(error.item_count, ERROR_ITEMS_MAX);
    for (size_t i = 0; i < error.item_count; i++) {
        struct str want = str_format(&arena, "traces[%zu].name must not be blank", i);
        assert_true(str_eq(error.items[i], want));
    }
    /* A message replaces the list. */
    error_set(&error, ERR_BAD_REQUEST, "no");
    assert_int_equal(error.item_count, 0);
    assert_int_equal(error.shape, ERROR_SHAPE_MESSAGE);
    error_add(&error, ERR_CONFLICT, "one");
    assert_int_equal(error.item_count, 1);
    assert_int_equal(error.code, ERR_CONFLICT);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_items),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
