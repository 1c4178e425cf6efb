/* Feedback scores and comments behind the door. */
#include <stdio.h>

#include "unit/store_support.h"

static struct test_store t;
static struct project p, q;

static int start(void **state)
{
    (void)state;
    test_store_open(&t);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    p = test_project(&t, "p");
    q = test_project(&t, "q");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_close(&t);
    return 0;
}

static struct subject_key key_of(enum subject subject, const struct project *project, unsigned id)
{
    return (struct subject_key){subject, project->key, test_uuid(id)};
}

/* queue 0: none */
static void put(struct subject_key key, const char *name, const char *author, unsigned queue,
                int64_t value)
{
    struct record *score = record_new(&t.arena, &score_resource);
    struct value *v = score->v;

    v[SCORE_NAME] = value_text(str_of(name));
    v[SCORE_VALUE] = value_int(value);
    v[SCORE_SOURCE] = value_int(1);
    v[SCORE_CREATED_AT] = v[SCORE_LAST_UPDATED_AT] = value_int(5);
    v[SCORE_CREATED_BY] = v[SCORE_LAST_UPDATED_BY] = v[SCORE_AUTHOR] = value_text(str_of(author));
    if (queue)
        v[SCORE_SOURCE_QUEUE_ID] = value_uuid(test_uuid(queue));
    if (store_annotation_put(t.writer, &key, score))
        fail_msg("%s", store_message(t.writer));
}

/* "name/author/value", with "+" for one of a queue; in the order of the store. */
static struct str list(struct subject_key key)
{
    struct str out = STR("");
    struct record **scores;
    size_t count;

    assert_int_equal(
        store_annotation_list(t.writer, &score_resource, &key, &t.arena, &scores, &count), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        const struct value *v = scores[i]->v;
        out = str_format(&t.arena, "%.*s%s%.*s/%.*s/%d%s", STR_ARG(out), i ? " " : "",
                         STR_ARG(v[SCORE_NAME].s), STR_ARG(v[SCORE_AUTHOR].s),
                         (int)v[SCORE_VALUE].i, value_is_set(&v[SCORE_SOURCE_QUEUE_ID]) ? "+" : "");
    }
    return out;
}

static void test_scores(void **state)
{
    struct subject_key key = key_of(SUBJECT_TRACE, &p, 1);

    (void)state;
    put(key, "b", "ann", 0, 1);
    put(key, "a", "bob", 0, 2);
    put(key, "a", "ann", 7, 3);
    put(key, "a", "ann", 0, 4);
    put(key, "A", "ann", 0, 5);
    assert_str(list(key), "A/ann/5 a/ann/4 a/ann/3+ a/bob/2 b/ann/1");
    put(key, "a", "ann", 7, 6);
    put(key, "a", "ann", 0, 7);
    assert_str(list(key), "A/ann/5 a/ann/7 a/ann/6+ a/bob/2 b/ann/1");
    /* Each subject has its own. */
    assert_str(list(key_of(SUBJECT_TRACE, &p, 2)), "");
    assert_str(list(key_of(SUBJECT_TRACE, &q, 1)), "");
    assert_str(list(key_of(SUBJECT_SPAN, &p, 1)), "");
}

static void remove_scores(struct subject_key key, const char *name, const char *author,
                          unsigned queue)
{
    struct uuid uuid = test_uuid(queue);
    struct str names[] = {STR("none"), str_of(name)};

    assert_int_equal(
        store_score_delete(t.writer, &key, names, 2, str_of(author), queue ? &uuid : NULL), ERR_OK);
}

static void test_delete(void **state)
{
    struct subject_key key = key_of(SUBJECT_TRACE, &p, 1), other = key_of(SUBJECT_TRACE, &p, 2);

    (void)state;
    for (unsigned queue = 0; queue <= 8; queue += 4) {
        put(key, "a", "ann", queue, (int)queue);
        put(key, "a", "bob", queue, (int)queue);
        put(other, "a", "bob", queue, (int)queue);
    }
    remove_scores(key, "a", "ann", 0);
    assert_str(list(key), "a/ann/4+ a/ann/8+ a/bob/0 a/bob/4+ a/bob/8+");
    remove_scores(key, "a", "", 4);
    assert_str(list(key), "a/ann/8+ a/bob/0 a/bob/8+");
    remove_scores(key, "A", "", 0);
    remove_scores(key, "a", "eve", 0);
    remove_scores(key, "a", "", 0);
    assert_str(list(key), "a/ann/8+ a/bob/8+");
    assert_str(list(other), "a/bob/0 a/bob/4+ a/bob/8+");
}

static bool any(enum subject subject, const struct project *project)
{
    bool there;

    assert_int_equal(store_annotation_any(t.writer, &score_resource, subject, project->key, &there),
                     ERR_OK);
    return there;
}

static void put_span(unsigned id, unsigned trace, const char *type)
{
    struct row row =
        test_row(&p, test_record(&t.arena, &span_resource, DECODE_UPDATE,
                                 "{'trace_id':'%s','type':'%s'}", test_uuid_text(trace), type));

    row.record->v[ENTITY_ID] = value_uuid(test_uuid(id));
    test_put(&t, &row);
}

static void test_clear(void **state)
{
    struct subject_key trace = key_of(SUBJECT_TRACE, &p, 1);

    (void)state;
    put(trace, "a", "ann", 0, 1);
    put(key_of(SUBJECT_TRACE_ASSERTION, &p, 1), "a", "ann", 0, 2);
    put(key_of(SUBJECT_TRACE, &p, 2), "a", "ann", 0, 3);
    put_span(10, 1, "llm");
    put_span(11, 2, "llm");
    put(key_of(SUBJECT_SPAN, &p, 10), "a", "ann", 0, 4);
    put(key_of(SUBJECT_SPAN, &p, 11), "a", "ann", 0, 5);
    assert_true(any(SUBJECT_TRACE_ASSERTION, &p));
    assert_int_equal(store_annotation_clear(t.writer, &trace), ERR_OK);
    assert_false(any(SUBJECT_TRACE_ASSERTION, &p));
    assert_str(list(trace), "");
    assert_str(list(key_of(SUBJECT_TRACE, &p, 2)), "a/ann/3");
    assert_true(any(SUBJECT_TRACE, &p));
    assert_false(any(SUBJECT_TRACE, &q));
    assert_int_equal(store_annotation_clear_spans(t.writer, p.key, &trace.id), ERR_OK);
    assert_str(list(key_of(SUBJECT_SPAN, &p, 10)), "");
    assert_str(list(key_of(SUBJECT_SPAN, &p, 11)), "a/ann/5");
}

static void test_scores_of_spans(void **state)
{
    struct uuid trace = test_uuid(1);
    struct span_score *scores;
    struct str out = STR("");
    size_t count;

    (void)state;
    put_span(10, 1, "llm");
    put_span(11, 1, "tool");
    put_span(12, 2, "llm");
    put(key_of(SUBJECT_SPAN, &p, 11), "a", "ann", 0, 1);
    put(key_of(SUBJECT_SPAN, &p, 10), "b", "ann", 0, 2);
    put(key_of(SUBJECT_SPAN, &p, 10), "a", "ann", 0, 3);
    put(key_of(SUBJECT_SPAN, &p, 12), "a", "ann", 0, 4);
    put(key_of(SUBJECT_SPAN, &q, 10), "a", "ann", 0, 5);
    put(key_of(SUBJECT_TRACE, &p, 10), "a", "ann", 0, 6);
    assert_int_equal(store_span_score_list(t.writer, p.key, &trace, &t.arena, &scores, &count),
                     ERR_OK);
    for (size_t i = 0; i < count; i++)
        out = str_format(&t.arena, "%.*s %.*s%d:%d/%d", STR_ARG(out),
                         STR_ARG(scores[i].score->v[SCORE_NAME].s), scores[i].span.b[15],
                         scores[i].type, (int)scores[i].score->v[SCORE_VALUE].i);
    assert_str(out, " a10:3/3 a11:2/1 b10:3/2");
}

/* ---- names ---- */

static struct str names(int64_t project_key, enum subject subject, int type)
{
    struct str out = STR("");
    struct str *items;
    size_t count;

    assert_int_equal(store_score_names(t.writer, t.workspace, &project_key, project_key ? 1 : 0,
                                       subject, type, &t.arena, &items, &count),
                     ERR_OK);
    for (size_t i = 0; i < count; i++)
        out = str_format(&t.arena, "%.*s%s%.*s", STR_ARG(out), i ? " " : "", STR_ARG(items[i]));
    return out;
}

static void test_names(void **state)
{
    static const char *const of_p[] = {"b", "a", "A", "aa", "ä", "B"};
    static const char *const of_q[] = {"c", "a", "A", "zz"};

    (void)state;
    assert_str(names(p.key, SUBJECT_TRACE, 0), "");
    assert_str(names(0, SUBJECT_TRACE, 0), "");
    for (unsigned i = 0; i < 300; i++) {
        put(key_of(SUBJECT_TRACE, &p, i), of_p[i % 6], i % 7 ? "ann" : "bob", i % 3, 1);
        put(key_of(SUBJECT_TRACE, &q, i), of_q[i % 4], "ann", 0, 1);
    }
    put(key_of(SUBJECT_SPAN, &p, 1), "span", "ann", 0, 1);
    assert_str(names(p.key, SUBJECT_TRACE, 0), "A B a aa b ä");
    assert_str(names(q.key, SUBJECT_TRACE, 0), "A a c zz");
    assert_str(names(0, SUBJECT_TRACE, 0), "A B a aa b c zz ä");
    {
        int64_t both[] = {q.key, p.key};
        struct str *items;
        size_t count;
        assert_int_equal(store_score_names(t.writer, t.workspace, both, 2, SUBJECT_TRACE, 0,
                                           &t.arena, &items, &count),
                         ERR_OK);
        assert_int_equal(count, 8);
    }
    assert_str(names(0, SUBJECT_SPAN, 0), "span");
    assert_str(names(0, SUBJECT_THREAD, 0), "");
    assert_int_equal(store_named_delete(t.writer, &project_resource, t.workspace, &q.id), ERR_OK);
    assert_str(names(0, SUBJECT_TRACE, 0), "A B a aa b ä");
}

static void test_names_by_type(void **state)
{
    (void)state;
    put_span(10, 1, "llm");
    put_span(11, 1, "tool");
    put(key_of(SUBJECT_SPAN, &p, 10), "a", "ann", 0, 1);
    put(key_of(SUBJECT_SPAN, &p, 11), "a", "ann", 0, 1);
    put(key_of(SUBJECT_SPAN, &p, 11), "b", "ann", 0, 1);
    put(key_of(SUBJECT_SPAN, &p, 12), "early", "ann", 0, 1);
    assert_str(names(0, SUBJECT_SPAN, 0), "a b early");
    assert_str(names(0, SUBJECT_SPAN, SPAN_TYPE_LLM), "a");
    assert_str(names(p.key, SUBJECT_SPAN, SPAN_TYPE_TOOL), "a b");
    assert_str(names(p.key, SUBJECT_SPAN, SPAN_TYPE_GENERAL), "");
}

/* ---- comments ---- */

static void put_comment(struct subject_key key, unsigned id, const char *text)
{
    struct record *comment = record_new(&t.arena, &comment_resource);
    struct value *v = comment->v;

    v[COMMENT_ID] = value_uuid(test_uuid(id));
    v[COMMENT_TEXT] = value_text(str_of(text));
    v[COMMENT_CREATED_AT] = v[COMMENT_LAST_UPDATED_AT] = value_int(5);
    v[COMMENT_CREATED_BY] = v[COMMENT_LAST_UPDATED_BY] = value_text(STR("ann"));
    assert_int_equal(store_annotation_put(t.writer, &key, comment), ERR_OK);
}

static struct str comments(struct subject_key key)
{
    struct str out = STR("");
    struct record **items;
    size_t count;

    assert_int_equal(
        store_annotation_list(t.writer, &comment_resource, &key, &t.arena, &items, &count), ERR_OK);
    for (size_t i = 0; i < count; i++)
        out = str_format(&t.arena, "%.*s %.*s", STR_ARG(out), STR_ARG(items[i]->v[COMMENT_TEXT].s));
    return out;
}

static void test_comments(void **state)
{
    struct subject_key key = key_of(SUBJECT_SPAN, &p, 1), found;
    struct uuid id = test_uuid(5), unknown = test_uuid(6);
    struct record *comment;

    (void)state;
    put_comment(key, 9, "later");
    put_comment(key, 5, "sooner");
    put_comment(key_of(SUBJECT_TRACE, &p, 1), 7, "else");
    assert_str(comments(key), " sooner later");
    assert_int_equal(store_comment_get(t.writer, t.workspace, &id, &t.arena, &comment, &found),
                     ERR_OK);
    assert_int_equal(found.subject, SUBJECT_SPAN);
    assert_true(found.project_key == p.key && uuid_eq(&found.id, &key.id));
    assert_int_equal(store_comment_get(t.writer, t.workspace + 1, &id, &t.arena, &comment, &found),
                     ERR_NOT_FOUND);
    assert_int_equal(store_comment_get(t.writer, t.workspace, &unknown, &t.arena, &comment, &found),
                     ERR_NOT_FOUND);
    put_comment(key, 5, "changed");
    assert_str(comments(key), " changed later");
    assert_int_equal(store_comment_delete(t.writer, &key, &id), ERR_OK);
    assert_str(comments(key), " later");
    assert_int_equal(store_annotation_clear(t.writer, &key), ERR_OK);
    assert_str(comments(key), "");
    assert_str(comments(key_of(SUBJECT_TRACE, &p, 1)), " else");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scores, start, stop),
        cmocka_unit_test_setup_teardown(test_delete, start, stop),
        cmocka_unit_test_setup_teardown(test_clear, start, stop),
        cmocka_unit_test_setup_teardown(test_scores_of_spans, start, stop),
        cmocka_unit_test_setup_teardown(test_names, start, stop),
        cmocka_unit_test_setup_teardown(test_names_by_type, start, stop),
        cmocka_unit_test_setup_teardown(test_comments, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
