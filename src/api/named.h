/* Handlers of what has a unique name in a workspace: projects, feedback definitions (platform.md
 * 10), environments (platform.md 11). The resource is that of the route's operation, and so are
 * the parameters that a list takes. */
#ifndef OCELLI_API_NAMED_H
#define OCELLI_API_NAMED_H

#include "api/api.h"

void named_list(struct request *request);
void named_get(struct request *request);
void named_create(struct request *request);
void named_update(struct request *request);
void named_delete(struct request *request);
void named_delete_batch(struct request *request);

/* What the parameters of a list ask for. The workspace is the caller's to find. */
enum err named_read_query(struct request *request, const struct params *params,
                          struct named_query *ret, struct error *reterr);

#endif
