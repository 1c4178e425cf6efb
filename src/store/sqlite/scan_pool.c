/* One job at a time: whoever comes while the helpers are busy does its work alone, so that no query
 * waits for another. */
#include "store/sqlite/scan_pool.h"

#include <stdio.h>

#include "base/mem.h"

struct helper {
    struct scan_pool *pool;
    struct session *session;
    pthread_t thread;
};

struct scan_pool {
    pthread_mutex_t mutex;
    pthread_cond_t wanted, finished;
    bool stopping;
    bool taken; /* by a caller, until no helper works for it any more */
    /* the job; work is NULL when nobody may begin */
    void (*work)(void *context, struct session *session);
    void *context;
    const struct session *caller;
    uint64_t number; /* of the job: no helper takes one twice */
    int busy;        /* helpers that are at it */
    int count;
    struct helper helpers[];
};

/* Works in the snapshot of the caller. After a commit between the two there is no such snapshot any
 * more, and the caller goes on alone. */
static void help(struct session *session, const struct session *caller,
                 void (*work)(void *, struct session *), void *context)
{
    session->deadline_ns = caller->deadline_ns;
    if (!session_begin_read(session) && session->snapshot == caller->snapshot)
        work(context, session);
    session_end_read(session);
}

static void *run_helper(void *argument)
{
    struct helper *helper = argument;
    struct scan_pool *pool = helper->pool;
    uint64_t seen = 0;

    pthread_mutex_lock(&pool->mutex);
    while (!pool->stopping) {
        void (*work)(void *, struct session *) = pool->work;
        const struct session *caller = pool->caller;
        void *context = pool->context;
        if (!work || pool->number == seen) {
            pthread_cond_wait(&pool->wanted, &pool->mutex);
            continue;
        }
        seen = pool->number;
        pool->busy++;
        pthread_mutex_unlock(&pool->mutex);
        help(helper->session, caller, work, context);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->finished);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static bool start_helper(struct scan_pool *pool, struct store *store, char *message, size_t size)
{
    struct helper *helper = &pool->helpers[pool->count];

    helper->pool = pool;
    helper->session = session_open(store, false, message, size);
    if (!helper->session)
        return false;
    if (pthread_create(&helper->thread, NULL, run_helper, helper) != 0) {
        snprintf(message, size, "cannot start a thread");
        session_close(helper->session);
        return false;
    }
    pool->count++;
    return true;
}

struct scan_pool *scan_pool_new(struct store *store, int threads, char *message, size_t size)
{
    struct scan_pool *pool = mem_zalloc(sizeof(*pool) + (size_t)threads * sizeof(struct helper));

    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wanted, NULL);
    pthread_cond_init(&pool->finished, NULL);
    while (pool->count < threads) {
        if (!start_helper(pool, store, message, size)) {
            scan_pool_free(pool);
            return NULL;
        }
    }
    return pool;
}

void scan_pool_free(struct scan_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wanted);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->count; i++) {
        pthread_join(pool->helpers[i].thread, NULL);
        session_close(pool->helpers[i].session);
    }
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->wanted);
    pthread_cond_destroy(&pool->finished);
    mem_free(pool);
}

/* True when the helpers were free and have the job now. */
static bool offer(struct scan_pool *pool, const struct session *session,
                  void (*work)(void *, struct session *), void *context)
{
    bool offered;

    if (!pool || session->snapshot == SNAPSHOT_UNKNOWN)
        return false;
    pthread_mutex_lock(&pool->mutex);
    offered = pool->count > 0 && !pool->taken;
    if (offered) {
        pool->taken = true;
        pool->work = work;
        pool->context = context;
        pool->caller = session;
        pool->number++;
        pthread_cond_broadcast(&pool->wanted);
    }
    pthread_mutex_unlock(&pool->mutex);
    return offered;
}

static void withdraw(struct scan_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->work = NULL;
    while (pool->busy > 0)
        pthread_cond_wait(&pool->finished, &pool->mutex);
    pool->taken = false;
    pthread_mutex_unlock(&pool->mutex);
}

void scan_pool_run(struct scan_pool *pool, struct session *session,
                   void (*work)(void *context, struct session *session), void *context)
{
    bool offered = offer(pool, session, work, context);

    work(context, session);
    if (offered)
        withdraw(pool);
}
