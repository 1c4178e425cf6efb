/* Options: precedence, kinds, ranges, mistakes, help. */
#include "base/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
    const char *listen;
    int store;
    int64_t workers;
    int64_t body_max;
    int64_t request_timeout;
    const char *webhook;
};

static const char *const stores[] = {"sqlite", "clickhouse", NULL};

static const struct option table[] = {
    {"listen", OPTION_TEXT, offsetof(struct options, listen), "127.0.0.1:5173", 0, 0, NULL,
     "ADDRESS:PORT", "Where to listen."},
    {"store", OPTION_CHOICE, offsetof(struct options, store), "sqlite", 0, 0, stores, "NAME",
     "Where the data is."},
    {"workers", OPTION_INT, offsetof(struct options, workers), "4", 1, 64, NULL, "COUNT",
     "Threads that answer."},
    {"body-max", OPTION_SIZE, offsetof(struct options, body_max), "256MiB", 1024, 1LL << 40, NULL,
     "SIZE", "Largest body."},
    {"request-timeout", OPTION_DURATION, offsetof(struct options, request_timeout), "60s", 0,
     INT64_MAX, NULL, "TIME", "Longest request."},
    {"webhook", OPTION_TEXT, offsetof(struct options, webhook), NULL, 0, 0, NULL, "URL",
     "Whom to tell."},
};
#define COUNT (sizeof(table) / sizeof(table[0]))

static char message[300];

/* Reads with up to four arguments and two variables; NULL ends each list. */
static bool read_options(struct options *options, const char *const *arguments,
                         const char *const *variables)
{
    char *argv[8] = {0};
    char *environment[8] = {0};
    int argc = 0;
    for (; arguments && arguments[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)arguments[argc];
    for (int i = 0; variables && variables[i]; i++)
        environment[i] = (char *)(uintptr_t)variables[i];
    message[0] = '\0';
    return config_read(table, COUNT, options, argc, argv, environment, message, sizeof(message));
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_defaults(void **state)
{
    (void)state;
    struct options options = {0};
    assert_true(read_options(&options, NULL, NULL));
    assert_string_equal(options.listen, "127.0.0.1:5173");
    assert_int_equal(options.store, 0);
    assert_int_equal(options.workers, 4);
    assert_int_equal(options.body_max, 256 << 20);
    assert_int_equal(options.request_timeout, 60000);
    assert_null(options.webhook);
    assert_true(config_read(table, COUNT, &options, 0, NULL, NULL, message, sizeof(message)));
}

static void test_precedence(void **state)
{
    (void)state;
    struct options options;
    assert_true(read_options(&options, NULL, LIST("OCELLI_WORKERS=8", "PATH=/bin", "OCELLI=1")));
    assert_int_equal(options.workers, 8);
    assert_true(read_options(&options, LIST("--workers", "9"), LIST("OCELLI_WORKERS=8")));
    assert_int_equal(options.workers, 9);
    assert_true(read_options(&options, LIST("--workers=9", "--workers=10"), NULL));
    assert_int_equal(options.workers, 10);
    assert_true(read_options(&options, NULL, LIST("OCELLI_BODY_MAX=64KiB", "OCELLI_TEST_X=1")));
    assert_int_equal(options.body_max, 65536);
    assert_true(read_options(&options, LIST("--webhook=--a=b", "--listen", ""), NULL));
    assert_string_equal(options.webhook, "--a=b");
    assert_string_equal(options.listen, "");
}

static void test_kinds(void **state)
{
    (void)state;
    struct options options;
    assert_true(read_options(&options, LIST("--store", "clickhouse"), NULL));
    assert_int_equal(options.store, 1);
    static const struct {
        const char *text;
        int64_t value;
    } sizes[] = {
        {"2048", 2048}, {"2KiB", 2048}, {"3MiB", 3 << 20}, {"1GiB", 1 << 30}, {"1TiB", 1LL << 40}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_true(read_options(&options, LIST("--body-max", sizes[i].text), NULL));
        assert_true(options.body_max == sizes[i].value);
    }
    static const struct {
        const char *text;
        int64_t value;
    } times[] = {{"500ms", 500},    {"60s", 60000}, {"15m", 900000},
                 {"24h", 86400000}, {"0", 0},       {"0ms", 0}};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        assert_true(read_options(&options, LIST("--request-timeout", times[i].text), NULL));
        assert_true(options.request_timeout == times[i].value);
    }
}

static void assert_mistake(const char *const *arguments, const char *const *variables,
                           const char *want)
{
    struct options options;
    assert_false(read_options(&options, arguments, variables));
    assert_string_equal(message, want);
}

static void test_mistakes(void **state)
{
    (void)state;
    assert_mistake(LIST("--nope", "1"), NULL,
                   "--nope: unknown option; --help lists the known ones");
    assert_mistake(LIST("--nope=secret"), NULL,
                   "--nope: unknown option; --help lists the known ones");
    assert_mistake(LIST("--"), NULL, "--: unknown option; --help lists the known ones");
    assert_mistake(LIST("--work=3"), NULL, "--work: unknown option; --help lists the known ones");
    assert_mistake(LIST("serve"), NULL, "serve: unexpected argument; options start with --");
    assert_mistake(LIST("-w"), NULL, "-w: unexpected argument; options start with --");
    assert_mistake(LIST("--workers"), NULL, "--workers: needs a value");
    assert_mistake(LIST("--listen", "--workers", "1"), NULL, "--listen: needs a value");
    assert_mistake(LIST("--workers", "0"), NULL, "--workers: \"0\" is not between 1 and 64");
    assert_mistake(LIST("--workers", "65"), NULL, "--workers: \"65\" is not between 1 and 64");
    assert_mistake(LIST("--workers", "x"), NULL, "--workers: \"x\" is not a whole number");
    assert_mistake(LIST("--workers", "1.5"), NULL, "--workers: \"1.5\" is not a whole number");
    assert_mistake(LIST("--workers="), NULL, "--workers: \"\" is not a whole number");
    assert_mistake(LIST("--workers", "1KiB"), NULL, "--workers: \"1KiB\" is not a whole number");
    assert_mistake(LIST("--body-max", "1kb"), NULL,
                   "--body-max: \"1kb\" is not a size such as 64KiB, 256MiB or 1GiB");
    assert_mistake(LIST("--body-max", "9999999999999GiB"), NULL,
                   "--body-max: \"9999999999999GiB\" is not a size such as 64KiB, 256MiB or 1GiB");
    assert_mistake(LIST("--body-max", "1"), NULL, "--body-max: \"1\" is not between 1KiB and 1TiB");
    assert_mistake(LIST("--request-timeout", "60"), NULL,
                   "--request-timeout: \"60\" is not a duration such as 500ms, 60s, 15m or 24h");
    assert_mistake(LIST("--store", "mysql"), NULL,
                   "--store: \"mysql\" is none of sqlite, clickhouse");
    assert_mistake(NULL, LIST("OCELLI_WORKERS=many"),
                   "OCELLI_WORKERS: \"many\" is not a whole number");
    assert_mistake(NULL, LIST("OCELLI_WORKER=1"),
                   "OCELLI_WORKER: unknown variable; --help lists the known ones");
    assert_mistake(NULL, LIST("OCELLI_body_max=1KiB"),
                   "OCELLI_body_max: unknown variable; --help lists the known ones");
}

static void test_long_mistakes(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct options options;
    assert_false(read_options(&options, LIST(text), NULL));
    assert_true(strlen(message) < sizeof(message) - 1);
    text[0] = text[1] = '-';
    assert_false(read_options(&options, LIST(text), NULL));
    assert_true(strlen(message) < sizeof(message) - 1);
    assert_false(read_options(&options, LIST("--workers", text + 2), NULL));
    assert_true(strlen(message) < sizeof(message) - 1);
    /* A small place for the message is enough not to overrun. */
    char *argv[] = {text};
    char tiny[8];
    assert_false(config_read(table, COUNT, &options, 1, argv, NULL, tiny, sizeof(tiny)));
    assert_true(strlen(tiny) < sizeof(tiny));
}

static void print_to(void (*print)(const struct option *, size_t), char *out, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    print(table, COUNT);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(file);
    size_t n = fread(out, 1, size - 1, file);
    out[n] = '\0';
    fclose(file);
}

static void test_printing(void **state)
{
    (void)state;
    char text[4096];
    print_to(config_print_help, text, sizeof(text));
    assert_non_null(strstr(text, "  --listen ADDRESS:PORT\n      OCELLI_LISTEN, default "
                                 "127.0.0.1:5173\n      Where to listen.\n"));
    assert_non_null(strstr(text, "OCELLI_WORKERS, default 4; 1 to 64\n"));
    assert_non_null(strstr(text, "OCELLI_BODY_MAX, default 256MiB; 1KiB to 1TiB\n"));
    assert_non_null(strstr(text, "OCELLI_REQUEST_TIMEOUT, default 60s; at least 0ms\n"));
    assert_non_null(strstr(text, "OCELLI_STORE, default sqlite; sqlite, clickhouse\n"));
    assert_non_null(strstr(text, "      OCELLI_WEBHOOK\n"));
    print_to(config_print_markdown, text, sizeof(text));
    assert_non_null(strstr(text, "| `--workers COUNT` | `OCELLI_WORKERS` | `4` | 1 to 64 | Threads "
                                 "that answer. |\n"));
    assert_non_null(strstr(text, "| `--webhook URL` | `OCELLI_WEBHOOK` |  |  | Whom to tell. |\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_kinds),         cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_long_mistakes), cmocka_unit_test(test_printing),
    };
    return cmocka_run_group_tests_name("base/config", tests, NULL, NULL);
}
