/* Query parameters, each stated once: name, type and meaning. An operation says with a set of bits
 * which it takes. */
#ifndef OCELLI_QUERY_PARAMS_H
#define OCELLI_QUERY_PARAMS_H

#include "base/clock.h"
#include "base/uuid.h"
#include "http/request.h"

enum param {
    PARAM_PAGE,
    PARAM_SIZE,
    PARAM_PROJECT_NAME,
    PARAM_PROJECT_ID,
    PARAM_TRACE_ID,
    PARAM_TYPE,
    PARAM_TRUNCATE,
    PARAM_STRIP_ATTACHMENTS,
    PARAM_SORTING,
    PARAM_EXCLUDE,
    PARAM_FROM_TIME,
    PARAM_TO_TIME,
    PARAM_SOURCE,
    PARAM_THREAD_ONLY,
    PARAM_NAME,
    PARAM_FILTERS,
    PARAM_OQL,
    PARAM_SEARCH,
    PARAM_ANNOTATION_QUEUE_ID,
    PARAM_PROJECT_IDS,
    PARAM_PATH,
    PARAM_WORKSPACE_NAME,
    PARAM_DATASET_ID,
    PARAM_EXPERIMENT_ID,
    PARAM_OPTIMIZATION_ID,
    PARAM_ENTITY_TYPE,
    PARAM_ENTITY_ID,
    PARAM_KIND,
    PARAM_COUNT,
};

#define PARAM_BIT(param) (1ULL << (param))

enum param_type {
    PARAM_TYPE_INT,     /* params.i; at least 1 */
    PARAM_TYPE_TEXT,    /* params.s */
    PARAM_TYPE_UUID,    /* params.uuid */
    PARAM_TYPE_BOOL,    /* params.i; "true" is true, all else false */
    PARAM_TYPE_INSTANT, /* params.i, ms since the epoch */
};

struct param_info {
    const char *name;
    enum param_type type;
    int64_t fallback; /* PARAM_TYPE_INT, PARAM_TYPE_BOOL */
    const char *doc;
};

extern const struct param_info param_infos[PARAM_COUNT];

#define PARAM_NS_PER_MS 1000000

struct param_value {
    bool given; /* present and not empty */
    int64_t i;
    int32_t nanos; /* PARAM_TYPE_INSTANT: ns behind i's millisecond */
    struct str s;
    struct uuid uuid;
};

struct params {
    struct param_value v[PARAM_COUNT];
};

/* Reads the parameters of the set; all others keep their defaults. Errors (traces.md 2.1):
 * ERR_NOT_FOUND for a number or UUID that is none; ERR_BAD_REQUEST for a number below 1 or a bad
 * instant. Repeated parameters: the first counts. Empty ones count as absent. */
enum err params_read(const struct request *request, uint64_t set, struct params *ret,
                     struct error *reterr);

/* ERR_BAD_REQUEST that names each parameter of the set that was not given. */
enum err params_require(const struct params *params, uint64_t set, struct error *reterr);

#endif
