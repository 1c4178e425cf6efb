/* The one door to the data. Nobody above knows which store is behind it.
 *
 * A session is a connection with a consistent view: readers take one per request, the writer keeps
 * one for its life. All functions here take a session; those marked "writer" only the writer's,
 * inside store_begin() and store_commit(). Times in µs unless said otherwise; sizes in bytes.
 *
 * Errors: every function returns ERR_OK, an error that its comment names, or ERR_INTERNAL when the
 * store itself failed (disk full, damaged file), then with the store's words in store_message(). */
#ifndef OCELLI_STORE_STORE_H
#define OCELLI_STORE_STORE_H

#include "base/err.h"
#include "model/annotation.h"
#include "model/entity.h"
#include "model/environment.h"
#include "model/feedback_definition.h"
#include "model/metric.h"
#include "model/project.h"
#include "model/thread.h"
#include "model/welcome_wizard.h"
#include "model/workspace.h"
#include "query/filter.h"

struct store;
struct session;

/* ---- the store ---- */

struct store_options {
    const char *directory;    /* made when missing */
    int readers;              /* read sessions at the same time */
    size_t body_limit;        /* no stored text is longer */
    int64_t query_timeout_ms; /* a read session ends its queries with ERR_TIMEOUT after this */
    int scan_threads;         /* that help with queries over many rows; 0 for none */
};

/* Opens or creates the data of a directory and locks it. NULL with one line in `message` when it is
 * in use by another process, from a newer version, or cannot be opened. */
struct store *store_open(const struct store_options *options, char *message, size_t message_size);

/* NULL-safe. All sessions must have been given back. */
void store_close(struct store *store);

/* ---- sessions ---- */

/* A read session with a snapshot of what is committed now. Waits until one is free.
 * ERR_UNAVAILABLE when none is within 30 s. */
enum err store_read_begin(struct store *store, struct session **ret);

/* Who waits for what a read session does, and where it counts what that took. */
struct read_watch {
    /* Asked every few ms while a query runs; true ends it with ERR_ABANDONED. May be NULL. */
    bool (*is_abandoned)(void *context);
    void *context;
    int64_t *rows;  /* rows that queries gave back are added here */
    int64_t *steps; /* steps of the store's own work: they grow with each row that it looked at,
                       whether it matched or not */
};

/* Watches the session from now on until it is given back; `watch` is copied. */
void store_read_watch(struct session *session, const struct read_watch *watch);

/* Gives it back. NULL-safe. */
void store_read_end(struct session *session);

/* The writer's session. */
struct session *store_writer(struct store *store);

/* Writer: a transaction around many changes, with a savepoint around those that may be undone
 * alone. */
enum err store_begin(struct session *session);
enum err store_commit(struct session *session);
/* Rows written since the session was opened: tells whether something was in between. */
int64_t store_writes(const struct session *session);
/* False when the store has undone the transaction by itself. */
bool store_in_transaction(const struct session *session);
void store_rollback(struct session *session);
enum err store_savepoint(struct session *session);
enum err store_savepoint_release(struct session *session);
void store_savepoint_rollback(struct session *session);

/* Writer, outside a transaction: moves the log into the data file when it has grown. */
void store_maintain(struct session *session);

/* The store's words about the last ERR_INTERNAL of this session; for the log, not for clients. */
const char *store_message(const struct session *session);

/* ---- workspaces and projects ---- */

/* A workspace by name, compared without case. *ret = 0 when there is none. */
enum err store_workspace_find(struct session *session, struct str name, int64_t *ret);

/* Writer. Finds or makes it. */
enum err store_workspace_ensure(struct session *session, struct str name, int64_t *ret);

/* Its configuration: ERR_NOT_FOUND when none is stored. */
enum err store_configuration_get(struct session *session, int64_t workspace, struct arena *arena,
                                 struct record **ret);
/* Writer. Replaces it whole. */
enum err store_configuration_put(struct session *session, int64_t workspace,
                                 const struct record *configuration);
/* Writer. */
enum err store_configuration_delete(struct session *session, int64_t workspace);

/* Whether the web client's welcome was answered. */
enum err store_wizard_find(struct session *session, int64_t workspace, bool *ret);
/* Writer. Keeps the answers instead of earlier ones. `now` in µs. */
enum err store_wizard_put(struct session *session, int64_t workspace, const struct record *wizard,
                          int64_t now, struct str user);

struct project {
    int64_t key; /* the store's own short id; never on the wire */
    struct uuid id;
    int64_t trace_count;
    int64_t span_count;
    int64_t thread_count; /* that have traces */
    bool deleted;
};

/* By name, compared without case, or by id; within the workspace. ERR_NOT_FOUND. */
enum err store_project_by_name(struct session *session, int64_t workspace, struct str name,
                               struct project *ret);
enum err store_project_by_id(struct session *session, int64_t workspace, const struct uuid *id,
                             struct project *ret);

/* The record of a project, also of a deleted one. */
enum err store_project_get(struct session *session, int64_t key, struct arena *arena,
                           struct record **ret);

/* Writer. ERR_CONFLICT when the name is taken. A deleted project's traces stay stored but can no
 * longer be reached (platform.md 8). */
enum err store_project_create(struct session *session, int64_t workspace,
                              const struct record *project, struct project *ret);

/* Writer. Adds to the counters; last_updated_trace_at (0: none) only moves forward. */
enum err store_project_touch(struct session *session, int64_t key, int64_t traces, int64_t spans,
                             int64_t threads, int64_t last_updated_trace_at);

/* ---- what has a unique name in a workspace: projects, feedback definitions, environments ---- */

struct named_query {
    const struct resource *resource;
    int64_t workspace;
    struct str name; /* substring, compared without case; empty: all */
    int only_field;  /* a field that must have the value `only`; -1: none */
    int64_t only;    /* of an enum or a whole number */
    int sort_field;  /* of the resource, or -1: its own order (projects and feedback definitions
                        newest id first, environments as they were made) */
    bool descending;
    int64_t offset, limit; /* limit -1: all */
};

struct named_cursor;

/* Opens a cursor over the records of a list; *ret_total counts all matches. The query and the arena
 * must outlive it. */
enum err store_named_open(struct session *session, const struct named_query *query,
                          struct arena *arena, struct named_cursor **ret, int64_t *ret_total);
/* The next record, in `arena` (may differ per record). ERR_NOT_FOUND at the end. */
enum err store_named_next(struct named_cursor *cursor, struct arena *arena, struct record **ret);
/* NULL-safe. */
void store_named_close(struct named_cursor *cursor);

/* All of them in an arena array. ERR_TOO_LARGE at the arena's ceiling. */
enum err store_named_list(struct session *session, const struct named_query *query,
                          struct arena *arena, struct record ***ret, size_t *ret_count,
                          int64_t *ret_total);

/* By id, or by name compared without case. ERR_NOT_FOUND. */
enum err store_named_get(struct session *session, const struct resource *resource,
                         int64_t workspace, const struct uuid *id, struct arena *arena,
                         struct record **ret);
enum err store_named_find(struct session *session, const struct resource *resource,
                          int64_t workspace, struct str name, struct arena *arena,
                          struct record **ret);

/* Writer. ERR_CONFLICT when the name or the id is taken; then nothing has changed. */
enum err store_named_create(struct session *session, int64_t workspace,
                            const struct record *record);
/* Writer. All fields of the one that has the record's id. ERR_CONFLICT when the name is taken. */
enum err store_named_update(struct session *session, int64_t workspace,
                            const struct record *record);
/* Writer. An unknown id is no error. */
enum err store_named_delete(struct session *session, const struct resource *resource,
                            int64_t workspace, const struct uuid *id);

/* Writer. What is remembered of the names that traces bring: one that was settled needs nothing
 * until environments change or a transaction is undone. May forget at any time. */
bool store_environment_is_settled(const struct session *session, int64_t workspace,
                                  struct str name);
void store_environment_settle(struct session *session, int64_t workspace, struct str name);

/* ---- traces and spans ---- */

/* When a field was last set by a PATCH (contract/README.md, "The merge rule"). */
struct patched_field {
    uint8_t field;
    int64_t at;
};

#define NO_BASE_CLOCK INT64_MIN

/* A stored trace or span with what the merge rules keep beside its values. */
struct row {
    struct record *record; /* heavy fields: VALUE_KEPT where stored, unless loaded */
    struct project project;
    int64_t body;       /* the store's own */
    bool stored;        /* there is a row, if only for sums of spans that came first */
    bool exists;        /* clients can see it */
    bool moved;         /* for store_entity_put(): trace_id or parent_span_id changed */
    int64_t base_clock; /* NO_BASE_CLOCK while only PATCHes have come */
    struct patched_field patched[RESOURCE_FIELDS_MAX];
    size_t patched_count;
    /* While only PATCHes have come: its tags are what they added to tags that are not known yet,
     * and which they took away (JSON text; empty: none). */
    bool tags_are_changes;
    struct str tags_removed;
    bool assumes_project; /* and none of them has named a project */
};

/* Which heavy fields to load: a bit per field index. */
#define LOAD_NONE 0ULL
#define LOAD_ALL UINT64_MAX

/* The row of an id in a project (project_key > 0), or in any project of the workspace (0): the one
 * whose project has the greatest id; one in a deleted project only when there is no other.
 * ERR_NOT_FOUND. ERR_TOO_LARGE at the arena's ceiling. */
enum err store_entity_get(struct session *session, const struct resource *resource,
                          int64_t workspace, int64_t project_key, const struct uuid *id,
                          uint64_t load, struct arena *arena, struct row *ret);

/* Writer. Whether there may be rows of PATCHes that have named no project; nearly always there are
 * none. */
enum err store_entity_any_assumed(struct session *session, const struct resource *resource,
                                  bool *ret);

/* Prepares heavy values for the store: VALUE_SET becomes VALUE_PACKED. Needs no session, so that
 * workers do it. ERR_TOO_LARGE at the arena's ceiling. */
enum err store_entity_pack(struct arena *arena, struct record *record);

/* Writer. Inserts (row->stored is false) or replaces the row of (row->project.key, id). VALUE_KEPT
 * heavy fields stay as they are, VALUE_SET ones must have been packed. Sums are not touched. */
enum err store_entity_put(struct session *session, struct row *row);

/* Writer. Removes the row and its body. */
enum err store_entity_delete(struct session *session, const struct row *row);

/* More distinct names than this in one trace's sums are dropped from the sums, so that a client
 * cannot make a row grow without end. The spans keep theirs. Such a sum takes no new names until it
 * is empty again: they may be of spans that were never counted. */
#define TRACE_SUM_NAMES_MAX 5000

/* What spans add to their trace; negative to take away. */
struct trace_sums {
    int64_t spans, llm_spans, tool_spans;
    decimal_int cost;
    struct tally usage;
    struct tally providers;
};

/* Writer. Adds to a trace's sums; keeps them for later when the trace is not there yet.
 * *ret_thread = the thread of a trace that is there, or empty; in the arena. */
enum err store_trace_add(struct session *session, int64_t project_key, const struct uuid *trace,
                         const struct trace_sums *sums, struct arena *arena,
                         struct str *ret_thread);

/* Writer. The ids of the spans of a trace directly below a parent, as an array in the arena.
 * ERR_TOO_LARGE at the arena's ceiling. */
enum err store_span_children(struct session *session, int64_t project_key, const struct uuid *trace,
                             const struct uuid *parent, struct arena *arena, struct uuid **ret,
                             size_t *ret_count);

/* Writer. Removes all spans of a trace with their bodies, and the trace's sums. *ret_count = how
 * many. */
enum err store_trace_delete_spans(struct session *session, int64_t project_key,
                                  const struct uuid *trace, int64_t *ret_count);

/* ---- OpenTelemetry: which trace of ours one of theirs is, in a project ---- */

/* Writer. `key` stands for the id there; *ret_seen_at as it was put. ERR_NOT_FOUND. */
enum err store_otlp_trace_get(struct session *session, int64_t project_key, const struct uuid *key,
                              struct uuid *ret, int64_t *ret_seen_at);
/* Writer. Inserts or replaces it. */
enum err store_otlp_trace_put(struct session *session, int64_t project_key, const struct uuid *key,
                              const struct uuid *trace, int64_t seen_at);
/* Writer. Forgets at most `limit` of those that were put before a time. */
enum err store_otlp_trace_prune(struct session *session, int64_t before, int64_t limit);

/* ---- threads (threads.md 2) ---- */

/* A thread: its mapping to a thread_model_id, its record, and what its traces come to. It is
 * visible while it has traces. */
struct thread {
    int64_t project_key;
    struct str thread_id;
    bool stored; /* there is a row */
    bool has_model;
    struct uuid model_id;
    int64_t mapped_at; /* µs */
    struct str mapped_by;
    bool has_record; /* else the values up to environment are those of its traces */
    int status;      /* enum thread_status */
    struct str tags; /* as FIELD_TAGS */
    int64_t created_at, last_updated_at; /* µs; 0 without record and traces */
    struct str created_by, last_updated_by;
    int source; /* index in entity_source_names */
    struct str environment;
    int64_t trace_count;
    bool has_end;
    int64_t start_time, end_time; /* ns; least start, greatest end */
    struct uuid first_trace;      /* that starts first */
    struct uuid last_trace;       /* that ends last, if has_end */
    struct uuid min_trace, max_trace;
    int64_t sources; /* bit per source that a trace of it has or had */
    struct str first_environment;
};

/* By its own id in a project; texts in the arena. ERR_NOT_FOUND. */
enum err store_thread_get(struct session *session, int64_t project_key, struct str thread_id,
                          struct arena *arena, struct thread *ret);

/* In the projects of a workspace, by thread_model_id, or by its own id (of several the one that was
 * updated last). ERR_NOT_FOUND. */
enum err store_thread_by_model(struct session *session, int64_t workspace, const struct uuid *id,
                               struct arena *arena, struct thread *ret);
enum err store_thread_find(struct session *session, int64_t workspace, struct str thread_id,
                           struct arena *arena, struct thread *ret);

/* Whether a project has a thread with a record, which outlives its traces; of a source, unless that
 * is 0. SOURCE_SDK takes those without one too. */
enum err store_thread_any(struct session *session, int64_t project_key, int source, bool *ret);

/* Writer. Inserts or replaces it, and adds to its cost and usage, which are kept with it. */
enum err store_thread_put(struct session *session, const struct thread *thread, decimal_int cost,
                          const struct tally *usage);

/* Writer. Reads anew what the traces come to, except cost and usage, and without a record the
 * values that come from the traces then. */
enum err store_thread_recount(struct session *session, struct arena *arena, struct thread *thread);

/* Writer. The first ids of a thread's traces, at most `limit`, in order. In the arena. */
enum err store_thread_traces(struct session *session, int64_t project_key, struct str thread_id,
                             size_t limit, struct arena *arena, struct uuid **ret,
                             size_t *ret_count);

/* Writer. Makes the active threads of a workspace inactive whose last sign of life is older than
 * `before`, but not than `since` (µs), at most `limit`; `now` (µs) and `user` become their last
 * update. */
enum err store_thread_close_idle(struct session *session, int64_t workspace, int64_t since,
                                 int64_t before, int64_t now, struct str user, int64_t limit,
                                 int64_t *ret_count);

/* The workspaces, each with its own time to the closing of threads (µs; 0: none is set). In the
 * arena. */
struct thread_timeout {
    int64_t workspace;
    int64_t timeout_us;
};
enum err store_thread_timeouts(struct session *session, struct arena *arena,
                               struct thread_timeout **ret, size_t *ret_count);

/* ---- annotations: feedback scores and comments ---- */

/* What an annotation is about. */
struct subject_key {
    enum subject subject;
    int64_t project_key;
    struct uuid id;
};

/* Writer. Stores a record of score_resource (or an item of a batch) or comment_resource; one with
 * the same key (score: name, author, queue; comment: id) is replaced. The subject need not exist.
 */
enum err store_annotation_put(struct session *session, const struct subject_key *key,
                              const struct record *annotation);

/* The stored annotations of one kind, scores in order of name, author and queue, comments of id, as
 * an array in the arena. ERR_TOO_LARGE at the arena's ceiling. */
enum err store_annotation_list(struct session *session, const struct resource *resource,
                               const struct subject_key *key, struct arena *arena,
                               struct record ***ret, size_t *ret_count);

/* A score of a trace's spans. */
struct span_score {
    struct record *score;
    struct uuid span;
    int type; /* enum span_type */
};

/* The scores of a trace's spans, in order of name. ERR_TOO_LARGE at the arena's ceiling. */
enum err store_span_score_list(struct session *session, int64_t project_key,
                               const struct uuid *trace, struct arena *arena,
                               struct span_score **ret, size_t *ret_count);

/* Whether a project has any annotation of a kind; a negative answer saves a look per row. */
enum err store_annotation_any(struct session *session, const struct resource *resource,
                              enum subject subject, int64_t project_key, bool *ret);

/* Writer. Removes scores of the names: of an author (empty: of all), of a queue (NULL: those of
 * none). */
enum err store_score_delete(struct session *session, const struct subject_key *key,
                            const struct str *names, size_t count, struct str author,
                            const struct uuid *queue);

/* Writer. Gives the annotations of a subject to the same id in another project. */
enum err store_annotation_move(struct session *session, const struct subject_key *key,
                               int64_t project_key);

/* Writer. Removes every annotation of a subject. */
enum err store_annotation_clear(struct session *session, const struct subject_key *key);

/* Writer. Removes every annotation of the spans of a trace. */
enum err store_annotation_clear_spans(struct session *session, int64_t project_key,
                                      const struct uuid *trace);

/* A comment of the workspace by its id, and what it is about. ERR_NOT_FOUND. */
enum err store_comment_get(struct session *session, int64_t workspace, const struct uuid *id,
                           struct arena *arena, struct record **ret, struct subject_key *ret_key);

/* Writer. Removes it. */
enum err store_comment_delete(struct session *session, const struct subject_key *key,
                              const struct uuid *id);

/* The distinct names of a kind of scores, in order, in some projects or (count 0) in the workspace;
 * with `type` only those on spans of this type. In the arena. ERR_TOO_LARGE at the arena's ceiling.
 */
enum err store_score_names(struct session *session, int64_t workspace, const int64_t *project_keys,
                           size_t project_count, enum subject subject, int type,
                           struct arena *arena, struct str **ret, size_t *ret_count);

/* ---- lists ---- */

enum entity_order {
    ORDER_DEFAULT, /* traces: id descending; spans: trace, parent, id descending; threads: last
                      updated first */
    ORDER_ID,      /* id descending; threads: thread_model_id descending */
    ORDER_FIELD,   /* sort_field, then the default order; absent values last */
};

/* Which traces, spans or threads: everything that narrows a list, a stream, a count or statistics.
 */
struct entity_query {
    const struct resource *resource;
    struct project project;
    bool has_from, has_to;
    struct uuid from, to; /* inclusive bounds of the id (traces.md 9.3) */
    bool has_before;
    struct uuid before;       /* only ids below, the cursor of streams; threads: thread_model_ids */
    struct str before_thread; /* threads without thread_model_id: only ids above */
    const struct uuid *ids;   /* traces, spans: only these; NULL: all */
    size_t id_count;
    bool has_trace; /* spans */
    struct uuid trace;
    int type;     /* spans: enum span_type, 0 for all */
    int source;   /* index in entity_source_names, 0 for all; sdk takes unset ones too */
    bool nothing; /* conditions that nothing meets: a queue that holds nothing */
    const struct filter_node *filter; /* NULL: none */
    struct str search; /* pattern looked for in the texts (query.md 11); empty: none */
    enum entity_order order;
    int sort_field;      /* of the resource */
    struct str sort_key; /* of a dynamic field */
    bool descending;
    int64_t offset, limit;
    uint64_t load; /* heavy fields to load */
};

struct entity_cursor;

/* Total of matches, ignoring offset and limit. */
enum err store_entity_count(struct session *session, const struct entity_query *query,
                            int64_t *ret);

/* One page of a list and the total of matches, in one pass over the rows where they must be looked
 * at. The query and the arena must outlive the cursor. */
enum err store_entity_page(struct session *session, const struct entity_query *query,
                           struct arena *arena, struct entity_cursor **ret, int64_t *ret_total);

/* Opens a cursor. The query and the arena must outlive it. */
enum err store_entity_open(struct session *session, const struct entity_query *query,
                           struct arena *arena, struct entity_cursor **ret);

/* The next row, its texts in `arena` (may differ per row). ERR_NOT_FOUND at the end; ERR_TIMEOUT
 * when the session's time is up, ERR_ABANDONED when nobody waits any more. */
enum err store_entity_next(struct entity_cursor *cursor, struct arena *arena, struct row *ret);

/* NULL-safe. */
void store_entity_close(struct entity_cursor *cursor);

/* ---- search index ----
 *
 * Searches leave out runs of neighbouring rows (zones) of which it is known that their texts cannot
 * have the pattern. That is made in three steps for a zone whose rows have rested: the writer marks
 * it, a reader that began after that commit reads its texts, and the writer puts what came out. A
 * change of the zone's texts in between takes the mark, and later the result, away. */

struct text_zone {
    const struct resource *resource; /* traces or spans */
    int64_t project;
    struct uuid first; /* its key */
};

/* A look at the next zones; repeated, it goes on where it stopped. */
struct text_look {
    struct text_zone behind; /* project 0: from the beginning */
    int64_t rested_before;   /* µs: only zones whose rows have not changed since */
    int64_t zones;           /* at most so many are looked at */
    bool ended;              /* set: there are no more behind */
};

/* Reader. The first `max` zones of a look that are neither indexed nor changing. */
enum err store_text_zones(struct session *session, struct text_look *look, struct text_zone *ret,
                          size_t max, size_t *ret_count);

/* Writer. */
enum err store_text_mark(struct session *session, const struct text_zone *zone);

/* Reader. What is known of a zone's texts, in the arena; empty when it is of no use.
 * ERR_TOO_LARGE, ERR_TIMEOUT, ERR_INTERNAL. */
enum err store_text_read(struct session *session, const struct text_zone *zone, struct arena *arena,
                         struct str *ret);

/* Writer. Nothing happens when the mark is gone. */
enum err store_text_put(struct session *session, const struct text_zone *zone, struct str bits);

/* ---- usage counts (platform.md 13) ---- */

/* How many traces or spans one user stored in a project. */
struct usage_count {
    struct str workspace; /* its name */
    struct uuid project;
    struct str user;
    int64_t count;
};

/* Those that were stored in [from, to), µs: in the order of workspaces, then of users, then of
 * projects; an array in the arena. ERR_TOO_LARGE at the arena's ceiling, ERR_TIMEOUT. */
enum err store_usage_counts(struct session *session, const struct resource *resource, int64_t from,
                            int64_t to, struct arena *arena, struct usage_count **ret,
                            size_t *ret_count);

/* ---- statistics (stats.md 1) ---- */

struct usage_stats {
    struct str name;
    int64_t sum;
    int64_t rows;     /* that have it */
    int64_t positive; /* sum of the values above 0 */
};

struct score_stats {
    struct str name;
    double mean; /* over what is scored, of its mean over authors */
};

struct entity_stats {
    int64_t count;
    double duration[3];                /* p50, p90, p99 in ms */
    int64_t inputs, outputs, metadata; /* rows that have them */
    int64_t tags;                      /* sum over the rows */
    int64_t threads;                   /* distinct, traces only */
    int64_t spans, llm_spans;          /* sums, traces only */
    int64_t costs;                     /* rows with a cost above 0 */
    decimal_int cost;                  /* their sum, 10^-12 USD */
    int64_t errors;
    struct usage_stats *usage; /* by name */
    size_t usage_count;
    struct score_stats *scores; /* in order of name */
    size_t score_count;
    struct score_stats *span_scores; /* traces: of their spans, in order of name */
    size_t span_score_count;
};

enum err store_entity_stats(struct session *session, const struct entity_query *query,
                            struct arena *arena, struct entity_stats *ret);

/* ---- metrics over time (stats.md 4 to 6) ---- */

/* What to count of the rows that `project`, the bounds and the filter choose. */
struct metric_query {
    enum metric_entity entity;
    enum metric_measure measure;
    enum metric_interval interval;
    struct project project;
    int64_t from_ms, to_ms;           /* of the rows' ids, inclusive; threads: of their record */
    int64_t span_from_ms, span_to_ms; /* sums over spans: of the spans' ids as well */
    bool by_start;                    /* start_time must lie in the bounds too, and makes buckets */
    const struct filter_node *filter; /* NULL: none */
    enum breakdown_field group;       /* 0 or BREAKDOWN_NONE: one group "" */
    struct str group_key;             /* BREAKDOWN_METADATA */
    struct str name;                  /* scores and usage: only this name; empty: all */
};

/* One bucket of one group; scores and usage: of one name. What the measure does not ask for is 0.
 */
struct metric_row {
    int64_t bucket_ms; /* its start */
    struct str group, name;
    int64_t count;         /* rows; MEASURE_SCORES: of them that have the score */
    int64_t timed;         /* rows with a duration */
    int64_t errors;        /* rows with an error */
    decimal_int sum;       /* µs of the durations; usage; 10^-9 of the scores' means */
    decimal_int cost;      /* 10^-12 USD */
    double percentiles[3]; /* p50, p90, p99, ms */
};

/* Counts in one pass. An arena array in no particular order. ERR_TIMEOUT; ERR_TOO_LARGE at the
 * arena's ceiling. */
enum err store_metric(struct session *session, const struct metric_query *query,
                      struct arena *arena, struct metric_row **ret, size_t *ret_count);

#endif
