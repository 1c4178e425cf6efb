/* Handlers around the resources: health, version, who am I, workspaces, toggles, welcome, links,
 * usage (platform.md 5, 6, 9, 12, 13). */
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

void welcome_wizard_get(struct request *request);
void welcome_wizard_submit(struct request *request);

/* From ids to the pages of the web client. */
void session_redirect_project(struct request *request);
void session_redirect_dataset(struct request *request);
void session_redirect_experiment(struct request *request);
void session_redirect_optimization(struct request *request);

/* What was stored on the day before: by workspace, by user, by project and user. */
void usage_workspace_traces(struct request *request);
void usage_workspace_spans(struct request *request);
void usage_span_breakdown(struct request *request);
void usage_user_traces(struct request *request);
void usage_user_spans(struct request *request);

/* The interface of this program as OpenAPI, made of the tables. */
void platform_openapi(struct request *request);

#endif
