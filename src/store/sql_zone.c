/* Conditions on zones that a query implies: a zone that does not meet them has no row that the
 * query finds. */
#include "store/sql.h"

#include <math.h>

#include "base/mem.h"
#include "base/text_search.h"
#include "store/zone_table.h"

/* The measure that a test compares, or -1. */
static int test_measure(const struct filter_node *node)
{
    static const struct {
        const char *field;
        enum zone_measure measure;
    } fields[] = {
        {"start_time", ZONE_START},           {"end_time", ZONE_END},
        {"created_at", ZONE_CREATED},         {"last_updated_at", ZONE_UPDATED},
        {"duration", ZONE_DURATION},          {"ttft", ZONE_TTFT},
        {"total_estimated_cost", ZONE_COST},  {"llm_span_count", ZONE_LLM_SPANS},
        {"usage.prompt_tokens", ZONE_PROMPT}, {"usage.completion_tokens", ZONE_COMPLETION},
        {"usage.total_tokens", ZONE_TOTAL},
    };

    if (node->op != OPERATOR_EQUAL &&
        (node->op < OPERATOR_GREATER || node->op > OPERATOR_LESS_EQUAL))
        return -1;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (str_eq(str_of(node->field->name), str_of(fields[i].field)))
            return (int)fields[i].measure;
    }
    return -1;
}

/* The set of texts that a test asks for equality in, or 0. */
static int test_text(const struct filter_node *node)
{
    static const struct {
        const char *field;
        enum zone_text text;
    } fields[] = {
        {"name", ZONE_NAME}, {"error_type", ZONE_ERROR_TYPE}, {"environment", ZONE_ENVIRONMENT},
        {"tags", ZONE_TAG},  {"model", ZONE_MODEL},           {"provider", ZONE_PROVIDER},
    };

    if (node->op != OPERATOR_EQUAL || node->value.n == 0)
        return 0;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (str_eq(str_of(node->field->name), str_of(fields[i].field)))
            return (int)fields[i].text;
    }
    return 0;
}

/* Whether a row without a duration, which counts as 0, meets the test. */
static bool takes_zero(const struct filter_node *node)
{
    switch (node->op) {
    case OPERATOR_GREATER:
        return 0 > node->number;
    case OPERATOR_GREATER_EQUAL:
        return 0 >= node->number;
    case OPERATOR_LESS:
        return 0 < node->number;
    case OPERATOR_LESS_EQUAL:
        return 0 <= node->number;
    default:
        return !(node->number < 0) && !(node->number > 0);
    }
}

static bool test_narrows(const struct filter_node *node)
{
    int measure = test_measure(node);

    if (measure == ZONE_DURATION)
        return !takes_zero(node);
    return measure >= 0 || test_text(node) != 0;
}

/* Whether the filter rules zones out. */
static bool narrows(const struct filter_node *node)
{
    bool any = false, all = true;

    if (node->kind == FILTER_TEST)
        return test_narrows(node);
    for (const struct filter_node *child = node->first; child; child = child->next) {
        bool does = narrows(child);
        any |= does;
        all &= does;
    }
    return node->kind == FILTER_AND ? any : node->kind == FILTER_OR && any && all;
}

/* The value that a test compares with in the unit of its measure. */
static double test_value(const struct filter_node *node, int measure)
{
    switch (measure) {
    case ZONE_DURATION:
        return node->number * 1e3;
    case ZONE_COST:
        return node->number * 1e12;
    default:
        return node->number;
    }
}

/* Bounds are rounded away from the value, so that none that meets the test is lost. */
static int64_t bound(double value, int away)
{
    double slack = fabs(value) * 1e-12 + 1;

    value = away < 0 ? floor(value - slack) : ceil(value + slack);
    return value >= 9e18 ? INT64_MAX : value <= -9e18 ? INT64_MIN : (int64_t)value;
}

static void add_bound(struct sql *sql, const char *side, int measure, const char *comparison,
                      int64_t value)
{
    sql_add(sql, side);
    sql_add(sql, zone_measures[measure].name);
    sql_add(sql, comparison);
    sql_add_int(sql, value);
}

static void add_test(struct sql *sql, const struct filter_node *node)
{
    int measure = test_measure(node), text = test_text(node);
    bool low = node->op != OPERATOR_LESS && node->op != OPERATOR_LESS_EQUAL;
    bool high = node->op != OPERATOR_GREATER && node->op != OPERATOR_GREATER_EQUAL;
    int64_t from, to;

    if (text) {
        sql_add(sql, "zone_has(z.bits, ");
        sql_add_int(sql, (int64_t)zone_token((enum zone_text)text, node->value));
        sql_add(sql, ")");
        return;
    }
    if (measure == ZONE_START || measure == ZONE_END) {
        from = to = node->ns;
    } else if (measure == ZONE_CREATED || measure == ZONE_UPDATED) {
        from = node->ns / 1000 - 1;
        to = node->ns / 1000 + 1;
    } else {
        from = bound(test_value(node, measure), -1);
        to = bound(test_value(node, measure), 1);
    }
    if (low)
        add_bound(sql, "z.max_", measure, " >= ", from);
    if (high)
        add_bound(sql, low ? " AND z.min_" : "z.min_", measure, " <= ", to);
}

static void add_filter(struct sql *sql, const struct filter_node *node)
{
    const char *joint = "";

    sql_add(sql, "(");
    if (node->kind == FILTER_TEST)
        add_test(sql, node);
    for (const struct filter_node *child = node->first; child; child = child->next) {
        if (!narrows(child))
            continue;
        sql_add(sql, joint);
        add_filter(sql, child);
        joint = node->kind == FILTER_AND ? " AND " : " OR ";
    }
    sql_add(sql, ")");
}

/* Whether the filter asks for a value that an index of the table finds. */
static bool finds_by_index(const struct filter_node *node)
{
    if (node->kind == FILTER_AND) {
        for (const struct filter_node *child = node->first; child; child = child->next) {
            if (finds_by_index(child))
                return true;
        }
    }
    return node->kind == FILTER_TEST && node->op == OPERATOR_EQUAL &&
           (node->field->source == SOURCE_UUID ||
            str_eq(str_of(node->field->name), STR("thread_id")));
}

static bool bounds_span_ids(const struct entity_query *query)
{
    return query->resource == &span_resource && (query->has_from || query->has_to);
}

bool sql_scans_ranges(const struct entity_query *query)
{
    return !query->has_trace && !query->ids && !(query->filter && finds_by_index(query->filter));
}

bool sql_narrows_zones(const struct entity_query *query)
{
    return bounds_span_ids(query) || (query->filter && narrows(query->filter));
}

bool sql_uses_zones(const struct entity_query *query)
{
    return sql_scans_ranges(query) && sql_narrows_zones(query);
}

void sql_add_zones(struct sql *sql, const struct entity_query *query)
{
    bool spans = query->resource == &span_resource;

    sql_add(sql, spans ? "span_zone z CROSS JOIN span t ON t.trace_id"
                       : "trace_zone z CROSS JOIN trace t ON t.id");
    sql_add(sql, " BETWEEN z.first AND z.last");
}

void sql_add_zone_conditions(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, "z.project = ");
    sql_add_int(sql, query->project.key);
    if (query->filter && narrows(query->filter)) {
        sql_add(sql, " AND ");
        add_filter(sql, query->filter);
    }
    if (!bounds_span_ids(query))
        return;
    if (query->has_from)
        add_bound(sql, " AND z.max_", ZONE_ID, " >= ", zone_id_prefix(&query->from));
    if (query->has_to)
        add_bound(sql, " AND z.min_", ZONE_ID, " <= ", zone_id_prefix(&query->to));
}

/* ---- texts ---- */

/* Whether zones know the trigrams of a field (sqlite/zone_text.h). */
static bool is_indexed(const struct filter_field *field)
{
    static const char *const columns[] = {"t.name",  "t.thread_id", "t.error_type",
                                          "t.model", "t.provider",  "t.tags"};

    if (field->source == SOURCE_HEAVY)
        return true;
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (field->source == SOURCE_COLUMN && str_eq(str_of(field->column), str_of(columns[i])))
            return true;
    }
    return false;
}

static void need_test(struct trigrams_needed *needed, struct arena *arena,
                      const struct filter_node *node)
{
    if (!is_indexed(node->field) ||
        (node->field->type == FILTER_DICTIONARY && !sql_shows_in_json(node)))
        return;
    switch (node->op) {
    case OPERATOR_CONTAINS:
        trigrams_need_pattern(needed, arena, node->value);
        break;
    case OPERATOR_EQUAL:
    case OPERATOR_STARTS_WITH:
    case OPERATOR_ENDS_WITH:
        trigrams_need_text(needed, node->value);
        break;
    default:
        break;
    }
}

/* Only what every row must meet: tests that are joined with AND. */
static void need_filter(struct trigrams_needed *needed, struct arena *arena,
                        const struct filter_node *node)
{
    if (node->kind == FILTER_TEST)
        need_test(needed, arena, node);
    for (const struct filter_node *child = node->first; node->kind == FILTER_AND && child;
         child = child->next)
        need_filter(needed, arena, child);
}

/* A search also looks at ids and at the names of types, of which zones know no trigrams. */
static bool searches_texts_only(const struct entity_query *query, struct arena *arena)
{
    struct text_pattern *pattern = text_pattern_new(query->search, false);
    bool only = !text_pattern_fits_ids(pattern);

    for (int i = 1; only && query->resource == &span_resource && span_type_names[i]; i++)
        only = !text_contains(arena, str_of(span_type_names[i]), query->search);
    mem_free(pattern);
    return only;
}

void sql_needed_trigrams(const struct entity_query *query, struct arena *arena,
                         struct trigrams_needed *ret)
{
    ret->count = 0;
    if (query->filter)
        need_filter(ret, arena, query->filter);
    if (query->search.n && searches_texts_only(query, arena))
        trigrams_need_pattern(ret, arena, query->search);
}
