/* Changes to threads, and an independent count of them. */
#include "unit/ingest/apply_thread.h"

#include <stdio.h>
#include <stdlib.h>

#define THREADS_MAX 64
#define KEYS_MAX 8

static struct thread_change *new_change(const char *project, const char *thread_ids)
{
    struct arena *arena = &apply_store.arena;
    struct thread_change *change = arena_zalloc(arena, sizeof(*change));

    change->project_name = str_of(project);
    change->thread_ids = arena_alloc(arena, 100 * sizeof(struct str));
    while (*thread_ids) {
        size_t n = strcspn(thread_ids, ",");
        change->thread_ids[change->thread_count++] = str_copy(arena, str_make(thread_ids, n));
        thread_ids += n + (thread_ids[n] == ',');
    }
    return change;
}

enum err apply_thread_close(const char *project, const char *thread_ids)
{
    struct thread_change *change = new_change(project, thread_ids);

    thread_change_close(change);
    return apply_change(&change->change);
}

enum err apply_thread_open(const char *project, const char *thread_id)
{
    struct thread_change *change = new_change(project, thread_id);

    thread_change_open(change);
    return apply_change(&change->change);
}

enum err apply_thread_delete(const char *project, const char *thread_ids, bool purge)
{
    struct thread_change *change = new_change(project, thread_ids);

    change->purge = purge;
    thread_change_delete(change);
    return apply_change(&change->change);
}

enum err apply_thread_update(const struct uuid *id, const char *members)
{
    struct thread_change *change = new_change("", "");
    struct uuid copy = *id;

    change->ids = &copy;
    change->id_count = 1;
    change->update =
        test_record(&apply_store.arena, &thread_resource, DECODE_UPDATE, "{%s}", members);
    thread_change_update(change);
    return apply_change(&change->change);
}

struct thread apply_thread_get(const char *project, const char *thread_id)
{
    struct thread thread;

    assert_int_equal(store_thread_get(apply_store.writer, apply_project(project).key,
                                      str_of(thread_id), &apply_store.arena, &thread),
                     ERR_OK);
    return thread;
}

/* ---- the count ---- */

struct count {
    struct str thread_id;
    int64_t traces;
    const struct value *first, *last; /* the traces that start first and end last */
    const struct value *oldest;       /* created first */
    int64_t last_updated_at;
    struct uuid min, max;
    int64_t sources;
    decimal_int cost;
    struct tally_entry usage[KEYS_MAX];
    size_t usage_count;
};

static struct count counts[THREADS_MAX];
static size_t count_count;
static char words[400];

static struct count *find_count(struct str thread_id)
{
    for (size_t i = 0; i < count_count; i++) {
        if (str_eq(counts[i].thread_id, thread_id))
            return &counts[i];
    }
    assert_true(count_count < THREADS_MAX);
    counts[count_count] = (struct count){.thread_id = thread_id};
    return &counts[count_count++];
}

static void count_usage(struct count *count, const struct tally *usage)
{
    for (size_t i = 0; i < usage->n; i++) {
        size_t k = 0;
        while (k < count->usage_count && !str_eq(count->usage[k].name, usage->entries[i].name))
            k++;
        assert_true(k < KEYS_MAX);
        if (k == count->usage_count)
            count->usage[count->usage_count++] = (struct tally_entry){usage->entries[i].name, 0};
        count->usage[k].count += usage->entries[i].count;
    }
}

/* Traces come with the greatest id first. */
static void count_trace(const struct value *v)
{
    struct count *c = find_count(v[TRACE_THREAD_ID].s);
    bool ended = value_is_set(&v[ENTITY_END_TIME]);

    if (c->traces++ == 0)
        c->max = v[ENTITY_ID].uuid;
    c->min = v[ENTITY_ID].uuid;
    if (!c->first || v[ENTITY_START_TIME].i <= c->first[ENTITY_START_TIME].i)
        c->first = v;
    if (ended && (!c->last || v[ENTITY_END_TIME].i > c->last[ENTITY_END_TIME].i))
        c->last = v;
    if (!c->oldest || v[ENTITY_CREATED_AT].i < c->oldest[ENTITY_CREATED_AT].i)
        c->oldest = v;
    if (v[ENTITY_LAST_UPDATED_AT].i > c->last_updated_at)
        c->last_updated_at = v[ENTITY_LAST_UPDATED_AT].i;
    c->sources |= 1LL << (value_is_set(&v[ENTITY_SOURCE]) ? v[ENTITY_SOURCE].i : 0);
    if (value_is_set(&v[ENTITY_TOTAL_ESTIMATED_COST]))
        c->cost += v[ENTITY_TOTAL_ESTIMATED_COST].n;
    if (value_is_set(&v[ENTITY_USAGE]))
        count_usage(c, v[ENTITY_USAGE].tally);
}

static struct entity_query query_of(const struct resource *resource, const char *project)
{
    struct entity_query query = {.resource = resource, .project = apply_project(project)};

    query.order = ORDER_DEFAULT;
    query.limit = 1000;
    return query;
}

static void count_traces(const char *project)
{
    struct entity_query query = query_of(&trace_resource, project);
    struct entity_cursor *cursor;
    struct row row;

    count_count = 0;
    assert_int_equal(store_entity_open(apply_store.writer, &query, &apply_store.arena, &cursor),
                     ERR_OK);
    while (store_entity_next(cursor, &apply_store.arena, &row) == ERR_OK) {
        if (value_is_set(&row.record->v[TRACE_THREAD_ID]))
            count_trace(row.record->v);
    }
    store_entity_close(cursor);
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            snprintf(words, sizeof(words), "thread %.*s: %s", STR_ARG(c->thread_id), #condition);  \
            return words;                                                                          \
        }                                                                                          \
    } while (0)

static struct str environment_of(const struct value *trace)
{
    return value_is_set(&trace[ENTITY_ENVIRONMENT]) ? trace[ENTITY_ENVIRONMENT].s : STR("");
}

/* What a row says about the traces, against the count. */
static const char *check_thread(const struct count *c, const struct thread *thread)
{
    CHECK(thread->trace_count == c->traces);
    CHECK(thread->start_time == c->first[ENTITY_START_TIME].i);
    CHECK(uuid_eq(&thread->first_trace, &c->first[ENTITY_ID].uuid));
    CHECK(str_eq(thread->first_environment, environment_of(c->first)));
    CHECK(thread->has_end == (c->last != NULL));
    if (c->last) {
        CHECK(thread->end_time == c->last[ENTITY_END_TIME].i);
        CHECK(uuid_eq(&thread->last_trace, &c->last[ENTITY_ID].uuid));
    }
    CHECK(uuid_eq(&thread->min_trace, &c->min));
    CHECK(uuid_eq(&thread->max_trace, &c->max));
    CHECK((thread->sources & c->sources) == c->sources);
    CHECK(!thread->has_record || thread->has_model);
    if (!thread->has_record) {
        CHECK(thread->created_at == c->oldest[ENTITY_CREATED_AT].i);
        CHECK(thread->last_updated_at == c->last_updated_at);
        CHECK(str_eq(thread->created_by, c->oldest[ENTITY_CREATED_BY].s));
    }
    return NULL;
}

/* What a list shows of it. */
static const char *check_listed(const struct count *c, const struct value *v)
{
    size_t names = 0;

    CHECK(v[THREAD_TRACE_COUNT].i == c->traces);
    CHECK((value_is_set(&v[THREAD_TOTAL_ESTIMATED_COST]) ? v[THREAD_TOTAL_ESTIMATED_COST].n : 0) ==
          c->cost);
    for (size_t i = 0; i < c->usage_count; i++) {
        const struct tally_entry *shown = value_is_set(&v[THREAD_USAGE])
                                              ? tally_find(v[THREAD_USAGE].tally, c->usage[i].name)
                                              : NULL;
        CHECK((shown ? shown->count : 0) == c->usage[i].count);
        names += c->usage[i].count != 0;
    }
    CHECK((value_is_set(&v[THREAD_USAGE]) ? v[THREAD_USAGE].tally->n : 0) == names);
    return NULL;
}

static const char *check_one(const struct value *v, int64_t project_key)
{
    struct count *c = find_count(v[THREAD_ID].s);
    struct thread thread, recounted;
    const char *bad;

    CHECK(c->traces > 0);
    assert_int_equal(store_thread_get(apply_store.writer, project_key, c->thread_id,
                                      &apply_store.arena, &thread),
                     ERR_OK);
    recounted = thread;
    assert_int_equal(store_thread_recount(apply_store.writer, &apply_store.arena, &recounted),
                     ERR_OK);
    bad = check_thread(c, &thread);
    if (!bad && (bad = check_thread(c, &recounted)))
        print_error("counted anew: ");
    CHECK(bad || recounted.sources == c->sources);
    return bad ? bad : check_listed(c, v);
}

const char *apply_thread_mismatch(const char *project)
{
    struct entity_query query = query_of(&thread_resource, project);
    struct entity_cursor *cursor;
    const char *bad = NULL;
    size_t listed = 0;
    struct row row;

    if (!query.project.key)
        return NULL;
    count_traces(project);
    assert_int_equal(store_entity_open(apply_store.writer, &query, &apply_store.arena, &cursor),
                     ERR_OK);
    while (!bad && store_entity_next(cursor, &apply_store.arena, &row) == ERR_OK) {
        bad = check_one(row.record->v, query.project.key);
        listed++;
    }
    store_entity_close(cursor);
    if (!bad && (listed != count_count || query.project.thread_count != (int64_t)count_count)) {
        snprintf(words, sizeof(words), "%zu threads of %zu, counted %d", listed, count_count,
                 (int)query.project.thread_count);
        bad = words;
    }
    return bad;
}
