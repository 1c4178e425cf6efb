/* The configuration of a workspace (platform.md 9). */
#include "api/platform.h"
#include "model/encode.h"

struct configuration_change {
    struct change change;  /* first: a pointer to it is one to this */
    struct record *record; /* NULL: delete */
};

void workspace_configuration_get(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    struct session *session = NULL;
    struct record *record;
    int64_t workspace;
    enum err err = api_read_begin(request, &session, &workspace, &error);

    if (!err)
        err = store_configuration_get(session, workspace, &request->arena, &record);
    if (err == ERR_NOT_FOUND && error.code == ERR_OK)
        error_set(&error, err, "No workspace configuration found for workspace");
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, 200, doc, encode_record(doc, record, true, 0));
    store_read_end(session);
}

static enum err apply_configuration(struct change *change, struct session *session)
{
    const struct configuration_change *self = (struct configuration_change *)change;

    return self->record ? store_configuration_put(session, change->workspace, self->record)
                        : store_configuration_delete(session, change->workspace);
}

static void write_configuration(struct request *request, struct record *record)
{
    struct configuration_change *change = arena_zalloc(&request->arena, sizeof(*change));

    change->record = record;
    change->change.apply = apply_configuration;
    api_write(request, &change->change, operation_of(request)->status);
}

void workspace_configuration_put(struct request *request)
{
    struct error error = {.arena = &request->arena};
    struct record *record;
    enum err err = api_read_body(request, &record, &error);

    if (err)
        api_write_fail(request, err, &error);
    else
        write_configuration(request, record);
}

void workspace_configuration_delete(struct request *request)
{
    write_configuration(request, NULL);
}
