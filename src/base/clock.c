/* The clock, and instants and durations as text. Calendar arithmetic is proleptic Gregorian. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/decimal.h"

#define SECONDS_PER_DAY 86400LL
#define MIN_TEXT_SECONDS (-62167219200LL) /* 0000-01-01T00:00:00Z */
#define MAX_TEXT_SECONDS 253402300799LL   /* 9999-12-31T23:59:59Z */
#define MIN_SECONDS (-31557014167219200LL)
#define MAX_SECONDS 31556889864403199LL
#define OFFSET_MAX (18 * 3600)

int64_t clock_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * CLOCK_US_PER_S + now.tv_nsec / CLOCK_NS_PER_US;
}

int64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

/* Takes exactly `digits` digits off the front. */
static bool take_number(struct str *s, size_t digits, int *ret)
{
    if (s->n < digits)
        return false;
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        value = value * 10 + (s->p[i] - '0');
    }
    *s = str_make(s->p + digits, s->n - digits);
    *ret = value;
    return true;
}

/* Takes one character off the front, an ASCII letter in either case. */
static bool take_char(struct str *s, char c)
{
    if (s->n == 0 || !str_eq_nocase(str_make(s->p, 1), str_make(&c, 1)))
        return false;
    *s = str_make(s->p + 1, s->n - 1);
    return true;
}

/* The fraction behind the point: 1 to 9 digits, as ns. */
static bool take_nanos(struct str *s, int32_t *ret)
{
    int32_t nanos = 0;
    size_t digits = 0;
    for (; digits < s->n && s->p[digits] >= '0' && s->p[digits] <= '9'; digits++) {
        if (digits == 9)
            return false;
        nanos = nanos * 10 + (s->p[digits] - '0');
    }
    if (digits == 0)
        return false;
    *s = str_make(s->p + digits, s->n - digits);
    for (; digits < 9; digits++)
        nanos *= 10;
    *ret = nanos;
    return true;
}

/* The zone to the end of the text: Z, +02:00, +0200 or +02, as seconds. */
static bool take_zone(struct str *s, int *ret)
{
    *ret = 0;
    if (take_char(s, 'Z'))
        return s->n == 0;
    int sign = take_char(s, '+') ? 1 : take_char(s, '-') ? -1 : 0;
    int hours;
    int minutes = 0;
    if (!sign || !take_number(s, 2, &hours))
        return false;
    if (s->n) {
        take_char(s, ':');
        if (!take_number(s, 2, &minutes))
            return false;
    }
    int seconds = hours * 3600 + minutes * 60;
    *ret = sign * seconds;
    return s->n == 0 && minutes < 60 && seconds <= OFFSET_MAX;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since the epoch. Years start in March here, so that the leap day comes last. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *ret_month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

bool instant_parse(struct str text, struct instant *ret)
{
    struct str s = text;
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    int offset;
    int32_t nanos = 0;
    if (!take_number(&s, 4, &year) || !take_char(&s, '-') || !take_number(&s, 2, &month) ||
        !take_char(&s, '-') || !take_number(&s, 2, &day) || !take_char(&s, 'T') ||
        !take_number(&s, 2, &hour) || !take_char(&s, ':') || !take_number(&s, 2, &minute) ||
        !take_char(&s, ':') || !take_number(&s, 2, &second))
        return false;
    if (take_char(&s, '.') && !take_nanos(&s, &nanos))
        return false;
    if (!take_zone(&s, &offset))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    int64_t seconds = days_from_date(year, month, day) * SECONDS_PER_DAY + hour * 3600 +
                      minute * 60 + second - offset;
    if (seconds < MIN_TEXT_SECONDS || seconds > MAX_TEXT_SECONDS)
        return false;
    *ret = (struct instant){seconds, nanos};
    return true;
}

bool instant_parse_number(struct str text, struct instant *ret)
{
    decimal_int ns;
    if (!decimal_parse_cut(text, 9, &ns))
        return false;
    decimal_int seconds = ns / CLOCK_NS_PER_S;
    int32_t nanos = (int32_t)(ns % CLOCK_NS_PER_S);
    if (nanos < 0) {
        seconds--;
        nanos += (int32_t)CLOCK_NS_PER_S;
    }
    if (seconds < MIN_SECONDS || seconds > MAX_SECONDS)
        return false;
    *ret = (struct instant){(int64_t)seconds, nanos};
    return true;
}

/* seconds * per_second + nanos / (ns per unit), saturated. */
static int64_t scale_instant(struct instant instant, int64_t per_second)
{
    __int128 value =
        (__int128)instant.seconds * per_second + instant.nanos / (CLOCK_NS_PER_S / per_second);
    if (value > INT64_MAX)
        return INT64_MAX;
    return value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

int64_t instant_to_ns(struct instant instant)
{
    return scale_instant(instant, CLOCK_NS_PER_S);
}

int64_t instant_to_us(struct instant instant)
{
    return scale_instant(instant, CLOCK_US_PER_S);
}

int64_t instant_to_ms(struct instant instant)
{
    return scale_instant(instant, 1000);
}

/* The quotient rounded down and the rest, which is never negative. */
static int64_t divide_down(int64_t value, int64_t divisor, int64_t *ret_rest)
{
    int64_t rest = value % divisor;
    int64_t quotient = value / divisor;
    if (rest < 0) {
        rest += divisor;
        quotient--;
    }
    *ret_rest = rest;
    return quotient;
}

int64_t clock_count(int64_t time, int64_t unit)
{
    int64_t rest;

    return divide_down(time, unit, &rest);
}

/* Exactly `digits` digits; returns the place behind them. */
static char *put_digits(char *p, int64_t value, int digits)
{
    for (int i = digits; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + digits;
}

static char *put_char(char *p, char c)
{
    *p = c;
    return p + 1;
}

/* As ISO-8601 has it, a year of more than four digits carries a sign. */
static char *put_year(char *p, int64_t year)
{
    if (year < 0 || year > 9999)
        p = put_char(p, year < 0 ? '-' : '+');
    if (year < 0)
        year = -year;
    return put_digits(p, year, year < 10000 ? 4 : year < 100000 ? 5 : 6);
}

/* ".123", ".123456" or ".123456789", or nothing. */
static char *put_fraction(char *p, int64_t nanos)
{
    if (nanos == 0)
        return p;
    p = put_char(p, '.');
    if (nanos % 1000000 == 0)
        return put_digits(p, nanos / 1000000, 3);
    if (nanos % 1000 == 0)
        return put_digits(p, nanos / 1000, 6);
    return put_digits(p, nanos, 9);
}

/* By hand, because a page of a list has thousands of these and snprintf() takes ten times longer.
 */
static size_t format_instant(int64_t seconds, int64_t nanos, char out[INSTANT_TEXT_MAX])
{
    int64_t of_day;
    int64_t year;
    int month;
    int day;
    date_from_days(divide_down(seconds, SECONDS_PER_DAY, &of_day), &year, &month, &day);
    char *p = put_year(out, year);
    p = put_digits(put_char(p, '-'), month, 2);
    p = put_digits(put_char(p, '-'), day, 2);
    p = put_digits(put_char(p, 'T'), of_day / 3600, 2);
    p = put_digits(put_char(p, ':'), of_day / 60 % 60, 2);
    p = put_digits(put_char(p, ':'), of_day % 60, 2);
    p = put_char(put_fraction(p, nanos), 'Z');
    *p = '\0';
    return (size_t)(p - out);
}

size_t instant_format_ns(int64_t ns, char out[INSTANT_TEXT_MAX])
{
    int64_t nanos;
    int64_t seconds = divide_down(ns, CLOCK_NS_PER_S, &nanos);
    return format_instant(seconds, nanos, out);
}

size_t instant_format_us(int64_t us, char out[INSTANT_TEXT_MAX])
{
    int64_t micros;
    int64_t seconds = divide_down(us, CLOCK_US_PER_S, &micros);
    return format_instant(seconds, micros * CLOCK_NS_PER_US, out);
}

/* One "12.5S" of a duration: a number with its own sign, as µs of `unit` seconds each. */
static bool take_duration_part(struct str *s, int64_t unit, bool may_fraction, __int128 *sum)
{
    size_t n = 0;
    bool point = false;
    while (n < s->n && ((s->p[n] >= '0' && s->p[n] <= '9') || s->p[n] == '-' || s->p[n] == '+' ||
                        s->p[n] == '.'))
        point |= s->p[n++] == '.';
    decimal_int us;
    if ((point && !may_fraction) || n == 0 || s->p[0] == '.' ||
        !decimal_parse_cut(str_make(s->p, n), 6, &us))
        return false;
    *s = str_make(s->p + n + 1, s->n - n - 1);
    const __int128 limit = (__int128)INT64_MAX + 1;
    if (us > limit || us < -limit)
        return false;
    *sum += (__int128)us * unit;
    return *sum <= 2 * limit && *sum >= -2 * limit;
}

/* The letter behind the number that `s` starts with; 0 when there is none. */
static char unit_letter(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.'))
            return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return 0;
}

bool duration_parse(struct str text, int64_t *ret_us)
{
    static const char letters[] = "DHMS";
    static const int64_t units[] = {SECONDS_PER_DAY, 3600, 60, 1};
    struct str s = text;
    bool negative = take_char(&s, '-');
    if (!negative)
        take_char(&s, '+');
    if (!take_char(&s, 'P') || s.n == 0)
        return false;
    __int128 sum = 0;
    bool time = false;
    for (size_t next = 0; s.n;) {
        if (!time && take_char(&s, 'T')) {
            time = true;
            next = 1;
            if (s.n == 0)
                return false;
        }
        char letter = unit_letter(s);
        const char *hit = letter ? strchr(letters + next, letter) : NULL;
        if (!hit || time != (letter != 'D'))
            return false;
        next = (size_t)(hit - letters) + 1;
        if (!take_duration_part(&s, units[next - 1], letter == 'S', &sum))
            return false;
    }
    if (negative)
        sum = -sum;
    if (sum > INT64_MAX || sum < INT64_MIN)
        return false;
    *ret_us = (int64_t)sum;
    return true;
}

size_t duration_format(int64_t us, char out[INSTANT_TEXT_MAX])
{
    int64_t total = us / CLOCK_US_PER_S;
    int micros = (int)(us % CLOCK_US_PER_S);
    int64_t hours = total / 3600;
    int minutes = (int)(total % 3600 / 60);
    int seconds = (int)(total % 60);
    int n = snprintf(out, INSTANT_TEXT_MAX, "PT");
    if (hours)
        n += snprintf(out + n, INSTANT_TEXT_MAX - (size_t)n, "%lldH", (long long)hours);
    if (minutes)
        n += snprintf(out + n, INSTANT_TEXT_MAX - (size_t)n, "%dM", minutes);
    if (seconds == 0 && micros == 0 && n > 2)
        return (size_t)n;
    n += snprintf(out + n, INSTANT_TEXT_MAX - (size_t)n, "%s%d",
                  us < 0 && seconds == 0 && micros ? "-" : "", seconds);
    if (micros) {
        n +=
            snprintf(out + n, INSTANT_TEXT_MAX - (size_t)n, ".%06d", micros < 0 ? -micros : micros);
        while (out[n - 1] == '0')
            n--;
    }
    n += snprintf(out + n, INSTANT_TEXT_MAX - (size_t)n, "S");
    return (size_t)n;
}
