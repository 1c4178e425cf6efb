/* Time bounds of lists. */
#include "query/time_range.h"

/* Times within one millisecond are in order too, though both mean the same ids. */
static bool is_before(const struct param_value *a, const struct param_value *b)
{
    return a->i < b->i || (a->i == b->i && a->nanos < b->nanos);
}

enum err time_range_read(const struct params *params, struct time_range *ret, struct error *reterr)
{
    const struct param_value *from = &params->v[PARAM_FROM_TIME];
    const struct param_value *to = &params->v[PARAM_TO_TIME];

    ret->has_from = from->given;
    ret->has_to = to->given;
    if (from->given && to->given && !is_before(from, to))
        return error_set(reterr, ERR_BAD_REQUEST, "Parameter 'from_time' must be before 'to_time'");
    ret->from = uuid_lowest(from->i);
    ret->to = uuid_highest(to->i);
    return ERR_OK;
}
