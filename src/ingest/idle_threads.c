/* The clock that makes threads inactive. It asks the writer, so that closing is ordered with what
 * traces do to the same threads. */
#include "ingest/idle_threads.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/background.h"
#include "ingest/thread_write.h"

/* One change closes at most so many, so that other writes do not wait long. */
#define CLOSE_MAX 2000
/* The first look after a start reaches so far back, because the server may have been down. */
#define FIRST_LOOKBACK_US (7 * 24 * 3600 * CLOCK_US_PER_S)

struct idle_threads {
    struct background *background;
    int64_t timeout_us;
    bool first; /* the first look is not done yet */
    struct arena arena;
};

/* Closes what is due now. */
static bool close_some(void *context, struct background *background)
{
    struct idle_threads *idle = context;
    struct thread_change change = {.change.arena = &idle->arena,
                                   .limit = CLOSE_MAX,
                                   .lookback_us = idle->first ? FIRST_LOOKBACK_US : 0,
                                   .timeout_us = idle->timeout_us};
    enum err err;

    arena_reset(&idle->arena);
    thread_change_close_idle(&change);
    err = background_write(background, &change.change);
    if (err && err != ERR_UNAVAILABLE)
        log_error("close_threads_failed", "error=\"%s\"", err_text(err));
    if (!err && change.closed == CLOSE_MAX)
        return true;
    idle->first = idle->first && err;
    return false;
}

struct idle_threads *idle_threads_new(struct writer *writer,
                                      const struct idle_threads_options *options)
{
    struct idle_threads *idle = mem_zalloc(sizeof(*idle));
    struct background_options background = {
        .writer = writer, .work = close_some, .context = idle, .interval_ms = options->interval_ms};

    idle->timeout_us = options->timeout_ms * CLOCK_US_PER_MS;
    idle->first = true;
    arena_init(&idle->arena, ARENA_SMALL * 16);
    idle->background = background_new(&background);
    if (!idle->background) {
        mem_free(idle);
        return NULL;
    }
    return idle;
}

void idle_threads_free(struct idle_threads *idle)
{
    if (!idle)
        return;
    background_free(idle->background);
    arena_done(&idle->arena);
    mem_free(idle);
}
