/* Deterministic text that looks like what people and language models write, for the workload:
 * a seeded random generator, a growing string, sentences out of a fixed vocabulary. */
#ifndef OCELLI_BENCH_TEXT_H
#define OCELLI_BENCH_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text_random {
    uint64_t state;
};

/* The next 64 random bits (splitmix64): equal seeds give equal rows. */
uint64_t text_random_next(struct text_random *random);

/* A number from 0 to below - 1. */
unsigned text_random_below(struct text_random *random, unsigned below);

struct text {
    char *p;
    size_t n;
    size_t size;
};

/* Appends as printf; ends the program when memory is out. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends sentences of about `bytes` bytes in all, safe inside a JSON string. Common words come
 * more often than rare ones, with numbers, names and line breaks between, so that zlib and zstd
 * find about as much to save as in real prompts and answers. */
void text_add_prose(struct text *text, struct text_random *random, size_t bytes);

/* Appends bytes as they are. */
void text_add_bytes(struct text *text, const char *bytes, size_t n);

/* Makes room for `extra` more bytes and a NUL. */
void text_reserve(struct text *text, size_t extra);

void text_done(struct text *text);

#endif
