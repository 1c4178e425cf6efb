/* Receiving traces of OpenTelemetry (otel.md). */
#include "api/otel.h"

#include "api/api.h"
#include "base/clock.h"
#include "http/uri.h"
#include "ingest/otlp_json.h"
#include "ingest/otlp_protobuf.h"
#include "ingest/otlp_write.h"
#include "model/project.h"

typedef enum err (*body_reader)(struct arena *arena, struct str body, struct otlp_request **ret,
                                struct error *reterr);

enum { TYPE_PROTOBUF, TYPE_JSON, TYPE_COUNT };

const char *const otel_body_types[] = {
    [TYPE_PROTOBUF] = "application/x-protobuf",
    [TYPE_JSON] = "application/json",
    [TYPE_COUNT] = NULL,
};

static const body_reader readers[] = {
    [TYPE_PROTOBUF] = otlp_read_protobuf,
    [TYPE_JSON] = otlp_read_json,
};

/* The reader for the request's content type; NULL when there is none. */
static body_reader find_reader(const struct request *request)
{
    struct str type;
    ptrdiff_t end;

    if (!request_header(request, "Content-Type", &type))
        return NULL;
    end = str_find(type, STR(";"));
    type = str_trim(str_make(type.p, end < 0 ? type.n : (size_t)end));
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (str_eq_nocase(type, str_of(otel_body_types[i])))
            return readers[i];
    }
    return NULL;
}

/* Whether a text is UTF-8, and whether there is anything in it beyond ASCII. */
static bool is_utf8(struct str text, bool *ret_beyond_ascii)
{
    *ret_beyond_ascii = false;
    while (text.n) {
        uint32_t rune;
        size_t n = str_next_rune(text, &rune);
        if (n == 0)
            return false;
        *ret_beyond_ascii |= n > 1;
        text = str_make(text.p + n, text.n - n);
    }
    return true;
}

static struct str latin1_to_utf8(struct arena *arena, struct str text)
{
    char *out = arena_alloc(arena, 2 * text.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        if (c >= 0x80)
            out[n++] = (char)(0xC0 | c >> 6);
        out[n++] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3F));
    }
    return str_make(out, n);
}

/* A header's text. Clients that can only send ASCII or Latin-1 escape what is beyond it, so escapes
 * of such characters are taken for them, and bytes that are no UTF-8 for Latin-1. Everything else,
 * other escapes too, stays as it is. Heads are small, so the pieces are always given. */
static struct str header_text(struct arena *arena, struct str raw)
{
    struct str decoded;
    bool beyond;

    if (!is_utf8(raw, &beyond))
        return latin1_to_utf8(arena, raw);
    if (!beyond && uri_decode(arena, raw, false, &decoded) && is_utf8(decoded, &beyond) && beyond)
        return decoded;
    return raw;
}

static enum err read_project_name(struct request *request, struct str *ret, struct error *reterr)
{
    struct str raw;

    *ret = STR("");
    if (!request_header(request, "projectName", &raw))
        return ERR_OK;
    *ret = str_trim(header_text(&request->arena, raw));
    if (str_count_utf16(*ret) > PROJECT_NAME_MAX)
        return error_add(reterr, ERR_UNPROCESSABLE, "projectName cannot exceed %d characters",
                         PROJECT_NAME_MAX);
    return ERR_OK;
}

static enum err read_request(struct request *request, struct otlp_change *change,
                             struct error *reterr)
{
    body_reader read = find_reader(request);
    struct otlp_request *body = NULL;
    struct caller caller;
    enum err err = api_caller(request, &caller, reterr);

    if (!err && !read)
        err = ERR_UNSUPPORTED_TYPE;
    if (!err)
        err = read_project_name(request, &change->project_name, reterr);
    if (!err)
        err = read(&request->arena, request->body, &body, reterr);
    if (!err)
        err = otlp_map(&request->arena, body, change->project_name, change->prices, &change->batch,
                       reterr);
    return err;
}

void otel_traces(struct request *request)
{
    struct otlp_change *change = arena_zalloc(&request->arena, sizeof(*change));
    struct error error = {.arena = &request->arena};
    enum err err;

    change->prices = api_of(request)->prices;
    err = read_request(request, change, &error);

    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    if (change->batch.entity_count == 0) {
        /* An export of nothing has succeeded, as OTLP wants it. */
        response_empty(request, operation_of(request)->status);
        request_finish(request);
        return;
    }
    change->trace_ttl_us = api_of(request)->otel_trace_ttl_ms * CLOCK_US_PER_MS;
    change->id_window_ms = api_of(request)->id_window_ms;
    otlp_change_write(change);
    api_write(request, &change->change, operation_of(request)->status);
}
