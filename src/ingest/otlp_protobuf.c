/* A reader of protobuf that knows the wire format and takes everything else from the table. */
#include "ingest/otlp_protobuf.h"

#include "json/json.h"

enum wire_type { WIRE_VARINT, WIRE_FIXED64, WIRE_BYTES, WIRE_GROUP, WIRE_GROUP_END, WIRE_FIXED32 };

/* One field as it stands in the body. */
struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t number_value; /* VARINT, FIXED64, FIXED32 */
    struct str bytes;      /* BYTES */
};

struct reader {
    struct arena *arena;
    struct error *error;
};

static bool read_varint(struct str *in, uint64_t *ret)
{
    uint64_t value = 0;

    for (size_t i = 0; i < in->n && i < 10; i++) {
        uint8_t byte = (uint8_t)in->p[i];
        if (i == 9 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *in = str_make(in->p + i + 1, in->n - i - 1);
            *ret = value;
            return true;
        }
    }
    return false;
}

/* Little-endian, as protobuf has it. */
static bool read_fixed(struct str *in, size_t size, uint64_t *ret)
{
    *ret = 0;
    if (in->n < size)
        return false;
    for (size_t i = 0; i < size; i++)
        *ret |= (uint64_t)(uint8_t)in->p[i] << (8 * i);
    *in = str_make(in->p + size, in->n - size);
    return true;
}

/* The next field of a message; NULL, or what is wrong with it. */
static const char *read_field(struct str *in, struct wire_field *ret)
{
    uint64_t tag, length;

    *ret = (struct wire_field){.number = 0};
    if (!read_varint(in, &tag) || tag > UINT32_MAX)
        return "tag is broken";
    ret->number = (uint32_t)(tag >> 3);
    ret->type = (enum wire_type)(tag & 7);
    if (ret->number == 0)
        return "field number is 0";
    switch (ret->type) {
    case WIRE_VARINT:
        return read_varint(in, &ret->number_value) ? NULL : "varint is broken";
    case WIRE_FIXED64:
        return read_fixed(in, 8, &ret->number_value) ? NULL : "message ends within a field";
    case WIRE_FIXED32:
        return read_fixed(in, 4, &ret->number_value) ? NULL : "message ends within a field";
    case WIRE_BYTES:
        if (!read_varint(in, &length))
            return "length is broken";
        if (length > in->n)
            return "message ends within a field";
        ret->bytes = str_make(in->p, (size_t)length);
        *in = str_make(in->p + length, in->n - (size_t)length);
        return NULL;
    default:
        return "wire type is none";
    }
}

static enum wire_type wire_type_of(enum otlp_type type)
{
    switch (type) {
    case OTLP_TIME:
    case OTLP_DOUBLE:
        return WIRE_FIXED64;
    case OTLP_INT:
    case OTLP_BOOL:
    case OTLP_ENUM:
        return WIRE_VARINT;
    default:
        return WIRE_BYTES;
    }
}

static const struct otlp_field *find_field(const struct otlp_message *message, uint32_t number)
{
    for (size_t i = 0; i < message->count; i++) {
        if (message->fields[i].number == number)
            return &message->fields[i];
    }
    return NULL;
}

static bool is_utf8(struct str s)
{
    while (s.n) {
        uint32_t rune;
        size_t n = (uint8_t)s.p[0] < 0x80 ? 1 : str_next_rune(s, &rune);
        if (n == 0)
            return false;
        s = str_make(s.p + n, s.n - n);
    }
    return true;
}

static enum err read_scalar(struct reader *r, const struct wire_field *wire,
                            const struct otlp_field *field, void *member,
                            const struct otlp_place *place)
{
    double number;

    switch (field->type) {
    case OTLP_TEXT:
        if (!is_utf8(wire->bytes))
            return otlp_fail(r->error, place, "text is not UTF-8");
        if (wire->bytes.n > JSON_STRING_MAX)
            return otlp_fail(r->error, place, "text of %zu bytes exceeds the maximum of %zu",
                             wire->bytes.n, JSON_STRING_MAX);
        *(struct str *)member = wire->bytes;
        return ERR_OK;
    case OTLP_TIME:
        if (wire->number_value > INT64_MAX)
            return otlp_fail(r->error, place, "time is out of range");
        *(int64_t *)member = (int64_t)wire->number_value;
        return ERR_OK;
    case OTLP_DOUBLE:
        memcpy(&number, &wire->number_value, sizeof(number));
        *(double *)member = number;
        return ERR_OK;
    case OTLP_BOOL:
        *(int64_t *)member = wire->number_value != 0;
        return ERR_OK;
    case OTLP_ENUM:
        *(int64_t *)member = (int32_t)(uint32_t)wire->number_value;
        return ERR_OK;
    case OTLP_INT:
        *(int64_t *)member = (int64_t)wire->number_value;
        return ERR_OK;
    default:
        *(struct str *)member = wire->bytes;
        return ERR_OK;
    }
}

static enum err read_message(struct reader *r, struct str in, const struct otlp_message *message,
                             void *out, const struct otlp_place *place, int depth)
{
    if (depth > OTLP_DEPTH_MAX)
        return otlp_fail(r->error, place, "messages are nested deeper than %d", OTLP_DEPTH_MAX);
    while (in.n) {
        struct wire_field wire;
        const char *problem = read_field(&in, &wire);
        const struct otlp_field *field = problem ? NULL : find_field(message, wire.number);
        struct otlp_place inner = {place, field ? field->name : "", 0, false};
        enum err err;

        if (problem)
            return otlp_fail(r->error, place, "%s", problem);
        if (!field || wire.type != wire_type_of(field->type))
            continue;
        if (field->type >= OTLP_MESSAGE) {
            void *item = otlp_add_message(r->arena, message, field, out, &inner.index);
            inner.has_index = field->type == OTLP_MESSAGES;
            err = read_message(r, wire.bytes, field->message, item, &inner, depth + 1);
        } else {
            err = read_scalar(r, &wire, field, otlp_member(message, field, out), &inner);
        }
        if (err)
            return err;
        if (arena_is_over(r->arena))
            return ERR_TOO_LARGE;
    }
    return otlp_check_message(message, out, false, place, r->error);
}

enum err otlp_read_protobuf(struct arena *arena, struct str body, struct otlp_request **ret,
                            struct error *reterr)
{
    struct reader r = {arena, reterr};

    *ret = arena_zalloc(arena, otlp_request_message.size);
    return read_message(&r, body, &otlp_request_message, *ret, NULL, 0);
}
