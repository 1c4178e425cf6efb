/* Syntax trees of filters as text, to compare them in tests. */
#ifndef OCELLI_TESTS_UNIT_QUERY_FILTER_TEXT_H
#define OCELLI_TESTS_UNIT_QUERY_FILTER_TEXT_H

#include "query/filter.h"

/* `(and name contains [x] (or (not tags is_empty []) metadata.k = [v]))`; parts of lists as
 * `[a|b]`. "(none)" for NULL. */
struct str filter_text(struct arena *arena, const struct filter_node *node);

#endif
