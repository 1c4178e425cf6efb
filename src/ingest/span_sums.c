/* What spans add to their traces: counts, cost, usage, providers. */
#include "ingest/span_sums.h"

struct trace_entry {
    bool used;
    int64_t project_key;
    struct uuid trace;
    struct trace_sums sums;
    size_t usage_size, provider_size;
};

struct span_sums {
    struct arena *arena;
    size_t mask; /* size of the table - 1 */
    struct trace_entry table[];
};

struct span_sums *span_sums_new(struct arena *arena, size_t spans)
{
    size_t size = 4;
    struct span_sums *sums;

    /* A span that moves counts in two traces; the table stays at most half full. */
    while (size < 4 * spans)
        size *= 2;
    sums = arena_zalloc(arena, sizeof(*sums) + size * sizeof(struct trace_entry));
    if (sums) {
        sums->arena = arena;
        sums->mask = size - 1;
    }
    return sums;
}

static struct trace_entry *find_entry(struct span_sums *sums, int64_t project_key,
                                      const struct uuid *trace)
{
    uint64_t hash;

    memcpy(&hash, trace->b + 8, sizeof(hash));
    for (size_t i = hash & sums->mask;; i = (i + 1) & sums->mask) {
        struct trace_entry *entry = &sums->table[i];
        if (!entry->used) {
            entry->used = true;
            entry->project_key = project_key;
            entry->trace = *trace;
            return entry;
        }
        if (entry->project_key == project_key && uuid_eq(&entry->trace, trace))
            return entry;
    }
}

/* Only collects; the same name may come again until collapse(). */
static void add_to_tally(struct arena *arena, struct tally *tally, size_t *size, struct str name,
                         int64_t count)
{
    if (tally->n == *size) {
        size_t more = *size ? 2 * *size : 8;
        struct tally_entry *grown =
            arena_grow(arena, tally->entries, *size * sizeof(*grown), more * sizeof(*grown));
        if (!grown)
            return;
        tally->entries = grown;
        *size = more;
    }
    tally->entries[tally->n++] = (struct tally_entry){name, count};
}

void span_sums_add(struct span_sums *sums, int64_t project_key, const struct record *span, int sign)
{
    const struct value *v = span->v;
    struct trace_entry *entry = find_entry(sums, project_key, &v[SPAN_TRACE_ID].uuid);
    struct trace_sums *s = &entry->sums;

    s->spans += sign;
    if (value_is_set(&v[SPAN_TYPE])) {
        s->llm_spans += v[SPAN_TYPE].i == SPAN_TYPE_LLM ? sign : 0;
        s->tool_spans += v[SPAN_TYPE].i == SPAN_TYPE_TOOL ? sign : 0;
    }
    if (value_is_set(&v[ENTITY_TOTAL_ESTIMATED_COST]))
        s->cost = decimal_add(s->cost, sign * v[ENTITY_TOTAL_ESTIMATED_COST].n);
    for (size_t i = 0; value_is_set(&v[ENTITY_USAGE]) && i < v[ENTITY_USAGE].tally->n; i++) {
        const struct tally_entry *usage = &v[ENTITY_USAGE].tally->entries[i];
        add_to_tally(sums->arena, &s->usage, &entry->usage_size, usage->name, sign * usage->count);
    }
    if (value_is_set(&v[SPAN_PROVIDER]) && v[SPAN_PROVIDER].s.n)
        add_to_tally(sums->arena, &s->providers, &entry->provider_size, v[SPAN_PROVIDER].s, sign);
}

static bool is_nothing(const struct trace_sums *s)
{
    return s->spans == 0 && s->llm_spans == 0 && s->tool_spans == 0 && s->cost == 0 &&
           s->usage.n == 0 && s->providers.n == 0;
}

enum err span_sums_write(struct span_sums *sums, struct session *session,
                         struct thread_sums *threads)
{
    struct str thread;

    for (size_t i = 0; i <= sums->mask; i++) {
        struct trace_entry *entry = &sums->table[i];

        if (!entry->used)
            continue;
        tally_collapse(&entry->sums.usage);
        tally_collapse(&entry->sums.providers);
        if (is_nothing(&entry->sums))
            continue;
        if (store_trace_add(session, entry->project_key, &entry->trace, &entry->sums, sums->arena,
                            &thread))
            return ERR_INTERNAL;
        if (thread.n)
            thread_sums_spans(threads, entry->project_key, thread, entry->sums.cost,
                              &entry->sums.usage);
    }
    return ERR_OK;
}
