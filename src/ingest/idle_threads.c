/* The clock that makes threads inactive. It asks the writer, so that closing is ordered with what
 * traces do to the same threads. */
#include "ingest/idle_threads.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/thread_write.h"

/* One change closes at most so many, so that other writes do not wait long. */
#define CLOSE_MAX 2000
/* The first look after a start reaches so far back, because the server may have been down. */
#define FIRST_LOOKBACK_US (7 * 24 * 3600 * CLOCK_US_PER_S)

struct idle_threads {
    struct writer *writer;
    struct idle_threads_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopping;
    bool waiting; /* for the writer */
    bool first;   /* the first look is not done yet */
    enum err result;
    struct arena arena;
    struct thread_change change;
};

static void change_done(struct change *change, enum err err)
{
    struct idle_threads *idle = change->owner;

    pthread_mutex_lock(&idle->mutex);
    idle->waiting = false;
    idle->result = err;
    pthread_cond_signal(&idle->wake);
    pthread_mutex_unlock(&idle->mutex);
}

/* Closes what is due now; true when there may be more. Called with the mutex held. */
static bool close_some(struct idle_threads *idle)
{
    struct thread_change *change = &idle->change;

    arena_reset(&idle->arena);
    *change = (struct thread_change){
        .change = {.arena = &idle->arena,
                   .error = {.arena = &idle->arena},
                   .workspace_name = {WORKSPACE_DEFAULT_NAME, sizeof(WORKSPACE_DEFAULT_NAME) - 1},
                   .user = {WORKSPACE_DEFAULT_USER, sizeof(WORKSPACE_DEFAULT_USER) - 1},
                   .done = change_done,
                   .owner = idle},
        .limit = CLOSE_MAX,
        .lookback_us = idle->first ? FIRST_LOOKBACK_US : 0,
        .timeout_us = idle->options.timeout_ms * CLOCK_US_PER_MS};
    thread_change_close_idle(change);
    idle->waiting = writer_submit(idle->writer, &change->change);
    if (!idle->waiting)
        return false;
    while (idle->waiting)
        pthread_cond_wait(&idle->wake, &idle->mutex);
    if (idle->result)
        log_error("close_threads_failed", "error=\"%s\"", err_text(idle->result));
    if (!idle->result && change->closed == CLOSE_MAX)
        return true;
    idle->first = idle->first && idle->result;
    return false;
}

static void wait_interval(struct idle_threads *idle)
{
    int64_t until = clock_monotonic_ns() + idle->options.interval_ms * 1000000;
    struct timespec time = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};

    while (!idle->stopping &&
           pthread_cond_clockwait(&idle->wake, &idle->mutex, CLOCK_MONOTONIC, &time) == 0)
        ;
}

static void *run(void *context)
{
    struct idle_threads *idle = context;

    pthread_mutex_lock(&idle->mutex);
    while (!idle->stopping) {
        if (!close_some(idle))
            wait_interval(idle);
    }
    pthread_mutex_unlock(&idle->mutex);
    return NULL;
}

struct idle_threads *idle_threads_new(struct writer *writer,
                                      const struct idle_threads_options *options)
{
    struct idle_threads *idle = mem_zalloc(sizeof(*idle));

    idle->writer = writer;
    idle->options = *options;
    idle->first = true;
    arena_init(&idle->arena, ARENA_SMALL * 16);
    pthread_mutex_init(&idle->mutex, NULL);
    pthread_cond_init(&idle->wake, NULL);
    if (pthread_create(&idle->thread, NULL, run, idle) != 0) {
        mem_free(idle);
        return NULL;
    }
    return idle;
}

void idle_threads_free(struct idle_threads *idle)
{
    if (!idle)
        return;
    pthread_mutex_lock(&idle->mutex);
    idle->stopping = true;
    pthread_cond_signal(&idle->wake);
    pthread_mutex_unlock(&idle->mutex);
    pthread_join(idle->thread, NULL);
    pthread_mutex_destroy(&idle->mutex);
    pthread_cond_destroy(&idle->wake);
    arena_done(&idle->arena);
    mem_free(idle);
}
