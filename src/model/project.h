/* Projects: named containers of traces within a workspace (platform.md 8). */
#ifndef OCELLI_MODEL_PROJECT_H
#define OCELLI_MODEL_PROJECT_H

#include "model/named.h"

#define PROJECT_NAME_MAX 150
#define PROJECT_DEFAULT_NAME "Default Project"

enum project_field {
    PROJECT_ID = NAMED_ID,
    PROJECT_NAME = NAMED_NAME,
    PROJECT_DESCRIPTION = NAMED_DESCRIPTION,
    PROJECT_CREATED_AT = NAMED_CREATED_AT,
    PROJECT_CREATED_BY = NAMED_CREATED_BY,
    PROJECT_LAST_UPDATED_AT = NAMED_LAST_UPDATED_AT,
    PROJECT_LAST_UPDATED_BY = NAMED_LAST_UPDATED_BY,
    PROJECT_VISIBILITY = NAMED_FIELD_COUNT,
    PROJECT_LAST_UPDATED_TRACE_AT,
    PROJECT_FIELD_COUNT,
};

/* Values of PROJECT_VISIBILITY. */
enum { PROJECT_PRIVATE = 1, PROJECT_PUBLIC };

extern const struct resource project_resource;

/* Body of POST /projects/retrieve. */
enum { PROJECT_RETRIEVE_NAME, PROJECT_RETRIEVE_INCLUDE_STATS, PROJECT_RETRIEVE_FIELD_COUNT };
extern const struct resource project_retrieve_resource;

#endif
