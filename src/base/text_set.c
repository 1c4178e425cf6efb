/* Open addressing, at most half full. */
#include "base/text_set.h"

#include <string.h>

#define FIRST_PLACES 64

static struct str text_at(const struct text_set *set, uint64_t place)
{
    struct str bytes = str_make(set->texts.p + place - 1, set->texts.n - (size_t)(place - 1)), text;

    return text_set_next(&bytes, &text) ? text : STR("");
}

void text_set_init(struct text_set *set, size_t max)
{
    *set = (struct text_set){0};
    buf_init(&set->texts, max);
    buf_init(&set->places, SIZE_MAX);
}

static size_t place_count(const struct buf *places)
{
    return places->n / sizeof(uint64_t);
}

/* The place where a text is, or where it would be put. */
static uint64_t *find_place(const struct text_set *set, const struct buf *places, struct str text)
{
    uint64_t *all = (uint64_t *)places->p, hash = str_hash(text);
    size_t mask = place_count(places) - 1, i = (size_t)(hash ^ hash >> 32) & mask;

    while (all[i] && !str_eq(text_at(set, all[i]), text))
        i = (i + 1) & mask;
    return &all[i];
}

static bool make_room(struct text_set *set)
{
    size_t count = place_count(&set->places);
    size_t bytes = (count ? 2 * count : FIRST_PLACES) * sizeof(uint64_t);
    const uint64_t *old = (const uint64_t *)set->places.p;
    struct buf places;

    if (2 * (set->count + 1) <= count)
        return true;
    buf_init(&places, SIZE_MAX);
    if (!buf_reserve(&places, bytes))
        return false;
    memset(places.p, 0, bytes);
    places.n = bytes;
    for (size_t i = 0; i < count; i++) {
        if (old[i])
            *find_place(set, &places, text_at(set, old[i])) = old[i];
    }
    buf_done(&set->places);
    set->places = places;
    return true;
}

bool text_set_add(struct text_set *set, struct str text)
{
    uint32_t length = (uint32_t)text.n;
    uint64_t *place;

    if (text.n > UINT32_MAX || !make_room(set))
        return false;
    place = find_place(set, &set->places, text);
    if (*place)
        return true;
    if (!buf_reserve(&set->texts, sizeof(length) + text.n))
        return false;
    *place = set->texts.n + 1;
    set->count++;
    return buf_append(&set->texts, str_make((const char *)&length, sizeof(length))) &&
           buf_append(&set->texts, text);
}

struct str text_set_bytes(const struct text_set *set)
{
    return buf_str(&set->texts);
}

bool text_set_next(struct str *bytes, struct str *ret)
{
    uint32_t length;

    if (bytes->n < sizeof(length))
        return false;
    memcpy(&length, bytes->p, sizeof(length));
    if (bytes->n - sizeof(length) < length)
        return false;
    *ret = str_make(bytes->p + sizeof(length), length);
    *bytes = str_make(ret->p + ret->n, bytes->n - sizeof(length) - length);
    return true;
}

void text_set_done(struct text_set *set)
{
    if (!set)
        return;
    buf_done(&set->texts);
    buf_done(&set->places);
    set->count = 0;
}
