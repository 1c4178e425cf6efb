/* Base64, as clients spell it: both alphabets, with and without padding. */
#ifndef OCELLI_BASE_BASE64_H
#define OCELLI_BASE_BASE64_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* Decodes into the arena, with a NUL behind it. The standard and the URL-safe alphabet may be
 * mixed, the padding may be missing, and a space counts as the `+` that a query made of it. False
 * when the text is no base64 or its bytes are more than the arena allows. */
bool base64_decode(struct arena *arena, struct str text, struct str *ret)
    __attribute__((warn_unused_result));

/* Bytes in the standard alphabet, with padding; {NULL, 0} when that is more than the arena allows.
 */
struct str base64_encode(struct arena *arena, struct str bytes);

#endif
