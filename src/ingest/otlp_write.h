/* Writing what OTLP requests bring: traces keep their id over several requests, and all of one
 * request is stored or nothing. */
#ifndef OCELLI_INGEST_OTLP_WRITE_H
#define OCELLI_INGEST_OTLP_WRITE_H

#include "ingest/change.h"
#include "ingest/otlp_mapping.h"

struct otlp_change {
    struct change change;    /* first: a pointer to it is one to this */
    struct str project_name; /* empty: the default */
    struct otlp_batch batch;
    const struct prices *prices; /* as in entity_write.h */
    int64_t trace_ttl_us;        /* a trace of OTLP is known for so long since its last span */
    int64_t id_window_ms;        /* as of entity_check_time() */
};

/* Sets change->apply; the caller fills the rest of `change`, as for entity_write.h. A root span
 * whose trace exists already changes only itself. ERR_BAD_REQUEST: a trace's id is outside of the
 * window. */
void otlp_change_write(struct otlp_change *change);

#endif
