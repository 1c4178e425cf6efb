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

#endif
