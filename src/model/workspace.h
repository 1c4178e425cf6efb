/* The configuration of a workspace (platform.md 9). */
#ifndef OCELLI_MODEL_WORKSPACE_H
#define OCELLI_MODEL_WORKSPACE_H

#include "model/resource.h"

/* The workspace, its id and the user of requests without authentication (platform.md 5). */
#define WORKSPACE_DEFAULT_NAME "default"
#define WORKSPACE_DEFAULT_ID "0190babc-62a0-71d2-832a-0feffa4676eb"
#define WORKSPACE_DEFAULT_USER "admin"
#define WORKSPACE_NAME_MAX 150

enum workspace_configuration_field {
    CONFIGURATION_THREAD_TIMEOUT,
    CONFIGURATION_TRUNCATION_ON_TABLES,
    CONFIGURATION_COLOR_MAP,
    CONFIGURATION_FIELD_COUNT,
};

extern const struct resource workspace_configuration_resource;

#endif
