/* Directories for the data of a run, on the disk of the checkout, removed at the end. */
#ifndef OCELLI_BENCH_SCRATCH_H
#define OCELLI_BENCH_SCRATCH_H

#include <stdbool.h>

#define SCRATCH_ROOT "build/bench-data"
#define SCRATCH_PATH_SIZE 256

/* Makes a fresh directory below SCRATCH_ROOT of the working directory. False with a line on
 * stderr. */
bool scratch_make(char ret_path[SCRATCH_PATH_SIZE]);

/* Removes the directory and what is in it (and SCRATCH_ROOT, when that is empty then), and waits
 * until the disk is quiet, so that the next measurement does not pay for this one. */
void scratch_remove(const char *path);

#endif
