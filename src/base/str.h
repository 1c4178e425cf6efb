/* Strings with a length. A `struct str` is a view: it owns nothing and needs no terminating NUL. */
#ifndef OCELLI_BASE_STR_H
#define OCELLI_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct str {
    const char *p;
    size_t n; /* bytes */
};

/* A string literal as a view, computed by the compiler. */
#define STR(literal) ((struct str){("" literal), sizeof(literal) - 1})
/* The two arguments that a "%.*s" takes. */
#define STR_ARG(s) (int)(s).n, (s).n ? (s).p : ""

static inline struct str str_make(const char *p, size_t n)
{
    return (struct str){p, n};
}

/* View of a NUL-terminated string; NULL gives the empty string. */
static inline struct str str_of(const char *text)
{
    return text ? (struct str){text, strlen(text)} : (struct str){"", 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Byte order, shorter first on a tie; result like memcmp. */
int str_cmp(struct str a, struct str b);

/* ASCII case-insensitive equality. */
bool str_eq_nocase(struct str a, struct str b);

bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);

/* First byte offset of `needle` in `s`, or -1. */
ptrdiff_t str_find(struct str s, struct str needle);

/* True when no byte is beyond 0x7F. */
bool str_is_ascii(struct str s);

/* A hash of the bytes (FNV-1a), for tables in memory. */
uint64_t str_hash(struct str s);

/* Without leading and trailing characters <= U+0020, as Java's String.trim() has it. */
struct str str_trim(struct str s);

/* True when the string is empty or holds nothing but white space (the contract's "blank"). */
bool str_is_blank(struct str s);

/* Number of Unicode code points, counting UTF-16 units as the contract's limits do: a code point
 * beyond U+FFFF counts two. `s` is valid UTF-8. */
size_t str_count_utf16(struct str s);

/* The length of the UTF-8 sequence that `s` starts with, and its code point in *ret; 0 when `s` is
 * empty or starts with none (overlong forms and surrogates are none). */
size_t str_next_rune(struct str s, uint32_t *ret);

/* The functions below that make a text give {NULL, 0} when it is larger than the arena allows. */

/* Copy into the arena, with a NUL behind it. */
struct str str_copy(struct arena *arena, struct str s);

/* Formatted text in the arena, NUL-terminated. */
struct str str_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with the arguments of the caller. */
struct str str_format_args(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Unicode simple lower-casing of a UTF-8 text, for case-insensitive names; result in the arena. */
struct str str_fold(struct arena *arena, struct str s);

/* Decimal integer of the whole string (optional '-', digits only). False when it is none or does
 * not fit; *ret is then untouched. */
bool str_to_i64(struct str s, int64_t *ret);

#endif
