/* Tables of metrics: buckets, breakdowns, and the bodies that ask for them. */
#include "model/metric.h"

#include "model/decode.h"
#include "unit/support.h"

#define HOUR 3600000LL
#define DAY (24 * HOUR)

static struct arena arena;
static struct error error;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    error = (struct error){.arena = &arena};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void test_buckets(void **state)
{
    const int64_t monday = 19723 * DAY; /* 2024-01-01 */

    (void)state;
    assert_int_equal(metric_bucket_start(INTERVAL_HOURLY, monday + HOUR - 1), monday);
    assert_int_equal(metric_bucket_start(INTERVAL_HOURLY, monday + HOUR), monday + HOUR);
    assert_int_equal(metric_bucket_start(INTERVAL_DAILY, monday - 1), monday - DAY);
    assert_int_equal(metric_bucket_start(INTERVAL_DAILY, monday + DAY - 1), monday);
    assert_int_equal(metric_bucket_start(INTERVAL_WEEKLY, monday - 1), monday - 7 * DAY);
    assert_int_equal(metric_bucket_start(INTERVAL_WEEKLY, monday), monday);
    assert_int_equal(metric_bucket_start(INTERVAL_WEEKLY, monday + 7 * DAY - 1), monday);
    assert_int_equal(metric_bucket_start(INTERVAL_WEEKLY, 0), -3 * DAY);
    assert_int_equal(metric_bucket_start(INTERVAL_WEEKLY, -3 * DAY - 1), -10 * DAY);
    assert_int_equal(metric_bucket_start(INTERVAL_WEEKLY, -10 * DAY), -10 * DAY);
    assert_int_equal(metric_bucket_start(INTERVAL_DAILY, -1), -DAY);
    assert_int_equal(metric_bucket_start(INTERVAL_DAILY, -DAY), -DAY);
    assert_int_equal(metric_bucket_start(INTERVAL_HOURLY, -DAY - 1), -DAY - HOUR);
    assert_int_equal(metric_bucket_start(INTERVAL_TOTAL, monday), 0);
    assert_int_equal(metric_bucket_start(INTERVAL_TOTAL, -1), 0);
}

static void test_table(void **state)
{
    (void)state;
    for (int i = 1; i < METRIC_TYPE_COUNT; i++) {
        enum metric_measure measure = metrics[i].measure;
        bool per_name = measure == MEASURE_SCORES || measure == MEASURE_USAGE;
        assert_non_null(metrics[i].name);
        assert_int_equal(metrics[i].series == NULL, per_name);
    }
    assert_string_equal(metrics[METRIC_SPAN_COST].series, "span_cost");
    assert_false(metrics[METRIC_SPAN_COST].breakdown);
    assert_true(metric_empty_is_zero(MEASURE_COST));
    assert_false(metric_empty_is_zero(MEASURE_AVERAGE));
}

static void test_breakdowns(void **state)
{
    (void)state;
    assert_true(breakdown_field_fits(BREAKDOWN_TAGS, METRIC_THREADS));
    assert_false(breakdown_field_fits(BREAKDOWN_NAME, METRIC_THREADS));
    assert_true(breakdown_field_fits(BREAKDOWN_NAME, METRIC_TRACES));
    assert_false(breakdown_field_fits(BREAKDOWN_MODEL, METRIC_TRACES));
    assert_string_equal(breakdown_field_name(BREAKDOWN_ERROR_TYPE), "error_type");
    assert_string_equal(breakdown_field_audience(BREAKDOWN_TAGS),
                        "Trace, Span, and Thread metrics");
    assert_string_equal(breakdown_field_audience(BREAKDOWN_METADATA), "Trace and Span metrics");
    assert_string_equal(breakdown_field_audience(BREAKDOWN_TYPE), "Span metrics only");
}

static void test_metric_body(void **state)
{
    struct record *body = test_record(
        &arena, &metric_request_resource, DECODE_CREATE,
        "{'metric_type':'SPAN_COST','interval':'TOTAL','interval_start':'2024-01-01T00:00:00Z',"
        "'interval_end':null,'trace_filters':[],'breakdown':{'field':'tags','sub_metric':'p50'}}");

    (void)state;
    assert_int_equal(body->v[METRIC_REQUEST_TYPE].i, METRIC_SPAN_COST);
    assert_int_equal(body->v[METRIC_REQUEST_INTERVAL].i, INTERVAL_TOTAL);
    assert_false(value_is_set(&body->v[METRIC_REQUEST_END]));
    assert_int_equal(body->v[METRIC_REQUEST_BREAKDOWN].record->v[METRIC_BREAKDOWN_FIELD].i,
                     BREAKDOWN_TAGS);
    assert_null(test_decode(&arena, &metric_request_resource, DECODE_CREATE, &error,
                            "{'metric_type':'trace_count'}"));
    assert_int_equal(error.code, ERR_BAD_REQUEST);
}

static void test_other_bodies(void **state)
{
    struct record *body = test_record(&arena, &workspace_summary_request_resource, DECODE_CREATE,
                                      "{'project_ids':[],'interval_start':'2024-01-01T00:00:00Z',"
                                      "'interval_end':'2024-01-02T00:00:00Z','name':'ignored'}");

    (void)state;
    assert_int_equal(body->v[WORKSPACE_METRIC_PROJECT_IDS].list.n, 0);
    assert_null(
        test_decode(&arena, &workspace_metric_request_resource, DECODE_CREATE, &error, "{}"));
    assert_items(&error, ERR_UNPROCESSABLE,
                 "intervalStart must not be null|intervalEnd must not be null|"
                 "name must not be blank");
    error = (struct error){.arena = &arena};
    assert_null(test_decode(&arena, &kpi_request_resource, DECODE_CREATE, &error, "{}"));
    assert_items(&error, ERR_UNPROCESSABLE,
                 "entityType must not be null|intervalStart must not be null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_buckets, start, stop),
        cmocka_unit_test_setup_teardown(test_table, start, stop),
        cmocka_unit_test_setup_teardown(test_breakdowns, start, stop),
        cmocka_unit_test_setup_teardown(test_metric_body, start, stop),
        cmocka_unit_test_setup_teardown(test_other_bodies, start, stop),
    };

    return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
