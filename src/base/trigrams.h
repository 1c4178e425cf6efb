/* Which sequences of three bytes texts have, as a set of bits in which a few may be found that are
 * not there: it rules texts out that cannot have a pattern. Letters count in lower case. */
#ifndef OCELLI_BASE_TRIGRAMS_H
#define OCELLI_BASE_TRIGRAMS_H

#include <stdint.h>

#include "base/str.h"

/* Bytes of a set while texts are added to it. */
#define TRIGRAMS_BYTES_MAX ((size_t)32 * 1024)

/* Adds the sequences of a text, as it is and, where it goes beyond ASCII, as patterns are folded.
 * The arena is used for the folded text; a text that does not fit makes the set hold everything. */
void trigrams_add(uint8_t bits[TRIGRAMS_BYTES_MAX], struct arena *scratch, struct str text);

/* Makes the set as small as it can be while it still rules enough out. Returns its bytes, a power
 * of two; 0 when it is too full to be of use. */
size_t trigrams_fold(uint8_t bits[TRIGRAMS_BYTES_MAX]);

/* What a text must have to match: numbers of sequences. All zero: nothing is known to be needed. */
#define TRIGRAMS_NEEDED_MAX 64
struct trigrams_needed {
    uint32_t numbers[TRIGRAMS_NEEDED_MAX];
    size_t count;
};

/* Adds what a literal text, or a pattern as text_contains() takes it, needs. The arena is used for
 * the folded text. */
void trigrams_need_text(struct trigrams_needed *needed, struct str text);
void trigrams_need_pattern(struct trigrams_needed *needed, struct arena *scratch,
                           struct str pattern);

/* Whether a set of `size` bytes may have all of these numbers; a set without bytes has all. */
bool trigrams_have(const uint8_t *bits, size_t size, const uint32_t *numbers, size_t count);

#endif
