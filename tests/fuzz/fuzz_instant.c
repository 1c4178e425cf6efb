/* Instants and durations: what is parsed and formatted parses again to the same value, for any text
 * and for any number. */
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MIN_YEAR_0_US (-62167219200000000LL)
#define MAX_YEAR_9999_US 253402300799999999LL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool same(struct instant a, struct instant b)
{
    return a.seconds == b.seconds && a.nanos == b.nanos;
}

static void check_ns(int64_t ns)
{
    char text[INSTANT_TEXT_MAX];
    struct instant again;
    size_t n = instant_format_ns(ns, text);
    require(n < sizeof(text) && strlen(text) == n);
    require(instant_parse(str_make(text, n), &again));
    require(instant_to_ns(again) == ns);
}

static void check_us(int64_t us)
{
    char text[INSTANT_TEXT_MAX];
    struct instant again;
    size_t n = instant_format_us(us, text);
    require(n < sizeof(text) && strlen(text) == n);
    bool four_digits = us >= MIN_YEAR_0_US && us <= MAX_YEAR_9999_US;
    require(instant_parse(str_make(text, n), &again) == four_digits);
    require(!four_digits || instant_to_us(again) == us);
}

static void check_duration(int64_t us)
{
    char text[INSTANT_TEXT_MAX];
    int64_t again;
    size_t n = duration_format(us, text);
    require(n < sizeof(text) && strlen(text) == n);
    require(duration_parse(str_make(text, n), &again) && again == us);
}

static void check_text(struct str text)
{
    struct instant instant;
    struct instant again;
    if (instant_parse(text, &instant)) {
        require(instant.nanos >= 0 && instant.nanos < CLOCK_NS_PER_S);
        check_us(instant_to_us(instant));
        int64_t ns = instant_to_ns(instant);
        check_ns(ns);
        char full[INSTANT_TEXT_MAX];
        if (ns > INT64_MIN && ns < INT64_MAX) {
            size_t n = instant_format_ns(ns, full);
            require(instant_parse(str_make(full, n), &again) && same(instant, again));
        }
    }
    if (instant_parse_number(text, &instant)) {
        require(instant.nanos >= 0 && instant.nanos < CLOCK_NS_PER_S);
        check_ns(instant_to_ns(instant));
        check_us(instant_to_us(instant));
        char number[64];
        int n = snprintf(number, sizeof(number), "%" PRId64 ".%09d", instant.seconds,
                         (int)instant.nanos);
        /* The text form has the fraction count away from zero. */
        if (instant.seconds >= 0)
            require(instant_parse_number(str_make(number, (size_t)n), &again) &&
                    same(instant, again));
    }
    int64_t us;
    if (duration_parse(text, &us))
        check_duration(us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_text(str_make((const char *)data, size));
    if (size >= sizeof(int64_t)) {
        int64_t value;
        memcpy(&value, data, sizeof(value));
        check_ns(value);
        check_us(value);
        check_us(value / 64);
        check_duration(value);
    }
    return 0;
}
