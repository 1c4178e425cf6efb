/* What narrows traces or spans: from query parameters, or from the body of a search. */
#include "api/conditions.h"

#include "base/clock.h"
#include "json/json.h"
#include "model/decode.h"
#include "model/search.h"
#include "query/oql.h"
#include "query/time_range.h"

bool conditions_read_enum(const struct param_value *param, const char *const *names, int *ret)
{
    *ret = 0;
    if (!param->given || str_is_blank(param->s))
        return true;
    *ret = decode_enum(names, param->s, true);
    return *ret != 0;
}

/* Everything but the filters, which the two ways spell differently. */
static enum err read_shared(struct request *request, const struct params *params,
                            struct entity_query *ret, struct error *reterr)
{
    struct time_range range;
    enum err err;

    if (!params->v[PARAM_PROJECT_ID].given &&
        (!params->v[PARAM_PROJECT_NAME].given || str_is_blank(params->v[PARAM_PROJECT_NAME].s)))
        return error_set(reterr, ERR_BAD_REQUEST,
                         "Either 'project_name' or 'project_id' query params must be provided");
    if (!ret->resource)
        ret->resource = operation_of(request)->resource;
    ret->has_trace = params->v[PARAM_TRACE_ID].given;
    ret->trace = params->v[PARAM_TRACE_ID].uuid;
    ret->search = str_trim(params->v[PARAM_SEARCH].s);
    /* No annotation queue exists yet, so none holds anything. */
    ret->nothing = params->v[PARAM_ANNOTATION_QUEUE_ID].given;
    err = time_range_read(params, &range, reterr);
    if (!err && !conditions_read_enum(&params->v[PARAM_TYPE], span_type_names, &ret->type))
        err = error_set(reterr, ERR_BAD_REQUEST, "query param type is not a valid SpanType");
    ret->has_from = range.has_from;
    ret->from = range.from;
    ret->has_to = range.has_to;
    ret->to = range.to;
    return err;
}

static enum err add_oql(struct request *request, const struct params *params,
                        struct filter_node *filters, struct entity_query *ret, struct error *reterr)
{
    struct filter_node *oql = NULL;
    enum err err = oql_parse(&request->arena, ret->resource, params->v[PARAM_OQL].s, &oql, reterr);

    ret->filter = filter_join(&request->arena, filters, oql);
    return err;
}

enum err conditions_read(struct request *request, const struct params *params,
                         struct entity_query *ret, struct error *reterr)
{
    struct filter_node *filters = NULL;
    enum err err = read_shared(request, params, ret, reterr);

    if (!err)
        err = filter_parse_text(&request->arena, ret->resource, params->v[PARAM_FILTERS].s,
                                &filters, reterr);
    return err ? err : add_oql(request, params, filters, ret, reterr);
}

static void give_text(struct params *params, enum param param, const struct value *value)
{
    params->v[param].given = value_is_set(value);
    params->v[param].s = value_is_set(value) ? value->s : STR("");
}

static void give_uuid(struct params *params, enum param param, const struct value *value)
{
    params->v[param].given = value_is_set(value);
    params->v[param].uuid = value->uuid;
}

static void give_time(struct params *params, enum param param, const struct value *value)
{
    params->v[param].given = value_is_set(value);
    params->v[param].i = clock_count(value->i, CLOCK_US_PER_MS);
    params->v[param].nanos =
        (int32_t)((value->i - params->v[param].i * CLOCK_US_PER_MS) * CLOCK_NS_PER_US);
}

/* The body's members as the parameters of the same meaning. */
static void body_to_params(const struct record *body, struct params *ret)
{
    *ret = (struct params){0};
    give_text(ret, PARAM_PROJECT_NAME, &body->v[SEARCH_PROJECT_NAME]);
    give_uuid(ret, PARAM_PROJECT_ID, &body->v[SEARCH_PROJECT_ID]);
    give_text(ret, PARAM_OQL, &body->v[SEARCH_OQL]);
    give_time(ret, PARAM_FROM_TIME, &body->v[SEARCH_FROM_TIME]);
    give_time(ret, PARAM_TO_TIME, &body->v[SEARCH_TO_TIME]);
    ret->v[PARAM_TRUNCATE].i = body->v[SEARCH_TRUNCATE].i;
    if (body->resource == &span_search_resource)
        give_uuid(ret, PARAM_TRACE_ID, &body->v[SEARCH_TRACE_ID]);
}

enum err conditions_read_search(struct request *request, struct params *ret_params,
                                struct record **ret_body, struct entity_query *ret,
                                struct error *reterr)
{
    struct filter_node *filters = NULL;
    yyjson_val *array = NULL;
    const struct value *v;
    enum err err = api_read_body(request, ret_body, reterr);

    if (err)
        return err;
    v = (*ret_body)->v;
    body_to_params(*ret_body, ret_params);
    err = read_shared(request, ret_params, ret, reterr);
    if (!err && value_is_set(&v[SEARCH_FILTERS]))
        err = json_parse(&request->arena, v[SEARCH_FILTERS].s, &array, reterr);
    if (!err && array && !yyjson_is_null(array))
        err = filter_parse_value(&request->arena, ret->resource, array, &filters, reterr);
    if (!err)
        err = add_oql(request, ret_params, filters, ret, reterr);
    if ((*ret_body)->resource == &span_search_resource)
        ret->type = (int)v[SEARCH_TYPE].i;
    ret->order = ORDER_ID;
    if (ret->resource != &thread_resource) {
        ret->has_before = value_is_set(&v[SEARCH_LAST_RETRIEVED_ID]);
        ret->before = v[SEARCH_LAST_RETRIEVED_ID].uuid;
    }
    ret->limit = value_is_set(&v[SEARCH_LIMIT]) ? v[SEARCH_LIMIT].i : SEARCH_LIMIT_DEFAULT;
    return err;
}
