/* When a span's cost is estimated, and when it stays. */
#include "ingest/span_cost.h"

#include "json/json.h"

#define COST_SCALE 12

/* ---- what a body says ---- */

/* The metadata of a body that is not packed yet; NULL when there is none with such a text in it, so
 * that most need not be parsed. */
static yyjson_val *parse_metadata(struct arena *arena, const struct value *metadata,
                                  struct str needle)
{
    struct error ignored = {.arena = arena};
    yyjson_val *root;

    if (metadata->kind != VALUE_SET || str_find(metadata->s, needle) < 0 ||
        json_parse(arena, metadata->s, &root, &ignored))
        return NULL;
    return root;
}

/* metadata.cost.total_cost, if it is in USD. */
static decimal_int metadata_cost(struct arena *arena, const struct value *metadata)
{
    yyjson_val *root = parse_metadata(arena, metadata, STR("\"total_cost\""));
    yyjson_val *cost = json_member(root, "cost"), *currency = json_member(cost, "currency");
    decimal_int amount = 0;
    struct str text;

    if (!yyjson_is_str(currency) || !yyjson_equals_str(currency, "USD") ||
        !json_scalar_text(json_member(cost, "total_cost"), &text) ||
        !decimal_parse_cut(text, COST_SCALE, &amount))
        return 0;
    return amount;
}

/* metadata.model, empty when there is none. */
static struct str metadata_model(struct arena *arena, const struct value *metadata)
{
    yyjson_val *root = parse_metadata(arena, metadata, STR("\"model\""));
    struct str text;

    return json_scalar_text(json_member(root, "model"), &text) ? text : STR("");
}

static decimal_int usage_cost(const struct prices *prices, struct str model,
                              const struct record *span)
{
    const struct value *usage = &span->v[ENTITY_USAGE];
    const struct price *price = prices_find(prices, model, value_str(&span->v[SPAN_PROVIDER]));

    return price && value_is_set(usage) ? pricing_cost(price, usage->tally) : 0;
}

static void set_estimate(struct record *span, decimal_int cost)
{
    if (cost > 0)
        span->v[SPAN_ESTIMATED_COST] = (struct value){.kind = VALUE_SET, .n = cost};
}

static decimal_int estimate_of(const struct record *span)
{
    const struct value *estimate = &span->v[SPAN_ESTIMATED_COST];

    return value_is_set(estimate) ? estimate->n : 0;
}

void span_cost_prepare_create(const struct prices *prices, struct arena *arena, struct record *span)
{
    const struct value *v = span->v;
    struct str model = value_str(&v[SPAN_MODEL]);
    decimal_int cost;

    if (value_is_set(&v[ENTITY_TOTAL_ESTIMATED_COST]))
        return;
    if (str_is_blank(model) && value_is_set(&v[ENTITY_USAGE]))
        model = metadata_model(arena, &v[ENTITY_METADATA]);
    cost = usage_cost(prices, model, span);
    set_estimate(span, cost > 0 ? cost : metadata_cost(arena, &v[ENTITY_METADATA]));
}

void span_cost_prepare_patch(struct arena *arena, struct record *span)
{
    if (!value_is_set(&span->v[ENTITY_TOTAL_ESTIMATED_COST]))
        set_estimate(span, metadata_cost(arena, &span->v[ENTITY_METADATA]));
}

void span_cost_drop_usage(const struct prices *prices, struct record *span)
{
    if (prices && usage_cost(prices, value_str(&span->v[SPAN_MODEL]), span) > 0)
        span->v[SPAN_ESTIMATED_COST].kind = VALUE_ABSENT;
    span->v[ENTITY_USAGE].kind = VALUE_ABSENT;
}

/* ---- what becomes of the row ---- */

static decimal_int stored_cost(const struct record *span)
{
    return span && value_is_set(&span->v[ENTITY_TOTAL_ESTIMATED_COST])
               ? span->v[ENTITY_TOTAL_ESTIMATED_COST].n
               : 0;
}

static bool is_estimated(const struct record *span)
{
    return span && value_is_set(&span->v[SPAN_COST_VERSION]) && span->v[SPAN_COST_VERSION].s.n;
}

static void set_cost(struct row *row, decimal_int cost)
{
    row->record->v[ENTITY_TOTAL_ESTIMATED_COST] = (struct value){.kind = VALUE_SET, .n = cost};
    row->record->v[SPAN_COST_VERSION] = value_text(STR(SPAN_COST_ESTIMATED));
}

/* What the merged row's model, provider and usage cost. */
static decimal_int merged_cost(const struct prices *prices, const struct row *row)
{
    return prices ? usage_cost(prices, value_str(&row->record->v[SPAN_MODEL]), row->record) : 0;
}

static bool is_patched(const struct row *row, size_t field)
{
    for (size_t i = 0; i < row->patched_count; i++) {
        if (row->patched[i].field == field)
            return true;
    }
    return false;
}

static void settle_patch(const struct prices *prices, const struct span_cost_before *before,
                         const struct record *patch, struct row *row)
{
    const struct value *v = patch->v;
    decimal_int cost = 0;

    if (stored_cost(before->span) > 0 && !is_estimated(before->span))
        return;
    if (value_is_set(&v[SPAN_MODEL]) || value_is_set(&v[SPAN_PROVIDER]) ||
        value_is_set(&v[ENTITY_USAGE]))
        cost = merged_cost(prices, row);
    if (cost <= 0)
        cost = estimate_of(patch);
    if (cost > 0)
        set_cost(row, cost);
}

/* The merge has emptied the cost, because the create tells none, or left a PATCH's. */
static void settle_create(const struct prices *prices, const struct span_cost_before *before,
                          const struct record *create, struct row *row)
{
    struct value *v = row->record->v;
    decimal_int cost = 0;

    if (value_is_set(&v[ENTITY_TOTAL_ESTIMATED_COST]) && !is_estimated(row->record))
        return;
    if (stored_cost(before->span) > 0 && !before->has_base) {
        v[ENTITY_TOTAL_ESTIMATED_COST] = before->span->v[ENTITY_TOTAL_ESTIMATED_COST];
        return;
    }
    /* Without a row before, the estimate is that of the merged row already. */
    if (before->span)
        cost = merged_cost(prices, row);
    if (cost <= 0)
        cost = estimate_of(create);
    /* A PATCH's metadata stays, so what it said of the cost stays too. */
    if (cost <= 0 && is_estimated(before->span) && is_patched(row, ENTITY_METADATA))
        cost = stored_cost(before->span);
    if (cost > 0)
        set_cost(row, cost);
    else if (!value_is_set(&v[ENTITY_TOTAL_ESTIMATED_COST]))
        v[SPAN_COST_VERSION].kind = VALUE_ABSENT;
}

void span_cost_settle(const struct prices *prices, const struct span_cost_before *before,
                      const struct merge_input *input, struct row *row)
{
    const struct value *told = &input->record->v[ENTITY_TOTAL_ESTIMATED_COST];

    if (value_is_set(told)) {
        /* An earlier PATCH's cost may have won. */
        if (stored_cost(row->record) == told->n)
            row->record->v[SPAN_COST_VERSION].kind = VALUE_ABSENT;
    } else if (input->arrival == ARRIVAL_PATCH) {
        settle_patch(prices, before, input->record, row);
    } else {
        settle_create(prices, before, input->record, row);
    }
}
