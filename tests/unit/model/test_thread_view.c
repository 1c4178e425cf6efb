/* What a reader of a thread sees beyond its stored values (threads.md 3). */
#include "model/thread_view.h"

#include "unit/support.h"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 22);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct record *thread(int64_t start, int64_t end)
{
    struct record *record = record_new(&arena, &thread_resource);

    record->v[THREAD_ID] = value_text(STR("t"));
    record->v[THREAD_TRACE_COUNT] = value_int(3);
    record->v[THREAD_START_TIME] = value_int(start);
    if (end)
        record->v[THREAD_END_TIME] = value_int(end);
    return record;
}

static yyjson_val *view(struct record *record, enum thread_messages messages)
{
    struct error error = {.arena = &arena};
    yyjson_mut_doc *doc = json_new(&arena);
    yyjson_mut_val *object;
    yyjson_val *root;
    struct str text;

    assert_int_equal(thread_view_encode(&arena, doc, record, messages, &object), ERR_OK);
    yyjson_mut_doc_set_root(doc, object);
    assert_int_equal(json_write_mut(&arena, doc, &text), ERR_OK);
    assert_int_equal(json_parse(&arena, text, &root, &error), ERR_OK);
    return root;
}

/* A member's JSON text; "" when it is left out. */
static struct str member(struct record *record, const char *name)
{
    yyjson_val *value = yyjson_obj_get(view(record, THREAD_MESSAGES_WHOLE), name);
    struct str text = STR("");

    if (value)
        assert_int_equal(json_write(&arena, value, &text), ERR_OK);
    return text;
}

static void test_computed(void **state)
{
    struct record *record = thread(1000000000, 3500001999);

    (void)state;
    assert_json(member(record, "number_of_messages"), "6");
    assert_json(member(record, "duration"), "2500.001");
    assert_json(member(record, "status"), "'active'");
    assert_json(member(record, "environment"), "''");
    assert_json(member(record, "thread_model_id"), "");
    assert_json(member(record, "tags"), "");
    assert_json(member(record, "first_message"), "");
    assert_json(member(record, "total_estimated_cost"), "");
    assert_json(member(record, "usage"), "");
}

static void test_without_end(void **state)
{
    (void)state;
    assert_json(member(thread(1000000000, 0), "duration"), "");
    assert_json(member(thread(1000000000, 0), "end_time"), "");
    /* It began nobody knows when. */
    assert_json(member(thread(0, 5000000000), "duration"), "");
}

static void test_status(void **state)
{
    struct record *record = thread(1, 2);

    (void)state;
    record->v[THREAD_STATUS] = value_int(THREAD_INACTIVE);
    assert_json(member(record, "status"), "'inactive'");
}

/* Its own, else that of its first trace. */
static void test_environment(void **state)
{
    struct record *record = thread(1, 2);

    (void)state;
    record->v[THREAD_FIRST_ENVIRONMENT] = value_text(STR("first"));
    assert_json(member(record, "environment"), "'first'");
    record = thread(1, 2);
    record->v[THREAD_FIRST_ENVIRONMENT] = value_text(STR("first"));
    record->v[THREAD_ENVIRONMENT] = value_text(STR("own"));
    assert_json(member(record, "environment"), "'own'");
}

static struct value message(const char *start, size_t n)
{
    char *text = arena_alloc(&arena, n + 2);

    memset(text, 'x', n + 2);
    memcpy(text, start, strlen(start));
    text[0] = text[n + 1] = '"';
    return value_text(str_make(text, n + 2));
}

/* threads.md 3.2 */
static void test_messages(void **state)
{
    struct record *record;
    const char *name = "first_message";

    (void)state;
    for (int how = THREAD_MESSAGES_WHOLE; how <= THREAD_MESSAGES_WITHOUT_IMAGES; how++) {
        record = thread(1, 2);
        record->v[THREAD_FIRST_MESSAGE] = message("", 20000);
        record->v[THREAD_LAST_MESSAGE] = message("", 100);
        assert_int_equal(
            yyjson_get_len(yyjson_obj_get(view(record, (enum thread_messages)how), name)),
            how == THREAD_MESSAGES_WHOLE ? 20000 : 10001);
        record = thread(1, 2);
        record->v[THREAD_LAST_MESSAGE] = value_text(test_json(&arena, "['iVBORw0KGgoAAA==']"));
        name = "last_message";
        assert_int_equal(yyjson_equals_str(yyjson_arr_get_first(yyjson_obj_get(
                                               view(record, (enum thread_messages)how), name)),
                                           "[image]"),
                         how == THREAD_MESSAGES_WITHOUT_IMAGES);
        name = "first_message";
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_computed, start, stop),
        cmocka_unit_test_setup_teardown(test_without_end, start, stop),
        cmocka_unit_test_setup_teardown(test_status, start, stop),
        cmocka_unit_test_setup_teardown(test_environment, start, stop),
        cmocka_unit_test_setup_teardown(test_messages, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
