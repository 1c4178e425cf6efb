/* bench/query: how long lists, filters, sorting, search, statistics and search streams take over
 * HTTP on a store with 1,000,000 traces and 5,000,000 spans, one request at a time over one
 * keep-alive connection, next to bare SQLite on the same file in the same run. Every total is
 * compared with the number that the rows are known to have, and the plans behind the lists are
 * checked (query_plan.h): a wrong total or plan fails the run, a missed aim does not.
 *
 * usage: build/bench/query [--traces N] [--spans-per-trace N] [--binary build/ocelli]
 *                          [--data DIR] [--only WORD]
 * The data is built through the wire when DIR (build/bench-query) does not hold it, and kept.
 * Prints tables, and one line of JSON for scripts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yyjson.h>

#include "clock.h"
#include "exchange.h"
#include "machine.h"
#include "process.h"
#include "query_bare.h"
#include "query_cases.h"
#include "query_plan.h"

#define RUNS_MIN 3
#define RUNS_WANTED 30 /* until then up to SECONDS_MAX are spent */
#define RUNS_MAX 300   /* while it takes less than SECONDS_WANTED */
#define SECONDS_WANTED 1.0
#define SECONDS_MAX 10.0
#define STREAM_LIMIT 2000
#define STREAM_PAGES 50
#define GOAL_RSS_KB (256L * 1024)

struct options {
    struct query_rows rows;
    const char *binary;
    const char *data;
    const char *only; /* just cases whose name or resource has this in it; NULL: everything */
};

enum outcome { OUTCOME_SKIPPED, OUTCOME_ABSENT, OUTCOME_WRONG, OUTCOME_DONE };

struct measured {
    enum outcome outcome;
    size_t runs;
    double p50_ms, p99_ms;
    double cpu_ms;      /* the server's processor time per request */
    double others_busy; /* processors that neither client nor server used */
    double aim_ms;
    long long total;
    size_t answer_bytes;
    long peak_rss_kb;
};

struct stream_measured {
    bool absent;
    size_t rows, bytes;
    double seconds, cpu_seconds, p50_ms, p99_ms;
    long peak_rss_kb;
};

struct bench {
    const struct options *options;
    struct query_data data;
    struct query_sample sample;
    struct process server;
    struct exchange exchange;
    struct text request;
    struct measured *cases; /* as query_cases */
    struct query_bare_result bare[BARE_COUNT];
    struct stream_measured streams[2]; /* traces, spans */
    struct query_plan_result plans;
    struct process_usage usage;
    long peak_rss_kb;
};

/* ---- measuring ---- */

static int query_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Total of a list's answer, or the count that statistics begin with; -1 when there is none. */
static long long query_read_total(const struct text *body)
{
    yyjson_doc *doc = yyjson_read(body->p, body->n, 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *stats = yyjson_obj_get(root, "stats");
    yyjson_val *total = yyjson_obj_get(root, "total");
    if (stats)
        total = yyjson_obj_get(yyjson_arr_get_first(stats), "value");
    long long found = yyjson_is_int(total) ? yyjson_get_sint(total) : stats ? 0 : -1;
    yyjson_doc_free(doc);
    return found;
}

static bool query_is_absent(int status, const struct text *body)
{
    return status == 405 || status == 501 || (status == 404 && !strstr(body->p, "not found:"));
}

/* Warms up, and compares the answer with what must be found. False when the server is gone. */
static bool query_check(struct bench *bench, const struct query_case *query, struct measured *ret)
{
    int status = exchange_ask(&bench->exchange, &bench->request);
    long long expected = query_case_expected(query, &bench->sample);
    ret->answer_bytes = bench->exchange.body.n;
    if (status == 0)
        return false;
    if (status != 200) {
        ret->outcome =
            query_is_absent(status, &bench->exchange.body) ? OUTCOME_ABSENT : OUTCOME_WRONG;
        if (ret->outcome == OUTCOME_WRONG)
            fprintf(stderr, "query: %s, %s: status %d: %.300s\n", query->resource, query->name,
                    status, bench->exchange.body.p);
        return true;
    }
    ret->total = query_read_total(&bench->exchange.body);
    ret->outcome = expected < 0 || ret->total == expected ? OUTCOME_DONE : OUTCOME_WRONG;
    if (ret->outcome == OUTCOME_WRONG)
        fprintf(stderr, "query: %s, %s: finds %lld, but there are %lld\n", query->resource,
                query->name, ret->total, expected);
    return true;
}

static bool query_goes_on(size_t runs, double seconds)
{
    if (runs < RUNS_MIN)
        return true;
    if (runs < RUNS_WANTED)
        return seconds < SECONDS_MAX;
    return runs < RUNS_MAX && seconds < SECONDS_WANTED;
}

static bool query_repeat(struct bench *bench, struct measured *ret)
{
    double times[RUNS_MAX], seconds = 0, busy = machine_busy_seconds();
    double own_cpu = clock_thread_cpu_seconds();
    double cpu = process_usage_get(&bench->server).cpu_seconds;
    uint64_t begin = clock_now_ns();
    size_t n = 0;
    while (query_goes_on(n, seconds)) {
        uint64_t start = clock_now_ns();
        if (exchange_ask(&bench->exchange, &bench->request) != 200)
            return false;
        uint64_t end = clock_now_ns();
        times[n++] = (double)(end - start) / 1e6;
        seconds = (double)(end - begin) / 1e9;
    }
    cpu = process_usage_get(&bench->server).cpu_seconds - cpu;
    own_cpu = clock_thread_cpu_seconds() - own_cpu;
    double others = (machine_busy_seconds() - busy - cpu - own_cpu) / seconds;
    qsort(times, n, sizeof(*times), query_compare);
    ret->runs = n;
    ret->p50_ms = times[n / 2];
    ret->p99_ms = times[n - 1 - n / 100];
    ret->cpu_ms = cpu * 1e3 / (double)n;
    ret->others_busy = others > 0 ? others : 0; /* ticks of 10 ms: may come out below 0 */
    return true;
}

static long query_note_peak(struct bench *bench)
{
    long peak = process_usage_get(&bench->server).peak_rss_kb;
    if (peak > bench->peak_rss_kb)
        bench->peak_rss_kb = peak;
    return peak;
}

static bool query_measure(struct bench *bench, const struct query_case *query, struct measured *ret)
{
    ret->aim_ms = query_case_aim_ms(query, &bench->data);
    if (query->needs_scores && !bench->data.has_scores) {
        ret->outcome = OUTCOME_ABSENT;
        return true;
    }
    process_reset_peak(&bench->server);
    query_case_request(query, &bench->sample, &bench->request);
    if (!query_check(bench, query, ret))
        return false;
    bool ok = ret->outcome != OUTCOME_DONE || query_repeat(bench, ret);
    ret->peak_rss_kb = query_note_peak(bench);
    return ok;
}

/* ---- streams ---- */

static void query_make_stream_request(struct text *out, const char *resource, const char *before)
{
    struct text body = {0};
    text_add(&body, "{\"project_name\":\"" WORKLOAD_PROJECT "\",\"limit\":%d,\"truncate\":true",
             STREAM_LIMIT);
    if (before[0])
        text_add(&body, ",\"last_retrieved_id\":\"%s\"", before);
    text_add(&body, "}");
    out->n = 0;
    text_add(out,
             "POST /v1/private/%s/search HTTP/1.1\r\nHost: 127.0.0.1\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
             resource, body.n);
    text_add_bytes(out, body.p, body.n);
    text_done(&body);
}

/* Counts the lines of a stream's answer; `last` becomes the id of the last one. */
static size_t query_read_stream(const struct text *body, char last[WORKLOAD_ID_SIZE])
{
    const char *end = body->p + body->n, *line = body->p, *last_line = line;
    size_t lines = 0;
    for (const char *p; line < end && (p = memchr(line, '\n', (size_t)(end - line)));
         line = p + 1) {
        last_line = line;
        lines++;
    }
    yyjson_doc *doc = lines ? yyjson_read(last_line, (size_t)(line - last_line), 0) : NULL;
    const char *id = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "id"));
    snprintf(last, WORKLOAD_ID_SIZE, "%s", id ? id : "");
    yyjson_doc_free(doc);
    return lines;
}

/* Walks a stream as an SDK does, page after page from the newest on. */
static bool query_measure_stream(struct bench *bench, const char *resource,
                                 struct stream_measured *ret)
{
    double times[STREAM_PAGES], cpu = process_usage_get(&bench->server).cpu_seconds;
    char before[WORKLOAD_ID_SIZE] = "";
    size_t n = 0, lines = STREAM_LIMIT;
    process_reset_peak(&bench->server);
    while (n < STREAM_PAGES && ret->seconds < SECONDS_MAX && lines == STREAM_LIMIT) {
        query_make_stream_request(&bench->request, resource, before);
        uint64_t start = clock_now_ns();
        int status = exchange_ask(&bench->exchange, &bench->request);
        times[n] = (double)(clock_now_ns() - start) / 1e6;
        if (status != 200) {
            ret->absent = n == 0 && query_is_absent(status, &bench->exchange.body);
            return ret->absent;
        }
        ret->seconds += times[n++] / 1e3;
        lines = query_read_stream(&bench->exchange.body, before);
        ret->rows += lines;
        ret->bytes += bench->exchange.body.n;
    }
    ret->cpu_seconds = process_usage_get(&bench->server).cpu_seconds - cpu;
    qsort(times, n, sizeof(*times), query_compare);
    ret->p50_ms = times[n / 2];
    ret->p99_ms = times[n - 1 - n / 100];
    ret->peak_rss_kb = query_note_peak(bench);
    return ret->rows > 0;
}

/* ---- printing ---- */

static const char *query_verdict(const struct measured *m)
{
    static const char *const words[] = {"", "absent", "WRONG", ""};
    if (m->outcome != OUTCOME_DONE)
        return words[m->outcome];
    return m->p50_ms > m->aim_ms ? "missed" : m->p99_ms > m->aim_ms ? "met, not p99" : "met";
}

static void query_case_label(const struct bench *bench, const struct query_case *query, char *out,
                             size_t size)
{
    const char *page = strstr(query->name, "$PAGE"), *slash = strchr(query->resource, '/');
    int n = slash ? (int)(slash - query->resource) : (int)strlen(query->resource);
    if (page)
        snprintf(out, size, "%.*s: %.*s%s%s", n, query->resource, (int)(page - query->name),
                 query->name, bench->sample.page, page + 5);
    else
        snprintf(out, size, "%.*s: %s", n, query->resource, query->name);
}

static void query_print_head(void)
{
    printf("%-40s %4s %9s %9s %9s %7s  %-12s %9s %8s %6s %6s\n", "one connection", "runs", "p50 ms",
           "p99 ms", "cpu ms", "aim ms", "", "found", "bare ms", "MB", "others");
}

static void query_print_case(const struct bench *bench, const struct query_case *query,
                             const struct measured *m)
{
    char label[96], bare[16] = "", found[24] = "";
    query_case_label(bench, query, label, sizeof(label));
    if (m->total >= 0)
        snprintf(found, sizeof(found), "%lld", m->total);
    if (query->bare)
        snprintf(bare, sizeof(bare), "%.2f", bench->bare[query->bare].p50_ms);
    if (m->outcome == OUTCOME_DONE)
        printf("%-40s %4zu %9.2f %9.2f %9.2f %7.0f  %-12s %9s %8s %6.0f %6.2f\n", label, m->runs,
               m->p50_ms, m->p99_ms, m->cpu_ms, m->aim_ms, query_verdict(m), found, bare,
               (double)m->peak_rss_kb / 1024, m->others_busy);
    else
        printf("%-40s %4s %9s %9s %9s %7.0f  %-12s\n", label, "", "", "", "", m->aim_ms,
               query_verdict(m));
    fflush(stdout);
}

static void query_print_data(const struct query_data *data)
{
    double traces = (double)data->rows.traces, spans = traces * data->rows.spans_per_trace;
    printf(
        "%.0f traces of %.0f bytes and %.0f spans of %.0f bytes of JSON, %.0f MB stored; scores: "
        "%s\n",
        traces, (double)data->traces.json / traces, spans, (double)data->spans.json / spans,
        data->database_mb, data->has_scores ? "yes" : "the server takes none");
    if (data->was_built)
        printf("built in %.0f s: %.0f rows/s; resident memory of the server, peak: %.0f MB\n",
               data->build_seconds, (traces + spans) / data->build_seconds,
               (double)data->build_peak_rss_kb / 1024);
}

static void query_print_bare(const struct bench *bench)
{
    printf("\nbare SQLite on the same file, one thread\n");
    for (int i = BARE_NONE + 1; i < BARE_COUNT; i++) {
        const struct query_bare_result *bare = &bench->bare[i];
        if (!bare->wanted)
            continue;
        printf("%-45s %9.2f           %9.2f", query_bare_name((enum query_bare)i), bare->p50_ms,
               bare->cpu_ms);
        if (bare->stored_mb > 0)
            printf("   %.0f MB stored, %.2f GB/s of processor time", bare->stored_mb,
                   bare->stored_mb / bare->cpu_ms);
        printf("\n");
    }
    fflush(stdout);
}

static void query_print_stream(const char *resource, const struct stream_measured *m)
{
    if (m->absent)
        printf("%-40s absent\n", resource);
    else
        printf("%-40s %8.0f rows/s %7.1f MB/s   page of %d: p50 %.2f ms, p99 %.2f ms, "
               "%.1f us of processor per row, %.0f MB\n",
               resource, (double)m->rows / m->seconds, (double)m->bytes / 1e6 / m->seconds,
               STREAM_LIMIT, m->p50_ms, m->p99_ms, m->cpu_seconds * 1e6 / (double)m->rows,
               (double)m->peak_rss_kb / 1024);
    fflush(stdout);
}

static void query_print_sum(const struct bench *bench)
{
    size_t met = 0, missed = 0, absent = 0, wrong = 0;
    for (size_t i = 0; i < query_case_count; i++) {
        const struct measured *m = &bench->cases[i];
        absent += m->outcome == OUTCOME_ABSENT;
        wrong += m->outcome == OUTCOME_WRONG;
        met += m->outcome == OUTCOME_DONE && m->p50_ms <= m->aim_ms;
        missed += m->outcome == OUTCOME_DONE && m->p50_ms > m->aim_ms;
    }
    printf("\naims: %zu met, %zu missed, %zu absent, %zu wrong answers\n", met, missed, absent,
           wrong);
    printf("plans: %zu checked, %zu failed\n", bench->plans.checked, bench->plans.failed);
    printf("resident memory, peak: %.0f MB, aim 256: %s\n", (double)bench->peak_rss_kb / 1024,
           bench->peak_rss_kb < GOAL_RSS_KB ? "met" : "missed");
}

static void query_print_json_cases(const struct bench *bench)
{
    const char *comma = "";
    for (size_t i = 0; i < query_case_count; i++) {
        const struct measured *m = &bench->cases[i];
        char label[96];
        if (m->outcome == OUTCOME_SKIPPED)
            continue;
        query_case_label(bench, &query_cases[i], label, sizeof(label));
        printf("%s{\"name\":\"%s\",\"verdict\":\"%s\",\"aim_ms\":%.1f", comma, label,
               query_verdict(m), m->aim_ms);
        if (m->outcome == OUTCOME_DONE)
            printf(",\"runs\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"cpu_ms\":%.3f,\"found\":%lld,"
                   "\"answer_bytes\":%zu,\"peak_rss_kb\":%ld,\"others_busy\":%.2f",
                   m->runs, m->p50_ms, m->p99_ms, m->cpu_ms, m->total, m->answer_bytes,
                   m->peak_rss_kb, m->others_busy);
        printf("}");
        comma = ",";
    }
}

static void query_print_json(const struct bench *bench)
{
    printf("{\"bench\":\"query\",\"traces\":%zu,\"spans_per_trace\":%u,\"database_mb\":%.0f,"
           "\"cases\":[",
           bench->data.rows.traces, bench->data.rows.spans_per_trace, bench->data.database_mb);
    query_print_json_cases(bench);
    printf("],\"bare_ms\":{");
    const char *comma = "";
    for (int i = BARE_NONE + 1; i < BARE_COUNT; i++) {
        if (!bench->bare[i].wanted)
            continue;
        printf("%s\"%s\":%.3f", comma, query_bare_name((enum query_bare)i), bench->bare[i].p50_ms);
        comma = ",";
    }
    printf("},\"streams\":{");
    for (int i = 0; i < 2; i++) {
        const struct stream_measured *m = &bench->streams[i];
        printf("%s\"%s\":{\"rows_per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}", i ? "," : "",
               i ? "spans" : "traces", m->seconds > 0 ? (double)m->rows / m->seconds : 0, m->p50_ms,
               m->p99_ms);
    }
    printf("},\"plans_checked\":%zu,\"plans_failed\":%zu,"
           "\"peak_rss_kb\":%ld}\n",
           bench->plans.checked, bench->plans.failed, bench->peak_rss_kb);
}

/* ---- the run ---- */

static bool query_is_chosen(const struct options *options, const struct query_case *query)
{
    return !options->only || strstr(query->name, options->only) ||
           strstr(query->resource, options->only);
}

static bool query_run_streams(struct bench *bench)
{
    static const char *const resources[] = {"traces", "spans"};
    printf("\nsearch streams\n");
    for (int i = 0; i < 2; i++) {
        if (!query_measure_stream(bench, resources[i], &bench->streams[i])) {
            fprintf(stderr, "query: stream of %s: %.300s\n", resources[i],
                    bench->exchange.body.p ? bench->exchange.body.p : "");
            return false;
        }
        query_print_stream(resources[i], &bench->streams[i]);
    }
    return true;
}

static bool query_run_cases(struct bench *bench)
{
    for (size_t i = 0; i < query_case_count; i++) {
        const struct query_case *query = &query_cases[i];
        if (!query_is_chosen(bench->options, query))
            continue;
        if (!query_measure(bench, query, &bench->cases[i])) {
            fprintf(stderr, "query: %s, %s: failed: %.300s\n", query->resource, query->name,
                    bench->exchange.body.p ? bench->exchange.body.p : "");
            return false;
        }
        query_print_case(bench, query, &bench->cases[i]);
    }
    return true;
}

/* Those that a chosen case is compared with. */
static bool query_run_bare(struct bench *bench, const char *database)
{
    for (size_t i = 0; i < query_case_count; i++) {
        if (query_is_chosen(bench->options, &query_cases[i]))
            bench->bare[query_cases[i].bare].wanted = true;
    }
    return query_bare_run(database, &bench->sample, bench->bare);
}

/* With --only, plans and streams are left out. */
static bool query_run_all(struct bench *bench, const char *database)
{
    if (!bench->options->only) {
        printf("\nplans\n");
        if (!query_plan_check(database, &bench->plans))
            return false;
    }
    if (!query_run_bare(bench, database) || !exchange_open(&bench->exchange, bench->server.port))
        return false;
    printf("\n");
    query_print_head();
    return query_run_cases(bench) && (bench->options->only || query_run_streams(bench));
}

static bool query_run(struct bench *bench)
{
    const struct options *options = bench->options;
    char database[512];
    if (!query_data_prepare(options->data, options->binary, &options->rows, &bench->data))
        return false;
    query_data_database(options->data, database, sizeof(database));
    query_sample_init(&bench->sample, &bench->data);
    query_print_data(&bench->data);
    if (!process_start(&bench->server, options->binary, options->data))
        return false;
    bool ok = query_run_all(bench, database);
    exchange_close(&bench->exchange);
    if (ok)
        query_print_bare(bench);
    return process_stop(&bench->server) && ok;
}

static bool query_has_passed(const struct bench *bench)
{
    for (size_t i = 0; i < query_case_count; i++) {
        if (bench->cases[i].outcome == OUTCOME_WRONG)
            return false;
    }
    return bench->plans.failed == 0;
}

static bool query_parse_options(int argc, char **argv, struct options *options)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--traces") == 0)
            options->rows.traces = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--spans-per-trace") == 0)
            options->rows.spans_per_trace = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--binary") == 0)
            options->binary = argv[i + 1];
        else if (strcmp(argv[i], "--data") == 0)
            options->data = argv[i + 1];
        else if (strcmp(argv[i], "--only") == 0)
            options->only = argv[i + 1];
        else
            return false;
    }
    options->rows.traces = (options->rows.traces + QUERY_BATCH_ROWS - 1) / QUERY_BATCH_ROWS *
                           QUERY_BATCH_ROWS; /* whole batches */
    return argc % 2 == 1 && options->rows.traces > 0 && options->rows.spans_per_trace > 0 &&
           options->rows.spans_per_trace <= QUERY_SPANS_MAX;
}

int main(int argc, char **argv)
{
    struct options options = {{1000000, 5}, "build/ocelli", "build/bench-query", NULL};
    if (!query_parse_options(argc, argv, &options)) {
        fprintf(stderr,
                "usage: %s [--traces N] [--spans-per-trace 1..%d] [--binary PATH] [--data DIR] "
                "[--only WORD]\n",
                argv[0], QUERY_SPANS_MAX);
        return 2;
    }
    struct bench bench = {.options = &options};
    bench.exchange.fd = -1;
    bench.cases = calloc(query_case_count, sizeof(*bench.cases));
    if (!bench.cases)
        return 1;
    machine_print();
    mkdir("build", 0755);
    bool ok = query_run(&bench);
    if (ok) {
        query_print_sum(&bench);
        query_print_json(&bench);
        ok = query_has_passed(&bench);
    }
    text_done(&bench.request);
    free(bench.cases);
    return ok ? 0 : 1;
}
