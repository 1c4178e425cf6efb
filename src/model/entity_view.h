/* What a reader of a trace or span sees beyond its stored values: computed fields, the providers in
 * front of metadata, and shortened bodies (traces.md 5, 8, 9.2; spans.md 2). */
#ifndef OCELLI_MODEL_ENTITY_VIEW_H
#define OCELLI_MODEL_ENTITY_VIEW_H

#include "json/json.h"
#include "model/entity.h"

/* Input and output whose stored text has at least this many bytes are cut to it. */
#define TRUNCATE_BYTES 10001

struct entity_view {
    uint64_t excluded; /* bit per field index */
    bool truncate;
    bool one; /* the answer to GET by id */
};

/* The entity as an object of `doc`. Changes values of the record on the way; its texts must live as
 * long as the document. ERR_TOO_LARGE at the arena's ceiling. */
enum err entity_view_encode(struct arena *arena, yyjson_mut_doc *doc, struct record *entity,
                            const struct entity_view *view, yyjson_mut_val **ret);

/* Cuts an input or output as lists do; without `keep_images` each image becomes "[image]"
 * (traces.md 9.2). Absent values stay so. ERR_TOO_LARGE at the arena's ceiling. */
enum err entity_view_shorten(struct arena *arena, struct value *value, bool keep_images);

#endif
