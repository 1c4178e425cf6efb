/* A plain HTTP client on raw sockets. */
#include "unit/http/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/gzip.h"

#define WAIT_MS 20000
#define IN_MAX ((size_t)256 << 20)

void client_open(struct client *client, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(client->fd >= 0);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    buf_init(&client->in, IN_MAX);
}

void client_close(struct client *client)
{
    close(client->fd);
    buf_done(&client->in);
}

bool client_try_send(struct client *client, struct str data)
{
    while (data.n > 0) {
        struct pollfd poll_fd = {client->fd, POLLOUT, 0};
        assert_int_equal(poll(&poll_fd, 1, WAIT_MS), 1);
        ssize_t n = send(client->fd, data.p, data.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n < 0)
            return false;
        data = str_make(data.p + n, data.n - (size_t)n);
    }
    return true;
}

void client_send(struct client *client, struct str data)
{
    assert_true(client_try_send(client, data));
}

void client_send_text(struct client *client, const char *text)
{
    client_send(client, str_of(text));
}

/* 1: something came, 0: the end, -1: nothing in time or an error. */
static int client_more(struct client *client, int wait_ms)
{
    struct pollfd poll_fd = {client->fd, POLLIN, 0};
    if (poll(&poll_fd, 1, wait_ms) != 1)
        return -1;
    assert_true(buf_reserve(&client->in, 65536));
    ssize_t n = recv(client->fd, client->in.p + client->in.n, 65536, 0);
    if (n < 0)
        return -1;
    client->in.n += (size_t)n;
    return n > 0;
}

static void client_drop(struct client *client, size_t n)
{
    memmove(client->in.p, client->in.p + n, client->in.n - n);
    client->in.n -= n;
}

/* Bytes up to and with `mark`; 0 when the connection ends before. */
static size_t client_until(struct client *client, const char *mark)
{
    for (;;) {
        ptrdiff_t at = str_find(buf_str(&client->in), str_of(mark));
        if (at >= 0)
            return (size_t)at + strlen(mark);
        if (client_more(client, WAIT_MS) != 1)
            return 0;
    }
}

static bool client_take(struct client *client, size_t n, struct buf *out)
{
    while (client->in.n < n)
        if (client_more(client, WAIT_MS) != 1)
            return false;
    assert_true(buf_append(out, str_make(client->in.p, n)));
    client_drop(client, n);
    return true;
}

static bool read_chunks(struct client *client, struct buf *body)
{
    for (;;) {
        size_t line = client_until(client, "\r\n");
        if (line == 0)
            return false;
        size_t size = strtoul(client->in.p, NULL, 16);
        client_drop(client, line);
        if (!client_take(client, size, body))
            return false;
        if (client_until(client, "\r\n") != 2)
            return false;
        client_drop(client, 2);
        if (size == 0)
            return true;
    }
}

const char *answer_header(const struct answer *answer, const char *name)
{
    static _Thread_local char value[512];
    size_t n = strlen(name);
    for (const char *line = strchr(answer->head, '\n'); line; line = strchr(line, '\n')) {
        line++;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + n + 2, "\r"), line + n + 2);
            return value;
        }
    }
    return NULL;
}

bool client_try_read(struct client *client, struct answer *answer, bool head_only)
{
    *answer = (struct answer){0};
    buf_init(&answer->body, IN_MAX);
    size_t n = client_until(client, "\r\n\r\n");
    if (n == 0)
        return false;
    assert_true(n < sizeof(answer->head));
    memcpy(answer->head, client->in.p, n);
    client_drop(client, n);
    assert_int_equal(strncmp(answer->head, "HTTP/1.", 7), 0);
    answer->status = (int)strtol(answer->head + 9, NULL, 10);
    const char *coding = answer_header(answer, "Transfer-Encoding");
    answer->chunked = coding && strcmp(coding, "chunked") == 0;
    if (head_only || answer->status == 204 || answer->status == 100)
        return true;
    if (answer->chunked)
        return read_chunks(client, &answer->body);
    const char *length = answer_header(answer, "Content-Length");
    if (length)
        return client_take(client, strtoul(length, NULL, 10), &answer->body);
    while (client_more(client, WAIT_MS) == 1)
        ;
    return client_take(client, client->in.n, &answer->body);
}

void client_read(struct client *client, struct answer *answer, bool head_only)
{
    assert_true(client_try_read(client, answer, head_only));
}

bool client_sees_end(struct client *client, int wait_ms)
{
    struct pollfd poll_fd = {client->fd, POLLIN, 0};
    char byte;
    return poll(&poll_fd, 1, wait_ms) == 1 && recv(client->fd, &byte, 1, 0) <= 0;
}

void client_ask(int port, const char *request, struct answer *answer)
{
    struct client client;
    client_open(&client, port);
    client_send_text(&client, request);
    client_read(&client, answer, strncmp(request, "HEAD", 4) == 0);
    client_close(&client);
}

void answer_done(struct answer *answer)
{
    buf_done(&answer->body);
}

void client_gzip(struct str in, struct buf *out)
{
    struct gzip_stream *stream = gzip_stream_new();
    buf_init(out, IN_MAX);
    assert_true(gzip_stream_write(stream, in, true, out));
    gzip_stream_free(stream);
}

void client_gunzip(struct str in, struct buf *out)
{
    buf_init(out, IN_MAX);
    assert_int_equal(gzip_inflate(in, out), ERR_OK);
}
