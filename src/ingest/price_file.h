/* Reading price tables (docs/costs.md): lines of UTF-8 with values between tabs, the first of which
 * names the columns. */
#ifndef OCELLI_INGEST_PRICE_FILE_H
#define OCELLI_INGEST_PRICE_FILE_H

#include "base/err.h"
#include "ingest/pricing.h"

/* No name of a model or provider in a table is longer, in bytes. */
#define PRICE_NAME_MAX 256

struct price_row {
    size_t line; /* from 1 */
    struct str model, provider;
    struct str like;    /* "provider/model" whose price it has too; empty: it has `price` */
    struct price price; /* with its formula */
};

/* Reads a whole table. *ret is an array in the arena whose texts point into `text`.
 * ERR_BAD_REQUEST with one line that starts with "line N: "; ERR_TOO_LARGE at the arena's
 * ceiling. */
enum err price_file_read(struct arena *arena, struct str text, struct price_row **ret,
                         size_t *ret_count, struct error *reterr);

#endif
