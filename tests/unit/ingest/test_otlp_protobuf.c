/* OTLP as protobuf, from bytes made by hand. */
#include "ingest/otlp_protobuf.h"

#include "unit/ingest/otlp_support.h"

/* ---- bytes ---- */

static char bytes[1 << 20];
static size_t used;

static struct str take(void)
{
    struct str ret = str_copy(&otlp_arena, str_make(bytes, used));

    used = 0;
    return ret;
}

static void varint(uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        bytes[used++] = (char)(0x80 | (value & 0x7F));
    bytes[used++] = (char)value;
}

static void tag(unsigned number, unsigned wire)
{
    varint(number << 3 | wire);
}

static void put(struct str text)
{
    memcpy(bytes + used, text.p, text.n);
    used += text.n;
}

static void field(unsigned number, struct str content)
{
    tag(number, 2);
    varint(content.n);
    put(content);
}

static void fixed64(unsigned number, uint64_t value)
{
    tag(number, 1);
    for (int i = 0; i < 8; i++)
        bytes[used++] = (char)(value >> (8 * i));
}

/* A request of a scope's content. */
static struct str request_of(struct str scope_spans)
{
    field(2, scope_spans);
    scope_spans = take();
    field(1, scope_spans);
    return take();
}

/* A request of one span: what `content` says behind the ids 'T' and 'S'. */
static struct str span_of(struct str content)
{
    field(1, STR("T"));
    field(2, STR("S"));
    put(content);
    content = take();
    field(2, content);
    return request_of(take());
}

/* A request of one span with one attribute "k". */
static struct str value_of(struct str value)
{
    field(1, STR("k"));
    field(2, value);
    value = take();
    field(9, value);
    return span_of(take());
}

/* ---- reading ---- */

static enum err read_body(struct str body, struct otlp_request **ret)
{
    /* An exact piece, so that reading beyond its end shows. */
    body = str_copy(&otlp_arena, body);
    otlp_error = (struct error){.arena = &otlp_arena};
    return otlp_read_protobuf(&otlp_arena, body, ret, &otlp_error);
}

static void assert_read(struct str body, const char *want)
{
    struct otlp_request *request;

    if (read_body(body, &request))
        fail_msg("refused: %.*s, want %s", STR_ARG(otlp_error.message), want);
    assert_str(otlp_dump(request), want);
}

static void assert_refused(struct str body, const char *message)
{
    struct otlp_request *request;
    struct str want = str_format(&otlp_arena, "Unable to process OTLP body. %s", message);

    assert_int_equal(read_body(body, &request), ERR_BAD_REQUEST);
    assert_message(&otlp_error, ERR_BAD_REQUEST, want.p);
}

#define SPAN(rest) "scope -\nT S   0-0 " rest "\n"
#define PLACE "resource_spans[0].scope_spans[0].spans[0]"

static void test_empty(void **state)
{
    (void)state;
    assert_read(STR(""), "");
    assert_read(STR("\x0a\x00"), "");
    assert_read(STR("\x0a\x02\x12\x00"), "scope -\n");
    assert_read(span_of(STR("")), SPAN("{}"));
}

static void test_span(void **state)
{
    struct str inner;

    (void)state;
    field(1, STR("\x01\xff"));
    field(2, STR("span id"));
    field(4, STR("parent"));
    field(5, STR("n\xc3\xa4me"));
    fixed64(7, 1700000000000000001);
    fixed64(8, INT64_MAX);
    inner = take();
    field(1, STR("lib"));
    {
        struct str scope = take();
        field(1, scope);
    }
    field(2, inner);
    assert_read(request_of(take()), "scope lib\n<01><ff> span<20>id parent n<c3><a4>me "
                                    "1700000000000000001-9223372036854775807 {}\n");
}

static void test_values(void **state)
{
    static const struct {
        struct str value;
        const char *want;
    } cases[] = {
        {{"", 0}, "none"},
        {{"\x0a\x03"
          "abc",
          5},
         "t:abc"},
        {{"\x0a\x00", 2}, "t:"},
        {{"\x10\x01", 2}, "b:1"},
        {{"\x10\x00", 2}, "b:0"},
        {{"\x18\x2a", 2}, "i:42"},
        {{"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, "i:-1"},
        {{"\x18\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11}, "i:-9223372036854775808"},
        {{"\x21\x00\x00\x00\x00\x00\x00\xf8\x3f", 9}, "d:1.5"},
        {{"\x2a\x00", 2}, "[]"},
        {{"\x2a\x08\x0a\x02\x18\x01\x0a\x02\x10\x01", 10}, "[i:1,b:1]"},
        {{"\x32\x09\x0a\x07\x0a\x01"
          "a\x12\x02\x18\x07",
          11},
         "{a=i:7}"},
        {{"\x3a\x02\xff\x00", 4}, "x:<ff><00>"},
        /* The last one counts. */
        {{"\x18\x2a\x0a\x01z", 5}, "t:z"},
        {{"\x2a\x04\x0a\x02\x18\x01\x32\x00", 8}, "{}"},
        {{"\x32\x00\x2a\x04\x0a\x02\x18\x01\x18\x05", 10}, "i:5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str want = str_format(&otlp_arena, SPAN("{k=%s}"), cases[i].want);
        assert_read(value_of(cases[i].value), want.p);
    }
    field(9, STR("\x0a\x01"
                 "a"));
    field(9, STR(""));
    assert_read(span_of(take()), SPAN("{a=none,=none}"));
}

static void test_events_and_status(void **state)
{
    struct str event, status;

    (void)state;
    fixed64(1, 5);
    field(2, STR("ev"));
    field(3, STR("\x0a\x01"
                 "a\x12\x02\x18\x07"));
    event = take();
    tag(3, 0);
    varint(2);
    field(2, STR("bad"));
    status = take();
    field(11, event);
    field(11, STR(""));
    field(15, status);
    assert_read(span_of(take()), SPAN("{} @5 ev{a=i:7} @0 {} status 2 bad"));
    /* Pieces of one message are one message. */
    field(15, STR("\x18\x02"));
    field(15, STR("\x12\x01m"));
    assert_read(span_of(take()), SPAN("{} status 2 m"));
}

static void test_unknown_fields(void **state)
{
    (void)state;
    tag(6, 0);
    varint(3);
    field(3, STR("\xff\xff"));
    fixed64(99, 1);
    tag(536870911, 5);
    put(STR("abcd"));
    tag(16, 5);
    put(STR("\xff\xff\xff\xff"));
    field(5, STR("n"));
    /* A known number in another wire type. */
    tag(5, 0);
    varint(1);
    field(7, STR("12345678"));
    assert_read(span_of(take()), "scope -\nT S  n 0-0 {}\n");
}

static void test_refused(void **state)
{
    struct str whole;

    (void)state;
    assert_refused(STR("\x0a"), "length is broken");
    assert_refused(STR("\x0a\x05\x12"), "message ends within a field");
    assert_refused(STR("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
                   "message ends within a field");
    assert_refused(STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "tag is broken");
    assert_refused(STR("\x80\x80\x80\x80\x80\x01"), "tag is broken");
    assert_refused(STR("\x00\x00"), "field number is 0");
    assert_refused(STR("\x08\x80"), "varint is broken");
    assert_refused(STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "varint is broken");
    assert_refused(STR("\x09\x01\x02"), "message ends within a field");
    assert_refused(STR("\x0d\x01\x02"), "message ends within a field");
    assert_refused(STR("\x0b\x0c"), "wire type is none");
    assert_refused(STR("\x0e"), "wire type is none");
    assert_refused(span_of(STR("\x2a\x01\xff")), PLACE ".name: text is not UTF-8");
    assert_refused(value_of(STR("\x0a\x03\xed\xa0\x80")),
                   PLACE ".attributes[0].value.string_value: text is not UTF-8");
    assert_refused(value_of(STR("\x18")), PLACE ".attributes[0].value: varint is broken");
    fixed64(7, (uint64_t)1 << 63);
    assert_refused(span_of(take()), PLACE ".start_time_unix_nano: time is out of range");
    field(2, STR("\x0a\x01T"));
    assert_refused(request_of(take()), PLACE ".span_id: must not be empty");
    field(2, STR("\x12\x01S"));
    assert_refused(request_of(take()), PLACE ".trace_id: must not be empty");
    /* Every beginning of a body is refused or read, and never beyond its end. */
    whole = value_of(STR("\x2a\x08\x0a\x02\x18\x01\x0a\x02\x10\x01"));
    for (size_t n = 1; n < whole.n; n++) {
        struct otlp_request *request;
        assert_int_equal(read_body(str_make(whole.p, n), &request), ERR_BAD_REQUEST);
    }
}

static void test_depth(void **state)
{
    (void)state;
    /* An array is two messages; five are around the value. */
    for (int depth = 47; depth <= 48; depth++) {
        struct str value = STR("\x18\x01");
        struct otlp_request *request;

        for (int i = 0; i < depth; i++) {
            field(1, value);
            value = take();
            field(5, value);
            value = take();
        }
        assert_int_equal(read_body(value_of(value), &request),
                         depth == 47 ? ERR_OK : ERR_BAD_REQUEST);
    }
    assert_true(str_ends_with(otlp_error.message, STR("messages are nested deeper than 100")));
}

static void test_ceiling(void **state)
{
    struct error error = {.arena = &otlp_arena};
    struct otlp_request *request;
    struct arena small;

    (void)state;
    arena_init(&small, (size_t)64 << 10);
    for (size_t i = 0; i < 100000; i++)
        put(STR("\x0a\x00"));
    assert_int_equal(otlp_read_protobuf(&small, str_make(bytes, used), &request, &error),
                     ERR_TOO_LARGE);
    used = 0;
    arena_done(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otlp_start, otlp_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty),          TEST(test_span),
        TEST(test_values),         TEST(test_events_and_status),
        TEST(test_unknown_fields), TEST(test_refused),
        TEST(test_depth),          TEST(test_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
