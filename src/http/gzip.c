/* gzip with limits, on zlib. */
#include "http/gzip.h"

#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/mem.h"

#define GZIP_WINDOW_BITS (15 + 16) /* 16: gzip, not zlib */
#define GZIP_MEM_LEVEL 8
/* Telemetry JSON shrinks to a tenth at once; the slower levels buy little more. */
#define GZIP_LEVEL 2
#define GZIP_PIECE ((size_t)16 * 1024)

static unsigned clamp_uint(size_t n)
{
    return n > UINT_MAX ? UINT_MAX : (unsigned)n;
}

/* Room for the next output, at most up to the maximum. False when the buffer is full. */
static bool make_room(struct buf *out, size_t wanted)
{
    size_t left = out->max - out->n;
    if (left == 0)
        return false;
    if (out->size > out->n)
        return true;
    return buf_reserve(out, wanted < left ? wanted : left);
}

/* The output buffer is full: is the text at its end too, or does it go on? */
static int inflate_past_end(z_stream *z)
{
    Bytef probe;
    z->next_out = &probe;
    z->avail_out = 1;
    return inflate(z, Z_NO_FLUSH);
}

/* One step of inflating into `out`. */
static enum err inflate_step(z_stream *z, struct buf *out, size_t wanted, int *ret_status)
{
    if (!make_room(out, wanted)) {
        if (out->n < out->max)
            return ERR_TOO_LARGE; /* memory is out */
        *ret_status = inflate_past_end(z);
        return z->avail_out == 0 ? ERR_TOO_LARGE : ERR_OK;
    }
    size_t room = out->size - out->n;
    if (room > out->max - out->n)
        room = out->max - out->n;
    z->next_out = (Bytef *)out->p + out->n;
    z->avail_out = clamp_uint(room);
    unsigned offered = z->avail_out;
    *ret_status = inflate(z, Z_NO_FLUSH);
    out->n += offered - z->avail_out;
    return ERR_OK;
}

static enum err inflate_all(z_stream *z, struct str in, struct buf *out)
{
    size_t taken = 0;
    size_t wanted = in.n < GZIP_PIECE ? GZIP_PIECE : in.n * 4;
    for (;;) {
        unsigned offered = clamp_uint(in.n - taken);
        int status = Z_OK;
        z->next_in = (const Bytef *)in.p + taken;
        z->avail_in = offered;
        enum err err = inflate_step(z, out, wanted, &status);
        if (err)
            return err;
        taken += offered - z->avail_in;
        if (status == Z_STREAM_END) {
            if (taken == in.n)
                return ERR_OK;
            if (inflateReset(z) != Z_OK)
                return ERR_INTERNAL;
        } else if (status == Z_MEM_ERROR) {
            return ERR_UNAVAILABLE;
        } else if (status != Z_OK || (taken == in.n && z->avail_out > 0)) {
            return ERR_BAD_REQUEST;
        }
    }
}

enum err gzip_inflate(struct str in, struct buf *out)
{
    z_stream z = {0};
    if (in.n == 0)
        return ERR_BAD_REQUEST;
    if (inflateInit2(&z, GZIP_WINDOW_BITS) != Z_OK)
        return ERR_UNAVAILABLE;
    enum err err = inflate_all(&z, in, out);
    inflateEnd(&z);
    return err;
}

struct gzip_stream {
    z_stream z;
};

struct gzip_stream *gzip_stream_new(void)
{
    struct gzip_stream *stream = mem_zalloc(sizeof(*stream));
    if (deflateInit2(&stream->z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEM_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        mem_free(stream);
        return NULL;
    }
    return stream;
}

bool gzip_stream_write(struct gzip_stream *stream, struct str in, bool last, struct buf *out)
{
    z_stream *z = &stream->z;
    size_t taken = 0;
    size_t wanted = last ? deflateBound(z, in.n) : in.n / 4;
    if (wanted < GZIP_PIECE / 16)
        wanted = GZIP_PIECE / 16;
    for (;;) {
        unsigned offered = clamp_uint(in.n - taken);
        bool finish = last && taken + offered == in.n;
        if (!make_room(out, wanted))
            return false;
        z->next_in = in.n ? (const Bytef *)in.p + taken : (const Bytef *)"";
        z->avail_in = offered;
        unsigned room = clamp_uint(out->size - out->n);
        z->next_out = (Bytef *)out->p + out->n;
        z->avail_out = room;
        int status = deflate(z, finish ? Z_FINISH : Z_NO_FLUSH);
        out->n += room - z->avail_out;
        taken += offered - z->avail_in;
        if (status == Z_STREAM_END)
            return true;
        if (status != Z_OK && status != Z_BUF_ERROR)
            return false;
        if (!last && taken == in.n && z->avail_out > 0)
            return true;
    }
}

void gzip_stream_free(struct gzip_stream *stream)
{
    if (!stream)
        return;
    deflateEnd(&stream->z);
    mem_free(stream);
}
