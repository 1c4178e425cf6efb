/* What a reader sees beyond stored values: computed fields, providers in metadata, shortening. */
#include "model/entity_view.h"

#include "unit/support.h"

#define BIT(field) (1ULL << (field))

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static yyjson_val *view(struct record *entity, struct entity_view how)
{
    yyjson_mut_doc *doc = json_new(&arena);
    struct error error = {.arena = &arena};
    yyjson_mut_val *object;
    yyjson_val *root;
    struct str text;

    assert_int_equal(entity_view_encode(&arena, doc, entity, &how, &object), ERR_OK);
    yyjson_mut_doc_set_root(doc, object);
    assert_int_equal(json_write_mut(&arena, doc, &text), ERR_OK);
    if (json_parse(&arena, text, &root, &error))
        fail_msg("%.*s: %.*s", STR_ARG(error.message), STR_ARG(text));
    return root;
}

/* A member's JSON text; "" when it is left out. */
static struct str member(yyjson_val *root, const char *name)
{
    yyjson_val *value = yyjson_obj_get(root, name);
    struct str text = STR("");

    if (value)
        assert_int_equal(json_write(&arena, value, &text), ERR_OK);
    return text;
}

static struct record *trace_of(const char *json)
{
    return test_record(&arena, &trace_resource, DECODE_UPDATE, "%s", json);
}

static void set_providers(struct record *trace, const char *a, const char *b)
{
    struct tally *tally = arena_zalloc(&arena, sizeof(*tally));

    tally->entries = arena_zalloc(&arena, 2 * sizeof(struct tally_entry));
    tally->entries[tally->n++] = (struct tally_entry){str_of(a), 2};
    if (b)
        tally->entries[tally->n++] = (struct tally_entry){str_of(b), 1};
    trace->v[TRACE_PROVIDERS] = (struct value){.kind = VALUE_SET, .tally = tally};
}

static void test_duration(void **state)
{
    struct record *trace = test_record(&arena, &trace_resource, DECODE_CREATE,
                                       "{'start_time':'2024-01-01T00:00:00.0000009Z',"
                                       "'end_time':'2024-01-01T00:00:01.2345678Z'}");

    (void)state;
    assert_json(member(view(trace, (struct entity_view){0}), "duration"), "1234.567");
    trace->v[ENTITY_START_TIME] = value_int(0);
    trace->v[ENTITY_DURATION].kind = VALUE_ABSENT;
    assert_json(member(view(trace, (struct entity_view){0}), "duration"), "");
}

static void test_tool_spans(void **state)
{
    struct record *trace = record_new(&arena, &trace_resource);

    (void)state;
    assert_json(member(view(trace, (struct entity_view){0}), "has_tool_spans"), "false");
    trace->v[TRACE_TOOL_SPAN_COUNT] = value_int(2);
    assert_json(member(view(trace, (struct entity_view){0}), "has_tool_spans"), "true");
    assert_json(member(view(trace, (struct entity_view){BIT(TRACE_HAS_TOOL_SPANS), false, false}),
                       "has_tool_spans"),
                "false");
}

/* traces.md 5: `providers` in front, an own one wins, what is no object is hidden. */
static void test_providers_in_metadata(void **state)
{
    static const struct {
        const char *metadata, *want;
    } cases[] = {
        {"{'a':1,'b':[2]}", "{'providers':['anthropic','openai'],'a':1,'b':[2]}"},
        {"{}", "{'providers':['anthropic','openai']}"},
        {"[1]", "{'providers':['anthropic','openai']}"},
        {"'text'", "{'providers':['anthropic','openai']}"},
        {"null", "{'providers':['anthropic','openai']}"},
        {"{'x':{'providers':1}}", "{'providers':['anthropic','openai'],'x':{'providers':1}}"},
        {"{'x':'providers'}", "{'providers':['anthropic','openai'],'x':'providers'}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct record *trace = test_record(&arena, &trace_resource, DECODE_UPDATE,
                                           "{'metadata':%s}", cases[i].metadata);
        set_providers(trace, "openai", "anthropic");
        assert_json(member(view(trace, (struct entity_view){0}), "metadata"), cases[i].want);
    }
    struct record *trace = record_new(&arena, &trace_resource);
    set_providers(trace, "openai", NULL);
    assert_json(member(view(trace, (struct entity_view){0}), "metadata"),
                "{'providers':['openai']}");
}

static void test_own_providers_win(void **state)
{
    struct record *trace = trace_of("{'metadata':{'providers':'mine','z':1}}");
    yyjson_val *metadata;

    (void)state;
    set_providers(trace, "openai", NULL);
    metadata = yyjson_obj_get(view(trace, (struct entity_view){0}), "metadata");
    assert_int_equal(yyjson_obj_size(metadata), 2);
    assert_true(yyjson_equals_str(yyjson_obj_get(metadata, "providers"), "mine"));
    /* The same when its name is written with an escape. */
    trace = trace_of("{'metadata':{'provider\\u0073':'mine'}}");
    set_providers(trace, "openai", NULL);
    metadata = yyjson_obj_get(view(trace, (struct entity_view){0}), "metadata");
    assert_int_equal(yyjson_obj_size(metadata), 1);
}

static void test_no_providers(void **state)
{
    struct record *trace = trace_of("{'metadata':[1]}");
    struct tally none = {0};

    (void)state;
    assert_json(member(view(trace, (struct entity_view){0}), "metadata"), "[1]");
    trace->v[TRACE_PROVIDERS] = (struct value){.kind = VALUE_SET, .tally = &none};
    assert_json(member(view(trace, (struct entity_view){0}), "metadata"), "[1]");
    assert_json(member(view(trace, (struct entity_view){0}), "providers"), "");
}

/* spans.md 2. */
static void test_provider_of_span(void **state)
{
    struct record *span = test_record(&arena, &span_resource, DECODE_UPDATE,
                                      "{'provider':'open\\\"ai','metadata':{'a':1}}");

    (void)state;
    assert_json(member(view(span, (struct entity_view){0}), "metadata"),
                "{'provider':'open\\\"ai','a':1}");
    span = test_record(&arena, &span_resource, DECODE_UPDATE, "{'provider':'p'}");
    assert_json(member(view(span, (struct entity_view){0}), "metadata"), "{'provider':'p'}");
    span = test_record(&arena, &span_resource, DECODE_UPDATE, "{'metadata':{'a':1}}");
    assert_json(member(view(span, (struct entity_view){0}), "metadata"), "{'a':1}");
}

/* traces.md 9.1: providers stay, metadata keeps only them. */
static void test_exclude_metadata(void **state)
{
    struct record *trace = trace_of("{'metadata':{'a':1},'name':'n','tags':['t']}");
    uint64_t bits = BIT(ENTITY_METADATA) | BIT(TRACE_PROVIDERS) | BIT(ENTITY_NAME);
    yyjson_val *root;

    (void)state;
    set_providers(trace, "openai", NULL);
    root = view(trace, (struct entity_view){.excluded = bits});
    assert_json(member(root, "metadata"), "{'providers':['openai']}");
    assert_json(member(root, "providers"), "['openai']");
    assert_json(member(root, "name"), "");
    assert_json(member(root, "tags"), "['t']");
    trace = trace_of("{'metadata':{'a':1}}");
    root = view(trace, (struct entity_view){.excluded = bits});
    assert_json(member(root, "metadata"), "");
}

static void test_exclude_all(void **state)
{
    struct record *trace = trace_of("{'metadata':{'a':1},'name':'n','tags':['t'],'environment':'e',"
                                    "'end_time':1,'input':1,'output':2,'ttft':1}");
    uint64_t bits = 0;
    struct str text;

    (void)state;
    trace->v[TRACE_SPAN_COUNT] = value_int(4);
    trace->v[TRACE_LLM_SPAN_COUNT] = value_int(4);
    trace->v[TRACE_TOOL_SPAN_COUNT] = value_int(4);
    trace->v[ENTITY_START_TIME] = value_int(5);
    for (size_t i = 0; i < trace_resource.count; i++)
        bits |= trace_resource.fields[i].flags & FF_EXCLUDE ? BIT(i) : 0;
    assert_int_equal(json_write(&arena, view(trace, (struct entity_view){.excluded = bits}), &text),
                     ERR_OK);
    assert_json(text, "{'span_count':0,'llm_span_count':0,'has_tool_spans':false}");
}

/* A JSON string literal of `n` bytes with its quotes. */
static struct str literal(size_t n)
{
    char *out = arena_alloc(&arena, n + 1);

    memset(out, 'a', n);
    out[0] = out[n - 1] = '"';
    out[n] = '\0';
    return str_make(out, n);
}

static struct str truncated_input(struct str input)
{
    struct record *trace = record_new(&arena, &trace_resource);
    yyjson_val *value;

    trace->v[ENTITY_INPUT] = value_text(input);
    value = yyjson_obj_get(view(trace, (struct entity_view){.truncate = true}), "input");
    assert_true(yyjson_is_str(value));
    return str_make(yyjson_get_str(value), yyjson_get_len(value));
}

/* traces.md 9.2: texts of 10001 bytes and more become a string of the first 10001. */
static void test_truncate(void **state)
{
    struct str input, got;

    (void)state;
    got = truncated_input(literal(10000));
    assert_int_equal(got.n, 9998);
    input = literal(10001);
    got = truncated_input(input);
    assert_true(str_eq(got, input));
    input = literal(50000);
    got = truncated_input(input);
    assert_int_equal(got.n, 10001);
    assert_true(str_eq(got, str_make(input.p, 10001)));
}

static void test_truncate_fields(void **state)
{
    struct record *trace = record_new(&arena, &trace_resource);
    struct str text = literal(20000);
    yyjson_val *root;

    (void)state;
    trace->v[ENTITY_INPUT] = value_text(text);
    trace->v[ENTITY_OUTPUT] = value_text(text);
    trace->v[ENTITY_METADATA] = value_text(text);
    root = view(trace, (struct entity_view){.truncate = true});
    assert_int_equal(yyjson_get_len(yyjson_obj_get(root, "input")), TRUNCATE_BYTES);
    assert_int_equal(yyjson_get_len(yyjson_obj_get(root, "output")), TRUNCATE_BYTES);
    assert_int_equal(yyjson_get_len(yyjson_obj_get(root, "metadata")), 19998);
    trace->v[ENTITY_INPUT] = value_text(text);
    root = view(trace, (struct entity_view){.truncate = false});
    assert_int_equal(yyjson_get_len(yyjson_obj_get(root, "input")), 19998);
}

/* A cut never leaves half a character, whatever its length and place. */
static void test_truncate_characters(void **state)
{
    static const char *const characters[] = {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};

    (void)state;
    for (size_t c = 0; c < 3; c++) {
        for (size_t shift = 0; shift < 5; shift++) {
            size_t n = strlen(characters[c]);
            struct str input = literal(20000), got;
            char *p = (char *)(uintptr_t)input.p;
            for (size_t at = 9000 + shift; at < 11000; at += n)
                memcpy(p + at, characters[c], n);
            memcpy(p + 11000 + 2 * n, "\"", 1);
            got = truncated_input(str_make(p, 11001 + 2 * n));
            assert_true(got.n <= TRUNCATE_BYTES && got.n > TRUNCATE_BYTES - n);
            assert_int_equal((got.n - 9000 - shift) % n, 0);
        }
    }
}

static void assert_images(const char *input, const char *want)
{
    struct record *trace = record_new(&arena, &trace_resource);

    trace->v[ENTITY_INPUT] = value_text(test_json(&arena, "%s", input));
    trace->v[ENTITY_OUTPUT] = trace->v[ENTITY_METADATA] = trace->v[ENTITY_INPUT];
    yyjson_val *root = view(trace, (struct entity_view){.truncate = true});
    assert_json(member(root, "input"), want);
    assert_json(member(root, "output"), want);
    assert_json(member(root, "metadata"), want);
}

static void test_images(void **state)
{
    static const char *const prefixes[] = {"/9j/", "iVBORw0KGgo", "R0lGODlh", "R0lGODdh",
                                           "Qk",   "SUkq",        "TU0A",     "UklGR"};
    char input[200], want[200];

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        snprintf(input, sizeof(input), "{'a':'%sAbc+/123=='}", prefixes[i]);
        assert_images(input, "{'a':'[image]'}");
        snprintf(input, sizeof(input), "['data:image/jpeg;base64,%sx','data:image/png;base64,%sx']",
                 prefixes[i], prefixes[i]);
        assert_images(input, "['[image]','[image]']");
        /* Not only an image. */
        snprintf(input, sizeof(input), "['%sAbc!defghijk','see %sAbcdefgh']", prefixes[i],
                 prefixes[i]);
        snprintf(want, sizeof(want), "%s", input);
        assert_images(input, want);
    }
    assert_images("'data:image/webpx;base64,/9j/AAAA'", "'data:image/webpx;base64,/9j/AAAA'");
    assert_images("'data:text/plain;base64,/9j/AAAA'", "'data:text/plain;base64,/9j/AAAA'");
    assert_images("'iVBORw0KGgo'", "'iVBORw0KGgo'");
    /* Names stay. */
    assert_images("{'Qkey':'Qkey','/9j/AAAA':{'QkA':['QkA',1]}}",
                  "{'Qkey':'[image]','/9j/AAAA':{'QkA':['[image]',1]}}");
    assert_images("'/9j/===='", "'/9j/===='");
    assert_images("'/9j/AA\\\\AAAAA'", "'/9j/AA\\\\AAAAA'");
    assert_images("{'/9j/AAAA\\\"':1,'k':'\\\"/9j/AAAAAA'}",
                  "{'/9j/AAAA\\\"':1,'k':'\\\"/9j/AAAAAA'}");
}

/* Many images in one text, next to each other. */
static void test_many_images(void **state)
{
    static const char image[] = "'data:image/png;base64,iVBORw0KGgoAAAA'";
    struct str input = STR("["), want = STR("[");

    (void)state;
    for (int i = 0; i < 100; i++) {
        input = str_format(&arena, "%.*s%s%s,%d", STR_ARG(input), i ? "," : "", image, i);
        want = str_format(&arena, "%.*s%s'[image]',%d", STR_ARG(want), i ? "," : "", i);
    }
    assert_images(str_format(&arena, "%.*s]", STR_ARG(input)).p,
                  str_format(&arena, "%.*s]", STR_ARG(want)).p);
}

static void test_without_truncate(void **state)
{
    struct record *trace = trace_of("{'input':'/9j/AAAAAAAA'}");

    (void)state;
    assert_json(member(view(trace, (struct entity_view){0}), "input"), "'/9j/AAAAAAAA'");
}

static void test_ceiling(void **state)
{
    struct record *span = record_new(&arena, &span_resource);
    struct entity_view how = {.truncate = true};
    struct arena small;
    yyjson_mut_doc *doc;
    yyjson_mut_val *object = NULL;
    char *big = arena_alloc(&arena, 400000);

    (void)state;
    memset(big, 'a', 400000);
    memcpy(big, "{\"a\":\"", 6);
    memcpy(big + 399998, "\"}", 2);
    span->v[ENTITY_METADATA] = value_text(str_make(big, 400000));
    span->v[SPAN_PROVIDER] = value_text(STR("p"));
    arena_init(&small, 100000);
    doc = json_new(&small);
    assert_int_equal(entity_view_encode(&small, doc, span, &how, &object), ERR_TOO_LARGE);
    arena_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_duration, start, stop),
        cmocka_unit_test_setup_teardown(test_tool_spans, start, stop),
        cmocka_unit_test_setup_teardown(test_providers_in_metadata, start, stop),
        cmocka_unit_test_setup_teardown(test_own_providers_win, start, stop),
        cmocka_unit_test_setup_teardown(test_no_providers, start, stop),
        cmocka_unit_test_setup_teardown(test_provider_of_span, start, stop),
        cmocka_unit_test_setup_teardown(test_exclude_metadata, start, stop),
        cmocka_unit_test_setup_teardown(test_exclude_all, start, stop),
        cmocka_unit_test_setup_teardown(test_truncate, start, stop),
        cmocka_unit_test_setup_teardown(test_truncate_fields, start, stop),
        cmocka_unit_test_setup_teardown(test_truncate_characters, start, stop),
        cmocka_unit_test_setup_teardown(test_images, start, stop),
        cmocka_unit_test_setup_teardown(test_many_images, start, stop),
        cmocka_unit_test_setup_teardown(test_without_truncate, start, stop),
        cmocka_unit_test_setup_teardown(test_ceiling, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
