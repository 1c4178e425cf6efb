/* JSON paths (query.md 4). */
#include "query/json_path.h"

#include "unit/support.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 22);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* The text that a path yields; NULL when it is no path; "(none)" when it leads to no scalar. */
static struct str first(const char *json, const char *key)
{
    struct error error = {.arena = &arena};
    struct str text = test_json(&arena, "%s", json), found;
    struct json_path path;
    yyjson_val *root;

    assert_int_equal(json_parse(&arena, text, &root, &error), ERR_OK);
    if (!json_path_parse(&arena, str_of(key), &path))
        return str_make(NULL, 0);
    return json_path_first(&path, root, &found) ? found : STR("(none)");
}

#define assert_first(json, path, want) assert_str(first((json), (path)), (want))

static void test_names(void **state)
{
    static const char json[] = "{'a':{'b':{'c':'deep'}},'a.b':'dotted','a b':'spaced','_x1':1,"
                               "'\xc3\xbc':'u','it\\'s':'quote','back\\\\\\\\slash':'bs','':'e'}";

    (void)state;
    assert_first(json, "a.b.c", "deep");
    assert_first(json, "$.a.b.c", "deep");
    assert_first(json, ".a.b.c", "deep");
    assert_first(json, "_x1", "1");
    assert_first(json, "\xc3\xbc", "u");
    assert_first(json, "$.\"a.b\"", "dotted");
    assert_first(json, "\"a.b\"", "dotted");
    assert_first(json, "`a b`", "spaced");
    assert_first(json, "[\"a b\"]", "spaced");
    assert_first(json, "$['a b']", "spaced");
    assert_first(json, "[ \"a\" ][\"b\"].c", "deep");
    assert_first(json, "a.\"b\".c", "deep");
    assert_first(json, "missing", "(none)");
    assert_first(json, "a.missing.c", "(none)");
    assert_first(json, "A.b.c", "(none)");
    assert_first(json, "a", "(none)");
    assert_first(json, "_x1.deeper", "(none)");
}

static void test_escapes_in_quotes(void **state)
{
    (void)state;
    assert_str(first("{'a':{'q':1}}", "a.\"q\""), "1");
    assert_str(first("{'say \\'hi\\'':2}", "'say \\\"hi\\\"'"), "2");
    assert_str(first("{'x`y':3}", "`x\\`y`"), "3");
}

static void test_indexes(void **state)
{
    static const char json[] = "{'m':[{'y':1},{'y':'two'},[3,4]],'n':5}";

    (void)state;
    assert_first(json, "m[0].y", "1");
    assert_first(json, "m[1].y", "two");
    assert_first(json, "m[2][1]", "4");
    assert_first(json, "m[ 2 ][ 0 ]", "3");
    assert_first(json, "m[3]", "(none)");
    assert_first(json, "m[999999999]", "(none)");
    assert_first(json, "m[0]", "(none)");
    assert_first(json, "n[0]", "(none)");
    assert_first(json, "m.y", "(none)");
    assert_first("['a','b']", "[1]", "b");
    assert_first("['a','b']", "$[0]", "a");
    assert_first("[[['x']]]", "$[0][0][0]", "x");
    assert_first("{'0':'zero'}", "0", "zero");
    assert_first("{'0':'zero'}", "[0]", "(none)");
}

static void test_all_and_ranges(void **state)
{
    static const char json[] = "{'l':[{'a':{}},{'b':1},{'a':'x'},{'a':'y'}],'o':{'a':1}}";

    (void)state;
    assert_first(json, "l[*].a", "x");
    assert_first(json, "l[*].b", "1");
    assert_first(json, "l[*].c", "(none)");
    assert_first(json, "l[*]", "(none)");
    assert_first(json, "o[*]", "(none)");
    assert_first(json, "o[*].a", "(none)");
    assert_first(json, "l[0 to 1].b", "1");
    assert_first(json, "l[3 to 9].a", "y");
    assert_first(json, "l[3 to 2].a", "(none)");
    assert_first("[[1,2],[3,4]]", "[*][1]", "2");
    assert_first("[{},[],'s']", "[*]", "s");
    assert_first("[]", "[*]", "(none)");
}

static void test_scalars(void **state)
{
    static const char json[] = "{'t':true,'f':false,'n':null,'s':'','i':-12,'d':1.50,'e':1e+21,"
                               "'o':{},'l':[]}";

    (void)state;
    assert_first(json, "t", "true");
    assert_first(json, "f", "false");
    assert_first(json, "n", "null");
    assert_first(json, "s", "");
    assert_first(json, "i", "-12");
    assert_first(json, "d", "1.50");
    assert_first(json, "e", "1e+21");
    assert_first(json, "o", "(none)");
    assert_first(json, "l", "(none)");
    assert_first("'text'", "$", "text");
    assert_first("5", "$", "5");
    assert_first("null", "$", "null");
    assert_first("{}", "$", "(none)");
    assert_first("'text'", "a", "(none)");
    assert_first("'text'", "[0]", "(none)");
    assert_first("{'a':'line\\nbreak'}", "a", "line\nbreak");
}

static void test_no_paths(void **state)
{
    static const char *const bad[] = {
        "a-b",    "a b",   "a..b",   "a.",    ".",     "$.",      "$a",     "$$",     "[",
        "[]",     "[x]",   "[-1]",   "a[1",   "a[1]]", "a]",      "[*",     "[1 2]",  "[1 to]",
        "[to 2]", "[1to",  "\"open", "`open", "'open", "['open]", "[\"a\"", "a\"b\"", "a/b",
        "(a)",    "a.[0]", "a[0]b",  " a",    "a ",    "*",       "$.*",    "@.a",    "a,b",
    };
    struct json_path path;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (json_path_parse(&arena, str_of(bad[i]), &path))
            fail_msg("%s is a path", bad[i]);
    }
}

/* Names with a NUL, and a view without one behind it. */
static void test_views(void **state)
{
    struct json_path path;

    (void)state;
    assert_true(json_path_parse(&arena, str_make("a.bXX", 3), &path));
    assert_int_equal(path.n, 2);
    assert_str(path.steps[1].name, "b");
    assert_true(json_path_parse(&arena, STR("\"a\0b\""), &path));
    assert_int_equal(path.steps[0].name.n, 3);
    assert_false(json_path_parse(&arena, STR("a\0b"), &path));
    assert_true(json_path_parse(&arena, STR(""), &path));
    assert_int_equal(path.n, 0);
}

static void test_steps_are_bounded(void **state)
{
    char text[4 * JSON_PATH_STEPS_MAX + 8];
    struct json_path path;

    (void)state;
    for (size_t steps = JSON_PATH_STEPS_MAX - 1; steps <= JSON_PATH_STEPS_MAX + 1; steps++) {
        for (size_t i = 0; i < steps; i++)
            memcpy(text + 2 * i, ".a", 2);
        assert_int_equal(json_path_parse(&arena, str_make(text, 2 * steps), &path),
                         steps <= JSON_PATH_STEPS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, start, stop),
        cmocka_unit_test_setup_teardown(test_escapes_in_quotes, start, stop),
        cmocka_unit_test_setup_teardown(test_indexes, start, stop),
        cmocka_unit_test_setup_teardown(test_all_and_ranges, start, stop),
        cmocka_unit_test_setup_teardown(test_scalars, start, stop),
        cmocka_unit_test_setup_teardown(test_no_paths, start, stop),
        cmocka_unit_test_setup_teardown(test_views, start, stop),
        cmocka_unit_test_setup_teardown(test_steps_are_bounded, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
