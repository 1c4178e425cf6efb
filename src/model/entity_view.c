/* What a reader of a trace or span sees beyond its stored values. */
#include "model/entity_view.h"

#include <ctype.h>

#include "base/clock.h"
#include "model/encode.h"

static const struct str image_magics[] = {
    {"/9j/", 4}, {"iVBORw0KGgo", 11}, {"R0lGODlh", 8}, {"R0lGODdh", 8},
    {"Qk", 2},   {"SUkq", 4},         {"TU0A", 4},     {"UklGR", 5},
};

static bool is_base64(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '/';
}

/* True when a JSON string's content is nothing but an image (traces.md 9.2). */
static bool is_image(struct str s)
{
    static const struct str data = {"data:image/", 11}, base64 = {";base64,", 8};
    size_t i;

    if (str_starts_with(s, data)) {
        ptrdiff_t at = str_find(s, base64);
        if (at != (ptrdiff_t)data.n + 3 && at != (ptrdiff_t)data.n + 4)
            return false;
        s = str_make(s.p + at + base64.n, s.n - (size_t)at - base64.n);
    }
    for (i = 0; i < sizeof(image_magics) / sizeof(image_magics[0]); i++) {
        if (str_starts_with(s, image_magics[i]) && s.n > image_magics[i].n)
            break;
    }
    if (i == sizeof(image_magics) / sizeof(image_magics[0]))
        return false;
    s = str_make(s.p + image_magics[i].n, s.n - image_magics[i].n);
    for (i = 0; i < s.n && is_base64(s.p[i]); i++)
        ;
    if (i == 0)
        return false;
    while (i < s.n && s.p[i] == '=')
        i++;
    return i == s.n;
}

/* Offset just behind the string literal that starts with the quote at `at`; s.n when it has no end.
 */
static size_t string_end(struct str s, size_t at)
{
    for (size_t i = at + 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            return i + 1;
    }
    return s.n;
}

/* Replaces every string that is an image by "[image]". Names of members stay: several of them could
 * become one, and a short name like "Qkey" looks like an image too. */
static struct str drop_images(struct arena *arena, struct str text)
{
    static const struct str image = {"\"[image]\"", 9};
    char *out = NULL;
    size_t n = 0, copied = 0;

    for (size_t i = 0; i < text.n;) {
        size_t end;
        if (text.p[i] != '"') {
            i++;
            continue;
        }
        end = string_end(text, i);
        if (end - i > 2 && text.p[end - 1] == '"' && !(end < text.n && text.p[end] == ':') &&
            is_image(str_make(text.p + i + 1, end - i - 2))) {
            /* The shortest image is half as long as what replaces it. */
            if (!out && !(out = arena_alloc(arena, 2 * text.n)))
                return text;
            memcpy(out + n, text.p + copied, i - copied);
            n += i - copied;
            memcpy(out + n, image.p, image.n);
            n += image.n;
            copied = end;
        }
        i = end;
    }
    if (!out)
        return text;
    memcpy(out + n, text.p + copied, text.n - copied);
    return str_make(out, n + text.n - copied);
}

/* Without the incomplete character that a cut may have left at the end. */
static struct str drop_partial_character(struct str s)
{
    size_t back = 0;

    while (back < s.n && back < 4 && ((unsigned char)s.p[s.n - 1 - back] & 0xC0) == 0x80)
        back++;
    if (back < s.n) {
        unsigned char lead = (unsigned char)s.p[s.n - 1 - back];
        size_t need = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
        if (need > back)
            s.n -= back + 1;
    }
    return s;
}

/* Cuts a long value (`cut`), and replaces images by a word (`drop`). */
static enum err truncate_value(struct arena *arena, struct value *value, bool cut, bool drop)
{
    struct str text = value->s;
    yyjson_mut_doc *doc;

    if (value->kind != VALUE_SET)
        return ERR_OK;
    if (!cut || text.n < TRUNCATE_BYTES) {
        value->s = drop ? drop_images(arena, text) : text;
        return ERR_OK;
    }
    text = str_make(text.p, TRUNCATE_BYTES);
    if (drop)
        text = drop_images(arena, text);
    text = drop_partial_character(text);
    doc = json_new(arena);
    yyjson_mut_doc_set_root(doc, yyjson_mut_strn(doc, text.p, text.n));
    return json_write_mut(arena, doc, &value->s);
}

enum err entity_view_shorten(struct arena *arena, struct value *value, bool keep_images)
{
    return truncate_value(arena, value, true, !keep_images);
}

/* Metadata with its own member `key` moved to the front (traces.md 5). */
static enum err move_to_front(struct arena *arena, struct value *metadata, yyjson_val *root,
                              const char *key)
{
    yyjson_mut_doc *doc = json_new(arena);
    yyjson_mut_val *object = yyjson_mut_obj(doc);
    yyjson_val *name, *member;
    size_t i, n;

    yyjson_mut_obj_add(object, yyjson_mut_str(doc, key),
                       yyjson_val_mut_copy(doc, yyjson_obj_get(root, key)));
    yyjson_obj_foreach(root, i, n, name, member)
    {
        if (!yyjson_equals_str(name, key))
            yyjson_mut_obj_add(object, yyjson_val_mut_copy(doc, name),
                               yyjson_val_mut_copy(doc, member));
    }
    yyjson_mut_doc_set_root(doc, object);
    return json_write_mut(arena, doc, &metadata->s);
}

/* Puts `"key":value` in front of the members of metadata; a member of that name that is there
 * already wins; what is no object is hidden (traces.md 5). */
static enum err put_in_metadata(struct arena *arena, struct value *metadata, const char *key,
                                yyjson_mut_val *value, yyjson_mut_doc *doc)
{
    struct error ignored = {.arena = arena};
    struct str quoted = str_format(arena, "\"%s\"", key);
    yyjson_mut_val *object = yyjson_mut_obj(doc);
    yyjson_val *root = NULL;
    struct str text = metadata->s;
    bool is_object = metadata->kind == VALUE_SET && text.n && text.p[0] == '{';
    struct str front;
    char *joined;
    enum err err;

    if (is_object && str_find(text, quoted) >= 0 && !json_parse(arena, text, &root, &ignored) &&
        yyjson_obj_get(root, key))
        return move_to_front(arena, metadata, root, key);
    yyjson_mut_obj_add(object, yyjson_mut_str(doc, key), value);
    yyjson_mut_doc_set_root(doc, object);
    err = json_write_mut(arena, doc, &front);
    if (err)
        return err;
    if (is_object && text.n > 2) {
        joined = arena_alloc(arena, front.n + text.n);
        if (!joined)
            return ERR_TOO_LARGE;
        memcpy(joined, front.p, front.n - 1);
        joined[front.n - 1] = ',';
        memcpy(joined + front.n, text.p + 1, text.n - 1);
        front = str_make(joined, front.n + text.n - 1);
    }
    *metadata = value_text(front);
    return ERR_OK;
}

static enum err put_providers(struct arena *arena, struct record *entity,
                              const struct entity_view *view)
{
    struct value *metadata = &entity->v[ENTITY_METADATA];
    yyjson_mut_doc *doc = json_new(arena);

    if (entity->resource == &trace_resource) {
        const struct value *providers = &entity->v[TRACE_PROVIDERS];
        yyjson_mut_val *names = yyjson_mut_arr(doc);
        if (providers->kind != VALUE_SET || providers->tally->n == 0)
            return ERR_OK;
        tally_sort(providers->tally);
        for (size_t i = 0; i < providers->tally->n; i++) {
            struct str name = providers->tally->entries[i].name;
            yyjson_mut_arr_add_strn(doc, names, name.p, name.n);
        }
        return put_in_metadata(arena, metadata, "providers", names, doc);
    }
    if (entity->v[SPAN_PROVIDER].kind != VALUE_SET || (view->excluded & 1ULL << ENTITY_METADATA))
        return ERR_OK;
    return put_in_metadata(
        arena, metadata, "provider",
        yyjson_mut_strn(doc, entity->v[SPAN_PROVIDER].s.p, entity->v[SPAN_PROVIDER].s.n), doc);
}

enum err entity_view_encode(struct arena *arena, yyjson_mut_doc *doc, struct record *entity,
                            const struct entity_view *view, yyjson_mut_val **ret)
{
    uint64_t excluded = view->excluded;
    int64_t us;
    enum err err;

    if (entity_duration_us(entity, &us))
        entity->v[ENTITY_DURATION] =
            (struct value){.kind = VALUE_SET, .d = (double)us / (double)CLOCK_US_PER_MS};
    if (entity->resource == &trace_resource) {
        entity->v[TRACE_HAS_TOOL_SPANS] = value_int(entity->v[TRACE_TOOL_SPAN_COUNT].i > 0);
        excluded &= ~(1ULL << TRACE_PROVIDERS); /* shown all the same (traces.md 9.1) */
    }
    if (view->truncate) {
        err = truncate_value(arena, &entity->v[ENTITY_INPUT], true, true);
        if (!err)
            err = truncate_value(arena, &entity->v[ENTITY_OUTPUT], true, true);
        if (!err)
            err = truncate_value(arena, &entity->v[ENTITY_METADATA], false, true);
        if (err)
            return err;
    }
    if (excluded & 1ULL << ENTITY_METADATA)
        entity->v[ENTITY_METADATA].kind = VALUE_ABSENT;
    err = put_providers(arena, entity, view);
    if (err)
        return err;
    for (size_t i = 0; i < entity->resource->count; i++) {
        if (excluded & 1ULL << i && i != ENTITY_METADATA)
            entity->v[i].kind = VALUE_ABSENT;
    }
    *ret = encode_record(doc, entity, view->one, excluded);
    return ERR_OK;
}
