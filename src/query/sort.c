/* The `sorting` parameter. */
#include "query/sort.h"

/* Finds `name` among the sortable ones, "base.*" entries taking any key. */
static void find_sortable(const struct resource *resource, struct str name, struct sort *ret)
{
    ptrdiff_t dot = str_find(name, STR("."));

    for (size_t i = 0; resource->sortable_by[i]; i++) {
        struct str entry = str_of(resource->sortable_by[i]);
        if (str_eq(entry, name)) {
            ret->field = resource_find_field(resource, name);
            return;
        }
        if (dot > 0 && (size_t)dot + 1 < name.n && str_ends_with(entry, STR(".*")) &&
            str_eq(str_make(entry.p, entry.n - 2), str_make(name.p, (size_t)dot))) {
            ret->field = resource_find_field(resource, str_make(name.p, (size_t)dot));
            ret->key = str_make(name.p + dot + 1, name.n - (size_t)dot - 1);
            return;
        }
    }
}

/* One entry; false when it is malformed. */
static bool read_entry(const struct resource *resource, yyjson_val *entry, struct sort *ret)
{
    yyjson_val *field = json_member(entry, "field");
    yyjson_val *direction = json_member(entry, "direction");

    *ret = (struct sort){.field = -1};
    if (!yyjson_is_obj(entry) || !yyjson_is_str(field))
        return false;
    if (direction && !yyjson_is_null(direction)) {
        ret->descending = yyjson_equals_str(direction, "DESC");
        if (!ret->descending && !yyjson_equals_str(direction, "ASC"))
            return false;
    }
    find_sortable(resource, str_make(yyjson_get_str(field), yyjson_get_len(field)), ret);
    return true;
}

enum err sort_parse(struct arena *arena, const struct resource *resource, struct str text,
                    struct sort *ret, struct error *reterr)
{
    struct error syntax = {.arena = arena};
    struct sort ignored;
    yyjson_val *root = NULL, *entry;
    size_t i, n;

    *ret = (struct sort){.field = -1};
    if (str_is_blank(text))
        return ERR_OK;
    if (json_parse(arena, text, &root, &syntax) || !yyjson_is_arr(root))
        return error_set(reterr, ERR_BAD_REQUEST, "Invalid sorting query parameter '%.*s'",
                         STR_ARG(text));
    yyjson_arr_foreach(root, i, n, entry)
    {
        if (!read_entry(resource, entry, i == 0 ? ret : &ignored))
            return error_set(reterr, ERR_BAD_REQUEST, "Invalid sorting query parameter '%.*s'",
                             STR_ARG(text));
    }
    return ERR_OK;
}
