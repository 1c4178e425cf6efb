/* Lists of features that are not built yet. Web clients ask for them on every page, and some break
 * without an answer; with nothing stored the right answer is an empty list in its own shape. The
 * operations are marked in the OpenAPI document (x-empty) and in tests/contract/gaps.txt. A row
 * goes when its feature comes. */
#ifndef OCELLI_API_EMPTY_LISTS_H
#define OCELLI_API_EMPTY_LISTS_H

#include "api/api.h"

enum empty_shape {
    EMPTY_PAGE,   /* the page envelope */
    EMPTY_ARRAY,  /* [] */
    EMPTY_OBJECT, /* {} */
    EMPTY_MEMBER, /* {"<member>":[]} */
};

struct empty_list {
    enum empty_shape shape;
    const char *member;             /* EMPTY_MEMBER */
    const char *const *sortable_by; /* EMPTY_PAGE: NULL-terminated; NULL: the page has none */
    uint64_t required;              /* bits of enum param that must be given */
    int64_t size_max;               /* of a page; 0: none */
};

/* Answers as the operation's `empty` says. */
void empty_list(struct request *request);

#define EMPTY_SCHEMA_ARRAY "{\"type\":\"array\",\"maxItems\":0}"
#define EMPTY_SCHEMA_PAGE                                                                          \
    "{\"type\":\"object\",\"required\":[\"size\",\"total\",\"content\"],\"properties\":{\"page\":" \
    "{\"type\":\"integer\"},\"size\":{\"const\":0},\"total\":{\"const\":0},"                       \
    "\"content\":" EMPTY_SCHEMA_ARRAY                                                              \
    ",\"sortable_by\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}"
#define EMPTY_SCHEMA_OBJECT "{\"type\":\"object\",\"maxProperties\":0}"
#define EMPTY_SCHEMA_MEMBER(name)                                                                  \
    "{\"type\":\"object\",\"required\":[\"" name "\"],\"properties\":{\"" name                     \
    "\":" EMPTY_SCHEMA_ARRAY "}}"

#define EMPTY_NAMES(...)                                                                           \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define AUDIT_SORTING "created_at", "last_updated_at", "created_by", "last_updated_by"

#define DATASET_SORTING                                                                            \
    EMPTY_NAMES("id", "name", "description", "tags", AUDIT_SORTING, "last_created_experiment_at",  \
                "last_created_optimization_at", "duration", "feedback_scores.*", "data.*",         \
                "output.*", "input.*", "metadata.*", "comments", "total_estimated_cost",           \
                "usage.*", NULL)
#define EXPERIMENT_SORTING                                                                         \
    EMPTY_NAMES("id", "name", AUDIT_SORTING, "tags", "trace_count", "total_estimated_cost",        \
                "total_estimated_cost_avg", "feedback_scores.*", "experiment_scores.*",            \
                "duration.*", "pass_rate", NULL)
#define PROMPT_SORTING                                                                             \
    EMPTY_NAMES("id", "name", "description", AUDIT_SORTING, "version_count", "tags", NULL)
#define QUEUE_SORTING                                                                              \
    EMPTY_NAMES("id", "project_id", "name", "description", "instructions", AUDIT_SORTING, NULL)
#define RULE_SORTING                                                                               \
    EMPTY_NAMES("id", "name", "type", "enabled", "sampling_rate", AUDIT_SORTING, NULL)
#define ALERT_SORTING EMPTY_NAMES("id", "name", AUDIT_SORTING, "webhook_url", NULL)
#define DASHBOARD_SORTING EMPTY_NAMES("id", "name", "description", "type", AUDIT_SORTING, NULL)
#define NO_SORTING EMPTY_NAMES(NULL)

#endif
