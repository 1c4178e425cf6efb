/* The thread that makes the search index (store.h) of rows that rest. */
#ifndef OCELLI_INGEST_TEXT_INDEX_H
#define OCELLI_INGEST_TEXT_INDEX_H

#include "ingest/writer.h"

struct text_index;

struct text_index_options {
    int64_t rest_ms;     /* rows must not have changed for so long */
    int64_t interval_ms; /* between two looks when there was nothing to do */
};

/* Starts it. NULL when there is no thread for it. The store must outlive it. */
struct text_index *text_index_new(struct store *store, struct writer *writer,
                                  const struct text_index_options *options);

/* Ends it; before the writer. NULL-safe. */
void text_index_free(struct text_index *index);

#endif
