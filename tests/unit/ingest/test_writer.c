/* The writing thread: many submitters, one transaction for many changes, a failing change undone
 * alone, a queue with a bound, a stop that drains. Clean under TSan. */
#include "ingest/writer.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ingest/named_write.h"
#include "unit/store_support.h"

#define TASKS_MAX 1600

struct task {
    struct change change;
    struct arena arena;
    char project[32];    /* made by apply, when it has a name */
    enum err give;       /* what apply returns */
    const char *message; /* what apply says about it */
    bool gated;          /* apply waits for the gate */
    int64_t now, workspace;
    int order; /* of its apply among all */
    int done;  /* how often */
    enum err result;
    bool visible; /* in `done`: a reader sees the project */
};

static struct test_store t;
static struct writer *writer;
static struct task tasks[TASKS_MAX];
static size_t task_count;

/* Everything that threads share, under the mutex. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool gate_open, at_gate;
static int done_count, apply_count;

static int start(void **state)
{
    (void)state;
    test_store_open(&t);
    writer = NULL;
    task_count = 0;
    gate_open = at_gate = false;
    done_count = apply_count = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    writer_free(writer);
    for (size_t i = 0; i < task_count; i++)
        arena_done(&tasks[i].arena);
    test_store_close(&t);
    return 0;
}

static void start_writer(int changes, size_t bytes)
{
    struct writer_options options = {.queue_changes = changes, .queue_bytes = bytes};

    writer = writer_new(t.store, &options);
    assert_non_null(writer);
}

/* ---- the changes ---- */

static void wait_at_gate(void)
{
    pthread_mutex_lock(&mutex);
    at_gate = true;
    pthread_cond_broadcast(&changed);
    while (!gate_open)
        pthread_cond_wait(&changed, &mutex);
    at_gate = gate_open = false;
    pthread_mutex_unlock(&mutex);
}

static enum err apply(struct change *change, struct session *session)
{
    struct task *task = (struct task *)change;
    struct project project;
    enum err err;

    pthread_mutex_lock(&mutex);
    task->order = apply_count++;
    pthread_mutex_unlock(&mutex);
    if (task->gated)
        wait_at_gate();
    task->now = change->now;
    task->workspace = change->workspace;
    if (task->project[0]) {
        err = project_ensure(change, session, str_of(task->project), &project);
        if (err)
            return err;
        change_touch(change, project.key, 1, 2, 1000);
    }
    change_touch(change, 1, 1, 2, change->now);
    if (task->message)
        return error_set(&change->error, task->give, "%s", task->message);
    return task->give;
}

static bool is_visible(const char *name)
{
    struct session *reader;
    struct project project;
    int64_t workspace;
    bool found;

    if (store_read_begin(t.store, &reader))
        return false;
    found = !store_workspace_find(reader, STR("default"), &workspace) &&
            !store_project_by_name(reader, workspace, str_of(name), &project);
    store_read_end(reader);
    return found;
}

static void done(struct change *change, enum err err)
{
    struct task *task = change->owner;
    bool visible = is_visible(task->project[0] ? task->project : "Default Project");

    pthread_mutex_lock(&mutex);
    task->done++;
    task->result = err;
    task->visible = visible;
    done_count++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

/* Not thread-safe; threads get tasks that were made before. */
static struct task *new_task(const char *project)
{
    struct task *task = &tasks[task_count++];

    assert_true(task_count <= TASKS_MAX);
    *task = (struct task){.order = -1};
    arena_init(&task->arena, (size_t)1 << 20);
    snprintf(task->project, sizeof(task->project), "%s", project);
    task->change = (struct change){.arena = &task->arena,
                                   .error = {.arena = &task->arena},
                                   .workspace_name = STR("default"),
                                   .user = STR("user"),
                                   .apply = apply,
                                   .done = done,
                                   .owner = task};
    return task;
}

static void submit(struct task *task)
{
    assert_true(writer_submit(writer, &task->change));
}

static void wait_for_done(int count)
{
    pthread_mutex_lock(&mutex);
    while (done_count < count)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

/* A change that keeps the writer busy until open_gate(), so that others queue up behind it. */
static struct task *block_writer(void)
{
    struct task *task = new_task("");

    task->gated = true;
    submit(task);
    pthread_mutex_lock(&mutex);
    while (!at_gate)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return task;
}

static void open_gate(void)
{
    pthread_mutex_lock(&mutex);
    gate_open = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

/* The counters of a project, seen by a reader. */
static struct project project_of(const char *name)
{
    struct project project = {0};
    struct session *reader;

    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    if (store_project_by_name(reader, t.workspace, str_of(name), &project))
        project = (struct project){0};
    store_read_end(reader);
    return project;
}

#define DEFAULT "Default Project"

/* ---- the tests ---- */

/* What was told to be done is there for everybody. */
static void test_one(void **state)
{
    int64_t before = clock_now_us();
    struct task *task = new_task("p");

    (void)state;
    start_writer(10, 1 << 20);
    submit(task);
    wait_for_done(1);
    assert_int_equal(task->result, ERR_OK);
    assert_int_equal(task->change.error.code, ERR_OK);
    assert_true(task->visible);
    assert_true(task->now >= before && task->now <= clock_now_us());
    assert_int_equal(task->workspace, t.workspace);
    assert_int_equal(project_of("p").trace_count, 1);
    assert_int_equal(project_of(DEFAULT).span_count, 2);
}

static void test_workspaces(void **state)
{
    struct task *task = new_task("p"), *again = new_task("p");

    (void)state;
    start_writer(10, 1 << 20);
    task->change.workspace_name = STR("team");
    again->change.workspace_name = STR("TEAM");
    submit(task);
    submit(again);
    wait_for_done(2);
    assert_int_equal(task->result, ERR_OK);
    assert_true(task->workspace != t.workspace);
    assert_int_equal(task->workspace, again->workspace);
    assert_int_equal(project_of("p").key, 0);
}

static void test_order(void **state)
{
    (void)state;
    start_writer(100, 1 << 24);
    for (int i = 0; i < 50; i++)
        submit(new_task(""));
    wait_for_done(50);
    for (int i = 0; i < 50; i++)
        assert_int_equal(tasks[i].order, i);
}

#define THREADS 4
#define PER_THREAD 60

static void *submit_many(void *context)
{
    struct task *first = context;

    for (int i = 0; i < PER_THREAD; i++) {
        while (!writer_submit(writer, &first[i].change))
            usleep(200);
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    start_writer(20, 1 << 24);
    for (int i = 0; i < THREADS * PER_THREAD; i++) {
        char name[32];
        snprintf(name, sizeof(name), "p%d", i % 7);
        struct task *task = new_task(name);
        task->give = i % 5 == 3 ? ERR_CONFLICT : ERR_OK;
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &tasks[i * PER_THREAD]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    wait_for_done(THREADS * PER_THREAD);
    for (int i = 0; i < THREADS * PER_THREAD; i++) {
        assert_int_equal(tasks[i].done, 1);
        assert_int_equal(tasks[i].result, i % 5 == 3 ? ERR_CONFLICT : ERR_OK);
        assert_true(i % 5 == 3 || tasks[i].visible);
    }
    assert_int_equal(project_of(DEFAULT).trace_count, THREADS * PER_THREAD * 4 / 5);
    assert_int_equal(project_of(DEFAULT).span_count, THREADS * PER_THREAD * 8 / 5);
}

/* Of changes that share a transaction only the failing ones are undone. */
static void test_failures_alone(void **state)
{
    static const enum err gives[] = {ERR_OK, ERR_CONFLICT, ERR_NOT_FOUND, ERR_TOO_LARGE,
                                     ERR_OK, ERR_INTERNAL, ERR_OK};
    char name[32];

    (void)state;
    start_writer(100, 1 << 24);
    block_writer();
    for (int i = 0; i < 7; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        struct task *task = new_task(name);
        task->give = gives[i];
        task->message = i == 1 ? "told why" : NULL;
        submit(task);
    }
    open_gate();
    wait_for_done(8);
    for (int i = 0; i < 7; i++) {
        const struct task *task = &tasks[i + 1];
        snprintf(name, sizeof(name), "p%d", i);
        assert_int_equal(task->result, gives[i]);
        assert_int_equal(task->change.error.code, gives[i]);
        assert_int_equal(task->visible, gives[i] == ERR_OK);
        assert_int_equal(project_of(name).trace_count, gives[i] == ERR_OK);
    }
    assert_str(tasks[2].change.error.message, "told why");
    /* Without words of its own it gets those of its code. */
    assert_str(tasks[3].change.error.message, err_text(ERR_NOT_FOUND));
    assert_int_equal(project_of(DEFAULT).trace_count, 1 + 3);
}

/* A change that promised to refuse before it writes is not undone by a savepoint; when the store
 * fails under it the whole transaction fails, and the next one works again. */
static void test_store_failure_without_savepoint(void **state)
{
    struct task *bad;

    (void)state;
    start_writer(100, 1 << 24);
    block_writer();
    submit(new_task("before"));
    bad = new_task("bad");
    bad->change.refuses_first = true;
    bad->give = ERR_INTERNAL;
    submit(bad);
    submit(new_task("behind"));
    open_gate();
    wait_for_done(4);
    assert_int_equal(tasks[0].result, ERR_OK); /* a transaction of its own */
    for (int i = 1; i < 4; i++) {
        assert_int_equal(tasks[i].result, ERR_INTERNAL);
        assert_false(tasks[i].visible);
        assert_int_equal(tasks[i].done, 1);
    }
    assert_int_equal(project_of(DEFAULT).trace_count, 1);
    submit(new_task("before"));
    wait_for_done(5);
    assert_int_equal(tasks[4].result, ERR_OK);
    assert_int_equal(project_of("before").trace_count, 1);
    assert_int_equal(project_of(DEFAULT).trace_count, 2);
}

static void test_refusal_without_savepoint(void **state)
{
    struct task *refused;

    (void)state;
    start_writer(100, 1 << 24);
    block_writer();
    submit(new_task("a"));
    refused = new_task("");
    refused->change.refuses_first = true;
    refused->give = ERR_CONFLICT;
    submit(refused);
    submit(new_task("b"));
    open_gate();
    wait_for_done(4);
    assert_int_equal(refused->result, ERR_CONFLICT);
    assert_int_equal(project_of("a").trace_count, 1);
    assert_int_equal(project_of("b").trace_count, 1);
    assert_int_equal(project_of(DEFAULT).trace_count, 3);
}

static void test_full_queue(void **state)
{
    struct task *refused;

    (void)state;
    start_writer(5, 1 << 24);
    block_writer();
    for (int i = 0; i < 5; i++)
        submit(new_task("p"));
    refused = new_task("refused");
    assert_false(writer_submit(writer, &refused->change));
    assert_false(writer_submit(writer, &refused->change));
    open_gate();
    wait_for_done(6);
    assert_int_equal(refused->done, 0);
    assert_int_equal(project_of("p").trace_count, 5);
    assert_int_equal(project_of("refused").key, 0);
    /* There is room again. */
    submit(refused);
    wait_for_done(7);
    assert_int_equal(refused->result, ERR_OK);
}

static void grow(struct task *task, size_t bytes)
{
    assert_non_null(arena_alloc(&task->arena, bytes));
}

static void test_full_queue_by_bytes(void **state)
{
    struct task *large, *larger, *second, *last, *refused;

    (void)state;
    start_writer(100, 10000);
    block_writer();
    /* One alone is taken, however large it is; otherwise it never would be. */
    large = new_task("");
    grow(large, 50000);
    submit(large);
    refused = new_task("");
    grow(refused, 100);
    assert_false(writer_submit(writer, &refused->change));
    open_gate();
    wait_for_done(2);
    block_writer();
    second = new_task("");
    grow(second, 9000);
    submit(second);
    assert_true(writer_submit(writer, &refused->change));
    /* Nor does it have to find the queue empty. */
    larger = new_task("");
    grow(larger, 60000);
    submit(larger);
    last = new_task("");
    assert_false(writer_submit(writer, &last->change));
    open_gate();
    wait_for_done(6);
    assert_int_equal(refused->done, 1);
    assert_int_equal(larger->done, 1);
    assert_int_equal(last->done, 0);
}

/* More changes than share a transaction: what has been taken no longer counts. */
static void test_bytes_of_taken_changes(void **state)
{
    enum { WAITING = 600, BYTES = 1000 };
    int accepted = 0;

    (void)state;
    start_writer(10000, (size_t)WAITING * BYTES);
    block_writer();
    for (int i = 0; i < WAITING; i++) {
        struct task *task = new_task("");
        grow(task, BYTES - 100);
        /* The first of the next transaction blocks again. */
        task->gated = i == 0;
        submit(task);
    }
    open_gate();
    wait_for_done(1);
    pthread_mutex_lock(&mutex);
    while (!at_gate)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    /* Of 600, at most 512 share a transaction; so 88 wait, and 512 more have room. */
    while (accepted < 400) {
        struct task *task = new_task("");
        grow(task, BYTES - 100);
        if (!writer_submit(writer, &task->change))
            break;
        accepted++;
    }
    open_gate();
    wait_for_done(1 + WAITING + accepted);
    assert_int_equal(accepted, 400);
}

static void *open_gate_later(void *unused)
{
    (void)unused;
    usleep(20000);
    open_gate();
    return NULL;
}

static void test_stop_drains(void **state)
{
    pthread_t thread;

    (void)state;
    start_writer(1000, 1 << 24);
    block_writer();
    for (int i = 0; i < 700; i++)
        submit(new_task(""));
    assert_int_equal(pthread_create(&thread, NULL, open_gate_later, NULL), 0);
    writer_free(writer);
    writer = NULL;
    pthread_join(thread, NULL);
    for (int i = 0; i <= 700; i++) {
        assert_int_equal(tasks[i].done, 1);
        assert_int_equal(tasks[i].result, ERR_OK);
    }
    assert_int_equal(project_of(DEFAULT).trace_count, 701);
    test_store_reopen(&t);
    assert_int_equal(project_of(DEFAULT).trace_count, 701);
}

static void test_stop_of_nothing(void **state)
{
    (void)state;
    writer_free(NULL);
    start_writer(10, 1000);
    writer_free(writer);
    start_writer(10, 1000);
}

static void test_touches(void **state)
{
    struct task *task = new_task("");
    struct project_touch *touch;

    (void)state;
    change_touch(&task->change, 5, 1, 0, 100);
    change_touch(&task->change, 6, 0, -3, 0);
    change_touch(&task->change, 5, 2, 7, 50);
    touch = task->change.touches;
    assert_int_equal(touch->project_key, 6);
    assert_int_equal(touch->spans, -3);
    assert_true(touch->last_updated_trace_at == 0);
    touch = touch->next;
    assert_int_equal(touch->project_key, 5);
    assert_int_equal(touch->traces, 3);
    assert_int_equal(touch->spans, 7);
    assert_true(touch->last_updated_trace_at == 100);
    assert_null(touch->next);
}

/* The time of the newest change of a transaction is what the project shows. */
static void test_touches_of_many(void **state)
{
    struct session *reader;
    struct record *record;
    int64_t newest = 0;

    (void)state;
    start_writer(100, 1 << 24);
    block_writer();
    for (int i = 0; i < 20; i++)
        submit(new_task("p"));
    open_gate();
    wait_for_done(21);
    for (int i = 0; i < 21; i++)
        newest = tasks[i].now > newest ? tasks[i].now : newest;
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    assert_int_equal(store_project_get(reader, 1, &t.arena, &record), ERR_OK);
    assert_true(record->v[PROJECT_LAST_UPDATED_TRACE_AT].i == newest);
    assert_int_equal(store_project_get(reader, project_of("p").key, &t.arena, &record), ERR_OK);
    assert_true(record->v[PROJECT_LAST_UPDATED_TRACE_AT].i == 1000);
    store_read_end(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one),
        TEST(test_workspaces),
        TEST(test_order),
        TEST(test_many_threads),
        TEST(test_failures_alone),
        TEST(test_store_failure_without_savepoint),
        TEST(test_refusal_without_savepoint),
        TEST(test_full_queue),
        TEST(test_full_queue_by_bytes),
        TEST(test_bytes_of_taken_changes),
        TEST(test_stop_drains),
        TEST(test_stop_of_nothing),
        TEST(test_touches),
        TEST(test_touches_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
