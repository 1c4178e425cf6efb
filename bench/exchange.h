/* One keep-alive connection to 127.0.0.1 that asks and waits, for answers of any length, chunked or
 * not. bench/client.h is for many connections with small answers. */
#ifndef OCELLI_BENCH_EXCHANGE_H
#define OCELLI_BENCH_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct exchange {
    int fd;
    struct text raw;  /* the answer as it came */
    struct text body; /* without head and chunk sizes, NUL behind it; until the next request */
};

/* False with a line on stderr when the port does not answer. */
bool exchange_open(struct exchange *exchange, int port);

/* Sends a request, head and body, and reads the whole answer. Returns its status; 0 with a line on
 * stderr when the connection broke or nothing came for 90 s. */
int exchange_ask(struct exchange *exchange, const struct text *request);

void exchange_close(struct exchange *exchange);

#endif
