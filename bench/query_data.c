/* Data directory of bench/query; see query_data.h. */
#include "query_data.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yyjson.h>

#include "client.h"
#include "clock.h"
#include "exchange.h"
#include "process.h"
#include "scratch.h"

#define FORMAT 2        /* counts up when the rows change */
#define ROUND_GROUPS 10 /* so many thousand traces with their spans are in memory at a time */
#define CONNECTIONS 4
#define ROUND_REQUESTS (ROUND_GROUPS * (1 + QUERY_SPANS_MAX))
#define PATH_SIZE 512
#define INDEX_WAIT_S 600

/* Requests of one round; made by one thread while the ones before are sent. */
struct round {
    const struct query_rows *rows;
    size_t first; /* trace */
    struct client_request requests[ROUND_REQUESTS];
    size_t count;
    struct query_bytes traces, spans;
};

void query_data_database(const char *dir, char *out, size_t size)
{
    snprintf(out, size, "%s/ocelli.db", dir);
}

/* ---- the note about what a directory holds ---- */

static void query_data_note_path(const char *dir, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%s/bench-query.txt", dir);
}

static bool query_data_write_note(const char *dir, const struct query_data *data, bool complete)
{
    const struct query_bytes *sides[] = {&data->traces, &data->spans};
    char path[PATH_SIZE];
    query_data_note_path(dir, path);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return false;
    }
    fprintf(file, "format %d traces %zu spans_per_trace %u complete %d scores %d\n", FORMAT,
            data->rows.traces, data->rows.spans_per_trace, complete, data->has_scores);
    for (int i = 0; i < 2; i++)
        fprintf(file, "%llu %llu %llu %llu %llu\n", (unsigned long long)sides[i]->json,
                (unsigned long long)sides[i]->input, (unsigned long long)sides[i]->output,
                (unsigned long long)sides[i]->metadata, (unsigned long long)sides[i]->error_info);
    return fclose(file) == 0;
}

/* Does the directory hold these rows, all of them? */
static bool query_data_read_note(const char *dir, const struct query_rows *rows,
                                 struct query_data *ret)
{
    struct query_bytes *sides[] = {&ret->traces, &ret->spans};
    int format = 0, complete = 0, scores = 0;
    unsigned long long b[5];
    char path[PATH_SIZE];
    query_data_note_path(dir, path);
    FILE *file = fopen(path, "r");
    bool ok = file &&
              fscanf(file, "format %d traces %zu spans_per_trace %u complete %d scores %d", &format,
                     &ret->rows.traces, &ret->rows.spans_per_trace, &complete, &scores) == 5;
    for (int i = 0; ok && i < 2; i++) {
        ok = fscanf(file, "%llu %llu %llu %llu %llu", &b[0], &b[1], &b[2], &b[3], &b[4]) == 5;
        if (ok)
            *sides[i] = (struct query_bytes){b[0], b[1], b[2], b[3], b[4]};
    }
    if (file)
        fclose(file);
    ret->has_scores = scores;
    return ok && format == FORMAT && complete && ret->rows.traces == rows->traces &&
           ret->rows.spans_per_trace == rows->spans_per_trace;
}

/* ---- schema ---- */

/* All statements of a database's schema as one text, for free(); NULL when it cannot be read. */
static char *query_data_schema(const char *dir)
{
    char path[PATH_SIZE], *schema = NULL;
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    query_data_database(dir, path, sizeof(path));
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db,
                           "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema"
                           " WHERE name NOT LIKE 'sqlite_%' ORDER BY name)",
                           -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0))
        schema = strdup((const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return schema;
}

/* Would this server make the same tables? */
static bool query_data_fits(const char *dir, const char *binary)
{
    char fresh[SCRATCH_PATH_SIZE];
    struct process server;
    if (!scratch_make(fresh))
        return false;
    bool started = process_start(&server, binary, fresh);
    if (started)
        process_stop(&server);
    char *theirs = started ? query_data_schema(fresh) : NULL, *ours = query_data_schema(dir);
    bool fits = theirs && ours && strcmp(theirs, ours) == 0;
    free(theirs);
    free(ours);
    scratch_remove(fresh);
    return fits;
}

/* ---- building ---- */

static void query_data_add_request(struct round *round, const char *target, const char *method,
                                   const struct text *body)
{
    char head[256];
    int n = snprintf(head, sizeof(head),
                     "%s /v1/private/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                     method, target, body->n);
    struct text request = {0};
    text_reserve(&request, (size_t)n + body->n);
    text_add_bytes(&request, head, (size_t)n);
    text_add_bytes(&request, body->p, body->n);
    round->requests[round->count++] = (struct client_request){request.p, request.n};
}

static void query_data_empty_round(struct round *round)
{
    for (size_t i = 0; i < round->count; i++)
        free((char *)round->requests[i].bytes);
    round->count = 0;
}

static void *query_data_make_round(void *arg)
{
    struct round *round = arg;
    const struct query_rows *rows = round->rows;
    struct text body = {0};
    size_t end = round->first + (size_t)ROUND_GROUPS * QUERY_BATCH_ROWS;
    for (size_t n = round->first; n < end && n < rows->traces; n += QUERY_BATCH_ROWS) {
        body.n = 0;
        query_rows_add_traces(n, &body, &round->traces);
        query_data_add_request(round, "traces/batch", "POST", &body);
        for (unsigned part = 0; part < rows->spans_per_trace; part++) {
            body.n = 0;
            query_rows_add_spans(rows->spans_per_trace,
                                 n * rows->spans_per_trace + (size_t)part * QUERY_BATCH_ROWS, &body,
                                 &round->spans);
            query_data_add_request(round, "spans/batch", "POST", &body);
        }
    }
    text_done(&body);
    return NULL;
}

static bool query_data_send(int port, const struct round *round)
{
    struct client_result result;
    struct client_plan plan = {.port = port,
                               .connections = CONNECTIONS,
                               .requests = round->requests,
                               .request_count = round->count,
                               .send_count = round->count};
    if (!client_run(&plan, &result))
        return false;
    if (result.acked == round->count)
        return true;
    fprintf(stderr,
            "query: %zu batches acknowledged, %zu refused, %zu broken; first refusal:\n%s\n",
            result.acked, result.refused, result.broken, result.first_refusal);
    return false;
}

static void query_data_add_bytes(struct query_bytes *sum, const struct query_bytes *more)
{
    sum->json += more->json;
    sum->input += more->input;
    sum->output += more->output;
    sum->metadata += more->metadata;
    sum->error_info += more->error_info;
}

static void query_data_show_progress(const struct query_data *data, size_t done, uint64_t start)
{
    double seconds = (double)(clock_now_ns() - start) / 1e9;
    size_t rows = done * (1 + data->rows.spans_per_trace);
    fprintf(stderr, "\rbuilding: %zu of %zu traces, %.0f rows/s ", done, data->rows.traces,
            (double)rows / seconds);
    if (done >= data->rows.traces)
        fputc('\n', stderr);
}

/* One round is made while the other is sent. */
static bool query_data_send_rows(int port, struct query_data *data)
{
    static struct round rounds[2];
    size_t step = (size_t)ROUND_GROUPS * QUERY_BATCH_ROWS;
    uint64_t start = clock_now_ns();
    bool ok = true;
    rounds[0] = (struct round){.rows = &data->rows};
    query_data_make_round(&rounds[0]);
    for (size_t first = 0, i = 0; first < data->rows.traces; first += step, i = !i) {
        pthread_t thread;
        rounds[!i] = (struct round){.rows = &data->rows, .first = first + step};
        if (pthread_create(&thread, NULL, query_data_make_round, &rounds[!i]) != 0) {
            fputs("query: cannot start a thread\n", stderr);
            exit(1);
        }
        ok = ok && query_data_send(port, &rounds[i]);
        pthread_join(thread, NULL);
        query_data_add_bytes(&data->traces, &rounds[i].traces);
        query_data_add_bytes(&data->spans, &rounds[i].spans);
        query_data_empty_round(&rounds[i]);
        query_data_show_progress(data, first + step, start);
    }
    query_data_empty_round(&rounds[0]);
    query_data_empty_round(&rounds[1]);
    return ok;
}

/* True also when the server has no scores, then with *ret false. */
static bool query_data_send_scores(int port, size_t traces, bool *ret)
{
    static struct round round;
    struct exchange exchange;
    struct text body = {0};
    size_t number = 0;
    bool ok = exchange_open(&exchange, port);
    *ret = false;
    while (ok && query_rows_add_scores(traces, &number, &body)) {
        round = (struct round){0};
        query_data_add_request(&round, "traces/feedback-scores", "PUT", &body);
        struct text request = {(char *)round.requests[0].bytes, round.requests[0].len, 0};
        int status = exchange_ask(&exchange, &request);
        query_data_empty_round(&round);
        *ret = status == 204;
        if (status == 404 || status == 405 || status == 501)
            break;
        ok = *ret;
    }
    if (!ok)
        fprintf(stderr, "query: sending scores failed: %.300s\n",
                exchange.body.p ? exchange.body.p : "");
    exchange_close(&exchange);
    text_done(&body);
    return ok;
}

/* Has every row arrived? */
static bool query_data_verify(int port, const char *resource, size_t expected)
{
    char target[128], *body;
    snprintf(target, sizeof(target), "/v1/private/%s?project_name=%s&size=1", resource,
             WORKLOAD_PROJECT);
    int status = client_get(port, target, &body);
    yyjson_doc *doc = body ? yyjson_read(body, strlen(body), 0) : NULL;
    yyjson_val *total = yyjson_obj_get(yyjson_doc_get_root(doc), "total");
    bool ok = status == 200 && yyjson_get_uint(total) == expected;
    if (!ok)
        fprintf(stderr, "query: %zu %s were acknowledged, but GET %s: status %d: %.300s\n",
                expected, resource, target, status, body ? body : "");
    yyjson_doc_free(doc);
    free(body);
    return ok;
}

/* Zones that the server's search index lacks; -1 when the database cannot be read. */
static long query_data_unindexed(const char *dir)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM trace_zone) + (SELECT count(*) FROM span_zone)"
        " - (SELECT count(*) FROM trace_text WHERE bits IS NOT NULL)"
        " - (SELECT count(*) FROM span_text WHERE bits IS NOT NULL)";
    char path[PATH_SIZE];
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    long zones = -1;
    query_data_database(dir, path, sizeof(path));
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        zones = (long)sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return zones;
}

/* The index is made beside the writes, and is complete a while after them. */
static bool query_data_wait_for_index(const char *dir)
{
    long zones = 1;
    for (int i = 0; i < INDEX_WAIT_S && (zones = query_data_unindexed(dir)) > 0; i++)
        sleep(1);
    if (zones != 0)
        fprintf(stderr, "query: the search index lacks %ld zones\n", zones);
    return zones == 0;
}

static bool query_data_fill(const struct process *server, struct query_data *data)
{
    uint64_t start = clock_now_ns();
    bool ok =
        query_data_send_rows(server->port, data) &&
        query_data_send_scores(server->port, data->rows.traces, &data->has_scores) &&
        query_data_verify(server->port, "traces", data->rows.traces) &&
        query_data_verify(server->port, "spans", data->rows.traces * data->rows.spans_per_trace);
    data->build_seconds = (double)(clock_now_ns() - start) / 1e9;
    data->build_peak_rss_kb = process_usage_get(server).peak_rss_kb;
    return ok;
}

/* Empties the directory, if it is ours, or makes it. */
static bool query_data_clear(const char *dir)
{
    char note[PATH_SIZE];
    struct stat st;
    query_data_note_path(dir, note);
    if (stat(note, &st) == 0)
        scratch_remove(dir);
    if (mkdir(dir, 0755) == 0)
        return true;
    fprintf(stderr, "query: %s: %s\n", dir,
            errno == EEXIST ? "not made by this program; remove it or name another"
                            : strerror(errno));
    return false;
}

static bool query_data_build(const char *dir, const char *binary, struct query_data *data)
{
    struct process server;
    setenv("OCELLI_SEARCH_INDEX_REST", "1s", 0);
    if (!query_data_clear(dir) || !query_data_write_note(dir, data, false) ||
        !process_start(&server, binary, dir))
        return false;
    bool ok = query_data_fill(&server, data) && query_data_wait_for_index(dir);
    ok = process_stop(&server) && ok;
    data->was_built = true;
    return ok && query_data_write_note(dir, data, true);
}

bool query_data_prepare(const char *dir, const char *binary, const struct query_rows *rows,
                        struct query_data *ret)
{
    char path[PATH_SIZE];
    struct stat st;
    *ret = (struct query_data){0};
    if (!query_data_read_note(dir, rows, ret) || !query_data_fits(dir, binary)) {
        *ret = (struct query_data){.rows = *rows};
        if (!query_data_build(dir, binary, ret))
            return false;
    }
    query_data_database(dir, path, sizeof(path));
    if (stat(path, &st) == 0)
        ret->database_mb = (double)st.st_size / 1e6;
    return true;
}
