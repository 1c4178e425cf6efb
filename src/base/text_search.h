/* Finding a pattern in a text as LIKE '%pattern%' does: `%` and `_` are wildcards; `\` in
 * front of one of these, or of another `\`, takes it as it is (query.md 3). */
#ifndef OCELLI_BASE_TEXT_SEARCH_H
#define OCELLI_BASE_TEXT_SEARCH_H

#include "base/str.h"

/* Without regard to case (Unicode). An empty pattern is found everywhere. */
bool text_contains(struct arena *scratch, struct str text, struct str pattern);

/* With regard to case. */
bool text_contains_exact(struct arena *scratch, struct str text, struct str pattern);

/* A pattern made ready to be looked for in many texts, for mem_free(). */
struct text_pattern;
struct text_pattern *text_pattern_new(struct str pattern, bool exact);

/* As text_contains() or, of an exact pattern, text_contains_exact(). */
bool text_pattern_matches(const struct text_pattern *pattern, struct arena *scratch,
                          struct str text);

/* False when no text of an id, hexadecimal digits and dashes, contains the pattern. */
bool text_pattern_fits_ids(const struct text_pattern *pattern);

/* Whether `text` begins or ends with `part`, without regard to the case of ASCII letters. */
bool text_starts_any_case(struct str text, struct str part);
bool text_ends_any_case(struct str text, struct str part);

#endif
