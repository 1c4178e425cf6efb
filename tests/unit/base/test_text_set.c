/* Sets of texts. */
#include "base/text_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static bool has(const struct text_set *set, struct str wanted)
{
    struct str bytes = text_set_bytes(set), text;

    while (text_set_next(&bytes, &text)) {
        if (str_eq(text, wanted))
            return true;
    }
    return false;
}

static void test_empty(void **state)
{
    struct text_set set;
    struct str bytes, text;

    (void)state;
    text_set_init(&set, 1000);
    bytes = text_set_bytes(&set);
    assert_int_equal(set.count, 0);
    assert_false(text_set_next(&bytes, &text));
    text_set_done(&set);
    text_set_done(NULL);
}

static void test_each_text_once(void **state)
{
    struct text_set set;

    (void)state;
    text_set_init(&set, 1000);
    assert_true(text_set_add(&set, STR("a")));
    assert_true(text_set_add(&set, STR("")));
    assert_true(text_set_add(&set, STR("a\0b")));
    assert_true(text_set_add(&set, STR("a")));
    assert_true(text_set_add(&set, STR("")));
    assert_int_equal(set.count, 3);
    assert_true(has(&set, STR("a")));
    assert_true(has(&set, STR("")));
    assert_true(has(&set, STR("a\0b")));
    assert_false(has(&set, STR("b")));
    text_set_done(&set);
}

/* Across several growths of the table, and read back into a second set. */
static void test_many(void **state)
{
    struct text_set set, copy;
    struct str bytes, text;
    char name[32];

    (void)state;
    text_set_init(&set, 1 << 20);
    text_set_init(&copy, 1 << 20);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
            int n = snprintf(name, sizeof(name), "thread-%d", i);
            assert_true(text_set_add(&set, str_make(name, (size_t)n)));
        }
    }
    assert_int_equal(set.count, 5000);
    bytes = text_set_bytes(&set);
    while (text_set_next(&bytes, &text))
        assert_true(text_set_add(&copy, text));
    assert_int_equal(copy.count, 5000);
    assert_true(str_eq(text_set_bytes(&copy), text_set_bytes(&set)));
    text_set_done(&set);
    text_set_done(&copy);
}

static void test_maximum(void **state)
{
    struct text_set set;

    (void)state;
    text_set_init(&set, 20);
    assert_true(text_set_add(&set, STR("12345678")));
    assert_false(text_set_add(&set, STR("more than there is room for")));
    assert_true(text_set_add(&set, STR("1234")));
    assert_false(text_set_add(&set, STR("")));
    assert_true(text_set_add(&set, STR("1234")));
    assert_int_equal(set.count, 2);
    text_set_done(&set);
}

/* Bytes that end too early end the walk. */
static void test_cut_bytes(void **state)
{
    struct text_set set;
    struct str bytes, text;

    (void)state;
    text_set_init(&set, 100);
    assert_true(text_set_add(&set, STR("first")));
    assert_true(text_set_add(&set, STR("second")));
    bytes = text_set_bytes(&set);
    bytes.n--;
    assert_true(text_set_next(&bytes, &text));
    assert_true(str_eq(text, STR("first")));
    assert_false(text_set_next(&bytes, &text));
    text_set_done(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),     cmocka_unit_test(test_each_text_once),
        cmocka_unit_test(test_many),      cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_cut_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
