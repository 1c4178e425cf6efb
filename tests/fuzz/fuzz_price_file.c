/* Price tables: what is read is within its limits, what is refused says in which line. */
#include <stdlib.h>

#include "ingest/price_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_inside(struct str part, struct str text)
{
    require(part.n <= PRICE_NAME_MAX);
    require(part.n == 0 || (part.p >= text.p && part.p + part.n <= text.p + text.n));
}

static void check_row(const struct price_row *row, struct str text)
{
    static const struct tally none = {0};

    require(row->line > 1 && row->line <= text.n + 1);
    require(row->model.n && row->provider.n);
    check_inside(row->model, text);
    check_inside(row->provider, text);
    check_inside(row->like, text);
    require(row->price.formula < PRICE_FORMULA_COUNT);
    for (size_t i = 0; i < PRICE_RATE_COUNT; i++) {
        require(row->price.rates[i] >= 0 && row->price.rates[i] <= PRICE_RATE_MAX);
        require(!row->like.n || row->price.rates[i] == 0);
    }
    require(pricing_cost(&row->price, &none) == 0);
}

static enum err try(struct str text, size_t ceiling)
{
    struct price_row *rows = NULL;
    size_t count = 0;
    struct arena arena;
    struct error error;
    enum err err;

    arena_init(&arena, ceiling);
    error = (struct error){.arena = &arena};
    err = price_file_read(&arena, text, &rows, &count, &error);
    require(err == ERR_OK || err == ERR_TOO_LARGE || err == ERR_BAD_REQUEST);
    if (err == ERR_BAD_REQUEST)
        require(str_starts_with(error.message, STR("line ")) && error.message.n < 200);
    for (size_t i = 0; !err && i < count; i++)
        check_row(&rows[i], text);
    arena_done(&arena);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    enum err err = try(text, (size_t)1 << 30), small = try(text, (size_t)128 << 10);

    require(small == err || small == ERR_TOO_LARGE);
    return 0;
}
