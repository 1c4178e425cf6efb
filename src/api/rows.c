/* The producer behind pages and streams of rows. */
#include "api/rows.h"

#include "base/clock.h"
#include "model/encode.h"

/* About so much is made at a time. */
#define PIECE_BYTES ((size_t)128 * 1024)

static struct row_answer *rows_of(const struct request *request)
{
    return request->response.produce_state;
}

static void release_rows(struct request *request)
{
    struct row_answer *rows = rows_of(request);

    rows->close(rows);
    store_read_end(rows->session);
    arena_done(&rows->item);
    if (rows->has_slot)
        atomic_fetch_sub(&api_of(request)->streams, 1);
}

/* An answer of more than one piece keeps its read session while the client takes it. */
static bool take_slot(struct request *request, struct row_answer *rows)
{
    struct api *api = api_of(request);

    if (rows->has_slot)
        return true;
    if (atomic_fetch_add(&api->streams, 1) >= api->stream_slots) {
        atomic_fetch_sub(&api->streams, 1);
        return false;
    }
    rows->has_slot = true;
    rows->opened_ns = clock_monotonic_ns();
    return true;
}

static bool is_too_long(const struct request *request, const struct row_answer *rows)
{
    int64_t age_ns = clock_monotonic_ns() - rows->opened_ns;

    return rows->has_slot && age_ns / 1000000 > api_of(request)->stream_limit_ms;
}

/* Appends the next row; ERR_NOT_FOUND after the last. */
static enum err append_row(struct row_answer *rows, struct buf *out)
{
    struct str text;
    enum err err = rows->next(rows, &rows->item, &text);

    if (err)
        return err;
    if ((!rows->lines && rows->count > 0 && !buf_append(out, STR(","))) || !buf_append(out, text) ||
        (rows->lines && !buf_append(out, STR("\r\n"))))
        return ERR_TOO_LARGE;
    rows->count++;
    arena_reset(&rows->item);
    return ERR_OK;
}

static bool append_head(struct request *request, struct row_answer *rows, struct buf *out)
{
    rows->started = true;
    return rows->lines ||
           buf_append(out, str_format(&request->arena, "{\"page\":%lld,\"content\":[",
                                      (long long)rows->page));
}

static bool append_tail(struct request *request, struct row_answer *rows, struct buf *out)
{
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *tail = yyjson_mut_obj(doc);
    struct str text;

    if (rows->lines)
        return true;
    yyjson_mut_obj_add_sint(doc, tail, "size", rows->count);
    yyjson_mut_obj_add_sint(doc, tail, "total", rows->total);
    if (rows->sortable_by)
        encode_add_names(doc, tail, "sortable_by",
                         rows->count || !rows->sortable_with_rows ? rows->sortable_by : NULL);
    yyjson_mut_doc_set_root(doc, tail);
    return json_write_mut(&request->arena, doc, &text) == ERR_OK && buf_append(out, STR("],")) &&
           buf_append(out, str_make(text.p + 1, text.n - 1));
}

/* A failure in the middle ends the answer with a line of its own (contract/README.md, difference
 * 11; traces.md 9.4 for the time limit). */
static void append_failure(struct request *request, enum err err, struct buf *out)
{
    bool timeout = err == ERR_TIMEOUT;
    const struct row_answer *rows = rows_of(request);
    struct str text =
        timeout ? STR("Streaming operation timed out") : request_failure_text(request, err);
    struct str line =
        str_format(&request->arena, "%s{\"code\":%d,\"message\":\"%.*s\"}\r\n",
                   rows->lines ? "" : "\r\n", timeout ? 500 : err_status(err), STR_ARG(text));

    if (err == ERR_INTERNAL)
        api_log_failure(request, rows->session);
    if (!buf_append(out, line))
        out->n = 0;
}

/* Appends rows until a piece is full. */
static enum produce_result produce_rows(struct request *request, struct buf *out)
{
    struct row_answer *rows = rows_of(request);
    bool first = !rows->started;
    enum err err = ERR_OK;

    if (first && !append_head(request, rows, out))
        err = ERR_TOO_LARGE;
    if (is_too_long(request, rows))
        err = ERR_TIMEOUT;
    while (!err && out->n < PIECE_BYTES)
        err = append_row(rows, out);
    if (!err && take_slot(request, rows))
        return PRODUCE_MORE;
    err = err ? err : ERR_UNAVAILABLE;
    if (err == ERR_NOT_FOUND && append_tail(request, rows, out))
        return PRODUCE_DONE;
    if (first && (err == ERR_UNAVAILABLE || !(rows->lines && rows->count > 0))) {
        struct error error = {.arena = &request->arena};
        out->n = 0;
        api_fail(request, err, &error, rows->session);
    } else {
        append_failure(request, err, out);
    }
    return PRODUCE_DONE;
}

void rows_answer(struct request *request, struct row_answer *rows)
{
    arena_init(&rows->item, request->arena.cap);
    response_stream(request, rows->lines ? "application/octet-stream" : "application/json",
                    produce_rows, rows, release_rows);
}
