/* Giving, listing and removing feedback scores and comments. */
#include "api/annotations.h"

#include "api/conditions.h"
#include "ingest/annotation_write.h"
#include "model/encode.h"

static struct annotation_change *new_change(struct request *request)
{
    struct annotation_change *change = arena_zalloc(&request->arena, sizeof(*change));

    change->about = operation_of(request)->about;
    change->records = arena_zalloc(&request->arena, sizeof(struct record *));
    change->record_count = 1;
    return change;
}

/* ---- scores ---- */

void score_put(struct request *request)
{
    struct annotation_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    enum err err = api_path_uuid(request, 0, &change->id, &error);

    if (!err)
        err = api_read_body(request, &change->records[0], &error);
    score_change_put(change);
    api_write_or_fail(request, &change->change, err, &error);
}

/* Ids of clients are version 7 (traces.md 2.2, spans.md 10). */
static enum err check_ids(const struct annotation_change *change, struct error *reterr)
{
    if (change->about == &thread_resource)
        return ERR_OK;
    for (size_t i = 0; i < change->record_count; i++) {
        const struct value *id = &change->records[i]->v[SCORE_ID];
        if (value_is_set(id) && uuid_version(&id->uuid) != 7) {
            error_set(reterr, ERR_BAD_REQUEST, "Invalid UUID for id");
            return error_set_details(reterr, "%s id must be a version 7 UUID", change->about->noun);
        }
    }
    return ERR_OK;
}

void score_put_batch(struct request *request)
{
    struct annotation_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record *body;
    enum err err = api_read_body(request, &body, &error);

    if (!err) {
        change->records = body->v[SCORE_BATCH_SCORES].list.items;
        change->record_count = body->v[SCORE_BATCH_SCORES].list.n;
        err = check_ids(change, &error);
    }
    score_change_put_batch(change);
    api_write_or_fail(request, &change->change, err, &error);
}

void score_delete(struct request *request)
{
    struct annotation_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    enum err err = api_path_uuid(request, 0, &change->id, &error);

    if (!err)
        err = api_read_body(request, &change->records[0], &error);
    score_change_delete(change);
    api_write_or_fail(request, &change->change, err, &error);
}

void thread_score_delete(struct request *request)
{
    struct annotation_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    enum err err = api_read_body(request, &change->records[0], &error);

    thread_score_change_delete(change);
    api_write_or_fail(request, &change->change, err, &error);
}

/* The project that narrows the names, 0 for none: spans must have one, a thread's need not exist
 * (traces.md 11.6, spans.md 9, threads.md 6.12). */
static enum err read_names_project(struct session *session, int64_t workspace,
                                   const struct resource *about, const struct params *params,
                                   int64_t *ret_key, struct error *reterr)
{
    struct project project;
    enum err err;

    *ret_key = 0;
    if (!params->v[PARAM_PROJECT_ID].given)
        return ERR_OK;
    err = store_project_by_id(session, workspace, &params->v[PARAM_PROJECT_ID].uuid, &project);
    *ret_key = project.key;
    if (err == ERR_NOT_FOUND && about == &thread_resource) {
        *ret_key = -1;
        return ERR_OK;
    }
    return err == ERR_NOT_FOUND ? error_add(reterr, err, "Project not found") : err;
}

static enum err read_names_params(struct request *request, const struct resource *about,
                                  struct params *params, int *ret_type, struct error *reterr)
{
    enum err err = params_read(request, operation_of(request)->params, params, reterr);

    if (!err && about == &span_resource && !params->v[PARAM_PROJECT_ID].given)
        err = error_set(reterr, ERR_BAD_REQUEST, "project_id must be provided");
    if (!err && !conditions_read_enum(&params->v[PARAM_TYPE], span_type_names, ret_type))
        err = error_set(reterr, ERR_BAD_REQUEST, "query param type is not a valid SpanType");
    return err;
}

static void answer_names(struct request *request, struct session *session, enum err err,
                         struct error *error, const struct str *names, size_t count)
{
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc), *list;

    list = yyjson_mut_obj_add_arr(doc, root, "scores");
    for (size_t i = 0; !err && i < count; i++)
        yyjson_mut_obj_add_strn(doc, yyjson_mut_arr_add_obj(doc, list), "name", names[i].p,
                                names[i].n);
    if (err)
        api_fail(request, err, error, session);
    else
        api_answer(request, operation_of(request)->status, doc, root);
}

void score_names(struct request *request)
{
    const struct resource *about = operation_of(request)->about;
    struct error error = {.arena = &request->arena};
    struct session *session = NULL;
    int64_t workspace = 0, project_key;
    struct str *names = NULL;
    struct params params;
    size_t count = 0;
    int type = 0;
    enum err err = read_names_params(request, about, &params, &type, &error);

    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err)
        err = read_names_project(session, workspace, about, &params, &project_key, &error);
    if (!err)
        err = store_score_names(session, workspace, &project_key, project_key != 0,
                                annotation_subject(about), type, &request->arena, &names, &count);
    answer_names(request, session, err, &error, names, count);
    store_read_end(session);
}

/* The ids of a JSON array; NULL when it is none. */
static struct uuid *read_ids(struct arena *arena, struct str text, size_t *ret_count)
{
    struct error ignored = {.arena = arena};
    yyjson_val *root, *item;
    struct uuid *ids;
    size_t i, n;

    if (json_parse(arena, text, &root, &ignored) || !yyjson_is_arr(root))
        return NULL;
    ids = arena_alloc(arena, (yyjson_arr_size(root) + 1) * sizeof(*ids));
    yyjson_arr_foreach(root, i, n, item)
    {
        if (!ids || !yyjson_is_str(item) ||
            !uuid_parse(str_make(yyjson_get_str(item), yyjson_get_len(item)), &ids[i]))
            return NULL;
    }
    *ret_count = n;
    return ids;
}

/* The projects of the ids; unknown ones have no scores. Key -1 is
 * always among them, so that ids which are all unknown mean none, not all. */
static enum err find_projects(struct session *session, int64_t workspace, struct arena *arena,
                              const struct uuid *ids, size_t count, int64_t **ret,
                              size_t *ret_count)
{
    *ret = arena_alloc(arena, (count + 1) * sizeof(**ret));
    if (!*ret)
        return ERR_TOO_LARGE;
    (*ret)[0] = -1;
    *ret_count = 1;
    for (size_t i = 0; i < count; i++) {
        struct project project;
        enum err err = store_project_by_id(session, workspace, &ids[i], &project);
        if (err && err != ERR_NOT_FOUND)
            return err;
        if (!err)
            (*ret)[(*ret_count)++] = project.key;
    }
    return ERR_OK;
}

void project_score_names(struct request *request)
{
    struct error error = {.arena = &request->arena};
    struct session *session = NULL;
    int64_t workspace = 0, *keys = NULL;
    size_t id_count = 0, key_count = 0, count = 0;
    struct str text = {0}, *names = NULL;
    struct uuid *ids = NULL;
    struct params params;
    enum err err = params_read(request, operation_of(request)->params, &params, &error);

    if (!err)
        text = params.v[PARAM_PROJECT_IDS].s;
    if (!err && text.n && !(ids = read_ids(&request->arena, text, &id_count)))
        err = error_set(&error, ERR_BAD_REQUEST, "Invalid query param ids '%.*s'", STR_ARG(text));
    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err && id_count)
        err = find_projects(session, workspace, &request->arena, ids, id_count, &keys, &key_count);
    if (!err)
        err = store_score_names(session, workspace, keys, key_count, SUBJECT_TRACE, 0,
                                &request->arena, &names, &count);
    answer_names(request, session, err, &error, names, count);
    store_read_end(session);
}

/* ---- comments ---- */

/* What the path says a comment is on. A thread may be named by its own id, UUID or not. */
static enum err read_subject(struct request *request, struct annotation_change *change,
                             struct error *reterr)
{
    if (change->about == &thread_resource) {
        change->thread_id = request->path_params[0];
        change->has_uuid = uuid_parse(change->thread_id, &change->id);
        return ERR_OK;
    }
    return api_path_uuid(request, 0, &change->id, reterr);
}

void comment_create(struct request *request)
{
    struct annotation_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct uuid id = uuid_new();
    char text[UUID_TEXT_SIZE];
    enum err err = read_subject(request, change, &error);

    if (!err)
        err = api_read_body(request, &change->records[0], &error);
    if (err) {
        api_write_fail(request, err, &error);
        return;
    }
    change->records[0]->v[COMMENT_ID] = value_uuid(id);
    comment_change_create(change);
    uuid_format(&id, text);
    yyjson_mut_obj_add_strncpy(doc, root, "id", text, sizeof(text));
    api_set_location(request, &id);
    api_write_answer(request, &change->change, operation_of(request)->status, doc, root);
}

/* Whether a comment is on what the path names (traces.md 12). */
static enum err check_subject(struct request *request, struct session *session, int64_t workspace,
                              const struct subject_key *key)
{
    const struct resource *about = operation_of(request)->about;
    struct thread thread;
    struct uuid id;
    enum err err;

    if (annotation_subject(about) != key->subject)
        return ERR_NOT_FOUND;
    if (uuid_parse(request->path_params[0], &id) && uuid_eq(&id, &key->id))
        return ERR_OK;
    if (about != &thread_resource)
        return ERR_NOT_FOUND;
    err = store_thread_find(session, workspace, request->path_params[0], &request->arena, &thread);
    return err ? err : uuid_eq(&thread.model_id, &key->id) ? ERR_OK : ERR_NOT_FOUND;
}

static void refuse_comment(const struct uuid *id, struct error *reterr)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(id, text);
    error_set(reterr, ERR_NOT_FOUND, "Comment id: %.*s not found", UUID_TEXT_SIZE, text);
}

void comment_get(struct request *request)
{
    struct error error = {.arena = &request->arena};
    yyjson_mut_doc *doc = json_new(&request->arena);
    struct session *session = NULL;
    struct subject_key key;
    struct record *comment;
    int64_t workspace;
    struct uuid id;
    enum err err = api_path_uuid(request, 1, &id, &error);

    if (!err)
        err = api_read_begin(request, &session, &workspace, &error);
    if (!err) {
        err = store_comment_get(session, workspace, &id, &request->arena, &comment, &key);
        if (!err)
            err = check_subject(request, session, workspace, &key);
        if (err == ERR_NOT_FOUND)
            refuse_comment(&id, &error);
    }
    if (err) {
        api_fail(request, err, &error, session);
    } else {
        comment->v[COMMENT_SOURCE_QUEUE_ID].kind = VALUE_ABSENT;
        api_answer(request, operation_of(request)->status, doc,
                   encode_record(doc, comment, true, 0));
    }
    store_read_end(session);
}

void comment_update(struct request *request)
{
    struct annotation_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    enum err err = api_path_uuid(request, 0, &change->id, &error);

    if (!err)
        err = api_read_body(request, &change->records[0], &error);
    comment_change_update(change);
    api_write_or_fail(request, &change->change, err, &error);
}

void comment_delete(struct request *request)
{
    struct annotation_change *change = new_change(request);
    struct error error = {.arena = &request->arena};
    struct record *body;
    enum err err = api_read_body(request, &body, &error);

    if (!err) {
        change->ids = body->v[COMMENT_DELETE_IDS].list.items;
        change->id_count = body->v[COMMENT_DELETE_IDS].list.n;
    }
    comment_change_delete(change);
    api_write_or_fail(request, &change->change, err, &error);
}
