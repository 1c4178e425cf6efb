/* The arena: alignment, ceiling, growing, marks. Holds with and without ARENA_MALLOC. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void test_alignment(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (size_t n = 0; n < 300; n++) {
        char *p = arena_alloc(&arena, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        memset(p, 0xAA, n);
    }
    arena_done(&arena);
}

static void test_pieces_do_not_overlap(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static unsigned char *pieces[COUNT];
    static size_t sizes[COUNT];
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    unsigned seed = 1;
    for (size_t i = 0; i < COUNT; i++) {
        seed = seed * 1103515245 + 12345;
        sizes[i] = (seed >> 16) % (i % 100 == 0 ? 300000 : 500);
        pieces[i] = arena_alloc(&arena, sizes[i]);
        memset(pieces[i], (int)(i & 0xFF), sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            if (pieces[i][k] != (i & 0xFF))
                fail();
    arena_done(&arena);
}

static void test_zalloc(void **state)
{
    (void)state;
    static const char zeros[1000];
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    memset(arena_alloc(&arena, 1000), 0xFF, 1000);
    arena_reset(&arena);
    assert_memory_equal(arena_zalloc(&arena, 1000), zeros, 1000);
    arena_done(&arena);
}

static void test_ceiling(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 256 * 1024);
    assert_non_null(arena_alloc(&arena, 200 * 1024));
    assert_false(arena_is_over(&arena));
    /* Small pieces are given beyond the ceiling, and it shows. */
    assert_non_null(arena_alloc(&arena, ARENA_SMALL));
    assert_true(arena_is_over(&arena));
    assert_null(arena_alloc(&arena, ARENA_SMALL + 1));
    assert_non_null(arena_alloc(&arena, 10));
    arena_reset(&arena);
    assert_false(arena_is_over(&arena));
    assert_non_null(arena_alloc(&arena, 256 * 1024));
    assert_false(arena_is_over(&arena));
    arena_done(&arena);
}

static void test_refusal_shows(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 100000);
    struct arena_mark mark = arena_mark(&arena);
    assert_null(arena_alloc(&arena, 100001));
    assert_true(arena_is_over(&arena));
    struct arena_mark later = arena_mark(&arena);
    arena_rewind(&arena, later);
    assert_true(arena_is_over(&arena));
    arena_rewind(&arena, mark);
    assert_false(arena_is_over(&arena));
    arena_done(&arena);
}

static void test_absurd_sizes(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 8));
    assert_null(arena_alloc(&arena, (size_t)PTRDIFF_MAX + 1));
    assert_null(arena_zalloc(&arena, SIZE_MAX));
    char *p = arena_alloc(&arena, 10);
    assert_null(arena_grow(&arena, p, 10, SIZE_MAX));
    arena_done(&arena);
}

static void test_grow(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    char *p = arena_grow(&arena, NULL, 0, 4);
    memcpy(p, "0123", 4);
    size_t size = 4;
    char *guard = NULL;
    while (size < 4u << 20) {
        /* Every third turn the piece is not the last one and has to move. */
        if (size % 3 == 0) {
            guard = arena_alloc(&arena, 8);
            memcpy(guard, "GUARDED!", 8);
        }
        p = arena_grow(&arena, p, size, size * 2 + 1);
        assert_memory_equal(p, "0123", 4);
        memset(p + size, 'x', size + 1);
        size = size * 2 + 1;
        if (guard)
            assert_memory_equal(guard, "GUARDED!", 8);
    }
    assert_ptr_equal(arena_grow(&arena, p, size, size - 1), p);
    arena_done(&arena);
}

static void test_grow_keeps_others(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    char *first = arena_alloc(&arena, 16);
    char *second = arena_alloc(&arena, 16);
    memcpy(first, "first piece 0123", 16);
    memcpy(second, "second piece 012", 16);
    char *grown = arena_grow(&arena, first, 16, 64);
    memset(grown + 16, 'z', 48);
    assert_memory_equal(grown, "first piece 0123", 16);
    assert_memory_equal(second, "second piece 012", 16);
    arena_done(&arena);
}

static void test_grow_in_place_counts_once(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1000000);
    /* Growing by halves to 900,000 would need 2,700,000 if every step were a copy. */
    size_t size = 100000;
    char *p = arena_alloc(&arena, size);
    while (size < 600000) {
        p = arena_grow(&arena, p, size, size * 3 / 2);
        assert_non_null(p);
        size = size * 3 / 2;
    }
    assert_false(arena_is_over(&arena));
    assert_null(arena_grow(&arena, p, size, 1000001));
    assert_true(arena_is_over(&arena));
    arena_done(&arena);
}

static void test_trim(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1000000);
    memset(arena_alloc(&arena, 50), 'a', 50);
    size_t before = arena.used;
    char *p = arena_alloc(&arena, 900000);
    memset(p, 'p', 900000);
    arena_trim(&arena, p, 100);
    assert_true(arena.used - before < 200);
    char *next = arena_alloc(&arena, 800000);
    assert_non_null(next);
    memset(next, 'n', 800000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(p[i], 'p');
    /* A trimmed piece that is the newest still grows. */
    arena_trim(&arena, next, 10);
    next = arena_grow(&arena, next, 10, 700000);
    assert_non_null(next);
    memset(next + 10, 'm', 700000 - 10);
    assert_memory_equal(next, "nnnnnnnnnnm", 11);
    assert_false(arena_is_over(&arena));
    arena_done(&arena);
}

static void test_mark_rewind(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct arena_mark start = arena_mark(&arena);
    char *kept = arena_alloc(&arena, 100);
    memset(kept, 'k', 100);
    size_t used = arena.used;
    for (int round = 0; round < 50; round++) {
        struct arena_mark mark = arena_mark(&arena);
        for (int i = 0; i < 100; i++)
            memset(arena_alloc(&arena, 5000), 'x', 5000);
        memset(arena_alloc(&arena, 3000000), 'y', 3000000);
        arena_rewind(&arena, mark);
        assert_int_equal(arena.used, used);
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(kept[i], 'k');
    arena_rewind(&arena, start);
    assert_int_equal(arena.used, 0);
    arena_done(&arena);
}

static void test_marks_nest(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct arena_mark marks[40];
    char *pieces[40];
    for (size_t i = 0; i < 40; i++) {
        marks[i] = arena_mark(&arena);
        size_t n = i % 7 == 0 ? 200000 : 10000 * (i % 3);
        pieces[i] = arena_alloc(&arena, n + 1);
        pieces[i][0] = (char)i;
        pieces[i][n] = (char)i;
    }
    for (size_t i = 40; i-- > 0;) {
        assert_int_equal(pieces[i][0], i);
        arena_rewind(&arena, marks[i]);
        assert_int_equal(arena.used, marks[i].used);
        /* What comes after the rewind must not touch what is older. */
        memset(arena_alloc(&arena, 70000), 0xEE, 70000);
        if (i > 0)
            assert_int_equal(pieces[i - 1][0], i - 1);
        arena_rewind(&arena, marks[i]);
    }
    arena_done(&arena);
}

static void test_rewind_after_older_piece_grew(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    char *older = arena_alloc(&arena, 200000);
    memset(older, 'o', 200000);
    struct arena_mark mark = arena_mark(&arena);
    older = arena_grow(&arena, older, 200000, 9000000);
    assert_int_equal(older[199999], 'o');
    arena_rewind(&arena, mark);
    assert_int_equal(arena.used, mark.used);
    memset(arena_alloc(&arena, 100), 'n', 100);
    arena_done(&arena);
}

static void test_reset_keeps_first_block(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    const void *first = arena_alloc(&arena, 100);
    arena_alloc(&arena, 10000000);
    arena_reset(&arena);
    const void *again = arena_alloc(&arena, 100);
#ifndef ARENA_MALLOC
    assert_ptr_equal(first, again);
#else
    (void)first;
    (void)again;
#endif
    arena_done(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_alloc(&arena, 1));
    arena_done(&arena);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_pieces_do_not_overlap),
        cmocka_unit_test(test_zalloc),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_refusal_shows),
        cmocka_unit_test(test_absurd_sizes),
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_grow_keeps_others),
        cmocka_unit_test(test_grow_in_place_counts_once),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_mark_rewind),
        cmocka_unit_test(test_marks_nest),
        cmocka_unit_test(test_rewind_after_older_piece_grew),
        cmocka_unit_test(test_reset_keeps_first_block),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
