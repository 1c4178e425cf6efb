/* The `exclude` parameter: fields to leave out of a list (traces.md 9.1). */
#ifndef OCELLI_QUERY_EXCLUDE_H
#define OCELLI_QUERY_EXCLUDE_H

#include "json/json.h"
#include "model/resource.h"

/* Reads `["name",…]` into a bit per field index. Blank text excludes nothing. ERR_BAD_REQUEST
 * "Invalid query param exclude '<raw>'" for anything else or a field that cannot be excluded. */
enum err exclude_parse(struct arena *arena, const struct resource *resource, struct str text,
                       uint64_t *ret, struct error *reterr);

/* The same from names that are read already. ERR_BAD_REQUEST "Unable to process JSON. …" for a
 * field that cannot be excluded. */
enum err exclude_names(const struct resource *resource, const struct str *names, size_t count,
                       uint64_t *ret, struct error *reterr);

#endif
