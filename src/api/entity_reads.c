/* Reading traces and spans: one by id, a page of a project, and whether there are any. */
#include "api/entities.h"
#include "model/decode.h"
#include "model/encode.h"
#include "model/entity_view.h"
#include "query/exclude.h"
#include "query/oql.h"
#include "query/sort.h"
#include "query/time_range.h"

/* About so much of a list is made at a time. */
#define PIECE_BYTES ((size_t)128 * 1024)

static uint64_t heavy_fields(const struct resource *resource, uint64_t excluded)
{
    uint64_t load = 0;

    for (size_t i = 0; i < resource->count; i++) {
        if (resource->fields[i].flags & FF_HEAVY && !(excluded & 1ULL << i))
            load |= 1ULL << i;
    }
    return load;
}

static enum err not_found(const struct resource *resource, const struct uuid *id,
                          struct error *reterr)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(id, text);
    return error_set(reterr, ERR_NOT_FOUND, "%s id: %.*s not found", resource->name, UUID_TEXT_SIZE,
                     text);
}

void entity_get(struct request *request)
{
    const struct resource *resource = operation_of(request)->resource;
    struct entity_view view = {.one = true};
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = NULL;
    struct session *session = NULL;
    struct record *project;
    struct params params;
    int64_t workspace;
    struct uuid id;
    struct row row;
    enum err err = api_path_uuid(request, 0, &id, &error);

    if (!err)
        err = params_read(request, operation_of(request)->params, &params, &error);
    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err) {
        err = store_entity_get(session, resource, workspace, 0, &id, heavy_fields(resource, 0),
                               &request->arena, &row);
        if (err == ERR_NOT_FOUND || (!err && !row.exists))
            err = not_found(resource, &id, &error);
        else if (!err && row.project.deleted)
            err = error_add(&error, ERR_NOT_FOUND, "Project not found");
    }
    if (!err)
        err = store_project_get(session, row.project.key, &request->arena, &project);
    if (!err) {
        row.record->v[ENTITY_PROJECT_NAME] = project->v[PROJECT_NAME];
        err = entity_view_encode(&request->arena, doc, row.record, &view, &root);
    }
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
    store_read_end(session);
}

/* ---- lists ---- */

struct list_state {
    struct session *session;
    struct entity_query query;
    struct entity_view view;
    struct entity_cursor *cursor;
    struct arena item; /* of one row */
    int64_t page, total, count;
    bool started;
};

static void release_list(struct request *request)
{
    struct list_state *state = request->response.produce_state;

    store_entity_close(state->cursor);
    store_read_end(state->session);
    arena_done(&state->item);
}

/* Appends the next row; ERR_NOT_FOUND after the last. */
static enum err append_row(struct list_state *state, struct buf *out)
{
    struct arena *arena = &state->item;
    yyjson_mut_val *object;
    yyjson_mut_doc *doc;
    struct str text;
    struct row row;
    enum err err = store_entity_next(state->cursor, arena, &row);

    if (err)
        return err;
    doc = json_new(arena);
    err = entity_view_encode(arena, doc, row.record, &state->view, &object);
    if (err)
        return err;
    yyjson_mut_doc_set_root(doc, object);
    err = json_write_mut(arena, doc, &text);
    if (!err && ((state->count > 0 && !buf_append(out, STR(","))) || !buf_append(out, text)))
        err = ERR_TOO_LARGE;
    state->count++;
    arena_reset(arena);
    return err;
}

static bool append_head(struct request *request, struct list_state *state, struct buf *out)
{
    state->started = true;
    return buf_append(
        out, str_format(&request->arena, "{\"page\":%lld,\"content\":[", (long long)state->page));
}

static bool append_tail(struct request *request, struct list_state *state, struct buf *out)
{
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *tail = yyjson_mut_obj(doc);
    struct str text;

    yyjson_mut_obj_add_sint(doc, tail, "size", state->count);
    yyjson_mut_obj_add_sint(doc, tail, "total", state->total);
    encode_add_names(doc, tail, "sortable_by", state->query.resource->sortable_by);
    yyjson_mut_doc_set_root(doc, tail);
    return json_write_mut(&request->arena, doc, &text) == ERR_OK && buf_append(out, STR("],")) &&
           buf_append(out, str_make(text.p + 1, text.n - 1));
}

/* Appends rows until a piece is full; the answer is never held as a whole. A failure in the middle
 * ends the stream with a line of its own (contract/README.md, difference 11). */
static enum produce_result produce_list(struct request *request, struct buf *out)
{
    struct list_state *state = request->response.produce_state;
    bool first = !state->started;
    enum err err = ERR_OK;

    if (first && !append_head(request, state, out))
        err = ERR_TOO_LARGE;
    while (!err && out->n < PIECE_BYTES)
        err = append_row(state, out);
    if (!err)
        return PRODUCE_MORE;
    if (err == ERR_NOT_FOUND && append_tail(request, state, out))
        return PRODUCE_DONE;
    if (first) {
        struct error error = {.arena = &request->arena};
        out->n = 0;
        api_fail(request, err, &error, state->session);
    } else if (!buf_append(out,
                           str_format(&request->arena, "\r\n{\"code\":%d,\"message\":\"%s\"}\r\n",
                                      err_status(err), err_text(err)))) {
        return PRODUCE_DONE;
    }
    return PRODUCE_DONE;
}

/* The index of an enum's name; 0 when none is given. False when it is unknown. */
static bool read_enum(const struct param_value *param, const char *const *names, int *ret)
{
    *ret = 0;
    if (!param->given || str_is_blank(param->s))
        return true;
    *ret = decode_enum(names, param->s, true);
    return *ret != 0;
}

enum err api_read_conditions(struct request *request, const struct params *params,
                             struct entity_query *ret, struct error *reterr)
{
    struct filter_node *filters, *oql = NULL;
    struct arena *arena = &request->arena;
    struct time_range range;
    enum err err;

    ret->resource = operation_of(request)->resource;
    ret->has_trace = params->v[PARAM_TRACE_ID].given;
    ret->trace = params->v[PARAM_TRACE_ID].uuid;
    ret->search = str_trim(params->v[PARAM_SEARCH].s);
    err = time_range_read(params, &range, reterr);
    if (!err)
        err = filter_parse_text(arena, ret->resource, params->v[PARAM_FILTERS].s, &filters, reterr);
    if (!err)
        err = oql_parse(arena, ret->resource, params->v[PARAM_OQL].s, &oql, reterr);
    if (!err && !read_enum(&params->v[PARAM_TYPE], span_type_names, &ret->type))
        err = error_set(reterr, ERR_BAD_REQUEST, "query param type is not a valid SpanType");
    if (err)
        return err;
    ret->filter = filter_join(arena, filters, oql);
    ret->has_from = range.has_from;
    ret->from = range.from;
    ret->has_to = range.has_to;
    ret->to = range.to;
    return ERR_OK;
}

/* The conditions, the page and what of each row to show. */
static enum err read_query(struct request *request, const struct params *params,
                           struct list_state *state, struct error *reterr)
{
    struct entity_query *query = &state->query;
    struct arena *arena = &request->arena;
    struct sort sort;
    enum err err = api_read_conditions(request, params, query, reterr);

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
    state->view.truncate = params->v[PARAM_TRUNCATE].i;
    query->load = heavy_fields(query->resource, state->view.excluded);
    return ERR_OK;
}

void entity_list(struct request *request)
{
    struct list_state *state = arena_zalloc(&request->arena, sizeof(*state));
    struct error error = {.arena = &request->arena};
    struct params params;
    int64_t workspace;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    arena_init(&state->item, request->arena.cap);
    if (!err)
        err = api_read_begin(request, &state->session, &workspace, &error);
    if (!err)
        err = read_query(request, &params, state, &error);
    if (!err)
        err = api_read_project(state->session, workspace, &params, &state->query.project, &error);
    if (!err)
        err = store_entity_count(state->session, &state->query, &state->total);
    if (!err)
        err = store_entity_open(state->session, &state->query, &request->arena, &state->cursor);
    if (err) {
        api_fail(request, err, &error, state->session);
        store_entity_close(state->cursor);
        store_read_end(state->session);
        return;
    }
    response_stream(request, "application/json", produce_list, state, release_list);
}

void entity_exists(struct request *request)
{
    struct entity_query query = {.resource = operation_of(request)->resource, .limit = 1};
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct entity_cursor *cursor = NULL;
    struct session *session = NULL;
    struct params params;
    int64_t workspace;
    struct row row;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    if (!err && !read_enum(&params.v[PARAM_SOURCE], entity_source_names, &query.source))
        err = error_set(&error, ERR_BAD_REQUEST, "Invalid source '%.*s'",
                        STR_ARG(params.v[PARAM_SOURCE].s));
    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err)
        err = api_read_project(session, workspace, &params, &query.project, &error);
    if (!err)
        err = store_entity_open(session, &query, &request->arena, &cursor);
    if (!err) {
        err = store_entity_next(cursor, &request->arena, &row);
        yyjson_mut_obj_add_bool(doc, root, "exists", err == ERR_OK);
        err = err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
    store_entity_close(cursor);
    store_read_end(session);
}
