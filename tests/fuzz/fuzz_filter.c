/* Filters as JSON, as they come in a parameter or a body. */
#include "fuzz/filter_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum err err;
    uint64_t hash;
};

static struct outcome parse_text(const struct resource *resource, struct str text)
{
    struct filter_node *node = NULL;
    struct outcome outcome = {0};
    struct arena arena;
    struct error error;

    arena_init(&arena, 1 << 24);
    error = (struct error){.arena = &arena};
    outcome.err = filter_parse_text(&arena, resource, text, &node, &error);
    if (outcome.err) {
        check_error(outcome.err, &error);
        outcome.hash = hash_text(0, error.message);
    } else if (node) {
        outcome.hash = check_tree(&arena, node);
    }
    arena_done(&arena);
    return outcome;
}

/* The same from a value that was read before: only the words of errors of syntax differ. */
static void parse_value(const struct resource *resource, struct str text,
                        const struct outcome *wanted)
{
    struct filter_node *node = NULL;
    yyjson_val *value = NULL;
    struct arena arena;
    struct error error;
    enum err err;

    arena_init(&arena, 1 << 24);
    error = (struct error){.arena = &arena};
    if (!json_parse(&arena, text, &value, &error)) {
        err = filter_parse_value(&arena, resource, value, &node, &error);
        check(err == wanted->err);
        check(err || !node || check_tree(&arena, node) == wanted->hash);
    }
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct resource *const resources[] = {&trace_resource, &span_resource};
    struct str text = str_make((const char *)data, size);

    for (size_t i = 0; i < 2; i++) {
        struct outcome first = parse_text(resources[i], text);
        struct outcome second = parse_text(resources[i], text);
        check(first.err == second.err && first.hash == second.hash);
        parse_value(resources[i], text, &first);
    }
    return 0;
}
