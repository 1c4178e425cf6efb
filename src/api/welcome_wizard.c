/* The web client's welcome (platform.md 13). */
#include "api/platform.h"

struct wizard_change {
    struct change change; /* first: a pointer to it is one to this */
    struct record *record;
};

void welcome_wizard_get(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct session *session = NULL;
    bool completed = false;
    int64_t workspace;
    enum err err = api_read_begin(request, &session, &workspace, &error);

    if (!err)
        err = store_wizard_find(session, workspace, &completed);
    yyjson_mut_obj_add_bool(doc, root, "completed", completed);
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
    store_read_end(session);
}

static enum err apply_wizard(struct change *change, struct session *session)
{
    const struct wizard_change *self = (struct wizard_change *)change;

    return store_wizard_put(session, change->workspace, self->record, change->now, change->user);
}

void welcome_wizard_submit(struct request *request)
{
    const struct operation *operation = operation_of(request);
    struct wizard_change *change = arena_zalloc(&request->arena, sizeof(*change));
    struct error error = {.arena = &request->arena};
    enum err err = api_read_body(request, &change->record, &error);

    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    change->change.apply = apply_wizard;
    api_write(request, &change->change, operation->status);
}
