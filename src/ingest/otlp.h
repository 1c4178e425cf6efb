/* An OTLP ExportTraceServiceRequest in one neutral form, whether it came as protobuf or as JSON;
 * and the table of its messages, from which both readers work. What no rule asks for (resources,
 * links, trace state, kind, flags, counts of what was dropped) is not in the table: readers skip
 * it. */
#ifndef OCELLI_INGEST_OTLP_H
#define OCELLI_INGEST_OTLP_H

#include "base/arena.h"
#include "base/err.h"

/* Messages within messages; protobuf libraries have the same limit. */
#define OTLP_DEPTH_MAX 100

/* Each message begins with the link to the next of its list. */
struct otlp_item {
    struct otlp_item *next;
};

struct otlp_list {
    struct otlp_item *first, *last;
    size_t count;
};

/* Field numbers of AnyValue: which one a value has. */
enum otlp_value_kind {
    OTLP_VALUE_NONE,
    OTLP_VALUE_TEXT,
    OTLP_VALUE_BOOL,
    OTLP_VALUE_INT,
    OTLP_VALUE_DOUBLE,
    OTLP_VALUE_ARRAY,
    OTLP_VALUE_MAP,
    OTLP_VALUE_BYTES,
};

struct otlp_value {
    struct otlp_item item;
    int64_t kind; /* enum otlp_value_kind */
    union {
        struct str text; /* TEXT, BYTES */
        int64_t integer; /* INT, BOOL */
        double number;
        struct otlp_values *values; /* ARRAY of struct otlp_value, MAP of struct otlp_attribute */
    };
};

struct otlp_values {
    struct otlp_item item;
    struct otlp_list items;
};

struct otlp_attribute {
    struct otlp_item item;
    struct str key;
    struct otlp_value *value; /* may be NULL */
};

struct otlp_event {
    struct otlp_item item;
    struct str name;
    int64_t time; /* ns */
    struct otlp_list attributes;
};

enum { OTLP_STATUS_UNSET, OTLP_STATUS_OK, OTLP_STATUS_ERROR };

struct otlp_status {
    struct otlp_item item;
    struct str message;
    int64_t code; /* OTLP_STATUS_ */
};

struct otlp_span {
    struct otlp_item item;
    struct str trace_id, span_id, parent_span_id; /* bytes of any number */
    struct str name;
    int64_t start_time, end_time; /* ns; 0: missing */
    struct otlp_list attributes, events;
    struct otlp_status *status; /* may be NULL */
};

struct otlp_scope {
    struct otlp_item item;
    struct str name;
};

struct otlp_scope_spans {
    struct otlp_item item;
    struct otlp_scope *scope; /* may be NULL */
    struct otlp_list spans;
};

struct otlp_resource_spans {
    struct otlp_item item;
    struct otlp_list scope_spans;
};

struct otlp_request {
    struct otlp_item item;
    struct otlp_list resource_spans;
};

/* What a field's member is, and how the two encodings write it. */
enum otlp_type {
    OTLP_TEXT,     /* struct str */
    OTLP_BYTES,    /* struct str; JSON: base64 */
    OTLP_TRACE_ID, /* struct str; JSON: hex, or base64 of 16 bytes */
    OTLP_SPAN_ID,  /* struct str; JSON: hex, or base64 of 8 bytes */
    OTLP_TIME,     /* int64_t, ns; protobuf: fixed64 */
    OTLP_INT,      /* int64_t; protobuf: varint, as the next two */
    OTLP_BOOL,     /* int64_t */
    OTLP_ENUM,     /* int64_t */
    OTLP_DOUBLE,   /* double */
    OTLP_MESSAGE,  /* pointer */
    OTLP_MESSAGES, /* struct otlp_list */
};

struct otlp_field {
    uint32_t number;
    enum otlp_type type;
    const char *name; /* in protobuf, and in some JSON */
    const char *json_name;
    size_t offset;                      /* of the member */
    const struct otlp_message *message; /* OTLP_MESSAGE(S) */
    const char *const *names;           /* OTLP_ENUM, NULL-terminated */
    bool may_not_be_empty;
};

struct otlp_message {
    size_t size;
    const struct otlp_field *fields;
    size_t count;
    size_t kind; /* offset of the number of the field that was read last, which is the only one that
                    counts; 0: fields are independent */
};

extern const struct otlp_message otlp_request_message;

/* Where in a body a reader is, for messages: "resource_spans[0].scope_spans[1].spans". */
struct otlp_place {
    const struct otlp_place *outer; /* NULL: the body itself */
    const char *name;
    size_t index;
    bool has_index;
};

/* The member of a message that a field means; remembers which one it is where only one counts. */
void *otlp_member(const struct otlp_message *message, const struct otlp_field *field, void *out);

/* A fresh message at a member: the next of its list, or the one that it points to, which is the
 * one of before when fields are independent. *ret_index is its number in the list. */
void *otlp_add_message(struct arena *arena, const struct otlp_message *message,
                       const struct otlp_field *field, void *out, size_t *ret_index);

/* ERR_BAD_REQUEST "Unable to process OTLP body. <place>: <text>". */
enum err otlp_fail(struct error *reterr, const struct otlp_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The rules that hold for a message however it came: ids that are missing. */
enum err otlp_check_message(const struct otlp_message *message, const void *read, bool json,
                            const struct otlp_place *place, struct error *reterr);

#endif
