/* A reader of OTLP's JSON, by the same table as that of protobuf. */
#include "ingest/otlp_json.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/decimal.h"
#include "json/json.h"

#define TRACE_ID_SIZE 16
#define SPAN_ID_SIZE 8
/* A number that says something has fewer characters. */
#define NUMBER_TEXT_MAX 400

struct reader {
    struct arena *arena;
    struct error *error;
};

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool read_hex(struct arena *arena, struct str text, struct str *ret)
{
    char *out = arena_alloc(arena, text.n / 2 + 1);

    for (size_t i = 0; i < text.n / 2; i++) {
        int high = hex_digit(text.p[2 * i]), low = hex_digit(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (char)(high << 4 | low);
    }
    *ret = str_make(out, text.n / 2);
    return true;
}

static enum err read_id(struct reader *r, struct str text, size_t size, struct str *ret,
                        const struct otlp_place *place)
{
    if (text.n == 0) {
        *ret = text;
        return ERR_OK;
    }
    if (text.n == 2 * size && read_hex(r->arena, text, ret))
        return ERR_OK;
    if (text.n <= 2 * size && base64_decode(r->arena, text, ret) && ret->n == size)
        return ERR_OK;
    return otlp_fail(r->error, place, "must be %zu hexadecimal digits", 2 * size);
}

/* A whole number, as a number or as a text of one; "1e3" and "5.0" are whole too. */
static bool read_whole(yyjson_val *value, int64_t *ret)
{
    decimal_int number;
    struct str text;

    if (yyjson_is_bool(value) || !json_scalar_text(value, &text) || text.n > NUMBER_TEXT_MAX)
        return false;
    if (str_to_i64(text, ret))
        return true;
    if (!decimal_parse_cut(text, 9, &number) || number % 1000000000)
        return false;
    number /= 1000000000;
    *ret = (int64_t)number;
    return number >= INT64_MIN && number <= INT64_MAX;
}

static bool read_double(struct arena *arena, yyjson_val *value, double *ret)
{
    struct str text;
    char *end;

    if (yyjson_is_bool(value) || !json_scalar_text(value, &text) || text.n == 0 ||
        text.n > NUMBER_TEXT_MAX)
        return false;
    /* strtod() knows more than JSON does: hexadecimal numbers, spaces, names in any case. */
    if (!str_eq(text, STR("NaN")) && !str_eq(text, STR("Infinity")) &&
        !str_eq(text, STR("-Infinity"))) {
        for (size_t i = 0; i < text.n; i++) {
            if (!strchr("0123456789+-.eE", text.p[i]) || !text.p[i])
                return false;
        }
    }
    text = str_copy(arena, text);
    *ret = strtod(text.p, &end);
    return end == text.p + text.n;
}

static bool read_enum(const struct otlp_field *field, yyjson_val *value, int64_t *ret)
{
    if (yyjson_is_str(value)) {
        for (size_t i = 0; field->names[i]; i++) {
            if (yyjson_equals_str(value, field->names[i])) {
                *ret = (int64_t)i;
                return true;
            }
        }
    }
    return read_whole(value, ret) && *ret >= INT32_MIN && *ret <= INT32_MAX;
}

static enum err wrong_type(struct reader *r, const struct otlp_place *place, const char *wanted,
                           yyjson_val *value)
{
    return otlp_fail(r->error, place, "must be %s, not this %s", wanted, json_type_name(value));
}

static enum err read_scalar(struct reader *r, yyjson_val *value, const struct otlp_field *field,
                            void *member, const struct otlp_place *place)
{
    struct str text = str_make(yyjson_get_str(value), yyjson_get_len(value));
    bool is_text = yyjson_is_str(value);
    int64_t number;
    double real;

    switch (field->type) {
    case OTLP_INT:
    case OTLP_TIME:
        if (!read_whole(value, &number))
            return wrong_type(r, place, "a whole number of 64 bits", value);
        if (field->type == OTLP_TIME && number < 0)
            return otlp_fail(r->error, place, "time is out of range");
        break;
    case OTLP_ENUM:
        if (!read_enum(field, value, &number))
            return wrong_type(r, place, "the number or name of a constant", value);
        break;
    case OTLP_BOOL:
        if (!yyjson_is_bool(value))
            return wrong_type(r, place, "true or false", value);
        number = yyjson_get_bool(value);
        break;
    case OTLP_DOUBLE:
        if (!read_double(r->arena, value, &real))
            return wrong_type(r, place, "a number", value);
        *(double *)member = real;
        return ERR_OK;
    default:
        if (!is_text)
            return wrong_type(r, place, "a string", value);
        if (field->type == OTLP_TRACE_ID || field->type == OTLP_SPAN_ID)
            return read_id(r, text, field->type == OTLP_TRACE_ID ? TRACE_ID_SIZE : SPAN_ID_SIZE,
                           member, place);
        if (field->type == OTLP_BYTES && !base64_decode(r->arena, text, &text))
            return arena_is_over(r->arena) ? ERR_TOO_LARGE
                                           : otlp_fail(r->error, place, "must be base64");
        *(struct str *)member = text;
        return ERR_OK;
    }
    *(int64_t *)member = number;
    return ERR_OK;
}

static const struct otlp_field *find_field(const struct otlp_message *message, yyjson_val *name)
{
    for (size_t i = 0; i < message->count; i++) {
        if (yyjson_equals_str(name, message->fields[i].json_name) ||
            yyjson_equals_str(name, message->fields[i].name))
            return &message->fields[i];
    }
    return NULL;
}

static enum err read_message(struct reader *r, yyjson_val *object,
                             const struct otlp_message *message, void *out,
                             const struct otlp_place *place, int depth);

static enum err read_inner(struct reader *r, yyjson_val *value, const struct otlp_message *message,
                           const struct otlp_field *field, void *out,
                           const struct otlp_place *place, int depth)
{
    struct otlp_place inner = *place;
    void *item = otlp_add_message(r->arena, message, field, out, &inner.index);

    inner.has_index = field->type == OTLP_MESSAGES;
    if (arena_is_over(r->arena))
        return ERR_TOO_LARGE;
    return read_message(r, value, field->message, item, &inner, depth + 1);
}

static enum err read_member(struct reader *r, yyjson_val *value, const struct otlp_message *message,
                            const struct otlp_field *field, void *out,
                            const struct otlp_place *place, int depth)
{
    yyjson_arr_iter iter;
    yyjson_val *element;
    enum err err = ERR_OK;

    if (field->type == OTLP_MESSAGE)
        return read_inner(r, value, message, field, out, place, depth);
    if (field->type != OTLP_MESSAGES)
        return read_scalar(r, value, field, otlp_member(message, field, out), place);
    if (!yyjson_is_arr(value))
        return wrong_type(r, place, "an array", value);
    yyjson_arr_iter_init(value, &iter);
    while (!err && (element = yyjson_arr_iter_next(&iter)))
        err = read_inner(r, element, message, field, out, place, depth);
    return err;
}

static enum err read_message(struct reader *r, yyjson_val *object,
                             const struct otlp_message *message, void *out,
                             const struct otlp_place *place, int depth)
{
    yyjson_obj_iter iter;
    yyjson_val *name;

    if (depth > OTLP_DEPTH_MAX)
        return otlp_fail(r->error, place, "messages are nested deeper than %d", OTLP_DEPTH_MAX);
    if (!yyjson_is_obj(object))
        return wrong_type(r, place, "an object", object);
    yyjson_obj_iter_init(object, &iter);
    while ((name = yyjson_obj_iter_next(&iter))) {
        yyjson_val *value = yyjson_obj_iter_get_val(name);
        const struct otlp_field *field = find_field(message, name);
        struct otlp_place inner = {place, field ? field->json_name : "", 0, false};
        enum err err;

        if (!field || yyjson_is_null(value))
            continue;
        err = read_member(r, value, message, field, out, &inner, depth);
        if (err)
            return err;
    }
    return otlp_check_message(message, out, true, place, r->error);
}

enum err otlp_read_json(struct arena *arena, struct str body, struct otlp_request **ret,
                        struct error *reterr)
{
    struct reader r = {arena, reterr};
    yyjson_val *root;
    enum err err = json_parse(arena, body, &root, reterr);

    if (!err && yyjson_is_str(root)) {
        struct str inner = str_make(yyjson_get_str(root), yyjson_get_len(root));
        err = json_parse(arena, inner, &root, reterr);
    }
    if (err)
        return err;
    *ret = arena_zalloc(arena, otlp_request_message.size);
    return read_message(&r, root, &otlp_request_message, *ret, NULL, 0);
}
