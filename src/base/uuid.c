/* UUIDs: text form, and version 7 ids that ascend inside the process. */
#include "base/uuid.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"

#define TIME_MAX (((int64_t)1 << 48) - 1)

/* Positions of the dashes in the text form. */
static bool is_dash(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool uuid_parse(struct str text, struct uuid *ret)
{
    if (text.n != UUID_TEXT_SIZE)
        return false;
    struct uuid uuid;
    size_t used = 0;
    for (size_t i = 0; i < UUID_TEXT_SIZE;) {
        if (is_dash(i)) {
            if (text.p[i++] != '-')
                return false;
            continue;
        }
        int high = hex_digit(text.p[i]);
        int low = hex_digit(text.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        uuid.b[used++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    *ret = uuid;
    return true;
}

void uuid_format(const struct uuid *uuid, char out[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;
    for (size_t i = 0; i < sizeof(uuid->b); i++) {
        if (is_dash(used))
            out[used++] = '-';
        out[used++] = digits[uuid->b[i] >> 4];
        out[used++] = digits[uuid->b[i] & 15];
    }
}

int uuid_version(const struct uuid *uuid)
{
    return uuid->b[6] >> 4;
}

int64_t uuid_time_ms(const struct uuid *uuid)
{
    int64_t ms = 0;
    for (size_t i = 0; i < 6; i++)
        ms = ms << 8 | uuid->b[i];
    return ms;
}

/* 64 random bits, from a buffer per thread so that most ids need no system call. */
static uint64_t random_bits(void)
{
    static _Thread_local uint64_t pool[32];
    static _Thread_local size_t left;
    if (left == 0) {
        /* Up to 256 bytes come in one piece once the kernel's pool is ready. */
        ssize_t n;
        do
            n = getrandom(pool, sizeof(pool), 0);
        while (n < 0 && errno == EINTR);
        if (n != (ssize_t)sizeof(pool))
            abort();
        left = sizeof(pool) / sizeof(pool[0]);
    }
    uint64_t bits = pool[--left];
    pool[left] = 0;
    return bits;
}

/* `high`: 48 bits of time and the 12 bits behind the version; `low`: 62 bits behind the variant. */
static struct uuid assemble(uint64_t high, uint64_t low)
{
    struct uuid uuid;
    uint64_t words[2] = {(high >> 12) << 16 | 0x7000 | (high & 0xFFF),
                         (uint64_t)1 << 63 | (low & (UINT64_MAX >> 2))};
    for (size_t i = 0; i < sizeof(uuid.b); i++)
        uuid.b[i] = (uint8_t)(words[i / 8] >> (56 - 8 * (i % 8)));
    return uuid;
}

static uint64_t clamp_time(int64_t ms)
{
    return (uint64_t)(ms < 0 ? 0 : ms > TIME_MAX ? TIME_MAX : ms);
}

struct uuid uuid_new(void)
{
    /* The 12 bits behind the milliseconds are their fraction; ids of one tick count on from there
     * (RFC 9562, 6.2, methods 1 and 3). */
    static _Atomic uint64_t last;
    int64_t us = clock_now_us();
    uint64_t fraction = (uint64_t)(us % CLOCK_US_PER_MS) * 4096 / (uint64_t)CLOCK_US_PER_MS;
    uint64_t now = clamp_time(us / CLOCK_US_PER_MS) << 12 | fraction;
    uint64_t seen = atomic_load_explicit(&last, memory_order_relaxed);
    uint64_t high;
    do
        high = now > seen ? now : seen + 1;
    while (!atomic_compare_exchange_weak_explicit(&last, &seen, high, memory_order_relaxed,
                                                  memory_order_relaxed));
    return assemble(high, random_bits());
}

struct uuid uuid_new_at(int64_t ms)
{
    return assemble(clamp_time(ms) << 12 | (random_bits() & 0xFFF), random_bits());
}

struct uuid uuid_lowest(int64_t ms)
{
    return assemble(clamp_time(ms) << 12, 0);
}

struct uuid uuid_highest(int64_t ms)
{
    return assemble(clamp_time(ms) << 12 | 0xFFF, UINT64_MAX);
}

struct uuid uuid_before(struct uuid id)
{
    for (int i = 15; i >= 0 && id.b[i]-- == 0; i--)
        ;
    return id;
}
