/* Request targets. Everything is decoded exactly once, here: libmicrohttpd's own decoding works in
 * place on NUL-terminated text, which loses %00 and the difference between `/` and `%2F`. */
#include "http/uri.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool uri_escapes_are_whole(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '%')
            continue;
        if (text.n - i < 3 || hex_value(text.p[i + 1]) < 0 || hex_value(text.p[i + 2]) < 0)
            return false;
        i += 2;
    }
    return true;
}

static bool needs_decoding(struct str text, bool form)
{
    if (text.n == 0)
        return false;
    return memchr(text.p, '%', text.n) || (form && memchr(text.p, '+', text.n));
}

bool uri_decode(struct arena *arena, struct str text, bool form, struct str *ret)
{
    if (!needs_decoding(text, form)) {
        *ret = text;
        return true;
    }
    if (!uri_escapes_are_whole(text))
        return false;
    char *out = arena_alloc(arena, text.n);
    if (!out)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            c = (char)(hex_value(text.p[i + 1]) << 4 | hex_value(text.p[i + 2]));
            i += 2;
        } else if (c == '+' && form) {
            c = ' ';
        }
        out[n++] = c;
    }
    *ret = str_make(out, n);
    return true;
}

static struct str str_skip(struct str s, size_t n)
{
    return str_make(s.p + n, s.n - n);
}

/* Proxies may send "http://host/path". */
static struct str drop_origin(struct str path)
{
    static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (path.n < schemes[i].n || !str_eq_nocase(str_make(path.p, schemes[i].n), schemes[i]))
            continue;
        struct str rest = str_skip(path, schemes[i].n);
        const char *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
        return slash ? str_skip(rest, (size_t)(slash - rest.p)) : STR("/");
    }
    return path;
}

static bool has_prefix(struct str path, struct str prefix)
{
    return str_starts_with(path, prefix) && (path.n == prefix.n || path.p[prefix.n] == '/');
}

static struct str drop_prefix(struct str path)
{
    struct str prefix = STR("/api");
    if (!has_prefix(path, prefix))
        return path;
    return path.n == prefix.n ? STR("/") : str_skip(path, prefix.n);
}

void uri_split(struct str target, struct str *ret_path, struct str *ret_query, bool *ret_prefixed)
{
    const char *mark = target.n ? memchr(target.p, '?', target.n) : NULL;
    struct str path = target;
    *ret_query = str_make("", 0);
    if (mark) {
        path.n = (size_t)(mark - target.p);
        *ret_query = str_skip(target, path.n + 1);
    }
    struct str whole = drop_origin(path);
    path = drop_prefix(whole);
    *ret_prefixed = path.n < whole.n;
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    *ret_path = path.n ? path : STR("/");
}

static size_t count_parts(struct str query)
{
    size_t count = 1;
    for (size_t i = 0; i < query.n; i++)
        count += query.p[i] == '&';
    return count;
}

static bool parse_pair(struct arena *arena, struct str part, struct http_pair *ret)
{
    const char *equals = memchr(part.p, '=', part.n);
    struct str name = part, value = str_make("", 0);
    if (equals) {
        name.n = (size_t)(equals - part.p);
        value = str_skip(part, name.n + 1);
    }
    return uri_decode(arena, name, true, &ret->name) && uri_decode(arena, value, true, &ret->value);
}

bool uri_parse_query(struct arena *arena, struct str query, const struct http_pair **ret,
                     size_t *ret_count)
{
    *ret = NULL;
    *ret_count = 0;
    if (query.n == 0)
        return true;
    struct http_pair *pairs = arena_alloc(arena, count_parts(query) * sizeof(*pairs));
    if (!pairs)
        return false;
    size_t count = 0;
    while (query.n > 0) {
        const char *end = memchr(query.p, '&', query.n);
        struct str part = query;
        if (end)
            part.n = (size_t)(end - query.p);
        query = str_skip(query, end ? part.n + 1 : part.n);
        if (part.n == 0)
            continue;
        if (!parse_pair(arena, part, &pairs[count]))
            return false;
        count++;
    }
    *ret = pairs;
    *ret_count = count;
    return true;
}
