/* The growing buffer and its maximum. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_append(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1 << 20);
    assert_int_equal(buf_str(&buf).n, 0);
    assert_true(buf_append(&buf, (struct str){NULL, 0}));
    assert_null(buf.p);
    for (int i = 0; i < 100000; i++)
        assert_true(buf_append(&buf, str_make(&"0123456789"[i % 10], 1)));
    assert_int_equal(buf_str(&buf).n, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf.p[i], '0' + i % 10);
    buf_done(&buf);
    assert_int_equal(buf.n, 0);
    assert_int_equal(buf.max, 1 << 20);
    assert_true(buf_append(&buf, STR("again")));
    buf_done(&buf);
    buf_done(NULL);
}

static void test_maximum(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    assert_true(buf_append(&buf, STR("1234567890")));
    assert_false(buf_append(&buf, STR("1")));
    assert_true(str_eq(buf_str(&buf), STR("1234567890")));
    assert_true(buf_reserve(&buf, 0));
    assert_false(buf_reserve(&buf, SIZE_MAX));
    assert_true(buf.size <= buf.max);
    buf_done(&buf);

    buf_init(&buf, 1000);
    for (int i = 0; i < 1000; i++)
        assert_true(buf_append(&buf, STR("x")));
    assert_int_equal(buf.size, 1000);
    assert_false(buf_append(&buf, STR("x")));
    buf_done(&buf);

    buf_init(&buf, 0);
    assert_false(buf_append(&buf, STR("x")));
    buf_done(&buf);
}

static void test_reserve(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    assert_true(buf_append(&buf, STR("head")));
    assert_true(buf_reserve(&buf, 5000));
    assert_true(buf.size - buf.n >= 5000);
    const char *p = buf.p;
    memset(buf.p + buf.n, 'x', 5000);
    buf.n += 5000;
    assert_ptr_equal(p, buf.p);
    assert_memory_equal(buf.p, "headxxx", 7);
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_reserve),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
