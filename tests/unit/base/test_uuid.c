/* UUIDs: text form, version 7 layout, ascending order also between threads. */
#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"

static void test_text(void **state)
{
    (void)state;
    struct uuid uuid;
    char text[UUID_TEXT_SIZE];
    assert_true(uuid_parse(STR("01234567-89ab-7def-8123-456789abcdef"), &uuid));
    static const uint8_t bytes[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x7d, 0xef,
                                    0x81, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
    assert_memory_equal(uuid.b, bytes, 16);
    uuid_format(&uuid, text);
    assert_memory_equal(text, "01234567-89ab-7def-8123-456789abcdef", UUID_TEXT_SIZE);
    assert_int_equal(uuid_version(&uuid), 7);
    struct uuid upper;
    assert_true(uuid_parse(STR("01234567-89AB-7DEF-8123-456789ABCDEF"), &upper));
    assert_true(uuid_eq(&uuid, &upper));
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "01234567-89ab-7def-8123-456789abcde",
        "01234567-89ab-7def-8123-456789abcdef0",
        "0123456789ab7def8123456789abcdef",
        "01234567-89ab-7def-8123-456789abcdeg",
        "g1234567-89ab-7def-8123-456789abcdef",
        "01234567089ab-7def-8123-456789abcdef",
        "0123456-789ab-7def-8123-456789abcdef",
        "{1234567-89ab-7def-8123-456789abcdef",
        "01234567-89ab-7def-8123_456789abcdef",
        " 1234567-89ab-7def-8123-456789abcdef",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct uuid uuid = {{42}};
        assert_false(uuid_parse(str_of(bad[i]), &uuid));
        assert_int_equal(uuid.b[0], 42);
    }
    struct uuid uuid;
    assert_false(uuid_parse(str_make("01234567-89ab-7def-8123-45678\0abcdef", 36), &uuid));
}

static void assert_version_7(const struct uuid *uuid)
{
    assert_int_equal(uuid_version(uuid), 7);
    assert_int_equal(uuid->b[8] >> 6, 2);
}

static void test_new_ascends(void **state)
{
    (void)state;
    int64_t before = clock_now_us() / 1000;
    struct uuid last = uuid_new();
    assert_version_7(&last);
    assert_true(uuid_time_ms(&last) >= before);
    for (int i = 0; i < 200000; i++) {
        struct uuid next = uuid_new();
        if (uuid_cmp(&last, &next) >= 0)
            fail_msg("id %d is not larger than the one before", i);
        last = next;
    }
    assert_version_7(&last);
    /* Many ids at once may run ahead of the clock, but not far. */
    assert_true(uuid_time_ms(&last) <= clock_now_us() / 1000 + 100);
}

enum { THREADS = 4, PER_THREAD = 20000 };

static void *make_many(void *ids)
{
    struct uuid *mine = ids;
    for (int i = 0; i < PER_THREAD; i++)
        mine[i] = uuid_new();
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return uuid_cmp(a, b);
}

static void test_threads(void **state)
{
    (void)state;
    static struct uuid ids[THREADS * PER_THREAD];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_many, ids + i * PER_THREAD), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        for (int k = 1; k < PER_THREAD; k++)
            if (uuid_cmp(&ids[i * PER_THREAD + k - 1], &ids[i * PER_THREAD + k]) >= 0)
                fail();
    /* The leading 60 bits alone tell any two apart; the random part is not needed for it. */
    for (int i = 0; i < THREADS * PER_THREAD; i++)
        memset(ids[i].b + 8, 0, 8);
    qsort(ids, THREADS * PER_THREAD, sizeof(ids[0]), compare);
    for (int i = 1; i < THREADS * PER_THREAD; i++)
        if (uuid_eq(&ids[i - 1], &ids[i]))
            fail();
}

static void test_at(void **state)
{
    (void)state;
    struct uuid a = uuid_new_at(1700000000123);
    struct uuid b = uuid_new_at(1700000000123);
    assert_version_7(&a);
    assert_int_equal(uuid_time_ms(&a), 1700000000123);
    assert_false(uuid_eq(&a, &b));
    struct uuid low = uuid_lowest(1700000000123);
    struct uuid high = uuid_highest(1700000000123);
    assert_true(uuid_cmp(&low, &a) <= 0 && uuid_cmp(&a, &high) <= 0);
}

static void test_bounds(void **state)
{
    (void)state;
    char text[UUID_TEXT_SIZE];
    struct uuid uuid = uuid_lowest(1);
    uuid_format(&uuid, text);
    assert_memory_equal(text, "00000000-0001-7000-8000-000000000000", UUID_TEXT_SIZE);
    uuid = uuid_highest(1);
    uuid_format(&uuid, text);
    assert_memory_equal(text, "00000000-0001-7fff-bfff-ffffffffffff", UUID_TEXT_SIZE);
    uuid = uuid_lowest(INT64_MIN);
    assert_int_equal(uuid_time_ms(&uuid), 0);
    uuid = uuid_highest(INT64_MAX);
    assert_int_equal(uuid_time_ms(&uuid), 0xFFFFFFFFFFFF);
    uuid_format(&uuid, text);
    assert_memory_equal(text, "ffffffff-ffff-7fff-bfff-ffffffffffff", UUID_TEXT_SIZE);
    struct uuid this = uuid_highest(1000);
    struct uuid next = uuid_lowest(1001);
    assert_true(uuid_cmp(&this, &next) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_new_ascends), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_at),          cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests_name("base/uuid", tests, NULL, NULL);
}
