/* Pages of traces and spans that are found by looking at rows; see page.h. */
#include "store/sql.h"

#include <stdlib.h>

#include "store/sqlite/page.h"
#include "store/sqlite/scan.h"
#include "store/zone_table.h"

static const char *key_columns(const struct entity_query *query)
{
    return query->resource == &span_resource ? ", t.id, t.trace_id, t.parent_span_id" : ", t.id";
}

static enum err failure(struct session *session, const struct sql *sql)
{
    return sql->failed ? ERR_TOO_LARGE : session_failed(session, "list");
}

static void add_page_columns(struct sql *sql, const struct entity_query *query)
{
    sql_add(sql, "SELECT page_add(");
    sql_add_sort_value(sql, query);
    sql_add(sql, key_columns(query));
    sql_add(sql, ")");
}

/* Fills the page in one pass over all matches. */
static enum err collect(struct session *session, const struct scan *scan, struct arena *arena,
                        struct page *page)
{
    struct scan_result result = {.add_columns = add_page_columns, .page = page};
    enum err err = page_init(page, &scan->query, arena);

    if (!err)
        err = scan_run(session, scan, arena, &result);
    page_sort(page);
    return err;
}

/* A zone with the best value that its rows may have. */
struct candidate {
    struct uuid first, last;
    int64_t bound, prefix;
};

static int compare_ascending(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->bound != y->bound)
        return x->bound < y->bound ? -1 : 1;
    return (y->prefix > x->prefix) - (y->prefix < x->prefix);
}

static int compare_descending(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->bound != y->bound)
        return x->bound > y->bound ? -1 : 1;
    return (y->prefix > x->prefix) - (y->prefix < x->prefix);
}

/* usage_rank() of a bound. */
static int64_t usage_bound(int64_t value, bool descending)
{
    if (value > INT64_MAX / 4 || value < INT64_MIN / 4)
        return value > 0 ? INT64_MAX : INT64_MIN;
    return 2 * value + descending;
}

static void read_candidate(sqlite3_stmt *statement, const struct entity_query *query,
                           struct candidate *ret)
{
    memcpy(&ret->first, sqlite3_column_blob(statement, 0), sizeof(ret->first));
    memcpy(&ret->last, sqlite3_column_blob(statement, 1), sizeof(ret->last));
    ret->bound = sqlite3_column_int64(statement, 2);
    ret->prefix = query->order == ORDER_ID ? ret->bound : zone_id_prefix(&ret->last);
    if (query->order == ORDER_FIELD && query->sort_field == ENTITY_USAGE)
        ret->bound = usage_bound(ret->bound, query->descending);
}

/* The zones that have a value of the order, best first. */
static enum err list_zones(struct session *session, const struct entity_query *query,
                           struct arena *arena, struct candidate **ret, size_t *ret_count)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    bool down = true;
    int measure = ZONE_ID, rc = SQLITE_ERROR;
    size_t size = 256;
    struct sql sql;

    if (query->order == ORDER_FIELD) {
        measure = zone_sort_measure(query);
        down = query->descending;
    }
    sql_init(&sql, arena);
    sql_add(&sql, "SELECT z.first, z.last, z.");
    sql_add(&sql, down ? "max_" : "min_");
    sql_add(&sql, zone_measures[measure].name);
    scan_add_zones(&sql, query);
    if (query->has_before) {
        sql_add(&sql, " AND z.min_id <= ");
        sql_add_int(&sql, zone_id_prefix(&query->before));
    }
    statement = session_prepare_sql(session, &sql);
    *ret = arena_alloc(arena, size * sizeof(**ret));
    *ret_count = 0;
    while (statement && *ret && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (sqlite3_column_type(statement, 2) == SQLITE_NULL)
            continue;
        if (*ret_count == size) {
            *ret = arena_grow(arena, *ret, size * sizeof(**ret), 2 * size * sizeof(**ret));
            size *= 2;
        }
        if (*ret)
            read_candidate(statement, query, &(*ret)[(*ret_count)++]);
    }
    sql_done(&sql);
    if (rc != SQLITE_DONE)
        return *ret ? failure(session, &sql) : ERR_TOO_LARGE;
    qsort(*ret, *ret_count, sizeof(**ret), down ? compare_descending : compare_ascending);
    return ERR_OK;
}

/* Reads the value and the key columns of a row. */
static void read_key(sqlite3_stmt *statement, struct page_key *ret)
{
    *ret = (struct page_key){0};
    page_read_value(sqlite3_column_value(statement, 0), ret);
    memcpy(&ret->id, sqlite3_column_blob(statement, 1), sizeof(ret->id));
    if (sqlite3_column_count(statement) == 2)
        return;
    memcpy(&ret->trace, sqlite3_column_blob(statement, 2), sizeof(ret->trace));
    ret->has_parent = sqlite3_column_bytes(statement, 3) == sizeof(ret->parent);
    if (ret->has_parent)
        memcpy(&ret->parent, sqlite3_column_blob(statement, 3), sizeof(ret->parent));
}

/* Takes rows of one range until the page is full. False in *ret_ordered when they come in another
 * order than the default one. */
static enum err take_range(struct session *session, sqlite3_stmt *statement, struct page *page,
                           bool *ret_ordered)
{
    struct page_key key;
    int rc = SQLITE_ROW;

    while (*ret_ordered && page->count < page->capacity &&
           (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        read_key(statement, &key);
        *ret_ordered = page_append(page, &key);
    }
    sqlite3_reset(statement);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return session_failed(session, "list");
    return session_is_over(session) ? session_ended(session) : ERR_OK;
}

/* Fills the page in the default order; *ret_range is the range of its last row. */
static enum err take_first(struct session *session, const struct scan *scan, struct arena *arena,
                           struct page *page, bool *ret_ordered, size_t *ret_range)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    enum err err = page_init(page, &scan->query, arena);
    size_t range = 0;
    struct sql sql;
    int bind;

    if (err)
        return err;
    sql_init(&sql, arena);
    sql_add(&sql, "SELECT NULL");
    sql_add(&sql, key_columns(&scan->query));
    scan_add_source(&sql, scan, &bind);
    statement = session_prepare_sql(session, &sql);
    sql_done(&sql);
    if (!statement)
        return failure(session, &sql);
    *ret_ordered = true;
    session->id_sets = scan->sets;
    for (; !err && *ret_ordered && range < scan->count && page->count < page->capacity; range++) {
        scan_bind(statement, bind, scan->by_range ? &scan->ranges[range] : NULL);
        err = take_range(session, statement, page, ret_ordered);
    }
    session->id_sets = NULL;
    *ret_range = range ? range - 1 : 0;
    return err;
}

/* The same, and what is behind the page is counted. */
static enum err take_first_of_all(struct session *session, struct scan *scan, struct arena *arena,
                                  struct page *page, bool *ret_ordered)
{
    int64_t behind = 0;
    size_t range;
    enum err err = take_first(session, scan, arena, page, ret_ordered, &range);

    if (err || !*ret_ordered || page->count < page->capacity)
        return err;
    scan_cut(scan, range, &page->keys[page->count - 1]);
    err = scan_count(session, scan, arena, &behind);
    page->total += behind;
    return err;
}

/* Offers the rows of one zone that have a value. */
static enum err offer_zone(struct session *session, sqlite3_stmt *statement, struct page *page)
{
    int rc;

    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct page_key key;
        read_key(statement, &key);
        if (!page->by_value || key.kind != PAGE_NULL)
            page_offer(page, &key);
    }
    sqlite3_reset(statement);
    if (rc == SQLITE_DONE && session_is_over(session))
        return session_ended(session);
    return rc == SQLITE_DONE ? ERR_OK : session_failed(session, "list");
}

/* The statement that reads the rows of a zone, with the numbers of its values: the range, and twice
 * the value of the last row of the page, once the page is full. */
struct zone_reader {
    sqlite3_stmt *statement;
    int range, value[2];
};

static enum err open_zone_reader(struct session *session, const struct entity_query *query,
                                 struct arena *arena, struct zone_reader *ret)
{
    static const struct uuid any;
    enum err err = ERR_OK;
    struct sql sql;

    *ret = (struct zone_reader){0};
    sql_init(&sql, arena);
    if (session->id_sets)
        sql.sets = arena_zalloc(arena, sizeof(*sql.sets));
    sql_add(&sql, "SELECT ");
    sql_add_sort_value(&sql, query);
    sql_add(&sql, key_columns(query));
    sql_add_entity_range(&sql, query, &any, &any);
    ret->range = (int)sql.bind_count - 1;
    if (query->order == ORDER_FIELD) {
        sql_add(&sql, " AND (");
        sql_add_sort_value(&sql, query);
        sql_add(&sql, query->descending ? " >= " : " <= ");
        sql_add_text(&sql, STR(""));
        ret->value[0] = (int)sql.bind_count;
        sql_add(&sql, " OR ");
        sql_add_text(&sql, STR(""));
        ret->value[1] = (int)sql.bind_count;
        sql_add(&sql, " IS NULL)");
    }
    ret->statement = session_prepare_sql(session, &sql);
    if (!ret->statement)
        err = failure(session, &sql);
    sql_sets_done(sql.sets);
    sql_done(&sql);
    return err;
}

static void bind_reader(const struct zone_reader *reader, const struct candidate *zone,
                        const struct page *page)
{
    bool full = page->capacity > 0 && page->count == page->capacity;

    bind_uuid(reader->statement, reader->range, &zone->first);
    bind_uuid(reader->statement, reader->range + 1, &zone->last);
    for (int i = 0; i < 2 && page->by_value; i++) {
        if (!full || page->keys[0].kind == PAGE_MONEY)
            sqlite3_bind_null(reader->statement, reader->value[i]);
        else if (page->keys[0].kind == PAGE_INT)
            sqlite3_bind_int64(reader->statement, reader->value[i], page->keys[0].i);
        else
            sqlite3_bind_double(reader->statement, reader->value[i], page->keys[0].d);
    }
}

/* Fills the page zone by zone, until no other zone can have a row of it. */
static enum err walk_zones(struct session *session, const struct entity_query *query,
                           struct arena *arena, struct page *page)
{
    struct zone_reader reader;
    struct candidate *zones;
    struct id_set *sets;
    size_t count, set_count;
    enum err err = page_init(page, query, arena);

    if (!err)
        err = list_zones(session, query, arena, &zones, &count);
    if (!err && query->filter && filter_uses_scores(query->filter)) {
        err = id_sets_load(session, query, arena, &sets, &set_count);
        session->id_sets = err ? NULL : sets;
        if (id_set_is_too_large(err, arena))
            err = ERR_OK;
    }
    if (err)
        return err;
    err = open_zone_reader(session, query, arena, &reader);
    for (size_t i = 0; i < count && !err; i++) {
        if (page_is_done(page, zones[i].bound, zones[i].prefix))
            break;
        bind_reader(&reader, &zones[i], page);
        err = offer_zone(session, reader.statement, page);
    }
    sqlite3_finalize(reader.statement);
    session->id_sets = NULL;
    page_sort(page);
    return err;
}

/* The keys of a page in the order of a text: sorting them alone moves less than whole rows. */
static enum err sort_keys(struct session *session, const struct entity_query *query,
                          struct arena *arena, struct page *page)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    struct entity_query rows = *query;
    enum err err;
    struct sql sql;

    rows.offset = 0; /* the statement leaves those before the page out */
    err = page_init(page, &rows, arena);
    if (err)
        return err;
    sql_init(&sql, arena);
    sql_add(&sql, "SELECT NULL");
    sql_add(&sql, key_columns(query));
    sql_add_entity_scan(&sql, query);
    sql_add_entity_order(&sql, query);
    statement = session_prepare_sql(session, &sql);
    if (!statement)
        err = failure(session, &sql);
    sql_done(&sql);
    while (!err && page->count < page->capacity) {
        int rc = sqlite3_step(statement);
        if (rc == SQLITE_DONE)
            break;
        if (rc != SQLITE_ROW)
            return session_failed(session, "list");
        memcpy(&page->keys[page->count++].id, sqlite3_column_blob(statement, 1),
               sizeof(page->keys->id));
    }
    return err;
}

/* A cursor over the rows of a page from `skip` on. */
static struct entity_cursor *open_page(struct session *session, const struct entity_query *query,
                                       struct arena *arena, const struct page *page, int64_t skip)
{
    struct entity_cursor *cursor = arena_zalloc(arena, sizeof(*cursor));

    cursor->session = session;
    cursor->query = query;
    cursor->page = page;
    cursor->next = (size_t)skip;
    return cursor;
}

/* Traces stand in the order of their ids. ERR_NOT_FOUND when they do not come so. */
static enum err walk_ids(struct session *session, const struct entity_query *query,
                         struct arena *arena, struct page *page)
{
    bool ordered = true;
    struct scan scan;
    size_t range;
    enum err err = scan_init(session, query, arena, &scan);

    if (!err)
        err = take_first(session, &scan, arena, page, &ordered, &range);
    return !err && !ordered ? ERR_NOT_FOUND : err;
}

enum err entity_open_by_id(struct session *session, const struct entity_query *query,
                           struct arena *arena, struct entity_cursor **ret)
{
    struct page *page = arena_zalloc(arena, sizeof(*page));
    enum err err = query->resource == &span_resource ? walk_zones(session, query, arena, page)
                                                     : walk_ids(session, query, arena, page);

    *ret = err ? NULL : open_page(session, query, arena, page, query->offset);
    return err;
}

/* Adds the first rows without a score, as far as they can be on the page. */
static enum err offer_unscored(struct session *session, const struct scan *scan,
                               struct arena *arena, struct page *page)
{
    sqlite3_stmt *statement __attribute__((cleanup(statement_finalize))) = NULL;
    bool full = page->count == page->capacity;
    size_t added = 0;
    struct sql sql;
    int bind, rc = SQLITE_DONE;

    if (full && (page->capacity == 0 || (page->keys[0].i > 0) == page->descending))
        return ERR_OK;
    sql_init(&sql, arena);
    sql_add(&sql, "SELECT 0");
    sql_add(&sql, key_columns(&scan->query));
    scan_add_source(&sql, scan, &bind);
    sql_add(&sql, " AND NOT id_in(0, t.id)");
    statement = session_prepare_sql(session, &sql);
    sql_done(&sql);
    if (!statement)
        return failure(session, &sql);
    for (size_t i = 0; i < scan->count && added < page->capacity; i++) {
        scan_bind(statement, bind, scan->by_range ? &scan->ranges[i] : NULL);
        while (added < page->capacity && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
            struct page_key key;
            read_key(statement, &key);
            page_offer(page, &key);
            added++;
        }
        if (added < page->capacity && rc != SQLITE_DONE)
            return session_failed(session, "list");
        if (session_is_over(session))
            return session_ended(session);
        sqlite3_reset(statement);
    }
    return ERR_OK;
}

/* Scores can be there without their trace. */
static enum err check_scored(struct session *session, const struct scan *scan, struct arena *arena,
                             const struct page *page, bool *ret_all)
{
    *ret_all = true;
    for (size_t i = 0; i < page->count && *ret_all; i++) {
        struct arena_mark mark = arena_mark(arena);
        struct row row = {0};
        enum err err =
            page->keys[i].i == 0
                ? ERR_NOT_FOUND
                : store_entity_get(session, scan->query.resource, 0, scan->query.project.key,
                                   &page->keys[i].id, LOAD_NONE, arena, &row);
        arena_rewind(arena, mark);
        if (err && err != ERR_NOT_FOUND)
            return err;
        *ret_all = page->keys[i].i == 0 || row.exists;
    }
    return ERR_OK;
}

/* The page in the order of a score: those who have it, and as many of the others as may be on it.
 */
static enum err find_scored(struct session *session, const struct entity_query *query,
                            struct arena *arena, struct page *page)
{
    const struct id_set *scored;
    struct scan scan;
    bool all = false;
    enum err err = scan_init(session, query, arena, &scan);

    if (!err && query->resource == &trace_resource)
        err = page_init(page, query, arena);
    if (!err && query->resource == &trace_resource) {
        scored = &scan.sets[0];
        for (size_t i = 0; i < scored->count; i++)
            page_offer(page, &(struct page_key){
                                 .kind = PAGE_INT, .i = scored->ranks[i], .id = scored->ids[i]});
        session->id_sets = scan.sets;
        err = offer_unscored(session, &scan, arena, page);
        session->id_sets = NULL;
        page_sort(page);
        if (!err)
            err = check_scored(session, &scan, arena, page, &all);
    }
    return err || all ? err : collect(session, &scan, arena, page);
}

/* The page in the order of a number, of a project of which nothing is left out. */
static enum err find_sorted(struct session *session, const struct entity_query *query,
                            struct arena *arena, struct page *page)
{
    struct scan scan;
    enum err err;

    if (sql_sorts_by_score(query))
        return find_scored(session, query, arena, page);
    if (zone_sort_measure(query) >= 0) {
        err = walk_zones(session, query, arena, page);
        if (err || page->count == page->capacity)
            return err;
    }
    /* Rows without a value are on it. */
    err = scan_init(session, query, arena, &scan);
    return err ? err : collect(session, &scan, arena, page);
}

static enum err find_matches(struct session *session, const struct entity_query *query,
                             struct arena *arena, struct page *page)
{
    bool ordered = query->order == ORDER_DEFAULT && query->offset + query->limit > 0;
    struct scan scan;
    enum err err = scan_init(session, query, arena, &scan);

    if (!err && ordered)
        err = take_first_of_all(session, &scan, arena, page, &ordered);
    return err || ordered ? err : collect(session, &scan, arena, page);
}

/* How a page is found. */
enum way {
    WAY_TABLE,   /* in the order of the table, without a look at other rows */
    WAY_SORTED,  /* by zones, all rows in the order of a number */
    WAY_COLLECT, /* all matches are looked at */
    WAY_TEXT,    /* the same in the order of a text */
};

static enum way choose_way(const struct entity_query *query)
{
    bool whole = entity_is_whole_project(query), by_field = query->order == ORDER_FIELD;
    bool spans = query->resource == &span_resource;
    bool by_number = by_field && (query->sort_field == ENTITY_USAGE || sql_sorts_by_score(query) ||
                                  zone_sort_measure(query) >= 0);

    if (!page_fits(query) || query->resource == &thread_resource)
        return WAY_TABLE;
    if (by_number)
        return whole ? WAY_SORTED : WAY_COLLECT;
    if (by_field)
        return WAY_TEXT;
    if (query->order == ORDER_DEFAULT && !query->filter && query->search.n == 0 &&
        (spans ? whole || query->has_trace : !query->source))
        return WAY_TABLE;
    return WAY_COLLECT;
}

enum err store_entity_page(struct session *session, const struct entity_query *query,
                           struct arena *arena, struct entity_cursor **ret, int64_t *ret_total)
{
    struct page *page = arena_zalloc(arena, sizeof(*page));
    enum way way = choose_way(query);
    enum err err = ERR_OK;

    *ret = NULL;
    if (way != WAY_COLLECT)
        err = store_entity_count(session, query, ret_total);
    if (err)
        return err;
    if (way == WAY_TABLE)
        return store_entity_open(session, query, arena, ret);
    if (way == WAY_SORTED)
        err = find_sorted(session, query, arena, page);
    else if (way == WAY_COLLECT)
        err = find_matches(session, query, arena, page);
    else
        err = sort_keys(session, query, arena, page);
    if (sql_sorts_by_score(query) && id_set_is_too_large(err, arena)) {
        err = store_entity_count(session, query, ret_total);
        if (!err)
            err = sort_keys(session, query, arena, page);
        way = WAY_TEXT;
    }
    if (err)
        return err;
    if (way == WAY_COLLECT)
        *ret_total = page->total;
    *ret = open_page(session, query, arena, page, way == WAY_TEXT ? 0 : query->offset);
    return ERR_OK;
}
