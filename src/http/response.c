/* Building answers. The only place that writes the contract's two error shapes (platform.md 4). */
#include "http/request.h"

#include <assert.h>
#include <yyjson.h>

static const char json_type[] = "application/json";

static void *alc_malloc(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void *alc_realloc(void *arena, void *piece, size_t old_size, size_t size)
{
    return arena_grow(arena, piece, old_size, size);
}

static void alc_free(void *arena, void *piece)
{
    (void)arena;
    (void)piece;
}

/* What an earlier answer of the same request left is replaced, but not its headers and not what
 * has to be released in the end. */
static void response_set(struct request *request, int status, const char *content_type,
                         struct str body)
{
    struct response *response = &request->response;
    response->status = status;
    response->content_type = content_type;
    response->body = body;
    response->produce = NULL;
}

void response_empty(struct request *request, int status)
{
    response_set(request, status, NULL, str_make("", 0));
}

void response_json(struct request *request, int status, struct str body)
{
    response_set(request, status, json_type, body);
}

void response_stream(struct request *request, const char *content_type, http_producer produce,
                     void *state, void (*release)(struct request *))
{
    assert(produce && content_type);
    response_set(request, 200, content_type, str_make("", 0));
    request->response.produce = produce;
    request->response.produce_state = state;
    request->response.release = release;
}

void response_header(struct request *request, const char *name, struct str value)
{
    struct response *response = &request->response;
    assert(response->header_count < HTTP_RESPONSE_HEADERS_MAX);
    response->headers[response->header_count++] = (struct http_pair){str_of(name), value};
}

/* Texts of clients may stand in a message; what is not UTF-8 cannot stand in JSON. */
static struct str ascii_only(struct arena *arena, struct str text)
{
    char *out = arena_alloc(arena, text.n + 1);
    if (!out)
        return STR("?");
    for (size_t i = 0; i < text.n; i++)
        out[i] = (unsigned char)text.p[i] < 0x80 ? text.p[i] : '?';
    return str_make(out, text.n);
}

static yyjson_mut_val *text_value(yyjson_mut_doc *doc, struct arena *arena, struct str text,
                                  bool plain)
{
    if (plain)
        text = ascii_only(arena, text);
    return yyjson_mut_strn(doc, text.n ? text.p : "", text.n);
}

static yyjson_mut_val *error_root(yyjson_mut_doc *doc, struct arena *arena,
                                  const struct error *error, bool plain)
{
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    if (error->shape == ERROR_SHAPE_LIST) {
        yyjson_mut_val *items = yyjson_mut_obj_add_arr(doc, root, "errors");
        for (size_t i = 0; i < error->item_count; i++)
            yyjson_mut_arr_append(items, text_value(doc, arena, error->items[i], plain));
        return root;
    }
    struct str message = error->message.n ? error->message : str_of(err_text(error->code));
    yyjson_mut_obj_add_int(doc, root, "code", err_status(error->code));
    yyjson_mut_obj_add_val(doc, root, "message", text_value(doc, arena, message, plain));
    if (error->details.n)
        yyjson_mut_obj_add_val(doc, root, "details", text_value(doc, arena, error->details, plain));
    return root;
}

static bool error_write(struct arena *arena, const struct error *error, bool plain, struct str *ret)
{
    yyjson_alc alc = {alc_malloc, alc_realloc, alc_free, arena};
    yyjson_mut_doc *doc = yyjson_mut_doc_new(&alc);
    if (!doc)
        return false;
    yyjson_mut_doc_set_root(doc, error_root(doc, arena, error, plain));
    size_t n = 0;
    char *text = yyjson_mut_write_opts(doc, 0, &alc, &n, NULL);
    if (!text)
        return false;
    *ret = str_make(text, n);
    return true;
}

struct str request_failure_text(struct request *request, enum err err)
{
    if (err != ERR_INTERNAL)
        return str_of(err_text(err));
    return str_format(&request->arena, "%s It has been logged (ID %016llx).", err_text(err),
                      (unsigned long long)request->log_id);
}

void response_error(struct request *request, const struct error *given)
{
    struct error internal = {.code = ERR_INTERNAL};
    const struct error *error = given->code == ERR_INTERNAL ? &internal : given;
    struct str body;
    assert(error->code != ERR_OK);
    if (error == &internal)
        internal.message = request_failure_text(request, ERR_INTERNAL);
    if (!error_write(&request->arena, error, false, &body) &&
        !error_write(&request->arena, error, true, &body))
        body = str_format(&request->arena, "{\"code\":%d,\"message\":\"%s\"}",
                          err_status(error->code), err_text(error->code));
    response_json(request, err_status(error->code), body);
}
