/* UUIDs: 16 bytes, text form of 36 characters, version 7 with the time in front. */
#ifndef OCELLI_BASE_UUID_H
#define OCELLI_BASE_UUID_H

#include "base/str.h"

#define UUID_TEXT_SIZE 36

struct uuid {
    uint8_t b[16];
};

/* 8-4-4-4-12 hexadecimal digits in either case; false otherwise. */
bool uuid_parse(struct str text, struct uuid *ret);

/* Lower-case text of exactly UUID_TEXT_SIZE characters, without a NUL. */
void uuid_format(const struct uuid *uuid, char out[UUID_TEXT_SIZE]);

/* The version nibble, 0..15. */
int uuid_version(const struct uuid *uuid);

/* Milliseconds since the epoch that a version 7 id carries. */
int64_t uuid_time_ms(const struct uuid *uuid);

/* A new version 7 id of this moment. Ids made by one process are strictly ascending.
 * Thread-safe. */
struct uuid uuid_new(void);

/* A new version 7 id whose time is `ms`, the rest random. Thread-safe. */
struct uuid uuid_new_at(int64_t ms);

/* The smallest and the largest version 7 id of a millisecond, for time bounds (traces.md 9.3).
 * `ms` is clamped to what 48 bits hold. */
struct uuid uuid_lowest(int64_t ms);
struct uuid uuid_highest(int64_t ms);

/* The greatest id below one; below the smallest comes the greatest. */
struct uuid uuid_before(struct uuid id);

static inline int uuid_cmp(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->b, b->b, sizeof(a->b));
}

static inline bool uuid_eq(const struct uuid *a, const struct uuid *b)
{
    return uuid_cmp(a, b) == 0;
}

#endif
