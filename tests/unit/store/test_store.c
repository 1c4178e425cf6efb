/* The SQLite store as a whole: opening, locking, versions, sessions, transactions, the dictionary
 * of names when a transaction or a savepoint is undone. */
#include "store/store.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "unit/store_support.h"

static struct test_store t;

static int start(void **state)
{
    (void)state;
    test_store_open(&t);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_close(&t);
    return 0;
}

static void begin(void)
{
    assert_int_equal(store_begin(t.writer), ERR_OK);
}

static void commit(void)
{
    assert_int_equal(store_commit(t.writer), ERR_OK);
}

/* Opening that must fail; its message. */
static const char *refused(const char *directory)
{
    static char message[256];
    struct store_options options = {directory, 2, TEST_BODY_LIMIT, 0, 1};

    message[0] = '\0';
    assert_null(store_open(&options, message, sizeof(message)));
    assert_null(strchr(message, '\n'));
    return message;
}

/* platform.md 8: what a fresh installation has. */
static void test_fresh(void **state)
{
    struct record *record;
    struct project project;
    char id[UUID_TEXT_SIZE];

    (void)state;
    assert_int_equal(store_project_by_name(t.writer, t.workspace, STR("Default Project"), &project),
                     ERR_OK);
    uuid_format(&project.id, id);
    assert_str(str_make(id, sizeof(id)), "0190babc-62a0-71d2-832a-0feffa4676eb");
    assert_int_equal(store_project_get(t.writer, project.key, &t.arena, &record), ERR_OK);
    assert_str(record->v[PROJECT_DESCRIPTION].s,
               "This is the default project. It cannot be deleted.");
    assert_int_equal(record->v[PROJECT_VISIBILITY].i, PROJECT_PRIVATE);
    assert_str(record->v[PROJECT_NAME].s, "Default Project");
}

static void test_makes_directory(void **state)
{
    struct store_options options = {NULL, 1, TEST_BODY_LIMIT, 0, 1};
    char path[300], file[400], message[256] = "";
    struct store *store;

    (void)state;
    snprintf(path, sizeof(path), "%s/new", t.directory);
    options.directory = path;
    store = store_open(&options, message, sizeof(message));
    assert_non_null(store);
    store_close(store);
    snprintf(file, sizeof(file), "%s/ocelli.db", path);
    assert_int_equal(access(file, R_OK), 0);
    unlink(file);
    snprintf(file, sizeof(file), "%s/ocelli.lock", path);
    unlink(file);
    assert_int_equal(rmdir(path), 0);
}

static void test_bad_directories(void **state)
{
    char path[300];

    (void)state;
    assert_non_null(strstr(refused("/proc/ocelli-no"), "/proc/ocelli-no"));
    snprintf(path, sizeof(path), "%s/a/b/c", t.directory);
    assert_non_null(strstr(refused(path), path));
    /* A file where the directory should be. */
    snprintf(path, sizeof(path), "%s/ocelli.db", t.directory);
    assert_true(strlen(refused(path)) > 0);
}

static void test_lock(void **state)
{
    (void)state;
    assert_non_null(strstr(refused(t.directory), "in use"));
    /* It goes with the store that has it. */
    test_store_reopen(&t);
    assert_non_null(strstr(refused(t.directory), "in use"));
}

static void test_newer_schema(void **state)
{
    int64_t version;

    (void)state;
    test_store_shut(&t);
    version = test_store_sql(&t, "PRAGMA user_version");
    assert_true(version >= 1);
    test_store_sql(&t, "PRAGMA user_version = 1000");
    assert_non_null(strstr(refused(t.directory), "newer version"));
    assert_int_equal(test_store_sql(&t, "PRAGMA user_version"), 1000);
    /* Nothing was changed, and the lock is free again. */
    char sql[64];
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", (int)version);
    test_store_sql(&t, sql);
    test_store_reopen(&t);
}

static void test_no_database(void **state)
{
    char path[300];
    FILE *file;

    (void)state;
    test_store_shut(&t);
    snprintf(path, sizeof(path), "%s/ocelli.db", t.directory);
    file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 4000; i++)
        fputs("no database ", file);
    fclose(file);
    assert_true(strlen(refused(t.directory)) > 0);
    unlink(path);
    test_store_reopen(&t);
}

static void test_reopen(void **state)
{
    struct project project;

    (void)state;
    begin();
    test_project(&t, "kept");
    commit();
    begin();
    test_project(&t, "lost");
    test_store_reopen(&t);
    assert_int_equal(store_project_by_name(t.writer, t.workspace, STR("kept"), &project), ERR_OK);
    assert_int_equal(store_project_by_name(t.writer, t.workspace, STR("lost"), &project),
                     ERR_NOT_FOUND);
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM project"), 2);
}

static enum err find_project(struct session *session, const char *name)
{
    struct project project;

    return store_project_by_name(session, t.workspace, str_of(name), &project);
}

/* A reader sees what was committed before it looked, and nothing after. */
static void test_snapshots(void **state)
{
    struct session *before, *after;

    (void)state;
    assert_int_equal(store_read_begin(t.store, &before), ERR_OK);
    assert_int_equal(find_project(before, "p"), ERR_NOT_FOUND);
    begin();
    test_project(&t, "p");
    assert_int_equal(find_project(before, "p"), ERR_NOT_FOUND);
    assert_int_equal(store_read_begin(t.store, &after), ERR_OK);
    assert_int_equal(find_project(after, "p"), ERR_NOT_FOUND);
    store_read_end(after);
    commit();
    assert_int_equal(find_project(before, "p"), ERR_NOT_FOUND);
    assert_int_equal(store_read_begin(t.store, &after), ERR_OK);
    assert_int_equal(find_project(after, "p"), ERR_OK);
    store_read_end(before);
    store_read_end(after);
    store_read_end(NULL);
}

static void test_readers_do_not_write(void **state)
{
    struct session *reader;
    int64_t workspace = 0;

    (void)state;
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    assert_int_equal(store_workspace_ensure(reader, STR("other"), &workspace), ERR_INTERNAL);
    assert_true(strlen(store_message(reader)) > 0);
    store_read_end(reader);
    assert_int_equal(store_workspace_find(t.writer, STR("other"), &workspace), ERR_OK);
    assert_int_equal(workspace, 0);
}

static void *wait_for_reader(void *context)
{
    struct session *reader = NULL;
    enum err *ret = context;

    *ret = store_read_begin(t.store, &reader);
    store_read_end(reader);
    return NULL;
}

/* The fixture has three readers: a fourth waits until one is given back. */
static void test_pool(void **state)
{
    struct session *readers[3];
    enum err err = ERR_INTERNAL;
    pthread_t thread;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(store_read_begin(t.store, &readers[i]), ERR_OK);
    assert_true(readers[0] != readers[1] && readers[1] != readers[2] && readers[0] != readers[2]);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_reader, &err), 0);
    usleep(20000);
    store_read_end(readers[1]);
    pthread_join(thread, NULL);
    assert_int_equal(err, ERR_OK);
    store_read_end(readers[0]);
    store_read_end(readers[2]);
}

static void test_rollback(void **state)
{
    (void)state;
    begin();
    test_project(&t, "a");
    store_rollback(t.writer);
    assert_int_equal(find_project(t.writer, "a"), ERR_NOT_FOUND);
    begin();
    test_project(&t, "a");
    commit();
    assert_int_equal(find_project(t.writer, "a"), ERR_OK);
}

static void test_savepoints(void **state)
{
    (void)state;
    begin();
    assert_int_equal(store_savepoint(t.writer), ERR_OK);
    test_project(&t, "a");
    assert_int_equal(store_savepoint_release(t.writer), ERR_OK);
    assert_int_equal(store_savepoint(t.writer), ERR_OK);
    test_project(&t, "b");
    assert_int_equal(find_project(t.writer, "b"), ERR_OK);
    store_savepoint_rollback(t.writer);
    assert_int_equal(find_project(t.writer, "b"), ERR_NOT_FOUND);
    assert_int_equal(store_savepoint(t.writer), ERR_OK);
    test_project(&t, "c");
    assert_int_equal(store_savepoint_release(t.writer), ERR_OK);
    commit();
    test_store_reopen(&t);
    assert_int_equal(find_project(t.writer, "a"), ERR_OK);
    assert_int_equal(find_project(t.writer, "b"), ERR_NOT_FOUND);
    assert_int_equal(find_project(t.writer, "c"), ERR_OK);
}

/* ---- names ---- */

/* Adds {name: count} to the usage of a trace. */
static void add_usage(unsigned trace, const char *name, int64_t count)
{
    struct tally_entry entry = {str_of(name), count};
    struct trace_sums sums = {.spans = 1, .usage = {&entry, 1}};
    struct uuid id = test_uuid(trace);
    struct str thread;

    assert_int_equal(store_trace_add(t.writer, 1, &id, &sums, &t.arena, &thread), ERR_OK);
}

static int64_t usage_of(struct session *session, unsigned trace, const char *name)
{
    struct project project = {.key = 1};
    struct uuid id = test_uuid(trace);
    struct row row = test_get(&t, session, &trace_resource, &project, &id, LOAD_NONE);

    return test_count(&row.record->v[ENTITY_USAGE], name);
}

static void test_names_of_savepoints(void **state)
{
    (void)state;
    begin();
    assert_int_equal(store_savepoint(t.writer), ERR_OK);
    add_usage(1, "kept", 1);
    assert_int_equal(store_savepoint_release(t.writer), ERR_OK);
    assert_int_equal(store_savepoint(t.writer), ERR_OK);
    add_usage(2, "undone", 2);
    add_usage(2, "kept", 2);
    store_savepoint_rollback(t.writer);
    /* Its number is given to another name. */
    assert_int_equal(store_savepoint(t.writer), ERR_OK);
    add_usage(3, "second", 3);
    add_usage(3, "kept", 30);
    assert_int_equal(store_savepoint_release(t.writer), ERR_OK);
    assert_int_equal(store_savepoint(t.writer), ERR_OK);
    add_usage(4, "undone", 4);
    assert_int_equal(store_savepoint_release(t.writer), ERR_OK);
    commit();
    for (int again = 0; again < 2; again++) {
        assert_int_equal(usage_of(t.writer, 1, "kept"), 1);
        assert_int_equal(usage_of(t.writer, 3, "second"), 3);
        assert_int_equal(usage_of(t.writer, 3, "kept"), 30);
        assert_int_equal(usage_of(t.writer, 4, "undone"), 4);
        test_store_reopen(&t);
    }
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM name"), 3);
}

static void test_names_of_transactions(void **state)
{
    struct session *reader;

    (void)state;
    begin();
    add_usage(1, "a", 1);
    commit();
    begin();
    add_usage(1, "b", 1);
    add_usage(1, "c", 1);
    store_rollback(t.writer);
    begin();
    add_usage(1, "c", 5);
    commit();
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    assert_int_equal(usage_of(reader, 1, "a"), 1);
    assert_int_equal(usage_of(reader, 1, "b"), 0);
    assert_int_equal(usage_of(reader, 1, "c"), 5);
    store_read_end(reader);
    assert_int_equal(test_store_sql(&t, "SELECT max(number) FROM name"), 2);
}

/* Commits until the log is large; what is there stays there. */
static void test_maintain(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        begin();
        add_usage(i, "a", i + 1);
        commit();
        store_maintain(t.writer);
    }
    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(usage_of(t.writer, i, "a"), i + 1);
}

static void put_trace(unsigned id)
{
    struct project project = {.key = 1};
    struct row row =
        test_row(&project, test_record(&t.arena, &trace_resource, DECODE_UPDATE, "{}"));

    row.record->v[ENTITY_ID] = value_uuid(test_uuid(id));
    test_put(&t, &row);
}

static bool leave(void *context)
{
    return ++*(int *)context >= 3;
}

static int64_t count_slowly(struct session *reader, enum err *reterr)
{
    struct entity_query query = {.resource = &trace_resource, .search = STR("nowhere")};
    int64_t count = -1;

    query.project.key = 1;
    *reterr = store_entity_count(reader, &query, &count);
    return count;
}

/* What a query took is told, and it ends when nobody waits for it. */
static void test_watch(void **state)
{
    int64_t rows = 0, steps = 0, count = 0;
    struct session *reader;
    int asked = -1000000;
    struct read_watch watch = {leave, &asked, &rows, &steps};
    enum err err;

    (void)state;
    begin();
    for (unsigned i = 0; i < 20000; i++)
        put_trace(i);
    commit();
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    store_read_watch(reader, &watch);
    assert_int_equal(count_slowly(reader, &err), 0);
    assert_int_equal(err, ERR_OK);
    /* Zones and sums, not the rows that were looked at. */
    assert_in_range(rows, 1, 1000);
    assert_true(steps > 20000);
    /* It is asked every 10 ms, however short the queries are. */
    for (int i = 0; i < 10000 && asked == -1000000; i++)
        count_slowly(reader, &err);
    assert_true(asked > -1000000);
    asked = 2;
    for (int i = 0; i < 10000 && !err; i++)
        count = count_slowly(reader, &err);
    assert_int_equal(count, -1);
    assert_int_equal(err, ERR_ABANDONED);
    store_read_end(reader);

    /* The next one who gets the session is not concerned. */
    rows = steps = 0;
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    assert_int_equal(count_slowly(reader, &err), 0);
    assert_int_equal(err, ERR_OK);
    store_read_end(reader);
    assert_int_equal(rows + steps, 0);
}

static void test_close_null(void **state)
{
    (void)state;
    store_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fresh, start, stop),
        cmocka_unit_test_setup_teardown(test_makes_directory, start, stop),
        cmocka_unit_test_setup_teardown(test_bad_directories, start, stop),
        cmocka_unit_test_setup_teardown(test_lock, start, stop),
        cmocka_unit_test_setup_teardown(test_newer_schema, start, stop),
        cmocka_unit_test_setup_teardown(test_no_database, start, stop),
        cmocka_unit_test_setup_teardown(test_reopen, start, stop),
        cmocka_unit_test_setup_teardown(test_snapshots, start, stop),
        cmocka_unit_test_setup_teardown(test_readers_do_not_write, start, stop),
        cmocka_unit_test_setup_teardown(test_pool, start, stop),
        cmocka_unit_test_setup_teardown(test_watch, start, stop),
        cmocka_unit_test_setup_teardown(test_rollback, start, stop),
        cmocka_unit_test_setup_teardown(test_savepoints, start, stop),
        cmocka_unit_test_setup_teardown(test_names_of_savepoints, start, stop),
        cmocka_unit_test_setup_teardown(test_names_of_transactions, start, stop),
        cmocka_unit_test_setup_teardown(test_maintain, start, stop),
        cmocka_unit_test(test_close_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
