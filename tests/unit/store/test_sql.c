/* SQL texts: values are bound, never written, and there are never more than a statement takes. */
#include "store/sql.h"

#include <stdio.h>

#include "unit/store_support.h"

static struct arena arena;
static struct sql sql; /* freed behind each test, also one that fails */

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    sql_init(&sql, &arena);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    sql_done(&sql);
    arena_done(&arena);
    return 0;
}

static void begin(void)
{
    sql_done(&sql);
    sql_init(&sql, &arena);
}

static size_t count_marks(void)
{
    size_t count = 0;

    for (size_t i = 0; i < sql.text.n; i++)
        count += sql.text.p[i] == '?';
    return count;
}

static void test_values_of_each_kind(void **state)
{
    struct uuid id = test_uuid(7);

    (void)state;
    begin();
    sql_add(&sql, "a = ");
    sql_add_int(&sql, -5);
    sql_add(&sql, " AND b = ");
    sql_add_text(&sql, STR("x\0y"));
    sql_add(&sql, " AND c = ");
    sql_add_real(&sql, 0.5);
    sql_add(&sql, " AND d = ");
    sql_add_uuid(&sql, &id);
    assert_str(str_make(sql.text.p, sql.text.n), "a = ? AND b = ? AND c = ? AND d = ?");
    assert_int_equal(sql.bind_count, 4);
    assert_int_equal(sql.binds[0].kind, SQL_BIND_INT);
    assert_int_equal(sql.binds[0].i, -5);
    assert_int_equal(sql.binds[1].kind, SQL_BIND_TEXT);
    assert_int_equal(sql.binds[1].s.n, 3);
    assert_int_equal(sql.binds[2].kind, SQL_BIND_REAL);
    assert_true(sql.binds[2].d > 0.49 && sql.binds[2].d < 0.51);
    assert_int_equal(sql.binds[3].kind, SQL_BIND_UUID);
    assert_memory_equal(&sql.binds[3].uuid, &id, sizeof(id));
    assert_false(sql.failed);
}

static void test_as_many_values_as_fit(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < SQL_BINDS_MAX; i++)
        sql_add_int(&sql, i);
    assert_false(sql.failed);
    assert_int_equal(sql.bind_count, SQL_BINDS_MAX);
    for (int i = 0; i < SQL_BINDS_MAX; i++)
        assert_int_equal(sql.binds[i].i, i);
    sql_add_text(&sql, STR("too many"));
    assert_true(sql.failed);
    assert_int_equal(sql.bind_count, SQL_BINDS_MAX);
    assert_int_equal(sql.text.n, SQL_BINDS_MAX);
}

static void test_text_is_bounded(void **state)
{
    char piece[1001];

    (void)state;
    memset(piece, 'x', 1000);
    piece[1000] = '\0';
    begin();
    for (int i = 0; i < 1000; i++)
        sql_add(&sql, piece);
    assert_false(sql.failed);
    for (int i = 0; i < 10000 && !sql.failed; i++)
        sql_add(&sql, piece);
    assert_true(sql.failed);
}

/* ---- filters ---- */

/* What a field takes as value; all of it would show in a SQL text. */
static const char *sample_value(enum filter_type type)
{
    switch (type) {
    case FILTER_NUMBER:
    case FILTER_SCORES:
        return "31415.926";
    case FILTER_DATE_TIME:
        return "2024-01-01T00:00:00Z";
    default:
        return "x' OR 31415 --";
    }
}

static const char *sample_key(const struct filter_field *field)
{
    switch (field->type) {
    case FILTER_DICTIONARY:
        return "\"y' OR 31415 --\"";
    case FILTER_CUSTOM:
        return "input.\"y' OR 31415 --\"";
    default:
        return "y' OR 31415 --";
    }
}

static void check_bound(const struct resource *resource, const struct filter_field *field,
                        enum filter_operator op)
{
    struct error error = {.arena = &arena};
    struct filter_node *node = NULL;

    assert_int_equal(filter_make_test(&arena, resource, field, op, str_of(sample_key(field)),
                                      str_of(sample_value(field->type)), &node, &error),
                     ERR_OK);
    begin();
    sql_add_filter(&sql, node);
    assert_false(sql.failed);
    if (count_marks() != sql.bind_count ||
        str_find(str_make(sql.text.p, sql.text.n), STR("31415")) >= 0 || sql.bind_count > 4)
        fail_msg("%s %s: %.*s", field->name, filter_operator_name(op), (int)sql.text.n, sql.text.p);
}

/* query.md 3: whatever the field and operator. */
static void test_filters_bind_their_values(void **state)
{
    static const struct resource *const resources[] = {&trace_resource, &span_resource,
                                                       &thread_resource};
    const struct filter_field *input = filter_field_find(&trace_resource, STR("input_json"));

    (void)state;
    for (size_t r = 0; r < 3; r++) {
        for (const struct filter_field *f = filter_fields(resources[r]); f->name; f++) {
            const struct filter_field *stored = f->type == FILTER_CUSTOM ? input : f;
            for (int op = 0; op < OPERATOR_COUNT; op++) {
                if (filter_operator_allowed(stored, (enum filter_operator)op))
                    check_bound(resources[r], f, (enum filter_operator)op);
            }
        }
    }
}

static void test_trees(void **state)
{
    struct error error = {.arena = &arena};
    struct filter_node *node = NULL;

    (void)state;
    assert_int_equal(
        filter_parse_text(
            &arena, &trace_resource,
            test_json(&arena,
                      "[{'or':[{'field':'tags','operator':'is_empty'},{'not':"
                      "{'field':'name','operator':'=','value':'a'}}]},{'or':[]},{'and':[]}]"),
            &node, &error),
        ERR_OK);
    begin();
    sql_add_filter(&sql, node);
    assert_str(str_make(sql.text.p, sql.text.n),
               "(((coalesce(t.tags, '[]') = '[]') OR (NOT ifnull((lower(t.name) = lower(?)), 0)))"
               " AND (0) AND (1))");
    assert_int_equal(sql.bind_count, 1);
}

/* So many tests, each a list of so many parts. */
static struct filter_node *lists(size_t tests, size_t parts)
{
    const struct filter_field *field = filter_field_find(&trace_resource, STR("environment"));
    struct filter_node *all = NULL;
    char *list = arena_alloc(&arena, 2 * parts);

    for (size_t i = 0; i < parts; i++)
        memcpy(list + 2 * i, "a,", 2);
    for (size_t i = 0; i < tests; i++) {
        struct error error = {.arena = &arena};
        struct filter_node *node = NULL;
        assert_int_equal(filter_make_test(&arena, &trace_resource, field, OPERATOR_IN, STR(""),
                                          str_make(list, 2 * parts), &node, &error),
                         ERR_OK);
        all = filter_join(&arena, node, all);
    }
    return all;
}

static void test_lists(void **state)
{
    (void)state;
    begin();
    sql_add_filter(&sql, lists(3, FILTER_PARTS_MAX));
    assert_false(sql.failed);
    assert_int_equal(sql.bind_count, 3 * FILTER_PARTS_MAX);
    assert_int_equal(count_marks(), sql.bind_count);
    begin();
    sql_add_filter(&sql, lists(SQL_BINDS_MAX / FILTER_PARTS_MAX + 1, FILTER_PARTS_MAX));
    assert_true(sql.failed);
}

/* ---- statements ---- */

static void make_statement(const struct entity_query *query)
{
    begin();
    sql_add(&sql, "SELECT t.id");
    sql_add_entity_source(&sql, query);
    sql_add_entity_order(&sql, query);
    assert_false(sql.failed);
    assert_int_equal(count_marks(), sql.bind_count);
}

static bool has(const char *text)
{
    return str_find(str_make(sql.text.p, sql.text.n), str_of(text)) >= 0;
}

/* A body is joined only when it is looked at. */
static void test_body_is_joined_when_needed(void **state)
{
    struct entity_query query = {.resource = &trace_resource, .limit = 10};
    struct error error = {.arena = &arena};
    struct filter_node *node;

    (void)state;
    make_statement(&query);
    assert_false(has("trace_body"));
    query.search = STR("x");
    make_statement(&query);
    assert_true(has("trace_body"));
    query.search = STR("");
    query.order = ORDER_FIELD;
    query.sort_field = ENTITY_NAME;
    make_statement(&query);
    assert_false(has("trace_body"));
    query.sort_field = ENTITY_INPUT;
    make_statement(&query);
    assert_true(has("trace_body"));
    query.order = ORDER_DEFAULT;
    assert_int_equal(filter_make_test(&arena, &span_resource,
                                      filter_field_find(&span_resource, STR("input")),
                                      OPERATOR_CONTAINS, STR(""), STR("x"), &node, &error),
                     ERR_OK);
    query.resource = &span_resource;
    query.filter = node;
    make_statement(&query);
    assert_true(has("span_body"));
}

static void test_every_condition_is_bound(void **state)
{
    struct entity_query query = {
        .resource = &span_resource,
        .project = {.key = 31415},
        .has_from = true,
        .has_to = true,
        .has_before = true,
        .has_trace = true,
        .type = 3,
        .source = SOURCE_SDK,
        .search = STR("31415' --"),
        .order = ORDER_FIELD,
        .sort_field = ENTITY_USAGE,
        .sort_key = STR("31415' --"),
        .descending = true,
        .offset = 31415,
        .limit = 31415,
    };

    (void)state;
    make_statement(&query);
    assert_false(has("31415"));
}

/* SQLite takes all of it: every field with every operator, every order, in one statement each. */
static void check_filters(struct test_store *t, const struct resource *resource)
{
    struct entity_query query = {.resource = resource};
    int64_t count;

    for (const struct filter_field *f = filter_fields(resource); f->name; f++) {
        for (int op = 0; op < OPERATOR_COUNT; op++) {
            struct error error = {.arena = &arena};
            struct filter_node *node = NULL;
            if (f->type == FILTER_CUSTOM || !filter_operator_allowed(f, (enum filter_operator)op))
                continue;
            filter_make_test(&arena, resource, f, (enum filter_operator)op, str_of(sample_key(f)),
                             str_of(sample_value(f->type)), &node, &error);
            query.filter = node;
            if (store_entity_count(t->writer, &query, &count))
                fail_msg("%s: %s", f->name, store_message(t->writer));
        }
    }
}

static void check_orders(struct test_store *t, const struct resource *resource)
{
    for (const char *const *name = resource->sortable_by; *name; name++) {
        struct entity_query query = {.resource = resource, .limit = 10, .order = ORDER_FIELD};
        struct entity_cursor *cursor = NULL;
        struct str entry = str_of(*name);
        if (str_ends_with(entry, STR(".*"))) {
            entry.n -= 2;
            query.sort_key = STR("key");
        }
        query.sort_field = resource_find_field(resource, entry);
        if (query.sort_field < 0)
            continue; /* experiment_id: no field yet */
        enum err err = store_entity_open(t->writer, &query, &arena, &cursor);
        store_entity_close(cursor);
        if (err)
            fail_msg("sorted by %s: %s", *name, store_message(t->writer));
    }
}

static void test_sqlite_takes_filters(void **state)
{
    struct test_store t;

    (void)state;
    test_store_open(&t);
    check_filters(&t, &trace_resource);
    check_filters(&t, &span_resource);
    test_store_close(&t);
}

static void test_sqlite_takes_orders(void **state)
{
    struct test_store t;

    (void)state;
    test_store_open(&t);
    check_orders(&t, &trace_resource);
    check_orders(&t, &span_resource);
    test_store_close(&t);
}

/* As many values as sql_add_*() take are as many as SQLite takes; more are refused, which is no
 * failure of the store. */
static void test_sqlite_takes_many_values(void **state)
{
    struct entity_query query = {.resource = &trace_resource, .limit = 10};
    size_t most = SQL_BINDS_MAX / FILTER_PARTS_MAX;
    struct entity_cursor *cursor = NULL;
    struct test_store t;
    int64_t count;

    (void)state;
    test_store_open(&t);
    query.filter = lists(15, FILTER_PARTS_MAX); /* nested, as deep as filters may be */
    assert_int_equal(store_entity_count(t.writer, &query, &count), ERR_OK);
    query.filter = lists(most + 1, FILTER_PARTS_MAX);
    assert_int_equal(store_entity_count(t.writer, &query, &count), ERR_TOO_LARGE);
    assert_int_equal(store_entity_open(t.writer, &query, &arena, &cursor), ERR_TOO_LARGE);
    assert_null(cursor);
    test_store_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values_of_each_kind, start, stop),
        cmocka_unit_test_setup_teardown(test_as_many_values_as_fit, start, stop),
        cmocka_unit_test_setup_teardown(test_text_is_bounded, start, stop),
        cmocka_unit_test_setup_teardown(test_filters_bind_their_values, start, stop),
        cmocka_unit_test_setup_teardown(test_trees, start, stop),
        cmocka_unit_test_setup_teardown(test_lists, start, stop),
        cmocka_unit_test_setup_teardown(test_body_is_joined_when_needed, start, stop),
        cmocka_unit_test_setup_teardown(test_every_condition_is_bound, start, stop),
        cmocka_unit_test_setup_teardown(test_sqlite_takes_filters, start, stop),
        cmocka_unit_test_setup_teardown(test_sqlite_takes_orders, start, stop),
        cmocka_unit_test_setup_teardown(test_sqlite_takes_many_values, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
