/* Record -> JSON, by the field table: absent values are left out (traces.md 2). */
#ifndef OCELLI_MODEL_ENCODE_H
#define OCELLI_MODEL_ENCODE_H

#include "json/json.h"
#include "model/resource.h"

/* The record as an object of `doc`; with `one`, fields of GET by id (FF_READ_ONE) too. `excluded`
 * has a bit per field index: such a field is left out when its value is absent even where it is
 * otherwise always written as a text; counts become 0 and flags false (traces.md 9.1). Texts of the
 * record must live as long as the document. */
yyjson_mut_val *encode_record(yyjson_mut_doc *doc, const struct record *record, bool one,
                              uint64_t excluded);

/* Adds {"<name>":["…",…]} made of a NULL-terminated list. */
void encode_add_names(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *name,
                      const char *const *names);

#endif
