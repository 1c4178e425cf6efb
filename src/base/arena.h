/* Bump allocator: one per request, dropped as a whole, with a ceiling.
 *
 * Handlers never free. The first block is kept by whoever owns the arena and is used again by the
 * next request; further blocks double. Pieces larger than a block get their own block. With
 * `make ARENA=malloc` each piece is its own malloc, so that AddressSanitizer sees every overrun.
 *
 * Ceiling: a piece of at most ARENA_SMALL bytes is always given (running out of memory for it ends
 * the process); a larger one is refused with NULL once the ceiling would be passed. Callers that
 * allocate in a loop ask arena_is_over() at each turn and answer 413; a refusal counts as over too,
 * so that one question at the end finds what a callee could not report. */
#ifndef OCELLI_BASE_ARENA_H
#define OCELLI_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#define ARENA_SMALL ((size_t)64 * 1024)

struct arena_block;

struct arena {
    struct arena_block *head;  /* newest block; older ones behind it */
    struct arena_block *first; /* kept over arena_reset() */
    size_t used;               /* bytes handed out since the last reset */
    size_t cap;                /* ceiling in bytes */
    bool refused;              /* a piece was refused */
};

/* Position to come back to with arena_rewind(). */
struct arena_mark {
    size_t used;
    bool refused;
};

/* An empty arena with a ceiling of `cap` bytes. Nothing is allocated yet. */
void arena_init(struct arena *arena, size_t cap);

/* `n` bytes, aligned for any type, not cleared. NULL only when n > ARENA_SMALL and the ceiling
 * would be passed. */
void *arena_alloc(struct arena *arena, size_t n);

/* As arena_alloc(), cleared. */
void *arena_zalloc(struct arena *arena, size_t n);

/* A larger copy of a piece: grows in place where the piece is the last one. Same NULL rule. */
void *arena_grow(struct arena *arena, void *piece, size_t old_size, size_t new_size);

/* Makes the newest piece `size` bytes and gives the rest of it back. */
void arena_trim(struct arena *arena, const void *piece, size_t size);

/* True when more has been handed out than the ceiling allows, or a piece was refused. */
bool arena_is_over(const struct arena *arena);

struct arena_mark arena_mark(const struct arena *arena);

/* Drops everything allocated since the mark. */
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Drops everything but the first block. */
void arena_reset(struct arena *arena);

/* Drops everything. The arena can be used again as after arena_init(). */
void arena_done(struct arena *arena);

#endif
