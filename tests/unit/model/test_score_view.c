/* Stored scores as a reader sees them (traces.md 11.4). */
#include "model/score_view.h"

#include <stdio.h>

#include "json/json.h"
#include "model/encode.h"
#include "unit/support.h"

static struct arena arena;
static struct score_source sources[8];
static size_t count;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    count = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* A stored score; members have ' for ". */
static struct score_source *add(const char *author, int64_t at, const char *members)
{
    struct record *score =
        test_record(&arena, &score_resource, DECODE_CREATE, "{'source':'sdk',%s}", members);

    score->v[SCORE_AUTHOR] = value_text(str_of(author));
    score->v[SCORE_CREATED_BY] = score->v[SCORE_LAST_UPDATED_BY] = value_text(str_of(author));
    score->v[SCORE_CREATED_AT] = score->v[SCORE_LAST_UPDATED_AT] = value_int(at);
    sources[count] = (struct score_source){.score = score};
    return &sources[count++];
}

static struct record **merge(bool by_span, size_t want)
{
    struct value value;

    assert_int_equal(score_view_merge(&arena, sources, count, by_span, &value), ERR_OK);
    assert_int_equal(value.list.n, want);
    return value.list.items;
}

/* The JSON text of a member of a shown score. */
static struct str member(struct record *score, int field)
{
    yyjson_mut_doc *doc = json_new(&arena);
    yyjson_mut_val *object = encode_record(doc, score, false, 0), *value;
    struct str text = STR("");

    value = yyjson_mut_obj_get(object, score_resource.fields[field].name);
    if (!value)
        return text;
    yyjson_mut_doc_set_root(doc, value);
    assert_int_equal(json_write_mut(&arena, doc, &text), ERR_OK);
    return text;
}

static int64_t mean_of(const int64_t *values, size_t n)
{
    struct score_source list[4];

    for (size_t i = 0; i < n; i++) {
        struct record *score = record_new(&arena, &score_resource);
        score->v[SCORE_VALUE] = value_int(values[i]);
        list[i] = (struct score_source){.score = score};
    }
    return score_view_mean(list, n);
}

/* Cut to nine digits, toward zero; the sum may not fit where the values do. */
static void test_mean(void **state)
{
    int64_t up[] = {1, 1, 0}, down[] = {-1, -1, 0}, third[] = {1000000000, 0, 0};
    int64_t most[] = {SCORE_VALUE_MAX, SCORE_VALUE_MAX, SCORE_VALUE_MAX, SCORE_VALUE_MAX};

    (void)state;
    assert_int_equal(mean_of(up, 3), 0);
    assert_int_equal(mean_of(down, 3), 0);
    assert_int_equal(mean_of(third, 3), 333333333);
    assert_true(mean_of(most, 4) == SCORE_VALUE_MAX);
    assert_int_equal(mean_of(up, 0), 0);
}

static void test_one(void **state)
{
    struct record **scores;

    (void)state;
    add("ann", 5, "'name':'n','value':0.25,'reason':'r','category_name':'c'");
    add("ann", 6, "'name':'other','value':-3");
    scores = merge(false, 2);
    assert_str(scores[0]->v[SCORE_NAME].s, "n");
    assert_json(member(scores[0], SCORE_VALUE), "0.25");
    assert_json(member(scores[0], SCORE_REASON), "'r'");
    assert_json(member(scores[0], SCORE_CATEGORY_NAME), "'c'");
    assert_json(member(scores[0], SCORE_CREATED_BY), "'ann'");
    assert_json(member(scores[0], SCORE_VALUE_BY_AUTHOR),
                "{'ann':{'value':0.25,'reason':'r','category_name':'c','source':'sdk',"
                "'last_updated_at':'1970-01-01T00:00:00.000005Z','span_type':'','span_id':'',"
                "'author':'ann'}}");
    assert_json(member(scores[1], SCORE_REASON), "");
    assert_json(member(scores[1], SCORE_CATEGORY_NAME), "");
    assert_json(member(scores[1], SCORE_VALUE), "-3");
}

static void test_several(void **state)
{
    struct record *score;

    (void)state;
    add("ann", 7, "'name':'n','value':1,'reason':'a','category_name':'x'");
    add("bob", 9, "'name':'n','value':0,'source':'ui'");
    add("eve", 5, "'name':'n','value':0,'reason':'e','source':'online_scoring'");
    score = merge(false, 1)[0];
    assert_json(member(score, SCORE_VALUE), "0.333333333");
    assert_json(member(score, SCORE_REASON), "'a, <no reason>, e'");
    assert_json(member(score, SCORE_CATEGORY_NAME), "'x, , '");
    assert_json(member(score, SCORE_SOURCE), "'ui'");
    assert_json(member(score, SCORE_CREATED_BY), "'ann, bob, eve'");
    assert_json(member(score, SCORE_LAST_UPDATED_BY), "'ann, bob, eve'");
    assert_true(score->v[SCORE_CREATED_AT].i == 5);
    assert_true(score->v[SCORE_LAST_UPDATED_AT].i == 9);
    assert_int_equal(score->v[SCORE_VALUE_BY_AUTHOR].list.n, 3);
    assert_json(member(score, SCORE_SOURCE_QUEUE_ID), "");
}

/* Nobody gave a reason, or a category. */
static void test_several_without_words(void **state)
{
    struct record *score;

    (void)state;
    add("ann", 7, "'name':'n','value':1");
    add("bob", 9, "'name':'n','value':2");
    score = merge(false, 1)[0];
    assert_json(member(score, SCORE_REASON), "'<no reason>, <no reason>'");
    assert_json(member(score, SCORE_CATEGORY_NAME), "', '");
    score = merge(true, 1)[0];
    assert_json(member(score, SCORE_REASON), "");
}

static struct str entry_name(const struct record *score, size_t i)
{
    const struct named_record *entries = score->v[SCORE_VALUE_BY_AUTHOR].list.items;

    assert_true(i < score->v[SCORE_VALUE_BY_AUTHOR].list.n);
    return entries[i].name;
}

/* One author, once for each queue. */
static void test_queues(void **state)
{
    struct record *score;
    char members[100];

    (void)state;
    add("ann", 7, "'name':'n','value':1");
    snprintf(members, sizeof(members), "'name':'n','value':2,'source_queue_id':'%s'",
             test_uuid_text(3));
    add("ann", 8, members);
    score = merge(false, 1)[0];
    assert_json(member(score, SCORE_VALUE), "1.5");
    assert_str(entry_name(score, 0), "ann");
    assert_true(str_eq(entry_name(score, 1), str_format(&arena, "ann_%s", test_uuid_text(3))));
}

/* As GET of a trace shows the scores of its spans. */
static void test_by_span(void **state)
{
    struct uuid first = test_uuid(1), second = test_uuid(2);
    struct record *score;

    (void)state;
    add("ann", 7, "'name':'n','value':1")->span = &first;
    add("ann", 8, "'name':'n','value':2,'reason':'b'")->span = &second;
    add("ann", 9, "'name':'n','value':6,'reason':'c'");
    sources[0].span_type = "llm";
    score = merge(true, 1)[0];
    assert_json(member(score, SCORE_VALUE), "3");
    assert_json(member(score, SCORE_REASON), "'b, c'");
    assert_str(entry_name(score, 0), "ann");
    assert_true(str_eq(entry_name(score, 1), str_format(&arena, "ann_%s", test_uuid_text(1))));
    assert_true(str_eq(entry_name(score, 2), str_format(&arena, "ann_%s", test_uuid_text(2))));
    assert_true(str_find(member(score, SCORE_VALUE_BY_AUTHOR), STR("\"span_type\":\"llm\"")) > 0);
    /* In lists they are told apart by author only. */
    score = merge(false, 1)[0];
    assert_json(member(score, SCORE_REASON), "'<no reason>, b, c'");
    assert_str(entry_name(score, 0), "ann");
    assert_int_equal(score->v[SCORE_VALUE_BY_AUTHOR].list.n, 1);
    assert_true(str_find(member(score, SCORE_VALUE_BY_AUTHOR), STR("\"reason\":\"c\"")) > 0);
}

static void test_none(void **state)
{
    (void)state;
    merge(false, 0);
}

/* The arena ends in the middle: an error, never a part. */
static void test_memory_limit(void **state)
{
    static char reason[20000];
    struct value value;
    struct arena small;

    (void)state;
    memset(reason, 'x', sizeof(reason));
    for (int i = 0; i < 8; i++)
        ((struct record *)add("ann", i, "'name':'n','value':1")->score)->v[SCORE_REASON] =
            value_text(str_make(reason, sizeof(reason)));
    arena_init(&small, 100000);
    assert_int_equal(score_view_merge(&small, sources, count, false, &value), ERR_TOO_LARGE);
    arena_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mean, start, stop),
        cmocka_unit_test_setup_teardown(test_one, start, stop),
        cmocka_unit_test_setup_teardown(test_several, start, stop),
        cmocka_unit_test_setup_teardown(test_several_without_words, start, stop),
        cmocka_unit_test_setup_teardown(test_queues, start, stop),
        cmocka_unit_test_setup_teardown(test_by_span, start, stop),
        cmocka_unit_test_setup_teardown(test_none, start, stop),
        cmocka_unit_test_setup_teardown(test_memory_limit, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
