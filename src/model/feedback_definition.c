/* The field tables of feedback definitions: one for all, and one for the details of each type. */
#include "model/feedback_definition.h"

#include "model/decode.h"
#include "model/encode.h"

#define DETAIL (FF_CREATE | FF_REQUIRED | FF_READ)

enum { NUMERICAL_MIN, NUMERICAL_MAX, NUMERICAL_FIELD_COUNT };
static const struct field numerical_fields[NUMERICAL_FIELD_COUNT] = {
    [NUMERICAL_MIN] = {"min", FIELD_NUMBER, DETAIL, .doc = "Least value."},
    [NUMERICAL_MAX] = {"max", FIELD_NUMBER, DETAIL, .doc = "Greatest value."},
};

static const struct field categorical_fields[] = {
    {"categories", FIELD_NUMBERS, DETAIL, .doc = "Labels with their values; at least two."},
};

static const struct field boolean_fields[] = {
    {"true_label", FIELD_TEXT, DETAIL | FF_NOT_BLANK, .alias = "trueLabel",
     .doc = "What stands for 1."},
    {"false_label", FIELD_TEXT, DETAIL | FF_NOT_BLANK, .alias = "falseLabel",
     .doc = "What stands for 0."},
};

#define DETAILS_OF(name, fields) {name, "details", fields, sizeof(fields) / sizeof(fields[0]), NULL}

/* By type. */
static const struct resource details_resources[] = {
    [FEEDBACK_NUMERICAL] = DETAILS_OF("NumericalDetails", numerical_fields),
    [FEEDBACK_CATEGORICAL] = DETAILS_OF("CategoricalDetails", categorical_fields),
    [FEEDBACK_BOOLEAN] = DETAILS_OF("BooleanDetails", boolean_fields),
};

static bool is_range(const struct value *v)
{
    return !value_is_set(&v[NUMERICAL_MIN]) || !value_is_set(&v[NUMERICAL_MAX]) ||
           v[NUMERICAL_MIN].d < v[NUMERICAL_MAX].d;
}

/* Reads the details by the table of the record's type and keeps what that table knows. */
static enum err check_details(struct arena *arena, struct record *record, size_t field,
                              struct error *reterr)
{
    struct value *details = &record->v[field];
    int64_t type = record->v[FEEDBACK_DEFINITION_TYPE].i;
    yyjson_mut_doc *doc = json_new(arena);
    size_t broken = reterr->item_count;
    struct record *decoded;
    yyjson_val *root;
    enum err err;

    if (!value_is_set(details))
        return ERR_OK;
    if (str_eq(details->s, STR("null"))) {
        error_add(reterr, ERR_UNPROCESSABLE, "details must not be null");
        return ERR_OK;
    }
    err = json_parse(arena, details->s, &root, reterr);
    if (!err)
        err = decode_value(arena, &details_resources[type], DECODE_CREATE, root, STR("details."),
                           &decoded, reterr);
    if (err)
        return err;
    if (type == FEEDBACK_NUMERICAL && !is_range(decoded->v))
        error_add(reterr, ERR_UNPROCESSABLE, "details.min has to be smaller than details.max");
    if (reterr->item_count > broken)
        return ERR_OK;
    yyjson_mut_doc_set_root(doc, encode_record(doc, decoded, true, 0));
    return json_write_mut(arena, doc, &details->s);
}

static const char *const type_names[] = {NULL, "numerical", "categorical", "boolean", NULL};

static const struct field definition_fields[FEEDBACK_DEFINITION_FIELD_COUNT] = {
    [NAMED_ID] = {"id", FIELD_UUID, FF_READ | FF_STORED, .column = "uuid",
                  .doc = "Made by the server."},
    [NAMED_NAME] = {"name", FIELD_TEXT,
                    FF_CREATE | FF_READ | FF_STORED | FF_REQUIRED | FF_NOT_BLANK, .max = 150,
                    .column = "name", .doc = "Unique in the workspace, without regard to case."},
    [NAMED_DESCRIPTION] = {"description", FIELD_TEXT, FF_CREATE | FF_READ | FF_STORED, .max = 255,
                           .column = "description", .doc = "Any text."},
    NAMED_AUDIT_FIELDS,
    [FEEDBACK_DEFINITION_TYPE] = {"type", FIELD_ENUM,
                                  FF_CREATE | FF_READ | FF_STORED | FF_DISCRIMINATES,
                                  .names = type_names, .column = "type",
                                  .doc = "Decides what details are."},
    [FEEDBACK_DEFINITION_DETAILS] = {"details", FIELD_JSON,
                                     FF_CREATE | FF_READ | FF_STORED | FF_REQUIRED,
                                     .column = "details", .check = check_details,
                                     .doc = "numerical: {\"min\",\"max\"}; categorical: "
                                            "{\"categories\":{\"label\":number}}; boolean: "
                                            "{\"true_label\",\"false_label\"}."},
};

const struct resource feedback_definition_resource = {
    "FeedbackDefinition",
    "feedback definition",
    definition_fields,
    FEEDBACK_DEFINITION_FIELD_COUNT,
    NULL,
};
