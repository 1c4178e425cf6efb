/* What the fuzz targets of both encodings of OTLP check. */
#ifndef OCELLI_TESTS_FUZZ_OTLP_CHECKS_H
#define OCELLI_TESTS_FUZZ_OTLP_CHECKS_H

#include <stdlib.h>

#include "ingest/otlp_mapping.h"
#include "json/json.h"

typedef enum err (*otlp_reader)(struct arena *arena, struct str body, struct otlp_request **ret,
                                struct error *reterr);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* A refusal is a 4xx that says why, in UTF-8. */
static void check_refusal(enum err code, const struct error *error)
{
    struct str text = error->message;

    if (code == ERR_TOO_LARGE)
        return;
    require(code == ERR_BAD_REQUEST && error->code == code && text.n > 0);
    while (text.n) {
        uint32_t rune;
        size_t n = str_next_rune(text, &rune);
        require(n > 0);
        text = str_make(text.p + n, text.n - n);
    }
}

/* A heavy value that was not compressed is an object. */
static void check_json(struct arena *arena, const struct value *value)
{
    struct error error = {.arena = arena};
    yyjson_val *root = NULL;

    if (!value_is_set(value))
        return;
    require(value->kind == VALUE_PACKED);
    if (!value->plain)
        return;
    require(json_parse(arena, value->s, &root, &error) == ERR_OK);
    require(yyjson_is_obj(root) && yyjson_obj_size(root) > 0);
}

static void check_record(struct arena *arena, const struct record *record)
{
    const struct value *v = record->v;

    require(value_is_set(&v[ENTITY_START_TIME]) && v[ENTITY_START_TIME].i >= 0);
    require(value_is_set(&v[ENTITY_END_TIME]) && v[ENTITY_END_TIME].i >= 0);
    check_json(arena, &v[ENTITY_INPUT]);
    check_json(arena, &v[ENTITY_OUTPUT]);
    check_json(arena, &v[ENTITY_METADATA]);
    check_json(arena, &v[ENTITY_ERROR_INFO]);
    if (value_is_set(&v[ENTITY_TOTAL_ESTIMATED_COST]))
        require(v[ENTITY_TOTAL_ESTIMATED_COST].n >= 0);
}

static void check_batch(struct arena *arena, const struct otlp_batch *batch)
{
    require(batch->trace_count <= batch->entity_count);
    for (size_t i = 0; i < batch->trace_count; i++)
        require(uuid_version(&batch->traces[i].id) == 7);
    for (size_t i = 0; i < batch->entity_count; i++) {
        const struct otlp_entity *entity = &batch->entities[i];
        const struct value *v = entity->span->v;

        require(entity->trace_index < batch->trace_count);
        require(value_is_set(&v[ENTITY_ID]) && uuid_version(&v[ENTITY_ID].uuid) == 7);
        require(entity->own_trace_id == value_is_set(&v[SPAN_TRACE_ID]));
        require(!entity->trace ||
                (!entity->own_trace_id && !value_is_set(&v[SPAN_PARENT_SPAN_ID])));
        check_record(arena, entity->span);
        if (entity->trace)
            check_record(arena, entity->trace);
    }
}

/* Reads and maps a body under a ceiling. */
static enum err otlp_try(otlp_reader read, struct str body, size_t ceiling)
{
    struct otlp_request *request = NULL;
    struct otlp_batch batch;
    struct error error;
    struct arena arena;
    enum err code;

    arena_init(&arena, ceiling);
    error = (struct error){.arena = &arena};
    code = read(&arena, body, &request, &error);
    if (!code)
        code = otlp_map(&arena, request, STR("p"), NULL, &batch, &error);
    if (code)
        check_refusal(code, &error);
    else
        check_batch(&arena, &batch);
    arena_done(&arena);
    return code;
}

/* A low ceiling changes the answer to 413 and to nothing else. */
static void otlp_check(otlp_reader read, struct str body)
{
    enum err code = otlp_try(read, body, (size_t)1 << 30);
    enum err small = otlp_try(read, body, (size_t)192 << 10);

    require(small == code || small == ERR_TOO_LARGE);
}

#endif
