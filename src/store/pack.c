/* Compression of heavy values: short texts stay as they are, longer ones become a zstd frame when
 * that is smaller. */
#include "store/pack.h"

#include <pthread.h>
#include <zstd.h>

#include "store/store.h"

#define PACK_MIN_BYTES 256
#define PACK_LEVEL 1

/* Contexts are costly to make, so each thread keeps one of each for its life. */
static _Thread_local ZSTD_CCtx *compressor;
static _Thread_local ZSTD_DCtx *decompressor;
static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void contexts_free(void *unused)
{
    (void)unused;
    ZSTD_freeCCtx(compressor);
    ZSTD_freeDCtx(decompressor);
    compressor = NULL;
    decompressor = NULL;
}

static void contexts_make_key(void)
{
    pthread_key_create(&contexts_key, contexts_free);
}

static void contexts_prepare(void)
{
    if (compressor)
        return;
    pthread_once(&contexts_once, contexts_make_key);
    compressor = ZSTD_createCCtx();
    decompressor = ZSTD_createDCtx();
    pthread_setspecific(contexts_key, compressor);
}

enum err pack_value(struct arena *arena, struct value *value)
{
    size_t bound = ZSTD_compressBound(value->s.n), n;
    char *out;

    value->kind = VALUE_PACKED;
    value->plain = true;
    if (value->s.n < PACK_MIN_BYTES)
        return ERR_OK;
    out = arena_alloc(arena, bound);
    if (!out)
        return ERR_TOO_LARGE;
    contexts_prepare();
    n = ZSTD_compressCCtx(compressor, out, bound, value->s.p, value->s.n, PACK_LEVEL);
    if (ZSTD_isError(n) || n >= value->s.n)
        return ERR_OK;
    value->s = str_make(arena_grow(arena, out, bound, n), n);
    value->plain = false;
    return ERR_OK;
}

enum err pack_open(struct arena *arena, struct str packed, size_t limit, struct str *ret)
{
    unsigned long long size = ZSTD_getFrameContentSize(packed.p, packed.n);
    char *out;
    size_t n;

    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
        return ERR_INTERNAL;
    if (size > limit)
        return ERR_TOO_LARGE;
    out = arena_alloc(arena, (size_t)size + 1);
    if (!out)
        return ERR_TOO_LARGE;
    contexts_prepare();
    n = ZSTD_decompressDCtx(decompressor, out, (size_t)size, packed.p, packed.n);
    if (ZSTD_isError(n) || n != size)
        return ERR_INTERNAL;
    *ret = str_make(out, n);
    return ERR_OK;
}

enum err store_entity_pack(struct arena *arena, struct record *record)
{
    for (size_t i = 0; i < record->resource->count; i++) {
        if (record->resource->fields[i].flags & FF_HEAVY && record->v[i].kind == VALUE_SET) {
            enum err err = pack_value(arena, &record->v[i]);
            if (err)
                return err;
        }
    }
    return ERR_OK;
}
