/* Targets: cutting, prefixes, decoding exactly once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/uri.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void assert_text(struct str is, const char *wanted)
{
    assert_int_equal(is.n, strlen(wanted));
    assert_memory_equal(is.p ? is.p : "", wanted, is.n);
}

static void test_split(void **state)
{
    static const struct {
        const char *target, *path, *query;
    } cases[] = {
        {"", "/", ""},
        {"/", "/", ""},
        {"//", "/", ""},
        {"/a", "/a", ""},
        {"/a/", "/a", ""},
        {"/a///", "/a", ""},
        {"//a//b/", "//a//b", ""},
        {"/api", "/", ""},
        {"/api/", "/", ""},
        {"/api/v1/x/?q=1", "/v1/x", "q=1"},
        {"/api?q", "/", "q"},
        {"/apiary", "/apiary", ""},
        {"/api/api/x", "/api/x", ""},
        {"/a?b?c=/d/", "/a", "b?c=/d/"},
        {"/a?", "/a", ""},
        {"?a", "/", "a"},
        {"*", "*", ""},
        {"http://host:80/api/v1?x", "/v1", "x"},
        {"HTTPS://host", "/", ""},
        {"http://host?x=1", "/", "x=1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str path, query;
        bool prefixed;
        uri_split(str_of(cases[i].target), &path, &query, &prefixed);
        assert_int_equal(prefixed, strstr(cases[i].target, "/api") != NULL &&
                                       strcmp(cases[i].target, "/apiary") != 0);
        assert_text(path, cases[i].path);
        assert_text(query, cases[i].query);
    }
}

static void test_decode(void **state)
{
    struct str out;
    (void)state;
    assert_true(uri_decode(&arena, STR("a%2Fb%2fc+d"), false, &out));
    assert_text(out, "a/b/c+d");
    assert_true(uri_decode(&arena, STR("a+b%2Bc%20d"), true, &out));
    assert_text(out, "a b+c d");
    assert_true(uri_decode(&arena, STR("%2541"), false, &out));
    assert_text(out, "%41");
    assert_true(uri_decode(&arena, STR("x%00y"), false, &out));
    assert_int_equal(out.n, 3);
    assert_memory_equal(out.p, "x\0y", 3);
    assert_true(uri_decode(&arena, STR("%C3%BC"), true, &out));
    assert_text(out, "\xC3\xBC");
    assert_true(uri_decode(&arena, STR(""), true, &out));
    assert_int_equal(out.n, 0);
}

static void test_decode_broken(void **state)
{
    static const char *const broken[] = {"%",   "%4",   "a%",  "%zz", "%4g",
                                         "%g4", "%%41", "a%2", "% 1"};
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct str out = STR("untouched");
        assert_false(uri_decode(&arena, str_of(broken[i]), true, &out));
        assert_text(out, "untouched");
        assert_false(uri_escapes_are_whole(str_of(broken[i])));
    }
    assert_true(uri_escapes_are_whole(STR("%41%4a%4A")));
}

static void test_query(void **state)
{
    const struct http_pair *pairs;
    size_t count;
    (void)state;
    assert_true(uri_parse_query(&arena, STR("a=1&b&&=x&a=2+3&c=%26%3D&d=e=f&"), &pairs, &count));
    static const char *const wanted[][2] = {{"a", "1"},   {"b", ""},   {"", "x"},
                                            {"a", "2 3"}, {"c", "&="}, {"d", "e=f"}};
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++) {
        assert_text(pairs[i].name, wanted[i][0]);
        assert_text(pairs[i].value, wanted[i][1]);
    }
    assert_true(uri_parse_query(&arena, STR(""), &pairs, &count));
    assert_int_equal(count, 0);
    assert_true(uri_parse_query(&arena, STR("&&&"), &pairs, &count));
    assert_int_equal(count, 0);
    assert_false(uri_parse_query(&arena, STR("a=1&b=%"), &pairs, &count));
    assert_false(uri_parse_query(&arena, STR("%x=1"), &pairs, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test_setup_teardown(test_decode, start, stop),
        cmocka_unit_test_setup_teardown(test_decode_broken, start, stop),
        cmocka_unit_test_setup_teardown(test_query, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
