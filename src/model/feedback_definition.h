/* Feedback definitions: what a score may be, and how people give it (platform.md 10). */
#ifndef OCELLI_MODEL_FEEDBACK_DEFINITION_H
#define OCELLI_MODEL_FEEDBACK_DEFINITION_H

#include "model/named.h"

/* The seeded one, which cannot be deleted. */
#define FEEDBACK_DEFINITION_SEEDED_NAME "User feedback"

enum feedback_definition_field {
    FEEDBACK_DEFINITION_TYPE = NAMED_FIELD_COUNT,
    FEEDBACK_DEFINITION_DETAILS,
    FEEDBACK_DEFINITION_FIELD_COUNT,
};

enum { FEEDBACK_NUMERICAL = 1, FEEDBACK_CATEGORICAL, FEEDBACK_BOOLEAN };

extern const struct resource feedback_definition_resource;

#endif
