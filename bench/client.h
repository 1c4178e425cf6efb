/* The load generator: one thread, N keep-alive connections to 127.0.0.1, each sending the next
 * prepared request as soon as the answer to its former one has come. It looks at nothing but the
 * status and the length of an answer, since it shares the processors with the server it measures.
 * Answers must have a Content-Length or no body. */
#ifndef OCELLI_BENCH_CLIENT_H
#define OCELLI_BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_request {
    const char *bytes; /* head and body */
    size_t len;
};

struct client_plan {
    int port;
    unsigned connections;
    const struct client_request *requests; /* sent in this order, from the start again at the end */
    size_t request_count;
    size_t send_count; /* stop sending after so many; 0: no such bound */
    double seconds;    /* stop sending after so long; 0: no such bound */
};

struct client_result {
    size_t acked;       /* answers with status 2xx */
    size_t refused;     /* other answers */
    size_t broken;      /* connections lost, or answers that are no HTTP or took over 30 s */
    double seconds;     /* from the first request to the last answer */
    double cpu_seconds; /* the generator's own */
    double per_second;  /* acked */
    double p50_ms, p99_ms, max_ms; /* of the answers with status 2xx */
    char first_refusal[512];       /* the first other answer, cut */
};

/* Runs the plan to its end, waiting for every answer. False with a line on stderr when it could not
 * connect or run at all; a run with refused or broken requests is a true one. */
bool client_run(const struct client_plan *plan, struct client_result *ret);

/* One GET; *ret_body is the answer's body, NUL-terminated, for free(). Returns the status, 0 when
 * there was no answer. */
int client_get(int port, const char *target, char **ret_body);

/* A new connection to 127.0.0.1, -1 when refused. */
int client_connect(int port);

#endif
