/* What zones know of their rows (store/sqlite/zone.h): the numbers, and the texts as tokens. */
#ifndef OCELLI_STORE_ZONE_TABLE_H
#define OCELLI_STORE_ZONE_TABLE_H

#include "base/uuid.h"
#include "store/store.h"

/* Numbers whose least and greatest value a zone has, in columns min_<name> and max_<name>.
 * X(id, name, SQL over the row `t`, resources: T traces, S spans, B both). */
#define ZONE_MEASURES(X)                                                                           \
    X(ID, "id", "id_prefix(t.id)", S)                                                              \
    X(START, "start_time", "t.start_time", B)                                                      \
    X(END, "end_time", "t.end_time", B)                                                            \
    X(CREATED, "created_at", "t.created_at", B)                                                    \
    X(UPDATED, "last_updated_at", "t.last_updated_at", B)                                          \
    X(DURATION, "duration",                                                                        \
      "CASE WHEN t.start_time != 0 THEN t.end_time / 1000 - t.start_time / 1000 END", B)           \
    X(TTFT, "ttft", "t.ttft", B)                                                                   \
    X(COST, "cost", "coalesce(t.cost, 0)", B)                                                      \
    X(LLM_SPANS, "llm_span_count", "t.llm_span_count", T)                                          \
    X(PROMPT, "prompt_tokens", "coalesce(usage_value(t.usage, 'prompt_tokens'), 0)", B)            \
    X(COMPLETION, "completion_tokens", "coalesce(usage_value(t.usage, 'completion_tokens'), 0)",   \
      B)                                                                                           \
    X(TOTAL, "total_tokens", "coalesce(usage_value(t.usage, 'total_tokens'), 0)", B)

enum zone_measure {
#define ZONE_ENUM(id, name, sql, of) ZONE_##id,
    ZONE_MEASURES(ZONE_ENUM)
#undef ZONE_ENUM
        ZONE_MEASURE_COUNT
};

struct zone_measure_info {
    const char *name;
    const char *sql;
    bool of[2]; /* traces, spans */
};

extern const struct zone_measure_info zone_measures[ZONE_MEASURE_COUNT];

/* Texts that a zone has a set of. */
enum zone_text {
    ZONE_NAME = 1,
    ZONE_ERROR_TYPE,
    ZONE_ENVIRONMENT,
    ZONE_TAG,
    ZONE_MODEL,
    ZONE_PROVIDER,
};

#define ZONE_BITS 1024

/* The token of a text, the same for upper and lower case ASCII letters. */
uint64_t zone_token(enum zone_text kind, struct str text);

/* The first bits of an id as a number with the same order. */
static inline int64_t zone_id_prefix(const struct uuid *id)
{
    uint64_t n = 0;

    for (int i = 0; i < 8; i++)
        n = n << 8 | id->b[i];
    return (int64_t)(n >> 1);
}

/* The measure that a field of a resource sorts by; -1 when zones don't have it. */
int zone_sort_measure(const struct entity_query *query);

#endif
