/* The HTTP server: connections, limits, threads. The only module that knows libmicrohttpd.
 *
 * Network threads (epoll) read heads and bodies, match the route and hand the request to a worker
 * while the connection is suspended; small requests of ROUTE_INLINE routes are handled at once.
 * gzip both ways; `/api` prefix and trailing slashes are dropped; HEAD answers as GET without a
 * body; every answer has a Date. Statuses made here: 400 (bad gzip, bad percent-encoding), 404,
 * 405 with Allow, 406, 413, 415, 431, 501 (a transfer coding other than chunked), 503 with
 * Retry-After. Contract: platform.md 1, 2, 4. */
#ifndef OCELLI_HTTP_SERVER_H
#define OCELLI_HTTP_SERVER_H

#include "http/router.h"

struct server;

struct server_options {
    const char *listen; /* "127.0.0.1:5173", "[::1]:0"; port 0 picks a free one */
    struct router router;
    void *app; /* request->app */
    /* Asked about a request whose route is found, from its head and before all else that its
     * handler would say; anything but ERR_OK is the answer. NULL: all may pass. */
    enum err (*admit)(struct request *request, struct error *reterr);
    int network_threads;
    int workers;
    size_t head_limit; /* bytes of request line and headers; 431 above */
    size_t body_limit; /* bytes of the inflated body; 413 above */
    size_t arena_cap;  /* bytes per request, beyond the body */
    int64_t connection_limit;
    int64_t idle_timeout_ms; /* a connection without traffic is closed */
    int64_t head_timeout_ms; /* a head that is not complete by then: closed; counts from the accept,
                                later from when the head is seen to have begun */
};

/* Starts listening. NULL on failure, with one line about it in `message`. */
struct server *server_new(const struct server_options *options, char *message, size_t message_size);

/* The port that was bound. */
int server_port(const struct server *server);

/* Stops accepting, lets what was accepted finish (at most `wait_ms`), ends the threads, frees.
 * Handlers that are running on a worker are always waited for. Deferred requests that nobody has
 * finished by then lose their connection; request_finish() may still be called on them later.
 * NULL-safe. */
void server_free(struct server *server, int64_t wait_ms);

#endif
