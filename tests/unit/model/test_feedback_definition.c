/* The tables of feedback definitions (platform.md 10). */
#include "model/feedback_definition.h"

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

static struct record *create(const char *type, const char *details)
{
    return test_decode(&arena, &feedback_definition_resource, DECODE_CREATE, &error,
                       "{'details':%s,'name':'n','type':'%s'}", details, type);
}

static void assert_details(const char *type, const char *details, const char *kept)
{
    struct record *record = create(type, details);

    assert_non_null(record);
    assert_json(record->v[FEEDBACK_DEFINITION_DETAILS].s, kept);
}

static void assert_broken(const char *type, const char *details, const char *rules)
{
    assert_null(create(type, details));
    assert_items(&error, ERR_UNPROCESSABLE, rules);
}

static void test_details(void **state)
{
    (void)state;
    assert_details("numerical", "{'max':2,'min':-1.5,'x':[]}", "{'min':-1.5,'max':2.0}");
    assert_details("categorical", "{'categories':{'b':1,'a':'2','b':3}}",
                   "{'categories':{'a':2.0,'b':3.0}}");
    assert_details("boolean", "{'trueLabel':'T','false_label':'F'}",
                   "{'true_label':'T','false_label':'F'}");
}

static void test_broken_details(void **state)
{
    (void)state;
    assert_broken("numerical", "null", "details must not be null");
    assert_broken("numerical", "{'min':1}", "details.max must not be null");
    assert_broken("numerical", "{'min':1,'max':1}",
                  "details.min has to be smaller than details.max");
    assert_broken("categorical", "{}", "details.categories must not be null");
    assert_broken("categorical", "{'categories':{'a':1,'a':2}}",
                  "details.categories size must be between 2 and 2147483647");
    assert_broken("categorical", "{'categories':{'a':1,'b':null}}",
                  "details.categories[b].<map value> must not be null");
    assert_broken("boolean", "{'trueLabel':' '}",
                  "details.trueLabel must not be blank|details.falseLabel must not be blank");
}

static void test_unreadable(void **state)
{
    static const char *const bodies[] = {
        "{'name':'n','details':{'min':1,'max':2}}",
        "{'name':'n','type':null,'details':{'min':1,'max':2}}",
        "{'name':'n','type':'Numerical','details':{'min':1,'max':2}}",
        "{'name':'n','type':'numerical','details':[]}",
        "{'name':'n','type':'numerical','details':{'min':true,'max':2}}",
        "{'name':'n','type':'categorical','details':{'categories':[]}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_null(test_decode(&arena, &feedback_definition_resource, DECODE_CREATE, &error, "%s",
                                bodies[i]));
        assert_int_equal(error.code, ERR_BAD_REQUEST);
    }
}

/* All that is wrong is told at once. */
static void test_rules_together(void **state)
{
    (void)state;
    assert_null(test_decode(&arena, &feedback_definition_resource, DECODE_CREATE, &error, "%s",
                            "{'type':'numerical','details':{'min':2,'max':1}}"));
    assert_items(&error, ERR_UNPROCESSABLE,
                 "name must not be blank|details.min has to be smaller than details.max");
    assert_null(test_decode(&arena, &feedback_definition_resource, DECODE_CREATE, &error, "%s",
                            "{'type':'boolean'}"));
    assert_items(&error, ERR_UNPROCESSABLE, "name must not be blank|details must not be null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_details, start, stop),
        cmocka_unit_test_setup_teardown(test_broken_details, start, stop),
        cmocka_unit_test_setup_teardown(test_unreadable, start, stop),
        cmocka_unit_test_setup_teardown(test_rules_together, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
