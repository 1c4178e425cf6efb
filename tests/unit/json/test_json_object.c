/* Objects that are being built. */
#include "json/json_object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;
static struct json_object object;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    json_object_init(&object, &arena, json_new(&arena));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct str text_of(void)
{
    struct str text = STR("?");

    yyjson_mut_doc_set_root(object.doc, object.value);
    assert_int_equal(json_write_mut(&arena, object.doc, &text), ERR_OK);
    return text;
}

static void set(const char *name, yyjson_mut_val *value)
{
    assert_true(json_object_set(&object, str_of(name), value));
}

static void assert_text(const char *want)
{
    struct str got = text_of();

    if (!str_eq(got, str_of(want)))
        fail_msg("got %.*s, want %s", STR_ARG(got), want);
}

static void test_set(void **state)
{
    yyjson_mut_val *array = yyjson_mut_arr(object.doc);

    (void)state;
    assert_text("{}");
    assert_null(json_object_get(&object, STR("a")));
    set("a", yyjson_mut_sint(object.doc, 1));
    set("", yyjson_mut_str(object.doc, "empty"));
    yyjson_mut_arr_add_sint(object.doc, array, 1);
    yyjson_mut_arr_add_sint(object.doc, array, 2);
    set("b", array);
    assert_text("{\"a\":1,\"\":\"empty\",\"b\":[1,2]}");
    assert_int_equal(yyjson_mut_get_sint(json_object_get(&object, STR("a"))), 1);
    assert_string_equal(yyjson_mut_get_str(json_object_get(&object, STR(""))), "empty");
    assert_int_equal(json_object_count(&object), 3);
}

static void test_replace(void **state)
{
    yyjson_mut_val *inner = yyjson_mut_obj(object.doc);

    (void)state;
    set("a", yyjson_mut_sint(object.doc, 1));
    set("b", yyjson_mut_sint(object.doc, 2));
    yyjson_mut_obj_add_sint(object.doc, inner, "x", 3);
    set("a", inner);
    assert_text("{\"a\":{\"x\":3},\"b\":2}");
    set("b", yyjson_mut_str(object.doc, "last"));
    set("a", yyjson_mut_null(object.doc));
    set("c", yyjson_mut_true(object.doc));
    assert_text("{\"a\":null,\"b\":\"last\",\"c\":true}");
}

/* Past the number from which names are found by hash, more than once. */
static void test_many(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++)
            set(str_format(&arena, "name %d", i).p, yyjson_mut_sint(object.doc, i + round));
    }
    assert_int_equal(json_object_count(&object), 5000);
    for (int i = 0; i < 5000; i++) {
        struct str name = str_format(&arena, "name %d", i);
        assert_int_equal(yyjson_mut_get_sint(json_object_get(&object, name)), i + 1);
    }
    assert_null(json_object_get(&object, STR("name 5000")));
    assert_true(str_starts_with(text_of(), STR("{\"name 0\":1,\"name 1\":2,")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
