/* Records and values: the small operations that every layer above needs. */
#include "model/resource.h"

#include <stdlib.h>

struct record *record_new(struct arena *arena, const struct resource *resource)
{
    size_t size = sizeof(struct record) + resource->count * sizeof(struct value);
    struct record *record = arena_zalloc(arena, size);

    record->resource = resource;
    return record;
}

struct record *record_copy(struct arena *arena, const struct record *from)
{
    struct record *record = record_new(arena, from->resource);

    memcpy(record->v, from->v, from->resource->count * sizeof(struct value));
    return record;
}

int resource_find_field(const struct resource *resource, struct str name)
{
    for (size_t i = 0; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        if (field->name && str_eq(str_of(field->name), name))
            return (int)i;
        if (field->alias && str_eq(str_of(field->alias), name))
            return (int)i;
    }
    return -1;
}

bool value_is_empty(const struct field *field, const struct value *value)
{
    if (value->kind != VALUE_SET)
        return value->kind == VALUE_ABSENT;
    switch (field->type) {
    case FIELD_TEXT:
        return value->s.n == 0;
    case FIELD_TAGS:
        return str_eq(value->s, STR("[]"));
    case FIELD_TALLY:
    case FIELD_TALLY_KEYS:
        return value->tally->n == 0;
    case FIELD_OBJECTS:
    case FIELD_OBJECT_MAP:
        return value->list.n == 0;
    case FIELD_COST:
        return value->n <= 0;
    case FIELD_TIME_NS:
    case FIELD_TIME_US:
    case FIELD_ENUM:
        return value->i == 0;
    default:
        return false;
    }
}

static int compare_entries(const void *a, const void *b)
{
    const struct tally_entry *left = a, *right = b;

    return str_cmp(left->name, right->name);
}

void tally_sort(struct tally *tally)
{
    if (tally->n > 1)
        qsort(tally->entries, tally->n, sizeof(*tally->entries), compare_entries);
}

void tally_collapse(struct tally *tally)
{
    size_t kept = 0;

    tally_sort(tally);
    for (size_t i = 0; i < tally->n;) {
        struct tally_entry sum = tally->entries[i++];
        while (i < tally->n && str_eq(tally->entries[i].name, sum.name)) {
            if (__builtin_add_overflow(sum.count, tally->entries[i].count, &sum.count))
                sum.count = tally->entries[i].count > 0 ? INT64_MAX : INT64_MIN;
            i++;
        }
        if (sum.count != 0)
            tally->entries[kept++] = sum;
    }
    tally->n = kept;
}

struct tally_entry *tally_find(const struct tally *tally, struct str name)
{
    for (size_t i = 0; tally && i < tally->n; i++) {
        if (str_eq(tally->entries[i].name, name))
            return &tally->entries[i];
    }
    return NULL;
}
