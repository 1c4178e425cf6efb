/* Tallies and money as column values, and the SQL functions that add to them in place.
 *
 * A tally is a blob of pairs: name as a varint of its number in the dictionary (0: the text
 * follows, its length first), then the count as a zigzag varint. Three usage keys take 10 bytes.
 *
 * A sum from which names were dropped says so by a pair of the number NAMES_DROPPED, which readers
 * do not see. It takes no further names: what comes may be taking away what was never counted. */
#include "store/sqlite/database.h"

#include "base/mem.h"

#define NAMES_DROPPED (NAMES_MAX + 1)

struct reader {
    const uint8_t *p, *end;
    bool failed;
};

static uint64_t read_varint(struct reader *r)
{
    uint64_t value = 0;

    for (int shift = 0; shift < 64; shift += 7) {
        if (r->p == r->end)
            break;
        value |= (uint64_t)(*r->p & 0x7F) << shift;
        if (!(*r->p++ & 0x80))
            return value;
    }
    r->failed = true;
    return 0;
}

static size_t write_varint(uint8_t *out, uint64_t value)
{
    size_t n = 0;

    while (value >= 0x80) {
        out[n++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    out[n++] = (uint8_t)value;
    return n;
}

static int64_t from_zigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static uint64_t to_zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

/* One pair as it stands: a number, or a text with number 0. */
struct pair {
    uint64_t number;
    struct str text;
    int64_t count;
};

static bool read_pair(struct reader *r, struct pair *ret)
{
    if (r->p == r->end)
        return false;
    ret->text = STR("");
    ret->number = read_varint(r);
    if (ret->number == 0) {
        uint64_t length = read_varint(r);
        if (r->failed || length > (uint64_t)(r->end - r->p))
            return false;
        ret->text = str_make((const char *)r->p, length);
        r->p += length;
    }
    ret->count = from_zigzag(read_varint(r));
    return !r->failed;
}

static size_t write_pair(uint8_t *out, const struct pair *pair)
{
    size_t n = write_varint(out, pair->number);

    if (pair->number == 0) {
        n += write_varint(out + n, pair->text.n);
        memcpy(out + n, pair->text.p, pair->text.n);
        n += pair->text.n;
    }
    return n + write_varint(out + n, to_zigzag(pair->count));
}

/* The most bytes that a pair takes. */
static size_t pair_size(struct str text)
{
    return 3 * 10 + text.n;
}

static enum err name_number(struct session *session, struct str text, uint64_t *ret)
{
    struct names *names = session->store->names;
    sqlite3_stmt *insert;

    *ret = names_number(names, text);
    if (*ret || !session->writer || text.n > NAME_BYTES_MAX || names_count(names) >= NAMES_MAX)
        return ERR_OK;
    insert = session_statement(session, STATEMENT_NAME_INSERT,
                               "INSERT INTO name(number, text) VALUES(?, ?)");
    if (!insert)
        return ERR_INTERNAL;
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)names_count(names) + 1);
    bind_str(insert, 2, text);
    if (session_run(session, insert))
        return ERR_INTERNAL;
    names_add(names, text);
    *ret = names_count(names);
    return ERR_OK;
}

enum err tally_bind(struct session *session, sqlite3_stmt *statement, int index,
                    const struct tally *tally)
{
    size_t size = 0, n = 0;
    uint8_t *blob;

    if (tally->n == 0)
        return sqlite3_bind_null(statement, index) ? ERR_INTERNAL : ERR_OK;
    for (size_t i = 0; i < tally->n; i++)
        size += pair_size(tally->entries[i].name);
    blob = mem_alloc(size);
    for (size_t i = 0; i < tally->n; i++) {
        struct pair pair = {0, tally->entries[i].name, tally->entries[i].count};
        if (name_number(session, pair.text, &pair.number)) {
            mem_free(blob);
            return ERR_INTERNAL;
        }
        n += write_pair(blob + n, &pair);
    }
    sqlite3_bind_blob64(statement, index, blob, n, SQLITE_TRANSIENT);
    mem_free(blob);
    return ERR_OK;
}

struct tally *tally_read(struct session *session, const void *blob, int size, struct arena *arena)
{
    struct reader r = {blob, (const uint8_t *)blob + size, false};
    struct tally *tally = arena_zalloc(arena, sizeof(*tally));
    struct pair pair;

    while (blob && read_pair(&r, &pair))
        tally->n += pair.number != NAMES_DROPPED;
    tally->entries = arena_alloc(arena, (tally->n + 1) * sizeof(struct tally_entry));
    if (!tally->entries) {
        tally->n = 0;
        return tally;
    }
    r = (struct reader){blob, (const uint8_t *)blob + size, false};
    for (size_t i = 0; i < tally->n && read_pair(&r, &pair);) {
        if (pair.number == NAMES_DROPPED)
            continue;
        tally->entries[i++] = (struct tally_entry){
            pair.number ? names_text(session->store->names, (uint32_t)pair.number)
                        : str_copy(arena, pair.text),
            pair.count};
    }
    return tally;
}

static bool pair_is(const struct pair *a, const struct pair *b)
{
    return a->number == b->number && str_eq(a->text, b->text);
}

/* What is to be added, each name once, to be found by name. */
struct addend {
    struct pair *pairs;
    size_t count;
    uint32_t *table; /* index in pairs + 1; 0: free */
    size_t mask;     /* size of the table - 1 */
};

/* The place of a name in the table: where it is, or where it would be put. */
static uint32_t *find_place(const struct addend *addend, const struct pair *pair)
{
    size_t at = pair->number ? pair->number * 31 : str_hash(pair->text);

    for (;; at++) {
        uint32_t *place = &addend->table[at & addend->mask];
        if (*place == 0 || pair_is(&addend->pairs[*place - 1], pair))
            return place;
    }
}

static int64_t add_counts(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? (b > 0 ? INT64_MAX : INT64_MIN) : sum;
}

static void addend_init(struct addend *addend, struct reader r)
{
    struct reader counted = r;
    size_t count = 0, size = 4;
    struct pair pair;

    while (read_pair(&counted, &pair))
        count++;
    while (size < 2 * count)
        size *= 2;
    addend->pairs = mem_alloc((count + 1) * sizeof(*addend->pairs));
    addend->table = mem_zalloc(size * sizeof(*addend->table));
    addend->mask = size - 1;
    addend->count = 0;
    while (read_pair(&r, &pair)) {
        uint32_t *place = find_place(addend, &pair);

        if (pair.number == NAMES_DROPPED)
            continue;
        if (*place) {
            struct pair *same = &addend->pairs[*place - 1];
            same->count = add_counts(same->count, pair.count);
            continue;
        }
        addend->pairs[addend->count++] = pair;
        *place = (uint32_t)addend->count;
    }
}

static void addend_done(struct addend *addend)
{
    mem_free(addend->pairs);
    mem_free(addend->table);
}

uint8_t *tally_add_blobs(struct str old, struct str more, size_t *ret_size)
{
    struct reader r = {(const uint8_t *)old.p, (const uint8_t *)old.p + old.n, false};
    /* A count can take more bytes after the addition. */
    uint8_t *out = mem_alloc((old.n + more.n) * 10 + 16);
    struct pair pair, dropped = {NAMES_DROPPED, STR(""), 1};
    size_t n = 0, keys = 0;
    bool any_dropped = false;
    struct addend addend;

    addend_init(&addend,
                (struct reader){(const uint8_t *)more.p, (const uint8_t *)more.p + more.n, false});
    while (old.n && read_pair(&r, &pair)) {
        uint32_t *place = find_place(&addend, &pair);

        if (pair.number == NAMES_DROPPED) {
            any_dropped = true;
            continue;
        }
        if (*place) {
            pair.count = add_counts(pair.count, addend.pairs[*place - 1].count);
            addend.pairs[*place - 1].count = 0;
        }
        if (pair.count != 0 && ++keys)
            n += write_pair(out + n, &pair);
    }
    for (size_t i = 0; i < addend.count; i++) {
        if (addend.pairs[i].count == 0)
            continue;
        any_dropped |= keys == TRACE_SUM_NAMES_MAX;
        if (!any_dropped && ++keys)
            n += write_pair(out + n, &addend.pairs[i]);
    }
    if (any_dropped)
        n += write_pair(out + n, &dropped);
    addend_done(&addend);
    *ret_size = n;
    return out;
}

/* tally_add(old, more): both blobs or NULL. */
static void function_tally_add(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct str old = {sqlite3_value_blob(values[0]), (size_t)sqlite3_value_bytes(values[0])};
    struct str more = {sqlite3_value_blob(values[1]), (size_t)sqlite3_value_bytes(values[1])};
    uint8_t *out;
    size_t n;

    (void)count;
    if (more.n == 0) {
        sqlite3_result_value(context, values[0]);
        return;
    }
    out = tally_add_blobs(old, more, &n);
    if (n)
        sqlite3_result_blob64(context, out, n, SQLITE_TRANSIENT);
    else
        sqlite3_result_null(context);
    mem_free(out);
}

void cost_bind(sqlite3_stmt *statement, int index, decimal_int cost)
{
    uint8_t bytes[DECIMAL_BYTES];

    if (cost >= INT64_MIN && cost <= INT64_MAX) {
        sqlite3_bind_int64(statement, index, (sqlite3_int64)cost);
        return;
    }
    decimal_write_bytes(cost, bytes);
    sqlite3_bind_blob(statement, index, bytes, sizeof(bytes), SQLITE_TRANSIENT);
}

decimal_int cost_read(sqlite3_value *value)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_BLOB:
        return sqlite3_value_bytes(value) == DECIMAL_BYTES
                   ? decimal_read_bytes(sqlite3_value_blob(value))
                   : 0;
    case SQLITE_FLOAT: /* of files that knew no blobs yet; none is greater than 10^38 */
        return (decimal_int)sqlite3_value_double(value);
    default:
        return sqlite3_value_int64(value);
    }
}

void cost_result(sqlite3_context *context, decimal_int cost)
{
    uint8_t bytes[DECIMAL_BYTES];

    if (cost >= INT64_MIN && cost <= INT64_MAX) {
        sqlite3_result_int64(context, (sqlite3_int64)cost);
        return;
    }
    decimal_write_bytes(cost, bytes);
    sqlite3_result_blob(context, bytes, sizeof(bytes), SQLITE_TRANSIENT);
}

/* cost_add(old, more): NULL counts as 0. */
static void function_cost_add(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    cost_result(context, decimal_add(cost_read(values[0]), cost_read(values[1])));
}

bool tally_next(const struct store *store, struct tally_walk *walk, struct str *ret_name,
                int64_t *ret_count)
{
    struct reader r = {walk->p, walk->end, false};
    struct pair pair;

    do {
        if (!walk->p || !read_pair(&r, &pair))
            return false;
        walk->p = r.p;
    } while (pair.number == NAMES_DROPPED);
    *ret_name = pair.number ? names_text(store->names, (uint32_t)pair.number) : pair.text;
    *ret_count = pair.count;
    return true;
}

/* usage_value(tally, name): NULL when it has no such name. */
static void function_usage_value(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct session *session = sqlite3_user_data(context);
    const uint8_t *blob = sqlite3_value_blob(values[0]);
    struct tally_walk walk = {blob, blob + sqlite3_value_bytes(values[0])};
    struct str wanted = {(const char *)sqlite3_value_text(values[1]),
                         (size_t)sqlite3_value_bytes(values[1])};
    struct str name;
    int64_t number;

    (void)count;
    while (tally_next(session->store, &walk, &name, &number)) {
        if (str_eq(name, wanted)) {
            sqlite3_result_int64(context, number);
            return;
        }
    }
}

/* usage_rank(tally, name): orders as the pair of the count, absent as 0, and whether it is there.
 */
static void function_usage_rank(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct session *session = sqlite3_user_data(context);
    const uint8_t *blob = sqlite3_value_blob(values[0]);
    struct tally_walk walk = {blob, blob + sqlite3_value_bytes(values[0])};
    struct str wanted = {(const char *)sqlite3_value_text(values[1]),
                         (size_t)sqlite3_value_bytes(values[1])};
    int64_t number = 0;
    bool found = false;
    struct str name;

    (void)count;
    while (!found && tally_next(session->store, &walk, &name, &number))
        found = str_eq(name, wanted);
    number = !found ? 0 : number;
    if (number > INT64_MAX / 4 || number < INT64_MIN / 4)
        sqlite3_result_double(context, 2.0 * (double)number);
    else
        sqlite3_result_int64(context, 2 * number + found);
}

int tally_functions_register(struct session *session)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    int rc = sqlite3_create_function_v2(session->db, "tally_add", 2, flags, session,
                                        function_tally_add, NULL, NULL, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(session->db, "cost_add", 2, flags, session,
                                        function_cost_add, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(session->db, "usage_value", 2, flags, session,
                                        function_usage_value, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(session->db, "usage_rank", 2, flags, session,
                                        function_usage_rank, NULL, NULL, NULL);
    return rc;
}
