/* Writing threads. */
#include "ingest/thread_write.h"

#include "base/clock.h"
#include "ingest/entity_write.h"
#include "ingest/feed.h"
#include "ingest/named_write.h"
#include "model/tags.h"

/* Threads are looked at as far back as a day, and an hour more than the longest time that they may
 * be idle. */
#define LOOKBACK_MIN_US (24 * LOOKBACK_MORE_US)
#define LOOKBACK_MORE_US (3600 * CLOCK_US_PER_S)

/* So many traces of a thread are deleted before memory is given back. */
#define DELETE_TRACES 500

static struct thread_change *thread_of(struct change *change)
{
    return (struct thread_change *)change;
}

/* Who closes threads by the clock (threads.md 2.2). */
static const struct str idle_user = {WORKSPACE_DEFAULT_USER, sizeof(WORKSPACE_DEFAULT_USER) - 1};

static void map_thread(const struct change *change, struct thread *thread, int64_t id_ms)
{
    if (thread->has_model)
        return;
    thread->has_model = true;
    thread->model_id = uuid_new_at(id_ms);
    thread->mapped_at = change->now;
    thread->mapped_by = change->user;
}

void thread_begin(struct change *change, struct thread *thread, const struct record *earliest,
                  int64_t clock)
{
    map_thread(change, thread, uuid_time_ms(&earliest->v[ENTITY_ID].uuid));
    if (thread->has_record) {
        if (clock < thread->last_updated_at)
            return;
    } else {
        thread->has_record = true;
        thread->created_at = thread->mapped_at;
        thread->created_by = thread->mapped_by;
        thread->source =
            value_is_set(&earliest->v[ENTITY_SOURCE]) ? (int)earliest->v[ENTITY_SOURCE].i : 0;
        thread->environment = value_str(&earliest->v[ENTITY_ENVIRONMENT]);
    }
    thread->status = THREAD_ACTIVE;
    thread->last_updated_at = clock;
    thread->last_updated_by = change->user;
}

/* Writes what changed of a thread, its sums left as they are. */
static enum err put_thread(const struct change *change, struct session *session,
                           const struct thread *thread)
{
    static const struct tally none;

    return arena_is_over(change->arena) ? ERR_TOO_LARGE
                                        : store_thread_put(session, thread, 0, &none);
}

static enum err get_or_start(struct change *change, struct session *session, int64_t project_key,
                             struct str thread_id, struct thread *ret)
{
    enum err err = store_thread_get(session, project_key, thread_id, change->arena, ret);

    if (err == ERR_NOT_FOUND) {
        *ret = (struct thread){.project_key = project_key, .thread_id = thread_id};
        err = ERR_OK;
    }
    return err;
}

enum err thread_ensure_mapping(struct change *change, struct session *session, int64_t project_key,
                               struct str thread_id, struct uuid *ret)
{
    struct thread thread;
    enum err err = get_or_start(change, session, project_key, thread_id, &thread);

    if (!err && !thread.has_model) {
        map_thread(change, &thread, change->now / CLOCK_US_PER_MS);
        err = put_thread(change, session, &thread);
    }
    *ret = thread.model_id;
    return err;
}

/* The project that the body names. ERR_NOT_FOUND with the words of threads.md 1. */
static enum err find_project(struct thread_change *self, struct session *session,
                             struct project *ret)
{
    struct change *change = &self->change;
    char text[UUID_TEXT_SIZE];
    enum err err;

    if (self->has_project) {
        uuid_format(&self->project_id, text);
        err = store_project_by_id(session, change->workspace, &self->project_id, ret);
        return err == ERR_NOT_FOUND ? error_set(&change->error, err, "Project id: %.*s not found",
                                                UUID_TEXT_SIZE, text)
                                    : err;
    }
    err = store_project_by_name(session, change->workspace, str_trim(self->project_name), ret);
    return err == ERR_NOT_FOUND ? error_set(&change->error, err, "Project name: %.*s not found",
                                            STR_ARG(self->project_name))
                                : err;
}

/* ---- close, open ---- */

/* 404 that lists the threads without a trace (threads.md 6.4). */
static enum err refuse_missing(struct change *change, const struct thread_change *self,
                               const struct thread *threads)
{
    struct str missing = STR("");

    for (size_t i = 0; i < self->thread_count; i++) {
        if (threads[i].trace_count == 0)
            missing = str_format(change->arena, "%.*s%s%.*s", STR_ARG(missing),
                                 missing.n ? ", " : "", STR_ARG(self->thread_ids[i]));
    }
    return error_set(&change->error, ERR_NOT_FOUND, "Thread '[%.*s]' not found:", STR_ARG(missing));
}

/* A thread that only PATCHes have made gets its record from its earliest traces. */
static void record_thread(const struct change *change, struct thread *thread)
{
    if (thread->has_record)
        return;
    map_thread(change, thread, thread->created_at / CLOCK_US_PER_MS);
    thread->has_record = true;
    thread->status = THREAD_ACTIVE;
    thread->environment = thread->first_environment;
}

static enum err set_status(const struct change *change, struct session *session,
                           struct thread *thread, int status)
{
    record_thread(change, thread);
    if (thread->status == status)
        return put_thread(change, session, thread);
    thread->status = status;
    thread->last_updated_at = change->now;
    thread->last_updated_by = change->user;
    return put_thread(change, session, thread);
}

static enum err apply_close(struct change *change, struct session *session)
{
    struct thread_change *self = thread_of(change);
    struct thread *threads =
        arena_zalloc(change->arena, (self->thread_count + 1) * sizeof(*threads));
    struct project project;
    bool missing = false;
    enum err err = threads ? find_project(self, session, &project) : ERR_TOO_LARGE;

    for (size_t i = 0; !err && i < self->thread_count; i++) {
        err = get_or_start(change, session, project.key, self->thread_ids[i], &threads[i]);
        missing |= !err && threads[i].trace_count == 0;
    }
    if (err)
        return err;
    if (missing)
        return refuse_missing(change, self, threads);
    for (size_t i = 0; !err && i < self->thread_count; i++)
        err = set_status(change, session, &threads[i], THREAD_INACTIVE);
    return err;
}

/* The threads to close are a set; a message tells each once, in the order of the body. */
static void drop_repeated(struct thread_change *self)
{
    struct str *ids = self->thread_ids;
    size_t kept = 0;

    for (size_t i = 0; i < self->thread_count; i++) {
        size_t same = 0;
        while (same < kept && !str_eq(ids[same], ids[i]))
            same++;
        if (same == kept)
            ids[kept++] = ids[i];
    }
    self->thread_count = kept;
}

void thread_change_close(struct thread_change *change)
{
    drop_repeated(change);
    change->change.apply = apply_close;
}

static enum err apply_open(struct change *change, struct session *session)
{
    struct thread_change *self = thread_of(change);
    struct project project;
    struct thread thread;
    enum err err = find_project(self, session, &project);

    if (!err)
        err = get_or_start(change, session, project.key, self->thread_ids[0], &thread);
    if (err)
        return err;
    if (thread.has_record)
        return set_status(change, session, &thread, THREAD_ACTIVE);
    map_thread(change, &thread, change->now / CLOCK_US_PER_MS);
    return put_thread(change, session, &thread);
}

void thread_change_open(struct thread_change *change)
{
    change->change.apply = apply_open;
}

/* ---- delete ---- */

static enum err purge_thread(struct change *change, struct session *session, int64_t project_key,
                             struct str thread_id)
{
    struct subject_key key = {.subject = SUBJECT_THREAD, .project_key = project_key};
    struct thread thread;
    enum err err = store_thread_get(session, project_key, thread_id, change->arena, &thread);

    if (err || !thread.has_model)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    key.id = thread.model_id;
    return store_annotation_clear(session, &key);
}

static enum err delete_thread(struct thread_change *self, struct session *session,
                              const struct project *project, struct str thread_id)
{
    struct change *change = &self->change;
    struct arena arena;
    enum err err;
    size_t count;

    arena_init(&arena, change->arena->cap);
    do {
        struct uuid *ids;
        err = store_thread_traces(session, project->key, thread_id, DELETE_TRACES, &arena, &ids,
                                  &count);
        if (!err)
            err = entity_delete_traces(change, session, project->key, ids, count);
        arena_reset(&arena);
    } while (!err && count == DELETE_TRACES);
    arena_done(&arena);
    if (!err && self->purge)
        err = purge_thread(change, session, project->key, thread_id);
    return err;
}

static enum err apply_delete(struct change *change, struct session *session)
{
    struct thread_change *self = thread_of(change);
    struct project project;
    enum err err =
        self->has_project
            ? store_project_by_id(session, change->workspace, &self->project_id, &project)
            : store_project_by_name(session, change->workspace, str_trim(self->project_name),
                                    &project);

    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    for (size_t i = 0; !err && i < self->thread_count; i++)
        err = delete_thread(self, session, &project, self->thread_ids[i]);
    return err;
}

void thread_change_delete(struct thread_change *change)
{
    change->change.apply = apply_delete;
}

/* ---- tags ---- */

/* The tags that an update leads to (threads.md 6.8; contract/README.md, difference 1). False when
 * there would be too many. */
static bool change_tags(struct thread_change *self, struct thread *thread)
{
    struct arena *arena = self->change.arena;
    const struct value *v = self->update->v;
    bool changes = value_is_set(&v[THREAD_TAGS_TO_ADD]) || value_is_set(&v[THREAD_TAGS_TO_REMOVE]);
    struct tags stored, added, removed = {0}, result;

    if (!changes && !value_is_set(&v[THREAD_TAGS]))
        return true;
    if (!changes && !self->merge_tags) {
        thread->tags = v[THREAD_TAGS].s;
        return true;
    }
    tags_from_text(arena, thread->tags, &stored);
    tags_from_text(arena, v[changes ? THREAD_TAGS_TO_ADD : THREAD_TAGS].s, &added);
    if (changes)
        tags_from_text(arena, v[THREAD_TAGS_TO_REMOVE].s, &removed);
    tags_change(arena, &stored, &removed, &added, &result);
    if (result.n > TAGS_MAX && added.n > 0)
        return false;
    return tags_to_text(arena, &result, &thread->tags) == ERR_OK;
}

static enum err update_thread(struct thread_change *self, struct session *session,
                              const struct uuid *id, struct str user)
{
    struct change *change = &self->change;
    struct thread thread;
    enum err err = store_thread_by_model(session, change->workspace, id, change->arena, &thread);

    if (err || !thread.has_record)
        return err;
    if (!change_tags(self, &thread))
        return error_add(&change->error, ERR_UNPROCESSABLE,
                         "Tag limit exceeded: maximum %d tags per item", TAGS_MAX);
    thread.last_updated_at = change->now;
    if (user.n)
        thread.last_updated_by = user;
    return put_thread(change, session, &thread);
}

static enum err apply_update(struct change *change, struct session *session)
{
    struct thread_change *self = thread_of(change);
    char text[UUID_TEXT_SIZE];
    enum err err = update_thread(self, session, &self->ids[0], change->user);

    uuid_format(&self->ids[0], text);
    if (err == ERR_NOT_FOUND)
        return error_set(&change->error, err, "Thread id: %.*s not found", UUID_TEXT_SIZE, text);
    return err;
}

void thread_change_update(struct thread_change *change)
{
    change->change.apply = apply_update;
}

static enum err apply_update_batch(struct change *change, struct session *session)
{
    struct thread_change *self = thread_of(change);

    for (size_t i = 0; i < self->id_count; i++) {
        enum err err = update_thread(self, session, &self->ids[i], STR(""));
        if (err && err != ERR_NOT_FOUND)
            return err;
    }
    return ERR_OK;
}

void thread_change_update_batch(struct thread_change *change)
{
    change->change.apply = apply_update_batch;
}

/* ---- inactivity ---- */

/* How far back threads are looked at (threads.md 2.2). */
static int64_t find_lookback(const struct thread_change *self,
                             const struct thread_timeout *timeouts, size_t count)
{
    int64_t longest = self->timeout_us, lookback = LOOKBACK_MIN_US;

    for (size_t i = 0; i < count; i++) {
        if (timeouts[i].timeout_us > longest)
            longest = timeouts[i].timeout_us;
    }
    if (longest + LOOKBACK_MORE_US > lookback)
        lookback = longest + LOOKBACK_MORE_US;
    return lookback > self->lookback_us ? lookback : self->lookback_us;
}

static enum err apply_close_idle(struct change *change, struct session *session)
{
    struct thread_change *self = thread_of(change);
    struct thread_timeout *timeouts;
    int64_t since;
    size_t count;
    enum err err = store_thread_timeouts(session, change->arena, &timeouts, &count);

    since = err ? 0 : change->now - find_lookback(self, timeouts, count);
    for (size_t i = 0; !err && i < count && self->closed < self->limit; i++) {
        int64_t timeout = timeouts[i].timeout_us ? timeouts[i].timeout_us : self->timeout_us;
        int64_t closed = 0;
        err = store_thread_close_idle(session, timeouts[i].workspace, since, change->now - timeout,
                                      change->now, idle_user, self->limit - self->closed, &closed);
        self->closed += closed;
    }
    return err;
}

void thread_change_close_idle(struct thread_change *change)
{
    change->change.apply = apply_close_idle;
}
