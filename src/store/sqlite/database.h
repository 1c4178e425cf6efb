/* What the files of the SQLite store share: connections, cached statements, columns by field. */
#ifndef OCELLI_STORE_SQLITE_DATABASE_H
#define OCELLI_STORE_SQLITE_DATABASE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "store/sql.h"
#include "store/sqlite/names.h"
#include "store/sqlite/sql.h"
#include "store/store.h"

enum zone_statement {
    ZONE_FLOOR,
    ZONE_NEXT,
    ZONE_MOVE,
    ZONE_WRITE,
    ZONE_FORGET_TEXTS,
    ZONE_STATEMENT_COUNT
};

/* Statements that each session keeps prepared. Those of entities have one slot per resource. */
enum statement {
    STATEMENT_BEGIN,
    STATEMENT_BEGIN_READ,
    STATEMENT_FIRST_READ,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_SAVEPOINT,
    STATEMENT_SAVEPOINT_RELEASE,
    STATEMENT_SAVEPOINT_ROLLBACK,
    STATEMENT_WORKSPACE_FIND,
    STATEMENT_PROJECT_BY_NAME,
    STATEMENT_PROJECT_BY_ID,
    STATEMENT_PROJECT_TOUCH,
    STATEMENT_NAME_INSERT,
    STATEMENT_TRACE_ADD,
    STATEMENT_TRACE_ADD_FIRST,
    STATEMENT_SPAN_CHILDREN,
    STATEMENT_ENTITY_GET,
    STATEMENT_ENTITY_GET_ANY = STATEMENT_ENTITY_GET + 2,
    STATEMENT_ENTITY_WRITE = STATEMENT_ENTITY_GET_ANY + 2, /* one per enum row_write */
    STATEMENT_BODY_GET = STATEMENT_ENTITY_WRITE + 2 * 3,
    STATEMENT_BODY_INSERT = STATEMENT_BODY_GET + 2,
    STATEMENT_BODY_UPDATE = STATEMENT_BODY_INSERT + 2, /* one per set of heavy fields */
    STATEMENT_ASSUMED_ANY = STATEMENT_BODY_UPDATE + 2 * 16,
    STATEMENT_SCORE_PUT = STATEMENT_ASSUMED_ANY + 2,
    STATEMENT_COMMENT_PUT,
    STATEMENT_SCORE_ANY,
    STATEMENT_COMMENT_ANY,
    STATEMENT_SCORE_CLEAR,
    STATEMENT_COMMENT_CLEAR,
    STATEMENT_SCORE_CLEAR_SPANS,
    STATEMENT_COMMENT_CLEAR_SPANS,
    STATEMENT_SCORE_LIST,
    STATEMENT_SPAN_SCORE_LIST,
    STATEMENT_COMMENT_LIST,
    STATEMENT_THREAD_GET,
    STATEMENT_THREAD_PUT,
    STATEMENT_THREAD_FIRST_MESSAGE,
    STATEMENT_THREAD_LAST_MESSAGE,
    STATEMENT_OTLP_TRACE_GET,
    STATEMENT_OTLP_TRACE_PUT,
    STATEMENT_OTLP_TRACE_PRUNE,
    STATEMENT_ZONE, /* of traces, then of spans */
    STATEMENT_COUNT = STATEMENT_ZONE + 2 * ZONE_STATEMENT_COUNT,
};

/* An environment's name that needs nothing when a trace has it. */
struct settled_environment {
    int64_t workspace; /* 0: nothing cached */
    size_t length;
    char name[ENVIRONMENT_NAME_MAX];
};

#define SETTLED_ENVIRONMENTS 16

/* What the writer looked up last: nearly every change asks for the same again. Only the writer
 * changes these tables, so it knows when to forget. */
struct lookup_cache {
    char workspace_name[WORKSPACE_NAME_MAX];
    size_t workspace_name_length;
    int64_t workspace; /* 0: nothing cached */
    char project_name[4 * PROJECT_NAME_MAX];
    size_t project_name_length;
    int64_t project_workspace;
    struct project project;                                        /* key 0: nothing cached */
    struct settled_environment environments[SETTLED_ENVIRONMENTS]; /* by a hash of the name */
};

struct session {
    struct lookup_cache cache; /* writer */
    struct store *store;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    size_t names_mark; /* writer: names known when the transaction began */
    size_t names_savepoint;
    struct zone_notes *zones;     /* writer: see zone.h */
    struct page *page;            /* readers: what page_add() collects into */
    const struct id_set *id_sets; /* readers: what id_in() and id_rank() look into */
    size_t id_hints[SQL_SETS_MAX + 1];
    bool writer;
    int64_t snapshot;    /* readers: which one it sees, or SNAPSHOT_UNKNOWN */
    int64_t deadline_ns; /* readers: of what runs now */
    struct read_watch watch;
    int64_t ask_at_ns; /* when to ask watch.is_abandoned next */
    bool abandoned;
    struct arena scratch; /* of SQL functions, emptied by each call */
    struct session *next; /* in the store's list of free readers */
    char message[256];
};

/* Of a reader that began while a commit was under way. */
#define SNAPSHOT_UNKNOWN (-1)

struct store {
    char *path;
    int lock_fd;
    size_t body_limit;
    int64_t query_timeout_ns;
    struct names *names;
    struct session *writer;
    struct session *free_readers;
    struct session **readers;
    int reader_count;
    pthread_mutex_t mutex;
    pthread_cond_t reader_freed;
    pthread_t checkpointer;
    bool checkpointer_runs;
    pthread_cond_t checkpoint_wanted;
    bool stopping;
    int wal_pages; /* of the log after the last commit; under `mutex` */
    struct scan_pool *scan_pool;
    _Atomic int64_t commits; /* begun and ended ones: odd while one is under way */
};

/* Which of the two slots of a statement an entity has: 0 traces, 1 spans. */
static inline int entity_slot(const struct resource *resource)
{
    return resource == &span_resource;
}

/* Opens a connection. NULL with one line in `message`. session_close() is NULL-safe. */
struct session *session_open(struct store *store, bool writer, char *message, size_t size);
void session_close(struct session *session);

/* Readers: begins in the snapshot of what is committed now, and ends. */
enum err session_begin_read(struct session *session);
void session_end_read(struct session *session);

/* Readers: whether what runs has to end. SQLite asks in statements that run for long; what runs
 * many short ones has to ask between them, and fails with session_ended(). */
bool session_is_over(struct session *session);
enum err session_ended(struct session *session);

/* Keeps SQLite's words about the failure. ERR_TIMEOUT when the time was up,
 * ERR_ABANDONED when nobody waits for it any more, ERR_TOO_LARGE when a stored text is beyond the
 * limit, else ERR_INTERNAL. */
enum err session_failed(struct session *session, const char *what);

/* The cached statement of a slot, prepared from `sql` on first use, reset and without bindings.
 * NULL on failure. */
sqlite3_stmt *session_statement(struct session *session, int slot, const char *sql);

/* True when the slot is prepared already, so that its text need not be made again. */
bool session_has_statement(const struct session *session, int slot);

/* Forgets what was looked up; after projects have changed or a transaction was undone. */
void session_forget(struct session *session);

/* Prepares a statement that is used once. NULL on failure. */
sqlite3_stmt *session_prepare(struct session *session, struct str sql);

/* Runs a statement that returns no rows, and resets it. */
enum err session_run(struct session *session, sqlite3_stmt *statement);

/* Cleanup attribute for statements from session_prepare(). */
void statement_finalize(sqlite3_stmt **statement);
/* Cleanup attribute for statements from session_statement(). */
void statement_reset(sqlite3_stmt **statement);

void bind_str(sqlite3_stmt *statement, int index, struct str s);
void bind_uuid(sqlite3_stmt *statement, int index, const struct uuid *uuid);
struct str column_str(sqlite3_stmt *statement, int index, struct arena *arena);

/* The id in a column; false, and nothing set, when there is none. */
bool column_uuid(sqlite3_stmt *statement, int index, struct uuid *ret);

/* Makes room for one more item of an array in the arena that grew by this function only. NULL at
 * its ceiling. */
void *array_make_room(struct arena *arena, void *items, size_t count, size_t item_size);

/* Binds a value as its column is stored; absent ones as NULL, absent ids as an empty blob.
 * ERR_INTERNAL when a name could not be stored. */
enum err bind_field(struct session *session, sqlite3_stmt *statement, int index,
                    const struct field *field, const struct value *value);

/* Reads a column as the field's value, texts copied into the arena. */
void column_field(struct session *session, sqlite3_stmt *statement, int index,
                  const struct field *field, struct arena *arena, struct value *ret);

/* Tallies as blobs. Writer for encode: new names are stored. */
enum err tally_bind(struct session *session, sqlite3_stmt *statement, int index,
                    const struct tally *tally);
struct tally *tally_read(struct session *session, const void *blob, int size, struct arena *arena);

/* The sum of two tally blobs (either may be empty), to be freed with mem_free(); pairs that come to
 * 0 vanish, and at most TRACE_SUM_NAMES_MAX names are kept; once one was dropped from `old`, it
 * takes no new ones. */
uint8_t *tally_add_blobs(struct str old, struct str more, size_t *ret_size);

/* Money: an integer of 10^-12 USD; where that does not fit, the bytes of the decimal, which SQL
 * takes for greater than any number. */
void cost_bind(sqlite3_stmt *statement, int index, decimal_int cost);
decimal_int cost_read(sqlite3_value *value);
void cost_result(sqlite3_context *context, decimal_int cost);

/* The id in an argument of an SQL function; false when it is none. */
bool uuid_read(sqlite3_value *value, struct uuid *ret);

/* The text of an argument of an SQL function: NULL is "", a blob is unpacked into the session's
 * scratch arena. */
struct str argument_text(sqlite3_context *context, sqlite3_value *value);

/* SQL functions of a session; functions.c, tally.c and aggregates.c list them. SQLITE_OK or an
 * error of SQLite. */
int functions_register(struct session *session);
int tally_functions_register(struct session *session);
int aggregates_register(struct session *session);

/* Walks a tally blob: the next name and count. False at the end. */
struct tally_walk {
    const uint8_t *p, *end;
};
bool tally_next(const struct store *store, struct tally_walk *walk, struct str *ret_name,
                int64_t *ret_count);

/* How many tags a column has. */
int64_t tags_count(struct session *session, sqlite3_value *value);

/* Creates or upgrades the schema inside one transaction. False with one line in `message`. */
bool schema_prepare(sqlite3 *db, char *message, size_t message_size);

/* Heavy values: text from a column of a body table. Compressed ones are unpacked into the arena. */
enum err body_unpack(struct session *session, sqlite3_stmt *statement, int index,
                     struct arena *arena, struct value *ret);

/* A record of a named resource by the store's own key, deleted ones included. ERR_NOT_FOUND. */
enum err named_get_by_key(struct session *session, const struct resource *resource, int64_t key,
                          struct arena *arena, struct record **ret);

/* A one-time statement with the values of `sql` bound. NULL on failure. */
struct sql;
sqlite3_stmt *session_prepare_sql(struct session *session, const struct sql *sql);

/* Appends the source of a query of threads (" FROM … WHERE …"), or the whole statement of a list.
 * May look at the data to find the cheaper one. */
enum err thread_add_source(struct session *session, struct sql *sql,
                           const struct entity_query *query);
enum err thread_add_list(struct session *session, struct sql *sql,
                         const struct entity_query *query);

/* Reads the row of a list of threads, with its messages. */
enum err thread_read(struct session *session, sqlite3_stmt *statement, struct arena *arena,
                     struct row *ret);

/* Reads the row that a statement with sql_entity_columns() stands on. */
enum err entity_read(struct session *session, sqlite3_stmt *statement,
                     const struct resource *resource, uint64_t load, struct arena *arena,
                     struct row *ret);

#endif
