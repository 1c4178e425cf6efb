/* Heap memory that ends the process when there is none. */
#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

void mem_fail(void)
{
    static const char text[] = "ocelli: out of memory\n";
    /* write() because stdio may want memory; the process ends whatever it returns. */
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
        abort();
    abort();
}

void *mem_alloc(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p)
        mem_fail();
    return p;
}

void *mem_zalloc(size_t n)
{
    void *p = calloc(1, n ? n : 1);
    if (!p)
        mem_fail();
    return p;
}

void mem_free(void *p)
{
    free(p);
}
