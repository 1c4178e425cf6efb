/* Values that are made of others: lists, sets, maps, objects. */
#include "model/decode_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "model/tags.h"

enum err decode_tally(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct tally *tally = arena_zalloc(d->arena, sizeof(*tally));
    yyjson_obj_iter iter;
    yyjson_val *key, *member;
    int64_t count;

    if (!yyjson_is_obj(value))
        return decode_wrong_type(d, value, "Map");
    if (yyjson_obj_size(value) > TALLY_KEYS_MAX) {
        decode_break_rule(d, "cannot have more than 1000 keys");
        return ERR_OK;
    }
    tally->entries =
        arena_alloc(d->arena, (yyjson_obj_size(value) + 1) * sizeof(struct tally_entry));
    yyjson_obj_iter_init(value, &iter);
    while ((key = yyjson_obj_iter_next(&iter))) {
        struct str name = str_make(yyjson_get_str(key), yyjson_get_len(key));
        struct tally_entry *entry;

        member = yyjson_obj_iter_get_val(key);
        if (yyjson_is_null(member))
            continue;
        if (!decode_read_int(d->arena, member, INT32_MIN, INT32_MAX, &count))
            return decode_wrong_type(d, member, "Integer");
        entry = tally_find(tally, name);
        if (!entry)
            entry = &tally->entries[tally->n++];
        *entry = (struct tally_entry){name, count};
    }
    *ret = (struct value){.kind = VALUE_SET, .tally = tally};
    return ERR_OK;
}

static enum err too_large(const struct decoder *d)
{
    return error_set(d->error, ERR_TOO_LARGE, "The request needs more memory than allowed");
}

enum err decode_tags(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str property = decode_property_name(d->arena, d->field->name);
    struct tags tags;
    const char *what = strstr(d->field->name, "to_add")      ? " to add"
                       : strstr(d->field->name, "to_remove") ? " to remove"
                                                             : "";

    enum err err = yyjson_is_arr(value) ? tags_from_json(d->arena, value, &tags) : ERR_BAD_REQUEST;

    if (err == ERR_TOO_LARGE)
        return too_large(d);
    if (err)
        return decode_wrong_type(d, value, "Set<String>");
    if ((d->field->flags & FF_LIMITED) && (d->view & FF_UPDATE)) {
        if (tags.n > TAGS_MAX)
            error_add(d->error, ERR_UNPROCESSABLE, "%.*s%.*s Cannot have more than %d tags%s",
                      STR_ARG(d->prefix), STR_ARG(property), TAGS_MAX, what);
        for (size_t i = 0; i < tags.n; i++) {
            const char *rule = str_is_blank(tags.items[i]) ? "Tag must not be blank"
                               : str_count_utf16(tags.items[i]) > TAG_LENGTH_MAX
                                   ? "Tag cannot exceed 100 characters"
                                   : NULL;
            if (rule)
                error_add(d->error, ERR_UNPROCESSABLE, "%.*s%.*s[].<iterable element> %s",
                          STR_ARG(d->prefix), STR_ARG(property), rule);
        }
    }
    ret->kind = VALUE_SET;
    return tags_to_text(d->arena, &tags, &ret->s);
}

enum err decode_error_info(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    static const char *const members[] = {"exception_type", "message", "traceback"};
    yyjson_mut_doc *doc = json_new(d->arena);
    yyjson_mut_val *object = yyjson_mut_obj(doc);
    struct str text;

    if (!yyjson_is_obj(value))
        return decode_wrong_type(d, value, "ErrorInfo");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        yyjson_val *member = json_member(value, members[i]);
        if (!member || yyjson_is_null(member))
            continue;
        if (!json_scalar_text(member, &text))
            return decode_wrong_type(d, member, "String");
        yyjson_mut_obj_add_strn(doc, object, members[i], text.p, text.n);
    }
    yyjson_mut_doc_set_root(doc, object);
    ret->kind = VALUE_SET;
    return json_write_mut(d->arena, doc, &ret->s);
}

enum err decode_duration(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;
    int64_t us;

    if (!json_scalar_text(value, &text) || !duration_parse(text, &us))
        return decode_wrong_type(d, value, "Duration");
    if (us % CLOCK_US_PER_S)
        decode_break_rule(
            d, "minimum precision supported is seconds, please use a duration with seconds "
               "precision or higher");
    if (us > 7 * 24 * 3600 * CLOCK_US_PER_S)
        decode_break_rule(d, "duration exceeds the maximum allowed of PT168H");
    if (us <= 0)
        decode_break_rule(d, "must be greater than 0");
    *ret = value_int(us);
    return ERR_OK;
}

static bool is_hex_color(struct str text)
{
    if (text.n != 7 || text.p[0] != '#')
        return false;
    for (size_t i = 1; i < text.n; i++) {
        if (!isxdigit((unsigned char)text.p[i]))
            return false;
    }
    return true;
}

enum err decode_colors(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    yyjson_obj_iter iter;
    yyjson_val *key;
    struct str text;

    if (!yyjson_is_obj(value))
        return decode_wrong_type(d, value, "Map");
    if (yyjson_obj_size(value) > d->field->max)
        decode_break_rule(d, "cannot have more than 10000 entries");
    yyjson_obj_iter_init(value, &iter);
    while ((key = yyjson_obj_iter_next(&iter))) {
        if (!json_scalar_text(yyjson_obj_iter_get_val(key), &text) || !is_hex_color(text)) {
            struct str property = decode_property_name(d->arena, d->field->name);
            error_add(d->error, ERR_UNPROCESSABLE,
                      "%.*s%.*s[%.*s].<map value> Color must be a valid hex color (e.g. #FF0000)",
                      STR_ARG(d->prefix), STR_ARG(property), (int)yyjson_get_len(key),
                      yyjson_get_str(key));
            return ERR_OK;
        }
    }
    return decode_json(d, value, ret);
}

struct member {
    yyjson_val *key, *value;
    size_t index;
};

static struct str member_name(const struct member *member)
{
    return str_make(yyjson_get_str(member->key), yyjson_get_len(member->key));
}

static int compare_index(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

static int compare_name(const void *a, const void *b)
{
    int order = str_cmp(member_name(a), member_name(b));

    return order ? order : compare_index(a, b);
}

/* The members of an object in their order; of those with the same name only the last. NULL at the
 * arena's ceiling. */
static struct member *distinct_members(struct arena *arena, yyjson_val *object, size_t *ret_count)
{
    size_t n = yyjson_obj_size(object), kept = 0;
    struct member *members = arena_alloc(arena, (n + 1) * sizeof(*members));
    yyjson_obj_iter iter;

    if (!members)
        return NULL;
    yyjson_obj_iter_init(object, &iter);
    for (size_t i = 0; i < n; i++) {
        yyjson_val *key = yyjson_obj_iter_next(&iter);
        members[i] = (struct member){key, yyjson_obj_iter_get_val(key), i};
    }
    qsort(members, n, sizeof(*members), compare_name);
    for (size_t i = 0; i < n; i++) {
        if (i + 1 == n || !str_eq(member_name(&members[i]), member_name(&members[i + 1])))
            members[kept++] = members[i];
    }
    qsort(members, kept, sizeof(*members), compare_index);
    *ret_count = kept;
    return members;
}

enum err decode_numbers(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    yyjson_mut_doc *doc = json_new(d->arena);
    yyjson_mut_val *object = yyjson_mut_obj(doc);
    struct member *members;
    size_t n = 0;

    if (!yyjson_is_obj(value))
        return decode_wrong_type(d, value, "Map");
    members = distinct_members(d->arena, value, &n);
    if (!members)
        return too_large(d);
    if (n < 2)
        decode_break_rule(d, "size must be between 2 and 2147483647");
    for (size_t i = 0; i < n; i++) {
        struct str name = member_name(&members[i]);
        struct value number = {0};
        enum err err =
            yyjson_is_null(members[i].value) ? ERR_OK : decode_number(d, members[i].value, &number);
        if (err)
            return err;
        if (value_is_set(&number))
            yyjson_mut_obj_add(object, yyjson_mut_strn(doc, name.p, name.n),
                               yyjson_mut_real(doc, number.d));
        else
            error_add(d->error, ERR_UNPROCESSABLE, "%.*s%s[%.*s].<map value> must not be null",
                      STR_ARG(d->prefix), d->field->name, STR_ARG(name));
    }
    yyjson_mut_doc_set_root(doc, object);
    ret->kind = VALUE_SET;
    return json_write_mut(d->arena, doc, &ret->s);
}

/* Tells the rules for the size of a list of 1 to field->max entries. */
static void check_size(const struct decoder *d, size_t n)
{
    char rule[64];

    if (n == 0 && (d->field->flags & FF_NOT_BLANK))
        decode_break_rule(d, "must not be empty");
    if (n == 0 || n > d->field->max) {
        snprintf(rule, sizeof(rule), "size must be between 1 and %u", d->field->max);
        decode_break_rule(d, rule);
    }
}

static int compare_uuid(const void *a, const void *b)
{
    return uuid_cmp(a, b);
}

enum err decode_uuids(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    size_t n = yyjson_arr_size(value), kept = 0;
    yyjson_arr_iter iter;
    bool has_null = false;
    yyjson_val *item;
    struct uuid *ids;

    if (!yyjson_is_arr(value))
        return decode_wrong_type(d, value, "Set<UUID>");
    if (n == 0 && !(d->field->flags & FF_REQUIRED)) {
        ret->kind = VALUE_SET;
        return ERR_OK;
    }
    ids = arena_alloc(d->arena, (n + 1) * sizeof(*ids));
    if (!ids)
        return too_large(d);
    yyjson_arr_iter_init(value, &iter);
    while ((item = yyjson_arr_iter_next(&iter))) {
        struct value id = {0};
        enum err err = yyjson_is_null(item) ? ERR_OK : decode_uuid(d, item, &id);
        if (err)
            return err;
        if (value_is_set(&id)) {
            ids[kept++] = id.uuid;
            continue;
        }
        has_null = true;
        error_add(d->error, ERR_UNPROCESSABLE, "%.*s%s[].<iterable element> must not be null",
                  STR_ARG(d->prefix), d->field->name);
    }
    n = kept;
    qsort(ids, n, sizeof(*ids), compare_uuid);
    for (size_t i = kept = 0; i < n; i++) {
        if (i == 0 || !uuid_eq(&ids[i], &ids[i - 1]))
            ids[kept++] = ids[i];
    }
    /* Of a set: what is there twice counts once. */
    check_size(d, kept + has_null);
    if (kept > 0 && kept <= d->field->max)
        *ret = (struct value){.kind = VALUE_SET, .list = {ids, kept}};
    return ERR_OK;
}

static int compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Sorts; how many are left. */
static size_t drop_repeated(struct str *names, size_t n)
{
    size_t kept = 0;

    qsort(names, n, sizeof(*names), compare_str);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !str_eq(names[i], names[i - 1]))
            names[kept++] = names[i];
    }
    return kept;
}

enum err decode_names(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    size_t n = yyjson_arr_size(value);
    struct str *names;
    yyjson_arr_iter iter;
    yyjson_val *item;

    if (!yyjson_is_arr(value))
        return decode_wrong_type(d, value, "Set<String>");
    names = arena_alloc(d->arena, (n + 1) * sizeof(*names));
    if (!names)
        return too_large(d);
    yyjson_arr_iter_init(value, &iter);
    for (size_t i = 0; (item = yyjson_arr_iter_next(&iter)); i++) {
        names[i] = STR("");
        if (!yyjson_is_null(item) && !json_scalar_text(item, &names[i]))
            return decode_wrong_type(d, item, "String");
    }
    if (n > d->field->max)
        n = drop_repeated(names, n);
    if (n > d->field->max || (n == 0 && d->field->flags & FF_ITEMS_NOT_BLANK)) {
        check_size(d, n);
        ret->kind = VALUE_SET; /* given, for rules about several members */
        return ERR_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (d->field->flags & FF_ITEMS_NOT_BLANK && str_is_blank(names[i]))
            decode_break_item_rule(d, i, "must not be blank");
    }
    *ret = (struct value){.kind = VALUE_SET, .list = {names, n}};
    return ERR_OK;
}

enum err decode_objects(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    size_t n = yyjson_arr_size(value);
    struct record **records;
    yyjson_arr_iter iter;
    yyjson_val *item;

    if (!yyjson_is_arr(value))
        return decode_wrong_type(d, value, "List");
    check_size(d, n);
    if (n == 0 || n > d->field->max)
        return ERR_OK;
    records = arena_zalloc(d->arena, n * sizeof(struct record *));
    yyjson_arr_iter_init(value, &iter);
    for (size_t i = 0; (item = yyjson_arr_iter_next(&iter)); i++) {
        struct str prefix =
            str_format(d->arena, "%.*s%s[%zu].", STR_ARG(d->prefix), d->field->name, i);
        enum err err;

        if (yyjson_is_null(item)) {
            error_add(d->error, ERR_UNPROCESSABLE, "%.*s<list element> must not be null",
                      (int)prefix.n, prefix.p);
            continue;
        }
        err = decode_value(d->arena, d->field->sub, DECODE_BATCH, item, prefix, &records[i],
                           d->error);
        if (err)
            return err;
        if (arena_is_over(d->arena))
            return too_large(d);
    }
    *ret = (struct value){.kind = VALUE_SET, .list = {records, n}};
    return ERR_OK;
}

enum err decode_object(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str prefix = str_format(d->arena, "%.*s%s.", STR_ARG(d->prefix), d->field->name);

    ret->kind = VALUE_SET;
    return decode_value(d->arena, d->field->sub, DECODE_BATCH_UPDATE, value, prefix, &ret->record,
                        d->error);
}
