/* The route table: every operation of the program, stated once. It drives dispatch, 404 and 405,
 * the log's labels and the OpenAPI document. */
#ifndef OCELLI_API_ROUTES_H
#define OCELLI_API_ROUTES_H

#include "http/router.h"

extern const struct router api_routes;

#endif
