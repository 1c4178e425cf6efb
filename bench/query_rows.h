/* The rows of bench/query: small traces and spans with everything that lists narrow and sort by.
 * Each is a function of its number, so what a condition must find can be counted without the
 * server; times are fixed, too, so that the data of one day serves the next. */
#ifndef OCELLI_BENCH_QUERY_ROWS_H
#define OCELLI_BENCH_QUERY_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"
#include "workload.h"

#define QUERY_BATCH_ROWS 1000
#define QUERY_SPANS_MAX 7            /* per trace */
#define QUERY_START_MS 1767225600000 /* 2026-01-01 */
#define QUERY_STEP_MS 2500           /* between traces */
#define QUERY_TURNS 10               /* traces of a thread */
#define QUERY_RARE 10000             /* one trace in so many has what selective conditions find */
#define QUERY_RARE_NAME "nightly_reconciliation"
#define QUERY_RARE_SPAN_NAME "escalation"
#define QUERY_RARE_TAG "incident-review"
#define QUERY_RARE_ERROR "QuotaExhausted"
#define QUERY_RARE_SCORE "hallucination"
#define QUERY_COMMON_SCORE "accuracy"
#define QUERY_NEEDLE "xylophone quartet" /* in no vocabulary */
#define QUERY_TAGS 6

struct query_rows {
    size_t traces;
    unsigned spans_per_trace;
};

/* What conditions look at. */
struct query_trace {
    uint64_t ms; /* of its id and its start */
    char name[64];
    size_t thread;
    unsigned duration_ms;
    unsigned ttft_ms; /* 0: none */
    unsigned tags;    /* a bit each; 1 is the common one */
    bool rare_tag;
    const char *environment;
    const char *error; /* type, or NULL */
    bool needle;       /* in its output */
    int score;         /* hundredths, -1: none */
    bool rare_score;
};

struct query_span {
    char name[32];
    const char *type;
    unsigned duration_ms;
    const char *model, *provider; /* NULL unless llm */
    unsigned prompt_tokens, completion_tokens;
    unsigned cost; /* 10^-6 USD */
};

/* Bytes of the texts that were stored. */
struct query_bytes {
    uint64_t json; /* of the rows as they were sent */
    uint64_t input, output, metadata, error_info;
};

void query_rows_trace(size_t number, struct query_trace *ret);

/* `part` from 1. */
void query_rows_span(size_t number, unsigned part, struct query_span *ret);

void query_rows_trace_id(size_t number, char out[WORKLOAD_ID_SIZE]);
void query_rows_span_id(size_t number, unsigned part, char out[WORKLOAD_ID_SIZE]);

/* ISO-8601 UTC text with milliseconds. */
void query_rows_format_time(uint64_t ms, char out[32]);

/* Append the body of a batch of QUERY_BATCH_ROWS traces, or spans counted over the traces. */
void query_rows_add_traces(size_t first, struct text *out, struct query_bytes *bytes);
void query_rows_add_spans(unsigned spans_per_trace, size_t first, struct text *out,
                          struct query_bytes *bytes);

/* Appends the body of a batch with up to QUERY_BATCH_ROWS scores, from the trace *number on; moves
 * *number behind the last. False when none is left. */
bool query_rows_add_scores(size_t traces, size_t *number, struct text *out);

#endif
