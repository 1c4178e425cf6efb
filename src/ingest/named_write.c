/* Writing projects, feedback definitions and environments. */
#include "ingest/named_write.h"

static enum err project_taken(struct error *reterr, struct str name)
{
    (void)name;
    return error_add(reterr, ERR_CONFLICT, "Project already exists");
}

static enum err definition_taken(struct error *reterr, struct str name)
{
    (void)name;
    return error_add(reterr, ERR_CONFLICT, "Feedback already exists");
}

static enum err environment_taken(struct error *reterr, struct str name)
{
    return error_add(reterr, ERR_CONFLICT,
                     "Environment with name '%.*s' already exists in the workspace", STR_ARG(name));
}

/* What the server sets where a create said nothing. */
static void complete_project(struct record *record)
{
    if (!value_is_set(&record->v[PROJECT_VISIBILITY]))
        record->v[PROJECT_VISIBILITY] = value_int(PROJECT_PRIVATE);
}

static void complete_environment(struct record *record)
{
    if (!value_is_set(&record->v[ENVIRONMENT_COLOR]))
        record->v[ENVIRONMENT_COLOR] = value_text(environment_color(record->v[NAMED_NAME].s));
    if (!value_is_set(&record->v[ENVIRONMENT_POSITION]))
        record->v[ENVIRONMENT_POSITION] = value_int(0);
}

/* What is special to each. */
static const struct named_kind {
    const struct resource *resource;
    const char *not_found;
    enum err (*refuse_name)(struct error *reterr, struct str name);
    void (*complete)(struct record *record); /* NULL: nothing */
    const char *keep;                        /* a name that cannot be deleted; NULL: none */
    bool has_limit;                          /* change->environments_max */
} kinds[] = {
    {&project_resource, "Project not found", project_taken, complete_project, NULL, false},
    {&feedback_definition_resource, "Feedback definition not found", definition_taken, NULL,
     FEEDBACK_DEFINITION_SEEDED_NAME, false},
    {&environment_resource, "Environment not found", environment_taken, complete_environment, NULL,
     true},
};

static const struct named_kind *find_kind(const struct resource *resource)
{
    const struct named_kind *kind = kinds;

    while (kind->resource != resource)
        kind++;
    return kind;
}

enum err named_not_found(const struct resource *resource, struct error *reterr)
{
    return error_add(reterr, ERR_NOT_FOUND, "%s", find_kind(resource)->not_found);
}

static struct named_change *named_of(struct change *change)
{
    return (struct named_change *)change;
}

static void stamp_update(const struct change *change, struct record *record)
{
    record->v[NAMED_LAST_UPDATED_AT] = value_int(change->now);
    record->v[NAMED_LAST_UPDATED_BY] = value_text(change->user);
}

static void complete(const struct change *change, struct record *record)
{
    const struct named_kind *kind = find_kind(record->resource);

    if (kind->complete)
        kind->complete(record);
    record->v[NAMED_CREATED_AT] = value_int(change->now);
    record->v[NAMED_CREATED_BY] = value_text(change->user);
    stamp_update(change, record);
}

/* Whether there are as many environments as there may be. */
static enum err is_full(struct change *change, struct session *session, bool *ret)
{
    struct named_query query = {.resource = &environment_resource,
                                .workspace = change->workspace,
                                .only_field = -1,
                                .sort_field = -1};
    struct record **records;
    int64_t total = 0;
    size_t count;
    enum err err = store_named_list(session, &query, change->arena, &records, &count, &total);

    *ret = total >= change->environments_max;
    return err;
}

/* ---- POST ---- */

static enum err apply_create(struct change *change, struct session *session)
{
    struct named_change *self = named_of(change);
    const struct named_kind *kind = find_kind(self->resource);
    struct str name = self->record->v[NAMED_NAME].s;
    struct record *other;
    bool full = false;
    enum err err =
        store_named_find(session, self->resource, change->workspace, name, change->arena, &other);

    if (!err)
        return kind->refuse_name(&change->error, name);
    if (err != ERR_NOT_FOUND)
        return err;
    err = kind->has_limit ? is_full(change, session, &full) : ERR_OK;
    if (err)
        return err;
    if (full)
        return error_add(&change->error, ERR_CONFLICT,
                         "Workspace already has the maximum of %lld environments",
                         (long long)change->environments_max);
    complete(change, self->record);
    err = store_named_create(session, change->workspace, self->record);
    return err == ERR_CONFLICT
               ? error_add(&change->error, err, "%s already exists", self->resource->name)
               : err;
}

void named_change_create(struct named_change *change)
{
    change->change.apply = apply_create;
}

/* ---- PUT, PATCH ---- */

/* A resource without fields that updates may set is replaced whole. */
static bool is_replaced(const struct resource *resource)
{
    return !(resource->fields[NAMED_NAME].flags & FF_UPDATE);
}

static enum err apply_update(struct change *change, struct session *session)
{
    struct named_change *self = named_of(change);
    const struct resource *resource = self->resource;
    bool replaced = is_replaced(resource);
    struct record *stored;
    enum err err = store_named_get(session, resource, change->workspace, &self->ids[0],
                                   change->arena, &stored);

    if (err == ERR_NOT_FOUND)
        return named_not_found(resource, &change->error);
    if (err)
        return err;
    for (size_t i = 0; i < resource->count; i++) {
        uint32_t flags = resource->fields[i].flags;
        if (replaced ? flags & FF_CREATE : flags & FF_UPDATE && value_is_set(&self->record->v[i]))
            stored->v[i] = self->record->v[i];
    }
    stamp_update(change, stored);
    err = store_named_update(session, change->workspace, stored);
    return err == ERR_CONFLICT
               ? find_kind(resource)->refuse_name(&change->error, stored->v[NAMED_NAME].s)
               : err;
}

void named_change_update(struct named_change *change)
{
    change->change.apply = apply_update;
}

/* ---- DELETE ---- */

/* 409 when the id is one that must stay. */
static enum err check_kept(struct named_change *self, struct session *session,
                           const struct uuid *id)
{
    struct change *change = &self->change;
    const char *keep = find_kind(self->resource)->keep;
    struct record *stored;
    enum err err;

    if (!keep)
        return ERR_OK;
    err = store_named_get(session, self->resource, change->workspace, id, change->arena, &stored);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    return str_eq_nocase(stored->v[NAMED_NAME].s, str_of(keep))
               ? error_set(&change->error, ERR_CONFLICT, "Cannot delete %s '%s'",
                           self->resource->noun, keep)
               : ERR_OK;
}

static enum err apply_delete(struct change *change, struct session *session)
{
    struct named_change *self = named_of(change);
    enum err err = ERR_OK;

    for (size_t i = 0; i < self->id_count && !err; i++) {
        err = check_kept(self, session, &self->ids[i]);
        if (!err)
            err = store_named_delete(session, self->resource, change->workspace, &self->ids[i]);
    }
    return err;
}

void named_change_delete(struct named_change *change)
{
    change->change.apply = apply_delete;
}

/* ---- what traces bring ---- */

static struct record *new_record(struct change *change, const struct resource *resource,
                                 struct str name)
{
    struct record *record = record_new(change->arena, resource);

    record->v[NAMED_ID] = value_uuid(uuid_new());
    record->v[NAMED_NAME] = value_text(name);
    complete(change, record);
    return record;
}

enum err project_ensure(struct change *change, struct session *session, struct str name,
                        struct project *ret)
{
    enum err err;

    if (name.n == 0)
        name = STR(PROJECT_DEFAULT_NAME);
    err = store_project_by_name(session, change->workspace, name, ret);
    if (err != ERR_NOT_FOUND)
        return err;
    return store_project_create(session, change->workspace,
                                new_record(change, &project_resource, name), ret);
}

enum err environment_ensure(struct change *change, struct session *session, struct str name)
{
    struct record *stored;
    bool full = false;
    enum err err;

    if (name.n == 0 || store_environment_is_settled(session, change->workspace, name) ||
        !environment_name_is_valid(name))
        return ERR_OK;
    err = store_named_find(session, &environment_resource, change->workspace, name, change->arena,
                           &stored);
    if (err == ERR_NOT_FOUND) {
        err = is_full(change, session, &full);
        if (!err && !full)
            err = store_named_create(session, change->workspace,
                                     new_record(change, &environment_resource, name));
    }
    if (!err)
        store_environment_settle(session, change->workspace, name);
    return err;
}
