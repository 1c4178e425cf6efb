/* The first rows of an order, kept in a heap while rows go by. */
#include "store/sqlite/page.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/zone_table.h"

enum err page_init(struct page *page, const struct entity_query *query, struct arena *arena)
{
    *page = (struct page){.by_value = query->order == ORDER_FIELD,
                          .descending = query->descending,
                          .by_place = query->resource == &span_resource && query->order != ORDER_ID,
                          .capacity = (size_t)(query->offset + query->limit)};
    page->keys = arena_alloc(arena, (page->capacity + 1) * sizeof(*page->keys));
    return page->keys ? ERR_OK : ERR_TOO_LARGE;
}

static double as_double(const struct page_key *key)
{
    return key->kind == PAGE_REAL ? key->d : (double)key->i;
}

static decimal_int as_money(const struct page_key *key)
{
    return key->kind == PAGE_MONEY ? key->money : key->i;
}

/* < 0 when `a` is less. Both have a value. */
static int compare_numbers(const struct page_key *a, const struct page_key *b)
{
    double x, y;

    if (a->kind == PAGE_INT && b->kind == PAGE_INT)
        return (a->i > b->i) - (a->i < b->i);
    if (a->kind != PAGE_REAL && b->kind != PAGE_REAL)
        return (as_money(a) > as_money(b)) - (as_money(a) < as_money(b));
    x = as_double(a);
    y = as_double(b);
    return (x > y) - (x < y);
}

/* > 0 when `a` comes before `b`: greater ids come first. */
static int compare_places(const struct page *page, const struct page_key *a,
                          const struct page_key *b)
{
    int order = 0;

    if (page->by_place) {
        order = uuid_cmp(&a->trace, &b->trace);
        if (order == 0)
            order = (int)a->has_parent - (int)b->has_parent;
        if (order == 0 && a->has_parent)
            order = uuid_cmp(&a->parent, &b->parent);
    }
    return order ? order : uuid_cmp(&a->id, &b->id);
}

static bool comes_before(const struct page *page, const struct page_key *a,
                         const struct page_key *b)
{
    int order;

    if (page->by_value && (a->kind == PAGE_NULL) != (b->kind == PAGE_NULL))
        return b->kind == PAGE_NULL;
    if (page->by_value && a->kind != PAGE_NULL) {
        order = compare_numbers(a, b);
        if (order)
            return (order > 0) == page->descending;
    }
    return compare_places(page, a, b) > 0;
}

/* Puts a key where the hole of the heap's top goes down to. */
static void sift_down(struct page *page, struct page_key key)
{
    size_t hole = 0, child;

    while ((child = 2 * hole + 1) < page->count) {
        if (child + 1 < page->count &&
            comes_before(page, &page->keys[child], &page->keys[child + 1]))
            child++;
        if (!comes_before(page, &key, &page->keys[child]))
            break;
        page->keys[hole] = page->keys[child];
        hole = child;
    }
    page->keys[hole] = key;
}

void page_offer(struct page *page, const struct page_key *key)
{
    size_t hole = page->count;

    page->total++;
    if (page->count == page->capacity) {
        if (page->capacity && comes_before(page, key, &page->keys[0]))
            sift_down(page, *key);
        return;
    }
    page->count++;
    while (hole > 0 && comes_before(page, &page->keys[(hole - 1) / 2], key)) {
        page->keys[hole] = page->keys[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    page->keys[hole] = *key;
}

struct page *page_twin(const struct page *page)
{
    struct page *twin = mem_alloc(sizeof(*twin) + (page->capacity + 1) * sizeof(*twin->keys));

    *twin = *page;
    twin->keys = (struct page_key *)(twin + 1);
    twin->total = 0;
    twin->count = 0;
    return twin;
}

void page_move(struct page *to, struct page *from)
{
    int64_t total = to->total + from->total;

    for (size_t i = 0; i < from->count; i++)
        page_offer(to, &from->keys[i]);
    to->total = total;
    from->total = 0;
    from->count = 0;
}

bool page_append(struct page *page, const struct page_key *key)
{
    if (page->count && !comes_before(page, &page->keys[page->count - 1], key))
        return false;
    page->keys[page->count++] = *key;
    page->total++;
    return true;
}

void page_sort(struct page *page)
{
    size_t count = page->count;

    while (page->count > 1) {
        struct page_key last = page->keys[0];
        struct page_key key = page->keys[--page->count];
        sift_down(page, key);
        page->keys[page->count] = last;
    }
    page->count = count;
}

bool page_is_done(const struct page *page, int64_t bound, int64_t prefix)
{
    const struct page_key *worst = &page->keys[0];
    struct page_key best = {.kind = PAGE_INT, .i = bound};
    int order;

    if (page->count < page->capacity)
        return false;
    if (page->capacity == 0)
        return true;
    if (page->by_value) {
        /* The greatest numbers stand for all beyond them. */
        if (worst->kind == PAGE_NULL || bound == INT64_MAX || bound == INT64_MIN)
            return false;
        order = compare_numbers(&best, worst);
        if (order)
            return (order < 0) == page->descending;
    }
    return prefix < zone_id_prefix(page->by_place ? &worst->trace : &worst->id);
}

void page_read_value(sqlite3_value *value, struct page_key *ret)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        ret->kind = PAGE_INT;
        ret->i = sqlite3_value_int64(value);
        break;
    case SQLITE_FLOAT:
        ret->kind = PAGE_REAL;
        ret->d = sqlite3_value_double(value);
        break;
    case SQLITE_BLOB:
        ret->kind = PAGE_MONEY;
        ret->money = cost_read(value);
        break;
    default:
        ret->kind = PAGE_NULL;
    }
}

/* page_add(value, id), page_add(value, id, trace, parent): offers a row to the session's page. */
static void page_add_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct session *session = sqlite3_user_data(context);
    struct page *page = session->page;
    struct page_key key = {0};

    if (page->capacity == 0) {
        page->total++;
        return;
    }
    page_read_value(values[0], &key);
    uuid_read(values[1], &key.id);
    if (count == 4) {
        uuid_read(values[2], &key.trace);
        key.has_parent = uuid_read(values[3], &key.parent);
    }
    page_offer(page, &key);
}

static void page_add_final(sqlite3_context *context)
{
    sqlite3_result_null(context);
}

int page_functions_register(struct session *session)
{
    int rc = SQLITE_OK;

    for (int arguments = 2; arguments <= 4 && rc == SQLITE_OK; arguments += 2)
        rc = sqlite3_create_function_v2(session->db, "page_add", arguments,
                                        SQLITE_UTF8 | SQLITE_DIRECTONLY, session, NULL,
                                        page_add_step, page_add_final, NULL);
    return rc;
}
