/* Handlers of projects, feedback definitions and environments. */
#include "api/named.h"

#include "api/rows.h"
#include "ingest/named_write.h"
#include "model/decode.h"
#include "model/encode.h"
#include "query/sort.h"

/* The names of an enum as a message lists them: "[a, b]". */
static struct str list_names(struct arena *arena, const char *const *names)
{
    struct str out = STR("");

    for (size_t i = 1; names[i]; i++)
        out = str_format(arena, "%.*s%s%s", STR_ARG(out), i > 1 ? ", " : "", names[i]);
    return out;
}

/* The parameter `type`: a value of the resource's enum of that name. */
static enum err read_type(struct request *request, const struct param_value *type,
                          struct named_query *ret, struct error *reterr)
{
    const char *const *names;

    ret->only_field = -1;
    if (!type->given)
        return ERR_OK;
    ret->only_field = resource_find_field(ret->resource, STR("type"));
    names = ret->resource->fields[ret->only_field].names;
    ret->only = decode_enum(names, type->s, true);
    if (ret->only)
        return ERR_OK;
    return error_set(reterr, ERR_BAD_REQUEST, "query param type must be one of [%.*s]",
                     STR_ARG(list_names(&request->arena, names)));
}

enum err named_read_query(struct request *request, const struct params *params,
                          struct named_query *ret, struct error *reterr)
{
    const struct operation *operation = operation_of(request);
    bool paged = operation->params & PARAM_BIT(PARAM_PAGE);
    struct sort sort;
    enum err err;

    *ret = (struct named_query){.resource = operation->resource};
    err = read_type(request, &params->v[PARAM_TYPE], ret, reterr);
    if (!err)
        err = sort_parse(&request->arena, ret->resource, params->v[PARAM_SORTING].s, &sort, reterr);
    if (err)
        return err;
    ret->name = params->v[PARAM_NAME].s;
    ret->sort_field = sort.field;
    ret->descending = sort.descending;
    ret->limit = paged ? params->v[PARAM_SIZE].i : -1;
    ret->offset = paged ? (params->v[PARAM_PAGE].i - 1) * ret->limit : 0;
    return ERR_OK;
}

struct list_state {
    struct row_answer rows; /* first: a pointer to it is one to this */
    struct named_query query;
    struct named_cursor *cursor;
};

static enum err next_row(struct row_answer *rows, struct arena *arena, struct str *ret)
{
    yyjson_mut_doc *doc = json_new(arena);
    struct record *record;
    enum err err = store_named_next(((struct list_state *)rows)->cursor, arena, &record);

    if (err)
        return err;
    yyjson_mut_doc_set_root(doc, encode_record(doc, record, false, 0));
    return json_write_mut(arena, doc, ret);
}

static void close_list(struct row_answer *rows)
{
    store_named_close(((struct list_state *)rows)->cursor);
}

void named_list(struct request *request)
{
    struct list_state *state = arena_zalloc(&request->arena, sizeof(*state));
    struct error error = {.arena = &request->arena};
    struct row_answer *rows = &state->rows;
    struct params params;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    if (!err)
        err = named_read_query(request, &params, &state->query, &error);
    if (!err)
        err = api_read_begin(request, &rows->session, &state->query.workspace, &error);
    if (!err)
        err = store_named_open(rows->session, &state->query, &request->arena, &state->cursor,
                               &rows->total);
    if (err) {
        api_fail(request, err, &error, rows->session);
        store_read_end(rows->session);
        return;
    }
    rows->next = next_row;
    rows->close = close_list;
    rows->page = params.v[PARAM_PAGE].i;
    /* The list of an empty page is empty (platform.md 8); feedback definitions have none at all. */
    rows->sortable_by = state->query.resource->sortable_by;
    rows->sortable_with_rows = state->query.limit >= 0;
    rows_answer(request, rows);
}

void named_get(struct request *request)
{
    const struct resource *resource = operation_of(request)->resource;
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    struct session *session = NULL;
    struct record *record;
    int64_t workspace;
    struct uuid id;
    enum err err = api_path_uuid(request, 0, &id, &error);

    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err) {
        err = store_named_get(session, resource, workspace, &id, &request->arena, &record);
        if (err == ERR_NOT_FOUND)
            named_not_found(resource, &error);
    }
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation_of(request)->status, doc,
                   encode_record(doc, record, true, 0));
    store_read_end(session);
}

static struct named_change *new_change(struct request *request)
{
    struct named_change *change = arena_zalloc(&request->arena, sizeof(*change));

    change->resource = operation_of(request)->resource;
    return change;
}

/* The id in the path becomes the one that the change is about. */
static enum err read_path_id(struct request *request, struct named_change *change,
                             struct error *reterr)
{
    change->ids = arena_alloc(&request->arena, sizeof(struct uuid));
    change->id_count = 1;
    return api_path_uuid(request, 0, &change->ids[0], reterr);
}

void named_create(struct request *request)
{
    struct named_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    enum err err = api_read_body(request, &change->record, &error);
    struct value *id = err ? NULL : &change->record->v[NAMED_ID];

    if (id && value_is_set(id))
        err = api_check_id(api_of(request), change->resource, &id->uuid, false, &error);
    else if (id)
        *id = value_uuid(uuid_new());
    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    named_change_create(change);
    api_set_location(request, &id->uuid);
    api_write(request, &change->change, operation_of(request)->status);
}

void named_update(struct request *request)
{
    struct named_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    enum err err = read_path_id(request, change, &error);

    if (!err)
        err = api_read_body(request, &change->record, &error);
    named_change_update(change);
    api_write_or_fail(request, &change->change, err, &error);
}

static void write_delete(struct request *request, struct named_change *change, enum err err,
                         struct error *error)
{
    named_change_delete(change);
    api_write_or_fail(request, &change->change, err, error);
}

void named_delete(struct request *request)
{
    struct named_change *change = new_change(request);
    struct error error = {.arena = &request->arena};

    write_delete(request, change, read_path_id(request, change, &error), &error);
}

void named_delete_batch(struct request *request)
{
    struct named_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record *body;
    enum err err = api_read_body(request, &body, &error);

    if (!err) {
        change->ids = body->v[DELETE_IDS].list.items;
        change->id_count = body->v[DELETE_IDS].list.n;
    }
    write_delete(request, change, err, &error);
}
