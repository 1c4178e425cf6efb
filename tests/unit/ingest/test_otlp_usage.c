/* Usage in attributes. */
#include "ingest/otlp_usage.h"

#include "unit/ingest/otlp_support.h"

static struct json_object usage;

static int start(void **state)
{
    otlp_start(state);
    otlp_error = (struct error){.arena = &otlp_arena};
    json_object_init(&usage, &otlp_arena, json_new(&otlp_arena));
    return 0;
}

static enum err add(const char *name, struct otlp_value value, bool *ret_used)
{
    struct str attribute = str_format(&otlp_arena, "gen_ai.usage.%s", name);

    return otlp_usage_add(&usage, attribute, str_of(name), &value, ret_used, &otlp_error);
}

static bool add_int(const char *name, int64_t count)
{
    bool used;

    assert_int_equal(
        add(name, (struct otlp_value){.kind = OTLP_VALUE_INT, .integer = count}, &used), ERR_OK);
    return used;
}

static bool add_text(const char *name, const char *text)
{
    struct otlp_value value = {.kind = OTLP_VALUE_TEXT, .text = test_json(&otlp_arena, "%s", text)};
    bool used;

    assert_int_equal(add(name, value, &used), ERR_OK);
    return used;
}

/* "name=count " of each. */
static void assert_usage(const char *want)
{
    struct tally *tally = otlp_usage_tally(&usage);
    struct str text = STR("");

    for (size_t i = 0; tally && i < tally->n; i++)
        text = str_format(&otlp_arena, "%.*s%.*s=%lld ", STR_ARG(text),
                          STR_ARG(tally->entries[i].name), (long long)tally->entries[i].count);
    assert_str(text, want);
}

static void test_counts(void **state)
{
    (void)state;
    assert_null(otlp_usage_tally(&usage));
    assert_true(add_int("x", 3));
    assert_true(add_text("y", "-4"));
    assert_true(add_int("x", 5));
    assert_true(add_int("big", INT64_C(4294967297)));
    assert_true(add_int("half", INT64_C(2147483648)));
    assert_false(add_int("", 1));
    assert_usage("x=5 y=-4 big=1 half=-2147483648 ");
}

static void test_names(void **state)
{
    (void)state;
    add_int("input_tokens", 1);
    add_int("output_tokens", 2);
    add_int("cache_read_tokens", 3);
    add_int("cache_creation_tokens", 4);
    assert_usage("prompt_tokens=1 completion_tokens=2 cache_read_input_tokens=3 "
                 "cache_creation_input_tokens=4 total_tokens=3 ");
}

static void test_total(void **state)
{
    (void)state;
    add_int("prompt_tokens", 1);
    assert_usage("prompt_tokens=1 ");
    add_int("total_tokens", 9);
    add_int("output_tokens", 2);
    assert_usage("prompt_tokens=1 total_tokens=9 completion_tokens=2 ");
}

static void test_members(void **state)
{
    (void)state;
    assert_true(add_text("u", "{'a':1,'b':2.9,'c':'3','d':{'e':4},'f':null,'input_tokens':5}"));
    assert_true(add_text("u", "'{\\'g\\':-1e2}'"));
    assert_false(add_text("u", "[1]"));
    assert_false(add_text("u", "99999999999"));
    assert_false(add_text("u", "{}"));
    assert_false(add_text("u", "null"));
    assert_usage("a=1 b=2 prompt_tokens=5 g=-100 ");
}

static void test_others(void **state)
{
    bool used = true;

    (void)state;
    assert_int_equal(add("x", (struct otlp_value){.kind = OTLP_VALUE_DOUBLE, .number = 1}, &used),
                     ERR_OK);
    assert_false(used);
    assert_int_equal(add("x", (struct otlp_value){.kind = OTLP_VALUE_BOOL, .integer = 1}, &used),
                     ERR_OK);
    assert_false(used);
    assert_int_equal(otlp_usage_add(&usage, STR("x"), STR("x"), NULL, &used, &otlp_error), ERR_OK);
    assert_false(used);
    assert_usage("");
}

static void test_refused(void **state)
{
    static const char *const bad[] = {"", "many", "{", "'{'", "1.5.2"};
    bool used;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct otlp_value value = {.kind = OTLP_VALUE_TEXT,
                                   .text = test_json(&otlp_arena, "%s", bad[i])};
        assert_int_equal(add("x", value, &used), ERR_BAD_REQUEST);
        assert_true(
            str_starts_with(otlp_error.message,
                            STR("Failed to parse JSON string for usage field gen_ai.usage.x: ")));
        assert_true(str_find(otlp_error.message, STR("Unable")) < 0);
    }
}

static void test_limit(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(add_int(str_format(&otlp_arena, "n%d", i).p, i));
    assert_false(add_int("one more", 1));
    assert_true(add_int("n7", 8));
    assert_int_equal(otlp_usage_tally(&usage)->n, 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, otlp_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_counts), TEST(test_names),   TEST(test_total), TEST(test_members),
        TEST(test_others), TEST(test_refused), TEST(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
