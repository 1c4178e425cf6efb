/* Statistics of traces and spans (stats.md 1). */
#include "api/entities.h"

#include <stdlib.h>

#include "api/conditions.h"
#include "api/stats_values.h"

struct stats_writer {
    yyjson_mut_doc *doc;
    yyjson_mut_val *list;
    struct arena *arena;
};

static yyjson_mut_val *add_item(struct stats_writer *w, struct str name, const char *type)
{
    yyjson_mut_val *item = yyjson_mut_arr_add_obj(w->doc, w->list);

    yyjson_mut_obj_add_strn(w->doc, item, "name", name.p, name.n);
    yyjson_mut_obj_add_str(w->doc, item, "type", type);
    return item;
}

static void add_count(struct stats_writer *w, const char *name, int64_t value)
{
    yyjson_mut_obj_add_sint(w->doc, add_item(w, str_of(name), "COUNT"), "value", value);
}

static void add_average(struct stats_writer *w, struct str name, double sum, int64_t count)
{
    yyjson_mut_obj_add_real(w->doc, add_item(w, name, "AVG"), "value",
                            count ? sum / (double)count : 0.0);
}

static void add_value(struct stats_writer *w, const char *name, const char *type,
                      yyjson_mut_val *value)
{
    yyjson_mut_obj_add_val(w->doc, add_item(w, str_of(name), type), "value", value);
}

static int compare_usage(const void *a, const void *b)
{
    return str_cmp(((const struct usage_stats *)a)->name, ((const struct usage_stats *)b)->name);
}

static void add_usage(struct stats_writer *w, const struct entity_stats *stats)
{
    if (stats->usage_count > 1)
        qsort(stats->usage, stats->usage_count, sizeof(*stats->usage), compare_usage);
    for (size_t i = 0; i < stats->usage_count; i++) {
        const struct usage_stats *usage = &stats->usage[i];
        add_average(w, str_format(w->arena, "usage.%.*s", STR_ARG(usage->name)), (double)usage->sum,
                    usage->rows);
    }
    for (size_t i = 0; i < stats->usage_count; i++) {
        const struct usage_stats *usage = &stats->usage[i];
        add_average(w, str_format(w->arena, "usage_sum.%.*s", STR_ARG(usage->name)),
                    (double)usage->sum, 1);
    }
}

static void add_scores(struct stats_writer *w, const char *group, const struct score_stats *scores,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_average(w, str_format(w->arena, "%s.%.*s", group, STR_ARG(scores[i].name)),
                    scores[i].mean, 1);
}

/* In the order of stats.md 1. */
static void add_stats(struct stats_writer *w, const struct entity_stats *stats,
                      const struct resource *resource)
{
    bool traces = resource == &trace_resource, threads = resource == &thread_resource;

    add_count(w, traces ? "trace_count" : threads ? "thread_count" : "span_count", stats->count);
    add_value(w, "duration", "PERCENTAGE", stats_percentiles(w->doc, stats->duration));
    add_count(w, "input", stats->inputs);
    add_count(w, "output", stats->outputs);
    add_count(w, "metadata", stats->metadata);
    add_average(w, STR("tags"), (double)stats->tags, stats->count);
    if (traces) {
        add_count(w, "thread_count", stats->threads);
        add_average(w, STR("llm_span_count"), (double)stats->llm_spans, stats->count);
        add_average(w, STR("span_count"), (double)stats->spans, stats->count);
    }
    add_value(w, "total_estimated_cost", "AVG",
              stats_cost(w->doc, stats->costs ? stats->cost / stats->costs : 0));
    add_value(w, "total_estimated_cost_sum", "AVG", stats_cost(w->doc, stats->cost));
    add_usage(w, stats);
    add_scores(w, "feedback_scores", stats->scores, stats->score_count);
    add_scores(w, "span_feedback_scores", stats->span_scores, stats->span_score_count);
    if (traces || threads)
        add_count(w, "guardrails_failed_count", 0);
    add_count(w, "error_count", stats->errors);
}

void entity_stats(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct stats_writer writer = {doc, yyjson_mut_arr(doc), &request->arena};
    struct session *session = NULL;
    struct entity_query query = {0};
    struct entity_stats stats;
    struct params params;
    int64_t workspace;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err)
        err = conditions_read(request, &params, &query, &error);
    if (!err)
        err = api_read_project(session, workspace, &params, &query.project, &error);
    if (!err)
        err = store_entity_stats(session, &query, &request->arena, &stats);
    if (!err && stats.count > 0)
        add_stats(&writer, &stats, query.resource);
    yyjson_mut_obj_add_val(doc, root, "stats", writer.list);
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, 200, doc, root);
    store_read_end(session);
}
