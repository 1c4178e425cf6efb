/* JSON paths. */
#include "query/json_path.h"

#include <ctype.h>

struct scanner {
    struct arena *arena;
    struct str rest;
};

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static void advance(struct scanner *s, size_t n)
{
    s->rest = str_make(s->rest.p + n, s->rest.n - n);
}

static bool skip(struct scanner *s, char c)
{
    if (s->rest.n == 0 || s->rest.p[0] != c)
        return false;
    advance(s, 1);
    return true;
}

static void skip_spaces(struct scanner *s)
{
    while (skip(s, ' '))
        ;
}

/* A name in quotes; a backslash takes the next character as it is. */
static bool scan_quoted(struct scanner *s, struct str *ret)
{
    char quote = s->rest.p[0];
    char *out = arena_alloc(s->arena, s->rest.n);
    size_t n = 0, i = 1;

    if (!out)
        return false;
    for (; i < s->rest.n && s->rest.p[i] != quote; i++) {
        if (s->rest.p[i] == '\\' && i + 1 < s->rest.n)
            i++;
        out[n++] = s->rest.p[i];
    }
    if (i == s->rest.n)
        return false;
    *ret = str_make(out, n);
    advance(s, i + 1);
    return true;
}

static bool is_quote(struct str s)
{
    return s.n && (s.p[0] == '"' || s.p[0] == '`' || s.p[0] == '\'');
}

static bool scan_name(struct scanner *s, struct json_step *step)
{
    size_t n = 0;

    step->kind = STEP_NAME;
    if (is_quote(s->rest))
        return scan_quoted(s, &step->name);
    while (n < s->rest.n && is_name_char(s->rest.p[n]))
        n++;
    step->name = str_make(s->rest.p, n);
    advance(s, n);
    return n > 0;
}

static bool scan_number(struct scanner *s, size_t *ret)
{
    size_t n = 0;

    *ret = 0;
    while (n < s->rest.n && n < 9 && isdigit((unsigned char)s->rest.p[n]))
        *ret = *ret * 10 + (size_t)(s->rest.p[n++] - '0');
    advance(s, n);
    return n > 0;
}

/* What stands behind `[`, up to and with `]`. */
static bool scan_bracket(struct scanner *s, struct json_step *step)
{
    skip_spaces(s);
    if (is_quote(s->rest)) {
        step->kind = STEP_NAME;
        if (!scan_quoted(s, &step->name))
            return false;
    } else if (skip(s, '*')) {
        step->kind = STEP_ALL;
    } else {
        step->kind = STEP_INDEX;
        if (!scan_number(s, &step->from))
            return false;
        skip_spaces(s);
        if (str_starts_with(s->rest, STR("to"))) {
            step->kind = STEP_RANGE;
            advance(s, 2);
            skip_spaces(s);
            if (!scan_number(s, &step->to))
                return false;
        }
    }
    skip_spaces(s);
    return skip(s, ']');
}

bool json_path_parse(struct arena *arena, struct str text, struct json_path *ret)
{
    struct scanner s = {arena, text};
    bool bare = text.n && text.p[0] != '$' && text.p[0] != '[' && text.p[0] != '.';

    ret->n = 0;
    skip(&s, '$');
    while (s.rest.n || bare) {
        struct json_step *step = &ret->steps[ret->n++];
        if (ret->n > JSON_PATH_STEPS_MAX)
            return false;
        *step = (struct json_step){0};
        if (bare || skip(&s, '.')) {
            if (!scan_name(&s, step))
                return false;
        } else if (!skip(&s, '[') || !scan_bracket(&s, step)) {
            return false;
        }
        bare = false;
    }
    return true;
}

static bool first_of(const struct json_path *path, size_t at, yyjson_val *value, struct str *ret);

static bool first_of_range(const struct json_path *path, size_t at, yyjson_val *array, size_t from,
                           size_t to, struct str *ret)
{
    yyjson_val *item;
    size_t i, n;

    yyjson_arr_foreach(array, i, n, item)
    {
        if (i >= from && i <= to && first_of(path, at + 1, item, ret))
            return true;
    }
    return false;
}

/* Depth is bounded by the steps of the path. */
static bool first_of(const struct json_path *path, size_t at, yyjson_val *value, struct str *ret)
{
    const struct json_step *step = &path->steps[at];

    if (!value)
        return false;
    if (at == path->n) {
        if (yyjson_is_null(value)) {
            *ret = STR("null");
            return true;
        }
        return json_scalar_text(value, ret);
    }
    switch (step->kind) {
    case STEP_NAME:
        return first_of(path, at + 1, yyjson_obj_getn(value, step->name.p, step->name.n), ret);
    case STEP_INDEX:
        return first_of(path, at + 1, yyjson_arr_get(value, step->from), ret);
    case STEP_ALL:
        return first_of_range(path, at, value, 0, SIZE_MAX, ret);
    case STEP_RANGE:
        return first_of_range(path, at, value, step->from, step->to, ret);
    }
    return false;
}

bool json_path_first(const struct json_path *path, yyjson_val *root, struct str *ret)
{
    return first_of(path, 0, root, ret);
}
