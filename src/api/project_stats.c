/* Statistics of projects (stats.md 2, 3). */
#include "api/named.h"
#include "api/projects.h"

#include "api/stats_values.h"
#include "base/clock.h"
#include "model/encode.h"
#include "query/filter.h"
#include "query/sort.h"

#define DAY_MS (24LL * 3600 * 1000)

/* 00:00 UTC of the day 7 days ago, ms. */
static int64_t recent_start_ms(void)
{
    int64_t now = clock_now_us() / CLOCK_US_PER_MS;

    return now - now % DAY_MS - 7 * DAY_MS;
}

/* How many traces with an error began since then. */
static enum err count_recent_errors(struct request *request, struct session *session,
                                    const struct entity_query *query, int64_t *ret)
{
    struct error ignored = {.arena = &request->arena};
    struct entity_query recent = *query;
    struct filter_node *test;
    enum err err = filter_make_test(&request->arena, query->resource,
                                    filter_field_find(query->resource, STR("error_info")),
                                    OPERATOR_IS_NOT_EMPTY, STR(""), STR(""), &test, &ignored);

    if (err)
        return err;
    recent.filter = filter_join(&request->arena, test, filter_copy(&request->arena, query->filter));
    recent.has_from = true;
    recent.from = uuid_lowest(recent_start_ms());
    return store_entity_count(session, &recent, ret);
}

static void add_errors(yyjson_mut_doc *doc, yyjson_mut_val *object, int64_t all, int64_t recent)
{
    yyjson_mut_val *errors = yyjson_mut_obj_add_obj(doc, object, "error_count");
    int64_t past = all - recent;

    yyjson_mut_obj_add_sint(doc, errors, "count", all);
    yyjson_mut_obj_add_sint(doc, errors, "deviation", recent);
    if (past > 0)
        yyjson_mut_obj_add_sint(doc, errors, "deviation_percentage", recent / past * 100);
}

static void add_scores(yyjson_mut_doc *doc, yyjson_mut_val *object,
                       const struct entity_stats *stats)
{
    yyjson_mut_val *list;

    if (stats->score_count == 0)
        return;
    list = yyjson_mut_obj_add_arr(doc, object, "feedback_scores");
    for (size_t i = 0; i < stats->score_count; i++) {
        yyjson_mut_val *score = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_strn(doc, score, "name", stats->scores[i].name.p,
                                stats->scores[i].name.n);
        yyjson_mut_obj_add_real(doc, score, "value", stats->scores[i].mean);
    }
}

/* Adds the statistics of a project's traces; nothing when none match. */
static enum err add_project_stats(struct request *request, struct session *session,
                                  const struct project *project, const struct filter_node *filter,
                                  bool threads, yyjson_mut_doc *doc, yyjson_mut_val *object)
{
    struct entity_query query = {
        .resource = &trace_resource, .project = *project, .filter = filter};
    struct entity_stats stats;
    int64_t recent = 0;
    yyjson_mut_val *usage;
    enum err err = store_entity_stats(session, &query, &request->arena, &stats);

    if (!err && stats.count > 0)
        err = count_recent_errors(request, session, &query, &recent);
    if (err || stats.count == 0)
        return err;
    yyjson_mut_obj_add_val(doc, object, "duration", stats_percentiles(doc, stats.duration));
    yyjson_mut_obj_add_val(doc, object, "total_estimated_cost",
                           stats_cost(doc, stats.costs ? stats.cost / stats.costs : 0));
    yyjson_mut_obj_add_val(doc, object, "total_estimated_cost_sum", stats_cost(doc, stats.cost));
    usage = yyjson_mut_obj_add_obj(doc, object, "usage");
    for (size_t i = 0; i < stats.usage_count; i++)
        yyjson_mut_obj_add(
            usage, yyjson_mut_strn(doc, stats.usage[i].name.p, stats.usage[i].name.n),
            yyjson_mut_real(doc, (double)stats.usage[i].sum / (double)stats.usage[i].rows));
    add_scores(doc, object, &stats);
    yyjson_mut_obj_add_sint(doc, object, "trace_count", stats.count);
    if (threads)
        yyjson_mut_obj_add_sint(doc, object, "thread_count", stats.threads);
    yyjson_mut_obj_add_sint(doc, object, "guardrails_failed_count", 0);
    add_errors(doc, object, stats.errors, recent);
    return ERR_OK;
}

/* One entry of the list: the project's id, and its statistics if it has traces. */
static enum err add_entry(struct request *request, struct session *session, int64_t workspace,
                          const struct record *record, const struct filter_node *filter,
                          yyjson_mut_doc *doc, yyjson_mut_val *list)
{
    yyjson_mut_val *entry = yyjson_mut_arr_add_obj(doc, list);
    char text[UUID_TEXT_SIZE];
    struct project project;
    enum err err = store_project_by_id(session, workspace, &record->v[PROJECT_ID].uuid, &project);

    uuid_format(&record->v[PROJECT_ID].uuid, text);
    yyjson_mut_obj_add_strncpy(doc, entry, "project_id", text, sizeof(text));
    return err ? err : add_project_stats(request, session, &project, filter, true, doc, entry);
}

void project_stats_list(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc), *list = yyjson_mut_arr(doc);
    struct filter_node *filter = NULL;
    struct session *session = NULL;
    struct named_query query;
    struct record **projects;
    struct params params;
    size_t count = 0;
    int64_t total;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    if (!err)
        err = filter_parse_text(&request->arena, &trace_resource, params.v[PARAM_FILTERS].s,
                                &filter, &error);
    if (!err)
        err = named_read_query(request, &params, &query, &error);
    if (!err)
        err = api_read_begin(request, &session, &query.workspace, &error);
    if (!err)
        err = store_named_list(session, &query, &request->arena, &projects, &count, &total);
    filter = filter_only_own(&request->arena, filter);
    for (size_t i = 0; !err && i < count; i++)
        err = add_entry(request, session, query.workspace, projects[i], filter, doc, list);
    yyjson_mut_obj_add_val(doc, root, "content", list);
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
    store_read_end(session);
}

enum err project_add_own_stats(struct request *request, struct session *session,
                               const struct project *project, yyjson_mut_doc *doc,
                               yyjson_mut_val *object)
{
    return add_project_stats(request, session, project, NULL, false, doc, object);
}

void project_token_usage_names(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc), *names = yyjson_mut_arr(doc);
    struct entity_query query = {.resource = &span_resource};
    struct session *session = NULL;
    struct entity_stats stats = {0};
    int64_t workspace;
    struct uuid id;
    enum err err = api_path_uuid(request, 0, &id, &error);

    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err) {
        err = store_project_by_id(session, workspace, &id, &query.project);
        if (err == ERR_NOT_FOUND)
            error_add(&error, err, "Project not found");
    }
    if (!err)
        err = store_entity_stats(session, &query, &request->arena, &stats);
    for (size_t i = 0; i < stats.usage_count; i++) {
        if (stats.usage[i].positive > 0)
            yyjson_mut_arr_add_strn(doc, names, stats.usage[i].name.p, stats.usage[i].name.n);
    }
    yyjson_mut_obj_add_val(doc, root, "names", names);
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
    store_read_end(session);
}
