/* The merge rule for every field that clients send, one by one: each scenario runs for each field
 * of traces and spans that both a create and a PATCH can set. */
#include <stdio.h>

#include "unit/ingest/merge_support.h"

/* The field at hand. */
static const struct resource *resource;
static size_t field;

static int start(void **state)
{
    (void)state;
    merge_start(&trace_resource);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    merge_stop();
    return 0;
}

/* "'<field>':<sample>", with another member behind that never is the field. */
static const char *with(int variant)
{
    static char texts[4][300];
    static int next;
    char *text = texts[next++ % 4];
    const struct field *f = &resource->fields[field];

    snprintf(text, 300, "'%s':%s", f->name, test_sample(f, variant));
    return text;
}

/* A member that is not the field. */
static const char *without(void)
{
    return field == ENTITY_NAME ? "'environment':'other'" : "'name':'other'";
}

static enum merge_result arrive(enum merge_arrival arrival, int64_t at, const char *members)
{
    return merge_arrive(arrival, at, at, members);
}

/* The field holds the sample; -1: nothing. */
static void assert_holds(int variant)
{
    const struct value *got = &merge_row.record->v[field];
    const struct record *want;

    if (variant < 0) {
        if (value_is_set(got))
            fail_msg("%s.%s is set", resource->name, resource->fields[field].name);
        return;
    }
    want = merge_body(ARRIVAL_PATCH, resource, with(variant));
    if (!test_same_value(&resource->fields[field], got, &want->v[field]))
        fail_msg("%s.%s is not sample %d", resource->name, resource->fields[field].name, variant);
}

static void for_each_field(void (*scenario)(void))
{
    static const struct resource *const resources[] = {&trace_resource, &span_resource};
    int fields = 0;

    for (size_t r = 0; r < 2; r++) {
        resource = resources[r];
        for (field = 0; field < resource->count; field++) {
            const struct field *f = &resource->fields[field];
            bool is_place = resource == &span_resource &&
                            (field == SPAN_TRACE_ID || field == SPAN_PARENT_SPAN_ID);
            if (!f->name || !f->column || is_place || !(f->flags & FF_CREATE) ||
                !(f->flags & FF_UPDATE))
                continue;
            assert_non_null(test_sample(f, 0));
            merge_fresh(resource);
            scenario();
            fields++;
        }
    }
    assert_int_equal(fields, 11 + 15);
}

static void create_then_patch(void)
{
    arrive(ARRIVAL_POST, 10, with(0));
    assert_holds(0);
    assert_int_equal(arrive(ARRIVAL_PATCH, 20, with(1)), MERGE_WRITE);
    assert_holds(1);
    assert_true(merge_mark(field) == 20);
    arrive(ARRIVAL_PATCH, 30, with(2));
    assert_holds(2);
    assert_true(merge_mark(field) == 30);
}

static void create_then_other_patch(void)
{
    arrive(ARRIVAL_POST, 10, with(0));
    arrive(ARRIVAL_PATCH, 20, without());
    assert_holds(0);
    assert_true(merge_mark(field) == -1);
    assert_int_equal(merge_row.patched_count, 1);
}

static void patch_then_create(void)
{
    static const enum merge_arrival creates[] = {ARRIVAL_POST, ARRIVAL_BATCH};

    for (size_t i = 0; i < 2; i++) {
        merge_fresh(resource);
        arrive(ARRIVAL_PATCH, 10, with(1));
        assert_holds(1);
        /* Whatever the clock of the create. */
        assert_int_equal(arrive(creates[i], i ? 5 : 20, with(0)), MERGE_WRITE);
        assert_holds(1);
        assert_true(merge_mark(field) == 10);
    }
}

static void other_patch_then_create(void)
{
    arrive(ARRIVAL_PATCH, 10, without());
    arrive(ARRIVAL_POST, 20, with(0));
    assert_holds(0);
    assert_true(merge_mark(field) == -1);
}

static void patch_then_create_without(void)
{
    arrive(ARRIVAL_PATCH, 10, with(1));
    arrive(ARRIVAL_BATCH, 20, without());
    assert_holds(1);
    arrive(ARRIVAL_BATCH, 30, without());
    assert_holds(1);
}

static void later_item_wins(void)
{
    arrive(ARRIVAL_BATCH, 10, with(0));
    arrive(ARRIVAL_PATCH, 20, with(1));
    assert_int_equal(arrive(ARRIVAL_BATCH, 30, with(2)), MERGE_WRITE);
    assert_holds(2);
    assert_true(merge_mark(field) == -1);
    /* From then on it is a field like any other. */
    arrive(ARRIVAL_BATCH, 40, without());
    assert_holds(-1);
}

static void earlier_item_loses(void)
{
    static const int64_t clocks[] = {11, 19, 20};

    for (size_t i = 0; i < 3; i++) {
        merge_fresh(resource);
        arrive(ARRIVAL_BATCH, 10, with(0));
        arrive(ARRIVAL_PATCH, 20, with(1));
        assert_int_equal(arrive(ARRIVAL_BATCH, clocks[i], with(2)), MERGE_WRITE);
        assert_holds(1);
        assert_true(merge_mark(field) == 20);
    }
}

static void later_item_without_keeps(void)
{
    arrive(ARRIVAL_BATCH, 10, with(0));
    arrive(ARRIVAL_PATCH, 20, with(1));
    assert_int_equal(arrive(ARRIVAL_BATCH, 30, without()), MERGE_WRITE);
    assert_holds(1);
    assert_true(merge_mark(field) == 20);
}

static void item_without_empties(void)
{
    arrive(ARRIVAL_BATCH, 10, with(0));
    assert_int_equal(arrive(ARRIVAL_BATCH, 20, without()), MERGE_WRITE);
    assert_holds(-1);
    assert_int_equal(arrive(ARRIVAL_BATCH, 20, with(1)), MERGE_WRITE);
    assert_holds(1);
    assert_int_equal(arrive(ARRIVAL_BATCH, 19, with(2)), MERGE_IGNORE);
    assert_holds(1);
}

/* Explicit null, but for JSON fields, is the same as not sent (traces.md 6.4). */
static void null_keeps(void)
{
    char members[100];

    if (resource->fields[field].type == FIELD_JSON)
        return;
    snprintf(members, sizeof(members), "'%s':null", resource->fields[field].name);
    arrive(ARRIVAL_BATCH, 10, with(0));
    arrive(ARRIVAL_PATCH, 20, members);
    assert_holds(0);
    assert_true(merge_mark(field) == -1);
}

/* A heavy value that is stored and was not loaded is merged like one that is there. */
static void stored_heavy_value(void)
{
    struct value *value = &merge_row.record->v[field];

    if (!(resource->fields[field].flags & FF_HEAVY))
        return;
    arrive(ARRIVAL_PATCH, 10, with(1));
    *value = (struct value){.kind = VALUE_KEPT};
    arrive(ARRIVAL_POST, 20, with(0));
    assert_int_equal(value->kind, VALUE_KEPT);
    arrive(ARRIVAL_BATCH, 30, without());
    assert_int_equal(value->kind, VALUE_KEPT);
    arrive(ARRIVAL_PATCH, 40, without());
    assert_int_equal(value->kind, VALUE_KEPT);
    arrive(ARRIVAL_BATCH, 50, with(2));
    assert_holds(2);
    *value = (struct value){.kind = VALUE_KEPT};
    arrive(ARRIVAL_BATCH, 60, without());
    assert_holds(-1);
}

#define EACH(scenario)                                                                             \
    static void test_##scenario(void **state)                                                      \
    {                                                                                              \
        (void)state;                                                                               \
        for_each_field(scenario);                                                                  \
    }

EACH(create_then_patch)
EACH(create_then_other_patch)
EACH(patch_then_create)
EACH(other_patch_then_create)
EACH(patch_then_create_without)
EACH(later_item_wins)
EACH(earlier_item_loses)
EACH(later_item_without_keeps)
EACH(item_without_empties)
EACH(null_keeps)
EACH(stored_heavy_value)

/* All fields patched at once fit, and are found again. */
static void test_all_fields_at_once(void **state)
{
    (void)state;
    for_each_field(create_then_patch);
    merge_fresh(&span_resource);
    for (size_t i = 0; i < span_resource.count; i++) {
        const struct field *f = &span_resource.fields[i];
        char members[300];
        if (!f->name || !f->column || !(f->flags & FF_UPDATE) || i == SPAN_TRACE_ID ||
            i == SPAN_PARENT_SPAN_ID)
            continue;
        snprintf(members, sizeof(members), "'trace_id':'%s','%s':%s", test_uuid_text(1), f->name,
                 test_sample(f, 0));
        merge_arrive(ARRIVAL_PATCH, 0, 100 + (int64_t)i, members);
    }
    /* error_info brings its type. */
    assert_int_equal(merge_row.patched_count, 15 + 1);
    for (size_t i = 0; i < merge_row.patched_count; i++) {
        size_t f = merge_row.patched[i].field;
        if (f != ENTITY_ERROR_TYPE)
            assert_true(merge_row.patched[i].at == 100 + (int64_t)f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create_then_patch, start, stop),
        cmocka_unit_test_setup_teardown(test_create_then_other_patch, start, stop),
        cmocka_unit_test_setup_teardown(test_patch_then_create, start, stop),
        cmocka_unit_test_setup_teardown(test_other_patch_then_create, start, stop),
        cmocka_unit_test_setup_teardown(test_patch_then_create_without, start, stop),
        cmocka_unit_test_setup_teardown(test_later_item_wins, start, stop),
        cmocka_unit_test_setup_teardown(test_earlier_item_loses, start, stop),
        cmocka_unit_test_setup_teardown(test_later_item_without_keeps, start, stop),
        cmocka_unit_test_setup_teardown(test_item_without_empties, start, stop),
        cmocka_unit_test_setup_teardown(test_null_keeps, start, stop),
        cmocka_unit_test_setup_teardown(test_stored_heavy_value, start, stop),
        cmocka_unit_test_setup_teardown(test_all_fields_at_once, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
