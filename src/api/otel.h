/* Receiving traces of OpenTelemetry. */
#ifndef OCELLI_API_OTEL_H
#define OCELLI_API_OTEL_H

#include "http/router.h"

/* The content types of its bodies, NULL-terminated. */
extern const char *const otel_body_types[];

/* POST of an ExportTraceServiceRequest, as protobuf or JSON. */
void otel_traces(struct request *request);

#endif
