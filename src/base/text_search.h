/* Finding a pattern in a text as LIKE '%pattern%' does: `%` and `_` are wildcards; `\` in
 * front of one of these, or of another `\`, takes it as it is (query.md 3). */
#ifndef OCELLI_BASE_TEXT_SEARCH_H
#define OCELLI_BASE_TEXT_SEARCH_H

#include "base/str.h"

/* Without regard to case (Unicode). An empty pattern is found everywhere. */
bool text_contains(struct arena *scratch, struct str text, struct str pattern);

/* With regard to case. */
bool text_contains_exact(struct arena *scratch, struct str text, struct str pattern);

#endif
