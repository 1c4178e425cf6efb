/* Reading price tables: one function for each kind of column, and the table of columns. */
#include "ingest/price_file.h"

#define COLUMNS_MAX 32
/* Rates are written as USD per million tokens or characters, and per second of video. */
#define RATE_DIGITS 12
#define PER_MILLION 1
#define PER_ONE 1000000

struct column;

/* Takes the text of a column, which is not empty. */
typedef enum err (*column_reader)(const struct column *column, struct str text,
                                  struct price_row *row, struct error *reterr);

struct column {
    const char *name;
    column_reader read;
    size_t place;  /* of a name in struct price_row */
    size_t rate;   /* enum price_rate */
    int64_t units; /* what the written rate is multiplied with */
};

struct reader {
    struct arena *arena;
    struct error *error;
    struct str rest;
    size_t line;
    const struct column *columns[COLUMNS_MAX]; /* in the order of the file */
    size_t column_count;
    struct price_row *rows;
    size_t count, size;
};

/* ---- columns ---- */

static enum err fail(size_t line, struct error *reterr, const char *what, struct str text)
{
    size_t shown = text.n > 64 ? 64 : text.n;

    return error_set(reterr, ERR_BAD_REQUEST, "line %zu: %s \"%.*s\"", line, what, (int)shown,
                     text.n ? text.p : "");
}

static enum err read_name(const struct column *column, struct str text, struct price_row *row,
                          struct error *reterr)
{
    if (text.n > PRICE_NAME_MAX)
        return fail(row->line, reterr, "too long a name", text);
    *(struct str *)((char *)row + column->place) = text;
    return ERR_OK;
}

static enum err read_formula(const struct column *column, struct str text, struct price_row *row,
                             struct error *reterr)
{
    (void)column;
    for (size_t i = 0; i < PRICE_FORMULA_COUNT; i++) {
        if (str_eq(text, str_of(price_formula_names[i]))) {
            row->price.formula = i;
            return ERR_OK;
        }
    }
    return fail(row->line, reterr, "no such formula:", text);
}

static enum err read_rate(const struct column *column, struct str text, struct price_row *row,
                          struct error *reterr)
{
    decimal_int rate;

    if (!decimal_parse_cut(text, RATE_DIGITS, &rate) || rate < 0 ||
        rate > PRICE_RATE_MAX / column->units)
        return fail(row->line, reterr, "no price:", text);
    row->price.rates[column->rate] = rate * column->units;
    return ERR_OK;
}

#define TEXT_COLUMN(member) .read = read_name, .place = offsetof(struct price_row, member)
#define RATE_COLUMN(number, unit) .read = read_rate, .rate = (number), .units = (unit)

enum { COLUMN_MODEL, COLUMN_PROVIDER, COLUMN_LIKE, COLUMN_FORMULA };

static const struct column columns[] = {
    [COLUMN_MODEL] = {"model", TEXT_COLUMN(model)},
    [COLUMN_PROVIDER] = {"provider", TEXT_COLUMN(provider)},
    [COLUMN_LIKE] = {"like", TEXT_COLUMN(like)},
    [COLUMN_FORMULA] = {"formula", .read = read_formula},
    {"input", RATE_COLUMN(PRICE_INPUT, PER_MILLION)},
    {"output", RATE_COLUMN(PRICE_OUTPUT, PER_MILLION)},
    {"cache_write", RATE_COLUMN(PRICE_CACHE_WRITE, PER_MILLION)},
    {"cache_read", RATE_COLUMN(PRICE_CACHE_READ, PER_MILLION)},
    {"audio_input", RATE_COLUMN(PRICE_AUDIO_INPUT, PER_MILLION)},
    {"audio_output", RATE_COLUMN(PRICE_AUDIO_OUTPUT, PER_MILLION)},
    {"input_above_128k", RATE_COLUMN(PRICE_INPUT_128K, PER_MILLION)},
    {"output_above_128k", RATE_COLUMN(PRICE_OUTPUT_128K, PER_MILLION)},
    {"input_above_200k", RATE_COLUMN(PRICE_INPUT_200K, PER_MILLION)},
    {"output_above_200k", RATE_COLUMN(PRICE_OUTPUT_200K, PER_MILLION)},
    {"cache_write_above_200k", RATE_COLUMN(PRICE_CACHE_WRITE_200K, PER_MILLION)},
    {"cache_read_above_200k", RATE_COLUMN(PRICE_CACHE_READ_200K, PER_MILLION)},
    {"input_above_272k", RATE_COLUMN(PRICE_INPUT_272K, PER_MILLION)},
    {"output_above_272k", RATE_COLUMN(PRICE_OUTPUT_272K, PER_MILLION)},
    {"characters", RATE_COLUMN(PRICE_CHARACTER, PER_MILLION)},
    {"video_seconds", RATE_COLUMN(PRICE_VIDEO_SECOND, PER_ONE)},
};

static const struct column *find_column(struct str name)
{
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (str_eq(name, str_of(columns[i].name)))
            return &columns[i];
    }
    return NULL;
}

static bool has_column(const struct reader *r, const struct column *column)
{
    for (size_t i = 0; i < r->column_count; i++) {
        if (r->columns[i] == column)
            return true;
    }
    return false;
}

/* ---- lines ---- */

/* Takes what stands before the next separator; false at the end. */
static bool next_part(struct str *rest, char separator, struct str *ret)
{
    const char *end;

    if (!rest->p)
        return false;
    end = rest->n ? memchr(rest->p, separator, rest->n) : NULL;
    *ret = str_make(rest->p, end ? (size_t)(end - rest->p) : rest->n);
    *rest = end ? str_make(end + 1, rest->n - ret->n - 1) : (struct str){0};
    return true;
}

/* The next line that is neither empty nor a comment; false at the end. */
static bool next_line(struct reader *r, struct str *ret)
{
    while (next_part(&r->rest, '\n', ret)) {
        r->line++;
        if (!str_is_blank(*ret) && ret->p[0] != '#')
            return true;
    }
    return false;
}

static enum err read_columns(struct reader *r)
{
    struct str line, name;

    if (!next_line(r, &line))
        return error_set(r->error, ERR_BAD_REQUEST, "line %zu: no names of columns", r->line);
    while (next_part(&line, '\t', &name)) {
        const struct column *column = find_column(str_trim(name));

        if (!column)
            return fail(r->line, r->error, "no such column:", str_trim(name));
        if (has_column(r, column))
            return fail(r->line, r->error, "twice the column", str_trim(name));
        r->columns[r->column_count++] = column;
    }
    for (size_t i = COLUMN_MODEL; i <= COLUMN_PROVIDER; i++) {
        if (!has_column(r, &columns[i]))
            return fail(r->line, r->error, "no column", str_of(columns[i].name));
    }
    return ERR_OK;
}

static enum err read_row(struct reader *r, struct str line, struct price_row *row)
{
    bool priced = false, has_formula = false;
    struct str text;
    size_t at = 0;
    enum err err = ERR_OK;

    *row = (struct price_row){.line = r->line};
    while (!err && next_part(&line, '\t', &text)) {
        const struct column *column = at < r->column_count ? r->columns[at] : NULL;

        at++;
        text = str_trim(text);
        if (!text.n)
            continue;
        if (!column)
            return fail(r->line, r->error, "more values than columns:", text);
        priced |= column > &columns[COLUMN_LIKE];
        has_formula |= column == &columns[COLUMN_FORMULA];
        err = column->read(column, text, row, r->error);
    }
    if (err)
        return err;
    if (!row->model.n || !row->provider.n)
        return fail(r->line, r->error, "no model or no provider for", row->model);
    if (row->like.n && priced)
        return fail(r->line, r->error, "a price of its own besides", row->like);
    if (!has_formula)
        row->price.formula = pricing_choose(&row->price, row->provider);
    return ERR_OK;
}

static bool make_room(struct reader *r)
{
    size_t size = r->size ? 2 * r->size : 64;

    if (r->count < r->size)
        return true;
    r->rows = arena_grow(r->arena, r->rows, r->size * sizeof(*r->rows), size * sizeof(*r->rows));
    r->size = size;
    return r->rows;
}

enum err price_file_read(struct arena *arena, struct str text, struct price_row **ret,
                         size_t *ret_count, struct error *reterr)
{
    struct reader r = {.arena = arena, .error = reterr, .rest = text};
    struct str mark = STR("\xEF\xBB\xBF"), line;
    enum err err;

    if (str_starts_with(text, mark))
        r.rest = str_make(text.p + mark.n, text.n - mark.n);
    err = read_columns(&r);
    while (!err && next_line(&r, &line)) {
        if (!make_room(&r))
            return ERR_TOO_LARGE;
        err = read_row(&r, line, &r.rows[r.count]);
        r.count += !err;
    }
    *ret = r.rows;
    *ret_count = r.count;
    return err;
}
