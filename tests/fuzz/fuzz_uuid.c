/* UUIDs: text and bytes go forth and back, and time bounds hold for any time. */
#include "base/uuid.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_text(struct str text)
{
    struct uuid uuid;
    if (!uuid_parse(text, &uuid))
        return;
    char again[UUID_TEXT_SIZE];
    uuid_format(&uuid, again);
    require(str_eq_nocase(text, str_make(again, sizeof(again))));
}

static void check_bytes(const struct uuid *uuid)
{
    char text[UUID_TEXT_SIZE];
    struct uuid again;
    uuid_format(uuid, text);
    require(uuid_parse(str_make(text, sizeof(text)), &again) && uuid_eq(uuid, &again));
    require(!uuid_parse(str_make(text, sizeof(text) - 1), &again));
    /* An id lies between the bounds of its own millisecond once it is a version 7 one. */
    struct uuid seven = *uuid;
    seven.b[6] = (uint8_t)(0x70 | (seven.b[6] & 0x0F));
    seven.b[8] = (uint8_t)(0x80 | (seven.b[8] & 0x3F));
    require(uuid_version(&seven) == 7);
    struct uuid low = uuid_lowest(uuid_time_ms(&seven));
    struct uuid high = uuid_highest(uuid_time_ms(&seven));
    require(uuid_cmp(&low, &seven) <= 0 && uuid_cmp(&seven, &high) <= 0);
}

static void check_time(int64_t ms)
{
    const int64_t max = ((int64_t)1 << 48) - 1;
    int64_t clamped = ms < 0 ? 0 : ms > max ? max : ms;
    struct uuid low = uuid_lowest(ms);
    struct uuid id = uuid_new_at(ms);
    struct uuid high = uuid_highest(ms);
    require(uuid_time_ms(&id) == clamped && uuid_version(&id) == 7);
    require(uuid_cmp(&low, &id) <= 0 && uuid_cmp(&id, &high) <= 0);
    if (clamped < max) {
        struct uuid next = uuid_lowest(clamped + 1);
        require(uuid_cmp(&high, &next) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_text(str_make((const char *)data, size));
    if (size >= sizeof(struct uuid)) {
        struct uuid uuid;
        memcpy(uuid.b, data, sizeof(uuid.b));
        check_bytes(&uuid);
    }
    if (size >= sizeof(int64_t)) {
        int64_t ms;
        memcpy(&ms, data, sizeof(ms));
        check_time(ms);
        check_time(ms >> 15);
    }
    return 0;
}
