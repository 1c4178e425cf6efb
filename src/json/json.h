/* JSON in and out, on the arena: yyjson with the contract's limits and extras (traces.md 2).
 * Numbers are kept as the text that was sent (yyjson "raw"), so what a program stores comes back
 * digit for digit; whoever needs a number parses that text. */
#ifndef OCELLI_JSON_JSON_H
#define OCELLI_JSON_JSON_H

#include <yyjson.h>

#include "base/arena.h"
#include "base/err.h"

#define JSON_DEPTH_MAX 1000
#define JSON_STRING_MAX ((size_t)104857600) /* UTF-16 units in the contract; bytes here */

/* Parses a whole text. Values live in the arena; `text` may be dropped afterwards.
 * Bare NaN, Infinity and -Infinity become the strings "NaN", "Infinity", "-Infinity". Unpaired
 * surrogate escapes become U+FFFD. Errors: ERR_BAD_REQUEST with a message that starts with
 * "Unable to process JSON. " (syntax, depth > JSON_DEPTH_MAX, a string > JSON_STRING_MAX);
 * ERR_TOO_LARGE when the arena's ceiling is reached. */
enum err json_parse(struct arena *arena, struct str text, yyjson_val **ret, struct error *reterr);

/* Compact text of a value, in the arena. ERR_TOO_LARGE at the arena's ceiling. */
enum err json_write(struct arena *arena, const yyjson_val *value, struct str *ret);

/* Compact text of a document that is being built. ERR_TOO_LARGE at the arena's ceiling. */
enum err json_write_mut(struct arena *arena, const yyjson_mut_doc *doc, struct str *ret);

/* An empty document for building answers, on the arena; never NULL. */
yyjson_mut_doc *json_new(struct arena *arena);

/* The name of a value's type as error messages say it: "object", "array", "string", "number",
 * "boolean", "null". */
const char *json_type_name(const yyjson_val *value);

/* The text of a scalar: a string's content, a number's digits, "true"/"false". False for null,
 * objects and arrays. */
bool json_scalar_text(const yyjson_val *value, struct str *ret);

/* The member of an object with that name; of several the last, as everywhere. NULL: none, or no
 * object. */
yyjson_val *json_member(yyjson_val *object, const char *name);

/* yyjson's allocator on this arena; valid as long as the arena is. */
yyjson_alc json_allocator(struct arena *arena);

#endif
