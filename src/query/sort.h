/* The `sorting` parameter (query.md 12). */
#ifndef OCELLI_QUERY_SORT_H
#define OCELLI_QUERY_SORT_H

#include "json/json.h"
#include "model/resource.h"

struct sort {
    int field;      /* index in the resource's table; -1: the default order */
    struct str key; /* of a dynamic entry "field.key"; empty otherwise */
    bool descending;
};

/* Reads `[{"field":"…","direction":"ASC"|"DESC"},…]`; the first entry counts, an unknown or
 * unsortable field means the default order. Blank text is the default order. ERR_BAD_REQUEST
 * "Invalid sorting query parameter '<raw>'". */
enum err sort_parse(struct arena *arena, const struct resource *resource, struct str text,
                    struct sort *ret, struct error *reterr);

#endif
