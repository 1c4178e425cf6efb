/* What the handlers share. */
#include "api/api.h"

#include "base/clock.h"
#include "base/log.h"
#include "json/json.h"
#include "model/decode.h"
#include "model/workspace.h"

enum err api_caller_in(const struct request *request, struct str workspace, struct caller *ret,
                       struct error *reterr)
{
    ret->user = STR(WORKSPACE_DEFAULT_USER);
    ret->workspace_name = workspace;
    if (str_eq(workspace, STR(WORKSPACE_DEFAULT_NAME)))
        return ERR_OK;
    if (!api_of(request)->any_workspace || workspace.n > WORKSPACE_NAME_MAX ||
        str_is_blank(workspace))
        return error_set(reterr, ERR_NOT_FOUND, "Workspace not found");
    return ERR_OK;
}

enum err api_caller(struct request *request, struct caller *ret, struct error *reterr)
{
    struct str name;

    if (!request_header(request, "Comet-Workspace", &name) || name.n == 0)
        name = STR(WORKSPACE_DEFAULT_NAME);
    return api_caller_in(request, name, ret, reterr);
}

enum err api_admit(struct request *request, struct error *reterr)
{
    struct caller caller;

    return str_starts_with(str_of(request->route->pattern), STR("/v1/private/"))
               ? api_caller(request, &caller, reterr)
               : ERR_OK;
}

static bool nobody_waits(void *request)
{
    return request_is_abandoned(request);
}

enum err api_read_begin(struct request *request, struct session **ret, int64_t *ret_workspace,
                        struct error *reterr)
{
    struct caller caller;
    enum err err = api_caller(request, &caller, reterr);

    *ret = NULL;
    if (!err)
        err = store_read_begin(api_of(request)->store, ret);
    if (!err)
        store_read_watch(*ret, &(struct read_watch){nobody_waits, request, &request->rows_read,
                                                    &request->read_steps});
    /* It may have waited for a worker and a session for long. */
    if (!err && request_is_abandoned(request))
        err = ERR_ABANDONED;
    if (!err)
        err = store_workspace_find(*ret, caller.workspace_name, ret_workspace);
    return err;
}

void api_log_failure(const struct request *request, const struct session *session)
{
    log_error("request_failed", "request=%llu " REQUEST_LOG_ID " route=\"%s\" store=\"%s\"",
              (unsigned long long)request->number, (unsigned long long)request->log_id,
              request->route->pattern, session ? store_message(session) : "");
}

void api_fail(struct request *request, enum err err, struct error *error,
              const struct session *session)
{
    if (err == ERR_INTERNAL)
        api_log_failure(request, session);
    if (error->code == ERR_OK)
        error_set(error, err, "%s", err_text(err));
    if (err == ERR_UNAVAILABLE)
        response_header(request, "Retry-After", STR("1"));
    response_error(request, error);
}

void api_write_fail(struct request *request, enum err err, struct error *error)
{
    request->response.header_count = 0; /* the Location of what was not made */
    api_fail(request, err, error, NULL);
    request_finish(request);
}

static void write_done(struct change *change, enum err err)
{
    struct request *request = change->owner;

    if (err == ERR_INTERNAL)
        api_log_failure(request, NULL); /* the writer has told why */
    if (err) {
        request->response.header_count = 0;
        response_error(request, &change->error);
    }
    request_finish(request);
}

/* Submits a change whose answer stands already. */
static void submit(struct request *request, struct change *change)
{
    struct error error = {.arena = &request->arena};
    struct caller caller;
    enum err err = api_caller(request, &caller, &error);

    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    change->arena = &request->arena;
    change->error.arena = &request->arena;
    change->workspace_name = caller.workspace_name;
    change->user = caller.user;
    change->done = write_done;
    change->owner = request;
    if (!writer_submit(api_of(request)->writer, change))
        api_write_fail(request, ERR_UNAVAILABLE, &error);
}

void api_write(struct request *request, struct change *change, int status)
{
    response_empty(request, status);
    submit(request, change);
}

void api_write_answer(struct request *request, struct change *change, int status,
                      yyjson_mut_doc *doc, yyjson_mut_val *root)
{
    struct error error = {.arena = &request->arena};
    struct str text;
    enum err err;

    yyjson_mut_doc_set_root(doc, root);
    err = json_write_mut(&request->arena, doc, &text);
    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    response_json(request, status, text);
    submit(request, change);
}

void api_write_or_fail(struct request *request, struct change *change, enum err err,
                       struct error *error)
{
    if (err)
        api_write_fail(request, err, error);
    else
        api_write(request, change, operation_of(request)->status);
}

enum err api_read_body(struct request *request, struct record **ret, struct error *reterr)
{
    const struct operation *operation = operation_of(request);
    enum err err;

    *ret = NULL;
    err = decode_body(&request->arena, operation->body, operation->body_view, request->body, ret,
                      reterr);
    return !err && arena_is_over(&request->arena) ? ERR_TOO_LARGE : err;
}

enum err api_path_uuid(struct request *request, size_t index, struct uuid *ret,
                       struct error *reterr)
{
    if (uuid_parse(request->path_params[index], ret))
        return ERR_OK;
    return error_set(reterr, ERR_NOT_FOUND, "%s", err_text(ERR_NOT_FOUND));
}

enum err api_check_id(const struct api *api, const struct resource *resource, const struct uuid *id,
                      bool only_future, struct error *reterr)
{
    if (uuid_version(id) != 7) {
        error_set(reterr, ERR_BAD_REQUEST, ENTITY_BAD_ID);
        return error_set_details(reterr, "%s id must be a version 7 UUID", resource->name);
    }
    return entity_check_time(id, api->id_window_ms, clock_now_us() / CLOCK_US_PER_MS, only_future,
                             reterr);
}

void api_set_location(struct request *request, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(id, text);
    response_header(request, "Location",
                    str_format(&request->arena, "http://%.*s%.*s/%.*s", STR_ARG(request->host),
                               STR_ARG(request->path), UUID_TEXT_SIZE, text));
}

enum err api_read_project(struct session *session, int64_t workspace, const struct params *params,
                          struct project *ret, struct error *reterr)
{
    const struct param_value *id = &params->v[PARAM_PROJECT_ID];
    const struct param_value *name = &params->v[PARAM_PROJECT_NAME];
    char text[UUID_TEXT_SIZE];
    enum err err;

    if (id->given) {
        err = store_project_by_id(session, workspace, &id->uuid, ret);
        uuid_format(&id->uuid, text);
        return err == ERR_NOT_FOUND
                   ? error_set(reterr, err, "Project id: %.*s not found", UUID_TEXT_SIZE, text)
                   : err;
    }
    if (!name->given || str_is_blank(name->s))
        return error_set(reterr, ERR_BAD_REQUEST,
                         "Either 'project_name' or 'project_id' query params must be provided");
    err = store_project_by_name(session, workspace, str_trim(name->s), ret);
    return err == ERR_NOT_FOUND
               ? error_set(reterr, err, "Project name: %.*s not found", STR_ARG(name->s))
               : err;
}

void api_add_page(yyjson_mut_doc *doc, yyjson_mut_val *root, int64_t page, int64_t size,
                  int64_t total, yyjson_mut_val *content)
{
    yyjson_mut_obj_add_sint(doc, root, "page", page);
    yyjson_mut_obj_add_sint(doc, root, "size", size);
    yyjson_mut_obj_add_sint(doc, root, "total", total);
    yyjson_mut_obj_add_val(doc, root, "content", content);
}

void api_answer(struct request *request, int status, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
    struct error error = {.arena = &request->arena};
    struct str text;
    enum err err;

    yyjson_mut_doc_set_root(doc, root);
    err = json_write_mut(&request->arena, doc, &text);
    if (err)
        api_fail(request, err, &error, NULL);
    else
        response_json(request, status, text);
}
