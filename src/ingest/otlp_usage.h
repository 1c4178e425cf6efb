/* Usage in attributes: single counts, or JSON with several (otel.md 5.6). */
#ifndef OCELLI_INGEST_OTLP_USAGE_H
#define OCELLI_INGEST_OTLP_USAGE_H

#include "ingest/otlp.h"
#include "json/json_object.h"
#include "model/resource.h"

/* Sets counts in `usage`, under the names that usage has here. `attribute` is the whole name,
 * `name` what follows the rule's prefix. *ret_used tells whether there was anything to set.
 * ERR_BAD_REQUEST for a text that is neither a number nor JSON. */
enum err otlp_usage_add(struct json_object *usage, struct str attribute, struct str name,
                        const struct otlp_value *value, bool *ret_used, struct error *reterr);

/* What was set, with total_tokens; NULL when nothing was. */
struct tally *otlp_usage_tally(struct json_object *usage);

#endif
