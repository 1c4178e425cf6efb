/* Reading traces and spans: one by id, and whether there are any. */
#include "api/annotations.h"
#include "api/conditions.h"
#include "api/entities.h"
#include "model/entity_view.h"

uint64_t entity_heavy_fields(const struct resource *resource, uint64_t excluded)
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
    struct annotation_view annotations;
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
        err = store_entity_get(session, resource, workspace, 0, &id,
                               entity_heavy_fields(resource, 0), &request->arena, &row);
        if (err == ERR_NOT_FOUND || (!err && !row.exists))
            err = not_found(resource, &id, &error);
        else if (!err && row.project.deleted)
            err = error_add(&error, ERR_NOT_FOUND, "Project not found");
    }
    if (!err)
        err = store_project_get(session, row.project.key, &request->arena, &project);
    if (!err)
        err = annotation_view_init(session, resource, row.project.key, 0, &annotations);
    annotations.by_span = true;
    if (!err)
        err = annotation_view_load(session, &annotations, &id, &request->arena, row.record);
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

/* Whether there is a row. */
static enum err find_row(struct session *session, const struct entity_query *query,
                         struct arena *arena, bool *ret)
{
    struct entity_cursor *cursor = NULL;
    struct row row;
    enum err err = store_entity_open(session, query, arena, &cursor);

    if (!err)
        err = store_entity_next(cursor, arena, &row);
    store_entity_close(cursor);
    *ret = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

void entity_exists(struct request *request)
{
    struct entity_query query = {.resource = operation_of(request)->resource, .limit = 1};
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct session *session = NULL;
    struct params params;
    int64_t workspace;
    bool exists = false;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    if (!err && !conditions_read_enum(&params.v[PARAM_SOURCE], entity_source_names, &query.source))
        err = error_set(&error, ERR_BAD_REQUEST, "Invalid source '%.*s'",
                        STR_ARG(params.v[PARAM_SOURCE].s));
    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err)
        err = api_read_project(session, workspace, &params, &query.project, &error);
    if (!err)
        err = params.v[PARAM_THREAD_ONLY].i
                  ? store_thread_any(session, query.project.key, query.source, &exists)
                  : find_row(session, &query, &request->arena, &exists);
    yyjson_mut_obj_add_bool(doc, root, "exists", exists);
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
    store_read_end(session);
}
