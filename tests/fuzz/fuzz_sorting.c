/* The parameter `sorting`. */
#include <stdlib.h>

#include "model/entity.h"
#include "model/project.h"
#include "query/sort.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Whether the list of sortable fields has an entry: "name", or "name.*" with a key. */
static bool is_sortable(const struct resource *resource, const struct sort *sort)
{
    const char *name = resource->fields[sort->field].name;

    for (const char *const *entry = resource->sortable_by; *entry; entry++) {
        struct str text = str_of(*entry);
        bool dynamic = str_ends_with(text, STR(".*"));
        if (dynamic)
            text.n -= 2;
        if (str_eq(text, str_of(name)) && dynamic == (sort->key.n > 0))
            return true;
    }
    return false;
}

static enum err parse(const struct resource *resource, struct str text, struct arena *arena,
                      struct sort *ret)
{
    struct error error = {.arena = arena};
    enum err err = sort_parse(arena, resource, text, ret, &error);
    size_t sum = 0;

    if (err) {
        check(err == ERR_BAD_REQUEST || err == ERR_TOO_LARGE);
        check(err == ERR_TOO_LARGE || error.message.n > 0);
        return err;
    }
    check(ret->field >= -1 && ret->field < (int)resource->count);
    check(ret->field < 0 || is_sortable(resource, ret));
    for (size_t i = 0; i < ret->key.n; i++)
        sum += (unsigned char)ret->key.p[i];
    check(ret->key.n == 0 || sum <= ret->key.n * 255);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct resource *const resources[] = {&trace_resource, &span_resource,
                                                       &project_resource};
    struct str text = str_make((const char *)data, size);

    for (size_t i = 0; i < 3; i++) {
        struct sort first = {0}, second = {0};
        struct arena arena;
        arena_init(&arena, 1 << 22);
        check(parse(resources[i], text, &arena, &first) ==
              parse(resources[i], text, &arena, &second));
        check(first.field == second.field && first.descending == second.descending);
        check(str_eq(first.key, second.key));
        arena_done(&arena);
    }
    return 0;
}
