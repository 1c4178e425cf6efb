/* Decimal numbers with a fixed count of fraction digits, kept as a 128-bit integer: money in
 * 10^-12 USD, feedback scores in 10^-9. No binary fractions, so sums are exact. */
#ifndef OCELLI_BASE_DECIMAL_H
#define OCELLI_BASE_DECIMAL_H

#include "base/str.h"

/* 8-byte alignment keeps structs that hold one small. */
typedef __int128 decimal_int __attribute__((aligned(8)));

#define DECIMAL_MAX ((decimal_int)(~(unsigned __int128)0 >> 1))

/* Longest text of decimal_format(), with its NUL. */
#define DECIMAL_TEXT_MAX 44

/* A decimal text with optional sign, fraction and exponent ("-1.5e-3") as an integer of
 * 10^-scale. Rule of the contract (traces.md 11.3, spans.md 2): a text with more than 12 fraction
 * digits is first rounded half-even to 9; then digits beyond `scale` are cut.
 * False when the text is no number or does not fit (±10^26). */
bool decimal_parse(struct str text, int scale, decimal_int *ret);

/* The same without the rounding: digits beyond `scale` are cut, however many there are. */
bool decimal_parse_cut(struct str text, int scale, decimal_int *ret);

/* Plain notation without trailing zeros ("0.0015"); NUL-terminated; returns the length. */
size_t decimal_format(decimal_int value, int scale, char out[DECIMAL_TEXT_MAX]);

/* The sum, or the nearest value that there is. */
decimal_int decimal_add(decimal_int a, decimal_int b);

/* 16 bytes that compare as the numbers do. */
#define DECIMAL_BYTES 16
void decimal_write_bytes(decimal_int value, uint8_t out[DECIMAL_BYTES]);
decimal_int decimal_read_bytes(const uint8_t bytes[DECIMAL_BYTES]);

/* Whether a text is a decimal, however large: what decimal_parse() takes without its limits. */
bool decimal_is_text(struct str text);

double decimal_to_double(decimal_int value, int scale);

/* Nearest; the caller gives a finite double in range (±10^26). */
decimal_int decimal_from_double(double value, int scale);

#endif
