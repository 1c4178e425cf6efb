/* Serving the web client. */
#include "api/web.h"

#include "base/err.h"
#include "http/gzip.h"
#include "http/negotiate.h"

/* Only what comes from here runs and is shown; bodies of traces may hold images and audio. */
#define POLICY                                                                                     \
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:; "               \
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/* Names below this folder carry a hash of the content. */
#define HASHED_FOLDER "/assets/"

static const char no_client[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<title>ocelli</title>\n"
    "</head>\n"
    "<body>\n"
    "<h1>ocelli is running</h1>\n"
    "<p>This program was built without the web client. In the directory of its sources,</p>\n"
    "<pre>make run</pre>\n"
    "<p>installs what building it needs, builds it and serves it here. With Node 18 or newer in "
    "place, <code>make web all</code> only builds.</p>\n"
    "<p>The API is there: <a href=\"/openapi.json\">/openapi.json</a> describes it.</p>\n"
    "</body>\n"
    "</html>\n";

/* Not the web client's, whatever the router has below them. */
static const char *const api_places[] = {"/v1", "/api", "/is-alive", "/health", "/health-check"};

static bool is_below(struct str path, struct str place)
{
    return str_starts_with(path, place) && (path.n == place.n || path.p[place.n] == '/');
}

static bool is_api(const struct request *request)
{
    for (size_t i = 0; i < sizeof(api_places) / sizeof(api_places[0]); i++)
        if (is_below(request->path, str_of(api_places[i])))
            return true;
    return request->below_api;
}

static const struct web_file *find_file(struct str path)
{
    size_t low = 0, high = web_file_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(path, str_of(web_files[middle].path));
        if (order == 0)
            return &web_files[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool has_extension(struct str path)
{
    for (size_t i = path.n; i > 0 && path.p[i - 1] != '/'; i--)
        if (path.p[i - 1] == '.')
            return true;
    return false;
}

static void fail(struct request *request, enum err code)
{
    struct error error = {.arena = &request->arena, .code = code};

    response_error(request, &error);
}

static void answer(struct request *request, struct str body, const char *content_type)
{
    response_header(request, "Content-Security-Policy", STR(POLICY));
    response_header(request, "X-Content-Type-Options", STR("nosniff"));
    response_header(request, "Referrer-Policy", STR("no-referrer"));
    response_json(request, 200, body);
    request->response.content_type = content_type;
}

/* The client's copy is good; tags are compared as weak ones (RFC 9110, 13.1.2). */
static bool is_unchanged(const struct request *request, struct str tag)
{
    struct str known;

    return request_header(request, "If-None-Match", &known) &&
           (str_eq(str_trim(known), STR("*")) || str_find(known, tag) >= 0);
}

/* The plain bytes of a file that is stored packed, in the request's arena. */
static enum err unpack(struct request *request, const struct web_file *file, struct str *ret)
{
    struct buf buf;
    enum err err;

    buf_init(&buf, file->plain_size);
    err = gzip_inflate(str_make(file->bytes, file->size), &buf);
    if (!err)
        *ret = str_copy(&request->arena, buf_str(&buf));
    buf_done(&buf);
    return err ? err : ret->n == file->plain_size ? ERR_OK : ERR_TOO_LARGE;
}

static void send_file(struct request *request, const struct web_file *file)
{
    bool hashed = str_starts_with(str_of(file->path), STR(HASHED_FOLDER));
    bool packed = file->size < file->plain_size;
    struct str tag = str_format(&request->arena, "\"%s\"", file->tag);
    struct str body = str_make(file->bytes, file->size);
    bool unchanged = is_unchanged(request, tag);

    if (packed && !unchanged && !negotiate_accepts_gzip(request)) {
        enum err err = unpack(request, file, &body);
        if (err) {
            fail(request, err);
            return;
        }
        packed = false;
    }
    response_header(request, "Cache-Control",
                    hashed ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    /* Weak: one tag for both ways to send it. */
    response_header(request, "ETag", str_format(&request->arena, "W/%.*s", STR_ARG(tag)));
    response_header(request, "Vary", STR("Accept-Encoding"));
    if (unchanged) {
        response_empty(request, 304);
        return;
    }
    if (packed)
        response_header(request, "Content-Encoding", STR("gzip"));
    answer(request, body, file->content_type);
}

void web_get(struct request *request)
{
    struct str path = request->path_params[0];
    const struct web_file *file = is_api(request) ? NULL : find_file(path);

    if (!file && (is_api(request) || has_extension(path))) {
        fail(request, ERR_NOT_FOUND);
        return;
    }
    if (!file)
        file = find_file(STR("/index.html"));
    if (file) {
        send_file(request, file);
        return;
    }
    response_header(request, "Cache-Control", STR("no-cache"));
    answer(request, str_make(no_client, sizeof(no_client) - 1), "text/html; charset=utf-8");
}
