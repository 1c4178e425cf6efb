/* The dictionary of names: an array for number -> text, a tree for text -> number. */
#include "store/sqlite/names.h"

#include <search.h>
#include <stdatomic.h>

#include "base/mem.h"

struct name {
    struct str text;
    uint32_t number;
    char bytes[];
};

struct names {
    _Atomic(struct name *) by_number[NAMES_MAX + 1];
    void *by_text;
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return str_cmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

struct names *names_new(void)
{
    return mem_zalloc(sizeof(struct names));
}

void names_free(struct names *names)
{
    if (!names)
        return;
    names_truncate(names, 0);
    mem_free(names);
}

void names_add(struct names *names, struct str text)
{
    struct name *name = mem_alloc(sizeof(*name) + text.n + 1);

    memcpy(name->bytes, text.n ? text.p : "", text.n);
    name->text = str_make(name->bytes, text.n);
    name->number = (uint32_t)++names->count;
    tsearch(name, &names->by_text, compare_names);
    atomic_store_explicit(&names->by_number[name->number], name, memory_order_release);
}

uint32_t names_number(const struct names *names, struct str text)
{
    struct name key = {.text = text};
    void *node = tfind(&key, &names->by_text, compare_names);

    return node ? (*(struct name *const *)node)->number : 0;
}

struct str names_text(const struct names *names, uint32_t number)
{
    struct name *name = number <= NAMES_MAX
                            ? atomic_load_explicit(&names->by_number[number], memory_order_acquire)
                            : NULL;

    return name ? name->text : STR("");
}

size_t names_count(const struct names *names)
{
    return names->count;
}

void names_truncate(struct names *names, size_t count)
{
    while (names->count > count) {
        struct name *name = atomic_load(&names->by_number[names->count]);
        atomic_store(&names->by_number[names->count], NULL);
        tdelete(name, &names->by_text, compare_names);
        mem_free(name);
        names->count--;
    }
}
