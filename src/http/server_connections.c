/* A table of the open connections, and one thread that looks at it now and then.
 *
 * It closes connections whose request head does not come to an end: libmicrohttpd's own timeout
 * starts anew with every byte, so a client that sends a byte a minute would hold its place forever.
 * A connection that waits between two requests is not late: the idle timeout is for it.
 *
 * It closes connections whose client went away in the middle of a body: libmicrohttpd 0.9.75 does
 * not see that when the end of the stream comes together with data (recv_param_adapter() takes a
 * short read for the last one), and the request would count as under way until the idle timeout.
 *
 * It also keeps sockets open for a while on which an answer was sent before the request's body was
 * read. Closing them with unread data would make the kernel send a reset, and the client would lose
 * the answer. */
#include "http/server_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define LINGER_MAX 64
#define LINGER_TOTAL_NS (30 * CLOCK_NS_PER_S)
#define LINGER_SILENCE_NS (3 * CLOCK_NS_PER_S)
#define LINGER_TICK_NS (10 * 1000000LL)
#define TICK_MIN_NS (10 * 1000000LL)
#define TICK_MAX_NS CLOCK_NS_PER_S

struct server_connection {
    struct server_connection *prev, *next;
    int fd;
    atomic_int_fast64_t waiting_since; /* ns; 0: a request is under way */
    atomic_bool used;                  /* has had a request before */
    atomic_bool reading;               /* the body is not complete */
    /* Of the reaper: since when bytes of a head are known to be there, for which wait. */
    int64_t begun_at, begun_in;
    bool ended;                /* also the reaper's: the client was gone at the last look */
    struct server_job *waiter; /* a parked one, to be woken at `wake_at` */
    int64_t wake_at;
    struct server_job *unread; /* of a request line whose headers have not come; the network
                                  thread's */
};

/* A copy of the descriptor of a connection that libmicrohttpd has closed. */
struct lingering {
    struct lingering *next;
    int fd;
    int64_t until;    /* ns, whatever comes */
    int64_t heard_at; /* ns, when data came last */
};

struct server_connection *connections_add(struct server_connections *connections, int fd)
{
    struct server_connection *entry = mem_zalloc(sizeof(*entry));
    entry->fd = fd;
    atomic_store_explicit(&entry->waiting_since, clock_monotonic_ns(), memory_order_relaxed);
    pthread_mutex_lock(&connections->lock);
    entry->next = connections->head;
    if (entry->next)
        entry->next->prev = entry;
    connections->head = entry;
    pthread_mutex_unlock(&connections->lock);
    return entry;
}

void connections_remove(struct server_connections *connections, struct server_connection *entry)
{
    if (!entry)
        return;
    pthread_mutex_lock(&connections->lock);
    if (entry->prev)
        entry->prev->next = entry->next;
    else
        connections->head = entry->next;
    if (entry->next)
        entry->next->prev = entry->prev;
    pthread_mutex_unlock(&connections->lock);
    mem_free(entry);
}

struct server_job *connection_swap_unread(struct server_connection *entry, struct server_job *job)
{
    struct server_job *before = entry ? entry->unread : NULL;
    if (entry)
        entry->unread = job;
    return before;
}

void connection_head_read(struct server_connection *entry)
{
    if (!entry)
        return;
    atomic_store_explicit(&entry->waiting_since, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->reading, true, memory_order_relaxed);
}

void connection_body_read(struct server_connection *entry)
{
    if (entry)
        atomic_store_explicit(&entry->reading, false, memory_order_relaxed);
}

void connection_answered(struct server_connection *entry)
{
    if (!entry)
        return;
    atomic_store_explicit(&entry->used, true, memory_order_relaxed);
    atomic_store_explicit(&entry->waiting_since, clock_monotonic_ns(), memory_order_relaxed);
}

void connections_linger(struct server_connections *connections, struct server_connection *entry)
{
    if (!entry)
        return;
    pthread_mutex_lock(&connections->lock);
    int fd = -1;
    if (connections->linger_count < LINGER_MAX && !connections->stopped)
        fd = fcntl(entry->fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0) {
        struct lingering *socket = mem_zalloc(sizeof(*socket));
        int64_t now = clock_monotonic_ns();
        *socket = (struct lingering){
            .next = connections->lingering,
            .fd = fd,
            .until = now + LINGER_TOTAL_NS,
            .heard_at = now,
        };
        connections->lingering = socket;
        connections->linger_count++;
        pthread_cond_signal(&connections->wake);
    }
    pthread_mutex_unlock(&connections->lock);
}

void connection_wait(struct server_connections *connections, struct server_connection *entry,
                     struct server_job *job, int64_t at)
{
    if (!entry)
        return;
    pthread_mutex_lock(&connections->lock);
    entry->waiter = job;
    entry->wake_at = at ? at : INT64_MAX;
    if (entry->wake_at < connections->wake_at && job) {
        connections->wake_at = entry->wake_at;
        pthread_cond_signal(&connections->wake);
    }
    pthread_mutex_unlock(&connections->lock);
}

void connection_shut(const struct server_connection *entry)
{
    if (entry)
        shutdown(entry->fd, SHUT_RDWR);
}

bool connection_is_gone(const struct server_connection *entry, bool ended)
{
    if (!entry)
        return false;
    struct pollfd socket = {.fd = entry->fd, .events = ended ? POLLRDHUP : 0};
    return poll(&socket, 1, 0) > 0;
}

/* Did anything come since the last answer? The kernel knows when data came last. */
static bool has_begun(const struct server_connection *entry, int64_t waited_ns)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    if (getsockopt(entry->fd, IPPROTO_TCP, TCP_INFO, &info, &size))
        return false;
    /* Kernel times are in steps of up to 10 ms. */
    return (info.tcpi_last_data_recv + 10) * 1000000LL < waited_ns;
}

/* A head that comes after a long pause has its time from when it is first seen, so a slow one may
 * take up to twice the timeout. */
static bool is_late(struct server_connection *entry, int64_t timeout_ns, int64_t now)
{
    int64_t since = atomic_load_explicit(&entry->waiting_since, memory_order_relaxed);
    if (since == 0 || now - since < timeout_ns)
        return false;
    if (!atomic_load_explicit(&entry->used, memory_order_relaxed))
        return true;
    if (entry->begun_in != since) {
        if (has_begun(entry, now - since)) {
            entry->begun_in = since;
            entry->begun_at = now;
        }
        return false;
    }
    return now - entry->begun_at >= timeout_ns;
}

/* The client is gone, everything it sent was read, and the body is not complete: twice in a row,
 * because the network thread may just have read the last of it. */
static bool is_cut_off(struct server_connection *entry)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    int unread = 0;
    bool before = entry->ended;
    entry->ended = atomic_load_explicit(&entry->reading, memory_order_relaxed) &&
                   getsockopt(entry->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
                   info.tcpi_state == TCP_CLOSE_WAIT && ioctl(entry->fd, FIONREAD, &unread) == 0 &&
                   unread == 0;
    return entry->ended && before;
}

static void close_hopeless(struct server_connections *connections, int64_t now)
{
    for (struct server_connection *entry = connections->head; entry; entry = entry->next)
        /* The lock keeps the entry, and so its descriptor, from going away. The network thread
         * sees the end of the stream and closes the connection. */
        if (is_late(entry, connections->head_timeout_ns, now) || is_cut_off(entry))
            shutdown(entry->fd, SHUT_RDWR);
}

/* Wakes those whose time has come, and with `look` those whose client is gone. */
static void wake_waiters(struct server_connections *connections, int64_t now, bool look)
{
    connections->wake_at = INT64_MAX;
    for (struct server_connection *entry = connections->head; entry; entry = entry->next) {
        if (!entry->waiter)
            continue;
        if (entry->wake_at <= now || (look && connection_is_gone(entry, true))) {
            entry->wake_at = INT64_MAX;
            job_wake(entry->waiter);
        }
        if (entry->wake_at < connections->wake_at)
            connections->wake_at = entry->wake_at;
    }
}

/* True when the socket can be closed. */
static bool drain(struct lingering *socket, int64_t now)
{
    for (int turn = 0; turn < 64; turn++) {
        /* MSG_TRUNC: the kernel drops the data without a copy. */
        ssize_t n = recv(socket->fd, NULL, 1 << 20, MSG_TRUNC | MSG_DONTWAIT);
        if (n > 0)
            socket->heard_at = now;
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        else
            return true;
    }
    return now >= socket->until || now - socket->heard_at >= LINGER_SILENCE_NS;
}

/* Drains the sockets of a list and takes out those that are through; returns how many. */
static size_t turn_lingering(struct lingering **link, int64_t now)
{
    size_t closed = 0;
    while (*link) {
        struct lingering *socket = *link;
        if (!drain(socket, now)) {
            link = &socket->next;
            continue;
        }
        *link = socket->next;
        close(socket->fd);
        mem_free(socket);
        closed++;
    }
    return closed;
}

/* Moves what is new to the thread's own list, so that it can read without the lock. */
static void take_lingering(struct server_connections *connections, struct lingering **list)
{
    struct lingering *last = connections->lingering;
    if (!last)
        return;
    while (last->next)
        last = last->next;
    last->next = *list;
    *list = connections->lingering;
    connections->lingering = NULL;
}

/* How often to look at the table. */
static int64_t tick_of(const struct server_connections *connections)
{
    int64_t tick = connections->head_timeout_ns / 4;
    if (tick < TICK_MIN_NS)
        return TICK_MIN_NS;
    return tick > TICK_MAX_NS ? TICK_MAX_NS : tick;
}

static void wait_until(struct server_connections *connections, int64_t at)
{
    struct timespec time = {at / CLOCK_NS_PER_S, (long)(at % CLOCK_NS_PER_S)};
    pthread_cond_timedwait(&connections->wake, &connections->lock, &time);
}

/* `lingering_ns`: now when a socket lingers. */
static int64_t next_turn(const struct server_connections *connections, int64_t look_at,
                         int64_t lingering_ns)
{
    int64_t at = look_at < connections->wake_at ? look_at : connections->wake_at;
    return lingering_ns < at - LINGER_TICK_NS ? lingering_ns + LINGER_TICK_NS : at;
}

static void *reaper_main(void *argument)
{
    struct server_connections *connections = argument;
    struct lingering *list = NULL;
    pthread_mutex_lock(&connections->lock);
    int64_t look_at = clock_monotonic_ns();
    while (!connections->stopped) {
        int64_t now = clock_monotonic_ns();
        bool look = now >= look_at;
        if (look) {
            close_hopeless(connections, now);
            look_at = now + tick_of(connections);
        }
        if (look || now >= connections->wake_at)
            wake_waiters(connections, now, look);
        take_lingering(connections, &list);
        if (list) {
            pthread_mutex_unlock(&connections->lock);
            size_t closed = turn_lingering(&list, now);
            pthread_mutex_lock(&connections->lock);
            connections->linger_count -= closed;
        }
        if (!connections->stopped)
            wait_until(connections, next_turn(connections, look_at, list ? now : INT64_MAX));
    }
    take_lingering(connections, &list);
    pthread_mutex_unlock(&connections->lock);
    turn_lingering(&list, INT64_MAX);
    return NULL;
}

bool connections_start(struct server_connections *connections, int64_t head_timeout_ms)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&connections->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&connections->lock, NULL);
    connections->head_timeout_ns = head_timeout_ms * 1000000LL;
    connections->wake_at = INT64_MAX;
    connections->started =
        pthread_create(&connections->thread, NULL, reaper_main, connections) == 0;
    if (connections->started)
        pthread_setname_np(connections->thread, "connections");
    return connections->started;
}

void connections_stop(struct server_connections *connections)
{
    pthread_mutex_lock(&connections->lock);
    connections->stopped = true;
    pthread_cond_signal(&connections->wake);
    pthread_mutex_unlock(&connections->lock);
    if (connections->started)
        pthread_join(connections->thread, NULL);
    pthread_cond_destroy(&connections->wake);
    pthread_mutex_destroy(&connections->lock);
}
