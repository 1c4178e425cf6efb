/* Accept, encodings, content types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/negotiate.h"

/* A request with up to two headers; NULL values are left out. */
#define REQUEST(name, first, second)                                                               \
    struct http_pair headers[2] = {{str_of(name), str_of(first)}, {str_of(name), str_of(second)}}; \
    struct request request = {.headers = headers, .header_count = (first) ? (second) ? 2 : 1 : 0}

static bool accepts(const char *first, const char *second, const char *type)
{
    REQUEST("accept", first, second);
    return negotiate_accepts_type(&request, str_of(type));
}

static void test_accept(void **state)
{
    static const struct {
        const char *accept, *type;
        bool allowed;
    } cases[] = {
        {NULL, "application/json", true},
        {"", "application/json", true},
        {" , ,", "application/json", true},
        {"*/*", "application/json", true},
        {"application/json", "application/json", true},
        {"Application/JSON", "application/json", true},
        {"application/json;charset=utf-8", "application/json", true},
        {"application/*", "application/json", true},
        {"text/*", "application/json", false},
        {"text/html", "application/json", false},
        {"app*/json", "application/json", false},
        {"application", "application/json", false},
        {"text/html, application/json;q=0.5", "application/json", true},
        {"*/*;q=0", "application/json", false},
        {"application/json;q=0, */*", "application/json", false},
        {"application/*;q=0, */*", "application/json", false},
        {"application/*;q=0.0, application/json", "application/json", true},
        {"*/* ; q=0.001", "application/json", true},
        {"*/*;q=0.000", "application/json", false},
        {"application/json; Q=0", "application/json", false},
        {"text/event-stream", "text/event-stream; charset=utf-8", true},
        {"*", "application/json", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (accepts(cases[i].accept, NULL, cases[i].type) != cases[i].allowed)
            fail_msg("%s for %s", cases[i].accept, cases[i].type);
    assert_true(accepts("text/html", "application/json", "application/json"));
    assert_false(accepts("text/html", "text/plain", "application/json"));
}

static void test_accept_encoding(void **state)
{
    static const struct {
        const char *value;
        bool allowed;
    } cases[] = {
        {NULL, false},          {"", false},
        {"gzip", true},         {"GZIP", true},
        {"x-gzip", true},       {"deflate, gzip;q=1.0, br", true},
        {"gzip;q=0", false},    {"gzip; q=0.0", false},
        {"gzipped", false},     {"*", true},
        {"*;q=0", false},       {"*, gzip;q=0", false},
        {"gzip;q=0, *", false}, {"identity", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        REQUEST("Accept-Encoding", cases[i].value, NULL);
        if (negotiate_accepts_gzip(&request) != cases[i].allowed)
            fail_msg("%s", cases[i].value);
    }
}

static void test_body_coding(void **state)
{
    static const struct {
        const char *value;
        enum http_coding coding;
    } cases[] = {
        {NULL, CODING_IDENTITY},     {"", CODING_IDENTITY},        {"identity", CODING_IDENTITY},
        {"gzip", CODING_GZIP},       {"X-GZip", CODING_GZIP},      {"identity, gzip", CODING_GZIP},
        {"deflate", CODING_UNKNOWN}, {"gzip, br", CODING_UNKNOWN}, {"gzip, gzip", CODING_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        REQUEST("content-encoding", cases[i].value, NULL);
        if (negotiate_body_coding(&request) != cases[i].coding)
            fail_msg("%s", cases[i].value);
    }
}

static void test_types(void **state)
{
    (void)state;
    assert_true(negotiate_is_json(STR("application/json")));
    assert_true(negotiate_is_json(STR("Application/Json ; charset=UTF-8")));
    assert_false(negotiate_is_json(STR("application/json2")));
    assert_false(negotiate_is_json(STR("application/x-ndjson")));
    assert_false(negotiate_is_json(STR("")));
    assert_true(negotiate_is_compressible(STR("text/html")));
    assert_true(negotiate_is_compressible(STR("application/octet-stream")));
    assert_true(negotiate_is_compressible(STR("image/svg+xml")));
    assert_false(negotiate_is_compressible(STR("image/png")));
    assert_false(negotiate_is_compressible(STR("font/woff2")));
    assert_false(negotiate_is_compressible(STR("text/event-stream")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accept),
        cmocka_unit_test(test_accept_encoding),
        cmocka_unit_test(test_body_coding),
        cmocka_unit_test(test_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
