/* Values and series of metrics as JSON, and what their requests share (stats.md 4 to 6). */
#ifndef OCELLI_API_METRIC_VALUES_H
#define OCELLI_API_METRIC_VALUES_H

#include "api/api.h"

/* The value of a bucket: of MEASURE_PERCENTILES that of the percentile with this index. */
yyjson_mut_val *metric_value(yyjson_mut_doc *doc, enum metric_measure measure,
                             const struct metric_row *row, int percentile);

/* The same as a number to add up and to order by: 10^-12, values rounded to what is told. Of the
 * measures that groups can be made of. */
decimal_int metric_rank(enum metric_measure measure, const struct metric_row *row, int percentile);

/* Parts of such values, for other answers: `total` units divided by `count`, in units of 10^-9,
 * half up; mean duration in ms of a sum in µs; the share of errors in percent; the mean of scores.
 * `count` must be above 0. */
yyjson_mut_val *metric_mean_duration(yyjson_mut_doc *doc, decimal_int us, int64_t count);
yyjson_mut_val *metric_error_rate(yyjson_mut_doc *doc, int64_t errors, int64_t count);
yyjson_mut_val *metric_mean_score(yyjson_mut_doc *doc, decimal_int sum, int64_t count);

/* The buckets of a period: when each starts, ms, and the texts of these times. */
struct metric_axis {
    const int64_t *ms;
    const struct str *times;
    size_t count;
};

/* An answer has at most so many points; each takes about 150 bytes of memory. */
#define METRIC_POINTS_MAX 1000000

/* A time cut to seconds, as answers show the start of a period; ms. */
int64_t metric_cut(int64_t ms);

/* Whether so many series with these buckets may be answered; else ERR_TOO_LARGE with words. */
enum err metric_axis_check(const struct metric_axis *axis, size_t series, struct error *reterr);

/* The buckets from the one that holds `from_ms` on, while they start before `to_ms` cut to seconds;
 * of INTERVAL_TOTAL one that is told as `from_ms` cut to seconds. ERR_TOO_LARGE, with
 * words, when they are too many. */
enum err metric_axis_make(struct arena *arena, enum metric_interval interval, int64_t from_ms,
                          int64_t to_ms, struct metric_axis *ret, struct error *reterr);

/* One series: which value of which rows, and what an empty bucket has. */
struct metric_series {
    struct str name;
    const struct metric_row *rows; /* ascending, one per bucket */
    size_t count;
    enum metric_measure measure;
    int percentile;
    bool zero;      /* empty buckets are 0, else null */
    bool keep_zero; /* a mean of 0 is told, else null */
};

/* Adds {"name","data":[{"time","value"}]} to the list, every bucket of the axis filled; rows behind
 * the axis come after it. Returns the object. ERR_TOO_LARGE shows in arena_is_over(). */
yyjson_mut_val *metric_add_series(struct arena *arena, yyjson_mut_doc *doc, yyjson_mut_val *results,
                                  const struct metric_axis *axis,
                                  const struct metric_series *series);

/* Adds {"time","value"} to a list of points. */
void metric_add_point(struct arena *arena, yyjson_mut_doc *doc, yyjson_mut_val *data,
                      int64_t time_ms, yyjson_mut_val *value);

/* Puts rows into the order of name, group and bucket. */
void metric_sort_rows(struct metric_row *rows, size_t count);

/* The filters' resource of an entity. */
const struct resource *metric_resource(enum metric_entity entity);

#endif
