/* POST /projects/{id}/metrics: one metric of a project in buckets of time, by groups where that is
 * asked for (stats.md 4). */
#include "api/metrics.h"

#include <stdlib.h>

#include "api/metric_values.h"
#include "base/clock.h"

#define GROUPS_MAX 10
#define OTHERS "__others__"

struct asked {
    const struct metric *metric;
    struct metric_query query;
    int percentile; /* of a breakdown */
    bool grouped;
};

/* ---- the request ---- */

static enum err check_required(const struct record *body, struct error *reterr)
{
    static const int required[] = {METRIC_REQUEST_TYPE, METRIC_REQUEST_INTERVAL,
                                   METRIC_REQUEST_START};

    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (!value_is_set(&body->v[required[i]]))
            return error_set(reterr, ERR_BAD_REQUEST,
                             "Unable to process JSON. Missing required property '%s' "
                             "(through reference chain: [\"%s\"])",
                             body->resource->fields[required[i]].name,
                             body->resource->fields[required[i]].name);
    }
    return ERR_OK;
}

/* The rules for `sub_metric`, which says what of a group is told. */
static void check_sub_metric(struct asked *asked, struct str text, struct error *reterr)
{
    bool blank = str_is_blank(text);
    int i = 0;

    switch (asked->metric->measure) {
    case MEASURE_PERCENTILES:
        if (blank) {
            error_add(reterr, ERR_UNPROCESSABLE,
                      "sub_metric is required for duration metrics with breakdown. "
                      "Valid values: p50, p90, p99");
            break;
        }
        while (metric_percentile_names[i] &&
               !str_eq_nocase(text, str_of(metric_percentile_names[i])))
            i++;
        if (!metric_percentile_names[i])
            error_add(reterr, ERR_UNPROCESSABLE,
                      "Invalid sub_metric '%.*s'. Valid values: p50, p90, p99", STR_ARG(text));
        asked->percentile = i;
        break;
    case MEASURE_SCORES:
        if (blank)
            error_add(reterr, ERR_UNPROCESSABLE,
                      "sub_metric is required for feedback scores metrics with breakdown. "
                      "It should be the feedback score name.");
        asked->query.name = text;
        break;
    case MEASURE_USAGE:
        if (blank)
            error_add(reterr, ERR_UNPROCESSABLE,
                      "sub_metric is required for token usage metrics with breakdown. It should be "
                      "the usage key name (e.g., completion_tokens, prompt_tokens).");
        asked->query.name = text;
        break;
    default:
        break;
    }
}

static enum err read_breakdown(const struct record *breakdown, struct asked *asked,
                               struct error *reterr)
{
    const struct value *v = breakdown ? breakdown->v : NULL;
    enum breakdown_field field =
        v ? (enum breakdown_field)v[METRIC_BREAKDOWN_FIELD].i : BREAKDOWN_UNSET;
    const struct metric *metric = asked->metric;

    if (field == BREAKDOWN_UNSET || field == BREAKDOWN_NONE)
        return ERR_OK;
    asked->grouped = true;
    asked->query.group = field;
    asked->query.group_key = v[METRIC_BREAKDOWN_KEY].s;
    if (field == BREAKDOWN_METADATA &&
        (!value_is_set(&v[METRIC_BREAKDOWN_KEY]) || str_is_blank(v[METRIC_BREAKDOWN_KEY].s)))
        error_add(reterr, ERR_UNPROCESSABLE,
                  "metadata_key is required when group by field is 'metadata'");
    if (!metric->breakdown || !breakdown_field_fits(field, metric->entity))
        error_add(reterr, ERR_UNPROCESSABLE,
                  "Group by field '%s' is not compatible with metric type '%s'. "
                  "This field supports %s.",
                  breakdown_field_name(field), metric->name, breakdown_field_audience(field));
    else
        check_sub_metric(asked, v[METRIC_BREAKDOWN_SUB_METRIC].s, reterr);
    return reterr->item_count ? ERR_UNPROCESSABLE : ERR_OK;
}

static enum err read_times(const struct value *v, struct asked *asked, struct error *reterr)
{
    int64_t start = v[METRIC_REQUEST_START].i;
    int64_t end = value_is_set(&v[METRIC_REQUEST_END]) ? v[METRIC_REQUEST_END].i : clock_now_us();

    if (start >= end)
        return error_set(reterr, ERR_BAD_REQUEST, "'start_time' must be before 'end_time'");
    asked->query.from_ms = asked->query.span_from_ms = clock_count(start, CLOCK_US_PER_MS);
    asked->query.to_ms = asked->query.span_to_ms = clock_count(end, CLOCK_US_PER_MS);
    return ERR_OK;
}

/* All are checked, that of the metric's entity is applied. */
static enum err read_filters(struct arena *arena, const struct value *v, struct asked *asked,
                             struct error *reterr)
{
    static const int members[] = {[METRIC_TRACES] = METRIC_REQUEST_TRACE_FILTERS,
                                  [METRIC_SPANS] = METRIC_REQUEST_SPAN_FILTERS,
                                  [METRIC_THREADS] = METRIC_REQUEST_THREAD_FILTERS};
    enum err err = ERR_OK;

    for (int entity = METRIC_TRACES; !err && entity <= METRIC_THREADS; entity++) {
        const struct value *value = &v[members[entity]];
        struct filter_node *filter = NULL;
        yyjson_val *array = NULL;

        if (value_is_set(value))
            err = json_parse(arena, value->s, &array, reterr);
        if (!err && array && !yyjson_is_null(array))
            err = filter_parse_value(arena, metric_resource((enum metric_entity)entity), array,
                                     &filter, reterr);
        if (!err && entity == (int)asked->metric->entity)
            asked->query.filter = filter_only_metric(arena, filter);
    }
    return err;
}

static enum err read_request(struct request *request, struct record **ret_body, struct asked *ret,
                             struct error *reterr)
{
    enum err err = api_read_body(request, ret_body, reterr);
    const struct value *v;

    if (!err)
        err = check_required(*ret_body, reterr);
    if (err)
        return err;
    v = (*ret_body)->v;
    ret->metric = &metrics[v[METRIC_REQUEST_TYPE].i];
    ret->query.entity = ret->metric->entity;
    ret->query.measure = ret->metric->measure;
    ret->query.interval = (enum metric_interval)v[METRIC_REQUEST_INTERVAL].i;
    if (value_is_set(&v[METRIC_REQUEST_BREAKDOWN]))
        err = read_breakdown(v[METRIC_REQUEST_BREAKDOWN].record, ret, reterr);
    if (!err)
        err = read_times(v, ret, reterr);
    return err ? err : read_filters(&request->arena, v, ret, reterr);
}

/* ---- the answer ---- */

struct answer_writer {
    struct arena *arena;
    yyjson_mut_doc *doc;
    yyjson_mut_val *results;
    struct metric_axis axis;
    const struct asked *asked;
    struct error *error;
};

static void add_series(struct answer_writer *w, struct str name, const struct metric_row *rows,
                       size_t count, int percentile)
{
    enum metric_measure measure = w->asked->metric->measure;
    struct metric_series series = {
        name, rows, count, measure, percentile, metric_empty_is_zero(measure), false};

    metric_add_series(w->arena, w->doc, w->results, &w->axis, &series);
}

/* The end of the run of rows of the same name and group. */
static size_t run_end(const struct metric_row *rows, size_t count, size_t i)
{
    size_t end = i + 1;

    while (end < count && str_eq(rows[end].name, rows[i].name) &&
           str_eq(rows[end].group, rows[i].group))
        end++;
    return end;
}

/* How many series the rows make. */
static size_t count_series(const struct asked *asked, const struct metric_row *rows, size_t count)
{
    size_t n = 0;

    if (asked->metric->measure == MEASURE_PERCENTILES)
        return 3;
    if (asked->metric->series || count == 0)
        return 1;
    for (size_t i = 0; i < count; i = run_end(rows, count, i))
        n++;
    return n;
}

/* Without groups: the series of the metric's own name, or one per name. */
static enum err add_plain(struct answer_writer *w, const struct metric_row *rows, size_t count)
{
    const char *series = w->asked->metric->series;
    enum err err = metric_axis_check(&w->axis, count_series(w->asked, rows, count), w->error);

    if (err || (count == 0 && w->asked->query.interval == INTERVAL_TOTAL))
        return err;
    if (w->asked->metric->measure == MEASURE_PERCENTILES) {
        for (int i = 0; metric_percentile_names[i]; i++)
            add_series(w, str_format(w->arena, "%s.%s", series, metric_percentile_names[i]), rows,
                       count, i);
        return ERR_OK;
    }
    if (series || count == 0) {
        add_series(w, str_of(series ? series : ""), rows, count, 0);
        return ERR_OK;
    }
    for (size_t i = 0, end; i < count && !arena_is_over(w->arena); i = end) {
        end = run_end(rows, count, i);
        add_series(w, rows[i].name, rows + i, end - i, 0);
    }
    return ERR_OK;
}

struct group {
    const struct metric_row *rows;
    size_t count;
    decimal_int sum;
};

/* The greatest first; of equal ones that whose name comes first. */
static int compare_groups(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    if (x->sum != y->sum)
        return x->sum < y->sum ? 1 : -1;
    return str_cmp(x->rows->group, y->rows->group);
}

static void add_group_points(struct answer_writer *w, yyjson_mut_val *data,
                             const struct group *group)
{
    const struct asked *asked = w->asked;
    bool total = asked->query.interval == INTERVAL_TOTAL;

    for (size_t i = 0; i < group->count; i++) {
        int64_t ms = total ? metric_cut(asked->query.from_ms) : group->rows[i].bucket_ms;
        metric_add_point(
            w->arena, w->doc, data, ms,
            metric_value(w->doc, asked->metric->measure, &group->rows[i], asked->percentile));
    }
}

/* The ten greatest groups have a series each, the others one together. */
static enum err add_groups(struct answer_writer *w, const struct metric_row *rows, size_t count)
{
    struct group *groups = arena_alloc(w->arena, (count + 1) * sizeof(*groups));
    yyjson_mut_val *data = NULL;
    size_t n = 0;

    if (!groups)
        return ERR_TOO_LARGE;
    for (size_t i = 0, end; i < count; i = end) {
        end = run_end(rows, count, i);
        groups[n] = (struct group){rows + i, end - i, 0};
        for (size_t j = i; j < end; j++)
            groups[n].sum = decimal_add(groups[n].sum, metric_rank(w->asked->metric->measure,
                                                                   &rows[j], w->asked->percentile));
        n++;
    }
    if (n > 1)
        qsort(groups, n, sizeof(*groups), compare_groups);
    for (size_t i = 0; i < n && !arena_is_over(w->arena); i++) {
        if (i <= GROUPS_MAX) {
            struct str name = i < GROUPS_MAX ? groups[i].rows->group : STR(OTHERS);
            yyjson_mut_val *series = yyjson_mut_arr_add_obj(w->doc, w->results);
            yyjson_mut_obj_add_strn(w->doc, series, "name", name.p, name.n);
            data = yyjson_mut_obj_add_arr(w->doc, series, "data");
        }
        add_group_points(w, data, &groups[i]);
    }
    return ERR_OK;
}

static enum err add_results(struct answer_writer *w, struct metric_row *rows, size_t count)
{
    const struct metric_query *query = &w->asked->query;
    enum err err = ERR_OK;

    metric_sort_rows(rows, count);
    if (w->asked->grouped) {
        err = add_groups(w, rows, count);
    } else {
        err = metric_axis_make(w->arena, query->interval, query->from_ms, query->to_ms, &w->axis,
                               w->error);
        if (!err)
            err = add_plain(w, rows, count);
    }
    return !err && arena_is_over(w->arena) ? ERR_TOO_LARGE : err;
}

static enum err find_project(struct session *session, int64_t workspace, const struct uuid *id,
                             struct project *ret, struct error *reterr)
{
    enum err err = store_project_by_id(session, workspace, id, ret);
    char text[UUID_TEXT_SIZE];

    uuid_format(id, text);
    return err == ERR_NOT_FOUND
               ? error_set(reterr, err, "Project id: %.*s not found", UUID_TEXT_SIZE, text)
               : err;
}

void project_metrics(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct asked asked = {0};
    struct answer_writer writer = {&request->arena, doc, yyjson_mut_arr(doc), {0}, &asked, &error};
    struct session *session = NULL;
    struct record *body = NULL;
    struct metric_row *rows = NULL;
    char text[UUID_TEXT_SIZE];
    size_t count = 0;
    int64_t workspace;
    struct uuid id;
    enum err err = api_path_uuid(request, 0, &id, &error);

    if (!err)
        err = read_request(request, &body, &asked, &error);
    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err)
        err = find_project(session, workspace, &id, &asked.query.project, &error);
    if (!err)
        err = store_metric(session, &asked.query, &request->arena, &rows, &count);
    if (!err)
        err = add_results(&writer, rows, count);
    if (err) {
        api_fail(request, err, &error, session);
    } else {
        const struct field *interval = &body->resource->fields[METRIC_REQUEST_INTERVAL];
        uuid_format(&id, text);
        yyjson_mut_obj_add_strncpy(doc, root, "project_id", text, sizeof(text));
        yyjson_mut_obj_add_str(doc, root, "metric_type", asked.metric->name);
        yyjson_mut_obj_add_str(doc, root, "interval", interval->names[asked.query.interval]);
        yyjson_mut_obj_add_val(doc, root, "results", writer.results);
        api_answer(request, operation_of(request)->status, doc, root);
    }
    store_read_end(session);
}
