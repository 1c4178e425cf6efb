/* The SQLite store: one file in WAL mode, one writing connection, a pool of reading ones, and a
 * thread that moves the log into the file so that no commit waits for it. */
#include "store/sqlite/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/sqlite/scan_pool.h"
#include "store/sqlite/zone.h"

#define PAGE_SIZE 4096
#define WRITER_CACHE_KIB 24576
#define READER_CACHE_KIB 4096
#define BUSY_TIMEOUT_MS 10000
/* A function may hold a text, what was parsed of it, and a copy. */
#define SCRATCH_BODIES 12
/* SQLite looks at the clock after so many steps of a query; between two questions whether somebody
 * still waits for it passes so much time. */
#define STEPS_PER_LOOK 10000
#define ASK_EVERY_NS (10 * 1000000LL)
#define READER_WAIT_S 30

/* The log is moved into the file from this size on, and the writer itself helps when the thread
 * cannot keep up. */
#define CHECKPOINT_PAGES (32 * 1024 * 1024 / PAGE_SIZE)
#define CHECKPOINT_PAGES_MAX (128 * 1024 * 1024 / PAGE_SIZE)

static bool make_directory(const char *path, char *message, size_t size)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return true;
    snprintf(message, size, "cannot make the data directory %s: %s", path, strerror(errno));
    return false;
}

/* Locks the directory for this process; released by the kernel when it ends, however it ends. */
static int lock_directory(const char *directory, char *message, size_t size)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof(path), "%s/ocelli.lock", directory);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        snprintf(message, size, "cannot open %s: %s", path, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        snprintf(message, size, "the data directory %s is in use by another server", directory);
        close(fd);
        return -1;
    }
    return fd;
}

static int on_commit(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store *store = context;

    (void)db, (void)name;
    pthread_mutex_lock(&store->mutex);
    store->wal_pages = pages;
    if (pages >= CHECKPOINT_PAGES)
        pthread_cond_signal(&store->checkpoint_wanted);
    pthread_mutex_unlock(&store->mutex);
    return SQLITE_OK;
}

void session_close(struct session *session)
{
    if (!session)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(session->statements[i]);
    sqlite3_close(session->db);
    arena_done(&session->scratch);
    zone_free(session->zones);
    mem_free(session);
}

bool session_is_over(struct session *session)
{
    int64_t now = clock_monotonic_ns();

    if (session->watch.is_abandoned && now >= session->ask_at_ns) {
        session->ask_at_ns = now + ASK_EVERY_NS;
        session->abandoned = session->watch.is_abandoned(session->watch.context);
    }
    return session->abandoned || now > session->deadline_ns;
}

static int is_over(void *context)
{
    return session_is_over(context);
}

/* At each row that a statement gives back, and at its end. */
static int on_progress(unsigned event, void *context, void *statement, void *unused)
{
    const struct read_watch *watch = &((struct session *)context)->watch;
    uint32_t steps = (uint32_t)sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);

    (void)unused;
    if (watch->rows)
        *watch->rows += event == SQLITE_TRACE_ROW;
    if (watch->steps)
        *watch->steps += steps;
    return 0;
}

static void watch_reader(struct session *session)
{
    sqlite3_progress_handler(session->db, STEPS_PER_LOOK, is_over, session);
    sqlite3_trace_v2(session->db, SQLITE_TRACE_ROW | SQLITE_TRACE_PROFILE, on_progress, session);
}

struct session *session_open(struct store *store, bool writer, char *message, size_t size)
{
    struct session *session = mem_zalloc(sizeof(*session));
    char pragmas[512];

    session->store = store;
    arena_init(&session->scratch, SCRATCH_BODIES * store->body_limit);
    session->writer = writer;
    session->deadline_ns = INT64_MAX;
    /* Reading connections open for writing too, as a reader of a WAL must be able to make the
     * index file; query_only keeps them from changing data. */
    snprintf(pragmas, sizeof(pragmas),
             "PRAGMA page_size=%d; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
             "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-%d; PRAGMA temp_store=MEMORY;"
             /* To readers, what has no order comes newest first, as pages want it. */
             "PRAGMA reverse_unordered_selects=%d; PRAGMA query_only=%d",
             PAGE_SIZE, writer ? WRITER_CACHE_KIB : READER_CACHE_KIB, !writer, !writer);
    if (sqlite3_open_v2(store->path, &session->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                            (writer ? SQLITE_OPEN_CREATE : 0),
                        NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(session->db, BUSY_TIMEOUT_MS) != SQLITE_OK ||
        sqlite3_exec(session->db, pragmas, NULL, NULL, NULL) != SQLITE_OK ||
        functions_register(session) != SQLITE_OK) {
        snprintf(message, size, "cannot open %s: %s", store->path,
                 session->db ? sqlite3_errmsg(session->db) : "out of memory");
        session_close(session);
        return NULL;
    }
    if (writer)
        sqlite3_wal_hook(session->db, on_commit, store);
    else
        watch_reader(session);
    return session;
}

/* False when there is no table of names yet. */
static bool load_names(struct store *store)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare(store->writer, STR("SELECT text FROM name ORDER BY number"));

    while (statement && sqlite3_step(statement) == SQLITE_ROW)
        names_add(store->names, str_make((const char *)sqlite3_column_text(statement, 0),
                                         (size_t)sqlite3_column_bytes(statement, 0)));
    return statement != NULL;
}

/* Migrations need the names that there are. */
static bool prepare_schema(struct store *store, char *message, size_t size)
{
    bool loaded;

    store->names = names_new();
    loaded = load_names(store);
    if (!schema_prepare(store->writer->db, message, size))
        return false;
    if (loaded || load_names(store))
        return true;
    snprintf(message, size, "cannot read %s: %s", store->path, store->writer->message);
    return false;
}

/* Moves the log into the file whenever it has grown, on a connection of its own. */
static void *run_checkpoints(void *context)
{
    struct store *store = context;
    char message[128];
    struct session *session = session_open(store, false, message, sizeof(message));

    pthread_mutex_lock(&store->mutex);
    while (session && !store->stopping) {
        if (store->wal_pages < CHECKPOINT_PAGES) {
            pthread_cond_wait(&store->checkpoint_wanted, &store->mutex);
            continue;
        }
        store->wal_pages = 0;
        pthread_mutex_unlock(&store->mutex);
        sqlite3_wal_checkpoint_v2(session->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        pthread_mutex_lock(&store->mutex);
    }
    pthread_mutex_unlock(&store->mutex);
    session_close(session);
    return NULL;
}

static bool open_sessions(struct store *store, const struct store_options *options, char *message,
                          size_t size)
{
    int readers = options->readers;

    store->writer = session_open(store, true, message, size);
    if (!store->writer || !prepare_schema(store, message, size))
        return false;
    store->readers = mem_zalloc((size_t)readers * sizeof(struct session *));
    for (int i = 0; i < readers; i++) {
        struct session *session = session_open(store, false, message, size);
        if (!session)
            return false;
        session->next = store->free_readers;
        store->free_readers = session;
        store->readers[store->reader_count++] = session;
    }
    store->scan_pool = scan_pool_new(store, options->scan_threads, message, size);
    if (!store->scan_pool)
        return false;
    if (pthread_create(&store->checkpointer, NULL, run_checkpoints, store) != 0) {
        snprintf(message, size, "cannot start a thread");
        return false;
    }
    store->checkpointer_runs = true;
    return true;
}

/* Without its count of memory, SQLite's threads do not meet at one mutex for each allocation. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct store *store_open(const struct store_options *options, char *message, size_t message_size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct store *store = mem_zalloc(sizeof(*store));
    size_t path_size = strlen(options->directory) + 16;

    pthread_once(&once, configure);
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->reader_freed, NULL);
    pthread_cond_init(&store->checkpoint_wanted, NULL);
    store->lock_fd = -1;
    store->body_limit = options->body_limit;
    store->query_timeout_ns = options->query_timeout_ms * 1000000;
    store->path = mem_alloc(path_size);
    snprintf(store->path, path_size, "%s/ocelli.db", options->directory);
    if (make_directory(options->directory, message, message_size))
        store->lock_fd = lock_directory(options->directory, message, message_size);
    if (store->lock_fd < 0 || !open_sessions(store, options, message, message_size)) {
        store_close(store);
        return NULL;
    }
    return store;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->checkpointer_runs) {
        pthread_mutex_lock(&store->mutex);
        store->stopping = true;
        pthread_cond_signal(&store->checkpoint_wanted);
        pthread_mutex_unlock(&store->mutex);
        pthread_join(store->checkpointer, NULL);
    }
    scan_pool_free(store->scan_pool);
    for (int i = 0; i < store->reader_count; i++)
        session_close(store->readers[i]);
    session_close(store->writer);
    names_free(store->names);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    pthread_mutex_destroy(&store->mutex);
    pthread_cond_destroy(&store->reader_freed);
    pthread_cond_destroy(&store->checkpoint_wanted);
    mem_free(store->readers);
    mem_free(store->path);
    mem_free(store);
}

enum err session_begin_read(struct session *session)
{
    sqlite3_stmt *first __attribute__((cleanup(statement_reset))) = NULL;
    int64_t before = atomic_load(&session->store->commits);

    session->snapshot = SNAPSHOT_UNKNOWN;
    if (session_run(session, session_statement(session, STATEMENT_BEGIN_READ, "BEGIN")))
        return ERR_INTERNAL;
    /* It is the first read that takes the snapshot. */
    first = session_statement(session, STATEMENT_FIRST_READ, "SELECT 1 FROM workspace LIMIT 1");
    if (!first || sqlite3_step(first) != SQLITE_ROW)
        return session_failed(session, "begin");
    if (before % 2 == 0 && atomic_load(&session->store->commits) == before)
        session->snapshot = before;
    return ERR_OK;
}

void session_end_read(struct session *session)
{
    session->watch = (struct read_watch){0};
    session->abandoned = false;
    session_run(session, session_statement(session, STATEMENT_COMMIT, "COMMIT"));
}

enum err store_read_begin(struct store *store, struct session **ret)
{
    struct session *session;
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += READER_WAIT_S;
    pthread_mutex_lock(&store->mutex);
    while (!store->free_readers && rc == 0)
        rc = pthread_cond_timedwait(&store->reader_freed, &store->mutex, &until);
    session = store->free_readers;
    if (session)
        store->free_readers = session->next;
    pthread_mutex_unlock(&store->mutex);
    if (!session)
        return ERR_UNAVAILABLE;
    *ret = session;
    session->deadline_ns = clock_monotonic_ns() + store->query_timeout_ns;
    return session_begin_read(session);
}

void store_read_watch(struct session *session, const struct read_watch *watch)
{
    session->watch = *watch;
    session->ask_at_ns = clock_monotonic_ns() + ASK_EVERY_NS;
}

void store_read_end(struct session *session)
{
    struct store *store;

    if (!session)
        return;
    store = session->store;
    session_end_read(session);
    pthread_mutex_lock(&store->mutex);
    session->next = store->free_readers;
    store->free_readers = session;
    pthread_cond_signal(&store->reader_freed);
    pthread_mutex_unlock(&store->mutex);
}

struct session *store_writer(struct store *store)
{
    return store->writer;
}

enum err store_begin(struct session *session)
{
    session->names_mark = names_count(session->store->names);
    return session_run(session, session_statement(session, STATEMENT_BEGIN, "BEGIN IMMEDIATE"));
}

enum err store_commit(struct session *session)
{
    enum err err;

    if (zone_flush(session))
        return ERR_INTERNAL;
    atomic_fetch_add(&session->store->commits, 1);
    err = session_run(session, session_statement(session, STATEMENT_COMMIT, "COMMIT"));
    atomic_fetch_add(&session->store->commits, 1);
    return err;
}

int64_t store_writes(const struct session *session)
{
    return sqlite3_total_changes64(session->db);
}

bool store_in_transaction(const struct session *session)
{
    return sqlite3_get_autocommit(session->db) == 0;
}

void store_rollback(struct session *session)
{
    session_run(session, session_statement(session, STATEMENT_ROLLBACK, "ROLLBACK"));
    session_forget(session);
    zone_forget(session);
    names_truncate(session->store->names, session->names_mark);
}

enum err store_savepoint(struct session *session)
{
    /* What was noted before must not be undone with the change. */
    if (zone_flush(session))
        return ERR_INTERNAL;
    session->names_savepoint = names_count(session->store->names);
    return session_run(session,
                       session_statement(session, STATEMENT_SAVEPOINT, "SAVEPOINT change"));
}

enum err store_savepoint_release(struct session *session)
{
    return session_run(session,
                       session_statement(session, STATEMENT_SAVEPOINT_RELEASE, "RELEASE change"));
}

void store_savepoint_rollback(struct session *session)
{
    session_run(session,
                session_statement(session, STATEMENT_SAVEPOINT_ROLLBACK, "ROLLBACK TO change"));
    store_savepoint_release(session);
    session_forget(session);
    zone_forget(session);
    names_truncate(session->store->names, session->names_savepoint);
}

void store_maintain(struct session *session)
{
    struct store *store = session->store;
    bool far_behind;

    pthread_mutex_lock(&store->mutex);
    far_behind = store->wal_pages >= CHECKPOINT_PAGES_MAX;
    pthread_mutex_unlock(&store->mutex);
    /* With the writer itself waiting, nothing is added meanwhile, so the log starts anew. */
    if (far_behind)
        sqlite3_wal_checkpoint_v2(session->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

const char *store_message(const struct session *session)
{
    return session->message;
}
