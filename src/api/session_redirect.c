/* The links that SDKs print: from an id to the page of the web client (platform.md 13). */
#include "api/platform.h"
#include "base/base64.h"

/* What a link needs, once it is known. */
struct place {
    struct str ui;        /* address of the web client, without a slash at the end */
    struct str workspace; /* percent-encoded */
    const struct uuid *first, *second;
};

/* A text as one segment of a path. */
static struct str encode_segment(struct arena *arena, struct str text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, 3 * text.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-._~", c)) {
            out[n++] = (char)c;
            continue;
        }
        out[n++] = '%';
        out[n++] = digits[c >> 4];
        out[n++] = digits[c & 15];
    }
    return str_make(out, n);
}

/* True for an address that may stand in a header: http or https, nothing but visible ASCII. */
static bool is_address(struct str text)
{
    if (!str_starts_with(text, STR("http://")) && !str_starts_with(text, STR("https://")))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] <= ' ' || text.p[i] == 0x7F)
            return false;
    }
    return true;
}

/* The address of the API up to its last "/api": "http://host:5173/api/" -> "http://host:5173". */
static struct str cut_api(struct str url)
{
    while (str_ends_with(url, STR("/")))
        url.n--;
    for (size_t n = url.n; n >= 4; n--) {
        bool ends = n == url.n || url.p[n] == '/';
        if (ends && str_ends_with(str_make(url.p, n), STR("/api")))
            return str_make(url.p, n - 4);
    }
    return url;
}

/* The parameters that every link takes. All that is missing is told at once. */
static enum err read_place(struct request *request, const struct params *params, enum param first,
                           enum param second, struct place *ret, struct error *reterr)
{
    const struct param_value *workspace = &params->v[PARAM_WORKSPACE_NAME];
    struct caller caller;
    struct str url;
    enum err err;

    *ret = (struct place){.first = &params->v[first].uuid, .second = &params->v[second].uuid};
    err = params_require(params, PARAM_BIT(first) | PARAM_BIT(second) | PARAM_BIT(PARAM_PATH),
                         reterr);
    if (err)
        return err;
    if (!base64_decode(&request->arena, params->v[PARAM_PATH].s, &url) || !is_address(url))
        return error_set(reterr, ERR_BAD_REQUEST, "Invalid base URL format");
    err = workspace->given ? api_caller_in(request, workspace->s, &caller, reterr)
                           : api_caller(request, &caller, reterr);
    if (err)
        return err;
    ret->ui = cut_api(url);
    ret->workspace = encode_segment(&request->arena, caller.workspace_name);
    return ERR_OK;
}

static void redirect(struct request *request, struct str location)
{
    response_header(request, "Location", location);
    response_empty(request, operation_of(request)->status);
}

/* The project that a trace is in. */
static enum err find_project(struct request *request, const struct params *params,
                             const struct uuid *trace, struct session **ret_session,
                             struct uuid *ret, struct error *reterr)
{
    const struct param_value *name = &params->v[PARAM_WORKSPACE_NAME];
    int64_t workspace;
    struct row row;
    enum err err = api_read_begin(request, ret_session, &workspace, reterr);

    if (!err && name->given)
        err = store_workspace_find(*ret_session, name->s, &workspace);
    if (!err)
        err = store_entity_get(*ret_session, &trace_resource, workspace, 0, trace, LOAD_NONE,
                               &request->arena, &row);
    if (err == ERR_NOT_FOUND || (!err && (!row.exists || row.project.deleted)))
        return error_set(reterr, ERR_NOT_FOUND, "Trace not found");
    if (!err)
        *ret = row.project.id;
    return err;
}

void session_redirect_project(struct request *request)
{
    struct error error = {.arena = &request->arena};
    char project_text[UUID_TEXT_SIZE], trace_text[UUID_TEXT_SIZE];
    struct session *session = NULL;
    struct params params;
    struct uuid project;
    struct place place;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    if (!err)
        err = read_place(request, &params, PARAM_TRACE_ID, PARAM_TRACE_ID, &place, &error);
    if (!err)
        err = find_project(request, &params, place.first, &session, &project, &error);
    if (err) {
        api_fail(request, err, &error, session);
    } else {
        uuid_format(&project, project_text);
        uuid_format(place.first, trace_text);
        redirect(request, str_format(&request->arena,
                                     "%.*s/%.*s/projects/%.*s/traces?tab=logs&logsType=traces"
                                     "&trace=%.*s",
                                     STR_ARG(place.ui), STR_ARG(place.workspace), UUID_TEXT_SIZE,
                                     project_text, UUID_TEXT_SIZE, trace_text));
    }
    store_read_end(session);
}

/* A page below a dataset; with `tail`, behind which the second id stands in a JSON array. */
static void redirect_dataset(struct request *request, const char *page, const char *tail,
                             enum param second)
{
    struct error error = {.arena = &request->arena};
    char dataset[UUID_TEXT_SIZE], other[UUID_TEXT_SIZE];
    struct str location;
    struct params params;
    struct place place;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    if (!err)
        err = read_place(request, &params, PARAM_DATASET_ID, second, &place, &error);
    if (err) {
        api_fail(request, err, &error, NULL);
        return;
    }
    uuid_format(place.first, dataset);
    uuid_format(place.second, other);
    location = str_format(&request->arena, "%.*s/%.*s/%s/%.*s/%s", STR_ARG(place.ui),
                          STR_ARG(place.workspace), page, UUID_TEXT_SIZE, dataset, tail);
    if (second != PARAM_DATASET_ID)
        location = str_format(&request->arena, "%.*s%%5B%%22%.*s%%22%%5D", STR_ARG(location),
                              UUID_TEXT_SIZE, other);
    redirect(request, location);
}

void session_redirect_dataset(struct request *request)
{
    redirect_dataset(request, "datasets", "items", PARAM_DATASET_ID);
}

void session_redirect_experiment(struct request *request)
{
    redirect_dataset(request, "experiments", "compare?experiments=", PARAM_EXPERIMENT_ID);
}

void session_redirect_optimization(struct request *request)
{
    redirect_dataset(request, "optimizations", "compare?optimizations=", PARAM_OPTIMIZATION_ID);
}
