/* Workspaces, their configurations, and projects in the store. */
#include <stdio.h>

#include "unit/store_support.h"

static struct test_store t;

static int start(void **state)
{
    (void)state;
    test_store_open(&t);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_close(&t);
    return 0;
}

static enum err by_name(const char *name, struct project *ret)
{
    return store_project_by_name(t.writer, t.workspace, str_of(name), ret);
}

static struct record *get(int64_t key)
{
    struct record *record = NULL;

    assert_int_equal(store_project_get(t.writer, key, &t.arena, &record), ERR_OK);
    return record;
}

static void test_workspaces(void **state)
{
    int64_t first = 0, second = 0, again = 0;

    (void)state;
    assert_int_equal(store_workspace_find(t.writer, STR("DEFAULT"), &first), ERR_OK);
    assert_int_equal(first, t.workspace);
    assert_int_equal(store_workspace_find(t.writer, STR("none"), &first), ERR_OK);
    assert_int_equal(first, 0);
    assert_int_equal(store_workspace_ensure(t.writer, STR("Team \xC3\x84"), &first), ERR_OK);
    assert_true(first > 0 && first != t.workspace);
    assert_int_equal(store_workspace_ensure(t.writer, STR("tEAM \xC3\xA4"), &again), ERR_OK);
    assert_int_equal(again, first);
    assert_int_equal(store_workspace_ensure(t.writer, STR("other"), &second), ERR_OK);
    assert_true(second != first);
    assert_int_equal(store_workspace_ensure(t.writer, STR("default"), &again), ERR_OK);
    assert_int_equal(again, t.workspace);
}

static void test_workspace_undone(void **state)
{
    int64_t first = 0, again = 0;

    (void)state;
    assert_int_equal(store_savepoint(t.writer), ERR_OK);
    assert_int_equal(store_workspace_ensure(t.writer, STR("w"), &first), ERR_OK);
    assert_int_equal(store_workspace_ensure(t.writer, STR("w"), &again), ERR_OK);
    store_savepoint_rollback(t.writer);
    assert_int_equal(store_workspace_find(t.writer, STR("w"), &first), ERR_OK);
    assert_int_equal(first, 0);
    assert_int_equal(store_workspace_ensure(t.writer, STR("w"), &again), ERR_OK);
    assert_int_equal(store_workspace_find(t.writer, STR("w"), &first), ERR_OK);
    assert_int_equal(first, again);
}

static void test_configuration(void **state)
{
    struct record *put = record_new(&t.arena, &workspace_configuration_resource), *got;

    (void)state;
    assert_int_equal(store_configuration_get(t.writer, t.workspace, &t.arena, &got), ERR_NOT_FOUND);
    put->v[CONFIGURATION_THREAD_TIMEOUT] = value_int(60000000);
    put->v[CONFIGURATION_COLOR_MAP] = value_text(STR("{\"a\":\"#ffffff\"}"));
    assert_int_equal(store_configuration_put(t.writer, t.workspace, put), ERR_OK);
    assert_int_equal(store_configuration_get(t.writer, t.workspace, &t.arena, &got), ERR_OK);
    assert_int_equal(got->v[CONFIGURATION_THREAD_TIMEOUT].i, 60000000);
    assert_false(value_is_set(&got->v[CONFIGURATION_TRUNCATION_ON_TABLES]));
    assert_str(got->v[CONFIGURATION_COLOR_MAP].s, "{\"a\":\"#ffffff\"}");
    /* Replaced whole: null clears (platform.md 9). */
    put = record_new(&t.arena, &workspace_configuration_resource);
    put->v[CONFIGURATION_TRUNCATION_ON_TABLES] = value_int(0);
    assert_int_equal(store_configuration_put(t.writer, t.workspace, put), ERR_OK);
    assert_int_equal(store_configuration_get(t.writer, t.workspace, &t.arena, &got), ERR_OK);
    assert_false(value_is_set(&got->v[CONFIGURATION_THREAD_TIMEOUT]));
    assert_false(value_is_set(&got->v[CONFIGURATION_COLOR_MAP]));
    assert_true(value_is_set(&got->v[CONFIGURATION_TRUNCATION_ON_TABLES]));
    assert_int_equal(store_configuration_delete(t.writer, t.workspace), ERR_OK);
    assert_int_equal(store_configuration_get(t.writer, t.workspace, &t.arena, &got), ERR_NOT_FOUND);
    assert_int_equal(store_configuration_delete(t.writer, t.workspace), ERR_OK);
}

static void test_by_name(void **state)
{
    struct project made = test_project(&t, "Caf\xC3\x89"), found;

    (void)state;
    assert_int_equal(by_name("Caf\xC3\x89", &found), ERR_OK);
    assert_int_equal(found.key, made.key);
    assert_true(uuid_eq(&found.id, &made.id));
    assert_int_equal(by_name("cAF\xC3\xA9", &found), ERR_OK);
    assert_int_equal(found.key, made.key);
    assert_str(get(found.key)->v[PROJECT_NAME].s, "Caf\xC3\x89");
    assert_int_equal(by_name("Cafe", &found), ERR_NOT_FOUND);
    assert_int_equal(by_name("", &found), ERR_NOT_FOUND);
}

/* A name may hold any character, a NUL too, and is compared as a whole. */
static void test_names_with_nul(void **state)
{
    static const struct str longer = {"a\0b", 3}, shorter = {"a", 1};
    struct record *record = record_copy(&t.arena, get(test_project(&t, "x").key));
    struct project made, found;

    (void)state;
    record->v[PROJECT_ID] = value_uuid(uuid_new());
    record->v[PROJECT_NAME] = value_text(longer);
    assert_int_equal(store_project_create(t.writer, t.workspace, record, &made), ERR_OK);
    assert_int_equal(store_project_by_name(t.writer, t.workspace, longer, &found), ERR_OK);
    assert_int_equal(found.key, made.key);
    assert_int_equal(store_project_by_name(t.writer, t.workspace, shorter, &found), ERR_NOT_FOUND);
}

static void test_by_id(void **state)
{
    struct project made = test_project(&t, "p"), found;
    struct uuid unknown = test_uuid(1);
    int64_t other;

    (void)state;
    assert_int_equal(store_project_by_id(t.writer, t.workspace, &made.id, &found), ERR_OK);
    assert_int_equal(found.key, made.key);
    assert_int_equal(store_project_by_id(t.writer, t.workspace, &unknown, &found), ERR_NOT_FOUND);
    assert_int_equal(store_workspace_ensure(t.writer, STR("other"), &other), ERR_OK);
    assert_int_equal(store_project_by_id(t.writer, other, &made.id, &found), ERR_NOT_FOUND);
    assert_int_equal(store_project_by_name(t.writer, other, STR("p"), &found), ERR_NOT_FOUND);
}

static void test_conflicts(void **state)
{
    struct project a = test_project(&t, "a"), b = test_project(&t, "b"), other;
    struct record *record = record_copy(&t.arena, get(a.key));

    (void)state;
    record->v[PROJECT_ID] = value_uuid(uuid_new());
    record->v[PROJECT_NAME] = value_text(STR("A"));
    assert_int_equal(store_project_create(t.writer, t.workspace, record, &other), ERR_CONFLICT);
    record = get(b.key);
    record->v[PROJECT_NAME] = value_text(STR("A"));
    assert_int_equal(store_named_update(t.writer, t.workspace, record), ERR_CONFLICT);
    assert_str(get(b.key)->v[PROJECT_NAME].s, "b");
    /* Its own name in another case is no conflict. */
    record->v[PROJECT_NAME] = value_text(STR("B"));
    assert_int_equal(store_named_update(t.writer, t.workspace, record), ERR_OK);
    assert_str(get(b.key)->v[PROJECT_NAME].s, "B");
}

static void test_update(void **state)
{
    struct project project = test_project(&t, "old"), found;
    struct record *record = get(project.key);

    (void)state;
    /* Looked up before, so that a look-up that was remembered would show. */
    assert_int_equal(by_name("old", &found), ERR_OK);
    record->v[PROJECT_NAME] = value_text(STR("new"));
    record->v[PROJECT_DESCRIPTION] = value_text(STR("d"));
    record->v[PROJECT_VISIBILITY] = value_int(PROJECT_PUBLIC);
    assert_int_equal(store_named_update(t.writer, t.workspace, record), ERR_OK);
    assert_int_equal(by_name("old", &found), ERR_NOT_FOUND);
    assert_int_equal(by_name("NEW", &found), ERR_OK);
    assert_int_equal(found.key, project.key);
    record = get(project.key);
    assert_str(record->v[PROJECT_DESCRIPTION].s, "d");
    assert_int_equal(record->v[PROJECT_VISIBILITY].i, PROJECT_PUBLIC);
    assert_int_equal(record->v[PROJECT_CREATED_AT].i, 1000);
    assert_str(record->v[PROJECT_CREATED_BY].s, "maker");
}

static void test_delete(void **state)
{
    struct project first = test_project(&t, "p"), second, found;

    (void)state;
    assert_int_equal(by_name("p", &found), ERR_OK);
    assert_int_equal(store_named_delete(t.writer, &project_resource, t.workspace, &first.id),
                     ERR_OK);
    assert_int_equal(by_name("p", &found), ERR_NOT_FOUND);
    assert_int_equal(store_project_by_id(t.writer, t.workspace, &first.id, &found), ERR_NOT_FOUND);
    /* The name is free again. */
    second = test_project(&t, "P");
    assert_true(second.key != first.key);
    assert_int_equal(by_name("p", &found), ERR_OK);
    assert_int_equal(found.key, second.key);
}

static void test_undone_projects_are_forgotten(void **state)
{
    struct project project, found;

    (void)state;
    assert_int_equal(store_savepoint(t.writer), ERR_OK);
    project = test_project(&t, "p");
    assert_int_equal(by_name("p", &found), ERR_OK);
    assert_int_equal(found.key, project.key);
    store_savepoint_rollback(t.writer);
    assert_int_equal(by_name("p", &found), ERR_NOT_FOUND);
}

static void test_touch(void **state)
{
    struct project project = test_project(&t, "p"), found;

    (void)state;
    assert_false(value_is_set(&get(project.key)->v[PROJECT_LAST_UPDATED_TRACE_AT]));
    assert_int_equal(store_project_touch(t.writer, project.key, 3, 5, 0, 0), ERR_OK);
    assert_false(value_is_set(&get(project.key)->v[PROJECT_LAST_UPDATED_TRACE_AT]));
    assert_int_equal(store_project_touch(t.writer, project.key, -1, 2, 0, 500), ERR_OK);
    assert_int_equal(get(project.key)->v[PROJECT_LAST_UPDATED_TRACE_AT].i, 500);
    assert_int_equal(store_project_touch(t.writer, project.key, 0, 0, 0, 400), ERR_OK);
    assert_int_equal(get(project.key)->v[PROJECT_LAST_UPDATED_TRACE_AT].i, 500);
    assert_int_equal(store_project_by_id(t.writer, t.workspace, &project.id, &found), ERR_OK);
    assert_int_equal(found.trace_count, 2);
    assert_int_equal(found.span_count, 7);
    assert_int_equal(get(project.key)->v[PROJECT_LAST_UPDATED_AT].i, 1000);
}

/* The counters are those of now, also when the project was looked up before. */
static void test_touch_after_look_up(void **state)
{
    struct project project = test_project(&t, "p"), found;

    (void)state;
    assert_int_equal(by_name("p", &found), ERR_OK);
    assert_int_equal(store_project_touch(t.writer, project.key, 3, 5, 0, 0), ERR_OK);
    assert_int_equal(by_name("p", &found), ERR_OK);
    assert_int_equal(found.trace_count, 3);
    assert_int_equal(found.span_count, 5);
}

/* Names of one page, joined. */
static struct str list(struct named_query query, int64_t *ret_total)
{
    struct record **records = NULL;
    struct str joined = STR("");
    size_t count = 0;

    query.resource = &project_resource;
    query.workspace = t.workspace;
    query.only_field = -1;
    assert_int_equal(store_named_list(t.writer, &query, &t.arena, &records, &count, ret_total),
                     ERR_OK);
    for (size_t i = 0; i < count; i++)
        joined = str_format(&t.arena, "%.*s%s%.*s", STR_ARG(joined), i ? " " : "",
                            STR_ARG(records[i]->v[PROJECT_NAME].s));
    return joined;
}

static void test_list(void **state)
{
    int64_t total = -1;

    (void)state;
    test_project(&t, "b1");
    test_project(&t, "A2");
    test_project(&t, "c3");
    /* By id, newest first. */
    assert_str(list((struct named_query){.sort_field = -1, .limit = 10}, &total),
               "c3 A2 b1 Default Project");
    assert_int_equal(total, 4);
    assert_str(list((struct named_query){.sort_field = -1, .limit = 2, .offset = 1}, &total),
               "A2 b1");
    assert_int_equal(total, 4);
    assert_str(list((struct named_query){.sort_field = -1, .limit = 2, .offset = 9}, &total), "");
    assert_int_equal(total, 4);
    assert_str(list((struct named_query){.sort_field = PROJECT_NAME, .limit = 9}, &total),
               "A2 b1 c3 Default Project");
    assert_str(
        list((struct named_query){.sort_field = PROJECT_NAME, .limit = 9, .descending = true},
             &total),
        "Default Project c3 b1 A2");
    assert_str(list((struct named_query){.sort_field = PROJECT_ID, .limit = 1}, &total),
               "Default Project");
}

static void test_list_by_name(void **state)
{
    int64_t total = -1;

    (void)state;
    test_project(&t, "abc%_");
    test_project(&t, "XABCX");
    test_project(&t, "\xC3\x84hre");
    assert_str(list((struct named_query){.sort_field = -1, .limit = 9, .name = STR("aBc")}, &total),
               "XABCX abc%_");
    assert_int_equal(total, 2);
    assert_str(list((struct named_query){.sort_field = -1, .limit = 9, .name = STR("%_")}, &total),
               "abc%_");
    assert_str(
        list((struct named_query){.sort_field = -1, .limit = 9, .name = STR("\xC3\xA4H")}, &total),
        "\xC3\x84hre");
    assert_str(list((struct named_query){.sort_field = -1, .limit = 9, .name = STR("zz")}, &total),
               "");
    assert_int_equal(total, 0);
}

/* A project that never had a trace counts by its own change (platform.md 8). */
static void test_list_by_last_trace(void **state)
{
    struct project a = test_project(&t, "a"), b = test_project(&t, "b"), c = test_project(&t, "c");
    struct project fresh;
    int64_t total;

    (void)state;
    assert_int_equal(by_name("default project", &fresh), ERR_OK);
    assert_int_equal(store_named_delete(t.writer, &project_resource, t.workspace, &fresh.id),
                     ERR_OK);
    assert_int_equal(store_project_touch(t.writer, a.key, 1, 0, 0, 5000), ERR_OK);
    assert_int_equal(store_project_touch(t.writer, c.key, 1, 0, 0, 500), ERR_OK);
    (void)b;
    assert_str(
        list((struct named_query){.sort_field = PROJECT_LAST_UPDATED_TRACE_AT, .limit = 9}, &total),
        "c b a");
    assert_int_equal(total, 3);
}

static void test_long_list(void **state)
{
    int64_t total;
    char name[32];
    struct str names;

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "%03d", i);
        test_project(&t, name);
    }
    names = list((struct named_query){.sort_field = PROJECT_NAME, .limit = 100}, &total);
    assert_int_equal(total, 101);
    assert_int_equal(names.n, 100 * 4 - 1);
    assert_true(str_starts_with(names, STR("000 001 002 ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_workspaces, start, stop),
        cmocka_unit_test_setup_teardown(test_workspace_undone, start, stop),
        cmocka_unit_test_setup_teardown(test_configuration, start, stop),
        cmocka_unit_test_setup_teardown(test_by_name, start, stop),
        cmocka_unit_test_setup_teardown(test_names_with_nul, start, stop),
        cmocka_unit_test_setup_teardown(test_by_id, start, stop),
        cmocka_unit_test_setup_teardown(test_conflicts, start, stop),
        cmocka_unit_test_setup_teardown(test_update, start, stop),
        cmocka_unit_test_setup_teardown(test_delete, start, stop),
        cmocka_unit_test_setup_teardown(test_undone_projects_are_forgotten, start, stop),
        cmocka_unit_test_setup_teardown(test_touch, start, stop),
        cmocka_unit_test_setup_teardown(test_touch_after_look_up, start, stop),
        cmocka_unit_test_setup_teardown(test_list, start, stop),
        cmocka_unit_test_setup_teardown(test_list_by_name, start, stop),
        cmocka_unit_test_setup_teardown(test_list_by_last_trace, start, stop),
        cmocka_unit_test_setup_teardown(test_long_list, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
