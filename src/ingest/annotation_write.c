/* Writing feedback scores and comments. */
#include "ingest/annotation_write.h"

#include "ingest/feed.h"
#include "ingest/named_write.h"
#include "ingest/thread_write.h"
#include "model/thread.h"

static struct annotation_change *annotation_of(struct change *change)
{
    return (struct annotation_change *)change;
}

/* Scores and comments are shown with their trace or span. */
static void tell(struct change *change, const struct subject_key *key)
{
    if (key->subject != SUBJECT_THREAD)
        feed_note(change, key->project_key,
                  key->subject == SUBJECT_SPAN ? &span_resource : &trace_resource, &key->id, false);
}

/* The trace or span of self->id as what an annotation is about. ERR_NOT_FOUND. */
static enum err find_entity(struct annotation_change *self, struct session *session,
                            struct subject_key *ret)
{
    struct row row;
    enum err err = store_entity_get(session, self->about, self->change.workspace, 0, &self->id,
                                    LOAD_NONE, self->change.arena, &row);

    if (!err && (!row.exists || row.project.deleted))
        err = ERR_NOT_FOUND;
    if (!err)
        *ret = (struct subject_key){annotation_subject(self->about), row.project.key, self->id};
    return err;
}

/* Scores are told apart by spelling only here: PUT says "Trace id", comments say "trace id". */
static enum err refuse_unknown(struct annotation_change *self, const char *noun)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(&self->id, text);
    return error_set(&self->change.error, ERR_NOT_FOUND, "%s id: %.*s not found", noun,
                     UUID_TEXT_SIZE, text);
}

/* What the server sets on a score; written again, it is a new one (traces.md 11.3). */
static void complete_score(const struct change *change, struct record *score)
{
    score->v[SCORE_CREATED_AT] = score->v[SCORE_LAST_UPDATED_AT] = value_int(change->now);
    score->v[SCORE_CREATED_BY] = score->v[SCORE_LAST_UPDATED_BY] = value_text(change->user);
    score->v[SCORE_AUTHOR] = value_text(change->user);
}

static enum err apply_put(struct change *change, struct session *session)
{
    struct annotation_change *self = annotation_of(change);
    struct subject_key key;
    enum err err = find_entity(self, session, &key);

    if (err == ERR_NOT_FOUND)
        return refuse_unknown(self, self->about->name);
    complete_score(change, self->records[0]);
    if (err)
        return err;
    tell(change, &key);
    return store_annotation_put(session, &key, self->records[0]);
}

void score_change_put(struct annotation_change *change)
{
    change->change.apply = apply_put;
    change->change.refuses_first = true;
}

static bool is_assertion(const struct annotation_change *self, const struct record *score)
{
    const struct value *category = &score->v[SCORE_CATEGORY_NAME];

    return self->about == &trace_resource && value_is_set(category) &&
           str_eq(category->s, STR(SCORE_ASSERTION_CATEGORY));
}

static enum err apply_put_batch(struct change *change, struct session *session)
{
    struct annotation_change *self = annotation_of(change);

    for (size_t i = 0; i < self->record_count; i++) {
        struct record *score = self->records[i];
        struct subject_key key = {.subject = annotation_subject(self->about)};
        struct project project;
        enum err err = project_ensure(change, session, score->v[SCORE_PROJECT_NAME].s, &project);

        if (err)
            return err;
        key.project_key = project.key;
        if (key.subject == SUBJECT_THREAD)
            err = thread_ensure_mapping(change, session, project.key, score->v[SCORE_THREAD_ID].s,
                                        &key.id);
        else
            key.id = score->v[SCORE_ID].uuid;
        if (is_assertion(self, score))
            key.subject = SUBJECT_TRACE_ASSERTION;
        complete_score(change, score);
        if (!err)
            err = store_annotation_put(session, &key, score);
        if (err)
            return err;
        tell(change, &key);
        if (arena_is_over(change->arena))
            return ERR_TOO_LARGE;
    }
    return ERR_OK;
}

void score_change_put_batch(struct annotation_change *change)
{
    change->change.apply = apply_put_batch;
}

static enum err delete_scores(struct session *session, const struct subject_key *key,
                              const struct record *body, const struct str *names, size_t count)
{
    const struct value *author = &body->v[SCORE_DELETE_AUTHOR];
    const struct value *queue = &body->v[SCORE_DELETE_SOURCE_QUEUE_ID];

    return store_score_delete(session, key, names, count,
                              value_is_set(author) ? author->s : STR(""),
                              value_is_set(queue) ? &queue->uuid : NULL);
}

static enum err apply_delete(struct change *change, struct session *session)
{
    struct annotation_change *self = annotation_of(change);
    struct subject_key key;
    enum err err = find_entity(self, session, &key);

    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    tell(change, &key);
    return delete_scores(session, &key, self->records[0], &self->records[0]->v[SCORE_DELETE_NAME].s,
                         1);
}

void score_change_delete(struct annotation_change *change)
{
    change->change.apply = apply_delete;
}

static enum err apply_thread_delete(struct change *change, struct session *session)
{
    struct annotation_change *self = annotation_of(change);
    const struct value *v = self->records[0]->v;
    struct subject_key key = {.subject = SUBJECT_THREAD};
    struct project project;
    struct thread thread;
    enum err err = store_project_by_name(session, change->workspace,
                                         str_trim(v[SCORE_DELETE_PROJECT_NAME].s), &project);

    if (!err)
        err = store_thread_get(session, project.key, v[SCORE_DELETE_THREAD_ID].s, change->arena,
                               &thread);
    if (err || !thread.has_model)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    key.project_key = project.key;
    key.id = thread.model_id;
    return delete_scores(session, &key, self->records[0], v[SCORE_DELETE_NAMES].list.items,
                         v[SCORE_DELETE_NAMES].list.n);
}

void thread_score_change_delete(struct annotation_change *change)
{
    change->change.apply = apply_thread_delete;
}

/* ---- comments ---- */

/* A thread with a record, by thread_model_id or by its own id, which may look like a UUID too
 * (contract/README.md, difference 15). */
static enum err find_thread(struct annotation_change *self, struct session *session,
                            struct subject_key *ret)
{
    struct change *change = &self->change;
    struct thread thread;
    enum err err = ERR_NOT_FOUND;

    if (self->has_uuid)
        err = store_thread_by_model(session, change->workspace, &self->id, change->arena, &thread);
    if (!err && !thread.has_record)
        err = ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        err =
            store_thread_find(session, change->workspace, self->thread_id, change->arena, &thread);
    if (!err)
        *ret = (struct subject_key){SUBJECT_THREAD, thread.project_key, thread.model_id};
    return err;
}

static enum err apply_comment(struct change *change, struct session *session)
{
    struct annotation_change *self = annotation_of(change);
    struct value *v = self->records[0]->v;
    struct subject_key key;
    enum err err = self->about == &thread_resource ? find_thread(self, session, &key)
                                                   : find_entity(self, session, &key);

    if (err == ERR_NOT_FOUND && self->about == &thread_resource && !self->has_uuid)
        return error_set(&change->error, err, "thread id: %.*s not found",
                         STR_ARG(self->thread_id));
    if (err == ERR_NOT_FOUND)
        return refuse_unknown(self, self->about->noun);
    v[COMMENT_CREATED_AT] = v[COMMENT_LAST_UPDATED_AT] = value_int(change->now);
    v[COMMENT_CREATED_BY] = v[COMMENT_LAST_UPDATED_BY] = value_text(change->user);
    if (err)
        return err;
    tell(change, &key);
    return store_annotation_put(session, &key, self->records[0]);
}

void comment_change_create(struct annotation_change *change)
{
    change->change.apply = apply_comment;
    change->change.refuses_first = true;
}

static enum err apply_comment_update(struct change *change, struct session *session)
{
    struct annotation_change *self = annotation_of(change);
    struct subject_key key;
    struct record *stored;
    enum err err =
        store_comment_get(session, change->workspace, &self->id, change->arena, &stored, &key);

    if (err == ERR_NOT_FOUND)
        return refuse_unknown(self, "Comment");
    if (err)
        return err;
    stored->v[COMMENT_TEXT] = self->records[0]->v[COMMENT_TEXT];
    stored->v[COMMENT_LAST_UPDATED_AT] = value_int(change->now);
    stored->v[COMMENT_LAST_UPDATED_BY] = value_text(change->user);
    if (arena_is_over(change->arena))
        return ERR_TOO_LARGE;
    tell(change, &key);
    return store_annotation_put(session, &key, stored);
}

void comment_change_update(struct annotation_change *change)
{
    change->change.apply = apply_comment_update;
    change->change.refuses_first = true;
}

static enum err apply_comment_delete(struct change *change, struct session *session)
{
    struct annotation_change *self = annotation_of(change);

    for (size_t i = 0; i < self->id_count; i++) {
        struct subject_key key;
        struct record *stored;
        enum err err = store_comment_get(session, change->workspace, &self->ids[i], change->arena,
                                         &stored, &key);

        if (err == ERR_NOT_FOUND)
            continue;
        if (!err)
            err = store_comment_delete(session, &key, &self->ids[i]);
        if (err)
            return err;
        tell(change, &key);
    }
    return ERR_OK;
}

void comment_change_delete(struct annotation_change *change)
{
    change->change.apply = apply_comment_delete;
}
