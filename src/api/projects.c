/* Handlers of projects. */
#include "api/projects.h"

#include "ingest/project_write.h"
#include "model/decode.h"
#include "model/encode.h"
#include "query/sort.h"

enum err project_read_query(struct request *request, const struct params *params,
                            struct project_query *ret, struct error *reterr)
{
    struct sort sort;
    enum err err =
        sort_parse(&request->arena, &project_resource, params->v[PARAM_SORTING].s, &sort, reterr);

    if (err)
        return err;
    ret->name = params->v[PARAM_NAME].s;
    ret->sort_field = sort.field;
    ret->descending = sort.descending;
    ret->limit = params->v[PARAM_SIZE].i;
    ret->offset = (params->v[PARAM_PAGE].i - 1) * ret->limit;
    return ERR_OK;
}

void project_list(struct request *request)
{
    struct project_query query = {0};
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc), *content = yyjson_mut_arr(doc);
    struct session *session = NULL;
    struct record **projects;
    struct params params;
    size_t count = 0;
    int64_t total = 0;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    if (!err)
        err = project_read_query(request, &params, &query, &error);
    if (!err)
        err = api_read_begin(request, &session, &query.workspace, &error);
    if (!err)
        err = store_project_list(session, &query, &request->arena, &projects, &count, &total);
    if (err) {
        api_fail(request, err, &error, session);
        store_read_end(session);
        return;
    }
    for (size_t i = 0; i < count; i++)
        yyjson_mut_arr_append(content, encode_record(doc, projects[i], false, 0));
    yyjson_mut_obj_add_sint(doc, root, "page", params.v[PARAM_PAGE].i);
    yyjson_mut_obj_add_sint(doc, root, "size", (int64_t)count);
    yyjson_mut_obj_add_sint(doc, root, "total", total);
    yyjson_mut_obj_add_val(doc, root, "content", content);
    /* The list of an empty page is empty (platform.md 8). */
    encode_add_names(doc, root, "sortable_by", count ? project_resource.sortable_by : NULL);
    api_answer(request, operation_of(request)->status, doc, root);
    store_read_end(session);
}

/* Answers with one project, or 404. */
static void answer_project(struct request *request, struct session *session, enum err err,
                           const struct project *project, bool stats, struct error *error)
{
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = NULL;
    struct record *record;

    if (!err)
        err = store_project_get(session, project->key, &request->arena, &record);
    if (err == ERR_NOT_FOUND && error->code == ERR_OK)
        error_add(error, ERR_NOT_FOUND, "Project not found");
    if (!err)
        root = encode_record(doc, record, true, 0);
    if (!err && stats)
        err = project_add_own_stats(request, session, project, doc, root);
    if (err)
        api_fail(request, err, error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
    store_read_end(session);
}

void project_get(struct request *request)
{
    struct error error = {.arena = &request->arena};
    struct session *session = NULL;
    struct project project = {0};
    int64_t workspace;
    struct uuid id;
    enum err err = api_path_uuid(request, 0, &id, &error);

    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err)
        err = store_project_by_id(session, workspace, &id, &project);
    answer_project(request, session, err, &project, false, &error);
}

void project_retrieve(struct request *request)
{
    const struct operation *operation = operation_of(request);
    struct error error = {.arena = &request->arena};
    struct session *session = NULL;
    struct project project = {0};
    struct record *body;
    int64_t workspace;
    enum err err = decode_body(&request->arena, operation->body, operation->body_view,
                               request->body, &body, &error);

    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err)
        err = store_project_by_name(session, workspace, body->v[PROJECT_RETRIEVE_NAME].s, &project);
    answer_project(request, session, err, &project,
                   !err && body->v[PROJECT_RETRIEVE_INCLUDE_STATS].i, &error);
}

static enum err read_body(struct request *request, struct record **ret, struct error *reterr)
{
    const struct operation *operation = operation_of(request);

    return decode_body(&request->arena, operation->body, operation->body_view, request->body, ret,
                       reterr);
}

void project_create(struct request *request)
{
    struct project_change *change = arena_zalloc(&request->arena, sizeof(*change));
    struct error error = {.arena = &request->arena};
    enum err err = read_body(request, &change->record, &error);

    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    change->record->v[PROJECT_ID] = value_uuid(uuid_new());
    project_change_create(change);
    api_set_location(request, &change->record->v[PROJECT_ID].uuid);
    api_write(request, &change->change, operation_of(request)->status);
}

void project_update(struct request *request)
{
    struct project_change *change = arena_zalloc(&request->arena, sizeof(*change));
    struct error error = {.arena = &request->arena};
    enum err err;

    change->ids = arena_alloc(&request->arena, sizeof(struct uuid));
    change->id_count = 1;
    err = api_path_uuid(request, 0, &change->ids[0], &error);
    if (!err)
        err = read_body(request, &change->record, &error);
    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    project_change_update(change);
    api_write(request, &change->change, operation_of(request)->status);
}

void project_delete(struct request *request)
{
    struct project_change *change = arena_zalloc(&request->arena, sizeof(*change));
    struct error error = {.arena = &request->arena};
    enum err err;

    change->ids = arena_alloc(&request->arena, sizeof(struct uuid));
    change->id_count = 1;
    err = api_path_uuid(request, 0, &change->ids[0], &error);
    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    project_change_delete(change);
    api_write(request, &change->change, operation_of(request)->status);
}

void project_delete_batch(struct request *request)
{
    struct project_change *change = arena_zalloc(&request->arena, sizeof(*change));
    struct error error = {.arena = &request->arena};
    struct record *body;
    enum err err = read_body(request, &body, &error);

    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    change->ids = body->v[DELETE_IDS].list.items;
    change->id_count = body->v[DELETE_IDS].list.n;
    project_change_delete(change);
    api_write(request, &change->change, operation_of(request)->status);
}
