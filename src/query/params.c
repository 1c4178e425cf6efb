/* Query parameters. */
#include "query/params.h"

const struct param_info param_infos[PARAM_COUNT] = {
    [PARAM_PAGE] = {"page", PARAM_TYPE_INT, 1, "Page, from 1."},
    [PARAM_SIZE] = {"size", PARAM_TYPE_INT, 10, "Entries per page."},
    [PARAM_PROJECT_NAME] = {"project_name", PARAM_TYPE_TEXT, 0, "Project, by name."},
    [PARAM_PROJECT_ID] = {"project_id", PARAM_TYPE_UUID, 0, "Project, by id; wins over the name."},
    [PARAM_TRACE_ID] = {"trace_id", PARAM_TYPE_UUID, 0, "Only spans of this trace."},
    [PARAM_TYPE] = {"type", PARAM_TYPE_TEXT, 0, "Only those of this type."},
    [PARAM_TRUNCATE] = {"truncate", PARAM_TYPE_BOOL, 0, "Cut long bodies, leave images out."},
    [PARAM_STRIP_ATTACHMENTS] = {"strip_attachments", PARAM_TYPE_BOOL, 0,
                                 "Leave references to attachments in place of their content."},
    [PARAM_SORTING] = {"sorting", PARAM_TYPE_TEXT, 0,
                       "JSON array of {\"field\",\"direction\"}; the first entry counts."},
    [PARAM_EXCLUDE] = {"exclude", PARAM_TYPE_TEXT, 0, "JSON array of fields to leave out."},
    [PARAM_FROM_TIME] = {"from_time", PARAM_TYPE_INSTANT, 0,
                         "Earliest time of the id: ISO-8601 or epoch milliseconds."},
    [PARAM_TO_TIME] = {"to_time", PARAM_TYPE_INSTANT, 0,
                       "Latest time of the id: ISO-8601 or epoch milliseconds."},
    [PARAM_SOURCE] = {"source", PARAM_TYPE_TEXT, 0,
                      "Only this source; sdk takes those without one too."},
    [PARAM_THREAD_ONLY] = {"thread_only", PARAM_TYPE_BOOL, 0, "Look at threads only."},
    [PARAM_NAME] = {"name", PARAM_TYPE_TEXT, 0, "Part of the name, without regard to case."},
    [PARAM_KIND] = {"kind", PARAM_TYPE_TEXT, 0, "What to follow: traces or spans."},
    [PARAM_FILTERS] =
        {"filters", PARAM_TYPE_TEXT, 0,
         "JSON array of {\"field\",\"operator\",\"key\",\"value\"}, joined by AND; also "
         "{\"or\":[…]}, {\"and\":[…]}, {\"not\":…}."},
    [PARAM_OQL] =
        {"oql", PARAM_TYPE_TEXT, 0,
         "Conditions as text: name contains \"x\" AND (duration > 5 OR NOT tags = \"t\")."},
    [PARAM_SEARCH] = {"search", PARAM_TYPE_TEXT, 0,
                      "Part of id, name, bodies, tags and the like, without regard to case."},
    [PARAM_ANNOTATION_QUEUE_ID] = {"annotation_queue_id", PARAM_TYPE_UUID, 0,
                                   "Only what is in this annotation queue."},
    [PARAM_PROJECT_IDS] = {"project_ids", PARAM_TYPE_TEXT, 0, "JSON array of project ids."},
    [PARAM_PATH] = {"path", PARAM_TYPE_TEXT, 0, "Address of the API as the client has it, base64."},
    [PARAM_WORKSPACE_NAME] = {"workspace_name", PARAM_TYPE_TEXT, 0,
                              "Workspace, in place of the header."},
    [PARAM_DATASET_ID] = {"dataset_id", PARAM_TYPE_UUID, 0, "Dataset."},
    [PARAM_EXPERIMENT_ID] = {"experiment_id", PARAM_TYPE_UUID, 0, "Experiment."},
    [PARAM_ENTITY_TYPE] = {"entity_type", PARAM_TYPE_TEXT, 0, "trace or span."},
    [PARAM_ENTITY_ID] = {"entity_id", PARAM_TYPE_UUID, 0, "Trace or span."},
    [PARAM_OPTIMIZATION_ID] = {"optimization_id", PARAM_TYPE_UUID, 0, "Optimization."},
};

static enum err read_int(const struct param_info *info, struct str text, struct param_value *ret,
                         struct error *reterr)
{
    int64_t number;

    if (!str_to_i64(text, &number) || number > INT32_MAX || number < INT32_MIN)
        return error_set(reterr, ERR_NOT_FOUND, "%s", err_text(ERR_NOT_FOUND));
    if (number < 1)
        return error_add(reterr, ERR_BAD_REQUEST,
                         "query param %s must be greater than or equal to 1", info->name);
    ret->i = number;
    return ERR_OK;
}

static enum err read_instant(struct str text, struct param_value *ret, struct error *reterr)
{
    struct instant instant;
    int64_t ms;

    if (str_to_i64(text, &ms)) {
        ret->i = ms;
        return ERR_OK;
    }
    if (!instant_parse(text, &instant))
        return error_set(reterr, ERR_BAD_REQUEST,
                         "Invalid instant format: '%.*s'. Expected ISO-8601 (e.g., "
                         "2024-01-01T00:00:00Z) or milliseconds since epoch",
                         STR_ARG(text));
    ret->i = instant_to_ms(instant);
    ret->nanos = instant.nanos % PARAM_NS_PER_MS;
    return ERR_OK;
}

static enum err read_param(const struct param_info *info, struct str text, struct param_value *ret,
                           struct error *reterr)
{
    switch (info->type) {
    case PARAM_TYPE_INT:
        return read_int(info, text, ret, reterr);
    case PARAM_TYPE_TEXT:
        ret->s = text;
        return ERR_OK;
    case PARAM_TYPE_UUID:
        if (!uuid_parse(text, &ret->uuid))
            return error_set(reterr, ERR_NOT_FOUND, "%s", err_text(ERR_NOT_FOUND));
        return ERR_OK;
    case PARAM_TYPE_BOOL:
        ret->i = str_eq_nocase(text, STR("true"));
        return ERR_OK;
    case PARAM_TYPE_INSTANT:
        return read_instant(text, ret, reterr);
    }
    return ERR_OK;
}

enum err params_read(const struct request *request, uint64_t set, struct params *ret,
                     struct error *reterr)
{
    *ret = (struct params){0};
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        struct str text;
        enum err err;

        ret->v[i].i = param_infos[i].fallback;
        if (!(set & PARAM_BIT(i)) || !request_query(request, param_infos[i].name, &text) ||
            text.n == 0)
            continue;
        ret->v[i].given = true;
        err = read_param(&param_infos[i], text, &ret->v[i], reterr);
        if (err)
            return err;
    }
    return ERR_OK;
}

enum err params_require(const struct params *params, uint64_t set, struct error *reterr)
{
    enum err err = ERR_OK;

    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (set & PARAM_BIT(i) && !params->v[i].given)
            err = error_add(reterr, ERR_BAD_REQUEST, "query param %s must not be null",
                            param_infos[i].name);
    }
    return err;
}
