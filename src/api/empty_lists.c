/* Lists in which nothing can stand yet. */
#include "api/empty_lists.h"

#include "model/encode.h"

static void answer(struct request *request, const struct empty_list *list,
                   const struct params *params)
{
    bool paged = operation_of(request)->params & PARAM_BIT(PARAM_PAGE);
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = list->shape == EMPTY_ARRAY ? yyjson_mut_arr(doc) : yyjson_mut_obj(doc);

    if (list->shape == EMPTY_PAGE) {
        api_add_page(doc, root, params->v[PARAM_PAGE].i, 0, 0, yyjson_mut_arr(doc));
        if (!paged) /* then its answer has no number of a page either */
            yyjson_mut_obj_remove_key(root, "page");
        if (list->sortable_by)
            encode_add_names(doc, root, "sortable_by", list->sortable_by);
    } else if (list->shape == EMPTY_MEMBER) {
        yyjson_mut_obj_add_arr(doc, root, list->member);
    }
    api_answer(request, operation_of(request)->status, doc, root);
}

/* The path's id has to be one, as where there is something to find. */
static enum err check_path(struct request *request, struct error *reterr)
{
    struct uuid id;

    return strchr(request->route->pattern, '{') ? api_path_uuid(request, 0, &id, reterr) : ERR_OK;
}

static enum err check_size(const struct empty_list *list, const struct params *params,
                           struct error *reterr)
{
    if (list->size_max == 0 || params->v[PARAM_SIZE].i <= list->size_max)
        return ERR_OK;
    return error_add(reterr, ERR_BAD_REQUEST, "query param size must be less than or equal to %lld",
                     (long long)list->size_max);
}

void empty_list(struct request *request)
{
    const struct operation *operation = operation_of(request);
    struct error error = {.arena = &request->arena};
    struct caller caller;
    struct params params;
    enum err err = check_path(request, &error);

    if (!err)
        err = params_read(request, operation->params, &params, &error);
    if (!err)
        err = params_require(&params, operation->empty->required, &error);
    if (!err)
        err = check_size(operation->empty, &params, &error);
    if (!err)
        err = api_caller(request, &caller, &error);
    if (err)
        api_fail(request, err, &error, NULL);
    else
        answer(request, operation->empty, &params);
}
