/* JSON body -> record: types, presence, rules. The coercions are those that clients of the
 * reference can rely on: scalars become texts, numeric texts become numbers, "" is null for ids,
 * times and numbers. */
#include "model/decode.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "model/annotation.h"
#include "model/tags.h"

/* No sensible number is longer; keeps copies of it small. */
#define NUMBER_TEXT_MAX 1000
/* Farther times of FF_ANY_TIME count as this, µs, so that periods can be computed from them. */
#define FAR_US 9000000000000000000LL

struct decoder {
    struct arena *arena;
    struct error *error;
    const struct field *field;
    struct str prefix; /* "traces[3]." */
    enum decode_view view;
};

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

/* Adds "<prefix><property> <rule>" to the 422 list. */
static void break_rule(const struct decoder *d, const char *rule)
{
    struct str property = decode_property_name(d->arena, d->field->name);

    error_add(d->error, ERR_UNPROCESSABLE, "%.*s%.*s %s", STR_ARG(d->prefix), STR_ARG(property),
              rule);
}

/* The same about an element: of a set, or of a list, whose elements have a place. */
static void break_item_rule(const struct decoder *d, size_t i, const char *rule)
{
    struct str property = decode_property_name(d->arena, d->field->name);

    if (d->field->flags & FF_NOT_BLANK)
        error_add(d->error, ERR_UNPROCESSABLE, "%.*s%.*s[%zu].<list element> %s",
                  STR_ARG(d->prefix), STR_ARG(property), i, rule);
    else
        error_add(d->error, ERR_UNPROCESSABLE, "%.*s%.*s[].<iterable element> %s",
                  STR_ARG(d->prefix), STR_ARG(property), rule);
}

static enum err wrong_type(const struct decoder *d, const yyjson_val *value, const char *expected)
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

static enum err decode_uuid(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;

    if (!yyjson_is_str(value))
        return wrong_type(d, value, "UUID");
    text = str_make(yyjson_get_str(value), yyjson_get_len(value));
    if (text.n == 0)
        return ERR_OK;
    if (!uuid_parse(text, &ret->uuid))
        return wrong_type(d, value, "UUID");
    ret->kind = VALUE_SET;
    return ERR_OK;
}

static enum err decode_text(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    uint32_t flags = d->field->flags;
    struct str text;
    char rule[64];

    if (!json_scalar_text(value, &text))
        return wrong_type(d, value, "String");
    if ((flags & FF_NOT_BLANK) && str_is_blank(text)) {
        break_rule(d, "must not be blank");
        *ret = value_text(text); /* given, for rules about several members */
        return ERR_OK;
    }
    if ((flags & FF_BLANK_ABSENT) && str_is_blank(text))
        return ERR_OK;
    if (flags & FF_TRIM)
        text = str_trim(text);
    if (d->field->max && str_count_utf16(text) > d->field->max) {
        snprintf(rule, sizeof(rule), "cannot exceed %u characters", d->field->max);
        break_rule(d, d->field->max_rule ? d->field->max_rule : rule);
    }
    *ret = value_text(text);
    return ERR_OK;
}

static enum err decode_time(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    bool is_ns = d->field->type == FIELD_TIME_NS;
    int64_t end_s = is_ns ? 9223372036 : 10413792000; /* 2262-04-11T23:47:16Z, 2300-01-01 */
    struct instant instant;
    struct str text;

    if (!yyjson_is_str(value) && !yyjson_is_raw(value))
        return wrong_type(d, value, "Instant");
    json_scalar_text(value, &text);
    if (text.n == 0)
        return ERR_OK;
    if (yyjson_is_raw(value) ? !instant_parse_number(text, &instant)
                             : !instant_parse(text, &instant))
        return wrong_type(d, value, "Instant");
    if (d->field->flags & FF_ANY_TIME) {
        int64_t us = instant_to_us(instant);
        *ret = value_int(us > FAR_US ? FAR_US : us < -FAR_US ? -FAR_US : us);
        return ERR_OK;
    }
    if (instant.seconds < 0 || instant.seconds >= end_s)
        break_rule(d, is_ns ? "must be after or equal 1970-01-01T00:00:00.000000Z and before "
                              "2262-04-11T23:47:16.000000000Z"
                            : "must be after or equal 1970-01-01T00:00:00.000000Z and before "
                              "2300-01-01T00:00:00.000000Z");
    *ret = value_int(is_ns ? instant_to_ns(instant) : instant_to_us(instant));
    return ERR_OK;
}

int decode_enum(const char *const *names, struct str text, bool any_case)
{
    for (int i = 1; names[i]; i++) {
        const char *name = names[i];
        size_t k = 0;
        bool same = true;

        for (size_t j = 0; j < text.n && same; j++) {
            char c = text.p[j];
            if (any_case && c == ' ')
                continue;
            if (any_case)
                c = c == '-' || c == '.' ? '_' : (char)tolower((unsigned char)c);
            same = c != '\0' && name[k] == c;
            k++;
        }
        if (same && name[k] == '\0')
            return i;
    }
    return 0;
}

static enum err decode_enum_value(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    int index = 0;

    if (yyjson_is_str(value))
        index = decode_enum(d->field->names, str_make(yyjson_get_str(value), yyjson_get_len(value)),
                            d->field->flags & FF_ANY_CASE);
    if (index == 0)
        return wrong_type(d, value, d->field->name);
    *ret = value_int(index);
    return ERR_OK;
}

static enum err decode_number(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;
    char *end;
    double number;

    if ((!yyjson_is_str(value) && !yyjson_is_raw(value)) || !json_scalar_text(value, &text))
        return wrong_type(d, value, "Double");
    if (text.n > NUMBER_TEXT_MAX)
        return wrong_type(d, value, "Double");
    text = str_copy(d->arena, str_trim(text));
    if (text.n == 0)
        return ERR_OK;
    number = strtod(text.p, &end);
    if (end != text.p + text.n)
        return wrong_type(d, value, "Double");
    if (!isfinite(number)) {
        break_rule(d, "must be a finite number");
        return ERR_OK;
    }
    if ((d->field->flags & FF_NOT_NEGATIVE) && number < 0)
        break_rule(d, "must be greater than or equal to 0");
    *ret = (struct value){.kind = VALUE_SET, .d = number};
    return ERR_OK;
}

static enum err decode_cost(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;
    decimal_int number;

    if ((!yyjson_is_str(value) && !yyjson_is_raw(value)) || !json_scalar_text(value, &text))
        return wrong_type(d, value, "BigDecimal");
    text = str_trim(text);
    if (text.n == 0)
        return ERR_OK;
    if (!decimal_parse(text, 12, &number))
        return wrong_type(d, value, "BigDecimal");
    if ((d->field->flags & FF_NOT_NEGATIVE) && number < 0)
        break_rule(d, "must be greater than or equal to 0.0");
    *ret = (struct value){.kind = VALUE_SET, .n = number};
    return ERR_OK;
}

/* Scores have 9 decimals, and are compared with their range by 12, before three are cut. */
#define SCORE_DECIMALS_MORE 1000
#define SCORE_LIMIT ((decimal_int)SCORE_VALUE_MAX * SCORE_DECIMALS_MORE)

/* traces.md 11.3: a number or a text of one; the range is a rule. */
static enum err decode_score(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;
    decimal_int number;
    char *end;

    if ((!yyjson_is_str(value) && !yyjson_is_raw(value)) || !json_scalar_text(value, &text) ||
        text.n > NUMBER_TEXT_MAX)
        return wrong_type(d, value, "BigDecimal");
    text = str_copy(d->arena, str_trim(text));
    if (text.n == 0)
        return ERR_OK;
    if (!decimal_parse(text, 12, &number)) {
        double far = strtod(text.p, &end);
        if (end != text.p + text.n || isnan(far) || isalpha((unsigned char)end[-1]) ||
            memchr(text.p, 'x', text.n) || memchr(text.p, 'X', text.n))
            return wrong_type(d, value, "BigDecimal");
        number = far < 0 ? -SCORE_LIMIT - 1 : SCORE_LIMIT + 1;
    }
    if (number > SCORE_LIMIT)
        break_rule(d, "must be less than or equal to 999999999.999999999");
    else if (number < -SCORE_LIMIT)
        break_rule(d, "must be greater than or equal to -999999999.999999999");
    *ret = value_int((int64_t)(number / SCORE_DECIMALS_MORE));
    return ERR_OK;
}

/* A whole number as the reference reads one: fractions are cut off, numeric texts count. */
static bool read_int(struct arena *arena, yyjson_val *value, int64_t min, int64_t max, int64_t *ret)
{
    struct str text;
    char *end;
    double number;

    if ((!yyjson_is_str(value) && !yyjson_is_raw(value)) || !json_scalar_text(value, &text) ||
        text.n > NUMBER_TEXT_MAX)
        return false;
    text = str_copy(arena, str_trim(text));
    if (!str_to_i64(text, ret)) {
        /* strtod() takes more than decimals. */
        number = decimal_is_text(text) ? strtod(text.p, &end) : NAN;
        if (!isfinite(number) || end != text.p + text.n || fabs(number) > 9e15)
            return false;
        *ret = (int64_t)number;
    }
    return *ret >= min && *ret <= max;
}

static enum err decode_int(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    int64_t max = d->field->max ? (int64_t)d->field->max : INT32_MAX;
    int64_t number;
    char rule[64];

    if (!read_int(d->arena, value, INT32_MIN, INT32_MAX, &number))
        return wrong_type(d, value, "Integer");
    if (d->field->max && number < 1)
        break_rule(d, "must be greater than or equal to 1");
    if (number > max) {
        snprintf(rule, sizeof(rule), "must be less than or equal to %lld", (long long)max);
        break_rule(d, rule);
    }
    *ret = value_int(number);
    return ERR_OK;
}

static enum err decode_bool(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;

    if (!json_scalar_text(value, &text))
        return wrong_type(d, value, "Boolean");
    if (text.n == 0)
        return ERR_OK;
    if (!str_eq_nocase(text, STR("true")) && !str_eq_nocase(text, STR("false")))
        return wrong_type(d, value, "Boolean");
    *ret = value_int(str_eq_nocase(text, STR("true")));
    return ERR_OK;
}

static enum err decode_json(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    ret->kind = VALUE_SET;
    return json_write(d->arena, value, &ret->s);
}

static enum err decode_tally(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct tally *tally = arena_zalloc(d->arena, sizeof(*tally));
    yyjson_obj_iter iter;
    yyjson_val *key, *member;
    int64_t count;

    if (!yyjson_is_obj(value))
        return wrong_type(d, value, "Map");
    if (yyjson_obj_size(value) > TALLY_KEYS_MAX) {
        break_rule(d, "cannot have more than 1000 keys");
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
        if (!read_int(d->arena, member, INT32_MIN, INT32_MAX, &count))
            return wrong_type(d, member, "Integer");
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

static enum err decode_tags(const struct decoder *d, yyjson_val *value, struct value *ret)
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
        return wrong_type(d, value, "Set<String>");
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

static enum err decode_error_info(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    static const char *const members[] = {"exception_type", "message", "traceback"};
    yyjson_mut_doc *doc = json_new(d->arena);
    yyjson_mut_val *object = yyjson_mut_obj(doc);
    struct str text;

    if (!yyjson_is_obj(value))
        return wrong_type(d, value, "ErrorInfo");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        yyjson_val *member = json_member(value, members[i]);
        if (!member || yyjson_is_null(member))
            continue;
        if (!json_scalar_text(member, &text))
            return wrong_type(d, member, "String");
        yyjson_mut_obj_add_strn(doc, object, members[i], text.p, text.n);
    }
    yyjson_mut_doc_set_root(doc, object);
    ret->kind = VALUE_SET;
    return json_write_mut(d->arena, doc, &ret->s);
}

static enum err decode_duration(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;
    int64_t us;

    if (!json_scalar_text(value, &text) || !duration_parse(text, &us))
        return wrong_type(d, value, "Duration");
    if (us % CLOCK_US_PER_S)
        break_rule(d, "minimum precision supported is seconds, please use a duration with seconds "
                      "precision or higher");
    if (us > 7 * 24 * 3600 * CLOCK_US_PER_S)
        break_rule(d, "duration exceeds the maximum allowed of PT168H");
    if (us <= 0)
        break_rule(d, "must be greater than 0");
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

static enum err decode_colors(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    yyjson_obj_iter iter;
    yyjson_val *key;
    struct str text;

    if (!yyjson_is_obj(value))
        return wrong_type(d, value, "Map");
    if (yyjson_obj_size(value) > d->field->max)
        break_rule(d, "cannot have more than 10000 entries");
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

static enum err decode_numbers(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    yyjson_mut_doc *doc = json_new(d->arena);
    yyjson_mut_val *object = yyjson_mut_obj(doc);
    struct member *members;
    size_t n = 0;

    if (!yyjson_is_obj(value))
        return wrong_type(d, value, "Map");
    members = distinct_members(d->arena, value, &n);
    if (!members)
        return too_large(d);
    if (n < 2)
        break_rule(d, "size must be between 2 and 2147483647");
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
        break_rule(d, "must not be empty");
    if (n == 0 || n > d->field->max) {
        snprintf(rule, sizeof(rule), "size must be between 1 and %u", d->field->max);
        break_rule(d, rule);
    }
}

static int compare_uuid(const void *a, const void *b)
{
    return uuid_cmp(a, b);
}

static enum err decode_uuids(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    size_t n = yyjson_arr_size(value), kept = 0;
    yyjson_arr_iter iter;
    bool has_null = false;
    yyjson_val *item;
    struct uuid *ids;

    if (!yyjson_is_arr(value))
        return wrong_type(d, value, "Set<UUID>");
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

static enum err decode_names(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    size_t n = yyjson_arr_size(value);
    struct str *names;
    yyjson_arr_iter iter;
    yyjson_val *item;

    if (!yyjson_is_arr(value))
        return wrong_type(d, value, "Set<String>");
    names = arena_alloc(d->arena, (n + 1) * sizeof(*names));
    if (!names)
        return too_large(d);
    yyjson_arr_iter_init(value, &iter);
    for (size_t i = 0; (item = yyjson_arr_iter_next(&iter)); i++) {
        names[i] = STR("");
        if (!yyjson_is_null(item) && !json_scalar_text(item, &names[i]))
            return wrong_type(d, item, "String");
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
            break_item_rule(d, i, "must not be blank");
    }
    *ret = (struct value){.kind = VALUE_SET, .list = {names, n}};
    return ERR_OK;
}

static enum err decode_objects(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    size_t n = yyjson_arr_size(value);
    struct record **records;
    yyjson_arr_iter iter;
    yyjson_val *item;

    if (!yyjson_is_arr(value))
        return wrong_type(d, value, "List");
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

static enum err decode_object(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str prefix = str_format(d->arena, "%.*s%s.", STR_ARG(d->prefix), d->field->name);

    ret->kind = VALUE_SET;
    return decode_value(d->arena, d->field->sub, DECODE_BATCH_UPDATE, value, prefix, &ret->record,
                        d->error);
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
            break_rule(d, "must not be blank");
        else if (d->field->flags & FF_NOT_BLANK && d->field->type == FIELD_NAMES)
            break_rule(d, "must not be empty");
        else
            break_rule(d, "must not be null");
        if (d->field->flags & FF_NOT_BLANK && d->field->type == FIELD_UUIDS)
            break_rule(d, "must not be empty");
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
