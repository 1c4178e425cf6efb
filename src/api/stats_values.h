/* Values of statistics as JSON (stats.md 1). */
#ifndef OCELLI_API_STATS_VALUES_H
#define OCELLI_API_STATS_VALUES_H

#include "base/decimal.h"
#include "json/json.h"

/* {"p50","p90","p99"} of values in ms, cut to 9 decimals and clamped. */
yyjson_mut_val *stats_percentiles(yyjson_mut_doc *doc, const double values[3]);

/* One such value. */
double stats_cut(double value);

/* USD of a sum in 10^-12 USD, in full. */
yyjson_mut_val *stats_cost(yyjson_mut_doc *doc, decimal_int value);

#endif
