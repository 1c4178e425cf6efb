/* Applies changes to a store as the writer does. */
#include "unit/ingest/apply.h"

#include <stdlib.h>

#include "ingest/feed.h"

struct test_store apply_store;
int64_t apply_now;
int64_t apply_environments_max;
const char *apply_user;
struct error apply_error;
size_t apply_notes;
const char *apply_workspace;

int apply_start(void **state)
{
    (void)state;
    test_store_open(&apply_store);
    apply_now = 1800000000000000;
    apply_environments_max = 100;
    apply_user = "user";
    apply_workspace = "default";
    return 0;
}

int apply_stop(void **state)
{
    (void)state;
    test_store_close(&apply_store);
    return 0;
}

static enum err run(struct change *change, struct session *session)
{
    bool savepoint = !change->refuses_first;
    enum err err = savepoint ? store_savepoint(session) : ERR_OK;

    if (!err)
        err = store_workspace_ensure(session, change->workspace_name, &change->workspace);
    if (!err)
        err = change->apply(change, session);
    if (savepoint && err)
        store_savepoint_rollback(session);
    if (savepoint && !err)
        err = store_savepoint_release(session);
    for (struct project_touch *touch = err ? NULL : change->touches; touch; touch = touch->next)
        assert_int_equal(store_project_touch(session, touch->project_key, touch->traces,
                                             touch->spans, touch->threads,
                                             touch->last_updated_trace_at),
                         ERR_OK);
    return err;
}

enum err apply_change(struct change *change)
{
    enum err err;

    change->arena = &apply_store.arena;
    change->error = (struct error){.arena = &apply_store.arena};
    change->workspace_name = str_of(apply_workspace);
    change->user = str_of(apply_user);
    change->now = apply_now += 1000;
    change->environments_max = apply_environments_max;
    assert_int_equal(store_begin(apply_store.writer), ERR_OK);
    err = run(change, apply_store.writer);
    assert_int_equal(store_commit(apply_store.writer), ERR_OK);
    if (err == ERR_INTERNAL)
        print_error("%s\n", store_message(apply_store.writer));
    apply_error = change->error;
    apply_notes = 0;
    for (const struct feed_note *note = err ? NULL : change->notes.first; note; note = note->next)
        apply_notes++;
    return err;
}

static struct entity_change *new_change(const struct resource *resource)
{
    struct entity_change *change = arena_zalloc(&apply_store.arena, sizeof(*change));

    change->resource = resource;
    return change;
}

/* As the handlers prepare it. */
static struct record *prepare(struct record *record)
{
    entity_complete(&apply_store.arena, record);
    assert_int_equal(store_entity_pack(&apply_store.arena, record), ERR_OK);
    return record;
}

static struct record *create_body(const struct resource *resource, enum decode_view view,
                                  unsigned id, struct str members)
{
    struct record *record =
        test_record(&apply_store.arena, resource, view,
                    "{'start_time':'2024-01-01T00:00:00Z','trace_id':'%s','id':'%s'%s%.*s}",
                    test_uuid_text(1), test_uuid_text(id), members.n ? "," : "", STR_ARG(members));

    return prepare(record);
}

static struct record *patch_body(const struct resource *resource, const char *members)
{
    return prepare(test_record(&apply_store.arena, resource, DECODE_UPDATE, "{%s}", members));
}

static void set_records(struct entity_change *change, struct record *record)
{
    change->records = arena_alloc(&apply_store.arena, sizeof(struct record *));
    change->records[0] = record;
    change->record_count = 1;
}

static void set_ids(struct entity_change *change, const unsigned *ids)
{
    while (ids[change->id_count])
        change->id_count++;
    change->ids = arena_alloc(&apply_store.arena, (change->id_count + 1) * sizeof(struct uuid));
    for (size_t i = 0; i < change->id_count; i++)
        change->ids[i] = test_uuid(ids[i]);
}

enum err apply_create(const struct resource *resource, unsigned id, const char *members)
{
    struct entity_change *change = new_change(resource);

    set_records(change, create_body(resource, DECODE_CREATE, id, str_of(members)));
    entity_change_create(change);
    return apply_change(&change->change);
}

enum err apply_batch(const struct resource *resource, const char *items)
{
    struct entity_change *change = new_change(resource);

    change->records = arena_alloc(&apply_store.arena, 2000 * sizeof(struct record *));
    while (*items) {
        const char *end = strchr(items, '\n');
        char *members;
        unsigned id = (unsigned)strtoul(items, &members, 10);
        size_t n = end ? (size_t)(end - members) : strlen(members);
        change->records[change->record_count++] =
            create_body(resource, DECODE_BATCH, id, str_trim(str_make(members, n)));
        items = members + n + (end != NULL);
    }
    entity_change_batch(change);
    return apply_change(&change->change);
}

enum err apply_patch(const struct resource *resource, unsigned id, const char *members)
{
    struct entity_change *change = new_change(resource);
    unsigned ids[] = {id, 0};

    set_records(change, patch_body(resource, members));
    set_ids(change, ids);
    entity_change_patch(change);
    return apply_change(&change->change);
}

enum err apply_patch_many(const struct resource *resource, const unsigned *ids, bool merge_tags,
                          const char *members)
{
    struct entity_change *change = new_change(resource);

    set_records(change, patch_body(resource, members));
    set_ids(change, ids);
    change->merge_tags = merge_tags;
    entity_change_patch_batch(change);
    return apply_change(&change->change);
}

enum err apply_delete(const struct resource *resource, const unsigned *ids,
                      const struct project *project)
{
    struct entity_change *change = new_change(resource);

    set_ids(change, ids);
    if (project) {
        change->has_project = true;
        change->project = project->id;
    }
    entity_change_delete(change);
    return apply_change(&change->change);
}

struct project apply_project(const char *name)
{
    struct project project = {0};
    int64_t workspace;

    assert_int_equal(store_workspace_find(apply_store.writer, str_of(apply_workspace), &workspace),
                     ERR_OK);
    /* By id as well, for the counters of now. */
    if (!store_project_by_name(apply_store.writer, workspace, str_of(name), &project))
        assert_int_equal(store_project_by_id(apply_store.writer, workspace, &project.id, &project),
                         ERR_OK);
    else
        project = (struct project){0};
    return project;
}

struct row *apply_find(const struct resource *resource, const char *project, unsigned id)
{
    struct row *row = arena_alloc(&apply_store.arena, sizeof(*row));
    struct uuid uuid = test_uuid(id);
    int64_t key = project ? apply_project(project).key : 0, workspace;
    enum err err;

    if (project && !key)
        return NULL;
    assert_int_equal(store_workspace_find(apply_store.writer, str_of(apply_workspace), &workspace),
                     ERR_OK);
    err = store_entity_get(apply_store.writer, resource, workspace, key, &uuid, LOAD_ALL,
                           &apply_store.arena, row);
    if (err == ERR_NOT_FOUND)
        return NULL;
    assert_int_equal(err, ERR_OK);
    return row->exists ? row : NULL;
}

struct str apply_name(const struct resource *resource, const char *project, unsigned id)
{
    const struct row *row = apply_find(resource, project, id);

    if (!row)
        return STR("none");
    return value_is_set(&row->record->v[ENTITY_NAME]) ? row->record->v[ENTITY_NAME].s : STR("-");
}
