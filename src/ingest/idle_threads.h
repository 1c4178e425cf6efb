/* The clock that makes threads inactive when nothing has come for a while (threads.md 2.2). */
#ifndef OCELLI_INGEST_IDLE_THREADS_H
#define OCELLI_INGEST_IDLE_THREADS_H

#include "ingest/writer.h"

struct idle_threads;

struct idle_threads_options {
    int64_t timeout_ms;  /* for workspaces that set none */
    int64_t interval_ms; /* between two looks */
};

/* Starts it. NULL when there is no thread for it. */
struct idle_threads *idle_threads_new(struct writer *writer,
                                      const struct idle_threads_options *options);

/* Ends it; before the writer. NULL-safe. */
void idle_threads_free(struct idle_threads *idle);

#endif
