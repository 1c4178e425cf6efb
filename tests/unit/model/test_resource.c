/* Records, values and tallies. */
#include "model/resource.h"

#include "model/project.h"
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

static void test_records(void **state)
{
    struct record *first = record_new(&arena, &trace_resource), *second;

    (void)state;
    assert_ptr_equal(first->resource, &trace_resource);
    for (size_t i = 0; i < trace_resource.count; i++)
        assert_int_equal(first->v[i].kind, VALUE_ABSENT);
    first->v[ENTITY_NAME] = value_text(STR("a"));
    first->v[TRACE_EXPERIMENT] = value_int(7);
    second = record_copy(&arena, first);
    assert_ptr_equal(second->resource, &trace_resource);
    assert_str(second->v[ENTITY_NAME].s, "a");
    assert_int_equal(second->v[TRACE_EXPERIMENT].i, 7);
    second->v[ENTITY_NAME] = value_text(STR("b"));
    assert_str(first->v[ENTITY_NAME].s, "a");
}

static void test_find_field(void **state)
{
    (void)state;
    assert_int_equal(resource_find_field(&trace_resource, STR("id")), ENTITY_ID);
    assert_int_equal(resource_find_field(&trace_resource, STR("experiment")), TRACE_EXPERIMENT);
    assert_int_equal(resource_find_field(&trace_resource, STR("model")), -1);
    assert_int_equal(resource_find_field(&span_resource, STR("model")), SPAN_MODEL);
    assert_int_equal(resource_find_field(&span_resource, STR("")), -1);
    assert_int_equal(resource_find_field(&span_resource, STR("Id")), -1);
    assert_int_equal(resource_find_field(&span_resource, STR("id\0")), -1);
    assert_int_equal(resource_find_field(&span_resource, (struct str){NULL, 0}), -1);
}

static struct field of_type(enum field_type type)
{
    return (struct field){.name = "x", .type = type};
}

static bool is_empty(enum field_type type, struct value value)
{
    struct field field = of_type(type);

    return value_is_empty(&field, &value);
}

/* traces.md 6.3, spans.md 5. */
static void test_empty_values(void **state)
{
    struct tally_entry entry = {STR("a"), 0};
    struct tally none = {0}, some = {&entry, 1};

    (void)state;
    assert_true(is_empty(FIELD_TEXT, (struct value){0}));
    assert_true(is_empty(FIELD_TEXT, value_text(STR(""))));
    assert_false(is_empty(FIELD_TEXT, value_text(STR(" "))));
    assert_true(is_empty(FIELD_TAGS, value_text(STR("[]"))));
    assert_false(is_empty(FIELD_TAGS, value_text(STR("[\"\"]"))));
    assert_true(is_empty(FIELD_TALLY, (struct value){.kind = VALUE_SET, .tally = &none}));
    assert_false(is_empty(FIELD_TALLY, (struct value){.kind = VALUE_SET, .tally = &some}));
    assert_true(is_empty(FIELD_COST, (struct value){.kind = VALUE_SET, .n = 0}));
    assert_false(is_empty(FIELD_COST, (struct value){.kind = VALUE_SET, .n = 1}));
    assert_true(is_empty(FIELD_TIME_NS, value_int(0)));
    assert_false(is_empty(FIELD_TIME_NS, value_int(1)));
    assert_true(is_empty(FIELD_ENUM, value_int(0)));
    assert_false(is_empty(FIELD_ENUM, value_int(1)));
    assert_false(is_empty(FIELD_NUMBER, (struct value){.kind = VALUE_SET, .d = 0}));
    assert_false(is_empty(FIELD_UUID, value_uuid(test_uuid(1))));
    /* Anything stored counts: {}, "", null (traces.md 5). */
    assert_false(is_empty(FIELD_JSON, value_text(STR("{}"))));
    assert_false(is_empty(FIELD_JSON, value_text(STR("null"))));
    assert_false(is_empty(FIELD_JSON, (struct value){.kind = VALUE_KEPT}));
    assert_false(is_empty(FIELD_JSON, (struct value){.kind = VALUE_PACKED}));
    assert_true(is_empty(FIELD_JSON, (struct value){0}));
    assert_false(is_empty(FIELD_ERROR_INFO, value_text(STR("{}"))));
}

static void test_kinds(void **state)
{
    struct value value = {0};

    (void)state;
    assert_false(value_is_set(&value));
    for (int kind = VALUE_SET; kind <= VALUE_KEPT; kind++) {
        value.kind = (enum value_kind)kind;
        assert_true(value_is_set(&value));
    }
    assert_int_equal(value_int(-5).i, -5);
    assert_int_equal(value_int(-5).kind, VALUE_SET);
    assert_str(value_text(STR("x")).s, "x");
}

static void test_tally_sort(void **state)
{
    struct tally_entry entries[] = {
        {STR("b"), 1}, {STR("ab"), 2}, {STR("a"), 3}, {STR("\xC3\xA4"), 4}, {STR(""), 5}};
    static const int64_t order[] = {5, 3, 2, 1, 4};
    struct tally tally = {entries, 5};

    (void)state;
    tally_sort(&tally);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(tally.entries[i].count, order[i]);
    tally = (struct tally){0};
    tally_sort(&tally);
    tally = (struct tally){entries, 1};
    tally_sort(&tally);
}

static void test_tally_find(void **state)
{
    struct tally_entry entries[] = {{STR("a"), 1}, {STR(""), 2}};
    struct tally tally = {entries, 2};

    (void)state;
    assert_int_equal(tally_find(&tally, STR("a"))->count, 1);
    assert_int_equal(tally_find(&tally, STR(""))->count, 2);
    assert_int_equal(tally_find(&tally, (struct str){NULL, 0})->count, 2);
    assert_null(tally_find(&tally, STR("A")));
    assert_null(tally_find(&tally, STR("a\0")));
    assert_null(tally_find(NULL, STR("a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_records, start, stop),
        cmocka_unit_test_setup_teardown(test_find_field, start, stop),
        cmocka_unit_test_setup_teardown(test_empty_values, start, stop),
        cmocka_unit_test_setup_teardown(test_kinds, start, stop),
        cmocka_unit_test_setup_teardown(test_tally_sort, start, stop),
        cmocka_unit_test_setup_teardown(test_tally_find, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
