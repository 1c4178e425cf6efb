/* How much was stored on the day before (UTC), for whoever runs the server (platform.md 13). */
#include "api/platform.h"
#include "base/clock.h"

#define DAY_US (24 * 3600 * CLOCK_US_PER_S)

/* What is counted together. */
enum usage_level { USAGE_WORKSPACE, USAGE_USER, USAGE_PROJECT };

struct usage_shape {
    const struct resource *resource;
    enum usage_level level;
    const char *list, *workspace, *count; /* names of properties */
};

static bool is_same_group(const struct usage_count *a, const struct usage_count *b,
                          enum usage_level level)
{
    return str_eq(a->workspace, b->workspace) && (level < USAGE_USER || str_eq(a->user, b->user)) &&
           level < USAGE_PROJECT;
}

static void add_text(yyjson_mut_doc *doc, yyjson_mut_val *entry, const char *name, struct str text)
{
    yyjson_mut_obj_add_strn(doc, entry, name, text.n ? text.p : "", text.n);
}

/* The default workspace has an id of its own (platform.md 5); others go by their name. */
static struct str workspace_id(struct str name)
{
    return str_eq(name, STR(WORKSPACE_DEFAULT_NAME)) ? STR(WORKSPACE_DEFAULT_ID) : name;
}

static void add_group(yyjson_mut_doc *doc, yyjson_mut_val *list, const struct usage_shape *shape,
                      const struct usage_count *group)
{
    yyjson_mut_val *entry = yyjson_mut_arr_add_obj(doc, list);
    char project[UUID_TEXT_SIZE];

    add_text(doc, entry, shape->workspace, workspace_id(group->workspace));
    if (shape->level >= USAGE_PROJECT) {
        uuid_format(&group->project, project);
        yyjson_mut_obj_add_strncpy(doc, entry, "project_id", project, sizeof(project));
    }
    if (shape->level >= USAGE_USER)
        add_text(doc, entry, "user", group->user);
    yyjson_mut_obj_add_sint(doc, entry, shape->count, group->count);
}

static void answer_usage(struct request *request, const struct usage_shape *shape)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(doc, root, shape->list);
    int64_t today = clock_now_us() / DAY_US * DAY_US;
    struct usage_count *counts = NULL;
    struct session *session = NULL;
    size_t n = 0;
    enum err err = store_read_begin(api_of(request)->store, &session);

    if (!err)
        err = store_usage_counts(session, shape->resource, today - DAY_US, today, &request->arena,
                                 &counts, &n);
    for (size_t i = 0; !err && i < n;) {
        struct usage_count group = counts[i];
        while (++i < n && is_same_group(&group, &counts[i], shape->level))
            group.count += counts[i].count;
        add_group(doc, list, shape, &group);
    }
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
    store_read_end(session);
}

void usage_workspace_traces(struct request *request)
{
    static const struct usage_shape shape = {&trace_resource, USAGE_WORKSPACE,
                                             "workspaces_traces_count", "workspace", "trace_count"};

    answer_usage(request, &shape);
}

void usage_workspace_spans(struct request *request)
{
    static const struct usage_shape shape = {&span_resource, USAGE_WORKSPACE,
                                             "workspaces_spans_count", "workspace", "span_count"};

    answer_usage(request, &shape);
}

void usage_span_breakdown(struct request *request)
{
    static const struct usage_shape shape = {&span_resource, USAGE_PROJECT, "breakdown",
                                             "workspace_id", "count"};

    answer_usage(request, &shape);
}

void usage_user_traces(struct request *request)
{
    static const struct usage_shape shape = {&trace_resource, USAGE_USER, "bi_information",
                                             "workspace_id", "count"};

    answer_usage(request, &shape);
}

void usage_user_spans(struct request *request)
{
    static const struct usage_shape shape = {&span_resource, USAGE_USER, "bi_information",
                                             "workspace_id", "count"};

    answer_usage(request, &shape);
}
