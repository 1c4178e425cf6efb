/* What a reader of a thread sees beyond its stored values. */
#include "model/thread_view.h"

#include "base/clock.h"
#include "model/encode.h"
#include "model/entity_view.h"

static void set_duration(struct value *v)
{
    int64_t us;

    if (!value_is_set(&v[THREAD_END_TIME]) || v[THREAD_START_TIME].i == 0)
        return;
    us = v[THREAD_END_TIME].i / CLOCK_NS_PER_US - v[THREAD_START_TIME].i / CLOCK_NS_PER_US;
    v[THREAD_DURATION] =
        (struct value){.kind = VALUE_SET, .d = (double)us / (double)CLOCK_US_PER_MS};
}

enum err thread_view_encode(struct arena *arena, yyjson_mut_doc *doc, struct record *thread,
                            enum thread_messages messages, yyjson_mut_val **ret)
{
    struct value *v = thread->v;
    bool images = messages != THREAD_MESSAGES_WITHOUT_IMAGES;
    enum err err = ERR_OK;

    set_duration(v);
    v[THREAD_NUMBER_OF_MESSAGES] = value_int(2 * v[THREAD_TRACE_COUNT].i);
    if (!value_is_set(&v[THREAD_STATUS]))
        v[THREAD_STATUS] = value_int(THREAD_ACTIVE);
    if (!value_is_set(&v[THREAD_ENVIRONMENT]) || v[THREAD_ENVIRONMENT].s.n == 0)
        v[THREAD_ENVIRONMENT] = v[THREAD_FIRST_ENVIRONMENT];
    if (messages != THREAD_MESSAGES_WHOLE)
        err = entity_view_shorten(arena, &v[THREAD_FIRST_MESSAGE], images);
    if (!err && messages != THREAD_MESSAGES_WHOLE)
        err = entity_view_shorten(arena, &v[THREAD_LAST_MESSAGE], images);
    if (!err)
        *ret = encode_record(doc, thread, false, 0);
    return err;
}
