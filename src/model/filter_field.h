/* The catalogue of fields that filters may name, with the type that decides the operators and the
 * meaning (query.md 3, 7 to 9). */
#ifndef OCELLI_MODEL_FILTER_FIELD_H
#define OCELLI_MODEL_FILTER_FIELD_H

#include "base/str.h"
#include "model/resource.h"

enum filter_type {
    FILTER_STRING,
    FILTER_STRING_EXACT,
    FILTER_STRING_LIST,
    FILTER_DATE_TIME,
    FILTER_NUMBER,
    FILTER_SCORES,
    FILTER_DICTIONARY,
    FILTER_LIST,
    FILTER_ENUM,
    FILTER_ENUM_LEGACY,
    FILTER_ERROR,
    FILTER_CUSTOM,
    FILTER_TYPE_COUNT,
};

enum filter_operator {
    OPERATOR_CONTAINS,
    OPERATOR_NOT_CONTAINS,
    OPERATOR_STARTS_WITH,
    OPERATOR_ENDS_WITH,
    OPERATOR_EQUAL,
    OPERATOR_NOT_EQUAL,
    OPERATOR_GREATER,
    OPERATOR_GREATER_EQUAL,
    OPERATOR_LESS,
    OPERATOR_LESS_EQUAL,
    OPERATOR_IS_EMPTY,
    OPERATOR_IS_NOT_EMPTY,
    OPERATOR_IN,
    OPERATOR_NOT_IN,
    OPERATOR_COUNT,
};

/* Where the value of a field comes from; the store knows how to read each. */
enum filter_source {
    SOURCE_COLUMN,      /* a narrow column, or an expression over narrow columns: `column` */
    SOURCE_UUID,        /* an id column */
    SOURCE_HEAVY,       /* a column of the body, its JSON text */
    SOURCE_TIME_US,     /* a column in µs */
    SOURCE_COST,        /* money */
    SOURCE_USAGE,       /* a key of the usage tally: `key` */
    SOURCE_NAMES,       /* an enum column */
    SOURCE_SCORES,      /* feedback scores of the subject in `key`: a digit of enum subject; the
                           id they are stored under is `column` */
    SOURCE_SPAN_SCORES, /* feedback scores of the spans of the trace in `column` */
    SOURCE_ERROR_INFO,  /* whether the body has one */
    SOURCE_NOTHING,     /* of a part of the product that stores nothing yet */
};

enum filter_flag {
    FILTER_OVER_SPANS = 1 << 0, /* computed over spans: a trace without any never matches */
    FILTER_OWN = 1 << 1, /* the entity's own column; metrics and project statistics apply it */
    FILTER_ON_TRACES = 1 << 4,    /* threads: chooses among their traces (threads.md 3.1) */
    FILTER_METRIC = 1 << 3,       /* besides own columns, metrics apply it too */
    FILTER_CAN_BE_EMPTY = 1 << 2, /* enum that takes is_empty (query.md 3) */
};

struct filter_field {
    const char *name;
    enum filter_type type;
    enum filter_source source;
    unsigned flags;
    const char *column;       /* SQL over the row `t` or the body `b` */
    const char *key;          /* SOURCE_USAGE, SOURCE_SCORES */
    const char *const *names; /* SOURCE_NAMES */
};

/* The catalogue of a resource, ended by a row without a name. */
const struct filter_field *filter_fields(const struct resource *resource);

/* The row of that exact name, or NULL. */
const struct filter_field *filter_field_find(const struct resource *resource, struct str name);

/* As the wire spells an operator ("not_contains"), and a type in errors ("STRING_EXACT"). */
const char *filter_operator_name(enum filter_operator op);
const char *filter_type_name(enum filter_type type);

/* The operator of that exact spelling, or -1. */
int filter_operator_find(struct str name);

/* Whether a field takes an operator. */
bool filter_operator_allowed(const struct filter_field *field, enum filter_operator op);

#endif
