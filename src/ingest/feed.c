/* Ids of what was written, for those who follow. */
#include "ingest/feed.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"

/* Twice the ids, so that probing ends soon. */
#define TABLE_SIZE ((size_t)2 * FEED_PENDING_MAX)

struct feed_subscriber {
    struct feed *feed;
    struct feed_subscriber *prev, *next;
    int64_t project_key;
    const struct resource *resource;
    void (*wake)(void *context);
    void (*drop)(void *context);
    void *context;
    struct feed_event events[FEED_PENDING_MAX];
    size_t count;
    uint16_t table[TABLE_SIZE]; /* index in events + 1; 0: free */
    bool dropped;
};

struct feed {
    pthread_mutex_t lock;
    struct feed_subscriber *head;
    int count, max;
    atomic_int subscribers; /* count, to be read without the lock */
};

struct feed *feed_new(int subscribers_max)
{
    struct feed *feed = mem_zalloc(sizeof(*feed));

    feed->max = subscribers_max;
    pthread_mutex_init(&feed->lock, NULL);
    return feed;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    pthread_mutex_destroy(&feed->lock);
    mem_free(feed);
}

void feed_note(struct change *change, int64_t project_key, const struct resource *resource,
               const struct uuid *id, bool deleted)
{
    struct feed_notes *notes = &change->notes;
    struct feed_note *note;

    if (notes->count == FEED_NOTES_MAX) {
        notes->incomplete = true;
        return;
    }
    notes->count++;
    note = arena_alloc(change->arena, sizeof(*note));
    *note = (struct feed_note){NULL, project_key, resource, *id, deleted};
    if (notes->last)
        notes->last->next = note;
    else
        notes->first = note;
    notes->last = note;
}

/* The place of an id in the table: where it is, or where it would be put. */
static uint16_t *find_place(struct feed_subscriber *subscriber, const struct uuid *id)
{
    size_t at;
    uint32_t hash;

    /* The random part of a version 7 UUID. */
    memcpy(&hash, id->b + sizeof(id->b) - sizeof(hash), sizeof(hash));
    for (at = hash % TABLE_SIZE; subscriber->table[at]; at = (at + 1) % TABLE_SIZE)
        if (uuid_eq(&subscriber->events[subscriber->table[at] - 1].id, id))
            break;
    return &subscriber->table[at];
}

static void drop_subscriber(struct feed_subscriber *subscriber)
{
    subscriber->dropped = true;
    subscriber->drop(subscriber->context);
}

/* A trace takes its spans along; they are not noted one by one. */
static bool concerns(const struct feed_subscriber *subscriber, const struct feed_note *note)
{
    return note->project_key == subscriber->project_key &&
           (note->resource == subscriber->resource ||
            (note->deleted && note->resource == &trace_resource));
}

static void tell(struct feed_subscriber *subscriber, const struct feed_note *note)
{
    bool of_trace = note->resource != subscriber->resource;
    uint16_t *place = find_place(subscriber, &note->id);

    if (*place) {
        subscriber->events[*place - 1].deleted = note->deleted;
        subscriber->events[*place - 1].of_trace = of_trace;
        return;
    }
    if (subscriber->count == FEED_PENDING_MAX) {
        drop_subscriber(subscriber);
        return;
    }
    subscriber->events[subscriber->count++] =
        (struct feed_event){note->id, note->deleted, of_trace};
    *place = (uint16_t)subscriber->count;
    if (subscriber->count == 1)
        subscriber->wake(subscriber->context);
}

void feed_publish(struct feed *feed, const struct change *change)
{
    if (!feed || !change->notes.first || atomic_load(&feed->subscribers) == 0)
        return;
    pthread_mutex_lock(&feed->lock);
    for (struct feed_subscriber *one = feed->head; one; one = one->next) {
        if (change->notes.incomplete && !one->dropped)
            drop_subscriber(one);
        for (const struct feed_note *note = change->notes.first; note; note = note->next)
            if (!one->dropped && concerns(one, note))
                tell(one, note);
    }
    pthread_mutex_unlock(&feed->lock);
}

struct feed_subscriber *feed_subscribe(struct feed *feed, int64_t project_key,
                                       const struct resource *resource, void (*wake)(void *context),
                                       void (*drop)(void *context), void *context)
{
    struct feed_subscriber *subscriber = NULL;

    pthread_mutex_lock(&feed->lock);
    if (feed->count < feed->max) {
        subscriber = mem_zalloc(sizeof(*subscriber));
        subscriber->feed = feed;
        subscriber->project_key = project_key;
        subscriber->resource = resource;
        subscriber->wake = wake;
        subscriber->drop = drop;
        subscriber->context = context;
        subscriber->next = feed->head;
        if (feed->head)
            feed->head->prev = subscriber;
        feed->head = subscriber;
        atomic_store(&feed->subscribers, ++feed->count);
    }
    pthread_mutex_unlock(&feed->lock);
    return subscriber;
}

void feed_unsubscribe(struct feed_subscriber *subscriber)
{
    struct feed *feed;

    if (!subscriber)
        return;
    feed = subscriber->feed;
    pthread_mutex_lock(&feed->lock);
    if (subscriber->prev)
        subscriber->prev->next = subscriber->next;
    else
        feed->head = subscriber->next;
    if (subscriber->next)
        subscriber->next->prev = subscriber->prev;
    atomic_store(&feed->subscribers, --feed->count);
    pthread_mutex_unlock(&feed->lock);
    mem_free(subscriber);
}

bool feed_take(struct feed_subscriber *subscriber, struct feed_event *ret, size_t *ret_count)
{
    bool whole;

    pthread_mutex_lock(&subscriber->feed->lock);
    whole = !subscriber->dropped;
    *ret_count = subscriber->count;
    if (subscriber->count > 0) {
        memcpy(ret, subscriber->events, subscriber->count * sizeof(*ret));
        memset(subscriber->table, 0, sizeof(subscriber->table));
    }
    subscriber->count = 0;
    pthread_mutex_unlock(&subscriber->feed->lock);
    return whole;
}
