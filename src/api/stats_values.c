/* Values of statistics as JSON. */
#include "api/stats_values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define VALUE_MAX 999999999.999999999

double stats_cut(double value)
{
    char text[64];
    int n;

    if (!(fabs(value) < VALUE_MAX))
        return value < 0 ? -VALUE_MAX : VALUE_MAX;
    /* The decimal digits are cut, not the binary fraction, which may lie just below them. */
    n = snprintf(text, sizeof(text), "%.12f", value);
    text[n - 3] = '\0';
    return strtod(text, NULL);
}

yyjson_mut_val *stats_percentiles(yyjson_mut_doc *doc, const double values[3])
{
    static const char *const keys[] = {"p50", "p90", "p99"};
    yyjson_mut_val *object = yyjson_mut_obj(doc);

    for (size_t i = 0; i < 3; i++)
        yyjson_mut_obj_add_real(doc, object, keys[i], stats_cut(values[i]));
    return object;
}

yyjson_mut_val *stats_cost(yyjson_mut_doc *doc, decimal_int value)
{
    char text[DECIMAL_TEXT_MAX];

    return yyjson_mut_rawncpy(doc, text, decimal_format(value, 12, text));
}
