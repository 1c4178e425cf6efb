/* A set of texts, kept one behind the other in one piece of memory. */
#ifndef OCELLI_BASE_TEXT_SET_H
#define OCELLI_BASE_TEXT_SET_H

#include <stdint.h>

#include "base/buf.h"

struct text_set {
    size_t count;
    struct buf texts;  /* each behind its length, in the order they were added */
    struct buf places; /* hash table of uint64_t: 1 + offset in `texts`, 0 where nothing is */
};

/* An empty set whose texts may take `max` bytes together, with 4 bytes more for each. */
void text_set_init(struct text_set *set, size_t max);

/* Adds a copy unless it is there. False when the maximum would be passed or memory is out. */
bool text_set_add(struct text_set *set, struct str text) __attribute__((warn_unused_result));

/* All texts as bytes, and the next one of such bytes; false at their end. */
struct str text_set_bytes(const struct text_set *set);
bool text_set_next(struct str *bytes, struct str *ret);

/* Frees the memory. NULL-safe. */
void text_set_done(struct text_set *set);

#endif
