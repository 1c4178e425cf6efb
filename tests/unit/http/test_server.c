/* The server as clients see it: a real one on a free port, raw sockets on the other side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/server.h"
#include "unit/http/client.h"

#define JSON "Content-Type: application/json\r\n"
#define HOST "Host: test\r\n"
#define BODY_LIMIT ((size_t)1 << 20)
#define ERROR_BODY(code, text) "{\"code\":" #code ",\"message\":\"HTTP " #code " " text "\"}"

/* --- the application behind the server --- */

/* Finishes deferred requests on a thread of its own, as a writer would. */
static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct request *requests[4096];
    size_t count;
    bool stopped;
} finisher = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

/* What handlers of /block wait for, and the requests that /hold keeps. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool open;
    int waiting;
    struct request *held[64];
    size_t held_count;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static atomic_int streams_open, producing, handled;

static void *finisher_main(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&finisher.lock);
    for (;;) {
        while (finisher.count == 0 && !finisher.stopped)
            pthread_cond_wait(&finisher.wake, &finisher.lock);
        if (finisher.count == 0)
            break;
        struct request *request = finisher.requests[--finisher.count];
        pthread_mutex_unlock(&finisher.lock);
        response_json(request, 200, str_format(&request->arena, "%zu", request->body.n));
        request_finish(request);
        pthread_mutex_lock(&finisher.lock);
    }
    pthread_mutex_unlock(&finisher.lock);
    return NULL;
}

static void handle_later(struct request *request)
{
    pthread_mutex_lock(&finisher.lock);
    assert_true(finisher.count < 4096);
    finisher.requests[finisher.count++] = request;
    pthread_cond_signal(&finisher.wake);
    pthread_mutex_unlock(&finisher.lock);
}

/* Deferred, but finished before it returns; sometimes with a large answer. */
static void handle_now(struct request *request)
{
    struct str size;
    if (request_query(request, "size", &size)) {
        size_t n = strtoul(size.p, NULL, 10);
        char *text = arena_alloc(&request->arena, n);
        memset(text, 'x', n);
        response_json(request, 200, str_make(text, n));
    } else {
        struct error error = {.arena = &request->arena, .code = ERR_CONFLICT};
        response_error(request, &error);
    }
    request_finish(request);
}

static void handle_hold(struct request *request)
{
    pthread_mutex_lock(&gate.lock);
    gate.held[gate.held_count++] = request;
    pthread_cond_broadcast(&gate.wake);
    pthread_mutex_unlock(&gate.lock);
}

static void handle_block(struct request *request)
{
    pthread_mutex_lock(&gate.lock);
    gate.waiting++;
    pthread_cond_broadcast(&gate.wake);
    while (!gate.open)
        pthread_cond_wait(&gate.wake, &gate.lock);
    gate.waiting--;
    pthread_mutex_unlock(&gate.lock);
    response_json(request, 200, STR("\"unblocked\""));
}

static void gate_set(bool open)
{
    pthread_mutex_lock(&gate.lock);
    gate.open = open;
    pthread_cond_broadcast(&gate.wake);
    pthread_mutex_unlock(&gate.lock);
}

static void gate_await(int waiting, size_t held)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.waiting < waiting || gate.held_count < held)
        pthread_cond_wait(&gate.wake, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static void handle_echo(struct request *request)
{
    atomic_fetch_add(&handled, 1);
    response_header(request, "Location", STR("/v1/echo"));
    response_json(request, 201, request->body);
}

static void handle_param(struct request *request)
{
    response_json(request, 200, request->path_params[0]);
}

/* "name=value;" of all query parameters. */
static void handle_query(struct request *request)
{
    struct str text = STR("");
    for (size_t i = 0; i < request->query_count; i++)
        text = str_format(&request->arena, "%.*s%.*s=%.*s;", STR_ARG(text),
                          STR_ARG(request->query[i].name), STR_ARG(request->query[i].value));
    response_json(request, 200, text);
}

static void handle_host(struct request *request)
{
    assert_string_equal(request->app, "the app");
    response_json(request, 200, request->host);
}

static void handle_big(struct request *request)
{
    struct str size;
    size_t n = request_query(request, "size", &size) ? strtoul(size.p, NULL, 10) : 10000;
    char *text = arena_alloc(&request->arena, n);
    memset(text, 'b', n);
    if (request_query(request, "packed", &size))
        response_header(request, "Content-Encoding", STR("br"));
    response_json(request, 200, str_make(text, n));
}

static void handle_empty(struct request *request)
{
    response_empty(request, 204);
}

/* Texts of clients may end up in headers. */
static void handle_bad_header(struct request *request)
{
    response_header(request, "X-Bad", STR("a\r\nX-Evil: b"));
    response_header(request, "X-Empty", STR(""));
    response_header(request, "X-Good", STR("c"));
    response_empty(request, 204);
}

static void handle_silent(struct request *request)
{
    (void)request;
}

static atomic_int abandoned_after_ms;

/* Works until nobody waits for the answer any more. */
static void handle_endless(struct request *request)
{
    int64_t begun = clock_monotonic_ns();
    atomic_fetch_add(&handled, 1);
    while (!request_is_abandoned(request) && clock_monotonic_ns() - begun < 10 * CLOCK_NS_PER_S)
        usleep(1000);
    atomic_store(&abandoned_after_ms, (int)((clock_monotonic_ns() - begun) / 1000000) + 1);
    response_json(request, 200, STR("\"ended\""));
}

/* As a handler that has read from a store. */
static void handle_reading(struct request *request)
{
    request->rows_read = 12;
    request->read_steps = 3456;
    response_json(request, 200, STR("[]"));
}

struct stream {
    int left;
    size_t size;
    bool fails;
    int delay_ms;
};

static enum produce_result produce(struct request *request, struct buf *out)
{
    struct stream *stream = request->response.produce_state;
    atomic_fetch_add(&producing, 1);
    if (stream->fails) {
        struct error error = {.arena = &request->arena, .code = ERR_CONFLICT};
        response_error(request, &error);
        return PRODUCE_DONE;
    }
    if (stream->delay_ms)
        usleep((useconds_t)stream->delay_ms * 1000);
    assert_true(buf_reserve(out, stream->size + 1));
    memset(out->p + out->n, 'a' + stream->left % 26, stream->size);
    out->n += stream->size;
    return --stream->left > 0 ? PRODUCE_MORE : PRODUCE_DONE;
}

static void release(struct request *request)
{
    struct stream *stream = request->response.produce_state;
    assert_true(stream->left > -100);
    stream->left = -1000;
    atomic_fetch_sub(&streams_open, 1);
}

static int query_number(const struct request *request, const char *name, int fallback)
{
    struct str value;
    if (!request_query(request, name, &value))
        return fallback;
    char text[16] = "";
    memcpy(text, value.p, value.n < 15 ? value.n : 15);
    return (int)strtol(text, NULL, 10);
}

static void handle_stream(struct request *request)
{
    struct stream *stream = arena_zalloc(&request->arena, sizeof(*stream));
    stream->left = query_number(request, "pieces", 5);
    stream->size = (size_t)query_number(request, "size", 100000);
    stream->delay_ms = query_number(request, "delay", 0);
    stream->fails = query_number(request, "fails", 0);
    atomic_fetch_add(&streams_open, 1);
    response_stream(request, "text/plain", produce, stream, release);
}

static void handle_stream_later(struct request *request)
{
    handle_stream(request);
    request_finish(request);
}

/* --- streams that wait --- */

#define FOLLOWERS_MAX 64

/* Those that wait on /v1/follow; each gets the number of the last event. */
static struct {
    pthread_mutex_t lock;
    struct request *requests[FOLLOWERS_MAX];
    int count, event;
} following = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct follow {
    int seen;
    int64_t tick_ms;
};

static enum produce_result produce_follow(struct request *request, struct buf *out)
{
    struct follow *follow = request->response.produce_state;
    atomic_fetch_add(&producing, 1);
    pthread_mutex_lock(&following.lock);
    int event = following.event;
    pthread_mutex_unlock(&following.lock);
    if (follow->seen < event) {
        follow->seen = event;
        assert_true(buf_append(out, str_format(&request->arena, "event %d\n", event)));
        return PRODUCE_MORE;
    }
    if (follow->tick_ms)
        request_wake_at(request, clock_monotonic_ns() + follow->tick_ms * 1000000);
    return PRODUCE_WAIT;
}

static void release_follow(struct request *request)
{
    pthread_mutex_lock(&following.lock);
    for (int i = 0; i < following.count; i++)
        if (following.requests[i] == request)
            following.requests[i--] = following.requests[--following.count];
    pthread_mutex_unlock(&following.lock);
    atomic_fetch_sub(&streams_open, 1);
}

/* `late`: says nothing first, which is a mistake. */
static void handle_follow(struct request *request)
{
    struct follow *follow = arena_zalloc(&request->arena, sizeof(*follow));
    struct str late;
    follow->tick_ms = query_number(request, "tick", 0);
    pthread_mutex_lock(&following.lock);
    assert_true(following.count < FOLLOWERS_MAX);
    following.requests[following.count++] = request;
    follow->seen = following.event - !request_query(request, "late", &late);
    pthread_mutex_unlock(&following.lock);
    atomic_fetch_add(&streams_open, 1);
    response_stream(request, "text/event-stream", produce_follow, follow, release_follow);
}

static void tell_followers(void (*how)(struct request *request))
{
    pthread_mutex_lock(&following.lock);
    following.event++;
    for (int i = 0; i < following.count; i++)
        how(following.requests[i]);
    pthread_mutex_unlock(&following.lock);
}

static const struct route routes[] = {
    {HTTP_GET, "/v1/follow", handle_follow, 0, "text/event-stream", NULL},
    {HTTP_POST, "/v1/echo", handle_echo, 0, NULL, NULL},
    {HTTP_PUT, "/v1/echo", handle_echo, 0, NULL, NULL},
    {HTTP_POST, "/v1/echo-inline", handle_echo, ROUTE_INLINE, NULL, NULL},
    {HTTP_POST, "/v1/any", handle_echo, ROUTE_ANY_TYPE, NULL, NULL},
    {HTTP_DELETE, "/v1/things/{id}", handle_empty, 0, NULL, NULL},
    {HTTP_GET, "/v1/things/{id}", handle_param, ROUTE_INLINE, NULL, NULL},
    {HTTP_POST, "/v1/later", handle_later, ROUTE_DEFERRED, NULL, NULL},
    {HTTP_POST, "/v1/later-inline", handle_later, ROUTE_DEFERRED | ROUTE_INLINE, NULL, NULL},
    {HTTP_POST, "/v1/now", handle_now, ROUTE_DEFERRED, NULL, NULL},
    {HTTP_POST, "/v1/now-inline", handle_now, ROUTE_DEFERRED | ROUTE_INLINE, NULL, NULL},
    {HTTP_GET, "/v1/hold", handle_hold, ROUTE_DEFERRED, NULL, NULL},
    {HTTP_GET, "/v1/hold-inline", handle_hold, ROUTE_DEFERRED | ROUTE_INLINE, NULL, NULL},
    {HTTP_GET, "/v1/block", handle_block, 0, NULL, NULL},
    {HTTP_GET, "/v1/endless", handle_endless, 0, NULL, NULL},
    {HTTP_GET, "/v1/reading", handle_reading, 0, NULL, NULL},
    {HTTP_GET, "/v1/query", handle_query, 0, NULL, NULL},
    {HTTP_GET, "/v1/host", handle_host, ROUTE_INLINE, NULL, NULL},
    {HTTP_GET, "/v1/big", handle_big, 0, NULL, NULL},
    {HTTP_GET, "/v1/big-inline", handle_big, ROUTE_INLINE, NULL, NULL},
    {HTTP_GET, "/v1/bad-header", handle_bad_header, 0, NULL, NULL},
    {HTTP_GET, "/v1/silent", handle_silent, 0, NULL, NULL},
    {HTTP_GET, "/v1/silent-inline", handle_silent, ROUTE_INLINE, NULL, NULL},
    {HTTP_GET, "/v1/stream", handle_stream, 0, "text/plain", NULL},
    {HTTP_GET, "/v1/stream-inline", handle_stream, ROUTE_INLINE, "text/plain", NULL},
    {HTTP_GET, "/v1/stream-later", handle_stream_later, ROUTE_DEFERRED | ROUTE_INLINE, "text/plain",
     NULL},
};

/* --- the server --- */

static struct server *server;
static int port;
static char app[] = "the app";

static struct server_options default_options(void)
{
    return (struct server_options){
        .listen = "127.0.0.1:0",
        .router = {routes, sizeof(routes) / sizeof(routes[0])},
        .app = app,
        .network_threads = 2,
        .workers = 2,
        .head_limit = 16384,
        .body_limit = BODY_LIMIT,
        .arena_cap = 16 << 20,
        .connection_limit = 1000,
        .idle_timeout_ms = 60000,
        .head_timeout_ms = 30000,
    };
}

static void start_with(const struct server_options *options)
{
    char message[256] = "";
    server = server_new(options, message, sizeof(message));
    if (!server)
        fail_msg("%s", message);
    port = server_port(server);
    gate_set(false);
    gate.held_count = 0;
}

static int start(void **state)
{
    struct server_options options = default_options();
    (void)state;
    start_with(&options);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    gate_set(true);
    server_free(server, 5000);
    server = NULL;
    assert_int_equal(atomic_load(&streams_open), 0);
    return 0;
}

static int start_finisher(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    return pthread_create(&finisher.thread, NULL, finisher_main, NULL);
}

static int stop_finisher(void **state)
{
    (void)state;
    pthread_mutex_lock(&finisher.lock);
    finisher.stopped = true;
    pthread_cond_signal(&finisher.wake);
    pthread_mutex_unlock(&finisher.lock);
    return pthread_join(finisher.thread, NULL);
}

/* --- expectations --- */

static void assert_body(const struct answer *answer, struct str wanted)
{
    assert_int_equal(answer->body.n, wanted.n);
    if (wanted.n)
        assert_memory_equal(answer->body.p, wanted.p, wanted.n);
}

static void assert_header(const struct answer *answer, const char *name, const char *wanted)
{
    const char *value = answer_header(answer, name);
    if (!wanted) {
        assert_null(value);
        return;
    }
    if (!value)
        fail_msg("no %s in %s", name, answer->head);
    assert_string_equal(value, wanted);
}

/* One request on its own connection: status and body. */
static void assert_ask(const char *request, int status, const char *body)
{
    struct answer answer;
    client_ask(port, request, &answer);
    if (answer.status != status)
        fail_msg("%d for %.200s", answer.status, request);
    if (body)
        assert_body(&answer, str_of(body));
    if (status >= 400)
        assert_header(&answer, "Content-Type", "application/json");
    assert_header(&answer, "Connection", NULL);
    assert_non_null(answer_header(&answer, "Date"));
    answer_done(&answer);
}

static void assert_read(struct client *client, int status, const char *body)
{
    struct answer answer;
    client_read(client, &answer, false);
    assert_int_equal(answer.status, status);
    if (body)
        assert_body(&answer, str_of(body));
    answer_done(&answer);
}

static void send_post(struct client *client, const char *path, const char *headers, struct str body)
{
    char head[512];
    int n =
        snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\n" HOST "%sContent-Length: %zu\r\n\r\n",
                 path, headers, body.n);
    client_send(client, str_make(head, (size_t)n));
    client_send(client, body);
}

static struct buf filled(size_t n)
{
    struct buf buf;
    buf_init(&buf, n);
    assert_true(buf_reserve(&buf, n));
    for (buf.n = 0; buf.n < n; buf.n++)
        buf.p[buf.n] = (char)('a' + buf.n % 17);
    return buf;
}

/* --- routes and heads --- */

static void test_simple(void **state)
{
    (void)state;
    assert_ask("GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n", 200, "a");
    assert_ask("GET /api/v1/things/a/ HTTP/1.1\r\n" HOST "\r\n", 200, "a");
    assert_ask("GET http://other/v1/things/a HTTP/1.1\r\n" HOST "\r\n", 200, "a");
    assert_ask("GET /v1/things/a%2Fb%20+ HTTP/1.1\r\n" HOST "\r\n", 200, "a/b +");
    assert_ask("DELETE /v1/things/a HTTP/1.1\r\n" HOST "\r\n", 204, "");
    assert_ask("POST /v1/echo HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{}", 201, "{}");
    assert_ask("POST /v1/echo-inline HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{}", 201,
               "{}");
    assert_ask("POST /v1/echo HTTP/1.1\r\n" HOST "\r\n", 201, "");
    assert_ask("GET /v1/silent HTTP/1.1\r\n" HOST "\r\n", 500, NULL);
    assert_ask("GET /v1/silent-inline HTTP/1.1\r\n" HOST "\r\n", 500, NULL);
    struct answer answer;
    client_ask(port, "GET /v1/things/a%00b HTTP/1.1\r\n" HOST "\r\n", &answer);
    assert_body(&answer, str_make("a\0b", 3));
    answer_done(&answer);
    client_ask(port, "PUT /v1/echo HTTP/1.1\r\n" HOST JSON "Content-Length: 1\r\n\r\n1", &answer);
    assert_header(&answer, "Location", "/v1/echo");
    answer_done(&answer);
    client_ask(port, "GET /v1/bad-header HTTP/1.1\r\n" HOST "\r\n", &answer);
    assert_int_equal(answer.status, 204);
    assert_header(&answer, "X-Good", "c");
    assert_header(&answer, "X-Evil", NULL);
    answer_done(&answer);
}

static void test_query(void **state)
{
    (void)state;
    assert_ask("GET /v1/query?a=1+2&b=%2B%26&&c HTTP/1.1\r\n" HOST "\r\n", 200, "a=1 2;b=+&;c=;");
    assert_ask("GET /v1/query/?x=%2525 HTTP/1.1\r\n" HOST "\r\n", 200, "x=%25;");
    assert_ask("GET /v1/query HTTP/1.1\r\n" HOST "\r\n", 200, "");
    assert_ask("GET /v1/query?a=%zz HTTP/1.1\r\n" HOST "\r\n", 400,
               "{\"code\":400,\"message\":\"The query has a broken percent escape\"}");
    assert_ask("GET /v1/things/%4 HTTP/1.1\r\n" HOST "\r\n", 400,
               "{\"code\":400,\"message\":\"The path has a broken percent escape\"}");
}

static void test_host(void **state)
{
    char wanted[64];
    (void)state;
    assert_ask("GET /v1/host HTTP/1.1\r\nHost: example.org:8080\r\n\r\n", 200, "example.org:8080");
    snprintf(wanted, sizeof(wanted), "127.0.0.1:%d", port);
    struct answer answer;
    client_ask(port, "GET /v1/host HTTP/1.0\r\n\r\n", &answer);
    assert_body(&answer, str_of(wanted));
    answer_done(&answer);
}

static void test_not_found(void **state)
{
    (void)state;
    assert_ask("GET /v1/nothing HTTP/1.1\r\n" HOST "\r\n", 404, ERROR_BODY(404, "Not Found"));
    assert_ask("BREW /v1/nothing HTTP/1.1\r\n" HOST "\r\n", 404, NULL);
    assert_ask("POST /v1/nothing HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 404, NULL);
    assert_ask("GET * HTTP/1.1\r\n" HOST "\r\n", 404, NULL);
}

static void assert_allow(const char *request, const char *allow)
{
    struct answer answer;
    client_ask(port, request, &answer);
    assert_int_equal(answer.status, 405);
    assert_header(&answer, "Allow", allow);
    assert_body(&answer, str_of(ERROR_BODY(405, "Method Not Allowed")));
    answer_done(&answer);
}

static void test_wrong_method(void **state)
{
    (void)state;
    assert_allow("GET /v1/echo HTTP/1.1\r\n" HOST "\r\n", "POST, PUT");
    assert_allow("PATCH /v1/things/a HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{}",
                 "GET, HEAD, DELETE");
    assert_allow("OPTIONS /v1/echo HTTP/1.1\r\n" HOST "\r\n", "POST, PUT");
    assert_allow("BREW /v1/query HTTP/1.1\r\n" HOST "\r\n", "GET, HEAD");
}

static void test_types(void **state)
{
    static const char refused[] = ERROR_BODY(415, "Unsupported Media Type");
    (void)state;
#define POST_TYPE(path, type)                                                                      \
    "POST " path " HTTP/1.1\r\n" HOST "Content-Type: " type "\r\nContent-Length: 2\r\n\r\n{}"
    assert_ask(POST_TYPE("/v1/echo", "text/plain"), 415, refused);
    assert_ask(POST_TYPE("/v1/echo", "APPLICATION/json;charset=utf-8"), 201, "{}");
    assert_ask(POST_TYPE("/v1/any", "text/plain"), 201, "{}");
    assert_ask("POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 415, refused);
    assert_ask("POST /v1/echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 415,
               refused);
    assert_ask("POST /v1/any HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 201, "{}");
    assert_ask("POST /v1/echo HTTP/1.1\r\n" HOST JSON
               "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
               415, refused);
    assert_ask("POST /v1/echo HTTP/1.1\r\n" HOST JSON
               "Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
               201, "{}");
}

static void test_accept(void **state)
{
    static const char refused[] = ERROR_BODY(406, "Not Acceptable");
    (void)state;
#define GET_ACCEPT(path, accept) "GET " path " HTTP/1.1\r\n" HOST "Accept: " accept "\r\n\r\n"
    assert_ask(GET_ACCEPT("/v1/query", "text/html"), 406, refused);
    assert_ask(GET_ACCEPT("/v1/query", "text/html, */*;q=0.1"), 200, "");
    assert_ask(GET_ACCEPT("/v1/query", "*/*;q=0"), 406, refused);
    assert_ask(GET_ACCEPT("/v1/stream?pieces=1&size=2", "application/json"), 406, refused);
    assert_ask(GET_ACCEPT("/v1/stream?pieces=1&size=2", "text/*"), 200, "bb");
}

/* Our own check answers first; far beyond, libmicrohttpd does. */
static void test_head_limit(void **state)
{
    static const size_t sizes[] = {16100, 16400, 30000, 200000};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct client client;
        struct answer answer;
        struct buf text = filled(sizes[i]);
        client_open(&client, port);
        client_send_text(&client, "GET /v1/query HTTP/1.1\r\nX-Large: ");
        /* The server may stop reading at any point. */
        if (client_try_send(&client, buf_str(&text)))
            client_try_send(&client, STR("\r\n\r\n"));
        client_read(&client, &answer, false);
        assert_int_equal(answer.status, i == 0 ? 200 : 431);
        if (i == 1 || i == 2)
            assert_body(&answer, str_of(ERROR_BODY(431, "Request Header Fields Too Large")));
        answer_done(&answer);
        client_close(&client);
        buf_done(&text);
    }
    struct buf text = filled(17000);
    struct client client;
    client_open(&client, port);
    client_send_text(&client, "GET /v1/query?");
    client_send(&client, buf_str(&text));
    client_send_text(&client, " HTTP/1.1\r\n\r\n");
    assert_read(&client, 431, NULL);
    client_close(&client);
    buf_done(&text);
}

/* --- connections --- */

static void test_keep_alive(void **state)
{
    struct client client;
    (void)state;
    client_open(&client, port);
    for (int i = 0; i < 50; i++) {
        client_send_text(&client, "GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n");
        assert_read(&client, 200, "a");
        send_post(&client, "/v1/later-inline", JSON, STR("{}"));
        assert_read(&client, 200, "2");
        send_post(&client, "/v1/later", JSON, STR("{}"));
        assert_read(&client, 200, "2");
        /* An error keeps the connection too, with its body read and dropped. */
        send_post(&client, "/v1/nothing", JSON, STR("{\"dropped\":1}"));
        assert_read(&client, 404, NULL);
        send_post(&client, "/v1/now-inline", JSON, STR("{}"));
        assert_read(&client, 409, NULL);
        send_post(&client, "/v1/now", JSON, STR("{}"));
        assert_read(&client, 409, NULL);
    }
    client_send_text(&client, "GET /v1/things/a HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    assert_read(&client, 200, "a");
    assert_true(client_sees_end(&client, 5000));
    client_close(&client);
}

static void test_pipelining(void **state)
{
    struct client client;
    (void)state;
    client_open(&client, port);
    client_send_text(&client,
                     "GET /v1/things/1 HTTP/1.1\r\n" HOST "\r\n"
                     "POST /v1/later HTTP/1.1\r\n" HOST JSON "Content-Length: 3\r\n\r\nabc"
                     "GET /v1/stream?pieces=3&size=1000 HTTP/1.1\r\n" HOST "\r\n"
                     "POST /v1/later-inline HTTP/1.1\r\n" HOST JSON "Content-Length: 4\r\n\r\nabcd"
                     "GET /v1/things/2 HTTP/1.1\r\n" HOST "\r\n");
    assert_read(&client, 200, "1");
    assert_read(&client, 200, "3");
    assert_read(&client, 200, NULL);
    assert_read(&client, 200, "4");
    assert_read(&client, 200, "2");
    client_close(&client);
}

static void test_slow_pieces(void **state)
{
    static const char request[] =
        "POST /v1/echo HTTP/1.1\r\n" HOST JSON "Content-Length: 11\r\n\r\n{\"abc\":123}";
    struct client client;
    (void)state;
    client_open(&client, port);
    for (size_t i = 0; i + 1 < sizeof(request); i++) {
        client_send(&client, str_make(request + i, 1));
        if (i % 8 == 0)
            usleep(500);
    }
    assert_read(&client, 201, "{\"abc\":123}");
    client_close(&client);
}

static void test_old_clients(void **state)
{
    struct client client;
    struct answer answer;
    (void)state;
    client_open(&client, port);
    client_send_text(&client, "GET /v1/stream?pieces=4&size=50000 HTTP/1.0\r\n\r\n");
    client_read(&client, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_false(answer.chunked);
    assert_int_equal(answer.body.n, 200000);
    answer_done(&answer);
    client_close(&client);
}

static void test_head_method(void **state)
{
    struct client client;
    struct answer answer;
    (void)state;
    client_open(&client, port);
    client_send_text(&client, "HEAD /v1/big HTTP/1.1\r\n" HOST "\r\n");
    client_read(&client, &answer, true);
    assert_header(&answer, "Content-Length", "10000");
    answer_done(&answer);
    client_send_text(&client, "HEAD /v1/big HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n");
    client_read(&client, &answer, true);
    assert_header(&answer, "Content-Encoding", "gzip");
    answer_done(&answer);
    client_send_text(&client, "HEAD /v1/nothing HTTP/1.1\r\n" HOST "\r\n");
    client_read(&client, &answer, true);
    assert_int_equal(answer.status, 404);
    answer_done(&answer);
    /* Nothing of a body came in between. */
    client_send_text(&client, "GET /v1/things/x HTTP/1.1\r\n" HOST "\r\n");
    assert_read(&client, 200, "x");
    client_send_text(&client, "HEAD /v1/stream HTTP/1.1\r\n" HOST "\r\n");
    client_read(&client, &answer, true);
    assert_int_equal(answer.status, 200);
    assert_header(&answer, "Content-Type", "text/plain");
    answer_done(&answer);
    client_close(&client);
}

/* --- bodies --- */

static void test_chunked_body(void **state)
{
    struct client client;
    (void)state;
    client_open(&client, port);
    for (int i = 0; i < 3; i++) {
        client_send_text(&client,
                         "POST /v1/echo HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n"
                         "3\r\n{\"a\r\n1;x=y\r\n\"\r\n");
        usleep(2000);
        client_send_text(&client, "3\r\n:1}\r\n0\r\nTrailer: x\r\n\r\n");
        assert_read(&client, 201, "{\"a\":1}");
    }
    client_close(&client);
}

static void test_expect(void **state)
{
    struct client client;
    struct answer answer;
    (void)state;
    client_open(&client, port);
    client_send_text(&client, "POST /v1/echo HTTP/1.1\r\n" HOST JSON
                              "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    client_read(&client, &answer, false);
    assert_int_equal(answer.status, 100);
    answer_done(&answer);
    client_send_text(&client, "[]");
    assert_read(&client, 201, "[]");
    /* An error comes instead of the 100. */
    client_send_text(&client, "POST /v1/nothing HTTP/1.1\r\n" HOST JSON
                              "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_read(&client, 404, NULL);
    assert_true(client_sees_end(&client, 5000));
    client_close(&client);
}

static void test_large_bodies(void **state)
{
    static const size_t sizes[] = {1, 65535, 65536, 65537, BODY_LIMIT};
    static const char *const paths[] = {"/v1/echo", "/v1/echo-inline"};
    struct client client;
    (void)state;
    client_open(&client, port);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t k = 0; k < 2; k++) {
            struct buf body = filled(sizes[i]);
            struct answer answer;
            send_post(&client, paths[k], JSON, buf_str(&body));
            client_read(&client, &answer, false);
            assert_int_equal(answer.status, 201);
            assert_body(&answer, buf_str(&body));
            answer_done(&answer);
            buf_done(&body);
        }
    }
    client_close(&client);
}

/* The answer has to be read although the client sends everything before it looks. */
static void test_body_limit(void **state)
{
    static const size_t sizes[] = {BODY_LIMIT + 1, 8 * BODY_LIMIT, 30 * BODY_LIMIT};
    int before = atomic_load(&handled);
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct client client;
        struct buf body = filled(sizes[i]);
        client_open(&client, port);
        send_post(&client, "/v1/echo", JSON, buf_str(&body));
        assert_read(&client, 413, ERROR_BODY(413, "Request Entity Too Large"));
        client_close(&client);
        buf_done(&body);
    }
    assert_int_equal(atomic_load(&handled), before);
}

static void test_body_limit_chunked(void **state)
{
    struct buf body = filled(BODY_LIMIT + 1);
    struct client client;
    (void)state;
    client_open(&client, port);
    client_send_text(&client, "POST /v1/echo HTTP/1.1\r\n" HOST JSON
                              "Transfer-Encoding: chunked\r\n\r\n100001\r\n");
    client_send(&client, buf_str(&body));
    client_send_text(&client, "\r\n0\r\n\r\n");
    assert_read(&client, 413, ERROR_BODY(413, "Request Entity Too Large"));
    client_send_text(&client, "GET /v1/things/x HTTP/1.1\r\n" HOST "\r\n");
    assert_read(&client, 200, "x");
    client_close(&client);
    /* Someone who never stops is cut off. */
    client_open(&client, port);
    client_send_text(&client,
                     "POST /v1/echo HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n");
    bool taken = true;
    for (int i = 0; i < 30 && taken; i++)
        taken = client_try_send(&client, STR("100000\r\n")) &&
                client_try_send(&client, str_make(body.p, BODY_LIMIT)) &&
                client_try_send(&client, STR("\r\n"));
    assert_false(taken);
    client_close(&client);
    buf_done(&body);
}

static void test_unknown_coding(void **state)
{
    struct client client;
    (void)state;
    client_open(&client, port);
    client_send_text(&client, "POST /v1/echo HTTP/1.1\r\n" HOST JSON
                              "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
    assert_read(&client, 501, NULL);
    assert_true(client_sees_end(&client, 5000));
    client_close(&client);
}

/* --- gzip --- */

static void assert_gzip_post(struct client *client, const char *path, struct str packed, int status,
                             struct str body)
{
    struct answer answer;
    send_post(client, path, JSON "Content-Encoding: gzip\r\n", packed);
    client_read(client, &answer, false);
    assert_int_equal(answer.status, status);
    if (status < 400)
        assert_body(&answer, body);
    answer_done(&answer);
}

static void test_gzip_in(void **state)
{
    static const size_t sizes[] = {1, 2000, 65535, 65536, 200000, BODY_LIMIT, BODY_LIMIT + 1};
    static const char *const paths[] = {"/v1/echo", "/v1/echo-inline"};
    struct client client;
    (void)state;
    client_open(&client, port);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct buf body = filled(sizes[i]), packed;
        client_gzip(buf_str(&body), &packed);
        for (size_t k = 0; k < 2; k++) {
            assert_gzip_post(&client, paths[k], buf_str(&packed), sizes[i] > BODY_LIMIT ? 413 : 201,
                             buf_str(&body));
            assert_gzip_post(&client, paths[k], str_make(packed.p, packed.n - 1),
                             sizes[i] > BODY_LIMIT ? 413 : 400, STR(""));
        }
        buf_done(&body);
        buf_done(&packed);
    }
    assert_gzip_post(&client, "/v1/echo", STR("plain"), 400, STR(""));
    assert_gzip_post(&client, "/v1/later-inline", STR("plain"), 400, STR(""));
    assert_gzip_post(&client, "/v1/echo", STR(""), 201, STR(""));
    client_close(&client);
}

static void assert_packed(const char *target, bool wanted, size_t size)
{
    char request[256];
    struct answer answer;
    struct buf plain;
    snprintf(request, sizeof(request),
             "GET %s HTTP/1.1\r\n" HOST "Accept-Encoding: deflate, gzip\r\n\r\n", target);
    client_ask(port, request, &answer);
    assert_int_equal(answer.status, 200);
    assert_header(&answer, "Content-Encoding", wanted ? "gzip" : NULL);
    assert_header(&answer, "Vary", wanted ? "Accept-Encoding" : NULL);
    if (wanted) {
        client_gunzip(buf_str(&answer.body), &plain);
        assert_int_equal(plain.n, size);
        buf_done(&plain);
    } else {
        assert_int_equal(answer.body.n, size);
    }
    answer_done(&answer);
}

static void test_gzip_out(void **state)
{
    struct answer answer;
    (void)state;
    assert_packed("/v1/big?size=255", false, 255);
    assert_packed("/v1/big?size=256", true, 256);
    assert_packed("/v1/big?size=3000000", true, 3000000);
    assert_packed("/v1/big-inline?size=300", true, 300);
    assert_packed("/v1/big-inline?size=300000", true, 300000);
    assert_packed("/v1/stream?pieces=1&size=255", false, 255);
    assert_packed("/v1/stream?pieces=1&size=256", true, 256);
    assert_packed("/v1/stream?pieces=2&size=200", true, 400);
    assert_packed("/v1/stream?pieces=50&size=100000", true, 5000000);
    assert_packed("/v1/stream-inline?pieces=5&size=1000", true, 5000);
    assert_packed("/v1/stream-later?pieces=5&size=1000", true, 5000);
    client_ask(port, "GET /v1/big?packed HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n",
               &answer);
    assert_header(&answer, "Content-Encoding", "br");
    assert_int_equal(answer.body.n, 10000);
    answer_done(&answer);
    client_ask(port,
               "POST /v1/now-inline?size=5000 HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n",
               &answer);
    assert_header(&answer, "Content-Encoding", "gzip");
    answer_done(&answer);
    client_ask(port, "GET /v1/big HTTP/1.1\r\n" HOST "Accept-Encoding: gzip;q=0\r\n\r\n", &answer);
    assert_header(&answer, "Content-Encoding", NULL);
    answer_done(&answer);
}

/* --- streams --- */

static void test_streams(void **state)
{
    static const char *const paths[] = {"/v1/stream", "/v1/stream-inline", "/v1/stream-later"};
    struct client client;
    (void)state;
    client_open(&client, port);
    for (size_t i = 0; i < 3; i++) {
        char request[128];
        struct answer answer;
        snprintf(request, sizeof(request), "GET %s?pieces=3&size=150000 HTTP/1.1\r\n" HOST "\r\n",
                 paths[i]);
        client_send_text(&client, request);
        client_read(&client, &answer, false);
        assert_int_equal(answer.status, 200);
        assert_true(answer.chunked);
        assert_int_equal(answer.body.n, 450000);
        for (size_t k = 0; k < answer.body.n; k++)
            if (answer.body.p[k] != (char)('a' + 3 - k / 150000))
                fail_msg("wrong byte at %zu", k);
        answer_done(&answer);
        snprintf(request, sizeof(request), "GET %s?pieces=1&size=10 HTTP/1.1\r\n" HOST "\r\n",
                 paths[i]);
        client_send_text(&client, request);
        client_read(&client, &answer, false);
        assert_header(&answer, "Content-Length", "10");
        answer_done(&answer);
        snprintf(request, sizeof(request), "GET %s?fails=1 HTTP/1.1\r\n" HOST "\r\n", paths[i]);
        client_send_text(&client, request);
        assert_read(&client, 409, ERROR_BODY(409, "Conflict"));
        snprintf(request, sizeof(request), "GET %s?pieces=1&size=0 HTTP/1.1\r\n" HOST "\r\n",
                 paths[i]);
        client_send_text(&client, request);
        assert_read(&client, 200, "");
    }
    client_close(&client);
}

static void await_no_streams(void)
{
    for (int i = 0; i < 5000 && atomic_load(&streams_open) > 0; i++)
        usleep(1000);
    assert_int_equal(atomic_load(&streams_open), 0);
}

static void test_client_goes_away(void **state)
{
    (void)state;
    atomic_store(&producing, 0);
    for (int i = 0; i < 20; i++) {
        struct client client;
        client_open(&client, port);
        client_send_text(&client,
                         "GET /v1/stream?pieces=100000&size=100000 HTTP/1.1\r\n" HOST "\r\n");
        if (i % 4) {
            char some[1000];
            assert_true(recv(client.fd, some, sizeof(some), 0) > 0);
        }
        client_close(&client);
    }
    await_no_streams();
    assert_true(atomic_load(&producing) < 20000);
    for (int i = 0; i < 20; i++) {
        struct client client;
        client_open(&client, port);
        client_send_text(&client,
                         "POST /v1/later HTTP/1.1\r\n" HOST JSON "Content-Length: 100\r\n\r\n{}");
        client_close(&client);
        client_open(&client, port);
        send_post(&client, i % 2 ? "/v1/later" : "/v1/later-inline", JSON, STR("{}"));
        client_close(&client);
    }
    assert_ask("GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n", 200, "a");
}

static void follow(struct client *client, const char *query)
{
    char request[128];
    client_open(client, port);
    snprintf(request, sizeof(request),
             "GET /v1/follow%s HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n", query);
    client_send_text(client, request);
}

/* Reads until a text has come. */
static void await_text(struct client *client, const char *text)
{
    char part[4096];
    for (;;) {
        if (client->in.n && memmem(client->in.p, client->in.n, text, strlen(text)))
            break;
        ssize_t n = recv(client->fd, part, sizeof(part), 0);
        assert_true(n > 0);
        assert_true(buf_append(&client->in, str_make(part, (size_t)n)));
    }
    client->in.n = 0;
}

static int last_event(void)
{
    pthread_mutex_lock(&following.lock);
    int event = following.event;
    pthread_mutex_unlock(&following.lock);
    return event;
}

static void await_event(struct client *client)
{
    char text[32];
    snprintf(text, sizeof(text), "event %d\n", last_event());
    await_text(client, text);
}

/* Far more of them wait than there are workers, and others are served meanwhile. */
static void test_waiting(void **state)
{
    struct client clients[20];
    (void)state;
    for (size_t i = 0; i < 20; i++)
        follow(&clients[i], "");
    for (size_t i = 0; i < 20; i++)
        await_event(&clients[i]);
    for (int turn = 0; turn < 50; turn++) {
        tell_followers(request_wake);
        for (size_t i = 0; i < 20; i++)
            await_event(&clients[i]);
        assert_ask("GET /v1/big?size=5 HTTP/1.1\r\n" HOST "\r\n", 200, "bbbbb");
    }
    for (size_t i = 0; i < 20; i++)
        client_close(&clients[i]);
    await_no_streams(); /* though nobody wakes them */
}

static void test_waiting_for_a_time(void **state)
{
    struct client client;
    (void)state;
    follow(&client, "?tick=20");
    await_event(&client);
    atomic_store(&producing, 0);
    usleep(500000);
    assert_in_range(atomic_load(&producing), 3, 30);
    client_close(&client);
    await_no_streams();
}

static void *tell_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2000; i++) {
        tell_followers(request_wake);
        usleep(100);
    }
    return NULL;
}

/* Wakes while it produces, sends, waits, comes and goes: the last one always arrives. */
static void test_waking(void **state)
{
    pthread_t thread;
    (void)state;
    for (int turn = 0; turn < 3; turn++) {
        struct client clients[8];
        pthread_create(&thread, NULL, tell_often, NULL);
        for (size_t i = 0; i < 8; i++)
            follow(&clients[i], i % 2 ? "?tick=1" : "");
        client_close(&clients[0]);
        pthread_join(thread, NULL);
        for (size_t i = 1; i < 8; i++) {
            await_event(&clients[i]);
            client_close(&clients[i]);
        }
        await_no_streams();
    }
}

static void test_dropping(void **state)
{
    struct client client;
    (void)state;
    follow(&client, "");
    await_event(&client);
    tell_followers(request_drop);
    char part[4096];
    while (recv(client.fd, part, sizeof(part), 0) > 0)
        ;
    client_close(&client);
    await_no_streams();
}

/* What may not wait ends instead: an answer that has said nothing yet. */
static void test_waiting_too_early(void **state)
{
    (void)state;
    assert_ask("GET /v1/follow?late=1 HTTP/1.1\r\n" HOST "\r\n", 200, "");
    await_no_streams();
}

static void test_shutdown_of_waiting(void **state)
{
    (void)state;
    for (int turn = 0; turn < 10; turn++) {
        struct server_options options = default_options();
        struct client clients[10];
        pthread_t thread;
        char part[4096];
        start_with(&options);
        for (size_t i = 0; i < 10; i++)
            follow(&clients[i], i % 2 ? "?tick=1" : "");
        for (size_t i = 0; i < 10; i++)
            await_event(&clients[i]);
        bool busy = turn % 2;
        if (busy)
            pthread_create(&thread, NULL, tell_often, NULL);
        int64_t begun = clock_monotonic_ns();
        server_free(server, turn % 3 ? 20000 : 0);
        assert_true(clock_monotonic_ns() - begun < 5 * CLOCK_NS_PER_S);
        server = NULL;
        await_no_streams();
        if (busy)
            pthread_join(thread, NULL);
        for (size_t i = 0; i < 10; i++) {
            while (recv(clients[i].fd, part, sizeof(part), 0) > 0)
                ;
            client_close(&clients[i]);
        }
    }
}

/* Waits until handle_endless() runs; then how long it ran after `leave`. */
static int endless_ends_after(void (*leave)(struct client *))
{
    struct client client;
    atomic_store(&handled, 0);
    atomic_store(&abandoned_after_ms, 0);
    client_open(&client, port);
    client_send_text(&client, "GET /v1/endless HTTP/1.1\r\n" HOST "\r\n");
    for (int i = 0; i < 5000 && !atomic_load(&handled); i++)
        usleep(1000);
    leave(&client);
    for (int i = 0; i < 20000 && !atomic_load(&abandoned_after_ms); i++)
        usleep(1000);
    return atomic_load(&abandoned_after_ms);
}

static void reset_connection(struct client *client)
{
    struct linger at_once = {1, 0};
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    client_close(client);
}

static void test_abandoned(void **state)
{
    (void)state;
    assert_in_range(endless_ends_after(reset_connection), 1, 5000);
    assert_in_range(endless_ends_after(client_close), REQUEST_HALF_CLOSED_MS, 5000);
}

static void test_timing(void **state)
{
    static const char *const requests[] = {
        "GET /v1/big HTTP/1.1\r\n" HOST "\r\n",
        "GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n",
        "GET /nothing HTTP/1.1\r\n" HOST "\r\n",
        "POST /v1/later HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{}",
        "GET /v1/stream HTTP/1.1\r\n" HOST "\r\n",
    };
    struct answer answer;
    double ms;
    char end;
    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        client_ask(port, requests[i], &answer);
        const char *timing = answer_header(&answer, "Server-Timing");
        assert_non_null(timing);
        assert_int_equal(sscanf(timing, "total;dur=%lf%c", &ms, &end), 1);
        assert_true(ms >= 0 && ms < 10000);
        answer_done(&answer);
    }
    client_ask(port, "GET /v1/reading HTTP/1.1\r\n" HOST "\r\n", &answer);
    const char *timing = answer_header(&answer, "Server-Timing");
    assert_non_null(timing);
    assert_non_null(strstr(timing, ", rows;desc=\"12 rows\", steps;desc=\"3456 steps\""));
    answer_done(&answer);
}

/* --- who may pass --- */

static enum err admit_some(struct request *request, struct error *reterr)
{
    struct str value;
    return request_header(request, "X-Pass", &value)
               ? ERR_OK
               : error_set(reterr, ERR_FORBIDDEN, "not %s", request->route->pattern);
}

static void test_admission(void **state)
{
    struct server_options options = default_options();
    struct client client;
    (void)state;
    options.admit = admit_some;
    start_with(&options);
    client_open(&client, port);
    client_send_text(&client, "GET /v1/things/a HTTP/1.1\r\nX-Pass: 1\r\n" HOST "\r\n");
    assert_read(&client, 200, "a");
    client_send_text(&client, "GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n");
    assert_read(&client, 403, "{\"code\":403,\"message\":\"not /v1/things/{id}\"}");
    client_send_text(&client, "GET /v1/nothing HTTP/1.1\r\n" HOST "\r\n");
    assert_read(&client, 404, "{\"code\":404,\"message\":\"HTTP 404 Not Found\"}");
    client_close(&client);
}

/* --- limits --- */

static void test_head_timeout(void **state)
{
    struct server_options options = default_options();
    struct client idle, half, used, late;
    (void)state;
    options.head_timeout_ms = 500;
    start_with(&options);
    client_open(&used, port);
    client_send_text(&used, "GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n");
    assert_read(&used, 200, "a");
    client_open(&late, port);
    client_send_text(&late, "GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n");
    assert_read(&late, 200, "a");
    int64_t begin = clock_monotonic_ns();
    client_open(&idle, port);
    client_open(&half, port);
    /* A byte now and then helps nobody. */
    bool open = true;
    for (int i = 0; i < 200 && open; i++) {
        open = !client_sees_end(&half, 20) && client_try_send(&half, STR("G"));
        client_try_send(&late, STR("G"));
    }
    assert_false(open);
    assert_in_range(clock_monotonic_ns() - begin, 400 * 1000000LL, 3000 * 1000000LL);
    assert_true(client_sees_end(&idle, 2000));
    for (int i = 0; i < 200 && client_try_send(&late, STR("G")); i++)
        usleep(20000);
    assert_true(client_sees_end(&late, 2000));
    /* Waiting between requests is the idle timeout's business, and what comes then is in time. */
    client_send_text(&used, "GET /v1/things/b HTTP/1.1\r\n");
    usleep(200000);
    client_send_text(&used, HOST "\r\n");
    assert_read(&used, 200, "b");
    client_close(&idle);
    client_close(&half);
    client_close(&used);
    client_close(&late);
}

static void test_idle_timeout(void **state)
{
    struct server_options options = default_options();
    struct client client;
    (void)state;
    options.idle_timeout_ms = 1000;
    start_with(&options);
    client_open(&client, port);
    client_send_text(&client, "GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n");
    assert_read(&client, 200, "a");
    assert_true(client_sees_end(&client, 4000));
    client_close(&client);
    /* A request that is being worked on is not idle. */
    client_open(&client, port);
    client_send_text(&client, "GET /v1/hold HTTP/1.1\r\n" HOST "\r\n");
    gate_await(0, 1);
    sleep(3);
    response_json(gate.held[0], 200, STR("held"));
    request_finish(gate.held[0]);
    assert_read(&client, 200, "held");
    client_close(&client);
}

static void test_connection_limit(void **state)
{
    struct server_options options = default_options();
    struct client clients[4];
    (void)state;
    options.connection_limit = 2;
    options.network_threads = 1;
    start_with(&options);
    for (int i = 0; i < 4; i++) {
        client_open(&clients[i], port);
        client_send_text(&clients[i], "GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n");
    }
    assert_read(&clients[0], 200, "a");
    assert_read(&clients[1], 200, "a");
    /* The others wait for a place. */
    assert_false(client_sees_end(&clients[2], 100));
    client_close(&clients[0]);
    client_close(&clients[1]);
    assert_read(&clients[2], 200, "a");
    assert_read(&clients[3], 200, "a");
    client_close(&clients[2]);
    client_close(&clients[3]);
}

/* Waits until `wanted` of the connections have something to read. */
static void await_readable(const struct client *clients, size_t count, int wanted)
{
    struct pollfd fds[512];
    int ready = 0;
    for (size_t i = 0; i < count; i++)
        fds[i] = (struct pollfd){clients[i].fd, POLLIN, 0};
    for (int i = 0; i < 20000 && ready < wanted; i++) {
        ready = poll(fds, count, 1);
        usleep(1000);
    }
    assert_int_equal(ready, wanted);
}

static void test_full_queue(void **state)
{
    struct server_options options = default_options();
    static struct client clients[300];
    struct answer answer;
    int refused = 0;
    (void)state;
    options.workers = 1;
    start_with(&options);
    for (int i = 0; i < 300; i++) {
        client_open(&clients[i], port);
        client_send_text(&clients[i], "GET /v1/block HTTP/1.1\r\n" HOST "\r\n");
        if (i == 0)
            gate_await(1, 0);
    }
    /* 256 wait, one is in work. */
    await_readable(clients, 300, 300 - 257);
    /* INLINE routes do not need the queue. */
    assert_ask("GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n", 200, "a");
    gate_set(true);
    for (int i = 0; i < 300; i++) {
        client_read(&clients[i], &answer, false);
        if (answer.status == 503) {
            assert_header(&answer, "Retry-After", "1");
            assert_body(&answer, str_of(ERROR_BODY(503, "Service Unavailable")));
            refused++;
        } else {
            assert_int_equal(answer.status, 200);
        }
        answer_done(&answer);
        client_close(&clients[i]);
    }
    assert_int_equal(refused, 300 - 257);
}

/* --- start and stop --- */

static void *free_server(void *wait_ms)
{
    server_free(server, *(int64_t *)wait_ms);
    return NULL;
}

static void test_shutdown_waits(void **state)
{
    struct client blocked, held, idle, stream;
    struct answer answer;
    pthread_t thread;
    int64_t wait_ms = 10000;
    (void)state;
    client_open(&idle, port);
    client_send_text(&idle, "GET /v1/things/a HTTP/1.1\r\n" HOST "\r\n");
    assert_read(&idle, 200, "a");
    client_open(&blocked, port);
    client_send_text(&blocked, "GET /v1/block HTTP/1.1\r\n" HOST "\r\n");
    client_open(&held, port);
    client_send_text(&held, "GET /v1/hold-inline HTTP/1.1\r\n" HOST "\r\n");
    client_open(&stream, port);
    client_send_text(&stream,
                     "GET /v1/stream?pieces=20&size=100000&delay=5 HTTP/1.1\r\n" HOST "\r\n");
    gate_await(1, 1);
    while (atomic_load(&streams_open) == 0)
        usleep(1000);
    pthread_create(&thread, NULL, free_server, &wait_ms);
    usleep(50000);
    gate_set(true);
    response_json(gate.held[0], 200, STR("held"));
    request_finish(gate.held[0]);
    client_read(&blocked, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_header(&answer, "Connection", "close");
    answer_done(&answer);
    assert_read(&held, 200, "held");
    client_read(&stream, &answer, false);
    assert_int_equal(answer.body.n, 2000000);
    answer_done(&answer);
    assert_true(client_sees_end(&idle, 5000));
    pthread_join(thread, NULL);
    server = NULL;
    client_close(&idle);
    client_close(&blocked);
    client_close(&held);
    client_close(&stream);
}

/* Those that are not finished in time lose their connection; finishing them later does no harm. */
static void test_shutdown_gives_up(void **state)
{
    static const char *const paths[] = {"/v1/hold", "/v1/hold-inline"};
    struct client clients[6], queued[3];
    char request[64];
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i % 2]);
        client_open(&clients[i], port);
        client_send_text(&clients[i], request);
    }
    gate_await(0, 6);
    for (size_t i = 0; i < 3; i++) {
        client_open(&queued[i], port);
        client_send_text(&queued[i], "GET /v1/block HTTP/1.1\r\n" HOST "\r\n");
    }
    gate_await(2, 6);
    pthread_t thread;
    int64_t wait_ms = 50;
    pthread_create(&thread, NULL, free_server, &wait_ms);
    usleep(200000);
    gate_set(true);
    pthread_join(thread, NULL);
    server = NULL;
    for (size_t i = 0; i < 6; i++) {
        assert_true(client_sees_end(&clients[i], 5000));
        client_close(&clients[i]);
    }
    for (size_t i = 0; i < 3; i++)
        client_close(&queued[i]);
    for (size_t i = 0; i < 6; i++) {
        handle_stream(gate.held[i]);
        if (i % 2)
            response_json(gate.held[i], 200, STR("too late"));
        request_finish(gate.held[i]);
    }
}

struct shooter {
    pthread_t thread;
    struct client client;
    const char *path;
    int answered, refused, odd;
};

/* Asks until the server is gone. No expectations here: cmocka's work on the main thread only. */
static void *shoot(void *argument)
{
    struct shooter *shooter = argument;
    struct answer answer;
    char request[256];
    snprintf(request, sizeof(request), "%s HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{}",
             shooter->path);
    bool going = true;
    while (going) {
        going = client_try_send(&shooter->client, str_of(request)) &&
                client_try_read(&shooter->client, &answer, false);
        if (going) {
            shooter->answered += answer.status == 200;
            shooter->refused += answer.status == 503;
            shooter->odd += answer.status != 200 && answer.status != 503;
            going = !answer_header(&answer, "Connection");
        }
        answer_done(&answer);
    }
    return NULL;
}

/* Stopping while everything is in motion, with and without time to finish. */
static void test_shutdown_under_load(void **state)
{
    static const char *const paths[] = {"POST /v1/later",
                                        "POST /v1/later-inline",
                                        "GET /v1/things/x",
                                        "GET /v1/stream?pieces=3&size=20000",
                                        "POST /v1/now-inline?size=3000",
                                        "GET /v1/big"};
    (void)state;
    for (int turn = 0; turn < 10; turn++) {
        struct server_options options = default_options();
        struct shooter shooters[12] = {0};
        int answered = 0;
        start_with(&options);
        for (size_t i = 0; i < 12; i++) {
            shooters[i].path = paths[i % 6];
            client_open(&shooters[i].client, port);
            pthread_create(&shooters[i].thread, NULL, shoot, &shooters[i]);
        }
        usleep(30000);
        server_free(server, turn % 2 ? 5000 : 0);
        server = NULL;
        for (size_t i = 0; i < 12; i++) {
            pthread_join(shooters[i].thread, NULL);
            client_close(&shooters[i].client);
            answered += shooters[i].answered;
            assert_int_equal(shooters[i].odd, 0);
            assert_true(turn % 2 == 0 || shooters[i].refused == 0);
        }
        assert_true(answered > 0);
    }
    await_no_streams();
}

static void test_bad_options(void **state)
{
    static const char *const bad[] = {"",        "127.0.0.1",   "127.0.0.1:",      "::1:80",
                                      "[::1:80", "127.0.0.1:x", "127.0.0.1:70000", "8.8.8.8:80"};
    char message[256];
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct server_options options = default_options();
        options.listen = bad[i];
        message[0] = '\0';
        assert_null(server_new(&options, message, sizeof(message)));
        assert_true(message[0]);
    }
    struct server_options options = default_options();
    options.router.count = 1;
    options.router.routes = &(struct route){HTTP_GET, "bad", handle_empty, 0, NULL, NULL};
    assert_null(server_new(&options, message, sizeof(message)));
    options = default_options();
    options.workers = 0;
    assert_null(server_new(&options, message, sizeof(message)));
    server_free(NULL, 0);
}

/* The same port twice is refused with a reason. */
static void test_port_taken(void **state)
{
    struct server_options options = default_options();
    char listen_on[64], message[256] = "";
    (void)state;
    snprintf(listen_on, sizeof(listen_on), "127.0.0.1:%d", port);
    options.listen = listen_on;
    assert_null(server_new(&options, message, sizeof(message)));
    assert_non_null(strstr(message, "Address already in use"));
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
#define OWN_SERVER(test) cmocka_unit_test_setup_teardown(test, NULL, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(test_simple),
        WITH_SERVER(test_query),
        WITH_SERVER(test_host),
        WITH_SERVER(test_not_found),
        WITH_SERVER(test_wrong_method),
        WITH_SERVER(test_types),
        WITH_SERVER(test_accept),
        WITH_SERVER(test_head_limit),
        WITH_SERVER(test_keep_alive),
        WITH_SERVER(test_pipelining),
        WITH_SERVER(test_slow_pieces),
        WITH_SERVER(test_old_clients),
        WITH_SERVER(test_head_method),
        WITH_SERVER(test_chunked_body),
        WITH_SERVER(test_expect),
        WITH_SERVER(test_large_bodies),
        WITH_SERVER(test_body_limit),
        WITH_SERVER(test_body_limit_chunked),
        WITH_SERVER(test_unknown_coding),
        WITH_SERVER(test_gzip_in),
        WITH_SERVER(test_gzip_out),
        WITH_SERVER(test_streams),
        WITH_SERVER(test_client_goes_away),
        WITH_SERVER(test_waiting),
        WITH_SERVER(test_waiting_for_a_time),
        WITH_SERVER(test_waking),
        WITH_SERVER(test_dropping),
        WITH_SERVER(test_waiting_too_early),
        OWN_SERVER(test_shutdown_of_waiting),
        WITH_SERVER(test_abandoned),
        WITH_SERVER(test_timing),
        OWN_SERVER(test_admission),
        OWN_SERVER(test_head_timeout),
        OWN_SERVER(test_idle_timeout),
        OWN_SERVER(test_connection_limit),
        OWN_SERVER(test_full_queue),
        WITH_SERVER(test_shutdown_waits),
        WITH_SERVER(test_shutdown_gives_up),
        OWN_SERVER(test_shutdown_under_load),
        OWN_SERVER(test_bad_options),
        WITH_SERVER(test_port_taken),
    };
    return cmocka_run_group_tests(tests, start_finisher, stop_finisher);
}
