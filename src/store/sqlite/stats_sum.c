/* Sums of sums; percentiles need all values, which are kept until the end. */
#include "store/sqlite/stats_sum.h"

#include <search.h>

#include "base/mem.h"

/* ---- percentiles ---- */

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

/* ---- usage by name ---- */

static int compare_names(const void *a, const void *b)
{
    return str_cmp(((const struct usage_stats *)a)->name, ((const struct usage_stats *)b)->name);
}

static struct usage_stats *find_name(struct usage_sum *sum, struct str name)
{
    struct usage_stats key = {.name = name}, *stats;
    void *node = tfind(&key, &sum->by_name, compare_names);
    char *bytes;

    if (node)
        return *(struct usage_stats **)node;
    stats = mem_zalloc(sizeof(*stats) + name.n + 1);
    bytes = (char *)(stats + 1);
    memcpy(bytes, name.n ? name.p : "", name.n);
    stats->name = str_make(bytes, name.n);
    tsearch(stats, &sum->by_name, compare_names);
    return stats;
}

void usage_sum_add(struct usage_sum *sum, const struct usage_stats *more)
{
    size_t place = ((uintptr_t)more->name.p >> 4) % 16;
    struct usage_stats *stats = sum->recent[place].stats;

    if (sum->recent[place].text != more->name.p || !stats || !str_eq(stats->name, more->name))
        stats = find_name(sum, more->name);
    sum->recent[place].text = more->name.p;
    sum->recent[place].stats = stats;
    stats->sum += more->sum;
    stats->positive += more->positive;
    stats->rows += more->rows;
}

struct writing {
    struct buf *out;
    bool failed;
};

static void write_name(const void *node, VISIT which, void *context)
{
    const struct usage_stats *stats = *(struct usage_stats *const *)node;
    struct writing *writing = context;
    int64_t numbers[] = {stats->sum, stats->rows, stats->positive, (int64_t)stats->name.n};

    if (which != postorder && which != leaf)
        return;
    if (!buf_append(writing->out, str_make((const char *)numbers, sizeof(numbers))) ||
        !buf_append(writing->out, stats->name))
        writing->failed = true;
}

bool usage_sum_write(struct usage_sum *sum, struct buf *out)
{
    struct writing writing = {out, false};

    twalk_r(sum->by_name, write_name, &writing);
    return !writing.failed;
}

static bool next_name(struct str *bytes, struct usage_stats *ret)
{
    int64_t numbers[4];

    if (bytes->n < sizeof(numbers))
        return false;
    memcpy(numbers, bytes->p, sizeof(numbers));
    ret->sum = numbers[0];
    ret->rows = numbers[1];
    ret->positive = numbers[2];
    ret->name = str_make(bytes->p + sizeof(numbers), (size_t)numbers[3]);
    *bytes = str_make(ret->name.p + ret->name.n, bytes->n - sizeof(numbers) - ret->name.n);
    return true;
}

void usage_sum_add_bytes(struct usage_sum *sum, struct str bytes)
{
    struct usage_stats stats;

    while (next_name(&bytes, &stats))
        usage_sum_add(sum, &stats);
}

void usage_sum_done(struct usage_sum *sum)
{
    if (!sum)
        return;
    tdestroy(sum->by_name, mem_free);
    *sum = (struct usage_sum){0};
}

/* ---- all of it ---- */

void stats_sum_init(struct stats_sum *sum)
{
    *sum = (struct stats_sum){0};
    buf_init(&sum->durations, VALUES_MAX_BYTES);
    text_set_init(&sum->threads, VALUES_MAX_BYTES);
}

static struct str column_bytes(sqlite3_stmt *statement, int column)
{
    return str_make(sqlite3_column_blob(statement, column),
                    (size_t)sqlite3_column_bytes(statement, column));
}

static bool add_totals(struct stats_sum *sum, struct str bytes)
{
    struct row_totals more;

    if (bytes.n < sizeof(more))
        return true;
    memcpy(&more, bytes.p, sizeof(more));
    sum->totals.count += more.count;
    for (size_t i = 0; i < sizeof(more.heavy) / sizeof(more.heavy[0]); i++)
        sum->totals.heavy[i] += more.heavy[i];
    sum->totals.tags += more.tags;
    sum->totals.spans += more.spans;
    sum->totals.llm_spans += more.llm_spans;
    sum->totals.costs += more.costs;
    sum->totals.cost = decimal_add(sum->totals.cost, more.cost);
    return buf_append(&sum->durations, str_make(bytes.p + sizeof(more), bytes.n - sizeof(more)));
}

enum err stats_sum_add(struct stats_sum *sum, sqlite3_stmt *statement)
{
    struct str threads = STR(""), thread;

    if (!add_totals(sum, column_bytes(statement, 0)))
        return ERR_TOO_LARGE;
    usage_sum_add_bytes(&sum->usage, column_bytes(statement, 1));
    if (sqlite3_column_count(statement) > 2)
        threads = column_bytes(statement, 2);
    while (text_set_next(&threads, &thread)) {
        if (!text_set_add(&sum->threads, thread))
            return ERR_TOO_LARGE;
    }
    return ERR_OK;
}

struct listing {
    struct arena *arena;
    struct entity_stats *stats;
    bool failed;
};

static void list_name(const void *node, VISIT which, void *context)
{
    const struct usage_stats *usage = *(struct usage_stats *const *)node;
    struct listing *listing = context;
    struct entity_stats *stats = listing->stats;

    if ((which != postorder && which != leaf) || listing->failed)
        return;
    stats->usage =
        array_make_room(listing->arena, stats->usage, stats->usage_count, sizeof(*stats->usage));
    if (!stats->usage) {
        listing->failed = true;
        return;
    }
    stats->usage[stats->usage_count] = *usage;
    stats->usage[stats->usage_count++].name = str_copy(listing->arena, usage->name);
}

enum err stats_sum_read(struct stats_sum *sum, struct arena *arena, struct entity_stats *ret)
{
    const struct row_totals *totals = &sum->totals;
    struct listing listing = {arena, ret, false};

    *ret = (struct entity_stats){.count = totals->count,
                                 .inputs = totals->heavy[0],
                                 .outputs = totals->heavy[1],
                                 .metadata = totals->heavy[2],
                                 .errors = totals->heavy[3],
                                 .tags = totals->tags,
                                 .costs = totals->costs,
                                 .cost = totals->cost,
                                 .spans = totals->spans,
                                 .llm_spans = totals->llm_spans,
                                 .threads = (int64_t)sum->threads.count};
    percentiles_compute((double *)sum->durations.p, sum->durations.n / sizeof(double),
                        ret->duration);
    twalk_r(sum->usage.by_name, list_name, &listing);
    return listing.failed ? ERR_TOO_LARGE : ERR_OK;
}

void stats_sum_done(struct stats_sum *sum)
{
    buf_done(&sum->durations);
    usage_sum_done(&sum->usage);
    text_set_done(&sum->threads);
}
