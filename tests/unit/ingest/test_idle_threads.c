/* The clock that closes threads, with a real writer beside it. Clean under TSan. */
#include "ingest/idle_threads.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit/store_support.h"

#define HOUR_MS (60 * 60 * 1000LL)
#define NS_PER_S 1000000000LL

static struct test_store t;
static struct project project;
static struct writer *writer;

static int start(void **state)
{
    struct writer_options options = {.queue_changes = 64, .queue_bytes = (size_t)1 << 20};

    (void)state;
    test_store_open(&t);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    project = test_project(&t, "p");
    assert_int_equal(store_commit(t.writer), ERR_OK);
    writer = writer_new(t.store, &options);
    assert_non_null(writer);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    writer_free(writer);
    test_store_close(&t);
    return 0;
}

/* Active threads with numbers from `from` on, idle since `at` (µs). */
static void put_threads(unsigned from, unsigned count, int64_t at)
{
    struct writer_options options = {.queue_changes = 64, .queue_bytes = (size_t)1 << 20};
    static const struct tally none;
    char name[16];

    writer_free(writer); /* its session is ours meanwhile */
    assert_int_equal(store_begin(t.writer), ERR_OK);
    for (unsigned i = from; i < from + count; i++) {
        struct thread thread = {.project_key = project.key,
                                .thread_id =
                                    str_make(name, (size_t)snprintf(name, sizeof(name), "%u", i)),
                                .has_model = true,
                                .model_id = test_uuid(i),
                                .has_record = true,
                                .status = THREAD_ACTIVE,
                                .created_at = at,
                                .last_updated_at = at};
        assert_int_equal(store_thread_put(t.writer, &thread, 0, &none), ERR_OK);
    }
    assert_int_equal(store_commit(t.writer), ERR_OK);
    writer = writer_new(t.store, &options);
    assert_non_null(writer);
}

static int64_t count_active(void)
{
    return test_store_sql(&t, "SELECT count(*) FROM thread WHERE status = 1");
}

static bool wait_for_active(int64_t count)
{
    int64_t until = clock_monotonic_ns() + 30 * NS_PER_S;

    while (count_active() != count) {
        if (clock_monotonic_ns() > until)
            return false;
        usleep(2000);
    }
    return true;
}

static struct idle_threads *begin(int64_t timeout_ms, int64_t interval_ms)
{
    struct idle_threads *idle =
        idle_threads_new(writer, &(struct idle_threads_options){timeout_ms, interval_ms});

    assert_non_null(idle);
    return idle;
}

/* What is due at the start is closed at once, however much it is; what is not stays. */
static void test_backlog(void **state)
{
    struct idle_threads *idle;
    int64_t now = clock_now_us();

    (void)state;
    put_threads(0, 4500, now - 2 * HOUR_MS * CLOCK_US_PER_MS);
    put_threads(4500, 10, now);
    idle = begin(HOUR_MS, HOUR_MS);
    assert_true(wait_for_active(10));
    idle_threads_free(idle);
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM thread WHERE status = 2 AND"
                                        " last_updated_by = 'admin'"),
                     4500);
    assert_true(test_store_sql(&t, "SELECT min(last_updated_at) FROM thread") >= now);
}

/* The first look reaches back a week, later ones a day, and none any farther. */
static void test_lookback(void **state)
{
    struct idle_threads *idle;
    int64_t now = clock_now_us(), day = 24 * HOUR_MS * CLOCK_US_PER_MS;

    (void)state;
    put_threads(0, 2, now - 8 * day);
    put_threads(2, 4000, now - 6 * day);
    put_threads(4002, 2, now - day / 2);
    idle = begin(HOUR_MS, HOUR_MS);
    assert_true(wait_for_active(2));
    idle_threads_free(idle);
    assert_int_equal(
        test_store_sql(&t, "SELECT count(*) FROM thread WHERE status = 1 AND thread_id < '2'"), 2);
}

/* It looks again and again, beside other changes. */
static void test_again(void **state)
{
    struct idle_threads *idle;

    (void)state;
    put_threads(0, 3, clock_now_us() + 50 * CLOCK_US_PER_MS);
    idle = begin(1, 3);
    assert_true(wait_for_active(0));
    idle_threads_free(idle);
    idle = begin(1, 3);
    idle_threads_free(idle);
}

/* Its end does not wait for the next look; NULL is nothing. */
static void test_end(void **state)
{
    int64_t began = clock_monotonic_ns();
    struct idle_threads *idle = begin(HOUR_MS, HOUR_MS);

    (void)state;
    usleep(20000);
    idle_threads_free(idle);
    assert_true(clock_monotonic_ns() - began < 20 * NS_PER_S);
    idle_threads_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_backlog, start, stop),
        cmocka_unit_test_setup_teardown(test_lookback, start, stop),
        cmocka_unit_test_setup_teardown(test_again, start, stop),
        cmocka_unit_test_setup_teardown(test_end, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
