/* The dictionary of names that appear again and again in tallies (usage keys, providers): text to
 * small number and back. Readers need no lock: a number is visible to them only after the
 * transaction that made it. */
#ifndef OCELLI_STORE_SQLITE_NAMES_H
#define OCELLI_STORE_SQLITE_NAMES_H

#include "base/str.h"

/* Further names, and longer ones, are stored in full where they stand: the dictionary is never
 * emptied. */
#define NAMES_MAX 65535
#define NAME_BYTES_MAX 128

struct names;

struct names *names_new(void);
void names_free(struct names *names);

/* Adds the next name; its number is its place, from 1. For loading and for the writer. */
void names_add(struct names *names, struct str text);

/* The number of a name, or 0. Writer only. */
uint32_t names_number(const struct names *names, struct str text);

/* The text of a number; empty when there is none. Any thread. Lives as long as the dictionary. */
struct str names_text(const struct names *names, uint32_t number);

/* How many there are; and forgetting those after a mark, when their transaction was undone. */
size_t names_count(const struct names *names);
void names_truncate(struct names *names, size_t count);

#endif
