/* Work beside requests, with a real writer. Clean under TSan. */
#include "ingest/background.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit/store_support.h"

#define NS_PER_S 1000000000LL

static struct test_store t;
static struct writer *writer;

static int start(void **state)
{
    struct writer_options options = {.queue_changes = 4, .queue_bytes = (size_t)1 << 20};

    (void)state;
    test_store_open(&t);
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

struct work {
    _Atomic int calls, applied;
    int again; /* so many calls ask for another one at once */
    enum err answer, told;
    struct arena arena;
};

struct work_change {
    struct change change;
    struct work *work;
};

static enum err apply(struct change *change, struct session *session)
{
    struct work *work = ((struct work_change *)change)->work;

    (void)session;
    assert_true(change->workspace == t.workspace);
    atomic_fetch_add(&work->applied, 1);
    return work->answer;
}

static bool do_work(void *context, struct background *background)
{
    struct work *work = context;
    struct work_change change = {.change = {.arena = &work->arena, .apply = apply}, .work = work};

    work->told = background_write(background, &change.change);
    return atomic_fetch_add(&work->calls, 1) + 1 < work->again;
}

static void run(struct work *work, int64_t interval_ms, int calls)
{
    struct background_options options = {
        .writer = writer, .work = do_work, .context = work, .interval_ms = interval_ms};
    struct background *background;
    int64_t until = clock_monotonic_ns() + 20 * NS_PER_S;

    arena_init(&work->arena, (size_t)1 << 20);
    background = background_new(&options);
    assert_non_null(background);
    while (atomic_load(&work->calls) < calls && clock_monotonic_ns() < until)
        usleep(500);
    background_free(background);
    arena_done(&work->arena);
    assert_int_equal(atomic_load(&work->applied), atomic_load(&work->calls));
}

/* Again at once while there is more to do, then not before the interval. */
static void test_again(void **state)
{
    struct work work = {.again = 5};

    (void)state;
    run(&work, 3600 * 1000, 5);
    assert_int_equal(atomic_load(&work.calls), 5);
    assert_int_equal(work.told, ERR_OK);
}

static void test_interval(void **state)
{
    struct work work = {0};

    (void)state;
    run(&work, 1, 10);
    assert_true(atomic_load(&work.calls) >= 10);
}

static void test_error(void **state)
{
    struct work work = {.answer = ERR_CONFLICT};

    (void)state;
    run(&work, 3600 * 1000, 1);
    assert_int_equal(work.told, ERR_CONFLICT);
}

static bool wait_for_end(void *context, struct background *background)
{
    atomic_store((_Atomic int *)context, 1);
    while (!background_is_stopping(background))
        usleep(500);
    atomic_store((_Atomic int *)context, 2);
    return true;
}

/* The end waits for the work at hand, which can ask. */
static void test_stopping(void **state)
{
    _Atomic int place = 0;
    struct background_options options = {
        .writer = writer, .work = wait_for_end, .context = &place, .niceness = 5};
    struct background *background = background_new(&options);

    (void)state;
    assert_non_null(background);
    while (atomic_load(&place) == 0)
        usleep(500);
    background_free(background);
    assert_int_equal(atomic_load(&place), 2);
    background_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_stopping),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
