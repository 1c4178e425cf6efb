/* What narrows traces or spans: from query parameters, or from the body of a search. */
#ifndef OCELLI_API_CONDITIONS_H
#define OCELLI_API_CONDITIONS_H

#include "api/api.h"

/* filters, oql, search, times, trace and type of the parameters. The project is the caller's to
 * find; ret->resource may be set, else it is the operation's. ERR_BAD_REQUEST with the messages of
 * query.md 2. */
enum err conditions_read(struct request *request, const struct params *params,
                         struct entity_query *ret, struct error *reterr);

/* The same from the body of a search stream, with its cursor and limit; project and truncate come
 * back as parameters. ERR_BAD_REQUEST, ERR_UNPROCESSABLE. */
enum err conditions_read_search(struct request *request, struct params *ret_params,
                                struct record **ret_body, struct entity_query *ret,
                                struct error *reterr);

/* The index of an enum's name; 0 when none is given. False when it is unknown. */
bool conditions_read_enum(const struct param_value *param, const char *const *names, int *ret);

#endif
