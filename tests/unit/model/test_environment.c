/* The table of environments (platform.md 11). */
#include "model/environment.h"

#include <stdio.h>

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
    return test_decode(&arena, &environment_resource, DECODE_CREATE, &error, "%s", json);
}

static void test_create(void **state)
{
    struct record *record =
        create("{'name':'a-B_9','description':' d ','color':' ','position':'3','created_by':'x'}");

    (void)state;
    assert_non_null(record);
    assert_str(record->v[NAMED_NAME].s, "a-B_9");
    assert_str(record->v[NAMED_DESCRIPTION].s, " d ");
    assert_false(value_is_set(&record->v[ENVIRONMENT_COLOR]));
    assert_int_equal(record->v[ENVIRONMENT_POSITION].i, 3);
    assert_false(value_is_set(&record->v[NAMED_CREATED_BY]));
}

static void test_rules(void **state)
{
    (void)state;
    assert_null(create("{}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank");
    assert_null(create("{'name':'a b','color':'123456789012345678901'}"));
    assert_items(&error, ERR_UNPROCESSABLE,
                 "name must match '^[A-Za-z0-9_-]+$'|color cannot exceed 20 characters");
    assert_null(test_decode(&arena, &environment_resource, DECODE_UPDATE, &error, "{'name':'é'}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must match '^[A-Za-z0-9_-]+$'");
    test_record(&arena, &environment_resource, DECODE_UPDATE, "{'name':null}");
}

static void test_valid_names(void **state)
{
    char name[ENVIRONMENT_NAME_MAX + 2];

    (void)state;
    assert_true(environment_name_is_valid(STR("a")));
    assert_true(environment_name_is_valid(STR("-_Z0")));
    assert_false(environment_name_is_valid(STR("")));
    assert_false(environment_name_is_valid(STR("a b")));
    assert_false(environment_name_is_valid(STR("a\0b")));
    assert_false(environment_name_is_valid(STR("\xC3\xA9")));
    memset(name, 'x', sizeof(name));
    assert_true(environment_name_is_valid(str_make(name, ENVIRONMENT_NAME_MAX)));
    assert_false(environment_name_is_valid(str_make(name, ENVIRONMENT_NAME_MAX + 1)));
}

/* Ten colours, each used, and always the same for a name. */
static void test_colors(void **state)
{
    const char *seen[10] = {NULL};
    size_t count = 0;
    char name[16];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct str color;
        size_t k = 0;

        snprintf(name, sizeof(name), "n%d", i);
        color = environment_color(str_of(name));
        assert_int_equal(color.n, 7);
        assert_ptr_equal(environment_color(str_of(name)).p, color.p);
        while (k < count && seen[k] != color.p)
            k++;
        if (k == count) {
            assert_true(count < 10);
            seen[count++] = color.p;
        }
    }
    assert_int_equal(count, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create, start, stop),
        cmocka_unit_test_setup_teardown(test_rules, start, stop),
        cmocka_unit_test_setup_teardown(test_valid_names, start, stop),
        cmocka_unit_test_setup_teardown(test_colors, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
