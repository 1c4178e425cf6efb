/* Writing projects. */
#include "ingest/project_write.h"

static struct record *new_project(struct change *change, struct str name)
{
    struct record *record = record_new(change->arena, &project_resource);

    record->v[PROJECT_ID] = value_uuid(uuid_new());
    record->v[PROJECT_NAME] = value_text(name);
    return record;
}

/* What the server sets on a new project. */
static void complete_project(struct change *change, struct record *record)
{
    if (!value_is_set(&record->v[PROJECT_VISIBILITY]))
        record->v[PROJECT_VISIBILITY] = value_int(PROJECT_PRIVATE);
    record->v[PROJECT_CREATED_AT] = value_int(change->now);
    record->v[PROJECT_CREATED_BY] = value_text(change->user);
    record->v[PROJECT_LAST_UPDATED_AT] = value_int(change->now);
    record->v[PROJECT_LAST_UPDATED_BY] = value_text(change->user);
}

enum err project_ensure(struct change *change, struct session *session, struct str name,
                        struct project *ret)
{
    struct record *record;
    enum err err;

    if (name.n == 0)
        name = STR(PROJECT_DEFAULT_NAME);
    err = store_project_by_name(session, change->workspace, name, ret);
    if (err != ERR_NOT_FOUND)
        return err;
    record = new_project(change, name);
    complete_project(change, record);
    return store_project_create(session, change->workspace, record, ret);
}

static enum err refuse_name(struct change *change)
{
    return error_add(&change->error, ERR_CONFLICT, "Project already exists");
}

static enum err apply_create(struct change *change, struct session *session)
{
    struct project_change *self = (struct project_change *)change;
    struct project project;
    enum err err;

    complete_project(change, self->record);
    err = store_project_create(session, change->workspace, self->record, &project);
    return err == ERR_CONFLICT ? refuse_name(change) : err;
}

void project_change_create(struct project_change *change)
{
    change->change.apply = apply_create;
}

static enum err apply_update(struct change *change, struct session *session)
{
    struct project_change *self = (struct project_change *)change;
    struct project project;
    struct record *stored;
    enum err err = store_project_by_id(session, change->workspace, &self->ids[0], &project);

    if (!err)
        err = store_project_get(session, project.key, change->arena, &stored);
    if (err == ERR_NOT_FOUND)
        return error_add(&change->error, ERR_NOT_FOUND, "Project not found");
    if (err)
        return err;
    for (size_t i = 0; i < project_resource.count; i++) {
        if (project_resource.fields[i].flags & FF_UPDATE && value_is_set(&self->record->v[i]))
            stored->v[i] = self->record->v[i];
    }
    stored->v[PROJECT_LAST_UPDATED_AT] = value_int(change->now);
    stored->v[PROJECT_LAST_UPDATED_BY] = value_text(change->user);
    err = store_project_update(session, project.key, stored);
    return err == ERR_CONFLICT ? refuse_name(change) : err;
}

void project_change_update(struct project_change *change)
{
    change->change.apply = apply_update;
}

static enum err apply_delete(struct change *change, struct session *session)
{
    struct project_change *self = (struct project_change *)change;
    struct project project;

    for (size_t i = 0; i < self->id_count; i++) {
        enum err err = store_project_by_id(session, change->workspace, &self->ids[i], &project);
        if (!err)
            err = store_project_delete(session, project.key);
        if (err && err != ERR_NOT_FOUND)
            return err;
    }
    return ERR_OK;
}

void project_change_delete(struct project_change *change)
{
    change->change.apply = apply_delete;
}
