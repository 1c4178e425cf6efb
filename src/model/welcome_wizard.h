/* What a person answers to the web client's welcome (platform.md 13). */
#ifndef OCELLI_MODEL_WELCOME_WIZARD_H
#define OCELLI_MODEL_WELCOME_WIZARD_H

#include "model/resource.h"

enum welcome_wizard_field {
    WELCOME_WIZARD_ROLE,
    WELCOME_WIZARD_INTEGRATIONS,
    WELCOME_WIZARD_EMAIL,
    WELCOME_WIZARD_JOIN_BETA_PROGRAM,
    WELCOME_WIZARD_FIELD_COUNT,
};

extern const struct resource welcome_wizard_resource;

#endif
