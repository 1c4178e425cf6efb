/* One mutex and one condition: for the end, and for the answer of the writer. */
#include "ingest/background.h"

#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct background {
    struct background_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopping;
    bool waiting; /* for the writer */
    enum err result;
};

static void change_done(struct change *change, enum err err)
{
    struct background *background = change->owner;

    pthread_mutex_lock(&background->mutex);
    background->waiting = false;
    background->result = err;
    pthread_cond_signal(&background->wake);
    pthread_mutex_unlock(&background->mutex);
}

enum err background_write(struct background *background, struct change *change)
{
    enum err err;

    change->error = (struct error){.arena = change->arena};
    change->workspace_name = STR(WORKSPACE_DEFAULT_NAME);
    change->user = STR(WORKSPACE_DEFAULT_USER);
    change->done = change_done;
    change->owner = background;
    pthread_mutex_lock(&background->mutex);
    background->result = ERR_UNAVAILABLE;
    background->waiting = writer_submit(background->options.writer, change);
    while (background->waiting)
        pthread_cond_wait(&background->wake, &background->mutex);
    err = background->result;
    pthread_mutex_unlock(&background->mutex);
    return err;
}

bool background_is_stopping(struct background *background)
{
    bool stopping;

    pthread_mutex_lock(&background->mutex);
    stopping = background->stopping;
    pthread_mutex_unlock(&background->mutex);
    return stopping;
}

static void wait_interval(struct background *background)
{
    int64_t until = clock_monotonic_ns() + background->options.interval_ms * 1000000;
    struct timespec time = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};

    pthread_mutex_lock(&background->mutex);
    while (!background->stopping && pthread_cond_clockwait(&background->wake, &background->mutex,
                                                           CLOCK_MONOTONIC, &time) == 0)
        ;
    pthread_mutex_unlock(&background->mutex);
}

static void *run(void *argument)
{
    struct background *background = argument;
    const struct background_options *options = &background->options;

    if (options->niceness)
        setpriority(PRIO_PROCESS, (id_t)gettid(), options->niceness);
    while (!background_is_stopping(background)) {
        if (!options->work(options->context, background))
            wait_interval(background);
    }
    return NULL;
}

struct background *background_new(const struct background_options *options)
{
    struct background *background = mem_zalloc(sizeof(*background));

    background->options = *options;
    pthread_mutex_init(&background->mutex, NULL);
    pthread_cond_init(&background->wake, NULL);
    if (pthread_create(&background->thread, NULL, run, background) != 0) {
        mem_free(background);
        return NULL;
    }
    return background;
}

void background_free(struct background *background)
{
    if (!background)
        return;
    pthread_mutex_lock(&background->mutex);
    background->stopping = true;
    pthread_cond_signal(&background->wake);
    pthread_mutex_unlock(&background->mutex);
    pthread_join(background->thread, NULL);
    pthread_mutex_destroy(&background->mutex);
    pthread_cond_destroy(&background->wake);
    mem_free(background);
}
