/* OTLP in JSON. */
#ifndef OCELLI_INGEST_OTLP_JSON_H
#define OCELLI_INGEST_OTLP_JSON_H

#include "ingest/otlp.h"

/* Reads a whole body: the document, or a JSON string that holds it. Members may be named as in JSON
 * ("traceId") or as in protobuf ("trace_id"); unknown ones and null are skipped. 64-bit numbers may
 * be strings, enums names or numbers. Ids are hexadecimal; base64 of an id's size is taken too.
 * What is read is in the arena, or points into `body`.
 * ERR_BAD_REQUEST with the place of what cannot be read, ERR_TOO_LARGE at the arena's ceiling. */
enum err otlp_read_json(struct arena *arena, struct str body, struct otlp_request **ret,
                        struct error *reterr);

#endif
