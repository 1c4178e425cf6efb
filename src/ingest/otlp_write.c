/* Writing what OTLP requests bring. The ids of spans hang on that of their trace, which only the
 * store knows when an earlier request brought a part of it; so they are completed here. */
#include "ingest/otlp_write.h"

#include <stdlib.h>

#include "base/clock.h"
#include "ingest/entity_write.h"
#include "ingest/named_write.h"
#include "ingest/span_cost.h"

/* A known trace is marked as seen again only after this part of its time, so that most requests
 * need not write for it; it is forgotten that much later. */
#define RENEWALS 64
/* Traces that were forgotten are removed with each new one, so many at a time. */
#define PRUNE_LIMIT 64

static int compare_uuids(const void *a, const void *b)
{
    return uuid_cmp(a, b);
}

/* A set of ids: collected, sorted, asked. */
struct uuid_set {
    struct uuid *ids;
    size_t n;
};

static bool set_init(struct uuid_set *set, struct arena *arena, size_t max)
{
    *set = (struct uuid_set){arena_alloc(arena, (max + 1) * sizeof(struct uuid)), 0};
    return set->ids != NULL;
}

static bool set_has(const struct uuid_set *set, const struct uuid *id)
{
    return set->n && bsearch(id, set->ids, set->n, sizeof(*id), compare_uuids);
}

static void set_sort(struct uuid_set *set)
{
    if (set->n)
        qsort(set->ids, set->n, sizeof(struct uuid), compare_uuids);
}

/* ---- ids ---- */

/* The id of ours for a trace of OTLP: the known one, or the one made of this request. */
static enum err resolve_trace(struct otlp_change *self, struct session *session,
                              const struct project *project, struct otlp_trace *trace)
{
    int64_t now = self->change.now, grace = self->trace_ttl_us / RENEWALS, seen_at = 0;
    struct uuid id;
    enum err err = store_otlp_trace_get(session, project->key, &trace->key, &id, &seen_at);

    if (err && err != ERR_NOT_FOUND)
        return err;
    if (!err && seen_at >= now - self->trace_ttl_us - grace) {
        trace->id = id;
        if (seen_at >= now - grace)
            return ERR_OK;
    } else {
        err = store_otlp_trace_prune(session, now - self->trace_ttl_us - grace, PRUNE_LIMIT);
        if (err)
            return err;
    }
    return store_otlp_trace_put(session, project->key, &trace->key, &trace->id, now);
}

static void take_time(struct value *id, const struct uuid *from)
{
    memcpy(id->uuid.b, from->b, 6);
}

static void complete_ids(struct otlp_entity *entity, const struct otlp_trace *trace)
{
    struct value *v = entity->span->v;
    struct value *parent = &v[SPAN_PARENT_SPAN_ID];

    if (!entity->own_trace_id)
        v[SPAN_TRACE_ID] = value_uuid(trace->id);
    if (!entity->own_span_id)
        take_time(&v[ENTITY_ID], &v[SPAN_TRACE_ID].uuid);
    if (!entity->own_trace_id && value_is_set(parent))
        take_time(parent, &v[SPAN_TRACE_ID].uuid);
    if (entity->trace)
        entity->trace->v[ENTITY_ID] = v[SPAN_TRACE_ID];
}

static enum err check_ids(struct otlp_change *self, const struct record *span)
{
    int64_t now_ms = self->change.now / CLOCK_US_PER_MS;
    enum err err = entity_check_time(&span->v[SPAN_TRACE_ID].uuid, self->id_window_ms, now_ms,
                                     false, &self->change.error);

    return err ? err
               : entity_check_time(&span->v[ENTITY_ID].uuid, self->id_window_ms, now_ms, false,
                                   &self->change.error);
}

static enum err resolve_ids(struct otlp_change *self, struct session *session,
                            const struct project *project)
{
    enum err err = ERR_OK;

    for (size_t i = 0; !err && i < self->batch.trace_count; i++)
        err = resolve_trace(self, session, project, &self->batch.traces[i]);
    for (size_t i = 0; !err && i < self->batch.entity_count; i++) {
        struct otlp_entity *entity = &self->batch.entities[i];
        complete_ids(entity, &self->batch.traces[entity->trace_index]);
        err = check_ids(self, entity->span);
    }
    return err;
}

/* ---- rules among the spans of a request ---- */

/* Usage that a span repeats from those below it would count twice (otel.md 4.3). */
static enum err drop_repeated_usage(struct otlp_change *self)
{
    struct uuid_set parents;

    if (!set_init(&parents, self->change.arena, self->batch.entity_count))
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < self->batch.entity_count; i++) {
        const struct value *v = self->batch.entities[i].span->v;
        if (value_is_set(&v[ENTITY_USAGE]) && value_is_set(&v[SPAN_PARENT_SPAN_ID]))
            parents.ids[parents.n++] = v[SPAN_PARENT_SPAN_ID].uuid;
    }
    set_sort(&parents);
    for (size_t i = 0; i < self->batch.entity_count; i++) {
        struct record *span = self->batch.entities[i].span;
        if (set_has(&parents, &span->v[ENTITY_ID].uuid))
            span_cost_drop_usage(self->prices, span);
    }
    return ERR_OK;
}

/* Roots become traces, but not those of traces that the client makes itself (otel.md 3.3). */
static enum err collect_traces(struct otlp_change *self, struct record **ret, size_t *ret_count)
{
    struct uuid_set own;

    *ret_count = 0;
    if (!set_init(&own, self->change.arena, self->batch.entity_count))
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < self->batch.entity_count; i++) {
        if (self->batch.entities[i].own_trace_id)
            own.ids[own.n++] = self->batch.entities[i].span->v[SPAN_TRACE_ID].uuid;
    }
    set_sort(&own);
    for (size_t i = 0; i < self->batch.entity_count; i++) {
        struct record *trace = self->batch.entities[i].trace;
        if (trace && !set_has(&own, &trace->v[ENTITY_ID].uuid))
            ret[(*ret_count)++] = trace;
    }
    return ERR_OK;
}

static enum err apply_otlp(struct change *change, struct session *session)
{
    struct otlp_change *self = (struct otlp_change *)change;
    size_t count = self->batch.entity_count, trace_count = 0;
    struct record **records = arena_alloc(change->arena, (2 * count + 1) * sizeof(*records));
    struct record **spans = records + count;
    struct project project;
    enum err err =
        records ? project_ensure(change, session, self->project_name, &project) : ERR_TOO_LARGE;

    if (!err)
        err = resolve_ids(self, session, &project);
    if (!err)
        err = drop_repeated_usage(self);
    if (!err)
        err = collect_traces(self, records, &trace_count);
    for (size_t i = 0; !err && i < count; i++)
        spans[i] = self->batch.entities[i].span;
    if (!err)
        err =
            entity_write_batch(change, session, &trace_resource, records, trace_count, true, NULL);
    if (!err)
        err =
            entity_write_batch(change, session, &span_resource, spans, count, false, self->prices);
    return err;
}

void otlp_change_write(struct otlp_change *change)
{
    change->change.apply = apply_otlp;
}
