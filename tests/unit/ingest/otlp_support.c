/* What the tests of OTLP share. */
#include "unit/ingest/otlp_support.h"

#include <stdio.h>
#include <stdlib.h>

#include "ingest/otlp_json.h"

struct arena otlp_arena;
struct error otlp_error;

int otlp_start(void **state)
{
    (void)state;
    arena_init(&otlp_arena, (size_t)64 << 20);
    return 0;
}

int otlp_stop(void **state)
{
    (void)state;
    arena_done(&otlp_arena);
    return 0;
}

struct otlp_request *otlp_from_json(const char *text)
{
    struct otlp_request *request;

    otlp_error = (struct error){.arena = &otlp_arena};
    return otlp_read_json(&otlp_arena, test_json(&otlp_arena, "%s", text), &request, &otlp_error)
               ? NULL
               : request;
}

struct otlp_request *otlp_from_spans(const char *spans)
{
    struct str text = str_format(&otlp_arena,
                                 "{'resourceSpans':[{'scopeSpans':[{'scope':{'name':'test'},"
                                 "'spans':[%s]}]}]}",
                                 spans);
    struct otlp_request *request = otlp_from_json(text.p);

    if (!request)
        fail_msg("%s refused: %.*s", spans, STR_ARG(otlp_error.message));
    return request;
}

const struct otlp_span *otlp_first_span(const struct otlp_request *request)
{
    const struct otlp_resource_spans *resource = (const void *)request->resource_spans.first;
    const struct otlp_scope_spans *scope = (const void *)resource->scope_spans.first;

    return (const void *)scope->spans.first;
}

const struct otlp_value *otlp_value_from(const char *text)
{
    struct str span =
        str_format(&otlp_arena,
                   "{'traceId':'00000000000000000000000000000001',"
                   "'spanId':'0000000000000001','attributes':[{'key':'k','value':%s}]}",
                   text);
    const struct otlp_attribute *attribute =
        (const void *)otlp_first_span(otlp_from_spans(span.p))->attributes.first;

    return attribute->value;
}

/* ---- as text ---- */

static FILE *out;

static void put_text(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        fprintf(out, c > ' ' && c < 0x7F ? "%c" : "<%02x>", c);
    }
}

static void put_attributes(const struct otlp_list *list);

static void put_value(const struct otlp_value *value)
{
    switch (value ? value->kind : OTLP_VALUE_NONE) {
    case OTLP_VALUE_NONE:
        fputs("none", out);
        break;
    case OTLP_VALUE_TEXT:
    case OTLP_VALUE_BYTES:
        fputs(value->kind == OTLP_VALUE_TEXT ? "t:" : "x:", out);
        put_text(value->text);
        break;
    case OTLP_VALUE_DOUBLE:
        fprintf(out, "d:%.17g", value->number);
        break;
    case OTLP_VALUE_ARRAY:
        fputs("[", out);
        for (struct otlp_item *item = value->values->items.first; item; item = item->next) {
            put_value((const struct otlp_value *)item);
            fputs(item->next ? "," : "", out);
        }
        fputs("]", out);
        break;
    case OTLP_VALUE_MAP:
        put_attributes(&value->values->items);
        break;
    default:
        fprintf(out, "%c:%lld", value->kind == OTLP_VALUE_BOOL ? 'b' : 'i',
                (long long)value->integer);
    }
}

static void put_attributes(const struct otlp_list *list)
{
    size_t count = 0;

    fputs("{", out);
    for (struct otlp_item *item = list->first; item; item = item->next) {
        const struct otlp_attribute *attribute = (const struct otlp_attribute *)item;
        put_text(attribute->key);
        fputs("=", out);
        put_value(attribute->value);
        fputs(item->next ? "," : "", out);
        count++;
    }
    fputs("}", out);
    assert_int_equal(count, list->count);
}

static void put_span(const struct otlp_span *span)
{
    put_text(span->trace_id);
    fputs(" ", out);
    put_text(span->span_id);
    fputs(" ", out);
    put_text(span->parent_span_id);
    fputs(" ", out);
    put_text(span->name);
    fprintf(out, " %lld-%lld ", (long long)span->start_time, (long long)span->end_time);
    put_attributes(&span->attributes);
    for (struct otlp_item *item = span->events.first; item; item = item->next) {
        const struct otlp_event *event = (const struct otlp_event *)item;
        fprintf(out, " @%lld ", (long long)event->time);
        put_text(event->name);
        put_attributes(&event->attributes);
    }
    if (span->status) {
        fprintf(out, " status %lld ", (long long)span->status->code);
        put_text(span->status->message);
    }
    fputs("\n", out);
}

struct str otlp_dump(const struct otlp_request *request)
{
    char *text = NULL;
    size_t n = 0;
    struct str ret;

    out = open_memstream(&text, &n);
    for (struct otlp_item *r = request->resource_spans.first; r; r = r->next) {
        struct otlp_item *s = ((struct otlp_resource_spans *)r)->scope_spans.first;
        for (; s; s = s->next) {
            const struct otlp_scope_spans *scope = (const struct otlp_scope_spans *)s;
            fputs("scope ", out);
            put_text(scope->scope ? scope->scope->name : STR("-"));
            fputs("\n", out);
            for (struct otlp_item *span = scope->spans.first; span; span = span->next)
                put_span((const struct otlp_span *)span);
        }
    }
    fclose(out);
    ret = str_copy(&otlp_arena, str_make(text, n));
    free(text);
    return ret;
}
