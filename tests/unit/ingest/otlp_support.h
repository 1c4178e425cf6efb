/* What the tests of OTLP share. JSON is written with ' for ". */
#ifndef OCELLI_TESTS_UNIT_INGEST_OTLP_SUPPORT_H
#define OCELLI_TESTS_UNIT_INGEST_OTLP_SUPPORT_H

#include "ingest/otlp.h"
#include "unit/support.h"

extern struct arena otlp_arena;
extern struct error otlp_error; /* of the last that was read */

/* cmocka fixtures. */
int otlp_start(void **state);
int otlp_stop(void **state);

/* Reads JSON; NULL when it is refused. */
struct otlp_request *otlp_from_json(const char *text);

/* A request with these spans, separated by commas, in one scope "test". */
struct otlp_request *otlp_from_spans(const char *spans);

/* The value of an attribute, as in its JSON: "{'intValue':1}". */
const struct otlp_value *otlp_value_from(const char *text);

/* The first span of a request. */
const struct otlp_span *otlp_first_span(const struct otlp_request *request);

/* What was read, as text, so that both readers can be compared. */
struct str otlp_dump(const struct otlp_request *request);

#endif
