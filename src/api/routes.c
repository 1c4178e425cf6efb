/* The route table. */
#include "api/routes.h"

#include "api/annotations.h"
#include "api/empty_lists.h"
#include "api/entities.h"
#include "api/events.h"
#include "api/metrics.h"
#include "api/named.h"
#include "api/otel.h"
#include "api/platform.h"
#include "api/projects.h"
#include "api/threads.h"
#include "api/web.h"
#include "model/decode.h"
#include "model/metric.h"
#include "model/search.h"

#define P(name) PARAM_BIT(PARAM_##name)
#define PROJECT_PARAMS (P(PROJECT_NAME) | P(PROJECT_ID))
#define CONDITION_PARAMS (P(FILTERS) | P(OQL) | P(SEARCH) | P(FROM_TIME) | P(TO_TIME))
#define LIST_PARAMS                                                                                \
    (P(PAGE) | P(SIZE) | PROJECT_PARAMS | P(TRUNCATE) | P(STRIP_ATTACHMENTS) | P(SORTING) |        \
     P(EXCLUDE) | CONDITION_PARAMS)

#define WRITE (ROUTE_DEFERRED | ROUTE_INLINE)
#define OPERATION(...)                                                                             \
    &(const struct operation)                                                                      \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define BODY(table, view_name) .body = &(table), .body_view = (view_name)

#define BOOL_SCHEMA(name)                                                                          \
    "{\"type\":\"object\",\"required\":[\"" name "\"],\"properties\":{\"" name                     \
    "\":{\"type\":\"boolean\"}}}"
#define TEXT_SCHEMA(name)                                                                          \
    "{\"type\":\"object\",\"required\":[\"" name "\"],\"properties\":{\"" name                     \
    "\":{\"type\":\"string\"}}}"

#define SCORE_NAMES_SCHEMA                                                                         \
    "{\"type\":\"object\",\"required\":[\"scores\"],\"properties\":{\"scores\":{\"type\":"         \
    "\"array\",\"items\":{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{"            \
    "\"name\":{\"type\":\"string\"}}}}}}"
#define ID_SCHEMA                                                                                  \
    "{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{\"id\":{\"type\":\"string\","      \
    "\"format\":\"uuid\"}}}"

#define THREADS "/v1/private/traces/threads"

#define NUMBER "{\"type\":\"number\"}"
#define INTEGER "{\"type\":\"integer\",\"format\":\"int64\"}"
#define PROJECT_STATS_SCHEMA                                                                       \
    "{\"type\":\"object\",\"properties\":{\"project_id\":{\"type\":\"string\",\"format\":"         \
    "\"uuid\"},"                                                                                   \
    "\"feedback_scores\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"      \
    "\"name\":{\"type\":\"string\"},\"value\":" NUMBER "}}},\"duration\":{\"type\":\"object\","    \
    "\"properties\":{\"p50\":" NUMBER ",\"p90\":" NUMBER ",\"p99\":" NUMBER "}},"                  \
    "\"total_estimated_cost\":" NUMBER ",\"total_estimated_cost_sum\":" NUMBER ",\"usage\":{"      \
    "\"type\":\"object\",\"additionalProperties\":" NUMBER "},\"trace_count\":" INTEGER            \
    ",\"thread_count\":" INTEGER ",\"guardrails_failed_count\":" INTEGER ",\"error_count\":{"      \
    "\"type\":\"object\",\"properties\":{\"count\":" INTEGER ",\"deviation\":" INTEGER             \
    ",\"deviation_percentage\":" INTEGER "}}}}"
#define USAGE_SCHEMA(list, properties)                                                             \
    "{\"type\":\"object\",\"required\":[\"" list "\"],\"properties\":{\"" list                     \
    "\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{" properties "}}}}}"
#define USAGE_USER(more)                                                                           \
    "\"workspace_id\":{\"type\":\"string\"}," more "\"user\":{\"type\":\"string\"},\"count\":{"    \
    "\"type\":\"integer\"}"

#define STATS_SCHEMA                                                                               \
    "{\"type\":\"object\",\"required\":[\"stats\"],\"properties\":{\"stats\":{\"type\":\"array\"," \
    "\"items\":{\"type\":\"object\",\"required\":[\"name\",\"type\",\"value\"],\"properties\":{"   \
    "\"name\":{\"type\":\"string\"},\"type\":{\"enum\":[\"COUNT\",\"AVG\",\"PERCENTAGE\"]},"       \
    "\"value\":{}}}}}}"

#define NULLABLE_NUMBER "{\"type\":[\"number\",\"null\"]}"
/* Named series of points in time; more members of a series. */
#define SERIES_SCHEMA(more)                                                                        \
    "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"name\",\"data\"],"         \
    "\"properties\":{" more "\"name\":{\"type\":\"string\"},\"data\":{\"type\":\"array\","         \
    "\"items\":{\"type\":\"object\",\"required\":[\"time\",\"value\"],\"properties\":{\"time\":"   \
    "{\"type\":\"string\",\"format\":\"date-time\"},\"value\":" NULLABLE_NUMBER "}}}}}}"
#define UUID_MEMBER "\"project_id\":{\"type\":\"string\",\"format\":\"uuid\"},"
#define DAILY_SCHEMA                                                                               \
    "{\"type\":\"object\",\"required\":[\"results\"],\"properties\":{\"results\":" SERIES_SCHEMA(  \
        UUID_MEMBER) "}}"
#define SUMMARY_SCHEMA                                                                             \
    "{\"type\":\"object\",\"required\":[\"name\",\"current\",\"previous\"],\"properties\":{"       \
    "\"name\":{\"type\":\"string\"},\"current\":{\"type\":\"number\"},"                            \
    "\"previous\":" NULLABLE_NUMBER "}}"

/* clang-format off */

/* The operations that traces and spans have alike. */
#define ENTITY_ROUTES(path, Name, Names, table, batch_table, batch_update_table, search_table,     \
                      list_params, more_params)                                                    \
    {HTTP_GET, path, entity_list, 0, NULL,                                                         \
     OPERATION(.id = "get" Names "ByProject", .tag = Names, .resource = &(table),                  \
               .params = LIST_PARAMS | (list_params), .status = 200, .answer = ANSWER_PAGE,        \
               .summary = "List " Names " of a project, newest id first")},                        \
    {HTTP_POST, path, entity_create, WRITE, NULL,                                                  \
     OPERATION(.id = "create" Name, .tag = Names, .resource = &(table),                            \
               BODY(table, DECODE_CREATE), .status = 201, .summary = "Create one")},               \
    {HTTP_POST, path "/batch", entity_create_batch, WRITE, NULL,                                   \
     OPERATION(.id = "create" Names, .tag = Names, .resource = &(table),                           \
               BODY(batch_table, DECODE_CREATE), .status = 204,                                    \
               .summary = "Create or replace up to 1000; the newest last_updated_at wins")},       \
    {HTTP_PATCH, path "/batch", entity_patch_batch, WRITE, NULL,                                   \
     OPERATION(.id = "batchUpdate" Names, .tag = Names, .resource = &(table),                      \
               BODY(batch_update_table, DECODE_CREATE), .status = 204,                             \
               .summary = "Change up to 1000 alike; unknown ids are skipped")},                    \
    {HTTP_POST, path "/search", entity_search, 0, "application/octet-stream",                      \
     OPERATION(.id = "search" Names, .tag = Names, .resource = &(table),                           \
               BODY(search_table, DECODE_CREATE), .status = 200, .answer = ANSWER_TEXT,            \
               .summary = "Stream of " Names ", one JSON object a line, newest id first")},        \
    {HTTP_GET, path "/stats", entity_stats, 0, NULL,                                               \
     OPERATION(.id = "get" Name "Stats", .tag = Names, .resource = &(table),                       \
               .params = PROJECT_PARAMS | CONDITION_PARAMS | (more_params), .status = 200,         \
               .answer = ANSWER_SCHEMA, .schema = STATS_SCHEMA,                                    \
               .summary = "Counts, durations, cost and usage of what matches")},                   \
    {HTTP_GET, path "/{id}", entity_get, 0, NULL,                                                  \
     OPERATION(.id = "get" Name "ById", .tag = Names, .resource = &(table),                        \
               .params = P(STRIP_ATTACHMENTS), .status = 200, .answer = ANSWER_RECORD,             \
               .summary = "Get one by id")},                                                       \
    {HTTP_PATCH, path "/{id}", entity_patch, WRITE, NULL,                                          \
     OPERATION(.id = "update" Name, .tag = Names, .resource = &(table),                            \
               BODY(table, DECODE_UPDATE), .status = 204,                                          \
               .summary = "Change one; an unknown id is kept until its create comes")},            \
    {HTTP_DELETE, path "/{id}", entity_delete, WRITE, NULL,                                        \
     OPERATION(.id = "delete" Name "ById", .tag = Names, .resource = &(table), .status = 204,      \
               .summary = "Delete one with everything below it")}

/* Scores by id of what they are on; threads are named in the body instead. */
#define SCORE_ROUTES(path, Name, Names, table)                                                     \
    {HTTP_PUT, path "/{id}/feedback-scores", score_put, WRITE, NULL,                               \
     OPERATION(.id = "add" Name "FeedbackScore", .tag = Names, .about = &(table),                  \
               BODY(score_resource, DECODE_CREATE), .status = 204,                                 \
               .summary = "Give it a feedback score")},                                            \
    {HTTP_POST, path "/{id}/feedback-scores/delete", score_delete, WRITE, NULL,                    \
     OPERATION(.id = "delete" Name "FeedbackScore", .tag = Names, .about = &(table),               \
               BODY(score_delete_resource, DECODE_CREATE), .status = 204,                          \
               .summary = "Take a feedback score away")}

/* Annotations that all three have alike. */
#define ANNOTATION_ROUTES(path, Name, Names, table, batch_table, names_params)                     \
    {HTTP_PUT, path "/feedback-scores", score_put_batch, WRITE, NULL,                              \
     OPERATION(.id = "scoreBatchOf" Name "s", .tag = Names, .about = &(table),                        \
               BODY(batch_table, DECODE_CREATE), .status = 204,                                    \
               .summary = "Give up to 1000 feedback scores")},                                     \
    {HTTP_GET, path "/feedback-scores/names", score_names, 0, NULL,                                \
     OPERATION(.id = "find" Name "FeedbackScoreNames", .tag = Names, .about = &(table),            \
               .params = names_params, .status = 200, .answer = ANSWER_SCHEMA,                     \
               .schema = SCORE_NAMES_SCHEMA, .summary = "Distinct names of feedback scores")},     \
    {HTTP_POST, path "/{id}/comments", comment_create, WRITE, NULL,                                \
     OPERATION(.id = "add" Name "Comment", .tag = Names, .about = &(table),                        \
               BODY(comment_resource, DECODE_CREATE), .status = 201, .answer = ANSWER_SCHEMA,      \
               .schema = ID_SCHEMA, .summary = "Comment on it")},                                  \
    {HTTP_GET, path "/{id}/comments/{commentId}", comment_get, 0, NULL,                            \
     OPERATION(.id = "get" Name "Comment", .tag = Names, .about = &(table),                        \
               .resource = &comment_resource, .status = 200, .answer = ANSWER_RECORD,              \
               .summary = "Get a comment")},                                                       \
    {HTTP_PATCH, path "/comments/{commentId}", comment_update, WRITE, NULL,                        \
     OPERATION(.id = "update" Name "Comment", .tag = Names, .about = &(table),                     \
               BODY(comment_resource, DECODE_BATCH_UPDATE), .status = 204,                           \
               .summary = "Change a comment's text")},                                             \
    {HTTP_POST, path "/comments/delete", comment_delete, WRITE, NULL,                              \
     OPERATION(.id = "delete" Name "Comments", .tag = Names, .about = &(table),                    \
               BODY(comment_delete_resource, DECODE_CREATE), .status = 204,                        \
               .summary = "Delete up to 1000 comments")}

/* Lists in which nothing can stand yet. */
#define EMPTY_ROUTE(path, name, group, query, schema_text, ...)                                    \
    {HTTP_GET, path, empty_list, ROUTE_INLINE, NULL,                                               \
     OPERATION(.id = (name), .tag = (group), .params = (query), .status = 200,                     \
               .answer = ANSWER_SCHEMA, .schema = schema_text,                                     \
               .empty = &(const struct empty_list){__VA_ARGS__},                                   \
               .summary = "Nothing yet: what it lists is not built")}
#define EMPTY_PAGE_ROUTE(path, name, group, sorting)                                               \
    EMPTY_ROUTE(path, name, group, P(PAGE) | P(SIZE), EMPTY_SCHEMA_PAGE, .shape = EMPTY_PAGE,      \
                .sortable_by = (sorting))
#define EMPTY_MEMBER_ROUTE(path, name, group, list)                                                \
    EMPTY_ROUTE(path, name, group, 0, EMPTY_SCHEMA_MEMBER(list), .shape = EMPTY_MEMBER,            \
                .member = (list))
#define EMPTY_PROJECT(list) "/v1/private/projects/{projectId}/" list
#define ATTACHMENT_PARAMS (P(PROJECT_ID) | P(ENTITY_TYPE) | P(ENTITY_ID) | P(PATH))

static const struct route routes[] = {
    ENTITY_ROUTES("/v1/private/traces", "Trace", "Traces", trace_resource, trace_batch_resource,
                  trace_batch_update_resource, trace_search_resource, P(ANNOTATION_QUEUE_ID), 0),
    {HTTP_POST, "/v1/private/traces/delete", entity_delete_batch, WRITE, NULL,
     OPERATION(.id = "deleteTraces", .tag = "Traces", .resource = &trace_resource,
               BODY(batch_delete_resource, DECODE_CREATE), .status = 204,
               .summary = "Delete up to 1000 with their spans")},
    {HTTP_GET, "/v1/private/traces/exists", entity_exists, 0, NULL,
     OPERATION(.id = "tracesExist", .tag = "Traces", .resource = &trace_resource,
               .params = PROJECT_PARAMS | P(SOURCE) | P(THREAD_ONLY), .status = 200,
               .answer = ANSWER_SCHEMA, .schema = BOOL_SCHEMA("exists"),
               .summary = "Whether a project has any")},

    ENTITY_ROUTES("/v1/private/spans", "Span", "Spans", span_resource, span_batch_resource,
                  span_batch_update_resource, span_search_resource, P(TRACE_ID) | P(TYPE),
                  P(TRACE_ID) | P(TYPE)),
    {HTTP_GET, "/v1/private/spans/exists", entity_exists, 0, NULL,
     OPERATION(.id = "spansExist", .tag = "Spans", .resource = &span_resource,
               .params = PROJECT_PARAMS | P(SOURCE), .status = 200, .answer = ANSWER_SCHEMA,
               .schema = BOOL_SCHEMA("exists"), .summary = "Whether a project has any")},

    SCORE_ROUTES("/v1/private/traces", "Trace", "Traces", trace_resource),
    ANNOTATION_ROUTES("/v1/private/traces", "Trace", "Traces", trace_resource, score_batch_resource,
                      P(PROJECT_ID)),
    SCORE_ROUTES("/v1/private/spans", "Span", "Spans", span_resource),
    ANNOTATION_ROUTES("/v1/private/spans", "Span", "Spans", span_resource, score_batch_resource,
                      P(PROJECT_ID) | P(TYPE)),

    {HTTP_GET, THREADS, entity_list, 0, NULL,
     OPERATION(.id = "getTraceThreads", .tag = "Traces", .resource = &thread_resource,
               .params = (LIST_PARAMS & ~P(EXCLUDE)) | P(ANNOTATION_QUEUE_ID), .status = 200, .answer = ANSWER_PAGE,
               .summary = "List threads of a project, last updated first")},
    {HTTP_GET, THREADS "/stats", entity_stats, 0, NULL,
     OPERATION(.id = "getTraceThreadStats", .tag = "Traces", .resource = &thread_resource,
               .params = PROJECT_PARAMS | CONDITION_PARAMS, .status = 200,
               .answer = ANSWER_SCHEMA, .schema = STATS_SCHEMA,
               .summary = "Counts, durations, cost and usage of threads that match")},
    {HTTP_POST, THREADS "/search", entity_search, 0, "application/octet-stream",
     OPERATION(.id = "searchTraceThreads", .tag = "Traces", .resource = &thread_resource,
               BODY(thread_search_resource, DECODE_CREATE), .status = 200, .answer = ANSWER_TEXT,
               .summary = "Stream of threads, one JSON object a line, newest first")},
    {HTTP_POST, THREADS "/retrieve", thread_retrieve, 0, NULL,
     OPERATION(.id = "getTraceThread", .tag = "Traces", .resource = &thread_resource,
               BODY(thread_retrieve_resource, DECODE_CREATE), .status = 200,
               .answer = ANSWER_RECORD, .summary = "Get a thread")},
    {HTTP_PUT, THREADS "/open", thread_open, WRITE, NULL,
     OPERATION(.id = "openTraceThread", .tag = "Traces", .resource = &thread_resource,
               BODY(thread_retrieve_resource, DECODE_CREATE), .status = 204,
               .summary = "Make a thread active")},
    {HTTP_PUT, THREADS "/close", thread_close, WRITE, NULL,
     OPERATION(.id = "closeTraceThread", .tag = "Traces", .resource = &thread_resource,
               BODY(thread_close_resource, DECODE_CREATE), .status = 204,
               .summary = "Make threads inactive")},
    {HTTP_POST, THREADS "/delete", thread_delete, WRITE, NULL,
     OPERATION(.id = "deleteTraceThreads", .tag = "Traces", .resource = &thread_resource,
               BODY(thread_delete_resource, DECODE_CREATE), .status = 204,
               .summary = "Delete the traces of threads")},
    {HTTP_PATCH, THREADS "/{threadModelId}", thread_update, WRITE, NULL,
     OPERATION(.id = "updateThread", .tag = "Traces", .resource = &thread_resource,
               BODY(thread_resource, DECODE_UPDATE), .status = 204,
               .summary = "Change a thread's tags")},
    {HTTP_PATCH, THREADS "/batch", thread_update_batch, WRITE, NULL,
     OPERATION(.id = "batchUpdateThreads", .tag = "Traces", .resource = &thread_resource,
               BODY(thread_batch_update_resource, DECODE_CREATE), .status = 204,
               .summary = "Change the tags of up to 1000 threads alike")},
    {HTTP_POST, THREADS "/feedback-scores/delete", thread_score_delete, WRITE, NULL,
     OPERATION(.id = "deleteThreadFeedbackScores", .tag = "Traces", .about = &thread_resource,
               BODY(thread_score_delete_resource, DECODE_CREATE), .status = 204,
               .summary = "Take feedback scores of a thread away")},
    ANNOTATION_ROUTES(THREADS, "Thread", "Traces", thread_resource, thread_score_batch_resource,
                      P(PROJECT_ID)),

    {HTTP_GET, "/v1/private/projects", named_list, 0, NULL,
     OPERATION(.id = "findProjects", .tag = "Projects", .resource = &project_resource,
               .params = P(PAGE) | P(SIZE) | P(NAME) | P(SORTING), .status = 200,
               .answer = ANSWER_PAGE, .summary = "List projects")},
    {HTTP_POST, "/v1/private/projects", named_create, WRITE, NULL,
     OPERATION(.id = "createProject", .tag = "Projects", .resource = &project_resource,
               BODY(project_resource, DECODE_CREATE), .status = 201,
               .summary = "Create a project")},
    {HTTP_GET, "/v1/private/projects/{id}", named_get, 0, NULL,
     OPERATION(.id = "getProjectById", .tag = "Projects", .resource = &project_resource,
               .status = 200, .answer = ANSWER_RECORD, .summary = "Get a project by id")},
    {HTTP_PATCH, "/v1/private/projects/{id}", named_update, WRITE, NULL,
     OPERATION(.id = "updateProject", .tag = "Projects", .resource = &project_resource,
               BODY(project_resource, DECODE_UPDATE), .status = 204,
               .summary = "Rename or describe a project")},
    {HTTP_DELETE, "/v1/private/projects/{id}", named_delete, WRITE, NULL,
     OPERATION(.id = "deleteProjectById", .tag = "Projects", .resource = &project_resource,
               .status = 204, .summary = "Delete a project")},
    {HTTP_POST, "/v1/private/projects/delete", named_delete_batch, WRITE, NULL,
     OPERATION(.id = "deleteProjectsBatch", .tag = "Projects", .resource = &project_resource,
               BODY(batch_delete_resource, DECODE_CREATE), .status = 204,
               .summary = "Delete up to 1000 projects")},
    {HTTP_POST, "/v1/private/projects/retrieve", project_retrieve, 0, NULL,
     OPERATION(.id = "retrieveProject", .tag = "Projects", .resource = &project_resource,
               BODY(project_retrieve_resource, DECODE_CREATE), .status = 200,
               .answer = ANSWER_RECORD,
               .schema = PROJECT_STATS_SCHEMA, .summary = "Get a project by name")},

    {HTTP_GET, "/v1/private/projects/stats", project_stats_list, 0, NULL,
     OPERATION(.id = "getProjectStats", .tag = "Projects", .resource = &project_resource,
               .params = P(PAGE) | P(SIZE) | P(NAME) | P(SORTING) | P(FILTERS), .status = 200,
               .answer = ANSWER_SCHEMA,
               .schema = "{\"type\":\"object\",\"required\":[\"content\"],\"properties\":{"
                         "\"content\":{\"type\":\"array\",\"items\":" PROJECT_STATS_SCHEMA
                         "}}}",
               .summary = "Statistics of the traces of each project")},
    {HTTP_GET, "/v1/private/projects/feedback-scores/names", project_score_names, 0, NULL,
     OPERATION(.id = "findFeedbackScoreNamesByProjectIds", .tag = "Projects",
               .resource = &project_resource, .params = P(PROJECT_IDS), .status = 200,
               .answer = ANSWER_SCHEMA, .schema = SCORE_NAMES_SCHEMA,
               .summary = "Distinct names of feedback scores of traces in several projects")},
    {HTTP_GET, "/v1/private/projects/{id}/events", project_events, 0, "text/event-stream",
     OPERATION(.id = "followProject", .tag = "Projects", .resource = &project_resource,
               .params = P(KIND) | P(EXCLUDE) | CONDITION_PARAMS, .status = 200,
               .answer = ANSWER_TEXT,
               .summary = "Traces or spans as they are written, as server-sent events")},
    {HTTP_GET, "/v1/private/projects/{id}/token-usage/names", project_token_usage_names, 0, NULL,
     OPERATION(.id = "findTokenUsageNames", .tag = "Projects", .resource = &project_resource,
               .status = 200, .answer = ANSWER_SCHEMA,
               .schema = "{\"type\":\"object\",\"required\":[\"names\"],\"properties\":{"
                         "\"names\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}",
               .summary = "Keys of usage that its spans have")},

    {HTTP_POST, "/v1/private/projects/{id}/metrics", project_metrics, 0, NULL,
     OPERATION(.id = "getProjectMetrics", .tag = "Projects", .resource = &project_resource,
               BODY(metric_request_resource, DECODE_CREATE), .status = 200,
               .answer = ANSWER_SCHEMA,
               .schema = "{\"type\":\"object\",\"required\":[\"project_id\",\"metric_type\","
                         "\"interval\",\"results\"],\"properties\":{" UUID_MEMBER
                         "\"metric_type\":{\"type\":\"string\"},"
                         "\"interval\":{\"type\":\"string\"},\"results\":" SERIES_SCHEMA("") "}}",
               .summary = "A metric over time")},
    {HTTP_POST, "/v1/private/projects/{id}/kpi-cards", project_kpi_cards, 0, NULL,
     OPERATION(.id = "getProjectKpiCards", .tag = "Projects", .resource = &project_resource,
               BODY(kpi_request_resource, DECODE_CREATE), .status = 200, .answer = ANSWER_SCHEMA,
               .schema = "{\"type\":\"object\",\"required\":[\"stats\"],\"properties\":{\"stats\":{"
                         "\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"type\","
                         "\"current_value\",\"previous_value\"],\"properties\":{\"type\":{\"enum\":["
                         "\"count\",\"avg_duration\",\"total_cost\",\"errors\"]},"
                         "\"current_value\":" NULLABLE_NUMBER ","
                         "\"previous_value\":" NULLABLE_NUMBER "}}}}}",
               .summary = "Count, duration, cost and errors of a period and the one before")},
    {HTTP_GET, "/v1/private/feedback-definitions", named_list, 0, NULL,
     OPERATION(.id = "findFeedbackDefinitions", .tag = "Feedback-definitions",
               .resource = &feedback_definition_resource,
               .params = P(PAGE) | P(SIZE) | P(NAME) | P(TYPE), .status = 200,
               .answer = ANSWER_PAGE, .summary = "List feedback definitions")},
    {HTTP_POST, "/v1/private/feedback-definitions", named_create, WRITE, NULL,
     OPERATION(.id = "createFeedbackDefinition", .tag = "Feedback-definitions",
               .resource = &feedback_definition_resource,
               BODY(feedback_definition_resource, DECODE_CREATE), .status = 201,
               .summary = "Create a feedback definition")},
    {HTTP_GET, "/v1/private/feedback-definitions/{id}", named_get, 0, NULL,
     OPERATION(.id = "getFeedbackDefinitionById", .tag = "Feedback-definitions",
               .resource = &feedback_definition_resource, .status = 200, .answer = ANSWER_RECORD,
               .summary = "Get a feedback definition by id")},
    {HTTP_PUT, "/v1/private/feedback-definitions/{id}", named_update, WRITE, NULL,
     OPERATION(.id = "updateFeedbackDefinition", .tag = "Feedback-definitions",
               .resource = &feedback_definition_resource,
               BODY(feedback_definition_resource, DECODE_CREATE), .status = 204,
               .summary = "Replace a feedback definition")},
    {HTTP_DELETE, "/v1/private/feedback-definitions/{id}", named_delete, WRITE, NULL,
     OPERATION(.id = "deleteFeedbackDefinitionById", .tag = "Feedback-definitions",
               .resource = &feedback_definition_resource, .status = 204,
               .summary = "Delete a feedback definition")},
    {HTTP_POST, "/v1/private/feedback-definitions/delete", named_delete_batch, WRITE, NULL,
     OPERATION(.id = "deleteFeedbackDefinitionsBatch", .tag = "Feedback-definitions",
               .resource = &feedback_definition_resource,
               BODY(batch_delete_resource, DECODE_CREATE), .status = 204,
               .summary = "Delete up to 1000 feedback definitions")},

    {HTTP_GET, "/v1/private/environments", named_list, 0, NULL,
     OPERATION(.id = "findEnvironments", .tag = "Environments", .resource = &environment_resource,
               .status = 200, .answer = ANSWER_PAGE, .summary = "List all environments")},
    {HTTP_POST, "/v1/private/environments", named_create, WRITE, NULL,
     OPERATION(.id = "createEnvironment", .tag = "Environments", .resource = &environment_resource,
               BODY(environment_resource, DECODE_CREATE), .status = 201,
               .summary = "Create an environment")},
    {HTTP_GET, "/v1/private/environments/{id}", named_get, 0, NULL,
     OPERATION(.id = "getEnvironmentById", .tag = "Environments",
               .resource = &environment_resource, .status = 200, .answer = ANSWER_RECORD,
               .summary = "Get an environment by id")},
    {HTTP_PATCH, "/v1/private/environments/{id}", named_update, WRITE, NULL,
     OPERATION(.id = "updateEnvironment", .tag = "Environments", .resource = &environment_resource,
               BODY(environment_resource, DECODE_UPDATE), .status = 204,
               .summary = "Change an environment")},
    {HTTP_POST, "/v1/private/environments/delete", named_delete_batch, WRITE, NULL,
     OPERATION(.id = "deleteEnvironmentsBatch", .tag = "Environments",
               .resource = &environment_resource, BODY(batch_delete_resource, DECODE_CREATE),
               .status = 204, .summary = "Delete up to 1000 environments")},

    {HTTP_GET, "/is-alive/ping", platform_ping, ROUTE_INLINE, NULL,
     OPERATION(.id = "isAlive", .tag = "Health", .status = 200, .answer = ANSWER_SCHEMA,
               .schema = "{\"type\":\"object\",\"required\":[\"message\",\"healthy\"],"
                         "\"properties\":{\"message\":{\"type\":\"string\"},"
                         "\"healthy\":{\"type\":\"boolean\"}}}",
               .summary = "Whether the server is up")},
    {HTTP_GET, "/is-alive/ver", platform_version, ROUTE_INLINE, NULL,
     OPERATION(.id = "version", .tag = "Health", .status = 200, .answer = ANSWER_SCHEMA,
               .schema = TEXT_SCHEMA("version"), .summary = "The server's version")},
    {HTTP_GET, "/health", platform_health, ROUTE_INLINE, "text/plain",
     OPERATION(.id = "health", .tag = "Health", .status = 200, .answer = ANSWER_TEXT,
               .summary = "Whether the server is up, as text")},
    {HTTP_GET, "/health-check", platform_health_check, 0, NULL,
     OPERATION(.id = "healthCheck", .tag = "Health", .status = 200, .answer = ANSWER_SCHEMA,
               .schema = "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}",
               .summary = "The checks that name or type select")},
    {HTTP_GET, "/openapi.json", platform_openapi, 0, NULL,
     OPERATION(.id = "openapi", .tag = "Health", .status = 200, .answer = ANSWER_SCHEMA,
               .schema = "{\"type\":\"object\"}", .summary = "This interface")},

    {HTTP_POST, "/v1/private/auth", platform_auth, 0, NULL,
     OPERATION(.id = "checkAccess", .tag = "Access", .status = 204,
               .summary = "Whether the caller may use the workspace")},
    {HTTP_GET, "/v1/private/auth/workspace", platform_workspace_name, 0, NULL,
     OPERATION(.id = "getWorkspaceName", .tag = "Access", .status = 200, .answer = ANSWER_SCHEMA,
               .schema = TEXT_SCHEMA("workspace_name"), .summary = "The caller's workspace")},
    {HTTP_GET, "/v1/private/workspace-permissions", platform_permissions, 0, NULL,
     OPERATION(.id = "getWorkspaceUserPermissions", .tag = "Access", .status = 200,
               .answer = ANSWER_SCHEMA,
               .schema = "{\"type\":\"object\",\"required\":[\"user_name\",\"workspace_name\","
                         "\"permissions\"],\"properties\":{\"user_name\":{\"type\":\"string\"},"
                         "\"workspace_name\":{\"type\":\"string\"},"
                         "\"permissions\":{\"type\":\"array\"}}}",
               .summary = "What the caller may do")},
    {HTTP_GET, "/v1/private/toggles", platform_toggles, 0, NULL,
     OPERATION(.id = "getServiceToggles", .tag = "Workspaces", .status = 200,
               .answer = ANSWER_SCHEMA, .schema = "{\"type\":\"object\"}",
               .summary = "Which parts of the product are on")},
    {HTTP_GET, "/v1/private/workspaces/versions", platform_workspace_version, 0, NULL,
     OPERATION(.id = "getWorkspaceVersion", .tag = "Workspaces", .status = 200,
               .answer = ANSWER_SCHEMA, .schema = TEXT_SCHEMA("opik_version"),
               .summary = "Which generation of the web client fits")},
    {HTTP_GET, "/v1/private/workspaces/configurations", workspace_configuration_get, 0, NULL,
     OPERATION(.id = "getWorkspaceConfiguration", .tag = "Workspaces",
               .resource = &workspace_configuration_resource, .status = 200,
               .answer = ANSWER_RECORD, .summary = "The workspace's configuration")},
    {HTTP_PUT, "/v1/private/workspaces/configurations", workspace_configuration_put, WRITE, NULL,
     OPERATION(.id = "upsertWorkspaceConfiguration", .tag = "Workspaces",
               .resource = &workspace_configuration_resource,
               BODY(workspace_configuration_resource, DECODE_CREATE), .status = 204,
               .summary = "Replace the configuration")},
    {HTTP_DELETE, "/v1/private/workspaces/configurations", workspace_configuration_delete, WRITE,
     NULL,
     OPERATION(.id = "deleteWorkspaceConfiguration", .tag = "Workspaces",
               .resource = &workspace_configuration_resource, .status = 204,
               .summary = "Back to no configuration")},
    {HTTP_POST, "/v1/private/workspaces/costs", workspace_costs, 0, NULL,
     OPERATION(.id = "getCost", .tag = "Workspaces",
               BODY(workspace_summary_request_resource, DECODE_CREATE), .status = 200,
               .answer = ANSWER_SCHEMA,
               .schema = DAILY_SCHEMA,
               .summary = "Cost of each day")},
    {HTTP_POST, "/v1/private/workspaces/costs/summaries", workspace_costs_summary, 0, NULL,
     OPERATION(.id = "costsSummary", .tag = "Workspaces",
               BODY(workspace_summary_request_resource, DECODE_CREATE), .status = 200,
               .answer = ANSWER_SCHEMA,
               .schema = SUMMARY_SCHEMA,
               .summary = "Cost of a period and the one before")},
    {HTTP_POST, "/v1/private/workspaces/metrics", workspace_metrics, 0, NULL,
     OPERATION(.id = "getMetric", .tag = "Workspaces",
               BODY(workspace_metric_request_resource, DECODE_CREATE), .status = 200,
               .answer = ANSWER_SCHEMA,
               .schema = DAILY_SCHEMA,
               .summary = "Mean of a score on each day")},
    {HTTP_POST, "/v1/private/workspaces/metrics/summaries", workspace_metrics_summary, 0, NULL,
     OPERATION(.id = "metricsSummary", .tag = "Workspaces",
               BODY(workspace_summary_request_resource, DECODE_CREATE), .status = 200,
               .answer = ANSWER_SCHEMA,
               .schema = "{\"type\":\"object\",\"required\":[\"results\"],\"properties\":{\"results\":{"
                         "\"type\":\"array\",\"items\":" SUMMARY_SCHEMA "}}}",
               .summary = "Mean of each score in a period and the one before")},
    {HTTP_GET, "/v1/private/welcome-wizard", welcome_wizard_get, 0, NULL,
     OPERATION(.id = "getWelcomeWizardStatus", .tag = "Welcome Wizard", .status = 200,
               .answer = ANSWER_SCHEMA, .schema = BOOL_SCHEMA("completed"),
               .summary = "Whether the web client's welcome was answered")},
    {HTTP_POST, "/v1/private/welcome-wizard", welcome_wizard_submit, WRITE, NULL,
     OPERATION(.id = "submitWelcomeWizard", .tag = "Welcome Wizard",
               .resource = &welcome_wizard_resource, BODY(welcome_wizard_resource, DECODE_CREATE),
               .status = 204, .summary = "Answer the web client's welcome")},

    {HTTP_POST, "/v1/private/otel/v1/traces", otel_traces,
     WRITE | ROUTE_ANY_TYPE | ROUTE_ANY_ACCEPT, NULL,
     OPERATION(.id = "receiveProtobufTraces", .tag = "OpenTelemetry Ingestion",
               .body_types = otel_body_types, .status = 200,
               .summary = "OTLP/HTTP: an ExportTraceServiceRequest; the header projectName chooses "
                          "the project")},

    {HTTP_GET, "/v1/session/redirect/projects", session_redirect_project, 0, NULL,
     OPERATION(.id = "projectsRedirect", .tag = "Redirect",
               .params = P(TRACE_ID) | P(PATH) | P(WORKSPACE_NAME), .status = 303,
               .summary = "To the page of a trace")},
    {HTTP_GET, "/v1/session/redirect/datasets", session_redirect_dataset, 0, NULL,
     OPERATION(.id = "datasetsRedirect", .tag = "Redirect",
               .params = P(DATASET_ID) | P(PATH) | P(WORKSPACE_NAME), .status = 303,
               .summary = "To the page of a dataset")},
    {HTTP_GET, "/v1/session/redirect/experiments", session_redirect_experiment, 0, NULL,
     OPERATION(.id = "experimentsRedirect", .tag = "Redirect",
               .params = P(DATASET_ID) | P(EXPERIMENT_ID) | P(PATH) | P(WORKSPACE_NAME),
               .status = 303, .summary = "To the page of an experiment")},
    {HTTP_GET, "/v1/session/redirect/optimizations", session_redirect_optimization, 0, NULL,
     OPERATION(.id = "optimizationsRedirect", .tag = "Redirect",
               .params = P(DATASET_ID) | P(OPTIMIZATION_ID) | P(PATH) | P(WORKSPACE_NAME),
               .status = 303, .summary = "To the page of an optimization")},

    {HTTP_GET, "/v1/internal/usage/workspace-trace-counts", usage_workspace_traces, 0, NULL,
     OPERATION(.id = "getTracesCountForWorkspaces", .tag = "System usage", .status = 200,
               .answer = ANSWER_SCHEMA,
               .schema = USAGE_SCHEMA("workspaces_traces_count",
                                      "\"workspace\":{\"type\":\"string\"},"
                                      "\"trace_count\":{\"type\":\"integer\"}"),
               .summary = "Traces of each workspace on the day before")},
    {HTTP_GET, "/v1/internal/usage/workspace-span-counts", usage_workspace_spans, 0, NULL,
     OPERATION(.id = "getSpansCountForWorkspaces", .tag = "System usage", .status = 200,
               .answer = ANSWER_SCHEMA,
               .schema = USAGE_SCHEMA("workspaces_spans_count",
                                      "\"workspace\":{\"type\":\"string\"},"
                                      "\"span_count\":{\"type\":\"integer\"}"),
               .summary = "Spans of each workspace on the day before")},
    {HTTP_GET, "/v1/internal/usage/workspace-span-counts-breakdown", usage_span_breakdown, 0, NULL,
     OPERATION(.id = "getSpansCountBreakdownForWorkspaces", .tag = "System usage", .status = 200,
               .answer = ANSWER_SCHEMA,
               .schema = USAGE_SCHEMA("breakdown", USAGE_USER("\"project_id\":{\"type\":"
                                                              "\"string\",\"format\":\"uuid\"},")),
               .summary = "Spans by project and user on the day before")},
    {HTTP_GET, "/v1/internal/usage/bi-traces", usage_user_traces, 0, NULL,
     OPERATION(.id = "getTracesBiInfo", .tag = "System usage", .status = 200,
               .answer = ANSWER_SCHEMA, .schema = USAGE_SCHEMA("bi_information", USAGE_USER("")),
               .summary = "Traces of each user on the day before")},
    {HTTP_GET, "/v1/internal/usage/bi-spans", usage_user_spans, 0, NULL,
     OPERATION(.id = "getSpansBiInfo", .tag = "System usage", .status = 200,
               .answer = ANSWER_SCHEMA, .schema = USAGE_SCHEMA("bi_information", USAGE_USER("")),
               .summary = "Spans of each user on the day before")},

    EMPTY_PAGE_ROUTE("/v1/private/datasets", "findDatasets", "Datasets",
                     DATASET_SORTING),
    EMPTY_PAGE_ROUTE(EMPTY_PROJECT("datasets"), "findDatasetsByProject", "Projects",
                     DATASET_SORTING),
    EMPTY_PAGE_ROUTE("/v1/private/experiments", "findExperiments", "Experiments",
                     EXPERIMENT_SORTING),
    EMPTY_PAGE_ROUTE(EMPTY_PROJECT("experiments"), "findExperimentsByProject", "Projects",
                     EXPERIMENT_SORTING),
    EMPTY_PAGE_ROUTE("/v1/private/prompts", "getPrompts", "Prompts",
                     PROMPT_SORTING),
    EMPTY_PAGE_ROUTE(EMPTY_PROJECT("prompts"), "getPromptsByProject", "Projects",
                     PROMPT_SORTING),
    EMPTY_PAGE_ROUTE("/v1/private/optimizations", "findOptimizations", "Optimizations",
                     NO_SORTING),
    EMPTY_PAGE_ROUTE(EMPTY_PROJECT("optimizations"), "findOptimizationsByProject", "Projects",
                     NO_SORTING),
    EMPTY_PAGE_ROUTE("/v1/private/annotation-queues", "findAnnotationQueues", "Annotation Queues",
                     QUEUE_SORTING),
    EMPTY_PAGE_ROUTE("/v1/private/automations/evaluators", "findEvaluators",
                     "Automation rule evaluators", RULE_SORTING),
    EMPTY_PAGE_ROUTE("/v1/private/alerts", "findAlerts", "Alerts",
                     ALERT_SORTING),
    EMPTY_PAGE_ROUTE(EMPTY_PROJECT("alerts"), "findAlertsByProject", "Projects",
                     ALERT_SORTING),
    EMPTY_PAGE_ROUTE("/v1/private/dashboards", "findDashboards", "Dashboards",
                     DASHBOARD_SORTING),
    EMPTY_PAGE_ROUTE(EMPTY_PROJECT("dashboards"), "findDashboardsByProject", "Projects",
                     DASHBOARD_SORTING),
    EMPTY_PAGE_ROUTE("/v1/private/insights-views", "findInsightsViews", "Insights Views",
                     DASHBOARD_SORTING),
    EMPTY_ROUTE(EMPTY_PROJECT("activities"), "getRecentActivity", "Projects", P(PAGE) | P(SIZE),
                EMPTY_SCHEMA_PAGE, .shape = EMPTY_PAGE, .size_max = 100),
    EMPTY_PAGE_ROUTE("/v1/private/agent-configs/blueprints/history/projects/{project_id}",
                     "getBlueprintHistory", "Agent Configs", NULL),
    EMPTY_ROUTE("/v1/private/llm-provider-key", "findLlmProviderKeys", "LlmProviderKey", 0,
                EMPTY_SCHEMA_PAGE, .shape = EMPTY_PAGE, .sortable_by = NO_SORTING),
    EMPTY_ROUTE("/v1/private/attachment/list", "attachmentList", "Attachments",
                P(PAGE) | P(SIZE) | ATTACHMENT_PARAMS, EMPTY_SCHEMA_PAGE, .shape = EMPTY_PAGE,
                .sortable_by = NO_SORTING, .required = ATTACHMENT_PARAMS),
    EMPTY_ROUTE("/v1/private/datasets/export-jobs", "getDatasetExportJobs", "Datasets", 0,
                EMPTY_SCHEMA_ARRAY, .shape = EMPTY_ARRAY),
    EMPTY_ROUTE("/v1/private/llm/models", "getLlmModels", "LLM Models", 0, EMPTY_SCHEMA_OBJECT,
                .shape = EMPTY_OBJECT),
    EMPTY_MEMBER_ROUTE("/v1/private/experiments/feedback-scores/names", "findFeedbackScoreNames",
                       "Experiments", "scores"),
    EMPTY_MEMBER_ROUTE("/v1/internal/usage/bi-datasets", "getDatasetBiInfo", "System usage",
                       "bi_information"),
    EMPTY_MEMBER_ROUTE("/v1/internal/usage/bi-experiments", "getExperimentBiInfo", "System usage",
                       "bi_information"),

    /* No operation: not part of the interface. */
    {HTTP_GET, ROUTER_REST, web_get, ROUTE_INLINE | ROUTE_ANY_ACCEPT, NULL, NULL},
};

/* clang-format on */

const struct router api_routes = {routes, sizeof(routes) / sizeof(routes[0])};
