/* Compression of heavy values, the same for every store. */
#ifndef OCELLI_STORE_PACK_H
#define OCELLI_STORE_PACK_H

#include "base/err.h"
#include "model/resource.h"

/* VALUE_SET text -> VALUE_PACKED. ERR_TOO_LARGE at the arena's ceiling. */
enum err pack_value(struct arena *arena, struct value *value);

/* The text of compressed bytes, at most `limit` bytes. ERR_TOO_LARGE beyond the limit or at the
 * arena's ceiling; ERR_INTERNAL when the bytes are damaged. */
enum err pack_open(struct arena *arena, struct str packed, size_t limit, struct str *ret);

#endif
