/* Finding a project by name. */
#include "api/projects.h"

#include "ingest/named_write.h"
#include "model/encode.h"

void project_retrieve(struct request *request)
{
    const struct operation *operation = operation_of(request);
    struct error error = {.arena = &request->arena};
    struct session *session = NULL;
    struct project project = {0};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = NULL;
    struct record *body, *record;
    int64_t workspace;
    enum err err = api_read_body(request, &body, &error);

    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err)
        err = store_project_by_name(session, workspace, body->v[PROJECT_RETRIEVE_NAME].s, &project);
    if (!err)
        err = store_project_get(session, project.key, &request->arena, &record);
    if (err == ERR_NOT_FOUND && error.code == ERR_OK)
        named_not_found(&project_resource, &error);
    if (!err)
        root = encode_record(doc, record, true, 0);
    if (!err && body->v[PROJECT_RETRIEVE_INCLUDE_STATS].i)
        err = project_add_own_stats(request, session, &project, doc, root);
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation->status, doc, root);
    store_read_end(session);
}
