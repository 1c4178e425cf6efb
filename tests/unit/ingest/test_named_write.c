/* Writing projects, feedback definitions and environments (platform.md 8, 10, 11). */
#include "ingest/named_write.h"

#include <stdio.h>

#include "unit/ingest/apply.h"

static struct named_change change;

static enum err create(const char *body)
{
    change = (struct named_change){.resource = &project_resource};
    change.record = test_record(&apply_store.arena, &project_resource, DECODE_CREATE, "%s", body);
    change.record->v[PROJECT_ID] = value_uuid(uuid_new());
    named_change_create(&change);
    return apply_change(&change.change);
}

static enum err update(struct uuid id, const char *body)
{
    change = (struct named_change){.resource = &project_resource, .ids = &id, .id_count = 1};
    change.record = test_record(&apply_store.arena, &project_resource, DECODE_UPDATE, "%s", body);
    named_change_update(&change);
    return apply_change(&change.change);
}

static enum err remove_projects(struct uuid *ids, size_t count)
{
    change = (struct named_change){.resource = &project_resource, .ids = ids, .id_count = count};
    named_change_delete(&change);
    return apply_change(&change.change);
}

static struct record *get(const char *name)
{
    struct record *record = NULL;

    assert_int_equal(
        store_project_get(apply_store.writer, apply_project(name).key, &apply_store.arena, &record),
        ERR_OK);
    return record;
}

static void test_create(void **state)
{
    struct record *record;

    (void)state;
    apply_user = "ann";
    assert_int_equal(create("{'name':'P','visibility':'public','description':'d'}"), ERR_OK);
    record = get("p");
    assert_str(record->v[PROJECT_NAME].s, "P");
    assert_int_equal(record->v[PROJECT_VISIBILITY].i, PROJECT_PUBLIC);
    assert_str(record->v[PROJECT_DESCRIPTION].s, "d");
    assert_true(record->v[PROJECT_CREATED_AT].i == apply_now);
    assert_true(record->v[PROJECT_LAST_UPDATED_AT].i == apply_now);
    assert_str(record->v[PROJECT_CREATED_BY].s, "ann");
    assert_str(record->v[PROJECT_LAST_UPDATED_BY].s, "ann");
    assert_false(value_is_set(&record->v[PROJECT_LAST_UPDATED_TRACE_AT]));
    assert_int_equal(create("{'name':'Q'}"), ERR_OK);
    assert_int_equal(get("Q")->v[PROJECT_VISIBILITY].i, PROJECT_PRIVATE);
    assert_false(value_is_set(&get("Q")->v[PROJECT_DESCRIPTION]));
}

static void test_create_conflict(void **state)
{
    (void)state;
    assert_int_equal(create("{'name':'P'}"), ERR_OK);
    assert_int_equal(create("{'name':'p','description':'other'}"), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "Project already exists");
    assert_false(value_is_set(&get("p")->v[PROJECT_DESCRIPTION]));
    assert_int_equal(create("{'name':'DEFAULT project'}"), ERR_CONFLICT);
    /* Workspaces are apart. */
    apply_workspace = "other";
    assert_int_equal(create("{'name':'p'}"), ERR_OK);
    assert_int_equal(create("{'name':'Default Project'}"), ERR_OK);
}

static void test_update(void **state)
{
    struct record *record;
    int64_t created;
    struct uuid id;

    (void)state;
    create("{'name':'P','description':'d'}");
    id = apply_project("P").id;
    created = apply_now;
    apply_user = "bob";
    assert_int_equal(update(id, "{'visibility':'public'}"), ERR_OK);
    record = get("P");
    assert_str(record->v[PROJECT_DESCRIPTION].s, "d");
    assert_int_equal(record->v[PROJECT_VISIBILITY].i, PROJECT_PUBLIC);
    assert_true(record->v[PROJECT_CREATED_AT].i == created);
    assert_str(record->v[PROJECT_CREATED_BY].s, "user");
    assert_true(record->v[PROJECT_LAST_UPDATED_AT].i == apply_now);
    assert_str(record->v[PROJECT_LAST_UPDATED_BY].s, "bob");
    assert_int_equal(update(id, "{'name':'R','description':''}"), ERR_OK);
    assert_int_equal(apply_project("P").key, 0);
    assert_str(get("r")->v[PROJECT_NAME].s, "R");
    assert_str(get("r")->v[PROJECT_DESCRIPTION].s, "");
    assert_true(uuid_eq(&get("r")->v[PROJECT_ID].uuid, &id));
}

static void test_update_refused(void **state)
{
    struct uuid id;

    (void)state;
    create("{'name':'P'}");
    create("{'name':'Q'}");
    id = apply_project("Q").id;
    assert_int_equal(update(id, "{'name':'p'}"), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "Project already exists");
    assert_str(get("Q")->v[PROJECT_NAME].s, "Q");
    assert_int_equal(update(id, "{'name':'q'}"), ERR_OK);
    assert_str(get("Q")->v[PROJECT_NAME].s, "q");
    assert_int_equal(update(test_uuid(5), "{'name':'z'}"), ERR_NOT_FOUND);
    assert_items(&apply_error, ERR_NOT_FOUND, "Project not found");
    apply_workspace = "other";
    assert_int_equal(update(id, "{'name':'z'}"), ERR_NOT_FOUND);
}

static void test_delete(void **state)
{
    struct uuid ids[3];

    (void)state;
    create("{'name':'P'}");
    create("{'name':'Q'}");
    ids[0] = apply_project("P").id;
    ids[1] = test_uuid(99);
    ids[2] = apply_project("Q").id;
    assert_int_equal(remove_projects(ids, 3), ERR_OK);
    assert_int_equal(apply_project("P").key, 0);
    assert_int_equal(apply_project("Q").key, 0);
    assert_int_equal(remove_projects(ids, 3), ERR_OK);
    assert_int_equal(update(ids[0], "{'name':'z'}"), ERR_NOT_FOUND);
    assert_int_equal(create("{'name':'P'}"), ERR_OK);
}

static void test_delete_in_other_workspace(void **state)
{
    struct uuid id;

    (void)state;
    create("{'name':'P'}");
    id = apply_project("P").id;
    apply_workspace = "other";
    assert_int_equal(remove_projects(&id, 1), ERR_OK);
    apply_workspace = "default";
    assert_true(apply_project("P").key > 0);
}

/* What ingestion calls. */
struct ensure_change {
    struct change change;
    struct str name;
    struct project project;
};

static enum err apply_ensure(struct change *base, struct session *session)
{
    struct ensure_change *self = (struct ensure_change *)base;

    return project_ensure(base, session, self->name, &self->project);
}

static int64_t ensure(struct str name)
{
    struct ensure_change self = {.change = {.apply = apply_ensure}, .name = name};

    assert_int_equal(apply_change(&self.change), ERR_OK);
    return self.project.key;
}

static void test_ensure(void **state)
{
    int64_t key = ensure(STR("New One"));

    (void)state;
    assert_true(key > 0);
    assert_int_equal(ensure(STR("new ONE")), key);
    assert_str(get("new one")->v[PROJECT_NAME].s, "New One");
    assert_int_equal(get("new one")->v[PROJECT_VISIBILITY].i, PROJECT_PRIVATE);
    assert_str(get("new one")->v[PROJECT_CREATED_BY].s, "user");
    assert_int_equal(uuid_version(&get("new one")->v[PROJECT_ID].uuid), 7);
    assert_int_equal(ensure(STR("")), apply_project("Default Project").key);
    assert_int_equal(ensure((struct str){NULL, 0}), apply_project("Default Project").key);
}

/* The default project can be deleted, and comes back when it is needed. */
static void test_ensure_default_again(void **state)
{
    struct uuid id = apply_project("Default Project").id;
    int64_t before = apply_project("Default Project").key, after;

    (void)state;
    remove_projects(&id, 1);
    after = ensure(STR(""));
    assert_true(after > 0 && after != before);
    assert_str(get("default project")->v[PROJECT_NAME].s, "Default Project");
}

/* ---- feedback definitions and environments ---- */

static enum err create_of(const struct resource *resource, unsigned id, const char *body)
{
    change = (struct named_change){.resource = resource};
    change.record = test_record(&apply_store.arena, resource, DECODE_CREATE, "%s", body);
    change.record->v[NAMED_ID] = value_uuid(test_uuid(id));
    named_change_create(&change);
    return apply_change(&change.change);
}

static enum err update_of(const struct resource *resource, unsigned id, enum decode_view view,
                          const char *body)
{
    struct uuid uuid = test_uuid(id);

    change = (struct named_change){.resource = resource, .ids = &uuid, .id_count = 1};
    change.record = test_record(&apply_store.arena, resource, view, "%s", body);
    named_change_update(&change);
    return apply_change(&change.change);
}

static enum err remove_of(const struct resource *resource, const struct uuid *ids, size_t count)
{
    change = (struct named_change){.resource = resource};
    change.ids = (struct uuid *)ids;
    change.id_count = count;
    named_change_delete(&change);
    return apply_change(&change.change);
}

static struct record *find(const struct resource *resource, const char *name)
{
    struct record *record = NULL;
    enum err err = store_named_find(apply_store.writer, resource, apply_store.workspace,
                                    str_of(name), &apply_store.arena, &record);

    assert_true(err == ERR_OK || err == ERR_NOT_FOUND);
    return err ? NULL : record;
}

#define BOOLEAN "'type':'boolean','details':{'true_label':'t','false_label':'f'}"

static void test_definition(void **state)
{
    const struct resource *resource = &feedback_definition_resource;
    struct record *record;

    (void)state;
    assert_int_equal(create_of(resource, 1, "{'name':'N','description':'d'," BOOLEAN "}"), ERR_OK);
    assert_int_equal(create_of(resource, 2, "{'name':'n'," BOOLEAN "}"), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "Feedback already exists");
    apply_user = "bob";
    assert_int_equal(update_of(resource, 1, DECODE_CREATE,
                               "{'name':'M','type':'numerical','details':{'min':1,'max':2}}"),
                     ERR_OK);
    record = find(resource, "m");
    assert_int_equal(record->v[FEEDBACK_DEFINITION_TYPE].i, FEEDBACK_NUMERICAL);
    assert_json(record->v[FEEDBACK_DEFINITION_DETAILS].s, "{'min':1.0,'max':2.0}");
    assert_false(value_is_set(&record->v[NAMED_DESCRIPTION]));
    assert_str(record->v[NAMED_CREATED_BY].s, "user");
    assert_str(record->v[NAMED_LAST_UPDATED_BY].s, "bob");
    assert_int_equal(update_of(resource, 1, DECODE_CREATE, "{'name':'User Feedback'," BOOLEAN "}"),
                     ERR_CONFLICT);
    assert_int_equal(update_of(resource, 9, DECODE_CREATE, "{'name':'x'," BOOLEAN "}"),
                     ERR_NOT_FOUND);
    assert_items(&apply_error, ERR_NOT_FOUND, "Feedback definition not found");
}

/* The seeded one stays, and what was to go with it. */
static void test_kept_definition(void **state)
{
    const struct resource *resource = &feedback_definition_resource;
    struct uuid ids[3] = {test_uuid(1), test_uuid(2)};

    (void)state;
    ids[2] = find(resource, FEEDBACK_DEFINITION_SEEDED_NAME)->v[NAMED_ID].uuid;
    assert_int_equal(create_of(resource, 1, "{'name':'N'," BOOLEAN "}"), ERR_OK);
    assert_int_equal(remove_of(resource, ids, 3), ERR_CONFLICT);
    assert_message(&apply_error, ERR_CONFLICT, "Cannot delete feedback definition 'User feedback'");
    assert_non_null(find(resource, "n"));
    assert_int_equal(remove_of(resource, ids, 2), ERR_OK);
    assert_null(find(resource, "n"));
}

static void test_environment(void **state)
{
    const struct resource *resource = &environment_resource;
    struct record *record;

    (void)state;
    assert_int_equal(create_of(resource, 1, "{'name':'N','position':4}"), ERR_OK);
    record = find(resource, "n");
    assert_int_equal(record->v[ENVIRONMENT_COLOR].s.n, 7);
    assert_int_equal(create_of(resource, 1, "{'name':'other'}"), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "Environment already exists");
    assert_int_equal(create_of(resource, 2, "{'name':'Staging'}"), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT,
                 "Environment with name 'Staging' already exists in the workspace");
    assert_int_equal(update_of(resource, 1, DECODE_UPDATE, "{'color':'red'}"), ERR_OK);
    record = find(resource, "n");
    assert_str(record->v[ENVIRONMENT_COLOR].s, "red");
    assert_int_equal(record->v[ENVIRONMENT_POSITION].i, 4);
    apply_environments_max = 4;
    assert_int_equal(create_of(resource, 3, "{'name':'more'}"), ERR_CONFLICT);
    assert_items(&apply_error, ERR_CONFLICT, "Workspace already has the maximum of 4 environments");
}

static void trace_with(unsigned id, const char *environment)
{
    char members[64];

    snprintf(members, sizeof(members), "'environment':'%s'", environment);
    assert_int_equal(apply_create(&trace_resource, id, members), ERR_OK);
}

static bool is_settled(const char *name)
{
    return store_environment_is_settled(apply_store.writer, apply_store.workspace, str_of(name));
}

static void test_environment_of_traces(void **state)
{
    struct uuid id;

    (void)state;
    trace_with(1, "seen");
    assert_non_null(find(&environment_resource, "seen"));
    assert_true(is_settled("seen"));
    trace_with(2, "not one");
    assert_null(find(&environment_resource, "not one"));
    /* What is remembered is not more than what is there. */
    id = find(&environment_resource, "seen")->v[NAMED_ID].uuid;
    assert_int_equal(remove_of(&environment_resource, &id, 1), ERR_OK);
    assert_false(is_settled("seen"));
    trace_with(3, "seen");
    assert_non_null(find(&environment_resource, "seen"));
    apply_environments_max = 4;
    trace_with(4, "one_more");
    assert_null(find(&environment_resource, "one_more"));
    assert_true(is_settled("one_more"));
    apply_batch(&trace_resource, "5 'environment':'SEEN'\n6 'environment':'one_more'");
    assert_null(find(&environment_resource, "one_more"));
}

/* A transaction that is undone takes what was remembered with it. */
static void test_environment_undone(void **state)
{
    (void)state;
    assert_int_equal(store_begin(apply_store.writer), ERR_OK);
    store_environment_settle(apply_store.writer, apply_store.workspace, STR("gone"));
    assert_true(is_settled("gone"));
    store_rollback(apply_store.writer);
    assert_false(is_settled("gone"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_create_conflict, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_update, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_update_refused, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_delete, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_delete_in_other_workspace, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_ensure, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_ensure_default_again, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_definition, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_kept_definition, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_environment, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_environment_of_traces, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_environment_undone, apply_start, apply_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
