/* Passes over many rows that several threads share: the answers of one thread, whatever is written
 * meanwhile. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "unit/store_support.h"

#define TRACES 20000
#define READERS 3

static struct test_store t;
static struct project project;

static void put_trace(unsigned id, const char *name)
{
    struct arena_mark mark = arena_mark(&t.arena);
    struct row row =
        test_row(&project, test_record(&t.arena, &trace_resource, DECODE_UPDATE, "{}"));
    struct value *v = row.record->v;

    v[ENTITY_ID] = value_uuid(test_uuid(id));
    v[ENTITY_NAME] = value_text(str_of(name));
    v[ENTITY_START_TIME] = value_int((int64_t)1e18);
    v[ENTITY_END_TIME] = value_int((int64_t)1e18 + (int64_t)(id * 7919 % 1000) * 1000000);
    v[TRACE_THREAD_ID] = value_text(str_format(&t.arena, "thread %u", id % 700));
    test_put(&t, &row);
    arena_rewind(&t.arena, mark);
}

static int start(void **state)
{
    (void)state;
    test_store_open(&t);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    project = test_project(&t, "p");
    for (unsigned i = 0; i < TRACES; i++)
        put_trace(i, i % 4 ? "common" : "fourth");
    assert_int_equal(store_commit(t.writer), ERR_OK);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_close(&t);
    return 0;
}

static struct filter_node *name_is(struct arena *arena, const char *name)
{
    struct error error = {.arena = arena};
    struct filter_node *filter = NULL;
    struct str text = str_format(
        arena, "[{\"field\":\"name\",\"operator\":\"contains\",\"value\":\"%s\"}]", name);

    assert_int_equal(filter_parse_text(arena, &trace_resource, text, &filter, &error), ERR_OK);
    return filter;
}

static struct entity_query query_of(struct arena *arena, const char *name)
{
    return (struct entity_query){.resource = &trace_resource,
                                 .project = project,
                                 .filter = name_is(arena, name),
                                 .limit = 50};
}

static int64_t count(struct session *reader, const struct entity_query *query)
{
    int64_t total = -1;

    assert_int_equal(store_entity_count(reader, query, &total), ERR_OK);
    return total;
}

static void test_counts(void **state)
{
    struct entity_query query = query_of(&t.arena, "fourth");
    struct session *reader;

    (void)state;
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    assert_int_equal(count(reader, &query), TRACES / 4);
    query.has_from = true;
    query.from = test_uuid(1000);
    assert_int_equal(count(reader, &query), (TRACES - 1000) / 4);
    query.has_to = true;
    query.to = test_uuid(TRACES / 2);
    assert_int_equal(count(reader, &query), (TRACES / 2 - 1000) / 4 + 1);
    query.has_before = true;
    query.before = test_uuid(TRACES / 2);
    assert_int_equal(count(reader, &query), (TRACES / 2 - 1000) / 4);
    query.before = test_uuid(1000);
    assert_int_equal(count(reader, &query), 0);
    query.before = (struct uuid){{0}};
    query.has_from = query.has_to = false;
    assert_int_equal(count(reader, &query), 0);
    query.before = test_uuid(1);
    assert_int_equal(count(reader, &query), 1);
    store_read_end(reader);
}

/* Every page of an order, one behind the other: each row once, in order. */
static void check_pages(struct session *reader, struct entity_query query, int64_t total)
{
    struct uuid last = {{0}};
    int64_t seen = 0, value = -1;

    for (query.offset = 0; query.offset < 2000; query.offset += query.limit) {
        struct arena arena;
        struct entity_cursor *cursor;
        struct row row;
        int64_t found = -1;
        enum err err;

        arena_init(&arena, (size_t)16 << 20);
        assert_int_equal(store_entity_page(reader, &query, &arena, &cursor, &found), ERR_OK);
        assert_int_equal(found, total);
        while ((err = store_entity_next(cursor, &arena, &row)) == ERR_OK) {
            const struct value *v = row.record->v;
            int64_t duration = v[ENTITY_END_TIME].i - v[ENTITY_START_TIME].i;
            bool sorted = query.order == ORDER_FIELD;
            assert_true(seen == 0 || !sorted || duration >= value);
            if (seen && (!sorted || duration == value))
                assert_true(uuid_cmp(&v[ENTITY_ID].uuid, &last) < 0);
            value = duration;
            last = v[ENTITY_ID].uuid;
            seen++;
        }
        assert_int_equal(err, ERR_NOT_FOUND);
        store_entity_close(cursor);
        arena_done(&arena);
    }
    assert_int_equal(seen, 2000);
}

static void test_pages(void **state)
{
    struct entity_query query = query_of(&t.arena, "fourth");
    struct session *reader;

    (void)state;
    query.limit = 250;
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    check_pages(reader, query, TRACES / 4);
    query.order = ORDER_FIELD;
    query.sort_field = ENTITY_DURATION;
    check_pages(reader, query, TRACES / 4);
    query.limit = 0;
    query.offset = 0;
    {
        struct entity_cursor *cursor;
        struct row row;
        int64_t found = -1;
        assert_int_equal(store_entity_page(reader, &query, &t.arena, &cursor, &found), ERR_OK);
        assert_int_equal(found, TRACES / 4);
        assert_int_equal(store_entity_next(cursor, &t.arena, &row), ERR_NOT_FOUND);
        store_entity_close(cursor);
    }
    store_read_end(reader);
}

static void test_statistics(void **state)
{
    struct entity_query query = query_of(&t.arena, "common");
    struct entity_stats stats;
    struct session *reader;
    double sum = 0;

    (void)state;
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    assert_int_equal(store_entity_stats(reader, &query, &t.arena, &stats), ERR_OK);
    assert_int_equal(stats.count, TRACES / 4 * 3);
    assert_int_equal(stats.threads, 525); /* numbers below 700 that are no multiple of 4 */
    /* Each duration of 0 to 999 ms that no multiple of 4 has comes 20 times. */
    assert_float_equal(stats.duration[0], 499, 3);
    assert_float_equal(stats.duration[2], 989, 3);
    for (int i = 0; i < 3; i++)
        sum += stats.duration[i];
    query.filter = NULL;
    query.project.thread_count = 700;
    assert_int_equal(store_entity_stats(reader, &query, &t.arena, &stats), ERR_OK);
    assert_int_equal(stats.count, TRACES);
    assert_int_equal(stats.threads, 700);
    assert_true(sum > 0);
    store_read_end(reader);
}

static bool at_once(void *context)
{
    return ++*(_Atomic int *)context > 0;
}

/* The helpers stop too, and serve the next one. */
static void test_abandoned(void **state)
{
    struct entity_query query = {
        .resource = &trace_resource, .project = project, .search = STR("nowhere")};
    _Atomic int asked = 0;
    struct read_watch watch = {.is_abandoned = at_once, .context = &asked};
    struct session *reader;
    enum err err = ERR_OK;
    int64_t total;

    (void)state;
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    store_read_watch(reader, &watch);
    for (int i = 0; i < 10000 && !err; i++)
        err = store_entity_count(reader, &query, &total);
    assert_int_equal(err, ERR_ABANDONED);
    store_read_end(reader);
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    assert_int_equal(count(reader, &query), 0);
    store_read_end(reader);
}

/* ---- while the writer writes ---- */

static _Atomic bool over;

/* Traces are added four at a time, so that each snapshot has a multiple of four. */
static void *read_on(void *context)
{
    int64_t *seen = context;
    struct arena arena;

    arena_init(&arena, (size_t)1 << 20);
    while (!atomic_load(&over)) {
        struct entity_query query = query_of(&arena, "added");
        struct session *reader;
        int64_t first, again;
        if (store_read_begin(t.store, &reader) || store_entity_count(reader, &query, &first) ||
            store_entity_count(reader, &query, &again)) {
            *seen = -1;
            break;
        }
        store_read_end(reader);
        if (first != again || first % 4 != 0) {
            *seen = -2;
            break;
        }
        *seen = first;
        arena_reset(&arena);
    }
    arena_done(&arena);
    return NULL;
}

static void test_snapshots(void **state)
{
    pthread_t threads[READERS];
    int64_t seen[READERS] = {0};

    (void)state;
    atomic_store(&over, false);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &seen[i]), 0);
    for (unsigned round = 0; round < 200; round++) {
        assert_int_equal(store_begin(t.writer), ERR_OK);
        for (unsigned i = 0; i < 4; i++)
            put_trace(TRACES + 4 * round + i, "added");
        assert_int_equal(store_commit(t.writer), ERR_OK);
    }
    atomic_store(&over, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(seen[i] >= 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),     cmocka_unit_test(test_pages),
        cmocka_unit_test(test_statistics), cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_snapshots),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
