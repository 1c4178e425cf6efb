/* Record -> JSON. */
#include "model/encode.h"

#include "base/clock.h"

static yyjson_mut_val *text_value(yyjson_mut_doc *doc, const char *text, size_t n)
{
    return yyjson_mut_strncpy(doc, text, n);
}

static yyjson_mut_val *encode_uuid(yyjson_mut_doc *doc, const struct uuid *uuid)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(uuid, text);
    return text_value(doc, text, sizeof(text));
}

static yyjson_mut_val *encode_tally(yyjson_mut_doc *doc, struct tally *tally, bool keys_only)
{
    yyjson_mut_val *out = keys_only ? yyjson_mut_arr(doc) : yyjson_mut_obj(doc);

    tally_sort(tally);
    for (size_t i = 0; i < tally->n; i++) {
        const struct tally_entry *entry = &tally->entries[i];
        yyjson_mut_val *name = yyjson_mut_strn(doc, entry->name.p, entry->name.n);
        if (keys_only)
            yyjson_mut_arr_append(out, name);
        else
            yyjson_mut_obj_add(out, name, yyjson_mut_sint(doc, entry->count));
    }
    return out;
}

static yyjson_mut_val *encode_objects(yyjson_mut_doc *doc, const struct value *value)
{
    yyjson_mut_val *out = yyjson_mut_arr(doc);
    struct record *const *records = value->list.items;

    for (size_t i = 0; i < value->list.n; i++)
        yyjson_mut_arr_append(out, encode_record(doc, records[i], false, 0));
    return out;
}

static yyjson_mut_val *encode_object_map(yyjson_mut_doc *doc, const struct value *value)
{
    yyjson_mut_val *out = yyjson_mut_obj(doc);
    const struct named_record *entries = value->list.items;

    for (size_t i = 0; i < value->list.n; i++)
        yyjson_mut_obj_add(out, yyjson_mut_strn(doc, entries[i].name.p, entries[i].name.n),
                           encode_record(doc, entries[i].record, false, 0));
    return out;
}

static yyjson_mut_val *encode_value(yyjson_mut_doc *doc, const struct field *field,
                                    const struct value *value)
{
    char text[DECIMAL_TEXT_MAX > INSTANT_TEXT_MAX ? DECIMAL_TEXT_MAX : INSTANT_TEXT_MAX];

    switch (field->type) {
    case FIELD_UUID:
        return encode_uuid(doc, &value->uuid);
    case FIELD_TEXT:
        return yyjson_mut_strn(doc, value->s.n ? value->s.p : "", value->s.n);
    case FIELD_TIME_NS:
        return text_value(doc, text, instant_format_ns(value->i, text));
    case FIELD_TIME_US:
        return text_value(doc, text, instant_format_us(value->i, text));
    case FIELD_DURATION:
        return text_value(doc, text, duration_format(value->i, text));
    case FIELD_SCORE:
        return yyjson_mut_rawncpy(doc, text, decimal_format(value->i, 9, text));
    case FIELD_ENUM:
        return yyjson_mut_str(doc, field->names[value->i]);
    case FIELD_NUMBER:
        return yyjson_mut_real(doc, value->d);
    case FIELD_INT:
        return yyjson_mut_sint(doc, value->i);
    case FIELD_BOOL:
        return yyjson_mut_bool(doc, value->i != 0);
    case FIELD_COST:
        return yyjson_mut_rawncpy(doc, text, decimal_format(value->n, 12, text));
    case FIELD_JSON:
    case FIELD_TAGS:
    case FIELD_ERROR_INFO:
    case FIELD_COLORS:
    case FIELD_NUMBERS:
        return yyjson_mut_rawn(doc, value->s.p, value->s.n);
    case FIELD_TALLY:
    case FIELD_TALLY_KEYS:
        return encode_tally(doc, value->tally, field->type == FIELD_TALLY_KEYS);
    case FIELD_OBJECTS:
        return encode_objects(doc, value);
    case FIELD_OBJECT_MAP:
        return encode_object_map(doc, value);
    case FIELD_UUIDS:
    case FIELD_NAMES:
    case FIELD_OBJECT:
        break; /* only in request bodies */
    }
    return NULL;
}

/* What stands for an absent value of a field that is always written; NULL when it is left out. */
static yyjson_mut_val *encode_default(yyjson_mut_doc *doc, const struct field *field, bool excluded)
{
    if (!(field->flags & FF_ALWAYS))
        return NULL;
    switch (field->type) {
    case FIELD_INT:
        return yyjson_mut_sint(doc, 0);
    case FIELD_BOOL:
        return yyjson_mut_bool(doc, false);
    default:
        return excluded ? NULL : yyjson_mut_str(doc, "");
    }
}

/* Empty sets and unset enums are left out as absent values are. */
static bool is_left_out(const struct field *field, const struct value *value)
{
    switch (field->type) {
    case FIELD_TIME_NS:
    case FIELD_TIME_US:
    case FIELD_NUMBER:
    case FIELD_SCORE:
    case FIELD_INT:
    case FIELD_BOOL:
        return value->kind != VALUE_SET;
    default:
        return value->kind != VALUE_SET || value_is_empty(field, value);
    }
}

yyjson_mut_val *encode_record(yyjson_mut_doc *doc, const struct record *record, bool one,
                              uint64_t excluded)
{
    yyjson_mut_val *object = yyjson_mut_obj(doc);
    uint32_t flags = FF_READ | (one ? FF_READ_ONE : 0);

    for (size_t i = 0; i < record->resource->count; i++) {
        const struct field *field = &record->resource->fields[i];
        const struct value *value = &record->v[i];
        yyjson_mut_val *out;

        if (!(field->flags & flags))
            continue;
        if (is_left_out(field, value))
            out = encode_default(doc, field, excluded & 1ULL << i);
        else
            out = encode_value(doc, field, value);
        if (out)
            yyjson_mut_obj_add(object, yyjson_mut_str(doc, field->name), out);
    }
    return object;
}

void encode_add_names(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *name,
                      const char *const *names)
{
    yyjson_mut_val *array = yyjson_mut_arr(doc);

    for (size_t i = 0; names && names[i]; i++)
        yyjson_mut_arr_add_str(doc, array, names[i]);
    yyjson_mut_obj_add(object, yyjson_mut_str(doc, name), array);
}
