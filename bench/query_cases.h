/* What bench/query asks: one row of a table per question, with the aim for its time and what must
 * be found. */
#ifndef OCELLI_BENCH_QUERY_CASES_H
#define OCELLI_BENCH_QUERY_CASES_H

#include "query_data.h"

/* Milliseconds end to end, as the project set them for 1,000,000 traces with 5,000,000 spans. Where
 * all rows must be looked at the aim grows with their number. */
enum query_aim {
    AIM_FIRST,       /* 5: the first page with its total */
    AIM_SEEK,        /* 10: a page by id, time, thread or a selective value */
    AIM_SORT,        /* 10: sorted by a stored number */
    AIM_NARROW,      /* 200 per 1,000,000 narrow rows */
    AIM_TRACE_STATS, /* 400 per 1,000,000 traces */
    AIM_SPAN_STATS,  /* 900 per 5,000,000 spans */
    AIM_TEXT,        /* 1 s per GB of the bodies' text */
};

enum query_text {
    TEXT_INPUT = 1,
    TEXT_OUTPUT = 2,
    TEXT_METADATA = 4,
    TEXT_ERROR = 8,
    TEXT_ALL = 15
};

/* What bare SQLite does on the same rows; see query_bare.h. */
enum query_bare {
    BARE_NONE,
    BARE_FIRST,        /* 100 traces by id, with bodies */
    BARE_DEEP,         /* the page with the same offset */
    BARE_TEXT,         /* a condition on a text over all traces */
    BARE_SORT,         /* 100 traces by a difference of two numbers, all looked at */
    BARE_TRACE_SUMS,   /* over all traces */
    BARE_SPAN_SUMS,    /* over all spans */
    BARE_TRACE_BODIES, /* all stored bytes of the traces' bodies read and searched */
    BARE_SPAN_BODIES,
    BARE_COUNT,
};

/* The trace in the middle and what is around it; stands for $ID and so on in the table. */
struct query_sample {
    const struct query_data *data;
    size_t number, thread_number, deep_page;
    uint64_t ms, until_ms; /* an hour from its start on */
    char id[WORKLOAD_ID_SIZE], span[WORKLOAD_ID_SIZE];
    char thread[48], from[32], to[32], page[16];
};

/* `part` 0 is the trace, from 1 its spans. */
typedef bool (*query_match)(const struct query_sample *sample, size_t number, unsigned part);

struct query_case {
    const char *name;
    const char *resource;                         /* path below /v1/private */
    const char *params;                           /* further parameters, percent-encoded */
    const char *filters, *oql, *sorting, *search; /* parameters that get encoded */
    enum query_aim aim;
    unsigned texts;    /* AIM_TEXT: bits of enum query_text */
    query_match match; /* NULL: all rows */
    bool unchecked;    /* nobody counted what must be found */
    bool needs_scores;
    enum query_bare bare;
};

extern const struct query_case query_cases[];
extern const size_t query_case_count;

void query_sample_init(struct query_sample *sample, const struct query_data *data);

/* True when it is about spans. */
bool query_case_is_span(const struct query_case *query);

/* Writes the whole request into `out`. */
void query_case_request(const struct query_case *query, const struct query_sample *sample,
                        struct text *out);

double query_case_aim_ms(const struct query_case *query, const struct query_data *data);

/* How many rows the server must find; -1 when that is not known. */
long long query_case_expected(const struct query_case *query, const struct query_sample *sample);

#endif
