/* Time bounds of lists. */
#include "query/time_range.h"

enum err time_range_read(const struct params *params, struct time_range *ret, struct error *reterr)
{
    const struct param_value *from = &params->v[PARAM_FROM_TIME];
    const struct param_value *to = &params->v[PARAM_TO_TIME];

    ret->has_from = from->given;
    ret->has_to = to->given;
    if (from->given && to->given && from->i >= to->i)
        return error_set(reterr, ERR_BAD_REQUEST, "Parameter 'from_time' must be before 'to_time'");
    ret->from = uuid_lowest(from->i);
    ret->to = uuid_highest(to->i);
    return ERR_OK;
}
