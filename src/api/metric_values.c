/* Values and series of metrics as JSON. */
#include "api/metric_values.h"

#include <stdlib.h>

#include "api/stats_values.h"
#include "base/clock.h"
#include "model/thread.h"

#define MS_PER_S 1000LL
#define PERCENT 100
#define NANO 1000000000LL
/* What ranks are counted in: 10^-12, as costs are. */
#define RANK_SCALE 12
#define NANO_TO_RANK 1000
/* µs to ms with 9 decimals */
#define US_TO_NANO_MS 1000000LL

/* The quotient, halves away from 0. */
static decimal_int divide(decimal_int total, int64_t count)
{
    decimal_int half = count / 2;

    return (total + (total < 0 ? -half : half)) / count;
}

static yyjson_mut_val *decimal_value(yyjson_mut_doc *doc, decimal_int value, int scale)
{
    char text[DECIMAL_TEXT_MAX];

    return yyjson_mut_rawncpy(doc, text, decimal_format(value, scale, text));
}

static decimal_int mean_duration(decimal_int us, int64_t count)
{
    return divide(us * US_TO_NANO_MS, count);
}

static decimal_int error_rate(int64_t errors, int64_t count)
{
    return divide((decimal_int)errors * PERCENT * NANO, count);
}

yyjson_mut_val *metric_mean_duration(yyjson_mut_doc *doc, decimal_int us, int64_t count)
{
    return decimal_value(doc, mean_duration(us, count), 9);
}

yyjson_mut_val *metric_error_rate(yyjson_mut_doc *doc, int64_t errors, int64_t count)
{
    return decimal_value(doc, error_rate(errors, count), 9);
}

yyjson_mut_val *metric_mean_score(yyjson_mut_doc *doc, decimal_int sum, int64_t count)
{
    return yyjson_mut_real(doc, decimal_to_double(sum, 9) / (double)count);
}

yyjson_mut_val *metric_value(yyjson_mut_doc *doc, enum metric_measure measure,
                             const struct metric_row *row, int percentile)
{
    switch (measure) {
    case MEASURE_PERCENTILES:
        return yyjson_mut_real(doc, stats_cut(row->percentiles[percentile]));
    case MEASURE_AVERAGE:
        return row->timed ? metric_mean_duration(doc, row->sum, row->timed) : yyjson_mut_null(doc);
    case MEASURE_ERROR_RATE:
        return metric_error_rate(doc, row->errors, row->count);
    case MEASURE_SCORES:
        return row->sum ? metric_mean_score(doc, row->sum, row->count) : yyjson_mut_null(doc);
    case MEASURE_USAGE:
        return decimal_value(doc, row->sum, 0);
    case MEASURE_COST:
        return stats_cost(doc, row->cost);
    default:
        return yyjson_mut_sint(doc, row->count);
    }
}

decimal_int metric_rank(enum metric_measure measure, const struct metric_row *row, int percentile)
{
    decimal_int number;

    switch (measure) {
    case MEASURE_PERCENTILES:
        return decimal_from_double(stats_cut(row->percentiles[percentile]), RANK_SCALE);
    case MEASURE_SCORES:
        number = divide(row->sum, row->count) * NANO_TO_RANK;
        break;
    case MEASURE_COST:
        number = row->cost;
        break;
    default:
        number = (measure == MEASURE_USAGE ? row->sum : row->count) * NANO * NANO_TO_RANK;
    }
    return number;
}

/* ---- buckets ---- */

static struct str time_text(struct arena *arena, int64_t ms)
{
    char *text = arena_alloc(arena, INSTANT_TEXT_MAX);

    return str_make(text, instant_format_us(ms * CLOCK_US_PER_MS, text));
}

int64_t metric_cut(int64_t ms)
{
    return clock_count(ms, MS_PER_S) * MS_PER_S;
}

enum err metric_axis_check(const struct metric_axis *axis, size_t series, struct error *reterr)
{
    if (axis->count == 0 || series <= METRIC_POINTS_MAX / axis->count)
        return ERR_OK;
    return error_set(reterr, ERR_TOO_LARGE,
                     "The answer would have more than %d points; a shorter period or a longer "
                     "interval has fewer",
                     METRIC_POINTS_MAX);
}

enum err metric_axis_make(struct arena *arena, enum metric_interval interval, int64_t from_ms,
                          int64_t to_ms, struct metric_axis *ret, struct error *reterr)
{
    int64_t step = metric_interval_ms(interval), first = metric_bucket_start(interval, from_ms);
    int64_t end = metric_cut(to_ms), cut = metric_cut(from_ms);
    size_t count = step == 0 ? 1 : end <= first ? 0 : (size_t)((end - first + step - 1) / step);
    enum err err = metric_axis_check(&(struct metric_axis){.count = count}, 1, reterr);
    struct str *times;
    int64_t *ms;

    if (err)
        return err;
    ms = arena_alloc(arena, (count + 1) * sizeof(*ms));
    times = arena_alloc(arena, (count + 1) * sizeof(*times));
    if (!ms || !times)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < count; i++) {
        ms[i] = first + (int64_t)i * step;
        times[i] = time_text(arena, step ? ms[i] : cut);
        if (arena_is_over(arena))
            return ERR_TOO_LARGE;
    }
    *ret = (struct metric_axis){ms, times, count};
    return ERR_OK;
}

static void add_point(yyjson_mut_doc *doc, yyjson_mut_val *data, struct str time,
                      yyjson_mut_val *value)
{
    yyjson_mut_val *point = yyjson_mut_arr_add_obj(doc, data);

    yyjson_mut_obj_add_strn(doc, point, "time", time.p, time.n);
    yyjson_mut_obj_add_val(doc, point, "value", value);
}

void metric_add_point(struct arena *arena, yyjson_mut_doc *doc, yyjson_mut_val *data,
                      int64_t time_ms, yyjson_mut_val *value)
{
    add_point(doc, data, time_text(arena, time_ms), value);
}

/* Of a row in a series. */
static yyjson_mut_val *series_value(yyjson_mut_doc *doc, const struct metric_series *series,
                                    const struct metric_row *row)
{
    if (series->keep_zero && series->measure == MEASURE_SCORES)
        return metric_mean_score(doc, row->sum, row->count);
    return metric_value(doc, series->measure, row, series->percentile);
}

yyjson_mut_val *metric_add_series(struct arena *arena, yyjson_mut_doc *doc, yyjson_mut_val *results,
                                  const struct metric_axis *axis,
                                  const struct metric_series *series)
{
    yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, results), *data;
    const struct metric_row *row = series->rows;
    const struct metric_row *end = series->count ? row + series->count : row;

    yyjson_mut_obj_add_strn(doc, object, "name", series->name.p, series->name.n);
    data = yyjson_mut_obj_add_arr(doc, object, "data");
    for (size_t i = 0; i < axis->count && !arena_is_over(arena); i++) {
        bool has = row < end && row->bucket_ms == axis->ms[i];
        add_point(doc, data, axis->times[i],
                  has            ? series_value(doc, series, row)
                  : series->zero ? yyjson_mut_sint(doc, 0)
                                 : yyjson_mut_null(doc));
        row += has;
    }
    for (; row < end; row++)
        metric_add_point(arena, doc, data, row->bucket_ms, series_value(doc, series, row));
    return object;
}

static int compare_rows(const void *a, const void *b)
{
    const struct metric_row *x = a, *y = b;
    int order = str_cmp(x->name, y->name);

    if (order == 0)
        order = str_cmp(x->group, y->group);
    return order ? order : (x->bucket_ms > y->bucket_ms) - (x->bucket_ms < y->bucket_ms);
}

void metric_sort_rows(struct metric_row *rows, size_t count)
{
    if (count > 1)
        qsort(rows, count, sizeof(*rows), compare_rows);
}

const struct resource *metric_resource(enum metric_entity entity)
{
    return entity == METRIC_SPANS     ? &span_resource
           : entity == METRIC_THREADS ? &thread_resource
                                      : &trace_resource;
}
