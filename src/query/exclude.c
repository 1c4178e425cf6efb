/* The `exclude` parameter. */
#include "query/exclude.h"

#include "model/entity.h"

static bool exclude_name(const struct resource *resource, struct str name, uint64_t *ret)
{
    int field = resource_find_field(resource, name);

    if (field < 0 || !(resource->fields[field].flags & FF_EXCLUDE))
        return false;
    *ret |= 1ULL << field;
    /* Those of spans go with the trace's own (traces.md 9.1). */
    if (resource == &trace_resource && field == TRACE_FEEDBACK_SCORES)
        *ret |= 1ULL << TRACE_SPAN_FEEDBACK_SCORES;
    return true;
}

static bool read_names(const struct resource *resource, yyjson_val *root, uint64_t *ret)
{
    yyjson_val *name;
    size_t i, n;

    if (!yyjson_is_arr(root))
        return false;
    yyjson_arr_foreach(root, i, n, name)
    {
        if (!yyjson_is_str(name) ||
            !exclude_name(resource, str_make(yyjson_get_str(name), yyjson_get_len(name)), ret))
            return false;
    }
    return true;
}

enum err exclude_names(const struct resource *resource, const struct str *names, size_t count,
                       uint64_t *ret, struct error *reterr)
{
    *ret = 0;
    for (size_t i = 0; i < count; i++) {
        if (!exclude_name(resource, names[i], ret))
            return error_set(reterr, ERR_BAD_REQUEST,
                             "Unable to process JSON. Cannot deserialize value of type `%sField` "
                             "from String \"%.*s\" (through reference chain: [\"exclude\"])",
                             resource->name, STR_ARG(names[i]));
    }
    return ERR_OK;
}

enum err exclude_parse(struct arena *arena, const struct resource *resource, struct str text,
                       uint64_t *ret, struct error *reterr)
{
    struct error syntax = {.arena = arena};
    yyjson_val *root = NULL;

    *ret = 0;
    if (str_is_blank(text))
        return ERR_OK;
    if (json_parse(arena, text, &root, &syntax) || !read_names(resource, root, ret))
        return error_set(reterr, ERR_BAD_REQUEST, "Invalid query param exclude '%.*s'",
                         STR_ARG(text));
    return ERR_OK;
}
