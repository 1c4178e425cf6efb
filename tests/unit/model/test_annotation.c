/* The tables of feedback scores and comments, and of the bodies around them. */
#include "model/annotation.h"

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

static struct record *score(const char *members)
{
    return test_decode(&arena, &score_resource, DECODE_CREATE, &error, "{%s}", members);
}

static int64_t value_of(const char *value)
{
    struct record *record = test_decode(&arena, &score_resource, DECODE_CREATE, &error,
                                        "{'name':'n','source':'ui','value':%s}", value);

    return record ? record->v[SCORE_VALUE].i : INT64_MIN;
}

static void test_score(void **state)
{
    struct record *record =
        score("'name':' N ','value':1,'source':'online_scoring','reason':' why ',"
              "'category_name':' ','created_by':'x','value_by_author':7,'author':'x'");

    (void)state;
    assert_non_null(record);
    assert_str(record->v[SCORE_NAME].s, " N ");
    assert_str(record->v[SCORE_REASON].s, "why");
    assert_false(value_is_set(&record->v[SCORE_CATEGORY_NAME]));
    assert_false(value_is_set(&record->v[SCORE_CREATED_BY]));
    assert_false(value_is_set(&record->v[SCORE_AUTHOR]));
    assert_false(value_is_set(&record->v[SCORE_VALUE_BY_AUTHOR]));
}

/* traces.md 11.3: nine digits; more than 12 are rounded half-even first, 10 to 12 are cut. */
static void test_values(void **state)
{
    (void)state;
    assert_true(value_of("1") == 1000000000);
    assert_true(value_of("'-0.5'") == -500000000);
    assert_true(value_of("0.1234567899") == 123456789);
    assert_true(value_of("0.1234567895001") == 123456790);
    assert_true(value_of("0.1234567885000") == 123456788);
    assert_true(value_of("999999999.999999999") == SCORE_VALUE_MAX);
    assert_true(value_of("-999999999.999999999") == -SCORE_VALUE_MAX);
    assert_true(value_of("999999999.9999999994999") == SCORE_VALUE_MAX);
    assert_true(value_of("999999999.9999999990001") == SCORE_VALUE_MAX);
    assert_true(value_of("1000000000") == INT64_MIN);
    /* What would be cut counts for the range. */
    assert_true(value_of("999999999.9999999991") == INT64_MIN);
    assert_int_equal(error.code, ERR_UNPROCESSABLE);
    assert_true(value_of("'-999999999.999999999001'") == INT64_MIN);
    assert_true(value_of("999999999.9999999995001") == INT64_MIN);
    assert_true(value_of("1e30") == INT64_MIN);
    assert_int_equal(error.code, ERR_UNPROCESSABLE);
    assert_true(value_of("'abc'") == INT64_MIN);
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    assert_true(value_of("true") == INT64_MIN);
}

static void test_score_rules(void **state)
{
    (void)state;
    assert_null(score(""));
    assert_items(&error, ERR_UNPROCESSABLE,
                 "name must not be blank|value must not be null|source must not be null");
    assert_null(score("'name':' ','value':1,'source':'ui'"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank");
    assert_null(score("'name':'n','value':1,'source':'UI'"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
    assert_null(score("'name':'n','value':1,'source':'ui','source_queue_id':'x'"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
}

static void test_batch(void **state)
{
    struct record *body = test_record(
        &arena, &score_batch_resource, DECODE_CREATE,
        "{'scores':[{'id':'%s','name':'n','value':1,'source':'ui','project_name':' P '}]}",
        test_uuid_text(1));
    struct record **items = body->v[SCORE_BATCH_SCORES].list.items;

    (void)state;
    assert_int_equal(body->v[SCORE_BATCH_SCORES].list.n, 1);
    assert_str(items[0]->v[SCORE_PROJECT_NAME].s, "P");
    assert_null(test_decode(&arena, &score_batch_resource, DECODE_CREATE, &error, "{'scores':[]}"));
    assert_items(&error, ERR_UNPROCESSABLE, "scores size must be between 1 and 1000");
    assert_null(test_decode(&arena, &score_batch_resource, DECODE_CREATE, &error,
                            "{'scores':[{'name':'n','value':1,'source':'ui'}]}"));
    assert_items(&error, ERR_UNPROCESSABLE, "scores[0].id must not be null");
    assert_null(test_decode(&arena, &thread_score_batch_resource, DECODE_CREATE, &error,
                            "{'scores':[{'name':'n','value':1,'source':'ui'}]}"));
    assert_items(&error, ERR_UNPROCESSABLE, "scores[0].threadId must not be blank");
}

static void test_deletes(void **state)
{
    struct record *record =
        test_record(&arena, &score_delete_resource, DECODE_CREATE, "{'name':'n','author':' '}");

    (void)state;
    assert_false(value_is_set(&record->v[SCORE_DELETE_AUTHOR]));
    assert_null(test_decode(&arena, &score_delete_resource, DECODE_CREATE, &error, "{}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank");
    assert_null(test_decode(&arena, &thread_score_delete_resource, DECODE_CREATE, &error,
                            "{'names':['a',' '],'project_name':' '}"));
    assert_items(&error, ERR_UNPROCESSABLE,
                 "projectName must not be blank|threadId must not be blank|"
                 "names[].<iterable element> must not be blank");
}

static void test_comment(void **state)
{
    static const enum decode_view views[] = {DECODE_CREATE, DECODE_BATCH_UPDATE};
    struct record *record = test_record(
        &arena, &comment_resource, DECODE_CREATE,
        "{'text':' a ','id':'x','created_by':5,'source_queue_id':'%s'}", test_uuid_text(1));

    (void)state;
    assert_str(record->v[COMMENT_TEXT].s, " a ");
    assert_false(value_is_set(&record->v[COMMENT_ID]));
    assert_true(value_is_set(&record->v[COMMENT_SOURCE_QUEUE_ID]));
    for (size_t i = 0; i < 2; i++) {
        assert_null(test_decode(&arena, &comment_resource, views[i], &error, "{'text':' '}"));
        assert_items(&error, ERR_UNPROCESSABLE, "text must not be blank");
        assert_null(test_decode(&arena, &comment_resource, views[i], &error, "{}"));
        assert_items(&error, ERR_UNPROCESSABLE, "text must not be blank");
    }
    record = test_record(&arena, &comment_resource, DECODE_UPDATE,
                         "{'text':'b','source_queue_id':'%s'}", test_uuid_text(1));
    assert_false(value_is_set(&record->v[COMMENT_SOURCE_QUEUE_ID]));
    assert_null(test_decode(&arena, &comment_delete_resource, DECODE_CREATE, &error, "{'ids':[]}"));
    assert_items(&error, ERR_UNPROCESSABLE, "ids size must be between 1 and 1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_score, start, stop),
        cmocka_unit_test_setup_teardown(test_values, start, stop),
        cmocka_unit_test_setup_teardown(test_score_rules, start, stop),
        cmocka_unit_test_setup_teardown(test_batch, start, stop),
        cmocka_unit_test_setup_teardown(test_deletes, start, stop),
        cmocka_unit_test_setup_teardown(test_comment, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
