/* Metrics over time in the store: many cells, scores of several authors, spans by key and by id. */
#include <stdio.h>

#include "unit/store_support.h"

#define HOUR 3600000LL
#define DAY (24 * HOUR)
#define BASE (20000 * DAY)

static struct test_store t;
static struct project project;
static struct metric_row *rows;
static size_t count;

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

static struct uuid put(const struct resource *resource, int64_t ms, const struct uuid *trace,
                       const char *json)
{
    struct row row = test_row(&project, test_record(&t.arena, resource, DECODE_UPDATE, "%s", json));
    struct uuid id = uuid_new_at(ms);

    row.record->v[ENTITY_ID] = value_uuid(id);
    if (trace)
        row.record->v[SPAN_TRACE_ID] = value_uuid(*trace);
    test_put(&t, &row);
    return id;
}

static struct metric_query query_of(enum metric_entity entity, enum metric_measure measure,
                                    enum metric_interval interval)
{
    return (struct metric_query){.entity = entity,
                                 .measure = measure,
                                 .interval = interval,
                                 .project = project,
                                 .from_ms = BASE,
                                 .span_from_ms = BASE,
                                 .to_ms = BASE + 1000 * DAY,
                                 .span_to_ms = BASE + 1000 * DAY};
}

static void ask(struct metric_query query)
{
    if (store_metric(t.writer, &query, &t.arena, &rows, &count))
        fail_msg("%s", store_message(t.writer));
}

static void test_many_cells(void **state)
{
    struct metric_query query = query_of(METRIC_TRACES, MEASURE_COUNT, INTERVAL_DAILY);
    char json[64];

    (void)state;
    for (int i = 0; i < 600; i++) {
        snprintf(json, sizeof(json), "{'name':'n%d','tags':['a','b']}", i % 3);
        put(&trace_resource, BASE + i % 300 * DAY + i, NULL, json);
    }
    ask(query);
    assert_int_equal(count, 300);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].count, 2);
        assert_int_equal(rows[i].bucket_ms % DAY, 0);
    }
    query.group = BREAKDOWN_TAGS;
    ask(query);
    assert_int_equal(count, 600);
    query.group = BREAKDOWN_NAME;
    query.interval = INTERVAL_TOTAL;
    ask(query);
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].count, 200);
    query.from_ms = BASE + 1;
    query.to_ms = BASE + 300;
    query.group = 0;
    ask(query);
    assert_int_equal(rows[0].count, 1);
}

static void test_spans_by_key_and_by_id(void **state)
{
    struct metric_query query = query_of(METRIC_SPANS, MEASURE_USAGE, INTERVAL_TOTAL);
    int64_t whole;

    (void)state;
    for (int i = 0; i < 100; i++) {
        struct uuid trace = put(&trace_resource, BASE + i * DAY, NULL, "{}");
        put(&span_resource, BASE + i * DAY + HOUR, &trace,
            "{'usage':{'total_tokens':5,'none':0,'below':-1},'total_estimated_cost':0.5}");
    }
    ask(query);
    assert_int_equal(count, 1);
    assert_str(rows[0].name, "total_tokens");
    whole = (int64_t)rows[0].sum;
    assert_int_equal(whole, 500);
    /* A share of the project's time: spans are looked up by id. */
    query.to_ms = BASE + 4 * DAY;
    ask(query);
    assert_int_equal(rows[0].sum, 20);
    query = query_of(METRIC_TRACES, MEASURE_COST, INTERVAL_TOTAL);
    query.span_to_ms = BASE + 10 * DAY;
    ask(query);
    assert_int_equal(rows[0].count, 10);
    assert_int_equal(rows[0].cost, 5000000000000LL);
}

static void test_scores_of_authors(void **state)
{
    struct metric_query query = query_of(METRIC_TRACES, MEASURE_SCORES, INTERVAL_TOTAL);
    struct uuid ids[2];
    char sql[512], hex[2 * sizeof(struct uuid) + 1];

    (void)state;
    for (int i = 0; i < 2; i++)
        ids[i] = put(&trace_resource, BASE + i * DAY, NULL, "{}");
    assert_int_equal(store_commit(t.writer), ERR_OK);
    for (int i = 0; i < 3; i++) {
        for (size_t b = 0; b < sizeof(struct uuid); b++)
            snprintf(hex + 2 * b, 3, "%02x", ids[i / 2].b[b]);
        snprintf(sql, sizeof(sql),
                 "INSERT INTO score(kind, project, entity, name, author, queue, name_key, value,"
                 " source, created_at, created_by, last_updated_at, last_updated_by) VALUES(0,"
                 " %lld, x'%s', 'Tone', 'author %d', x'', 'tone', %d, 1,"
                 " 0, '', 0, '')",
                 (long long)project.key, hex, i, i + 1);
        test_store_sql(&t, sql);
    }
    assert_int_equal(store_begin(t.writer), ERR_OK);
    ask(query);
    assert_int_equal(count, 1);
    assert_str(rows[0].name, "Tone");
    assert_int_equal(rows[0].count, 2);
    assert_int_equal(rows[0].sum, (1 + 2) / 2 + 3); /* a mean is cut to 10^-9 */
    query.name = STR("tone");
    ask(query);
    assert_int_equal(count, 0);
    query.name = STR("Tone");
    query.interval = INTERVAL_DAILY;
    ask(query);
    assert_int_equal(count, 2);
}

static void test_nothing(void **state)
{
    (void)state;
    for (int measure = MEASURE_COUNT; measure <= MEASURE_SUMMARY; measure++) {
        for (int entity = METRIC_TRACES; entity <= METRIC_SPANS; entity++) {
            ask(query_of((enum metric_entity)entity, (enum metric_measure)measure,
                         INTERVAL_HOURLY));
            assert_int_equal(count, 0);
        }
    }
}

static void test_arena_ceiling(void **state)
{
    struct metric_query query = query_of(METRIC_TRACES, MEASURE_COUNT, INTERVAL_HOURLY);
    struct arena small;

    (void)state;
    for (int i = 0; i < 900; i++)
        put(&trace_resource, BASE + i * HOUR, NULL, "{}");
    arena_init(&small, (size_t)64 << 10);
    assert_int_equal(store_metric(t.writer, &query, &small, &rows, &count), ERR_TOO_LARGE);
    assert_int_equal(count, 0);
    arena_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_many_cells, start, stop),
        cmocka_unit_test_setup_teardown(test_spans_by_key_and_by_id, start, stop),
        cmocka_unit_test_setup_teardown(test_scores_of_authors, start, stop),
        cmocka_unit_test_setup_teardown(test_nothing, start, stop),
        cmocka_unit_test_setup_teardown(test_arena_ceiling, start, stop),
    };

    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
