/* What zones know of their rows. */
#include "store/zone_table.h"

#define OF_T {true, false}
#define OF_S {false, true}
#define OF_B {true, true}

const struct zone_measure_info zone_measures[ZONE_MEASURE_COUNT] = {
#define ZONE_ROW(id, name, sql, of) [ZONE_##id] = {name, sql, OF_##of},
    ZONE_MEASURES(ZONE_ROW)
#undef ZONE_ROW
};

uint64_t zone_token(enum zone_text kind, struct str text)
{
    uint64_t hash = 0xcbf29ce484222325ULL ^ (uint64_t)kind; /* FNV-1a */

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c)) * 0x100000001b3ULL;
    }
    return hash ^ hash >> 29;
}

int zone_sort_measure(const struct entity_query *query)
{
    bool spans = query->resource == &span_resource;

    switch (query->sort_field) {
    case ENTITY_START_TIME:
        return ZONE_START;
    case ENTITY_END_TIME:
        return ZONE_END;
    case ENTITY_CREATED_AT:
        return ZONE_CREATED;
    case ENTITY_LAST_UPDATED_AT:
        return ZONE_UPDATED;
    case ENTITY_DURATION:
        return ZONE_DURATION;
    case ENTITY_TTFT:
        return ZONE_TTFT;
    case ENTITY_TOTAL_ESTIMATED_COST:
        return ZONE_COST;
    case ENTITY_USAGE:
        for (int i = ZONE_PROMPT; i <= ZONE_TOTAL; i++) {
            if (str_eq(query->sort_key, str_of(zone_measures[i].name)))
                return i;
        }
        return -1;
    default:
        return !spans && query->sort_field == TRACE_LLM_SPAN_COUNT ? ZONE_LLM_SPANS : -1;
    }
}
