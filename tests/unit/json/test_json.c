/* JSON on the arena: the extras of the contract, the limits, what comes back. */
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

static struct arena arena;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    error = (struct error){.arena = &arena};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void assert_text(struct str got, const char *want)
{
    if (!str_eq(got, str_of(want)))
        fail_msg("got %.*s, want %s", STR_ARG(got), want);
}

/* Parses and writes again. */
static void assert_round(struct str text, const char *want)
{
    yyjson_val *root;
    struct str out;
    if (json_parse(&arena, text, &root, &error) != ERR_OK)
        fail_msg("refused %.*s: %.*s", STR_ARG(text), STR_ARG(error.message));
    assert_int_equal(json_write(&arena, root, &out), ERR_OK);
    assert_text(out, want);
}

static void assert_refused(struct str text, const char *message)
{
    yyjson_val *root = NULL;
    assert_int_equal(json_parse(&arena, text, &root, &error), ERR_BAD_REQUEST);
    assert_null(root);
    assert_text(error.message, message);
    assert_int_equal(error.shape, ERROR_SHAPE_MESSAGE);
}

static void test_numbers_verbatim(void **state)
{
    (void)state;
    assert_round(STR("[0,-0,1.50,1e400,-1E-400,12345678901234567890123456789.000]"),
                 "[0,-0,1.50,1e400,-1E-400,12345678901234567890123456789.000]");
    assert_round(STR(" { \"a\" : [ 1 , true , null ] , \"\" : \"x\" } "),
                 "{\"a\":[1,true,null],\"\":\"x\"}");
    assert_round(STR("1.0"), "1.0");
    assert_round(STR("\"\\u0000\\u001f\\/\\u00e4\\ud83d\\ude00\""),
                 "\"\\u0000\\u001F/\xc3\xa4\xf0\x9f\x98\x80\"");
    assert_round(STR("{\"a\":1,\"a\":2}"), "{\"a\":1,\"a\":2}");
    assert_round(STR("\xEF\xBB\xBF[1]"), "[1]");
}

static void test_text_may_be_dropped(void **state)
{
    (void)state;
    char text[] = "{\"key\":\"value\",\"n\":12.5}";
    yyjson_val *root;
    assert_int_equal(json_parse(&arena, str_of(text), &root, &error), ERR_OK);
    memset(text, 'x', sizeof(text));
    struct str out;
    assert_int_equal(json_write(&arena, root, &out), ERR_OK);
    assert_text(out, "{\"key\":\"value\",\"n\":12.5}");
}

static void test_literals(void **state)
{
    (void)state;
    assert_round(STR("[NaN,Infinity,-Infinity,1,{\"a\":NaN}]"),
                 "[\"NaN\",\"Infinity\",\"-Infinity\",1,{\"a\":\"NaN\"}]");
    assert_round(STR("NaN"), "\"NaN\"");
    yyjson_val *root;
    assert_int_equal(json_parse(&arena, STR("[-Infinity]"), &root, &error), ERR_OK);
    assert_true(yyjson_is_str(yyjson_arr_get_first(root)));
    assert_string_equal(yyjson_get_str(yyjson_arr_get_first(root)), "-Infinity");
    static const char *const bad[] = {"nan",  "NAN",      "-NaN",     "inf",       "Inf",
                                      "-inf", "INFINITY", "infinity", "-infinity", "-nan"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_refused(
            str_format(&arena, "[1,%s]", bad[i]),
            "Unable to process JSON. invalid literal, of the numbers that are not finite "
            "only NaN, Infinity and -Infinity are known");
    assert_int_equal(json_parse(&arena, STR("[+Infinity]"), &root, &error), ERR_BAD_REQUEST);
    assert_int_equal(json_parse(&arena, STR("[NaNa]"), &root, &error), ERR_BAD_REQUEST);
    assert_int_equal(json_parse(&arena, STR("{NaN:1}"), &root, &error), ERR_BAD_REQUEST);
}

#define REPLACED "\xef\xbf\xbd"

static void test_repairs(void **state)
{
    (void)state;
    assert_round(STR("\"\\ud83d\""), "\"" REPLACED "\"");
    assert_round(STR("\"a\\udc00b\""), "\"a" REPLACED "b\"");
    assert_round(STR("\"\\ud83d\\ud83d\\ude00\""), "\"" REPLACED "\xf0\x9f\x98\x80\"");
    assert_round(STR("\"\\ud83dx\\n\""), "\"" REPLACED "x\\n\"");
    assert_round(STR("\"\\ud83d\\n\""), "\"" REPLACED "\\n\"");
    assert_round(STR("\"\\ude00\\ud83d\""), "\"" REPLACED REPLACED "\"");
    assert_round(STR("{\"\\uD83D\":[\"\\uDBFF\"]}"), "{\"" REPLACED "\":[\"" REPLACED "\"]}");
    /* An escaped backslash in front of what looks like an escape. */
    assert_round(STR("[\"\\\\ud83d\",\"\\ud83d\"]"), "[\"\\\\ud83d\",\"" REPLACED "\"]");
    /* With the other extra, in either order. */
    assert_round(STR("[\"\\ud83d\",NaN]"), "[\"" REPLACED "\",\"NaN\"]");
    assert_round(STR("[NaN,\"\\ud83d\"]"), "[\"NaN\",\"" REPLACED "\"]");
}

static void test_syntax_errors(void **state)
{
    (void)state;
    yyjson_val *root;
    assert_int_equal(json_parse(&arena, STR("{\"a\": [1, 2,\n  \"\xc3\xa4\" x]}"), &root, &error),
                     ERR_BAD_REQUEST);
    assert_true(str_starts_with(error.message, STR("Unable to process JSON. ")));
    assert_true(str_ends_with(error.message, STR(" at line 2, column 7")));
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[",
        "[1",
        "[1,]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "[01]",
        "[1.]",
        "[-]",
        "[1e]",
        "[.5]",
        "[+1]",
        "nul",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"a\nb\"",
        "[1]]",
        "1 2",
        "//x\n1",
        "'a'",
        "\"\\ud83d",
        "\"\\ud83d\\u\"",
        "\"\xff",
        "\xff",
        /* Bytes that are no UTF-8: alone, cut off, overlong, a surrogate. */
        "\"a\xff\"",
        "\"\xe2\x82\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "[\"\\ud83d\",\"\xff\"]",
        "\"\\",
        "\"\\\xff\"",
        "[\"\\ud83d\",nul]",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        /* In a block of its own, so that reading behind the end is seen. */
        size_t n = strlen(bad[i]);
        char *copy = malloc(n + (n == 0));
        assert_non_null(copy);
        memcpy(copy, bad[i], n);
        enum err code = json_parse(&arena, str_make(copy, n), &root, &error);
        free(copy);
        if (code != ERR_BAD_REQUEST)
            fail_msg("accepted: %s", bad[i]);
        assert_true(str_starts_with(error.message, STR("Unable to process JSON. ")));
    }
    assert_int_equal(json_parse(&arena, (struct str){NULL, 0}, &root, &error), ERR_BAD_REQUEST);
}

/* `depth` containers in each other, arrays and objects by turns, around `inside`. */
static struct str nest(int depth, const char *inside)
{
    char *p = arena_alloc(&arena, (size_t)depth * 7 + strlen(inside) + 1);
    size_t n = 0;
    for (int i = 0; i < depth; i++) {
        const char *open = i % 2 ? "{\"k\":" : "[";
        memcpy(p + n, open, strlen(open));
        n += strlen(open);
    }
    memcpy(p + n, inside, strlen(inside));
    n += strlen(inside);
    for (int i = depth; i-- > 0;)
        p[n++] = i % 2 ? '}' : ']';
    return str_make(p, n);
}

static void test_depth(void **state)
{
    (void)state;
    yyjson_val *root;
    assert_int_equal(json_parse(&arena, nest(JSON_DEPTH_MAX, "1"), &root, &error), ERR_OK);
    struct str text = nest(JSON_DEPTH_MAX, "\"x\"");
    struct str out;
    assert_int_equal(json_parse(&arena, text, &root, &error), ERR_OK);
    assert_int_equal(json_write(&arena, root, &out), ERR_OK);
    assert_true(str_eq(out, text));
    static const char message[] =
        "Unable to process JSON. nesting depth exceeds the maximum of 1000";
    assert_refused(nest(JSON_DEPTH_MAX + 1, "1"), message);
    assert_refused(nest(JSON_DEPTH_MAX, "[]"), message);
    assert_refused(nest(JSON_DEPTH_MAX, "{}"), message);
    assert_refused(nest(500000, "1"), message);
    assert_refused(nest(JSON_DEPTH_MAX - 1, "[],[[],{}],[[[1]]]"), message);
    /* Width is no depth: closed containers count no more. */
    struct str wide = nest(JSON_DEPTH_MAX - 3, "[],[[],[1],{}],[{\"a\":{}},[2]],3");
    assert_int_equal(json_parse(&arena, wide, &root, &error), ERR_OK);
    arena_reset(&arena);
    char *many = arena_alloc(&arena, 300001);
    for (size_t i = 0; i < 300000; i += 3)
        memcpy(many + i, "[],", 3);
    many[0] = '[';
    memcpy(many + 1, "0,", 2);
    many[299999] = ']';
    assert_int_equal(json_parse(&arena, str_make(many, 300000), &root, &error), ERR_OK);
    assert_int_equal(yyjson_arr_size(root), 100000);
}

static void test_long_string(void **state)
{
    (void)state;
    arena_done(&arena);
    arena_init(&arena, (size_t)1 << 30);
    size_t n = JSON_STRING_MAX + 3;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, 'a', n);
    text[0] = '"';
    text[n - 2] = '"';
    yyjson_val *root = NULL;
    assert_int_equal(json_parse(&arena, str_make(text, n - 1), &root, &error), ERR_OK);
    assert_int_equal(yyjson_get_len(root), JSON_STRING_MAX);
    arena_reset(&arena);
    text[n - 2] = 'a';
    text[n - 1] = '"';
    enum err code = json_parse(&arena, str_make(text, n), &root, &error);
    free(text);
    assert_int_equal(code, ERR_BAD_REQUEST);
    assert_text(error.message,
                "Unable to process JSON. String value length (104857601) exceeds the maximum "
                "allowed (104857600)");
}

static void test_ceiling(void **state)
{
    (void)state;
    arena_done(&arena);
    arena_init(&arena, 200000);
    static char text[180000];
    memset(text, '1', sizeof(text));
    for (size_t i = 0; i < sizeof(text); i += 2)
        text[i] = ',';
    text[0] = '[';
    text[sizeof(text) - 1] = ']';
    text[sizeof(text) - 2] = '1';
    yyjson_val *root = NULL;
    assert_int_equal(json_parse(&arena, str_make(text, sizeof(text)), &root, &error),
                     ERR_TOO_LARGE);
    assert_null(root);
    assert_text(error.message, "request needs more memory than the limit of 200000 bytes");
    /* Many small texts pass the ceiling too, and that is found. */
    arena_reset(&arena);
    enum err code = ERR_OK;
    for (int i = 0; i < 10000 && code == ERR_OK; i++)
        code = json_parse(&arena, STR("[1,2,3]"), &root, &error);
    assert_int_equal(code, ERR_TOO_LARGE);
}

static void test_write_ceiling(void **state)
{
    (void)state;
    arena_done(&arena);
    arena_init(&arena, 250000);
    static char text[150000];
    memset(text, '\x7f', sizeof(text));
    text[0] = '"';
    text[sizeof(text) - 1] = '"';
    yyjson_val *root;
    struct str out;
    assert_int_equal(json_parse(&arena, str_make(text, sizeof(text)), &root, &error), ERR_OK);
    assert_int_equal(json_write(&arena, root, &out), ERR_TOO_LARGE);
}

/* Neither parsing nor writing leaves much more in the arena than its result needs. */
static void test_memory(void **state)
{
    (void)state;
    enum { LENGTH = 1000000 };
    char *text = malloc(LENGTH);
    assert_non_null(text);
    memset(text, 'a', LENGTH);
    text[0] = '[';
    text[1] = '"';
    text[LENGTH - 2] = '"';
    text[LENGTH - 1] = ']';
    yyjson_val *root;
    struct str out;
    assert_int_equal(json_parse(&arena, str_make(text, LENGTH), &root, &error), ERR_OK);
    assert_true(arena.used < LENGTH + 1000);
    /* What comes behind the trimmed array does not touch it. */
    memset(arena_alloc(&arena, 1000), 0xFF, 1000);
    size_t before = arena.used;
    assert_int_equal(json_write(&arena, root, &out), ERR_OK);
    assert_true(str_eq(out, str_make(text, LENGTH)));
    assert_true(arena.used - before < LENGTH + 1000);
    free(text);
}

static void test_failed_parse_leaves_nothing(void **state)
{
    (void)state;
    yyjson_val *root;
    struct error other = {.arena = &arena};
    size_t before = arena.used;
    json_parse(&arena, STR("[1,2,[3,{\"a\":4,"), &root, &other);
    assert_true(arena.used - before < 200);
}

static void test_build(void **state)
{
    (void)state;
    yyjson_mut_doc *doc = json_new(&arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_int(doc, root, "code", 404);
    yyjson_mut_obj_add_strcpy(doc, root, "message", "a \"b\"\n");
    yyjson_mut_obj_add_real(doc, root, "nan", NAN);
    yyjson_mut_obj_add_val(doc, root, "raw", yyjson_mut_rawcpy(doc, "1.500"));
    struct str out;
    assert_int_equal(json_write_mut(&arena, doc, &out), ERR_OK);
    assert_text(out, "{\"code\":404,\"message\":\"a \\\"b\\\"\\n\",\"nan\":null,\"raw\":1.500}");
    /* What is no UTF-8 leaves as U+FFFD, not as an error and not as it is. */
    doc = json_new(&arena);
    yyjson_mut_doc_set_root(doc, yyjson_mut_strncpy(doc, "a\xff\xc3", 3));
    assert_int_equal(json_write_mut(&arena, doc, &out), ERR_OK);
    assert_text(out, "\"a" REPLACED REPLACED "\"");
}

/* Building beyond the ceiling is reported however little the builder checks. */
static void test_build_ceiling(void **state)
{
    (void)state;
    arena_done(&arena);
    arena_init(&arena, 1 << 20);
    yyjson_mut_doc *doc = json_new(&arena);
    yyjson_mut_val *list = yyjson_mut_arr(doc);
    yyjson_mut_doc_set_root(doc, list);
    for (int i = 0; i < 100000; i++)
        yyjson_mut_arr_add_strcpy(doc, list, "some text");
    struct str out;
    assert_int_equal(yyjson_mut_arr_size(list), 100000);
    assert_int_equal(json_write_mut(&arena, doc, &out), ERR_TOO_LARGE);

    arena_reset(&arena);
    static char big[2 << 20];
    memset(big, 'x', sizeof(big) - 1);
    doc = json_new(&arena);
    list = yyjson_mut_arr(doc);
    yyjson_mut_doc_set_root(doc, list);
    assert_false(yyjson_mut_arr_add_strcpy(doc, list, big));
    assert_int_equal(json_write_mut(&arena, doc, &out), ERR_TOO_LARGE);
}

static void test_member(void **state)
{
    (void)state;
    yyjson_val *root;
    assert_int_equal(json_parse(&arena, STR("{\"a\":1,\"b\":2,\"a\":3,\"ab\":[]}"), &root, &error),
                     ERR_OK);
    struct str text;
    assert_true(json_scalar_text(json_member(root, "a"), &text));
    assert_true(str_eq(text, STR("3")));
    assert_true(json_scalar_text(json_member(root, "b"), &text));
    assert_true(str_eq(text, STR("2")));
    assert_null(json_member(root, "c"));
    assert_null(json_member(json_member(root, "ab"), "a"));
    assert_null(json_member(NULL, "a"));
}

static void test_scalars(void **state)
{
    (void)state;
    yyjson_val *root;
    assert_int_equal(
        json_parse(&arena, STR("[\"a\\u0000b\",1.50,true,false,null,{},[]]"), &root, &error),
        ERR_OK);
    static const char *const names[] = {"string", "number", "boolean", "boolean",
                                        "null",   "object", "array"};
    static const struct str texts[] = {{"a\0b", 3}, {"1.50", 4}, {"true", 4}, {"false", 5}};
    for (size_t i = 0; i < 7; i++) {
        const yyjson_val *value = yyjson_arr_get(root, i);
        struct str text;
        assert_string_equal(json_type_name(value), names[i]);
        assert_int_equal(json_scalar_text(value, &text), i < 4);
        if (i < 4)
            assert_true(str_eq(text, texts[i]));
    }
    struct str text;
    assert_string_equal(json_type_name(NULL), "null");
    assert_false(json_scalar_text(NULL, &text));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_numbers_verbatim),
        TEST(test_text_may_be_dropped),
        TEST(test_literals),
        TEST(test_repairs),
        TEST(test_syntax_errors),
        TEST(test_depth),
        TEST(test_long_string),
        TEST(test_ceiling),
        TEST(test_write_ceiling),
        TEST(test_memory),
        TEST(test_failed_parse_leaves_nothing),
        TEST(test_build),
        TEST(test_build_ceiling),
        TEST(test_member),
        TEST(test_scalars),
    };
    return cmocka_run_group_tests_name("json/json", tests, NULL, NULL);
}
