/* The `sorting` parameter (query.md 12). */
#include "query/sort.h"

#include <stdio.h>

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

static struct sort parse(const struct resource *resource, const char *json)
{
    struct sort sort = {.field = 99};

    error = (struct error){.arena = &arena};
    if (sort_parse(&arena, resource, test_json(&arena, "%s", json), &sort, &error))
        fail_msg("%s: %.*s", json, STR_ARG(error.message));
    return sort;
}

static void assert_default(const struct resource *resource, const char *json)
{
    struct sort sort = parse(resource, json);

    assert_int_equal(sort.field, -1);
    assert_int_equal(sort.key.n, 0);
}

static void test_plain(void **state)
{
    struct sort sort = parse(&trace_resource, "[{'field':'name','direction':'DESC'}]");

    (void)state;
    assert_int_equal(sort.field, ENTITY_NAME);
    assert_true(sort.descending);
    assert_int_equal(sort.key.n, 0);
    sort = parse(&trace_resource, "[{'field':'ttft','direction':'ASC'}]");
    assert_int_equal(sort.field, ENTITY_TTFT);
    assert_false(sort.descending);
    sort = parse(&span_resource, "[{'field':'model'}]");
    assert_int_equal(sort.field, SPAN_MODEL);
    assert_false(sort.descending);
    sort = parse(&project_resource, "[{'field':'last_updated_trace_at','direction':null}]");
    assert_int_equal(sort.field, PROJECT_LAST_UPDATED_TRACE_AT);
    assert_false(sort.descending);
}

/* Every static name of the lists leads to its field. */
static void test_every_name(void **state)
{
    static const struct resource *const resources[] = {&trace_resource, &span_resource,
                                                       &project_resource};
    char json[100];

    (void)state;
    for (size_t r = 0; r < 3; r++) {
        for (const char *const *name = resources[r]->sortable_by; *name; name++) {
            struct str entry = str_of(*name);
            bool dynamic = str_ends_with(entry, STR(".*"));
            if (str_eq(entry, STR("experiment_id")))
                continue; /* no field of its own yet */
            if (dynamic)
                entry.n -= 2;
            snprintf(json, sizeof(json), "[{'field':'%.*s%s'}]", STR_ARG(entry),
                     dynamic ? ".key" : "");
            struct sort sort = parse(resources[r], json);
            assert_int_equal(sort.field, resource_find_field(resources[r], entry));
            assert_true(sort.field >= 0);
            assert_str(sort.key, dynamic ? "key" : "");
        }
    }
}

static void test_dynamic(void **state)
{
    struct sort sort = parse(&trace_resource, "[{'field':'usage.a.b c','direction':'DESC'}]");

    (void)state;
    assert_int_equal(sort.field, ENTITY_USAGE);
    assert_str(sort.key, "a.b c");
    assert_true(sort.descending);
    sort = parse(&span_resource, "[{'field':'feedback_scores.X'}]");
    assert_int_equal(sort.field, SPAN_FEEDBACK_SCORES);
    assert_str(sort.key, "X");
}

static void test_default_order(void **state)
{
    (void)state;
    assert_default(&trace_resource, "");
    assert_default(&trace_resource, "  ");
    assert_default(&trace_resource, "[]");
    assert_default(&trace_resource, "[{'field':'zzz','direction':'DESC'}]");
    assert_default(&trace_resource, "[{'field':'feedback_scores'}]");
    assert_default(&trace_resource, "[{'field':'feedback_scores.'}]");
    assert_default(&trace_resource, "[{'field':'feedback_score.x'}]");
    assert_default(&trace_resource, "[{'field':'usage'}]");
    assert_default(&trace_resource, "[{'field':'.x'}]");
    assert_default(&trace_resource, "[{'field':'Name'}]");
    assert_default(&trace_resource, "[{'field':'model'}]");
    assert_default(&trace_resource, "[{'field':'last_updated_at'}]");
    assert_default(&project_resource, "[{'field':'description'}]");
    assert_default(&project_resource, "[{'field':'usage.x'}]");
}

static void test_first_entry_counts(void **state)
{
    struct sort sort =
        parse(&trace_resource, "[{'field':'name'},{'field':'ttft','direction':'DESC'}]");

    (void)state;
    assert_int_equal(sort.field, ENTITY_NAME);
    assert_false(sort.descending);
    assert_default(&trace_resource, "[{'field':'zzz'},{'field':'name'}]");
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "x",
        "{}",
        "{'field':'name'}",
        "[",
        "'name'",
        "null",
        "[{'field':'name','direction':'desc'}]",
        "[{'field':'name','direction':'UP'}]",
        "[{'field':'name','direction':1}]",
        "[{'direction':'ASC'}]",
        "['name']",
        "[{'field':'name'},{'field':'ttft','direction':'x'}]",
    };
    struct sort sort;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str text = test_json(&arena, "%s", bad[i]);
        error = (struct error){.arena = &arena};
        assert_int_equal(sort_parse(&arena, &trace_resource, text, &sort, &error), ERR_BAD_REQUEST);
        assert_message(
            &error, ERR_BAD_REQUEST,
            str_format(&arena, "Invalid sorting query parameter '%.*s'", STR_ARG(text)).p);
    }
}

static void test_repeated_members(void **state)
{
    struct sort sort;

    (void)state;
    assert_int_equal(
        sort_parse(&arena, &trace_resource,
                   test_json(&arena, "[{'field':'ttft','direction':'DESC','field':'name',"
                                     "'direction':'ASC'}]"),
                   &sort, &error),
        ERR_OK);
    assert_int_equal(sort.field, ENTITY_NAME);
    assert_false(sort.descending);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_repeated_members, start, stop),
        cmocka_unit_test_setup_teardown(test_plain, start, stop),
        cmocka_unit_test_setup_teardown(test_every_name, start, stop),
        cmocka_unit_test_setup_teardown(test_dynamic, start, stop),
        cmocka_unit_test_setup_teardown(test_default_order, start, stop),
        cmocka_unit_test_setup_teardown(test_first_entry_counts, start, stop),
        cmocka_unit_test_setup_teardown(test_malformed, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
