/* The bare limit of ingestion: what one thread reaches when it does only what no server can leave
 * out. Per batch: gunzip, parse, re-write input, output and metadata as compact text, compress
 * them, insert narrow row and body into SQLite, commit (WAL, synchronous=FULL). No HTTP, no
 * validation, no merge, no projects, no statistics. */
#ifndef OCELLI_BENCH_LIMIT_RUN_H
#define OCELLI_BENCH_LIMIT_RUN_H

#include "workload.h"

enum limit_shape {
    LIMIT_FIELDS_APART,  /* input, output, metadata compressed one by one, as a store needs that
                            reads or replaces one without the others */
    LIMIT_FIELDS_JOINED, /* all three in one compressed piece: less work, less use */
};

struct limit_result {
    size_t rows;
    double seconds;
    double rows_per_second;
    double cpu_seconds;
    size_t file_bytes; /* database and WAL at the end */
};

/* Stores all batches of the workload in a new database at `path`. False with a line on stderr when
 * something fails. */
bool limit_run(const struct workload *workload, const char *path, enum limit_shape shape,
               struct limit_result *ret);

#endif
