/* The search index, made by its thread with a real writer beside it. Clean under TSan. */
#include "ingest/text_index.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit/store_support.h"

#define TRACES 1000
#define NS_PER_S 1000000000LL
#define WAIT_NS (20 * NS_PER_S)

static struct test_store t;
static struct project project;

static struct writer *new_writer(void)
{
    struct writer_options options = {.queue_changes = 64, .queue_bytes = (size_t)1 << 20};
    struct writer *writer = writer_new(t.store, &options);

    assert_non_null(writer);
    return writer;
}

static void put_trace(unsigned id, const char *output)
{
    struct row row = test_row(&project, test_record(&t.arena, &trace_resource, DECODE_UPDATE,
                                                    "{\"output\": \"%s\"}", output));

    row.record->v[ENTITY_ID] = value_uuid(test_uuid(id));
    row.record->v[ENTITY_LAST_UPDATED_AT] = value_int(1);
    test_put(&t, &row);
}

static int start(void **state)
{
    (void)state;
    test_store_open(&t);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    project = test_project(&t, "p");
    for (unsigned i = 0; i < TRACES; i++)
        put_trace(i, i == 321 ? "with a needle" : "nothing special");
    assert_int_equal(store_commit(t.writer), ERR_OK);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_close(&t);
    return 0;
}

static int64_t count_sets(void)
{
    return test_store_sql(&t, "SELECT count(*) FROM trace_text WHERE bits IS NOT NULL");
}

static int64_t count_zones(void)
{
    return test_store_sql(&t, "SELECT count(*) FROM trace_zone");
}

/* Runs the thread until all zones have their sets. */
static void run_index(void)
{
    struct text_index_options options = {.rest_ms = 0, .interval_ms = 1};
    struct writer *writer = new_writer();
    struct text_index *index = text_index_new(t.store, writer, &options);
    int64_t until = clock_monotonic_ns() + WAIT_NS;

    assert_non_null(index);
    while (count_sets() < count_zones() && clock_monotonic_ns() < until)
        usleep(1000);
    text_index_free(index);
    writer_free(writer);
    assert_int_equal(count_sets(), count_zones());
}

static int64_t search(const char *pattern, int64_t *ret_steps)
{
    struct entity_query query = {
        .resource = &trace_resource, .project = project, .search = str_of(pattern)};
    struct session *reader;
    int64_t count = -1, steps = 0;
    struct read_watch watch = {.steps = &steps};

    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    store_read_watch(reader, &watch);
    assert_int_equal(store_entity_count(reader, &query, &count), ERR_OK);
    store_read_end(reader);
    if (ret_steps)
        *ret_steps = steps;
    return count;
}

static void test_index(void **state)
{
    int64_t without, with;

    (void)state;
    assert_true(count_zones() > 4);
    assert_int_equal(search("needle", &without), 1);
    run_index();
    assert_int_equal(search("needle", &with), 1);
    assert_true(3 * with < without);
    assert_int_equal(search("nowhere", &with), 0);
    assert_true(10 * with < without);
    assert_int_equal(search("nothing special", NULL), TRACES - 1);
    assert_int_equal(search("%", NULL), TRACES);
}

/* Ids are no texts of the index, and are found nevertheless. */
static void test_ids(void **state)
{
    char text[UUID_TEXT_SIZE + 1] = "";
    struct uuid id = test_uuid(654);

    (void)state;
    uuid_format(&id, text);
    assert_int_equal(search(text, NULL), 1);
}

/* What changes afterwards is found at once. */
static void test_changes(void **state)
{
    struct row row;
    struct uuid id = test_uuid(77);
    int64_t sets = count_sets();

    (void)state;
    assert_int_equal(store_begin(t.writer), ERR_OK);
    row = test_get(&t, t.writer, &trace_resource, &project, &id, LOAD_ALL);
    row.record->v[ENTITY_NAME] = value_text(STR("pincushion"));
    test_put(&t, &row);
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(count_sets(), sets - 1);
    assert_int_equal(search("pincushion", NULL), 1);
    assert_int_equal(search("needle", NULL), 1);
    run_index();
    assert_int_equal(search("pincushion", NULL), 1);
}

/* A result that comes after a change is not taken. */
static void test_late_result(void **state)
{
    struct text_zone zone = {.resource = &trace_resource, .project = project.key};
    struct text_look look = {.behind.resource = &trace_resource, .zones = 1000};
    struct session *reader;
    struct str bits;
    size_t count;

    (void)state;
    test_store_sql(&t, "DELETE FROM trace_text");
    look.rested_before = clock_now_us();
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    assert_int_equal(store_text_zones(reader, &look, &zone, 1, &count), ERR_OK);
    store_read_end(reader);
    assert_int_equal(count, 1);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    assert_int_equal(store_text_mark(t.writer, &zone), ERR_OK);
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    assert_int_equal(store_text_read(reader, &zone, &t.arena, &bits), ERR_OK);
    store_read_end(reader);
    assert_true(bits.n > 0);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    /* Into the first zone. */
    put_trace(TRACES + 1, "elsewhere");
    {
        struct uuid id = test_uuid(0);
        struct row row = test_get(&t, t.writer, &trace_resource, &project, &id, LOAD_ALL);
        row.record->v[ENTITY_NAME] = value_text(STR("thimble"));
        test_put(&t, &row);
    }
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    assert_int_equal(store_text_put(t.writer, &zone, bits), ERR_OK);
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(count_sets(), 0);
    assert_int_equal(search("thimble", NULL), 1);
}

static void test_free_null(void **state)
{
    (void)state;
    text_index_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index),     cmocka_unit_test(test_ids),
        cmocka_unit_test(test_changes),   cmocka_unit_test(test_late_result),
        cmocka_unit_test(test_free_null),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
