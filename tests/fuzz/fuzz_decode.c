/* Request bodies: no text crashes the decoding of any body that clients send; what is accepted has
 * its required values, and written out again decodes to the same record. */
#include <stdlib.h>

#include "model/decode.h"
#include "model/encode.h"
#include "model/entity.h"
#include "model/project.h"
#include "model/workspace.h"

#define CEILING ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* ---- two records ---- */

static bool is_empty(const struct field *field, const struct value *value)
{
    return value->kind == VALUE_ABSENT || value_is_empty(field, value);
}

static bool same_tally(struct tally *a, struct tally *b)
{
    if (a->n != b->n)
        return false;
    tally_sort(a);
    tally_sort(b);
    for (size_t i = 0; i < a->n; i++) {
        if (!str_eq(a->entries[i].name, b->entries[i].name) ||
            a->entries[i].count != b->entries[i].count)
            return false;
    }
    return true;
}

static bool same_value(const struct field *field, const struct value *a, const struct value *b)
{
    switch (field->type) {
    case FIELD_UUID:
        return uuid_eq(&a->uuid, &b->uuid);
    case FIELD_NUMBER:
        return a->d == b->d;
    case FIELD_COST:
        return a->n == b->n;
    case FIELD_TALLY:
        return same_tally(a->tally, b->tally);
    case FIELD_TEXT:
    case FIELD_JSON:
    case FIELD_TAGS:
    case FIELD_ERROR_INFO:
    case FIELD_COLORS:
        return str_eq(a->s, b->s);
    default:
        return a->i == b->i;
    }
}

/* Fields that are written and read. Empty ones may be left out (traces.md 2). */
static void require_same(const struct record *first, const struct record *second,
                         enum decode_view view)
{
    for (size_t i = 0; i < first->resource->count; i++) {
        const struct field *field = &first->resource->fields[i];
        const struct value *a = &first->v[i], *b = &second->v[i];
        if (!(field->flags & FF_READ) || !(field->flags & (uint32_t)view) ||
            (is_empty(field, a) && is_empty(field, b)))
            continue;
        require(a->kind == VALUE_SET && b->kind == VALUE_SET);
        require(same_value(field, a, b));
    }
}

/* ---- one record ---- */

/* What handlers rely on when decoding has succeeded. */
static void require_complete(const struct record *record, enum decode_view view)
{
    uint32_t flag = view & FF_CREATE ? FF_REQUIRED : (uint32_t)view & FF_REQUIRED_UPDATE;

    for (size_t i = 0; i < record->resource->count; i++) {
        const struct field *field = &record->resource->fields[i];
        const struct value *value = &record->v[i];
        if (field->flags & flag)
            require(value->kind == VALUE_SET);
        if (value->kind == VALUE_ABSENT)
            continue;
        require(value->kind == VALUE_SET);
        require(field->flags & (uint32_t)view);
        if (field->type == FIELD_ENUM)
            require(value->i > 0);
        if (field->type == FIELD_OBJECT)
            require(value->record != NULL);
        if (field->type == FIELD_OBJECTS || field->type == FIELD_UUIDS)
            require(value->list.n >= 1 && value->list.n <= field->max);
    }
}

/* The JSON that a reader gets, with `front` and `back` around it. */
static struct str encode(struct arena *arena, const struct record *record, const char *front,
                         const char *back)
{
    yyjson_mut_doc *doc = json_new(arena);
    struct str text;

    yyjson_mut_doc_set_root(doc, encode_record(doc, record, true, 0));
    require(json_write_mut(arena, doc, &text) == ERR_OK);
    return str_format(arena, "%s%.*s%s", front, STR_ARG(text), back);
}

static void check_record(struct arena *arena, const struct record *record, enum decode_view view)
{
    struct error error = {.arena = arena};
    struct record *again = NULL;

    require_complete(record, view);
    require(decode_body(arena, record->resource, view, encode(arena, record, "", ""), &again,
                        &error) == ERR_OK);
    require_same(record, again, view);
}

static void check_item(struct arena *arena, const struct resource *batch,
                       const struct record *record)
{
    const char *front = batch == &span_batch_resource ? "{\"spans\":[" : "{\"traces\":[";
    struct error error = {.arena = arena};
    struct record *again = NULL;

    require_complete(record, DECODE_BATCH);
    require(decode_body(arena, batch, DECODE_CREATE, encode(arena, record, front, "]}"), &again,
                        &error) == ERR_OK);
    require_same(record, ((struct record **)again->v[BATCH_ITEMS].list.items)[0], DECODE_BATCH);
}

/* ---- one body ---- */

static const struct {
    const struct resource *resource;
    enum decode_view view;
} bodies[] = {
    {&trace_resource, DECODE_CREATE},
    {&span_resource, DECODE_CREATE},
    {&trace_resource, DECODE_UPDATE},
    {&span_resource, DECODE_UPDATE},
    {&span_resource, DECODE_BATCH_UPDATE},
    {&trace_batch_resource, DECODE_CREATE},
    {&span_batch_resource, DECODE_CREATE},
    {&trace_batch_update_resource, DECODE_CREATE},
    {&span_batch_update_resource, DECODE_CREATE},
    {&batch_delete_resource, DECODE_CREATE},
    {&project_resource, DECODE_CREATE},
    {&project_resource, DECODE_UPDATE},
    {&project_retrieve_resource, DECODE_CREATE},
    {&workspace_configuration_resource, DECODE_CREATE},
};

static void check_decoded(struct arena *arena, const struct record *record, enum decode_view view)
{
    const struct resource *resource = record->resource;

    if (resource == &trace_batch_resource || resource == &span_batch_resource) {
        require_complete(record, view);
        for (size_t i = 0; i < record->v[BATCH_ITEMS].list.n; i++)
            check_item(arena, resource, ((struct record **)record->v[BATCH_ITEMS].list.items)[i]);
    } else if (resource == &trace_batch_update_resource ||
               resource == &span_batch_update_resource) {
        require_complete(record, view);
        check_record(arena, record->v[BATCH_UPDATE_UPDATE].record, DECODE_BATCH_UPDATE);
    } else if (resource == &batch_delete_resource || resource == &project_retrieve_resource) {
        require_complete(record, view);
    } else {
        check_record(arena, record, view);
    }
}

static void require_told(const struct error *error, enum err code)
{
    require(error->code == code);
    if (code == ERR_UNPROCESSABLE)
        require(error->shape == ERROR_SHAPE_LIST && error->item_count > 0);
    else
        require(error->shape == ERROR_SHAPE_MESSAGE && error->message.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct arena arena;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct record *record = NULL;
        struct error error;
        enum err code;
        arena_init(&arena, CEILING);
        error = (struct error){.arena = &arena};
        code = decode_body(&arena, bodies[i].resource, bodies[i].view, text, &record, &error);
        require(code == ERR_OK || code == ERR_BAD_REQUEST || code == ERR_UNPROCESSABLE ||
                code == ERR_TOO_LARGE);
        if (code == ERR_OK && !arena_is_over(&arena))
            check_decoded(&arena, record, bodies[i].view);
        else if (code == ERR_BAD_REQUEST || code == ERR_UNPROCESSABLE)
            require_told(&error, code);
        arena_done(&arena);
    }
    return 0;
}
