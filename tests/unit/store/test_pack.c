/* Heavy values compressed and back. */
#include "store/pack.h"

#include <pthread.h>
#include <stdlib.h>

#include "store/store.h"
#include "unit/support.h"

#define LIMIT ((size_t)8 << 20)

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct str filled(size_t n, bool random)
{
    char *p = arena_alloc(&arena, n + 1);
    uint32_t seed = 1;

    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        p[i] = random ? (char)(seed >> 24) : "abcabcabd"[i % 9];
    }
    return str_make(p, n);
}

static struct str unpack(const struct value *value)
{
    struct str text = STR("");

    assert_int_equal(value->kind, VALUE_PACKED);
    if (value->plain)
        return value->s;
    assert_int_equal(pack_open(&arena, value->s, LIMIT, &text), ERR_OK);
    return text;
}

static void test_sizes(void **state)
{
    static const size_t sizes[] = {0, 1, 255, 256, 257, 1000, 65536, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int random = 0; random < 2; random++) {
            struct str text = filled(sizes[i], random);
            struct value value = value_text(text);
            assert_int_equal(pack_value(&arena, &value), ERR_OK);
            assert_true(str_eq(unpack(&value), text));
            /* Never larger than the text; short and random ones stay as they are. */
            assert_true(value.s.n <= text.n);
            assert_int_equal(value.plain, sizes[i] < 256 || random);
        }
    }
}

static void test_compresses(void **state)
{
    struct value value = value_text(filled(100000, false));

    (void)state;
    assert_int_equal(pack_value(&arena, &value), ERR_OK);
    assert_false(value.plain);
    assert_true(value.s.n < 1000);
}

static void test_limit(void **state)
{
    struct value value = value_text(filled(1000, false));
    struct str text;

    (void)state;
    assert_int_equal(pack_value(&arena, &value), ERR_OK);
    assert_int_equal(pack_open(&arena, value.s, 999, &text), ERR_TOO_LARGE);
    assert_int_equal(pack_open(&arena, value.s, 1000, &text), ERR_OK);
    assert_int_equal(text.n, 1000);
}

/* What is damaged is an error and never more. */
static void test_damaged(void **state)
{
    struct value value = value_text(filled(5000, false));
    struct str text;

    (void)state;
    assert_int_equal(pack_open(&arena, STR(""), LIMIT, &text), ERR_INTERNAL);
    assert_int_equal(pack_open(&arena, STR("hello, world"), LIMIT, &text), ERR_INTERNAL);
    assert_int_equal(pack_value(&arena, &value), ERR_OK);
    for (size_t cut = 0; cut < value.s.n; cut++) {
        char *copy = malloc(cut + 1);
        memcpy(copy, value.s.p, cut);
        assert_int_equal(pack_open(&arena, str_make(copy, cut), LIMIT, &text), ERR_INTERNAL);
        free(copy);
    }
    for (size_t at = 0; at < value.s.n; at++) {
        char *copy = malloc(value.s.n);
        enum err err;
        memcpy(copy, value.s.p, value.s.n);
        copy[at] = (char)(copy[at] ^ 0x55);
        err = pack_open(&arena, str_make(copy, value.s.n), LIMIT, &text);
        assert_true(err == ERR_OK || err == ERR_INTERNAL || err == ERR_TOO_LARGE);
        free(copy);
    }
}

static void test_ceiling(void **state)
{
    struct value value = value_text(filled(500000, false)), again = value;
    struct arena small;
    struct str text;

    (void)state;
    arena_init(&small, 100000);
    assert_int_equal(pack_value(&small, &again), ERR_TOO_LARGE);
    assert_int_equal(pack_value(&arena, &value), ERR_OK);
    assert_int_equal(pack_open(&small, value.s, LIMIT, &text), ERR_TOO_LARGE);
    arena_done(&small);
}

/* Only heavy fields that are set change. */
static void test_entity(void **state)
{
    struct record *span = test_record(&arena, &span_resource, DECODE_UPDATE,
                                      "{'name':'n','input':{'a':1},'metadata':null,"
                                      "'error_info':{'exception_type':'E'},'tags':['t']}");

    (void)state;
    assert_int_equal(store_entity_pack(&arena, span), ERR_OK);
    assert_int_equal(span->v[ENTITY_NAME].kind, VALUE_SET);
    assert_int_equal(span->v[ENTITY_TAGS].kind, VALUE_SET);
    assert_int_equal(span->v[ENTITY_OUTPUT].kind, VALUE_ABSENT);
    assert_json(unpack(&span->v[ENTITY_INPUT]), "{'a':1}");
    assert_json(unpack(&span->v[ENTITY_METADATA]), "null");
    assert_json(unpack(&span->v[ENTITY_ERROR_INFO]), "{'exception_type':'E'}");
    /* Once more changes nothing. */
    span->v[ENTITY_OUTPUT].kind = VALUE_KEPT;
    assert_int_equal(store_entity_pack(&arena, span), ERR_OK);
    assert_int_equal(span->v[ENTITY_OUTPUT].kind, VALUE_KEPT);
    assert_json(unpack(&span->v[ENTITY_INPUT]), "{'a':1}");
}

static void *pack_in_thread(void *context)
{
    struct arena own;
    struct value value;
    struct str text = STR("");
    bool *ok = context;

    arena_init(&own, (size_t)16 << 20);
    value = value_text(str_copy(&own, str_make("abcabcabcabcabcabcabcabcabcabcabcabc", 36)));
    *ok = pack_value(&own, &value) == ERR_OK && value.plain;
    char *p = arena_alloc(&own, 4000);
    memset(p, 'x', 4000);
    value = value_text(str_make(p, 4000));
    *ok = *ok && pack_value(&own, &value) == ERR_OK && !value.plain &&
          pack_open(&own, value.s, LIMIT, &text) == ERR_OK && text.n == 4000;
    arena_done(&own);
    return NULL;
}

/* Each thread has its own contexts, and gives them back. */
static void test_threads(void **state)
{
    pthread_t threads[8];
    bool ok[8] = {false};

    (void)state;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, pack_in_thread, &ok[i]), 0);
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_true(ok[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sizes, start, stop),
        cmocka_unit_test_setup_teardown(test_compresses, start, stop),
        cmocka_unit_test_setup_teardown(test_limit, start, stop),
        cmocka_unit_test_setup_teardown(test_damaged, start, stop),
        cmocka_unit_test_setup_teardown(test_ceiling, start, stop),
        cmocka_unit_test_setup_teardown(test_entity, start, stop),
        cmocka_unit_test_setup_teardown(test_threads, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
