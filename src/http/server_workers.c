/* The queue of jobs and the threads that work on them: first come, first served. */
#include "http/server_private.h"

#include <stdio.h>

#include "base/mem.h"

/* A request that would wait behind more than this many others per worker is refused instead. */
#define QUEUE_PER_WORKER 256

static struct server_job *queue_pop(struct server_queue *queue)
{
    struct server_job *job = queue->head;
    if (!job)
        return NULL;
    queue->head = job->next_queued;
    if (!queue->head)
        queue->tail = NULL;
    queue->count--;
    return job;
}

bool workers_push(struct server *server, struct server_job *job, bool force)
{
    struct server_queue *queue = &server->queue;
    pthread_mutex_lock(&queue->lock);
    bool fits = !queue->stopped && (force || queue->count < queue->limit);
    if (fits) {
        job->next_queued = NULL;
        if (queue->tail)
            queue->tail->next_queued = job;
        else
            queue->head = job;
        queue->tail = job;
        queue->count++;
        pthread_cond_signal(&queue->wake);
    }
    pthread_mutex_unlock(&queue->lock);
    return fits;
}

static void *worker_main(void *argument)
{
    struct server_queue *queue = argument;
    pthread_mutex_lock(&queue->lock);
    for (;;) {
        while (!queue->head && !queue->stopped)
            pthread_cond_wait(&queue->wake, &queue->lock);
        if (queue->stopped)
            break;
        struct server_job *job = queue_pop(queue);
        pthread_mutex_unlock(&queue->lock);
        job_work(job);
        pthread_mutex_lock(&queue->lock);
    }
    pthread_mutex_unlock(&queue->lock);
    return NULL;
}

bool workers_start(struct server *server)
{
    struct server_queue *queue = &server->queue;
    int count = server->options.workers;
    queue->limit = (size_t)count * QUEUE_PER_WORKER;
    server->workers = mem_zalloc((size_t)count * sizeof(*server->workers));
    while (server->worker_count < count) {
        pthread_t *thread = &server->workers[server->worker_count];
        if (pthread_create(thread, NULL, worker_main, queue))
            return false;
        char name[16];
        snprintf(name, sizeof(name), "worker-%d", server->worker_count % 1000);
        pthread_setname_np(*thread, name);
        server->worker_count++;
    }
    return true;
}

void workers_stop(struct server *server)
{
    struct server_queue *queue = &server->queue;
    pthread_mutex_lock(&queue->lock);
    queue->stopped = true;
    pthread_cond_broadcast(&queue->wake);
    pthread_mutex_unlock(&queue->lock);
    for (int i = 0; i < server->worker_count; i++)
        pthread_join(server->workers[i], NULL);
    mem_free(server->workers);
    server->workers = NULL;
    server->worker_count = 0;
    /* No lock: nobody pushes or pops any more. */
    struct server_job *job;
    while ((job = queue_pop(queue))) {
        job->dead = true;
        job_done(job);
    }
}
