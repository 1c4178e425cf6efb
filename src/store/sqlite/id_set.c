/* Rows of a pass come mostly in the order of their ids, so an id is looked for near the one before.
 */
#include "store/sqlite/id_set.h"

#include <stdlib.h>

static enum err make_room(struct arena *arena, struct id_set *set, size_t *size, bool ranked)
{
    size_t more = *size ? 2 * *size : 256;

    if (set->count == ID_SET_MAX)
        return ERR_TOO_LARGE;
    if (set->count < *size)
        return ERR_OK;
    set->ids = arena_grow(arena, set->ids, *size * sizeof(*set->ids), more * sizeof(*set->ids));
    if (ranked)
        set->ranks =
            arena_grow(arena, set->ranks, *size * sizeof(*set->ranks), more * sizeof(*set->ranks));
    *size = more;
    return set->ids && (set->ranks || !ranked) ? ERR_OK : ERR_TOO_LARGE;
}

static enum err add_id(struct arena *arena, struct id_set *set, size_t *size, sqlite3_stmt *row)
{
    bool ranked = sqlite3_column_count(row) > 1;
    enum err err = make_room(arena, set, size, ranked);

    if (err || !column_uuid(row, 0, &set->ids[set->count]))
        return err;
    if (ranked && set->ranks)
        set->ranks[set->count] = sqlite3_column_int64(row, 1);
    set->count++;
    return ERR_OK;
}

static int compare_ids(const void *a, const void *b)
{
    return uuid_cmp(a, b);
}

/* Scores of one name come in the order of their ids; of several, or of spans, they do not. */
static void sort_ids(struct id_set *set)
{
    size_t kept = 0, i = 1;

    while (i < set->count && uuid_cmp(&set->ids[i - 1], &set->ids[i]) < 0)
        i++;
    if (i >= set->count)
        return;
    qsort(set->ids, set->count, sizeof(*set->ids), compare_ids);
    for (i = 0; i < set->count; i++) {
        if (kept == 0 || !uuid_eq(&set->ids[kept - 1], &set->ids[i]))
            set->ids[kept++] = set->ids[i];
    }
    set->count = kept;
}

enum err id_set_load(struct session *session, const struct sql *sql, struct arena *arena,
                     struct id_set *ret)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) =
        session_prepare_sql(session, sql);
    enum err err = ERR_OK;
    size_t size = 0;
    int rc = SQLITE_ERROR;

    *ret = (struct id_set){0};
    while (!err && statement && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        err = add_id(arena, ret, &size, statement);
    if (!err && rc != SQLITE_DONE)
        err = sql->failed ? ERR_TOO_LARGE : session_failed(session, "ids");
    if (!err && !ret->ranks)
        sort_ids(ret);
    return err;
}

enum err id_sets_load(struct session *session, const struct entity_query *query,
                      struct arena *arena, struct id_set **ret, size_t *ret_count)
{
    struct sql_sets *sets = arena_zalloc(arena, sizeof(*sets));
    struct sql sql;
    enum err err = ERR_OK;

    sql_init(&sql, arena);
    sql.project_key = query->project.key;
    sql.sets = sets;
    sql_add_filter(&sql, query->filter);
    sql_done(&sql);
    *ret = arena_zalloc(arena, sizeof(**ret) * (sets->count + 1));
    *ret_count = sets->count + 1;
    for (size_t i = 0; i < sets->count && !err; i++)
        err = id_set_load(session, &sets->queries[i], arena, &(*ret)[i + 1]);
    sql_sets_done(sets);
    return err;
}

/* The first place from `low` on whose id is not less, below `high`. */
static size_t lower_bound(const struct id_set *set, const struct uuid *id, size_t low, size_t high)
{
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (uuid_cmp(&set->ids[middle], id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

ptrdiff_t id_set_find(const struct id_set *set, const struct uuid *id, size_t *hint)
{
    size_t low, high, at = *hint < set->count ? *hint : 0, step = 1;

    if (set->count == 0)
        return -1;
    if (uuid_cmp(&set->ids[at], id) < 0) {
        while (at + step < set->count && uuid_cmp(&set->ids[at + step], id) < 0)
            step *= 2;
        low = at + step / 2;
        high = at + step < set->count ? at + step + 1 : set->count;
    } else {
        while (at >= step && uuid_cmp(&set->ids[at - step], id) >= 0)
            step *= 2;
        low = at >= step ? at - step : 0;
        high = at + 1;
    }
    *hint = lower_bound(set, id, low, high);
    return *hint < set->count && uuid_eq(&set->ids[*hint], id) ? (ptrdiff_t)*hint : -1;
}

/* Of (number of the set, id). */
static const struct id_set *find_argument(sqlite3_context *context, sqlite3_value **values,
                                          ptrdiff_t *ret)
{
    struct session *session = sqlite3_user_data(context);
    int number = sqlite3_value_int(values[0]);
    struct uuid id;

    *ret = -1;
    if (uuid_read(values[1], &id))
        *ret = id_set_find(&session->id_sets[number], &id, &session->id_hints[number]);
    return &session->id_sets[number];
}

/* id_in(number, id) */
static void function_id_in(sqlite3_context *context, int count, sqlite3_value **values)
{
    ptrdiff_t place;

    (void)count;
    find_argument(context, values, &place);
    sqlite3_result_int(context, place >= 0);
}

/* id_rank(number, id): 0 when it is not in the set. */
static void function_id_rank(sqlite3_context *context, int count, sqlite3_value **values)
{
    ptrdiff_t place;
    const struct id_set *set = find_argument(context, values, &place);

    (void)count;
    sqlite3_result_int64(context, place >= 0 ? set->ranks[place] : 0);
}

int id_set_functions_register(struct session *session)
{
    int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    int rc = sqlite3_create_function_v2(session->db, "id_in", 2, flags, session, function_id_in,
                                        NULL, NULL, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(session->db, "id_rank", 2, flags, session, function_id_rank,
                                        NULL, NULL, NULL);
    return rc;
}
