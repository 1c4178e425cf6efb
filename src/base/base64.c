/* Base64. */
#include "base/base64.h"

#include <stdint.h>

/* The six bits of a character; -1 for others. */
static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-' || c == ' ')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct arena *arena, struct str text, struct str *ret)
{
    size_t padding = 0, n = 0;
    uint32_t bits = 0;
    char *out;

    while (padding < 2 && text.n && text.p[text.n - 1] == '=') {
        text.n--;
        padding++;
    }
    if (text.n % 4 == 1 || (padding && (text.n + padding) % 4))
        return false;
    out = arena_alloc(arena, text.n / 4 * 3 + 3);
    if (!out)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        int six = sextet(text.p[i]);
        if (six < 0)
            return false;
        bits = bits << 6 | (uint32_t)six;
        /* A group of four ends three bytes; the first of it ends none. */
        if (i % 4)
            out[n++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    out[n] = '\0';
    *ret = str_make(out, n);
    return true;
}

struct str base64_encode(struct arena *arena, struct str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = (bytes.n + 2) / 3 * 4;
    char *out = arena_alloc(arena, n + 1), *at = out;

    if (!out)
        return (struct str){NULL, 0};
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i;
        uint32_t bits = (uint32_t)(uint8_t)bytes.p[i] << 16;

        if (left > 1)
            bits |= (uint32_t)(uint8_t)bytes.p[i + 1] << 8;
        if (left > 2)
            bits |= (uint8_t)bytes.p[i + 2];
        *at++ = digits[bits >> 18];
        *at++ = digits[bits >> 12 & 63];
        *at++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[bits & 63] : '=';
    }
    *at = '\0';
    return str_make(out, n);
}
