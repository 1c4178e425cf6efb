/* Heap memory for long-lived objects of a small fixed size. Sizes that depend on input go to an
 * arena or a buf, which have a stated maximum and report an error. */
#ifndef OCELLI_BASE_MEM_H
#define OCELLI_BASE_MEM_H

#include <stddef.h>

/* `n` bytes, not cleared; never NULL: running out of memory ends the process. */
void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull, warn_unused_result));

/* As mem_alloc(), cleared. */
void *mem_zalloc(size_t n) __attribute__((malloc, returns_nonnull, warn_unused_result));

/* NULL-safe. */
void mem_free(void *p);

/* Says so on standard error and ends the process: for a small request that could not be met. */
void mem_fail(void) __attribute__((noreturn));

#endif
