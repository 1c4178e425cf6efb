/* Values of OTLP attributes as JSON (otel.md 5.4). */
#ifndef OCELLI_INGEST_OTLP_VALUES_H
#define OCELLI_INGEST_OTLP_VALUES_H

#include "ingest/otlp.h"
#include "json/json_object.h"

/* A value of the document: numbers and booleans as they are; a text that is JSON of an object or an
 * array, or JSON within a JSON string, as that; any other text as text; arrays and key-value lists
 * with each element in its own type, texts as they are; bytes as base64. NULL when it is empty, or
 * at the arena's ceiling, which arena_is_over() then tells. May point into the value's texts. */
yyjson_mut_val *otlp_value_json(struct arena *arena, yyjson_mut_doc *doc,
                                const struct otlp_value *value);

/* Sets the attributes as members of an object; a later one of the same name wins, empty ones are
 * left out. ERR_TOO_LARGE at the arena's ceiling. */
enum err otlp_attributes_json(const struct otlp_list *attributes, struct json_object *ret);

/* The attribute of that name that comes last; NULL when there is none or it is no text. */
const struct str *otlp_find_text(const struct otlp_list *attributes, struct str name);

/* Parses JSON unless it is nested so deep that it would be no JSON any more as a part of another
 * value; that and all else is ERR_BAD_REQUEST as of json_parse(). */
enum err otlp_parse_json(struct arena *arena, struct str text, yyjson_val **ret,
                         struct error *reterr);

#endif
