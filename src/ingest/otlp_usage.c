/* Usage in attributes. */
#include "ingest/otlp_usage.h"

#include "base/decimal.h"
#include "ingest/otlp_values.h"

/* Of one span, as in other bodies. */
#define USAGE_NAMES_MAX 1000
#define PROMPT "prompt_tokens"
#define COMPLETION "completion_tokens"
#define TOTAL "total_tokens"

static const struct {
    const char *from, *to;
} renames[] = {
    {"input_tokens", PROMPT},
    {"output_tokens", COMPLETION},
    {"cache_read_tokens", "cache_read_input_tokens"},
    {"cache_creation_tokens", "cache_creation_input_tokens"},
};

/* Counts have 32 bits; what is larger is cut to them. */
static int32_t cut(int64_t count)
{
    return (int32_t)(uint32_t)(uint64_t)count;
}

static bool set_count(struct json_object *usage, struct str name, int64_t count)
{
    for (size_t i = 0; i < sizeof(renames) / sizeof(renames[0]); i++) {
        if (str_eq(name, str_of(renames[i].from)))
            name = str_of(renames[i].to);
    }
    if (name.n == 0 ||
        (json_object_count(usage) >= USAGE_NAMES_MAX && !json_object_get(usage, name)))
        return false;
    return json_object_set(usage, name, yyjson_mut_sint(usage->doc, cut(count)));
}

/* Sets each number among an object's members. */
static bool set_members(struct json_object *usage, yyjson_val *object)
{
    yyjson_obj_iter iter;
    yyjson_val *key;
    bool used = false;

    if (!yyjson_is_obj(object))
        return false;
    yyjson_obj_iter_init(object, &iter);
    while ((key = yyjson_obj_iter_next(&iter))) {
        yyjson_val *member = yyjson_obj_iter_get_val(key);
        struct str name = str_make(yyjson_get_str(key), yyjson_get_len(key)), text;
        decimal_int number;

        if (!yyjson_is_raw(member) || !json_scalar_text(member, &text) ||
            !decimal_parse_cut(text, 0, &number) || number < INT64_MIN || number > INT64_MAX)
            continue;
        used |= set_count(usage, name, (int64_t)number);
    }
    return used;
}

enum err otlp_usage_add(struct json_object *usage, struct str attribute, struct str name,
                        const struct otlp_value *value, bool *ret_used, struct error *reterr)
{
    struct error problem = {.arena = usage->arena};
    yyjson_val *root = NULL;
    struct str text;
    int64_t count;
    enum err err;

    *ret_used = false;
    if (value && value->kind == OTLP_VALUE_INT)
        *ret_used = set_count(usage, name, value->integer);
    if (!value || value->kind != OTLP_VALUE_TEXT)
        return ERR_OK;
    if (str_to_i64(value->text, &count) && count >= INT32_MIN && count <= INT32_MAX) {
        *ret_used = set_count(usage, name, count);
        return ERR_OK;
    }
    err = otlp_parse_json(usage->arena, value->text, &root, &problem);
    if (!err && yyjson_is_str(root)) {
        text = str_make(yyjson_get_str(root), yyjson_get_len(root));
        err = otlp_parse_json(usage->arena, text, &root, &problem);
    }
    if (err == ERR_BAD_REQUEST) {
        text = problem.message;
        if (str_starts_with(text, STR("Unable to process JSON. ")))
            text = str_make(text.p + strlen("Unable to process JSON. "),
                            text.n - strlen("Unable to process JSON. "));
        return error_set(reterr, err, "Failed to parse JSON string for usage field %.*s: %.*s",
                         STR_ARG(attribute), STR_ARG(text));
    }
    if (!err)
        *ret_used = set_members(usage, root);
    return err;
}

struct tally *otlp_usage_tally(struct json_object *usage)
{
    yyjson_mut_val *prompt = json_object_get(usage, STR(PROMPT));
    yyjson_mut_val *completion = json_object_get(usage, STR(COMPLETION)), *key;
    yyjson_mut_obj_iter iter;
    struct tally *ret;

    if (json_object_count(usage) == 0)
        return NULL;
    if (prompt && completion && !json_object_get(usage, STR(TOTAL)))
        set_count(usage, STR(TOTAL), yyjson_mut_get_sint(prompt) + yyjson_mut_get_sint(completion));
    ret = arena_zalloc(usage->arena, sizeof(*ret));
    ret->entries = arena_alloc(usage->arena, json_object_count(usage) * sizeof(struct tally_entry));
    yyjson_mut_obj_iter_init(usage->value, &iter);
    while ((key = yyjson_mut_obj_iter_next(&iter)))
        ret->entries[ret->n++] =
            (struct tally_entry){str_make(yyjson_mut_get_str(key), yyjson_mut_get_len(key)),
                                 yyjson_mut_get_sint(yyjson_mut_obj_iter_get_val(key))};
    return ret;
}
