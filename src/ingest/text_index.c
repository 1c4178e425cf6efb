/* Goes over the zones of traces, then over those of spans, and begins anew. What is written is a
 * few kilobytes a zone, and the texts are read beside the writer, so that ingestion hardly notices.
 */
#include "ingest/text_index.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/background.h"

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
    struct background *background;
    int64_t rest_us;
    struct arena arena;
    struct text_look look;
    struct text_zone zones[MAKE_ZONES];
    struct str bits[MAKE_ZONES];
};

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
static enum err write_zones(struct text_index *index, struct background *background, size_t count,
                            const struct str *bits)
{
    struct text_change change = {.change = {.arena = &index->arena, .apply = apply},
                                 .zones = index->zones,
                                 .bits = bits,
                                 .count = count};

    return background_write(background, &change.change);
}

/* Each zone in a snapshot of its own, so that none is held for long. */
static enum err read_zone(struct text_index *index, size_t i)
{
    struct session *session = NULL;
    enum err err = store_read_begin(index->store, &session);

    /* Texts that cannot be read in time rule nothing out, until they change. */
    if (!err &&
        store_text_read(session, &index->zones[i], &index->arena, &index->bits[i]) != ERR_OK)
        index->bits[i] = STR("");
    store_read_end(session);
    return err;
}

static enum err make_zones(struct text_index *index, struct background *background, size_t count)
{
    enum err err = write_zones(index, background, count, NULL);

    for (size_t i = 0; i < count && !err; i++) {
        if (background_is_stopping(background))
            return ERR_ABANDONED;
        err = read_zone(index, i);
    }
    return err ? err : write_zones(index, background, count, index->bits);
}

static enum err find_zones(struct text_index *index, size_t *ret_count)
{
    struct text_look *look = &index->look;
    struct session *session = NULL;
    enum err err = store_read_begin(index->store, &session);

    *ret_count = 0;
    look->zones = LOOK_ZONES;
    look->rested_before = clock_now_us() - index->rest_us;
    if (!err)
        err = store_text_zones(session, look, index->zones, MAKE_ZONES, ret_count);
    store_read_end(session);
    return err;
}

static void begin_look(struct text_index *index, const struct resource *resource)
{
    index->look = (struct text_look){.behind.resource = resource};
}

/* A look and what it finds; true when it is worth to go on at once. */
static bool work_some(void *context, struct background *background)
{
    struct text_index *index = context;
    struct text_look *look = &index->look;
    size_t count;
    enum err err;

    arena_reset(&index->arena);
    err = find_zones(index, &count);
    if (!err && count)
        err = make_zones(index, background, count);
    if (err && err != ERR_ABANDONED && err != ERR_UNAVAILABLE)
        log_error("search_index_failed", "error=\"%s\"", err_text(err));
    if (err)
        begin_look(index, look->behind.resource);
    else if (look->ended)
        begin_look(index,
                   look->behind.resource == &trace_resource ? &span_resource : &trace_resource);
    return !err && count > 0;
}

struct text_index *text_index_new(struct store *store, struct writer *writer,
                                  const struct text_index_options *options)
{
    struct text_index *index = mem_zalloc(sizeof(*index));
    struct background_options background = {.writer = writer,
                                            .work = work_some,
                                            .context = index,
                                            .interval_ms = options->interval_ms,
                                            .niceness = NICENESS};

    index->store = store;
    index->rest_us = options->rest_ms * CLOCK_US_PER_MS;
    begin_look(index, &trace_resource);
    arena_init(&index->arena, ARENA_BYTES);
    index->background = background_new(&background);
    if (!index->background) {
        mem_free(index);
        return NULL;
    }
    return index;
}

void text_index_free(struct text_index *index)
{
    if (!index)
        return;
    background_free(index->background);
    arena_done(&index->arena);
    mem_free(index);
}
