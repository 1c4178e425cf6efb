/* Attributes as JSON. */
#include "ingest/otlp_values.h"

#include <math.h>

#include "base/base64.h"

/* What is put around a text that was parsed has fewer levels. */
#define LEVELS_AROUND 64

/* Whether brackets are nested deeper than that, strings aside. */
static bool is_deeper(struct str text, size_t max)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '"')
            in_string = !in_string;
        else if (in_string)
            i += c == '\\';
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth)
            depth--;
        if (depth > max)
            return true;
    }
    return false;
}

enum err otlp_parse_json(struct arena *arena, struct str text, yyjson_val **ret,
                         struct error *reterr)
{
    if (is_deeper(text, JSON_DEPTH_MAX - LEVELS_AROUND))
        return error_set(reterr, ERR_BAD_REQUEST,
                         "Unable to process JSON. nesting depth exceeds the maximum of %d",
                         JSON_DEPTH_MAX - LEVELS_AROUND);
    return json_parse(arena, text, ret, reterr);
}

static yyjson_mut_val *text_value(yyjson_mut_doc *doc, struct str text)
{
    return yyjson_mut_strn(doc, text.n ? text.p : "", text.n);
}

/* A text, or what it says as JSON. */
static yyjson_mut_val *text_json(struct arena *arena, yyjson_mut_doc *doc, struct str text)
{
    struct error ignored = {.arena = arena};
    struct str compact;
    yyjson_val *root = NULL;
    enum err err;

    if (text.n == 0 || !strchr("\"[{", text.p[0]) || !text.p[0])
        return text_value(doc, text);
    err = otlp_parse_json(arena, text, &root, &ignored);
    if (!err && yyjson_is_str(root)) {
        struct str inner = str_make(yyjson_get_str(root), yyjson_get_len(root));
        err = otlp_parse_json(arena, inner, &root, &ignored);
    }
    if (err)
        return text_value(doc, text);
    if (yyjson_is_str(root))
        return text_value(doc, str_make(yyjson_get_str(root), yyjson_get_len(root)));
    if (json_write(arena, root, &compact))
        return NULL;
    return yyjson_mut_rawn(doc, compact.p, compact.n);
}

static yyjson_mut_val *double_json(yyjson_mut_doc *doc, double number)
{
    /* As a body in JSON would have them. */
    if (isnan(number))
        return yyjson_mut_str(doc, "NaN");
    if (isinf(number))
        return yyjson_mut_str(doc, number < 0 ? "-Infinity" : "Infinity");
    return yyjson_mut_real(doc, number);
}

static yyjson_mut_val *array_json(struct arena *arena, yyjson_mut_doc *doc,
                                  const struct otlp_values *values)
{
    yyjson_mut_val *ret = yyjson_mut_arr(doc);

    for (struct otlp_item *item = values->items.first; item; item = item->next) {
        const struct otlp_value *element = (const struct otlp_value *)item;
        yyjson_mut_val *value = element->kind == OTLP_VALUE_TEXT
                                    ? text_value(doc, element->text)
                                    : otlp_value_json(arena, doc, element);
        if (arena_is_over(arena))
            return NULL;
        /* Places count in an array. */
        yyjson_mut_arr_append(ret, value ? value : yyjson_mut_null(doc));
    }
    return ret;
}

static yyjson_mut_val *map_json(struct arena *arena, yyjson_mut_doc *doc,
                                const struct otlp_values *values)
{
    struct json_object object;

    json_object_init(&object, arena, doc);
    return otlp_attributes_json(&values->items, &object) ? NULL : object.value;
}

yyjson_mut_val *otlp_value_json(struct arena *arena, yyjson_mut_doc *doc,
                                const struct otlp_value *value)
{
    struct str text;

    switch (value ? value->kind : OTLP_VALUE_NONE) {
    case OTLP_VALUE_TEXT:
        return text_json(arena, doc, value->text);
    case OTLP_VALUE_BOOL:
        return yyjson_mut_bool(doc, value->integer != 0);
    case OTLP_VALUE_INT:
        return yyjson_mut_sint(doc, value->integer);
    case OTLP_VALUE_DOUBLE:
        return double_json(doc, value->number);
    case OTLP_VALUE_ARRAY:
        return array_json(arena, doc, value->values);
    case OTLP_VALUE_MAP:
        return map_json(arena, doc, value->values);
    case OTLP_VALUE_BYTES:
        text = base64_encode(arena, value->text);
        return text.p ? text_value(doc, text) : NULL;
    default:
        return NULL;
    }
}

enum err otlp_attributes_json(const struct otlp_list *attributes, struct json_object *ret)
{
    for (struct otlp_item *item = attributes->first; item; item = item->next) {
        const struct otlp_attribute *attribute = (const struct otlp_attribute *)item;
        yyjson_mut_val *value = otlp_value_json(ret->arena, ret->doc, attribute->value);

        if (arena_is_over(ret->arena) || (value && !json_object_set(ret, attribute->key, value)))
            return ERR_TOO_LARGE;
    }
    return ERR_OK;
}

const struct str *otlp_find_text(const struct otlp_list *attributes, struct str name)
{
    const struct str *ret = NULL;

    for (struct otlp_item *item = attributes->first; item; item = item->next) {
        const struct otlp_attribute *attribute = (const struct otlp_attribute *)item;
        const struct otlp_value *value = attribute->value;
        if (str_eq(attribute->key, name))
            ret = value && value->kind == OTLP_VALUE_TEXT ? &value->text : NULL;
    }
    return ret;
}
