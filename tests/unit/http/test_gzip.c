/* gzip both ways, with its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/gzip.h"

#define LARGE ((size_t)1 << 20)

static struct buf plain, packed, out;

/* A text that compresses, but not to nothing. */
static int start(void **state)
{
    uint32_t seed = 1;
    (void)state;
    buf_init(&plain, LARGE);
    buf_init(&packed, 4 * LARGE);
    buf_init(&out, LARGE);
    for (size_t i = 0; i < LARGE; i++) {
        seed = seed * 1664525 + 1013904223;
        char c = (char)('a' + (seed >> 28));
        assert_true(buf_append(&plain, str_make(&c, 1)));
    }
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_done(&plain);
    buf_done(&packed);
    buf_done(&out);
    return 0;
}

static void pack(struct str text, size_t piece)
{
    struct gzip_stream *stream = gzip_stream_new();
    assert_non_null(stream);
    size_t at = 0;
    do {
        size_t n = text.n - at < piece ? text.n - at : piece;
        assert_true(gzip_stream_write(stream, str_make(text.p + at, n), at + n == text.n, &packed));
        at += n;
    } while (at < text.n);
    gzip_stream_free(stream);
}

static void assert_inflates_to(struct str text)
{
    out.n = 0;
    assert_int_equal(gzip_inflate(buf_str(&packed), &out), ERR_OK);
    assert_int_equal(out.n, text.n);
    assert_memory_equal(out.p ? out.p : "", text.p, text.n);
}

static void test_round_trip(void **state)
{
    static const size_t sizes[] = {0, 1, 255, 4096, 65536, 1000000, LARGE};
    static const size_t pieces[] = {1, 1000, 100000, LARGE};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t k = sizes[i] > 70000; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
            packed.n = 0;
            pack(str_make(plain.p, sizes[i]), pieces[k]);
            assert_inflates_to(str_make(plain.p, sizes[i]));
        }
    }
}

static void test_members(void **state)
{
    (void)state;
    pack(str_make(plain.p, 1000), 1000);
    pack(str_make(plain.p + 1000, 5000), 5000);
    pack(str_make(plain.p, 0), 1);
    assert_inflates_to(str_make(plain.p, 6000));
}

static void test_limit(void **state)
{
    (void)state;
    pack(buf_str(&plain), LARGE);
    buf_done(&out);
    buf_init(&out, LARGE);
    assert_inflates_to(buf_str(&plain));
    buf_done(&out);
    buf_init(&out, LARGE - 1);
    assert_int_equal(gzip_inflate(buf_str(&packed), &out), ERR_TOO_LARGE);
    assert_true(out.n <= LARGE - 1);
    buf_done(&out);
    buf_init(&out, 0);
    assert_int_equal(gzip_inflate(buf_str(&packed), &out), ERR_TOO_LARGE);
    /* Nothing fits, and nothing has to. */
    packed.n = 0;
    pack(str_make(plain.p, 0), 1);
    assert_int_equal(gzip_inflate(buf_str(&packed), &out), ERR_OK);
    buf_done(&out);
}

static void test_limit_two_members(void **state)
{
    (void)state;
    pack(str_make(plain.p, 1000), 1000);
    pack(str_make(plain.p, 1000), 1000);
    buf_done(&out);
    buf_init(&out, 1000);
    assert_int_equal(gzip_inflate(buf_str(&packed), &out), ERR_TOO_LARGE);
    buf_done(&out);
    buf_init(&out, 2000);
    assert_int_equal(gzip_inflate(buf_str(&packed), &out), ERR_OK);
    assert_int_equal(out.n, 2000);
}

static void test_cut_short(void **state)
{
    (void)state;
    pack(str_make(plain.p, 3000), 3000);
    for (size_t n = 0; n < packed.n; n++) {
        out.n = 0;
        assert_int_equal(gzip_inflate(str_make(packed.p, n), &out), ERR_BAD_REQUEST);
    }
}

static void test_corrupt(void **state)
{
    (void)state;
    pack(str_make(plain.p, 3000), 3000);
    for (size_t i = 0; i < packed.n; i++) {
        if (i >= 4 && i < 10)
            continue; /* time and system: anything goes */
        packed.p[i] ^= 0x55;
        out.n = 0;
        if (gzip_inflate(buf_str(&packed), &out) != ERR_BAD_REQUEST && i != 3)
            fail_msg("byte %zu", i);
        packed.p[i] ^= 0x55;
    }
    assert_true(buf_append(&packed, STR("rest")));
    out.n = 0;
    assert_int_equal(gzip_inflate(buf_str(&packed), &out), ERR_BAD_REQUEST);
    assert_int_equal(gzip_inflate(STR("no gzip at all"), &out), ERR_BAD_REQUEST);
}

static void test_full_output(void **state)
{
    (void)state;
    struct gzip_stream *stream = gzip_stream_new();
    buf_done(&packed);
    buf_init(&packed, 1000);
    assert_false(gzip_stream_write(stream, buf_str(&plain), true, &packed));
    gzip_stream_free(stream);
    gzip_stream_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, start, stop),
        cmocka_unit_test_setup_teardown(test_members, start, stop),
        cmocka_unit_test_setup_teardown(test_limit, start, stop),
        cmocka_unit_test_setup_teardown(test_limit_two_members, start, stop),
        cmocka_unit_test_setup_teardown(test_cut_short, start, stop),
        cmocka_unit_test_setup_teardown(test_corrupt, start, stop),
        cmocka_unit_test_setup_teardown(test_full_output, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
