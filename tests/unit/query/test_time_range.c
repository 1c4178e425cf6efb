/* Time bounds as bounds of ids (traces.md 9.3). */
#include "query/time_range.h"

#include "unit/support.h"

#define MS 1704067200000

static struct arena arena;
static struct params params;
static struct time_range range;
static struct error error;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    params = (struct params){0};
    error = (struct error){.arena = &arena};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static enum err read_range(const int64_t *from, const int64_t *to)
{
    params = (struct params){0};
    error = (struct error){.arena = &arena};
    if (from)
        params.v[PARAM_FROM_TIME] = (struct param_value){.given = true, .i = *from};
    if (to)
        params.v[PARAM_TO_TIME] = (struct param_value){.given = true, .i = *to};
    return time_range_read(&params, &range, &error);
}

static bool contains(struct uuid id)
{
    return (!range.has_from || uuid_cmp(&id, &range.from) >= 0) &&
           (!range.has_to || uuid_cmp(&id, &range.to) <= 0);
}

static void test_none(void **state)
{
    (void)state;
    assert_int_equal(read_range(NULL, NULL), ERR_OK);
    assert_false(range.has_from);
    assert_false(range.has_to);
}

/* Both inclusive to the millisecond. */
static void test_both(void **state)
{
    int64_t from = MS, to = MS + 10;

    (void)state;
    assert_int_equal(read_range(&from, &to), ERR_OK);
    assert_true(range.has_from && range.has_to);
    for (int i = 0; i < 20; i++) {
        assert_false(contains(uuid_new_at(MS - 1)));
        assert_true(contains(uuid_new_at(MS)));
        assert_true(contains(uuid_new_at(MS + 10)));
        assert_false(contains(uuid_new_at(MS + 11)));
    }
    assert_true(contains(uuid_lowest(MS)));
    assert_true(contains(uuid_highest(MS + 10)));
}

static void test_one(void **state)
{
    int64_t at = MS;

    (void)state;
    assert_int_equal(read_range(&at, NULL), ERR_OK);
    assert_true(range.has_from);
    assert_false(range.has_to);
    assert_true(contains(uuid_new_at(MS + 1000000)));
    assert_false(contains(uuid_new_at(MS - 1)));
    assert_int_equal(read_range(NULL, &at), ERR_OK);
    assert_true(contains(uuid_new_at(1)));
    assert_false(contains(uuid_new_at(MS + 1)));
}

static void test_order(void **state)
{
    int64_t from = MS, same = MS, before = MS - 1, after = MS + 1;

    (void)state;
    assert_int_equal(read_range(&from, &same), ERR_BAD_REQUEST);
    assert_message(&error, ERR_BAD_REQUEST, "Parameter 'from_time' must be before 'to_time'");
    assert_int_equal(read_range(&from, &before), ERR_BAD_REQUEST);
    assert_int_equal(read_range(&from, &after), ERR_OK);
}

/* Within one millisecond the finer digits decide; the ids are those of the millisecond. */
static void test_one_millisecond(void **state)
{
    struct param_value *from = &params.v[PARAM_FROM_TIME], *to = &params.v[PARAM_TO_TIME];

    (void)state;
    *from = (struct param_value){.given = true, .i = MS, .nanos = 1};
    *to = (struct param_value){.given = true, .i = MS, .nanos = 2};
    assert_int_equal(time_range_read(&params, &range, &error), ERR_OK);
    assert_true(contains(uuid_lowest(MS)));
    assert_true(contains(uuid_highest(MS)));
    assert_false(contains(uuid_new_at(MS + 1)));
    from->nanos = 2;
    assert_int_equal(time_range_read(&params, &range, &error), ERR_BAD_REQUEST);
    from->nanos = 3;
    assert_int_equal(time_range_read(&params, &range, &error), ERR_BAD_REQUEST);
    to->i++;
    assert_int_equal(time_range_read(&params, &range, &error), ERR_OK);
}

static void test_far_times(void **state)
{
    int64_t from = INT64_MIN, to = INT64_MAX;

    (void)state;
    assert_int_equal(read_range(&from, &to), ERR_OK);
    assert_true(contains(uuid_new()));
    assert_true(contains(uuid_lowest(0)));
    from = to - 1;
    assert_int_equal(read_range(&from, &to), ERR_OK);
    assert_false(contains(uuid_new()));
    from = INT64_MIN;
    to = INT64_MIN + 1;
    assert_int_equal(read_range(&from, &to), ERR_OK);
    assert_false(contains(uuid_new()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_none, start, stop),
        cmocka_unit_test_setup_teardown(test_both, start, stop),
        cmocka_unit_test_setup_teardown(test_one, start, stop),
        cmocka_unit_test_setup_teardown(test_order, start, stop),
        cmocka_unit_test_setup_teardown(test_one_millisecond, start, stop),
        cmocka_unit_test_setup_teardown(test_far_times, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
