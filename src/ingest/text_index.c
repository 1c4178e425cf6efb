/* Goes over the zones of traces, then over those of spans, and begins anew. What is written is a
 * few kilobytes a zone, and the texts are read beside the writer, so that ingestion hardly notices.
 */
#include "ingest/text_index.h"

#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* So many zones are looked at, and so many are made between two commits. */
#define LOOK_ZONES 4000
#define MAKE_ZONES 32
/* What is made of them may take so much memory. */
#define ARENA_BYTES ((size_t)8 * 1024 * 1024)
/* The thread's work is less urgent than any other. */
#define NICENESS 10

struct text_change {
    struct change change; /* first */
    const struct text_zone *zones;
    const struct str *bits; /* NULL: mark them */
    size_t count;
};

struct text_index {
    struct store *store;
    struct writer *writer;
    struct text_index_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopping;
    bool waiting; /* for the writer */
    enum err result;
    struct arena arena;
    struct text_look look;
    struct text_zone zones[MAKE_ZONES];
    struct str bits[MAKE_ZONES];
};

static void change_done(struct change *change, enum err err)
{
    struct text_index *index = change->owner;

    pthread_mutex_lock(&index->mutex);
    index->waiting = false;
    index->result = err;
    pthread_cond_signal(&index->wake);
    pthread_mutex_unlock(&index->mutex);
}

static enum err apply(struct change *change, struct session *session)
{
    struct text_change *self = (struct text_change *)change;
    enum err err = ERR_OK;

    for (size_t i = 0; i < self->count && !err; i++)
        err = self->bits ? store_text_put(session, &self->zones[i], self->bits[i])
                         : store_text_mark(session, &self->zones[i]);
    return err;
}

/* Has the writer mark the zones, or store what their texts have. */
static enum err write_zones(struct text_index *index, size_t count, const struct str *bits)
{
    struct text_change change = {
        .change = {.arena = &index->arena,
                   .error = {.arena = &index->arena},
                   .workspace_name = {WORKSPACE_DEFAULT_NAME, sizeof(WORKSPACE_DEFAULT_NAME) - 1},
                   .user = {WORKSPACE_DEFAULT_USER, sizeof(WORKSPACE_DEFAULT_USER) - 1},
                   .apply = apply,
                   .done = change_done,
                   .owner = index},
        .zones = index->zones,
        .bits = bits,
        .count = count};

    pthread_mutex_lock(&index->mutex);
    index->result = ERR_UNAVAILABLE;
    index->waiting = writer_submit(index->writer, &change.change);
    while (index->waiting)
        pthread_cond_wait(&index->wake, &index->mutex);
    pthread_mutex_unlock(&index->mutex);
    return index->result;
}

static bool is_stopping(struct text_index *index)
{
    bool stopping;

    pthread_mutex_lock(&index->mutex);
    stopping = index->stopping;
    pthread_mutex_unlock(&index->mutex);
    return stopping;
}

/* Each zone in a snapshot of its own, so that none is held for long. */
static enum err read_zone(struct text_index *index, size_t i)
{
    struct session *session;
    enum err err = store_read_begin(index->store, &session);

    if (err)
        return err;
    err = store_text_read(session, &index->zones[i], &index->arena, &index->bits[i]);
    store_read_end(session);
    /* Texts that cannot be read in time rule nothing out, until they change. */
    if (err)
        index->bits[i] = STR("");
    return ERR_OK;
}

static enum err make_zones(struct text_index *index, size_t count)
{
    enum err err = write_zones(index, count, NULL);

    for (size_t i = 0; i < count && !err; i++) {
        if (is_stopping(index))
            return ERR_ABANDONED;
        err = read_zone(index, i);
    }
    return err ? err : write_zones(index, count, index->bits);
}

static enum err find_zones(struct text_index *index, size_t *ret_count)
{
    struct text_look *look = &index->look;
    struct session *session;
    enum err err = store_read_begin(index->store, &session);

    *ret_count = 0;
    if (err)
        return err;
    look->zones = LOOK_ZONES;
    look->rested_before = clock_now_us() - index->options.rest_ms * CLOCK_US_PER_MS;
    err = store_text_zones(session, look, index->zones, MAKE_ZONES, ret_count);
    store_read_end(session);
    return err;
}

static void begin_look(struct text_index *index, const struct resource *resource)
{
    index->look = (struct text_look){.behind.resource = resource};
}

/* A look and what it finds; true when it is worth to go on at once. */
static bool work_some(struct text_index *index)
{
    struct text_look *look = &index->look;
    size_t count;
    enum err err;

    arena_reset(&index->arena);
    err = find_zones(index, &count);
    if (!err && count)
        err = make_zones(index, count);
    if (err && err != ERR_ABANDONED && err != ERR_UNAVAILABLE)
        log_error("search_index_failed", "error=\"%s\"", err_text(err));
    if (err)
        begin_look(index, look->behind.resource);
    else if (look->ended)
        begin_look(index,
                   look->behind.resource == &trace_resource ? &span_resource : &trace_resource);
    return !err && count > 0;
}

static void wait_interval(struct text_index *index)
{
    int64_t until = clock_monotonic_ns() + index->options.interval_ms * 1000000;
    struct timespec time = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};

    pthread_mutex_lock(&index->mutex);
    while (!index->stopping &&
           pthread_cond_clockwait(&index->wake, &index->mutex, CLOCK_MONOTONIC, &time) == 0)
        ;
    pthread_mutex_unlock(&index->mutex);
}

static void *run(void *context)
{
    struct text_index *index = context;

    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    while (!is_stopping(index)) {
        if (!work_some(index))
            wait_interval(index);
    }
    return NULL;
}

struct text_index *text_index_new(struct store *store, struct writer *writer,
                                  const struct text_index_options *options)
{
    struct text_index *index = mem_zalloc(sizeof(*index));

    index->store = store;
    index->writer = writer;
    index->options = *options;
    begin_look(index, &trace_resource);
    arena_init(&index->arena, ARENA_BYTES);
    pthread_mutex_init(&index->mutex, NULL);
    pthread_cond_init(&index->wake, NULL);
    if (pthread_create(&index->thread, NULL, run, index) != 0) {
        mem_free(index);
        return NULL;
    }
    return index;
}

void text_index_free(struct text_index *index)
{
    if (!index)
        return;
    pthread_mutex_lock(&index->mutex);
    index->stopping = true;
    pthread_cond_signal(&index->wake);
    pthread_mutex_unlock(&index->mutex);
    pthread_join(index->thread, NULL);
    pthread_mutex_destroy(&index->mutex);
    pthread_cond_destroy(&index->wake);
    arena_done(&index->arena);
    mem_free(index);
}
