/* Strings with a length: comparing, searching, copying, UTF-8. */
#include "base/str.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <wctype.h>

#include "base/arena.h"

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

static unsigned char ascii_lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (ascii_lower((unsigned char)a.p[i]) != ascii_lower((unsigned char)b.p[i]))
            return false;
    return true;
}

bool str_starts_with(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_make(s.p, prefix.n), prefix);
}

bool str_ends_with(struct str s, struct str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || str_eq(str_make(s.p + s.n - suffix.n, suffix.n), suffix));
}

ptrdiff_t str_find(struct str s, struct str needle)
{
    if (needle.n == 0)
        return 0;
    if (s.n < needle.n)
        return -1;
    const char *hit = memmem(s.p, s.n, needle.p, needle.n);
    return hit ? hit - s.p : -1;
}

bool str_is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    }
    return true;
}

uint64_t str_hash(struct str s)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < s.n; i++)
        hash = (hash ^ (unsigned char)s.p[i]) * 0x100000001b3;
    return hash ^ hash >> 32;
}

struct str str_trim(struct str s)
{
    while (s.n && (unsigned char)s.p[0] <= ' ') {
        s.p++;
        s.n--;
    }
    while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
        s.n--;
    return s;
}

bool str_is_blank(struct str s)
{
    return str_trim(s).n == 0;
}

size_t str_next_rune(struct str s, uint32_t *ret)
{
    if (s.n == 0)
        return 0;
    const unsigned char *p = (const unsigned char *)s.p;
    if (p[0] < 0x80) {
        *ret = p[0];
        return 1;
    }
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || s.n < n)
        return 0;
    uint32_t rune = p[0] & (0x7FU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        rune = rune << 6 | (p[i] & 0x3FU);
    }
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (rune < lowest[n] || rune > 0x10FFFF || (rune >= 0xD800 && rune <= 0xDFFF))
        return 0;
    *ret = rune;
    return n;
}

size_t str_count_utf16(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        count += (c & 0xC0) != 0x80;
        count += c >= 0xF0;
    }
    return count;
}

struct str str_copy(struct arena *arena, struct str s)
{
    char *p = s.n < SIZE_MAX ? arena_alloc(arena, s.n + 1) : NULL;
    if (!p)
        return (struct str){0};
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return str_make(p, s.n);
}

struct str str_format_args(struct arena *arena, const char *format, va_list args)
{
    char text[512];
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(text, sizeof(text), format, args);
    struct str result = {0};
    if (n >= 0 && (size_t)n < sizeof(text)) {
        result = str_copy(arena, str_make(text, (size_t)n));
    } else if (n >= 0) {
        char *p = arena_alloc(arena, (size_t)n + 1);
        if (p) {
            vsnprintf(p, (size_t)n + 1, format, again);
            result = str_make(p, (size_t)n);
        }
    }
    va_end(again);
    return result;
}

struct str str_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str result = str_format_args(arena, format, args);
    va_end(args);
    return result;
}

static locale_t unicode_locale;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;

static void unicode_init(void)
{
    unicode_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static uint32_t rune_lower(uint32_t rune)
{
    if (rune < 0x80)
        return ascii_lower((unsigned char)rune);
    pthread_once(&unicode_once, unicode_init);
    return unicode_locale ? (uint32_t)towlower_l((wint_t)rune, unicode_locale) : rune;
}

static size_t rune_write(uint32_t rune, char *out)
{
    if (rune < 0x80) {
        out[0] = (char)rune;
        return 1;
    }
    size_t n = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (rune & 0x3F));
        rune >>= 6;
    }
    out[0] = (char)((0xF00U >> n) | rune);
    return n;
}

struct str str_fold(struct arena *arena, struct str s)
{
    /* A sequence of two or more bytes becomes at most four. */
    char *p = s.n <= SIZE_MAX / 4 ? arena_alloc(arena, 2 * s.n + 1) : NULL;
    if (!p)
        return (struct str){0};
    size_t used = 0;
    for (size_t i = 0; i < s.n;) {
        uint32_t rune;
        size_t n = str_next_rune(str_make(s.p + i, s.n - i), &rune);
        if (n) {
            used += rune_write(rune_lower(rune), p + used);
            i += n;
        } else {
            p[used++] = s.p[i++];
        }
    }
    p[used] = '\0';
    return str_make(p, used);
}

bool str_to_i64(struct str s, int64_t *ret)
{
    bool negative = s.n && s.p[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == s.n)
        return false;
    int64_t value = 0;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        int digit = s.p[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *ret = value;
    return true;
}
