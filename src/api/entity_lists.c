/* Pages and streams of traces, spans and threads. */
#include "api/annotations.h"
#include "api/conditions.h"
#include "api/entities.h"
#include "api/rows.h"
#include "api/threads.h"
#include "model/encode.h"
#include "model/entity_view.h"
#include "model/search.h"
#include "model/thread_view.h"
#include "query/exclude.h"
#include "query/sort.h"

struct list_state {
    struct row_answer rows; /* first: a pointer to it is one to this */
    struct entity_query query;
    struct entity_view view;
    struct annotation_view annotations;
    struct entity_cursor *cursor;
};

static struct list_state *list_of(struct row_answer *rows)
{
    return (struct list_state *)rows;
}

static void close_list(struct row_answer *rows)
{
    store_entity_close(list_of(rows)->cursor);
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

static enum err next_row(struct row_answer *rows, struct arena *arena, struct str *ret)
{
    struct list_state *state = list_of(rows);
    struct row row;
    enum err err = store_entity_next(state->cursor, arena, &row);

    return err ? err
               : entity_row_text(rows->session, &state->annotations, &state->view, row.record,
                                 arena, ret);
}

/* Opens the cursor and hands the answer to the producer, or fails. */
static void start_list(struct request *request, struct list_state *state, enum err err,
                       struct error *error)
{
    if (!err)
        err = annotation_view_init(state->rows.session, state->query.resource,
                                   state->query.project.key, state->view.excluded,
                                   &state->annotations);
    if (!err)
        err = state->rows.lines
                  ? store_entity_open(state->rows.session, &state->query, &request->arena,
                                      &state->cursor)
                  : store_entity_page(state->rows.session, &state->query, &request->arena,
                                      &state->cursor, &state->rows.total);
    if (err) {
        api_fail(request, err, error, state->rows.session);
        store_entity_close(state->cursor);
        store_read_end(state->rows.session);
        return;
    }
    rows_answer(request, &state->rows);
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
    state->rows.page = params->v[PARAM_PAGE].i;
    query->limit = params->v[PARAM_SIZE].i;
    query->offset = (state->rows.page - 1) * query->limit;
    return ERR_OK;
}

static struct list_state *new_list(struct request *request)
{
    struct list_state *state = arena_zalloc(&request->arena, sizeof(*state));

    state->rows.next = next_row;
    state->rows.close = close_list;
    state->rows.sortable_by = operation_of(request)->resource->sortable_by;
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
        err = api_read_begin(request, &state->rows.session, &workspace, &error);
    if (!err)
        err = read_page(request, &params, state, &error);
    if (!err)
        err = api_read_project(state->rows.session, workspace, &params, &state->query.project,
                               &error);
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

    state->rows.lines = true;
    if (!err && value_is_set(&body->v[SEARCH_EXCLUDE]))
        err = exclude_names(operation_of(request)->resource, body->v[SEARCH_EXCLUDE].list.items,
                            body->v[SEARCH_EXCLUDE].list.n, &state->view.excluded, &error);
    if (!err)
        err = api_read_begin(request, &state->rows.session, &workspace, &error);
    if (!err)
        err = api_read_project(state->rows.session, workspace, &params, &state->query.project,
                               &error);
    if (!err && body->resource == &thread_search_resource &&
        value_is_set(&body->v[SEARCH_LAST_RETRIEVED_ID]) &&
        body->v[SEARCH_LAST_RETRIEVED_ID].s.n > 0)
        err = thread_read_cursor(state->rows.session, &request->arena,
                                 body->v[SEARCH_LAST_RETRIEVED_ID].s, &state->query, &error);
    state->view.truncate = params.v[PARAM_TRUNCATE].i;
    state->query.load = entity_heavy_fields(operation_of(request)->resource, state->view.excluded);
    start_list(request, state, err, &error);
}
