/* A field of a resource, stated once. From these tables come decoding with validation, PATCH
 * presence, encoding, columns and SQL, `exclude` and `sortable_by`, the OpenAPI document and the
 * tests that walk every field. */
#ifndef OCELLI_MODEL_FIELD_H
#define OCELLI_MODEL_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct record;
struct resource;

enum field_type {
    FIELD_UUID,       /* value.uuid */
    FIELD_TEXT,       /* value.s */
    FIELD_TIME_NS,    /* value.i, ns since the epoch; start and end times */
    FIELD_TIME_US,    /* value.i, µs since the epoch; record keeping times */
    FIELD_ENUM,       /* value.i, index into field.names; 0 is reserved for "unset" */
    FIELD_NUMBER,     /* value.d */
    FIELD_INT,        /* value.i */
    FIELD_BOOL,       /* value.i, 0 or 1 */
    FIELD_COST,       /* value.n, 10^-12 USD */
    FIELD_JSON,       /* value.s, compact JSON text of any value, `null` included */
    FIELD_TAGS,       /* value.s, compact JSON text of an array of distinct strings */
    FIELD_ERROR_INFO, /* value.s, compact JSON text {"exception_type","message","traceback"} */
    FIELD_TALLY,      /* value.tally: names with integers (usage) */
    FIELD_TALLY_KEYS, /* value.tally: read only, shown as the sorted array of its names */
    FIELD_SCORE,      /* value.i, 10^-9 */
    FIELD_DURATION,   /* value.i, µs; ISO-8601 duration on the wire */
    FIELD_COLORS,     /* value.s, compact JSON text: object of hex colours */
    FIELD_NUMBERS,    /* value.s, compact JSON text: object of numbers, two at least */
    FIELD_UUIDS,      /* value.list of struct uuid, distinct, in order */
    FIELD_NAMES,      /* value.list of struct str: array of texts */
    FIELD_OBJECT,     /* value.record, of field.sub */
    FIELD_OBJECTS,    /* value.list of struct record *, of field.sub */
    FIELD_OBJECT_MAP, /* value.list of struct named_record, of field.sub; read only */
};

enum field_flag {
    FF_CREATE = 1 << 0,          /* accepted in a create body */
    FF_BATCH = 1 << 1,           /* accepted in an item of a batch create, besides FF_CREATE */
    FF_UPDATE = 1 << 2,          /* accepted in an update body */
    FF_READ = 1 << 3,            /* written in responses */
    FF_READ_ONE = 1 << 4,        /* written in the answer to GET by id only */
    FF_REQUIRED = 1 << 5,        /* a create body must have it */
    FF_REQUIRED_UPDATE = 1 << 6, /* a batch update must have it */
    FF_NOT_BLANK = 1 << 7,       /* 422 when present and blank */
    FF_BLANK_ABSENT = 1 << 8,    /* a blank text counts as absent */
    FF_TRIM = 1 << 9,            /* surrounding white space is dropped */
    FF_HEAVY = 1 << 10,          /* kept apart from the narrow row, compressed */
    FF_STORED = 1 << 11,         /* has a column that is written with the row */
    FF_SUMMED = 1 << 12,  /* column kept up to date from other rows, never written with the row */
    FF_EXCLUDE = 1 << 13, /* may be named in `exclude` */
    FF_NOT_NEGATIVE = 1 << 14, /* 422 when below 0 */
    FF_ALWAYS = 1 << 15,       /* written even when unset: "" for texts, 0, false */
    FF_MERGE_EMPTY =
        1 << 16,           /* when a create meets earlier PATCHes an empty value is a value too */
    FF_ANY_CASE = 1 << 17, /* enum names match without case, spaces dropped, - and . as _ */
    FF_LIMITED = 1 << 18,  /* tags: at most 50 of 100 characters, none blank */
    FF_ITEMS_NOT_BLANK = 1 << 19, /* FIELD_NAMES: 1 to field.max texts, none blank */
    FF_DISCRIMINATES = 1 << 20,   /* decides how other fields are read: without it a body is 400 */
    FF_ANY_TIME =
        1 << 21, /* FIELD_TIME_US that bounds something: any time, far ones cut to ±9e18 */
};

/* One row of a resource's table. */
struct field {
    const char *name; /* on the wire */
    enum field_type type;
    uint32_t flags;
    uint32_t max;               /* FIELD_TEXT: characters; lists: items; 0: the type's own limit */
    const char *const *names;   /* FIELD_ENUM: [0] is NULL (unset), NULL-terminated after that */
    const struct resource *sub; /* FIELD_OBJECT, FIELD_OBJECTS */
    const char *column;         /* SQL column of the row's or the body's table; NULL: none */
    const char *doc;            /* one sentence */
    const char *max_rule;       /* FIELD_TEXT: words when it is longer; NULL: the usual ones */
    const char *alias;          /* another name that bodies may use; NULL: none */
    /* A rule of its own, asked once all fields of a body have been read; may replace the value.
     * Broken rules are added to `reterr`; anything but ERR_OK ends decoding. NULL: none. */
    enum err (*check)(struct arena *arena, struct record *record, size_t field,
                      struct error *reterr);
};

#endif
