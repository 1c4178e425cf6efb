/* Instants and durations: reading, writing, limits. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <time.h>

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
        int32_t nanos;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2024-01-01T00:00:00Z", 1704067200, 0},
        {"2024-01-01t00:00:00z", 1704067200, 0},
        {"2024-02-29T23:59:59.5Z", 1709251199, 500000000},
        {"2024-01-01T00:00:00.123456789Z", 1704067200, 123456789},
        {"2024-01-01T00:00:00.000000001Z", 1704067200, 1},
        {"2024-01-01T02:00:00+02:00", 1704067200, 0},
        {"2024-01-01T02:00:00+0200", 1704067200, 0},
        {"2024-01-01T02:00:00+02", 1704067200, 0},
        {"2023-12-31T18:30:00.25-05:30", 1704067200, 250000000},
        {"2024-01-01T00:00:00-00:00", 1704067200, 0},
        {"2024-01-01T18:00:00+18:00", 1704067200, 0},
        {"1969-12-31T23:59:59.999Z", -1, 999000000},
        {"0000-01-01T00:00:00Z", -62167219200, 0},
        {"9999-12-31T23:59:59.999999999Z", 253402300799, 999999999},
        {"2000-02-29T00:00:00Z", 951782400, 0},
        {"2262-04-11T23:47:16Z", 9223372036, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct instant instant;
        if (!instant_parse(str_of(rows[i].text), &instant))
            fail_msg("refused: %s", rows[i].text);
        assert_int_equal(instant.seconds, rows[i].seconds);
        assert_int_equal(instant.nanos, rows[i].nanos);
    }
}

static void test_parse_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2024-01-01",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00Z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00.1234567890Z",
        "2024-01-01T00:00:00,5Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:60Z",
        "2024-00-01T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-01-32T00:00:00Z",
        "2024-04-31T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "24-01-01T00:00:00Z",
        "+2024-01-01T00:00:00Z",
        "-2024-01-01T00:00:00Z",
        "12024-01-01T00:00:00Z",
        "2024-1-01T00:00:00Z",
        "2024-01-01T0:00:00Z",
        "2024-01-01T00:00:00ZZ",
        "2024-01-01T00:00:00Z ",
        " 2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00+",
        "2024-01-01T00:00:00+2",
        "2024-01-01T00:00:00+02:",
        "2024-01-01T00:00:00+02:0",
        "2024-01-01T00:00:00+02:00:00",
        "2024-01-01T00:00:00+02:60",
        "2024-01-01T00:00:00+18:01",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00UTC",
        "2024-01-01T00:00:00[UTC]",
        "2024-01-01T-1:00:00Z",
        "0000-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "1704067200",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct instant instant = {7, 8};
        if (instant_parse(str_of(bad[i]), &instant))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(instant.seconds, 7);
    }
}

/* Every prefix of a good text is refused, and reads nothing behind its end. */
static void test_parse_prefixes(void **state)
{
    (void)state;
    static const char text[] = "2024-01-01T00:00:00.123+02:00";
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        struct instant instant;
        bool shorter_zone = n == sizeof(text) - 1 - 3;
        assert_int_equal(instant_parse(str_make(text, n), &instant), shorter_zone);
    }
}

static void test_parse_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
        int32_t nanos;
    } rows[] = {
        {"0", 0, 0},
        {"-0", 0, 0},
        {"1704067200", 1704067200, 0},
        {"1704067200.123456789", 1704067200, 123456789},
        {"1704067200.1234567899", 1704067200, 123456789},
        /* Digits that a double cannot hold. */
        {"1704067200.000000001", 1704067200, 1},
        {"1.7040672e9", 1704067200, 0},
        {"17040672001e-1", 1704067200, 100000000},
        {"1E+3", 1000, 0},
        {"-1.5", -2, 500000000},
        {"-0.000000001", -1, 999999999},
        {"-0.0000000001", 0, 0},
        {"1704067200000", 1704067200000, 0},
        {"31556889864403199", 31556889864403199, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct instant instant;
        if (!instant_parse_number(str_of(rows[i].text), &instant))
            fail_msg("refused: %s", rows[i].text);
        assert_int_equal(instant.seconds, rows[i].seconds);
        assert_int_equal(instant.nanos, rows[i].nanos);
    }
    static const char *const bad[] = {"",     "x",     "1e",   "NaN",   "Infinity",
                                      "1e30", "-1e30", "0x10", "1 000", "31556889864403200"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct instant instant;
        if (instant_parse_number(str_of(bad[i]), &instant))
            fail_msg("accepted: %s", bad[i]);
    }
}

static void test_conversions(void **state)
{
    (void)state;
    struct instant instant = {1704067200, 123456789};
    assert_true(instant_to_ns(instant) == 1704067200123456789);
    assert_true(instant_to_us(instant) == 1704067200123456);
    assert_true(instant_to_ms(instant) == 1704067200123);
    /* Before the epoch the conversion goes down, not towards zero. */
    instant = (struct instant){-1, 999999999};
    assert_true(instant_to_ns(instant) == -1);
    assert_true(instant_to_us(instant) == -1);
    assert_true(instant_to_ms(instant) == -1);
    instant = (struct instant){9223372036, 854775807};
    assert_true(instant_to_ns(instant) == INT64_MAX);
    instant = (struct instant){9223372036, 854775808};
    assert_true(instant_to_ns(instant) == INT64_MAX);
    instant = (struct instant){31556889864403199, 999999999};
    assert_true(instant_to_ns(instant) == INT64_MAX);
    assert_true(instant_to_us(instant) == INT64_MAX);
    assert_true(instant_to_ms(instant) == INT64_MAX);
    instant = (struct instant){-31557014167219200, 0};
    assert_true(instant_to_ns(instant) == INT64_MIN);
    assert_true(instant_to_us(instant) == INT64_MIN);
    instant = (struct instant){-62167219200, 0};
    assert_true(instant_to_ns(instant) == INT64_MIN);
    assert_true(instant_to_us(instant) == -62167219200000000);
}

static void assert_us_text(int64_t us, const char *want)
{
    char text[INSTANT_TEXT_MAX];
    size_t n = instant_format_us(us, text);
    assert_string_equal(text, want);
    assert_int_equal(n, strlen(want));
}

static void assert_ns_text(int64_t ns, const char *want)
{
    char text[INSTANT_TEXT_MAX];
    size_t n = instant_format_ns(ns, text);
    assert_string_equal(text, want);
    assert_int_equal(n, strlen(want));
}

static void test_format(void **state)
{
    (void)state;
    assert_us_text(0, "1970-01-01T00:00:00Z");
    assert_us_text(1704067200000000, "2024-01-01T00:00:00Z");
    assert_us_text(1704067200123000, "2024-01-01T00:00:00.123Z");
    assert_us_text(1704067200100000, "2024-01-01T00:00:00.100Z");
    assert_us_text(1704067200000001, "2024-01-01T00:00:00.000001Z");
    assert_us_text(-1, "1969-12-31T23:59:59.999999Z");
    assert_us_text(-62167219200000000, "0000-01-01T00:00:00Z");
    assert_us_text(-62167219200000001, "-0001-12-31T23:59:59.999999Z");
    assert_us_text(253402300799999999, "9999-12-31T23:59:59.999999Z");
    assert_us_text(253402300800000000, "+10000-01-01T00:00:00Z");
    /* What Java prints for the same two. */
    assert_us_text(INT64_MAX, "+294247-01-10T04:00:54.775807Z");
    assert_us_text(INT64_MIN, "-290308-12-21T19:59:05.224192Z");
    assert_ns_text(1704067200123456789, "2024-01-01T00:00:00.123456789Z");
    assert_ns_text(1704067200000000010, "2024-01-01T00:00:00.000000010Z");
    assert_ns_text(1704067200123456000, "2024-01-01T00:00:00.123456Z");
    assert_ns_text(INT64_MAX, "2262-04-11T23:47:16.854775807Z");
    assert_ns_text(INT64_MIN, "1677-09-21T00:12:43.145224192Z");
}

/* Against the C library: every day of the first 800 years, and a walk to the year 9999. */
static void test_calendar(void **state)
{
    (void)state;
    for (int64_t day = -719528; day <= 2932896; day += day < -427000 ? 1 : 37) {
        time_t seconds = (time_t)(day * 86400 + 3723);
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        char want[INSTANT_TEXT_MAX];
        char text[INSTANT_TEXT_MAX];
        snprintf(want, sizeof(want), "%04d-%02d-%02dT01:02:03Z", (tm.tm_year + 1900) % 10000,
                 tm.tm_mon + 1, tm.tm_mday);
        size_t n = instant_format_us((int64_t)seconds * CLOCK_US_PER_S, text);
        struct instant instant;
        if (strcmp(text, want) != 0 || !instant_parse(str_make(text, n), &instant) ||
            instant.seconds != seconds)
            fail_msg("%s is not %s", text, want);
    }
}

static void test_duration_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {
        {"PT0S", 0},
        {"PT30M", 1800000000},
        {"PT168H", 604800000000},
        {"P1DT2S", 86402000000},
        {"P7D", 604800000000},
        {"PT0.5S", 500000},
        {"PT1.S", 1000000},
        {"PT0.0000019S", 1},
        {"pt1h2m3s", 3723000000},
        {"P1DT1H1M1.000001S", 90061000001},
        {"PT-0.5S", -500000},
        {"-PT1M", -60000000},
        {"-PT-1M", 60000000},
        {"+PT1M", 60000000},
        {"P-1DT24H", 0},
        {"PT+5S", 5000000},
        {"PT9223372036854.775807S", INT64_MAX},
        {"PT-9223372036854.775808S", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t us;
        if (!duration_parse(str_of(rows[i].text), &us))
            fail_msg("refused: %s", rows[i].text);
        assert_true(us == rows[i].us);
    }
    static const char *const bad[] = {
        "",
        "P",
        "PT",
        "P1",
        "1D",
        "P1Y",
        "P1M",
        "P1W",
        "PT1",
        "PT1D",
        "P1H",
        "P1DT",
        "PT1S1M",
        "PT1M1M",
        "PT1.5H",
        "PT.5S",
        "PT1H ",
        " PT1H",
        "PTS",
        "P1DT1HT1M",
        "PT1e3S",
        "PT--1S",
        "PT1-S",
        "PT9223372036854.775808S",
        "P99999999999999999999D",
        "-PT-9223372036854.775808S",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t us = 7;
        if (duration_parse(str_of(bad[i]), &us))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(us, 7);
    }
}

static void test_duration_format(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "PT0S"},
        {1800000000, "PT30M"},
        {604800000000, "PT168H"},
        {86402000000, "PT24H2S"},
        {500000, "PT0.5S"},
        {3723000001, "PT1H2M3.000001S"},
        {60500000, "PT1M0.5S"},
        {-500000, "PT-0.5S"},
        {-1500000, "PT-1.5S"},
        {-60500000, "PT-1M-0.5S"},
        {-3600000000, "PT-1H"},
        {INT64_MAX, "PT2562047788H54.775807S"},
        {INT64_MIN, "PT-2562047788H-54.775808S"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[INSTANT_TEXT_MAX];
        size_t n = duration_format(rows[i].us, text);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(n, strlen(text));
        int64_t us;
        assert_true(duration_parse(str_make(text, n), &us));
        assert_true(us == rows[i].us);
    }
}

static void test_now(void **state)
{
    (void)state;
    int64_t seconds = (int64_t)time(NULL);
    int64_t now = clock_now_us();
    assert_in_range(now / CLOCK_US_PER_S, seconds - 1, seconds + 5);
    int64_t start = clock_monotonic_ns();
    for (int i = 0; i < 1000; i++) {
        int64_t next = clock_monotonic_ns();
        assert_true(next >= start);
        start = next;
    }
}

static void test_count(void **state)
{
    (void)state;
    assert_int_equal(clock_count(0, 1000), 0);
    assert_int_equal(clock_count(999, 1000), 0);
    assert_int_equal(clock_count(1000, 1000), 1);
    assert_int_equal(clock_count(-1, 1000), -1);
    assert_int_equal(clock_count(-1000, 1000), -1);
    assert_int_equal(clock_count(-1001, 1000), -2);
    assert_true(clock_count(INT64_MIN, 1) == INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_refused),
        cmocka_unit_test(test_parse_prefixes),
        cmocka_unit_test(test_parse_number),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_conversions),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_duration_parse),
        cmocka_unit_test(test_duration_format),
        cmocka_unit_test(test_now),
    };
    return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
