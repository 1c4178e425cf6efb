/* Base64 as clients spell it. */
#include "base/base64.h"

#include "unit/support.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void assert_decoded(const char *text, const char *want)
{
    struct str got = STR("?");

    assert_true(base64_decode(&arena, str_of(text), &got));
    assert_str(got, want);
}

static void test_lengths(void **state)
{
    (void)state;
    assert_decoded("", "");
    assert_decoded("Zg==", "f");
    assert_decoded("Zm8=", "fo");
    assert_decoded("Zm9v", "foo");
    assert_decoded("Zm9vYg==", "foob");
    assert_decoded("Zm9vYmE=", "fooba");
    assert_decoded("Zm9vYmFy", "foobar");
}

static void test_without_padding(void **state)
{
    (void)state;
    assert_decoded("Zg", "f");
    assert_decoded("Zm8", "fo");
    assert_decoded("Zm9vYg", "foob");
}

static void test_alphabets(void **state)
{
    (void)state;
    assert_decoded("fn5+fn8/", "~~~~\x7F?");
    assert_decoded("fn5-fn8_", "~~~~\x7F?");
    assert_decoded("fn5 fn8/", "~~~~\x7F?");
}

static void test_all_bytes(void **state)
{
    struct str got;

    (void)state;
    assert_true(base64_decode(&arena, STR("AP/+gAE"), &got));
    assert_int_equal(got.n, 5);
    assert_memory_equal(got.p, "\x00\xFF\xFE\x80\x01", 6);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {"A",    "AAAAA", "AA=",  "AAA==", "AAAA=", "=",
                                      "====", "A\n==", "AA.A", "Zg=a",  "=Zg=",  "\xC3\xA4"};
    struct str got;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(base64_decode(&arena, str_of(bad[i]), &got));
}

static void test_encode(void **state)
{
    (void)state;
    assert_str(base64_encode(&arena, STR("")), "");
    assert_str(base64_encode(&arena, STR("f")), "Zg==");
    assert_str(base64_encode(&arena, STR("fo")), "Zm8=");
    assert_str(base64_encode(&arena, STR("foo")), "Zm9v");
    assert_str(base64_encode(&arena, STR("foob")), "Zm9vYg==");
    assert_str(base64_encode(&arena, STR("\xFB\xFF\xFE")), "+//+");
    for (size_t n = 0; n < 256; n++) {
        char bytes[256];
        struct str back;

        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(i * 7 + n);
        assert_true(base64_decode(&arena, base64_encode(&arena, str_make(bytes, n)), &back));
        assert_true(str_eq(back, str_make(bytes, n)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lengths, start, stop),
        cmocka_unit_test_setup_teardown(test_without_padding, start, stop),
        cmocka_unit_test_setup_teardown(test_alphabets, start, stop),
        cmocka_unit_test_setup_teardown(test_all_bytes, start, stop),
        cmocka_unit_test_setup_teardown(test_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_encode, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
