/* OQL texts. What was understood is written as OQL again and must mean the same. */
#include "fuzz/filter_tree.h"
#include "query/oql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct buf *out, const char *text)
{
    check(buf_append(out, str_of(text)));
}

static void add_quoted(struct buf *out, struct str text)
{
    add(out, "\"");
    for (size_t i = 0; i < text.n; i++)
        check(buf_append(out, text.p[i] == '"' ? STR("\"\"") : str_make(text.p + i, 1)));
    add(out, "\"");
}

static void add_test(struct buf *out, const struct filter_node *node)
{
    add(out, node->field->name);
    if (node->key.n) {
        add(out, ".");
        add_quoted(out, node->key);
    }
    add(out, " ");
    add(out, filter_operator_name(node->op));
    if (node->op == OPERATOR_IS_EMPTY || node->op == OPERATOR_IS_NOT_EMPTY)
        return;
    add(out, is_list(node) ? " (" : " ");
    for (size_t i = 0; is_list(node) && i < node->part_count; i++) {
        add(out, i ? ", " : "");
        add_quoted(out, node->parts[i]);
    }
    if (is_list(node))
        add(out, ")");
    else
        add_quoted(out, node->value);
}

/* In parentheses only where they are needed, so that nothing is nested deeper than before. */
static void add_node(struct buf *out, const struct filter_node *node, enum filter_node_kind inside)
{
    bool needs = (node->kind == FILTER_OR && inside != FILTER_TEST) ||
                 (node->kind == FILTER_AND && (inside == FILTER_AND || inside == FILTER_NOT));

    if (node->kind == FILTER_TEST) {
        add_test(out, node);
        return;
    }
    add(out, needs ? "(" : "");
    add(out, node->kind == FILTER_NOT ? "not " : "");
    for (const struct filter_node *child = node->first; child; child = child->next) {
        add_node(out, child, node->kind);
        if (child->next)
            add(out, node->kind == FILTER_AND ? " and " : " or ");
    }
    add(out, needs ? ")" : "");
}

static bool has_empty_list(const struct filter_node *node)
{
    if (node->kind == FILTER_TEST)
        return is_list(node) && node->part_count == 0;
    for (const struct filter_node *child = node->first; child; child = child->next) {
        if (has_empty_list(child))
            return true;
    }
    return false;
}

/* "Invalid OQL at column N: …" names a place of the text. */
static void check_column(struct str message, struct str text)
{
    struct str prefix = STR("Invalid OQL at column ");
    size_t column = 0;

    if (!str_starts_with(message, prefix))
        return;
    for (size_t i = prefix.n; i < message.n && message.p[i] >= '0' && message.p[i] <= '9'; i++)
        column = column * 10 + (size_t)(message.p[i] - '0');
    check(column >= 1 && column <= text.n + 1);
}

static uint64_t parse(const struct resource *resource, struct str text, bool again)
{
    struct filter_node *node = NULL;
    struct arena arena;
    struct error error;
    uint64_t hash = 0;
    struct buf out;
    enum err err;

    arena_init(&arena, 1 << 24);
    error = (struct error){.arena = &arena};
    err = oql_parse(&arena, resource, text, &node, &error);
    if (err) {
        check_error(err, &error);
        check_column(error.message, text);
        hash = hash_text(0, error.message);
    } else if (node) {
        hash = check_tree(&arena, node);
        if (again && !has_empty_list(node)) {
            buf_init(&out, 1 << 24);
            add_node(&out, node, FILTER_TEST);
            check(parse(resource, str_make(out.p, out.n), false) == hash);
            buf_done(&out);
        }
    }
    arena_done(&arena);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);

    check(parse(&trace_resource, text, true) == parse(&trace_resource, text, false));
    check(parse(&span_resource, text, true) == parse(&span_resource, text, false));
    return 0;
}
