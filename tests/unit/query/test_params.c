/* Query parameters. */
#include "query/params.h"

#include <stdio.h>

#include "unit/support.h"

#define ALL UINT64_MAX

static struct request request;
static struct http_pair pairs[8];
static struct params params;
static struct error error;

static int start(void **state)
{
    (void)state;
    request = (struct request){.query = pairs};
    arena_init(&request.arena, 1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&request.arena);
    return 0;
}

static void add(const char *name, const char *value)
{
    pairs[request.query_count++] = (struct http_pair){str_of(name), str_of(value)};
}

static enum err read_set(uint64_t set)
{
    error = (struct error){.arena = &request.arena};
    return params_read(&request, set, &params, &error);
}

/* One parameter alone. */
static enum err read_one(const char *name, const char *value)
{
    request.query_count = 0;
    add(name, value);
    return read_set(ALL);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(read_set(ALL), ERR_OK);
    assert_int_equal(params.v[PARAM_PAGE].i, 1);
    assert_int_equal(params.v[PARAM_SIZE].i, 10);
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        assert_false(params.v[i].given);
        assert_int_equal(params.v[i].s.n, 0);
        if (i != PARAM_PAGE && i != PARAM_SIZE)
            assert_int_equal(params.v[i].i, 0);
    }
}

static void test_table(void **state)
{
    (void)state;
    assert_true(PARAM_COUNT <= 64);
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        assert_non_null(param_infos[i].name);
        assert_true(strlen(param_infos[i].doc) > 3);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(param_infos[i].name, param_infos[j].name);
    }
}

static void test_all_types(void **state)
{
    struct uuid wanted = test_uuid(5);

    (void)state;
    add("page", "3");
    add("project_name", " a+b ");
    add("project_id", test_uuid_text(5));
    add("truncate", "true");
    add("from_time", "2024-01-01T00:00:00.5Z");
    add("to_time", "1704067201000");
    add("sorting", "[]");
    add("zzz", "ignored");
    assert_int_equal(read_set(ALL), ERR_OK);
    assert_int_equal(params.v[PARAM_PAGE].i, 3);
    assert_true(params.v[PARAM_PAGE].given);
    assert_str(params.v[PARAM_PROJECT_NAME].s, " a+b ");
    assert_true(uuid_eq(&params.v[PARAM_PROJECT_ID].uuid, &wanted));
    assert_int_equal(params.v[PARAM_TRUNCATE].i, 1);
    assert_true(params.v[PARAM_FROM_TIME].i == 1704067200500);
    assert_true(params.v[PARAM_TO_TIME].i == 1704067201000);
    assert_str(params.v[PARAM_SORTING].s, "[]");
    assert_false(params.v[PARAM_SIZE].given);
}

/* An operation that does not take a parameter does not look at it. */
static void test_sets(void **state)
{
    (void)state;
    add("page", "x");
    add("size", "7");
    assert_int_equal(read_set(PARAM_BIT(PARAM_SIZE)), ERR_OK);
    assert_int_equal(params.v[PARAM_PAGE].i, 1);
    assert_false(params.v[PARAM_PAGE].given);
    assert_int_equal(params.v[PARAM_SIZE].i, 7);
    assert_int_equal(read_set(0), ERR_OK);
    assert_int_equal(params.v[PARAM_SIZE].i, 10);
}

static void test_first_counts(void **state)
{
    (void)state;
    add("page", "2");
    add("page", "x");
    assert_int_equal(read_set(ALL), ERR_OK);
    assert_int_equal(params.v[PARAM_PAGE].i, 2);
}

static void test_empty_is_absent(void **state)
{
    (void)state;
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        assert_int_equal(read_one(param_infos[i].name, ""), ERR_OK);
        assert_false(params.v[i].given);
        assert_int_equal(params.v[i].i, param_infos[i].fallback);
    }
}

/* traces.md 2.1, platform.md 4. */
static void test_page(void **state)
{
    (void)state;
    assert_int_equal(read_one("page", "0"), ERR_BAD_REQUEST);
    assert_items(&error, ERR_BAD_REQUEST, "query param page must be greater than or equal to 1");
    assert_int_equal(read_one("size", "-5"), ERR_BAD_REQUEST);
    assert_items(&error, ERR_BAD_REQUEST, "query param size must be greater than or equal to 1");
    static const char *const bad[] = {
        "abc", "1.5", "1e3", " 1", "2147483648", "0x10", "99999999999999999999", "--1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_one("page", bad[i]), ERR_NOT_FOUND);
        assert_message(&error, ERR_NOT_FOUND, "HTTP 404 Not Found");
    }
    assert_int_equal(read_one("size", "2147483647"), ERR_OK);
    assert_int_equal(params.v[PARAM_SIZE].i, INT32_MAX);
}

static void test_uuids(void **state)
{
    (void)state;
    assert_int_equal(read_one("project_id", "x"), ERR_NOT_FOUND);
    assert_message(&error, ERR_NOT_FOUND, "HTTP 404 Not Found");
    assert_int_equal(read_one("trace_id", "018bcfe5-6801-7000-8000-00000000000"), ERR_NOT_FOUND);
    assert_int_equal(read_one("trace_id", "018BCFE5-6801-4000-8000-00000000000A"), ERR_OK);
}

static void test_bools(void **state)
{
    static const struct {
        const char *text;
        int want;
    } cases[] = {{"true", 1}, {"TRUE", 1}, {"false", 0}, {"1", 0}, {"yes", 0}, {"truee", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_one("strip_attachments", cases[i].text), ERR_OK);
        assert_int_equal(params.v[PARAM_STRIP_ATTACHMENTS].i, cases[i].want);
    }
}

static void test_instants(void **state)
{
    (void)state;
    assert_int_equal(read_one("from_time", "0"), ERR_OK);
    assert_true(params.v[PARAM_FROM_TIME].given);
    assert_true(params.v[PARAM_FROM_TIME].i == 0);
    assert_int_equal(read_one("from_time", "2024-01-01T02:00:00+02:00"), ERR_OK);
    assert_true(params.v[PARAM_FROM_TIME].i == 1704067200000);
    assert_int_equal(params.v[PARAM_FROM_TIME].nanos, 0);
    assert_int_equal(read_one("from_time", "2024-01-01T00:00:00.123456789Z"), ERR_OK);
    assert_true(params.v[PARAM_FROM_TIME].i == 1704067200123);
    assert_int_equal(params.v[PARAM_FROM_TIME].nanos, 456789);
    assert_int_equal(read_one("from_time", "1969-12-31T23:59:59.999999Z"), ERR_OK);
    assert_true(params.v[PARAM_FROM_TIME].i == -1);
    assert_int_equal(params.v[PARAM_FROM_TIME].nanos, 999000);
    static const char *const bad[] = {
        "now", "2024-01-01", "1704067200.5", "2024-01-01T00:00:00", "99999999999999999999", "'x'"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char message[200];
        snprintf(message, sizeof(message),
                 "Invalid instant format: '%s'. Expected ISO-8601 (e.g., 2024-01-01T00:00:00Z) or "
                 "milliseconds since epoch",
                 bad[i]);
        assert_int_equal(read_one("to_time", bad[i]), ERR_BAD_REQUEST);
        assert_message(&error, ERR_BAD_REQUEST, message);
    }
}

/* Empty ones count as absent, and all that is missing is told. */
static void test_require(void **state)
{
    uint64_t set = PARAM_BIT(PARAM_TRACE_ID) | PARAM_BIT(PARAM_NAME) | PARAM_BIT(PARAM_PATH);

    (void)state;
    add("name", "");
    add("path", "x");
    assert_int_equal(read_set(set), ERR_OK);
    assert_int_equal(params_require(&params, PARAM_BIT(PARAM_PATH), &error), ERR_OK);
    assert_int_equal(params_require(&params, 0, &error), ERR_OK);
    assert_int_equal(params_require(&params, set, &error), ERR_BAD_REQUEST);
    assert_items(&error, ERR_BAD_REQUEST,
                 "query param trace_id must not be null|query param name must not be null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, start, stop),
        cmocka_unit_test_setup_teardown(test_require, start, stop),
        cmocka_unit_test_setup_teardown(test_table, start, stop),
        cmocka_unit_test_setup_teardown(test_all_types, start, stop),
        cmocka_unit_test_setup_teardown(test_sets, start, stop),
        cmocka_unit_test_setup_teardown(test_first_counts, start, stop),
        cmocka_unit_test_setup_teardown(test_empty_is_absent, start, stop),
        cmocka_unit_test_setup_teardown(test_page, start, stop),
        cmocka_unit_test_setup_teardown(test_uuids, start, stop),
        cmocka_unit_test_setup_teardown(test_bools, start, stop),
        cmocka_unit_test_setup_teardown(test_instants, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
