/* Finding a pattern in a text. Patterns are cut at `%` into pieces that must follow one another; a
 * piece without wildcards, nearly every one, is found by looking for its first character. */
#include "base/text_search.h"

#include "base/arena.h"
#include "base/mem.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* One literal character of a pattern, or a wildcard for one character. */
struct unit {
    char byte;
    bool any; /* `_` */
};

static char lower_ascii(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static size_t character_size(struct str s)
{
    size_t n = 1;

    while (n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* Bytes of `text` that the units take from its start; -1 when they do not fit. */
static ptrdiff_t match_units(struct str text, const struct unit *units, size_t n, bool fold)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        if (at >= text.n)
            return -1;
        if (units[i].any) {
            at += character_size(str_make(text.p + at, text.n - at));
            continue;
        }
        if ((fold ? lower_ascii(text.p[at]) : text.p[at]) != units[i].byte)
            return -1;
        at++;
    }
    return (ptrdiff_t)at;
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* The next place from `at` on where the first unit may stand; text.n when there is none. */
static size_t next_start(struct str text, size_t at, const struct unit *first, bool fold)
{
    const char *lower, *upper;

    if (first->any || at >= text.n)
        return at;
    lower = memchr(text.p + at, first->byte, text.n - at);
    if (!fold || !is_letter(first->byte))
        return lower ? (size_t)(lower - text.p) : text.n;
    upper = memchr(text.p + at, first->byte - ('a' - 'A'),
                   lower ? (size_t)(lower - text.p) - at : text.n - at);
    return upper ? (size_t)(upper - text.p) : lower ? (size_t)(lower - text.p) : text.n;
}

/* Looks for the units anywhere in the text; returns the offset behind them, or -1. */
static ptrdiff_t find_units(struct str text, const struct unit *units, size_t n, bool fold)
{
    for (size_t at = 0; n == 0 || at < text.n; at++) {
        ptrdiff_t length;

        if (n > 0)
            at = next_start(text, at, &units[0], fold);
        if (at >= text.n && n > 0)
            return -1;
        length = match_units(str_make(text.p + at, text.n - at), units, n, fold);
        if (length >= 0)
            return (ptrdiff_t)at + length;
    }
    return -1;
}

static bool is_special(char c)
{
    return c == '%' || c == '_' || c == '\\';
}

static bool find_pattern(struct arena *scratch, struct str text, struct str pattern, bool fold)
{
    struct unit *units = arena_alloc(scratch, (pattern.n + 1) * sizeof(*units));
    size_t n = 0;

    for (size_t i = 0; units && i <= pattern.n; i++) {
        if (i == pattern.n || pattern.p[i] == '%') {
            ptrdiff_t end = n ? find_units(text, units, n, fold) : 0;
            if (end < 0)
                return false;
            text = str_make(text.p + end, text.n - (size_t)end);
            n = 0;
            continue;
        }
        if (pattern.p[i] == '\\' && i + 1 < pattern.n && is_special(pattern.p[i + 1]))
            units[n++] = (struct unit){pattern.p[++i], false};
        else
            units[n++] = (struct unit){pattern.p[i], pattern.p[i] == '_'};
        if (fold)
            units[n - 1].byte = lower_ascii(units[n - 1].byte);
    }
    return units != NULL;
}

bool text_contains(struct arena *scratch, struct str text, struct str pattern)
{
    /* Only letters beyond ASCII need the slow way. */
    if (!str_is_ascii(pattern)) {
        pattern = str_fold(scratch, pattern);
        text = str_fold(scratch, text);
    }
    return text.p && find_pattern(scratch, text, pattern, true);
}

bool text_contains_exact(struct arena *scratch, struct str text, struct str pattern)
{
    return find_pattern(scratch, text, pattern, false);
}

/* ---- patterns that are made ready ---- */

struct text_pattern {
    bool exact;
    bool literal; /* no wildcards, and cases of ASCII only: `bytes` are looked for as they are */
    bool fits_ids;
    size_t n;
    char bytes[]; /* of a literal without case: in lower case */
};

struct text_pattern *text_pattern_new(struct str pattern, bool exact)
{
    struct text_pattern *p = mem_alloc(sizeof(*p) + pattern.n + 1);

    p->exact = exact;
    p->literal = exact || str_is_ascii(pattern);
    p->fits_ids = true;
    p->n = pattern.n;
    for (size_t i = 0; i < pattern.n; i++) {
        char c = lower_ascii(pattern.p[i]);
        p->literal = p->literal && !is_special(c);
        p->fits_ids = p->fits_ids && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                                      c == '-' || is_special(c));
        p->bytes[i] = pattern.p[i];
    }
    for (size_t i = 0; p->literal && !exact && i < p->n; i++)
        p->bytes[i] = lower_ascii(p->bytes[i]);
    return p;
}

static bool equals_at(const char *text, const char *part, size_t n, bool exact)
{
    if (exact)
        return memcmp(text, part, n) == 0;
    for (size_t i = 0; i < n; i++) {
        if (lower_ascii(text[i]) != part[i])
            return false;
    }
    return true;
}

static bool find_slowly(struct str text, size_t from, const char *part, size_t n, bool exact)
{
    for (size_t at = from; at + n <= text.n; at++) {
        char c = exact ? text.p[at] : lower_ascii(text.p[at]);
        if (c == part[0] && equals_at(text.p + at, part, n, exact))
            return true;
    }
    return false;
}

/* Sixteen places at a time: those where the first and the last byte fit are compared. */
static bool find_literal(struct str text, const char *part, size_t n, bool exact)
{
    size_t at = 0;

    if (n == 0)
        return true;
    if (text.n < n)
        return false;
#ifdef __SSE2__
    /* Letters get the bit that lower case has; what else falls together is told apart later. */
    const char bit_first = !exact && is_letter(part[0]) ? 0x20 : 0;
    const char bit_last = !exact && is_letter(part[n - 1]) ? 0x20 : 0;
    const __m128i first = _mm_set1_epi8(part[0]), last = _mm_set1_epi8(part[n - 1]);
    const __m128i fold_first = _mm_set1_epi8(bit_first), fold_last = _mm_set1_epi8(bit_last);

    for (; at + n + 15 <= text.n; at += 16) {
        __m128i a = _mm_loadu_si128((const void *)(text.p + at));
        __m128i b = _mm_loadu_si128((const void *)(text.p + at + n - 1));
        __m128i fits = _mm_and_si128(_mm_cmpeq_epi8(_mm_or_si128(a, fold_first), first),
                                     _mm_cmpeq_epi8(_mm_or_si128(b, fold_last), last));
        unsigned mask = (unsigned)_mm_movemask_epi8(fits);
        for (; mask; mask &= mask - 1) {
            if (equals_at(text.p + at + __builtin_ctz(mask), part, n, exact))
                return true;
        }
    }
#endif
    return find_slowly(text, at, part, n, exact);
}

bool text_pattern_matches(const struct text_pattern *pattern, struct arena *scratch,
                          struct str text)
{
    if (pattern->literal)
        return find_literal(text, pattern->bytes, pattern->n, pattern->exact);
    return pattern->exact ? text_contains_exact(scratch, text, str_make(pattern->bytes, pattern->n))
                          : text_contains(scratch, text, str_make(pattern->bytes, pattern->n));
}

bool text_pattern_fits_ids(const struct text_pattern *pattern)
{
    return pattern->fits_ids;
}

static bool equals_any_case(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (lower_ascii(a[i]) != lower_ascii(b[i]))
            return false;
    }
    return true;
}

bool text_starts_any_case(struct str text, struct str part)
{
    return text.n >= part.n && equals_any_case(text.p, part.p, part.n);
}

bool text_ends_any_case(struct str text, struct str part)
{
    return text.n >= part.n && equals_any_case(text.p + text.n - part.n, part.p, part.n);
}
