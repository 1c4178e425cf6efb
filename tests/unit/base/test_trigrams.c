/* Sets of trigrams: what is in a text is never ruled out. */
#include "base/trigrams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text_search.h"

static struct arena arena;
static uint8_t bits[TRIGRAMS_BYTES_MAX];

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 24);
    memset(bits, 0, sizeof(bits));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* Whether the set, made as small as it gets, leaves the pattern possible. */
static bool may_have(struct str text, struct str pattern)
{
    struct trigrams_needed needed = {.count = 0};
    size_t size;

    memset(bits, 0, sizeof(bits));
    trigrams_add(bits, &arena, text);
    size = trigrams_fold(bits);
    trigrams_need_pattern(&needed, &arena, pattern);
    return trigrams_have(bits, size, needed.numbers, needed.count);
}

static void test_patterns(void **state)
{
    static const struct {
        const char *text, *pattern;
        bool may;
    } samples[] = {
        {"The quick brown fox", "quick", true},
        {"The quick brown fox", "QUICK BROWN", true},
        {"The quick brown fox", "quack", false},
        {"The quick brown fox", "qu", true},
        {"The quick brown fox", "", true},
        {"The quick brown fox", "zz", true}, /* too short to tell */
        {"The quick brown fox", "the%fox", true},
        {"The quick brown fox", "the%wolf", false},
        {"The quick brown fox", "qui_k brown", true},
        {"The quick brown fox", "bro_n", true},
        {"100% sure", "100\\% sure", true},
        {"100% sure", "100\\% safe", false},
        {"a\\b\\c", "a\\\\b", true},
        {"GRÖSSE ändern", "größe", false},
        {"GRÖSSE ändern", "grösse", true},
        {"GRÖSSE ändern", "ÄNDERN", true},
        {"日本語のテキスト", "本語の", true},
        {"日本語のテキスト", "中国語", false},
        /* Folded, the Kelvin sign is a letter k; as it is, it is not. */
        {"20 \xE2\x84\xAA and \xC3\xA9", "20 k and \xC3\x89", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        if (may_have(str_of(samples[i].text), str_of(samples[i].pattern)) != samples[i].may)
            fail_msg("%s in %s", samples[i].pattern, samples[i].text);
    }
}

static struct str random_text(size_t max)
{
    static const char *const letters[] = {"a", "B", "c", "%", "_", "\\", " ", "ä", "Ä", "é", "1"};
    char *p = arena_alloc(&arena, 2 * max + 1);
    size_t n = 0;

    for (size_t i = (size_t)random() % (max + 1); i > 0; i--) {
        const char *letter = letters[(size_t)random() % 11];
        memcpy(p + n, letter, strlen(letter));
        n += strlen(letter);
    }
    return str_make(p, n);
}

/* Whatever text_contains() finds, the set allows. */
static void test_random(void **state)
{
    int found = 0;

    (void)state;
    srandom(11);
    for (int i = 0; i < 20000; i++) {
        struct arena_mark mark = arena_mark(&arena);
        struct str text = random_text(40), pattern = random_text(6);
        if (text_contains(&arena, text, pattern)) {
            assert_true(may_have(text, pattern));
            found++;
        }
        arena_rewind(&arena, mark);
    }
    assert_true(found > 1000);
}

static void test_literals(void **state)
{
    struct trigrams_needed needed = {.count = 0};

    (void)state;
    trigrams_add(bits, &arena, STR("50%_off \xC3\x84pfel"));
    trigrams_need_text(&needed, STR("50%_OFF \xC3\x84"));
    assert_int_equal(needed.count, 8);
    assert_true(trigrams_have(bits, trigrams_fold(bits), needed.numbers, needed.count));
    needed.count = 0;
    trigrams_need_text(&needed, STR("50__off"));
    assert_false(trigrams_have(bits, sizeof(bits), needed.numbers, needed.count));
}

/* A long pattern needs no more than there is room for. */
static void test_limit(void **state)
{
    struct trigrams_needed needed = {.count = 0};
    char text[1000];

    (void)state;
    srandom(5);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + random() % 26);
    trigrams_add(bits, &arena, str_make(text, sizeof(text)));
    trigrams_need_text(&needed, str_make(text, sizeof(text)));
    assert_int_equal(needed.count, TRIGRAMS_NEEDED_MAX);
    assert_true(trigrams_have(bits, trigrams_fold(bits), needed.numbers, needed.count));
}

static void test_sizes(void **state)
{
    struct trigrams_needed needed = {.count = 0};
    uint8_t *all;

    (void)state;
    trigrams_add(bits, &arena, STR("short"));
    assert_int_equal(trigrams_fold(bits), 128);
    /* Too full to be of use; without bytes nothing is ruled out. */
    all = arena_alloc(&arena, TRIGRAMS_BYTES_MAX);
    memset(all, 0xFF, TRIGRAMS_BYTES_MAX);
    assert_int_equal(trigrams_fold(all), 0);
    trigrams_need_text(&needed, STR("anything"));
    assert_true(trigrams_have(all, 0, needed.numbers, needed.count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_patterns, start, stop),
        cmocka_unit_test_setup_teardown(test_random, start, stop),
        cmocka_unit_test_setup_teardown(test_literals, start, stop),
        cmocka_unit_test_setup_teardown(test_limit, start, stop),
        cmocka_unit_test_setup_teardown(test_sizes, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
