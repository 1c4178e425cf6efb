/* What the tests of model, query, store and ingest share: texts, ids, records from JSON.
 *
 * JSON in tests is written with ' in place of ", so that it can be read. */
#ifndef OCELLI_TESTS_UNIT_SUPPORT_H
#define OCELLI_TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/decode.h"
#include "model/entity.h"

/* Fails unless a text is the wanted one. */
#define assert_str(got, want) support_assert_str((got), str_of(want), __FILE__, __LINE__)
void support_assert_str(struct str got, struct str want, const char *file, int line);

/* The same, the wanted one being JSON with ' for ". */
#define assert_json(got, want) support_assert_json((got), (want), __FILE__, __LINE__)
void support_assert_json(struct str got, const char *want, const char *file, int line);

/* Fails unless an error has this code and, in shape M, this message; in shape E, exactly these
 * items, joined with '|', in any order. */
#define assert_message(error, code, text)                                                          \
    support_assert_message((error), (code), (text), __FILE__, __LINE__)
#define assert_items(error, code, items)                                                           \
    support_assert_items((error), (code), (items), __FILE__, __LINE__)
void support_assert_message(const struct error *error, enum err code, const char *text,
                            const char *file, int line);
void support_assert_items(const struct error *error, enum err code, const char *items,
                          const char *file, int line);

/* A version 7 id; a greater number gives a greater id. */
struct uuid test_uuid(unsigned number);

/* Its text; one of a few static buffers. */
const char *test_uuid_text(unsigned number);

/* Formatted JSON with ' turned into ". */
struct str test_json(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A record from such JSON; the test fails when it is refused. */
struct record *test_record(struct arena *arena, const struct resource *resource,
                           enum decode_view view, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Decodes such JSON into *error; the record, or NULL when it was refused. */
struct record *test_decode(struct arena *arena, const struct resource *resource,
                           enum decode_view view, struct error *error, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* JSON text of a sample value of a field, made by its type; `variant` 0 to 2 differ. NULL for types
 * that no entity takes from clients. With ' for ". */
const char *test_sample(const struct field *field, int variant);

/* True when two values of a field say the same; packed ones by their bytes. */
bool test_same_value(const struct field *field, const struct value *a, const struct value *b);

#endif
