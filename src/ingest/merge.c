/* The merge rules. The table `rules` says who meets whom; each rule is one function below it. */
#include "ingest/merge.h"

#include "model/tags.h"

/* So many removals are remembered until the create comes. */
#define TAGS_REMOVED_MAX 200

enum row_state { ROW_NONE, ROW_PATCHED, ROW_BASED };

typedef enum merge_result (*merge_rule)(struct arena *arena, struct row *row,
                                        const struct merge_input *input);

static int64_t max_time(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Fields whose values come from clients and are kept. */
static bool is_merged(const struct field *field)
{
    return field->column && (field->flags & (FF_CREATE | FF_UPDATE)) && !(field->flags & FF_SUMMED);
}

static bool is_identity(const struct resource *resource, size_t i)
{
    return i == ENTITY_ID || i == ENTITY_LAST_UPDATED_AT ||
           (resource == &span_resource && (i == SPAN_TRACE_ID || i == SPAN_PARENT_SPAN_ID));
}

static struct patched_field *find_patched(struct row *row, size_t field)
{
    for (size_t i = 0; i < row->patched_count; i++) {
        if (row->patched[i].field == field)
            return &row->patched[i];
    }
    return NULL;
}

static void mark_patched(struct row *row, size_t field, int64_t at)
{
    struct patched_field *patched = find_patched(row, field);

    if (!patched)
        patched = &row->patched[row->patched_count++];
    *patched = (struct patched_field){(uint8_t)field, at};
}

static void unmark_patched(struct row *row, size_t field)
{
    struct patched_field *patched = find_patched(row, field);

    if (patched)
        *patched = row->patched[--row->patched_count];
}

static void set_record_keeping(struct row *row, const struct merge_input *input, bool created,
                               int64_t last_updated_at)
{
    struct value *v = row->record->v;

    if (created) {
        v[ENTITY_CREATED_AT] = value_int(input->now);
        v[ENTITY_CREATED_BY] = value_text(input->user);
    }
    v[ENTITY_LAST_UPDATED_AT] = value_int(last_updated_at);
    v[ENTITY_LAST_UPDATED_BY] = value_text(input->user);
}

/* What a create sets besides the values that it carries. */
static void set_base(struct row *row, const struct merge_input *input)
{
    row->base_clock = input->clock;
    if (row->record->resource == &trace_resource)
        row->record->v[TRACE_VISIBILITY_MODE] = value_int(VISIBILITY_DEFAULT);
}

static enum merge_result insert_create(struct arena *arena, struct row *row,
                                       const struct merge_input *input)
{
    const struct resource *resource = row->record->resource;

    (void)arena;
    for (size_t i = 0; i < resource->count; i++) {
        if (is_merged(&resource->fields[i]) && i != ENTITY_ID)
            row->record->v[i] = input->record->v[i];
    }
    set_base(row, input);
    set_record_keeping(row, input, true, input->clock);
    return MERGE_WRITE;
}

static bool same_uuid(const struct value *a, const struct value *b)
{
    if (!value_is_set(a) || !value_is_set(b))
        return value_is_set(a) == value_is_set(b);
    return uuid_eq(&a->uuid, &b->uuid);
}

/* Takes trace and parent of a span over from the input. */
static void move_span(struct row *row, const struct record *from)
{
    struct value *v = row->record->v;

    if (row->record->resource != &span_resource)
        return;
    if (row->stored && (!same_uuid(&v[SPAN_TRACE_ID], &from->v[SPAN_TRACE_ID]) ||
                        !same_uuid(&v[SPAN_PARENT_SPAN_ID], &from->v[SPAN_PARENT_SPAN_ID])))
        row->moved = true;
    v[SPAN_TRACE_ID] = from->v[SPAN_TRACE_ID];
    v[SPAN_PARENT_SPAN_ID] = from->v[SPAN_PARENT_SPAN_ID];
}

/* Tags that PATCHes added to or took from are those of the create with the same done to them. False
 * when memory is out. */
static bool change_tags(struct arena *arena, struct row *row, const struct value *item)
{
    struct value *tags = &row->record->v[ENTITY_TAGS];
    struct tags stored, added, removed, result;

    tags_from_text(arena, item->s, &stored);
    tags_from_text(arena, tags->s, &added);
    tags_from_text(arena, row->tags_removed, &removed);
    tags_change(arena, &stored, &removed, &added, &result);
    row->tags_are_changes = false;
    row->tags_removed = STR("");
    *tags = (struct value){.kind = result.n ? VALUE_SET : VALUE_ABSENT};
    return result.n == 0 || tags_to_text(arena, &result, &tags->s) == ERR_OK;
}

/* A create meets a row of PATCHes: their values stay where they say something, the create fills the
 * gaps. The same for a POST on a row that starts at the epoch, whose stored values all stay. */
static enum merge_result complete(struct arena *arena, struct row *row,
                                  const struct merge_input *input)
{
    const struct resource *resource = row->record->resource;
    bool has_base = row->base_clock != NO_BASE_CLOCK, stays = false;
    bool tags_are_changes = row->tags_are_changes;
    struct value *v = row->record->v;

    if (tags_are_changes && !change_tags(arena, row, &input->record->v[ENTITY_TAGS]))
        return MERGE_NO_MEMORY;
    for (size_t i = 0; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        if (i != ENTITY_ERROR_TYPE) /* goes with error_info, which stands before it */
            stays = (has_base || find_patched(row, i)) && !value_is_empty(field, &v[i]);
        if (!is_merged(field) || is_identity(resource, i) || (stays && i != ENTITY_START_TIME) ||
            (tags_are_changes && i == ENTITY_TAGS))
            continue;
        v[i] = input->record->v[i];
        unmark_patched(row, i);
    }
    if (resource == &span_resource) {
        struct record *from = record_copy(arena, input->record);
        if (value_is_set(&v[SPAN_TRACE_ID]))
            from->v[SPAN_TRACE_ID] = v[SPAN_TRACE_ID];
        if (value_is_set(&v[SPAN_PARENT_SPAN_ID]))
            from->v[SPAN_PARENT_SPAN_ID] = v[SPAN_PARENT_SPAN_ID];
        move_span(row, from);
    }
    set_base(row, input);
    set_record_keeping(row, input, false, max_time(input->clock, v[ENTITY_LAST_UPDATED_AT].i));
    return MERGE_WRITE;
}

static enum merge_result refuse(struct arena *arena, struct row *row,
                                const struct merge_input *input)
{
    return merge_is_placeholder(row) ? complete(arena, row, input) : MERGE_EXISTS;
}

/* Spans of one id under different parents are different rows in the reference, which shows the
 * greatest (spans.md 3.2). */
static int compare_place(const struct row *row, const struct record *item)
{
    static const struct uuid zero;
    const struct value *v = row->record->v;
    int order = 0;

    if (row->record->resource != &span_resource)
        return 0;
    for (size_t i = SPAN_TRACE_ID; i <= SPAN_PARENT_SPAN_ID && order == 0; i++)
        order = uuid_cmp(value_is_set(&item->v[i]) ? &item->v[i].uuid : &zero,
                         value_is_set(&v[i]) ? &v[i].uuid : &zero);
    return order;
}

/* A batch item meets a base: the newer clock wins as a whole, but for fields that were patched
 * since and that the item does not state later. */
static enum merge_result replace(struct arena *arena, struct row *row,
                                 const struct merge_input *input)
{
    const struct resource *resource = row->record->resource;
    int place = compare_place(row, input->record);
    int64_t newest = 0;

    (void)arena;
    if (place < 0 || (place == 0 && input->clock < row->base_clock))
        return MERGE_IGNORE;
    for (size_t i = 0; i < resource->count; i++) {
        const struct value *value = &input->record->v[i];
        struct patched_field *patched = find_patched(row, i);

        if (!is_merged(&resource->fields[i]) || is_identity(resource, i))
            continue;
        /* The base's own clock again is a replay, which states nothing new, even when the client's
         * clock runs ahead of the server's. */
        if (patched && (!value_is_set(value) || input->clock <= patched->at ||
                        input->clock <= row->base_clock)) {
            newest = max_time(newest, patched->at);
            continue;
        }
        row->record->v[i] = *value;
        unmark_patched(row, i);
    }
    move_span(row, input->record);
    set_base(row, input);
    set_record_keeping(row, input, true, max_time(input->clock, newest));
    return MERGE_WRITE;
}

/* A batch item meets a row of PATCHes. One that stands for earlier items too is what came after
 * them, as if each had been sent alone. */
static enum merge_result complete_batch(struct arena *arena, struct row *row,
                                        const struct merge_input *input)
{
    struct merge_input first = *input;
    enum merge_result result;

    if (input->first_clock == 0)
        return complete(arena, row, input);
    first.clock = input->first_clock;
    result = complete(arena, row, &first);
    if (result == MERGE_WRITE)
        result = replace(arena, row, input);
    return result == MERGE_IGNORE ? MERGE_WRITE : result;
}

/* Remembers what a PATCH does to tags that are not known before the create comes. */
static bool note_changes(struct arena *arena, struct row *row, const struct tags *removed,
                         const struct tags *added)
{
    static const struct tags none;
    struct tags before, all, left;

    if (row->base_clock != NO_BASE_CLOCK ||
        (find_patched(row, ENTITY_TAGS) && !row->tags_are_changes))
        return true;
    row->tags_are_changes = true;
    tags_from_text(arena, row->tags_removed, &before);
    tags_change(arena, &before, &none, removed, &all);
    tags_change(arena, &all, added, &none, &left);
    if (left.n > TAGS_REMOVED_MAX)
        left.n = TAGS_REMOVED_MAX;
    row->tags_removed = STR("");
    return left.n == 0 || tags_to_text(arena, &left, &row->tags_removed) == ERR_OK;
}

/* The tags that a PATCH leads to (traces.md 7; contract/README.md, difference 1). */
static enum merge_result patch_tags(struct arena *arena, struct row *row,
                                    const struct merge_input *input, struct value *ret)
{
    const struct value *v = input->record->v;
    bool changes = value_is_set(&v[ENTITY_TAGS_TO_ADD]) || value_is_set(&v[ENTITY_TAGS_TO_REMOVE]);
    struct tags stored, added, removed = {0}, result;

    *ret = v[ENTITY_TAGS];
    if (!changes && !(input->merge_tags && value_is_set(ret))) {
        row->tags_are_changes = row->tags_are_changes && !value_is_set(ret);
        return MERGE_WRITE;
    }
    tags_from_text(arena, row->record->v[ENTITY_TAGS].s, &stored);
    if (changes) {
        tags_from_text(arena, v[ENTITY_TAGS_TO_ADD].s, &added);
        tags_from_text(arena, v[ENTITY_TAGS_TO_REMOVE].s, &removed);
    } else {
        tags_from_text(arena, v[ENTITY_TAGS].s, &added);
    }
    tags_change(arena, &stored, &removed, &added, &result);
    if (result.n > TAGS_MAX && added.n > 0)
        return MERGE_TAGS_LIMIT;
    *ret = (struct value){.kind = VALUE_SET};
    if (!note_changes(arena, row, &removed, &added) || tags_to_text(arena, &result, &ret->s))
        return MERGE_NO_MEMORY;
    return MERGE_WRITE;
}

static enum merge_result apply_patch(struct arena *arena, struct row *row,
                                     const struct merge_input *input)
{
    const struct resource *resource = row->record->resource;
    struct value *v = row->record->v;
    int64_t stamp =
        row->exists ? max_time(input->now, v[ENTITY_LAST_UPDATED_AT].i + 1) : input->now;
    struct value tags;
    enum merge_result result = patch_tags(arena, row, input, &tags);

    if (result != MERGE_WRITE)
        return result;
    /* A placeholder's parent that no request has told before. */
    if (resource == &span_resource && row->base_clock == NO_BASE_CLOCK &&
        !value_is_set(&v[SPAN_PARENT_SPAN_ID]) &&
        value_is_set(&input->record->v[SPAN_PARENT_SPAN_ID])) {
        v[SPAN_PARENT_SPAN_ID] = input->record->v[SPAN_PARENT_SPAN_ID];
        row->moved = row->stored;
    }
    for (size_t i = 0; i < resource->count; i++) {
        const struct value *value = i == ENTITY_TAGS ? &tags : &input->record->v[i];

        if (!is_merged(&resource->fields[i]) || !(resource->fields[i].flags & FF_UPDATE) ||
            is_identity(resource, i) || !value_is_set(value))
            continue;
        v[i] = *value;
        mark_patched(row, i, stamp);
    }
    if (resource == &span_resource && value_is_set(&input->record->v[ENTITY_TOTAL_ESTIMATED_COST]))
        v[SPAN_COST_VERSION].kind = VALUE_ABSENT;
    set_record_keeping(row, input, !row->exists, stamp);
    return MERGE_WRITE;
}

/* A PATCH of an unknown id makes a row that starts at the epoch. */
static enum merge_result insert_patch(struct arena *arena, struct row *row,
                                      const struct merge_input *input)
{
    row->base_clock = NO_BASE_CLOCK;
    row->record->v[ENTITY_START_TIME] = value_int(0);
    if (row->record->resource == &span_resource)
        row->record->v[SPAN_TRACE_ID] = input->record->v[SPAN_TRACE_ID];
    return apply_patch(arena, row, input);
}

static const merge_rule rules[][3] = {
    /* row:            nothing yet                  PATCHes only                a create has come */
    [ARRIVAL_POST] = {[ROW_NONE] = insert_create, [ROW_PATCHED] = complete, [ROW_BASED] = refuse},
    [ARRIVAL_BATCH] =
        {[ROW_NONE] = insert_create, [ROW_PATCHED] = complete_batch, [ROW_BASED] = replace},
    [ARRIVAL_PATCH] =
        {[ROW_NONE] = insert_patch, [ROW_PATCHED] = apply_patch, [ROW_BASED] = apply_patch},
};

bool merge_is_placeholder(const struct row *row)
{
    return row->exists &&
           (row->base_clock == NO_BASE_CLOCK || row->record->v[ENTITY_START_TIME].i == 0);
}

enum merge_result merge_apply(struct arena *arena, struct row *row, const struct merge_input *input)
{
    enum row_state state = !row->exists                       ? ROW_NONE
                           : row->base_clock == NO_BASE_CLOCK ? ROW_PATCHED
                                                              : ROW_BASED;

    return rules[input->arrival][state](arena, row, input);
}
