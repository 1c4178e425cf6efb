/* The field table of threads, and of the bodies that name them. */
#include "model/thread.h"

#include "model/annotation.h"
#include "model/entity.h"

const char *const thread_status_names[] = {NULL, "active", "inactive", NULL};

#define SHOWN (FF_READ | FF_STORED)

static const struct field thread_fields[] = {
    [THREAD_ID] = {"id", FIELD_TEXT, SHOWN, .column = "thread_id",
                   .doc = "The thread_id of its traces."},
    [THREAD_PROJECT_ID] = {"project_id", FIELD_UUID, FF_READ, .doc = "Project that holds it."},
    [THREAD_MODEL_ID] = {"thread_model_id", FIELD_UUID, SHOWN, .column = "model_id",
                         .doc = "The server's id of it, for comments and updates."},
    [THREAD_START_TIME] = {"start_time", FIELD_TIME_NS, SHOWN, .column = "start_time",
                           .doc = "Earliest start of its traces."},
    [THREAD_END_TIME] = {"end_time", FIELD_TIME_NS, SHOWN, .column = "end_time",
                         .doc = "Latest end of its traces."},
    [THREAD_DURATION] = {"duration", FIELD_NUMBER, FF_READ,
                         .doc = "Milliseconds from start_time to end_time."},
    [THREAD_FIRST_MESSAGE] = {"first_message", FIELD_JSON, FF_READ,
                              .doc = "Input of the trace that starts first."},
    [THREAD_LAST_MESSAGE] = {"last_message", FIELD_JSON, FF_READ,
                             .doc = "Output of the trace that ends last."},
    [THREAD_FEEDBACK_SCORES] = {"feedback_scores", FIELD_OBJECTS, FF_READ, .sub = &score_resource,
                                .doc = "Feedback scores of the thread itself."},
    [THREAD_STATUS] = {"status", FIELD_ENUM, SHOWN, .names = thread_status_names,
                       .column = "status", .doc = "Whether more turns are expected."},
    [THREAD_NUMBER_OF_MESSAGES] = {"number_of_messages", FIELD_INT, FF_READ,
                                   .doc = "Two for each trace."},
    [THREAD_TOTAL_ESTIMATED_COST] = {"total_estimated_cost", FIELD_COST, SHOWN, .column = "cost",
                                     .doc = "USD; sum over the spans of its traces."},
    [THREAD_USAGE] = {"usage", FIELD_TALLY, SHOWN, .column = "usage",
                      .doc = "Sum of the usage of its traces, per key."},
    [THREAD_COMMENTS] = {"comments", FIELD_OBJECTS, FF_READ, .sub = &comment_resource,
                         .doc = "Comments on the thread."},
    [THREAD_TAGS] = {"tags", FIELD_TAGS, SHOWN | FF_UPDATE | FF_LIMITED, .column = "tags",
                     .doc = "Set of texts; an update replaces it."},
    [THREAD_TAGS_TO_ADD] = {"tags_to_add", FIELD_TAGS, FF_UPDATE | FF_LIMITED,
                            .doc = "Added after tags_to_remove was taken away; wins over tags."},
    [THREAD_TAGS_TO_REMOVE] = {"tags_to_remove", FIELD_TAGS, FF_UPDATE | FF_LIMITED,
                               .doc = "Taken away first."},
    [THREAD_LAST_UPDATED_AT] = {"last_updated_at", FIELD_TIME_US, SHOWN,
                                .column = "last_updated_at", .doc = "Last sign of life."},
    [THREAD_LAST_UPDATED_BY] = {"last_updated_by", FIELD_TEXT, SHOWN, .column = "last_updated_by",
                                .doc = "User of that."},
    [THREAD_CREATED_BY] = {"created_by", FIELD_TEXT, SHOWN, .column = "created_by",
                           .doc = "User who began it."},
    [THREAD_CREATED_AT] = {"created_at", FIELD_TIME_US, SHOWN, .column = "created_at",
                           .doc = "When it was first stored."},
    [THREAD_ENVIRONMENT] = {"environment", FIELD_TEXT, SHOWN | FF_ALWAYS, .column = "environment",
                            .doc = "Environment of its first trace, \"\" when none was given."},
    [THREAD_TRACE_COUNT] = {NULL, FIELD_INT, FF_STORED, .column = "trace_count",
                            .doc = "Number of its traces."},
    [THREAD_FIRST_TRACE] = {NULL, FIELD_UUID, FF_STORED, .column = "first_trace",
                            .doc = "The trace that starts first."},
    [THREAD_LAST_TRACE] = {NULL, FIELD_UUID, FF_STORED, .column = "last_trace",
                           .doc = "The trace that ends last."},
    [THREAD_FIRST_ENVIRONMENT] = {NULL, FIELD_TEXT, FF_STORED, .column = "first_environment",
                                  .doc = "Environment of the trace that starts first."},
};

static const char *const thread_sortable_by[] = {
    "id",
    "start_time",
    "end_time",
    "duration",
    "number_of_messages",
    "last_updated_at",
    "created_by",
    "created_at",
    "usage.*",
    "total_estimated_cost",
    "feedback_scores.*",
    "status",
    "tags",
    "environment",
    NULL,
};

const struct resource thread_resource = {
    "TraceThread", "thread", thread_fields, THREAD_FIELD_COUNT, thread_sortable_by,
};

#define PROJECT_REFERENCE(more_flags)                                                              \
    [THREAD_REFERENCE_PROJECT_NAME] = {"project_name", FIELD_TEXT, FF_CREATE | (more_flags),       \
                                       .doc = "Project, by name."},                                \
    [THREAD_REFERENCE_PROJECT_ID] = {"project_id", FIELD_UUID, FF_CREATE,                          \
                                     .doc = "Project, by id; wins over the name."}

static const struct field thread_retrieve_fields[] = {
    PROJECT_REFERENCE(0),
    [THREAD_REFERENCE_THREAD_ID] = {"thread_id", FIELD_TEXT, FF_CREATE | FF_REQUIRED | FF_NOT_BLANK,
                                    .doc = "The thread."},
    [THREAD_REFERENCE_THREAD_IDS] = {NULL, FIELD_NAMES, 0, .doc = "Not here."},
    [THREAD_REFERENCE_TRUNCATE] = {"truncate", FIELD_BOOL, FF_CREATE, .doc = "Cut long messages."},
};
const struct resource thread_retrieve_resource = {
    "ThreadRetrieve", "thread", thread_retrieve_fields, THREAD_REFERENCE_TRUNCATE + 1, NULL};

static const struct field thread_close_fields[] = {
    PROJECT_REFERENCE(0),
    [THREAD_REFERENCE_THREAD_ID] = {"thread_id", FIELD_TEXT, FF_CREATE, .doc = "The thread."},
    [THREAD_REFERENCE_THREAD_IDS] = {"thread_ids", FIELD_NAMES, FF_CREATE | FF_ITEMS_NOT_BLANK,
                                     .max = 1000, .doc = "1 to 1000 threads."},
};
const struct resource thread_close_resource = {"ThreadClose", "thread", thread_close_fields,
                                               THREAD_REFERENCE_THREAD_IDS + 1, NULL};

static const struct field thread_delete_fields[] = {
    PROJECT_REFERENCE(FF_NOT_BLANK),
    [THREAD_REFERENCE_THREAD_ID] = {NULL, FIELD_TEXT, 0, .doc = "Not here."},
    [THREAD_REFERENCE_THREAD_IDS] = {"thread_ids", FIELD_NAMES,
                                     FF_CREATE | FF_REQUIRED | FF_NOT_BLANK | FF_ITEMS_NOT_BLANK,
                                     .max = 1000, .doc = "1 to 1000 threads."},
    [THREAD_REFERENCE_TRUNCATE] = {NULL, FIELD_BOOL, 0, .doc = "Not here."},
    [THREAD_REFERENCE_PURGE] = {"purge", FIELD_BOOL, FF_CREATE,
                                .doc = "Remove the threads' own scores and comments too."},
};
const struct resource thread_delete_resource = {"ThreadDelete", "thread", thread_delete_fields,
                                                THREAD_REFERENCE_FIELD_COUNT, NULL};

static const struct field thread_batch_update_fields[] = {
    [BATCH_UPDATE_IDS] = {"ids", FIELD_UUIDS, FF_CREATE | FF_REQUIRED | FF_NOT_BLANK, .max = 1000,
                          .doc = "1 to 1000 thread_model_ids; unknown ones are skipped."},
    [BATCH_UPDATE_UPDATE] = {"update", FIELD_OBJECT, FF_CREATE | FF_REQUIRED,
                             .sub = &thread_resource, .doc = "What to change."},
    [BATCH_UPDATE_MERGE_TAGS] = {"merge_tags", FIELD_BOOL, FF_CREATE,
                                 .doc = "Add tags instead of replacing them."},
};
const struct resource thread_batch_update_resource = {"TraceThreadBatchUpdate", "batch update",
                                                      thread_batch_update_fields,
                                                      BATCH_UPDATE_FIELD_COUNT, NULL};
