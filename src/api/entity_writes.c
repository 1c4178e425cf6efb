/* Creating, changing and deleting traces and spans: bodies become changes for the writer. */
#include "api/entities.h"
#include "ingest/entity_write.h"
#include "ingest/span_cost.h"

/* Checks or makes the id of a create, and prepares its bodies for the store. */
static enum err prepare_create(struct request *request, struct record *record, struct error *reterr)
{
    struct value *id = &record->v[ENTITY_ID];
    enum err err = ERR_OK;

    if (value_is_set(id))
        err = api_check_id(api_of(request), record->resource, &id->uuid, false, reterr);
    else
        *id = value_uuid(uuid_new());
    if (!err) {
        entity_complete(&request->arena, record);
        if (record->resource == &span_resource)
            span_cost_prepare_create(api_of(request)->prices, &request->arena, record);
        err = store_entity_pack(&request->arena, record);
    }
    return err;
}

static struct entity_change *new_change(struct request *request)
{
    struct entity_change *change = arena_zalloc(&request->arena, sizeof(*change));

    change->resource = operation_of(request)->resource;
    change->prices = api_of(request)->prices;
    return change;
}

void entity_create(struct request *request)
{
    struct entity_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record **records = arena_zalloc(&request->arena, sizeof(struct record *));
    enum err err = api_read_body(request, &records[0], &error);

    if (!err)
        err = prepare_create(request, records[0], &error);
    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    change->records = records;
    change->record_count = 1;
    entity_change_create(change);
    api_set_location(request, &records[0]->v[ENTITY_ID].uuid);
    api_write(request, &change->change, operation_of(request)->status);
}

void entity_create_batch(struct request *request)
{
    struct entity_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record *batch;
    enum err err = api_read_body(request, &batch, &error);

    if (!err) {
        change->records = batch->v[BATCH_ITEMS].list.items;
        change->record_count = batch->v[BATCH_ITEMS].list.n;
    }
    for (size_t i = 0; !err && i < change->record_count; i++) {
        err = prepare_create(request, change->records[i], &error);
        if (!err && arena_is_over(&request->arena))
            err = ERR_TOO_LARGE;
    }
    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    entity_change_batch(change);
    api_write(request, &change->change, operation_of(request)->status);
}

void entity_patch(struct request *request)
{
    struct entity_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record **records = arena_zalloc(&request->arena, sizeof(struct record *));
    enum err err;

    change->ids = arena_alloc(&request->arena, sizeof(struct uuid));
    change->id_count = 1;
    change->records = records;
    change->record_count = 1;
    err = api_path_uuid(request, 0, &change->ids[0], &error);
    if (!err)
        err = api_read_body(request, &records[0], &error);
    if (!err)
        err = api_check_id(api_of(request), change->resource, &change->ids[0], true, &error);
    if (!err) {
        entity_complete(&request->arena, records[0]);
        if (change->resource == &span_resource)
            span_cost_prepare_patch(&request->arena, records[0]);
        err = store_entity_pack(&request->arena, records[0]);
    }
    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    entity_change_patch(change);
    api_write(request, &change->change, operation_of(request)->status);
}

void entity_patch_batch(struct request *request)
{
    struct entity_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record **records = arena_zalloc(&request->arena, sizeof(struct record *));
    struct record *body;
    enum err err = api_read_body(request, &body, &error);

    if (!err) {
        records[0] = body->v[BATCH_UPDATE_UPDATE].record;
        entity_complete(&request->arena, records[0]);
        err = store_entity_pack(&request->arena, records[0]);
    }
    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    change->records = records;
    change->record_count = 1;
    change->ids = body->v[BATCH_UPDATE_IDS].list.items;
    change->id_count = body->v[BATCH_UPDATE_IDS].list.n;
    change->merge_tags = body->v[BATCH_UPDATE_MERGE_TAGS].i;
    entity_change_patch_batch(change);
    api_write(request, &change->change, operation_of(request)->status);
}

void entity_delete(struct request *request)
{
    struct entity_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    enum err err;

    change->ids = arena_alloc(&request->arena, sizeof(struct uuid));
    change->id_count = 1;
    err = api_path_uuid(request, 0, &change->ids[0], &error);
    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    entity_change_delete(change);
    api_write(request, &change->change, operation_of(request)->status);
}

void entity_delete_batch(struct request *request)
{
    struct entity_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record *body;
    enum err err = api_read_body(request, &body, &error);

    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    change->ids = body->v[DELETE_IDS].list.items;
    change->id_count = body->v[DELETE_IDS].list.n;
    change->has_project = value_is_set(&body->v[DELETE_PROJECT_ID]);
    change->project = body->v[DELETE_PROJECT_ID].uuid;
    entity_change_delete(change);
    api_write(request, &change->change, operation_of(request)->status);
}
