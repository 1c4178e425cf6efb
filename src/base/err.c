/* Error codes with their statuses and texts, and the words for the client. */
#include "base/err.h"

#include <stdarg.h>

#include "base/arena.h"

static const struct {
    int status;
    const char *text;
} codes[] = {
#define ERR_ROW(name, status, text) [name] = {status, text},
    ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

int err_status(enum err code)
{
    return codes[code].status;
}

const char *err_text(enum err code)
{
    return codes[code].text;
}

enum err error_set(struct error *error, enum err code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str message = str_format_args(error->arena, format, args);
    va_end(args);
    *error = (struct error){.arena = error->arena, .code = code, .message = message};
    return code;
}

enum err error_set_details(struct error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error->details = str_format_args(error->arena, format, args);
    va_end(args);
    return error->code;
}

enum err error_add(struct error *error, enum err code, const char *format, ...)
{
    error->code = code;
    error->shape = ERROR_SHAPE_LIST;
    if (error->item_count == ERROR_ITEMS_MAX)
        return code;
    if (error->item_count == error->item_size) {
        size_t size = error->item_size ? 2 * error->item_size : 8;
        struct str *items = arena_grow(error->arena, error->items,
                                       error->item_size * sizeof(*items), size * sizeof(*items));
        if (!items)
            return code;
        error->items = items;
        error->item_size = size;
    }
    va_list args;
    va_start(args, format);
    error->items[error->item_count++] = str_format_args(error->arena, format, args);
    va_end(args);
    return code;
}
