/* POST /workspaces/costs, /metrics and their summaries: over the projects of a workspace
 * (stats.md 6). */
#include "api/metrics.h"

#include "api/metric_values.h"
#include "api/stats_values.h"
#include "base/clock.h"

#define COST_NAME "cost"

struct asked {
    struct metric_query query;
    struct uuid *ids; /* of the projects, in order */
    size_t id_count;
    bool each; /* one result per project */
};

/* The rows of several projects, one after the other. */
struct gathered {
    struct metric_row *rows;
    size_t count, size;
};

static enum err read_request(struct request *request, enum metric_measure measure,
                             enum metric_interval interval, struct asked *ret, struct error *reterr)
{
    struct record *body = NULL;
    const struct value *v;
    enum err err = api_read_body(request, &body, reterr);

    if (err)
        return err;
    v = body->v;
    if (v[WORKSPACE_METRIC_START].i >= v[WORKSPACE_METRIC_END].i)
        return error_add(reterr, ERR_UNPROCESSABLE, "intervalStart must be before intervalEnd");
    ret->query = (struct metric_query){
        .entity = measure == MEASURE_COST ? METRIC_SPANS : METRIC_TRACES,
        .measure = measure,
        .interval = interval,
        .from_ms = clock_count(v[WORKSPACE_METRIC_START].i, CLOCK_US_PER_MS),
        .to_ms = clock_count(v[WORKSPACE_METRIC_END].i, CLOCK_US_PER_MS),
        .by_start = true,
    };
    if (body->resource == &workspace_metric_request_resource)
        ret->query.name = v[WORKSPACE_METRIC_NAME].s;
    ret->ids = v[WORKSPACE_METRIC_PROJECT_IDS].list.items;
    ret->id_count = v[WORKSPACE_METRIC_PROJECT_IDS].list.n;
    ret->each = ret->id_count > 0;
    return ERR_OK;
}

/* All projects, when none were named. */
static enum err find_projects(struct session *session, int64_t workspace, struct arena *arena,
                              struct asked *asked)
{
    struct named_query query = {.resource = &project_resource,
                                .workspace = workspace,
                                .only_field = -1,
                                .sort_field = -1,
                                .limit = -1};
    struct record **records = NULL;
    size_t count = 0;
    int64_t total;
    enum err err;

    if (asked->each)
        return ERR_OK;
    err = store_named_list(session, &query, arena, &records, &count, &total);
    asked->ids = arena_alloc(arena, (count + 1) * sizeof(*asked->ids));
    if (!err && !asked->ids)
        err = ERR_TOO_LARGE;
    for (size_t i = 0; !err && i < count; i++)
        asked->ids[i] = records[i]->v[PROJECT_ID].uuid;
    asked->id_count = err ? 0 : count;
    return err;
}

static enum err begin(struct request *request, struct asked *asked, struct session **ret_session,
                      int64_t *ret_workspace, struct error *reterr)
{
    enum err err = api_read_begin(request, ret_session, ret_workspace, reterr);

    return err ? err : find_projects(*ret_session, *ret_workspace, &request->arena, asked);
}

/* Adds the rows of one project; one that the workspace has not has none. */
static enum err gather(struct session *session, int64_t workspace, const struct asked *asked,
                       const struct metric_query *query, size_t i, struct arena *arena,
                       struct gathered *all)
{
    struct metric_query one = *query;
    struct metric_row *rows = NULL;
    size_t count = 0, size = all->size;
    enum err err = store_project_by_id(session, workspace, &asked->ids[i], &one.project);

    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    err = store_metric(session, &one, arena, &rows, &count);
    if (err || count == 0)
        return err;
    while (all->count + count > size)
        size = size ? 2 * size : 64;
    if (size > all->size) {
        all->rows = arena_grow(arena, all->rows, all->size * sizeof(*rows), size * sizeof(*rows));
        all->size = size;
    }
    if (!all->rows)
        return ERR_TOO_LARGE;
    memcpy(all->rows + all->count, rows, count * sizeof(*rows));
    all->count += count;
    return ERR_OK;
}

static enum err gather_all(struct session *session, int64_t workspace, const struct asked *asked,
                           const struct metric_query *query, struct arena *arena,
                           struct gathered *all)
{
    enum err err = ERR_OK;

    for (size_t i = 0; !err && i < asked->id_count; i++)
        err = gather(session, workspace, asked, query, i, arena, all);
    return err;
}

/* Puts rows of the same name and bucket together. */
static void merge(struct gathered *all)
{
    size_t kept = 0;

    metric_sort_rows(all->rows, all->count);
    for (size_t i = 0; i < all->count; i++) {
        struct metric_row *row = &all->rows[i], *last = kept ? &all->rows[kept - 1] : NULL;
        if (last && last->bucket_ms == row->bucket_ms && str_eq(last->name, row->name)) {
            last->count += row->count;
            last->sum = decimal_add(last->sum, row->sum);
            last->cost = decimal_add(last->cost, row->cost);
        } else {
            all->rows[kept++] = *row;
        }
    }
    all->count = kept;
}

/* ---- daily ---- */

static enum err add_daily(struct request *request, struct session *session, int64_t workspace,
                          const struct asked *asked, yyjson_mut_doc *doc, yyjson_mut_val *results,
                          struct error *reterr)
{
    const struct metric_query *query = &asked->query;
    struct metric_series series = {.measure = query->measure, .keep_zero = true};
    size_t turns = asked->each ? asked->id_count : 1;
    struct metric_axis axis;
    char text[UUID_TEXT_SIZE];
    enum err err = metric_axis_make(&request->arena, query->interval, query->from_ms, query->to_ms,
                                    &axis, reterr);

    if (!err)
        err = metric_axis_check(&axis, turns, reterr);
    series.name = query->measure == MEASURE_COST ? STR(COST_NAME) : query->name;
    for (size_t i = 0; !err && i < turns; i++) {
        struct gathered all = {0};
        yyjson_mut_val *result;

        err = asked->each ? gather(session, workspace, asked, query, i, &request->arena, &all)
                          : gather_all(session, workspace, asked, query, &request->arena, &all);
        if (err)
            break;
        merge(&all);
        series.rows = all.rows;
        series.count = all.count;
        result = metric_add_series(&request->arena, doc, results, &axis, &series);
        uuid_format(&asked->ids[i], text);
        if (asked->each)
            yyjson_mut_obj_add_strncpy(doc, result, "project_id", text, sizeof(text));
        if (arena_is_over(&request->arena))
            err = ERR_TOO_LARGE;
    }
    return err;
}

static void answer_daily(struct request *request, enum metric_measure measure)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    yyjson_mut_val *results = yyjson_mut_obj_add_arr(doc, root, "results");
    struct session *session = NULL;
    struct asked asked;
    int64_t workspace;
    enum err err = read_request(request, measure, INTERVAL_DAILY, &asked, &error);

    if (!err)
        err = begin(request, &asked, &session, &workspace, &error);
    if (!err)
        err = add_daily(request, session, workspace, &asked, doc, results, &error);
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
    store_read_end(session);
}

void workspace_costs(struct request *request)
{
    answer_daily(request, MEASURE_COST);
}

void workspace_metrics(struct request *request)
{
    answer_daily(request, MEASURE_SCORES);
}

/* ---- summaries ---- */

/* The equally long period before. */
static struct metric_query before(const struct metric_query *query)
{
    struct metric_query previous = *query;

    previous.from_ms = 2 * query->from_ms - query->to_ms;
    previous.to_ms = query->from_ms - 1;
    return previous;
}

static enum err count_both(struct request *request, enum metric_measure measure,
                           struct session **ret_session, struct gathered *ret_current,
                           struct gathered *ret_previous, struct error *reterr)
{
    struct arena *arena = &request->arena;
    struct metric_query previous;
    struct asked asked;
    int64_t workspace;
    enum err err = read_request(request, measure, INTERVAL_TOTAL, &asked, reterr);

    if (!err)
        err = begin(request, &asked, ret_session, &workspace, reterr);
    if (!err)
        err = gather_all(*ret_session, workspace, &asked, &asked.query, arena, ret_current);
    if (err)
        return err;
    previous = before(&asked.query);
    err = gather_all(*ret_session, workspace, &asked, &previous, arena, ret_previous);
    merge(ret_current);
    merge(ret_previous);
    return err;
}

void workspace_costs_summary(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct gathered current = {0}, previous = {0};
    struct session *session = NULL;
    enum err err = count_both(request, MEASURE_COST, &session, &current, &previous, &error);

    if (err) {
        api_fail(request, err, &error, session);
    } else {
        yyjson_mut_obj_add_str(doc, root, "name", COST_NAME);
        yyjson_mut_obj_add_val(doc, root, "current",
                               stats_cost(doc, current.count ? current.rows[0].cost : 0));
        yyjson_mut_obj_add_val(doc, root, "previous",
                               stats_cost(doc, previous.count ? previous.rows[0].cost : 0));
        api_answer(request, operation_of(request)->status, doc, root);
    }
    store_read_end(session);
}

/* Scores of both periods stand in the order of their names. */
static void add_scores(yyjson_mut_doc *doc, yyjson_mut_val *results, const struct gathered *current,
                       const struct gathered *previous)
{
    size_t p = 0;

    for (size_t i = 0; i < current->count; i++) {
        const struct metric_row *now = &current->rows[i];
        yyjson_mut_val *result = yyjson_mut_arr_add_obj(doc, results), *old;

        while (p < previous->count && str_cmp(previous->rows[p].name, now->name) < 0)
            p++;
        old = p < previous->count && str_eq(previous->rows[p].name, now->name)
                  ? metric_mean_score(doc, previous->rows[p].sum, previous->rows[p].count)
                  : yyjson_mut_null(doc);
        yyjson_mut_obj_add_strn(doc, result, "name", now->name.p, now->name.n);
        yyjson_mut_obj_add_val(doc, result, "current",
                               metric_mean_score(doc, now->sum, now->count));
        yyjson_mut_obj_add_val(doc, result, "previous", old);
    }
}

void workspace_metrics_summary(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct gathered current = {0}, previous = {0};
    struct session *session = NULL;
    enum err err = count_both(request, MEASURE_SCORES, &session, &current, &previous, &error);

    if (err) {
        api_fail(request, err, &error, session);
    } else {
        add_scores(doc, yyjson_mut_obj_add_arr(doc, root, "results"), &current, &previous);
        api_answer(request, operation_of(request)->status, doc, root);
    }
    store_read_end(session);
}
