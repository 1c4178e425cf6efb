/* The table of workspace configurations (platform.md 9). Its types are in test_decode_fields.c. */
#include "model/workspace.h"

#include "model/encode.h"
#include "unit/support.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void assert_round_trip(const char *body, const char *want)
{
    struct record *record =
        test_record(&arena, &workspace_configuration_resource, DECODE_CREATE, "%s", body);
    yyjson_mut_doc *doc = json_new(&arena);
    struct str text;

    yyjson_mut_doc_set_root(doc, encode_record(doc, record, false, 0));
    assert_int_equal(json_write_mut(&arena, doc, &text), ERR_OK);
    assert_json(text, want);
}

static void test_round_trips(void **state)
{
    (void)state;
    assert_round_trip("{}", "{}");
    /* Null clears, as the whole is replaced. */
    assert_round_trip("{'timeout_to_mark_thread_as_inactive':null,'truncation_on_tables':null,"
                      "'color_map':null}",
                      "{}");
    assert_round_trip("{'timeout_to_mark_thread_as_inactive':'PT1800S',"
                      "'truncation_on_tables':true,'color_map':{'b':'#0A0b0C','a':'#123456'}}",
                      "{'timeout_to_mark_thread_as_inactive':'PT30M','truncation_on_tables':true,"
                      "'color_map':{'b':'#0A0b0C','a':'#123456'}}");
    assert_round_trip("{'timeout_to_mark_thread_as_inactive':'P7D'}",
                      "{'timeout_to_mark_thread_as_inactive':'PT168H'}");
}

static void test_number_of_colors(void **state)
{
    char *body = arena_alloc(&arena, 400000);
    struct error error;

    (void)state;
    for (int count = 10000; count <= 10001; count++) {
        struct record *record;
        size_t n = (size_t)sprintf(body, "{'color_map':{");
        for (int i = 0; i < count; i++)
            n += (size_t)sprintf(body + n, "%s'c%d':'#%06d'", i ? "," : "", i, i);
        strcpy(body + n, "}}");
        record = test_decode(&arena, &workspace_configuration_resource, DECODE_CREATE, &error, "%s",
                             body);
        if (count == 10000)
            assert_non_null(record);
        else
            assert_items(&error, ERR_UNPROCESSABLE, "colorMap cannot have more than 10000 entries");
    }
}

static void test_table(void **state)
{
    const struct resource *resource = &workspace_configuration_resource;

    (void)state;
    assert_int_equal(resource->count, CONFIGURATION_FIELD_COUNT);
    for (size_t i = 0; i < resource->count; i++) {
        assert_non_null(resource->fields[i].name);
        assert_non_null(resource->fields[i].column);
        assert_true(resource->fields[i].flags & FF_READ);
        assert_true(resource->fields[i].flags & FF_CREATE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trips, start, stop),
        cmocka_unit_test_setup_teardown(test_number_of_colors, start, stop),
        cmocka_unit_test_setup_teardown(test_table, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
