/* Sets of tags. */
#include "model/tags.h"

#include "unit/support.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)4 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct tags tags_of(const char *json)
{
    struct tags tags;

    tags_from_text(&arena, test_json(&arena, "%s", json), &tags);
    return tags;
}

static void assert_tags(const struct tags *tags, const char *want)
{
    struct str text;

    assert_int_equal(tags_to_text(&arena, tags, &text), ERR_OK);
    assert_json(text, want);
}

static bool read_json(const char *json, struct tags *ret)
{
    struct error error = {.arena = &arena};
    yyjson_val *root;
    enum err err;

    assert_int_equal(json_parse(&arena, test_json(&arena, "%s", json), &root, &error), ERR_OK);
    err = tags_from_json(&arena, root, ret);
    assert_true(err == ERR_OK || err == ERR_BAD_REQUEST);
    return err == ERR_OK;
}

static void test_list_ceiling(void **state)
{
    struct arena small, large;
    struct error error = {.arena = &large};
    struct str items = STR("[1");
    struct tags tags;
    yyjson_val *root;

    (void)state;
    arena_init(&large, (size_t)1 << 30);
    arena_init(&small, 1000);
    for (int i = 0; i < 5000; i++)
        items = str_format(&large, "%.*s,%d", STR_ARG(items), i);
    items = str_format(&large, "%.*s]", STR_ARG(items));
    assert_int_equal(json_parse(&large, items, &root, &error), ERR_OK);
    assert_int_equal(tags_from_json(&small, root, &tags), ERR_TOO_LARGE);
    assert_int_equal(tags_from_json(&large, root, &tags), ERR_OK);
    assert_int_equal(tags.n, 5000);
    arena_done(&small);
    arena_done(&large);
}

static void test_from_json(void **state)
{
    struct tags tags;

    (void)state;
    assert_true(read_json("['b','a','b','','A',' a','b']", &tags));
    assert_tags(&tags, "['b','a','','A',' a']");
    assert_true(read_json("[]", &tags));
    assert_tags(&tags, "[]");
    assert_true(read_json("[1,1.0,true,null,'true']", &tags));
    assert_tags(&tags, "['1','1.0','true','']");
    assert_false(read_json("['a',[]]", &tags));
    assert_false(read_json("[{}]", &tags));
}

static void test_from_text(void **state)
{
    struct tags tags = tags_of("['a','a']");

    (void)state;
    assert_tags(&tags, "['a']");
    static const char *const others[] = {"", "{}", "17", "'a'", "null", "[", "[['a']]"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        tags = tags_of(others[i]);
        assert_int_equal(tags.n, 0);
    }
    tags_from_text(&arena, (struct str){NULL, 0}, &tags);
    assert_int_equal(tags.n, 0);
}

/* Up to 64 keep their order; more are sorted, and both are distinct. */
static void test_large_sets(void **state)
{
    (void)state;
    for (int count = 64; count <= 65; count++) {
        struct str json = STR("[");
        struct tags tags;
        for (int i = count - 1; i >= 0; i--)
            json = str_format(&arena, "%.*s'%03d'%s", STR_ARG(json), i / 2, i ? "," : "]");
        assert_true(read_json(json.p, &tags));
        assert_int_equal(tags.n, (count + 1) / 2);
        assert_str(tags.items[0], count == 64 ? "031" : "000");
        for (size_t i = 1; i < tags.n; i++)
            assert_false(str_eq(tags.items[i - 1], tags.items[i]));
    }
}

static void test_many(void **state)
{
    struct tags tags;
    char *text = arena_alloc(&arena, 200000), *p = text;

    (void)state;
    *p++ = '[';
    for (int i = 0; i < 10000; i++)
        p += sprintf(p, "%s'%d'", i ? "," : "", i % 3000);
    strcpy(p, "]");
    assert_true(read_json(text, &tags));
    assert_int_equal(tags.n, 3000);
}

static void assert_change(const char *tags, const char *removed, const char *added,
                          const char *want)
{
    struct tags t = tags_of(tags), r = tags_of(removed), a = tags_of(added), result;

    tags_change(&arena, &t, &r, &a, &result);
    assert_tags(&result, want);
}

/* traces.md 7: removal first, so a tag in both stays. */
static void test_change(void **state)
{
    (void)state;
    assert_change("['a','b']", "['a']", "['c']", "['b','c']");
    assert_change("['a','b']", "['a']", "['a']", "['b','a']");
    assert_change("['a']", "[]", "['a']", "['a']");
    assert_change("['a']", "['b']", "[]", "['a']");
    assert_change("['a','b']", "['b','a']", "[]", "[]");
    assert_change("[]", "['x']", "['x','y']", "['x','y']");
    assert_change("[]", "[]", "[]", "[]");
}

static void test_escapes(void **state)
{
    struct tags tags = tags_of("['\\u00e4\\\"\\n']");
    struct str text;

    (void)state;
    assert_int_equal(tags_to_text(&arena, &tags, &text), ERR_OK);
    assert_json(text, "['\xC3\xA4\\\"\\n']");
}

static void test_ceiling(void **state)
{
    struct arena small;
    struct tags tags = {0};
    struct str text, long_one;
    char *p = arena_alloc(&arena, 300000);

    (void)state;
    memset(p, 'x', 300000);
    long_one = str_make(p, 300000);
    tags = (struct tags){&long_one, 1};
    arena_init(&small, 100000);
    assert_int_equal(tags_to_text(&small, &tags, &text), ERR_TOO_LARGE);
    arena_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_list_ceiling, start, stop),
        cmocka_unit_test_setup_teardown(test_from_json, start, stop),
        cmocka_unit_test_setup_teardown(test_from_text, start, stop),
        cmocka_unit_test_setup_teardown(test_large_sets, start, stop),
        cmocka_unit_test_setup_teardown(test_many, start, stop),
        cmocka_unit_test_setup_teardown(test_change, start, stop),
        cmocka_unit_test_setup_teardown(test_escapes, start, stop),
        cmocka_unit_test_setup_teardown(test_ceiling, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
