/* The merge rule (contract/README.md): arrivals x row states, clocks, marks, what is empty, record
 * keeping. Tags and spans' places are in test_merge_special.c, every field in
 * test_merge_fields.c. */
#include "ingest/merge.h"

#include "unit/ingest/merge_support.h"

static int start(void **state)
{
    (void)state;
    merge_start(&trace_resource);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    merge_stop();
    return 0;
}

static struct value *v(size_t field)
{
    return &merge_row.record->v[field];
}

static struct str name(void)
{
    return value_is_set(v(ENTITY_NAME)) ? v(ENTITY_NAME)->s : STR("-");
}

/* ---- the table ---- */

static void test_nothing_yet(void **state)
{
    static const enum merge_arrival arrivals[] = {ARRIVAL_POST, ARRIVAL_BATCH, ARRIVAL_PATCH};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        merge_fresh(&trace_resource);
        assert_int_equal(merge_arrive(arrivals[i], 50, 100, "'name':'a'"), MERGE_WRITE);
        assert_str(name(), "a");
        assert_true(merge_row.base_clock == (arrivals[i] == ARRIVAL_PATCH ? NO_BASE_CLOCK : 50));
    }
}

static void test_create_on_base(void **state)
{
    static const enum merge_arrival firsts[] = {ARRIVAL_POST, ARRIVAL_BATCH};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        merge_fresh(&trace_resource);
        merge_arrive(firsts[i], 50, 100, "'name':'a'");
        /* Even an identical one, and whatever its clock (traces.md 4.1). */
        assert_int_equal(merge_arrive(ARRIVAL_POST, 200, 200, "'name':'b'"), MERGE_EXISTS);
        assert_int_equal(merge_arrive(ARRIVAL_POST, 10, 200, "'name':'a'"), MERGE_EXISTS);
        assert_str(name(), "a");
        assert_true(merge_row.base_clock == 50);
    }
}

static void test_create_on_patches(void **state)
{
    static const enum merge_arrival creates[] = {ARRIVAL_POST, ARRIVAL_BATCH};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        merge_fresh(&trace_resource);
        merge_arrive(ARRIVAL_PATCH, 0, 1000, "'name':'patched'");
        assert_true(merge_is_placeholder(&merge_row));
        /* Becomes the base, whatever its clock. */
        assert_int_equal(merge_arrive(creates[i], 50, 2000, "'name':'a','thread_id':'t'"),
                         MERGE_WRITE);
        assert_true(merge_row.base_clock == 50);
        assert_str(name(), "patched");
        assert_str(v(TRACE_THREAD_ID)->s, "t");
        assert_true(v(ENTITY_START_TIME)->i > 0);
        assert_false(merge_is_placeholder(&merge_row));
        assert_int_equal(merge_arrive(ARRIVAL_POST, 3000, 3000, ""), MERGE_EXISTS);
    }
}

static void test_batch_on_base(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_BATCH, 100, 1000, "'name':'a','thread_id':'t'");
    assert_int_equal(merge_arrive(ARRIVAL_BATCH, 99, 1001, "'name':'older'"), MERGE_IGNORE);
    assert_str(name(), "a");
    /* Equal clocks replace. */
    assert_int_equal(merge_arrive(ARRIVAL_BATCH, 100, 1002, "'name':'equal'"), MERGE_WRITE);
    assert_str(name(), "equal");
    /* What the item lacks is emptied (traces.md 4.2). */
    assert_false(value_is_set(v(TRACE_THREAD_ID)));
    assert_int_equal(merge_arrive(ARRIVAL_BATCH, 101, 1003, ""), MERGE_WRITE);
    assert_str(name(), "-");
    assert_true(merge_row.base_clock == 101);
    assert_int_equal(merge_arrive(ARRIVAL_BATCH, 100, 1004, "'name':'late'"), MERGE_IGNORE);
}

static void test_patch_on_anything(void **state)
{
    (void)state;
    assert_int_equal(merge_arrive(ARRIVAL_PATCH, 0, 10, "'name':'1'"), MERGE_WRITE);
    assert_int_equal(merge_arrive(ARRIVAL_PATCH, 0, 20, "'name':'2'"), MERGE_WRITE);
    assert_str(name(), "2");
    merge_arrive(ARRIVAL_POST, 30, 30, "'name':'post'");
    assert_str(name(), "2");
    assert_int_equal(merge_arrive(ARRIVAL_PATCH, 0, 40, "'name':'3'"), MERGE_WRITE);
    assert_str(name(), "3");
    /* It never moves the base clock. */
    assert_true(merge_row.base_clock == 30);
    assert_int_equal(merge_arrive(ARRIVAL_PATCH, 0, 50, ""), MERGE_WRITE);
    assert_true(merge_row.base_clock == 30);
    assert_true(v(ENTITY_LAST_UPDATED_AT)->i == 50);
}

/* ---- clocks and marks ---- */

static void test_patched_field_against_clocks(void **state)
{
    static const struct {
        int64_t clock;
        const char *name;
    } cases[] = {{150, "patched"}, {200, "patched"}, {201, "item"}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        merge_fresh(&trace_resource);
        merge_arrive(ARRIVAL_BATCH, 100, 100, "'name':'first','thread_id':'t'");
        merge_arrive(ARRIVAL_PATCH, 0, 200, "'name':'patched'");
        assert_int_equal(merge_arrive(ARRIVAL_BATCH, cases[i].clock, 300, "'name':'item'"),
                         MERGE_WRITE);
        assert_str(name(), cases[i].name);
        assert_false(value_is_set(v(TRACE_THREAD_ID)));
        assert_true(merge_mark(ENTITY_NAME) == (i < 2 ? 200 : -1));
        assert_true(merge_row.base_clock == cases[i].clock);
    }
}

/* An item without the field keeps the PATCH's value, however late it is. */
static void test_patched_field_not_in_item(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_BATCH, 100, 100, "'name':'first'");
    merge_arrive(ARRIVAL_PATCH, 0, 200, "'name':'patched'");
    merge_arrive(ARRIVAL_BATCH, 1000, 300, "'thread_id':'t'");
    assert_str(name(), "patched");
    assert_true(merge_mark(ENTITY_NAME) == 200);
    merge_arrive(ARRIVAL_BATCH, 2000, 300, "");
    assert_str(name(), "patched");
    assert_false(value_is_set(v(TRACE_THREAD_ID)));
}

/* The Python SDK's order: two PATCHes, then the create with the client's earlier clock, then the
 * closing item (contract/README.md). */
static void test_sdk_order(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_PATCH, 0, 1000, "'tags':['t']");
    merge_arrive(ARRIVAL_PATCH, 0, 1010, "'end_time':'2024-01-01T00:01:00Z'");
    assert_true(v(ENTITY_START_TIME)->i == 0);
    assert_int_equal(merge_arrive(ARRIVAL_BATCH, 900, 1020, "'name':'n','input':{'a':1}"),
                     MERGE_WRITE);
    assert_true(v(ENTITY_START_TIME)->i == 1704067200000000000);
    assert_true(v(ENTITY_END_TIME)->i == 1704067260000000000);
    assert_json(v(ENTITY_TAGS)->s, "['t']");
    assert_str(name(), "n");
    merge_arrive(ARRIVAL_BATCH, 1100, 1110,
                 "'name':'n','output':{'b':2},'end_time':'2024-01-01T00:02:00Z'");
    assert_true(v(ENTITY_END_TIME)->i == 1704067320000000000);
    assert_json(v(ENTITY_TAGS)->s, "['t']");
    assert_json(v(ENTITY_OUTPUT)->s, "{'b':2}");
    assert_false(value_is_set(v(ENTITY_INPUT)));
}

/* A client whose clock is behind the server's still gets its closing item in. */
static void test_client_behind_server(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_BATCH, 100, 5000, "'name':'a'");
    merge_arrive(ARRIVAL_PATCH, 0, 5001, "'tags':['t']");
    assert_int_equal(merge_arrive(ARRIVAL_BATCH, 101, 5002, "'name':'b'"), MERGE_WRITE);
    assert_str(name(), "b");
    assert_json(v(ENTITY_TAGS)->s, "['t']");
}

/* The same request twice changes nothing the second time, also when a PATCH came between. */
static void test_retries(void **state)
{
    static const int64_t clocks[] = {100, 100000};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        merge_fresh(&trace_resource);
        merge_arrive(ARRIVAL_BATCH, clocks[i], 500, "'name':'a'");
        merge_arrive(ARRIVAL_PATCH, 0, 600, "'name':'b'");
        merge_arrive(ARRIVAL_BATCH, clocks[i], 700, "'name':'a'");
        assert_str(name(), "b");
        merge_fresh(&trace_resource);
        merge_arrive(ARRIVAL_PATCH, 0, 600, "'name':'b'");
        merge_arrive(ARRIVAL_BATCH, clocks[i], 700, "'name':'a'");
        merge_arrive(ARRIVAL_BATCH, clocks[i], 800, "'name':'a'");
        assert_str(name(), "b");
    }
}

/* ---- what counts as said ---- */

/* traces.md 6.3: an empty PATCH value is a gap for a create that comes later … */
static void test_empty_patches_before_create(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_PATCH, 0, 10,
                 "'tags':[],'environment':'','end_time':'1970-01-01T00:00:00Z'");
    merge_arrive(ARRIVAL_POST, 20, 20,
                 "'tags':['a'],'environment':'e','end_time':'2024-01-01T00:00:09Z'");
    assert_json(v(ENTITY_TAGS)->s, "['a']");
    assert_str(v(ENTITY_ENVIRONMENT)->s, "e");
    assert_true(v(ENTITY_END_TIME)->i == 1704067209000000000);
    assert_true(merge_mark(ENTITY_TAGS) == -1);
    assert_true(merge_mark(ENTITY_ENVIRONMENT) == -1);
}

/* … but anything stored in a JSON field is a value. */
static void test_json_patches_before_create(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_PATCH, 0, 10, "'input':null,'output':{},'metadata':'','error_info':{}");
    merge_arrive(ARRIVAL_POST, 20, 20,
                 "'input':1,'output':2,'metadata':3,'error_info':{'exception_type':'E'}");
    assert_json(v(ENTITY_INPUT)->s, "null");
    assert_json(v(ENTITY_OUTPUT)->s, "{}");
    assert_json(v(ENTITY_METADATA)->s, "''");
    assert_json(v(ENTITY_ERROR_INFO)->s, "{}");
    assert_str(v(ENTITY_ERROR_TYPE)->s, "");
    assert_true(v(ENTITY_TTFT)->kind == VALUE_ABSENT);
}

static void test_zero_ttft_is_a_value(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_PATCH, 0, 10, "'ttft':0");
    merge_arrive(ARRIVAL_POST, 20, 20, "'ttft':5");
    assert_true(v(ENTITY_TTFT)->d == 0);
}

/* On a base an empty PATCH clears, and an older item does not bring it back. */
static void test_clearing(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_BATCH, 100, 100, "'tags':['a'],'environment':'e','input':1");
    merge_arrive(ARRIVAL_PATCH, 0, 200, "'tags':[],'environment':'','input':null");
    assert_json(v(ENTITY_TAGS)->s, "[]");
    assert_str(v(ENTITY_ENVIRONMENT)->s, "");
    assert_json(v(ENTITY_INPUT)->s, "null");
    merge_arrive(ARRIVAL_BATCH, 150, 300, "'tags':['a'],'environment':'e','input':1");
    assert_json(v(ENTITY_TAGS)->s, "[]");
    assert_str(v(ENTITY_ENVIRONMENT)->s, "");
    assert_json(v(ENTITY_INPUT)->s, "null");
}

/* The type of an error goes with its error_info, never alone. */
static void test_error_type(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_BATCH, 100, 100, "'error_info':{'exception_type':'A'}");
    assert_str(v(ENTITY_ERROR_TYPE)->s, "A");
    merge_arrive(ARRIVAL_PATCH, 0, 200, "'error_info':{'exception_type':'B'}");
    assert_str(v(ENTITY_ERROR_TYPE)->s, "B");
    merge_arrive(ARRIVAL_BATCH, 150, 300, "'error_info':{'exception_type':'C'}");
    assert_str(v(ENTITY_ERROR_TYPE)->s, "B");
    merge_arrive(ARRIVAL_BATCH, 300, 300, "'error_info':{'message':'m'}");
    assert_str(v(ENTITY_ERROR_TYPE)->s, "");
    merge_arrive(ARRIVAL_BATCH, 301, 300, "");
    assert_false(value_is_set(v(ENTITY_ERROR_TYPE)));
    merge_fresh(&trace_resource);
    merge_arrive(ARRIVAL_PATCH, 0, 10, "'error_info':{}");
    merge_arrive(ARRIVAL_POST, 20, 20, "'error_info':{'exception_type':'E'}");
    assert_json(v(ENTITY_ERROR_INFO)->s, "{}");
    assert_str(v(ENTITY_ERROR_TYPE)->s, "");
    merge_fresh(&trace_resource);
    merge_arrive(ARRIVAL_PATCH, 0, 10, "'name':'n'");
    merge_arrive(ARRIVAL_POST, 20, 20, "'error_info':{'exception_type':'E'}");
    assert_str(v(ENTITY_ERROR_TYPE)->s, "E");
}

/* traces.md 4.1: a trace that was created to start at the epoch counts as PATCH-only for a POST;
 * what is stored wins. */
static void test_start_at_epoch(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_POST, 10, 10, "'start_time':'1970-01-01T00:00:00Z','name':'a'");
    assert_true(merge_is_placeholder(&merge_row));
    assert_int_equal(merge_arrive(ARRIVAL_POST, 20, 20, "'name':'b','thread_id':'t'"), MERGE_WRITE);
    assert_str(name(), "a");
    assert_str(v(TRACE_THREAD_ID)->s, "t");
    assert_true(v(ENTITY_START_TIME)->i == 1704067200000000000);
    assert_int_equal(merge_arrive(ARRIVAL_POST, 30, 30, "'name':'c'"), MERGE_EXISTS);
    /* For batches it is a base like any other. */
    merge_fresh(&trace_resource);
    merge_arrive(ARRIVAL_BATCH, 10, 10, "'start_time':'1970-01-01T00:00:00Z','name':'a'");
    assert_int_equal(merge_arrive(ARRIVAL_BATCH, 9, 20, "'name':'b'"), MERGE_IGNORE);
    assert_int_equal(merge_arrive(ARRIVAL_BATCH, 11, 20, "'name':'b'"), MERGE_WRITE);
    assert_str(name(), "b");
}

/* ---- record keeping ---- */

static void assert_kept(int64_t created, const char *by, int64_t updated, const char *updated_by)
{
    assert_true(v(ENTITY_CREATED_AT)->i == created);
    assert_str(v(ENTITY_CREATED_BY)->s, by);
    assert_true(v(ENTITY_LAST_UPDATED_AT)->i == updated);
    assert_str(v(ENTITY_LAST_UPDATED_BY)->s, updated_by);
}

static void test_record_keeping(void **state)
{
    (void)state;
    merge_user = "ann";
    merge_arrive(ARRIVAL_POST, 100, 100, "");
    assert_kept(100, "ann", 100, "ann");
    merge_user = "bob";
    merge_arrive(ARRIVAL_PATCH, 0, 200, "'name':'n'");
    assert_kept(100, "ann", 200, "bob");
    /* The winning version's own (traces.md 4.2), but a PATCH that stays is not hidden. */
    merge_user = "cid";
    merge_arrive(ARRIVAL_BATCH, 150, 300, "");
    assert_kept(300, "cid", 200, "cid");
    merge_arrive(ARRIVAL_BATCH, 400, 310, "'name':'m'");
    assert_kept(310, "cid", 400, "cid");
}

static void test_record_keeping_of_placeholders(void **state)
{
    (void)state;
    merge_user = "ann";
    merge_arrive(ARRIVAL_PATCH, 0, 100, "'name':'n'");
    assert_kept(100, "ann", 100, "ann");
    assert_false(value_is_set(v(TRACE_VISIBILITY_MODE)));
    merge_user = "bob";
    merge_arrive(ARRIVAL_POST, 200, 200, "");
    /* traces.md 6.3: created_* from the PATCH, last_updated_* from the POST. */
    assert_kept(100, "ann", 200, "bob");
    assert_int_equal(v(TRACE_VISIBILITY_MODE)->i, VISIBILITY_DEFAULT);
}

/* Difference 3: a PATCH is always visible. */
static void test_future_clocks(void **state)
{
    (void)state;
    merge_arrive(ARRIVAL_BATCH, 1000000, 100, "'name':'a'");
    assert_true(v(ENTITY_LAST_UPDATED_AT)->i == 1000000);
    merge_arrive(ARRIVAL_PATCH, 0, 200, "'name':'b'");
    assert_str(name(), "b");
    assert_true(v(ENTITY_LAST_UPDATED_AT)->i == 1000001);
    merge_arrive(ARRIVAL_PATCH, 0, 201, "'tags':['t']");
    assert_true(v(ENTITY_LAST_UPDATED_AT)->i == 1000002);
    merge_arrive(ARRIVAL_PATCH, 0, 2000000, "'tags':['u']");
    assert_true(v(ENTITY_LAST_UPDATED_AT)->i == 2000000);
    /* A create that completes a row of PATCHes does not go back in time either. */
    merge_fresh(&trace_resource);
    merge_arrive(ARRIVAL_PATCH, 0, 5000, "'name':'b'");
    merge_arrive(ARRIVAL_BATCH, 10, 6000, "");
    assert_true(v(ENTITY_LAST_UPDATED_AT)->i == 5000);
    assert_true(merge_row.base_clock == 10);
}

/* Read-only things in the input do not reach the row. */
static void test_identity_stays(void **state)
{
    struct uuid id = test_uuid(1);

    (void)state;
    merge_arrive(ARRIVAL_POST, 100, 100, "'id':'018bcfe5-6801-7000-8000-0000000000ff'");
    assert_true(uuid_eq(&v(ENTITY_ID)->uuid, &id));
    merge_arrive(ARRIVAL_BATCH, 200, 200, "'id':'018bcfe5-6801-7000-8000-0000000000ff'");
    assert_true(uuid_eq(&v(ENTITY_ID)->uuid, &id));
    assert_false(value_is_set(v(ENTITY_PROJECT_NAME)));
    assert_false(value_is_set(v(ENTITY_TAGS_TO_ADD)));
}

/* Sums of spans that came first are not touched. */
static void test_sums_stay(void **state)
{
    (void)state;
    merge_row.stored = true;
    *v(TRACE_SPAN_COUNT) = value_int(3);
    merge_arrive(ARRIVAL_BATCH, 100, 100, "'name':'a'");
    assert_int_equal(v(TRACE_SPAN_COUNT)->i, 3);
    merge_arrive(ARRIVAL_BATCH, 200, 200, "'name':'b'");
    assert_int_equal(v(TRACE_SPAN_COUNT)->i, 3);
    merge_arrive(ARRIVAL_PATCH, 0, 300, "'name':'c'");
    assert_int_equal(v(TRACE_SPAN_COUNT)->i, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_yet, start, stop),
        cmocka_unit_test_setup_teardown(test_create_on_base, start, stop),
        cmocka_unit_test_setup_teardown(test_create_on_patches, start, stop),
        cmocka_unit_test_setup_teardown(test_batch_on_base, start, stop),
        cmocka_unit_test_setup_teardown(test_patch_on_anything, start, stop),
        cmocka_unit_test_setup_teardown(test_patched_field_against_clocks, start, stop),
        cmocka_unit_test_setup_teardown(test_patched_field_not_in_item, start, stop),
        cmocka_unit_test_setup_teardown(test_sdk_order, start, stop),
        cmocka_unit_test_setup_teardown(test_client_behind_server, start, stop),
        cmocka_unit_test_setup_teardown(test_retries, start, stop),
        cmocka_unit_test_setup_teardown(test_empty_patches_before_create, start, stop),
        cmocka_unit_test_setup_teardown(test_json_patches_before_create, start, stop),
        cmocka_unit_test_setup_teardown(test_zero_ttft_is_a_value, start, stop),
        cmocka_unit_test_setup_teardown(test_clearing, start, stop),
        cmocka_unit_test_setup_teardown(test_error_type, start, stop),
        cmocka_unit_test_setup_teardown(test_start_at_epoch, start, stop),
        cmocka_unit_test_setup_teardown(test_record_keeping, start, stop),
        cmocka_unit_test_setup_teardown(test_record_keeping_of_placeholders, start, stop),
        cmocka_unit_test_setup_teardown(test_future_clocks, start, stop),
        cmocka_unit_test_setup_teardown(test_identity_stays, start, stop),
        cmocka_unit_test_setup_teardown(test_sums_stay, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
