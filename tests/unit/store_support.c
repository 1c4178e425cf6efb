/* A SQLite store in a directory of its own, for tests. */
#include "unit/store_support.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void open_store(struct test_store *t)
{
    struct store_options options = {t->directory, 3, TEST_BODY_LIMIT, 60000, 1};
    char message[256] = "";

    t->store = store_open(&options, message, sizeof(message));
    if (!t->store)
        fail_msg("%s", message);
    t->writer = store_writer(t->store);
    assert_int_equal(store_workspace_find(t->writer, STR("default"), &t->workspace), ERR_OK);
    assert_true(t->workspace > 0);
}

void test_store_open(struct test_store *t)
{
    const char *base = getenv("TMPDIR");

    *t = (struct test_store){0};
    arena_init(&t->arena, (size_t)64 << 20);
    snprintf(t->directory, sizeof(t->directory), "%s/ocelli-unit-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(t->directory));
    open_store(t);
}

void test_store_shut(struct test_store *t)
{
    store_close(t->store);
    t->store = NULL;
    t->writer = NULL;
}

void test_store_reopen(struct test_store *t)
{
    test_store_shut(t);
    open_store(t);
}

void test_store_close(struct test_store *t)
{
    DIR *directory;
    struct dirent *entry;
    char path[512];

    test_store_shut(t);
    arena_done(&t->arena);
    directory = opendir(t->directory);
    assert_non_null(directory);
    while ((entry = readdir(directory))) {
        snprintf(path, sizeof(path), "%s/%s", t->directory, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    closedir(directory);
    assert_int_equal(rmdir(t->directory), 0);
}

int64_t test_store_sql(const struct test_store *t, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *db = NULL;
    char path[256];
    int64_t result;
    int rc;

    snprintf(path, sizeof(path), "%s/ocelli.db", t->directory);
    rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        print_error("%s: %s\n", sql, sqlite3_errmsg(db));
    result = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    assert_true(rc == SQLITE_ROW || rc == SQLITE_DONE);
    return result;
}

struct project test_project(struct test_store *t, const char *name)
{
    struct record *record = record_new(&t->arena, &project_resource);
    struct project project;

    record->v[PROJECT_ID] = value_uuid(uuid_new());
    record->v[PROJECT_NAME] = value_text(str_of(name));
    record->v[PROJECT_VISIBILITY] = value_int(PROJECT_PRIVATE);
    record->v[PROJECT_CREATED_AT] = value_int(1000);
    record->v[PROJECT_CREATED_BY] = value_text(STR("maker"));
    record->v[PROJECT_LAST_UPDATED_AT] = value_int(1000);
    record->v[PROJECT_LAST_UPDATED_BY] = value_text(STR("maker"));
    assert_int_equal(store_project_create(t->writer, t->workspace, record, &project), ERR_OK);
    return project;
}

struct row test_row(const struct project *project, struct record *record)
{
    return (struct row){.record = record, .project = *project, .base_clock = NO_BASE_CLOCK};
}

void test_put(struct test_store *t, struct row *row)
{
    assert_int_equal(store_entity_pack(&t->arena, row->record), ERR_OK);
    if (store_entity_put(t->writer, row))
        fail_msg("put: %s", store_message(t->writer));
}

struct row test_get(struct test_store *t, struct session *session, const struct resource *resource,
                    const struct project *project, const struct uuid *id, uint64_t load)
{
    struct row row;
    enum err err =
        store_entity_get(session, resource, t->workspace, project->key, id, load, &t->arena, &row);

    if (err)
        fail_msg("get: %d %s", err, store_message(session));
    return row;
}

int64_t test_count(const struct value *tally, const char *name)
{
    const struct tally_entry *entry =
        tally->kind == VALUE_SET ? tally_find(tally->tally, str_of(name)) : NULL;

    return entry ? entry->count : 0;
}
