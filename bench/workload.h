/* The rows of the benchmarks: traces and spans of about 2 KB each, as complete HTTP requests with
 * gzipped batches of 1000, made before any clock starts. The same seed gives the same text; only
 * the times (and with them the ids) follow the clock, so that the rows are of today. */
#ifndef OCELLI_BENCH_WORKLOAD_H
#define OCELLI_BENCH_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORKLOAD_BATCH_ROWS 1000
#define WORKLOAD_SPANS_PER_TRACE 4
#define WORKLOAD_PROJECT "bench"
#define WORKLOAD_ID_SIZE 37

enum workload_kind {
    WORKLOAD_TRACES, /* traces alone */
    WORKLOAD_MIXED,  /* a batch of traces, then four batches with the four spans of each */
};

struct workload_batch {
    char *request; /* head and gzipped body */
    size_t head_len;
    size_t len;      /* of the whole request */
    size_t json_len; /* of the body before gzip */
    bool is_span;
};

struct workload {
    enum workload_kind kind;
    struct workload_batch *batches;
    size_t batch_count;
    size_t traces;
    size_t spans;
    size_t json_bytes;
    size_t gzip_bytes;
    uint64_t base_ms; /* time of the first trace */
};

/* Makes at least `rows` rows (rounded up to whole batches; mixed: to whole groups of five).
 * Ends the program when memory is out. */
void workload_init(struct workload *workload, enum workload_kind kind, size_t rows);

/* A line about counts and sizes on stdout. */
void workload_print(const struct workload *workload);

/* A version 7 id: `ms` in front, the rest a function of `number` and `part` (0 the trace, 1..7 its
 * spans), so that any id can be told without keeping it. */
void workload_format_id(uint64_t ms, size_t number, unsigned part, char out[WORKLOAD_ID_SIZE]);

/* Id of the trace with this number, counted from 0. */
void workload_trace_id(const struct workload *workload, size_t number, char out[WORKLOAD_ID_SIZE]);

/* ISO-8601 UTC text with microseconds of a time in milliseconds. */
void workload_format_time(uint64_t ms, char out[32]);

void workload_done(struct workload *workload);

#endif
