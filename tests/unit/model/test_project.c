/* The tables of projects (platform.md 8). */
#include "model/project.h"

#include "unit/support.h"

static struct arena arena;
static struct error error;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct record *create(const char *json)
{
    return test_decode(&arena, &project_resource, DECODE_CREATE, &error, "%s", json);
}

static void test_create(void **state)
{
    struct record *record =
        create("{'name':' A b ','visibility':'public','description':' d ','id':'x',"
               "'created_at':1,'last_updated_trace_at':[]}");

    (void)state;
    assert_non_null(record);
    assert_str(record->v[PROJECT_NAME].s, "A b");
    assert_int_equal(record->v[PROJECT_VISIBILITY].i, PROJECT_PUBLIC);
    assert_str(record->v[PROJECT_DESCRIPTION].s, " d ");
    assert_false(value_is_set(&record->v[PROJECT_ID]));
    assert_false(value_is_set(&record->v[PROJECT_CREATED_AT]));
    assert_false(value_is_set(&record->v[PROJECT_LAST_UPDATED_TRACE_AT]));
    assert_int_equal(create("{'name':'x','visibility':'private'}")->v[PROJECT_VISIBILITY].i,
                     PROJECT_PRIVATE);
}

static void test_create_rules(void **state)
{
    char text[400];

    (void)state;
    assert_null(create("{}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank");
    assert_null(create("{'name':null}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank");
    assert_null(create("{'name':''}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank");
    assert_null(create("{'name':'  '}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank");
    snprintf(text, sizeof(text), "{'name':'n','description':'%0256d'}", 0);
    assert_null(create(text));
    assert_items(&error, ERR_UNPROCESSABLE, "description cannot exceed 255 characters");
    snprintf(text, sizeof(text), "{'name':'n','description':'%0255d'}", 0);
    assert_non_null(create(text));
    snprintf(text, sizeof(text), "{'name':'%0151d'}", 0);
    assert_null(create(text));
    assert_items(&error, ERR_UNPROCESSABLE, "name cannot exceed 150 characters");
    assert_null(create("{'name':'n','visibility':'secret'}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
}

/* Null keeps, a blank name is refused, a description may become empty. */
static void test_update(void **state)
{
    struct record *record = test_record(&arena, &project_resource, DECODE_UPDATE,
                                        "{'name':null,'description':'','visibility':null}");

    (void)state;
    assert_false(value_is_set(&record->v[PROJECT_NAME]));
    assert_false(value_is_set(&record->v[PROJECT_VISIBILITY]));
    assert_true(value_is_set(&record->v[PROJECT_DESCRIPTION]));
    test_record(&arena, &project_resource, DECODE_UPDATE, "{}");
    assert_null(test_decode(&arena, &project_resource, DECODE_UPDATE, &error, "{'name':' '}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank");
}

static void test_retrieve(void **state)
{
    struct record *record = test_record(&arena, &project_retrieve_resource, DECODE_CREATE,
                                        "{'name':' x ','include_stats':true}");

    (void)state;
    assert_str(record->v[PROJECT_RETRIEVE_NAME].s, "x");
    assert_int_equal(record->v[PROJECT_RETRIEVE_INCLUDE_STATS].i, 1);
    assert_null(test_decode(&arena, &project_retrieve_resource, DECODE_CREATE, &error, "{}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank");
}

static void test_table(void **state)
{
    static const char *const sortable[] = {"id", "name", "last_updated_at", "created_at",
                                           "last_updated_trace_at"};

    (void)state;
    for (size_t i = 0; i < PROJECT_FIELD_COUNT; i++) {
        assert_non_null(project_resource.fields[i].name);
        assert_non_null(project_resource.fields[i].column);
        assert_non_null(project_resource.fields[i].doc);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(project_resource.sortable_by[i], sortable[i]);
        assert_true(resource_find_field(&project_resource, str_of(sortable[i])) >= 0);
    }
    assert_null(project_resource.sortable_by[5]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create, start, stop),
        cmocka_unit_test_setup_teardown(test_create_rules, start, stop),
        cmocka_unit_test_setup_teardown(test_update, start, stop),
        cmocka_unit_test_setup_teardown(test_retrieve, start, stop),
        cmocka_unit_test_setup_teardown(test_table, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
