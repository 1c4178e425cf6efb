/* Handlers around the resources: health, version, who am I, workspaces, toggles (platform.md 5, 6,
 * 9, 12). */
#ifndef OCELLI_API_PLATFORM_H
#define OCELLI_API_PLATFORM_H

#include "api/api.h"

void platform_ping(struct request *request);
void platform_version(struct request *request);
void platform_health(struct request *request);       /* /health: text */
void platform_health_check(struct request *request); /* /health-check: list of checks */
void platform_auth(struct request *request);
void platform_workspace_name(struct request *request);
void platform_permissions(struct request *request);
void platform_toggles(struct request *request);
void platform_workspace_version(struct request *request);

void workspace_configuration_get(struct request *request);
void workspace_configuration_put(struct request *request);
void workspace_configuration_delete(struct request *request);

/* The interface of this program as OpenAPI, made of the tables. */
void platform_openapi(struct request *request);

#endif
