/* JSON on the arena: yyjson plus the contract's limits and extras.
 *
 * The text is parsed strictly first. Only when that fails is it worth looking for what the contract
 * forgives (bare NaN and Infinity, unpaired surrogates); so an ordinary request pays
 * nothing for it. */
#include "json/json.h"

#include <stdint.h>

#include "base/mem.h"

/* Chunks of a document that is being built stay below ARENA_SMALL, so that they are always given
 * and passing the ceiling shows in arena_is_over(). */
#define STRING_CHUNK_MAX ((size_t)32 * 1024)
/* A whole number of values: yyjson counts the room left in them. */
#define VALUE_CHUNK_MAX (1024 * sizeof(yyjson_mut_val))

#define WRITE_FLAGS YYJSON_WRITE_INF_AND_NAN_AS_NULL

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

static void *alc_malloc(void *ctx, size_t size)
{
    return arena_alloc(ctx, size);
}

static void *alc_realloc(void *ctx, void *p, size_t old_size, size_t size)
{
    return arena_grow(ctx, p, old_size, size);
}

static void alc_free(void *ctx, void *p)
{
    (void)ctx;
    (void)p;
}

yyjson_alc json_allocator(struct arena *arena)
{
    return (yyjson_alc){alc_malloc, alc_realloc, alc_free, arena};
}

static enum err fail_memory(const struct arena *arena, struct error *reterr)
{
    return error_set(reterr, ERR_TOO_LARGE, "request needs more memory than the limit of %zu bytes",
                     arena->cap);
}

/* Says where the parser stopped, both counted from 1; columns are code points. */
static enum err fail_syntax(struct str text, const yyjson_read_err *problem, struct error *reterr)
{
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < problem->pos && i < text.n; i++) {
        if (text.p[i] == '\n') {
            line++;
            column = 1;
        } else {
            column += ((unsigned char)text.p[i] & 0xC0) != 0x80;
        }
    }
    return error_set(reterr, ERR_BAD_REQUEST, "Unable to process JSON. %s at line %zu, column %zu",
                     problem->msg ? problem->msg : "invalid text", line, column);
}

/* The UTF-16 unit of a "\uXXXX" that `s` starts with, or -1. */
static int32_t read_escape(struct str s)
{
    if (s.n < 6 || s.p[0] != '\\' || s.p[1] != 'u')
        return -1;
    int32_t unit = 0;
    for (size_t i = 2; i < 6; i++) {
        char c = s.p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* The length of the sound piece that `s` starts with: a character, an escape, a surrogate pair of
 * escapes. 0 when it starts with an unpaired surrogate escape or a byte that is no UTF-8. */
static size_t sound_length(struct str s)
{
    if (s.p[0] != '\\') {
        uint32_t rune;
        return str_next_rune(s, &rune);
    }
    int32_t unit = read_escape(s);
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit >= 0 ? 6 : s.n < 2 || (unsigned char)s.p[1] >= 0x80 ? 1 : 2;
    int32_t low = unit < 0xDC00 ? read_escape(str_make(s.p + 6, s.n - 6)) : -1;
    return low >= 0xDC00 && low <= 0xDFFF ? 12 : 0;
}

/* How many bytes longer the repaired text is; *ret_broken says whether there is anything to do. */
static size_t measure_repair(struct str text, bool *ret_broken)
{
    size_t extra = 0;
    *ret_broken = false;
    for (size_t i = 0; i < text.n;) {
        size_t n = sound_length(str_make(text.p + i, text.n - i));
        if (n == 0) {
            *ret_broken = true;
            /* "\ud83d" becomes "\ufffd"; a stray byte becomes U+FFFD itself. */
            n = text.p[i] == '\\' ? 6 : 1;
            extra += n == 1 ? 2 : 0;
        }
        i += n;
    }
    return extra;
}

/* A copy with everything unsound replaced; `*text` itself when there is nothing to replace. False
 * when the arena's ceiling is reached. */
static bool repair(struct arena *arena, struct str *text)
{
    bool broken;
    size_t extra = measure_repair(*text, &broken);
    if (!broken)
        return true;
    char *copy = arena_alloc(arena, text->n + extra);
    if (!copy)
        return false;
    size_t used = 0;
    for (size_t i = 0; i < text->n;) {
        size_t n = sound_length(str_make(text->p + i, text->n - i));
        struct str piece = str_make(text->p + i, n);
        if (n == 0) {
            bool escape = text->p[i] == '\\';
            piece = escape ? STR("\\ufffd") : str_of(replacement);
            n = escape ? 6 : 1;
        }
        memcpy(copy + used, piece.p, piece.n);
        used += piece.n;
        i += n;
    }
    *text = str_make(copy, used);
    return true;
}

/* Parses, forgiving what the contract forgives. NULL with the error set. */
static yyjson_doc *read_text(struct arena *arena, struct str text, bool *ret_forgiving,
                             struct error *reterr)
{
    yyjson_alc alc = json_allocator(arena);
    yyjson_read_flag flags = YYJSON_READ_NUMBER_AS_RAW;
    bool repaired = false;
    for (;;) {
        yyjson_read_err problem;
        struct arena_mark mark = arena_mark(arena);
        /* yyjson writes to the text only when it is told to parse in place. */
        yyjson_doc *doc =
            yyjson_read_opts((char *)(uintptr_t)text.p, text.n, flags, &alc, &problem);
        *ret_forgiving = flags & YYJSON_READ_ALLOW_INF_AND_NAN;
        if (doc)
            return doc;
        arena_rewind(arena, mark);
        bool retry = false;
        if (problem.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) {
            fail_memory(arena, reterr);
            return NULL;
        }
        bool broken;
        /* Only escapes are forgiven: bytes that are no UTF-8 make a text that is no JSON. */
        if (problem.code == YYJSON_READ_ERROR_INVALID_STRING && !repaired &&
            measure_repair(text, &broken) == 0) {
            struct str before = text;
            if (!repair(arena, &text)) {
                fail_memory(arena, reterr);
                return NULL;
            }
            repaired = true;
            retry = text.p != before.p;
        } else if (text.n && !*ret_forgiving) {
            flags |= YYJSON_READ_ALLOW_INF_AND_NAN;
            retry = true;
        }
        if (!retry) {
            fail_syntax(text, &problem, reterr);
            return NULL;
        }
    }
}

/* A bare NaN or Infinity becomes a string. False when it is spelt in another way. */
static bool accept_literal(yyjson_val *value)
{
    struct str text = str_make(unsafe_yyjson_get_raw(value), unsafe_yyjson_get_len(value));
    char last = text.p[text.n - 1];
    /* Numbers end in a digit. */
    if (last >= '0' && last <= '9')
        return true;
    if (!str_eq(text, STR("NaN")) && !str_eq(text, STR("Infinity")) &&
        !str_eq(text, STR("-Infinity")))
        return false;
    value->tag = (uint64_t)text.n << YYJSON_TAG_BIT | YYJSON_TYPE_STR;
    return true;
}

/* One pass over the values, which yyjson keeps in one array in the order of the text. */
static enum err check_values(yyjson_doc *doc, bool forgiving, struct error *reterr)
{
    const yyjson_val *open[JSON_DEPTH_MAX]; /* ends of the containers around the value */
    size_t depth = 0;
    yyjson_val *value = yyjson_doc_get_root(doc);
    const yyjson_val *end = value + yyjson_doc_get_val_count(doc);
    for (; value < end; value++) {
        yyjson_type type = unsafe_yyjson_get_type(value);
        if (type >= YYJSON_TYPE_ARR) {
            while (depth && open[depth - 1] <= value)
                depth--;
            if (depth == JSON_DEPTH_MAX)
                return error_set(reterr, ERR_BAD_REQUEST,
                                 "Unable to process JSON. nesting depth exceeds the maximum of %d",
                                 JSON_DEPTH_MAX);
            open[depth++] = unsafe_yyjson_get_next(value);
        } else if (type == YYJSON_TYPE_STR && unsafe_yyjson_get_len(value) > JSON_STRING_MAX) {
            return error_set(
                reterr, ERR_BAD_REQUEST,
                "Unable to process JSON. String value length (%zu) exceeds the maximum "
                "allowed (%zu)",
                unsafe_yyjson_get_len(value), JSON_STRING_MAX);
        } else if (forgiving && type == YYJSON_TYPE_RAW && !accept_literal(value)) {
            return error_set(reterr, ERR_BAD_REQUEST,
                             "Unable to process JSON. invalid literal, of the numbers that are not "
                             "finite only NaN, Infinity and -Infinity are known");
        }
    }
    return ERR_OK;
}

enum err json_parse(struct arena *arena, struct str text, yyjson_val **ret, struct error *reterr)
{
    /* A byte order mark is allowed in front, as Jackson has it. */
    if (str_starts_with(text, STR("\xEF\xBB\xBF")))
        text = str_make(text.p + 3, text.n - 3);
    bool forgiving;
    yyjson_doc *doc = read_text(arena, text, &forgiving, reterr);
    if (!doc)
        return reterr->code;
    /* yyjson guesses the number of values from the length of the text, twice and more of which it
     * asks for; that array, with the document in front, is its newest piece. */
    const yyjson_val *end = yyjson_doc_get_root(doc) + yyjson_doc_get_val_count(doc);
    arena_trim(arena, doc, (size_t)((const char *)end - (const char *)doc));
    if (arena_is_over(arena))
        return fail_memory(arena, reterr);
    enum err code = check_values(doc, forgiving, reterr);
    if (code == ERR_OK)
        *ret = yyjson_doc_get_root(doc);
    return code;
}

/* Writes a value or a document, whichever is there, on the heap: yyjson asks for room for every
 * character of a string to be escaped, six times what is mostly needed. */
static char *write_text(const yyjson_val *value, const yyjson_mut_doc *doc, yyjson_write_flag flags,
                        size_t *ret_size, yyjson_write_err *ret_problem)
{
    if (doc)
        return yyjson_mut_write_opts(doc, flags, NULL, ret_size, ret_problem);
    return yyjson_val_write_opts(value, flags, NULL, ret_size, ret_problem);
}

static enum err write_any(struct arena *arena, const yyjson_val *value, const yyjson_mut_doc *doc,
                          struct str *ret)
{
    if (arena_is_over(arena))
        return ERR_TOO_LARGE;
    yyjson_write_err problem;
    size_t size = 0;
    char *text = write_text(value, doc, WRITE_FLAGS, &size, &problem);
    bool broken = !text && problem.code == YYJSON_WRITE_ERROR_INVALID_STRING;
    if (broken)
        /* A text from elsewhere is no UTF-8: better a replaced character than no answer. */
        text = write_text(value, doc, WRITE_FLAGS | YYJSON_WRITE_ALLOW_INVALID_UNICODE, &size,
                          &problem);
    if (!text)
        return problem.code == YYJSON_WRITE_ERROR_MEMORY_ALLOCATION ? ERR_TOO_LARGE : ERR_INTERNAL;
    struct str result = str_make(text, size);
    bool done = !broken || repair(arena, &result);
    if (done && result.p == text)
        result = str_copy(arena, result);
    mem_free(text);
    if (!done || arena_is_over(arena))
        return ERR_TOO_LARGE;
    *ret = result;
    return ERR_OK;
}

enum err json_write(struct arena *arena, const yyjson_val *value, struct str *ret)
{
    return write_any(arena, value, NULL, ret);
}

enum err json_write_mut(struct arena *arena, const yyjson_mut_doc *doc, struct str *ret)
{
    return write_any(arena, NULL, doc, ret);
}

yyjson_mut_doc *json_new(struct arena *arena)
{
    /* A document keeps the allocator by value, so it may stand on the stack. */
    yyjson_alc alc = json_allocator(arena);
    yyjson_mut_doc *doc = yyjson_mut_doc_new(&alc);
    doc->str_pool.chunk_size_max = STRING_CHUNK_MAX;
    doc->val_pool.chunk_size_max = VALUE_CHUNK_MAX;
    return doc;
}

const char *json_type_name(const yyjson_val *value)
{
    switch (yyjson_get_type((yyjson_val *)(uintptr_t)value)) {
    case YYJSON_TYPE_OBJ:
        return "object";
    case YYJSON_TYPE_ARR:
        return "array";
    case YYJSON_TYPE_STR:
        return "string";
    case YYJSON_TYPE_BOOL:
        return "boolean";
    case YYJSON_TYPE_RAW:
    case YYJSON_TYPE_NUM:
        return "number";
    default:
        return "null";
    }
}

yyjson_val *json_member(yyjson_val *object, const char *name)
{
    yyjson_val *found = NULL, *key;
    yyjson_obj_iter iter;

    yyjson_obj_iter_init(object, &iter);
    while ((key = yyjson_obj_iter_next(&iter))) {
        if (yyjson_equals_str(key, name))
            found = yyjson_obj_iter_get_val(key);
    }
    return found;
}

bool json_scalar_text(const yyjson_val *value, struct str *ret)
{
    yyjson_val *v = (yyjson_val *)(uintptr_t)value;
    if (yyjson_is_str(v) || yyjson_is_raw(v)) {
        *ret = str_make(unsafe_yyjson_get_raw(v), unsafe_yyjson_get_len(v));
        return true;
    }
    if (yyjson_is_bool(v)) {
        *ret = yyjson_get_bool(v) ? STR("true") : STR("false");
        return true;
    }
    return false;
}
