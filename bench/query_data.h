/* The data of bench/query: a data directory of the server, filled through the wire once and kept
 * between runs. */
#ifndef OCELLI_BENCH_QUERY_DATA_H
#define OCELLI_BENCH_QUERY_DATA_H

#include "query_rows.h"

struct query_data {
    struct query_rows rows;
    struct query_bytes traces, spans; /* texts that were stored */
    bool has_scores;                  /* false: the server takes none yet */
    bool was_built;                   /* in this run */
    double build_seconds;
    long build_peak_rss_kb;
    double database_mb;
};

/* Brings `dir` into the wanted size. Builds it anew when it is missing, unfinished, of another size
 * or when a fresh server makes another schema. False with lines on stderr, also when `dir` holds
 * something that is not of this program. */
bool query_data_prepare(const char *dir, const char *binary, const struct query_rows *rows,
                        struct query_data *ret);

/* Path of the database below a data directory. */
void query_data_database(const char *dir, char *out, size_t size);

#endif
