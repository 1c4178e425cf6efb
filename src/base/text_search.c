/* Finding a pattern in a text. Patterns are cut at `%` into pieces that must follow one another; a
 * piece without wildcards, nearly every one, is found by looking for its first character. */
#include "base/text_search.h"

#include "base/arena.h"

/* One literal character of a pattern, or a wildcard for one character. */
struct unit {
    char byte;
    bool any; /* `_` */
};

static char lower_ascii(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    }
    return true;
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
    if (!is_ascii(pattern)) {
        pattern = str_fold(scratch, pattern);
        text = str_fold(scratch, text);
    }
    return text.p && find_pattern(scratch, text, pattern, true);
}

bool text_contains_exact(struct arena *scratch, struct str text, struct str pattern)
{
    return find_pattern(scratch, text, pattern, false);
}
