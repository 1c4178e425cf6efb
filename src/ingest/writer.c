/* The one writing thread. */
#include "ingest/writer.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* At most so many changes share a transaction, so that the first of them does not wait long. */
#define COMMIT_CHANGES_MAX 512

struct writer {
    struct store *store;
    struct writer_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct change *head, **tail;
    int queued;
    size_t queued_bytes;
    bool sleeping;
    bool stopping;
    struct project_touch *touches; /* of the open transaction */
};

static struct project_touch *find_touch(struct change *change, int64_t project_key)
{
    struct project_touch *touch = change->touches;

    while (touch && touch->project_key != project_key)
        touch = touch->next;
    if (!touch) {
        touch = arena_zalloc(change->arena, sizeof(*touch));
        touch->project_key = project_key;
        touch->next = change->touches;
        change->touches = touch;
    }
    return touch;
}

void change_touch_threads(struct change *change, int64_t project_key, int64_t threads)
{
    if (threads)
        find_touch(change, project_key)->threads += threads;
}

void change_touch(struct change *change, int64_t project_key, int64_t traces, int64_t spans,
                  int64_t last_updated_trace_at)
{
    struct project_touch *touch = find_touch(change, project_key);

    touch->traces += traces;
    touch->spans += spans;
    if (last_updated_trace_at > touch->last_updated_trace_at)
        touch->last_updated_trace_at = last_updated_trace_at;
}

bool writer_submit(struct writer *writer, struct change *change)
{
    size_t bytes = change->arena->used;
    bool accepted, wake;

    pthread_mutex_lock(&writer->mutex);
    accepted = !writer->stopping && writer->queued < writer->options.queue_changes &&
               (writer->queued == 0 || writer->queued_bytes < writer->options.queue_bytes);
    wake = accepted && writer->sleeping;
    if (accepted) {
        change->next = NULL;
        change->bytes = bytes;
        *writer->tail = change;
        writer->tail = &change->next;
        writer->queued++;
        writer->queued_bytes += bytes;
    }
    pthread_mutex_unlock(&writer->mutex);
    if (wake)
        pthread_cond_signal(&writer->wake);
    return accepted;
}

/* Takes up to COMMIT_CHANGES_MAX changes; waits for the first. NULL when it is time to end. */
static struct change *take_changes(struct writer *writer)
{
    struct change *first, *last;
    int count = 1;

    pthread_mutex_lock(&writer->mutex);
    while (!writer->head && !writer->stopping) {
        writer->sleeping = true;
        pthread_cond_wait(&writer->wake, &writer->mutex);
    }
    writer->sleeping = false;
    first = last = writer->head;
    if (first) {
        writer->queued_bytes -= first->bytes;
        while (last->next && count < COMMIT_CHANGES_MAX) {
            last = last->next;
            writer->queued_bytes -= last->bytes;
            count++;
        }
        writer->head = last->next;
        if (!writer->head)
            writer->tail = &writer->head;
        last->next = NULL;
        writer->queued -= count;
    }
    pthread_mutex_unlock(&writer->mutex);
    return first;
}

/* Adds what a change did to its projects to what the transaction did. */
static void collect_touches(struct writer *writer, const struct change *change)
{
    for (struct project_touch *touch = change->touches; touch; touch = touch->next) {
        struct project_touch **sum = &writer->touches;
        while (*sum && (*sum)->project_key != touch->project_key)
            sum = &(*sum)->next;
        if (!*sum)
            *sum = mem_zalloc(sizeof(**sum));
        (*sum)->project_key = touch->project_key;
        (*sum)->traces += touch->traces;
        (*sum)->spans += touch->spans;
        (*sum)->threads += touch->threads;
        if (touch->last_updated_trace_at > (*sum)->last_updated_trace_at)
            (*sum)->last_updated_trace_at = touch->last_updated_trace_at;
    }
}

static enum err apply_change(struct writer *writer, struct session *session, struct change *change)
{
    enum err err = store_workspace_find(session, change->workspace_name, &change->workspace);
    /* A new workspace has to go again with a change that is refused. */
    bool is_new = change->workspace == 0;
    bool savepoint = !change->refuses_first || is_new;
    int64_t writes;

    if (!err && savepoint)
        err = store_savepoint(session);
    if (err)
        return err;
    if (is_new)
        err = store_workspace_ensure(session, change->workspace_name, &change->workspace);
    change->now = clock_now_us(); /* what it makes is younger than its workspace */
    change->environments_max = writer->options.environments_max;
    writes = store_writes(session);
    if (!err)
        err = change->apply(change, session);
    /* What changed nothing has not used the workspace either. */
    if (savepoint && (err || (is_new && store_writes(session) == writes))) {
        store_savepoint_rollback(session);
        return err;
    }
    if (!err && savepoint)
        err = store_savepoint_release(session);
    if (!err)
        collect_touches(writer, change);
    return err;
}

/* Writes what the changes added to their projects' counters, or drops it. */
static enum err flush_touches(struct writer *writer, struct session *session, bool write)
{
    enum err err = ERR_OK;

    while (writer->touches) {
        struct project_touch *touch = writer->touches;
        if (write && !err)
            err = store_project_touch(session, touch->project_key, touch->traces, touch->spans,
                                      touch->threads, touch->last_updated_trace_at);
        writer->touches = touch->next;
        mem_free(touch);
    }
    return err;
}

static enum err change_result(struct change *change)
{
    return change->error.code;
}

/* Applies the changes in one transaction. A change that fails is undone alone; when the commit
 * fails, all of them have failed. */
static void commit_changes(struct writer *writer, struct change *first)
{
    struct session *session = store_writer(writer->store);
    enum err failed = store_begin(session);

    for (struct change *change = first; change; change = change->next) {
        enum err err = failed ? failed : apply_change(writer, session, change);
        if (err == ERR_INTERNAL) {
            log_error("write_failed", "store=\"%s\"", store_message(session));
            /* After some failures (a full disk) the store has undone the whole transaction. */
            failed = change->refuses_first || !store_in_transaction(session) ? err : failed;
        }
        if (err && change->error.code == ERR_OK)
            error_set(&change->error, err, "%s", err_text(err));
    }
    if (!failed)
        failed = flush_touches(writer, session, true);
    if (!failed)
        failed = store_commit(session);
    if (failed) {
        log_error("commit_failed", "store=\"%s\"", store_message(session));
        flush_touches(writer, session, false);
        store_rollback(session);
    }
    while (first) {
        struct change *next = first->next;
        if (failed && change_result(first) == ERR_OK)
            error_set(&first->error, ERR_INTERNAL, "%s", err_text(ERR_INTERNAL));
        if (change_result(first) == ERR_OK)
            feed_publish(writer->options.feed, first);
        first->done(first, change_result(first));
        first = next;
    }
    store_maintain(session);
}

static void *run_writer(void *context)
{
    struct writer *writer = context;
    struct change *first;

    while ((first = take_changes(writer)))
        commit_changes(writer, first);
    return NULL;
}

struct writer *writer_new(struct store *store, const struct writer_options *options)
{
    struct writer *writer = mem_zalloc(sizeof(*writer));

    writer->store = store;
    writer->options = *options;
    writer->tail = &writer->head;
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->wake, NULL);
    if (pthread_create(&writer->thread, NULL, run_writer, writer) != 0) {
        mem_free(writer);
        return NULL;
    }
    return writer;
}

void writer_free(struct writer *writer)
{
    if (!writer)
        return;
    pthread_mutex_lock(&writer->mutex);
    writer->stopping = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    pthread_mutex_destroy(&writer->mutex);
    pthread_cond_destroy(&writer->wake);
    mem_free(writer);
}
