/* bench/bare_server: the least a durable HTTP server can do, the peer of bench/patch. libmicrohttpd
 * takes `PATCH …/{id}`, suspends the connection and hands the body to one SQLite writer, which
 * stores all that wait in one transaction (WAL, synchronous=FULL), then answers each with 204. Id
 * and body are appended to a table as they came: nothing is parsed, looked up, merged or replaced,
 * so that a commit writes as few pages as it can.
 *
 * usage: build/bench/bare_server serve --listen 127.0.0.1:PORT --data DIR (started by bench/patch)
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_LIMIT 1024

struct task {
    struct task *next;
    struct MHD_Connection *connection;
    bool done;
    bool stored;
    unsigned char id[16];
    size_t len;
    char body[BODY_LIMIT];
};

struct bare {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *put;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct task *first, **last; /* waiting for the writer */
    bool stopping;
    struct MHD_Response *empty;
};

static const char schema[] = "PRAGMA page_size=8192;"
                             "PRAGMA journal_mode=WAL;"
                             "PRAGMA synchronous=FULL;"
                             "PRAGMA cache_size=-32768;"
                             "CREATE TABLE body(key INTEGER PRIMARY KEY, id BLOB, body BLOB);";

static bool bare_open(struct bare *bare, const char *dir)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/bare.db", dir);
    return sqlite3_open(path, &bare->db) == SQLITE_OK &&
           sqlite3_exec(bare->db, schema, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_wal_autocheckpoint(bare->db, 4000) == SQLITE_OK &&
           sqlite3_prepare_v2(bare->db, "BEGIN", -1, &bare->begin, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(bare->db, "COMMIT", -1, &bare->commit, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(bare->db, "INSERT INTO body VALUES(NULL,?1,?2)", -1, &bare->put,
                              NULL) == SQLITE_OK;
}

static bool bare_step(sqlite3_stmt *stmt)
{
    bool ok = sqlite3_step(stmt) == SQLITE_DONE;
    return sqlite3_reset(stmt) == SQLITE_OK && ok;
}

/* The whole queue in one transaction. */
static bool bare_store(struct bare *bare, const struct task *first)
{
    bool ok = bare_step(bare->begin);
    for (const struct task *task = first; ok && task; task = task->next) {
        sqlite3_bind_blob(bare->put, 1, task->id, sizeof(task->id), SQLITE_STATIC);
        sqlite3_bind_blob(bare->put, 2, task->body, (int)task->len, SQLITE_STATIC);
        ok = bare_step(bare->put);
    }
    ok = ok && bare_step(bare->commit);
    if (!ok) {
        fprintf(stderr, "bare_server: %s\n", sqlite3_errmsg(bare->db));
        sqlite3_exec(bare->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return ok;
}

static struct task *bare_take_all(struct bare *bare)
{
    pthread_mutex_lock(&bare->lock);
    while (!bare->first && !bare->stopping)
        pthread_cond_wait(&bare->filled, &bare->lock);
    struct task *first = bare->first;
    bare->first = NULL;
    bare->last = &bare->first;
    pthread_mutex_unlock(&bare->lock);
    return first;
}

static void *bare_write(void *arg)
{
    struct bare *bare = arg;
    struct task *task;
    while ((task = bare_take_all(bare)) != NULL) {
        bool stored = bare_store(bare, task);
        while (task) {
            struct task *next = task->next; /* the task may be freed once its connection goes on */
            task->done = true;
            task->stored = stored;
            MHD_resume_connection(task->connection);
            task = next;
        }
    }
    return NULL;
}

static void bare_enqueue(struct bare *bare, struct task *task)
{
    MHD_suspend_connection(task->connection);
    pthread_mutex_lock(&bare->lock);
    *bare->last = task;
    bare->last = &task->next;
    pthread_cond_signal(&bare->filled);
    pthread_mutex_unlock(&bare->lock);
}

static bool bare_parse_id(const char *url, unsigned char id[16])
{
    const char *text = strrchr(url, '/');
    int n = 0, digits = 0;
    for (text = text ? text + 1 : ""; *text && digits < 32; text++) {
        unsigned value;
        if (*text == '-')
            continue;
        char digit[2] = {*text, 0};
        if (sscanf(digit, "%x", &value) != 1)
            return false;
        n = n * 16 + (int)value;
        if (++digits % 2 == 0) {
            id[digits / 2 - 1] = (unsigned char)n;
            n = 0;
        }
    }
    return digits == 32;
}

static enum MHD_Result bare_handle(void *context, struct MHD_Connection *connection,
                                   const char *url, const char *method, const char *version,
                                   const char *data, size_t *data_size, void **request)
{
    struct bare *bare = context;
    struct task *task = *request;
    (void)version;
    if (!task) {
        *request = task = calloc(1, sizeof(*task));
        if (!task)
            return MHD_NO;
        task->connection = connection;
        return MHD_YES;
    }
    if (*data_size > 0) {
        if (*data_size > BODY_LIMIT - task->len)
            return MHD_NO;
        memcpy(task->body + task->len, data, *data_size);
        task->len += *data_size;
        *data_size = 0;
        return MHD_YES;
    }
    if (task->done)
        return MHD_queue_response(connection, task->stored ? 204 : 500, bare->empty);
    if (strcmp(method, "PATCH") != 0 || !bare_parse_id(url, task->id))
        return MHD_queue_response(connection, 400, bare->empty);
    bare_enqueue(bare, task);
    return MHD_YES;
}

static void bare_forget(void *context, struct MHD_Connection *connection, void **request,
                        enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    free(*request);
    *request = NULL;
}

static void bare_serve(struct bare *bare, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    pthread_t writer;
    sigset_t stop;
    int signal;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    bare->empty = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
        (uint16_t)port, NULL, NULL, bare_handle, bare, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_NOTIFY_COMPLETED, bare_forget, NULL, MHD_OPTION_END);
    if (!daemon || pthread_create(&writer, NULL, bare_write, bare) != 0) {
        fputs("bare_server: cannot start\n", stderr);
        exit(1);
    }
    sigwait(&stop, &signal);
    pthread_mutex_lock(&bare->lock);
    bare->stopping = true;
    pthread_cond_signal(&bare->filled);
    pthread_mutex_unlock(&bare->lock);
    pthread_join(writer, NULL);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(bare->empty);
}

int main(int argc, char **argv)
{
    struct bare bare = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};
    const char *colon = argc == 6 ? strrchr(argv[3], ':') : NULL;
    if (!colon || strcmp(argv[1], "serve") != 0) {
        fprintf(stderr, "usage: %s serve --listen 127.0.0.1:PORT --data DIR\n", argv[0]);
        return 2;
    }
    bare.last = &bare.first;
    if (!bare_open(&bare, argv[5])) {
        fprintf(stderr, "bare_server: %s\n", sqlite3_errmsg(bare.db));
        return 1;
    }
    bare_serve(&bare, atoi(colon + 1));
    sqlite3_finalize(bare.begin);
    sqlite3_finalize(bare.commit);
    sqlite3_finalize(bare.put);
    sqlite3_close(bare.db);
    return 0;
}
