/* gzip with limits. */
#ifndef OCELLI_HTTP_GZIP_H
#define OCELLI_HTTP_GZIP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Inflates a whole gzip text (several members one after another too) into `out`, never beyond
 * out->max. ERR_BAD_REQUEST when it is corrupt or cut short; ERR_TOO_LARGE beyond the limit. */
enum err gzip_inflate(struct str in, struct buf *out);

/* A gzip stream that grows piece by piece. */
struct gzip_stream;

/* NULL when memory is out. */
struct gzip_stream *gzip_stream_new(void);

/* Compresses `in` and appends what is ready to `out`; with `last` ends the stream. False when `out`
 * is full. */
bool gzip_stream_write(struct gzip_stream *stream, struct str in, bool last, struct buf *out)
    __attribute__((warn_unused_result));

/* NULL-safe. */
void gzip_stream_free(struct gzip_stream *stream);

#endif
