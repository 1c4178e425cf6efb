/* What resources with a unique name in a workspace share: projects, feedback definitions,
 * environments. These fields stand first and in this order in their tables, so that storing,
 * changing and the handlers are written once. */
#ifndef OCELLI_MODEL_NAMED_H
#define OCELLI_MODEL_NAMED_H

#include "model/resource.h"

enum named_field {
    NAMED_ID,
    NAMED_NAME,
    NAMED_DESCRIPTION,
    NAMED_CREATED_AT,
    NAMED_CREATED_BY,
    NAMED_LAST_UPDATED_AT,
    NAMED_LAST_UPDATED_BY,
    NAMED_FIELD_COUNT,
};

/* The rows that are alike in all of them. */
#define NAMED_AUDIT_FIELDS                                                                         \
    [NAMED_CREATED_AT] = {"created_at", FIELD_TIME_US, FF_READ | FF_STORED,                        \
                          .column = "created_at", .doc = "When it was made."},                     \
    [NAMED_CREATED_BY] = {"created_by", FIELD_TEXT, FF_READ | FF_STORED, .column = "created_by",   \
                          .doc = "User who made it."},                                             \
    [NAMED_LAST_UPDATED_AT] = {"last_updated_at", FIELD_TIME_US, FF_READ | FF_STORED,              \
                               .column = "last_updated_at", .doc = "Its last own change."},        \
    [NAMED_LAST_UPDATED_BY] = {"last_updated_by", FIELD_TEXT, FF_READ | FF_STORED,                 \
                               .column = "last_updated_by", .doc = "User of that change."}

#endif
