/* From OTLP to traces and spans. */
#include "ingest/otlp_mapping.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "ingest/otlp_rules.h"
#include "ingest/otlp_usage.h"
#include "ingest/otlp_values.h"
#include "ingest/span_cost.h"
#include "model/tags.h"
#include "store/store.h"

#define NS_PER_MS (CLOCK_NS_PER_US * CLOCK_US_PER_MS)
#define COST_SCALE 12
#define THREAD_ID "thread_id"

/* One span on its way. */
struct mapper {
    struct arena *arena;
    struct error *error;
    const struct prices *prices; /* or NULL */
    yyjson_mut_doc *doc;
    const struct otlp_span *from;
    struct otlp_entity *to;
    struct json_object input, output, metadata, usage;
    struct str model, provider;
    bool has_provider;
    int64_t type; /* enum span_type */
    struct tags tags;
    size_t tags_size;
    struct value chosen_trace, chosen_parent, chosen_span; /* absent, or ids of ours */
};

/* ---- single values ---- */

static bool add_tag(struct mapper *m, struct str tag)
{
    tag = str_trim(tag);
    if (tag.n == 0)
        return true;
    if (m->tags.n == m->tags_size) {
        size_t size = m->tags_size ? 2 * m->tags_size : 8;
        m->tags.items = arena_grow(m->arena, m->tags.items, m->tags_size * sizeof(struct str),
                                   size * sizeof(struct str));
        if (!m->tags.items)
            return false;
        m->tags_size = size;
    }
    m->tags.items[m->tags.n++] = tag;
    return true;
}

/* Tags as JSON of an array of strings. */
static bool add_json_tags(struct mapper *m, struct str text)
{
    struct error ignored = {.arena = m->arena};
    yyjson_arr_iter iter;
    yyjson_val *root, *item;

    if (!str_starts_with(text, STR("[")) || !str_ends_with(text, STR("]")) ||
        otlp_parse_json(m->arena, text, &root, &ignored) || !yyjson_is_arr(root))
        return false;
    yyjson_arr_iter_init(root, &iter);
    while ((item = yyjson_arr_iter_next(&iter))) {
        if (yyjson_is_str(item) &&
            !add_tag(m, str_make(yyjson_get_str(item), yyjson_get_len(item))))
            break;
    }
    return true;
}

static bool add_tags(struct mapper *m, const struct otlp_value *value)
{
    struct str text;

    if (value->kind == OTLP_VALUE_ARRAY) {
        for (struct otlp_item *item = value->values->items.first; item; item = item->next) {
            const struct otlp_value *element = (const struct otlp_value *)item;
            if (element->kind == OTLP_VALUE_TEXT && !add_tag(m, element->text))
                break;
        }
        return true;
    }
    if (value->kind != OTLP_VALUE_TEXT)
        return false;
    text = str_trim(value->text);
    if (add_json_tags(m, text))
        return true;
    for (;;) {
        ptrdiff_t comma = str_find(text, STR(","));
        if (!add_tag(m, comma < 0 ? text : str_make(text.p, (size_t)comma)) || comma < 0)
            return true;
        text = str_make(text.p + comma + 1, text.n - (size_t)comma - 1);
    }
}

/* False for what is no cost: texts, infinity, less than nothing. */
static bool set_cost(struct mapper *m, const struct otlp_value *value)
{
    decimal_int cost = -1;

    if (value->kind == OTLP_VALUE_INT)
        cost = (decimal_int)value->integer * 1000000000000;
    else if (value->kind == OTLP_VALUE_DOUBLE && fabs(value->number) < 1e26)
        cost = decimal_from_double(value->number, COST_SCALE);
    else if (value->kind == OTLP_VALUE_TEXT &&
             !decimal_parse(str_trim(value->text), COST_SCALE, &cost))
        return false;
    if (cost < 0)
        return false;
    m->to->span->v[ENTITY_TOTAL_ESTIMATED_COST] = (struct value){.kind = VALUE_SET, .n = cost};
    return true;
}

/* An id of ours in an attribute; anything else is ignored. */
static void set_chosen(struct value *chosen, const struct otlp_value *value)
{
    struct uuid id;

    if (value->kind == OTLP_VALUE_TEXT && uuid_parse(str_trim(value->text), &id) &&
        uuid_version(&id) == 7)
        *chosen = value_uuid(id);
}

static bool set_text(struct str *text, const struct otlp_value *value)
{
    bool is_text = value->kind == OTLP_VALUE_TEXT;

    *text = is_text ? value->text : STR("");
    return is_text;
}

/* ---- attributes ---- */

static enum err set_member(struct mapper *m, struct json_object *object, struct str name,
                           const struct otlp_value *value)
{
    yyjson_mut_val *json = otlp_value_json(m->arena, m->doc, value);

    if (arena_is_over(m->arena) || (json && !json_object_set(object, name, json)))
        return ERR_TOO_LARGE;
    return ERR_OK;
}

/* Takes one attribute by its rule. *ret_used is false when the rule can do nothing with such a
 * value. */
static enum err apply_rule(struct mapper *m, const struct otlp_rule *rule,
                           const struct otlp_attribute *attribute, bool *ret_used)
{
    const struct otlp_value *value = attribute->value;
    struct str name = attribute->key;

    *ret_used = true;
    switch (rule->target) {
    case OTLP_TO_INPUT:
        return set_member(m, &m->input, name, value);
    case OTLP_TO_OUTPUT:
        return set_member(m, &m->output, name, value);
    case OTLP_TO_METADATA:
        return set_member(m, &m->metadata, name, value);
    case OTLP_TO_THREAD:
        return json_object_get(&m->metadata, STR(THREAD_ID))
                   ? ERR_OK
                   : set_member(m, &m->metadata, STR(THREAD_ID), value);
    case OTLP_TO_MODEL:
        *ret_used = set_text(&m->model, value);
        return ERR_OK;
    case OTLP_TO_PROVIDER:
        m->has_provider = true;
        *ret_used = set_text(&m->provider, value);
        return ERR_OK;
    case OTLP_TO_USAGE:
        if (rule->is_prefix)
            name = str_make(name.p + rule->name.n, name.n - rule->name.n);
        return otlp_usage_add(&m->usage, attribute->key, name, value, ret_used, m->error);
    case OTLP_TO_COST:
        *ret_used = set_cost(m, value);
        return ERR_OK;
    case OTLP_TO_TAGS:
        *ret_used = add_tags(m, value);
        return ERR_OK;
    case OTLP_TO_TRACE_ID:
        set_chosen(&m->chosen_trace, value);
        return ERR_OK;
    case OTLP_TO_PARENT_ID:
        set_chosen(&m->chosen_parent, value);
        return ERR_OK;
    case OTLP_TO_SPAN_ID:
        set_chosen(&m->chosen_span, value);
        return ERR_OK;
    case OTLP_TO_NOTHING:
        break;
    }
    return ERR_OK;
}

static enum err map_attributes(struct mapper *m)
{
    static const struct otlp_value nothing = {.kind = OTLP_VALUE_NONE};

    for (struct otlp_item *item = m->from->attributes.first; item; item = item->next) {
        struct otlp_attribute attribute = *(const struct otlp_attribute *)item;
        const struct otlp_rule *rule = otlp_find_rule(m->from->name, attribute.key);
        bool used;
        enum err err;

        if (!attribute.value)
            attribute.value = (struct otlp_value *)(uintptr_t)&nothing;
        if (rule->type)
            m->type = rule->type;
        err = apply_rule(m, rule, &attribute, &used);
        /* What a client said is kept, if not as what it meant. */
        if (!err && !used)
            err = set_member(m, &m->metadata, attribute.key, attribute.value);
        if (err)
            return err;
        if (arena_is_over(m->arena))
            return ERR_TOO_LARGE;
    }
    return ERR_OK;
}

/* ---- after all attributes ---- */

static bool metadata_text(const struct mapper *m, struct str name, struct str *ret)
{
    yyjson_mut_val *value = json_object_get(&m->metadata, name);

    *ret = str_make(yyjson_mut_get_str(value), yyjson_mut_get_len(value));
    return yyjson_mut_is_str(value);
}

/* Elastic's inference service names the maker in front of the model. */
static enum err map_elastic(struct mapper *m)
{
    static const struct {
        const char *prefix, *provider;
        bool keeps_model;
    } special[] = {
        {"jina", "jina_ai", true}, {"google", "google_ai", false}, {"microsoft", "azure", false}};
    ptrdiff_t dash = str_find(m->model, STR("-"));
    struct str prefix, model = m->model;

    if (!str_eq_nocase(m->provider, STR("elastic")) || dash <= 0)
        return ERR_OK;
    if (!json_object_set(&m->metadata, STR("eis_original_system"),
                         yyjson_mut_strn(m->doc, m->provider.p, m->provider.n)) ||
        !json_object_set(&m->metadata, STR("eis_original_model"),
                         yyjson_mut_strn(m->doc, model.p, model.n)))
        return ERR_TOO_LARGE;
    prefix = str_make(model.p, (size_t)dash);
    m->model = str_make(model.p + dash + 1, model.n - (size_t)dash - 1);
    m->provider = str_fold(m->arena, prefix);
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (!str_eq_nocase(prefix, str_of(special[i].prefix)))
            continue;
        m->provider = str_of(special[i].provider);
        if (special[i].keeps_model)
            m->model = model;
    }
    return m->provider.p ? ERR_OK : ERR_TOO_LARGE;
}

static enum err map_conclusions(struct mapper *m)
{
    struct str text;
    enum err err;

    if (!m->has_provider && otlp_is_claude_code(m->from->name))
        m->provider = STR("anthropic");
    err = map_elastic(m);
    if (str_eq(m->provider, STR("google"))) {
        bool vertex = metadata_text(m, STR("server.address"), &text) &&
                      str_find(text, STR("aiplatform.googleapis.com")) >= 0;
        m->provider = vertex ? STR("google_vertexai") : STR("google_ai");
    }
    if (metadata_text(m, STR("gen_ai.operation.name"), &text) && str_eq(text, STR("invoke_agent")))
        m->type = SPAN_TYPE_GENERAL;
    return err;
}

/* ---- events and status ---- */

static const struct otlp_event *last_event(const struct mapper *m, struct str name)
{
    const struct otlp_event *ret = NULL;

    for (struct otlp_item *item = m->from->events.first; item; item = item->next) {
        const struct otlp_event *event = (const struct otlp_event *)item;
        if (str_eq(event->name, name))
            ret = event;
    }
    return ret;
}

static enum err map_events(struct mapper *m)
{
    yyjson_mut_val *array = yyjson_mut_arr(m->doc);

    if (m->from->events.count == 0)
        return ERR_OK;
    for (struct otlp_item *item = m->from->events.first; item; item = item->next) {
        const struct otlp_event *event = (const struct otlp_event *)item;
        yyjson_mut_val *object = yyjson_mut_arr_add_obj(m->doc, array);
        struct json_object attributes;

        yyjson_mut_obj_add_strn(m->doc, object, "name", event->name.n ? event->name.p : "",
                                event->name.n);
        yyjson_mut_obj_add_sint(m->doc, object, "time_unix_nano", event->time);
        json_object_init(&attributes, m->arena, m->doc);
        if (otlp_attributes_json(&event->attributes, &attributes))
            return ERR_TOO_LARGE;
        if (json_object_count(&attributes))
            yyjson_mut_obj_add_val(m->doc, object, "attributes", attributes.value);
    }
    return json_object_set(&m->metadata, STR("opentelemetry.events"), array) ? ERR_OK
                                                                             : ERR_TOO_LARGE;
}

/* Claude Code tells what a tool gave back in an event. */
static enum err map_tool_output(struct mapper *m)
{
    static const char *const names[] = {"output", "content"};
    const struct otlp_event *event =
        otlp_is_claude_code(m->from->name) ? last_event(m, STR("tool.output")) : NULL;

    if (!event)
        return ERR_OK;
    for (struct otlp_item *item = event->attributes.first; item; item = item->next) {
        const struct otlp_attribute *attribute = (const struct otlp_attribute *)item;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (str_eq(attribute->key, str_of(names[i])) &&
                set_member(m, &m->output, attribute->key, attribute->value))
                return ERR_TOO_LARGE;
        }
    }
    return ERR_OK;
}

/* A text that says something, or NULL. */
static const struct str *telling(const struct str *text)
{
    return text && !str_is_blank(*text) ? text : NULL;
}

static enum err write_error_info(struct mapper *m, const struct str *type,
                                 const struct str *message, const struct str *traceback)
{
    static const struct str unknown = {"Error", 5};
    yyjson_mut_doc *doc = json_new(m->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct str text;
    enum err err;

    type = type ? type : &unknown;
    traceback = traceback ? traceback : message ? message : &unknown;
    yyjson_mut_obj_add_strn(doc, root, "exception_type", type->p, type->n);
    if (message)
        yyjson_mut_obj_add_strn(doc, root, "message", message->p, message->n);
    yyjson_mut_obj_add_strn(doc, root, "traceback", traceback->p, traceback->n);
    yyjson_mut_doc_set_root(doc, root);
    err = json_write_mut(m->arena, doc, &text);
    m->to->span->v[ENTITY_ERROR_INFO] = value_text(text);
    return err;
}

static enum err map_error(struct mapper *m)
{
    const struct otlp_event *event = last_event(m, STR("exception"));
    const struct otlp_status *status = m->from->status;

    if (event)
        return write_error_info(
            m, telling(otlp_find_text(&event->attributes, STR("exception.type"))),
            telling(otlp_find_text(&event->attributes, STR("exception.message"))),
            telling(otlp_find_text(&event->attributes, STR("exception.stacktrace"))));
    if (status && status->code == OTLP_STATUS_ERROR)
        return write_error_info(m, NULL, telling(&status->message), NULL);
    return ERR_OK;
}

/* ---- records ---- */

/* An id of ours for one of OTLP, without its time. */
static struct uuid derive_id(struct str otlp_id)
{
    uint8_t digest[SHA256_SIZE];
    struct uuid id = {{0}};

    sha256(otlp_id, digest);
    memcpy(id.b + 6, digest, sizeof(id.b) - 6);
    id.b[6] = 0x70 | (id.b[6] & 0x0F);
    id.b[8] = 0x80 | (id.b[8] & 0x3F);
    return id;
}

static void set_ids(struct mapper *m)
{
    struct value *v = m->to->span->v;

    m->to->own_span_id = value_is_set(&m->chosen_span);
    v[ENTITY_ID] = m->to->own_span_id ? m->chosen_span : value_uuid(derive_id(m->from->span_id));
    m->to->own_trace_id = value_is_set(&m->chosen_trace);
    if (m->to->own_trace_id) {
        v[SPAN_TRACE_ID] = m->chosen_trace;
        v[SPAN_PARENT_SPAN_ID] = m->chosen_parent;
    } else if (m->from->parent_span_id.n) {
        v[SPAN_PARENT_SPAN_ID] = value_uuid(derive_id(m->from->parent_span_id));
    }
}

static enum err set_json(struct mapper *m, enum entity_field field,
                         const struct json_object *object)
{
    struct str text;
    enum err err;

    if (json_object_count(object) == 0)
        return ERR_OK;
    yyjson_mut_doc_set_root(m->doc, object->value);
    err = json_write_mut(m->arena, m->doc, &text);
    m->to->span->v[field] = value_text(text);
    return err;
}

static void set_unless_blank(struct value *value, struct str text)
{
    if (!str_is_blank(text))
        *value = value_text(text);
}

static enum err fill_span(struct mapper *m, struct str project_name)
{
    struct value *v = m->to->span->v;
    struct tags none = {0}, tags;
    struct tally *usage;
    enum err err = ERR_OK;

    v[ENTITY_PROJECT_NAME] = value_text(project_name);
    set_unless_blank(&v[ENTITY_NAME], m->from->name);
    v[ENTITY_START_TIME] = value_int(m->from->start_time - m->from->start_time % NS_PER_MS);
    v[ENTITY_END_TIME] = value_int(m->from->end_time - m->from->end_time % NS_PER_MS);
    v[ENTITY_SOURCE] = value_int(SOURCE_SDK);
    v[SPAN_TYPE] = value_int(m->type);
    set_unless_blank(&v[SPAN_MODEL], m->model);
    set_unless_blank(&v[SPAN_PROVIDER], m->provider);
    usage = otlp_usage_tally(&m->usage);
    if (usage)
        v[ENTITY_USAGE] = (struct value){.kind = VALUE_SET, .tally = usage};
    if (m->tags.n) {
        tags_change(m->arena, &none, &none, &m->tags, &tags);
        v[ENTITY_TAGS] = value_text(STR(""));
        err = tags.items ? tags_to_text(m->arena, &tags, &v[ENTITY_TAGS].s) : ERR_TOO_LARGE;
    }
    if (!err)
        err = set_json(m, ENTITY_INPUT, &m->input);
    if (!err)
        err = set_json(m, ENTITY_OUTPUT, &m->output);
    if (!err)
        err = set_json(m, ENTITY_METADATA, &m->metadata);
    if (!err)
        entity_complete(m->arena, m->to->span);
    if (!err && m->prices)
        span_cost_prepare_create(m->prices, m->arena, m->to->span);
    return err ? err : store_entity_pack(m->arena, m->to->span);
}

/* The text of metadata's thread_id; empty when it says none. */
static enum err thread_text(struct mapper *m, struct str *ret)
{
    yyjson_mut_val *value = json_object_get(&m->metadata, STR(THREAD_ID));
    enum err err = ERR_OK;

    *ret = STR("");
    if (yyjson_mut_is_arr(value) || yyjson_mut_is_obj(value) || yyjson_mut_is_null(value) || !value)
        return ERR_OK;
    *ret =
        str_make(yyjson_mut_get_raw(value) ? yyjson_mut_get_raw(value) : yyjson_mut_get_str(value),
                 yyjson_mut_get_len(value));
    if (yyjson_mut_is_raw(value) && (ret->p[0] == '{' || ret->p[0] == '[' || ret->p[0] == 'n'))
        *ret = STR("");
    if (!yyjson_mut_is_str(value) && !yyjson_mut_is_raw(value)) {
        yyjson_mut_doc_set_root(m->doc, value);
        err = json_write_mut(m->arena, m->doc, ret);
    }
    return err;
}

/* The trace that a root span is as well. */
static enum err fill_trace(struct mapper *m)
{
    static const enum entity_field shared[] = {
        ENTITY_PROJECT_NAME, ENTITY_NAME,     ENTITY_START_TIME, ENTITY_END_TIME,   ENTITY_INPUT,
        ENTITY_OUTPUT,       ENTITY_METADATA, ENTITY_ERROR_INFO, ENTITY_ERROR_TYPE, ENTITY_SOURCE,
    };
    struct record *trace;
    struct str thread;
    enum err err;

    if (m->to->own_trace_id || value_is_set(&m->to->span->v[SPAN_PARENT_SPAN_ID]))
        return ERR_OK;
    trace = record_new(m->arena, &trace_resource);
    for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
        trace->v[shared[i]] = m->to->span->v[shared[i]];
    err = thread_text(m, &thread);
    set_unless_blank(&trace->v[TRACE_THREAD_ID], thread);
    m->to->trace = trace;
    return err;
}

static enum err map_span(struct mapper *m, struct str integration, struct str project_name)
{
    enum err err = ERR_OK;

    m->doc = json_new(m->arena);
    m->type = SPAN_TYPE_GENERAL;
    m->to->span = record_new(m->arena, &span_resource);
    json_object_init(&m->input, m->arena, m->doc);
    json_object_init(&m->output, m->arena, m->doc);
    json_object_init(&m->metadata, m->arena, m->doc);
    json_object_init(&m->usage, m->arena, m->doc);
    if (integration.n && !json_object_set(&m->metadata, STR("integration"),
                                          yyjson_mut_strn(m->doc, integration.p, integration.n)))
        err = ERR_TOO_LARGE;
    if (!err)
        err = map_attributes(m);
    if (!err)
        err = map_conclusions(m);
    if (!err)
        err = map_events(m);
    if (!err)
        err = map_tool_output(m);
    if (!err)
        err = map_error(m);
    set_ids(m);
    if (!err)
        err = fill_span(m, project_name);
    if (!err)
        err = fill_trace(m);
    return !err && arena_is_over(m->arena) ? ERR_TOO_LARGE : err;
}

/* ---- the whole request ---- */

/* Which trace an entity belongs to. */
struct place {
    struct uuid key;
    int64_t start_ms;
    size_t entity;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = uuid_cmp(&x->key, &y->key);

    return order ? order : (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

/* Finds the distinct traces and the earliest start of each. */
static bool group_traces(struct arena *arena, struct place *places, struct otlp_batch *batch)
{
    batch->traces = arena_alloc(arena, (batch->entity_count + 1) * sizeof(*batch->traces));
    if (!batch->traces)
        return false;
    if (batch->entity_count)
        qsort(places, batch->entity_count, sizeof(*places), compare_places);
    for (size_t i = 0; i < batch->entity_count; i++) {
        struct otlp_trace *trace = &batch->traces[batch->trace_count];

        if (i == 0 || !uuid_eq(&places[i].key, &places[i - 1].key)) {
            *trace = (struct otlp_trace){places[i].key, places[i].key};
            for (size_t k = 0; k < 6; k++)
                trace->id.b[k] = (uint8_t)(places[i].start_ms >> (40 - 8 * k));
            batch->trace_count++;
        }
        batch->entities[places[i].entity].trace_index = batch->trace_count - 1;
    }
    return true;
}

typedef enum err (*span_visitor)(void *context, const struct otlp_span *span);

static enum err each_span(const struct otlp_request *request, span_visitor visit, void *context)
{
    for (struct otlp_item *r = request->resource_spans.first; r; r = r->next) {
        struct otlp_item *s = ((struct otlp_resource_spans *)r)->scope_spans.first;
        for (; s; s = s->next) {
            struct otlp_item *span = ((struct otlp_scope_spans *)s)->spans.first;
            for (; span; span = span->next) {
                enum err err = visit(context, (const struct otlp_span *)span);
                if (err)
                    return err;
            }
        }
    }
    return ERR_OK;
}

static enum err count_span(void *context, const struct otlp_span *span)
{
    (void)span;
    (*(size_t *)context)++;
    return ERR_OK;
}

/* The instrumentation that made the spans: one for the whole request. */
static struct str find_integration(const struct otlp_request *request)
{
    for (struct otlp_item *r = request->resource_spans.first; r; r = r->next) {
        struct otlp_item *s = ((struct otlp_resource_spans *)r)->scope_spans.first;
        for (; s; s = s->next) {
            const struct otlp_scope *scope = ((struct otlp_scope_spans *)s)->scope;
            if (scope && !str_is_blank(scope->name) && !str_eq_nocase(scope->name, STR("logfire")))
                return scope->name;
        }
    }
    return STR("");
}

struct batch_mapper {
    struct arena *arena;
    struct error *error;
    const struct prices *prices;
    struct otlp_batch *batch;
    struct place *places;
    struct str integration, project_name;
};

static enum err map_next(void *context, const struct otlp_span *span)
{
    struct batch_mapper *b = context;
    size_t at = b->batch->entity_count++;
    struct mapper m = {.arena = b->arena,
                       .error = b->error,
                       .prices = b->prices,
                       .from = span,
                       .to = &b->batch->entities[at]};

    b->places[at] = (struct place){derive_id(span->trace_id), span->start_time / NS_PER_MS, at};
    return map_span(&m, b->integration, b->project_name);
}

enum err otlp_map(struct arena *arena, const struct otlp_request *request, struct str project_name,
                  const struct prices *prices, struct otlp_batch *ret, struct error *reterr)
{
    struct batch_mapper b = {arena,       reterr, prices, ret, NULL, find_integration(request),
                             project_name};
    size_t count = 0;
    enum err err = each_span(request, count_span, &count);

    *ret = (struct otlp_batch){.traces = NULL};
    ret->entities = arena_zalloc(arena, (count + 1) * sizeof(*ret->entities));
    b.places = arena_alloc(arena, (count + 1) * sizeof(*b.places));
    if (!ret->entities || !b.places)
        return ERR_TOO_LARGE;
    if (!err)
        err = each_span(request, map_next, &b);
    if (!err && !group_traces(arena, b.places, ret))
        err = ERR_TOO_LARGE;
    return err;
}
