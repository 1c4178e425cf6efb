/* A resource: a named table of fields; and a record: one value per field. */
#ifndef OCELLI_MODEL_RESOURCE_H
#define OCELLI_MODEL_RESOURCE_H

#include "base/arena.h"
#include "base/decimal.h"
#include "base/str.h"
#include "base/uuid.h"
#include "model/field.h"

/* No resource has more fields, so that a set of fields fits a uint64_t. */
#define RESOURCE_FIELDS_MAX 64

struct resource {
    const char *name; /* schema name in OpenAPI, "Trace" */
    const char *noun; /* in messages, "trace" */
    const struct field *fields;
    size_t count;
    const char *const *sortable_by; /* NULL-terminated; as the page envelope lists it */
};

/* Names with integers, each name once (usage, counts per provider). */
struct tally_entry {
    struct str name;
    int64_t count;
};

struct tally {
    struct tally_entry *entries;
    size_t n;
};

enum value_kind {
    VALUE_ABSENT, /* not sent; not stored */
    VALUE_SET,
    VALUE_PACKED, /* heavy field, ready for the store: opaque bytes in value.s */
    VALUE_KEPT,   /* heavy field of a stored row that was not loaded: stays as it is */
};

struct record;

struct value {
    enum value_kind kind;
    bool plain; /* VALUE_PACKED: the bytes are the text itself, not compressed */
    union {
        int64_t i;
        double d;
        decimal_int n;
        struct uuid uuid;
        struct str s;
        struct tally *tally;
        struct record *record;
        struct {
            void *items;
            size_t n;
        } list;
    };
};

struct record {
    const struct resource *resource;
    struct value v[]; /* resource->count of them */
};

struct named_record {
    struct str name;
    struct record *record;
};

/* An empty record in the arena. */
struct record *record_new(struct arena *arena, const struct resource *resource);

/* Copies the values (not what they point to). */
struct record *record_copy(struct arena *arena, const struct record *from);

/* Index of the field of that name or alias, or -1. */
int resource_find_field(const struct resource *resource, struct str name);

static inline bool value_is_set(const struct value *value)
{
    return value->kind != VALUE_ABSENT;
}

/* The text of a value, empty when it is absent. */
static inline struct str value_str(const struct value *value)
{
    return value_is_set(value) ? value->s : STR("");
}

static inline struct value value_int(int64_t i)
{
    return (struct value){.kind = VALUE_SET, .i = i};
}

static inline struct value value_text(struct str s)
{
    return (struct value){.kind = VALUE_SET, .s = s};
}

static inline struct value value_uuid(struct uuid uuid)
{
    return (struct value){.kind = VALUE_SET, .uuid = uuid};
}

/* True for absent values and for those that the merge of a create with earlier PATCHes treats as a
 * gap (traces.md 6.3, spans.md 5): empty text, no tags, no usage, cost 0, time at the epoch.
 * A JSON value that was stored is never empty. */
bool value_is_empty(const struct field *field, const struct value *value);

/* Puts the entries into byte order of their names. */
void tally_sort(struct tally *tally);

/* Sorts, adds up entries of one name, drops sums of 0. */
void tally_collapse(struct tally *tally);

/* Entry of that name, or NULL. */
struct tally_entry *tally_find(const struct tally *tally, struct str name);

#endif
