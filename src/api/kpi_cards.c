/* POST /projects/{id}/kpi-cards: four numbers of a period beside those of the one before it
 * (stats.md 5). */
#include "api/metrics.h"

#include "api/metric_values.h"
#include "api/stats_values.h"
#include "base/clock.h"

enum period { CURRENT, PREVIOUS, PERIOD_COUNT };

struct card_query {
    struct metric_query query[PERIOD_COUNT];
    struct metric_row summary[PERIOD_COUNT];
    decimal_int cost[PERIOD_COUNT];
};

static enum err read_request(struct request *request, struct card_query *ret, struct error *reterr)
{
    struct metric_query query = {.measure = MEASURE_SUMMARY, .interval = INTERVAL_TOTAL};
    struct filter_node *filter = NULL;
    struct record *body = NULL;
    const struct value *v;
    int64_t start, end;
    enum err err = api_read_body(request, &body, reterr);

    if (err)
        return err;
    v = body->v;
    start = v[KPI_REQUEST_START].i;
    end = value_is_set(&v[KPI_REQUEST_END]) ? v[KPI_REQUEST_END].i : clock_now_us();
    if (start >= end)
        return error_add(reterr, ERR_UNPROCESSABLE,
                         "intervalStart must be before intervalEnd or current time");
    query.entity = (enum metric_entity)v[KPI_REQUEST_ENTITY].i;
    err = filter_parse_text(&request->arena, metric_resource(query.entity),
                            v[KPI_REQUEST_FILTERS].s, &filter, reterr);
    query.filter = filter_only_metric(&request->arena, filter);
    query.from_ms = clock_count(start, CLOCK_US_PER_MS);
    query.to_ms = query.span_to_ms = clock_count(end, CLOCK_US_PER_MS);
    query.span_from_ms = 2 * query.from_ms - query.to_ms;
    ret->query[CURRENT] = ret->query[PREVIOUS] = query;
    ret->query[PREVIOUS].from_ms = query.span_from_ms;
    ret->query[PREVIOUS].to_ms = query.from_ms - 1;
    return err;
}

/* The one row of a period; zeros when nothing counts. */
static enum err count_period(struct session *session, const struct metric_query *query,
                             struct arena *arena, struct metric_row *ret)
{
    struct metric_row *rows;
    size_t count;
    enum err err = store_metric(session, query, arena, &rows, &count);

    *ret = count ? rows[0] : (struct metric_row){0};
    return err;
}

/* Costs of traces and threads are those of their spans. */
static enum err count_both(struct session *session, struct arena *arena, struct card_query *cards)
{
    enum err err = ERR_OK;

    for (int i = 0; !err && i < PERIOD_COUNT; i++) {
        struct metric_query costs = cards->query[i];
        struct metric_row row;

        err = count_period(session, &cards->query[i], arena, &cards->summary[i]);
        cards->cost[i] = cards->summary[i].cost;
        if (err || costs.entity == METRIC_SPANS)
            continue;
        costs.measure = MEASURE_COST;
        err = count_period(session, &costs, arena, &row);
        cards->cost[i] = row.cost;
    }
    return err;
}

static void add_card(yyjson_mut_doc *doc, yyjson_mut_val *list, const char *type,
                     yyjson_mut_val *current, yyjson_mut_val *previous)
{
    yyjson_mut_val *card = yyjson_mut_arr_add_obj(doc, list);

    yyjson_mut_obj_add_str(doc, card, "type", type);
    yyjson_mut_obj_add_val(doc, card, "current_value", current);
    yyjson_mut_obj_add_val(doc, card, "previous_value", previous);
}

static yyjson_mut_val *duration_of(yyjson_mut_doc *doc, const struct metric_row *row)
{
    return row->timed ? metric_mean_duration(doc, row->sum, row->timed) : yyjson_mut_null(doc);
}

static yyjson_mut_val *errors_of(yyjson_mut_doc *doc, const struct metric_row *row)
{
    return row->count ? metric_error_rate(doc, row->errors, row->count) : yyjson_mut_sint(doc, 0);
}

static void add_cards(yyjson_mut_doc *doc, yyjson_mut_val *list, const struct card_query *cards)
{
    const struct metric_row *now = &cards->summary[CURRENT], *then = &cards->summary[PREVIOUS];

    add_card(doc, list, "count", yyjson_mut_sint(doc, now->count),
             yyjson_mut_sint(doc, then->count));
    add_card(doc, list, "avg_duration", duration_of(doc, now), duration_of(doc, then));
    add_card(doc, list, "total_cost", stats_cost(doc, cards->cost[CURRENT]),
             stats_cost(doc, cards->cost[PREVIOUS]));
    if (cards->query[CURRENT].entity != METRIC_THREADS)
        add_card(doc, list, "errors", errors_of(doc, now), errors_of(doc, then));
}

void project_kpi_cards(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct session *session = NULL;
    struct card_query cards = {0};
    struct project project = {0};
    int64_t workspace;
    struct uuid id;
    enum err err = api_path_uuid(request, 0, &id, &error);

    if (!err)
        err = read_request(request, &cards, &error);
    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err) {
        err = store_project_by_id(session, workspace, &id, &project);
        err = err == ERR_NOT_FOUND ? ERR_OK : err; /* has no rows: key 0 */
    }
    cards.query[CURRENT].project = cards.query[PREVIOUS].project = project;
    if (!err)
        err = count_both(session, &request->arena, &cards);
    if (err) {
        api_fail(request, err, &error, session);
    } else {
        add_cards(doc, yyjson_mut_obj_add_arr(doc, root, "stats"), &cards);
        api_answer(request, operation_of(request)->status, doc, root);
    }
    store_read_end(session);
}
