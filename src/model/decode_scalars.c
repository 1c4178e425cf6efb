/* Ids, texts, times, numbers. */
#include "model/decode_private.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "model/annotation.h"

/* Farther times of FF_ANY_TIME count as this, µs, so that periods can be computed from them. */
#define FAR_US 9000000000000000000LL

enum err decode_uuid(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;

    if (!yyjson_is_str(value))
        return decode_wrong_type(d, value, "UUID");
    text = str_make(yyjson_get_str(value), yyjson_get_len(value));
    if (text.n == 0)
        return ERR_OK;
    if (!uuid_parse(text, &ret->uuid))
        return decode_wrong_type(d, value, "UUID");
    ret->kind = VALUE_SET;
    return ERR_OK;
}

enum err decode_text(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    uint32_t flags = d->field->flags;
    struct str text;
    char rule[64];

    if (!json_scalar_text(value, &text))
        return decode_wrong_type(d, value, "String");
    if ((flags & FF_NOT_BLANK) && str_is_blank(text)) {
        decode_break_rule(d, "must not be blank");
        *ret = value_text(text); /* given, for rules about several members */
        return ERR_OK;
    }
    if ((flags & FF_BLANK_ABSENT) && str_is_blank(text))
        return ERR_OK;
    if (flags & FF_TRIM)
        text = str_trim(text);
    if (d->field->max && str_count_utf16(text) > d->field->max) {
        snprintf(rule, sizeof(rule), "cannot exceed %u characters", d->field->max);
        decode_break_rule(d, d->field->max_rule ? d->field->max_rule : rule);
    }
    *ret = value_text(text);
    return ERR_OK;
}

enum err decode_time(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    bool is_ns = d->field->type == FIELD_TIME_NS;
    int64_t end_s = is_ns ? 9223372036 : 10413792000; /* 2262-04-11T23:47:16Z, 2300-01-01 */
    struct instant instant;
    struct str text;

    if (!yyjson_is_str(value) && !yyjson_is_raw(value))
        return decode_wrong_type(d, value, "Instant");
    json_scalar_text(value, &text);
    if (text.n == 0)
        return ERR_OK;
    if (yyjson_is_raw(value) ? !instant_parse_number(text, &instant)
                             : !instant_parse(text, &instant))
        return decode_wrong_type(d, value, "Instant");
    if (d->field->flags & FF_ANY_TIME) {
        int64_t us = instant_to_us(instant);
        *ret = value_int(us > FAR_US ? FAR_US : us < -FAR_US ? -FAR_US : us);
        return ERR_OK;
    }
    if (instant.seconds < 0 || instant.seconds >= end_s)
        decode_break_rule(d, is_ns
                                 ? "must be after or equal 1970-01-01T00:00:00.000000Z and before "
                                   "2262-04-11T23:47:16.000000000Z"
                                 : "must be after or equal 1970-01-01T00:00:00.000000Z and before "
                                   "2300-01-01T00:00:00.000000Z");
    *ret = value_int(is_ns ? instant_to_ns(instant) : instant_to_us(instant));
    return ERR_OK;
}

int decode_enum(const char *const *names, struct str text, bool any_case)
{
    for (int i = 1; names[i]; i++) {
        const char *name = names[i];
        size_t k = 0;
        bool same = true;

        for (size_t j = 0; j < text.n && same; j++) {
            char c = text.p[j];
            if (any_case && c == ' ')
                continue;
            if (any_case)
                c = c == '-' || c == '.' ? '_' : (char)tolower((unsigned char)c);
            same = c != '\0' && name[k] == c;
            k++;
        }
        if (same && name[k] == '\0')
            return i;
    }
    return 0;
}

enum err decode_enum_value(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    int index = 0;

    if (yyjson_is_str(value))
        index = decode_enum(d->field->names, str_make(yyjson_get_str(value), yyjson_get_len(value)),
                            d->field->flags & FF_ANY_CASE);
    if (index == 0)
        return decode_wrong_type(d, value, d->field->name);
    *ret = value_int(index);
    return ERR_OK;
}

enum err decode_number(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;
    char *end;
    double number;

    if ((!yyjson_is_str(value) && !yyjson_is_raw(value)) || !json_scalar_text(value, &text))
        return decode_wrong_type(d, value, "Double");
    if (text.n > NUMBER_TEXT_MAX)
        return decode_wrong_type(d, value, "Double");
    text = str_copy(d->arena, str_trim(text));
    if (text.n == 0)
        return ERR_OK;
    number = strtod(text.p, &end);
    if (end != text.p + text.n)
        return decode_wrong_type(d, value, "Double");
    if (!isfinite(number)) {
        decode_break_rule(d, "must be a finite number");
        return ERR_OK;
    }
    if ((d->field->flags & FF_NOT_NEGATIVE) && number < 0)
        decode_break_rule(d, "must be greater than or equal to 0");
    *ret = (struct value){.kind = VALUE_SET, .d = number};
    return ERR_OK;
}

enum err decode_cost(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;
    decimal_int number;

    if ((!yyjson_is_str(value) && !yyjson_is_raw(value)) || !json_scalar_text(value, &text))
        return decode_wrong_type(d, value, "BigDecimal");
    text = str_trim(text);
    if (text.n == 0)
        return ERR_OK;
    if (!decimal_parse(text, 12, &number))
        return decode_wrong_type(d, value, "BigDecimal");
    if ((d->field->flags & FF_NOT_NEGATIVE) && number < 0)
        decode_break_rule(d, "must be greater than or equal to 0.0");
    *ret = (struct value){.kind = VALUE_SET, .n = number};
    return ERR_OK;
}

/* Scores have 9 decimals, and are compared with their range by 12, before three are cut. */
#define SCORE_DECIMALS_MORE 1000
#define SCORE_LIMIT ((decimal_int)SCORE_VALUE_MAX * SCORE_DECIMALS_MORE)

/* traces.md 11.3: a number or a text of one; the range is a rule. */
enum err decode_score(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;
    decimal_int number;
    char *end;

    if ((!yyjson_is_str(value) && !yyjson_is_raw(value)) || !json_scalar_text(value, &text) ||
        text.n > NUMBER_TEXT_MAX)
        return decode_wrong_type(d, value, "BigDecimal");
    text = str_copy(d->arena, str_trim(text));
    if (text.n == 0)
        return ERR_OK;
    if (!decimal_parse(text, 12, &number)) {
        double far = strtod(text.p, &end);
        if (end != text.p + text.n || isnan(far) || isalpha((unsigned char)end[-1]) ||
            memchr(text.p, 'x', text.n) || memchr(text.p, 'X', text.n))
            return decode_wrong_type(d, value, "BigDecimal");
        number = far < 0 ? -SCORE_LIMIT - 1 : SCORE_LIMIT + 1;
    }
    if (number > SCORE_LIMIT)
        decode_break_rule(d, "must be less than or equal to 999999999.999999999");
    else if (number < -SCORE_LIMIT)
        decode_break_rule(d, "must be greater than or equal to -999999999.999999999");
    *ret = value_int((int64_t)(number / SCORE_DECIMALS_MORE));
    return ERR_OK;
}

/* A whole number as the reference reads one: fractions are cut off, numeric texts count. */
bool decode_read_int(struct arena *arena, yyjson_val *value, int64_t min, int64_t max, int64_t *ret)
{
    struct str text;
    char *end;
    double number;

    if ((!yyjson_is_str(value) && !yyjson_is_raw(value)) || !json_scalar_text(value, &text) ||
        text.n > NUMBER_TEXT_MAX)
        return false;
    text = str_copy(arena, str_trim(text));
    if (!str_to_i64(text, ret)) {
        /* strtod() takes more than decimals. */
        number = decimal_is_text(text) ? strtod(text.p, &end) : NAN;
        if (!isfinite(number) || end != text.p + text.n || fabs(number) > 9e15)
            return false;
        *ret = (int64_t)number;
    }
    return *ret >= min && *ret <= max;
}

enum err decode_int(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    int64_t max = d->field->max ? (int64_t)d->field->max : INT32_MAX;
    int64_t number;
    char rule[64];

    if (!decode_read_int(d->arena, value, INT32_MIN, INT32_MAX, &number))
        return decode_wrong_type(d, value, "Integer");
    if (d->field->max && number < 1)
        decode_break_rule(d, "must be greater than or equal to 1");
    if (number > max) {
        snprintf(rule, sizeof(rule), "must be less than or equal to %lld", (long long)max);
        decode_break_rule(d, rule);
    }
    *ret = value_int(number);
    return ERR_OK;
}

enum err decode_bool(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    struct str text;

    if (!json_scalar_text(value, &text))
        return decode_wrong_type(d, value, "Boolean");
    if (text.n == 0)
        return ERR_OK;
    if (!str_eq_nocase(text, STR("true")) && !str_eq_nocase(text, STR("false")))
        return decode_wrong_type(d, value, "Boolean");
    *ret = value_int(str_eq_nocase(text, STR("true")));
    return ERR_OK;
}

enum err decode_json(const struct decoder *d, yyjson_val *value, struct value *ret)
{
    ret->kind = VALUE_SET;
    return json_write(d->arena, value, &ret->s);
}
