/* OTLP in protobuf's encoding. */
#ifndef OCELLI_INGEST_OTLP_PROTOBUF_H
#define OCELLI_INGEST_OTLP_PROTOBUF_H

#include "ingest/otlp.h"

/* Reads a whole body; an empty one is a request without spans. Texts point into `body`, the rest is
 * in the arena. Fields that are not known, or come in another wire type, are skipped.
 * ERR_BAD_REQUEST with the place of what cannot be read, ERR_TOO_LARGE at the arena's ceiling. */
enum err otlp_read_protobuf(struct arena *arena, struct str body, struct otlp_request **ret,
                            struct error *reterr);

#endif
