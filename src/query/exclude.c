/* The `exclude` parameter. */
#include "query/exclude.h"

static bool read_names(const struct resource *resource, yyjson_val *root, uint64_t *ret)
{
    yyjson_val *name;
    size_t i, n;

    if (!yyjson_is_arr(root))
        return false;
    yyjson_arr_foreach(root, i, n, name)
    {
        int field = yyjson_is_str(name)
                        ? resource_find_field(resource,
                                              str_make(yyjson_get_str(name), yyjson_get_len(name)))
                        : -1;
        if (field < 0 || !(resource->fields[field].flags & FF_EXCLUDE))
            return false;
        *ret |= 1ULL << field;
    }
    return true;
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
