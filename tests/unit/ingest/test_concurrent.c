/* Readers beside the writing thread: in every snapshot counters, sums and rows agree, and the names
 * of keys that other threads have just made can be read. Mostly for TSan. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "ingest/entity_write.h"
#include "ingest/writer.h"
#include "unit/store_support.h"

#define SUBMITTERS 2
#define READERS 2
#define BATCHES 25
#define SPANS 4
#define TRACE 1

static struct test_store t;
static struct writer *writer;
static atomic_int running, wrong, snapshots;

struct submitter {
    pthread_t thread;
    int number;
    atomic_int done, failed;
};

struct batch {
    struct entity_change change; /* first */
    struct arena arena;
};

static void batch_done(struct change *change, enum err err)
{
    struct submitter *self = change->owner;

    if (err)
        atomic_fetch_add(&self->failed, 1);
    atomic_fetch_add(&self->done, 1);
}

/* A batch of spans of one trace: each has {"a":1} and a key that nobody has used before. */
static void fill(struct batch *batch, struct submitter *self, int n)
{
    struct entity_change *change = &batch->change;

    arena_init(&batch->arena, (size_t)4 << 20);
    change->resource = &span_resource;
    change->records = arena_alloc(&batch->arena, SPANS * sizeof(struct record *));
    change->record_count = SPANS;
    for (int i = 0; i < SPANS; i++) {
        int number = (self->number * BATCHES + n) * SPANS + i;
        struct tally *usage = arena_alloc(&batch->arena, sizeof(*usage));
        struct record *span = record_new(&batch->arena, &span_resource);
        usage->entries = arena_alloc(&batch->arena, 2 * sizeof(struct tally_entry));
        usage->entries[0] = (struct tally_entry){STR("a"), 1};
        usage->entries[1] =
            (struct tally_entry){str_format(&batch->arena, "key %d", number), number + 1};
        usage->n = 2;
        span->v[ENTITY_ID] = value_uuid(test_uuid(100 + (unsigned)number));
        span->v[SPAN_TRACE_ID] = value_uuid(test_uuid(TRACE));
        span->v[ENTITY_START_TIME] = value_int(1);
        span->v[ENTITY_USAGE] = (struct value){.kind = VALUE_SET, .tally = usage};
        change->records[i] = span;
    }
    entity_change_batch(change);
    change->change.arena = &batch->arena;
    change->change.error.arena = &batch->arena;
    change->change.workspace_name = STR("default");
    change->change.user = STR("user");
    change->change.done = batch_done;
    change->change.owner = self;
}

static void *submit(void *context)
{
    struct submitter *self = context;
    static struct batch batches[SUBMITTERS][BATCHES];

    for (int n = 0; n < BATCHES; n++) {
        struct batch *batch = &batches[self->number][n];
        fill(batch, self, n);
        while (!writer_submit(writer, &batch->change.change))
            usleep(100);
        /* Mostly wait for the answer, as a client does; sometimes be ahead of it. */
        while (n % 5 && atomic_load(&self->done) <= n)
            usleep(50);
    }
    while (atomic_load(&self->done) < BATCHES)
        usleep(100);
    for (int n = 0; n < BATCHES; n++)
        arena_done(&batches[self->number][n].arena);
    atomic_fetch_sub(&running, 1);
    return NULL;
}

/* Spans in the list, each with two keys that have names; -1 when one has not. */
static int64_t count_rows(struct session *session, const struct project *project,
                          struct arena *arena)
{
    struct entity_query query = {
        .resource = &span_resource, .project = *project, .limit = 1000, .offset = 0};
    struct entity_cursor *cursor;
    int64_t rows = 0;
    struct row row;

    if (store_entity_open(session, &query, arena, &cursor))
        return -1;
    while (store_entity_next(cursor, arena, &row) == ERR_OK) {
        const struct tally *usage = row.record->v[ENTITY_USAGE].tally;
        if (usage->n != 2 || usage->entries[0].name.n == 0 || usage->entries[1].name.n == 0)
            rows = -1000000;
        rows++;
    }
    store_entity_close(cursor);
    return rows;
}

/* One snapshot: counter of the project, rows of the list, sums of the trace. */
static bool agrees(struct session *session, struct arena *arena)
{
    struct uuid trace = test_uuid(TRACE);
    struct project project;
    const struct value *v;
    struct row row;
    int64_t rows;
    enum err err;

    if (store_project_by_name(session, t.workspace, STR("Default Project"), &project))
        return false;
    rows = count_rows(session, &project, arena);
    err = store_entity_get(session, &trace_resource, t.workspace, project.key, &trace, LOAD_NONE,
                           arena, &row);
    if (err == ERR_NOT_FOUND)
        return rows == 0 && project.span_count == 0;
    v = row.record->v;
    return !err && rows == project.span_count && rows == v[TRACE_SPAN_COUNT].i &&
           test_count(&v[ENTITY_USAGE], "a") == rows &&
           v[ENTITY_USAGE].tally->n == (size_t)rows + 1;
}

static void *read_all(void *context)
{
    struct arena arena;

    (void)context;
    arena_init(&arena, (size_t)16 << 20);
    while (atomic_load(&running) > 0) {
        struct session *session = NULL;
        if (store_read_begin(t.store, &session) || !agrees(session, &arena))
            atomic_fetch_add(&wrong, 1);
        store_read_end(session);
        atomic_fetch_add(&snapshots, 1);
        arena_reset(&arena);
        usleep(300);
    }
    arena_done(&arena);
    return NULL;
}

static void test_readers_beside_the_writer(void **state)
{
    struct writer_options options = {.queue_changes = 8, .queue_bytes = (size_t)1 << 24};
    static struct submitter submitters[SUBMITTERS];
    pthread_t readers[READERS];
    struct session *session;
    struct project project;

    (void)state;
    test_store_open(&t);
    writer = writer_new(t.store, &options);
    assert_non_null(writer);
    atomic_store(&running, SUBMITTERS);
    for (int i = 0; i < SUBMITTERS; i++) {
        submitters[i].number = i;
        assert_int_equal(pthread_create(&submitters[i].thread, NULL, submit, &submitters[i]), 0);
    }
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_all, NULL), 0);
    for (int i = 0; i < SUBMITTERS; i++) {
        pthread_join(submitters[i].thread, NULL);
        assert_int_equal(atomic_load(&submitters[i].failed), 0);
    }
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    writer_free(writer);
    assert_true(atomic_load(&snapshots) > 0);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(store_read_begin(t.store, &session), ERR_OK);
    assert_true(agrees(session, &t.arena));
    assert_int_equal(store_project_by_name(session, t.workspace, STR("Default Project"), &project),
                     ERR_OK);
    assert_int_equal(project.span_count, SUBMITTERS * BATCHES * SPANS);
    store_read_end(session);
    test_store_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readers_beside_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
