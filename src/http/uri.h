/* What a request line's target means: path, query, percent-encoding. Private to http, but for
 * uri_decode(). */
#ifndef OCELLI_HTTP_URI_H
#define OCELLI_HTTP_URI_H

#include "http/request.h"

/* Decodes %XX, and with `form` also `+` as a space. Gives `text` itself when there is nothing to
 * decode, else a piece of the arena. False when an escape is broken; *ret is then untouched. */
bool uri_decode(struct arena *arena, struct str text, bool form, struct str *ret)
    __attribute__((warn_unused_result));

/* True when every `%` is followed by two hexadecimal digits. */
bool uri_escapes_are_whole(struct str text);

/* Cuts a target into path and query. The path loses scheme and host (absolute form), the `/api`
 * prefix (*ret_prefixed tells) and trailing slashes; it stays encoded and is never empty. The query
 * lacks its `?`. */
void uri_split(struct str target, struct str *ret_path, struct str *ret_query, bool *ret_prefixed);

/* Cuts a query at `&` and `=` and decodes the parts. False when an escape is broken. */
bool uri_parse_query(struct arena *arena, struct str query, const struct http_pair **ret,
                     size_t *ret_count) __attribute__((warn_unused_result));

#endif
