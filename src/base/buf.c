/* A growing byte buffer with a maximum. */
#include "base/buf.h"

#include <stdlib.h>

#define FIRST_SIZE 256

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

bool buf_reserve(struct buf *buf, size_t extra)
{
    if (extra <= buf->size - buf->n)
        return true;
    if (buf->n > buf->max || extra > buf->max - buf->n)
        return false;
    size_t need = buf->n + extra;
    size_t size = buf->size > buf->max / 2 ? buf->max : buf->size * 2;
    if (size < FIRST_SIZE)
        size = FIRST_SIZE < buf->max ? FIRST_SIZE : buf->max;
    if (size < need)
        size = need;
    char *p = realloc(buf->p, size);
    if (!p)
        return false;
    buf->p = p;
    buf->size = size;
    return true;
}

bool buf_append(struct buf *buf, struct str s)
{
    if (s.n == 0)
        return true;
    if (!buf_reserve(buf, s.n))
        return false;
    memcpy(buf->p + buf->n, s.p, s.n);
    buf->n += s.n;
    return true;
}

void buf_done(struct buf *buf)
{
    if (!buf)
        return;
    free(buf->p);
    buf_init(buf, buf->max);
}
