/* The field table of workspace configurations. */
#include "model/workspace.h"

static const struct field configuration_fields[CONFIGURATION_FIELD_COUNT] = {
    [CONFIGURATION_THREAD_TIMEOUT] = {"timeout_to_mark_thread_as_inactive", FIELD_DURATION,
                                      FF_CREATE | FF_READ | FF_STORED, .column = "thread_timeout",
                                      .doc = "Whole seconds, at most seven days."},
    [CONFIGURATION_TRUNCATION_ON_TABLES] = {"truncation_on_tables", FIELD_BOOL,
                                            FF_CREATE | FF_READ | FF_STORED,
                                            .column = "truncation_on_tables",
                                            .doc = "Whether tables show shortened bodies."},
    [CONFIGURATION_COLOR_MAP] = {"color_map", FIELD_COLORS, FF_CREATE | FF_READ | FF_STORED,
                                 .max = 10000, .column = "color_map",
                                 .doc = "Names with hex colours."},
};

const struct resource workspace_configuration_resource = {
    "WorkspaceConfiguration",
    "workspace configuration",
    configuration_fields,
    CONFIGURATION_FIELD_COUNT,
    NULL,
};
