/* Pages and streams of traces and spans. Rows are encoded one by one into pieces, so that memory is
 * bounded whatever the size. */
#include "api/annotations.h"
#include "api/conditions.h"
#include "api/entities.h"
#include "api/threads.h"
#include "base/clock.h"
#include "model/encode.h"
#include "model/entity_view.h"
#include "model/search.h"
#include "model/thread_view.h"
#include "query/exclude.h"
#include "query/sort.h"

/* About so much is made at a time. */
#define PIECE_BYTES ((size_t)128 * 1024)

struct list_state {
    struct session *session;
    struct entity_query query;
    struct entity_view view;
    struct annotation_view annotations;
    struct entity_cursor *cursor;
    struct arena item; /* of one row */
    int64_t page, total, count;
    bool lines; /* a stream: one row a line, nothing around them */
    bool started;
    bool has_slot;     /* counted in api->streams */
    int64_t opened_ns; /* monotonic */
};

static void release_list(struct request *request)
{
    struct list_state *state = request->response.produce_state;

    store_entity_close(state->cursor);
    store_read_end(state->session);
    arena_done(&state->item);
    if (state->has_slot)
        atomic_fetch_sub(&api_of(request)->streams, 1);
}

/* An answer of more than one piece keeps its read session while the client takes it. */
static bool take_slot(struct request *request, struct list_state *state)
{
    struct api *api = api_of(request);

    if (state->has_slot)
        return true;
    if (atomic_fetch_add(&api->streams, 1) >= api->stream_slots) {
        atomic_fetch_sub(&api->streams, 1);
        return false;
    }
    state->has_slot = true;
    state->opened_ns = clock_monotonic_ns();
    return true;
}

static bool is_too_long(const struct request *request, const struct list_state *state)
{
    int64_t age_ns = clock_monotonic_ns() - state->opened_ns;

    return state->has_slot && age_ns / 1000000 > api_of(request)->stream_limit_ms;
}

/* The row as an object, with its annotations. */
static enum err show_row(struct session *session, const struct annotation_view *annotations,
                         const struct entity_view *view, struct record *record, struct arena *arena,
                         yyjson_mut_doc *doc, yyjson_mut_val **ret)
{
    bool thread = annotations->resource == &thread_resource;
    const struct value *id = &record->v[thread ? (size_t)THREAD_MODEL_ID : ENTITY_ID];
    enum err err = ERR_OK;

    if (value_is_set(id))
        err = annotation_view_load(session, annotations, &id->uuid, arena, record);
    if (err)
        return err;
    if (!thread)
        return entity_view_encode(arena, doc, record, view, ret);
    return thread_view_encode(
        arena, doc, record, view->truncate ? THREAD_MESSAGES_WITHOUT_IMAGES : THREAD_MESSAGES_WHOLE,
        ret);
}

enum err entity_row_text(struct session *session, const struct annotation_view *annotations,
                         const struct entity_view *view, struct record *record, struct arena *arena,
                         struct str *ret)
{
    yyjson_mut_doc *doc = json_new(arena);
    yyjson_mut_val *object;
    enum err err = show_row(session, annotations, view, record, arena, doc, &object);

    if (err)
        return err;
    yyjson_mut_doc_set_root(doc, object);
    return json_write_mut(arena, doc, ret);
}

/* Appends the next row; ERR_NOT_FOUND after the last. */
static enum err append_row(struct list_state *state, struct buf *out)
{
    struct arena *arena = &state->item;
    struct str text;
    struct row row;
    enum err err = store_entity_next(state->cursor, arena, &row);

    if (!err)
        err = entity_row_text(state->session, &state->annotations, &state->view, row.record, arena,
                              &text);
    if (err)
        return err;
    if ((!state->lines && state->count > 0 && !buf_append(out, STR(","))) ||
        !buf_append(out, text) || (state->lines && !buf_append(out, STR("\r\n"))))
        return ERR_TOO_LARGE;
    state->count++;
    arena_reset(arena);
    return ERR_OK;
}

static bool append_head(struct request *request, struct list_state *state, struct buf *out)
{
    state->started = true;
    return state->lines ||
           buf_append(out, str_format(&request->arena, "{\"page\":%lld,\"content\":[",
                                      (long long)state->page));
}

static bool append_tail(struct request *request, struct list_state *state, struct buf *out)
{
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *tail = yyjson_mut_obj(doc);
    struct str text;

    if (state->lines)
        return true;
    yyjson_mut_obj_add_sint(doc, tail, "size", state->count);
    yyjson_mut_obj_add_sint(doc, tail, "total", state->total);
    encode_add_names(doc, tail, "sortable_by", state->query.resource->sortable_by);
    yyjson_mut_doc_set_root(doc, tail);
    return json_write_mut(&request->arena, doc, &text) == ERR_OK && buf_append(out, STR("],")) &&
           buf_append(out, str_make(text.p + 1, text.n - 1));
}

/* A failure in the middle ends the answer with a line of its own (contract/README.md, difference
 * 11; traces.md 9.4 for the time limit). */
static void append_failure(struct request *request, enum err err, struct buf *out)
{
    bool timeout = err == ERR_TIMEOUT;
    const struct list_state *state = request->response.produce_state;
    struct str text =
        timeout ? STR("Streaming operation timed out") : request_failure_text(request, err);
    struct str line =
        str_format(&request->arena, "%s{\"code\":%d,\"message\":\"%.*s\"}\r\n",
                   state->lines ? "" : "\r\n", timeout ? 500 : err_status(err), STR_ARG(text));

    if (err == ERR_INTERNAL)
        api_log_failure(request, state->session);
    if (!buf_append(out, line))
        out->n = 0;
}

/* Appends rows until a piece is full. */
static enum produce_result produce_list(struct request *request, struct buf *out)
{
    struct list_state *state = request->response.produce_state;
    bool first = !state->started;
    enum err err = ERR_OK;

    if (first && !append_head(request, state, out))
        err = ERR_TOO_LARGE;
    if (is_too_long(request, state))
        err = ERR_TIMEOUT;
    while (!err && out->n < PIECE_BYTES)
        err = append_row(state, out);
    if (!err && take_slot(request, state))
        return PRODUCE_MORE;
    err = err ? err : ERR_UNAVAILABLE;
    if (err == ERR_NOT_FOUND && append_tail(request, state, out))
        return PRODUCE_DONE;
    if (first && (err == ERR_UNAVAILABLE || !(state->lines && state->count > 0))) {
        struct error error = {.arena = &request->arena};
        out->n = 0;
        api_fail(request, err, &error, state->session);
    } else {
        append_failure(request, err, out);
    }
    return PRODUCE_DONE;
}

/* Opens the cursor and hands the answer to the producer, or fails. */
static void start_list(struct request *request, struct list_state *state, enum err err,
                       struct error *error)
{
    if (!err)
        err = annotation_view_init(state->session, state->query.resource, state->query.project.key,
                                   state->view.excluded, &state->annotations);
    if (!err)
        err = state->lines ? store_entity_open(state->session, &state->query, &request->arena,
                                               &state->cursor)
                           : store_entity_page(state->session, &state->query, &request->arena,
                                               &state->cursor, &state->total);
    if (err) {
        api_fail(request, err, error, state->session);
        store_entity_close(state->cursor);
        store_read_end(state->session);
        return;
    }
    response_stream(request, state->lines ? "application/octet-stream" : "application/json",
                    produce_list, state, release_list);
}

/* The conditions, the page and what of each row to show. */
static enum err read_page(struct request *request, const struct params *params,
                          struct list_state *state, struct error *reterr)
{
    struct entity_query *query = &state->query;
    struct arena *arena = &request->arena;
    struct sort sort;
    enum err err = conditions_read(request, params, query, reterr);

    if (!err)
        err = sort_parse(arena, query->resource, params->v[PARAM_SORTING].s, &sort, reterr);
    if (!err)
        err = exclude_parse(arena, query->resource, params->v[PARAM_EXCLUDE].s,
                            &state->view.excluded, reterr);
    if (err)
        return err;
    if (sort.field >= 0) {
        query->order = ORDER_FIELD;
        query->sort_field = sort.field;
        query->sort_key = sort.key;
        query->descending = sort.descending;
    }
    state->page = params->v[PARAM_PAGE].i;
    query->limit = params->v[PARAM_SIZE].i;
    query->offset = (state->page - 1) * query->limit;
    return ERR_OK;
}

static struct list_state *new_list(struct request *request)
{
    struct list_state *state = arena_zalloc(&request->arena, sizeof(*state));

    arena_init(&state->item, request->arena.cap);
    return state;
}

void entity_list(struct request *request)
{
    struct list_state *state = new_list(request);
    struct error error = {.arena = &request->arena};
    struct params params;
    int64_t workspace;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    if (!err)
        err = api_read_begin(request, &state->session, &workspace, &error);
    if (!err)
        err = read_page(request, &params, state, &error);
    if (!err)
        err = api_read_project(state->session, workspace, &params, &state->query.project, &error);
    state->view.truncate = params.v[PARAM_TRUNCATE].i;
    state->query.load = entity_heavy_fields(operation_of(request)->resource, state->view.excluded);
    start_list(request, state, err, &error);
}

void entity_search(struct request *request)
{
    struct list_state *state = new_list(request);
    struct error error = {.arena = &request->arena};
    struct params params = {0};
    struct record *body;
    int64_t workspace;
    enum err err = conditions_read_search(request, &params, &body, &state->query, &error);

    state->lines = true;
    if (!err && value_is_set(&body->v[SEARCH_EXCLUDE]))
        err = exclude_names(operation_of(request)->resource, body->v[SEARCH_EXCLUDE].list.items,
                            body->v[SEARCH_EXCLUDE].list.n, &state->view.excluded, &error);
    if (!err)
        err = api_read_begin(request, &state->session, &workspace, &error);
    if (!err)
        err = api_read_project(state->session, workspace, &params, &state->query.project, &error);
    if (!err && body->resource == &thread_search_resource &&
        value_is_set(&body->v[SEARCH_LAST_RETRIEVED_ID]) &&
        body->v[SEARCH_LAST_RETRIEVED_ID].s.n > 0)
        err = thread_read_cursor(state->session, &request->arena,
                                 body->v[SEARCH_LAST_RETRIEVED_ID].s, &state->query, &error);
    state->view.truncate = params.v[PARAM_TRUNCATE].i;
    state->query.load = entity_heavy_fields(operation_of(request)->resource, state->view.excluded);
    start_list(request, state, err, &error);
}
