/* Handlers of projects (platform.md 8). */
#ifndef OCELLI_API_PROJECTS_H
#define OCELLI_API_PROJECTS_H

#include "api/api.h"

void project_list(struct request *request);
void project_get(struct request *request);
void project_retrieve(struct request *request);
void project_create(struct request *request);
void project_update(struct request *request);
void project_delete(struct request *request);
void project_delete_batch(struct request *request);

void project_stats_list(struct request *request);
void project_token_usage_names(struct request *request);

/* name, page and sorting of a list of projects. The workspace is the caller's to find. */
enum err project_read_query(struct request *request, const struct params *params,
                            struct project_query *ret, struct error *reterr);

/* Adds the statistics of a project's traces to its object (stats.md 2). */
enum err project_add_own_stats(struct request *request, struct session *session,
                               const struct project *project, yyjson_mut_doc *doc,
                               yyjson_mut_val *object);

#endif
