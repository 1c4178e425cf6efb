/* What bare SQLite takes for the same rows in the same file: one connection, one thread, prepared
 * statements, no HTTP and no JSON. Its memory is that of one of the server's readers. */
#ifndef OCELLI_BENCH_QUERY_BARE_H
#define OCELLI_BENCH_QUERY_BARE_H

#include "query_cases.h"

struct query_bare_result {
    bool wanted;      /* set by the caller */
    double p50_ms;    /* of up to ten runs after a first one */
    double cpu_ms;    /* of a run */
    double stored_mb; /* bytes that were looked through; bodies only */
};

/* Name of a measurement. */
const char *query_bare_name(enum query_bare bare);

/* Fills what is wanted of ret[BARE_COUNT]. False with a line on stderr. */
bool query_bare_run(const char *database, const struct query_sample *sample,
                    struct query_bare_result *ret);

#endif
