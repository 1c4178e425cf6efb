/* Stored scores as a reader sees them. */
#include "model/score_view.h"

#include <stdlib.h>

int64_t score_view_mean(const struct score_source *sources, size_t count)
{
    decimal_int sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += sources[i].score->v[SCORE_VALUE].i;
    return count ? (int64_t)(sum / (decimal_int)count) : 0;
}

/* The texts of a field, with ", " between them. */
static struct value join(struct arena *arena, const struct score_source *sources, size_t count,
                         int field, const char *blank, bool skip_blank)
{
    static const struct str comma = {", ", 2};
    struct str joined = STR("");
    size_t size = 0, n = 0;
    char *out;

    if (count == 1)
        return sources[0].score->v[field];
    for (size_t i = 0; i < count; i++)
        size += value_str(&sources[i].score->v[field]).n + strlen(blank) + comma.n;
    out = arena_alloc(arena, size);
    for (size_t i = 0; out && i < count; i++) {
        struct str text = value_str(&sources[i].score->v[field]);
        if (str_is_blank(text) && skip_blank)
            continue;
        if (str_is_blank(text))
            text = str_of(blank);
        if (i > 0 && (n > 0 || !skip_blank)) {
            memcpy(out + n, comma.p, comma.n);
            n += comma.n;
        }
        memcpy(out + n, text.n ? text.p : "", text.n);
        n += text.n;
    }
    joined = str_make(out, n);
    return n ? value_text(joined) : (struct value){0};
}

static struct str entry_name(struct arena *arena, const struct score_source *source, bool by_span)
{
    const struct value *v = source->score->v;
    char queue[UUID_TEXT_SIZE + 1] = "_", span[UUID_TEXT_SIZE + 1] = "_";
    int queue_length = 0, span_length = 0;

    if (value_is_set(&v[SCORE_SOURCE_QUEUE_ID])) {
        uuid_format(&v[SCORE_SOURCE_QUEUE_ID].uuid, queue + 1);
        queue_length = sizeof(queue);
    }
    if (by_span && source->span) {
        uuid_format(source->span, span + 1);
        span_length = sizeof(span);
    }
    return str_format(arena, "%.*s%.*s%.*s", STR_ARG(v[SCORE_AUTHOR].s), queue_length, queue,
                      span_length, span);
}

static struct record *make_entry(struct arena *arena, const struct score_source *source,
                                 const struct resource *resource, bool by_span)
{
    const struct value *v = source->score->v;
    struct record *entry = record_new(arena, resource);

    entry->v[SCORE_ENTRY_VALUE] = v[SCORE_VALUE];
    entry->v[SCORE_ENTRY_REASON] = v[SCORE_REASON];
    entry->v[SCORE_ENTRY_CATEGORY_NAME] = v[SCORE_CATEGORY_NAME];
    entry->v[SCORE_ENTRY_SOURCE] = v[SCORE_SOURCE];
    entry->v[SCORE_ENTRY_LAST_UPDATED_AT] = v[SCORE_LAST_UPDATED_AT];
    entry->v[SCORE_ENTRY_SOURCE_QUEUE_ID] = v[SCORE_SOURCE_QUEUE_ID];
    entry->v[SCORE_ENTRY_AUTHOR] = v[SCORE_AUTHOR];
    if (by_span && source->span) {
        char text[UUID_TEXT_SIZE];
        uuid_format(source->span, text);
        entry->v[SCORE_ENTRY_SPAN_ID] = value_text(str_copy(arena, str_make(text, sizeof(text))));
        entry->v[SCORE_ENTRY_SPAN_TYPE] =
            value_text(str_of(source->span_type ? source->span_type : ""));
    }
    return entry;
}

struct part {
    struct str name;
    const struct score_source *source;
};

static int compare_parts(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    int order = str_cmp(x->name, y->name);

    return order ? order : (x->source > y->source) - (x->source < y->source);
}

/* Sets what each author gave; of two parts under one name the later counts. */
static void set_entries(struct arena *arena, const struct score_source *sources, size_t count,
                        bool by_span, struct record *score)
{
    const struct resource *resource = score_resource.fields[SCORE_VALUE_BY_AUTHOR].sub;
    struct part *parts = arena_alloc(arena, count * sizeof(*parts));
    struct named_record *entries = arena_alloc(arena, count * sizeof(*entries));
    size_t n = 0;

    if (!parts || !entries)
        return;
    for (size_t i = 0; i < count; i++)
        parts[i] = (struct part){entry_name(arena, &sources[i], by_span), &sources[i]};
    qsort(parts, count, sizeof(*parts), compare_parts);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && str_eq(parts[i].name, parts[i + 1].name))
            continue;
        entries[n++] = (struct named_record){parts[i].name,
                                             make_entry(arena, parts[i].source, resource, by_span)};
    }
    score->v[SCORE_VALUE_BY_AUTHOR] = (struct value){.kind = VALUE_SET, .list = {entries, n}};
}

/* One shown score from those of one name. */
static struct record *merge_name(struct arena *arena, const struct score_source *sources,
                                 size_t count, bool by_span)
{
    const struct record *newest = sources[0].score, *oldest = sources[0].score;
    struct record *score = record_new(arena, &score_resource);

    for (size_t i = 1; i < count; i++) {
        const struct record *other = sources[i].score;
        if (other->v[SCORE_LAST_UPDATED_AT].i > newest->v[SCORE_LAST_UPDATED_AT].i)
            newest = other;
        if (other->v[SCORE_CREATED_AT].i < oldest->v[SCORE_CREATED_AT].i)
            oldest = other;
    }
    score->v[SCORE_NAME] = newest->v[SCORE_NAME];
    score->v[SCORE_VALUE] = value_int(score_view_mean(sources, count));
    score->v[SCORE_SOURCE] = newest->v[SCORE_SOURCE];
    score->v[SCORE_CREATED_AT] = oldest->v[SCORE_CREATED_AT];
    score->v[SCORE_LAST_UPDATED_AT] = newest->v[SCORE_LAST_UPDATED_AT];
    score->v[SCORE_CATEGORY_NAME] = join(arena, sources, count, SCORE_CATEGORY_NAME, "", false);
    score->v[SCORE_REASON] = join(arena, sources, count, SCORE_REASON, "<no reason>", by_span);
    score->v[SCORE_CREATED_BY] = join(arena, sources, count, SCORE_CREATED_BY, "", false);
    score->v[SCORE_LAST_UPDATED_BY] = join(arena, sources, count, SCORE_LAST_UPDATED_BY, "", false);
    set_entries(arena, sources, count, by_span, score);
    return score;
}

enum err score_view_merge(struct arena *arena, const struct score_source *sources, size_t count,
                          bool by_span, struct value *ret)
{
    struct record **scores = arena_alloc(arena, (count + 1) * sizeof(*scores));
    size_t n = 0;

    if (!scores)
        return ERR_TOO_LARGE;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && str_eq(sources[end].score->v[SCORE_NAME].s,
                                                sources[i].score->v[SCORE_NAME].s);)
            end++;
        scores[n++] = merge_name(arena, &sources[i], end - i, by_span);
        if (arena_is_over(arena))
            return ERR_TOO_LARGE;
    }
    *ret = (struct value){.kind = VALUE_SET, .list = {scores, n}};
    return ERR_OK;
}
