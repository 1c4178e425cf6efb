/* What can be counted over time, and the bodies that ask for it (stats.md 4 to 6). */
#ifndef OCELLI_MODEL_METRIC_H
#define OCELLI_MODEL_METRIC_H

#include "model/resource.h"

/* What the rows of a metric are, and whose filters apply to it. */
enum metric_entity { METRIC_ENTITY_UNSET, METRIC_TRACES, METRIC_SPANS, METRIC_THREADS };

/* What is made of the rows of a bucket. */
enum metric_measure {
    MEASURE_COUNT,       /* rows */
    MEASURE_PERCENTILES, /* p50, p90, p99 of their durations */
    MEASURE_AVERAGE,     /* mean duration */
    MEASURE_ERROR_RATE,  /* percent of them with an error */
    MEASURE_SCORES,      /* per name: mean of their scores */
    MEASURE_USAGE,       /* per key: sum of the values above 0, over their spans */
    MEASURE_COST,        /* USD, over their spans */
    MEASURE_GUARDRAILS,  /* failed checks; nothing stores any yet */
    MEASURE_SUMMARY,     /* rows, durations, errors and the rows' own cost at once (KPI cards) */
};

/* name, entity, measure, series (NULL: one per name), whether it can be broken down; an empty
 * bucket is 0 or null as metric_empty_is_zero() says */
#define METRIC_LIST(X)                                                                             \
    X(FEEDBACK_SCORES, TRACES, SCORES, NULL, true)                                                 \
    X(TRACE_COUNT, TRACES, COUNT, "traces", true)                                                  \
    X(TOKEN_USAGE, TRACES, USAGE, NULL, true)                                                      \
    X(DURATION, TRACES, PERCENTILES, "duration", true)                                             \
    X(COST, TRACES, COST, "cost", true)                                                            \
    X(GUARDRAILS_FAILED_COUNT, TRACES, GUARDRAILS, "failed", true)                                 \
    X(THREAD_COUNT, THREADS, COUNT, "threads", true)                                               \
    X(THREAD_DURATION, THREADS, PERCENTILES, "thread_duration", true)                              \
    X(THREAD_FEEDBACK_SCORES, THREADS, SCORES, NULL, true)                                         \
    X(SPAN_FEEDBACK_SCORES, SPANS, SCORES, NULL, true)                                             \
    X(SPAN_COUNT, SPANS, COUNT, "spans", true)                                                     \
    X(SPAN_DURATION, SPANS, PERCENTILES, "span_duration", true)                                    \
    X(SPAN_TOKEN_USAGE, SPANS, USAGE, NULL, true)                                                  \
    X(TRACE_AVERAGE_DURATION, TRACES, AVERAGE, "trace_average_duration", false)                    \
    X(TRACE_ERROR_RATE, TRACES, ERROR_RATE, "trace_error_rate", false)                             \
    X(SPAN_AVERAGE_DURATION, SPANS, AVERAGE, "span_average_duration", false)                       \
    X(SPAN_COST, SPANS, COST, "span_cost", false)                                                  \
    X(SPAN_ERROR_RATE, SPANS, ERROR_RATE, "span_error_rate", false)                                \
    X(THREAD_AVERAGE_DURATION, THREADS, AVERAGE, "thread_average_duration", false)                 \
    X(THREAD_COST, THREADS, COST, "thread_cost", false)

enum metric_type {
    METRIC_TYPE_UNSET,
#define METRIC_ENUM(name, ...) METRIC_##name,
    METRIC_LIST(METRIC_ENUM)
#undef METRIC_ENUM
        METRIC_TYPE_COUNT
};

struct metric {
    const char *name; /* on the wire */
    enum metric_entity entity;
    enum metric_measure measure;
    const char *series; /* percentiles: with ".p50" and so on behind */
    bool breakdown;
};

/* By enum metric_type. */
extern const struct metric metrics[METRIC_TYPE_COUNT];

/* Whether a bucket without rows counts as 0; else it has no value. */
bool metric_empty_is_zero(enum metric_measure measure);

/* The percentiles of MEASURE_PERCENTILES, as `sub_metric` and the series name them; ended by NULL.
 */
extern const char *const metric_percentile_names[];

enum metric_interval { INTERVAL_HOURLY = 1, INTERVAL_DAILY, INTERVAL_WEEKLY, INTERVAL_TOTAL };

/* How long a bucket is, ms; 0 for INTERVAL_TOTAL. */
int64_t metric_interval_ms(enum metric_interval interval);

/* When the bucket of a moment starts, both in ms: hours and days of UTC, weeks from Monday on. The
 * one bucket of INTERVAL_TOTAL starts at 0. */
int64_t metric_bucket_start(enum metric_interval interval, int64_t ms);

/* What rows can be put into groups by. */
enum breakdown_field {
    BREAKDOWN_UNSET,
    BREAKDOWN_NONE,
    BREAKDOWN_TAGS,
    BREAKDOWN_METADATA,
    BREAKDOWN_NAME,
    BREAKDOWN_ERROR_INFO,
    BREAKDOWN_ERROR_TYPE,
    BREAKDOWN_MODEL,
    BREAKDOWN_PROVIDER,
    BREAKDOWN_TYPE,
    BREAKDOWN_FIELD_COUNT,
};

/* The name on the wire, and which entities have it. */
const char *breakdown_field_name(enum breakdown_field field);
bool breakdown_field_fits(enum breakdown_field field, enum metric_entity entity);
/* "Trace and Span metrics" */
const char *breakdown_field_audience(enum breakdown_field field);

/* ---- bodies ---- */

enum metric_breakdown_member {
    METRIC_BREAKDOWN_FIELD,
    METRIC_BREAKDOWN_KEY,
    METRIC_BREAKDOWN_SUB_METRIC,
    METRIC_BREAKDOWN_MEMBER_COUNT,
};

enum metric_request_field {
    METRIC_REQUEST_TYPE,
    METRIC_REQUEST_INTERVAL,
    METRIC_REQUEST_START,
    METRIC_REQUEST_END,
    METRIC_REQUEST_TRACE_FILTERS,
    METRIC_REQUEST_SPAN_FILTERS,
    METRIC_REQUEST_THREAD_FILTERS,
    METRIC_REQUEST_BREAKDOWN,
    METRIC_REQUEST_FIELD_COUNT,
};

enum kpi_request_field {
    KPI_REQUEST_ENTITY,
    KPI_REQUEST_FILTERS,
    KPI_REQUEST_START,
    KPI_REQUEST_END,
    KPI_REQUEST_FIELD_COUNT,
};

enum workspace_metric_field {
    WORKSPACE_METRIC_PROJECT_IDS,
    WORKSPACE_METRIC_START,
    WORKSPACE_METRIC_END,
    WORKSPACE_METRIC_NAME, /* not in summaries */
    WORKSPACE_METRIC_FIELD_COUNT,
};

extern const struct resource metric_request_resource;
extern const struct resource metric_breakdown_resource;
extern const struct resource kpi_request_resource;
extern const struct resource workspace_summary_request_resource; /* without a name */
extern const struct resource workspace_metric_request_resource;

#endif
