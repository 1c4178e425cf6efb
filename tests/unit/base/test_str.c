/* Strings: comparing, searching, trimming, UTF-8, folding, integers. */
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

#include <stdio.h>

#define ASSERT_STR(value, text)                                                                    \
    do {                                                                                           \
        struct str got_ = (value);                                                                 \
        assert_int_equal(got_.n, strlen(text));                                                    \
        assert_memory_equal(got_.n ? got_.p : "", text, got_.n);                                   \
    } while (0)

static void test_cmp(void **state)
{
    (void)state;
    assert_int_equal(str_cmp(STR(""), STR("")), 0);
    assert_int_equal(str_cmp((struct str){NULL, 0}, STR("")), 0);
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("ab"), STR("a")) > 0);
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("b"), STR("ab")) > 0);
    assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
    assert_true(str_cmp(STR("a\0b"), STR("a\0c")) < 0);
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a")));
    assert_true(str_eq(str_of(NULL), STR("")));
}

static void test_eq_nocase(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
    /* Neighbours of the letters in ASCII, and bytes beyond it, are not folded. */
    assert_false(str_eq_nocase(STR("@["), STR("`{")));
    assert_false(str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
}

static void test_starts_ends(void **state)
{
    (void)state;
    assert_true(str_starts_with(STR("abc"), STR("")));
    assert_true(str_starts_with(STR("abc"), STR("abc")));
    assert_false(str_starts_with(STR("abc"), STR("abcd")));
    assert_false(str_starts_with(STR("abc"), STR("b")));
    assert_true(str_ends_with(STR("abc"), STR("")));
    assert_true(str_ends_with(STR("abc"), STR("bc")));
    assert_false(str_ends_with(STR("abc"), STR("xabc")));
    assert_false(str_ends_with(STR("abc"), STR("ab")));
    assert_true(str_ends_with((struct str){NULL, 0}, STR("")));
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("hello"), STR("l")), 2);
    assert_int_equal(str_find(STR("hello"), STR("lo")), 3);
    assert_int_equal(str_find(STR("hello"), STR("lox")), -1);
    assert_int_equal(str_find(STR("hello"), STR("")), 0);
    assert_int_equal(str_find((struct str){NULL, 0}, STR("x")), -1);
    assert_int_equal(str_find(STR("a\0b"), STR("b")), 2);
    /* Not beyond the end of the view. */
    assert_int_equal(str_find(str_make("hello", 4), STR("o")), -1);
}

static void test_trim_blank(void **state)
{
    (void)state;
    ASSERT_STR(str_trim(STR(" \t\r\n\x01 a b \x1f")), "a b");
    ASSERT_STR(str_trim(STR("   ")), "");
    ASSERT_STR(str_trim(STR("")), "");
    /* A no-break space stays, as in Java's trim(). */
    ASSERT_STR(str_trim(STR("\xc2\xa0")), "\xc2\xa0");
    assert_true(str_is_blank(STR("")));
    assert_true(str_is_blank(STR(" \n\t")));
    assert_false(str_is_blank(STR(" x ")));
    assert_false(str_is_blank(STR("\xc3\xa4")));
}

static void test_next_rune(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        uint32_t rune;
    } rows[] = {
        {"a", 1, 'a'},
        {"\x7f", 1, 0x7F},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7FF},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xD7FF},
        {"\xee\x80\x80", 3, 0xE000},
        {"\xef\xbf\xbf", 3, 0xFFFF},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10FFFF},
        {"\x80", 0, 0},             /* continuation alone */
        {"\xc0\x80", 0, 0},         /* overlong */
        {"\xc1\xbf", 0, 0},         /* overlong */
        {"\xe0\x9f\xbf", 0, 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 0, 0}, /* overlong */
        {"\xed\xa0\x80", 0, 0},     /* surrogate */
        {"\xed\xbf\xbf", 0, 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 0, 0}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 0, 0},
        {"\xff", 0, 0},
        {"\xc3", 0, 0}, /* cut off */
        {"\xe2\x82", 0, 0},
        {"\xf0\x9f\x98", 0, 0},
        {"\xc3\x41", 0, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t rune = 0;
        assert_int_equal(str_next_rune(str_of(rows[i].bytes), &rune), rows[i].length);
        assert_int_equal(rune, rows[i].rune);
    }
    uint32_t rune = 7;
    assert_int_equal(str_next_rune(STR(""), &rune), 0);
    assert_int_equal(str_next_rune(str_make("\0", 1), &rune), 1);
    assert_int_equal(rune, 0);
}

static void test_count_utf16(void **state)
{
    (void)state;
    assert_int_equal(str_count_utf16(STR("")), 0);
    assert_int_equal(str_count_utf16(STR("abc")), 3);
    assert_int_equal(str_count_utf16(STR("\xc3\xa4\xe2\x82\xac")), 2);
    assert_int_equal(str_count_utf16(STR("\xf0\x9f\x98\x80!")), 3);
}

static void test_copy_format(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 256 * 1024);
    struct str copy = str_copy(&arena, str_make("hello", 4));
    ASSERT_STR(copy, "hell");
    assert_int_equal(copy.p[4], '\0');
    copy = str_copy(&arena, (struct str){NULL, 0});
    assert_int_equal(copy.n, 0);
    assert_int_equal(copy.p[0], '\0');
    ASSERT_STR(str_format(&arena, "%d-%s", 7, "x"), "7-x");
    /* Around the size of the buffer on the stack, and far beyond it. */
    for (int n = 508; n < 516; n++) {
        struct str text = str_format(&arena, "%*d", n, 5);
        assert_int_equal(text.n, n);
        assert_int_equal(text.p[n - 1], '5');
        assert_int_equal(text.p[n], '\0');
    }
    assert_int_equal(str_format(&arena, "%*d", 100000, 5).n, 100000);
    assert_false(arena_is_over(&arena));
    assert_null(str_format(&arena, "%*d", 1000000, 5).p);
    assert_true(arena_is_over(&arena));
    arena_done(&arena);
}

static void test_copy_refused(void **state)
{
    (void)state;
    static const char big[ARENA_SMALL * 2];
    struct arena arena;
    arena_init(&arena, ARENA_SMALL);
    assert_null(str_copy(&arena, str_make(big, sizeof(big))).p);
    assert_null(str_fold(&arena, str_make(big, sizeof(big))).p);
    assert_true(arena_is_over(&arena));
    arena_done(&arena);
}

static void test_fold(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    ASSERT_STR(str_fold(&arena, STR("")), "");
    ASSERT_STR(str_fold(&arena, STR("Default PROJECT 1[`@")), "default project 1[`@");
    /* Latin, Greek, Cyrillic, Deseret (four bytes). */
    ASSERT_STR(str_fold(&arena, STR("\xc3\x84\xce\xa9\xd0\x96\xf0\x90\x90\x80")),
               "\xc3\xa4\xcf\x89\xd0\xb6\xf0\x90\x90\xa8");
    /* U+023A has a longer small letter: every byte of the result must fit. */
    struct str grown = str_fold(&arena, STR("\xc8\xba\xc8\xba\xc8\xba"));
    ASSERT_STR(grown, "\xe2\xb1\xa5\xe2\xb1\xa5\xe2\xb1\xa5");
    assert_int_equal(grown.p[grown.n], '\0');
    ASSERT_STR(str_fold(&arena, STR("A\xff\xc3")), "a\xff\xc3");
    ASSERT_STR(str_fold(&arena, STR("\xed\xa0\x80Z")), "\xed\xa0\x80z");
    arena_done(&arena);
}

static void test_fold_every_rune(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (uint32_t rune = 1; rune <= 0x10FFFF; rune += rune < 0x20000 ? 1 : 97) {
        char text[5] = {0};
        if (rune < 0x80)
            text[0] = (char)rune;
        else if (rune < 0x800)
            snprintf(text, 5, "%c%c", 0xC0 | rune >> 6, 0x80 | (rune & 63));
        else if (rune < 0x10000)
            snprintf(text, 5, "%c%c%c", 0xE0 | rune >> 12, 0x80 | (rune >> 6 & 63),
                     0x80 | (rune & 63));
        else
            snprintf(text, 5, "%c%c%c%c", 0xF0 | rune >> 18, 0x80 | (rune >> 12 & 63),
                     0x80 | (rune >> 6 & 63), 0x80 | (rune & 63));
        struct arena_mark mark = arena_mark(&arena);
        struct str once = str_fold(&arena, str_of(text));
        struct str twice = str_fold(&arena, once);
        assert_true(str_eq(once, twice));
        arena_rewind(&arena, mark);
    }
    arena_done(&arena);
}

static void test_to_i64(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"007", 7},
        {"-42", -42},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t value = 1;
        assert_true(str_to_i64(str_of(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "1e",
                                      "--1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t value = 77;
        assert_false(str_to_i64(str_of(bad[i]), &value));
        assert_int_equal(value, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmp),
        cmocka_unit_test(test_eq_nocase),
        cmocka_unit_test(test_starts_ends),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_trim_blank),
        cmocka_unit_test(test_next_rune),
        cmocka_unit_test(test_count_utf16),
        cmocka_unit_test(test_copy_format),
        cmocka_unit_test(test_copy_refused),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_every_rune),
        cmocka_unit_test(test_to_i64),
    };
    return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
