/* Decimal numbers as scaled 128-bit integers: reading, writing, and doubles. */
#include "base/decimal.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SCALE_MAX 12
#define INTEGER_DIGITS 26
#define ROUND_ABOVE 12
#define ROUND_TO 9
/* Exponents beyond this give 0 or do not fit, whatever the digits; short of it nothing overflows.
 */
#define EXPONENT_MAX 100000000000000000LL

/* A decimal text taken apart: the value is digits * 10^-scale. */
struct parts {
    struct str digits; /* from the first to the last digit; may hold the point */
    size_t count;      /* digits after the leading zeros */
    int64_t scale;
    bool negative;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static unsigned __int128 power_of_ten(int exponent)
{
    unsigned __int128 power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* The exponent behind the 'e', saturated. */
static bool parse_exponent(struct str s, int64_t *ret)
{
    bool negative = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s = str_make(s.p + 1, s.n - 1);
    if (s.n == 0)
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return false;
        if (value < EXPONENT_MAX)
            value = value * 10 + (s.p[i] - '0');
    }
    if (value > EXPONENT_MAX)
        value = EXPONENT_MAX;
    *ret = negative ? -value : value;
    return true;
}

static bool parse_parts(struct str text, struct parts *ret)
{
    size_t i = 0;
    *ret = (struct parts){0};
    if (i < text.n && (text.p[i] == '-' || text.p[i] == '+'))
        ret->negative = text.p[i++] == '-';
    size_t start = i;
    size_t digits = 0;
    bool point = false;
    for (; i < text.n && (is_digit(text.p[i]) || (text.p[i] == '.' && !point)); i++) {
        if (text.p[i] == '.') {
            point = true;
            continue;
        }
        digits++;
        ret->scale += point;
        ret->count += ret->count > 0 || text.p[i] != '0';
    }
    if (digits == 0)
        return false;
    ret->digits = str_make(text.p + start, i - start);
    if (i == text.n)
        return true;
    int64_t exponent;
    if ((text.p[i] != 'e' && text.p[i] != 'E') ||
        !parse_exponent(str_make(text.p + i + 1, text.n - i - 1), &exponent))
        return false;
    ret->scale -= exponent;
    return true;
}

/* Reads the first `keep` significant digits, with the half-even decision on the rest if `round`.
 * `keep` is at most `parts->count`. False when they do not fit. */
static bool read_digits(const struct parts *parts, size_t keep, bool round, unsigned __int128 *ret)
{
    unsigned __int128 value = 0;
    size_t seen = 0;
    int first = 0; /* the first digit that is dropped */
    bool rest = false;
    for (size_t i = 0; i < parts->digits.n; i++) {
        char c = parts->digits.p[i];
        if (c == '.' || (seen == 0 && c == '0'))
            continue;
        if (seen >= keep && !round)
            break;
        if (seen < keep && (__builtin_mul_overflow(value, 10, &value) ||
                            __builtin_add_overflow(value, (unsigned)(c - '0'), &value)))
            return false;
        if (seen == keep)
            first = c - '0';
        else if (seen > keep)
            rest |= c != '0';
        seen++;
    }
    if (round && (first > 5 || (first == 5 && (rest || (value & 1)))))
        value++;
    *ret = value;
    return true;
}

/* The digits with `parts->scale` brought down to at most `scale`. */
static bool reduce_scale(const struct parts *parts, int scale, bool round, unsigned __int128 *ret,
                         int64_t *ret_scale)
{
    *ret = 0;
    *ret_scale = scale;
    if (parts->count == 0)
        return true;
    if (parts->scale <= scale) {
        *ret_scale = parts->scale;
        return read_digits(parts, parts->count, false, ret);
    }
    uint64_t drop = (uint64_t)(parts->scale - scale);
    if (drop > parts->count)
        return true;
    return read_digits(parts, parts->count - (size_t)drop, round, ret);
}

static bool parse(struct str text, int scale, bool may_round, decimal_int *ret)
{
    assert(scale >= 0 && scale <= SCALE_MAX);
    struct parts parts;
    if (!parse_parts(text, &parts))
        return false;
    bool round = may_round && parts.scale > ROUND_ABOVE;
    unsigned __int128 value;
    int64_t have;
    if (!reduce_scale(&parts, round ? ROUND_TO : scale, round, &value, &have))
        return false;
    if (have > scale)
        value /= power_of_ten((int)(have - scale));
    if (value && have < scale) {
        if (scale - have > SCALE_MAX + INTEGER_DIGITS)
            return false;
        unsigned __int128 factor = power_of_ten((int)(scale - have));
        if (value > power_of_ten(SCALE_MAX + INTEGER_DIGITS) / factor)
            return false;
        value *= factor;
    }
    if (value > power_of_ten(INTEGER_DIGITS + scale))
        return false;
    *ret = parts.negative ? -(decimal_int)value : (decimal_int)value;
    return true;
}

bool decimal_parse(struct str text, int scale, decimal_int *ret)
{
    return parse(text, scale, true, ret);
}

bool decimal_parse_cut(struct str text, int scale, decimal_int *ret)
{
    return parse(text, scale, false, ret);
}

bool decimal_is_text(struct str text)
{
    struct parts parts;

    return parse_parts(text, &parts);
}

size_t decimal_format(decimal_int value, int scale, char out[DECIMAL_TEXT_MAX])
{
    assert(scale >= 0 && scale <= SCALE_MAX);
    unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    while (scale > 0 && rest % 10 == 0) {
        rest /= 10;
        scale--;
    }
    char *end = out + DECIMAL_TEXT_MAX - 1;
    char *p = end;
    for (int i = 0; rest > 0 || i <= scale; i++) {
        if (i == scale && scale > 0)
            *--p = '.';
        *--p = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (value < 0)
        *--p = '-';
    size_t n = (size_t)(end - p);
    memmove(out, p, n);
    out[n] = '\0';
    return n;
}

double decimal_to_double(decimal_int value, int scale)
{
    const decimal_int exact = (decimal_int)1 << 53;
    if (value > -exact && value < exact)
        return (double)value / (double)power_of_ten(scale);
    char text[DECIMAL_TEXT_MAX];
    decimal_format(value, scale, text);
    return strtod(text, NULL);
}

decimal_int decimal_from_double(double value, int scale)
{
    assert(isfinite(value) && fabs(value) <= 1e26);
    /* The double 1e26 is a little more than the largest decimal. */
    if (fabs(value) >= 1e26) {
        decimal_int limit = (decimal_int)power_of_ten(INTEGER_DIGITS + scale);
        return value < 0 ? -limit : limit;
    }
    char text[64];
    int n = snprintf(text, sizeof(text), "%.*f", scale, value);
    decimal_int result = 0;
    bool parsed = decimal_parse(str_make(text, (size_t)n), scale, &result);
    assert(parsed);
    return result;
}

decimal_int decimal_add(decimal_int a, decimal_int b)
{
    decimal_int sum;

    if (__builtin_add_overflow(a, b, &sum))
        return a < 0 ? -DECIMAL_MAX - 1 : DECIMAL_MAX;
    return sum;
}

void decimal_write_bytes(decimal_int value, uint8_t out[DECIMAL_BYTES])
{
    unsigned __int128 bits = (unsigned __int128)value;

    for (int i = DECIMAL_BYTES - 1; i >= 0; i--, bits >>= 8)
        out[i] = (uint8_t)bits;
    out[0] ^= 0x80; /* negative numbers come first */
}

decimal_int decimal_read_bytes(const uint8_t bytes[DECIMAL_BYTES])
{
    unsigned __int128 bits = bytes[0] ^ 0x80;

    for (int i = 1; i < DECIMAL_BYTES; i++)
        bits = bits << 8 | bytes[i];
    return (decimal_int)bits;
}
