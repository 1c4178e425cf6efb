/* What traces do to their threads. Counts, cost and usage are added; least and greatest values only
 * grow, and are read anew when a trace that may have set one of them is gone or has changed. */
#include "ingest/thread_sums.h"

#include "ingest/thread_write.h"

/* A tally and a sign, to be added up when the thread is written. */
struct usage_part {
    struct usage_part *next;
    const struct tally *tally;
    int sign;
};

struct thread_entry {
    bool used;
    int64_t project_key;
    struct str thread_id;

    int64_t traces;
    decimal_int cost;
    struct usage_part *usage;
    bool recount;       /* something may have become less */
    bool recount_times; /* the same of what shows only without a record */
    struct seen *seen;  /* the traces that were added or changed, in order: of two states of one
                           trace the later counts */
    struct seen **seen_end;

    bool created; /* by these items of a create: */
    const struct record *earliest;
    int64_t clock; /* the greatest, µs */
};

struct seen {
    struct seen *next;
    const struct record *trace;
};

struct thread_sums {
    struct change *change;
    struct arena *arena;
    size_t traces;
    struct thread_entry *table; /* made when the first thread comes */
    size_t mask;                /* size of the table - 1 */
    bool failed;                /* no room for it */
};

struct thread_sums *thread_sums_new(struct change *change, struct arena *arena, size_t traces)
{
    struct thread_sums *sums = arena_zalloc(arena, sizeof(*sums));

    sums->change = change;
    sums->arena = arena;
    sums->traces = traces;
    return sums;
}

static bool make_table(struct thread_sums *sums)
{
    size_t size = 4;

    /* A trace that moves counts in two threads; the table stays at most half full. */
    while (size < 4 * sums->traces)
        size *= 2;
    sums->table = arena_zalloc(sums->arena, size * sizeof(struct thread_entry));
    sums->mask = size - 1;
    sums->failed = !sums->table;
    return sums->table;
}

/* NULL at the arena's ceiling. */
static struct thread_entry *find_entry(struct thread_sums *sums, int64_t project_key,
                                       struct str thread_id)
{
    if (!sums->table && !make_table(sums))
        return NULL;
    for (size_t i = str_hash(thread_id) & sums->mask;; i = (i + 1) & sums->mask) {
        struct thread_entry *entry = &sums->table[i];
        if (!entry->used) {
            entry->used = true;
            entry->project_key = project_key;
            entry->thread_id = thread_id;
            return entry;
        }
        if (entry->project_key == project_key && str_eq(entry->thread_id, thread_id))
            return entry;
    }
}

static struct str thread_of(const struct record *trace)
{
    return trace && value_is_set(&trace->v[TRACE_THREAD_ID]) ? trace->v[TRACE_THREAD_ID].s
                                                             : STR("");
}

static void add_usage(struct thread_sums *sums, struct thread_entry *entry,
                      const struct tally *tally, int sign)
{
    struct usage_part *part;

    if (!tally || tally->n == 0)
        return;
    part = arena_zalloc(sums->arena, sizeof(*part));
    *part = (struct usage_part){entry->usage, tally, sign};
    entry->usage = part;
}

/* Counts a trace with what its spans come to. */
static void count_trace(struct thread_sums *sums, struct thread_entry *entry,
                        const struct record *trace, int sign)
{
    const struct value *v = trace->v;

    entry->traces += sign;
    if (value_is_set(&v[ENTITY_TOTAL_ESTIMATED_COST]))
        entry->cost = decimal_add(entry->cost, sign * v[ENTITY_TOTAL_ESTIMATED_COST].n);
    if (value_is_set(&v[ENTITY_USAGE]))
        add_usage(sums, entry, v[ENTITY_USAGE].tally, sign);
}

static void see_trace(struct thread_sums *sums, struct thread_entry *entry,
                      const struct record *trace)
{
    struct seen *seen = arena_zalloc(sums->arena, sizeof(*seen));

    *seen = (struct seen){NULL, trace};
    *(entry->seen ? entry->seen_end : &entry->seen) = seen;
    entry->seen_end = &seen->next;
}

static int64_t source_of(const struct value *trace)
{
    return value_is_set(&trace[ENTITY_SOURCE]) ? trace[ENTITY_SOURCE].i : SOURCE_UNSET;
}

/* Whether a least or greatest value of the thread may have come from what is not true any more. */
static bool lost_something(const struct value *before, const struct value *after)
{
    bool ended = value_is_set(&before[ENTITY_END_TIME]);

    return after[ENTITY_START_TIME].i > before[ENTITY_START_TIME].i ||
           (ended && (!value_is_set(&after[ENTITY_END_TIME]) ||
                      after[ENTITY_END_TIME].i < before[ENTITY_END_TIME].i)) ||
           source_of(after) != source_of(before);
}

/* A create that replaces a trace renews when it was made (traces.md 4.2). */
static bool lost_times(const struct value *before, const struct value *after)
{
    return after[ENTITY_CREATED_AT].i > before[ENTITY_CREATED_AT].i ||
           after[ENTITY_LAST_UPDATED_AT].i < before[ENTITY_LAST_UPDATED_AT].i;
}

void thread_sums_move(struct thread_sums *sums, int64_t project_key, const struct record *before,
                      const struct record *after)
{
    struct str from = thread_of(before), to = thread_of(after);
    struct thread_entry *entry;

    if (from.n && to.n && str_eq(from, to)) {
        entry = find_entry(sums, project_key, to);
        if (!entry)
            return;
        entry->recount |= lost_something(before->v, after->v);
        entry->recount_times |= lost_times(before->v, after->v);
        see_trace(sums, entry, after);
        return;
    }
    if (from.n && (entry = find_entry(sums, project_key, from))) {
        count_trace(sums, entry, before, -1);
        entry->recount = true;
    }
    if (to.n && (entry = find_entry(sums, project_key, to))) {
        count_trace(sums, entry, after, 1);
        see_trace(sums, entry, after);
    }
}

void thread_sums_create(struct thread_sums *sums, int64_t project_key, const struct record *item,
                        int64_t clock)
{
    const struct value *thread_id = &item->v[TRACE_THREAD_ID];
    struct thread_entry *entry;

    if (!value_is_set(thread_id) || str_is_blank(thread_id->s))
        return;
    entry = find_entry(sums, project_key, thread_id->s);
    if (!entry)
        return;
    if (!entry->earliest ||
        uuid_cmp(&item->v[ENTITY_ID].uuid, &entry->earliest->v[ENTITY_ID].uuid) < 0)
        entry->earliest = item;
    if (!entry->created || clock > entry->clock)
        entry->clock = clock;
    entry->created = true;
}

void thread_sums_spans(struct thread_sums *sums, int64_t project_key, struct str thread_id,
                       decimal_int cost, const struct tally *usage)
{
    struct thread_entry *entry = find_entry(sums, project_key, thread_id);

    if (!entry)
        return;
    entry->cost = decimal_add(entry->cost, cost);
    add_usage(sums, entry, usage, 1);
}

/* The parts as one tally, each name once. */
static void add_up_usage(struct arena *arena, const struct thread_entry *entry, struct tally *ret)
{
    size_t size = 0;

    for (const struct usage_part *part = entry->usage; part; part = part->next)
        size += part->tally->n;
    *ret = (struct tally){.entries = arena_alloc(arena, (size + 1) * sizeof(*ret->entries))};
    if (!ret->entries)
        return;
    for (const struct usage_part *part = entry->usage; part; part = part->next) {
        for (size_t i = 0; i < part->tally->n; i++)
            ret->entries[ret->n++] = (struct tally_entry){
                part->tally->entries[i].name, part->sign * part->tally->entries[i].count};
    }
    tally_collapse(ret);
}

/* Takes a trace into the least and greatest values. `first` while the thread has none yet. */
static void widen(struct thread *thread, const struct record *trace, bool first)
{
    const struct value *v = trace->v;
    const struct uuid *id = &v[ENTITY_ID].uuid;
    int64_t start = v[ENTITY_START_TIME].i;
    int order = uuid_cmp(id, &thread->first_trace);

    if (first || start < thread->start_time || (start == thread->start_time && order <= 0)) {
        thread->start_time = start;
        thread->first_trace = *id;
        thread->first_environment =
            value_is_set(&v[ENTITY_ENVIRONMENT]) ? v[ENTITY_ENVIRONMENT].s : STR("");
    }
    if (value_is_set(&v[ENTITY_END_TIME])) {
        int64_t end = v[ENTITY_END_TIME].i;
        if (!thread->has_end || end > thread->end_time ||
            (end == thread->end_time && uuid_cmp(id, &thread->last_trace) > 0)) {
            thread->has_end = true;
            thread->end_time = end;
            thread->last_trace = *id;
        }
    }
    if (first || uuid_cmp(id, &thread->min_trace) < 0)
        thread->min_trace = *id;
    if (first || uuid_cmp(id, &thread->max_trace) > 0)
        thread->max_trace = *id;
    thread->sources |= 1LL << source_of(v);
}

/* Without a record the thread shows when its traces were made and changed. */
static void widen_times(struct thread *thread, const struct record *trace, bool first)
{
    const struct value *v = trace->v;

    if (first || v[ENTITY_CREATED_AT].i < thread->created_at) {
        thread->created_at = v[ENTITY_CREATED_AT].i;
        thread->created_by = v[ENTITY_CREATED_BY].s;
    }
    if (first || v[ENTITY_LAST_UPDATED_AT].i >= thread->last_updated_at) {
        thread->last_updated_at = v[ENTITY_LAST_UPDATED_AT].i;
        thread->last_updated_by = v[ENTITY_LAST_UPDATED_BY].s;
    }
}

static enum err write_entry(struct thread_sums *sums, struct session *session,
                            struct thread_entry *entry)
{
    struct change *change = sums->change;
    struct thread thread;
    struct tally usage;
    bool first, had_traces;
    enum err err =
        store_thread_get(session, entry->project_key, entry->thread_id, sums->arena, &thread);

    if (err == ERR_NOT_FOUND)
        thread = (struct thread){.project_key = entry->project_key, .thread_id = entry->thread_id};
    else if (err)
        return err;
    if (entry->created)
        thread_begin(change, &thread, entry->earliest, entry->clock);
    first = thread.trace_count == 0;
    had_traces = !first;
    thread.trace_count += entry->traces;
    for (const struct seen *seen = entry->seen; seen; seen = seen->next) {
        widen(&thread, seen->trace, first);
        if (!thread.has_record)
            widen_times(&thread, seen->trace, first);
        first = false;
    }
    if (entry->recount || (entry->recount_times && !thread.has_record)) {
        err = store_thread_recount(session, sums->arena, &thread);
        if (err)
            return err;
    }
    add_up_usage(sums->arena, entry, &usage);
    change_touch_threads(change, thread.project_key, (thread.trace_count > 0) - had_traces);
    if (arena_is_over(sums->arena))
        return ERR_TOO_LARGE;
    return store_thread_put(session, &thread, entry->cost, &usage);
}

enum err thread_sums_write(struct thread_sums *sums, struct session *session)
{
    enum err err = sums->failed ? ERR_TOO_LARGE : ERR_OK;

    for (size_t i = 0; sums->table && !err && i <= sums->mask; i++) {
        if (sums->table[i].used)
            err = write_entry(sums, session, &sums->table[i]);
    }
    return err;
}
