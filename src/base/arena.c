/* Bump allocator with marks and a ceiling.
 *
 * Blocks form a list, newest first, and are filled strictly in that order; so the sum of what was
 * handed out (`used`) is also a position: a block knows `used` as it was when it was made, and a
 * mark is no more than a value of `used`. That stays true when the newest block is moved by
 * arena_grow(). With ARENA_MALLOC every piece gets a block of exactly its size. */
#include "base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ALIGNMENT _Alignof(max_align_t)
#define FIRST_BLOCK ARENA_SMALL
#define BLOCK_MAX ((size_t)1024 * 1024)

struct arena_block {
    struct arena_block *older;
    size_t base;   /* arena->used when the block was made */
    size_t offset; /* bytes handed out of `data` */
    size_t size;   /* bytes of `data` */
    size_t next;   /* size of the next block for small pieces */
    _Alignas(max_align_t) char data[];
};

static inline size_t align_up(size_t n)
{
    return n ? (n + ALIGNMENT - 1) & ~(ALIGNMENT - 1) : ALIGNMENT;
}

void arena_init(struct arena *arena, size_t cap)
{
    *arena = (struct arena){.cap = cap};
}

/* `n` and `extra` are below PTRDIFF_MAX, so nothing overflows. */
static bool fits_cap(const struct arena *arena, size_t extra)
{
    return arena->used <= arena->cap && extra <= arena->cap - arena->used;
}

static struct arena_block *push_block(struct arena *arena, size_t size, size_t next)
{
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (!block)
        return NULL;
    *block =
        (struct arena_block){.older = arena->head, .base = arena->used, .size = size, .next = next};
    arena->head = block;
    return block;
}

/* A new block with room for `n` bytes at its start; NULL when memory is out. */
static struct arena_block *add_block(struct arena *arena, size_t n)
{
#ifdef ARENA_MALLOC
    return push_block(arena, n, 0);
#else
    if (!arena->head) {
        arena->first = push_block(arena, FIRST_BLOCK, 2 * FIRST_BLOCK);
        if (!arena->first || n <= FIRST_BLOCK)
            return arena->first;
    }
    size_t next = arena->head->next;
    if (n > next)
        return push_block(arena, n, next);
    return push_block(arena, next, next < BLOCK_MAX ? 2 * next : next);
#endif
}

static void *alloc_slow(struct arena *arena, size_t n) __attribute__((noinline));

static void *alloc_slow(struct arena *arena, size_t n)
{
    if (n > ARENA_SMALL && (n > PTRDIFF_MAX || !fits_cap(arena, n))) {
        arena->refused = true;
        return NULL;
    }
#ifdef ARENA_MALLOC
    struct arena_block *block = add_block(arena, n);
#else
    struct arena_block *block = arena->head;
    if (!block || align_up(n) > block->size - block->offset)
        block = add_block(arena, align_up(n));
#endif
    if (!block) {
        if (n <= ARENA_SMALL)
            mem_fail();
        arena->refused = true;
        return NULL;
    }
    void *p = block->data + block->offset;
    block->offset += align_up(n);
    arena->used += align_up(n);
    return p;
}

void *arena_alloc(struct arena *arena, size_t n)
{
#ifndef ARENA_MALLOC
    struct arena_block *block = arena->head;
    if (n <= ARENA_SMALL && block) {
        size_t size = align_up(n);
        if (size <= block->size - block->offset) {
            void *p = block->data + block->offset;
            block->offset += size;
            arena->used += size;
            return p;
        }
    }
#endif
    return alloc_slow(arena, n);
}

void *arena_zalloc(struct arena *arena, size_t n)
{
    void *p = arena_alloc(arena, n);
    if (p)
        memset(p, 0, n);
    return p;
}

/* Makes the newest block end with `more` further bytes behind its newest piece, in place or, when
 * that piece is alone in the block, by moving the block. False when neither can be done. */
static bool stretch_head(struct arena *arena, const void *piece, size_t new_size, size_t more)
{
    struct arena_block *head = arena->head;
#ifdef ARENA_MALLOC
    (void)piece;
    (void)more;
    size_t size = new_size;
#else
    if (more <= head->size - head->offset)
        return true;
    if (piece != head->data || head == arena->first)
        return false;
    size_t size = align_up(new_size);
#endif
    struct arena_block *moved = realloc(head, sizeof(*head) + size);
    if (!moved)
        return false;
    moved->size = size;
    arena->head = moved;
    return true;
}

void *arena_grow(struct arena *arena, void *piece, size_t old_size, size_t new_size)
{
    if (!piece)
        return arena_alloc(arena, new_size);
    if (new_size <= old_size)
        return piece;
    const struct arena_block *head = arena->head;
    size_t old = align_up(old_size);
    bool newest = head->offset >= old && piece == head->data + head->offset - old;
    if (newest && new_size <= PTRDIFF_MAX) {
        size_t more = align_up(new_size) - old;
        bool allowed = new_size <= ARENA_SMALL || fits_cap(arena, more);
        if (allowed && stretch_head(arena, piece, new_size, more)) {
            arena->head->offset += more;
            arena->used += more;
            return arena->head->data + arena->head->offset - align_up(new_size);
        }
    }
    void *copy = arena_alloc(arena, new_size);
    if (copy)
        memcpy(copy, piece, old_size);
    return copy;
}

void arena_trim(struct arena *arena, const void *piece, size_t size)
{
    struct arena_block *head = arena->head;
    const char *start = piece;
    assert(start >= head->data && align_up(size) <= head->offset - (size_t)(start - head->data));
#ifdef ARENA_MALLOC
    assert(start == head->data);
#endif
    head->offset = (size_t)(start - head->data) + align_up(size);
    arena->used = head->base + head->offset;
}

bool arena_is_over(const struct arena *arena)
{
    return arena->refused || arena->used > arena->cap;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){.used = arena->used, .refused = arena->refused};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    assert(mark.used <= arena->used);
    while (arena->head && arena->head != arena->first && arena->head->base >= mark.used) {
        struct arena_block *block = arena->head;
        arena->head = block->older;
        free(block);
    }
    if (arena->head)
        arena->head->offset = mark.used - arena->head->base;
    arena->used = mark.used;
    arena->refused = mark.refused;
}

void arena_reset(struct arena *arena)
{
    arena_rewind(arena, (struct arena_mark){0});
}

void arena_done(struct arena *arena)
{
    arena_reset(arena);
    free(arena->first);
    arena_init(arena, arena->cap);
}
