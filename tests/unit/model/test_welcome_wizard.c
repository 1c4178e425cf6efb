/* The table of the web client's welcome (platform.md 13). */
#include "model/welcome_wizard.h"

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

static struct record *read(const char *json)
{
    return test_decode(&arena, &welcome_wizard_resource, DECODE_CREATE, &error, "%s", json);
}

static void test_fields(void **state)
{
    struct record *record = read("{'role':'r','integrations':['b','a','b'],'email':'a@b.example',"
                                 "'join_beta_program':true,'other':1}");

    (void)state;
    assert_non_null(record);
    assert_str(record->v[WELCOME_WIZARD_ROLE].s, "r");
    assert_json(record->v[WELCOME_WIZARD_INTEGRATIONS].s, "['b','a']");
    assert_str(record->v[WELCOME_WIZARD_EMAIL].s, "a@b.example");
    assert_int_equal(record->v[WELCOME_WIZARD_JOIN_BETA_PROGRAM].i, 1);
    assert_non_null(read("{}"));
}

static void test_email(void **state)
{
    static const char *const good[] = {"", "a@b", "a.b+c@d-e.f"};
    static const char *const bad[] = {" ",     "a",      "@",    "a@",   "@b",   "a@b@c",
                                      "a b@c", "a@b..c", ".a@b", "a.@b", "a@.b", "a@b."};
    char json[64];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(json, sizeof(json), "{'email':'%s'}", good[i]);
        assert_non_null(read(json));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(json, sizeof(json), "{'email':'%s'}", bad[i]);
        assert_null(read(json));
        assert_items(&error, ERR_UNPROCESSABLE, "email Invalid email format");
    }
}

static void test_too_long(void **state)
{
    char json[512];

    (void)state;
    snprintf(json, sizeof(json), "{'role':'%0101d'}", 0);
    assert_null(read(json));
    assert_items(&error, ERR_UNPROCESSABLE, "role Role cannot exceed 100 characters");
    snprintf(json, sizeof(json), "{'email':'%0254d@b'}", 0);
    assert_null(read(json));
    assert_items(&error, ERR_UNPROCESSABLE, "email Email cannot exceed 255 characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fields, start, stop),
        cmocka_unit_test_setup_teardown(test_email, start, stop),
        cmocka_unit_test_setup_teardown(test_too_long, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
