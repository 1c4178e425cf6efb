/* OTLP as protobuf: no bytes crash reading and mapping; what is accepted becomes sound records. */
#include "ingest/otlp_protobuf.h"

#include "fuzz/otlp_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    otlp_check(otlp_read_protobuf, str_make((const char *)data, size));
    return 0;
}
