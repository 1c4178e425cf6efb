/* Errors are values: every function that can fail for a reason a client may learn returns one of
 * these, and the words for the client stand in a `struct error`. */
#ifndef OCELLI_BASE_ERR_H
#define OCELLI_BASE_ERR_H

#include "base/str.h"

/* name, HTTP status, text when nothing more exact is known */
#define ERR_LIST(X)                                                                                \
    X(ERR_OK, 200, "OK")                                                                           \
    X(ERR_BAD_REQUEST, 400, "HTTP 400 Bad Request")                                                \
    X(ERR_UNAUTHORIZED, 401, "HTTP 401 Unauthorized")                                              \
    X(ERR_FORBIDDEN, 403, "HTTP 403 Forbidden")                                                    \
    X(ERR_NOT_FOUND, 404, "HTTP 404 Not Found")                                                    \
    X(ERR_METHOD_NOT_ALLOWED, 405, "HTTP 405 Method Not Allowed")                                  \
    X(ERR_NOT_ACCEPTABLE, 406, "HTTP 406 Not Acceptable")                                          \
    X(ERR_TIMEOUT, 503, "The query took longer than the server allows")                            \
    X(ERR_CONFLICT, 409, "HTTP 409 Conflict")                                                      \
    X(ERR_TOO_LARGE, 413, "HTTP 413 Request Entity Too Large")                                     \
    X(ERR_UNSUPPORTED_TYPE, 415, "HTTP 415 Unsupported Media Type")                                \
    X(ERR_UNPROCESSABLE, 422, "HTTP 422 Unprocessable Entity")                                     \
    X(ERR_TOO_MANY_REQUESTS, 429, "Too Many Requests")                                             \
    X(ERR_HEAD_TOO_LARGE, 431, "HTTP 431 Request Header Fields Too Large")                         \
    X(ERR_ABANDONED, 499, "The client closed the connection before it was answered")               \
    X(ERR_INTERNAL, 500, "There was an error processing your request.")                            \
    X(ERR_NOT_IMPLEMENTED, 501, "HTTP 501 Not Implemented")                                        \
    X(ERR_UNAVAILABLE, 503, "HTTP 503 Service Unavailable")

enum err {
#define ERR_ENUM(name, status, text) name,
    ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
};

/* The two body shapes of the contract: M `{"code","message","details"?}` and E `{"errors":[…]}`. */
enum error_shape { ERROR_SHAPE_MESSAGE, ERROR_SHAPE_LIST };

/* What went wrong, in words for the client. Texts live in `arena`. Zero-initialise, set `arena`. */
struct error {
    struct arena *arena;
    enum err code; /* ERR_OK while nothing went wrong */
    enum error_shape shape;
    struct str message; /* shape M; empty means the code's own text */
    struct str details; /* shape M; empty means none */
    struct str *items;  /* shape E */
    size_t item_count;
    size_t item_size;
};

/* HTTP status of a code. */
int err_status(enum err code);

/* The code's own text, a static string. */
const char *err_text(enum err code);

/* Sets shape M, replacing what was there; returns `code` so that callers can `return` it. */
enum err error_set(struct error *error, enum err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the `details` member to shape M. Returns the code that is set. */
enum err error_set_details(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds an entry to shape E (at most ERROR_ITEMS_MAX are kept); returns `code`. */
#define ERROR_ITEMS_MAX 1000
enum err error_add(struct error *error, enum err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
