/* Options, each stated once: a table of name, kind, default, range and one sentence drives the
 * command line (`--name value`, `--name=value`), the environment (`OCELLI_NAME`, dashes become
 * underscores), `--help` and the configuration page. The command line wins over the environment.
 * Unknown options, and unknown variables that start with OCELLI_, refuse to start. */
#ifndef OCELLI_BASE_CONFIG_H
#define OCELLI_BASE_CONFIG_H

#include "base/str.h"

enum option_kind {
    OPTION_TEXT,     /* const char * */
    OPTION_CHOICE,   /* int: index in `choices` */
    OPTION_INT,      /* int64_t */
    OPTION_SIZE,     /* int64_t bytes; "256MiB", "64KiB", "1GiB" or plain bytes */
    OPTION_DURATION, /* int64_t milliseconds; "60s", "500ms", "15m", "24h" */
};

struct option {
    const char *name; /* "listen" */
    enum option_kind kind;
    size_t offset; /* of the value in the options struct */
    const char *fallback;
    int64_t min, max;           /* OPTION_INT, OPTION_SIZE, OPTION_DURATION: inclusive */
    const char *const *choices; /* OPTION_CHOICE: NULL-terminated */
    const char *argument;       /* how --help names the value: "ADDRESS:PORT" */
    const char *doc;            /* one sentence */
};

/* Fills `target` from the defaults, then the environment, then the arguments (argv[0..argc) are
 * options only). False on the first mistake, with one line about it in `message`. Texts point into
 * argv, environ or the table. */
bool config_read(const struct option *table, size_t count, void *target, int argc, char **argv,
                 char **environment, char *message, size_t message_size);

/* Prints one paragraph per option: flag, variable, default, range, sentence. */
void config_print_help(const struct option *table, size_t count);

/* Prints the same as a Markdown table, for docs/configuration.md. */
void config_print_markdown(const struct option *table, size_t count);

#endif
