/* Content negotiation by RFC 9110, 12.5: the most specific range that matches decides, and q=0
 * forbids. Weights beyond "zero or not" do not matter, since each route produces one type. */
#include "http/negotiate.h"

/* Walks the comma-separated elements of all headers of one name. */
struct list_walk {
    const struct request *request;
    struct str name;
    size_t next_header;
    struct str rest;
};

static struct str cut(struct str *rest, char separator)
{
    const char *end = rest->n ? memchr(rest->p, separator, rest->n) : NULL;
    struct str part = *rest;
    if (end)
        part.n = (size_t)(end - rest->p);
    size_t used = end ? part.n + 1 : part.n;
    *rest = str_make(rest->p + used, rest->n - used);
    return str_trim(part);
}

static bool list_next(struct list_walk *walk, struct str *ret)
{
    for (;;) {
        while (walk->rest.n > 0) {
            *ret = cut(&walk->rest, ',');
            if (ret->n > 0)
                return true;
        }
        const struct request *request = walk->request;
        while (walk->next_header < request->header_count &&
               !str_eq_nocase(request->headers[walk->next_header].name, walk->name))
            walk->next_header++;
        if (walk->next_header == request->header_count)
            return false;
        walk->rest = request->headers[walk->next_header++].value;
    }
}

/* "0", "0.", "0.000": the client forbids it. */
static bool weight_is_zero(struct str q)
{
    if (q.n == 0 || q.p[0] != '0')
        return false;
    for (size_t i = 1; i < q.n; i++)
        if (q.p[i] != '0' && !(i == 1 && q.p[i] == '.'))
            return false;
    return true;
}

/* Takes the range off an element ("text/html;level=1;q=0") and reads its weight. */
static struct str range_of(struct str element, bool *ret_allowed)
{
    struct str range = cut(&element, ';');
    *ret_allowed = true;
    while (element.n > 0) {
        struct str parameter = cut(&element, ';');
        struct str name = cut(&parameter, '=');
        if (str_eq_nocase(name, STR("q")))
            *ret_allowed = !weight_is_zero(str_trim(parameter));
    }
    return range;
}

/* 3: the type itself, 2: "text/" followed by a star, 1: any, 0: no match. */
static int range_rank(struct str range, struct str type)
{
    if (str_eq_nocase(range, type))
        return 3;
    if (str_eq(range, STR("*/*")) || str_eq(range, STR("*")))
        return 1;
    if (range.n < 2 || !str_ends_with(range, STR("/*")) || type.n < range.n - 1)
        return 0;
    return str_eq_nocase(str_make(range.p, range.n - 1), str_make(type.p, range.n - 1)) ? 2 : 0;
}

bool negotiate_accepts_type(const struct request *request, struct str type)
{
    struct list_walk walk = {.request = request, .name = STR("Accept")};
    struct str element;
    bool any = false, allowed = false;
    int best = 0;
    type = cut(&type, ';');
    while (list_next(&walk, &element)) {
        bool element_allowed;
        int rank = range_rank(range_of(element, &element_allowed), type);
        any = true;
        /* Equal ranges may differ in parameters that are not looked at: one that allows is
         * enough. */
        if (rank > best || (rank == best && rank > 0 && element_allowed)) {
            best = rank;
            allowed = element_allowed;
        }
    }
    return any ? allowed : true;
}

bool negotiate_accepts_gzip(const struct request *request)
{
    struct list_walk walk = {.request = request, .name = STR("Accept-Encoding")};
    struct str element;
    bool star = false;
    while (list_next(&walk, &element)) {
        bool allowed;
        struct str coding = range_of(element, &allowed);
        if (str_eq_nocase(coding, STR("gzip")) || str_eq_nocase(coding, STR("x-gzip")))
            return allowed;
        if (str_eq(coding, STR("*")))
            star = allowed;
    }
    return star;
}

enum http_coding negotiate_body_coding(const struct request *request)
{
    struct list_walk walk = {.request = request, .name = STR("Content-Encoding")};
    enum http_coding ret = CODING_IDENTITY;
    struct str coding;
    while (list_next(&walk, &coding)) {
        if (str_eq_nocase(coding, STR("identity")))
            continue;
        bool gzip = str_eq_nocase(coding, STR("gzip")) || str_eq_nocase(coding, STR("x-gzip"));
        if (!gzip || ret == CODING_GZIP)
            return CODING_UNKNOWN;
        ret = CODING_GZIP;
    }
    return ret;
}

bool negotiate_is_json(struct str content_type)
{
    return str_eq_nocase(cut(&content_type, ';'), STR("application/json"));
}

bool negotiate_is_compressible(struct str content_type)
{
    static const char *const packed[] = {"image/", "video/", "audio/", "font/", "application/zip",
                                         "application/gzip", "application/pdf", "application/zstd",
                                         "application/x-7z",
                                         /* A packer would hold events back. */
                                         "text/event-stream"};
    if (str_starts_with(content_type, STR("image/svg")))
        return true;
    for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
        if (str_starts_with(content_type, str_of(packed[i])))
            return false;
    return true;
}
