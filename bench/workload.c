/* Makes the batches; see workload.h. Two threads, since zlib at level 6 takes longer than the
 * measurement itself. */
#include "workload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define THREADS 2
#define TRACE_STEP_MS 5 /* between two traces; a trace's spans take the milliseconds between */
#define GROUP (1 + WORKLOAD_SPANS_PER_TRACE)

struct maker {
    struct workload *workload;
    atomic_size_t next;
};

static const char *const models[][2] = {
    {"gpt-4o-mini-2024-07-18", "openai"},
    {"gpt-4o-2024-08-06", "openai"},
    {"claude-3-5-sonnet-20241022", "anthropic"},
    {"gemini-1.5-pro", "google_ai"},
};

static const char *const trace_names[] = {"chat_completion", "answer_question", "rag_pipeline",
                                          "support_agent", "summarize_document"};
static const char *const tags[] = {"production", "staging", "rag", "agent", "batch", "beta", "eu"};

static void *workload_alloc(size_t size)
{
    void *memory = malloc(size);
    if (!memory) {
        fputs("bench: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

void workload_format_id(uint64_t ms, size_t number, unsigned part, char out[WORKLOAD_ID_SIZE])
{
    struct text_random random = {(uint64_t)number * 8 + part};
    uint64_t a = text_random_next(&random), b = text_random_next(&random);
    snprintf(out, WORKLOAD_ID_SIZE, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(ms >> 16),
             (unsigned)(ms & 0xffff), (unsigned)(a & 0xfff), (unsigned)(0x8000 | (b >> 50)),
             (unsigned long long)(b & 0xffffffffffffu));
}

static uint64_t workload_trace_ms(const struct workload *workload, size_t number)
{
    return workload->base_ms + number * TRACE_STEP_MS;
}

void workload_trace_id(const struct workload *workload, size_t number, char out[WORKLOAD_ID_SIZE])
{
    workload_format_id(workload_trace_ms(workload, number), number, 0, out);
}

void workload_format_time(uint64_t ms, char out[32])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, 32 - n, ".%03u%03uZ", (unsigned)(ms % 1000), (unsigned)(ms * 7 % 1000));
}

static void workload_add_times(struct text *out, uint64_t ms, unsigned duration_ms)
{
    char start[32], end[32];
    workload_format_time(ms, start);
    workload_format_time(ms + duration_ms, end);
    text_add(out, "\"start_time\":\"%s\",\"end_time\":\"%s\",\"last_updated_at\":\"%s\",", start,
             end, end);
}

/* One of eight instructions, as programs send the same one with every call. */
static void workload_add_system_prompt(struct text *out, struct text_random *random)
{
    struct text_random fixed = {1000 + text_random_below(random, 8)};
    text_add(out, "{\"role\":\"system\",\"content\":\"You are a helpful assistant. ");
    text_add_prose(out, &fixed, 260);
    text_add(out, "\"},");
}

static void workload_add_input(struct text *out, struct text_random *random, size_t prose)
{
    text_add(out, "\"input\":{\"messages\":[");
    workload_add_system_prompt(out, random);
    text_add(out, "{\"role\":\"user\",\"content\":\"");
    text_add_prose(out, random, prose);
    text_add(out, "\"}]},");
}

static void workload_add_output(struct text *out, struct text_random *random, size_t prose)
{
    text_add(out, "\"output\":{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":"
                  "{\"role\":\"assistant\",\"content\":\"");
    text_add_prose(out, random, prose);
    text_add(out, "\"}}]},");
}

static void workload_add_metadata(struct text *out, struct text_random *random)
{
    text_add(out,
             "\"metadata\":{\"model_parameters\":{\"temperature\":0.%u,\"top_p\":0.95,"
             "\"max_tokens\":1024},\"release\":\"2024.11.%u\",\"customer\":\"customer-%u\","
             "\"request_id\":\"req_%016llx\",\"created_from\":\"%s\",\"attempt\":%u},",
             text_random_below(random, 10), text_random_below(random, 30),
             text_random_below(random, 5000), (unsigned long long)text_random_next(random),
             text_random_below(random, 2) ? "openai" : "langchain",
             1 + text_random_below(random, 3));
}

static void workload_add_tags(struct text *out, struct text_random *random)
{
    unsigned first = text_random_below(random, COUNT(tags) - 1);
    text_add(out, "\"tags\":[\"%s\",\"%s\"],\"source\":\"sdk\"", tags[first], tags[first + 1]);
}

static void workload_add_trace(const struct workload *workload, size_t number, struct text *out)
{
    struct text_random random = {number * GROUP};
    uint64_t ms = workload_trace_ms(workload, number);
    char id[WORKLOAD_ID_SIZE];
    workload_trace_id(workload, number, id);
    text_add(out, "{\"id\":\"%s\",\"project_name\":\"" WORKLOAD_PROJECT "\",\"name\":\"%s\",", id,
             trace_names[text_random_below(&random, COUNT(trace_names))]);
    workload_add_times(out, ms, 800 + text_random_below(&random, 4000));
    if (number % 32 < 8) /* every fourth trace belongs to a conversation of eight */
        text_add(out, "\"thread_id\":\"conversation-%zu\",", number / 32);
    workload_add_input(out, &random, 300 + text_random_below(&random, 200));
    workload_add_output(out, &random, 500 + text_random_below(&random, 300));
    workload_add_metadata(out, &random);
    workload_add_tags(out, &random);
    text_add(out, "}");
}

static void workload_add_usage(struct text *out, struct text_random *random)
{
    const char *const *model = models[text_random_below(random, COUNT(models))];
    unsigned prompt = 100 + text_random_below(random, 900);
    unsigned completion = 50 + text_random_below(random, 500);
    text_add(out, "\"model\":\"%s\",\"provider\":\"%s\",", model[0], model[1]);
    text_add(out, "\"usage\":{\"prompt_tokens\":%u,\"completion_tokens\":%u,\"total_tokens\":%u,",
             prompt, completion, prompt + completion);
    text_add(out,
             "\"original_usage.prompt_tokens\":%u,\"original_usage.completion_tokens\":%u,"
             "\"original_usage.total_tokens\":%u,"
             "\"original_usage.prompt_tokens_details.cached_tokens\":%u},",
             prompt, completion, prompt + completion, text_random_below(random, prompt));
}

/* Part 1 is the pipeline around the others, 2 and 4 are model calls, 3 is a tool. */
static void workload_add_span(const struct workload *workload, size_t number, unsigned part,
                              struct text *out)
{
    static const char *const types[GROUP] = {"", "general", "llm", "tool", "llm"};
    static const char *const span_names[GROUP] = {"", "pipeline", "plan", "search", "generate"};
    struct text_random random = {number * GROUP + part};
    uint64_t ms = workload_trace_ms(workload, number);
    char trace_id[WORKLOAD_ID_SIZE], parent[WORKLOAD_ID_SIZE], id[WORKLOAD_ID_SIZE];
    workload_trace_id(workload, number, trace_id);
    workload_format_id(ms + 1, number, 1, parent);
    workload_format_id(ms + part, number, part, id);
    bool llm = part % 2 == 0;
    text_add(out, "{\"id\":\"%s\",\"trace_id\":\"%s\",", id, trace_id);
    if (part > 1)
        text_add(out, "\"parent_span_id\":\"%s\",", parent);
    text_add(out, "\"project_name\":\"" WORKLOAD_PROJECT "\",\"name\":\"%s\",\"type\":\"%s\",",
             span_names[part], types[part]);
    workload_add_times(out, ms + part, 100 + text_random_below(&random, 2000));
    if (llm)
        workload_add_usage(out, &random);
    workload_add_input(out, &random, 200 + text_random_below(&random, 200));
    workload_add_output(out, &random, (llm ? 300 : 600) + text_random_below(&random, 300));
    workload_add_metadata(out, &random);
    workload_add_tags(out, &random);
    text_add(out, "}");
}

/* Batch 0 of a group holds 1000 traces, batch 1..4 the spans of 250 of them each. */
static void workload_add_body(const struct workload *workload, size_t batch, struct text *out)
{
    bool mixed = workload->kind == WORKLOAD_MIXED;
    size_t group = mixed ? batch / GROUP : batch, in_group = mixed ? batch % GROUP : 0;
    size_t first = group * WORKLOAD_BATCH_ROWS;
    text_add(out, in_group ? "{\"spans\":[" : "{\"traces\":[");
    for (size_t i = 0; i < WORKLOAD_BATCH_ROWS; i++) {
        if (i > 0)
            text_add(out, ",");
        if (in_group == 0) {
            workload_add_trace(workload, first + i, out);
        } else {
            size_t span = (in_group - 1) * WORKLOAD_BATCH_ROWS + i;
            workload_add_span(workload, first + span / WORKLOAD_SPANS_PER_TRACE,
                              1 + span % WORKLOAD_SPANS_PER_TRACE, out);
        }
    }
    text_add(out, "]}");
}

static size_t workload_gzip(const struct text *json, unsigned char *out, size_t size)
{
    z_stream z = {0};
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    z.next_in = (unsigned char *)json->p;
    z.avail_in = (unsigned)json->n;
    z.next_out = out;
    z.avail_out = (unsigned)size;
    size_t n = deflate(&z, Z_FINISH) == Z_STREAM_END ? z.total_out : 0;
    deflateEnd(&z);
    return n;
}

static void workload_make_batch(const struct workload *workload, size_t number, struct text *json)
{
    struct workload_batch *batch = &workload->batches[number];
    json->n = 0;
    workload_add_body(workload, number, json);
    batch->is_span = workload->kind == WORKLOAD_MIXED && number % GROUP != 0;
    batch->json_len = json->n;
    unsigned char *body = workload_alloc(json->n);
    size_t body_len = workload_gzip(json, body, json->n);
    if (body_len == 0) {
        fputs("bench: gzip failed\n", stderr);
        exit(1);
    }
    char head[256];
    int head_len = snprintf(head, sizeof(head),
                            "POST /v1/private/%s/batch HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
                            "Content-Length: %zu\r\n\r\n",
                            batch->is_span ? "spans" : "traces", body_len);
    batch->head_len = (size_t)head_len;
    batch->len = batch->head_len + body_len;
    batch->request = workload_alloc(batch->len);
    memcpy(batch->request, head, batch->head_len);
    memcpy(batch->request + batch->head_len, body, body_len);
    free(body);
}

static void *workload_thread(void *arg)
{
    struct maker *maker = arg;
    struct text json = {0};
    size_t number;
    while ((number = atomic_fetch_add(&maker->next, 1)) < maker->workload->batch_count)
        workload_make_batch(maker->workload, number, &json);
    text_done(&json);
    return NULL;
}

static void workload_make_batches(struct workload *workload)
{
    struct maker maker = {.workload = workload};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, workload_thread, &maker) != 0) {
            fputs("bench: cannot start a thread\n", stderr);
            exit(1);
        }
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

void workload_init(struct workload *workload, enum workload_kind kind, size_t rows)
{
    size_t unit = kind == WORKLOAD_MIXED ? GROUP : 1;
    size_t groups = (rows + unit * WORKLOAD_BATCH_ROWS - 1) / (unit * WORKLOAD_BATCH_ROWS);
    *workload = (struct workload){.kind = kind, .batch_count = groups * unit};
    workload->traces = groups * WORKLOAD_BATCH_ROWS;
    workload->spans = (workload->batch_count - groups) * WORKLOAD_BATCH_ROWS;
    workload->base_ms = (uint64_t)time(NULL) * 1000 - workload->traces * TRACE_STEP_MS - 60000;
    workload->batches = workload_alloc(workload->batch_count * sizeof(*workload->batches));
    workload_make_batches(workload);
    for (size_t i = 0; i < workload->batch_count; i++) {
        workload->json_bytes += workload->batches[i].json_len;
        workload->gzip_bytes += workload->batches[i].len - workload->batches[i].head_len;
    }
}

void workload_print(const struct workload *workload)
{
    size_t rows = workload->traces + workload->spans;
    printf("%zu traces and %zu spans, %zu bytes of JSON each, %zu gzipped, in batches of %d\n",
           workload->traces, workload->spans, workload->json_bytes / rows,
           workload->gzip_bytes / rows, WORKLOAD_BATCH_ROWS);
}

void workload_done(struct workload *workload)
{
    for (size_t i = 0; i < workload->batch_count; i++)
        free(workload->batches[i].request);
    free(workload->batches);
    *workload = (struct workload){0};
}
