/* The tables of threads and of the bodies that name them (threads.md 6). */
#include "model/thread.h"

#include "model/entity.h"

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

static struct record *decode(const struct resource *resource, const char *json)
{
    return test_decode(&arena, resource, DECODE_CREATE, &error, "%s", json);
}

static void assert_refused(const struct resource *resource, const char *json, const char *items)
{
    assert_null(decode(resource, json));
    assert_items(&error, ERR_UNPROCESSABLE, items);
}

static void test_update(void **state)
{
    struct record *record =
        test_record(&arena, &thread_resource, DECODE_UPDATE,
                    "{'tags':['a'],'tags_to_add':null,'status':'x','id':7,'created_by':'me'}");

    (void)state;
    for (size_t i = 0; i < thread_resource.count; i++)
        assert_int_equal(value_is_set(&record->v[i]), i == THREAD_TAGS);
    assert_null(test_decode(&arena, &thread_resource, DECODE_UPDATE, &error, "{'tags':[' ']}"));
    assert_items(&error, ERR_UNPROCESSABLE, "tags[].<iterable element> Tag must not be blank");
}

static void test_retrieve(void **state)
{
    struct record *record =
        decode(&thread_retrieve_resource, "{'project_name':'','thread_id':' t ','truncate':true}");

    (void)state;
    assert_true(value_is_set(&record->v[THREAD_REFERENCE_PROJECT_NAME]));
    assert_str(record->v[THREAD_REFERENCE_THREAD_ID].s, " t ");
    assert_refused(&thread_retrieve_resource, "{'project_name':'p','thread_id':' '}",
                   "threadId must not be blank");
}

static void test_close(void **state)
{
    (void)state;
    assert_non_null(decode(&thread_close_resource, "{'project_name':'p','thread_id':'t'}"));
    assert_non_null(decode(&thread_close_resource, "{'project_name':'p','thread_ids':['t']}"));
    assert_refused(&thread_close_resource, "{'project_name':'p','thread_ids':[]}",
                   "threadIds size must be between 1 and 1000");
    assert_refused(&thread_close_resource, "{'project_name':'p','thread_ids':['a','']}",
                   "threadIds[].<iterable element> must not be blank");
}

static void test_delete(void **state)
{
    struct record *record =
        decode(&thread_delete_resource, "{'project_name':'p','thread_ids':['a'],'purge':true}");

    (void)state;
    assert_true(record->v[THREAD_REFERENCE_PURGE].i);
    assert_refused(&thread_delete_resource, "{'project_name':'p'}", "threadIds must not be empty");
    assert_refused(&thread_delete_resource, "{'project_name':'p','thread_ids':[]}",
                   "threadIds must not be empty|threadIds size must be between 1 and 1000");
    assert_refused(&thread_delete_resource, "{'project_name':' ','thread_ids':['a']}",
                   "projectName must not be blank");
    assert_refused(&thread_delete_resource, "{'project_name':'p','thread_ids':['a',' ']}",
                   "threadIds[1].<list element> must not be blank");
}

static void test_update_of_many(void **state)
{
    (void)state;
    assert_refused(&thread_batch_update_resource, "{'ids':[],'update':{}}",
                   "ids must not be empty|ids size must be between 1 and 1000");
    assert_refused(&thread_batch_update_resource,
                   "{'ids':['018bcfe5-6802-7000-8000-000000000002']}", "update must not be null");
    assert_refused(&thread_batch_update_resource,
                   "{'ids':['018bcfe5-6802-7000-8000-000000000002'],'update':{'tags':['']}}",
                   "update.tags[].<iterable element> Tag must not be blank");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_update, start, stop),
        cmocka_unit_test_setup_teardown(test_retrieve, start, stop),
        cmocka_unit_test_setup_teardown(test_close, start, stop),
        cmocka_unit_test_setup_teardown(test_delete, start, stop),
        cmocka_unit_test_setup_teardown(test_update_of_many, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
