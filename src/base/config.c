/* Options from the environment and the command line, driven by a table. */
#include "base/config.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define PREFIX "OCELLI_"
#define TEST_PREFIX "OCELLI_TEST_"
#define NAME_MAX_SIZE 64
#define VALUE_MAX_SIZE 32

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first, so that writing takes the largest that divides. */
static const struct unit size_units[] = {
    {"TiB", 1LL << 40}, {"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}, {"", 1},
    {NULL, 0},
};
static const struct unit duration_units[] = {
    {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0},
};
static const struct unit plain_units[] = {{"", 1}, {NULL, 0}};

static const struct unit *units_of(enum option_kind kind)
{
    if (kind == OPTION_SIZE)
        return size_units;
    return kind == OPTION_DURATION ? duration_units : plain_units;
}

static void variable_name(const struct option *option, char out[NAME_MAX_SIZE])
{
    int n = snprintf(out, NAME_MAX_SIZE, PREFIX "%s", option->name);
    assert(n > 0 && n < NAME_MAX_SIZE);
    for (char *p = out; *p; p++) {
        if (*p == '-')
            *p = '_';
        else if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    }
}

/* "64KiB": a number with the unit behind it. */
static bool parse_quantity(enum option_kind kind, struct str text, int64_t *ret)
{
    size_t digits = text.n && text.p[0] == '-' ? 1 : 0;
    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
        digits++;
    struct str suffix = str_make(text.p + digits, text.n - digits);
    int64_t value;
    if (!str_to_i64(str_make(text.p, digits), &value))
        return false;
    for (const struct unit *unit = units_of(kind); unit->name; unit++)
        if (str_eq(suffix, str_of(unit->name)))
            return !__builtin_mul_overflow(value, unit->factor, ret);
    /* Nothing needs no unit. */
    *ret = 0;
    return value == 0 && suffix.n == 0;
}

static void format_quantity(enum option_kind kind, int64_t value, char out[VALUE_MAX_SIZE])
{
    const struct unit *unit = units_of(kind);
    while (unit[1].name && (value == 0 || value % unit->factor != 0))
        unit++;
    snprintf(out, VALUE_MAX_SIZE, "%" PRId64 "%s", value / unit->factor, unit->name);
}

/* The value of a choice as the index in the list; false when it is none of them. */
static bool parse_choice(const struct option *option, const char *value, int *ret)
{
    for (int i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], value) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static void join_choices(const struct option *option, const char *separator, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; option->choices[i] && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? separator : "",
                                 option->choices[i]);
}

static const char *kind_example(enum option_kind kind)
{
    if (kind == OPTION_SIZE)
        return "a size such as 64KiB, 256MiB or 1GiB";
    return kind == OPTION_DURATION ? "a duration such as 500ms, 60s, 15m or 24h" : "a whole number";
}

/* Stores one value; `source` is the flag or the variable it came from. */
static bool set_value(const struct option *option, void *target, const char *source,
                      const char *value, char *message, size_t message_size)
{
    char *slot = (char *)target + option->offset;
    if (option->kind == OPTION_TEXT) {
        memcpy(slot, &value, sizeof(value));
        return true;
    }
    if (option->kind == OPTION_CHOICE) {
        int choice;
        if (parse_choice(option, value, &choice)) {
            memcpy(slot, &choice, sizeof(choice));
            return true;
        }
        char choices[256];
        join_choices(option, ", ", choices, sizeof(choices));
        snprintf(message, message_size, "%s: \"%.100s\" is none of %s", source, value, choices);
        return false;
    }
    int64_t number;
    if (!parse_quantity(option->kind, str_of(value), &number)) {
        snprintf(message, message_size, "%s: \"%.100s\" is not %s", source, value,
                 kind_example(option->kind));
        return false;
    }
    if (number < option->min || number > option->max) {
        char min[VALUE_MAX_SIZE];
        char max[VALUE_MAX_SIZE];
        format_quantity(option->kind, option->min, min);
        format_quantity(option->kind, option->max, max);
        snprintf(message, message_size, "%s: \"%.100s\" is not between %s and %s", source, value,
                 min, max);
        return false;
    }
    memcpy(slot, &number, sizeof(number));
    return true;
}

static bool read_defaults(const struct option *table, size_t count, void *target, char *message,
                          size_t message_size)
{
    for (size_t i = 0; i < count; i++) {
        assert(table[i].fallback || table[i].kind == OPTION_TEXT);
        if (!set_value(&table[i], target, table[i].name, table[i].fallback, message, message_size))
            return false;
    }
    return true;
}

static const struct option *find_variable(const struct option *table, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        char variable[NAME_MAX_SIZE];
        variable_name(&table[i], variable);
        if (str_eq(name, str_of(variable)))
            return &table[i];
    }
    return NULL;
}

static bool read_environment(const struct option *table, size_t count, void *target,
                             char **environment, char *message, size_t message_size)
{
    for (char **p = environment; p && *p; p++) {
        struct str entry = str_of(*p);
        const char *equals = strchr(*p, '=');
        if (!equals || !str_starts_with(entry, STR(PREFIX)) ||
            str_starts_with(entry, STR(TEST_PREFIX)))
            continue;
        struct str name = str_make(*p, (size_t)(equals - *p));
        const struct option *option = find_variable(table, count, name);
        if (!option) {
            snprintf(message, message_size, "%.*s: unknown variable; --help lists the known ones",
                     name.n > 100 ? 100 : (int)name.n, name.p);
            return false;
        }
        char variable[NAME_MAX_SIZE];
        variable_name(option, variable);
        if (!set_value(option, target, variable, equals + 1, message, message_size))
            return false;
    }
    return true;
}

static const struct option *find_flag(const struct option *table, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(name, str_of(table[i].name)))
            return &table[i];
    return NULL;
}

static bool read_arguments(const struct option *table, size_t count, void *target, int argc,
                           char **argv, char *message, size_t message_size)
{
    for (int i = 0; i < argc; i++) {
        /* What follows "=" may be a secret, so it never gets into a message here. */
        size_t shown = strcspn(argv[i], "=");
        int width = shown > 100 ? 100 : (int)shown;
        if (!str_starts_with(str_of(argv[i]), STR("--"))) {
            snprintf(message, message_size, "%.*s: unexpected argument; options start with --",
                     width, argv[i]);
            return false;
        }
        const struct option *option = find_flag(table, count, str_make(argv[i] + 2, shown - 2));
        if (!option) {
            snprintf(message, message_size, "%.*s: unknown option; --help lists the known ones",
                     width, argv[i]);
            return false;
        }
        char flag[NAME_MAX_SIZE + 2];
        snprintf(flag, sizeof(flag), "--%s", option->name);
        const char *value = argv[i][shown] == '=' ? argv[i] + shown + 1 : NULL;
        /* A value that looks like an option is rather a forgotten one; "=" takes it as it is. */
        if (!value && i + 1 < argc && !str_starts_with(str_of(argv[i + 1]), STR("--")))
            value = argv[++i];
        if (!value) {
            snprintf(message, message_size, "%s: needs a value", flag);
            return false;
        }
        if (!set_value(option, target, flag, value, message, message_size))
            return false;
    }
    return true;
}

bool config_read(const struct option *table, size_t count, void *target, int argc, char **argv,
                 char **environment, char *message, size_t message_size)
{
    return read_defaults(table, count, target, message, message_size) &&
           read_environment(table, count, target, environment, message, message_size) &&
           read_arguments(table, count, target, argc, argv, message, message_size);
}

/* "1 to 64", "at least 1", "json, text"; empty when anything goes. */
static void describe_range(const struct option *option, char *out, size_t size)
{
    out[0] = '\0';
    if (option->kind == OPTION_TEXT)
        return;
    if (option->kind == OPTION_CHOICE) {
        join_choices(option, ", ", out, size);
        return;
    }
    char min[VALUE_MAX_SIZE];
    char max[VALUE_MAX_SIZE];
    format_quantity(option->kind, option->min, min);
    format_quantity(option->kind, option->max, max);
    if (option->max == INT64_MAX)
        snprintf(out, size, "at least %s", min);
    else
        snprintf(out, size, "%s to %s", min, max);
}

void config_print_help(const struct option *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char variable[NAME_MAX_SIZE];
        char range[256];
        variable_name(&table[i], variable);
        describe_range(&table[i], range, sizeof(range));
        bool has_default = table[i].fallback && table[i].fallback[0];
        printf("  --%s %s\n      %s%s%s%s%s\n      %s\n\n", table[i].name,
               table[i].argument ? table[i].argument : "VALUE", variable,
               has_default ? ", default " : "", has_default ? table[i].fallback : "",
               range[0] ? "; " : "", range, table[i].doc);
    }
}

void config_print_markdown(const struct option *table, size_t count)
{
    printf("| Option | Variable | Default | Range | Meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        char variable[NAME_MAX_SIZE];
        char range[256];
        variable_name(&table[i], variable);
        describe_range(&table[i], range, sizeof(range));
        bool has_default = table[i].fallback && table[i].fallback[0];
        const char *tick = has_default ? "`" : "";
        printf("| `--%s %s` | `%s` | %s%s%s | %s | %s |\n", table[i].name,
               table[i].argument ? table[i].argument : "VALUE", variable, tick,
               has_default ? table[i].fallback : "", tick, range, table[i].doc);
    }
}
