/* Objects that are being built. A member is two values of yyjson, the name and what it points to,
 * so remembering the names by hash is enough. */
#include "json/json_object.h"

/* Up to so many members are looked through one by one. */
#define FEW 8

void json_object_init(struct json_object *object, struct arena *arena, yyjson_mut_doc *doc)
{
    *object = (struct json_object){.arena = arena, .doc = doc, .value = yyjson_mut_obj(doc)};
}

size_t json_object_count(const struct json_object *object)
{
    return yyjson_mut_obj_size(object->value);
}

static bool has_name(const yyjson_mut_val *key, struct str name)
{
    return str_eq(str_make(unsafe_yyjson_get_str((void *)(uintptr_t)key),
                           unsafe_yyjson_get_len((void *)(uintptr_t)key)),
                  name);
}

/* The slot that holds a name, or the free one where it belongs. */
static yyjson_mut_val **find_slot(const struct json_object *object, struct str name)
{
    size_t mask = object->slot_count - 1;

    for (size_t at = str_hash(name) & mask;; at = (at + 1) & mask) {
        if (!object->slots[at] || has_name(object->slots[at], name))
            return &object->slots[at];
    }
}

static yyjson_mut_val *find_key(const struct json_object *object, struct str name)
{
    yyjson_mut_obj_iter iter;
    yyjson_mut_val *key;

    if (object->slots)
        return *find_slot(object, name);
    yyjson_mut_obj_iter_init(object->value, &iter);
    while ((key = yyjson_mut_obj_iter_next(&iter))) {
        if (has_name(key, name))
            return key;
    }
    return NULL;
}

yyjson_mut_val *json_object_get(const struct json_object *object, struct str name)
{
    return yyjson_mut_obj_iter_get_val(find_key(object, name));
}

/* Makes room for one more name among the slots. */
static bool reserve(struct json_object *object)
{
    size_t count = json_object_count(object);
    yyjson_mut_obj_iter iter;
    yyjson_mut_val *key;

    if (count < FEW || (object->slots && 2 * (count + 1) <= object->slot_count))
        return true;
    object->slot_count = 4 * (object->slot_count ? object->slot_count : FEW);
    object->slots = arena_zalloc(object->arena, object->slot_count * sizeof(yyjson_mut_val *));
    if (!object->slots)
        return false;
    yyjson_mut_obj_iter_init(object->value, &iter);
    while ((key = yyjson_mut_obj_iter_next(&iter)))
        *find_slot(object, str_make(unsafe_yyjson_get_str(key), unsafe_yyjson_get_len(key))) = key;
    return true;
}

bool json_object_set(struct json_object *object, struct str name, yyjson_mut_val *value)
{
    yyjson_mut_val *key = find_key(object, name), *there;

    if (key) {
        /* Only what the value is; its place in the list of members stays. */
        there = yyjson_mut_obj_iter_get_val(key);
        there->tag = value->tag;
        there->uni = value->uni;
        return true;
    }
    if (!reserve(object))
        return false;
    key = yyjson_mut_strn(object->doc, name.p, name.n);
    yyjson_mut_obj_add(object->value, key, value);
    if (object->slots)
        *find_slot(object, name) = key;
    return true;
}
