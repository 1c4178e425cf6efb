/* JSON body -> record: types, presence, rules. The coercions are those that clients of the
 * reference can rely on: scalars become texts, numeric texts become numbers, "" is null for ids,
 * times and numbers. */
#include "model/decode.h"

#include <ctype.h>

#include "model/decode_private.h"

struct str decode_property_name(struct arena *arena, const char *name)
{
    size_t length = strlen(name), n = 0;
    char *out = arena_alloc(arena, length + 1);

    for (size_t i = 0; i < length; i++) {
        if (name[i] == '_' && i + 1 < length)
            out[n++] = (char)toupper((unsigned char)name[++i]);
        else
            out[n++] = name[i];
    }
    out[n] = '\0';
    return str_make(out, n);
}

void decode_break_rule(const struct decoder *d, const char *rule)
{
    struct str property = decode_property_name(d->arena, d->field->name);

    error_add(d->error, ERR_UNPROCESSABLE, "%.*s%.*s %s", STR_ARG(d->prefix), STR_ARG(property),
              rule);
}

void decode_break_item_rule(const struct decoder *d, size_t i, const char *rule)
{
    struct str property = decode_property_name(d->arena, d->field->name);

    if (d->field->flags & FF_NOT_BLANK)
        error_add(d->error, ERR_UNPROCESSABLE, "%.*s%.*s[%zu].<list element> %s",
                  STR_ARG(d->prefix), STR_ARG(property), i, rule);
    else
        error_add(d->error, ERR_UNPROCESSABLE, "%.*s%.*s[].<iterable element> %s",
                  STR_ARG(d->prefix), STR_ARG(property), rule);
}

enum err decode_wrong_type(const struct decoder *d, const yyjson_val *value, const char *expected)
{
    struct str text;

    if (!json_scalar_text(value, &text) || text.n > 200)
        text = str_of(json_type_name(value));
    return error_set(
        d->error, ERR_BAD_REQUEST,
        "Unable to process JSON. Cannot deserialize value of type `%s` from %s \"%.*s\" "
        "(through reference chain: %.*s[\"%s\"])",
        expected, json_type_name(value), STR_ARG(text), STR_ARG(d->prefix), d->field->name);
}

typedef enum err (*type_decoder)(const struct decoder *, yyjson_val *, struct value *);

static const type_decoder type_decoders[] = {
    [FIELD_UUID] = decode_uuid,       [FIELD_TEXT] = decode_text,
    [FIELD_TIME_NS] = decode_time,    [FIELD_TIME_US] = decode_time,
    [FIELD_ENUM] = decode_enum_value, [FIELD_NUMBER] = decode_number,
    [FIELD_INT] = decode_int,         [FIELD_BOOL] = decode_bool,
    [FIELD_COST] = decode_cost,       [FIELD_JSON] = decode_json,
    [FIELD_TAGS] = decode_tags,       [FIELD_ERROR_INFO] = decode_error_info,
    [FIELD_TALLY] = decode_tally,     [FIELD_DURATION] = decode_duration,
    [FIELD_COLORS] = decode_colors,   [FIELD_UUIDS] = decode_uuids,
    [FIELD_NAMES] = decode_names,     [FIELD_OBJECT] = decode_object,
    [FIELD_OBJECTS] = decode_objects, [FIELD_SCORE] = decode_score,
    [FIELD_NUMBERS] = decode_numbers,
};

/* Tells about required fields that the body lacks. */
static void check_required(struct decoder *d, const struct record *record, uint64_t seen)
{
    uint32_t flag = d->view & FF_CREATE ? FF_REQUIRED : d->view & FF_REQUIRED_UPDATE;

    for (size_t i = 0; i < record->resource->count; i++) {
        d->field = &record->resource->fields[i];
        if (!(d->field->flags & flag) || value_is_set(&record->v[i]) || (seen & 1ULL << i))
            continue;
        if (d->field->flags & FF_NOT_BLANK && d->field->type == FIELD_TEXT)
            decode_break_rule(d, "must not be blank");
        else if (d->field->flags & FF_NOT_BLANK && d->field->type == FIELD_NAMES)
            decode_break_rule(d, "must not be empty");
        else
            decode_break_rule(d, "must not be null");
        if (d->field->flags & FF_NOT_BLANK && d->field->type == FIELD_UUIDS)
            decode_break_rule(d, "must not be empty");
    }
}

/* The rules that fields have of their own. */
static enum err run_checks(const struct decoder *d, struct record *record)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < record->resource->count && !err; i++) {
        if (record->resource->fields[i].check)
            err = record->resource->fields[i].check(d->arena, record, i, d->error);
    }
    return err;
}

enum err decode_value(struct arena *arena, const struct resource *resource, enum decode_view view,
                      yyjson_val *value, struct str prefix, struct record **ret,
                      struct error *reterr)
{
    struct decoder d = {arena, reterr, NULL, prefix, view};
    struct record *record = record_new(arena, resource);
    uint64_t seen = 0;
    yyjson_obj_iter iter;
    yyjson_val *key;

    if (!yyjson_is_obj(value))
        return error_set(reterr, ERR_BAD_REQUEST,
                         "Unable to process JSON. Cannot deserialize value of type `%s` from %s "
                         "(through reference chain: %.*s)",
                         resource->name, json_type_name(value), STR_ARG(prefix));
    yyjson_obj_iter_init(value, &iter);
    while ((key = yyjson_obj_iter_next(&iter))) {
        yyjson_val *member = yyjson_obj_iter_get_val(key);
        int i = resource_find_field(resource, str_make(yyjson_get_str(key), yyjson_get_len(key)));
        enum err err;

        if (i < 0 || !(resource->fields[i].flags & (uint32_t)view))
            continue;
        d.field = &resource->fields[i];
        record->v[i] = (struct value){0};
        seen &= ~(1ULL << i); /* of a name that comes twice, the last counts */
        if (yyjson_is_null(member) && d.field->type != FIELD_JSON)
            continue;
        seen |= 1ULL << i;
        err = type_decoders[d.field->type](&d, member, &record->v[i]);
        if (err)
            return err;
    }
    for (size_t i = 0; i < resource->count; i++) {
        /* "" for an id, a time or a score is a null, so it does not count as given. */
        enum field_type type = resource->fields[i].type;
        if ((type == FIELD_UUID || type == FIELD_TIME_NS || type == FIELD_TIME_US ||
             type == FIELD_SCORE) &&
            !value_is_set(&record->v[i]))
            seen &= ~(1ULL << i);
    }
    for (size_t i = 0; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        if (field->flags & FF_DISCRIMINATES && !value_is_set(&record->v[i]))
            return error_set(reterr, ERR_BAD_REQUEST,
                             "Unable to process JSON. Missing type id property '%.*s%s'",
                             STR_ARG(prefix), field->name);
    }
    check_required(&d, record, seen);
    *ret = record;
    return run_checks(&d, record);
}

static bool is_json_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum err decode_body(struct arena *arena, const struct resource *resource, enum decode_view view,
                     struct str body, struct record **ret, struct error *reterr)
{
    yyjson_val *root = NULL;
    enum err err;

    while (body.n && is_json_space(body.p[0]))
        body = str_make(body.p + 1, body.n - 1);
    if (body.n == 0)
        return error_add(reterr, ERR_UNPROCESSABLE, "The request body must not be null");
    err = json_parse(arena, body, &root, reterr);
    if (err)
        return err;
    if (yyjson_is_null(root))
        return error_add(reterr, ERR_UNPROCESSABLE, "The request body must not be null");
    err = decode_value(arena, resource, view, root, STR(""), ret, reterr);
    if (!err && reterr->item_count)
        err = ERR_UNPROCESSABLE;
    return err;
}
