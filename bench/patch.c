/* bench/patch: how many single PATCH /v1/private/traces/{id} of 320 bytes on existing traces are
 * acknowledged (that is, durable) per second, over 1, 8 and 64 connections, and how long each
 * takes; in turn with it the same requests against bench/bare_server, so that both meet the machine
 * in the same mood. Client and servers share the machine's processors.
 *
 * usage: build/bench/patch [--binary build/ocelli] [--bare build/bench/bare_server] [--traces N]
 *                          [--seconds S]
 * Prints a table, and one line of JSON for scripts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "machine.h"
#include "process.h"
#include "scratch.h"
#include "text.h"
#include "workload.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BODY_SIZE 320
#define REQUEST_SIZE 512
#define REQUESTS 65536

static const unsigned connection_counts[] = {1, 8, 64};

struct options {
    const char *binary;
    const char *bare;
    size_t traces;
    double seconds;
};

struct patch_requests {
    struct client_request list[REQUESTS];
    char bytes[REQUESTS][REQUEST_SIZE];
};

/* A server with its data, and what was measured of it. */
struct subject {
    char dir[SCRATCH_PATH_SIZE];
    struct process process;
    struct client_result results[COUNT(connection_counts)];
    double others_busy[COUNT(connection_counts)]; /* processors used neither by it nor the client */
    struct process_usage usage;
};

/* A body of exactly BODY_SIZE bytes: what a program sends when its model has answered. */
static void patch_make_body(struct text *body, struct text_random *random, uint64_t ms)
{
    static const char end[] = ".\"}}";
    char time[32];
    workload_format_time(ms, time);
    body->n = 0;
    text_add(body,
             "{\"project_name\":\"" WORKLOAD_PROJECT "\",\"end_time\":\"%s\","
             "\"tags\":[\"answered\",\"v%u\"],\"output\":{\"role\":\"assistant\",\"content\":\"",
             time, text_random_below(random, 100));
    text_add_prose(body, random, BODY_SIZE);
    body->n = BODY_SIZE - (sizeof(end) - 1);
    while (body->p[body->n - 1] == '\\') /* never half an escape */
        body->p[body->n - 1] = ' ';
    text_add(body, "%s", end);
}

/* Requests for traces in random order. */
static struct patch_requests *patch_make_requests(const struct workload *workload)
{
    struct patch_requests *requests = malloc(sizeof(*requests));
    struct text_random random = {320};
    struct text body = {0};
    for (size_t i = 0; requests && i < REQUESTS; i++) {
        size_t number = text_random_below(&random, (unsigned)workload->traces);
        char id[WORKLOAD_ID_SIZE];
        workload_trace_id(workload, number, id);
        patch_make_body(&body, &random, workload->base_ms + i);
        int n = snprintf(requests->bytes[i], REQUEST_SIZE,
                         "PATCH /v1/private/traces/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                         "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s",
                         id, body.n, (int)body.n, body.p);
        requests->list[i] = (struct client_request){requests->bytes[i], (size_t)n};
    }
    text_done(&body);
    return requests;
}

static bool patch_check(const struct client_result *result, const char *what)
{
    if (result->acked > 0 && result->refused == 0 && result->broken == 0)
        return true;
    fprintf(stderr, "patch: %s: %zu acknowledged, %zu refused, %zu broken; first refusal:\n%s\n",
            what, result->acked, result->refused, result->broken, result->first_refusal);
    return false;
}

static bool patch_create_traces(int port, const struct workload *workload)
{
    struct client_result result;
    struct client_request *list = calloc(workload->batch_count, sizeof(*list));
    if (!list)
        return false;
    for (size_t i = 0; i < workload->batch_count; i++)
        list[i] = (struct client_request){workload->batches[i].request, workload->batches[i].len};
    struct client_plan plan = {.port = port,
                               .connections = 2,
                               .requests = list,
                               .request_count = workload->batch_count,
                               .send_count = workload->batch_count};
    bool ok = client_run(&plan, &result) && patch_check(&result, "creating traces");
    free(list);
    return ok;
}

/* Every request once: caches are filled, and the bare server knows the ids, too. */
static bool patch_warm_up(int port, const struct patch_requests *requests)
{
    struct client_result result;
    struct client_plan plan = {.port = port,
                               .connections = 64,
                               .requests = requests->list,
                               .request_count = REQUESTS,
                               .send_count = REQUESTS};
    return client_run(&plan, &result) && patch_check(&result, "warming up");
}

static bool patch_measure(struct subject *subject, size_t index,
                          const struct patch_requests *requests, double seconds)
{
    struct client_result *result = &subject->results[index];
    struct client_plan plan = {.port = subject->process.port,
                               .connections = connection_counts[index],
                               .requests = requests->list,
                               .request_count = REQUESTS,
                               .seconds = seconds};
    double busy = machine_busy_seconds();
    double cpu = process_usage_get(&subject->process).cpu_seconds;
    if (!client_run(&plan, result) || !patch_check(result, "measuring"))
        return false;
    busy = machine_busy_seconds() - busy;
    subject->usage = process_usage_get(&subject->process);
    cpu = subject->usage.cpu_seconds - cpu + result->cpu_seconds;
    double others = (busy - cpu) / result->seconds; /* ticks of 10 ms: may come out below 0 */
    subject->others_busy[index] = others > 0 ? others : 0;
    return true;
}

static bool patch_start(struct subject *subject, const char *binary)
{
    return scratch_make(subject->dir) && process_start(&subject->process, binary, subject->dir);
}

static bool patch_stop(struct subject *subject)
{
    bool ok = subject->process.pid <= 0 || process_stop(&subject->process);
    if (subject->dir[0])
        scratch_remove(subject->dir);
    return ok;
}

/* Only ocelli gets the traces: the bare server has no batches and makes its rows when warmed up. */
static bool patch_run(const struct options *options, const struct workload *workload,
                      struct subject *bare, struct subject *server)
{
    struct patch_requests *requests = patch_make_requests(workload);
    bool ok = requests && patch_start(bare, options->bare) &&
              patch_start(server, options->binary) &&
              patch_create_traces(server->process.port, workload) &&
              patch_warm_up(bare->process.port, requests) &&
              patch_warm_up(server->process.port, requests);
    for (size_t i = 0; ok && i < COUNT(connection_counts); i++)
        ok = patch_measure(bare, i, requests, options->seconds) &&
             patch_measure(server, i, requests, options->seconds);
    bool stopped = patch_stop(bare);
    stopped = patch_stop(server) && stopped;
    free(requests);
    return ok && stopped;
}

static void patch_print_row(const char *name, const struct subject *subject, size_t index)
{
    const struct client_result *r = &subject->results[index];
    printf("%11u  %-8s %10.0f %9.2f %9.2f %9.2f %12.2f", connection_counts[index], name,
           r->per_second, r->p50_ms, r->p99_ms, r->max_ms, subject->others_busy[index]);
}

static void patch_print_table(const struct subject *bare, const struct subject *server)
{
    printf(
        "connections  server        acked/s    p50 ms    p99 ms    max ms  others busy  ratio\n");
    for (size_t i = 0; i < COUNT(connection_counts); i++) {
        patch_print_row("bare", bare, i);
        printf("\n");
        patch_print_row("ocelli", server, i);
        printf("  %5.2f\n", server->results[i].per_second / bare->results[i].per_second);
    }
    printf("resident memory, peak: bare %.1f MB, ocelli %.1f MB\n",
           (double)bare->usage.peak_rss_kb / 1024, (double)server->usage.peak_rss_kb / 1024);
    const struct client_result *one = &server->results[0];
    const struct client_result *many = &server->results[COUNT(connection_counts) - 1];
    printf("goals: 64 connections >= 20000/s: %s, p99 < 15 ms: %s; 1 connection >= 2000/s: %s\n",
           many->per_second >= 20000 ? "met" : "missed", many->p99_ms < 15 ? "met" : "missed",
           one->per_second >= 2000 ? "met" : "missed");
}

static void patch_print_json(const struct subject *bare, const struct subject *server)
{
    const struct subject *both[] = {bare, server};
    printf("{\"bench\":\"patch\",\"body_bytes\":%d", BODY_SIZE);
    for (size_t k = 0; k < COUNT(both); k++) {
        printf(",\"%s\":{\"peak_rss_kb\":%ld", k ? "ocelli" : "bare", both[k]->usage.peak_rss_kb);
        for (size_t i = 0; i < COUNT(connection_counts); i++) {
            const struct client_result *r = &both[k]->results[i];
            printf(",\"%u\":{\"per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
                   "\"max_ms\":%.3f,\"others_busy\":%.2f}",
                   connection_counts[i], r->per_second, r->p50_ms, r->p99_ms, r->max_ms,
                   both[k]->others_busy[i]);
        }
        printf("}");
    }
    printf("}\n");
}

static bool patch_parse_options(int argc, char **argv, struct options *options)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--binary") == 0)
            options->binary = argv[i + 1];
        else if (strcmp(argv[i], "--bare") == 0)
            options->bare = argv[i + 1];
        else if (strcmp(argv[i], "--traces") == 0)
            options->traces = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            options->seconds = atof(argv[i + 1]);
        else
            return false;
    }
    return argc % 2 == 1 && options->traces > 0 && options->seconds > 0;
}

int main(int argc, char **argv)
{
    struct options options = {"build/ocelli", "build/bench/bare_server", 20000, 5};
    struct subject bare = {0}, server = {0};
    struct workload workload;
    if (!patch_parse_options(argc, argv, &options)) {
        fprintf(stderr, "usage: %s [--binary PATH] [--bare PATH] [--traces N] [--seconds S]\n",
                argv[0]);
        return 2;
    }
    machine_print();
    workload_init(&workload, WORKLOAD_TRACES, options.traces);
    bool ok = patch_run(&options, &workload, &bare, &server);
    if (ok) {
        printf("PATCH of %d bytes on %zu traces, %.0f s each\n", BODY_SIZE, workload.traces,
               options.seconds);
        patch_print_table(&bare, &server);
        patch_print_json(&bare, &server);
    }
    workload_done(&workload);
    return ok ? 0 : 1;
}
