/* Sets of tags: distinct texts, stored as the compact JSON text of an array. */
#ifndef OCELLI_MODEL_TAGS_H
#define OCELLI_MODEL_TAGS_H

#include "base/err.h"
#include "json/json.h"

#define TAGS_MAX 50        /* in an update, and as its result (traces.md 3.2, 7) */
#define TAG_LENGTH_MAX 100 /* characters */

struct tags {
    struct str *items;
    size_t n;
};

/* The distinct texts of a JSON array; scalars become texts, null counts as "".
 * ERR_BAD_REQUEST when an element is an object or an array, ERR_TOO_LARGE at the arena's ceiling.
 * The order is kept up to 64 tags; more come back sorted. */
enum err tags_from_json(struct arena *arena, yyjson_val *array, struct tags *ret);

/* The same from stored text; anything but an array gives the empty set. */
void tags_from_text(struct arena *arena, struct str text, struct tags *ret);

/* Compact JSON text, in the arena. ERR_TOO_LARGE at the arena's ceiling. */
enum err tags_to_text(struct arena *arena, const struct tags *tags, struct str *ret);

/* (tags − removed) ∪ added (traces.md 7); the result is in the arena. */
void tags_change(struct arena *arena, const struct tags *tags, const struct tags *removed,
                 const struct tags *added, struct tags *ret);

#endif
