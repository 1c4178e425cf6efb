/* OQL: a recursive descent over the text, bounded in depth and tests. */
#include "query/oql.h"

#include <ctype.h>

struct scanner {
    struct arena *arena;
    const struct resource *resource;
    struct error *error;
    struct str text;
    size_t at;
    size_t tests;
};

/* Columns count characters, from 1. */
static enum err fail(struct scanner *s, const char *problem)
{
    size_t column = 1;

    for (size_t i = 0; i < s->at && i < s->text.n; i++)
        column += ((unsigned char)s->text.p[i] & 0xC0) != 0x80;
    return error_set(s->error, ERR_BAD_REQUEST, "Invalid OQL at column %zu: %s", column, problem);
}

static bool at_end(const struct scanner *s)
{
    return s->at >= s->text.n;
}

static char peek(const struct scanner *s)
{
    return at_end(s) ? '\0' : s->text.p[s->at];
}

static void skip_spaces(struct scanner *s)
{
    while (!at_end(s) && isspace((unsigned char)peek(s)))
        s->at++;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static struct str scan_word(struct scanner *s)
{
    size_t start = s->at;

    while (!at_end(s) && is_word_char(peek(s)))
        s->at++;
    return str_make(s->text.p + start, s->at - start);
}

/* Takes a word (and, or, not) in any case, if it stands here whole. */
static bool skip_word(struct scanner *s, struct str word)
{
    size_t start = s->at;

    if (str_eq_nocase(scan_word(s), word))
        return true;
    s->at = start;
    return false;
}

/* A text in quotes, the quote doubled to stand for itself. */
static enum err scan_quoted(struct scanner *s, struct str *ret)
{
    char quote = peek(s), *out;
    size_t n = 0, start = s->at, end = start + 1;

    /* The next quote may be a doubled one; the text is no longer than up to the last. */
    while (end < s->text.n && (s->text.p[end] != quote ||
                               (end + 1 < s->text.n && s->text.p[end + 1] == quote && ++end)))
        end++;
    out = arena_alloc(s->arena, end - start + 1);
    if (!out)
        return ERR_TOO_LARGE;
    for (s->at++; !at_end(s); s->at++) {
        if (peek(s) == quote) {
            if (s->at + 1 < s->text.n && s->text.p[s->at + 1] == quote)
                s->at++;
            else
                break;
        }
        out[n++] = peek(s);
    }
    if (at_end(s)) {
        s->at = start;
        return fail(s, "missing closing quote");
    }
    s->at++;
    *ret = str_make(out, n);
    return ERR_OK;
}

static enum err scan_operator(struct scanner *s, enum filter_operator *ret)
{
    size_t start = s->at, n = 0;
    int op;

    if (peek(s) == '=' || peek(s) == '<' || peek(s) == '>' || peek(s) == '!') {
        n = s->at + 1 < s->text.n && s->text.p[s->at + 1] == '=' && peek(s) != '=' ? 2 : 1;
        s->at += n;
    } else {
        n = scan_word(s).n;
    }
    op = filter_operator_find(str_make(s->text.p + start, n));
    if (op < 0) {
        s->at = start;
        return fail(s, "expected an operator such as =, !=, >, contains, is_empty");
    }
    *ret = (enum filter_operator)op;
    return ERR_OK;
}

/* A number may touch the word that joins it to the next condition, but no other. */
static bool ends_value(struct scanner *s)
{
    size_t start = s->at;
    struct str word = scan_word(s);

    s->at = start;
    return word.n == 0 || str_eq_nocase(word, STR("and")) || str_eq_nocase(word, STR("or"));
}

static enum err scan_number(struct scanner *s, struct str *ret)
{
    size_t start = s->at, digits = 0;

    if (peek(s) == '-')
        s->at++;
    while (isdigit((unsigned char)peek(s)) || (peek(s) == '.' && digits > 0)) {
        digits++;
        s->at++;
    }
    if (digits == 0 || !ends_value(s)) {
        s->at = start;
        return fail(s, "expected a text in double quotes or a number");
    }
    *ret = str_make(s->text.p + start, s->at - start);
    return ERR_OK;
}

/* ("a", "b"), joined with commas as the wire has it. */
static enum err scan_list(struct scanner *s, struct str *ret)
{
    char *joined = arena_alloc(s->arena, s->text.n + 1);
    size_t n = 0, parts = 0;
    struct str part;
    enum err err;

    if (peek(s) != '(')
        return fail(s, "expected a list that starts with '('");
    if (!joined)
        return ERR_TOO_LARGE;
    do {
        s->at++;
        skip_spaces(s);
        if (peek(s) != '"' && peek(s) != '\'')
            return fail(s, "expected a text in quotes");
        if (++parts > FILTER_PARTS_MAX)
            return fail(s, "too many elements");
        err = scan_quoted(s, &part);
        if (err)
            return err;
        if (n)
            joined[n++] = ',';
        memcpy(joined + n, part.p, part.n);
        n += part.n;
        skip_spaces(s);
    } while (peek(s) == ',');
    if (peek(s) != ')')
        return fail(s, "expected ',' or ')'");
    s->at++;
    *ret = str_make(joined, n);
    return ERR_OK;
}

/* The field, its key split off; usage keys are part of the field's name. */
static enum err scan_field(struct scanner *s, const struct filter_field **ret, struct str *ret_key)
{
    size_t start = s->at;
    struct str name = scan_word(s);
    bool takes_key;
    enum err err = ERR_OK;

    *ret_key = STR("");
    if (name.n == 0)
        return fail(s, "expected a field");
    if (peek(s) == '.') {
        s->at++;
        if (peek(s) == '"' || peek(s) == '\'')
            err = scan_quoted(s, ret_key);
        else
            *ret_key = scan_word(s);
        if (err)
            return err;
        if (ret_key->n == 0)
            return fail(s, "expected a key");
    }
    if (str_eq(name, STR("usage")) && ret_key->n) {
        name = str_format(s->arena, "usage.%.*s", STR_ARG(*ret_key));
        *ret_key = STR("");
    }
    *ret = filter_field_find(s->resource, name);
    if (!*ret) {
        s->at = start;
        return fail(s, str_format(s->arena, "field %.*s is not supported", STR_ARG(name)).p);
    }
    takes_key = (*ret)->type == FILTER_DICTIONARY || (*ret)->type == FILTER_SCORES ||
                (*ret)->type == FILTER_CUSTOM;
    if (ret_key->n && !takes_key) {
        s->at = start;
        return fail(s, str_format(s->arena, "field %.*s takes no key", STR_ARG(name)).p);
    }
    return ERR_OK;
}

static enum err parse_test(struct scanner *s, struct filter_node **ret)
{
    const struct filter_field *field = NULL;
    enum filter_operator op = OPERATOR_EQUAL;
    struct str key, value = STR("");
    enum err err;

    if (++s->tests > FILTER_TESTS_MAX)
        return fail(s, "too many conditions");
    err = scan_field(s, &field, &key);
    skip_spaces(s);
    if (!err)
        err = scan_operator(s, &op);
    if (err)
        return err;
    skip_spaces(s);
    if (op == OPERATOR_IN || op == OPERATOR_NOT_IN)
        err = scan_list(s, &value);
    else if (op != OPERATOR_IS_EMPTY && op != OPERATOR_IS_NOT_EMPTY)
        err = peek(s) == '"' || peek(s) == '\'' ? scan_quoted(s, &value) : scan_number(s, &value);
    return err ? err
               : filter_make_test(s->arena, s->resource, field, op, key, value, ret, s->error);
}

static enum err parse_or(struct scanner *s, size_t depth, struct filter_node **ret);

static struct filter_node *wrap(struct scanner *s, enum filter_node_kind kind,
                                struct filter_node *first)
{
    struct filter_node *node = arena_zalloc(s->arena, sizeof(*node));

    node->kind = kind;
    node->first = first;
    return node;
}

static enum err parse_not(struct scanner *s, size_t depth, struct filter_node **ret)
{
    enum err err;

    skip_spaces(s);
    if (depth > FILTER_DEPTH_MAX)
        return fail(s, "nested too deeply");
    if (skip_word(s, STR("not"))) {
        err = parse_not(s, depth + 1, ret);
        if (!err)
            *ret = wrap(s, FILTER_NOT, *ret);
        return err;
    }
    if (peek(s) != '(')
        return parse_test(s, ret);
    s->at++;
    err = parse_or(s, depth + 1, ret);
    skip_spaces(s);
    if (!err && peek(s) != ')')
        return fail(s, "expected ')'");
    s->at++;
    return err;
}

/* Operands of one level joined by a word. */
static enum err parse_joined(struct scanner *s, size_t depth, struct str word,
                             enum filter_node_kind kind,
                             enum err (*operand)(struct scanner *, size_t, struct filter_node **),
                             struct filter_node **ret)
{
    struct filter_node *last;
    enum err err = operand(s, depth, ret);

    last = *ret;
    skip_spaces(s);
    while (!err && last && skip_word(s, word)) {
        if (last == *ret)
            *ret = wrap(s, kind, last);
        err = operand(s, depth, &last->next);
        last = last->next;
        skip_spaces(s);
    }
    return err;
}

static enum err parse_and(struct scanner *s, size_t depth, struct filter_node **ret)
{
    return parse_joined(s, depth, STR("and"), FILTER_AND, parse_not, ret);
}

static enum err parse_or(struct scanner *s, size_t depth, struct filter_node **ret)
{
    return parse_joined(s, depth, STR("or"), FILTER_OR, parse_and, ret);
}

enum err oql_parse(struct arena *arena, const struct resource *resource, struct str text,
                   struct filter_node **ret, struct error *reterr)
{
    struct scanner scanner = {arena, resource, reterr, text, 0, 0};
    enum err err;

    *ret = NULL;
    skip_spaces(&scanner);
    if (at_end(&scanner))
        return ERR_OK;
    err = parse_or(&scanner, 0, ret);
    skip_spaces(&scanner);
    if (!err && !at_end(&scanner))
        err = fail(&scanner, "expected AND, OR or the end");
    if (!err)
        filter_group_empty(arena, *ret);
    return err;
}
