/* Writing what OTLP requests bring: ids over several requests, roots, usage. */
#include "ingest/otlp_write.h"

#include "base/clock.h"
#include "ingest/otlp_json.h"
#include "unit/ingest/apply.h"

#define TTL (3 * 3600 * CLOCK_US_PER_S)

static struct otlp_change *change;
static int64_t window_ms;

/* Sends spans, with ' for ". */
static enum err send_to(const char *project, const char *spans)
{
    struct arena *arena = &apply_store.arena;
    struct error error = {.arena = arena};
    struct str text =
        test_json(arena, "{'resourceSpans':[{'scopeSpans':[{'spans':[%s]}]}]}", spans);
    struct otlp_request *request = NULL;

    assert_int_equal(otlp_read_json(arena, text, &request, &error), ERR_OK);
    change = arena_zalloc(arena, sizeof(*change));
    change->project_name = str_of(project);
    change->trace_ttl_us = TTL;
    change->id_window_ms = window_ms;
    assert_int_equal(otlp_map(arena, request, change->project_name, NULL, &change->batch, &error),
                     ERR_OK);
    otlp_change_write(change);
    return apply_change(&change->change);
}

static enum err send_spans(const char *spans)
{
    return send_to("P", spans);
}

/* A span of numbered ids (parent 0: none) that starts at a ms; usage 0: none. */
static const char *item(unsigned trace, unsigned id, unsigned parent, int64_t ms, int usage)
{
    struct arena *arena = &apply_store.arena;
    struct str more = STR("");

    if (parent)
        more = str_format(arena, ",'parentSpanId':'%016x'", parent);
    if (usage)
        more = str_format(arena,
                          "%.*s,'attributes':[{'key':'gen_ai.usage.a','value':{'intValue':%d}}]",
                          STR_ARG(more), usage);
    return str_format(arena,
                      "{'traceId':'%032x','spanId':'%016x','name':'s%u',"
                      "'startTimeUnixNano':%lld000000%.*s}",
                      trace, id, id, (long long)ms, STR_ARG(more))
        .p;
}

static const char *both(const char *a, const char *b)
{
    return str_format(&apply_store.arena, "%s,%s", a, b).p;
}

/* What an entity of the last request has become; NULL when there is none of that id. */
static struct row *stored(const struct resource *resource, const char *project, struct uuid id)
{
    struct row *row = arena_zalloc(&apply_store.arena, sizeof(*row));
    enum err err =
        store_entity_get(apply_store.writer, resource, apply_store.workspace,
                         apply_project(project).key, &id, LOAD_ALL, &apply_store.arena, row);

    return err || !row->exists ? NULL : row;
}

static const struct value *sent(size_t i)
{
    return change->batch.entities[i].span->v;
}

static struct uuid trace_of(size_t i)
{
    return sent(i)[SPAN_TRACE_ID].uuid;
}

static int64_t traces(void)
{
    return apply_project("P").trace_count;
}

static int64_t spans(void)
{
    return apply_project("P").span_count;
}

static void test_one_request(void **state)
{
    struct row *trace, *span;

    (void)state;
    assert_int_equal(send_spans(both(item(1, 2, 1, 2000, 7), item(1, 1, 0, 1000, 5))), ERR_OK);
    trace = stored(&trace_resource, "P", trace_of(0));
    assert_non_null(trace);
    assert_int_equal(uuid_time_ms(&trace->record->v[ENTITY_ID].uuid), 1000);
    assert_str(trace->record->v[ENTITY_NAME].s, "s1");
    assert_int_equal(trace->record->v[TRACE_SPAN_COUNT].i, 2);
    /* The parent's usage is its child's. */
    assert_int_equal(test_count(&trace->record->v[ENTITY_USAGE], "a"), 7);
    span = stored(&span_resource, "P", sent(0)[ENTITY_ID].uuid);
    assert_non_null(span);
    assert_true(uuid_eq(&span->record->v[SPAN_PARENT_SPAN_ID].uuid, &sent(1)[ENTITY_ID].uuid));
    assert_int_equal(uuid_time_ms(&span->record->v[ENTITY_ID].uuid), 1000);
    assert_int_equal(traces(), 1);
    assert_int_equal(spans(), 2);
}

static void test_several_requests(void **state)
{
    struct uuid trace, parent;

    (void)state;
    assert_int_equal(send_spans(item(1, 2, 1, 5000, 0)), ERR_OK);
    trace = trace_of(0);
    parent = sent(0)[SPAN_PARENT_SPAN_ID].uuid;
    assert_int_equal(traces(), 0);
    assert_null(stored(&trace_resource, "P", trace));
    assert_int_equal(send_spans(item(1, 1, 0, 1000, 0)), ERR_OK);
    assert_true(uuid_eq(&trace, &change->batch.traces[0].id));
    assert_non_null(stored(&trace_resource, "P", trace));
    assert_non_null(stored(&span_resource, "P", parent));
    assert_int_equal(traces(), 1);
    /* Sent again: the trace stays, the span is replaced. */
    assert_int_equal(send_spans(item(1, 1, 0, 3000, 0)), ERR_OK);
    assert_true(stored(&trace_resource, "P", trace)->record->v[ENTITY_START_TIME].i == 1000000000);
    assert_true(stored(&span_resource, "P", parent)->record->v[ENTITY_START_TIME].i == 3000000000);
    assert_int_equal(traces(), 1);
    assert_int_equal(spans(), 2);
}

static int64_t known(void)
{
    return test_store_sql(&apply_store, "SELECT count(*) FROM otlp_trace");
}

static void test_time_to_live(void **state)
{
    struct uuid trace;

    (void)state;
    assert_int_equal(send_spans(item(1, 1, 0, 1000, 0)), ERR_OK);
    trace = trace_of(0);
    /* Each time it is used it lives on. */
    for (int i = 0; i < 3; i++) {
        apply_now += TTL - CLOCK_US_PER_S;
        assert_int_equal(send_spans(item(1, 2, 1, 2000 + i, 0)), ERR_OK);
        assert_true(uuid_eq(&trace, &change->batch.traces[0].id));
    }
    assert_int_equal(known(), 1);
    apply_now += TTL + TTL / 32;
    assert_int_equal(send_spans(item(1, 3, 1, 9000, 0)), ERR_OK);
    assert_int_equal(uuid_time_ms(&change->batch.traces[0].id), 9000);
    /* Those that are forgotten make room. */
    for (unsigned i = 10; i < 20; i++)
        assert_int_equal(send_spans(item(i, 1, 0, 1, 0)), ERR_OK);
    assert_int_equal(known(), 11);
    apply_now += 2 * TTL;
    assert_int_equal(send_spans(item(30, 1, 0, 1, 0)), ERR_OK);
    assert_int_equal(known(), 1);
}

static void test_projects(void **state)
{
    struct uuid first;

    (void)state;
    assert_int_equal(send_to("P", item(1, 1, 0, 1000, 0)), ERR_OK);
    first = trace_of(0);
    assert_int_equal(send_to("Q", item(1, 1, 0, 2000, 0)), ERR_OK);
    assert_false(uuid_eq(&first, &change->batch.traces[0].id));
    /* The same id in both. */
    assert_int_equal(send_to("R", item(1, 1, 0, 1000, 0)), ERR_OK);
    assert_non_null(stored(&trace_resource, "P", first));
    assert_non_null(stored(&trace_resource, "R", first));
    assert_int_equal(send_to("", item(1, 1, 0, 1000, 0)), ERR_OK);
    assert_non_null(stored(&trace_resource, "Default Project", first));
}

static void test_chosen_ids(void **state)
{
    const char *chosen = str_format(&apply_store.arena,
                                    "{'traceId':'%032x','spanId':'%016x','startTimeUnixNano':1,"
                                    "'attributes':[{'key':'opik.trace_id','value':"
                                    "{'stringValue':'%s'}}]}",
                                    1, 2, test_uuid_text(5))
                             .p;
    struct uuid trace = test_uuid(5);

    (void)state;
    assert_int_equal(send_spans(chosen), ERR_OK);
    assert_int_equal(traces(), 0);
    assert_int_equal(spans(), 1);
    assert_true(uuid_eq(&sent(0)[SPAN_TRACE_ID].uuid, &trace));
    assert_int_equal(uuid_time_ms(&sent(0)[ENTITY_ID].uuid), uuid_time_ms(&trace));
}

static void test_window(void **state)
{
    int64_t now_ms = apply_now / CLOCK_US_PER_MS, day = 24 * 3600 * 1000;

    (void)state;
    window_ms = day;
    assert_int_equal(send_spans(both(item(1, 1, 0, now_ms, 0), item(2, 2, 0, now_ms - 2 * day, 0))),
                     ERR_BAD_REQUEST);
    assert_message(&apply_error, ERR_BAD_REQUEST, "Invalid UUID for id");
    assert_int_equal(apply_project("P").key, 0);
    assert_int_equal(known(), 0);
    assert_int_equal(send_spans(item(1, 1, 0, now_ms, 0)), ERR_OK);
    window_ms = 0;
}

static void test_usage(void **state)
{
    (void)state;
    /* 1 > 2 > 3: only direct parents, by what was sent; 4 has children without usage. */
    assert_int_equal(
        send_spans(both(both(item(1, 1, 0, 1, 1), item(1, 2, 1, 1, 2)),
                        both(both(item(1, 3, 2, 1, 4), item(1, 4, 1, 1, 8)), item(1, 5, 4, 1, 0)))),
        ERR_OK);
    assert_int_equal(
        test_count(&stored(&trace_resource, "P", trace_of(0))->record->v[ENTITY_USAGE], "a"), 12);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, apply_start, apply_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_request), TEST(test_several_requests), TEST(test_time_to_live),
        TEST(test_projects),    TEST(test_chosen_ids),       TEST(test_window),
        TEST(test_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
