/* OQL text -> syntax tree: the grammar of the SDKs (query.md 14) with OR, NOT and parentheses. */
#ifndef OCELLI_QUERY_OQL_H
#define OCELLI_QUERY_OQL_H

#include "query/filter.h"

/* `field[.key] operator [value]` joined by AND, OR, NOT and parentheses; AND binds closer than OR,
 * the words in any case. What the SDKs accept means the same here. Blank text gives *ret = NULL.
 * ERR_BAD_REQUEST "Invalid OQL at column N: …", and the errors of filter_make_test(). */
enum err oql_parse(struct arena *arena, const struct resource *resource, struct str text,
                   struct filter_node **ret, struct error *reterr);

#endif
