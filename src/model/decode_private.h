/* What the files of decoding share: one value at a time, by the type of its field. */
#ifndef OCELLI_MODEL_DECODE_PRIVATE_H
#define OCELLI_MODEL_DECODE_PRIVATE_H

#include "model/decode.h"

/* No sensible number is longer; keeps copies of it small. */
#define NUMBER_TEXT_MAX 1000

/* Where a value stands. */
struct decoder {
    struct arena *arena;
    struct error *error;
    const struct field *field;
    struct str prefix; /* "traces[3]." */
    enum decode_view view;
};

/* Adds "<prefix><property> <rule>" to the 422 list. */
void decode_break_rule(const struct decoder *d, const char *rule);

/* The same about an element: of a set, or of a list, whose elements have a place. */
void decode_break_item_rule(const struct decoder *d, size_t i, const char *rule);

/* ERR_BAD_REQUEST for a value of another JSON type than `expected`. */
enum err decode_wrong_type(const struct decoder *d, const yyjson_val *value, const char *expected);

/* An integer, or a text that is a decimal, cut to an integer. False when it is none, or out of
 * range. */
bool decode_read_int(struct arena *arena, yyjson_val *value, int64_t min, int64_t max,
                     int64_t *ret);

/* Values of one type each: *ret becomes the value, or stays absent. Broken rules are collected;
 * ERR_BAD_REQUEST for a wrong JSON type, ERR_TOO_LARGE at the arena's ceiling. */
enum err decode_uuid(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_text(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_time(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_enum_value(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_number(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_cost(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_score(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_int(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_bool(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_json(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_tally(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_tags(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_error_info(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_duration(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_colors(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_numbers(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_uuids(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_names(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_objects(const struct decoder *d, yyjson_val *value, struct value *ret);
enum err decode_object(const struct decoder *d, yyjson_val *value, struct value *ret);

#endif
