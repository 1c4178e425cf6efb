/* What is special to projects (platform.md 8). */
#ifndef OCELLI_API_PROJECTS_H
#define OCELLI_API_PROJECTS_H

#include "api/api.h"

void project_retrieve(struct request *request);

void project_stats_list(struct request *request);
void project_token_usage_names(struct request *request);

/* Adds the statistics of a project's traces to its object (stats.md 2). */
enum err project_add_own_stats(struct request *request, struct session *session,
                               const struct project *project, yyjson_mut_doc *doc,
                               yyjson_mut_val *object);

#endif
