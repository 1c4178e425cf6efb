/* The OpenAPI document, made of the route table and the field tables, so that it cannot differ from
 * what the program does. */
#include "api/platform.h"
#include "api/routes.h"
#include "model/decode.h"

struct builder {
    yyjson_mut_doc *doc;
    yyjson_mut_val *schemas;
    struct arena *arena;
};

static yyjson_mut_val *add_object(struct builder *b, yyjson_mut_val *parent, const char *key)
{
    return yyjson_mut_obj_add_obj(b->doc, parent, key);
}

static void add_type(struct builder *b, yyjson_mut_val *schema, const char *type,
                     const char *format)
{
    yyjson_mut_obj_add_str(b->doc, schema, "type", type);
    if (format)
        yyjson_mut_obj_add_str(b->doc, schema, "format", format);
}

static struct str schema_name(struct builder *b, const struct resource *resource, uint32_t view)
{
    const char *suffix = view & FF_REQUIRED_UPDATE ? "BatchUpdateItem"
                         : view & FF_UPDATE        ? "Update"
                         : view & FF_BATCH         ? "BatchItem"
                         : view & FF_CREATE        ? "Write"
                                                   : "";

    return str_format(b->arena, "%s%s", resource->name, suffix);
}

static void add_schema(struct builder *b, const struct resource *resource, uint32_t view);

static void add_reference(struct builder *b, yyjson_mut_val *schema,
                          const struct resource *resource, uint32_t view)
{
    struct str name = schema_name(b, resource, view);

    add_schema(b, resource, view);
    yyjson_mut_obj_add_strcpy(b->doc, schema, "$ref",
                              str_format(b->arena, "#/components/schemas/%.*s", STR_ARG(name)).p);
}

static void add_names(struct builder *b, yyjson_mut_val *schema, const char *const *names)
{
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(b->doc, schema, "enum");

    for (size_t i = 1; names[i]; i++)
        yyjson_mut_arr_add_str(b->doc, list, names[i]);
}

static bool is_read(uint32_t view)
{
    return view & FF_READ;
}

static void add_array(struct builder *b, yyjson_mut_val *schema, const struct field *field,
                      uint32_t view, const char *type, const char *format)
{
    yyjson_mut_val *items;

    add_type(b, schema, "array", NULL);
    if (field->max && field->flags & FF_REQUIRED)
        yyjson_mut_obj_add_int(b->doc, schema, "minItems", 1);
    if (field->max)
        yyjson_mut_obj_add_int(b->doc, schema, "maxItems", field->max);
    items = add_object(b, schema, "items");
    if (field->type == FIELD_OBJECTS)
        add_reference(b, items, field->sub, is_read(view) ? view : DECODE_BATCH);
    else
        add_type(b, items, type, format);
}

static void add_map(struct builder *b, yyjson_mut_val *schema, const char *type)
{
    add_type(b, schema, "object", NULL);
    add_type(b, add_object(b, schema, "additionalProperties"), type, NULL);
}

static void add_error_info(struct builder *b, yyjson_mut_val *schema)
{
    static const char *const members[] = {"exception_type", "message", "traceback"};
    yyjson_mut_val *properties;

    add_type(b, schema, "object", NULL);
    properties = add_object(b, schema, "properties");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        add_type(b, add_object(b, properties, members[i]), "string", NULL);
}

static void add_field_schema(struct builder *b, yyjson_mut_val *schema, const struct field *field,
                             uint32_t view)
{
    static const struct {
        const char *type, *format;
    } plain[] = {
        [FIELD_UUID] = {"string", "uuid"},         [FIELD_TEXT] = {"string", NULL},
        [FIELD_TIME_NS] = {"string", "date-time"}, [FIELD_TIME_US] = {"string", "date-time"},
        [FIELD_ENUM] = {"string", NULL},           [FIELD_NUMBER] = {"number", "double"},
        [FIELD_INT] = {"integer", "int64"},        [FIELD_BOOL] = {"boolean", NULL},
        [FIELD_COST] = {"number", NULL},           [FIELD_DURATION] = {"string", NULL},
        [FIELD_SCORE] = {"number", NULL},
    };

    switch (field->type) {
    case FIELD_JSON:
        if (field->sub) { /* an array that is read elsewhere; else any value */
            add_type(b, schema, "array", NULL);
            add_reference(b, add_object(b, schema, "items"), field->sub, DECODE_BATCH);
        }
        break;
    case FIELD_TAGS:
    case FIELD_NAMES:
    case FIELD_TALLY_KEYS:
        add_array(b, schema, field, view, "string", NULL);
        break;
    case FIELD_UUIDS:
        add_array(b, schema, field, view, "string", "uuid");
        break;
    case FIELD_OBJECTS:
        add_array(b, schema, field, view, NULL, NULL);
        break;
    case FIELD_OBJECT_MAP:
        add_type(b, schema, "object", NULL);
        add_reference(b, add_object(b, schema, "additionalProperties"), field->sub, view);
        break;
    case FIELD_OBJECT:
        add_reference(b, schema, field->sub, DECODE_BATCH_UPDATE);
        return;
    case FIELD_TALLY:
        add_map(b, schema, "integer");
        break;
    case FIELD_COLORS:
        add_map(b, schema, "string");
        break;
    case FIELD_NUMBERS:
        add_map(b, schema, "number");
        break;
    case FIELD_ERROR_INFO:
        add_error_info(b, schema);
        break;
    default:
        add_type(b, schema, plain[field->type].type, plain[field->type].format);
        if (field->type == FIELD_ENUM)
            add_names(b, schema, field->names);
        if (field->type == FIELD_TEXT && field->max)
            yyjson_mut_obj_add_int(b->doc, schema, "maxLength", field->max);
        if (field->flags & FF_NOT_NEGATIVE)
            yyjson_mut_obj_add_int(b->doc, schema, "minimum", 0);
    }
    yyjson_mut_obj_add_str(b->doc, schema, "description", field->doc);
}

/* Adds a resource's schema for reading (FF_READ | FF_READ_ONE) or for a decode view, once. */
static void add_schema(struct builder *b, const struct resource *resource, uint32_t view)
{
    struct str name = schema_name(b, resource, view);
    uint32_t required_flag = view & FF_CREATE            ? FF_REQUIRED | FF_DISCRIMINATES
                             : view & FF_REQUIRED_UPDATE ? FF_REQUIRED_UPDATE
                                                         : 0;
    yyjson_mut_val *schema, *properties, *required = NULL;

    if (yyjson_mut_obj_getn(b->schemas, name.p, name.n))
        return;
    schema = yyjson_mut_obj(b->doc);
    yyjson_mut_obj_add(b->schemas, yyjson_mut_strncpy(b->doc, name.p, name.n), schema);
    add_type(b, schema, "object", NULL);
    properties = add_object(b, schema, "properties");
    for (size_t i = 0; i < resource->count; i++) {
        const struct field *field = &resource->fields[i];
        if (!field->name || !(field->flags & view))
            continue;
        add_field_schema(b, add_object(b, properties, field->name), field, view);
        if (field->flags & required_flag) {
            if (!required)
                required = yyjson_mut_obj_add_arr(b->doc, schema, "required");
            yyjson_mut_arr_add_str(b->doc, required, field->name);
        }
    }
}

static void add_parameter(struct builder *b, yyjson_mut_val *list, struct str name,
                          const char *place, const char *type, const char *format, const char *doc)
{
    yyjson_mut_val *parameter = yyjson_mut_arr_add_obj(b->doc, list);

    yyjson_mut_obj_add_strncpy(b->doc, parameter, "name", name.p, name.n);
    yyjson_mut_obj_add_str(b->doc, parameter, "in", place);
    if (strcmp(place, "path") == 0)
        yyjson_mut_obj_add_bool(b->doc, parameter, "required", true);
    if (doc)
        yyjson_mut_obj_add_str(b->doc, parameter, "description", doc);
    add_type(b, add_object(b, parameter, "schema"), type, format);
}

static void add_parameters(struct builder *b, yyjson_mut_val *out, const struct route *route)
{
    static const struct {
        const char *type, *format;
    } types[] = {
        [PARAM_TYPE_INT] = {"integer", "int32"}, [PARAM_TYPE_TEXT] = {"string", NULL},
        [PARAM_TYPE_UUID] = {"string", "uuid"},  [PARAM_TYPE_BOOL] = {"boolean", NULL},
        [PARAM_TYPE_INSTANT] = {"string", NULL},
    };
    const struct operation *operation = route->operation;
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(b->doc, out, "parameters");
    const char *open = route->pattern;

    while ((open = strchr(open, '{'))) {
        const char *close = strchr(open, '}');
        add_parameter(b, list, str_make(open + 1, (size_t)(close - open) - 1), "path", "string",
                      "uuid", NULL);
        open = close;
    }
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        const struct param_info *info = &param_infos[i];
        if (operation->params & PARAM_BIT(i))
            add_parameter(b, list, str_of(info->name), "query", types[info->type].type,
                          types[info->type].format, info->doc);
    }
}

static yyjson_mut_val *add_media_type(struct builder *b, yyjson_mut_val *out, const char *type)
{
    return add_object(b, add_object(b, out, "content"), type);
}

static yyjson_mut_val *add_content(struct builder *b, yyjson_mut_val *out, const char *type)
{
    return add_object(b, add_media_type(b, out, type), "schema");
}

static void add_page_schema(struct builder *b, yyjson_mut_val *schema,
                            const struct resource *resource)
{
    yyjson_mut_val *properties, *content;

    add_type(b, schema, "object", NULL);
    properties = add_object(b, schema, "properties");
    add_type(b, add_object(b, properties, "page"), "integer", "int32");
    add_type(b, add_object(b, properties, "size"), "integer", "int32");
    add_type(b, add_object(b, properties, "total"), "integer", "int64");
    content = add_object(b, properties, "content");
    add_type(b, content, "array", NULL);
    add_reference(b, add_object(b, content, "items"), resource, FF_READ | FF_READ_ONE);
    content = add_object(b, properties, "sortable_by");
    add_type(b, content, "array", NULL);
    add_type(b, add_object(b, content, "items"), "string", NULL);
}

/* A record with the properties of the operation's own schema beside its own. */
static void add_extended_schema(struct builder *b, yyjson_mut_val *schema,
                                const struct operation *operation)
{
    const uint32_t view = FF_READ | FF_READ_ONE;
    struct error ignored = {.arena = b->arena};
    yyjson_mut_val *properties;
    yyjson_val *more = NULL, *name, *member;
    size_t i, n;

    add_type(b, schema, "object", NULL);
    properties = add_object(b, schema, "properties");
    for (i = 0; i < operation->resource->count; i++) {
        const struct field *field = &operation->resource->fields[i];
        if (field->name && field->flags & view)
            add_field_schema(b, add_object(b, properties, field->name), field, view);
    }
    if (json_parse(b->arena, str_of(operation->schema), &more, &ignored))
        return;
    yyjson_obj_foreach(yyjson_obj_get(more, "properties"), i, n, name, member) yyjson_mut_obj_add(
        properties, yyjson_val_mut_copy(b->doc, name), yyjson_val_mut_copy(b->doc, member));
}

static void add_answer(struct builder *b, yyjson_mut_val *responses, const struct route *route)
{
    const struct operation *operation = route->operation;
    char status[16];
    yyjson_mut_val *response, *media, *schema;

    snprintf(status, sizeof(status), "%d", operation->status);
    response = yyjson_mut_obj(b->doc);
    yyjson_mut_obj_add(responses, yyjson_mut_strcpy(b->doc, status), response);
    yyjson_mut_obj_add_str(b->doc, response, "description", operation->summary);
    if (operation->answer == ANSWER_EMPTY)
        return;
    media = add_media_type(b, response, route->produces ? route->produces : "application/json");
    if (operation->answer == ANSWER_SCHEMA) {
        yyjson_mut_obj_add(media, yyjson_mut_str(b->doc, "schema"),
                           yyjson_mut_raw(b->doc, operation->schema));
        return;
    }
    schema = add_object(b, media, "schema");
    if (operation->answer == ANSWER_RECORD && operation->schema)
        add_extended_schema(b, schema, operation);
    else if (operation->answer == ANSWER_RECORD)
        add_reference(b, schema, operation->resource, FF_READ | FF_READ_ONE);
    else if (operation->answer == ANSWER_PAGE)
        add_page_schema(b, schema, operation->resource);
    else
        add_type(b, schema, "string", NULL);
}

static void add_operation(struct builder *b, yyjson_mut_val *out, const struct route *route)
{
    const struct operation *operation = route->operation;
    yyjson_mut_val *content = NULL, *responses, *error;

    yyjson_mut_obj_add_str(b->doc, out, "operationId", operation->id);
    yyjson_mut_obj_add_str(b->doc, out, "summary", operation->summary);
    if (operation->empty)
        yyjson_mut_obj_add_bool(b->doc, out, "x-empty", true);
    yyjson_mut_arr_add_str(b->doc, yyjson_mut_obj_add_arr(b->doc, out, "tags"), operation->tag);
    add_parameters(b, out, route);
    if (operation->body)
        add_reference(b, add_content(b, add_object(b, out, "requestBody"), "application/json"),
                      operation->body, operation->body_view);
    if (operation->body_types)
        content = add_object(b, add_object(b, out, "requestBody"), "content");
    for (size_t i = 0; content && operation->body_types[i]; i++)
        add_object(b, add_object(b, content, operation->body_types[i]), "schema");
    responses = add_object(b, out, "responses");
    add_answer(b, responses, route);
    error = add_object(b, responses, "default");
    yyjson_mut_obj_add_str(b->doc, error, "description", "Error");
    yyjson_mut_obj_add_str(b->doc, add_content(b, error, "application/json"), "$ref",
                           "#/components/schemas/Error");
}

static void add_error_schema(struct builder *b)
{
    yyjson_mut_val *schema = add_object(b, b->schemas, "Error");
    yyjson_mut_val *properties, *errors;

    add_type(b, schema, "object", NULL);
    properties = add_object(b, schema, "properties");
    add_type(b, add_object(b, properties, "code"), "integer", NULL);
    add_type(b, add_object(b, properties, "message"), "string", NULL);
    add_type(b, add_object(b, properties, "details"), "string", NULL);
    errors = add_object(b, properties, "errors");
    add_type(b, errors, "array", NULL);
    add_type(b, add_object(b, errors, "items"), "string", NULL);
}

static const char *method_name(enum http_method method)
{
    switch (method) {
    case HTTP_GET:
        return "get";
    case HTTP_POST:
        return "post";
    case HTTP_PUT:
        return "put";
    case HTTP_PATCH:
        return "patch";
    case HTTP_DELETE:
        return "delete";
    default:
        return "options";
    }
}

void platform_openapi(struct request *request)
{
    yyjson_mut_doc *doc = json_new(&request->arena);
    yyjson_mut_val *root = yyjson_mut_obj(doc), *paths, *info;
    struct builder b = {doc, yyjson_mut_obj(doc), &request->arena};

    yyjson_mut_obj_add_str(doc, root, "openapi", "3.1.0");
    info = add_object(&b, root, "info");
    yyjson_mut_obj_add_str(doc, info, "title", "ocelli");
    yyjson_mut_obj_add_str(doc, info, "version", OCELLI_VERSION);
    paths = add_object(&b, root, "paths");
    for (size_t i = 0; i < api_routes.count; i++) {
        const struct route *route = &api_routes.routes[i];
        yyjson_mut_val *path = yyjson_mut_obj_get(paths, route->pattern);
        if (!route->operation)
            continue;
        if (!path)
            path = add_object(&b, paths, route->pattern);
        add_operation(&b, add_object(&b, path, method_name(route->method)), route);
    }
    add_error_schema(&b);
    yyjson_mut_obj_add_val(doc, add_object(&b, root, "components"), "schemas", b.schemas);
    api_answer(request, 200, doc, root);
}
