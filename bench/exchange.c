/* One connection, one request at a time; see exchange.h. */
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

#define READ_BYTES (256 << 10)
#define SILENCE_LIMIT_S 90 /* longer than the server lets a query take */

bool exchange_open(struct exchange *exchange, int port)
{
    struct timeval limit = {.tv_sec = SILENCE_LIMIT_S};
    *exchange = (struct exchange){.fd = client_connect(port)};
    if (exchange->fd < 0) {
        perror("bench: cannot connect");
        return false;
    }
    setsockopt(exchange->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return true;
}

void exchange_close(struct exchange *exchange)
{
    if (exchange->fd >= 0)
        close(exchange->fd);
    text_done(&exchange->raw);
    text_done(&exchange->body);
    exchange->fd = -1;
}

static bool exchange_send(struct exchange *exchange, const struct text *request)
{
    for (size_t sent = 0; sent < request->n;) {
        ssize_t n = send(exchange->fd, request->p + sent, request->n - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

/* More bytes of the answer; false at its unexpected end. */
static bool exchange_receive(struct exchange *exchange)
{
    struct text *raw = &exchange->raw;
    text_reserve(raw, READ_BYTES);
    ssize_t n = recv(exchange->fd, raw->p + raw->n, READ_BYTES, 0);
    if (n <= 0)
        return false;
    raw->n += (size_t)n;
    raw->p[raw->n] = 0;
    return true;
}

/* Offset behind the next `end` at or after `from`, reading until it is there; 0 when it never is.
 */
static size_t exchange_read_until(struct exchange *exchange, size_t from, const char *end)
{
    size_t length = strlen(end);
    for (;;) {
        const char *found = exchange->raw.n > from ? memmem(exchange->raw.p + from,
                                                            exchange->raw.n - from, end, length)
                                                   : NULL;
        if (found)
            return (size_t)(found - exchange->raw.p) + length;
        if (!exchange_receive(exchange))
            return 0;
    }
}

/* Takes `n` bytes of the body from offset `at` on. */
static bool exchange_take(struct exchange *exchange, size_t at, size_t n)
{
    while (exchange->raw.n < at + n) {
        if (!exchange_receive(exchange))
            return false;
    }
    text_add_bytes(&exchange->body, exchange->raw.p + at, n);
    return true;
}

static bool exchange_read_chunks(struct exchange *exchange, size_t at)
{
    for (;;) {
        size_t data = exchange_read_until(exchange, at, "\r\n");
        if (data == 0)
            return false;
        size_t n = strtoul(exchange->raw.p + at, NULL, 16);
        if (n == 0) /* nobody sends trailers */
            return exchange_read_until(exchange, data, "\r\n") != 0;
        if (!exchange_take(exchange, data, n))
            return false;
        at = exchange_read_until(exchange, data + n, "\r\n");
        if (at == 0)
            return false;
    }
}

/* Value of a header, or NULL. `head` is the whole head. */
static const char *exchange_header(const char *head, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':')
            return line + 3 + length + strspn(line + 3 + length, " ");
    }
    return NULL;
}

static int exchange_read(struct exchange *exchange)
{
    size_t body = exchange_read_until(exchange, 0, "\r\n\r\n");
    if (body == 0 || strncmp(exchange->raw.p, "HTTP/1.1 ", 9) != 0)
        return 0;
    int status = atoi(exchange->raw.p + 9);
    char *head = strndup(exchange->raw.p, body - 2);
    const char *length = head ? exchange_header(head, "Content-Length") : NULL;
    bool chunked = head && exchange_header(head, "Transfer-Encoding");
    size_t n = length ? strtoul(length, NULL, 10) : 0;
    free(head);
    bool whole = chunked ? exchange_read_chunks(exchange, body) : exchange_take(exchange, body, n);
    return whole ? status : 0;
}

int exchange_ask(struct exchange *exchange, const struct text *request)
{
    exchange->raw.n = exchange->body.n = 0;
    int status = exchange_send(exchange, request) ? exchange_read(exchange) : 0;
    text_reserve(&exchange->body, 1);
    exchange->body.p[exchange->body.n] = 0;
    if (status == 0)
        fprintf(stderr, "bench: the connection broke, or the server was silent for %d s\n",
                SILENCE_LIMIT_S);
    return status;
}
