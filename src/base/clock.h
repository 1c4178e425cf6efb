/* Time: the clock, and instants as text. An instant is an int64_t of nanoseconds (ns) or
 * microseconds (µs) since 1970-01-01T00:00:00Z; the name of each function and field says which. */
#ifndef OCELLI_BASE_CLOCK_H
#define OCELLI_BASE_CLOCK_H

#include "base/str.h"

#define CLOCK_NS_PER_US 1000LL
#define CLOCK_US_PER_MS 1000LL
#define CLOCK_US_PER_S 1000000LL
#define CLOCK_NS_PER_S 1000000000LL

/* An instant as parsed: whole seconds since the epoch and 0..999999999 ns. A text covers the years
 * 0..9999; a number goes as far as Java's Instant, so that the range check can answer for it. */
struct instant {
    int64_t seconds;
    int32_t nanos;
};

/* Wall clock, µs. */
int64_t clock_now_us(void);

/* Monotonic clock for measuring, ns. */
int64_t clock_monotonic_ns(void);

/* ISO-8601 date and time with `Z` or a numeric offset, up to 9 fraction digits (traces.md 2).
 * False when the text is none. */
bool instant_parse(struct str text, struct instant *ret);

/* Epoch seconds, optionally with a fraction and exponent, as a JSON number has them. */
bool instant_parse_number(struct str text, struct instant *ret);

/* Saturating conversions. */
int64_t instant_to_ns(struct instant instant);
int64_t instant_to_us(struct instant instant);
int64_t instant_to_ms(struct instant instant);

/* How many whole units a time is, rounded down, also before the epoch. */
int64_t clock_count(int64_t time, int64_t unit);

/* The longest text that the two functions below write, with its NUL. */
#define INSTANT_TEXT_MAX 36

/* ISO-8601 UTC with `Z` and 0, 3, 6 or 9 fraction digits, the fewest that are exact (traces.md 2).
 * Writes a NUL behind; returns the length. */
size_t instant_format_ns(int64_t ns, char out[INSTANT_TEXT_MAX]);
size_t instant_format_us(int64_t us, char out[INSTANT_TEXT_MAX]);

/* ISO-8601 duration ("PT30M", "P1DT2S", "PT0.5S") in µs. Years and months are refused, as Java's
 * Duration has it. False when the text is none or does not fit. */
bool duration_parse(struct str text, int64_t *ret_us);

/* The inverse, as Java's Duration.toString writes it: hours, minutes and seconds ("PT168H"). */
size_t duration_format(int64_t us, char out[INSTANT_TEXT_MAX]);

#endif
