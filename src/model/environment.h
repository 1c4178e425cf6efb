/* Environments: the names that traces may carry, with a colour and a place (platform.md 11). */
#ifndef OCELLI_MODEL_ENVIRONMENT_H
#define OCELLI_MODEL_ENVIRONMENT_H

#include "model/named.h"

#define ENVIRONMENT_NAME_MAX 150

enum environment_field {
    ENVIRONMENT_COLOR = NAMED_FIELD_COUNT,
    ENVIRONMENT_POSITION,
    ENVIRONMENT_FIELD_COUNT,
};

extern const struct resource environment_resource;

/* True for a name that an environment may have: 1 to 150 of A-Z a-z 0-9 _ and -. */
bool environment_name_is_valid(struct str name);

/* The colour of an environment that was given none: one of ten, by its name. */
struct str environment_color(struct str name);

#endif
