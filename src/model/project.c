/* The field tables of projects. */
#include "model/project.h"

static const char *const visibility_names[] = {NULL, "private", "public", NULL};

static const struct field project_fields[PROJECT_FIELD_COUNT] = {
    [PROJECT_ID] = {"id", FIELD_UUID, FF_READ | FF_STORED, .column = "uuid",
                    .doc = "Made by the server."},
    [PROJECT_NAME] = {"name", FIELD_TEXT,
                      FF_CREATE | FF_UPDATE | FF_READ | FF_STORED | FF_REQUIRED | FF_NOT_BLANK |
                          FF_TRIM,
                      .max = PROJECT_NAME_MAX, .column = "name",
                      .doc = "Unique in the workspace, without regard to case."},
    [PROJECT_VISIBILITY] = {"visibility", FIELD_ENUM,
                            FF_CREATE | FF_UPDATE | FF_READ | FF_STORED | FF_ANY_CASE,
                            .names = visibility_names, .column = "visibility",
                            .doc = "private unless said otherwise."},
    [PROJECT_DESCRIPTION] = {"description", FIELD_TEXT, FF_CREATE | FF_UPDATE | FF_READ | FF_STORED,
                             .max = 255, .column = "description", .doc = "Any text."},
    NAMED_AUDIT_FIELDS,
    [PROJECT_LAST_UPDATED_TRACE_AT] = {"last_updated_trace_at", FIELD_TIME_US, FF_READ | FF_STORED,
                                       .column = "last_updated_trace_at",
                                       .doc = "Last create or update of one of its traces."},
};

static const char *const project_sortable_by[] = {
    "id", "name", "last_updated_at", "created_at", "last_updated_trace_at", NULL,
};

const struct resource project_resource = {
    "Project", "project", project_fields, PROJECT_FIELD_COUNT, project_sortable_by,
};

static const struct field project_retrieve_fields[] = {
    [PROJECT_RETRIEVE_NAME] = {"name", FIELD_TEXT, FF_CREATE | FF_REQUIRED | FF_NOT_BLANK | FF_TRIM,
                               .doc = "Compared without regard to case."},
    [PROJECT_RETRIEVE_INCLUDE_STATS] = {"include_stats", FIELD_BOOL, FF_CREATE,
                                        .alias = "includeStats",
                                        .doc = "Add statistics to the answer."},
};

const struct resource project_retrieve_resource = {
    "ProjectRetrieve", "project", project_retrieve_fields, PROJECT_RETRIEVE_FIELD_COUNT, NULL,
};
