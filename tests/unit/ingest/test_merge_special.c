/* The merge rule where fields are special: tags, a span's trace and parent, its cost, and that the
 * order of arrival does not matter where the contract says so. */
#include <stdio.h>
#include <stdlib.h>

#include "unit/ingest/merge_support.h"

static int start(void **state)
{
    (void)state;
    merge_start(&trace_resource);
    return 0;
}

static int start_span(void **state)
{
    (void)state;
    merge_start(&span_resource);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    merge_stop();
    return 0;
}

static struct value *v(size_t field)
{
    return &merge_row.record->v[field];
}

/* ---- tags ---- */

static struct str tags(void)
{
    return value_is_set(v(ENTITY_TAGS)) ? v(ENTITY_TAGS)->s : STR("-");
}

static void base_with_tags(const char *json)
{
    char members[8000];

    snprintf(members, sizeof(members), "'tags':%s", json);
    merge_fresh(&trace_resource);
    merge_arrive(ARRIVAL_BATCH, 100, 100, members);
}

/* traces.md 7. */
static void test_tags(void **state)
{
    static const struct {
        const char *patch;
        bool merge;
        const char *want;
    } cases[] = {
        {"'tags':['c']", false, "['c']"},
        {"'tags':['c']", true, "['a','b','c']"},
        {"'tags':['a']", true, "['a','b']"},
        {"'tags':[]", false, "[]"},
        {"'tags':[]", true, "['a','b']"},
        {"'name':'n'", true, "['a','b']"},
        {"'tags_to_add':['c','a']", false, "['a','b','c']"},
        {"'tags_to_remove':['a','z']", false, "['b']"},
        {"'tags_to_remove':['a','b']", false, "[]"},
        {"'tags_to_add':['a','c'],'tags_to_remove':['a','b']", false, "['a','c']"},
        {"'tags_to_add':['c'],'tags':['x']", false, "['a','b','c']"},
        {"'tags_to_remove':['a'],'tags':['x']", true, "['b']"},
        {"'tags_to_add':[]", false, "['a','b']"},
        {"'tags':null,'tags_to_add':null", false, "['a','b']"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        base_with_tags("['a','b']");
        merge_tags = cases[i].merge;
        assert_int_equal(merge_arrive(ARRIVAL_PATCH, 0, 200, cases[i].patch), MERGE_WRITE);
        assert_json(tags(), cases[i].want);
        /* Nothing said about tags marks nothing. */
        if (i == 5 || i == 13)
            assert_true(merge_mark(ENTITY_TAGS) == -1);
        else
            assert_true(merge_mark(ENTITY_TAGS) == 200);
    }
}

static void test_tags_of_new_rows(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_PATCH, 0, 10, "'tags_to_add':['a'],'tags_to_remove':['b']");
    assert_json(tags(), "['a']");
    merge_arrive(ARRIVAL_PATCH, 0, 20, "'tags_to_add':['c']");
    assert_json(tags(), "['a','c']");
    /* What was added and taken away before is done to the tags of the create. */
    merge_arrive(ARRIVAL_POST, 30, 30, "'tags':['z','b']");
    assert_json(tags(), "['z','a','c']");
    assert_true(merge_mark(ENTITY_TAGS) == 20);
    /* They are known now. */
    merge_arrive(ARRIVAL_PATCH, 0, 40, "'tags_to_remove':['z']");
    merge_arrive(ARRIVAL_BATCH, 35, 50, "'tags':['z']");
    assert_json(tags(), "['a','c']");
    merge_fresh(&trace_resource);
    merge_tags = true;
    merge_arrive(ARRIVAL_PATCH, 0, 10, "'tags':['a']");
    assert_json(tags(), "['a']");
    merge_arrive(ARRIVAL_BATCH, 5, 20, "'tags':['b']");
    assert_json(tags(), "['b','a']");
}

/* Whether changes come before or after the create, unless the tags were set before. */
static void test_tags_before_create(void **state)
{
    static const struct {
        const char *patches[3];
        const char *want; /* with ['a','b'] of the create */
    } cases[] = {
        {{"'tags_to_remove':['a']"}, "['b']"},
        {{"'tags_to_remove':['a','b']"}, NULL},
        {{"'tags_to_remove':['a']", "'tags_to_add':['a']"}, "['a','b']"},
        {{"'tags_to_add':['x']", "'tags_to_remove':['x','a']"}, "['b']"},
        {{"'tags_to_add':['x']", "'tags':['y']"}, "['y']"},
        {{"'tags':['y']", "'tags_to_add':['x']"}, "['y','x']"},
        {{"'tags_to_remove':['a']", "'tags':['y']", "'tags_to_add':['x']"}, "['y','x']"},
        {{"'tags_to_add':['x']", "'name':'n'"}, "['a','b','x']"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        merge_fresh(&trace_resource);
        for (int j = 0; j < 3 && cases[i].patches[j]; j++)
            merge_arrive(ARRIVAL_PATCH, 0, 10 + j, cases[i].patches[j]);
        merge_arrive(ARRIVAL_BATCH, 5, 20, "'tags':['a','b']");
        if (cases[i].want)
            assert_json(tags(), cases[i].want);
        else
            assert_false(value_is_set(&merge_row.record->v[ENTITY_TAGS]));
        assert_false(merge_row.tags_are_changes);
    }
}

/* An item that stands for earlier ones too: as if each had come in a request of its own. */
static void test_first_clock(void **state)
{
    struct merge_input input = {
        .arrival = ARRIVAL_BATCH, .clock = 300, .now = 400, .user = STR("u")};

    (void)state;
    for (int64_t first = 0; first <= 100; first += 100) {
        merge_fresh(&trace_resource);
        merge_arrive(ARRIVAL_PATCH, 0, 200, "'name':'patched','thread_id':'t'");
        input.record = merge_body(ARRIVAL_BATCH, &trace_resource, "'name':'closing'");
        input.first_clock = first;
        assert_int_equal(merge_apply(&merge_arena, &merge_row, &input), MERGE_WRITE);
        assert_str(merge_row.record->v[ENTITY_NAME].s, first ? "closing" : "patched");
        assert_str(merge_row.record->v[TRACE_THREAD_ID].s, "t");
        assert_true(merge_row.base_clock == 300);
    }
    /* A clock that does not move is a replay. */
    merge_fresh(&trace_resource);
    merge_arrive(ARRIVAL_PATCH, 0, 200, "'name':'patched'");
    input.first_clock = 300;
    merge_apply(&merge_arena, &merge_row, &input);
    assert_str(merge_row.record->v[ENTITY_NAME].s, "patched");
}

/* "<prefix>0" to "<prefix><count-1>". */
static const char *numbered(const char *prefix, int count)
{
    char *text = arena_alloc(&merge_arena, 16 * (size_t)count + 8);
    int n = 0;

    for (int i = 0; i < count; i++)
        n += sprintf(text + n, "%c'%s%d'", i ? ',' : '[', prefix, i);
    strcpy(text + n, "]");
    return text;
}

/* A PATCH whose last member, named in `front`, is this. */
static enum merge_result patch_tags(const char *front, const char *json)
{
    char members[8000];

    snprintf(members, sizeof(members), "%s%s", front, json);
    return merge_arrive(ARRIVAL_PATCH, 0, 200, members);
}

static void test_tag_limit(void **state)
{
    (void)state;
    base_with_tags(numbered("a", 49));
    assert_int_equal(patch_tags("'tags_to_add':", "['x']"), MERGE_WRITE);
    assert_int_equal(patch_tags("'tags_to_add':", "['y']"), MERGE_TAGS_LIMIT);
    assert_int_equal(patch_tags("'tags_to_add':", "['x']"), MERGE_WRITE);
    assert_int_equal(patch_tags("'tags_to_remove':['a1','a2'],'tags_to_add':", "['y','z']"),
                     MERGE_WRITE);
    merge_tags = true;
    assert_int_equal(patch_tags("'tags':", "['w']"), MERGE_TAGS_LIMIT);
    merge_tags = false;
    assert_int_equal(patch_tags("'tags':", numbered("n", 50)), MERGE_WRITE);
    assert_int_equal(patch_tags("'tags_to_add':", numbered("m", 50)), MERGE_TAGS_LIMIT);
}

/* Pure removal is never checked, however many a create brought. */
static void test_removal_from_many(void **state)
{
    (void)state;
    base_with_tags(numbered("a", 200));
    assert_int_equal(patch_tags("'tags_to_remove':", "['a5']"), MERGE_WRITE);
    assert_int_equal(patch_tags("'tags_to_remove':['a6'],'tags_to_add':", "[]"), MERGE_WRITE);
    assert_int_equal(patch_tags("'tags_to_remove':['a7'],'tags_to_add':", "['a8']"),
                     MERGE_TAGS_LIMIT);
    assert_int_equal(patch_tags("'name':", "'n'"), MERGE_WRITE);
}

/* ---- a span's place ---- */

static unsigned place_of(size_t field)
{
    return value_is_set(v(field)) ? v(field)->uuid.b[15] : 0;
}

/* "'trace_id':…" or with a parent too. */
static const char *place(unsigned trace, unsigned parent)
{
    static char texts[4][200];
    static int next;
    char *text = texts[next++ % 4];

    snprintf(text, 200, "'trace_id':'%s'", test_uuid_text(trace));
    if (parent)
        snprintf(text + strlen(text), 200 - strlen(text), ",'parent_span_id':'%s'",
                 test_uuid_text(parent));
    return text;
}

static void assert_place(unsigned trace, unsigned parent)
{
    assert_int_equal(place_of(SPAN_TRACE_ID), trace);
    assert_int_equal(place_of(SPAN_PARENT_SPAN_ID), parent);
}

/* A PATCH does not move a span that a create has placed. */
static void test_patch_does_not_move(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_BATCH, 100, 100, place(5, 7));
    merge_arrive(ARRIVAL_PATCH, 0, 200, place(6, 8));
    assert_place(5, 7);
    assert_false(merge_row.moved);
    merge_fresh(&span_resource);
    merge_arrive(ARRIVAL_BATCH, 100, 100, place(5, 0));
    merge_arrive(ARRIVAL_PATCH, 0, 200, place(5, 8));
    assert_place(5, 0);
    assert_false(merge_row.moved);
}

/* A placeholder takes the first parent that somebody names. */
static void test_parent_of_placeholders(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_PATCH, 0, 100, place(5, 0));
    assert_place(5, 0);
    assert_false(merge_row.moved);
    merge_arrive(ARRIVAL_PATCH, 0, 200, place(5, 7));
    assert_place(5, 7);
    assert_true(merge_row.moved);
    merge_row.moved = false;
    merge_arrive(ARRIVAL_POST, 300, 300, place(5, 7));
    assert_place(5, 7);
    assert_false(merge_row.moved);
    merge_fresh(&span_resource);
    merge_arrive(ARRIVAL_PATCH, 0, 100, place(5, 7));
    assert_place(5, 7);
    assert_false(merge_row.moved);
    merge_fresh(&span_resource);
    merge_arrive(ARRIVAL_PATCH, 0, 100, place(5, 0));
    merge_arrive(ARRIVAL_POST, 200, 200, place(5, 9));
    assert_place(5, 9);
    assert_true(merge_row.moved);
}

/* What a PATCH said about the place stays when a batch item says otherwise. */
static void test_batch_meets_placeholder(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_PATCH, 0, 100, place(5, 7));
    merge_arrive(ARRIVAL_BATCH, 200, 200, place(6, 8));
    assert_place(5, 7);
    assert_false(merge_row.moved);
    assert_true(merge_row.base_clock == 200);
}

/* spans.md 3.2: of rows with one id the one highest by (trace, parent) is shown, whatever its
 * clock; only then by clock. */
static void test_batches_of_two_places(void **state)
{
    static const struct {
        unsigned trace, parent;
        int64_t clock;
        bool wins;
    } cases[] = {
        {5, 6, 200, false}, {5, 8, 50, true},  {4, 9, 200, false}, {6, 0, 50, true},
        {5, 7, 99, false},  {5, 7, 100, true}, {5, 0, 200, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum merge_result result;
        merge_fresh(&span_resource);
        merge_arrive(ARRIVAL_BATCH, 100, 100, place(5, 7));
        result = merge_arrive(ARRIVAL_BATCH, cases[i].clock, 300,
                              place(cases[i].trace, cases[i].parent));
        assert_int_equal(result, cases[i].wins ? MERGE_WRITE : MERGE_IGNORE);
        if (cases[i].wins)
            assert_place(cases[i].trace, cases[i].parent);
        else
            assert_place(5, 7);
        assert_true(merge_row.base_clock == (cases[i].wins ? cases[i].clock : 100));
        assert_int_equal(merge_row.moved, cases[i].wins && i != 5);
    }
}

static void test_moving_keeps_patches(void **state)
{
    char members[400];

    (void)state;
    snprintf(members, sizeof(members), "%s,'name':'a','model':'m'", place(5, 0));
    merge_arrive(ARRIVAL_BATCH, 100, 100, members);
    merge_arrive(ARRIVAL_PATCH, 0, 200, "'name':'patched'");
    snprintf(members, sizeof(members), "%s,'name':'b'", place(6, 3));
    merge_arrive(ARRIVAL_BATCH, 50, 300, members);
    assert_place(6, 3);
    assert_str(v(ENTITY_NAME)->s, "patched");
    assert_false(value_is_set(v(SPAN_MODEL)));
}

/* ---- a span's usage and cost ---- */

static void test_usage_is_replaced(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_BATCH, 100, 100, "'usage':{'a':1,'b':2}");
    merge_arrive(ARRIVAL_PATCH, 0, 200, "'usage':{'c':3}");
    assert_int_equal(v(ENTITY_USAGE)->tally->n, 1);
    assert_int_equal(tally_find(v(ENTITY_USAGE)->tally, STR("c"))->count, 3);
    merge_arrive(ARRIVAL_PATCH, 0, 300, "'usage':{}");
    assert_int_equal(v(ENTITY_USAGE)->tally->n, 0);
    /* spans.md 5: no union when a create comes later, and empty ones are gaps. */
    merge_fresh(&span_resource);
    merge_arrive(ARRIVAL_PATCH, 0, 10, "'usage':{'a':1},'total_estimated_cost':0");
    merge_arrive(ARRIVAL_POST, 20, 20, "'usage':{'b':1},'total_estimated_cost':2");
    assert_int_equal(v(ENTITY_USAGE)->tally->n, 1);
    assert_non_null(tally_find(v(ENTITY_USAGE)->tally, STR("a")));
    assert_true(v(ENTITY_TOTAL_ESTIMATED_COST)->n == 2000000000000);
}

static void test_cost_version(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_BATCH, 100, 100, "");
    *v(SPAN_COST_VERSION) = value_text(STR("1.1"));
    merge_arrive(ARRIVAL_PATCH, 0, 200, "'name':'n'");
    assert_str(v(SPAN_COST_VERSION)->s, "1.1");
    /* spans.md 7: an explicit cost is nobody's estimate. */
    merge_arrive(ARRIVAL_PATCH, 0, 300, "'total_estimated_cost':1");
    assert_false(value_is_set(v(SPAN_COST_VERSION)));
}

/* ---- orders of arrival ---- */

static uint32_t seed;

static unsigned pick(unsigned n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

#define ITEMS 6

struct arrival {
    enum merge_arrival kind;
    int64_t clock;
    const struct record *record;
};

static void shuffle(struct arrival *items, unsigned n)
{
    for (unsigned i = n - 1; i > 0; i--) {
        unsigned j = pick(i + 1);
        struct arrival item = items[i];
        items[i] = items[j];
        items[j] = item;
    }
}

/* The row after all of them, each at the same moment of the server. */
static struct row outcome(const struct resource *resource, const struct arrival *items, unsigned n)
{
    merge_fresh(resource);
    for (unsigned i = 0; i < n; i++)
        merge_arrive_record(items[i].kind, items[i].clock, 1000, items[i].record);
    return merge_row;
}

static void assert_same_values(const struct row *a, const struct row *b)
{
    const struct resource *resource = a->record->resource;

    for (size_t i = 0; i < resource->count; i++) {
        bool keeping = i == ENTITY_LAST_UPDATED_AT;
        if (!keeping && !test_same_value(&resource->fields[i], &a->record->v[i], &b->record->v[i]))
            fail_msg("%s.%s depends on the order (seed %u)", resource->name,
                     resource->fields[i].column, seed);
    }
}

/* A random half of the fields, in one of three variants. */
static const struct record *random_item(const struct resource *resource, enum merge_arrival kind)
{
    char members[4000] = "";

    for (size_t i = ENTITY_NAME; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        bool is_place =
            resource == &span_resource && (i == SPAN_TRACE_ID || i == SPAN_PARENT_SPAN_ID);
        if (!field->column || !field->name || !(field->flags & FF_CREATE) || is_place || pick(2))
            continue;
        snprintf(members + strlen(members), sizeof(members) - strlen(members), "%s'%s':%s",
                 members[0] ? "," : "", field->name, test_sample(field, (int)pick(3)));
    }
    if (resource == &span_resource)
        snprintf(members + strlen(members), sizeof(members) - strlen(members), "%s%s",
                 members[0] ? "," : "", place(5 + pick(2), pick(3)));
    return merge_body(kind, resource, members);
}

/* Batches among themselves end in the same row in any order. */
static void check_batches(const struct resource *resource)
{
    struct arrival items[ITEMS];
    struct row first, second;

    for (unsigned round = 0; round < 60; round++) {
        for (unsigned i = 0; i < ITEMS; i++)
            items[i] =
                (struct arrival){ARRIVAL_BATCH, 100 + i, random_item(resource, ARRIVAL_BATCH)};
        shuffle(items, ITEMS);
        first = outcome(resource, items, ITEMS);
        shuffle(items, ITEMS);
        second = outcome(resource, items, ITEMS);
        assert_same_values(&first, &second);
        assert_true(first.base_clock == second.base_clock);
        assert_true(first.record->v[ENTITY_LAST_UPDATED_AT].i ==
                    second.record->v[ENTITY_LAST_UPDATED_AT].i);
    }
}

static void test_batches_in_any_order(void **state)
{
    (void)state;
    seed = 7;
    check_batches(&trace_resource);
    check_batches(&span_resource);
}

/* One create and PATCHes of different fields, likewise. */
static void check_patches(const struct resource *resource, enum merge_arrival create)
{
    static const char *const patches[] = {"'name':'p'", "'tags':['p']", "'output':{'p':1}",
                                          "'end_time':'2025-01-01T00:00:00Z'",
                                          "'error_info':{'exception_type':'P'}"};
    struct arrival items[ITEMS];
    struct row first, second;

    for (unsigned round = 0; round < 60; round++) {
        items[0] = (struct arrival){create, create == ARRIVAL_POST ? 1000 : 100 + pick(2000),
                                    merge_body(create, resource,
                                               "'name':'c','tags':['c'],'output':1,'input':2,"
                                               "'error_info':{'exception_type':'C'},"
                                               "'environment':'c'")};
        for (unsigned i = 1; i < ITEMS; i++)
            items[i] = (struct arrival){ARRIVAL_PATCH, 0,
                                        merge_body(ARRIVAL_PATCH, resource,
                                                   str_format(&merge_arena, "'trace_id':'%s',%s",
                                                              test_uuid_text(1), patches[i - 1])
                                                       .p)};
        shuffle(items, ITEMS);
        first = outcome(resource, items, ITEMS);
        shuffle(items, ITEMS);
        second = outcome(resource, items, ITEMS);
        assert_same_values(&first, &second);
        assert_int_equal(first.patched_count, second.patched_count);
        assert_str(first.record->v[ENTITY_NAME].s, "p");
        assert_str(first.record->v[ENTITY_ENVIRONMENT].s, "c");
    }
}

static void test_patches_in_any_order(void **state)
{
    (void)state;
    seed = 11;
    check_patches(&trace_resource, ARRIVAL_POST);
    check_patches(&trace_resource, ARRIVAL_BATCH);
    check_patches(&span_resource, ARRIVAL_POST);
    check_patches(&span_resource, ARRIVAL_BATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tags, start, stop),
        cmocka_unit_test_setup_teardown(test_tags_before_create, start, stop),
        cmocka_unit_test_setup_teardown(test_first_clock, start, stop),
        cmocka_unit_test_setup_teardown(test_tags_of_new_rows, start, stop),
        cmocka_unit_test_setup_teardown(test_tag_limit, start, stop),
        cmocka_unit_test_setup_teardown(test_removal_from_many, start, stop),
        cmocka_unit_test_setup_teardown(test_patch_does_not_move, start_span, stop),
        cmocka_unit_test_setup_teardown(test_parent_of_placeholders, start_span, stop),
        cmocka_unit_test_setup_teardown(test_batch_meets_placeholder, start_span, stop),
        cmocka_unit_test_setup_teardown(test_batches_of_two_places, start_span, stop),
        cmocka_unit_test_setup_teardown(test_moving_keeps_patches, start_span, stop),
        cmocka_unit_test_setup_teardown(test_usage_is_replaced, start_span, stop),
        cmocka_unit_test_setup_teardown(test_cost_version, start_span, stop),
        cmocka_unit_test_setup_teardown(test_batches_in_any_order, start, stop),
        cmocka_unit_test_setup_teardown(test_patches_in_any_order, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
