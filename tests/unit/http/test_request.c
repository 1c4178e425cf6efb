/* What handlers ask of a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/request.h"

static const struct http_pair pairs[] = {
    {STR("Name"), STR("first")}, {STR("name"), STR("second")}, {STR("empty"), STR("")}};

static void test_query(void **state)
{
    struct request request = {.query = pairs, .query_count = 3};
    struct str value = STR("untouched");
    (void)state;
    assert_false(request_query(&request, "NAME", &value));
    assert_string_equal(value.p, "untouched");
    assert_true(request_query(&request, "name", &value));
    assert_string_equal(value.p, "second");
    assert_true(request_query(&request, "empty", &value));
    assert_int_equal(value.n, 0);
    request.query_count = 0;
    assert_false(request_query(&request, "name", &value));
}

static void test_header(void **state)
{
    struct request request = {.headers = pairs, .header_count = 3};
    struct str value = STR("untouched");
    (void)state;
    assert_true(request_header(&request, "NAME", &value));
    assert_string_equal(value.p, "first");
    assert_true(request_header(&request, "Empty", &value));
    assert_int_equal(value.n, 0);
    assert_false(request_header(&request, "nam", &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
