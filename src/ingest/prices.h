/* The table of prices: what a model of a provider costs (stats.md 8 "Price table source", "Model
 * lookup"). Made at the start; once complete it is only read, by any thread. */
#ifndef OCELLI_INGEST_PRICES_H
#define OCELLI_INGEST_PRICES_H

#include "base/err.h"
#include "ingest/pricing.h"

/* No file of prices is larger, in bytes. */
#define PRICES_FILE_MAX ((size_t)4 * 1024 * 1024)

struct prices;

/* The built-in table; never NULL. */
struct prices *prices_new(void);

/* NULL-safe. */
void prices_free(struct prices *prices);

/* Adds the rows of a table (price_file.h), which win over those that are there; those that take
 * another's price come last, and may not take it from one that does so too. The text must outlive
 * the table. ERR_BAD_REQUEST with one line; ERR_TOO_LARGE. Then the table is good for nothing but
 * prices_free(). */
enum err prices_add(struct prices *prices, struct str text, struct error *reterr);

/* The same with the rows of a file. False with one line in `message`. */
bool prices_add_file(struct prices *prices, const char *path, char *message, size_t message_size);

/* How many rows there are. */
size_t prices_count(const struct prices *prices);

/* The price of a model as a span names it: its own name, then without case, points, date and
 * version. NULL: none, or model or provider are blank, or the name is longer than PRICE_NAME_MAX.
 */
const struct price *prices_find(const struct prices *prices, struct str model, struct str provider);

#endif
