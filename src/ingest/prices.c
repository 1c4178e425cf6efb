/* The table of prices: a hash table by model and provider, filled from the tables that the program
 * carries and from the user's. */
#include "ingest/prices.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ingest/price_file.h"

/* Of all tables together. */
#define MEMORY_MAX ((size_t)1024 * 1024 * 1024)

struct entry {
    struct str model; /* empty: free */
    struct str provider;
    const struct price *price;
    bool is_like; /* has another's price */
};

struct prices {
    struct arena arena;
    struct buf file; /* of prices_add_file() */
    struct entry *entries;
    size_t size; /* a power of two; at most half full */
    size_t count;
};

/* ---- the built-in tables ---- */

#define EMBEDDED(name, file)                                                                       \
    __asm__(".section .rodata\n" #name ":\n.incbin \"" file "\"\n" #name "_end:\n.previous\n");    \
    extern const char name[] __attribute__((visibility("hidden")));                                \
    extern const char name##_end[] __attribute__((visibility("hidden")))

EMBEDDED(prices_list, "src/ingest/prices.tsv");
EMBEDDED(prices_own, "src/ingest/prices_own.tsv");

/* ---- names ---- */

/* Names of providers that mean another's. */
static const struct {
    struct str name, meant;
} provider_aliases[] = {
#define ALIAS(name, meant) {{name, sizeof(name) - 1}, {meant, sizeof(meant) - 1}}
    ALIAS("gemini", "google_ai"),
    ALIAS("vertex-ai", "google_vertexai"),
};

static struct str meant_provider(struct str provider)
{
    for (size_t i = 0; i < sizeof(provider_aliases) / sizeof(provider_aliases[0]); i++) {
        if (str_eq(provider, provider_aliases[i].name))
            return provider_aliases[i].meant;
    }
    return provider;
}

/* Without everything up to the first slash. */
static struct str plain_model(struct str model)
{
    ptrdiff_t slash = str_find(model, STR("/"));

    return slash < 0 ? model : str_make(model.p + slash + 1, model.n - (size_t)slash - 1);
}

/* ---- the hash table ---- */

/* The entry of a model and provider, or the free one where it belongs. */
static struct entry *find_entry(const struct prices *prices, struct str model, struct str provider)
{
    size_t mask = prices->size - 1;

    for (size_t i = (str_hash(model) + str_hash(provider)) & mask;; i = (i + 1) & mask) {
        struct entry *entry = &prices->entries[i];
        if (!entry->model.n || (str_eq(entry->model, model) && str_eq(entry->provider, provider)))
            return entry;
    }
}

static bool make_room(struct prices *prices, size_t more)
{
    struct entry *old = prices->entries;
    size_t old_size = prices->size, size = old_size ? old_size : 64;

    while (size < 2 * (prices->count + more))
        size *= 2;
    if (size == old_size)
        return true;
    prices->entries = arena_zalloc(&prices->arena, size * sizeof(*prices->entries));
    prices->size = size;
    if (!prices->entries)
        return false;
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].model.n)
            *find_entry(prices, old[i].model, old[i].provider) = old[i];
    }
    return true;
}

static void set_entry(struct prices *prices, const struct price_row *row, const struct price *price)
{
    struct str model = plain_model(row->model), provider = meant_provider(row->provider);
    struct entry *entry = find_entry(prices, model, provider);

    prices->count += !entry->model.n;
    *entry = (struct entry){model, provider, price, row->like.n > 0};
}

/* Sets a row to the price of another. */
static enum err set_like(struct prices *prices, const struct price_row *row, struct error *reterr)
{
    ptrdiff_t slash = str_find(row->like, STR("/"));
    struct str provider = str_make(row->like.p, slash < 0 ? 0 : (size_t)slash);
    struct str model = str_make(row->like.p + slash + 1, row->like.n - (size_t)(slash + 1));
    const struct entry *entry = find_entry(prices, model, meant_provider(provider));

    if (!entry->model.n || entry->is_like)
        return error_set(reterr, ERR_BAD_REQUEST, "line %zu: no price of its own has \"%.*s\"",
                         row->line, STR_ARG(row->like));
    set_entry(prices, row, entry->price);
    return ERR_OK;
}

enum err prices_add(struct prices *prices, struct str text, struct error *reterr)
{
    struct price_row *rows;
    size_t count;
    enum err err = price_file_read(&prices->arena, text, &rows, &count, reterr);

    if (!err && !make_room(prices, count))
        err = ERR_TOO_LARGE;
    for (size_t i = 0; !err && i < count; i++) {
        if (!plain_model(rows[i].model).n)
            err = error_set(reterr, ERR_BAD_REQUEST, "line %zu: no model behind \"%.*s\"",
                            rows[i].line, STR_ARG(rows[i].model));
        else if (!rows[i].like.n)
            set_entry(prices, &rows[i], &rows[i].price);
    }
    for (size_t i = 0; !err && i < count; i++) {
        if (rows[i].like.n)
            err = set_like(prices, &rows[i], reterr);
    }
    return err;
}

size_t prices_count(const struct prices *prices)
{
    return prices->count;
}

/* ---- making it ---- */

struct prices *prices_new(void)
{
    struct prices *prices = mem_zalloc(sizeof(*prices));
    struct error error = {.arena = &prices->arena};
    enum err err;

    arena_init(&prices->arena, MEMORY_MAX);
    buf_init(&prices->file, PRICES_FILE_MAX);
    err =
        prices_add(prices, str_make(prices_list, (size_t)(prices_list_end - prices_list)), &error);
    assert(!err);
    err = prices_add(prices, str_make(prices_own, (size_t)(prices_own_end - prices_own)), &error);
    assert(!err);
    return prices;
}

void prices_free(struct prices *prices)
{
    if (!prices)
        return;
    buf_done(&prices->file);
    arena_done(&prices->arena);
    mem_free(prices);
}

/* Reads a file to its end. False with errno; EFBIG when it is larger than the buffer may be. */
static bool read_file(const char *path, struct buf *buf)
{
    FILE *file = fopen(path, "rbe");
    bool ok = file;

    errno = file ? 0 : errno;
    while (ok && !feof(file) && !ferror(file)) {
        ok = buf_reserve(buf, 65536);
        if (ok)
            buf->n += fread(buf->p + buf->n, 1, 65536, file);
        else
            errno = EFBIG;
    }
    ok = ok && !ferror(file);
    if (file)
        fclose(file);
    return ok;
}

bool prices_add_file(struct prices *prices, const char *path, char *message, size_t message_size)
{
    struct error error = {.arena = &prices->arena};
    enum err err;

    if (!read_file(path, &prices->file)) {
        snprintf(message, message_size, "cannot read the prices %s: %s", path, strerror(errno));
        return false;
    }
    err = prices_add(prices, buf_str(&prices->file), &error);
    if (err)
        snprintf(message, message_size, "%s: %.*s", path,
                 STR_ARG(error.message.n ? error.message : STR("too many prices")));
    return !err;
}

/* ---- finding ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int two_digits(const char *p)
{
    return (p[0] - '0') * 10 + p[1] - '0';
}

/* The length without a final "-YYYY-MM-DD". */
static size_t without_date(struct str model)
{
    static const char form[] = "-dddd-dd-dd";
    const char *p = model.p + model.n - (sizeof(form) - 1);
    int month, day;

    if (model.n < sizeof(form) - 1)
        return model.n;
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        if (form[i] == 'd' ? !is_digit(p[i]) : p[i] != form[i])
            return model.n;
    }
    month = two_digits(p + 6);
    day = two_digits(p + 9);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 ? model.n - (sizeof(form) - 1)
                                                              : model.n;
}

/* The length without a final ":<digits>". */
static size_t without_version(struct str model)
{
    size_t n = model.n;

    while (n && is_digit(model.p[n - 1]))
        n--;
    return n && n < model.n && model.p[n - 1] == ':' ? n - 1 : model.n;
}

static const struct price *find_exact(const struct prices *prices, struct str model,
                                      struct str provider)
{
    return model.n ? find_entry(prices, model, provider)->price : NULL;
}

/* The forms of a name behind its own: lower-cased, then with dashes for points, each also without
 * the date and without the version. */
static const struct price *find_form(const struct prices *prices, struct str model,
                                     struct str provider)
{
    char lower[PRICE_NAME_MAX], dashed[PRICE_NAME_MAX];
    size_t cuts[] = {without_date(model), without_version(model)};
    const struct price *price = NULL;
    bool has_points = false;

    for (size_t i = 0; i < model.n; i++) {
        char c = model.p[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        dashed[i] = (char)(c == '.' ? '-' : lower[i]);
        has_points |= c == '.';
    }
    /* Upper case alone makes no other form (stats.md 8). */
    if (has_points)
        price = find_exact(prices, str_make(dashed, model.n), provider);
    for (size_t i = 0; !price && i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        if (cuts[i] == model.n)
            continue;
        price = find_exact(prices, str_make(lower, cuts[i]), provider);
        if (!price)
            price = find_exact(prices, str_make(dashed, cuts[i]), provider);
    }
    return price;
}

const struct price *prices_find(const struct prices *prices, struct str model, struct str provider)
{
    const struct price *price;

    if (str_is_blank(model) || str_is_blank(provider))
        return NULL;
    model = plain_model(model);
    provider = meant_provider(provider);
    if (model.n > PRICE_NAME_MAX)
        return NULL;
    price = find_exact(prices, model, provider);
    return price ? price : find_form(prices, model, provider);
}
