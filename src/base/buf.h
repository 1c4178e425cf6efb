/* A growing byte buffer on the heap with a stated maximum, for what outlives or outgrows an arena:
 * request bodies while they arrive, response bodies, streamed pieces. */
#ifndef OCELLI_BASE_BUF_H
#define OCELLI_BASE_BUF_H

#include "base/str.h"

struct buf {
    char *p;
    size_t n;    /* bytes used */
    size_t size; /* bytes allocated */
    size_t max;  /* never grows beyond */
};

/* Empty buffer that may grow to `max` bytes; allocates nothing yet. */
void buf_init(struct buf *buf, size_t max);

/* Makes room for `extra` more bytes. False when the maximum would be passed or memory is out; the
 * content stays. */
bool buf_reserve(struct buf *buf, size_t extra) __attribute__((warn_unused_result));

/* Appends; false as buf_reserve(). */
bool buf_append(struct buf *buf, struct str s) __attribute__((warn_unused_result));

static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->p, buf->n};
}

/* Frees the memory; the buffer is empty again and keeps its maximum. NULL-safe. */
void buf_done(struct buf *buf);

#endif
