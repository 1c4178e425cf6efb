/* The messages of OTLP that are read. */
#include "ingest/otlp.h"

#define MEMBER(type, member) .offset = offsetof(struct type, member)
#define MESSAGE_SIZE(type, table) sizeof(struct type), (table), sizeof(table) / sizeof((table)[0])

static const struct otlp_message value_message, attribute_message;

static const struct otlp_field values_fields[] = {
    {1, OTLP_MESSAGES, "values", "values", MEMBER(otlp_values, items), .message = &value_message},
};
static const struct otlp_message values_message = {MESSAGE_SIZE(otlp_values, values_fields), 0};

static const struct otlp_field map_fields[] = {
    {1, OTLP_MESSAGES, "values", "values", MEMBER(otlp_values, items),
     .message = &attribute_message},
};
static const struct otlp_message map_message = {MESSAGE_SIZE(otlp_values, map_fields), 0};

static const struct otlp_field value_fields[] = {
    {OTLP_VALUE_TEXT, OTLP_TEXT, "string_value", "stringValue", MEMBER(otlp_value, text)},
    {OTLP_VALUE_BOOL, OTLP_BOOL, "bool_value", "boolValue", MEMBER(otlp_value, integer)},
    {OTLP_VALUE_INT, OTLP_INT, "int_value", "intValue", MEMBER(otlp_value, integer)},
    {OTLP_VALUE_DOUBLE, OTLP_DOUBLE, "double_value", "doubleValue", MEMBER(otlp_value, number)},
    {OTLP_VALUE_ARRAY, OTLP_MESSAGE, "array_value", "arrayValue", MEMBER(otlp_value, values),
     .message = &values_message},
    {OTLP_VALUE_MAP, OTLP_MESSAGE, "kvlist_value", "kvlistValue", MEMBER(otlp_value, values),
     .message = &map_message},
    {OTLP_VALUE_BYTES, OTLP_BYTES, "bytes_value", "bytesValue", MEMBER(otlp_value, text)},
};
static const struct otlp_message value_message = {MESSAGE_SIZE(otlp_value, value_fields),
                                                  offsetof(struct otlp_value, kind)};

static const struct otlp_field attribute_fields[] = {
    {1, OTLP_TEXT, "key", "key", MEMBER(otlp_attribute, key)},
    {2, OTLP_MESSAGE, "value", "value", MEMBER(otlp_attribute, value), .message = &value_message},
};
static const struct otlp_message attribute_message = {
    MESSAGE_SIZE(otlp_attribute, attribute_fields), 0};

static const struct otlp_field event_fields[] = {
    {1, OTLP_TIME, "time_unix_nano", "timeUnixNano", MEMBER(otlp_event, time)},
    {2, OTLP_TEXT, "name", "name", MEMBER(otlp_event, name)},
    {3, OTLP_MESSAGES, "attributes", "attributes", MEMBER(otlp_event, attributes),
     .message = &attribute_message},
};
static const struct otlp_message event_message = {MESSAGE_SIZE(otlp_event, event_fields), 0};

static const char *const status_names[] = {
    [OTLP_STATUS_UNSET] = "STATUS_CODE_UNSET",
    [OTLP_STATUS_OK] = "STATUS_CODE_OK",
    [OTLP_STATUS_ERROR] = "STATUS_CODE_ERROR",
    NULL,
};

static const struct otlp_field status_fields[] = {
    {2, OTLP_TEXT, "message", "message", MEMBER(otlp_status, message)},
    {3, OTLP_ENUM, "code", "code", MEMBER(otlp_status, code), .names = status_names},
};
static const struct otlp_message status_message = {MESSAGE_SIZE(otlp_status, status_fields), 0};

static const struct otlp_field span_fields[] = {
    {1, OTLP_TRACE_ID, "trace_id", "traceId", MEMBER(otlp_span, trace_id),
     .may_not_be_empty = true},
    {2, OTLP_SPAN_ID, "span_id", "spanId", MEMBER(otlp_span, span_id), .may_not_be_empty = true},
    {4, OTLP_SPAN_ID, "parent_span_id", "parentSpanId", MEMBER(otlp_span, parent_span_id)},
    {5, OTLP_TEXT, "name", "name", MEMBER(otlp_span, name)},
    {7, OTLP_TIME, "start_time_unix_nano", "startTimeUnixNano", MEMBER(otlp_span, start_time)},
    {8, OTLP_TIME, "end_time_unix_nano", "endTimeUnixNano", MEMBER(otlp_span, end_time)},
    {9, OTLP_MESSAGES, "attributes", "attributes", MEMBER(otlp_span, attributes),
     .message = &attribute_message},
    {11, OTLP_MESSAGES, "events", "events", MEMBER(otlp_span, events), .message = &event_message},
    {15, OTLP_MESSAGE, "status", "status", MEMBER(otlp_span, status), .message = &status_message},
};
static const struct otlp_message span_message = {MESSAGE_SIZE(otlp_span, span_fields), 0};

static const struct otlp_field scope_fields[] = {
    {1, OTLP_TEXT, "name", "name", MEMBER(otlp_scope, name)},
};
static const struct otlp_message scope_message = {MESSAGE_SIZE(otlp_scope, scope_fields), 0};

static const struct otlp_field scope_spans_fields[] = {
    {1, OTLP_MESSAGE, "scope", "scope", MEMBER(otlp_scope_spans, scope), .message = &scope_message},
    {2, OTLP_MESSAGES, "spans", "spans", MEMBER(otlp_scope_spans, spans), .message = &span_message},
};
static const struct otlp_message scope_spans_message = {
    MESSAGE_SIZE(otlp_scope_spans, scope_spans_fields), 0};

static const struct otlp_field resource_spans_fields[] = {
    {2, OTLP_MESSAGES, "scope_spans", "scopeSpans", MEMBER(otlp_resource_spans, scope_spans),
     .message = &scope_spans_message},
};
static const struct otlp_message resource_spans_message = {
    MESSAGE_SIZE(otlp_resource_spans, resource_spans_fields), 0};

static const struct otlp_field request_fields[] = {
    {1, OTLP_MESSAGES, "resource_spans", "resourceSpans", MEMBER(otlp_request, resource_spans),
     .message = &resource_spans_message},
};
const struct otlp_message otlp_request_message = {MESSAGE_SIZE(otlp_request, request_fields), 0};

void *otlp_member(const struct otlp_message *message, const struct otlp_field *field, void *out)
{
    if (message->kind)
        *(int64_t *)((char *)out + message->kind) = field->number;
    return (char *)out + field->offset;
}

void *otlp_add_message(struct arena *arena, const struct otlp_message *message,
                       const struct otlp_field *field, void *out, size_t *ret_index)
{
    void *member = otlp_member(message, field, out);
    struct otlp_list *list = member;
    struct otlp_item *item;

    *ret_index = 0;
    if (field->type == OTLP_MESSAGE) {
        struct otlp_item **pointer = member;
        if (message->kind || !*pointer)
            *pointer = arena_zalloc(arena, field->message->size);
        return *pointer;
    }
    item = arena_zalloc(arena, field->message->size);
    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    *ret_index = list->count++;
    return item;
}

/* "a.b[1].c" of a place, in the error's arena. */
static struct str place_text(struct arena *arena, const struct otlp_place *place)
{
    struct str outer = STR("");
    const char *dot;

    if (!place)
        return outer;
    outer = place_text(arena, place->outer);
    dot = outer.n ? "." : "";
    if (place->has_index)
        return str_format(arena, "%.*s%s%s[%zu]", STR_ARG(outer), dot, place->name, place->index);
    return str_format(arena, "%.*s%s%s", STR_ARG(outer), dot, place->name);
}

enum err otlp_fail(struct error *reterr, const struct otlp_place *place, const char *format, ...)
{
    struct str where = place_text(reterr->arena, place), text;
    va_list args;

    va_start(args, format);
    text = str_format_args(reterr->arena, format, args);
    va_end(args);
    return error_set(reterr, ERR_BAD_REQUEST, "Unable to process OTLP body. %.*s%s%.*s",
                     STR_ARG(where), where.n ? ": " : "", STR_ARG(text));
}

enum err otlp_check_message(const struct otlp_message *message, const void *read, bool json,
                            const struct otlp_place *place, struct error *reterr)
{
    for (size_t i = 0; i < message->count; i++) {
        const struct otlp_field *field = &message->fields[i];
        const struct str *text = (const void *)((const char *)read + field->offset);
        struct otlp_place inner = {place, json ? field->json_name : field->name, 0, false};

        if (field->may_not_be_empty && text->n == 0)
            return otlp_fail(reterr, &inner, "must not be empty");
    }
    return ERR_OK;
}
