/* Traces and spans as rows: every column, heavy fields, marks of PATCHes, moving, deleting. */
#include <stdio.h>

#include "unit/store_support.h"

static struct test_store t;
static struct project project;

static int start(void **state)
{
    (void)state;
    test_store_open(&t);
    assert_int_equal(store_begin(t.writer), ERR_OK);
    project = test_project(&t, "p");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_close(&t);
    return 0;
}

/* Ends the transaction, opens the store anew, and begins another. */
static void reopen(void)
{
    assert_int_equal(store_commit(t.writer), ERR_OK);
    test_store_reopen(&t);
    assert_int_equal(store_begin(t.writer), ERR_OK);
}

static struct row get(const struct resource *resource, unsigned id, uint64_t load)
{
    struct uuid uuid = test_uuid(id);

    return test_get(&t, t.writer, resource, &project, &uuid, load);
}

static enum err find(const struct resource *resource, int64_t key, unsigned id, struct row *ret)
{
    struct uuid uuid = test_uuid(id);

    return store_entity_get(t.writer, resource, t.workspace, key, &uuid, LOAD_NONE, &t.arena, ret);
}

/* A row as the merge rules would make it, not yet put. */
static struct row fresh(const struct resource *resource, unsigned id, const char *json)
{
    struct record *record = test_record(&t.arena, resource, DECODE_UPDATE, "%s", json);

    record->v[ENTITY_ID] = value_uuid(test_uuid(id));
    if (resource == &span_resource && !value_is_set(&record->v[SPAN_TRACE_ID]))
        record->v[SPAN_TRACE_ID] = value_uuid(test_uuid(1));
    return test_row(&project, record);
}

static void put(const struct resource *resource, unsigned id, const char *json)
{
    struct row row = fresh(resource, id, json);

    test_put(&t, &row);
}

/* A value of a column's type, for fields of the server too. */
static struct value any_value(const struct resource *resource, size_t i)
{
    const struct field *field = &resource->fields[i];
    struct record *record;

    if (field->type == FIELD_INT || field->type == FIELD_TIME_US)
        return value_int((int64_t)(1234567890123456 + i));
    if (field->type == FIELD_TEXT)
        return value_text(str_format(&t.arena, "text of %zu \xC3\xA4 '", i));
    record =
        test_record(&t.arena, resource, field->flags & FF_UPDATE ? DECODE_UPDATE : DECODE_BATCH,
                    "{'start_time':1,'trace_id':'%s','%s':%s}", test_uuid_text(3), field->name,
                    test_sample(field, 1));
    return record->v[i];
}

static void check_columns(const struct resource *resource)
{
    struct record *record = record_new(&t.arena, resource), *wanted;
    struct row row = test_row(&project, record);

    for (size_t i = 0; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        if (field->flags & FF_STORED && field->type == FIELD_ENUM)
            record->v[i] = value_int(1);
        else if (field->flags & (FF_STORED | FF_HEAVY))
            record->v[i] = any_value(resource, i);
    }
    record->v[ENTITY_ID] = value_uuid(test_uuid(50));
    wanted = record_copy(&t.arena, record);
    test_put(&t, &row);
    for (int again = 0; again < 2; again++) {
        row = get(resource, 50, LOAD_ALL);
        assert_true(row.stored && row.exists);
        for (size_t i = 0; i < resource->count; i++) {
            const struct field *field = &resource->fields[i];
            if (!(field->flags & (FF_STORED | FF_HEAVY)))
                continue;
            if (!test_same_value(field, &row.record->v[i], &wanted->v[i]))
                fail_msg("%s.%s", resource->name, field->name ? field->name : field->column);
        }
        assert_true(uuid_eq(&row.record->v[ENTITY_PROJECT_ID].uuid, &project.id));
        reopen();
    }
}

static void test_every_column(void **state)
{
    (void)state;
    check_columns(&trace_resource);
    check_columns(&span_resource);
}

static void check_empty(const struct resource *resource)
{
    struct row row;

    put(resource, 7, "{}");
    row = get(resource, 7, LOAD_ALL);
    for (size_t i = 0; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        bool key = i == ENTITY_ID || i == ENTITY_PROJECT_ID ||
                   (resource == &span_resource && i == SPAN_TRACE_ID);
        /* Counts are 0 rather than absent. */
        if (key || (field->type == FIELD_INT && field->flags & FF_SUMMED))
            continue;
        if (value_is_set(&row.record->v[i]))
            fail_msg("%s.%s", resource->name, field->name ? field->name : field->column);
    }
    assert_int_equal(row.body, 0);
    assert_true(row.base_clock == NO_BASE_CLOCK);
    assert_int_equal(row.patched_count, 0);
}

static void test_empty_rows(void **state)
{
    (void)state;
    check_empty(&trace_resource);
    check_empty(&span_resource);
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM trace_body"), 0);
}

/* Absent and empty are two things for texts. */
static void test_empty_texts(void **state)
{
    struct row row;

    (void)state;
    put(&trace_resource, 1, "{'environment':'','tags':[],'error_info':{}}");
    row = get(&trace_resource, 1, LOAD_ALL);
    assert_true(value_is_set(&row.record->v[ENTITY_ENVIRONMENT]));
    assert_str(row.record->v[ENTITY_ENVIRONMENT].s, "");
    assert_str(row.record->v[ENTITY_TAGS].s, "[]");
    assert_str(row.record->v[ENTITY_ERROR_INFO].s, "{}");
    put(&trace_resource, 2, "{}");
    row = get(&trace_resource, 2, LOAD_ALL);
    assert_false(value_is_set(&row.record->v[ENTITY_ENVIRONMENT]));
}

static void test_loading(void **state)
{
    struct row row;

    (void)state;
    put(&span_resource, 1, "{'input':1,'output':'two','error_info':{}}");
    row = get(&span_resource, 1, LOAD_NONE);
    assert_int_equal(row.record->v[ENTITY_INPUT].kind, VALUE_KEPT);
    assert_int_equal(row.record->v[ENTITY_OUTPUT].kind, VALUE_KEPT);
    assert_int_equal(row.record->v[ENTITY_METADATA].kind, VALUE_ABSENT);
    assert_int_equal(row.record->v[ENTITY_ERROR_INFO].kind, VALUE_KEPT);
    row = get(&span_resource, 1, 1ULL << ENTITY_OUTPUT | 1ULL << ENTITY_METADATA);
    assert_int_equal(row.record->v[ENTITY_INPUT].kind, VALUE_KEPT);
    assert_json(row.record->v[ENTITY_OUTPUT].s, "'two'");
    assert_int_equal(row.record->v[ENTITY_METADATA].kind, VALUE_ABSENT);
    row = get(&span_resource, 1, LOAD_ALL);
    assert_json(row.record->v[ENTITY_INPUT].s, "1");
    assert_json(row.record->v[ENTITY_ERROR_INFO].s, "{}");
}

/* The heavy texts of a row as stored, absent ones as "-". */
static void assert_heavy(unsigned id, const char *input, const char *output, const char *metadata)
{
    struct row row = get(&trace_resource, id, LOAD_ALL);
    const char *wanted[] = {input, output, metadata};

    for (size_t i = 0; i < 3; i++) {
        const struct value *value = &row.record->v[ENTITY_INPUT + i];
        assert_json(value->kind == VALUE_SET ? value->s : STR("-"), wanted[i]);
    }
}

/* Kept, changed, removed, added: in every combination of three fields. */
static void test_heavy_changes(void **state)
{
    static const char *const now[] = {"'in'", "'out'", "'meta'"};

    (void)state;
    for (unsigned mask = 0; mask < 64; mask++) {
        const char *wanted[3];
        struct row row;
        put(&trace_resource, mask, "{'input':'in','output':'out','metadata':'meta'}");
        row = get(&trace_resource, mask, LOAD_NONE);
        for (size_t i = 0; i < 3; i++) {
            unsigned what = mask >> (2 * i) & 3; /* 0 keep, 1 change, 2 remove, 3 null */
            struct value *value = &row.record->v[ENTITY_INPUT + i];
            wanted[i] = what == 0 ? now[i] : what == 1 ? "[1]" : what == 2 ? "-" : "null";
            if (what == 1)
                *value = value_text(STR("[1]"));
            if (what == 2)
                value->kind = VALUE_ABSENT;
            if (what == 3)
                *value = value_text(STR("null"));
        }
        test_put(&t, &row);
        assert_heavy(mask, wanted[0], wanted[1], wanted[2]);
    }
    reopen();
    assert_heavy(0, "'in'", "'out'", "'meta'");
}

/* A body is made when the first heavy field comes, and used again when all were taken away. */
static void test_body_comes_and_goes(void **state)
{
    struct row row;

    (void)state;
    put(&trace_resource, 1, "{'name':'n'}");
    row = get(&trace_resource, 1, LOAD_NONE);
    row.record->v[ENTITY_OUTPUT] = value_text(STR("1"));
    test_put(&t, &row);
    assert_heavy(1, "-", "1", "-");
    row = get(&trace_resource, 1, LOAD_NONE);
    assert_true(row.body > 0);
    row.record->v[ENTITY_OUTPUT].kind = VALUE_ABSENT;
    test_put(&t, &row);
    assert_heavy(1, "-", "-", "-");
    row = get(&trace_resource, 1, LOAD_NONE);
    row.record->v[ENTITY_METADATA] = value_text(STR("2"));
    test_put(&t, &row);
    assert_heavy(1, "-", "-", "2");
    assert_str(get(&trace_resource, 1, LOAD_NONE).record->v[ENTITY_NAME].s, "n");
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM trace_body"), 1);
}

/* A JSON text of n bytes that compresses well. */
static struct str long_text(size_t n)
{
    char *p = arena_alloc(&t.arena, n);

    memset(p, 'a', n);
    p[0] = p[n - 1] = '"';
    return str_make(p, n);
}

static void test_long_bodies(void **state)
{
    static const size_t sizes[] = {255, 256, 5000, 200000};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct str text = long_text(sizes[i]);
        struct row row = fresh(&span_resource, i, "{}");
        row.record->v[ENTITY_INPUT] = value_text(text);
        row.record->v[ENTITY_METADATA] = value_text(STR("{}"));
        test_put(&t, &row);
        row = get(&span_resource, i, LOAD_ALL);
        assert_true(str_eq(row.record->v[ENTITY_INPUT].s, text));
        assert_str(row.record->v[ENTITY_METADATA].s, "{}");
    }
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(test_store_sql(&t, "SELECT sum(length(input)) < 2000 FROM span_body"), 1);
}

static void test_body_limits(void **state)
{
    struct row row = fresh(&trace_resource, 1, "{}");
    struct uuid id = test_uuid(1);
    struct arena small;

    (void)state;
    row.record->v[ENTITY_INPUT] = value_text(long_text(300000));
    test_put(&t, &row);
    arena_init(&small, 200000);
    assert_int_equal(store_entity_get(t.writer, &trace_resource, t.workspace, project.key, &id,
                                      LOAD_ALL, &small, &row),
                     ERR_TOO_LARGE);
    /* Without the body it fits, and the session can go on. */
    arena_reset(&small);
    assert_int_equal(store_entity_get(t.writer, &trace_resource, t.workspace, project.key, &id,
                                      LOAD_NONE, &small, &row),
                     ERR_OK);
    arena_done(&small);
    /* Longer than the store was told that a text can be. */
    row = fresh(&trace_resource, 1, "{}");
    row.record->v[ENTITY_ID] = value_uuid(test_uuid(2));
    row.record->v[ENTITY_INPUT] = value_text(long_text(TEST_BODY_LIMIT + 1));
    test_put(&t, &row);
    id = test_uuid(2);
    assert_int_equal(store_entity_get(t.writer, &trace_resource, t.workspace, project.key, &id,
                                      LOAD_ALL, &t.arena, &row),
                     ERR_TOO_LARGE);
}

/* Every field that a PATCH can set, marked with large times. */
static void check_marks(const struct resource *resource)
{
    struct row row = fresh(resource, 1, "{'name':'n'}");
    size_t n = 0;

    for (size_t i = 0; i < resource->count; i++) {
        if (resource->fields[i].column && resource->fields[i].flags & FF_UPDATE)
            row.patched[n++] = (struct patched_field){(uint8_t)i, 10413791999999999 - (int64_t)i};
    }
    assert_true(n > 10);
    row.patched_count = n;
    row.base_clock = -5;
    test_put(&t, &row);
    row = get(resource, 1, LOAD_NONE);
    assert_true(row.base_clock == -5);
    assert_int_equal(row.patched_count, n);
    for (size_t i = 0; i < n; i++)
        assert_true(row.patched[i].at == 10413791999999999 - row.patched[i].field);
    row.patched[0] = row.patched[--row.patched_count];
    row.base_clock = 10413791999999999;
    test_put(&t, &row);
    reopen();
    row = get(resource, 1, LOAD_NONE);
    assert_int_equal(row.patched_count, n - 1);
    assert_true(row.base_clock == 10413791999999999);
    row.patched_count = 0;
    row.base_clock = NO_BASE_CLOCK;
    test_put(&t, &row);
    row = get(resource, 1, LOAD_NONE);
    assert_int_equal(row.patched_count, 0);
    assert_true(row.base_clock == NO_BASE_CLOCK);
}

static void test_marks(void **state)
{
    (void)state;
    check_marks(&trace_resource);
    check_marks(&span_resource);
}

static void test_not_found(void **state)
{
    struct row row;

    (void)state;
    assert_int_equal(find(&trace_resource, project.key, 1, &row), ERR_NOT_FOUND);
    assert_int_equal(find(&trace_resource, 0, 1, &row), ERR_NOT_FOUND);
    put(&span_resource, 1, "{}");
    assert_int_equal(find(&trace_resource, 0, 1, &row), ERR_NOT_FOUND);
    assert_int_equal(find(&span_resource, 0, 1, &row), ERR_OK);
}

static void delete_project(const struct project *gone)
{
    assert_int_equal(store_named_delete(t.writer, &project_resource, t.workspace, &gone->id),
                     ERR_OK);
}

/* traces.md 8.1: of one id in several projects, the greatest project counts; a deleted one only
 * when there is no other. */
static void test_any_project(void **state)
{
    struct project first = project, second = test_project(&t, "q"), third = test_project(&t, "r");
    struct row row;
    int64_t other;

    (void)state;
    put(&trace_resource, 1, "{'name':'in p'}");
    project = third;
    put(&trace_resource, 1, "{'name':'in r'}");
    project = second;
    put(&trace_resource, 1, "{'name':'in q'}");
    assert_int_equal(find(&trace_resource, 0, 1, &row), ERR_OK);
    assert_str(row.record->v[ENTITY_NAME].s, "in r");
    assert_int_equal(row.project.key, third.key);
    assert_int_equal(find(&trace_resource, first.key, 1, &row), ERR_OK);
    assert_str(row.record->v[ENTITY_NAME].s, "in p");
    delete_project(&third);
    assert_int_equal(find(&trace_resource, 0, 1, &row), ERR_OK);
    assert_int_equal(row.project.key, second.key);
    assert_false(row.project.deleted);
    /* Deleted ones too; the caller sees it. */
    delete_project(&first);
    delete_project(&second);
    assert_int_equal(find(&trace_resource, 0, 1, &row), ERR_OK);
    assert_int_equal(row.project.key, third.key);
    assert_true(row.project.deleted);
    /* Only of the workspace. */
    assert_int_equal(store_workspace_ensure(t.writer, STR("other"), &other), ERR_OK);
    struct uuid id = test_uuid(1);
    assert_int_equal(
        store_entity_get(t.writer, &trace_resource, other, 0, &id, LOAD_NONE, &t.arena, &row),
        ERR_NOT_FOUND);
}

static void test_move(void **state)
{
    struct uuid trace = test_uuid(1), other = test_uuid(2), parent = test_uuid(9);
    struct uuid *children;
    struct row row;
    size_t count;

    (void)state;
    put(&span_resource, 30, "{'name':'n','input':[1]}");
    row = get(&span_resource, 30, LOAD_NONE);
    row.record->v[SPAN_TRACE_ID] = value_uuid(other);
    row.record->v[SPAN_PARENT_SPAN_ID] = value_uuid(parent);
    row.moved = true;
    test_put(&t, &row);
    row = get(&span_resource, 30, LOAD_ALL);
    assert_true(uuid_eq(&row.record->v[SPAN_TRACE_ID].uuid, &other));
    assert_true(uuid_eq(&row.record->v[SPAN_PARENT_SPAN_ID].uuid, &parent));
    assert_json(row.record->v[ENTITY_INPUT].s, "[1]");
    assert_str(row.record->v[ENTITY_NAME].s, "n");
    assert_int_equal(
        store_span_children(t.writer, project.key, &other, &parent, &t.arena, &children, &count),
        ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(
        store_span_children(t.writer, project.key, &trace, &parent, &t.arena, &children, &count),
        ERR_OK);
    assert_int_equal(count, 0);
    /* And back to the top. */
    row.record->v[SPAN_TRACE_ID] = value_uuid(trace);
    row.record->v[SPAN_PARENT_SPAN_ID].kind = VALUE_ABSENT;
    row.moved = true;
    test_put(&t, &row);
    row = get(&span_resource, 30, LOAD_NONE);
    assert_false(value_is_set(&row.record->v[SPAN_PARENT_SPAN_ID]));
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM span"), 1);
}

static void test_delete(void **state)
{
    struct row row;

    (void)state;
    put(&trace_resource, 1, "{'input':1}");
    put(&trace_resource, 2, "{'input':2}");
    put(&trace_resource, 3, "{}");
    put(&span_resource, 1, "{'input':3}");
    row = get(&trace_resource, 1, LOAD_NONE);
    assert_int_equal(store_entity_delete(t.writer, &row), ERR_OK);
    row = get(&trace_resource, 3, LOAD_NONE);
    assert_int_equal(store_entity_delete(t.writer, &row), ERR_OK);
    assert_int_equal(find(&trace_resource, project.key, 1, &row), ERR_NOT_FOUND);
    assert_int_equal(find(&trace_resource, project.key, 3, &row), ERR_NOT_FOUND);
    assert_int_equal(find(&trace_resource, project.key, 2, &row), ERR_OK);
    assert_int_equal(find(&span_resource, project.key, 1, &row), ERR_OK);
    /* The id can come again. */
    put(&trace_resource, 1, "{'output':9}");
    assert_heavy(1, "-", "9", "-");
    assert_heavy(2, "2", "-", "-");
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM trace_body"), 2);
    assert_int_equal(test_store_sql(&t, "SELECT count(*) FROM span_body"), 1);
}

static void test_reader(void **state)
{
    struct session *reader;
    struct uuid id = test_uuid(1);
    struct row row;

    (void)state;
    put(&span_resource, 1, "{'name':'n','input':{'a':1},'usage':{'k':7}}");
    assert_int_equal(store_commit(t.writer), ERR_OK);
    assert_int_equal(store_read_begin(t.store, &reader), ERR_OK);
    row = test_get(&t, reader, &span_resource, &project, &id, LOAD_ALL);
    assert_json(row.record->v[ENTITY_INPUT].s, "{'a':1}");
    assert_int_equal(test_count(&row.record->v[ENTITY_USAGE], "k"), 7);
    store_read_end(reader);
}

/* A body that is gone or damaged is the store's failure, and no crash. */
static void test_damaged_bodies(void **state)
{
    struct row row = fresh(&trace_resource, 2, "{}");
    struct uuid id = test_uuid(1);

    (void)state;
    put(&trace_resource, 1, "{'input':1}");
    row.record->v[ENTITY_INPUT] = value_text(long_text(5000));
    test_put(&t, &row);
    assert_int_equal(store_commit(t.writer), ERR_OK);
    test_store_sql(&t, "DELETE FROM trace_body WHERE input = '1'");
    test_store_sql(&t, "UPDATE trace_body SET input = x'0011223344556677'");
    assert_int_equal(store_begin(t.writer), ERR_OK);
    assert_int_equal(store_entity_get(t.writer, &trace_resource, t.workspace, project.key, &id,
                                      LOAD_ALL, &t.arena, &row),
                     ERR_INTERNAL);
    id = test_uuid(2);
    assert_int_equal(store_entity_get(t.writer, &trace_resource, t.workspace, project.key, &id,
                                      LOAD_ALL, &t.arena, &row),
                     ERR_INTERNAL);
    assert_int_equal(find(&trace_resource, project.key, 2, &row), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_column, start, stop),
        cmocka_unit_test_setup_teardown(test_empty_rows, start, stop),
        cmocka_unit_test_setup_teardown(test_empty_texts, start, stop),
        cmocka_unit_test_setup_teardown(test_loading, start, stop),
        cmocka_unit_test_setup_teardown(test_heavy_changes, start, stop),
        cmocka_unit_test_setup_teardown(test_body_comes_and_goes, start, stop),
        cmocka_unit_test_setup_teardown(test_long_bodies, start, stop),
        cmocka_unit_test_setup_teardown(test_body_limits, start, stop),
        cmocka_unit_test_setup_teardown(test_marks, start, stop),
        cmocka_unit_test_setup_teardown(test_not_found, start, stop),
        cmocka_unit_test_setup_teardown(test_any_project, start, stop),
        cmocka_unit_test_setup_teardown(test_move, start, stop),
        cmocka_unit_test_setup_teardown(test_delete, start, stop),
        cmocka_unit_test_setup_teardown(test_reader, start, stop),
        cmocka_unit_test_setup_teardown(test_damaged_bodies, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
