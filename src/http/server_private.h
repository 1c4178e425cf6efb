/* What the files of the server share. Private to http; knows no type of libmicrohttpd.
 *
 *   server.c             the daemon and its callbacks: the only file with libmicrohttpd
 *   server_job.c         one request, from its head to the finished answer
 *   server_pool.c        its memory, its line in the log
 *   server_workers.c     the queue and the threads behind it
 *   server_connections.c connections that nothing comes from, and those that have to linger
 *   server_listen.c      address text -> socket
 *
 * A job belongs to the network thread of its connection, except between job_begin() and the moment
 * when that thread sees GATE_DONE; in between it belongs to a worker or to whoever will call
 * request_finish(). The hand-over is job->gate, a set of bits that both sides only add to:
 *
 *   GATE_RUNNING    set by the network thread before it gives the job away
 *   GATE_SUSPENDED  set by it once the connection is suspended
 *   GATE_HELD       set by request_finish(): not to be abandoned any more
 *   GATE_DONE       set when the answer, or the next piece of it, is ready
 *   GATE_ABANDONED  set by server_free() when nobody finished the job in time
 *   GATE_GONE       set by the network thread when the connection of an abandoned job is closed
 *
 * Whoever of SUSPENDED and DONE comes second resumes the connection; whoever of GONE and DONE comes
 * second frees an abandoned job. */
#ifndef OCELLI_HTTP_SERVER_PRIVATE_H
#define OCELLI_HTTP_SERVER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/gzip.h"
#include "http/negotiate.h"
#include "http/server.h"

enum job_gate {
    GATE_RUNNING = 1 << 0,
    GATE_SUSPENDED = 1 << 1,
    GATE_HELD = 1 << 2,
    GATE_DONE = 1 << 3,
    GATE_ABANDONED = 1 << 4,
    GATE_GONE = 1 << 5,
};

/* What a worker has to do with a job. */
enum job_step {
    STEP_HANDLE,  /* unpack the body, run the handler, finish */
    STEP_FINISH,  /* first piece of a stream, packing */
    STEP_PRODUCE, /* the next piece of a stream */
};

/* A stream whose producer waits (PRODUCE_WAIT) keeps GATE_RUNNING and GATE_SUSPENDED, and is
 * parked: it is in no queue and belongs to whoever takes PARK_WAITING away. */
enum job_park {
    PARK_NONE,
    PARK_WAITING,
    PARK_WOKEN, /* while the producer was running */
};

/* When an answer that was made from the head alone can be sent. */
enum job_early {
    EARLY_NONE,
    EARLY_AFTER_BODY, /* the rest of the request is read and dropped: the connection lives on */
    EARLY_AT_ONCE,    /* the connection is closed behind it */
};

struct server_connection;

struct server_job {
    /* As long as the job exists. */
    struct server *server;
    struct server_job *prev, *next; /* the server's list of all jobs */
    atomic_uint gate;
    /* As long as one request; cleared as a whole, but for the memory of arena and bufs. */
    struct request request;
    void *connection;                /* libmicrohttpd's */
    struct server_connection *entry; /* of that connection; NULL when the table has none */
    enum job_step step;
    struct server_job *next_queued; /* or the next free one */
    struct str query_text;
    size_t target_size;  /* bytes of the request line's target */
    struct buf body;     /* as sent */
    struct buf inflated; /* when it was packed */
    struct buf piece;    /* what the producer made last */
    struct buf packed;   /* what of it is sent, when packing */
    struct gzip_stream *gzip;
    enum http_coding coding; /* of the request's body */
    enum job_early early;
    uint64_t body_size;     /* bytes of body that came, stored or not */
    uint64_t expected_size; /* Content-Length, 0 when there is none */
    bool head_read;         /* counted in server->active */
    bool has_body;
    bool expects_continue;
    bool takes_gzip;
    bool body_over;   /* the body is larger than allowed */
    bool streaming;   /* sent piece by piece */
    bool last_piece;  /* nothing follows what is in `piece` */
    atomic_int park;  /* enum job_park */
    int64_t wake_at;  /* monotonic ns; 0: none */
    bool dead;        /* close the connection instead of answering */
    bool must_linger; /* answered before the body was read */
    size_t sent;      /* bytes of the current piece */
    uint64_t bytes_out;
};

/* Jobs that wait for a worker. */
struct server_queue {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct server_job *head, *tail;
    size_t count;
    size_t limit; /* for new requests; those that are under way always get in */
    bool stopped;
};

/* Connections by what they may have to be closed for; see server_connections.c. */
struct server_connections {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool started, stopped;
    struct server_connection *head;
    struct lingering *lingering; /* new ones */
    size_t linger_count;         /* with those the thread has taken */
    int64_t head_timeout_ns;
    int64_t wake_at; /* the earliest of those that wait */
};

struct server {
    struct server_options options;
    void *daemon;
    int port;
    char host[64]; /* for requests without a Host header */
    struct router_tree *tree;
    pthread_mutex_t jobs_lock;
    struct server_job *jobs;      /* all */
    struct server_job *free_jobs; /* those without a request, kept for their memory */
    size_t free_count;
    struct server_queue queue;
    pthread_t *workers;
    int worker_count;
    struct server_connections connections;
    atomic_uint_fast64_t next_number;
    uint64_t log_salt;          /* sets the ids of this run apart */
    atomic_int_fast64_t active; /* requests whose head is complete */
    atomic_int finishing;       /* calls of request_finish() that are under way */
    atomic_bool draining;       /* answers close their connection */
    atomic_bool stopping;       /* nothing new is given away */
};

/* By the position of the method's bit. */
#define HTTP_METHOD_COUNT 7
extern const char *const http_method_names[HTTP_METHOD_COUNT];

/* --- server_pool.c --- */

/* A job for a request line's target, as sent. */
struct server_job *job_new(struct server *server, const char *target);

/* The connection has no more use for the job: logs and takes it back. */
void job_end(struct server_job *job, bool complete);

/* Calls what the handler left to be called in the end. Once. */
void job_release_response(struct server_job *job);

/* Frees a job that no server knows any more. */
void job_discard(struct server_job *job);

/* Frees what job_end() kept for the next requests. */
void job_free_kept(struct server *server);

/* --- server_job.c --- */

/* Decides what can be decided from the head: sets job->early, or leaves a route in the request. */
void job_check_head(struct server_job *job, size_t head_size);

/* Takes a part of the body. False when the client should not go on: far over the limit. */
bool job_take_body(struct server_job *job, struct str part);

/* The whole request is here. Runs it or gives it to a worker; afterwards GATE_DONE tells whether
 * the answer is ready. */
void job_begin(struct server_job *job);

/* A stream's piece is sent: lets a worker make the next one. GATE_DONE as above. */
void job_next_piece(struct server_job *job);

/* Worker: does job->step. */
void job_work(struct server_job *job);

/* Tells the network thread that the answer (or the next piece) is there. */
void job_done(struct server_job *job);

/* Has a worker call the producer of a parked job; any thread. */
void job_wake(struct server_job *job);

/* The bytes of the current piece that are ready to be sent. */
struct str job_piece(const struct server_job *job);

/* --- server_workers.c --- */

bool workers_start(struct server *server);

/* Ends the threads; jobs that wait then are told to die. */
void workers_stop(struct server *server);

/* False when the queue is full (never when `force`) or the threads have ended. */
bool workers_push(struct server *server, struct server_job *job, bool force)
    __attribute__((warn_unused_result));

/* --- server_connections.c --- */

bool connections_start(struct server_connections *connections, int64_t head_timeout_ms);
void connections_stop(struct server_connections *connections);

struct server_connection *connections_add(struct server_connections *connections, int fd);
void connections_remove(struct server_connections *connections, struct server_connection *entry);

/* libmicrohttpd tells of the request line before the headers, and says no more of a request whose
 * headers it refuses; so its job is remembered here. Returns the job that was. */
struct server_job *connection_swap_unread(struct server_connection *entry, struct server_job *job);

/* The connection's request head is complete; so is its body; it has been answered. NULL-safe. */
void connection_head_read(struct server_connection *entry);
void connection_body_read(struct server_connection *entry);
void connection_answered(struct server_connection *entry);

/* Wakes the job at a time, and when its client goes away; NULL ends that. NULL-safe. */
void connection_wait(struct server_connections *connections, struct server_connection *entry,
                     struct server_job *job, int64_t at);

/* Whether the client is gone: reset, or, when `ended` counts, it has ended its side. NULL-safe. The
 * connection must not be closed meanwhile. */
bool connection_is_gone(const struct server_connection *entry, bool ended);

/* Ends both directions, so that the network thread closes the connection. NULL-safe. */
void connection_shut(const struct server_connection *entry);

/* Keeps the connection open behind libmicrohttpd's back for a while and drops what still comes in,
 * so that the client reads the answer before it sees a reset. NULL-safe. */
void connections_linger(struct server_connections *connections, struct server_connection *entry);

/* --- server_listen.c --- */

/* A listening socket for "127.0.0.1:5173", "[::1]:0", "localhost:5173" or ":5173", or -1 with a
 * line in `message`. */
int listen_open(const char *address, char *message, size_t message_size);

/* Address and port of a socket as text; the port is returned. */
int listen_describe(int fd, char *text, size_t text_size);

/* --- server.c --- */

/* Lets the network thread take the job's connection up again. Any thread. */
void server_resume(struct server_job *job);

#endif
