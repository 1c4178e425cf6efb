/* What the tests of model, query, store and ingest share. */
#include "unit/support.h"

#include <stdio.h>

void support_assert_str(struct str got, struct str want, const char *file, int line)
{
    if (str_eq(got, want))
        return;
    print_error("got  \"%.*s\"\nwant \"%.*s\"\n", STR_ARG(got), STR_ARG(want));
    _fail(file, line);
}

void support_assert_json(struct str got, const char *want, const char *file, int line)
{
    struct arena arena;
    struct str json;
    bool same;

    arena_init(&arena, (size_t)1 << 24);
    json = test_json(&arena, "%s", want);
    same = str_eq(got, json);
    if (!same)
        print_error("got  %.*s\nwant %.*s\n", STR_ARG(got), STR_ARG(json));
    arena_done(&arena);
    if (!same)
        _fail(file, line);
}

void support_assert_message(const struct error *error, enum err code, const char *text,
                            const char *file, int line)
{
    if (error->code != code || error->shape != ERROR_SHAPE_MESSAGE) {
        print_error("error %d of shape %d, wanted %d: %.*s\n", error->code, error->shape, code,
                    STR_ARG(error->message));
        _fail(file, line);
    }
    support_assert_str(error->message, str_of(text), file, line);
}

static bool has_item(const struct error *error, struct str item)
{
    for (size_t i = 0; i < error->item_count; i++) {
        if (str_eq(error->items[i], item))
            return true;
    }
    return false;
}

void support_assert_items(const struct error *error, enum err code, const char *items,
                          const char *file, int line)
{
    bool right = error->code == code && error->shape == ERROR_SHAPE_LIST;
    struct str rest = str_of(items);
    size_t count = 0;

    while (right && rest.n) {
        ptrdiff_t bar = str_find(rest, STR("|"));
        struct str item = bar < 0 ? rest : str_make(rest.p, (size_t)bar);
        right = has_item(error, item);
        rest = bar < 0 ? STR("") : str_make(rest.p + bar + 1, rest.n - (size_t)bar - 1);
        count++;
    }
    if (right && count == error->item_count)
        return;
    print_error("error %d of shape %d, wanted %d with: %s\n", error->code, error->shape, code,
                items);
    print_error("message: %.*s\n", STR_ARG(error->message));
    for (size_t i = 0; i < error->item_count; i++)
        print_error("item: %.*s\n", STR_ARG(error->items[i]));
    _fail(file, line);
}

struct uuid test_uuid(unsigned number)
{
    struct uuid uuid = uuid_lowest(1700000000000 + number);

    uuid.b[15] = (uint8_t)number;
    return uuid;
}

const char *test_uuid_text(unsigned number)
{
    static char texts[8][UUID_TEXT_SIZE + 1];
    static unsigned next;
    char *text = texts[next++ % 8];
    struct uuid uuid = test_uuid(number);

    uuid_format(&uuid, text);
    return text;
}

static struct str json_args(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static struct str json_args(struct arena *arena, const char *format, va_list args)
{
    struct str text = str_format_args(arena, format, args);
    char *p = (char *)(uintptr_t)text.p;

    assert_non_null(p);
    for (size_t i = 0; i < text.n; i++) {
        if (p[i] == '\'')
            p[i] = '"';
    }
    return text;
}

struct str test_json(struct arena *arena, const char *format, ...)
{
    struct str text;
    va_list args;

    va_start(args, format);
    text = json_args(arena, format, args);
    va_end(args);
    return text;
}

struct record *test_record(struct arena *arena, const struct resource *resource,
                           enum decode_view view, const char *format, ...)
{
    struct error error = {.arena = arena};
    struct record *record = NULL;
    struct str text;
    va_list args;

    va_start(args, format);
    text = json_args(arena, format, args);
    va_end(args);
    if (decode_body(arena, resource, view, text, &record, &error))
        fail_msg("refused %.*s: %.*s", STR_ARG(text),
                 STR_ARG(error.item_count ? error.items[0] : error.message));
    return record;
}

struct record *test_decode(struct arena *arena, const struct resource *resource,
                           enum decode_view view, struct error *error, const char *format, ...)
{
    struct record *record = NULL;
    struct str text;
    enum err err;
    va_list args;

    va_start(args, format);
    text = json_args(arena, format, args);
    va_end(args);
    *error = (struct error){.arena = arena};
    err = decode_body(arena, resource, view, text, &record, error);
    assert_int_equal(err, error->code);
    return err ? NULL : record;
}

const char *test_sample(const struct field *field, int variant)
{
    static char text[64];
    static const char *const texts[] = {"'alpha'", "'beta'", "'gamma'"};
    static const char *const times[] = {"'2024-01-01T00:00:01Z'", "'2024-01-02T00:00:02.5Z'",
                                        "'2024-01-03T00:00:03.123456789Z'"};
    static const char *const bodies[] = {"{'a':[1]}", "'text'", "17"};
    static const char *const numbers[] = {"1.5", "22", "0.25"};
    static const char *const tags[] = {"['x','y']", "['z']", "['x','q']"};
    static const char *const infos[] = {"{'exception_type':'A','traceback':'t'}",
                                        "{'exception_type':'B','message':'m'}",
                                        "{'exception_type':'C'}"};
    static const char *const tallies[] = {"{'p':1}", "{'p':2,'q':3}", "{'r':-4}"};

    switch (field->type) {
    case FIELD_UUID:
        snprintf(text, sizeof(text), "'%s'", test_uuid_text(9000 + (unsigned)variant));
        return text;
    case FIELD_TEXT:
        return texts[variant];
    case FIELD_TIME_NS:
    case FIELD_TIME_US:
        return times[variant];
    case FIELD_ENUM:
        snprintf(text, sizeof(text), "'%s'", field->names[1 + variant % 2]);
        return text;
    case FIELD_NUMBER:
    case FIELD_COST:
        return numbers[variant];
    case FIELD_JSON:
        return bodies[variant];
    case FIELD_TAGS:
        return tags[variant];
    case FIELD_ERROR_INFO:
        return infos[variant];
    case FIELD_TALLY:
        return tallies[variant];
    default:
        return NULL;
    }
}

static bool same_tally(const struct tally *a, const struct tally *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct tally_entry *other = tally_find(b, a->entries[i].name);
        if (!other || other->count != a->entries[i].count)
            return false;
    }
    return true;
}

bool test_same_value(const struct field *field, const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == VALUE_ABSENT || a->kind == VALUE_KEPT)
        return true;
    switch (field->type) {
    case FIELD_UUID:
        return uuid_eq(&a->uuid, &b->uuid);
    case FIELD_TEXT:
    case FIELD_JSON:
    case FIELD_TAGS:
    case FIELD_ERROR_INFO:
    case FIELD_COLORS:
        return str_eq(a->s, b->s);
    case FIELD_NUMBER:
        return a->d == b->d;
    case FIELD_COST:
        return a->n == b->n;
    case FIELD_TALLY:
    case FIELD_TALLY_KEYS:
        return same_tally(a->tally, b->tally);
    default:
        return a->i == b->i;
    }
}
