/* The field tables of feedback scores and comments, and of the bodies around them. */
#include "model/annotation.h"

#include "model/entity.h"
#include "model/project.h"
#include "model/thread.h"

static const char *const source_names[] = {NULL, "ui", "sdk", "online_scoring", NULL};

#define SERVER (FF_READ | FF_STORED)
#define GIVEN (FF_CREATE | FF_READ | FF_STORED)

static const struct field entry_fields[] = {
    [SCORE_ENTRY_VALUE] = {"value", FIELD_SCORE, FF_READ, .doc = "The author's value."},
    [SCORE_ENTRY_REASON] = {"reason", FIELD_TEXT, FF_READ, .doc = "Why."},
    [SCORE_ENTRY_CATEGORY_NAME] = {"category_name", FIELD_TEXT, FF_READ,
                                   .doc = "Label of the value."},
    [SCORE_ENTRY_SOURCE] = {"source", FIELD_ENUM, FF_READ, .names = source_names,
                            .doc = "Where it was given."},
    [SCORE_ENTRY_LAST_UPDATED_AT] = {"last_updated_at", FIELD_TIME_US, FF_READ,
                                     .doc = "When it was given."},
    [SCORE_ENTRY_SPAN_TYPE] = {"span_type", FIELD_TEXT, FF_READ | FF_ALWAYS,
                               .doc = "Type of the span, in a trace's span scores."},
    [SCORE_ENTRY_SPAN_ID] = {"span_id", FIELD_TEXT, FF_READ | FF_ALWAYS,
                             .doc = "Id of the span, in a trace's span scores."},
    [SCORE_ENTRY_SOURCE_QUEUE_ID] = {"source_queue_id", FIELD_UUID, FF_READ,
                                     .doc = "Annotation queue that it was given in."},
    [SCORE_ENTRY_AUTHOR] = {"author", FIELD_TEXT, FF_READ, .doc = "Who gave it."},
};
static const struct resource entry_resource = {"FeedbackScoreEntry", "score entry", entry_fields,
                                               SCORE_ENTRY_FIELD_COUNT, NULL};

/* What a score has, whatever it is about and however it is sent. */
#define SCORE_FIELDS                                                                               \
    [SCORE_NAME] = {"name", FIELD_TEXT, GIVEN | FF_REQUIRED | FF_NOT_BLANK, .column = "name",      \
                    .doc = "What was rated."},                                                     \
    [SCORE_CATEGORY_NAME] = {"category_name", FIELD_TEXT, GIVEN | FF_TRIM | FF_BLANK_ABSENT,       \
                             .column = "category_name", .doc = "Label of the value."},             \
    [SCORE_VALUE] = {"value", FIELD_SCORE, GIVEN | FF_REQUIRED, .column = "value",                 \
                     .doc = "Nine fraction digits; the mean when several gave it."},               \
    [SCORE_REASON] = {"reason", FIELD_TEXT, GIVEN | FF_TRIM | FF_BLANK_ABSENT, .column = "reason", \
                      .doc = "Why."},                                                              \
    [SCORE_SOURCE] = {"source",                                                                    \
                      FIELD_ENUM,                                                                  \
                      GIVEN | FF_REQUIRED,                                                         \
                      .names = source_names,                                                       \
                      .column = "source",                                                          \
                      .doc = "Where it was given."},                                               \
    [SCORE_CREATED_AT] = {"created_at", FIELD_TIME_US, SERVER, .column = "created_at",             \
                          .doc = "When it was given first."},                                      \
    [SCORE_LAST_UPDATED_AT] = {"last_updated_at", FIELD_TIME_US, SERVER,                           \
                               .column = "last_updated_at", .doc = "When it was given last."},     \
    [SCORE_CREATED_BY] = {"created_by", FIELD_TEXT, SERVER, .column = "created_by",                \
                          .doc = "Who gave it."},                                                  \
    [SCORE_LAST_UPDATED_BY] = {"last_updated_by", FIELD_TEXT, SERVER, .column = "last_updated_by", \
                               .doc = "Who gave it last."},                                        \
    [SCORE_VALUE_BY_AUTHOR] = {"value_by_author", FIELD_OBJECT_MAP, FF_READ,                       \
                               .sub = &entry_resource, .doc = "What each author gave."},           \
    [SCORE_SOURCE_QUEUE_ID] = {"source_queue_id", FIELD_UUID, GIVEN, .column = "queue",            \
                               .doc = "Annotation queue that it was given in."},                   \
    [SCORE_AUTHOR] = {NULL, FIELD_TEXT, FF_STORED, .column = "author", .doc = "Who gave it."}

static const struct field score_fields[] = {SCORE_FIELDS};
const struct resource score_resource = {"FeedbackScore", "score", score_fields, SCORE_FIELD_COUNT,
                                        NULL};

#define SCORE_ITEM_FIELDS                                                                          \
    SCORE_FIELDS, [SCORE_PROJECT_NAME] = {"project_name", FIELD_TEXT,                              \
                                          FF_CREATE | FF_NOT_BLANK | FF_TRIM,                      \
                                          .max = PROJECT_NAME_MAX,                                 \
                                          .doc = "Project, made when missing; absent: Default "    \
                                                 "Project."}

static const struct field score_item_fields[] = {
    SCORE_ITEM_FIELDS,
    [SCORE_ID] = {"id", FIELD_UUID, FF_CREATE | FF_REQUIRED, .doc = "What is rated."},
};
static const struct resource score_item_resource = {"FeedbackScoreItem", "score", score_item_fields,
                                                    SCORE_ITEM_FIELD_COUNT - 1, NULL};

static const struct field thread_score_item_fields[] = {
    SCORE_ITEM_FIELDS,
    [SCORE_ID] = {NULL, FIELD_UUID, 0, .doc = "Found by the thread's own id."},
    [SCORE_THREAD_ID] = {"thread_id", FIELD_TEXT, FF_CREATE | FF_REQUIRED | FF_NOT_BLANK,
                         .doc = "The thread that is rated."},
};
static const struct resource thread_score_item_resource = {
    "ThreadFeedbackScoreItem", "score", thread_score_item_fields, SCORE_ITEM_FIELD_COUNT, NULL};

static const struct field score_batch_fields[] = {
    [SCORE_BATCH_SCORES] = {"scores", FIELD_OBJECTS, FF_CREATE | FF_REQUIRED, .max = 1000,
                            .sub = &score_item_resource, .doc = "1 to 1000 scores."},
};
const struct resource score_batch_resource = {"FeedbackScoreBatch", "scores", score_batch_fields,
                                              SCORE_BATCH_FIELD_COUNT, NULL};

static const struct field thread_score_batch_fields[] = {
    [SCORE_BATCH_SCORES] = {"scores", FIELD_OBJECTS, FF_CREATE | FF_REQUIRED, .max = 1000,
                            .sub = &thread_score_item_resource, .doc = "1 to 1000 scores."},
};
const struct resource thread_score_batch_resource = {
    "ThreadFeedbackScoreBatch", "scores", thread_score_batch_fields, SCORE_BATCH_FIELD_COUNT, NULL};

#define SCORE_DELETE_FIELDS                                                                        \
    [SCORE_DELETE_AUTHOR] = {"author", FIELD_TEXT, FF_CREATE | FF_BLANK_ABSENT,                    \
                             .doc = "Only of this author; absent: of all."},                       \
    [SCORE_DELETE_SOURCE_QUEUE_ID] = {"source_queue_id", FIELD_UUID, FF_CREATE,                    \
                                      .doc = "Only of this queue; absent: those of none."}

static const struct field score_delete_fields[] = {
    SCORE_DELETE_FIELDS,
    [SCORE_DELETE_NAME] = {"name", FIELD_TEXT, FF_CREATE | FF_REQUIRED | FF_NOT_BLANK,
                           .doc = "Name of the score."},
};
const struct resource score_delete_resource = {"FeedbackScoreDelete", "score", score_delete_fields,
                                               SCORE_DELETE_FIELD_COUNT, NULL};

static const struct field thread_score_delete_fields[] = {
    SCORE_DELETE_FIELDS,
    [SCORE_DELETE_NAMES] = {"names", FIELD_NAMES, FF_CREATE | FF_REQUIRED | FF_ITEMS_NOT_BLANK,
                            .max = 1000, .doc = "1 to 1000 names of scores."},
    [SCORE_DELETE_PROJECT_NAME] = {"project_name", FIELD_TEXT,
                                   FF_CREATE | FF_REQUIRED | FF_NOT_BLANK, .doc = "Project."},
    [SCORE_DELETE_THREAD_ID] = {"thread_id", FIELD_TEXT, FF_CREATE | FF_REQUIRED | FF_NOT_BLANK,
                                .doc = "Thread."},
};
const struct resource thread_score_delete_resource = {"ThreadFeedbackScoreDelete", "score",
                                                      thread_score_delete_fields,
                                                      THREAD_SCORE_DELETE_FIELD_COUNT, NULL};

static const struct field comment_fields[] = {
    [COMMENT_ID] = {"id", FIELD_UUID, SERVER, .column = "id", .doc = "UUID version 7."},
    [COMMENT_TEXT] = {"text", FIELD_TEXT,
                      GIVEN | FF_UPDATE | FF_REQUIRED | FF_REQUIRED_UPDATE | FF_NOT_BLANK,
                      .column = "text", .doc = "What is said."},
    [COMMENT_SOURCE_QUEUE_ID] = {"source_queue_id", FIELD_UUID, GIVEN, .column = "queue",
                                 .doc = "Annotation queue that it was made in."},
    [COMMENT_CREATED_AT] = {"created_at", FIELD_TIME_US, SERVER, .column = "created_at",
                            .doc = "When it was made."},
    [COMMENT_LAST_UPDATED_AT] = {"last_updated_at", FIELD_TIME_US, SERVER,
                                 .column = "last_updated_at", .doc = "Last change."},
    [COMMENT_CREATED_BY] = {"created_by", FIELD_TEXT, SERVER, .column = "created_by",
                            .doc = "Who made it."},
    [COMMENT_LAST_UPDATED_BY] = {"last_updated_by", FIELD_TEXT, SERVER, .column = "last_updated_by",
                                 .doc = "Who changed it last."},
};
const struct resource comment_resource = {"Comment", "comment", comment_fields, COMMENT_FIELD_COUNT,
                                          NULL};

static const struct field comment_delete_fields[] = {
    [COMMENT_DELETE_IDS] = {"ids", FIELD_UUIDS, FF_CREATE | FF_REQUIRED, .max = 1000,
                            .doc = "1 to 1000 ids; unknown ones are skipped."},
};
const struct resource comment_delete_resource = {"CommentDelete", "comments", comment_delete_fields,
                                                 COMMENT_DELETE_FIELD_COUNT, NULL};

enum subject annotation_subject(const struct resource *about)
{
    return about == &span_resource     ? SUBJECT_SPAN
           : about == &thread_resource ? SUBJECT_THREAD
                                       : SUBJECT_TRACE;
}
