/* LIKE '%pattern%' (query.md 3). */
#include "base/text_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static struct arena arena;

static bool finds(const char *text, const char *pattern)
{
    return text_contains(&arena, str_of(text), str_of(pattern));
}

static bool finds_exact(const char *text, const char *pattern)
{
    return text_contains_exact(&arena, str_of(text), str_of(pattern));
}

static void test_plain(void **state)
{
    (void)state;
    assert_true(finds("Hello World", "o w"));
    assert_true(finds("Hello", "HELLO"));
    assert_true(finds("aab", "ab"));
    assert_true(finds("x", ""));
    assert_true(finds("", ""));
    assert_false(finds("", "a"));
    assert_false(finds("ab", "abc"));
    assert_false(finds("[]", "{"));
    assert_true(finds("say {x}", "{X}"));
    assert_true(finds_exact("Hello", "ell"));
    assert_false(finds_exact("Hello", "ELL"));
}

static void test_wildcards(void **state)
{
    (void)state;
    assert_true(finds("one two three", "one%three"));
    assert_false(finds("three two one", "one%three"));
    assert_true(finds("cat", "c_t"));
    assert_false(finds("ct", "c_t"));
    assert_true(finds("c\xc3\xa4t", "c_t"));
    assert_true(finds("abc", "%"));
    assert_false(finds("", "_"));
    assert_true(finds_exact("aXb", "a_b"));
}

static void test_escapes(void **state)
{
    (void)state;
    assert_true(finds("100%", "0\\%"));
    assert_false(finds("100", "0\\%"));
    assert_true(finds("a_b", "a\\_b"));
    assert_false(finds("axb", "a\\_b"));
    assert_true(finds("a\\b", "a\\\\b"));
    assert_true(finds("line\\nbreak", "line\\nbreak"));
    assert_true(finds("a\\", "\\"));
}

static void test_beyond_ascii(void **state)
{
    (void)state;
    assert_true(finds("\xc3\x9c"
                      "ber",
                      "\xc3\xbc"
                      "ber"));
    assert_true(finds("na\xc3\xafve", "NA\xc3\x8fVE"));
    assert_false(finds_exact("\xc3\x9c"
                             "ber",
                             "\xc3\xbc"
                             "ber"));
}

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain, start, stop),
        cmocka_unit_test_setup_teardown(test_wildcards, start, stop),
        cmocka_unit_test_setup_teardown(test_escapes, start, stop),
        cmocka_unit_test_setup_teardown(test_beyond_ascii, start, stop),
    };

    return cmocka_run_group_tests_name("text_search", tests, NULL, NULL);
}
