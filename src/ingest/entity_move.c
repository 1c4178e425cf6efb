/* The row is written anew in the other project, where spans may have left sums under its id. */
#include "ingest/entity_move.h"

#include "ingest/feed.h"
#include "ingest/thread_sums.h"

bool entity_may_move(const struct row *row)
{
    const struct value *spans = &row->record->v[TRACE_SPAN_COUNT];

    return row->exists && row->assumes_project && row->base_clock == NO_BASE_CLOCK &&
           !row->project.deleted &&
           (row->record->resource == &span_resource || !value_is_set(spans) || spans->i == 0);
}

/* What clients and merging have put into a row. */
static void copy_row(const struct row *from, struct row *to)
{
    const struct resource *resource = from->record->resource;

    for (size_t i = 0; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        if (field->column && !(field->flags & FF_SUMMED))
            to->record->v[i] = from->record->v[i];
    }
    memcpy(to->patched, from->patched, sizeof(to->patched));
    to->patched_count = from->patched_count;
    to->tags_are_changes = from->tags_are_changes;
    to->tags_removed = from->tags_removed;
    to->base_clock = NO_BASE_CLOCK;
}

static void move_sums(struct entity_change *self, const struct row *from, const struct row *to,
                      struct span_sums *sums)
{
    bool span = self->resource == &span_resource;

    change_touch(&self->change, from->project.key, span ? 0 : -1, span ? -1 : 0, 0);
    change_touch(&self->change, to->project.key, !span, span, 0);
    if (span) {
        span_sums_add(sums, from->project.key, from->record, -1);
        span_sums_add(sums, to->project.key, to->record, 1);
    } else {
        thread_sums_move(self->threads, from->project.key, from->record, NULL);
        thread_sums_move(self->threads, to->project.key, NULL, to->record);
    }
}

enum err entity_move(struct entity_change *self, struct session *session, const struct row *to,
                     struct span_sums *sums)
{
    struct arena *arena = self->change.arena;
    const struct uuid *id = &to->record->v[ENTITY_ID].uuid;
    struct subject_key key = {.subject = annotation_subject(self->resource), .id = *id};
    struct row from, moved = *to;
    enum err err = store_entity_get(session, self->resource, self->change.workspace, 0, id,
                                    LOAD_ALL, arena, &from);

    if (err)
        return err;
    if (!entity_may_move(&from) || from.project.key == to->project.key)
        return ERR_NOT_FOUND;
    moved.record = record_copy(arena, to->record);
    copy_row(&from, &moved);
    err = arena_is_over(arena) ? ERR_TOO_LARGE : store_entity_pack(arena, moved.record);
    key.project_key = from.project.key;
    if (!err)
        err = store_annotation_move(session, &key, to->project.key);
    if (!err)
        err = store_entity_delete(session, &from);
    if (!err)
        err = store_entity_put(session, &moved);
    if (err)
        return err;
    move_sums(self, &from, &moved, sums);
    feed_note(&self->change, from.project.key, self->resource, id, true);
    return ERR_OK;
}
