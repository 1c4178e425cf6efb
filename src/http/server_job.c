/* The life of one request: what its head says, its body, the handler, the answer. Runs on the
 * network thread up to job_begin(), on a worker in job_work(). */
#include "http/server_private.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/uri.h"

#define INLINE_BODY_MAX ((size_t)64 * 1024)
#define INLINE_GZIP_MAX ((size_t)16 * 1024) /* packed, in a request */
#define INLINE_PACK_MAX ((size_t)16 * 1024) /* plain, in an answer */
#define PACK_MIN 256
/* Bodies up to this size are read and dropped when the answer is an error already. */
#define DROP_MAX ((uint64_t)1024 * 1024)
#define RESERVE_MAX ((uint64_t)1024 * 1024)

const char *const http_method_names[HTTP_METHOD_COUNT] = {"GET",   "HEAD",   "POST",   "PUT",
                                                          "PATCH", "DELETE", "OPTIONS"};

/* --- the head --- */

static void job_fail(struct server_job *job, enum err code)
{
    struct error error = {.arena = &job->request.arena, .code = code};
    response_error(&job->request, &error);
}

static enum err job_fail_early(struct server_job *job, enum err code)
{
    job_fail(job, code);
    return code;
}

static enum err job_fail_path(struct server_job *job, const char *where)
{
    struct error error = {.arena = &job->request.arena};
    error_set(&error, ERR_BAD_REQUEST, "The %s has a broken percent escape", where);
    response_error(&job->request, &error);
    return ERR_BAD_REQUEST;
}

/* For the Allow header. */
static struct str method_list(struct arena *arena, unsigned methods)
{
    char text[64] = "";
    size_t n = 0;
    for (size_t i = 0; i < HTTP_METHOD_COUNT; i++)
        if (methods & 1u << i)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? ", " : "",
                                  http_method_names[i]);
    return str_copy(arena, str_make(text, n));
}

static enum err check_route(struct server_job *job)
{
    struct request *request = &job->request;
    unsigned allowed = 0;
    enum err err = router_match(job->server->tree, request, &allowed);
    if (err == ERR_BAD_REQUEST)
        return job_fail_path(job, "path");
    if (err)
        job_fail(job, err);
    if (err == ERR_METHOD_NOT_ALLOWED)
        response_header(request, "Allow", method_list(&request->arena, allowed));
    return err;
}

static enum err check_types(struct server_job *job)
{
    const struct request *request = &job->request;
    unsigned flags = request->route->flags;
    bool carries = request->method == HTTP_POST || request->method == HTTP_PUT ||
                   request->method == HTTP_PATCH;
    struct str type;
    if (carries && !(flags & ROUTE_ANY_TYPE)) {
        bool there = request_header(request, "Content-Type", &type);
        if (there ? !negotiate_is_json(type) : job->has_body)
            return job_fail_early(job, ERR_UNSUPPORTED_TYPE);
    }
    job->coding = negotiate_body_coding(request);
    if (job->coding == CODING_UNKNOWN && job->has_body)
        return job_fail_early(job, ERR_UNSUPPORTED_TYPE);
    const char *produces = request->route->produces;
    if (!(flags & ROUTE_ANY_ACCEPT) &&
        !negotiate_accepts_type(request, str_of(produces ? produces : "application/json")))
        return job_fail_early(job, ERR_NOT_ACCEPTABLE);
    return ERR_OK;
}

static enum err check_admission(struct server_job *job)
{
    struct error error = {.arena = &job->request.arena};
    enum err err =
        job->server->options.admit ? job->server->options.admit(&job->request, &error) : ERR_OK;
    if (err)
        response_error(&job->request, &error);
    return err;
}

/* Two lengths that differ: whoever stands before us may have taken the other one (RFC 9112 6.3). */
static bool has_two_lengths(const struct request *request)
{
    struct str first = {0};
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_eq_nocase(request->headers[i].name, STR("Content-Length")))
            continue;
        if (first.p && !str_eq(first, request->headers[i].value))
            return true;
        first = request->headers[i].value;
    }
    return false;
}

/* What the headers say about the body. */
static void read_framing(struct server_job *job)
{
    struct request *request = &job->request;
    struct str value;
    int64_t size = 0;
    if (request_header(request, "Transfer-Encoding", &value))
        job->has_body = true;
    else if (request_header(request, "Content-Length", &value) && str_to_i64(value, &size))
        job->expected_size = size > 0 ? (uint64_t)size : 0;
    job->has_body = job->has_body || job->expected_size > 0;
    job->expects_continue =
        request_header(request, "Expect", &value) && str_eq_nocase(value, STR("100-continue"));
    job->takes_gzip = negotiate_accepts_gzip(request);
    if (!request_header(request, "Host", &request->host) || request->host.n == 0)
        request->host = str_of(job->server->host);
}

static enum err check_all(struct server_job *job, size_t head_size)
{
    struct request *request = &job->request;
    const struct server_options *options = &job->server->options;
    struct str coding;
    if (head_size > options->head_limit)
        return job_fail_early(job, ERR_HEAD_TOO_LARGE);
    if (request_header(request, "Transfer-Encoding", &coding) &&
        !str_eq_nocase(coding, STR("chunked")))
        return job_fail_early(job, ERR_NOT_IMPLEMENTED);
    if (has_two_lengths(request))
        return job_fail_early(job, ERR_BAD_REQUEST);
    if (!uri_escapes_are_whole(request->path))
        return job_fail_path(job, "path");
    if (!uri_parse_query(&request->arena, job->query_text, &request->query, &request->query_count))
        return job_fail_path(job, "query");
    enum err err = check_route(job);
    if (!err)
        err = check_types(job);
    if (!err)
        err = check_admission(job);
    if (!err && job->expected_size > options->body_limit)
        err = job_fail_early(job, ERR_TOO_LARGE);
    return err;
}

void job_check_head(struct server_job *job, size_t head_size)
{
    job->head_read = true;
    atomic_fetch_add(&job->server->active, 1);
    read_framing(job);
    enum err err = check_all(job, head_size);
    if (!err)
        return;
    /* libmicrohttpd knows only "chunked"; of other codings it cannot tell where the body ends. */
    bool at_once = job->has_body && (job->expects_continue || job->expected_size > DROP_MAX ||
                                     err == ERR_NOT_IMPLEMENTED || has_two_lengths(&job->request));
    job->early = at_once ? EARLY_AT_ONCE : EARLY_AFTER_BODY;
    job->must_linger = at_once;
}

/* --- the body --- */

bool job_take_body(struct server_job *job, struct str part)
{
    size_t limit = job->server->options.body_limit;
    job->body_size += part.n;
    if (job->early || job->body_over)
        return job->body_size / 4 <= limit + DROP_MAX;
    if (job->body.n == 0 && job->expected_size > part.n) {
        uint64_t wanted = job->expected_size < RESERVE_MAX ? job->expected_size : RESERVE_MAX;
        /* When this fails, so does the next line. */
        (void)!buf_reserve(&job->body, (size_t)wanted);
    }
    if (!buf_append(&job->body, part)) {
        job->body_over = true;
        buf_done(&job->body);
    }
    return true;
}

/* Fills request->body, inflated to at most `max` bytes. */
static enum err job_unpack(struct server_job *job, size_t max)
{
    struct request *request = &job->request;
    if (job->coding != CODING_GZIP || job->body.n == 0) {
        request->body = buf_str(&job->body);
        return ERR_OK;
    }
    job->inflated.n = 0;
    job->inflated.max = max;
    enum err err = gzip_inflate(buf_str(&job->body), &job->inflated);
    job->inflated.max = job->server->options.body_limit;
    request->body = buf_str(&job->inflated);
    return err;
}

static void job_fail_unpack(struct server_job *job, enum err err)
{
    struct error error = {.arena = &job->request.arena};
    if (err == ERR_BAD_REQUEST)
        error_set(&error, err, "The gzip data of the body is corrupt");
    else
        error.code = err;
    response_error(&job->request, &error);
}

/* --- the answer --- */

struct str job_piece(const struct server_job *job)
{
    return buf_str(job->gzip ? &job->packed : &job->piece);
}

static bool has_header(const struct response *response, struct str name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (str_eq_nocase(response->headers[i].name, name))
            return true;
    return false;
}

/* Whether an answer of this size would be sent packed. */
static bool wants_packing(const struct server_job *job, size_t size, bool more)
{
    const struct response *response = &job->request.response;
    return job->takes_gzip && (more || size >= PACK_MIN) && response->content_type &&
           response->header_count + 2 <= HTTP_RESPONSE_HEADERS_MAX &&
           negotiate_is_compressible(str_of(response->content_type)) &&
           !has_header(response, STR("Content-Encoding"));
}

/* What is left to do belongs on a worker, not on the network thread or on the caller's. */
static bool needs_worker(const struct server_job *job, size_t inline_max)
{
    const struct response *response = &job->request.response;
    if (response->produce)
        return true;
    return response->body.n > inline_max && wants_packing(job, response->body.n, false);
}

static void add_packing_headers(struct request *request)
{
    response_header(request, "Content-Encoding", STR("gzip"));
    if (!has_header(&request->response, STR("Vary")))
        response_header(request, "Vary", STR("Accept-Encoding"));
}

/* Packs a whole body; without memory for it the body goes out plain. */
static void pack_body(struct server_job *job)
{
    struct request *request = &job->request;
    struct gzip_stream *stream = gzip_stream_new();
    job->packed.n = 0;
    if (stream && gzip_stream_write(stream, request->response.body, true, &job->packed)) {
        request->response.body = buf_str(&job->packed);
        add_packing_headers(request);
    }
    gzip_stream_free(stream);
}

/* Only what has sent its head, as it is, to somebody who is there. */
static bool may_wait(const struct server_job *job)
{
    return job->streaming && !job->gzip && !atomic_load(&job->server->draining) &&
           !connection_is_gone(job->entry, true);
}

/* Lays a stream aside until it is woken. False when it was woken already, or has to end. */
static bool job_park(struct server_job *job)
{
    struct server *server = job->server;
    connection_wait(&server->connections, job->entry, job, job->wake_at);
    int none = PARK_NONE, waiting = PARK_WAITING;
    if (!atomic_compare_exchange_strong(&job->park, &none, PARK_WAITING))
        return false;
    /* This order, and that of server_free(), make sure that one of the two sees the other. From
     * here on the job is ours only if it can be taken back. */
    return !atomic_load(&server->draining) ||
           !atomic_compare_exchange_strong(&job->park, &waiting, PARK_NONE);
}

void job_wake(struct server_job *job)
{
    int park = atomic_load(&job->park);
    while (park != PARK_WOKEN) {
        int next = park == PARK_WAITING ? PARK_NONE : PARK_WOKEN;
        if (!atomic_compare_exchange_weak(&job->park, &park, next))
            continue;
        if (park == PARK_WAITING)
            job_next_piece(job);
        return;
    }
}

void request_wake(struct request *request)
{
    job_wake(request->job);
}

void request_wake_at(struct request *request, int64_t at_ns)
{
    request->job->wake_at = at_ns;
}

void request_drop(struct request *request)
{
    connection_shut(request->job->entry);
    job_wake(request->job);
}

/* Calls the producer until there is something to send. False when it waits: the job may be another
 * worker's by then. */
static bool produce_piece(struct server_job *job)
{
    struct request *request = &job->request;
    job->sent = 0;
    job->piece.n = job->packed.n = 0;
    while (!job->last_piece && job_piece(job).n == 0) {
        job->piece.n = 0;
        job->wake_at = 0;
        atomic_store(&job->park, PARK_NONE);
        http_producer produce = request->response.produce;
        enum produce_result result = produce(request, &job->piece);
        bool waits = result == PRODUCE_WAIT && job->piece.n == 0;
        job->last_piece = result == PRODUCE_DONE || (waits && !may_wait(job));
        if (request->response.produce != produce)
            return true; /* it made an error of it */
        if (waits && !job->last_piece) {
            if (job_park(job))
                return false;
            continue;
        }
        if (job->gzip &&
            !gzip_stream_write(job->gzip, buf_str(&job->piece), job->last_piece, &job->packed)) {
            job->dead = true;
            job->last_piece = true;
            return true;
        }
    }
    if (job->last_piece)
        job_release_response(job);
    return true;
}

/* Makes the first piece, and of it a plain answer when it is the only one. */
static void start_stream(struct server_job *job)
{
    struct response *response = &job->request.response;
    (void)produce_piece(job);
    if (!response->produce)
        return;
    if (job->last_piece) {
        response->body = buf_str(&job->piece);
        response->produce = NULL;
        return;
    }
    job->streaming = true;
    if (!wants_packing(job, job->piece.n, true))
        return;
    job->gzip = gzip_stream_new();
    if (!job->gzip)
        return;
    add_packing_headers(&job->request);
    if (!gzip_stream_write(job->gzip, buf_str(&job->piece), false, &job->packed))
        job->dead = true;
    else if (job->packed.n == 0)
        (void)produce_piece(job); /* what is packed does not wait */
}

/* Everything between the handler and the first byte. */
static void job_settle(struct server_job *job)
{
    struct response *response = &job->request.response;
    if (response->status == 0) {
        log_error("no_answer", REQUEST_LOG_ID " route=%s", (unsigned long long)job->request.log_id,
                  job->request.route ? job->request.route->pattern : "-");
        job_fail(job, ERR_INTERNAL);
    }
    if (response->produce)
        start_stream(job);
    if (!job->streaming && wants_packing(job, response->body.n, false))
        pack_body(job);
}

/* --- who does what --- */

void job_done(struct server_job *job)
{
    unsigned gate = atomic_fetch_or(&job->gate, GATE_DONE);
    if (gate & GATE_ABANDONED) {
        if (gate & GATE_GONE)
            job_discard(job);
    } else if (gate & GATE_SUSPENDED) {
        server_resume(job);
    }
}

static void job_handle(struct server_job *job)
{
    const struct route *route = job->request.route;
    enum err err = job_unpack(job, job->server->options.body_limit);
    if (err) {
        job_fail_unpack(job, err);
    } else {
        route->handle(&job->request);
        /* It may be finished, and gone, by now. */
        if (route->flags & ROUTE_DEFERRED)
            return;
    }
    job_settle(job);
    job_done(job);
}

void job_work(struct server_job *job)
{
    switch (job->step) {
    case STEP_HANDLE:
        job_handle(job);
        break;
    case STEP_FINISH:
        job_settle(job);
        job_done(job);
        break;
    case STEP_PRODUCE:
        if (produce_piece(job))
            job_done(job);
        break;
    }
}

void request_finish(struct request *request)
{
    struct server_job *job = request->job;
    struct server *server = job->server;
    if (atomic_fetch_or(&job->gate, GATE_HELD) & GATE_ABANDONED) {
        /* There may be no server any more. */
        job->dead = true;
        job_done(job);
        return;
    }
    /* From here to the end server_free() waits for us: job_done() still needs the daemon when the
     * job is long gone. */
    atomic_fetch_add(&server->finishing, 1);
    bool queued = false;
    if (needs_worker(job, PACK_MIN - 1)) {
        job->step = STEP_FINISH;
        queued = workers_push(server, job, true);
        if (!queued)
            job->dead = true;
    } else {
        job_settle(job);
    }
    if (!queued)
        job_done(job);
    atomic_fetch_sub(&server->finishing, 1);
}

bool request_is_abandoned(const struct request *request)
{
    int64_t age_ns = clock_monotonic_ns() - request->started_ns;
    return connection_is_gone(request->job->entry, age_ns > REQUEST_HALF_CLOSED_MS * 1000000LL);
}

/* Gives the job to a worker. */
static void job_queue(struct server_job *job, enum job_step step)
{
    job->step = step;
    if (workers_push(job->server, job, step != STEP_HANDLE))
        return;
    if (step == STEP_HANDLE) {
        job_fail(job, ERR_UNAVAILABLE);
        response_header(&job->request, "Retry-After", STR("1"));
    } else {
        job->dead = true;
    }
    job_done(job);
}

void job_next_piece(struct server_job *job)
{
    job_queue(job, STEP_PRODUCE);
}

/* Whether the network thread may run the handler; the body is unpacked then. */
static bool can_run_inline(struct server_job *job)
{
    if (!(job->request.route->flags & ROUTE_INLINE) || job->body.n >= INLINE_BODY_MAX)
        return false;
    if (job->coding != CODING_GZIP || job->body.n == 0)
        return job_unpack(job, INLINE_BODY_MAX) == ERR_OK;
    size_t limit = job->server->options.body_limit;
    if (job->body.n >= INLINE_GZIP_MAX)
        return false;
    /* What fails or is larger meets the full limit, and its error, on a worker. */
    return job_unpack(job, limit < INLINE_BODY_MAX ? limit : INLINE_BODY_MAX) == ERR_OK;
}

void job_begin(struct server_job *job)
{
    if (job->body_over)
        job_fail(job, ERR_TOO_LARGE);
    if (job->early || job->body_over) {
        job_settle(job);
        job_done(job);
        return;
    }
    if (!can_run_inline(job)) {
        job_queue(job, STEP_HANDLE);
        return;
    }
    const struct route *route = job->request.route;
    route->handle(&job->request);
    if (route->flags & ROUTE_DEFERRED)
        return;
    if (needs_worker(job, INLINE_PACK_MAX)) {
        job_queue(job, STEP_FINISH);
        return;
    }
    job_settle(job);
    job_done(job);
}
