/* Decimals: exact reading, the rounding rule, limits, doubles. */
#include "base/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

/* Parses at a scale and compares the plain text of the result. */
static void assert_parsed(const char *text, int scale, const char *want)
{
    decimal_int value;
    char out[DECIMAL_TEXT_MAX];
    if (!decimal_parse(str_of(text), scale, &value))
        fail_msg("refused: %s", text);
    size_t n = decimal_format(value, scale, out);
    assert_string_equal(out, want);
    assert_int_equal(n, strlen(want));
}

static void test_parse(void **state)
{
    (void)state;
    assert_parsed("0", 9, "0");
    assert_parsed("-0", 9, "0");
    assert_parsed("-0.000", 9, "0");
    assert_parsed("1", 9, "1");
    assert_parsed("+1", 9, "1");
    assert_parsed("00012.500", 9, "12.5");
    assert_parsed(".5", 9, "0.5");
    assert_parsed("5.", 9, "5");
    assert_parsed("-1.5e-3", 9, "-0.0015");
    assert_parsed("1.5E+3", 9, "1500");
    assert_parsed("0.1", 12, "0.1");
    assert_parsed("999999999.999999999", 9, "999999999.999999999");
    assert_parsed("-999999999.999999999", 9, "-999999999.999999999");
    assert_parsed("0.000000000001", 12, "0.000000000001");
    assert_parsed("123456789012345678901234567890e-10", 9, "12345678901234567890.123456789");
    assert_parsed("0e999999999999999999999", 9, "0");
    assert_parsed("0.000e-999999999999999999999", 9, "0");
    assert_parsed("1e-999999999999999999999", 9, "0");
    assert_parsed("10000000000e-10", 0, "1");
}

static void test_rounding_rule(void **state)
{
    (void)state;
    /* Up to 12 fraction digits: cut. */
    assert_parsed("0.1234567899", 9, "0.123456789");
    assert_parsed("0.123456789999", 9, "0.123456789");
    assert_parsed("-0.123456789999", 9, "-0.123456789");
    assert_parsed("0.123456789999", 12, "0.123456789999");
    /* More: half-even to 9 first, whatever the scale. */
    assert_parsed("0.1234567899999", 9, "0.12345679");
    assert_parsed("0.1234567899999", 12, "0.12345679");
    assert_parsed("0.1234567894999", 9, "0.123456789");
    assert_parsed("0.1234567885000", 9, "0.123456788");
    assert_parsed("0.1234567895000", 9, "0.12345679");
    assert_parsed("0.1234567885001", 9, "0.123456789");
    assert_parsed("-0.1234567895000", 9, "-0.12345679");
    assert_parsed("0.0000000005000", 9, "0");
    assert_parsed("0.0000000005001", 9, "0.000000001");
    assert_parsed("0.0000000015000", 9, "0.000000002");
    assert_parsed("0.00000000050", 9, "0");
    assert_parsed("0.0000000000001", 12, "0");
    assert_parsed("0.9999999999999", 9, "1");
    assert_parsed("0.9999999999999", 0, "1");
    assert_parsed("0.99999", 0, "0");
    /* The exponent counts, not the look. */
    assert_parsed("1234567899999e-13", 9, "0.12345679");
    assert_parsed("0.0001234567899999e3", 9, "0.12345679");
    assert_parsed("0.00012345678999e3", 9, "0.123456789");
    assert_parsed("5e-10", 9, "0");
    assert_parsed("0.5000e-9", 9, "0");
}

static void test_limits(void **state)
{
    (void)state;
    decimal_int value;
    assert_parsed("1e26", 12, "100000000000000000000000000");
    assert_parsed("-1e26", 12, "-100000000000000000000000000");
    assert_parsed("100000000000000000000000000.000000000000", 12, "100000000000000000000000000");
    assert_parsed("1e26", 0, "100000000000000000000000000");
    assert_false(decimal_parse(STR("100000000000000000000000000.000000000001"), 12, &value));
    assert_false(decimal_parse(STR("100000000000000000000000001"), 0, &value));
    assert_false(decimal_parse(STR("1e27"), 0, &value));
    assert_false(decimal_parse(STR("-1e27"), 9, &value));
    assert_false(decimal_parse(STR("1e38"), 0, &value));
    assert_false(decimal_parse(STR("1e400"), 9, &value));
    assert_false(decimal_parse(STR("1e9223372036854775807"), 9, &value));
    assert_false(decimal_parse(STR("1e99999999999999999999999"), 9, &value));
    assert_false(decimal_parse(STR("999999999999999999999999999999999999999999999"), 9, &value));
    assert_parsed("99999999999999999999999999.999999999999", 12,
                  "99999999999999999999999999.999999999999");
}

static void test_long_texts(void **state)
{
    (void)state;
    char text[10001];
    memset(text, '0', sizeof(text));
    decimal_int value;
    assert_true(decimal_parse(str_make(text, 10000), 9, &value));
    assert_true(value == 0);
    text[9999] = '7';
    assert_true(decimal_parse(str_make(text, 10000), 0, &value));
    assert_true(value == 7);
    text[1] = '.';
    assert_true(decimal_parse(str_make(text, 10000), 9, &value));
    assert_true(value == 0);
    memset(text, '9', sizeof(text));
    assert_false(decimal_parse(str_make(text, 10000), 9, &value));
    text[1] = '.';
    assert_true(decimal_parse(str_make(text, 10000), 9, &value));
    assert_true(value == (decimal_int)10000000000);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "-",     "+",     ".",   "e5",   "1e",   "1e+",
                                      "1e-", "1.2.3", "1,5",   " 1",  "1 ",   "--1",  "0x10",
                                      "NaN", "inf",   "1e5.0", "1_0", "-.e1", "1e1e1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        decimal_int value = 7;
        if (decimal_parse(str_of(bad[i]), 9, &value))
            fail_msg("accepted: %s", bad[i]);
        assert_true(value == 7);
        if (decimal_is_text(str_of(bad[i])))
            fail_msg("is no decimal: %s", bad[i]);
    }
}

static void test_is_text(void **state)
{
    (void)state;
    static const char *const good[] = {
        "0", "-0", "+1", "1.", ".5", "1e5", "-1E-5", "1e400", "-1e+999999", "1e99999999999999999"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (!decimal_is_text(str_of(good[i])))
            fail_msg("is a decimal: %s", good[i]);
    }
}

static void test_parse_cut(void **state)
{
    (void)state;
    decimal_int value;
    assert_true(decimal_parse_cut(STR("0.9999999999999999999"), 9, &value));
    assert_true(value == 999999999);
    assert_true(decimal_parse_cut(STR("-1.9999999999999"), 0, &value));
    assert_true(value == -1);
}

static void test_format(void **state)
{
    (void)state;
    char text[DECIMAL_TEXT_MAX];
    decimal_format(1500000, 9, text);
    assert_string_equal(text, "0.0015");
    decimal_format(-1, 12, text);
    assert_string_equal(text, "-0.000000000001");
    decimal_format(120, 0, text);
    assert_string_equal(text, "120");
    decimal_format(100, 2, text);
    assert_string_equal(text, "1");
    const decimal_int max = (decimal_int)(~(unsigned __int128)0 >> 1);
    assert_int_equal(decimal_format(max, 12, text), 40);
    assert_string_equal(text, "170141183460469231731687303.715884105727");
    decimal_format(-max - 1, 12, text);
    assert_string_equal(text, "-170141183460469231731687303.715884105728");
    decimal_format(-max - 1, 0, text);
    assert_string_equal(text, "-170141183460469231731687303715884105728");
}

static void test_doubles(void **state)
{
    (void)state;
    decimal_int value;
    assert_true(decimal_parse(STR("0.1"), 9, &value));
    assert_true(decimal_to_double(value, 9) == 0.1);
    assert_true(decimal_parse(STR("-123456.789"), 12, &value));
    assert_true(decimal_to_double(value, 12) == -123456.789);
    assert_true(decimal_parse(STR("12345678901234567.123456789"), 12, &value));
    assert_true(decimal_to_double(value, 12) == 12345678901234567.123456789);
    assert_true(decimal_parse(STR("1e26"), 12, &value));
    assert_true(decimal_to_double(value, 12) == 1e26);
    assert_true(decimal_from_double(0.1, 9) == 100000000);
    assert_true(decimal_from_double(-0.1, 9) == -100000000);
    assert_true(decimal_from_double(0, 9) == 0);
    assert_true(decimal_from_double(-0.0, 9) == 0);
    assert_true(decimal_from_double(1e-300, 12) == 0);
    assert_true(decimal_from_double(0.7, 0) == 1);
    assert_true(decimal_from_double(2.4999, 0) == 2);
    assert_true(decimal_from_double(1e26, 12) > 0);
    assert_true(decimal_from_double(-1e26, 12) == -decimal_from_double(1e26, 12));
    for (double x = 1e-9; x < 1e9; x *= 1.37)
        assert_true(fabs(decimal_to_double(decimal_from_double(x, 12), 12) - x) <=
                    0.51e-12 + x * 1e-15);
}

/* Bytes order as the numbers, and come back. */
static void test_bytes(void **state)
{
    const decimal_int values[] = {
        -DECIMAL_MAX - 1,           -DECIMAL_MAX, (decimal_int)INT64_MIN - 1, -1, 0, 1, 255,
        (decimal_int)INT64_MAX + 1, DECIMAL_MAX};
    uint8_t before[DECIMAL_BYTES], bytes[DECIMAL_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        decimal_write_bytes(values[i], bytes);
        assert_true(decimal_read_bytes(bytes) == values[i]);
        if (i > 0)
            assert_true(memcmp(before, bytes, sizeof(bytes)) < 0);
        memcpy(before, bytes, sizeof(bytes));
    }
}

static void test_add(void **state)
{
    (void)state;
    assert_true(decimal_add(2, -5) == -3);
    assert_true(decimal_add(DECIMAL_MAX, 1) == DECIMAL_MAX);
    assert_true(decimal_add(DECIMAL_MAX, DECIMAL_MAX) == DECIMAL_MAX);
    assert_true(decimal_add(-DECIMAL_MAX, -DECIMAL_MAX) == -DECIMAL_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),   cmocka_unit_test(test_add),
        cmocka_unit_test(test_parse),   cmocka_unit_test(test_rounding_rule),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_parse_cut),
        cmocka_unit_test(test_is_text), cmocka_unit_test(test_format),
        cmocka_unit_test(test_doubles),
    };
    return cmocka_run_group_tests_name("base/decimal", tests, NULL, NULL);
}
