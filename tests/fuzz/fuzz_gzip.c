/* gzip: corrupt input must be refused within the limits, and what is packed must come back. */
#include <stdlib.h>

#include "http/gzip.h"

#define LIMIT ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void inflate_within(struct str in, size_t limit)
{
    struct buf out;
    buf_init(&out, limit);
    enum err err = gzip_inflate(in, &out);
    check(err == ERR_OK || err == ERR_BAD_REQUEST || err == ERR_TOO_LARGE);
    check(out.n <= limit && out.size <= limit);
    buf_done(&out);
}

/* The first byte says in how many pieces. */
static void round_trip(struct str in)
{
    struct buf packed, out;
    struct gzip_stream *stream = gzip_stream_new();
    size_t piece = in.n / ((in.n ? (unsigned char)in.p[0] % 8 : 0) + 1) + 1;
    buf_init(&packed, 2 * in.n + 1024);
    buf_init(&out, in.n);
    check(stream != NULL);
    for (size_t at = 0; at <= in.n; at += piece) {
        size_t n = in.n - at < piece ? in.n - at : piece;
        check(gzip_stream_write(stream, str_make(in.p + at, n), at + piece > in.n, &packed));
    }
    check(gzip_inflate(buf_str(&packed), &out) == ERR_OK);
    check(str_eq(buf_str(&out), in));
    gzip_stream_free(stream);
    buf_done(&packed);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_make((const char *)data, size);
    inflate_within(in, LIMIT);
    inflate_within(in, size);
    round_trip(in);
    return 0;
}
