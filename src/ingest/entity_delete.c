/* Deleting traces and spans with all that belongs to them. */
#include "ingest/entity_write.h"
#include "ingest/feed.h"
#include "ingest/span_sums.h"
#include "ingest/thread_sums.h"

static enum err delete_trace(struct entity_change *self, struct session *session,
                             const struct row *row)
{
    struct subject_key key = {SUBJECT_TRACE, row->project.key, row->record->v[ENTITY_ID].uuid};
    int64_t spans = 0;
    enum err err = store_entity_delete(session, row);

    thread_sums_move(self->threads, row->project.key, row->record, NULL);
    if (!err)
        err = store_annotation_clear(session, &key);
    if (!err)
        err = store_annotation_clear_spans(session, row->project.key, &key.id);
    if (!err)
        err = store_trace_delete_spans(session, row->project.key, &row->record->v[ENTITY_ID].uuid,
                                       &spans);
    if (!err)
        change_touch(&self->change, row->project.key, -1, -spans, 0);
    feed_note(&self->change, row->project.key, &trace_resource, &key.id, true);
    return err;
}

/* What is to be deleted: what the request names, then what is found below it. Only ids, because
 * there may be any number below; memory for more is taken for a few of them at a time. */
struct doomed {
    int64_t project_key; /* 0: any */
    struct uuid id;
};

struct doomed_queue {
    struct arena arena;
    struct doomed *items;
    size_t head, count, size;
};

/* Rows that are looked at together. */
#define DELETE_ROWS 256

static enum err add_doomed(struct doomed_queue *queue, int64_t project_key, const struct uuid *ids,
                           size_t count)
{
    size_t size = queue->size ? queue->size : 64;

    while (size < queue->count + count)
        size *= 2;
    queue->items = arena_grow(&queue->arena, queue->items, queue->size * sizeof(*queue->items),
                              size * sizeof(*queue->items));
    if (!queue->items)
        return ERR_TOO_LARGE;
    queue->size = size;
    for (size_t i = 0; i < count; i++)
        queue->items[queue->count++] = (struct doomed){project_key, ids[i]};
    return ERR_OK;
}

/* Deletes one span and queues those directly below it. */
static enum err delete_span(struct entity_change *self, struct session *session,
                            const struct row *row, struct span_sums *sums, struct arena *arena,
                            struct doomed_queue *queue)
{
    const struct uuid *trace = &row->record->v[SPAN_TRACE_ID].uuid;
    struct subject_key key = {SUBJECT_SPAN, row->project.key, row->record->v[ENTITY_ID].uuid};
    enum err err = store_entity_delete(session, row);
    struct uuid *children;
    size_t count;

    span_sums_add(sums, row->project.key, row->record, -1);
    change_touch(&self->change, row->project.key, 0, -1, 0);
    feed_note(&self->change, row->project.key, &span_resource, &key.id, true);
    if (!err)
        err = store_annotation_clear(session, &key);
    if (!err)
        err = store_span_children(session, row->project.key, trace, &key.id, arena, &children,
                                  &count);
    return err ? err : add_doomed(queue, row->project.key, children, count);
}

/* Deletes the next few of the queue, with what that changes elsewhere. Nothing of the arena is
 * needed afterwards. */
static enum err delete_some(struct entity_change *self, struct session *session,
                            struct doomed_queue *queue, struct arena *arena)
{
    size_t end =
        queue->count - queue->head > DELETE_ROWS ? queue->head + DELETE_ROWS : queue->count;
    struct span_sums *sums = span_sums_new(arena, end - queue->head);
    const struct uuid *trace = NULL;
    enum err err = sums ? ERR_OK : ERR_TOO_LARGE;

    self->threads = thread_sums_new(&self->change, arena, end - queue->head);
    while (!err && queue->head < end) {
        struct doomed doomed = queue->items[queue->head++];
        struct row row;

        err = entity_find_row(self, session, doomed.project_key, &doomed.id, arena, &row);
        if (err == ERR_NOT_FOUND || (!err && !row.exists)) {
            err = ERR_OK;
            continue;
        }
        if (!err && self->resource == &span_resource) {
            const struct uuid *its_trace = &row.record->v[SPAN_TRACE_ID].uuid;
            /* Its sums are shown with the trace. */
            if (!trace || !uuid_eq(trace, its_trace))
                feed_note(&self->change, row.project.key, &trace_resource, its_trace, false);
            trace = its_trace;
        }
        if (!err)
            err = self->resource == &span_resource
                      ? delete_span(self, session, &row, sums, arena, queue)
                      : delete_trace(self, session, &row);
    }
    if (!err)
        err = span_sums_write(sums, session, self->threads);
    return err ? err : thread_sums_write(self->threads, session);
}

/* Deletes ids of a project (0: of any) with all that belongs to them. */
static enum err delete_ids(struct entity_change *self, struct session *session, int64_t project_key,
                           const struct uuid *ids, size_t count)
{
    struct doomed_queue queue = {.head = 0};
    struct arena arena;
    enum err err;

    arena_init(&queue.arena, self->change.arena->cap);
    arena_init(&arena, self->change.arena->cap);
    err = add_doomed(&queue, project_key, ids, count);
    while (!err && queue.head < queue.count) {
        err = delete_some(self, session, &queue, &arena);
        arena_reset(&arena);
    }
    arena_done(&arena);
    arena_done(&queue.arena);
    return err;
}

enum err entity_delete_traces(struct change *change, struct session *session, int64_t project_key,
                              const struct uuid *ids, size_t count)
{
    struct entity_change part = {.change = *change, .resource = &trace_resource};
    enum err err = delete_ids(&part, session, project_key, ids, count);

    change->touches = part.change.touches;
    change->notes = part.change.notes;
    return err;
}

static enum err apply_delete(struct change *change, struct session *session)
{
    struct entity_change *self = (struct entity_change *)change;
    struct project project = {0};
    enum err err;

    if (self->has_project) {
        err = store_project_by_id(session, change->workspace, &self->project, &project);
        if (err)
            return err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    return delete_ids(self, session, project.key, self->ids, self->id_count);
}

void entity_change_delete(struct entity_change *change)
{
    change->change.apply = apply_delete;
}
