/* bench/limit: prints how many rows per second one thread of bare zlib, yyjson, zstd and SQLite
 * stores durably, the figure that bench/ingest is measured against. See limit_run.h.
 *
 * usage: build/bench/limit [--rows N] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limit_run.h"
#include "machine.h"
#include "scratch.h"

static bool limit_measure(const struct workload *workload, enum limit_shape shape, const char *name)
{
    char dir[SCRATCH_PATH_SIZE], path[SCRATCH_PATH_SIZE + 16];
    struct limit_result result;
    if (!scratch_make(dir))
        return false;
    snprintf(path, sizeof(path), "%s/limit.db", dir);
    double busy = machine_busy_seconds();
    bool ok = limit_run(workload, path, shape, &result);
    double others = machine_busy_seconds() - busy - result.cpu_seconds;
    scratch_remove(dir);
    if (ok)
        printf("%-32s %8.0f rows/s   %5.1f us of processor and %zu bytes stored per row, "
               "processors busy with other things %.2f\n",
               name, result.rows_per_second, result.cpu_seconds * 1e6 / (double)result.rows,
               result.file_bytes / result.rows, others > 0 ? others / result.seconds : 0);
    return ok;
}

int main(int argc, char **argv)
{
    size_t rows = 200000;
    struct workload workload;
    if (argc == 3 && strcmp(argv[1], "--rows") == 0) {
        rows = strtoul(argv[2], NULL, 10);
    } else if (argc != 1) {
        fprintf(stderr, "usage: %s [--rows N]\n", argv[0]);
        return 2;
    }
    machine_print();
    workload_init(&workload, WORKLOAD_MIXED, rows);
    workload_print(&workload);
    bool ok = limit_measure(&workload, LIMIT_FIELDS_APART, "limit, fields compressed apart") &&
              limit_measure(&workload, LIMIT_FIELDS_JOINED, "limit, fields compressed joined");
    workload_done(&workload);
    return ok ? 0 : 1;
}
