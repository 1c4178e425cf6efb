/* JSON body -> record, by the field table, with the contract's two kinds of complaint: a wrong JSON
 * type ends it at once with 400 (shape M), broken rules are collected into one 422 (shape E) whose
 * entries name the property in camelCase (traces.md 2.1). */
#ifndef OCELLI_MODEL_DECODE_H
#define OCELLI_MODEL_DECODE_H

#include "base/err.h"
#include "json/json.h"
#include "model/resource.h"

/* Which fields a body may set: the FF_ flags of the accepted ones. */
enum decode_view {
    DECODE_CREATE = FF_CREATE,
    DECODE_BATCH = FF_CREATE | FF_BATCH,                  /* items of FIELD_OBJECTS */
    DECODE_UPDATE = FF_UPDATE,                            /* the body of PATCH */
    DECODE_BATCH_UPDATE = FF_UPDATE | FF_REQUIRED_UPDATE, /* FIELD_OBJECT members */
};

/* A usage map has at most this many keys. */
#define TALLY_KEYS_MAX 1000

/* Parses `body` and decodes it. Unknown properties and those of other views are ignored; null means
 * absent, except for FIELD_JSON, where it is the JSON null. An empty body or a bare null is 422
 * "The request body must not be null". Errors: ERR_BAD_REQUEST, ERR_UNPROCESSABLE, ERR_TOO_LARGE.
 */
enum err decode_body(struct arena *arena, const struct resource *resource, enum decode_view view,
                     struct str body, struct record **ret, struct error *reterr);

/* As decode_body() for a value that is parsed already; `prefix` stands before property names
 * ("update."). Rules that are broken are added to reterr; the caller looks at reterr->item_count.
 */
enum err decode_value(struct arena *arena, const struct resource *resource, enum decode_view view,
                      yyjson_val *value, struct str prefix, struct record **ret,
                      struct error *reterr);

/* A wire name as validation messages have it: start_time -> startTime. In the arena. */
struct str decode_property_name(struct arena *arena, const char *name);

/* Index of a name in an enum's list, or 0. With `any_case`: case-insensitive, spaces dropped, '-'
 * and '.' equal '_'. */
int decode_enum(const char *const *names, struct str text, bool any_case);

#endif
