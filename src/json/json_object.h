/* A JSON object that is being built, whose members are set by name any number of times, at the same
 * price however many there are. */
#ifndef OCELLI_JSON_JSON_OBJECT_H
#define OCELLI_JSON_JSON_OBJECT_H

#include "json/json.h"

struct json_object {
    struct arena *arena;
    yyjson_mut_doc *doc;
    yyjson_mut_val *value;  /* the object itself */
    yyjson_mut_val **slots; /* names, by hash; NULL while there are few */
    size_t slot_count;      /* a power of two */
};

/* An empty object of a document of json_new(). */
void json_object_init(struct json_object *object, struct arena *arena, yyjson_mut_doc *doc);

/* Sets a member; one that is there keeps its place and gets the new value. `value` belongs to the
 * same document and to nothing else; the name is not copied. False at the arena's ceiling. */
bool json_object_set(struct json_object *object, struct str name, yyjson_mut_val *value)
    __attribute__((warn_unused_result));

/* The value of a member; NULL when there is none. */
yyjson_mut_val *json_object_get(const struct json_object *object, struct str name);

/* How many members there are. */
size_t json_object_count(const struct json_object *object);

#endif
