/* SQL aggregates of statistics: percentiles, sums of money, sums of tallies.
 *
 * SQL has no value for their results, so they are blobs, which stats_sum.h puts together. */
#include "store/sqlite/stats_sum.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text_set.h"

/* ---- totals(start, end, heavy, tags, cost, spans, llm spans): struct row_totals and, behind it,
 * the durations ---- */

struct totals {
    struct row_totals sums;
    struct buf durations; /* doubles, ms */
};

static void add_duration(sqlite3_context *context, struct totals *state, sqlite3_value **values)
{
    int64_t start = sqlite3_value_int64(values[0]);
    double value;

    if (start == 0 || sqlite3_value_type(values[1]) == SQLITE_NULL)
        return;
    value = (double)(sqlite3_value_int64(values[1]) / 1000 - start / 1000) / 1000.0;
    if (state->durations.max == 0)
        buf_init(&state->durations, VALUES_MAX_BYTES);
    if (!buf_append(&state->durations, str_make((const char *)&value, sizeof(value))))
        sqlite3_result_error_nomem(context);
}

static void totals_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct totals *state = sqlite3_aggregate_context(context, sizeof(*state));
    struct row_totals *sums = &state->sums;
    int64_t heavy = sqlite3_value_int64(values[2]);

    (void)count;
    if (!state)
        return;
    sums->count++;
    add_duration(context, state, values);
    for (int i = 0; i < 4; i++)
        sums->heavy[i] += heavy >> i & 1;
    if (sqlite3_value_type(values[3]) != SQLITE_NULL)
        sums->tags += tags_count(sqlite3_user_data(context), values[3]);
    if (sqlite3_value_type(values[4]) != SQLITE_NULL) {
        decimal_int cost = cost_read(values[4]);
        sums->costs += cost > 0;
        sums->cost = decimal_add(sums->cost, cost > 0 ? cost : 0);
    }
    sums->spans += sqlite3_value_int64(values[5]);
    sums->llm_spans += sqlite3_value_int64(values[6]);
}

static void totals_final(sqlite3_context *context)
{
    static const struct row_totals none;
    struct totals *state = sqlite3_aggregate_context(context, 0);
    struct str sums = str_make((const char *)(state ? &state->sums : &none), sizeof(none));
    struct buf out;

    buf_init(&out, VALUES_MAX_BYTES + sizeof(none));
    if (!buf_append(&out, sums) || (state && !buf_append(&out, buf_str(&state->durations))))
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_blob64(context, out.p, out.n, SQLITE_TRANSIENT);
    buf_done(&out);
    if (state)
        buf_done(&state->durations);
}

/* ---- cost_sum(x) ---- */

static void cost_sum_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    decimal_int *sum = sqlite3_aggregate_context(context, sizeof(*sum));

    (void)count;
    if (sum)
        *sum = decimal_add(*sum, cost_read(values[0]));
}

static void cost_sum_final(sqlite3_context *context)
{
    decimal_int *sum = sqlite3_aggregate_context(context, 0);

    cost_result(context, sum ? *sum : 0);
}

/* ---- tally_stats(tally): per name its sum and in how many rows it is ---- */

static void tally_stats_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct session *session = sqlite3_user_data(context);
    struct usage_sum *sum = sqlite3_aggregate_context(context, sizeof(*sum));
    const uint8_t *blob = sqlite3_value_blob(values[0]);
    struct tally_walk walk = {blob, blob + sqlite3_value_bytes(values[0])};
    struct usage_stats one = {.rows = 1};

    (void)count;
    while (sum && tally_next(session->store, &walk, &one.name, &one.sum)) {
        one.positive = one.sum > 0 ? one.sum : 0;
        usage_sum_add(sum, &one);
    }
}

static void tally_stats_final(sqlite3_context *context)
{
    struct usage_sum *sum = sqlite3_aggregate_context(context, 0);
    struct buf out;

    buf_init(&out, VALUES_MAX_BYTES);
    if (!sum)
        sqlite3_result_null(context);
    else if (!usage_sum_write(sum, &out))
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_blob64(context, out.p ? out.p : "", out.n, SQLITE_TRANSIENT);
    buf_done(&out);
    usage_sum_done(sum);
}

/* ---- text_set(text): the texts as bytes, see base/text_set.h ---- */

static void text_set_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct text_set *set = sqlite3_aggregate_context(context, sizeof(*set));
    const char *text = (const char *)sqlite3_value_text(values[0]);

    (void)count;
    if (!set || !text)
        return;
    if (set->texts.max == 0)
        text_set_init(set, VALUES_MAX_BYTES);
    if (!text_set_add(set, str_make(text, (size_t)sqlite3_value_bytes(values[0]))))
        sqlite3_result_error_nomem(context);
}

static void text_set_final(sqlite3_context *context)
{
    struct text_set *set = sqlite3_aggregate_context(context, 0);
    struct str bytes = set ? text_set_bytes(set) : STR("");

    sqlite3_result_blob64(context, bytes.n ? bytes.p : "", bytes.n, SQLITE_TRANSIENT);
    text_set_done(set);
}

/* ---- tally_sum(tally): the sum as a tally ---- */

struct tally_sum {
    uint8_t *blob;
    size_t size;
};

static void tally_sum_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct tally_sum *sum = sqlite3_aggregate_context(context, sizeof(*sum));
    struct str more = {sqlite3_value_blob(values[0]), (size_t)sqlite3_value_bytes(values[0])};
    uint8_t *old;

    (void)count;
    if (!sum || more.n == 0)
        return;
    old = sum->blob;
    sum->blob = tally_add_blobs(str_make((const char *)old, sum->size), more, &sum->size);
    mem_free(old);
}

static void tally_sum_final(sqlite3_context *context)
{
    struct tally_sum *sum = sqlite3_aggregate_context(context, 0);

    if (sum && sum->size)
        sqlite3_result_blob64(context, sum->blob, sum->size, SQLITE_TRANSIENT);
    else
        sqlite3_result_null(context);
    if (sum)
        mem_free(sum->blob);
}

/* ---- value_of_min(key, …, value), value_of_max(key, …, value): the value beside the least or
 * greatest key; of equal keys the least or greatest second argument decides, which is the value
 * itself or stands before it; NULL keys do not count ---- */

struct beside {
    sqlite3_value *key, *second, *value;
};

static void beside_forget(struct beside *state)
{
    sqlite3_value_free(state->key);
    sqlite3_value_free(state->second);
    sqlite3_value_free(state->value);
}

/* Integers and blobs of one type each, which is all that is compared here. */
static int compare_values(sqlite3_value *a, sqlite3_value *b)
{
    if (sqlite3_value_type(a) == SQLITE_INTEGER && sqlite3_value_type(b) == SQLITE_INTEGER) {
        int64_t x = sqlite3_value_int64(a), y = sqlite3_value_int64(b);
        return (x > y) - (x < y);
    }
    return str_cmp(str_make(sqlite3_value_blob(a), (size_t)sqlite3_value_bytes(a)),
                   str_make(sqlite3_value_blob(b), (size_t)sqlite3_value_bytes(b)));
}

static void beside_step(sqlite3_context *context, int count, sqlite3_value **values, int sign)
{
    struct beside *state = sqlite3_aggregate_context(context, sizeof(*state));
    int order;

    if (!state || sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    if (state->key) {
        order = compare_values(values[0], state->key);
        if (order == 0)
            order = compare_values(values[1], state->second);
        if (order * sign <= 0)
            return;
    }
    beside_forget(state);
    state->key = sqlite3_value_dup(values[0]);
    state->second = sqlite3_value_dup(values[1]);
    state->value = sqlite3_value_dup(values[count - 1]);
}

static void value_of_min_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    beside_step(context, count, values, -1);
}

static void value_of_max_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    beside_step(context, count, values, 1);
}

static void beside_final(sqlite3_context *context)
{
    struct beside *state = sqlite3_aggregate_context(context, 0);

    if (!state || !state->key) {
        sqlite3_result_null(context);
        return;
    }
    sqlite3_result_value(context, state->value);
    beside_forget(state);
}

/* ---- score_mean(value): the mean of 10^-9 values, cut to that ---- */

struct score_mean {
    decimal_int sum;
    int64_t count;
};

static void score_mean_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct score_mean *mean = sqlite3_aggregate_context(context, sizeof(*mean));

    (void)count;
    if (mean) {
        mean->sum += sqlite3_value_int64(values[0]);
        mean->count++;
    }
}

static void score_mean_final(sqlite3_context *context)
{
    struct score_mean *mean = sqlite3_aggregate_context(context, 0);

    if (mean && mean->count)
        sqlite3_result_int64(context, (sqlite3_int64)(mean->sum / mean->count));
    else
        sqlite3_result_null(context);
}

/* ---- bits_of(n): the set of all n (0 to 62) as bits ---- */

static void bits_of_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    int64_t *bits = sqlite3_aggregate_context(context, sizeof(*bits));
    int64_t n = sqlite3_value_int64(values[0]);

    (void)count;
    if (bits && n >= 0 && n < 63)
        *bits |= 1LL << n;
}

static void bits_of_final(sqlite3_context *context)
{
    int64_t *bits = sqlite3_aggregate_context(context, 0);

    sqlite3_result_int64(context, bits ? *bits : 0);
}

int aggregates_register(struct session *session)
{
    static const struct {
        const char *name;
        int arguments;
        void (*step)(sqlite3_context *, int, sqlite3_value **);
        void (*final)(sqlite3_context *);
    } table[] = {
        {"totals", 7, totals_step, totals_final},
        {"cost_sum", 1, cost_sum_step, cost_sum_final},
        {"tally_stats", 1, tally_stats_step, tally_stats_final},
        {"text_set", 1, text_set_step, text_set_final},
        {"tally_sum", 1, tally_sum_step, tally_sum_final},
        {"value_of_min", 2, value_of_min_step, beside_final},
        {"value_of_max", 2, value_of_max_step, beside_final},
        {"value_of_min", 3, value_of_min_step, beside_final},
        {"value_of_max", 3, value_of_max_step, beside_final},
        {"score_mean", 1, score_mean_step, score_mean_final},
        {"bits_of", 1, bits_of_step, bits_of_final},
    };
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, rc = SQLITE_OK;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(session->db, table[i].name, table[i].arguments, flags,
                                        session, NULL, table[i].step, table[i].final, NULL);
    return rc;
}
