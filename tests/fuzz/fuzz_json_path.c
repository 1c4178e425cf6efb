/* JSON paths: the first line of the input is a path, the rest the JSON that it is applied to. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "query/json_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void add(struct buf *out, struct str text)
{
    check(buf_append(out, text));
}

static void add_number(struct buf *out, size_t number)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%zu", number);

    add(out, str_make(text, (size_t)n));
}

/* Always in brackets, with escapes where a name needs them. */
static void add_step(struct buf *out, const struct json_step *step)
{
    add(out, STR("["));
    switch (step->kind) {
    case STEP_NAME:
        add(out, STR("\""));
        for (size_t i = 0; i < step->name.n; i++) {
            if (step->name.p[i] == '"' || step->name.p[i] == '\\')
                add(out, STR("\\"));
            add(out, str_make(step->name.p + i, 1));
        }
        add(out, STR("\""));
        break;
    case STEP_INDEX:
        add_number(out, step->from);
        break;
    case STEP_ALL:
        add(out, STR("*"));
        break;
    case STEP_RANGE:
        add_number(out, step->from);
        add(out, STR(" to "));
        add_number(out, step->to);
        break;
    }
    add(out, STR("]"));
}

static void check_same(const struct json_path *a, const struct json_path *b)
{
    check(a->n == b->n);
    for (size_t i = 0; i < a->n; i++) {
        const struct json_step *x = &a->steps[i], *y = &b->steps[i];
        check(x->kind == y->kind && x->from == y->from && x->to == y->to);
        check(str_eq(x->name, y->name));
    }
}

static void apply(struct arena *arena, const struct json_path *path, struct str json)
{
    struct error error = {.arena = arena};
    struct str found = STR(""), again = STR("");
    yyjson_val *root = NULL;

    if (json_parse(arena, json, &root, &error))
        return;
    if (json_path_first(path, root, &found)) {
        check(json_path_first(path, root, &again) && str_eq(found, again));
        check(found.n == 0 || str_find(found, found) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = str_make((const char *)data, size), key = input, json = STR("");
    ptrdiff_t line = str_find(input, STR("\n"));
    struct json_path path, again;
    struct arena arena;
    struct buf out;

    if (line >= 0) {
        key = str_make(input.p, (size_t)line);
        json = str_make(input.p + line + 1, input.n - (size_t)line - 1);
    }
    arena_init(&arena, 1 << 22);
    buf_init(&out, 1 << 22);
    if (json_path_parse(&arena, key, &path)) {
        check(path.n <= JSON_PATH_STEPS_MAX);
        add(&out, STR("$"));
        for (size_t i = 0; i < path.n; i++)
            add_step(&out, &path.steps[i]);
        check(json_path_parse(&arena, str_make(out.p, out.n), &again));
        check_same(&path, &again);
        apply(&arena, &path, json);
    }
    buf_done(&out);
    arena_done(&arena);
    return 0;
}
