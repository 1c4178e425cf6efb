/* Rows of bench/query; see query_rows.h. */
#include "query_rows.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const verbs[] = {"answer",  "summarize", "classify", "extract", "translate",
                                    "rewrite", "plan",      "search",   "review",  "draft"};
static const char *const objects[] = {"question", "ticket", "document", "invoice", "conversation"};
static const char *const tags[QUERY_TAGS] = {"production", "rag", "agent", "batch", "beta", "eu"};
static const char *const environments[] = {"production", "staging", "development"};
static const char *const errors[] = {"RateLimitError", "TimeoutError", "ValidationError"};
static const char *const types[] = {"general", "llm", "tool"};
static const char *const span_names[QUERY_SPANS_MAX] = {"pipeline", "plan",   "search", "generate",
                                                        "rerank",   "verify", "format"};
static const char *const models[][2] = {
    {"gpt-4o-mini-2024-07-18", "openai"}, {"gpt-4o-2024-08-06", "openai"},
    {"claude-3-5-sonnet", "anthropic"},   {"claude-3-5-haiku", "anthropic"},
    {"gemini-1.5-pro", "google_ai"},      {"mistral-large", "mistral"},
};

/* Most take little, few take long. */
static unsigned query_rows_duration(struct text_random *random)
{
    return 20 + (text_random_below(random, 1000) << text_random_below(random, 7));
}

void query_rows_trace(size_t number, struct query_trace *ret)
{
    struct text_random random = {number * 16};
    size_t rare = number % QUERY_RARE;
    *ret = (struct query_trace){.ms = QUERY_START_MS + (uint64_t)number * QUERY_STEP_MS};
    const char *verb = verbs[text_random_below(&random, COUNT(verbs))];
    const char *object = objects[text_random_below(&random, COUNT(objects))];
    snprintf(ret->name, sizeof(ret->name), "%s_%s", verb, object);
    if (rare == 1234)
        strcpy(ret->name, QUERY_RARE_NAME);
    /* of 1000 traces that follow each other, 100 threads have ten each */
    ret->thread = number / 1000 * (1000 / QUERY_TURNS) + number % (1000 / QUERY_TURNS);
    ret->duration_ms = query_rows_duration(&random);
    ret->ttft_ms = text_random_below(&random, 2) ? 0 : 1 + text_random_below(&random, 900);
    if (text_random_below(&random, 10) > 0)
        ret->tags = text_random_below(&random, 1 << QUERY_TAGS);
    ret->rare_tag = rare == 4321;
    ret->environment = environments[text_random_below(&random, COUNT(environments))];
    if (number % 50 == 7)
        ret->error = errors[text_random_below(&random, COUNT(errors))];
    if (rare == 6057)
        ret->error = QUERY_RARE_ERROR;
    ret->needle = rare == 2500;
    ret->score = number % 10 == 3 ? (int)text_random_below(&random, 101) : -1;
    ret->rare_score = rare == 777;
}

void query_rows_span(size_t number, unsigned part, struct query_span *ret)
{
    struct text_random random = {number * 16 + part};
    bool llm = part % 2 == 0;
    *ret = (struct query_span){.type = types[part == 1 ? 0 : llm ? 1 : 2]};
    bool rare = part == 1 && number % QUERY_RARE == 4321;
    strcpy(ret->name, rare ? QUERY_RARE_SPAN_NAME : span_names[part - 1]);
    ret->duration_ms = query_rows_duration(&random) / 2;
    if (!llm)
        return;
    const char *const *model = models[text_random_below(&random, COUNT(models))];
    ret->model = model[0];
    ret->provider = model[1];
    ret->prompt_tokens = 50 + text_random_below(&random, 2000);
    ret->completion_tokens = 10 + text_random_below(&random, 800);
    ret->cost = ret->prompt_tokens + 4 * ret->completion_tokens;
}

void query_rows_trace_id(size_t number, char out[WORKLOAD_ID_SIZE])
{
    workload_format_id(QUERY_START_MS + (uint64_t)number * QUERY_STEP_MS, number, 0, out);
}

void query_rows_span_id(size_t number, unsigned part, char out[WORKLOAD_ID_SIZE])
{
    workload_format_id(QUERY_START_MS + (uint64_t)number * QUERY_STEP_MS + part, number, part, out);
}

void query_rows_format_time(uint64_t ms, char out[32])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, 32 - n, ".%03uZ", (unsigned)(ms % 1000));
}

static void query_rows_add_times(struct text *out, uint64_t ms, unsigned duration_ms)
{
    char start[32], end[32];
    query_rows_format_time(ms, start);
    query_rows_format_time(ms + duration_ms, end);
    text_add(out, "\"start_time\":\"%s\",\"end_time\":\"%s\"", start, end);
}

/* `{"question":"…"}` and the like; `prose` bytes of text. Returns the bytes of the value. */
static size_t query_rows_add_body(struct text *out, const char *field, const char *member,
                                  struct text_random *random, size_t prose, const char *end)
{
    text_add(out, ",\"%s\":", field);
    size_t start = out->n;
    text_add(out, "{\"%s\":\"", member);
    size_t cut = out->n + prose;
    text_add_prose(out, random, prose);
    out->n = cut; /* in the middle of a sentence, but not of an escape */
    while (out->p[out->n - 1] == '\\')
        out->n--;
    text_add(out, "%s\"}", end);
    return out->n - start;
}

static size_t query_rows_add_metadata(struct text *out, struct text_random *random)
{
    text_add(out, ",\"metadata\":");
    size_t start = out->n;
    text_add(out, "{\"customer\":\"customer-%u\",\"release\":\"2026.1.%u\",\"attempt\":%u}",
             text_random_below(random, 5000), text_random_below(random, 30),
             1 + text_random_below(random, 3));
    return out->n - start;
}

static size_t query_rows_add_error(struct text *out, const char *type)
{
    text_add(out, ",\"error_info\":");
    size_t start = out->n;
    text_add(out,
             "{\"exception_type\":\"%s\",\"message\":\"the call failed\",\"traceback\":"
             "\"File main.py, line 12, in run\"}",
             type);
    return out->n - start;
}

static void query_rows_add_tags(struct text *out, const struct query_trace *trace)
{
    const char *comma = "";
    if (trace->tags == 0 && !trace->rare_tag)
        return;
    text_add(out, ",\"tags\":[");
    for (unsigned i = 0; i < QUERY_TAGS; i++) {
        if (trace->tags & 1u << i) {
            text_add(out, "%s\"%s\"", comma, tags[i]);
            comma = ",";
        }
    }
    text_add(out, trace->rare_tag ? "%s\"" QUERY_RARE_TAG "\"]" : "]", comma);
}

/* About 600 bytes, one in sixteen with a longer answer. */
static void query_rows_add_trace(size_t number, struct text *out, struct query_bytes *bytes)
{
    struct text_random random = {~(uint64_t)number};
    struct query_trace trace;
    char id[WORKLOAD_ID_SIZE];
    query_rows_trace(number, &trace);
    query_rows_trace_id(number, id);
    text_add(out,
             "{\"id\":\"%s\",\"project_name\":\"" WORKLOAD_PROJECT "\",\"name\":\"%s\","
             "\"thread_id\":\"conversation-%zu\",\"environment\":\"%s\",\"source\":\"sdk\",",
             id, trace.name, trace.thread, trace.environment);
    query_rows_add_times(out, trace.ms, trace.duration_ms);
    if (trace.ttft_ms)
        text_add(out, ",\"ttft\":%u", trace.ttft_ms);
    query_rows_add_tags(out, &trace);
    bytes->input += query_rows_add_body(out, "input", "question", &random,
                                        40 + text_random_below(&random, 80), "");
    bytes->output += query_rows_add_body(out, "output", "answer", &random,
                                         number % 16 ? 60 + text_random_below(&random, 100) : 700,
                                         trace.needle ? " A " QUERY_NEEDLE "." : "");
    bytes->metadata += query_rows_add_metadata(out, &random);
    if (trace.error)
        bytes->error_info += query_rows_add_error(out, trace.error);
    text_add(out, "}");
}

/* About 430 bytes: nearly all of it is what every span has. */
static void query_rows_add_span(size_t number, unsigned part, struct text *out,
                                struct query_bytes *bytes)
{
    struct text_random random = {~(uint64_t)(number * 8 + part)};
    struct query_span span;
    char id[WORKLOAD_ID_SIZE], trace_id[WORKLOAD_ID_SIZE], parent[WORKLOAD_ID_SIZE];
    query_rows_span(number, part, &span);
    query_rows_span_id(number, part, id);
    query_rows_span_id(number, 1, parent);
    query_rows_trace_id(number, trace_id);
    text_add(out, "{\"id\":\"%s\",\"trace_id\":\"%s\",", id, trace_id);
    if (part > 1)
        text_add(out, "\"parent_span_id\":\"%s\",", parent);
    text_add(out, "\"project_name\":\"" WORKLOAD_PROJECT "\",\"name\":\"%s\",\"type\":\"%s\",",
             span.name, span.type);
    query_rows_add_times(out, QUERY_START_MS + (uint64_t)number * QUERY_STEP_MS + part,
                         span.duration_ms);
    if (span.model)
        text_add(out,
                 ",\"model\":\"%s\",\"provider\":\"%s\",\"usage\":{\"prompt_tokens\":%u,"
                 "\"completion_tokens\":%u,\"total_tokens\":%u},\"total_estimated_cost\":0.%06u",
                 span.model, span.provider, span.prompt_tokens, span.completion_tokens,
                 span.prompt_tokens + span.completion_tokens, span.cost);
    bytes->input += query_rows_add_body(out, "input", "text", &random, 24, "");
    bytes->output += query_rows_add_body(out, "output", "text", &random, 24, "");
    text_add(out, "}");
}

void query_rows_add_traces(size_t first, struct text *out, struct query_bytes *bytes)
{
    size_t start = out->n;
    for (size_t i = 0; i < QUERY_BATCH_ROWS; i++) {
        text_add(out, i ? "," : "{\"traces\":[");
        query_rows_add_trace(first + i, out, bytes);
    }
    text_add(out, "]}");
    bytes->json += out->n - start;
}

void query_rows_add_spans(unsigned spans_per_trace, size_t first, struct text *out,
                          struct query_bytes *bytes)
{
    size_t start = out->n;
    for (size_t i = 0; i < QUERY_BATCH_ROWS; i++) {
        text_add(out, i ? "," : "{\"spans\":[");
        query_rows_add_span((first + i) / spans_per_trace,
                            1 + (unsigned)((first + i) % spans_per_trace), out, bytes);
    }
    text_add(out, "]}");
    bytes->json += out->n - start;
}

static void query_rows_add_score(struct text *out, size_t number, const char *name, int hundredths)
{
    char id[WORKLOAD_ID_SIZE];
    query_rows_trace_id(number, id);
    text_add(out,
             "%s{\"id\":\"%s\",\"project_name\":\"" WORKLOAD_PROJECT "\",\"name\":\"%s\","
             "\"value\":%d.%02d,\"source\":\"sdk\"}",
             out->n ? "," : "{\"scores\":[", id, name, hundredths / 100, hundredths % 100);
}

bool query_rows_add_scores(size_t traces, size_t *number, struct text *out)
{
    out->n = 0;
    for (size_t n = 0; n + 1 < QUERY_BATCH_ROWS && *number < traces; ++*number) {
        struct query_trace trace;
        query_rows_trace(*number, &trace);
        if (trace.score >= 0)
            query_rows_add_score(out, *number, QUERY_COMMON_SCORE, trace.score);
        if (trace.rare_score)
            query_rows_add_score(out, *number, QUERY_RARE_SCORE, 100);
        n += (trace.score >= 0) + trace.rare_score;
    }
    if (out->n == 0)
        return false;
    text_add(out, "]}");
    return true;
}
