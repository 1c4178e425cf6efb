/* The life of threads: beginning, closing, opening, tags, deletion, and closing by the clock
 * (threads.md 2 and 6). What traces do to their sums is in test_thread_sums.c. */
#include "ingest/thread_write.h"

#include <stdio.h>

#include "base/clock.h"
#include "ingest/annotation_write.h"
#include "unit/ingest/apply_thread.h"

#define TRACE (&trace_resource)
#define MINUTE 60000000LL

static const struct thread *get(const char *thread_id)
{
    struct thread *thread = arena_alloc(&apply_store.arena, sizeof(*thread));

    *thread = apply_thread_get("P", thread_id);
    return thread;
}

static int status_of(const char *thread_id)
{
    return get(thread_id)->status;
}

static void create(unsigned id, const char *thread_id, const char *more)
{
    char body[300];

    snprintf(body, sizeof(body), "%u 'project_name':'P','thread_id':'%s'%s%s", id, thread_id,
             more[0] ? "," : "", more);
    assert_int_equal(apply_batch(TRACE, body), ERR_OK);
}

/* ---- beginning ---- */

static void test_begin(void **state)
{
    struct thread thread;

    (void)state;
    apply_user = "ann";
    apply_batch(TRACE, "7 'project_name':'P','thread_id':'a','source':'sdk','environment':'seven',"
                       "'last_updated_at':1000\n"
                       "5 'project_name':'P','thread_id':'a','source':'experiment',"
                       "'environment':'five','last_updated_at':500");
    thread = *get("a");
    assert_true(thread.has_model && thread.has_record);
    assert_int_equal(uuid_version(&thread.model_id), 7);
    assert_true(uuid_time_ms(&thread.model_id) == 1700000000005);
    assert_int_equal(thread.status, THREAD_ACTIVE);
    assert_true(thread.created_at == apply_now);
    assert_true(thread.last_updated_at == 1000000000);
    assert_str(thread.created_by, "ann");
    assert_str(thread.last_updated_by, "ann");
    assert_str(thread.environment, "five");
    assert_int_equal(thread.source, 2);
    assert_int_equal(thread.tags.n, 0);
    /* A later one wakes it up, and changes nothing else. */
    apply_user = "bob";
    apply_batch(TRACE, "1 'project_name':'P','thread_id':'a','environment':'one'");
    assert_true(uuid_eq(&get("a")->model_id, &thread.model_id));
    assert_true(get("a")->created_at == thread.created_at);
    assert_str(get("a")->created_by, "ann");
    assert_str(get("a")->last_updated_by, "bob");
    assert_true(get("a")->last_updated_at == apply_now);
    assert_str(get("a")->environment, "five");
}

static void test_patch_begins_nothing(void **state)
{
    (void)state;
    create(1, "a", "");
    apply_thread_close("P", "a");
    apply_create(TRACE, 2, "'project_name':'P'");
    apply_patch(TRACE, 2, "'thread_id':'a'");
    assert_int_equal(status_of("a"), THREAD_INACTIVE);
    apply_patch(TRACE, 2, "'thread_id':'b'");
    assert_false(get("b")->has_model);
    assert_false(get("b")->has_record);
    /* Blank is none. */
    assert_int_equal(apply_create(TRACE, 3, "'project_name':'P','thread_id':' '"), ERR_OK);
    assert_int_equal(apply_patch(TRACE, 3, "'thread_id':' '"), ERR_OK);
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM thread"), 2);
}

/* The same trace again is a sign of life too. */
static void test_reopening(void **state)
{
    (void)state;
    create(1, "a", "");
    assert_int_equal(apply_thread_close("P", "a"), ERR_OK);
    create(2, "a", "'last_updated_at':1000");
    assert_int_equal(status_of("a"), THREAD_INACTIVE); /* older than the closing */
    create(2, "a", "");
    assert_int_equal(status_of("a"), THREAD_ACTIVE);
    apply_thread_close("P", "a");
    apply_create(TRACE, 3, "'project_name':'P','thread_id':'a'");
    assert_int_equal(status_of("a"), THREAD_ACTIVE);
    assert_int_equal(get("a")->trace_count, 3);
}

/* ---- open and close ---- */

static void test_close_and_open(void **state)
{
    int64_t closed;

    (void)state;
    create(1, "a", "");
    create(2, "b", "");
    apply_user = "eve";
    assert_int_equal(apply_thread_close("p", "a,b,a"), ERR_OK);
    closed = apply_now;
    assert_int_equal(status_of("a"), THREAD_INACTIVE);
    assert_int_equal(status_of("b"), THREAD_INACTIVE);
    assert_true(get("b")->last_updated_at == closed);
    assert_str(get("b")->last_updated_by, "eve");
    /* Again: nothing changes. */
    apply_user = "dan";
    assert_int_equal(apply_thread_close("P", "a"), ERR_OK);
    assert_true(get("a")->last_updated_at == closed);
    assert_int_equal(apply_thread_open("P", "a"), ERR_OK);
    assert_int_equal(status_of("a"), THREAD_ACTIVE);
    assert_true(get("a")->last_updated_at == apply_now);
    assert_str(get("a")->last_updated_by, "dan");
    closed = apply_now;
    assert_int_equal(apply_thread_open("P", "a"), ERR_OK);
    assert_true(get("a")->last_updated_at == closed);
    assert_null(apply_thread_mismatch("P"));
}

static void test_close_refuses(void **state)
{
    (void)state;
    create(1, "a", "");
    assert_int_equal(apply_thread_close("P", "x,a,y"), ERR_NOT_FOUND);
    assert_message(&apply_error, ERR_NOT_FOUND, "Thread '[x, y]' not found:");
    assert_int_equal(apply_thread_close("P", "x,x,y,a,x,y,a"), ERR_NOT_FOUND);
    assert_message(&apply_error, ERR_NOT_FOUND, "Thread '[x, y]' not found:");
    assert_int_equal(status_of("a"), THREAD_ACTIVE);
    assert_int_equal(apply_thread_close("Q", "a"), ERR_NOT_FOUND);
    assert_message(&apply_error, ERR_NOT_FOUND, "Project name: Q not found");
    assert_int_equal(apply_thread_open("Q", "a"), ERR_NOT_FOUND);
    assert_message(&apply_error, ERR_NOT_FOUND, "Project name: Q not found");
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM thread"), 1);
}

/* An unknown thread gets a mapping, which the first trace takes over. */
static void test_open_unknown(void **state)
{
    struct thread early;

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P'");
    assert_int_equal(apply_thread_open("P", "a"), ERR_OK);
    early = *get("a");
    assert_true(early.has_model && !early.has_record && early.trace_count == 0);
    assert_true(uuid_time_ms(&early.model_id) == apply_now / 1000);
    assert_int_equal(apply_thread_close("P", "a"), ERR_NOT_FOUND);
    assert_null(apply_thread_mismatch("P"));
    apply_user = "ann";
    create(2, "a", "");
    assert_true(uuid_eq(&get("a")->model_id, &early.model_id));
    assert_true(get("a")->has_record);
    assert_true(get("a")->created_at == early.mapped_at);
    assert_str(get("a")->created_by, "user");
    assert_int_equal(apply_thread_close("P", "a"), ERR_OK);
}

/* Traces that PATCHes brought into it, but no record. */
static void test_close_without_record(void **state)
{
    int64_t created;

    (void)state;
    apply_create(TRACE, 1, "'project_name':'P','environment':'e'");
    created = apply_now;
    apply_patch(TRACE, 1, "'thread_id':'a'");
    apply_user = "eve";
    assert_int_equal(apply_thread_close("P", "a"), ERR_OK);
    assert_true(get("a")->has_model && get("a")->has_record);
    assert_int_equal(status_of("a"), THREAD_INACTIVE);
    assert_true(get("a")->created_at == created);
    assert_true(uuid_time_ms(&get("a")->model_id) == created / 1000);
    assert_str(get("a")->created_by, "user");
    assert_str(get("a")->last_updated_by, "eve");
    assert_str(get("a")->environment, "e");
    assert_null(apply_thread_mismatch("P"));
}

/* ---- delete ---- */

static enum err score(const char *thread_id)
{
    struct annotation_change *change = arena_zalloc(&apply_store.arena, sizeof(*change));
    struct record *body =
        test_record(&apply_store.arena, &thread_score_batch_resource, DECODE_CREATE,
                    "{'scores':[{'thread_id':'%s','name':'n','value':1,'source':'sdk',"
                    "'project_name':'P'}]}",
                    thread_id);

    change->about = &thread_resource;
    change->records = body->v[SCORE_BATCH_SCORES].list.items;
    change->record_count = 1;
    score_change_put_batch(change);
    return apply_change(&change->change);
}

static void test_delete(void **state)
{
    static char items[1200 * 50];
    struct thread before;
    size_t n = 0;

    (void)state;
    for (unsigned i = 1; i <= 1100; i++)
        n += (size_t)snprintf(items + n, sizeof(items) - n, "%s%u 'project_name':'P'%s",
                              i > 1 ? "\n" : "", i, i % 11 ? ",'thread_id':'a'" : "");
    assert_int_equal(apply_batch(TRACE, items), ERR_OK);
    apply_create(&span_resource, 5000, "'project_name':'P','usage':{'a':1}");
    assert_int_equal(score("a"), ERR_OK);
    create(2000, "b", "");
    create(2001, "b", "");
    before = *get("a");
    assert_int_equal(before.trace_count, 1000);
    assert_int_equal(apply_thread_delete("Q", "a", false), ERR_OK);
    assert_int_equal(apply_thread_delete("P", "unknown", true), ERR_OK);
    assert_int_equal(get("a")->trace_count, 1000);
    assert_int_equal(apply_thread_delete("P", "a,unknown,b", false), ERR_OK);
    assert_int_equal(apply_notes, 1002);
    assert_int_equal(get("a")->trace_count, 0);
    assert_int_equal(apply_project("P").trace_count, 100);
    assert_int_equal(apply_project("P").span_count, 0);
    assert_null(apply_thread_mismatch("P"));
    /* Its record and scores wait for the next trace. */
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM score"), 1);
    create(3000, "a", "");
    assert_true(uuid_eq(&get("a")->model_id, &before.model_id));
    assert_true(get("a")->created_at == before.created_at);
    assert_int_equal(apply_thread_delete("P", "a", true), ERR_OK);
    assert_int_equal(test_store_sql(&apply_store, "SELECT count(*) FROM score"), 0);
}

/* ---- tags ---- */

static void assert_tags(const char *thread_id, const char *want)
{
    struct thread thread = *get(thread_id);

    assert_json(thread.tags.n ? thread.tags : STR("[]"), want);
}

static void test_tags(void **state)
{
    struct uuid id, unknown = test_uuid(77);

    (void)state;
    create(1, "a", "");
    apply_thread_close("P", "a");
    id = get("a")->model_id;
    apply_user = "eve";
    assert_int_equal(apply_thread_update(&id, "'tags':['x','y']"), ERR_OK);
    assert_tags("a", "['x','y']");
    assert_true(get("a")->last_updated_at == apply_now);
    assert_str(get("a")->last_updated_by, "eve");
    assert_int_equal(status_of("a"), THREAD_INACTIVE);
    assert_int_equal(apply_thread_update(&id, ""), ERR_OK);
    assert_tags("a", "['x','y']");
    assert_true(get("a")->last_updated_at == apply_now);
    /* contract/README.md, difference 1 */
    assert_int_equal(apply_thread_update(&id, "'tags_to_add':['z'],'tags_to_remove':['x']"),
                     ERR_OK);
    assert_tags("a", "['y','z']");
    assert_int_equal(apply_thread_update(&id, "'tags':[]"), ERR_OK);
    assert_tags("a", "[]");
    assert_int_equal(apply_thread_update(&unknown, "'tags':['x']"), ERR_NOT_FOUND);
    assert_int_equal(apply_error.code, ERR_NOT_FOUND);
    /* A mapping alone has no tags. */
    apply_thread_open("P", "b");
    id = get("b")->model_id;
    assert_int_equal(apply_thread_update(&id, "'tags':['x']"), ERR_OK);
    assert_tags("b", "[]");
}

/* A list with numbers from `from` on, of 50 tags. */
static const char *fifty(unsigned from)
{
    static char text[700];
    size_t n = (size_t)snprintf(text, sizeof(text), "'tags_to_add':[");

    for (unsigned i = 0; i < 50; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s'%u'", i ? "," : "", from + i);
    snprintf(text + n, sizeof(text) - n, "]");
    return text;
}

static enum err update_many(const struct uuid *ids, size_t count, bool merge, const char *members)
{
    struct thread_change *change = arena_zalloc(&apply_store.arena, sizeof(*change));

    change->ids = arena_alloc(&apply_store.arena, count * sizeof(*ids));
    memcpy(change->ids, ids, count * sizeof(*ids));
    change->id_count = count;
    change->merge_tags = merge;
    change->update =
        test_record(&apply_store.arena, &thread_resource, DECODE_UPDATE, "{%s}", members);
    thread_change_update_batch(change);
    return apply_change(&change->change);
}

static void test_tags_of_many(void **state)
{
    struct uuid ids[3];

    (void)state;
    create(1, "a", "");
    create(2, "b", "");
    ids[0] = get("a")->model_id;
    ids[1] = test_uuid(77);
    ids[2] = get("b")->model_id;
    assert_int_equal(apply_thread_update(&ids[0], "'tags':['x']"), ERR_OK);
    apply_user = "eve";
    assert_int_equal(update_many(ids, 3, true, "'tags':['y']"), ERR_OK);
    assert_tags("a", "['x','y']");
    assert_tags("b", "['y']");
    assert_str(get("a")->last_updated_by, "user");
    assert_true(get("a")->last_updated_at == apply_now);
    assert_int_equal(update_many(ids, 3, false, "'tags':['z']"), ERR_OK);
    assert_tags("a", "['z']");
    /* Too many for one: nothing for all. */
    assert_int_equal(update_many(&ids[2], 1, false, fifty(0)), ERR_UNPROCESSABLE);
    assert_items(&apply_error, ERR_UNPROCESSABLE, "Tag limit exceeded: maximum 50 tags per item");
    assert_int_equal(update_many(&ids[2], 1, false, "'tags':[]"), ERR_OK);
    assert_int_equal(update_many(&ids[2], 1, false, fifty(0)), ERR_OK);
    assert_int_equal(update_many(ids, 3, false, "'tags_to_add':['0']"), ERR_OK);
    assert_tags("a", "['z','0']");
    assert_int_equal(update_many(ids, 3, false, "'tags_to_add':['new']"), ERR_UNPROCESSABLE);
    assert_tags("a", "['z','0']");
}

/* ---- inactivity ---- */

static int64_t close_idle_since(int64_t limit, int64_t timeout_us, int64_t lookback_us)
{
    struct thread_change *change = arena_zalloc(&apply_store.arena, sizeof(*change));

    change->limit = limit;
    change->timeout_us = timeout_us;
    change->lookback_us = lookback_us;
    thread_change_close_idle(change);
    assert_int_equal(apply_change(&change->change), ERR_OK);
    return change->closed;
}

static int64_t close_idle(int64_t limit, int64_t timeout_us)
{
    return close_idle_since(limit, timeout_us, 0);
}

static void configure(const char *timeout)
{
    struct session *writer = apply_store.writer;
    struct record *configuration;
    int64_t workspace;

    configuration =
        test_record(&apply_store.arena, &workspace_configuration_resource, DECODE_CREATE,
                    "{'timeout_to_mark_thread_as_inactive':'%s'}", timeout);
    assert_int_equal(store_begin(writer), ERR_OK);
    assert_int_equal(store_workspace_ensure(writer, str_of(apply_workspace), &workspace), ERR_OK);
    assert_int_equal(store_configuration_put(writer, workspace, configuration), ERR_OK);
    assert_int_equal(store_commit(writer), ERR_OK);
}

static void test_idle(void **state)
{
    struct uuid id;

    (void)state;
    create(1, "a", "");
    apply_now += 10 * MINUTE;
    create(2, "b", "");
    apply_patch(TRACE, 3, "'project_name':'P','thread_id':'patched'");
    apply_now += 6 * MINUTE;
    apply_user = "clock";
    assert_int_equal(close_idle(100, 20 * MINUTE), 0);
    assert_int_equal(close_idle(100, 15 * MINUTE), 1);
    assert_int_equal(status_of("a"), THREAD_INACTIVE);
    assert_true(get("a")->last_updated_at == apply_now);
    assert_str(get("a")->last_updated_by, "admin");
    assert_int_equal(status_of("b"), THREAD_ACTIVE);
    assert_int_equal(close_idle(100, 15 * MINUTE), 0);
    /* A trace wakes it up, a change of tags puts it off. */
    create(4, "a", "");
    apply_now += 10 * MINUTE;
    id = get("a")->model_id;
    assert_int_equal(apply_thread_update(&id, ""), ERR_OK);
    apply_now += 10 * MINUTE;
    assert_int_equal(close_idle(100, 15 * MINUTE), 1);
    assert_int_equal(status_of("a"), THREAD_ACTIVE);
    assert_int_equal(status_of("b"), THREAD_INACTIVE);
    assert_null(apply_thread_mismatch("P"));
}

static void test_idle_limit(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 7; i++)
        create(i, test_uuid_text(i), "");
    apply_now += MINUTE;
    assert_int_equal(close_idle(3, MINUTE / 2), 3);
    assert_int_equal(status_of(test_uuid_text(3)), THREAD_INACTIVE); /* the longest idle first */
    assert_int_equal(status_of(test_uuid_text(4)), THREAD_ACTIVE);
    assert_int_equal(close_idle(3, MINUTE / 2), 3);
    assert_int_equal(close_idle(3, MINUTE / 2), 1);
    assert_int_equal(close_idle(3, MINUTE / 2), 0);
}

/* Each workspace has its own time. */
static void test_idle_by_workspace(void **state)
{
    (void)state;
    create(1, "a", "");
    apply_workspace = "quick";
    create(2, "a", "");
    configure("PT2M");
    apply_workspace = "slow";
    create(3, "a", "");
    configure("P7D");
    apply_now += 3 * MINUTE;
    assert_int_equal(close_idle(100, 15 * MINUTE), 1);
    apply_workspace = "quick";
    assert_int_equal(status_of("a"), THREAD_INACTIVE);
    apply_now += 20 * MINUTE;
    assert_int_equal(close_idle(100, 15 * MINUTE), 1);
    apply_workspace = "default";
    assert_int_equal(status_of("a"), THREAD_INACTIVE);
    apply_workspace = "slow";
    assert_int_equal(status_of("a"), THREAD_ACTIVE);
    apply_now += 7 * 24 * 60 * MINUTE;
    assert_int_equal(close_idle(100, 15 * MINUTE), 1);
}

/* What has been silent for too long is not touched any more (threads.md 2.2). */
static void test_idle_lookback(void **state)
{
    const int64_t hour = 60 * MINUTE, day = 24 * hour;

    (void)state;
    create(1, "a", "");
    apply_now += day - 20 * MINUTE;
    create(2, "b", "");
    apply_now += 21 * MINUTE;
    assert_int_equal(close_idle(100, 15 * MINUTE), 1);
    assert_int_equal(status_of("a"), THREAD_ACTIVE);
    assert_int_equal(status_of("b"), THREAD_INACTIVE);
    assert_int_equal(close_idle_since(100, 15 * MINUTE, hour), 0);
    assert_int_equal(close_idle_since(100, 15 * MINUTE, day + hour), 1);
    assert_int_equal(status_of("a"), THREAD_INACTIVE);
    /* The longest time of all workspaces counts. */
    create(3, "a", "");
    apply_workspace = "slow";
    create(4, "c", "");
    configure("P2D");
    apply_workspace = "default";
    apply_now += 2 * day + hour - MINUTE;
    assert_int_equal(close_idle(100, 15 * MINUTE), 2);
    create(5, "a", "");
    apply_now += 2 * day + hour + MINUTE;
    assert_int_equal(close_idle(100, 15 * MINUTE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_begin, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_patch_begins_nothing, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_reopening, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_close_and_open, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_close_refuses, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_open_unknown, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_close_without_record, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_delete, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_tags, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_tags_of_many, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_idle, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_idle_limit, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_idle_by_workspace, apply_start, apply_stop),
        cmocka_unit_test_setup_teardown(test_idle_lookback, apply_start, apply_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
