/* SQL aggregates of statistics: percentiles, sums of money, sums of tallies.
 *
 * SQL has no value for their results, so they are blobs, which tally_stats_next() takes apart. */
#include "store/sqlite/database.h"

#include <search.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

/* ---- totals(start, end, heavy, tags, cost, spans, llm spans) ---- */

#define VALUES_MAX_BYTES ((size_t)1024 * 1024 * 1024)

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

static void swap(double *a, double *b)
{
    double old = *a;

    *a = *b;
    *b = old;
}

/* Puts the k-th smallest of values[0..n) at its place, smaller ones before it (quickselect). */
static double select_value(double *values, size_t n, size_t k)
{
    ptrdiff_t low = 0, high = (ptrdiff_t)n - 1, wanted = (ptrdiff_t)k;

    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        ptrdiff_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i <= j)
                swap(&values[i++], &values[j--]);
        }
        if (wanted <= j)
            high = j;
        else if (wanted >= i)
            low = i;
        else
            break;
    }
    return values[k];
}

/* Linear interpolation at q * (n - 1) (stats.md 1). The values before `from` are not greater than
 * any behind; *ret_from is that place for a greater q. */
static double percentile(double *values, size_t n, double q, size_t from, size_t *ret_from)
{
    double place = q * (double)(n - 1), low, high;
    size_t k = (size_t)place;

    low = select_value(values + from, n - from, k - from);
    *ret_from = k;
    if (k + 1 >= n)
        return low;
    high = values[k + 1];
    for (size_t i = k + 2; i < n; i++)
        high = values[i] < high ? values[i] : high;
    return low + (high - low) * (place - (double)k);
}

void percentiles_compute(double *values, size_t n, double ret[3])
{
    static const double quantiles[] = {0.5, 0.9, 0.99};
    size_t from = 0;

    for (size_t i = 0; i < 3; i++)
        ret[i] = n ? percentile(values, n, quantiles[i], from, &from) : 0;
}

static void totals_final(sqlite3_context *context)
{
    static const struct row_totals none;
    struct totals *state = sqlite3_aggregate_context(context, 0);

    if (state)
        percentiles_compute((double *)state->durations.p, state->durations.n / sizeof(double),
                            state->sums.duration);
    if (state)
        buf_done(&state->durations);
    sqlite3_result_blob(context, state ? &state->sums : &none, sizeof(none), SQLITE_TRANSIENT);
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

struct name_stats {
    struct str name;
    int64_t sum, rows;
    int64_t positive; /* sum of the values above 0 */
};

struct tally_stats {
    void *by_name; /* tree of struct name_stats */
    struct {
        const char *text; /* of the dictionary, the same in every row */
        struct name_stats *stats;
    } recent[16];
    struct buf out;
};

static int compare_stats(const void *a, const void *b)
{
    return str_cmp(((const struct name_stats *)a)->name, ((const struct name_stats *)b)->name);
}

static struct name_stats *find_stats(struct tally_stats *state, struct str name)
{
    struct name_stats key = {.name = name}, *stats;
    void *node = tfind(&key, &state->by_name, compare_stats);
    char *bytes;

    if (node)
        return *(struct name_stats **)node;
    stats = mem_zalloc(sizeof(*stats) + name.n + 1);
    bytes = (char *)(stats + 1);
    memcpy(bytes, name.n ? name.p : "", name.n);
    stats->name = str_make(bytes, name.n);
    tsearch(stats, &state->by_name, compare_stats);
    return stats;
}

static void tally_stats_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct session *session = sqlite3_user_data(context);
    struct tally_stats *state = sqlite3_aggregate_context(context, sizeof(*state));
    const uint8_t *blob = sqlite3_value_blob(values[0]);
    struct tally_walk walk = {blob, blob + sqlite3_value_bytes(values[0])};
    struct str name;
    int64_t number;

    (void)count;
    while (state && tally_next(session->store, &walk, &name, &number)) {
        size_t place = ((uintptr_t)name.p >> 4) % 16;
        struct name_stats *stats = state->recent[place].stats;
        if (state->recent[place].text != name.p || !stats || stats->name.n != name.n ||
            memcmp(stats->name.p, name.p, name.n) != 0)
            stats = find_stats(state, name);
        state->recent[place].text = name.p;
        state->recent[place].stats = stats;
        stats->sum += number;
        stats->positive += number > 0 ? number : 0;
        stats->rows++;
    }
}

static void add_name(const void *node, VISIT which, void *context)
{
    const struct name_stats *stats = *(struct name_stats *const *)node;
    struct buf *out = context;
    int64_t numbers[] = {stats->sum, stats->rows, stats->positive, (int64_t)stats->name.n};

    if (which != postorder && which != leaf)
        return;
    if (!buf_append(out, str_make((const char *)numbers, sizeof(numbers))) ||
        !buf_append(out, stats->name))
        out->n = 0;
}

static void tally_stats_final(sqlite3_context *context)
{
    struct tally_stats *state = sqlite3_aggregate_context(context, 0);

    if (!state) {
        sqlite3_result_null(context);
        return;
    }
    buf_init(&state->out, VALUES_MAX_BYTES);
    twalk_r(state->by_name, add_name, &state->out);
    sqlite3_result_blob64(context, state->out.p ? state->out.p : "", state->out.n,
                          SQLITE_TRANSIENT);
    buf_done(&state->out);
    tdestroy(state->by_name, mem_free);
}

bool tally_stats_next(struct str *blob, struct usage_stats *ret)
{
    int64_t numbers[4];

    if (blob->n < sizeof(numbers))
        return false;
    memcpy(numbers, blob->p, sizeof(numbers));
    ret->sum = numbers[0];
    ret->rows = numbers[1];
    ret->positive = numbers[2];
    ret->name = str_make(blob->p + sizeof(numbers), (size_t)numbers[3]);
    *blob = str_make(ret->name.p + ret->name.n, blob->n - sizeof(numbers) - ret->name.n);
    return true;
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
