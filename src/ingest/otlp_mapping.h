/* From OTLP to traces and spans (otel.md 3 to 7): everything that needs no look at the store. */
#ifndef OCELLI_INGEST_OTLP_MAPPING_H
#define OCELLI_INGEST_OTLP_MAPPING_H

#include "ingest/otlp.h"
#include "ingest/prices.h"
#include "model/entity.h"

/* A trace of OTLP that spans of the request belong to. */
struct otlp_trace {
    struct uuid key; /* stands for its id, which may have any length */
    struct uuid id;  /* ours, if it is not known yet: of its earliest start in the request */
};

/* A span, and the trace that it becomes as well. Heavy values are packed, shared by the two. */
struct otlp_entity {
    struct record *span;
    struct record *trace; /* of spans without parent and without a trace of their own; else NULL */
    size_t trace_index;   /* of its otlp_trace */
    bool own_trace_id;    /* the client chose trace (and parent) among our ids */
    bool own_span_id;     /* the client chose our id */
};

/* What a request comes to. Ids of spans and parents that the client did not choose have no time
 * yet: they take it from the id of their trace. A trace's id is missing altogether. */
struct otlp_batch {
    struct otlp_trace *traces;
    size_t trace_count;
    struct otlp_entity *entities;
    size_t entity_count;
};

/* Everything is in the arena or points into the request's texts. `project_name` may be empty;
 * without `prices` no cost is estimated. ERR_BAD_REQUEST for usage that cannot be read;
 * ERR_TOO_LARGE at the arena's ceiling. */
enum err otlp_map(struct arena *arena, const struct otlp_request *request, struct str project_name,
                  const struct prices *prices, struct otlp_batch *ret, struct error *reterr);

#endif
