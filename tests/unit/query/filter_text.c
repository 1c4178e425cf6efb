/* Syntax trees of filters as text. */
#include "unit/query/filter_text.h"

static struct str test_text(struct arena *arena, const struct filter_node *node)
{
    struct str value = node->value;

    if (node->op == OPERATOR_IN || node->op == OPERATOR_NOT_IN) {
        value = STR("");
        for (size_t i = 0; i < node->part_count; i++)
            value = str_format(arena, "%.*s%s%.*s", STR_ARG(value), i ? "|" : "",
                               STR_ARG(node->parts[i]));
    }
    return str_format(arena, "%s%s%.*s %s [%.*s]", node->field->name, node->key.n ? "." : "",
                      STR_ARG(node->key), filter_operator_name(node->op), STR_ARG(value));
}

struct str filter_text(struct arena *arena, const struct filter_node *node)
{
    static const char *const words[] = {
        [FILTER_AND] = "(and", [FILTER_OR] = "(or", [FILTER_NOT] = "(not"};
    struct str text;

    if (!node)
        return STR("(none)");
    if (node->kind == FILTER_TEST)
        return test_text(arena, node);
    text = str_of(words[node->kind]);
    for (const struct filter_node *child = node->first; child; child = child->next) {
        struct str inner = filter_text(arena, child);
        text = str_format(arena, "%.*s %.*s", STR_ARG(text), STR_ARG(inner));
    }
    return str_format(arena, "%.*s)", STR_ARG(text));
}
