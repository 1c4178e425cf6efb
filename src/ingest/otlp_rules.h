/* What becomes of a span's attribute: one table of names. */
#ifndef OCELLI_INGEST_OTLP_RULES_H
#define OCELLI_INGEST_OTLP_RULES_H

#include "model/entity.h"

enum otlp_target {
    OTLP_TO_INPUT,
    OTLP_TO_OUTPUT,
    OTLP_TO_METADATA,
    OTLP_TO_MODEL,
    OTLP_TO_PROVIDER,
    OTLP_TO_USAGE,
    OTLP_TO_COST,
    OTLP_TO_THREAD,
    OTLP_TO_TAGS,
    OTLP_TO_TRACE_ID, /* ids of ours that the client chose */
    OTLP_TO_PARENT_ID,
    OTLP_TO_SPAN_ID,
    OTLP_TO_NOTHING,
};

struct otlp_rule {
    struct str name;
    enum otlp_target target;
    enum span_type type; /* that the span becomes; UNSET: says nothing about it */
    bool is_prefix;
};

/* Spans of Claude Code, which have rules of their own. */
bool otlp_is_claude_code(struct str span_name);

/* The rule for an attribute of a span of this name; where there is none, one that says only where
 * such attributes go. Never NULL. */
const struct otlp_rule *otlp_find_rule(struct str span_name, struct str attribute);

#endif
