/* Writing traces and spans: finding the row, asking the merge rules, putting the result, keeping
 * sums and counters. */
#include "ingest/entity_write.h"

#include "ingest/entity_move.h"
#include "ingest/feed.h"
#include "ingest/merge.h"
#include "ingest/named_write.h"
#include "ingest/span_cost.h"
#include "ingest/span_sums.h"
#include "ingest/thread_sums.h"

static struct entity_change *entity_of(struct change *change)
{
    return (struct entity_change *)change;
}

static bool is_span(const struct entity_change *self)
{
    return self->resource == &span_resource;
}

enum err entity_find_row(struct entity_change *self, struct session *session, int64_t project_key,
                         const struct uuid *id, struct arena *arena, struct row *ret)
{
    enum err err = store_entity_get(session, self->resource, self->change.workspace, project_key,
                                    id, LOAD_NONE, arena, ret);

    /* A value that the arena refused would be written back as an empty one. */
    if (!err && arena_is_over(arena))
        return ERR_TOO_LARGE;
    return !err && !ret->exists && project_key == 0 ? ERR_NOT_FOUND : err;
}

static enum err find_row(struct entity_change *self, struct session *session, int64_t project_key,
                         const struct uuid *id, struct row *ret)
{
    return entity_find_row(self, session, project_key, id, self->change.arena, ret);
}

/* The row of an id in a project, or a fresh one. */
static enum err find_or_start_row(struct entity_change *self, struct session *session,
                                  const struct project *project, const struct uuid *id,
                                  struct row *ret)
{
    enum err err = find_row(self, session, project->key, id, ret);

    if (err != ERR_NOT_FOUND)
        return err;
    *ret = (struct row){.record = record_new(self->change.arena, self->resource),
                        .project = *project,
                        .base_clock = NO_BASE_CLOCK};
    ret->record->v[ENTITY_ID] = value_uuid(*id);
    return ERR_OK;
}

/* What a thread's sums may take of memory after the row is written: its texts, and names of usage
 * twice. */
#define SUMS_BYTES ((size_t)2 * 1024 * 1024)

/* Whether a change that has no savepoint has memory for all that follows the first write. */
static bool has_room(const struct change *change)
{
    const struct arena *arena = change->arena;
    size_t wanted = arena->cap / 8 < SUMS_BYTES ? arena->cap / 8 : SUMS_BYTES;

    return !arena_is_over(arena) && (!change->refuses_first || arena->used + wanted <= arena->cap);
}

/* Merges an input into a row, writes it, and keeps the counters. */
static enum err write_row(struct entity_change *self, struct session *session, struct row *row,
                          struct merge_input *input, struct span_sums *sums, enum merge_result *ret)
{
    struct change *change = &self->change;
    struct record *before = row->exists ? record_copy(change->arena, row->record) : NULL;
    struct span_cost_before cost = {before, row->base_clock != NO_BASE_CLOCK};
    bool is_new = !row->exists;
    int64_t touched;
    enum err err;

    input->now = change->now;
    input->user = change->user;
    row->assumes_project &= input->arrival == ARRIVAL_PATCH;
    *ret = merge_apply(change->arena, row, input);
    if (*ret == MERGE_TAGS_LIMIT)
        return error_add(&change->error, ERR_UNPROCESSABLE,
                         "Tag limit exceeded: maximum %d tags per item", 50);
    if (*ret == MERGE_NO_MEMORY)
        return ERR_TOO_LARGE;
    if (*ret != MERGE_WRITE)
        return ERR_OK;
    if (is_span(self)) {
        span_cost_settle(self->prices, &cost, input, row);
        if (before)
            span_sums_add(sums, row->project.key, before, -1);
        span_sums_add(sums, row->project.key, row->record, 1);
    }
    /* The last place where a change without a savepoint may still be refused. */
    if (!has_room(change))
        return ERR_TOO_LARGE;
    err = store_entity_put(session, row);
    if (err)
        return err;
    feed_note(change, row->project.key, self->resource, &row->record->v[ENTITY_ID].uuid, false);
    if (is_span(self)) {
        /* Its sums are shown with the trace. */
        feed_note(change, row->project.key, &trace_resource, &row->record->v[SPAN_TRACE_ID].uuid,
                  false);
        change_touch(change, row->project.key, 0, is_new, 0);
        return ERR_OK;
    }
    thread_sums_move(self->threads, row->project.key, before, row->record);
    touched = input->arrival == ARRIVAL_PATCH ? change->now : input->clock;
    change_touch(change, row->project.key, is_new, 0, touched);
    return input->arrival == ARRIVAL_PATCH
               ? ERR_OK
               : environment_ensure(change, session, input->record->v[ENTITY_ENVIRONMENT].s);
}

/* Writes what the change adds to other rows than those it names. */
static enum err write_sums(struct entity_change *self, struct session *session,
                           struct span_sums *sums)
{
    enum err err = span_sums_write(sums, session, self->threads);

    return err ? err : thread_sums_write(self->threads, session);
}

static enum err refuse_project(struct entity_change *self)
{
    return error_add(&self->change.error, ERR_CONFLICT,
                     "Project name and workspace name do not match the existing %s",
                     self->resource->noun);
}

/* True when a span's id of place (trace or parent) differs from the stored one. An id that the
 * request omits means the stored one if `omitted_matches`. */
static bool differs(const struct value *stored, const struct value *given, bool omitted_matches)
{
    if (!value_is_set(given))
        return value_is_set(stored) && !omitted_matches;
    return !value_is_set(stored) || !uuid_eq(&stored->uuid, &given->uuid);
}

/* 409 when a request names another trace or parent than the stored span has. A placeholder's empty
 * parent takes any value. */
static enum err check_place(struct entity_change *self, const struct row *row,
                            const struct record *record, bool omitted_matches)
{
    const struct value *stored = row->record->v, *given = record->v;
    bool open_parent =
        row->base_clock == NO_BASE_CLOCK && !value_is_set(&stored[SPAN_PARENT_SPAN_ID]);

    if (!is_span(self))
        return ERR_OK;
    if (!open_parent &&
        differs(&stored[SPAN_PARENT_SPAN_ID], &given[SPAN_PARENT_SPAN_ID], omitted_matches))
        return error_add(&self->change.error, ERR_CONFLICT,
                         "parent_span_id does not match the existing span");
    if (differs(&stored[SPAN_TRACE_ID], &given[SPAN_TRACE_ID], omitted_matches))
        return error_add(&self->change.error, ERR_CONFLICT,
                         "trace_id does not match the existing span");
    return ERR_OK;
}

/* Brings the row of an id that PATCHes have made elsewhere, without a project, into the project of
 * a row that clients cannot see yet. */
static enum err take_over(struct entity_change *self, struct session *session, struct row *row,
                          struct span_sums *sums)
{
    struct uuid id = row->record->v[ENTITY_ID].uuid;
    struct project project = row->project;
    enum err err = entity_move(self, session, row, sums);

    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    return find_or_start_row(self, session, &project, &id, row);
}

/* ---- POST ---- */

static enum err apply_create(struct change *change, struct session *session)
{
    struct entity_change *self = entity_of(change);
    struct record *record = self->records[0];
    struct merge_input input = {.arrival = ARRIVAL_POST, .record = record, .clock = change->now};
    const struct uuid *id = &record->v[ENTITY_ID].uuid;
    struct str name = record->v[ENTITY_PROJECT_NAME].s;
    struct span_sums *sums = span_sums_new(change->arena, 1 + ENTITY_MOVE_SUMS);
    enum merge_result result;
    struct project project = {0};
    bool moves = false;
    struct row row;
    enum err err, found;

    self->threads = thread_sums_new(change, change->arena, 1 + ENTITY_MOVE_SUMS);
    found = store_project_by_name(session, change->workspace,
                                  name.n ? name : STR(PROJECT_DEFAULT_NAME), &project);
    if (found && found != ERR_NOT_FOUND)
        return found;
    err = found ? ERR_NOT_FOUND : find_row(self, session, project.key, id, &row);
    if (err == ERR_NOT_FOUND || (!err && !row.exists)) {
        struct row other;
        enum err elsewhere = find_row(self, session, 0, id, &other);
        moves = !elsewhere && entity_may_move(&other);
        if (moves)
            elsewhere = check_place(self, &other, record, false);
        else if (!elsewhere && is_span(self) && !merge_is_placeholder(&other))
            return ERR_OK;
        else if (!elsewhere)
            return refuse_project(self);
        if (elsewhere && elsewhere != ERR_NOT_FOUND)
            return elsewhere;
    }
    if (found == ERR_NOT_FOUND)
        found = project_ensure(change, session, name, &project);
    if (!found && (err == ERR_NOT_FOUND))
        err = find_or_start_row(self, session, &project, id, &row);
    if (!found && !err && moves)
        err = take_over(self, session, &row, sums);
    if (found || err)
        return found ? found : err;
    if (merge_is_placeholder(&row))
        err = check_place(self, &row, record, false);
    if (!err)
        err = write_row(self, session, &row, &input, sums, &result);
    if (!err && result == MERGE_EXISTS && !is_span(self))
        return error_add(&change->error, ERR_CONFLICT, "Trace already exists");
    if (!err && !is_span(self))
        thread_sums_create(self->threads, project.key, record, change->now);
    return err ? err : write_sums(self, session, sums);
}

void entity_change_create(struct entity_change *change)
{
    change->change.apply = apply_create;
    change->change.refuses_first = true;
}

/* ---- POST batch ---- */

/* Notes the clock of an item that is dropped for record `kept`. */
static void note_dropped(int64_t *first_clocks, size_t kept, int64_t clock)
{
    if (first_clocks[kept] == 0 || clock < first_clocks[kept])
        first_clocks[kept] = clock;
}

/* Of several items with one id that all have a clock, the newest counts, the later on a tie
 * (traces.md 4.2); the others are dropped here, whatever project they name. The earliest clock
 * among those that were dropped for a record; NULL when memory is out. */
static int64_t *drop_older_duplicates(struct entity_change *self)
{
    int64_t *first_clocks =
        arena_zalloc(self->change.arena, self->record_count * sizeof(*first_clocks));
    size_t size = 4;
    uint32_t *table;

    while (size < 2 * self->record_count)
        size *= 2;
    table = arena_zalloc(self->change.arena, size * sizeof(*table));
    if (!table || !first_clocks)
        return NULL;
    for (size_t i = 0; i < self->record_count; i++) {
        const struct value *v = self->records[i]->v;
        uint64_t hash;

        if (!value_is_set(&v[ENTITY_LAST_UPDATED_AT]))
            continue;
        memcpy(&hash, v[ENTITY_ID].uuid.b + 8, sizeof(hash));
        for (size_t at = hash & (size - 1);; at = (at + 1) & (size - 1)) {
            size_t kept = table[at] ? table[at] - 1 : 0;
            struct record **other = table[at] ? &self->records[kept] : NULL;
            if (!other) {
                table[at] = (uint32_t)i + 1;
                break;
            }
            if (!uuid_eq(&(*other)->v[ENTITY_ID].uuid, &v[ENTITY_ID].uuid))
                continue;
            if (v[ENTITY_LAST_UPDATED_AT].i >= (*other)->v[ENTITY_LAST_UPDATED_AT].i) {
                first_clocks[i] = first_clocks[kept];
                note_dropped(first_clocks, i, (*other)->v[ENTITY_LAST_UPDATED_AT].i);
                *other = NULL;
                table[at] = (uint32_t)i + 1;
            } else {
                note_dropped(first_clocks, kept, v[ENTITY_LAST_UPDATED_AT].i);
                self->records[i] = NULL;
            }
            break;
        }
    }
    return first_clocks;
}

static enum err apply_batch(struct change *change, struct session *session)
{
    struct entity_change *self = entity_of(change);
    bool any_assumed = false;
    enum err asked = store_entity_any_assumed(session, self->resource, &any_assumed);
    size_t most = self->record_count * (any_assumed ? 1 + ENTITY_MOVE_SUMS : 1);
    struct span_sums *sums = asked ? NULL : span_sums_new(change->arena, most);
    struct project project = {0};
    struct str name = {0};
    enum merge_result result;
    const int64_t *first_clocks;
    struct row row;

    if (!sums)
        return asked ? asked : ERR_TOO_LARGE;
    self->threads = thread_sums_new(change, change->arena, most);
    first_clocks = drop_older_duplicates(self);
    if (!first_clocks)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < self->record_count; i++) {
        struct record *record = self->records[i];
        struct merge_input input = {.arrival = self->keeps_existing ? ARRIVAL_POST : ARRIVAL_BATCH,
                                    .record = record,
                                    .clock = change->now,
                                    .first_clock = first_clocks[i]};
        enum err err = ERR_OK;

        if (!record)
            continue;
        if (value_is_set(&record->v[ENTITY_LAST_UPDATED_AT]))
            input.clock = record->v[ENTITY_LAST_UPDATED_AT].i;
        if (!project.key || !str_eq(name, record->v[ENTITY_PROJECT_NAME].s)) {
            name = record->v[ENTITY_PROJECT_NAME].s;
            err = project_ensure(change, session, name, &project);
        }
        if (!err)
            err = find_or_start_row(self, session, &project, &record->v[ENTITY_ID].uuid, &row);
        if (!err && any_assumed && !row.exists)
            err = take_over(self, session, &row, sums);
        if (!err)
            err = write_row(self, session, &row, &input, sums, &result);
        if (err)
            return err;
        if (!is_span(self) && result != MERGE_EXISTS)
            thread_sums_create(self->threads, project.key, record, input.clock);
        if (arena_is_over(change->arena))
            return ERR_TOO_LARGE;
    }
    return write_sums(self, session, sums);
}

void entity_change_batch(struct entity_change *change)
{
    change->change.apply = apply_batch;
}

enum err entity_write_batch(struct change *change, struct session *session,
                            const struct resource *resource, struct record **records, size_t count,
                            bool keeps_existing, const struct prices *prices)
{
    struct entity_change part = {.change = *change,
                                 .resource = resource,
                                 .records = records,
                                 .record_count = count,
                                 .keeps_existing = keeps_existing,
                                 .prices = prices};
    enum err err = apply_batch(&part.change, session);

    change->touches = part.change.touches;
    change->notes = part.change.notes;
    change->error = part.change.error;
    return err;
}

/* ---- PATCH ---- */

/* The project that a PATCH names: found, to be made (key 0), or none named at all. */
static enum err patch_project(struct entity_change *self, struct session *session,
                              struct project *ret, bool *ret_named)
{
    const struct value *v = self->records[0]->v;
    struct change *change = &self->change;
    enum err err;

    *ret = (struct project){0};
    *ret_named = value_is_set(&v[ENTITY_PROJECT_ID]) || value_is_set(&v[ENTITY_PROJECT_NAME]);
    if (value_is_set(&v[ENTITY_PROJECT_ID])) {
        err = store_project_by_id(session, change->workspace, &v[ENTITY_PROJECT_ID].uuid, ret);
        if (err == ERR_NOT_FOUND)
            return error_add(&change->error, ERR_NOT_FOUND, "Project not found");
        return err;
    }
    if (!*ret_named)
        return ERR_OK;
    err = store_project_by_name(session, change->workspace, v[ENTITY_PROJECT_NAME].s, ret);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* The row that a PATCH means; a fresh one in its project when the id is unknown. */
static enum err patch_row(struct entity_change *self, struct session *session,
                          struct span_sums *sums, struct row *ret)
{
    struct change *change = &self->change;
    struct project project;
    bool named, moves = false;
    enum err err = patch_project(self, session, &project, &named);

    if (err)
        return err;
    if (project.key) {
        err = find_row(self, session, project.key, &self->ids[0], ret);
        if (!err)
            ret->assumes_project &= !named;
        if (err != ERR_NOT_FOUND && (err || ret->exists))
            return err;
    }
    err = find_row(self, session, 0, &self->ids[0], ret);
    if (!err && named && entity_may_move(ret)) {
        moves = true;
        err = check_place(self, ret, self->records[0], true);
        err = err ? err : ERR_NOT_FOUND;
    }
    if (!err && (named || ret->project.deleted))
        return refuse_project(self);
    if (err != ERR_NOT_FOUND)
        return err;
    if (!moves && is_span(self) && !value_is_set(&self->records[0]->v[SPAN_TRACE_ID]))
        return error_add(&change->error, ERR_UNPROCESSABLE, "traceId must not be null");
    err = ERR_OK;
    if (!project.key)
        err = project_ensure(change, session, self->records[0]->v[ENTITY_PROJECT_NAME].s, &project);
    if (!err)
        err = find_or_start_row(self, session, &project, &self->ids[0], ret);
    if (!err && moves)
        return take_over(self, session, ret, sums);
    ret->assumes_project = !named;
    return err;
}

static enum err apply_patch(struct change *change, struct session *session)
{
    struct entity_change *self = entity_of(change);
    struct merge_input input = {
        .arrival = ARRIVAL_PATCH, .record = self->records[0], .clock = change->now};
    struct span_sums *sums = span_sums_new(change->arena, 1 + ENTITY_MOVE_SUMS);
    enum merge_result result;
    struct row row;
    enum err err;

    self->threads = thread_sums_new(change, change->arena, 1 + ENTITY_MOVE_SUMS);
    err = patch_row(self, session, sums, &row);
    if (!err && row.exists)
        err = check_place(self, &row, self->records[0], true);
    if (!err)
        err = write_row(self, session, &row, &input, sums, &result);
    return err ? err : write_sums(self, session, sums);
}

void entity_change_patch(struct entity_change *change)
{
    change->change.apply = apply_patch;
    change->change.refuses_first = true;
}

static enum err apply_patch_batch(struct change *change, struct session *session)
{
    struct entity_change *self = entity_of(change);
    struct merge_input input = {.arrival = ARRIVAL_PATCH,
                                .record = self->records[0],
                                .clock = change->now,
                                .merge_tags = self->merge_tags};
    struct span_sums *sums = span_sums_new(change->arena, self->id_count);
    enum merge_result result;
    bool names_trace;

    if (!sums)
        return ERR_TOO_LARGE;
    self->threads = thread_sums_new(change, change->arena, self->id_count);
    /* Spans that are stored have a trace; of others one must be named. */
    names_trace = !is_span(self) || value_is_set(&self->records[0]->v[SPAN_TRACE_ID]);
    /* Not part of the update of many (traces.md 7, spans.md 8). */
    self->records[0]->v[ENTITY_SOURCE].kind = VALUE_ABSENT;
    self->prices = NULL;
    if (is_span(self))
        self->records[0]->v[SPAN_PARENT_SPAN_ID].kind = VALUE_ABSENT;
    for (size_t i = 0; i < self->id_count; i++) {
        struct row row;
        enum err err = find_row(self, session, 0, &self->ids[i], &row);

        if (err == ERR_NOT_FOUND && names_trace)
            continue;
        if (err == ERR_NOT_FOUND)
            return error_add(&change->error, ERR_UNPROCESSABLE, "update.traceId must not be null");
        if (!err)
            err = write_row(self, session, &row, &input, sums, &result);
        if (err)
            return err;
        if (arena_is_over(change->arena))
            return ERR_TOO_LARGE;
    }
    return write_sums(self, session, sums);
}

void entity_change_patch_batch(struct entity_change *change)
{
    change->change.apply = apply_patch_batch;
}
