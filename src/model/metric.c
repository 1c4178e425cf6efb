/* The tables of metrics, of what they can be broken down by, and of the bodies that ask for them.
 */
#include "model/metric.h"

#include "base/clock.h"
#include "model/search.h"

#define HOUR_MS (3600LL * 1000)
#define DAY_MS (24 * HOUR_MS)
/* From a Monday to the epoch, which was a Thursday. */
#define MONDAY_TO_EPOCH_MS (3 * DAY_MS)

const struct metric metrics[METRIC_TYPE_COUNT] = {
#define METRIC_ROW(name, entity, measure, series, breakdown)                                       \
    [METRIC_##name] = {#name, METRIC_##entity, MEASURE_##measure, series, breakdown},
    METRIC_LIST(METRIC_ROW)
#undef METRIC_ROW
};

static const char *const metric_names[] = {NULL,
#define METRIC_NAME(name, ...) #name,
                                           METRIC_LIST(METRIC_NAME)
#undef METRIC_NAME
                                               NULL};

static const char *const interval_names[] = {NULL, "HOURLY", "DAILY", "WEEKLY", "TOTAL", NULL};
static const char *const entity_names[] = {NULL, "traces", "spans", "threads", NULL};
const char *const metric_percentile_names[] = {"p50", "p90", "p99", NULL};

bool metric_empty_is_zero(enum metric_measure measure)
{
    return measure != MEASURE_PERCENTILES && measure != MEASURE_AVERAGE &&
           measure != MEASURE_SCORES;
}

int64_t metric_interval_ms(enum metric_interval interval)
{
    switch (interval) {
    case INTERVAL_HOURLY:
        return HOUR_MS;
    case INTERVAL_DAILY:
        return DAY_MS;
    case INTERVAL_WEEKLY:
        return 7 * DAY_MS;
    default:
        return 0;
    }
}

int64_t metric_bucket_start(enum metric_interval interval, int64_t ms)
{
    int64_t length = metric_interval_ms(interval);
    int64_t shift = interval == INTERVAL_WEEKLY ? MONDAY_TO_EPOCH_MS : 0;

    return length ? clock_count(ms + shift, length) * length - shift : 0;
}

/* ---- breakdown ---- */

#define BREAKDOWN_LIST(X)                                                                          \
    X(NONE, "none", true, true, true)                                                              \
    X(TAGS, "tags", true, true, true)                                                              \
    X(METADATA, "metadata", true, true, false)                                                     \
    X(NAME, "name", true, true, false)                                                             \
    X(ERROR_INFO, "error_info", true, true, false)                                                 \
    X(ERROR_TYPE, "error_type", true, true, false)                                                 \
    X(MODEL, "model", false, true, false)                                                          \
    X(PROVIDER, "provider", false, true, false)                                                    \
    X(TYPE, "type", false, true, false)

static const struct {
    bool fits[METRIC_THREADS + 1];
} breakdowns[BREAKDOWN_FIELD_COUNT] = {
#define BREAKDOWN_ROW(id, name, traces, spans, threads)                                            \
    [BREAKDOWN_##id] = {{false, traces, spans, threads}},
    BREAKDOWN_LIST(BREAKDOWN_ROW)
#undef BREAKDOWN_ROW
};

static const char *const breakdown_names[] = {NULL,
#define BREAKDOWN_NAME(id, name, ...) name,
                                              BREAKDOWN_LIST(BREAKDOWN_NAME)
#undef BREAKDOWN_NAME
                                                  NULL};

const char *breakdown_field_name(enum breakdown_field field)
{
    return breakdown_names[field];
}

bool breakdown_field_fits(enum breakdown_field field, enum metric_entity entity)
{
    return breakdowns[field].fits[entity];
}

const char *breakdown_field_audience(enum breakdown_field field)
{
    return breakdowns[field].fits[METRIC_THREADS]  ? "Trace, Span, and Thread metrics"
           : breakdowns[field].fits[METRIC_TRACES] ? "Trace and Span metrics"
                                                   : "Span metrics only";
}

/* ---- bodies ---- */

static const struct field breakdown_fields[] = {
    [METRIC_BREAKDOWN_FIELD] = {"field", FIELD_ENUM, FF_UPDATE, .names = breakdown_names,
                                .doc = "What the groups are made by."},
    [METRIC_BREAKDOWN_KEY] = {"metadata_key", FIELD_TEXT, FF_UPDATE,
                              .doc = "Member of the metadata, for groups by metadata."},
    [METRIC_BREAKDOWN_SUB_METRIC] = {"sub_metric", FIELD_TEXT, FF_UPDATE,
                                     .doc = "Percentile, name of the score, or key of the usage."},
};
const struct resource metric_breakdown_resource = {"MetricBreakdown", "breakdown", breakdown_fields,
                                                   METRIC_BREAKDOWN_MEMBER_COUNT, NULL};

static const struct field metric_request_fields[] = {
    [METRIC_REQUEST_TYPE] = {"metric_type", FIELD_ENUM, FF_CREATE, .names = metric_names,
                             .doc = "What is counted; required."},
    [METRIC_REQUEST_INTERVAL] = {"interval", FIELD_ENUM, FF_CREATE, .names = interval_names,
                                 .doc = "How long a bucket is; required."},
    [METRIC_REQUEST_START] = {"interval_start", FIELD_TIME_US, FF_CREATE | FF_ANY_TIME,
                              .doc = "Earliest time of an id; required."},
    [METRIC_REQUEST_END] = {"interval_end", FIELD_TIME_US, FF_CREATE | FF_ANY_TIME,
                            .doc = "Latest time of an id; now when absent."},
    [METRIC_REQUEST_TRACE_FILTERS] = {"trace_filters", FIELD_JSON, FF_CREATE,
                                      .sub = &filter_item_resource,
                                      .doc = "Array of filters, for metrics of traces."},
    [METRIC_REQUEST_SPAN_FILTERS] = {"span_filters", FIELD_JSON, FF_CREATE,
                                     .sub = &filter_item_resource,
                                     .doc = "Array of filters, for metrics of spans."},
    [METRIC_REQUEST_THREAD_FILTERS] = {"thread_filters", FIELD_JSON, FF_CREATE,
                                       .sub = &filter_item_resource,
                                       .doc = "Array of filters, for metrics of threads."},
    [METRIC_REQUEST_BREAKDOWN] = {"breakdown", FIELD_OBJECT, FF_CREATE,
                                  .sub = &metric_breakdown_resource,
                                  .doc = "One series per group."},
};
const struct resource metric_request_resource = {"MetricRequest", "metric", metric_request_fields,
                                                 METRIC_REQUEST_FIELD_COUNT, NULL};

static const struct field kpi_request_fields[] = {
    [KPI_REQUEST_ENTITY] = {"entity_type", FIELD_ENUM, FF_CREATE | FF_REQUIRED | FF_ANY_CASE,
                            .names = entity_names, .doc = "What is counted."},
    [KPI_REQUEST_FILTERS] = {"filters", FIELD_TEXT, FF_CREATE,
                             .doc = "Array of filters as JSON text."},
    [KPI_REQUEST_START] = {"interval_start", FIELD_TIME_US, FF_CREATE | FF_ANY_TIME | FF_REQUIRED,
                           .doc = "Earliest time of an id."},
    [KPI_REQUEST_END] = {"interval_end", FIELD_TIME_US, FF_CREATE | FF_ANY_TIME,
                         .doc = "Latest time of an id; now when absent."},
};
const struct resource kpi_request_resource = {"KpiCardRequest", "KPI card", kpi_request_fields,
                                              KPI_REQUEST_FIELD_COUNT, NULL};

static const struct field workspace_metric_fields[] = {
    [WORKSPACE_METRIC_PROJECT_IDS] = {"project_ids", FIELD_UUIDS, FF_CREATE, .max = 1000,
                                      .doc = "Only these projects; all when absent or empty."},
    [WORKSPACE_METRIC_START] = {"interval_start", FIELD_TIME_US,
                                FF_CREATE | FF_ANY_TIME | FF_REQUIRED,
                                .doc = "Earliest time of an id and of its start."},
    [WORKSPACE_METRIC_END] = {"interval_end", FIELD_TIME_US, FF_CREATE | FF_ANY_TIME | FF_REQUIRED,
                              .doc = "Latest time of an id and of its start."},
    [WORKSPACE_METRIC_NAME] = {"name", FIELD_TEXT, FF_CREATE | FF_REQUIRED | FF_NOT_BLANK,
                               .doc = "Name of the score."},
};
const struct resource workspace_summary_request_resource = {"WorkspaceMetricSummaryRequest",
                                                            "metric", workspace_metric_fields,
                                                            WORKSPACE_METRIC_NAME, NULL};
const struct resource workspace_metric_request_resource = {"WorkspaceMetricRequest", "metric",
                                                           workspace_metric_fields,
                                                           WORKSPACE_METRIC_FIELD_COUNT, NULL};
