/* The feed: who is told what, once, in which order, and when somebody is too slow. */
#include "ingest/feed.h"

#include <pthread.h>
#include <stdatomic.h>

#include "unit/support.h"

static struct feed *feed;
static struct arena arena;
static struct feed_event events[FEED_PENDING_MAX];
static size_t count;

struct follower {
    struct feed_subscriber *subscriber;
    atomic_int wakes, drops;
};

static int start(void **state)
{
    (void)state;
    feed = feed_new(3);
    arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    feed_free(feed);
    arena_done(&arena);
    return 0;
}

static void wake(void *context)
{
    atomic_fetch_add(&((struct follower *)context)->wakes, 1);
}

static void drop(void *context)
{
    atomic_fetch_add(&((struct follower *)context)->drops, 1);
}

static bool follow(struct follower *follower, int64_t project, const struct resource *resource)
{
    *follower = (struct follower){0};
    follower->subscriber = feed_subscribe(feed, project, resource, wake, drop, follower);
    return follower->subscriber != NULL;
}

static void note(struct change *change, int64_t project, const struct resource *resource,
                 unsigned id, bool deleted)
{
    struct uuid uuid = test_uuid(id);

    change->arena = &arena;
    feed_note(change, project, resource, &uuid, deleted);
}

static void publish(unsigned id, bool deleted)
{
    struct change change = {0};

    note(&change, 1, &trace_resource, id, deleted);
    feed_publish(feed, &change);
}

static bool is_event(size_t at, unsigned id, bool deleted)
{
    struct uuid uuid = test_uuid(id);

    return uuid_eq(&events[at].id, &uuid) && events[at].deleted == deleted;
}

static void test_who_is_told(void **state)
{
    struct follower traces, spans, other;
    struct change change = {0};

    (void)state;
    assert_true(follow(&traces, 1, &trace_resource));
    assert_true(follow(&spans, 1, &span_resource));
    assert_true(follow(&other, 2, &trace_resource));
    note(&change, 1, &trace_resource, 10, false);
    note(&change, 1, &span_resource, 11, false);
    note(&change, 1, &trace_resource, 12, true);
    note(&change, 3, &trace_resource, 13, false);
    feed_publish(feed, &change);
    assert_true(feed_take(traces.subscriber, events, &count));
    assert_int_equal(count, 2);
    assert_true(is_event(0, 10, false) && is_event(1, 12, true));
    assert_true(feed_take(spans.subscriber, events, &count));
    assert_int_equal(count, 2);
    assert_true(is_event(0, 11, false) && !events[0].of_trace);
    assert_true(is_event(1, 12, true) && events[1].of_trace);
    assert_true(feed_take(other.subscriber, events, &count));
    assert_int_equal(count, 0);
    assert_int_equal(traces.wakes, 1);
    assert_int_equal(spans.wakes, 1);
    assert_int_equal(other.wakes, 0);
    feed_unsubscribe(traces.subscriber);
    feed_unsubscribe(spans.subscriber);
    feed_unsubscribe(other.subscriber);
    feed_publish(feed, &change);
    assert_int_equal(traces.wakes, 1);
}

static void test_once(void **state)
{
    struct follower one;

    (void)state;
    publish(1, false); /* before anybody follows */
    assert_true(follow(&one, 1, &trace_resource));
    publish(2, false);
    publish(3, false);
    publish(2, false);
    publish(3, true);
    assert_int_equal(one.wakes, 1);
    assert_true(feed_take(one.subscriber, events, &count));
    assert_int_equal(count, 2);
    assert_true(is_event(0, 2, false) && is_event(1, 3, true));
    publish(2, false);
    assert_int_equal(one.wakes, 2);
    assert_true(feed_take(one.subscriber, events, &count));
    assert_int_equal(count, 1);
    assert_true(is_event(0, 2, false));
    feed_unsubscribe(one.subscriber);
}

static void test_slow(void **state)
{
    struct follower slow, quick;

    (void)state;
    assert_true(follow(&slow, 1, &trace_resource));
    assert_true(follow(&quick, 1, &trace_resource));
    for (unsigned i = 0; i < FEED_PENDING_MAX; i++)
        publish(i, false);
    for (unsigned i = 0; i < FEED_PENDING_MAX; i++)
        publish(i, false);
    assert_int_equal(slow.drops, 0);
    assert_true(feed_take(quick.subscriber, events, &count));
    assert_int_equal(count, FEED_PENDING_MAX);
    for (unsigned i = 0; i < FEED_PENDING_MAX; i++)
        assert_true(is_event(i, i, false));
    publish(FEED_PENDING_MAX, false);
    publish(FEED_PENDING_MAX + 1, false);
    assert_int_equal(slow.drops, 1);
    assert_int_equal(quick.drops, 0);
    assert_false(feed_take(slow.subscriber, events, &count));
    assert_true(feed_take(quick.subscriber, events, &count));
    assert_int_equal(count, 2);
    feed_unsubscribe(slow.subscriber);
    feed_unsubscribe(quick.subscriber);
}

/* A change that wrote more than is kept leaves nobody with half of it. */
static void test_huge_change(void **state)
{
    struct change change = {0};
    struct follower same, other;
    size_t used;

    (void)state;
    assert_true(follow(&same, 1, &trace_resource));
    assert_true(follow(&other, 2, &trace_resource));
    for (unsigned i = 0; i < FEED_NOTES_MAX; i++)
        note(&change, 1, &trace_resource, 1, false);
    feed_publish(feed, &change);
    assert_int_equal(same.drops, 0);
    used = arena.used;
    note(&change, 2, &trace_resource, 2, false);
    assert_int_equal(arena.used, used);
    feed_publish(feed, &change);
    assert_int_equal(same.drops, 1);
    assert_int_equal(other.drops, 1);
    assert_false(feed_take(other.subscriber, events, &count));
    feed_unsubscribe(same.subscriber);
    feed_unsubscribe(other.subscriber);
}

static void test_limit(void **state)
{
    struct follower followers[4];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_true(follow(&followers[i], 1, &trace_resource));
    assert_false(follow(&followers[3], 1, &trace_resource));
    feed_unsubscribe(followers[1].subscriber);
    assert_true(follow(&followers[3], 1, &trace_resource));
    feed_unsubscribe(followers[0].subscriber);
    feed_unsubscribe(followers[2].subscriber);
    feed_unsubscribe(followers[3].subscriber);
    feed_unsubscribe(NULL);
    feed_free(NULL);
    feed_publish(NULL, &(struct change){0});
}

static void *come_and_go(void *failed)
{
    static _Thread_local struct feed_event taken[FEED_PENDING_MAX];

    for (int turn = 0; turn < 200; turn++) {
        struct follower one;
        size_t n;
        assert_true(follow(&one, 1, &trace_resource));
        for (int i = 0; i < 20; i++)
            if (!feed_take(one.subscriber, taken, &n))
                *(bool *)failed = true;
        feed_unsubscribe(one.subscriber);
    }
    return NULL;
}

/* One writes while others come and go. */
static void test_threads(void **state)
{
    pthread_t threads[3];
    bool failed[3] = {false};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, come_and_go, &failed[i]);
    for (unsigned i = 0; i < 20000; i++) {
        publish(i % 2000, i % 7 == 0);
        if (i % 1000 == 0)
            arena_reset(&arena);
    }
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_false(failed[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_who_is_told, start, stop),
        cmocka_unit_test_setup_teardown(test_once, start, stop),
        cmocka_unit_test_setup_teardown(test_slow, start, stop),
        cmocka_unit_test_setup_teardown(test_huge_change, start, stop),
        cmocka_unit_test_setup_teardown(test_limit, start, stop),
        cmocka_unit_test_setup_teardown(test_threads, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
