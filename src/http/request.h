/* One request and its response, as handlers see them. */
#ifndef OCELLI_HTTP_REQUEST_H
#define OCELLI_HTTP_REQUEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum http_method {
    HTTP_GET = 1 << 0,
    HTTP_HEAD = 1 << 1,
    HTTP_POST = 1 << 2,
    HTTP_PUT = 1 << 3,
    HTTP_PATCH = 1 << 4,
    HTTP_DELETE = 1 << 5,
    HTTP_OPTIONS = 1 << 6,
};

struct route;
struct request;

struct http_pair {
    struct str name, value;
};

#define HTTP_PATH_PARAMS_MAX 4
#define HTTP_RESPONSE_HEADERS_MAX 8

/* What a producer reports. */
enum produce_result {
    PRODUCE_MORE, /* call again when what was appended has been sent */
    PRODUCE_DONE, /* nothing follows */
    PRODUCE_WAIT, /* call again after request_wake(), or at the time of request_wake_at(). Until
                     then the request holds no worker. The first call must append something.
                     Streams that wait are not packed: text/event-stream. When the server stops
                     or the client goes away, waiting ends the stream. */
};

/* Appends the next piece of a streamed body (aim: 64 to 256 KiB a call) to `out`. Runs on a worker,
 * never twice at the same time for one request. A failure after the first piece is told to the
 * client inside the stream by the producer itself (contract/README.md, difference 11). */
typedef enum produce_result (*http_producer)(struct request *request, struct buf *out);

struct response {
    int status;               /* 0 until somebody answered */
    const char *content_type; /* static text; NULL for an empty body */
    struct str body;          /* whole body, in the request's arena; unless `produce` is set */
    struct http_pair headers[HTTP_RESPONSE_HEADERS_MAX]; /* texts in the request's arena */
    size_t header_count;
    http_producer produce;             /* set by response_stream() */
    void *produce_state;               /* the handler's own; in the request's arena */
    void (*release)(struct request *); /* called once when the stream or the request ends, however
                                          it ends, on any thread; may be NULL: closes what
                                          produce_state holds */
};

struct request {
    struct arena arena; /* lives until the response has been sent */
    enum http_method method;
    struct str path;               /* as sent (percent-encoded), without query, `/api` prefix
                                      and trailing slashes */
    bool below_api;                /* the path had the prefix */
    struct str host;               /* the Host header, or the listening address */
    const struct http_pair *query; /* decoded once, in order of appearance */
    size_t query_count;
    const struct http_pair *headers; /* request headers as sent */
    size_t header_count;
    struct str path_params[HTTP_PATH_PARAMS_MAX]; /* decoded, in order of the pattern's braces */
    struct str body;                              /* whole, inflated; empty when none was sent */
    const struct route *route;
    void *app;          /* what server_new() was given */
    uint64_t number;    /* counts requests since the start, for the log */
    uint64_t log_id;    /* tells it from all others, also of earlier runs; see failure_text() */
    int64_t started_ns; /* monotonic, when the head was read */
    int64_t rows_read;  /* for Server-Timing: what reading took, counted up by whoever reads; */
    int64_t read_steps; /* neither is shown while this is 0 */
    struct response response;
    struct server_job *job; /* the server's own state */
};

/* First value of a query parameter; false when absent. An empty value is present. */
bool request_query(const struct request *request, const char *name, struct str *ret);

/* First value of a header, names compared without case; false when absent. */
bool request_header(const struct request *request, const char *name, struct str *ret);

/* Whether nobody waits for the answer any more. True as soon as the connection was reset, and when
 * the client has ended its side and the request is older than REQUEST_HALF_CLOSED_MS: a client that
 * went away and one that only said that it sends no more look alike. One system call. For handlers
 * and producers that run on a worker, and for what they call; not after request_finish(). */
#define REQUEST_HALF_CLOSED_MS 250
bool request_is_abandoned(const struct request *request);

/* Answers without a body (201, 204). */
void response_empty(struct request *request, int status);

/* Answers with JSON text that lives in the request's arena. */
void response_json(struct request *request, int status, struct str body);

/* Answers with a stream; see http_producer. If the first call already reports PRODUCE_DONE the
 * answer has a Content-Length, otherwise it is chunked. */
void response_stream(struct request *request, const char *content_type, http_producer produce,
                     void *state, void (*release)(struct request *));

/* The text of an error when nothing more exact is known. For ERR_INTERNAL it names log_id, which
 * whoever logs the failure writes as REQUEST_LOG_ID (platform.md 4). In the request's arena. */
struct str request_failure_text(struct request *request, enum err err);
#define REQUEST_LOG_ID "id=%016llx"

/* Answers with an error in the shape it has (M or E); the only place that writes those shapes. An
 * ERR_INTERNAL gets request_failure_text(). */
void response_error(struct request *request, const struct error *given);

/* Adds a response header; both texts are static or in the request's arena. At most
 * HTTP_RESPONSE_HEADERS_MAX. */
void response_header(struct request *request, const char *name, struct str value);

/* Has the producer called (again) when it waits; one that does not wait yet does not. Any thread;
 * the request must still be there: call it no more once response->release has been called. */
void request_wake(struct request *request);

/* For producers before they return PRODUCE_WAIT: when to be called at the latest, monotonic.
 * Without it only request_wake() and the end of the connection wake. */
void request_wake_at(struct request *request, int64_t at_ns);

/* Closes the connection without waiting for the client. Any thread, as request_wake(). */
void request_drop(struct request *request);

/* Hands the finished response to the connection. For handlers of routes with ROUTE_DEFERRED only;
 * from any thread, exactly once, after which the request must not be touched. */
void request_finish(struct request *request);

#endif
