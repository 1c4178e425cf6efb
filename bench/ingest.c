/* bench/ingest: how many rows per second the server takes durably in gzipped batches of 1000 over
 * four connections, next to what one bare thread stores of the same rows in the same run
 * (limit_run.h), and how much memory it uses for it. The limit is measured before and after the
 * server, since a shared machine is not equally fast all the time; the ratio is to the mean.
 *
 * usage: build/bench/ingest [--rows N] [--binary build/ocelli]
 * Prints a table, and one line of JSON for scripts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "client.h"
#include "limit_run.h"
#include "machine.h"
#include "process.h"
#include "scratch.h"

#define CONNECTIONS 4
#define GOAL_RATIO 0.6
#define GOAL_RSS_KB (128L * 1024)

struct measured {
    struct limit_result before, after, joined;
    struct client_result client;
    struct process_usage usage; /* at the end */
    double server_cpu_seconds;  /* during the run */
    double others_busy;         /* processors that neither client nor server used */
    double limit;               /* rows per second, mean of before and after */
    double rows_per_second;
};

static bool ingest_run_limit(const struct workload *workload, enum limit_shape shape,
                             struct limit_result *ret)
{
    char dir[SCRATCH_PATH_SIZE], path[SCRATCH_PATH_SIZE + 16];
    if (!scratch_make(dir))
        return false;
    snprintf(path, sizeof(path), "%s/limit.db", dir);
    bool ok = limit_run(workload, path, shape, ret);
    scratch_remove(dir);
    return ok;
}

/* "total" of a list of this resource; -1 when there is no such answer. */
static long long ingest_get_total(int port, const char *resource)
{
    char target[128], *body;
    snprintf(target, sizeof(target), "/v1/private/%s?project_name=%s&page=1&size=1", resource,
             WORKLOAD_PROJECT);
    int status = client_get(port, target, &body);
    yyjson_doc *doc = body ? yyjson_read(body, strlen(body), 0) : NULL;
    yyjson_val *total = yyjson_obj_get(yyjson_doc_get_root(doc), "total");
    long long count = status == 200 && yyjson_is_int(total) ? yyjson_get_sint(total) : -1;
    if (count < 0)
        fprintf(stderr, "ingest: GET %s: status %d: %.300s\n", target, status, body ? body : "");
    yyjson_doc_free(doc);
    free(body);
    return count;
}

/* Has every row that was acknowledged arrived? */
static bool ingest_verify(int port, const struct workload *workload,
                          const struct client_result *client)
{
    if (client->refused > 0 || client->broken > 0) {
        fprintf(stderr, "ingest: %zu batches refused, %zu broken; first refusal:\n%s\n",
                client->refused, client->broken, client->first_refusal);
        return false;
    }
    long long traces = ingest_get_total(port, "traces"), spans = ingest_get_total(port, "spans");
    if (traces == (long long)workload->traces && spans == (long long)workload->spans)
        return true;
    fprintf(stderr,
            "ingest: acknowledged %zu traces and %zu spans, but the lists have %lld, %lld\n",
            workload->traces, workload->spans, traces, spans);
    return false;
}

static bool ingest_send(const struct process *server, const struct workload *workload,
                        struct measured *ret)
{
    struct client_request *requests = calloc(workload->batch_count, sizeof(*requests));
    if (!requests)
        return false;
    for (size_t i = 0; i < workload->batch_count; i++)
        requests[i] =
            (struct client_request){workload->batches[i].request, workload->batches[i].len};
    struct client_plan plan = {.port = server->port,
                               .connections = CONNECTIONS,
                               .requests = requests,
                               .request_count = workload->batch_count,
                               .send_count = workload->batch_count};
    double busy = machine_busy_seconds();
    double server_cpu = process_usage_get(server).cpu_seconds;
    bool ok = client_run(&plan, &ret->client);
    busy = machine_busy_seconds() - busy;
    ret->usage = process_usage_get(server);
    ret->server_cpu_seconds = ret->usage.cpu_seconds - server_cpu;
    double others =
        (busy - ret->server_cpu_seconds - ret->client.cpu_seconds) / ret->client.seconds;
    ret->others_busy = others > 0 ? others : 0; /* ticks of 10 ms: may come out below 0 */
    ret->rows_per_second = ret->client.per_second * WORKLOAD_BATCH_ROWS;
    free(requests);
    return ok;
}

static bool ingest_run_server(const char *binary, const struct workload *workload,
                              struct measured *ret)
{
    char dir[SCRATCH_PATH_SIZE];
    struct process server;
    if (!scratch_make(dir))
        return false;
    bool ok = process_start(&server, binary, dir);
    if (ok) {
        ok = ingest_send(&server, workload, ret) &&
             ingest_verify(server.port, workload, &ret->client);
        ok = process_stop(&server) && ok;
    }
    scratch_remove(dir);
    return ok;
}

static const char *ingest_goal(bool met)
{
    return met ? "met" : "missed";
}

static void ingest_print_limit(const char *name, const struct limit_result *limit)
{
    printf("%-36s %8.0f rows/s   %5.1f us of processor per row\n", name, limit->rows_per_second,
           limit->cpu_seconds * 1e6 / (double)limit->rows);
}

static void ingest_print_table(const struct measured *m)
{
    double rows = m->rows_per_second * m->client.seconds;
    ingest_print_limit("limit before", &m->before);
    ingest_print_limit("limit after", &m->after);
    ingest_print_limit("limit, the three bodies as one piece", &m->joined);
    printf("%-36s %8.0f rows/s   %5.1f us of processor per row, client %.1f us\n",
           "ocelli, 4 connections", m->rows_per_second, m->server_cpu_seconds * 1e6 / rows,
           m->client.cpu_seconds * 1e6 / rows);
    printf("%-36s p50 %.1f ms, p99 %.1f ms, max %.1f ms\n", "time of a batch", m->client.p50_ms,
           m->client.p99_ms, m->client.max_ms);
    printf("%-36s %8.2f\n", "processors busy with other things", m->others_busy);
    printf("%-36s %8.2f          goal 0.60: %s\n", "ratio to the limit",
           m->rows_per_second / m->limit, ingest_goal(m->rows_per_second >= GOAL_RATIO * m->limit));
    printf("%-36s %8.2f\n", "ratio to the limit with one piece",
           m->rows_per_second / m->joined.rows_per_second);
    printf("%-36s %8.1f MB       goal 128: %s; at the end %.1f MB\n", "resident memory, peak",
           (double)m->usage.peak_rss_kb / 1024, ingest_goal(m->usage.peak_rss_kb < GOAL_RSS_KB),
           (double)m->usage.rss_kb / 1024);
}

static void ingest_print_json(const struct workload *workload, const struct measured *m)
{
    printf("{\"bench\":\"ingest\",\"traces\":%zu,\"spans\":%zu,\"limit_before\":%.0f,"
           "\"limit_after\":%.0f,\"limit_joined\":%.0f,\"rows_per_second\":%.0f,\"ratio\":%.3f,",
           workload->traces, workload->spans, m->before.rows_per_second, m->after.rows_per_second,
           m->joined.rows_per_second, m->rows_per_second, m->rows_per_second / m->limit);
    printf("\"peak_rss_kb\":%ld,\"rss_kb\":%ld,\"server_cpu_seconds\":%.2f,\"seconds\":%.2f,"
           "\"batch_p50_ms\":%.2f,\"batch_p99_ms\":%.2f,\"others_busy\":%.2f}\n",
           m->usage.peak_rss_kb, m->usage.rss_kb, m->server_cpu_seconds, m->client.seconds,
           m->client.p50_ms, m->client.p99_ms, m->others_busy);
}

static bool ingest_parse_options(int argc, char **argv, size_t *rows, const char **binary)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--rows") == 0)
            *rows = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--binary") == 0)
            *binary = argv[i + 1];
        else
            return false;
    }
    return argc % 2 == 1 && *rows > 0;
}

int main(int argc, char **argv)
{
    const char *binary = "build/ocelli";
    size_t rows = 200000;
    struct workload workload;
    struct measured m = {0};
    if (!ingest_parse_options(argc, argv, &rows, &binary)) {
        fprintf(stderr, "usage: %s [--rows N] [--binary PATH]\n", argv[0]);
        return 2;
    }
    machine_print();
    workload_init(&workload, WORKLOAD_MIXED, rows);
    workload_print(&workload);
    bool ok = ingest_run_limit(&workload, LIMIT_FIELDS_JOINED, &m.joined) &&
              ingest_run_limit(&workload, LIMIT_FIELDS_APART, &m.before) &&
              ingest_run_server(binary, &workload, &m) &&
              ingest_run_limit(&workload, LIMIT_FIELDS_APART, &m.after);
    if (ok) {
        m.limit = (m.before.rows_per_second + m.after.rows_per_second) / 2;
        ingest_print_table(&m);
        ingest_print_json(&workload, &m);
    }
    workload_done(&workload);
    return ok ? 0 : 1;
}
