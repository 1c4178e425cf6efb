/* Threads: getting one, their life, their tags (threads.md 6). */
#include "api/threads.h"

#include "api/annotations.h"
#include "ingest/thread_write.h"
#include "model/entity.h"
#include "model/thread_view.h"

static bool names_project(const struct record *body)
{
    return value_is_set(&body->v[THREAD_REFERENCE_PROJECT_ID]) ||
           value_is_set(&body->v[THREAD_REFERENCE_PROJECT_NAME]);
}

/* A rule about several members of a body; adds to the list of broken ones. */
typedef void (*body_rule)(const struct record *body, struct error *reterr);

static void check_project(const struct record *body, struct error *reterr)
{
    if (!names_project(body))
        error_add(reterr, ERR_UNPROCESSABLE,
                  "The request body must provide either a project_name or a project_id");
}

/* Decodes the body; broken rules about several members are told together with the others. */
static enum err read_body(struct request *request, body_rule rule, struct record **ret,
                          struct error *reterr)
{
    enum err err = api_read_body(request, ret, reterr);

    if (*ret && (!err || err == ERR_UNPROCESSABLE)) {
        rule(*ret, reterr);
        err = reterr->item_count ? ERR_UNPROCESSABLE : err;
    }
    return err;
}

/* ---- one thread ---- */

static enum err find_project(struct session *session, int64_t workspace, const struct record *body,
                             struct project *ret, struct error *reterr)
{
    struct str name = value_str(&body->v[THREAD_REFERENCE_PROJECT_NAME]);
    enum err err;

    if (value_is_set(&body->v[THREAD_REFERENCE_PROJECT_ID])) {
        err = store_project_by_id(session, workspace, &body->v[THREAD_REFERENCE_PROJECT_ID].uuid,
                                  ret);
        return err == ERR_NOT_FOUND ? error_add(reterr, err, "Project not found") : err;
    }
    err = store_project_by_name(session, workspace, str_trim(name), ret);
    return err == ERR_NOT_FOUND
               ? error_set(reterr, err, "Project name: %.*s not found", STR_ARG(name))
               : err;
}

/* The thread of that id with its messages. ERR_NOT_FOUND. */
static enum err get_thread(struct session *session, struct arena *arena,
                           const struct project *project, struct str thread_id, struct row *ret,
                           struct error *reterr)
{
    const struct filter_field *field = filter_field_find(&thread_resource, STR("id"));
    struct entity_query query = {.resource = &thread_resource, .project = *project, .limit = 1};
    struct entity_cursor *cursor = NULL;
    struct filter_node *test;
    enum err err = filter_make_test(arena, &thread_resource, field, OPERATOR_EQUAL, STR(""),
                                    thread_id, &test, reterr);

    query.filter = test;
    if (!err)
        err = store_entity_open(session, &query, arena, &cursor);
    if (!err)
        err = store_entity_next(cursor, arena, ret);
    store_entity_close(cursor);
    if (err == ERR_NOT_FOUND)
        error_set(reterr, err, "Trace Thread id: %.*s not found", STR_ARG(thread_id));
    return err;
}

static enum err show_thread(struct request *request, struct session *session, struct row *row,
                            bool truncate, yyjson_mut_doc *doc, yyjson_mut_val **ret)
{
    const struct value *model = &row->record->v[THREAD_MODEL_ID];
    struct annotation_view view;
    enum err err = annotation_view_init(session, &thread_resource, row->project.key, 0, &view);

    if (!err && value_is_set(model))
        err = annotation_view_load(session, &view, &model->uuid, &request->arena, row->record);
    if (!err)
        err = thread_view_encode(&request->arena, doc, row->record,
                                 truncate ? THREAD_MESSAGES_CUT : THREAD_MESSAGES_WHOLE, ret);
    return err;
}

void thread_retrieve(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = NULL;
    struct session *session = NULL;
    struct project project;
    struct record *body;
    int64_t workspace;
    struct row row;
    enum err err = read_body(request, check_project, &body, &error);

    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err)
        err = find_project(session, workspace, body, &project, &error);
    if (!err)
        err = get_thread(session, &request->arena, &project, body->v[THREAD_REFERENCE_THREAD_ID].s,
                         &row, &error);
    if (!err)
        err = show_thread(request, session, &row, body->v[THREAD_REFERENCE_TRUNCATE].i != 0, doc,
                          &root);
    if (err)
        api_fail(request, err, &error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
    store_read_end(session);
}

enum err thread_read_cursor(struct session *session, struct arena *arena, struct str last,
                            struct entity_query *query, struct error *reterr)
{
    struct thread thread;
    enum err err = store_thread_get(session, query->project.key, last, arena, &thread);

    if (err == ERR_NOT_FOUND) {
        query->has_before = uuid_parse(last, &query->before);
        return query->has_before
                   ? ERR_OK
                   : error_set(reterr, ERR_BAD_REQUEST,
                               "last_retrieved_thread_model_id '%.*s' is no thread of the project",
                               STR_ARG(last));
    }
    query->has_before = thread.has_model;
    query->before = thread.model_id;
    query->before_thread = last;
    return err;
}

/* ---- open, close, delete ---- */

static struct thread_change *new_change(struct request *request)
{
    return arena_zalloc(&request->arena, sizeof(struct thread_change));
}

/* What the body names, as the change has it. */
static void set_reference(struct thread_change *change, const struct record *body)
{
    const struct value *v = body->v;
    size_t many = body->resource->count > THREAD_REFERENCE_THREAD_IDS
                      ? v[THREAD_REFERENCE_THREAD_IDS].list.n
                      : 0;

    change->has_project = value_is_set(&v[THREAD_REFERENCE_PROJECT_ID]);
    change->project_id = v[THREAD_REFERENCE_PROJECT_ID].uuid;
    change->project_name = value_str(&v[THREAD_REFERENCE_PROJECT_NAME]);
    change->thread_ids = v[THREAD_REFERENCE_THREAD_IDS].list.items;
    change->thread_count = many;
    if (!str_is_blank(value_str(&v[THREAD_REFERENCE_THREAD_ID]))) {
        change->thread_ids = (struct str *)&v[THREAD_REFERENCE_THREAD_ID].s;
        change->thread_count = 1;
    }
}

void thread_open(struct request *request)
{
    struct thread_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record *body;
    enum err err = read_body(request, check_project, &body, &error);

    if (!err)
        set_reference(change, body);
    thread_change_open(change);
    api_write_or_fail(request, &change->change, err, &error);
}

/* The rules of threads.md 6.4 about members together. */
static void check_close(const struct record *body, struct error *reterr)
{
    static const char prefix[] = "The request body ";
    const struct value *v = body->v;
    struct str thread_id = value_str(&v[THREAD_REFERENCE_THREAD_ID]);
    bool one = !str_is_blank(thread_id), many = value_is_set(&v[THREAD_REFERENCE_THREAD_IDS]);

    if (!value_is_set(&v[THREAD_REFERENCE_PROJECT_ID]) &&
        str_is_blank(value_str(&v[THREAD_REFERENCE_PROJECT_NAME])))
        error_add(reterr, ERR_UNPROCESSABLE,
                  "%sEither 'projectName' or 'projectId' must be provided.", prefix);
    if (!one && !many)
        error_add(reterr, ERR_UNPROCESSABLE, "%sEither 'threadId' or 'threadIds' must be provided.",
                  prefix);
    if (one && many)
        error_add(reterr, ERR_UNPROCESSABLE,
                  "%sCannot provide both 'threadId' and 'threadIds'. Use 'threadId' for single "
                  "operations or 'threadIds' for batch operations.",
                  prefix);
}

void thread_close(struct request *request)
{
    struct thread_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record *body;
    enum err err = read_body(request, check_close, &body, &error);

    if (!err)
        set_reference(change, body);
    thread_change_close(change);
    api_write_or_fail(request, &change->change, err, &error);
}

void thread_delete(struct request *request)
{
    struct thread_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record *body;
    enum err err = read_body(request, check_project, &body, &error);

    if (!err) {
        set_reference(change, body);
        change->purge = body->v[THREAD_REFERENCE_PURGE].i != 0;
    }
    thread_change_delete(change);
    api_write_or_fail(request, &change->change, err, &error);
}

/* ---- tags ---- */

void thread_update(struct request *request)
{
    struct thread_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    enum err err;

    change->ids = arena_alloc(&request->arena, sizeof(struct uuid));
    change->id_count = 1;
    err = api_path_uuid(request, 0, &change->ids[0], &error);
    if (!err)
        err = api_read_body(request, &change->update, &error);
    thread_change_update(change);
    api_write_or_fail(request, &change->change, err, &error);
}

void thread_update_batch(struct request *request)
{
    struct thread_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record *body;
    enum err err = api_read_body(request, &body, &error);

    if (!err) {
        change->ids = body->v[BATCH_UPDATE_IDS].list.items;
        change->id_count = body->v[BATCH_UPDATE_IDS].list.n;
        change->update = body->v[BATCH_UPDATE_UPDATE].record;
        change->merge_tags = body->v[BATCH_UPDATE_MERGE_TAGS].i;
    }
    thread_change_update_batch(change);
    api_write_or_fail(request, &change->change, err, &error);
}
