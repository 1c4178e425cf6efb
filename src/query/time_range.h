/* `from_time` and `to_time` as bounds of version 7 ids (traces.md 9.3). */
#ifndef OCELLI_QUERY_TIME_RANGE_H
#define OCELLI_QUERY_TIME_RANGE_H

#include "query/params.h"

struct time_range {
    bool has_from, has_to;
    struct uuid from, to; /* inclusive */
};

/* ERR_BAD_REQUEST "Parameter 'from_time' must be before 'to_time'". */
enum err time_range_read(const struct params *params, struct time_range *ret, struct error *reterr);

#endif
