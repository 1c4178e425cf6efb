/* The table of messages: numbers, names and members fit each other. */
#include "unit/ingest/otlp_support.h"

/* All messages, each once. */
static const struct otlp_message *messages[32];
static size_t message_count;

static void collect(const struct otlp_message *message)
{
    for (size_t i = 0; i < message_count; i++) {
        if (messages[i] == message)
            return;
    }
    assert_true(message_count < 32);
    messages[message_count++] = message;
    for (size_t i = 0; i < message->count; i++) {
        if (message->fields[i].message)
            collect(message->fields[i].message);
    }
}

static int start(void **state)
{
    collect(&otlp_request_message);
    return otlp_start(state);
}

static size_t size_of(enum otlp_type type)
{
    switch (type) {
    case OTLP_MESSAGES:
        return sizeof(struct otlp_list);
    case OTLP_MESSAGE:
        return sizeof(void *);
    case OTLP_TEXT:
    case OTLP_BYTES:
    case OTLP_TRACE_ID:
    case OTLP_SPAN_ID:
        return sizeof(struct str);
    default:
        return 8;
    }
}

static void test_table(void **state)
{
    (void)state;
    assert_int_equal(message_count, 11);
    for (size_t m = 0; m < message_count; m++) {
        const struct otlp_message *message = messages[m];

        for (size_t i = 0; i < message->count; i++) {
            const struct otlp_field *field = &message->fields[i];

            assert_true(field->offset >= sizeof(struct otlp_item));
            assert_true(field->offset + size_of(field->type) <= message->size);
            assert_int_equal(field->type >= OTLP_MESSAGE, field->message != NULL);
            assert_int_equal(field->type == OTLP_ENUM, field->names != NULL);
            for (size_t k = 0; k < i; k++) {
                const struct otlp_field *other = &message->fields[k];
                assert_int_not_equal(field->number, other->number);
                assert_string_not_equal(field->name, other->name);
                assert_true(message->kind ||
                            field->offset >= other->offset + size_of(other->type) ||
                            other->offset >= field->offset + size_of(field->type));
            }
        }
    }
}

/* The JSON name is the other in camel case. */
static void test_names(void **state)
{
    (void)state;
    for (size_t m = 0; m < message_count; m++) {
        for (size_t i = 0; i < messages[m]->count; i++) {
            const struct otlp_field *field = &messages[m]->fields[i];
            char camel[64];
            size_t n = 0;

            for (const char *c = field->name; *c; c++) {
                if (*c == '_')
                    camel[n++] = (char)(*++c - 'a' + 'A');
                else
                    camel[n++] = *c;
            }
            camel[n] = '\0';
            assert_string_equal(field->json_name, camel);
        }
    }
}

static void test_lists(void **state)
{
    struct otlp_request request = {.resource_spans.first = NULL};
    const struct otlp_field *field = &otlp_request_message.fields[0];
    size_t index = 9;
    void *items[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        items[i] = otlp_add_message(&otlp_arena, &otlp_request_message, field, &request, &index);
        assert_int_equal(index, i);
    }
    assert_ptr_equal(request.resource_spans.first, items[0]);
    assert_ptr_equal(request.resource_spans.first->next, items[1]);
    assert_ptr_equal(request.resource_spans.last, items[2]);
    assert_null(request.resource_spans.last->next);
    assert_int_equal(request.resource_spans.count, 3);
}

static void test_places(void **state)
{
    struct error error = {.arena = &otlp_arena};
    struct otlp_place outer = {NULL, "a", 3, true}, inner = {&outer, "b", 0, false};

    (void)state;
    assert_int_equal(otlp_fail(&error, NULL, "is %d", 1), ERR_BAD_REQUEST);
    assert_message(&error, ERR_BAD_REQUEST, "Unable to process OTLP body. is 1");
    otlp_fail(&error, &inner, "is %s", "bad");
    assert_message(&error, ERR_BAD_REQUEST, "Unable to process OTLP body. a[3].b: is bad");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, otlp_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_table),
        TEST(test_names),
        TEST(test_lists),
        TEST(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
