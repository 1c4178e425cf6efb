/* Sets of tags. Small sets keep their order, which is kind to people; large ones are sorted, which
 * keeps making them distinct cheap. */
#include "model/tags.h"

#include <stdlib.h>

#define ORDERED_MAX 64

static int compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool tags_have(const struct tags *tags, struct str tag)
{
    for (size_t i = 0; i < tags->n; i++) {
        if (str_eq(tags->items[i], tag))
            return true;
    }
    return false;
}

static void make_distinct(struct tags *tags)
{
    size_t n = tags->n;

    if (n > ORDERED_MAX)
        qsort(tags->items, n, sizeof(struct str), compare_str);
    tags->n = 0;
    for (size_t i = 0; i < n; i++) {
        bool seen = n > ORDERED_MAX
                        ? tags->n > 0 && str_eq(tags->items[tags->n - 1], tags->items[i])
                        : tags_have(tags, tags->items[i]);
        if (!seen)
            tags->items[tags->n++] = tags->items[i];
    }
}

enum err tags_from_json(struct arena *arena, yyjson_val *array, struct tags *ret)
{
    yyjson_arr_iter iter;
    yyjson_val *item;

    ret->n = 0;
    ret->items = arena_alloc(arena, (yyjson_arr_size(array) + 1) * sizeof(struct str));
    if (!ret->items)
        return ERR_TOO_LARGE;
    yyjson_arr_iter_init(array, &iter);
    while ((item = yyjson_arr_iter_next(&iter))) {
        struct str text = STR("");
        if (!yyjson_is_null(item) && !json_scalar_text(item, &text))
            return ERR_BAD_REQUEST;
        ret->items[ret->n++] = text;
    }
    make_distinct(ret);
    return ERR_OK;
}

void tags_from_text(struct arena *arena, struct str text, struct tags *ret)
{
    struct error error = {.arena = arena};
    yyjson_val *root = NULL;

    *ret = (struct tags){0};
    if (text.n == 0 || json_parse(arena, text, &root, &error) || !yyjson_is_arr(root) ||
        tags_from_json(arena, root, ret))
        *ret = (struct tags){0};
}

enum err tags_to_text(struct arena *arena, const struct tags *tags, struct str *ret)
{
    yyjson_mut_doc *doc = json_new(arena);
    yyjson_mut_val *array = yyjson_mut_arr(doc);

    for (size_t i = 0; i < tags->n; i++)
        yyjson_mut_arr_add_strn(doc, array, tags->items[i].p, tags->items[i].n);
    yyjson_mut_doc_set_root(doc, array);
    return json_write_mut(arena, doc, ret);
}

void tags_change(struct arena *arena, const struct tags *tags, const struct tags *removed,
                 const struct tags *added, struct tags *ret)
{
    ret->n = 0;
    ret->items = arena_alloc(arena, (tags->n + added->n + 1) * sizeof(struct str));
    if (!ret->items)
        return;
    for (size_t i = 0; i < tags->n; i++) {
        if (!tags_have(removed, tags->items[i]))
            ret->items[ret->n++] = tags->items[i];
    }
    for (size_t i = 0; i < added->n; i++)
        ret->items[ret->n++] = added->items[i];
    make_distinct(ret);
}
