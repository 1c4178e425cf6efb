/* One row that requests arrive at, without a store. */
#include "unit/ingest/merge_support.h"

struct arena merge_arena;
struct row merge_row;
const char *merge_user;
bool merge_tags;

void merge_fresh(const struct resource *resource)
{
    merge_row =
        (struct row){.record = record_new(&merge_arena, resource), .base_clock = NO_BASE_CLOCK};
    merge_row.record->v[ENTITY_ID] = value_uuid(test_uuid(1));
    merge_user = "user";
    merge_tags = false;
}

void merge_start(const struct resource *resource)
{
    arena_init(&merge_arena, (size_t)64 << 20);
    merge_fresh(resource);
}

void merge_stop(void)
{
    arena_done(&merge_arena);
}

struct record *merge_body(enum merge_arrival arrival, const struct resource *resource,
                          const char *members)
{
    bool create = arrival != ARRIVAL_PATCH;
    const char *comma = members[0] ? "," : "";
    struct record *record;

    if (create && resource == &span_resource)
        record = test_record(&merge_arena, resource, DECODE_BATCH,
                             "{'start_time':'2024-01-01T00:00:00Z','trace_id':'%s'%s%s}",
                             test_uuid_text(1), comma, members);
    else if (create)
        record = test_record(&merge_arena, resource, DECODE_BATCH,
                             "{'start_time':'2024-01-01T00:00:00Z'%s%s}", comma, members);
    else
        record = test_record(&merge_arena, resource, DECODE_UPDATE, "{%s}", members);
    entity_complete(&merge_arena, record);
    assert_int_equal(store_entity_pack(&merge_arena, record), ERR_OK);
    return record;
}

enum merge_result merge_arrive_record(enum merge_arrival arrival, int64_t clock, int64_t now,
                                      const struct record *record)
{
    struct merge_input input = {
        .arrival = arrival,
        .record = record,
        .clock = arrival == ARRIVAL_PATCH ? now : clock,
        .now = now,
        .user = str_of(merge_user),
        .merge_tags = merge_tags,
    };
    enum merge_result result = merge_apply(&merge_arena, &merge_row, &input);

    if (result == MERGE_WRITE) {
        merge_row.stored = true;
        merge_row.exists = true;
    }
    return result;
}

enum merge_result merge_arrive(enum merge_arrival arrival, int64_t clock, int64_t now,
                               const char *members)
{
    return merge_arrive_record(arrival, clock, now,
                               merge_body(arrival, merge_row.record->resource, members));
}

int64_t merge_mark(size_t field)
{
    for (size_t i = 0; i < merge_row.patched_count; i++) {
        if (merge_row.patched[i].field == field)
            return merge_row.patched[i].at;
    }
    return -1;
}
