/* The daemon: options, callbacks, start and stop. The only file that knows libmicrohttpd.
 *
 * libmicrohttpd calls server_handle() once with the head, once for each part of the body, and with
 * nothing when all is there; then again each time the connection was resumed, until an answer is
 * queued. An answer that is queued in the first call costs the connection. */
#include "http/server.h"

#include <microhttpd.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "http/server_private.h"

/* Heads up to about this size reach us, and our own check; above, libmicrohttpd itself says 431. */
#define CONNECTION_MEMORY_MIN ((size_t)32 * 1024)
#define SHUTDOWN_POLL_NS 1000000L
/* For clients that cannot take chunks. */
#define STREAM_BLOCK ((size_t)16 * 1024)

/* --- one request --- */

/* The target before libmicrohttpd decodes it. */
static struct server_connection *entry_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* Ends the job of a request that never had its headers. */
static void drop_unread(struct server_connection *entry, struct server_job *next)
{
    struct server_job *unread = connection_swap_unread(entry, next);
    if (unread)
        job_end(unread, false);
}

static void *on_target(void *server, const char *target, struct MHD_Connection *connection)
{
    struct server_job *job = job_new(server, target ? target : "");
    job->connection = connection;
    drop_unread(entry_of(connection), job);
    /* We read the query ourselves. libmicrohttpd would split it too, into memory that a query of
     * many arguments uses up, after which it neither answers nor closes; so it is kept from seeing
     * one. */
    char *query = target ? strchr(target, '?') : NULL;
    if (query)
        memcpy(query, "_", 2); /* the NUL stands where versions look that found the mark before */
    return job;
}

static enum http_method method_of(const char *name)
{
    static const struct {
        const char *name;
        enum http_method method;
    } methods[] = {
        {"GET", HTTP_GET},       {"POST", HTTP_POST}, {"PATCH", HTTP_PATCH},     {"PUT", HTTP_PUT},
        {"DELETE", HTTP_DELETE}, {"HEAD", HTTP_HEAD}, {"OPTIONS", HTTP_OPTIONS},
    };
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(name, methods[i].name) == 0)
            return methods[i].method;
    return 0;
}

/* Collects headers while their size is summed. */
struct header_walk {
    struct http_pair *pairs;
    size_t count, capacity;
    size_t size;
};

static enum MHD_Result on_header(void *argument, enum MHD_ValueKind kind, const char *name,
                                 size_t name_size, const char *value, size_t value_size)
{
    struct header_walk *walk = argument;
    (void)kind;
    walk->size += name_size + value_size + strlen(": \r\n");
    if (walk->count < walk->capacity)
        walk->pairs[walk->count++] =
            (struct http_pair){{name, name_size}, {value ? value : "", value_size}};
    return MHD_YES;
}

static void read_head(struct server_job *job, const char *method, const char *version)
{
    struct request *request = &job->request;
    struct MHD_Connection *connection = job->connection;
    int count = MHD_get_connection_values(connection, MHD_HEADER_KIND, NULL, NULL);
    struct header_walk walk = {.capacity = count > 0 ? (size_t)count : 0};
    walk.pairs = arena_alloc(&request->arena, walk.capacity * sizeof(*walk.pairs));
    if (!walk.pairs)
        walk.capacity = 0;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_header, &walk);
    request->method = method_of(method);
    request->headers = walk.pairs;
    request->header_count = walk.count;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    job->entry = info ? info->socket_context : NULL;
    connection_head_read(job->entry);
    size_t line = strlen(method) + job->target_size + strlen(version) + strlen("  \r\n\r\n");
    job_check_head(job, line + walk.size);
}

/* What became of a job that was given away. */
enum given { GIVEN_READY, GIVEN_SUSPENDED, GIVEN_REFUSED };

/* Gives the job away by `start` and suspends its connection unless it comes back at once. */
static enum given give(struct server_job *job, void (*start)(struct server_job *))
{
    /* This order, and that of server_free(), make sure that server_free() sees the job or the job
     * sees `stopping`. */
    atomic_store(&job->gate, GATE_RUNNING);
    if (atomic_load(&job->server->stopping)) {
        atomic_store(&job->gate, 0);
        return GIVEN_REFUSED;
    }
    start(job);
    if (atomic_load(&job->gate) & GATE_DONE) {
        atomic_store(&job->gate, 0);
        return GIVEN_READY;
    }
    MHD_suspend_connection(job->connection);
    if (atomic_fetch_or(&job->gate, GATE_SUSPENDED) & GATE_DONE)
        MHD_resume_connection(job->connection);
    return GIVEN_SUSPENDED;
}

/* Called again after a suspension: true when the job is back, false when it never will be. */
static bool take_back(struct server_job *job)
{
    unsigned gate = atomic_load(&job->gate);
    if (gate & GATE_DONE)
        atomic_store(&job->gate, 0);
    return (gate & GATE_DONE) || !(gate & GATE_ABANDONED);
}

void server_resume(struct server_job *job)
{
    MHD_resume_connection(job->connection);
}

/* Gives libmicrohttpd the next bytes of a stream. */
static ssize_t on_read(void *argument, uint64_t position, char *out, size_t size)
{
    struct server_job *job = argument;
    (void)position;
    if (!take_back(job))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    for (;;) {
        struct str piece = job_piece(job);
        if (job->dead)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (job->sent < piece.n) {
            size_t n = piece.n - job->sent < size ? piece.n - job->sent : size;
            memcpy(out, piece.p + job->sent, n);
            job->sent += n;
            job->bytes_out += n;
            return (ssize_t)n;
        }
        if (job->last_piece)
            return MHD_CONTENT_READER_END_OF_STREAM;
        enum given given = give(job, job_next_piece);
        if (given == GIVEN_REFUSED)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (given == GIVEN_SUSPENDED)
            return 0;
    }
}

static struct MHD_Response *make_response(struct server_job *job)
{
    struct str body = job->request.response.body;
    if (job->streaming)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, on_read, job,
                                                 NULL);
    if (job->request.method != HTTP_HEAD)
        job->bytes_out = body.n;
    /* libmicrohttpd only reads it, and only until on_completed(). */
    return MHD_create_response_from_buffer(body.n, body.n ? (void *)(uintptr_t)body.p : NULL,
                                           MHD_RESPMEM_PERSISTENT);
}

/* Also behind the head of a stream alone: libmicrohttpd 0.9.75 ends that with an empty chunk, which
 * nobody waits for (connection.c, BODY_SENT). */
static bool closes(const struct server_job *job)
{
    return (job->streaming && job->request.method == HTTP_HEAD) ||
           atomic_load_explicit(&job->server->draining, memory_order_relaxed);
}

/* libmicrohttpd refuses line breaks and empty values: such a header is left out, the answer stays.
 */
static void add_header(struct MHD_Response *answer, const char *name, const char *value)
{
    if (!MHD_add_response_header(answer, name, value))
        log_error("bad_header", "name=%s", name);
}

/* What the answer took until its head is sent, as browsers show it: a description stands in place
 * of the name. */
static void add_timing(struct server_job *job, struct MHD_Response *answer)
{
    const struct request *request = &job->request;
    int64_t us = (clock_monotonic_ns() - request->started_ns) / 1000;
    char text[128];
    int n = snprintf(text, sizeof(text), "total;dur=%lld.%03lld", (long long)(us / 1000),
                     (long long)(us % 1000));
    if (request->read_steps > 0)
        snprintf(text + n, sizeof(text) - (size_t)n,
                 ", rows;desc=\"%lld rows\", steps;desc=\"%lld steps\"",
                 (long long)request->rows_read, (long long)request->read_steps);
    add_header(answer, "Server-Timing", text);
}

static void add_headers(struct server_job *job, struct MHD_Response *answer)
{
    const struct response *response = &job->request.response;
    if (response->content_type)
        add_header(answer, "Content-Type", response->content_type);
    for (size_t i = 0; i < response->header_count; i++) {
        struct str value = str_copy(&job->request.arena, response->headers[i].value);
        add_header(answer, response->headers[i].name.p, value.p ? value.p : "");
    }
    add_timing(job, answer);
    if (closes(job))
        add_header(answer, "Connection", "close");
}

static enum MHD_Result answer(struct server_job *job)
{
    if (job->dead)
        return MHD_NO;
    struct MHD_Response *response = make_response(job);
    if (!response)
        return MHD_NO;
    add_headers(job, response);
    enum MHD_Result ret =
        MHD_queue_response(job->connection, (unsigned)job->request.response.status, response);
    MHD_destroy_response(response);
    return ret;
}

/* The whole request is here, or an answer is. */
static enum MHD_Result proceed(struct server_job *job)
{
    if (atomic_load(&job->gate)) {
        if (!take_back(job))
            return MHD_NO;
        return answer(job);
    }
    connection_body_read(job->entry);
    switch (give(job, job_begin)) {
    case GIVEN_READY:
        return answer(job);
    case GIVEN_SUSPENDED:
        return MHD_YES;
    case GIVEN_REFUSED:
        break;
    }
    return MHD_NO;
}

static enum MHD_Result on_request(void *server, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    struct server_job *job = *context;
    (void)server;
    (void)url;
    if (!job->head_read) {
        connection_swap_unread(entry_of(connection), NULL);
        read_head(job, method, version);
        return job->early == EARLY_AT_ONCE ? proceed(job) : MHD_YES;
    }
    if (*upload_size == 0)
        return proceed(job);
    bool welcome = job_take_body(job, str_make(upload, *upload_size));
    *upload_size = 0;
    return welcome ? MHD_YES : MHD_NO;
}

static void on_completed(void *argument, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct server *server = argument;
    struct server_job *job = *context;
    *context = NULL;
    if (!job)
        return;
    connection_swap_unread(entry_of(connection), NULL);
    bool complete = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    if (job->must_linger && complete)
        connections_linger(&server->connections, job->entry);
    if (job->streaming)
        connection_wait(&server->connections, job->entry, NULL, 0);
    connection_answered(job->entry);
    job_end(job, complete);
}

/* --- connections --- */

static enum MHD_Result on_accept(void *argument, const struct sockaddr *address, socklen_t size)
{
    struct server *server = argument;
    (void)address;
    (void)size;
    return atomic_load_explicit(&server->draining, memory_order_relaxed) ? MHD_NO : MHD_YES;
}

static void on_connection(void *argument, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = argument;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        drop_unread(*context, NULL);
        connections_remove(&server->connections, *context);
        *context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = info ? connections_add(&server->connections, info->connect_fd) : NULL;
}

/* --- start and stop --- */

static bool start_daemon(struct server *server, int fd)
{
    const struct server_options *options = &server->options;
    size_t memory = options->head_limit * 2;
    if (memory < CONNECTION_MEMORY_MIN)
        memory = CONNECTION_MEMORY_MIN;
    unsigned seconds = (unsigned)((options->idle_timeout_ms + 999) / 1000);
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, on_accept, server, on_request,
        server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)options->network_threads, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)options->connection_limit, MHD_OPTION_CONNECTION_TIMEOUT, seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_END);
    return server->daemon != NULL;
}

/* Everything but the daemon. */
static void free_parts(struct server *server)
{
    connections_stop(&server->connections);
    workers_stop(server);
    job_free_kept(server);
    router_tree_free(server->tree);
    pthread_mutex_destroy(&server->jobs_lock);
    pthread_mutex_destroy(&server->queue.lock);
    pthread_cond_destroy(&server->queue.wake);
    mem_free(server);
}

static const char *check_options(const struct server_options *options)
{
    if (options->network_threads < 1 || options->workers < 1)
        return "a server needs threads";
    if (options->connection_limit < options->network_threads)
        return "fewer connections than network threads are allowed";
    return router_check(&options->router);
}

struct server *server_new(const struct server_options *options, char *message, size_t message_size)
{
    const char *mistake = check_options(options);
    if (mistake) {
        snprintf(message, message_size, "%s", mistake);
        return NULL;
    }
    int fd = listen_open(options->listen, message, message_size);
    if (fd < 0)
        return NULL;
    struct server *server = mem_zalloc(sizeof(*server));
    struct uuid random = uuid_new();
    memcpy(&server->log_salt, random.b + sizeof(random.b) - sizeof(server->log_salt),
           sizeof(server->log_salt));
    server->options = *options;
    server->port = listen_describe(fd, server->host, sizeof(server->host));
    server->tree = router_tree_new(&options->router);
    pthread_mutex_init(&server->jobs_lock, NULL);
    pthread_mutex_init(&server->queue.lock, NULL);
    pthread_cond_init(&server->queue.wake, NULL);
    bool started = connections_start(&server->connections, options->head_timeout_ms) &&
                   workers_start(server) && start_daemon(server, fd);
    if (started)
        return server;
    snprintf(message, message_size, "cannot start the threads that listen on \"%s\"",
             options->listen);
    free_parts(server);
    return NULL;
}

int server_port(const struct server *server)
{
    return server->port;
}

static void pause_shortly(void)
{
    struct timespec pause = {0, SHUTDOWN_POLL_NS};
    nanosleep(&pause, NULL);
}

/* Takes jobs back from whoever was to call request_finish(). False when one is just on its way. */
static bool abandon_jobs(struct server *server)
{
    bool settled = true;
    pthread_mutex_lock(&server->jobs_lock);
    for (struct server_job *job = server->jobs; job; job = job->next) {
        unsigned gate = atomic_load(&job->gate);
        if (gate & GATE_ABANDONED)
            continue;
        if (gate == (GATE_RUNNING | GATE_SUSPENDED) &&
            atomic_compare_exchange_strong(&job->gate, &gate, gate | GATE_ABANDONED))
            MHD_resume_connection(job->connection);
        else if (gate)
            settled = false;
    }
    pthread_mutex_unlock(&server->jobs_lock);
    return settled;
}

/* Streams that wait see that it is over. */
static void wake_jobs(struct server *server)
{
    pthread_mutex_lock(&server->jobs_lock);
    for (struct server_job *job = server->jobs; job; job = job->next)
        if (atomic_load(&job->park) == PARK_WAITING)
            job_wake(job);
    pthread_mutex_unlock(&server->jobs_lock);
}

void server_free(struct server *server, int64_t wait_ms)
{
    if (!server)
        return;
    /* Not MHD_quiesce_daemon(): in 0.9.75 it removes the listening socket from the epoll sets of
     * the network threads while they may do the same, and aborts when both do. on_accept() refuses.
     */
    atomic_store(&server->draining, true);
    wake_jobs(server);
    int64_t until = clock_monotonic_ns() + wait_ms * 1000000LL;
    while (atomic_load(&server->active) > 0 && clock_monotonic_ns() < until)
        pause_shortly();
    atomic_store(&server->stopping, true);
    workers_stop(server);
    /* MHD_stop_daemon() aborts when a connection is suspended. */
    while (!abandon_jobs(server) || atomic_load(&server->finishing) > 0)
        pause_shortly();
    MHD_stop_daemon(server->daemon);
    free_parts(server);
}
