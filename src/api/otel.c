/* Receiving traces of OpenTelemetry (otel.md). */
#include "api/otel.h"

#include "api/api.h"
#include "base/clock.h"
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

/* A header's text. Clients whose headers are Latin-1 send it so; UTF-8 stays as it is. */
static struct str header_text(struct arena *arena, struct str raw)
{
    char *out;
    size_t n = 0;
    uint32_t rune;

    for (struct str rest = raw; rest.n; rest = str_make(rest.p + n, rest.n - n)) {
        n = str_next_rune(rest, &rune);
        if (n == 0)
            break;
    }
    if (n || raw.n == 0)
        return raw;
    out = arena_alloc(arena, 2 * raw.n);
    for (size_t i = 0; i < raw.n; i++) {
        uint8_t c = (uint8_t)raw.p[i];
        if (c >= 0x80)
            out[n++] = (char)(0xC0 | c >> 6);
        out[n++] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3F));
    }
    return str_make(out, n);
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
        err = otlp_map(&request->arena, body, change->project_name, &change->batch, reterr);
    return err;
}

void otel_traces(struct request *request)
{
    struct otlp_change *change = arena_zalloc(&request->arena, sizeof(*change));
    struct error error = {.arena = &request->arena};
    enum err err = read_request(request, change, &error);

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
