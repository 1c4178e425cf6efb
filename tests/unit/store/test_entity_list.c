/* Lists and counts of traces and spans: order, pages, conditions. */
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

static void put_trace(unsigned id, const char *json)
{
    struct row row =
        test_row(&project, test_record(&t.arena, &trace_resource, DECODE_UPDATE, "%s", json));

    row.record->v[ENTITY_ID] = value_uuid(test_uuid(id));
    row.record->v[ENTITY_NAME] = value_text(str_format(&t.arena, "%u", id));
    test_put(&t, &row);
}

/* parent 0: none */
static void put_span(unsigned id, unsigned trace, unsigned parent, const char *json)
{
    struct row row =
        test_row(&project, test_record(&t.arena, &span_resource, DECODE_UPDATE, "%s", json));
    struct value *v = row.record->v;

    v[ENTITY_ID] = value_uuid(test_uuid(id));
    v[SPAN_TRACE_ID] = value_uuid(test_uuid(trace));
    if (parent)
        v[SPAN_PARENT_SPAN_ID] = value_uuid(test_uuid(parent));
    v[ENTITY_NAME] = value_text(str_format(&t.arena, "%u", id));
    test_put(&t, &row);
}

static struct entity_query query_of(const struct resource *resource)
{
    return (struct entity_query){.resource = resource, .project = project, .limit = 100};
}

/* Names of the rows of a list, joined; and the count of all matches is checked. */
static struct str list(struct entity_query query, int64_t total)
{
    struct entity_cursor *cursor;
    struct str joined = STR("");
    struct row row;
    int64_t count = -1;
    enum err err;

    assert_int_equal(store_entity_open(t.writer, &query, &t.arena, &cursor), ERR_OK);
    while ((err = store_entity_next(cursor, &t.arena, &row)) == ERR_OK)
        joined = str_format(&t.arena, "%.*s%s%.*s", STR_ARG(joined), joined.n ? " " : "",
                            STR_ARG(row.record->v[ENTITY_NAME].s));
    assert_int_equal(err, ERR_NOT_FOUND);
    store_entity_close(cursor);
    assert_int_equal(store_entity_count(t.writer, &query, &count), ERR_OK);
    assert_int_equal(count, total);
    return joined;
}

static void test_traces(void **state)
{
    struct entity_query query;

    (void)state;
    put_trace(3, "{}");
    put_trace(1, "{}");
    put_trace(20, "{}");
    put_trace(2, "{}");
    /* The number of all is the project's counter. */
    project.trace_count = 4;
    query = query_of(&trace_resource);
    assert_str(list(query, 4), "20 3 2 1");
    query.limit = 2;
    assert_str(list(query, 4), "20 3");
    query.offset = 1;
    assert_str(list(query, 4), "3 2");
    query.offset = 3;
    assert_str(list(query, 4), "1");
    query.offset = 4;
    assert_str(list(query, 4), "");
    query.offset = INT64_MAX;
    assert_str(list(query, 4), "");
    query.project.key = project.key + 1;
    query.project.trace_count = 0;
    query.offset = 0;
    assert_str(list(query, 0), "");
}

/* traces.md 9.3: inclusive. */
static void test_times(void **state)
{
    struct entity_query query = query_of(&trace_resource);

    (void)state;
    for (unsigned i = 1; i <= 5; i++)
        put_trace(i, "{}");
    query.has_from = true;
    query.from = test_uuid(2);
    assert_str(list(query, 4), "5 4 3 2");
    query.has_to = true;
    query.to = test_uuid(4);
    assert_str(list(query, 3), "4 3 2");
    query.has_from = false;
    assert_str(list(query, 4), "4 3 2 1");
    query.limit = 1;
    query.offset = 3;
    assert_str(list(query, 4), "1");
}

/* spans.md 9: by trace, parent, id, all descending; the top, without a parent, last. */
static void test_spans(void **state)
{
    struct entity_query query;

    (void)state;
    put_span(10, 1, 0, "{}");
    put_span(11, 1, 0, "{}");
    put_span(12, 1, 10, "{}");
    put_span(13, 1, 11, "{}");
    put_span(14, 1, 10, "{}");
    put_span(5, 2, 0, "{}");
    project.span_count = 6;
    query = query_of(&span_resource);
    assert_str(list(query, 6), "5 13 14 12 11 10");
    query.has_trace = true;
    query.trace = test_uuid(1);
    assert_str(list(query, 5), "13 14 12 11 10");
    query.trace = test_uuid(3);
    assert_str(list(query, 0), "");
}

static void test_ids(void **state)
{
    struct uuid ids[] = {test_uuid(3), test_uuid(7), test_uuid(1), test_uuid(3)};
    struct entity_query query;

    (void)state;
    for (unsigned i = 1; i <= 5; i++) {
        put_trace(i, "{}");
        put_span(i, 9, 0, "{}");
    }
    project.trace_count = project.span_count = 5;
    for (int spans = 0; spans < 2; spans++) {
        query = query_of(spans ? &span_resource : &trace_resource);
        query.order = ORDER_ID;
        query.ids = ids;
        query.id_count = 4;
        assert_str(list(query, 2), "3 1");
        query.id_count = 1;
        assert_str(list(query, 1), "3");
        query.id_count = 0;
        assert_str(list(query, 0), "");
        query.id_count = 4;
        query.project.key++;
        assert_str(list(query, 0), "");
    }
}

static void test_span_types(void **state)
{
    struct entity_query query = query_of(&span_resource);

    (void)state;
    put_span(10, 1, 0, "{'type':'llm'}");
    put_span(11, 1, 0, "{'type':'tool'}");
    put_span(12, 1, 0, "{'type':'llm'}");
    put_span(13, 1, 0, "{}");
    query.type = SPAN_TYPE_LLM;
    assert_str(list(query, 2), "12 10");
    query.type = SPAN_TYPE_GENERAL;
    assert_str(list(query, 0), "");
    query.type = SPAN_TYPE_LLM;
    query.has_trace = true;
    query.trace = test_uuid(2);
    assert_str(list(query, 0), "");
}

/* traces.md 9.5: sdk also means those without a source. */
static void test_sources(void **state)
{
    struct entity_query query = query_of(&trace_resource);

    (void)state;
    put_trace(1, "{'source':'sdk'}");
    put_trace(2, "{}");
    put_trace(3, "{'source':'experiment'}");
    query.source = SOURCE_SDK;
    assert_str(list(query, 2), "2 1");
    query.source = 2;
    assert_str(list(query, 1), "3");
    query.source = 3;
    assert_str(list(query, 0), "");
}

/* A row that only holds sums of spans that came first is not shown. */
static void test_absent_traces(void **state)
{
    struct trace_sums sums = {.spans = 1};
    struct entity_query query = query_of(&trace_resource);
    struct uuid id = test_uuid(2);
    struct str thread;

    (void)state;
    put_trace(1, "{}");
    assert_int_equal(store_trace_add(t.writer, project.key, &id, &sums, &t.arena, &thread), ERR_OK);
    query.has_from = true;
    query.from = test_uuid(0);
    assert_str(list(query, 1), "1");
}

static void test_bodies(void **state)
{
    struct entity_query query = query_of(&trace_resource);
    struct entity_cursor *cursor;
    struct row row;

    (void)state;
    put_trace(1, "{'input':{'a':1},'output':2}");
    put_trace(2, "{'input':3}");
    query.load = 1ULL << ENTITY_INPUT;
    assert_int_equal(store_entity_open(t.writer, &query, &t.arena, &cursor), ERR_OK);
    assert_int_equal(store_entity_next(cursor, &t.arena, &row), ERR_OK);
    assert_json(row.record->v[ENTITY_INPUT].s, "3");
    assert_int_equal(row.record->v[ENTITY_OUTPUT].kind, VALUE_ABSENT);
    assert_int_equal(store_entity_next(cursor, &t.arena, &row), ERR_OK);
    assert_json(row.record->v[ENTITY_INPUT].s, "{'a':1}");
    assert_int_equal(row.record->v[ENTITY_OUTPUT].kind, VALUE_KEPT);
    store_entity_close(cursor);
    store_entity_close(NULL);
}

/* Each row may have an arena of its own, dropped before the next. */
static void test_arena_per_row(void **state)
{
    struct entity_query query = query_of(&span_resource);
    struct entity_cursor *cursor;
    struct arena each;
    struct row row;
    int rows = 0;

    (void)state;
    for (unsigned i = 0; i < 50; i++)
        put_span(100 + i, 1, 0, "{'usage':{'k':1},'tags':['a'],'input':[1,2,3]}");
    query.load = LOAD_ALL;
    arena_init(&each, 1 << 20);
    assert_int_equal(store_entity_open(t.writer, &query, &t.arena, &cursor), ERR_OK);
    while (store_entity_next(cursor, &each, &row) == ERR_OK) {
        assert_int_equal(test_count(&row.record->v[ENTITY_USAGE], "k"), 1);
        assert_json(row.record->v[ENTITY_INPUT].s, "[1,2,3]");
        rows++;
        arena_reset(&each);
    }
    store_entity_close(cursor);
    arena_done(&each);
    assert_int_equal(rows, 50);
}

static void test_children(void **state)
{
    struct uuid trace = test_uuid(1), parent = test_uuid(10), none = test_uuid(99);
    struct uuid *ids;
    size_t count, seen = 0;

    (void)state;
    for (unsigned i = 0; i < 40; i++)
        put_span(100 + i, 1, 10, "{'input':1}");
    put_span(200, 1, 100, "{}");
    put_span(201, 2, 10, "{}");
    put_span(202, 1, 0, "{}");
    assert_int_equal(
        store_span_children(t.writer, project.key, &trace, &parent, &t.arena, &ids, &count),
        ERR_OK);
    assert_int_equal(count, 40);
    for (size_t i = 0; i < count; i++) {
        for (unsigned id = 100; id < 140; id++) {
            struct uuid child = test_uuid(id);
            seen += uuid_eq(&ids[i], &child);
        }
    }
    assert_int_equal(seen, 40);
    assert_int_equal(
        store_span_children(t.writer, project.key, &trace, &none, &t.arena, &ids, &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(
        store_span_children(t.writer, project.key + 1, &trace, &parent, &t.arena, &ids, &count),
        ERR_OK);
    assert_int_equal(count, 0);
}

static void test_children_ceiling(void **state)
{
    struct uuid trace = test_uuid(1), parent = test_uuid(10);
    struct arena small;
    struct uuid *ids;
    size_t count;

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        put_span(100 + i, 1, 10, "{}");
    arena_init(&small, 10000);
    assert_int_equal(
        store_span_children(t.writer, project.key, &trace, &parent, &small, &ids, &count),
        ERR_TOO_LARGE);
    arena_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_traces, start, stop),
        cmocka_unit_test_setup_teardown(test_times, start, stop),
        cmocka_unit_test_setup_teardown(test_spans, start, stop),
        cmocka_unit_test_setup_teardown(test_ids, start, stop),
        cmocka_unit_test_setup_teardown(test_span_types, start, stop),
        cmocka_unit_test_setup_teardown(test_sources, start, stop),
        cmocka_unit_test_setup_teardown(test_absent_traces, start, stop),
        cmocka_unit_test_setup_teardown(test_bodies, start, stop),
        cmocka_unit_test_setup_teardown(test_arena_per_row, start, stop),
        cmocka_unit_test_setup_teardown(test_children, start, stop),
        cmocka_unit_test_setup_teardown(test_children_ceiling, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
