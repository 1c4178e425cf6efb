/* The load generator; see client.h. Sockets are registered once, edge-triggered: in the steady
 * state a request costs one send, one recv and its share of an epoll_wait. */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

#define ANSWER_SIZE (64 << 10)
#define SILENCE_LIMIT_MS 30000

struct connection {
    int fd; /* -1: lost */
    bool waiting;
    const struct client_request *request;
    size_t sent;
    uint64_t start_ns;
    size_t received;
    char *answer;
};

struct client {
    const struct client_plan *plan;
    struct client_result *result;
    struct connection *connections;
    int epoll;
    unsigned waiting; /* connections with a request under way */
    size_t sent;
    uint64_t stop_ns; /* no requests after this */
    uint32_t *latencies_us;
    size_t latency_size;
};

int client_connect(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static void client_lose(struct client *client, struct connection *c)
{
    close(c->fd);
    c->fd = -1;
    client->result->broken++;
    client->waiting -= c->waiting;
    c->waiting = false;
}

/* Sends what the socket takes. */
static void client_send(struct client *client, struct connection *c)
{
    while (c->sent < c->request->len) {
        ssize_t n =
            send(c->fd, c->request->bytes + c->sent, c->request->len - c->sent, MSG_NOSIGNAL);
        if (n >= 0) {
            c->sent += (size_t)n;
        } else if (errno != EINTR) {
            if (errno != EAGAIN)
                client_lose(client, c);
            return;
        }
    }
}

/* Starts the next request, unless the plan is at its end. */
static void client_start(struct client *client, struct connection *c, uint64_t now)
{
    const struct client_plan *plan = client->plan;
    if ((plan->send_count > 0 && client->sent >= plan->send_count) || now >= client->stop_ns)
        return;
    c->request = &plan->requests[client->sent++ % plan->request_count];
    c->sent = c->received = 0;
    c->start_ns = now;
    c->waiting = true;
    client->waiting++;
    client_send(client, c);
}

static void client_note_latency(struct client *client, uint64_t ns)
{
    struct client_result *result = client->result;
    if (result->acked == client->latency_size) {
        size_t size = client->latency_size ? client->latency_size * 2 : 1 << 17;
        uint32_t *grown = realloc(client->latencies_us, size * sizeof(*grown));
        if (!grown) {
            fputs("client: out of memory\n", stderr);
            exit(1);
        }
        client->latencies_us = grown;
        client->latency_size = size;
    }
    client->latencies_us[result->acked++] = (uint32_t)(ns / 1000);
}

/* Value of the Content-Length header of an answer whose head ends at `end`; 0 without one. */
static size_t client_body_length(const char *answer, const char *end)
{
    static const char name[] = "\r\ncontent-length:";
    for (const char *line = answer; line + sizeof(name) < end; line++) {
        line = memchr(line, '\r', (size_t)(end - line));
        if (!line)
            return 0;
        if (strncasecmp(line, name, sizeof(name) - 1) == 0)
            return strtoul(line + sizeof(name) - 1, NULL, 10);
    }
    return 0;
}

/* Is a whole answer there? Its status then, else 0; -1 when it is no HTTP answer. */
static int client_parse_answer(struct connection *c)
{
    c->answer[c->received] = 0;
    const char *end = memmem(c->answer, c->received, "\r\n\r\n", 4);
    if (!end)
        return c->received < ANSWER_SIZE ? 0 : -1;
    if (strncmp(c->answer, "HTTP/1.1 ", 9) != 0)
        return -1;
    int status = atoi(c->answer + 9);
    size_t head = (size_t)(end + 4 - c->answer);
    size_t body = status == 204 ? 0 : client_body_length(c->answer, end);
    if (head + body > ANSWER_SIZE)
        return -1;
    return c->received >= head + body ? status : 0;
}

static void client_finish(struct client *client, struct connection *c, int status)
{
    uint64_t now = clock_now_ns();
    if (status >= 200 && status < 300) {
        client_note_latency(client, now - c->start_ns);
    } else {
        if (client->result->refused++ == 0)
            snprintf(client->result->first_refusal, sizeof(client->result->first_refusal), "%s",
                     c->answer);
    }
    c->waiting = false;
    client->waiting--;
    client_start(client, c, now);
}

/* Reads until the socket is empty; a read that does not fill the buffer has emptied it. */
static void client_receive(struct client *client, struct connection *c)
{
    for (;;) {
        size_t room = ANSWER_SIZE - c->received;
        ssize_t n = recv(c->fd, c->answer + c->received, room, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0 || !c->waiting) {
            client_lose(client, c);
            return;
        }
        c->received += (size_t)n;
        int status = client_parse_answer(c);
        if (status < 0) {
            client_lose(client, c);
            return;
        }
        if (status > 0)
            client_finish(client, c, status);
        if ((size_t)n < room || c->fd < 0)
            return;
    }
}

static void client_loop(struct client *client)
{
    struct epoll_event events[64];
    while (client->waiting > 0) {
        int n = epoll_wait(client->epoll, events, 64, SILENCE_LIMIT_MS);
        if (n == 0) {
            client->result->broken += client->waiting;
            return;
        }
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->fd >= 0 && c->waiting && c->sent < c->request->len)
                client_send(client, c);
            if (c->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
                client_receive(client, c);
        }
    }
}

static int client_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void client_sum_up(struct client *client)
{
    struct client_result *result = client->result;
    size_t n = result->acked;
    if (n == 0)
        return;
    qsort(client->latencies_us, n, sizeof(*client->latencies_us), client_compare);
    result->per_second = (double)n / result->seconds;
    result->p50_ms = client->latencies_us[n / 2] / 1000.0;
    result->p99_ms = client->latencies_us[n - 1 - n / 100] / 1000.0;
    result->max_ms = client->latencies_us[n - 1] / 1000.0;
}

static bool client_open(struct client *client)
{
    const struct client_plan *plan = client->plan;
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    client->connections = calloc(plan->connections, sizeof(*client->connections));
    if (client->epoll < 0 || !client->connections)
        return false;
    for (unsigned i = 0; i < plan->connections; i++)
        client->connections[i].fd = -1;
    for (unsigned i = 0; i < plan->connections; i++) {
        struct connection *c = &client->connections[i];
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
        c->answer = malloc(ANSWER_SIZE + 1);
        c->fd = client_connect(plan->port);
        if (!c->answer || c->fd < 0 || fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0 ||
            epoll_ctl(client->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
            return false;
    }
    return true;
}

static void client_close(struct client *client)
{
    for (unsigned i = 0; client->connections && i < client->plan->connections; i++) {
        if (client->connections[i].fd >= 0)
            close(client->connections[i].fd);
        free(client->connections[i].answer);
    }
    free(client->connections);
    free(client->latencies_us);
    if (client->epoll >= 0)
        close(client->epoll);
}

bool client_run(const struct client_plan *plan, struct client_result *ret)
{
    struct client client = {.plan = plan, .result = ret, .epoll = -1, .stop_ns = UINT64_MAX};
    *ret = (struct client_result){0};
    bool ok = client_open(&client);
    if (ok) {
        double cpu_start = clock_thread_cpu_seconds();
        uint64_t start = clock_now_ns();
        if (plan->seconds > 0)
            client.stop_ns = start + (uint64_t)(plan->seconds * 1e9);
        for (unsigned i = 0; i < plan->connections; i++)
            client_start(&client, &client.connections[i], clock_now_ns());
        client_loop(&client);
        ret->seconds = (double)(clock_now_ns() - start) / 1e9;
        ret->cpu_seconds = clock_thread_cpu_seconds() - cpu_start;
        client_sum_up(&client);
    } else {
        fprintf(stderr, "client: cannot connect to port %d: %s\n", plan->port, strerror(errno));
    }
    client_close(&client);
    return ok;
}

/* All bytes until the server closes; NULL when there is nothing. */
static char *client_read_all(int fd)
{
    size_t n = 0, size = 64 << 10;
    char *all = malloc(size);
    ssize_t got = 0;
    while (all && (got = recv(fd, all + n, size - n - 1, 0)) > 0) {
        n += (size_t)got;
        if (size - n < 2) {
            char *grown = realloc(all, size * 2);
            if (!grown)
                break;
            all = grown;
            size *= 2;
        }
    }
    if (all && n > 0) {
        all[n] = 0;
        return all;
    }
    free(all);
    return NULL;
}

int client_get(int port, const char *target, char **ret_body)
{
    char request[1024];
    *ret_body = NULL;
    int fd = client_connect(port);
    if (fd < 0)
        return 0;
    /* HTTP/1.0, so that the answer is neither chunked nor kept open */
    int n = snprintf(request, sizeof(request),
                     "GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", target);
    char *answer = send(fd, request, (size_t)n, MSG_NOSIGNAL) == n ? client_read_all(fd) : NULL;
    close(fd);
    const char *end = answer ? strstr(answer, "\r\n\r\n") : NULL;
    const char *status = answer ? strchr(answer, ' ') : NULL;
    int code = end && status ? atoi(status) : 0;
    if (end)
        *ret_body = strdup(end + 4);
    free(answer);
    return code;
}
