/* JSON paths of dictionary filters (query.md 4). */
#include "query/json_path.h"

#include "unit/support.h"

static struct arena arena;

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

/* The text that a path finds in a JSON text; NULL for none, "!" for a path that is none. */
static const char *first(const char *json, const char *text)
{
    struct error error = {.arena = &arena};
    struct json_path path;
    yyjson_val *root;
    struct str found;

    if (!json_path_parse(&arena, test_json(&arena, "%s", text), &path))
        return "!";
    assert_int_equal(json_parse(&arena, test_json(&arena, "%s", json), &root, &error), ERR_OK);
    return json_path_first(&path, root, &found) ? str_copy(&arena, found).p : NULL;
}

static void test_steps(void **state)
{
    static const char json[] = "{'a':{'b c':[10,{'d':'x'},[true,null]]},'e.f':1.50}";

    (void)state;
    assert_string_equal(first(json, "a.'b c'[0]"), "10");
    assert_string_equal(first(json, "$.a.'b c'[1].d"), "x");
    assert_string_equal(first(json, ".a['b c'][1]['d']"), "x");
    assert_string_equal(first(json, "a.`b c`[2][0]"), "true");
    assert_string_equal(first(json, "a.'b c'[2][1]"), "null");
    assert_string_equal(first(json, "'e.f'"), "1.50");
    assert_null(first(json, "a"));
    assert_null(first(json, "a.'b c'"));
    assert_null(first(json, "a.b"));
    assert_null(first(json, "a.'b c'[9]"));
    assert_null(first(json, "e.f"));
}

static void test_many(void **state)
{
    (void)state;
    assert_string_equal(first("[[],{'a':1},{'a':2}]", "[*].a"), "1");
    assert_string_equal(first("[{'a':1},{'a':2},{'a':3}]", "[1 to 2].a"), "2");
    assert_null(first("[{'a':1}]", "[1 to 2].a"));
    assert_null(first("{'a':1}", "[*]"));
    assert_string_equal(first("7", "$"), "7");
}

static void test_no_paths(void **state)
{
    static const char *const bad[] = {"a-b", "a b",   "a[",      "a[x]", "a[0", "a..b", "a.",
                                      "'a",  "a[-1]", "a[1 to]", "$a",   "[]",  "a.'b"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (strcmp(first("{}", bad[i]) ? first("{}", bad[i]) : "", "!") != 0)
            fail_msg("%s is taken for a path", bad[i]);
}

static void test_too_many_steps(void **state)
{
    struct json_path path;
    char text[JSON_PATH_STEPS_MAX * 3 + 8] = "$";

    (void)state;
    for (int i = 0; i < JSON_PATH_STEPS_MAX; i++)
        memcpy(text + 1 + 3 * i, "[0]", 4);
    assert_true(json_path_parse(&arena, str_of(text), &path));
    memcpy(text + 1 + 3 * JSON_PATH_STEPS_MAX, "[0]", 4);
    assert_false(json_path_parse(&arena, str_of(text), &path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_steps, start, stop),
        cmocka_unit_test_setup_teardown(test_many, start, stop),
        cmocka_unit_test_setup_teardown(test_no_paths, start, stop),
        cmocka_unit_test_setup_teardown(test_too_many_steps, start, stop),
    };

    return cmocka_run_group_tests_name("json_path", tests, NULL, NULL);
}
