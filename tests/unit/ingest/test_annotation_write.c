/* Writing feedback scores and comments of traces, spans and threads (traces.md 11, 12, spans.md 10,
 * threads.md 6.10 to 7). */
#include "ingest/annotation_write.h"

#include <stdio.h>

#include "unit/ingest/apply_thread.h"

#define TRACE (&trace_resource)
#define SPAN (&span_resource)
#define THREAD (&thread_resource)

static struct annotation_change *new_change(const struct resource *about, const struct uuid *id)
{
    struct annotation_change *change = arena_zalloc(&apply_store.arena, sizeof(*change));

    change->about = about;
    if (id)
        change->id = *id;
    change->has_uuid = id;
    change->records = arena_alloc(&apply_store.arena, sizeof(struct record *));
    change->record_count = 1;
    return change;
}

static enum err put(const struct resource *about, unsigned id, const char *members)
{
    struct uuid uuid = test_uuid(id);
    struct annotation_change *change = new_change(about, &uuid);

    change->records[0] = test_record(&apply_store.arena, &score_resource, DECODE_CREATE,
                                     "{'source':'sdk',%s}", members);
    score_change_put(change);
    return apply_change(&change->change);
}

/* `scores` are whole items without their source. */
static enum err put_batch(const struct resource *about, const char *scores)
{
    struct annotation_change *change = new_change(about, NULL);
    struct record *body = test_record(
        &apply_store.arena, about == THREAD ? &thread_score_batch_resource : &score_batch_resource,
        DECODE_CREATE, "{'scores':[%s]}", scores);

    change->records = body->v[SCORE_BATCH_SCORES].list.items;
    change->record_count = body->v[SCORE_BATCH_SCORES].list.n;
    score_change_put_batch(change);
    return apply_change(&change->change);
}

static enum err remove_score(const struct resource *about, unsigned id, const char *members)
{
    struct uuid uuid = test_uuid(id);
    struct annotation_change *change = new_change(about, &uuid);

    change->records[0] =
        test_record(&apply_store.arena, &score_delete_resource, DECODE_CREATE, "{%s}", members);
    score_change_delete(change);
    return apply_change(&change->change);
}

/* "name=value/author …" of what is stored about something, values in 10^-9. */
static struct str stored(enum subject subject, const char *project, const struct uuid *id)
{
    struct subject_key key = {subject, apply_project(project).key, *id};
    struct str out = STR("");
    struct record **scores;
    size_t count;

    assert_int_equal(store_annotation_list(apply_store.writer, &score_resource, &key,
                                           &apply_store.arena, &scores, &count),
                     ERR_OK);
    for (size_t i = 0; i < count; i++)
        out =
            str_format(&apply_store.arena, "%.*s%s%.*s=%lld/%.*s", STR_ARG(out), i ? " " : "",
                       STR_ARG(scores[i]->v[SCORE_NAME].s), (long long)scores[i]->v[SCORE_VALUE].i,
                       STR_ARG(scores[i]->v[SCORE_AUTHOR].s));
    return out;
}

static struct str of_trace(unsigned id)
{
    struct uuid uuid = test_uuid(id);

    return stored(SUBJECT_TRACE, "P", &uuid);
}

static void test_put_one(void **state)
{
    struct uuid span = test_uuid(9);

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P'");
    apply_create(SPAN, 9, "'project_name':'P'");
    assert_int_equal(put(TRACE, 1, "'name':'n','value':0.5"), ERR_OK);
    assert_int_equal(put(SPAN, 9, "'name':'s','value':2"), ERR_OK);
    assert_int_equal(put(TRACE, 1, "'name':'N','value':1"), ERR_OK);
    apply_user = "eve";
    assert_int_equal(put(TRACE, 1, "'name':'n','value':-1"), ERR_OK);
    assert_str(of_trace(1), "N=1000000000/user n=-1000000000/eve n=500000000/user");
    assert_int_equal(put(TRACE, 1, "'name':'n','value':-2"), ERR_OK);
    assert_str(of_trace(1), "N=1000000000/user n=-2000000000/eve n=500000000/user");
    assert_str(stored(SUBJECT_SPAN, "P", &span), "s=2000000000/user");
}

static void test_put_refuses(void **state)
{
    char message[100];

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P'");
    snprintf(message, sizeof(message), "Trace id: %s not found", test_uuid_text(2));
    assert_int_equal(put(TRACE, 2, "'name':'n','value':1"), ERR_NOT_FOUND);
    assert_message(&apply_error, ERR_NOT_FOUND, message);
    /* A trace of which only spans have come is none. */
    apply_create(
        SPAN, 9,
        str_format(&apply_store.arena, "'project_name':'P','trace_id':'%s'", test_uuid_text(2)).p);
    assert_int_equal(put(TRACE, 2, "'name':'n','value':1"), ERR_NOT_FOUND);
    snprintf(message, sizeof(message), "Span id: %s not found", test_uuid_text(1));
    assert_int_equal(put(SPAN, 1, "'name':'n','value':1"), ERR_NOT_FOUND);
    assert_message(&apply_error, ERR_NOT_FOUND, message);
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM score"), 0);
}

/* What was deleted takes its scores and comments along; a replaced one keeps them. */
static void test_scores_go_with_their_trace(void **state)
{
    unsigned ids[] = {1, 0};
    struct uuid span = test_uuid(9);

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P'");
    apply_create(SPAN, 9, "'project_name':'P'");
    put(TRACE, 1, "'name':'n','value':1");
    put(SPAN, 9, "'name':'n','value':1");
    apply_batch(TRACE, "1 'project_name':'P'");
    assert_str(of_trace(1), "n=1000000000/user");
    apply_delete(TRACE, ids, NULL);
    assert_str(of_trace(1), "");
    assert_str(stored(SUBJECT_SPAN, "P", &span), "");
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM score"), 0);
}

static void test_batch(void **state)
{
    char items[600];
    struct uuid id = test_uuid(1), span = test_uuid(2);

    (void)state;
    snprintf(items, sizeof(items),
             "{'id':'%s','name':'n','value':1,'source':'ui','project_name':' p '},"
             "{'id':'%s','name':'m','value':2,'source':'sdk','project_name':'Q'},"
             "{'id':'%s','name':'d','value':3,'source':'sdk'},"
             "{'id':'%s','name':'a','value':1,'source':'sdk','project_name':'P',"
             "'category_name':'suite_assertion'}",
             test_uuid_text(1), test_uuid_text(1), test_uuid_text(1), test_uuid_text(1));
    assert_int_equal(put_batch(TRACE, items), ERR_OK); /* before the trace */
    assert_str(stored(SUBJECT_TRACE, "P", &id), "n=1000000000/user");
    assert_str(stored(SUBJECT_TRACE, "Q", &id), "m=2000000000/user");
    assert_str(stored(SUBJECT_TRACE, "Default Project", &id), "d=3000000000/user");
    assert_str(stored(SUBJECT_TRACE_ASSERTION, "P", &id), "a=1000000000/user");
    /* Only traces have assertions. */
    snprintf(items, sizeof(items),
             "{'id':'%s','name':'a','value':1,'source':'sdk','project_name':'P',"
             "'category_name':'suite_assertion'}",
             test_uuid_text(2));
    assert_int_equal(put_batch(SPAN, items), ERR_OK);
    assert_str(stored(SUBJECT_SPAN, "P", &span), "a=1000000000/user");
}

static void test_delete_scores(void **state)
{
    char members[200];

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P'");
    snprintf(members, sizeof(members), "'name':'n','value':3,'source_queue_id':'%s'",
             test_uuid_text(50));
    for (int i = 0; i < 2; i++) {
        apply_user = i ? "eve" : "ann";
        put(TRACE, 1, "'name':'n','value':1");
        put(TRACE, 1, "'name':'m','value':2");
        put(TRACE, 1, members);
    }
    assert_int_equal(remove_score(TRACE, 1, "'name':'n','author':'eve'"), ERR_OK);
    assert_str(of_trace(1), "m=2000000000/ann m=2000000000/eve n=1000000000/ann n=3000000000/ann "
                            "n=3000000000/eve");
    assert_int_equal(remove_score(TRACE, 1, "'name':'n','author':' '"), ERR_OK);
    assert_str(of_trace(1), "m=2000000000/ann m=2000000000/eve n=3000000000/ann n=3000000000/eve");
    snprintf(members, sizeof(members), "'name':'n','author':'ann','source_queue_id':'%s'",
             test_uuid_text(50));
    assert_int_equal(remove_score(TRACE, 1, members), ERR_OK);
    assert_str(of_trace(1), "m=2000000000/ann m=2000000000/eve n=3000000000/eve");
    assert_int_equal(remove_score(TRACE, 1, "'name':'M'"), ERR_OK);
    assert_int_equal(remove_score(TRACE, 2, "'name':'m'"), ERR_OK);
    assert_str(of_trace(1), "m=2000000000/ann m=2000000000/eve n=3000000000/eve");
}

/* ---- threads ---- */

static enum err remove_of_thread(const char *members)
{
    struct annotation_change *change = new_change(THREAD, NULL);

    change->records[0] = test_record(&apply_store.arena, &thread_score_delete_resource,
                                     DECODE_CREATE, "{%s}", members);
    thread_score_change_delete(change);
    return apply_change(&change->change);
}

static void test_threads(void **state)
{
    struct thread thread;

    (void)state;
    assert_int_equal(put_batch(THREAD, "{'thread_id':'t','name':'n','value':1,'source':'sdk',"
                                       "'project_name':'P'},{'thread_id':'t','name':'m',"
                                       "'value':2,'source':'sdk','project_name':'p'}"),
                     ERR_OK);
    thread = apply_thread_get("P", "t");
    assert_true(thread.has_model && !thread.has_record);
    assert_str(stored(SUBJECT_THREAD, "P", &thread.model_id),
               "m=2000000000/user n=1000000000/user");
    /* They wait for its traces, and do not touch it. */
    apply_create(TRACE, 1, "'project_name':'P','thread_id':'t'");
    apply_thread_close("P", "t");
    assert_int_equal(put_batch(THREAD, "{'thread_id':'t','name':'n','value':3,'source':'sdk',"
                                       "'project_name':'P'}"),
                     ERR_OK);
    assert_str(stored(SUBJECT_THREAD, "P", &thread.model_id),
               "m=2000000000/user n=3000000000/user");
    thread = apply_thread_get("P", "t");
    assert_int_equal(thread.status, THREAD_INACTIVE);
    assert_true(thread.last_updated_at < apply_now);
    assert_int_equal(remove_of_thread("'project_name':'P','thread_id':'t','names':['n','x'],"
                                      "'author':'eve'"),
                     ERR_OK);
    assert_int_equal(remove_of_thread("'project_name':'x','thread_id':'t','names':['n']"), ERR_OK);
    assert_int_equal(remove_of_thread("'project_name':'P','thread_id':'x','names':['n']"), ERR_OK);
    assert_str(stored(SUBJECT_THREAD, "P", &thread.model_id),
               "m=2000000000/user n=3000000000/user");
    assert_int_equal(remove_of_thread("'project_name':' p ','thread_id':'t','names':['n','m']"),
                     ERR_OK);
    assert_str(stored(SUBJECT_THREAD, "P", &thread.model_id), "");
}

/* ---- comments ---- */

static enum err comment(const struct resource *about, const struct uuid *id, struct str thread_id,
                        unsigned number, const char *text)
{
    struct annotation_change *change = new_change(about, id);

    change->has_uuid = about == THREAD && id;
    change->thread_id = thread_id;
    change->records[0] =
        test_record(&apply_store.arena, &comment_resource, DECODE_CREATE, "{'text':'%s'}", text);
    change->records[0]->v[COMMENT_ID] = value_uuid(test_uuid(number));
    comment_change_create(change);
    return apply_change(&change->change);
}

static struct record *find_comment(unsigned number, struct subject_key *key)
{
    struct uuid id = test_uuid(number);
    struct record *record;
    enum err err = store_comment_get(apply_store.writer, apply_store.workspace, &id,
                                     &apply_store.arena, &record, key);

    return err ? NULL : record;
}

static enum err update_comment(unsigned number, const char *text)
{
    struct uuid id = test_uuid(number);
    struct annotation_change *change = new_change(TRACE, &id);

    change->records[0] =
        test_record(&apply_store.arena, &comment_resource, DECODE_UPDATE, "{'text':'%s'}", text);
    comment_change_update(change);
    return apply_change(&change->change);
}

static void test_comments(void **state)
{
    struct uuid id = test_uuid(1), other = test_uuid(2);
    struct annotation_change *change;
    struct subject_key key;
    struct record *record;
    int64_t created;
    char message[100];

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P'");
    assert_int_equal(comment(TRACE, &id, STR(""), 100, "hello"), ERR_OK);
    created = apply_now;
    snprintf(message, sizeof(message), "trace id: %s not found", test_uuid_text(2));
    assert_int_equal(comment(TRACE, &other, STR(""), 101, "x"), ERR_NOT_FOUND);
    assert_message(&apply_error, ERR_NOT_FOUND, message);
    record = find_comment(100, &key);
    assert_str(record->v[COMMENT_TEXT].s, "hello");
    assert_int_equal(key.subject, SUBJECT_TRACE);
    assert_true(uuid_eq(&key.id, &id));
    apply_user = "eve";
    assert_int_equal(update_comment(100, "bye"), ERR_OK);
    record = find_comment(100, &key);
    assert_str(record->v[COMMENT_TEXT].s, "bye");
    assert_str(record->v[COMMENT_CREATED_BY].s, "user");
    assert_str(record->v[COMMENT_LAST_UPDATED_BY].s, "eve");
    assert_true(record->v[COMMENT_CREATED_AT].i == created);
    assert_true(record->v[COMMENT_LAST_UPDATED_AT].i == apply_now);
    snprintf(message, sizeof(message), "Comment id: %s not found", test_uuid_text(101));
    assert_int_equal(update_comment(101, "x"), ERR_NOT_FOUND);
    assert_message(&apply_error, ERR_NOT_FOUND, message);
    apply_workspace = "other";
    assert_int_equal(update_comment(100, "x"), ERR_NOT_FOUND);
    apply_workspace = "default";
    change = new_change(TRACE, NULL);
    change->ids = (struct uuid[]){test_uuid(101), test_uuid(100)};
    change->id_count = 2;
    comment_change_delete(change);
    assert_int_equal(apply_change(&change->change), ERR_OK);
    assert_null(find_comment(100, &key));
}

/* By its thread_model_id or its own id; one without a record has no comments. */
static void test_comments_of_threads(void **state)
{
    struct uuid id, span = test_uuid(9);
    struct subject_key key;

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','thread_id':'t'");
    apply_create(SPAN, 9, "'project_name':'P'");
    id = apply_thread_get("P", "t").model_id;
    assert_int_equal(comment(THREAD, &id, STR(""), 100, "a"), ERR_OK);
    assert_int_equal(comment(THREAD, NULL, STR("t"), 101, "b"), ERR_OK);
    assert_non_null(find_comment(101, &key));
    assert_int_equal(key.subject, SUBJECT_THREAD);
    assert_true(uuid_eq(&key.id, &id));
    assert_int_equal(comment(THREAD, NULL, STR("x"), 102, "c"), ERR_NOT_FOUND);
    assert_message(&apply_error, ERR_NOT_FOUND, "thread id: x not found");
    apply_thread_open("P", "u");
    id = apply_thread_get("P", "u").model_id;
    assert_int_equal(comment(THREAD, &id, STR(""), 102, "c"), ERR_NOT_FOUND);
    assert_int_equal(comment(SPAN, &span, STR(""), 103, "d"), ERR_OK);
    assert_non_null(find_comment(103, &key));
    assert_int_equal(key.subject, SUBJECT_SPAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_put_one, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_put_refuses, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_scores_go_with_their_trace, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_batch, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_delete_scores, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_threads, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_comments, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_comments_of_threads, apply_start, apply_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
