/* One bit stands for a sequence; sets of different sizes use the same number, cut to their size. */
#include "base/trigrams.h"

#include <string.h>

#include "base/arena.h"

#define NUMBER_BITS 18
#define BYTES_MIN ((size_t)128)
/* Of the bits, in percent. A set is cut in half while it has fewer; with more than the second one
 * it is of no use. */
#define FULL_PERCENT 20
#define USELESS_PERCENT 60

_Static_assert(TRIGRAMS_BYTES_MAX == (size_t)1 << (NUMBER_BITS - 3), "a bit for each number");

static uint32_t lower(char c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Of three bytes; nearby ones are spread. */
static uint32_t number_of(uint32_t three)
{
    return (three & 0xFFFFFF) * 2654435761U >> (32 - NUMBER_BITS);
}

static void add_bytes(uint8_t *bits, struct str text)
{
    uint32_t three = 0;

    for (size_t i = 0; i < text.n; i++) {
        three = three << 8 | lower(text.p[i]);
        if (i >= 2) {
            uint32_t number = number_of(three);
            bits[number / 8] |= (uint8_t)(1U << number % 8);
        }
    }
}

void trigrams_add(uint8_t bits[TRIGRAMS_BYTES_MAX], struct arena *scratch, struct str text)
{
    struct str folded;

    add_bytes(bits, text);
    if (str_is_ascii(text))
        return;
    folded = str_fold(scratch, text);
    if (folded.p)
        add_bytes(bits, folded);
    else
        memset(bits, 0xFF, TRIGRAMS_BYTES_MAX);
}

static size_t count_bits(const uint8_t *bits, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bits + i, sizeof(word));
        count += (size_t)__builtin_popcountll(word);
    }
    return count;
}

size_t trigrams_fold(uint8_t bits[TRIGRAMS_BYTES_MAX])
{
    size_t size = TRIGRAMS_BYTES_MAX, count = count_bits(bits, size);

    if (count * 100 > size * 8 * USELESS_PERCENT)
        return 0;
    /* Half the size has at most twice the share of bits. */
    while (size > BYTES_MIN && count * 100 <= size * 8 * FULL_PERCENT / 2) {
        size /= 2;
        for (size_t i = 0; i < size; i++)
            bits[i] |= bits[size + i];
        count = count_bits(bits, size);
    }
    return size;
}

static void need(struct trigrams_needed *needed, uint32_t three)
{
    uint32_t number = number_of(three);

    for (size_t i = 0; i < needed->count; i++) {
        if (needed->numbers[i] == number)
            return;
    }
    if (needed->count < TRIGRAMS_NEEDED_MAX)
        needed->numbers[needed->count++] = number;
}

void trigrams_need_text(struct trigrams_needed *needed, struct str text)
{
    uint32_t three = 0;

    for (size_t i = 0; i < text.n; i++) {
        three = three << 8 | lower(text.p[i]);
        if (i >= 2)
            need(needed, three);
    }
}

static bool is_special(char c)
{
    return c == '%' || c == '_' || c == '\\';
}

void trigrams_need_pattern(struct trigrams_needed *needed, struct arena *scratch,
                           struct str pattern)
{
    uint32_t three = 0;
    size_t run = 0; /* literal bytes since the last wildcard */

    if (!str_is_ascii(pattern))
        pattern = str_fold(scratch, pattern);
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] == '%' || pattern.p[i] == '_') {
            run = 0;
            continue;
        }
        if (pattern.p[i] == '\\' && i + 1 < pattern.n && is_special(pattern.p[i + 1]))
            i++;
        three = three << 8 | lower(pattern.p[i]);
        if (++run >= 3)
            need(needed, three);
    }
}

bool trigrams_have(const uint8_t *bits, size_t size, const uint32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count && size; i++) {
        uint32_t number = numbers[i] & (uint32_t)(8 * size - 1);
        if (!(bits[number / 8] & 1U << number % 8))
            return false;
    }
    return true;
}
