/* Decimals: what is parsed and formatted parses again to the same value, and agrees with the C
 * library's idea of the number. The first byte of the input is the scale, the rest the text. */
#include "base/decimal.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_value(decimal_int value, int scale)
{
    char text[DECIMAL_TEXT_MAX];
    decimal_int again;
    size_t n = decimal_format(value, scale, text);
    require(n > 0 && n < sizeof(text) && strlen(text) == n);
    decimal_int limit = 1;
    for (int i = 0; i < 26 + scale; i++)
        limit *= 10;
    bool fits = value <= limit && value >= -limit;
    require(decimal_parse(str_make(text, n), scale, &again) == fits);
    require(!fits || again == value);
    require(decimal_parse_cut(str_make(text, n), scale, &again) == fits);
    require(!fits || again == value);
    double number = decimal_to_double(value, scale);
    require(number == strtod(text, NULL));
    if (fits && fabs(number) < 1e3)
        require(decimal_from_double(number, scale) == value);
}

static void check_text(struct str text, int scale)
{
    decimal_int value;
    decimal_int cut;
    bool parsed = decimal_parse(text, scale, &value);
    if (!parsed)
        return;
    check_value(value, scale);
    if (decimal_parse_cut(text, scale, &cut)) {
        /* Rounding moves by one unit of the ninth digit at most. */
        decimal_int unit = 1;
        for (int i = 9; i < scale; i++)
            unit *= 10;
        require(value - cut <= unit && cut - value <= unit);
    }
    char copy[400];
    if (text.n >= sizeof(copy))
        return;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    char *end;
    double want = strtod(copy, &end);
    require(end == copy + text.n);
    double step = pow(10, -(scale < 9 ? scale : 9));
    require(fabs(decimal_to_double(value, scale) - want) <= step * 1.01 + fabs(want) * 1e-15);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    int scale = data[0] % 13;
    check_text(str_make((const char *)data + 1, size - 1), scale);
    if (size > sizeof(decimal_int)) {
        decimal_int value;
        memcpy(&value, data + 1, sizeof(value));
        check_value(value, scale);
        check_value(value >> 64, scale);
    }
    return 0;
}
