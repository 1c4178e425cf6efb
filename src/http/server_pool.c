/* Where jobs come from and where they go: their memory is used again, since a request would
 * otherwise cost several large allocations. Also the log line of each request. */
#include "http/server_private.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/uri.h"

/* Jobs that wait for the next request, with their arena's first block and up to KEEP_BYTES of body
 * each. */
#define FREE_JOBS_MAX 128
#define KEEP_BYTES ((size_t)64 * 1024)

static void job_link(struct server_job *job)
{
    struct server *server = job->server;
    job->prev = NULL;
    job->next = server->jobs;
    if (job->next)
        job->next->prev = job;
    server->jobs = job;
}

static void job_unlink(struct server_job *job)
{
    if (job->prev)
        job->prev->next = job->next;
    else
        job->server->jobs = job->next;
    if (job->next)
        job->next->prev = job->prev;
    job->prev = job->next = NULL;
}

static struct server_job *job_take(struct server *server)
{
    pthread_mutex_lock(&server->jobs_lock);
    struct server_job *job = server->free_jobs;
    if (job) {
        server->free_jobs = job->next_queued;
        server->free_count--;
    }
    pthread_mutex_unlock(&server->jobs_lock);
    if (job)
        return job;
    const struct server_options *options = &server->options;
    job = mem_zalloc(sizeof(*job));
    job->server = server;
    arena_init(&job->request.arena, options->arena_cap);
    buf_init(&job->body, options->body_limit);
    buf_init(&job->inflated, options->body_limit);
    buf_init(&job->piece, options->body_limit + options->arena_cap);
    buf_init(&job->packed, options->body_limit + options->arena_cap);
    pthread_mutex_lock(&server->jobs_lock);
    job_link(job);
    pthread_mutex_unlock(&server->jobs_lock);
    return job;
}

/* Every number has another id, and none tells how many requests there were. */
static uint64_t make_log_id(uint64_t number)
{
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
    number = (number ^ number >> 27) * 0x94d049bb133111eb;
    return number ^ number >> 31;
}

struct server_job *job_new(struct server *server, const char *target)
{
    struct server_job *job = job_take(server);
    struct request *request = &job->request;
    request->app = server->options.app;
    request->job = job;
    request->number = atomic_fetch_add_explicit(&server->next_number, 1, memory_order_relaxed) + 1;
    request->log_id = make_log_id(server->log_salt + request->number);
    request->started_ns = clock_monotonic_ns();
    /* libmicrohttpd cuts and decodes this text in place as soon as we return. */
    struct str text = str_copy(&request->arena, str_of(target));
    job->target_size = text.n;
    uri_split(text, &request->path, &job->query_text, &request->below_api);
    return job;
}

void job_release_response(struct server_job *job)
{
    void (*release)(struct request *) = job->request.response.release;
    job->request.response.release = NULL;
    if (release)
        release(&job->request);
}

static void job_destroy(struct server_job *job)
{
    arena_done(&job->request.arena);
    buf_done(&job->body);
    buf_done(&job->inflated);
    buf_done(&job->piece);
    buf_done(&job->packed);
    mem_free(job);
}

static void buf_keep(struct buf *buf)
{
    buf->n = 0;
    if (buf->size > KEEP_BYTES)
        buf_done(buf);
}

/* What has to end even when the memory stays. */
static void job_close(struct server_job *job)
{
    job_release_response(job);
    gzip_stream_free(job->gzip);
    job->gzip = NULL;
}

/* As job_take() gives it. */
static void job_clear(struct server_job *job)
{
    arena_reset(&job->request.arena);
    buf_keep(&job->body);
    buf_keep(&job->inflated);
    buf_done(&job->piece);
    buf_done(&job->packed);
    struct arena arena = job->request.arena;
    struct buf body = job->body, inflated = job->inflated;
    struct buf piece = job->piece, packed = job->packed;
    size_t start = offsetof(struct server_job, request);
    memset((char *)job + start, 0, sizeof(*job) - start);
    job->request.arena = arena;
    job->body = body;
    job->inflated = inflated;
    job->piece = piece;
    job->packed = packed;
    atomic_store(&job->gate, 0);
}

/* Back to the server. */
static void job_put(struct server_job *job)
{
    struct server *server = job->server;
    job_close(job);
    job_clear(job);
    pthread_mutex_lock(&server->jobs_lock);
    bool keep = server->free_count < FREE_JOBS_MAX;
    if (keep) {
        job->next_queued = server->free_jobs;
        server->free_jobs = job;
        server->free_count++;
    } else {
        job_unlink(job);
    }
    pthread_mutex_unlock(&server->jobs_lock);
    if (!keep)
        job_destroy(job);
}

void job_free_kept(struct server *server)
{
    while (server->free_jobs) {
        struct server_job *job = server->free_jobs;
        server->free_jobs = job->next_queued;
        job_destroy(job);
    }
}

void job_discard(struct server_job *job)
{
    job_close(job);
    job_destroy(job);
}

static void job_log(const struct server_job *job, bool complete)
{
    const struct request *request = &job->request;
    int status = request->response.status;
    enum log_level level = status >= 500 ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG;
    if (log_get_level() < level)
        return;
    unsigned method = (unsigned)request->method;
    double ms = (double)(clock_monotonic_ns() - request->started_ns) / 1e6;
    log_write(level, "request",
              "number=%llu " REQUEST_LOG_ID " method=%s route=%s status=%d ms=%.3f bytes=%llu%s",
              (unsigned long long)request->number, (unsigned long long)request->log_id,
              method ? http_method_names[__builtin_ctz(method)] : "-",
              request->route ? request->route->pattern : "-", status, ms,
              (unsigned long long)job->bytes_out, complete ? "" : " aborted=1");
}

/* Whoever was to call request_finish() may still do so, at any time: no longer a job of the server.
 */
static void job_orphan(struct server_job *job)
{
    struct server *server = job->server;
    pthread_mutex_lock(&server->jobs_lock);
    job_unlink(job);
    pthread_mutex_unlock(&server->jobs_lock);
    if (atomic_fetch_or(&job->gate, GATE_GONE) & GATE_DONE)
        job_discard(job);
}

void job_end(struct server_job *job, bool complete)
{
    struct server *server = job->server;
    bool counted = job->head_read;
    if (atomic_load(&job->gate) & GATE_ABANDONED) {
        job_orphan(job);
    } else {
        if (counted)
            job_log(job, complete);
        job_put(job);
    }
    if (counted)
        atomic_fetch_sub(&server->active, 1);
}
