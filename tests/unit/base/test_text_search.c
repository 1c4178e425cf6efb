/* LIKE '%pattern%' without SQL (query.md 3). */
#include "base/text_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 24);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

struct sample {
    const char *text, *pattern;
    bool found, found_exact;
};

static const struct sample samples[] = {
    {"", "", true, true},
    {"alpha", "", true, true},
    {"", "a", false, false},
    {"alpha", "alpha", true, true},
    {"alpha", "lph", true, true},
    {"alpha", "alphab", false, false},
    {"Alpha", "alpha", true, false},
    {"alpha", "ALPHA", true, false},
    {"aXc", "axC", true, false},
    {"aab", "ab", true, true},
    {"aaab", "aab", true, true},
    {"abab", "abb", false, false},
    /* wildcards */
    {"", "%", true, true},
    {"x", "%%%", true, true},
    {"", "_", false, false},
    {"a", "_", true, true},
    {"a", "__", false, false},
    {"abc", "a_c", true, true},
    {"ac", "a_c", false, false},
    {"abbc", "a_c", false, false},
    {"abc", "a%c", true, true},
    {"ac", "a%c", true, true},
    {"cba", "a%c", false, false},
    {"a1b2c", "a%b%c", true, true},
    {"a1c2b", "a%b%c", false, false},
    {"aa", "a%a", true, true},
    {"a", "a%a", false, false},
    {"abc", "%b%", true, true},
    {"abc", "c%", true, true},
    {"abc", "%a", true, true},
    {"one two", "O_E%T_O", true, false},
    {"xaay", "a_y", true, true},
    /* escapes */
    {"100%", "100\\%", true, true},
    {"100 percent", "100\\%", false, false},
    {"a_b", "a\\_b", true, true},
    {"axb", "a\\_b", false, false},
    {"a\\b", "a\\\\b", true, true},
    {"ab", "a\\\\b", false, false},
    {"50%_x", "\\%\\_", true, true},
    {"a\\", "\\\\", true, true},
    /* a backslash before another character, or at the end, is itself */
    {"a\\nb", "a\\nb", true, true},
    {"anb", "a\\nb", false, false},
    {"say \\\"hi\\\"", "\\\"hi", true, true},
    {"a\\", "a\\", true, true},
    {"a", "a\\", false, false},
    /* beyond ASCII */
    {"Gr\xc3\xb6\xc3\x9f"
     "e",
     "\xc3\xb6\xc3\x9f", true, true},
    {"GR\xc3\x96SSE", "gr\xc3\xb6", true, false},
    {"gr\xc3\xb6sse", "GR\xc3\x96", true, false},
    {"\xc3\xa9", "_", true, true},
    {"\xc3\xa9", "__", false, false},
    {"\xe6\xbc\xa2"
     "x",
     "__x", false, false},
    {"\xe6\xbc\xa2"
     "x",
     "_x", true, true},
    {"\xf0\x9f\x90\x99", "_", true, true},
    {"\xf0\x9f\x90\x99", "__", false, false},
    {"a\xf0\x9f\x90\x99"
     "b",
     "a_b", true, true},
    {"\xd0\x9f\xd0\xa0\xd0\x98", "\xd0\xbf%\xd0\xb8", true, false},
};

static void test_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const struct sample *s = &samples[i];
        bool found = text_contains(&arena, str_of(s->text), str_of(s->pattern));
        bool exact = text_contains_exact(&arena, str_of(s->text), str_of(s->pattern));
        if (found != s->found || exact != s->found_exact)
            fail_msg("\"%s\" in \"%s\": %d, exact %d", s->pattern, s->text, found, exact);
    }
}

static void test_null_bytes(void **state)
{
    (void)state;
    assert_true(text_contains(&arena, STR("a\0b"), STR("\0")));
    assert_true(text_contains(&arena, STR("a\0b"), STR("A_B")));
    assert_false(text_contains(&arena, STR("ab"), STR("a\0")));
    assert_true(text_contains_exact(&arena, STR("a\0b"), STR("a\0b")));
}

/* No view needs a NUL behind it. */
static void test_views(void **state)
{
    struct str text = str_make("alphabet", 5), pattern = str_make("haXX", 2);

    (void)state;
    assert_true(text_contains(&arena, text, pattern));
    assert_false(text_contains(&arena, text, STR("ab")));
    assert_false(text_contains(&arena, text, STR("alphab")));
}

/* Bytes that are no UTF-8 are looked for as they are. */
static void test_no_utf8(void **state)
{
    (void)state;
    assert_true(text_contains_exact(&arena, STR("a\xff\xfe"), STR("\xff\xfe")));
    assert_true(text_contains_exact(&arena, STR("\x80\x80"), STR("_")));
    assert_false(text_contains_exact(&arena, STR("a\xff"), STR("\xfe")));
    text_contains(&arena, STR("a\xff\xc3"), STR("\xc3"));
    text_contains(&arena, STR("\xf0\x9f"), STR("\xf0\x9f\x90"));
}

/* A backtracking search of its own, for letters, `%` and `_`. */
static bool matches_here(const char *text, const char *pattern)
{
    if (!*pattern)
        return true;
    if (*pattern == '%') {
        for (;; text++) {
            if (matches_here(text, pattern + 1))
                return true;
            if (!*text)
                return false;
        }
    }
    return *text && (*pattern == '_' || *pattern == *text) && matches_here(text + 1, pattern + 1);
}

static bool is_found(const char *text, const char *pattern)
{
    for (;; text++) {
        if (matches_here(text, pattern))
            return true;
        if (!*text)
            return false;
    }
}

static void test_random(void **state)
{
    char text[12], pattern[7];

    (void)state;
    srandom(1);
    for (int i = 0; i < 20000; i++) {
        size_t n = (size_t)random() % sizeof(text), m = (size_t)random() % sizeof(pattern);
        for (size_t k = 0; k < n; k++)
            text[k] = "ab"[random() % 2];
        for (size_t k = 0; k < m; k++)
            pattern[k] = "aabb%_"[random() % 6];
        text[n] = pattern[m] = '\0';
        if (text_contains_exact(&arena, str_of(text), str_of(pattern)) != is_found(text, pattern))
            fail_msg("\"%s\" in \"%s\"", pattern, text);
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_samples, start, stop),
        cmocka_unit_test_setup_teardown(test_null_bytes, start, stop),
        cmocka_unit_test_setup_teardown(test_views, start, stop),
        cmocka_unit_test_setup_teardown(test_no_utf8, start, stop),
        cmocka_unit_test_setup_teardown(test_random, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
