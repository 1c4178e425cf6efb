/* Filter tree -> SQL condition (query.md 3 to 6). Values are always bound; functions such as
 * contains() belong to the store. */
#include "store/sql.h"

#include "base/clock.h"
#include "base/decimal.h"
#include "model/decode.h"

/* A comparison as SQL spells it. */
static const char *comparison(enum filter_operator op)
{
    switch (op) {
    case OPERATOR_NOT_EQUAL:
        return " != ";
    case OPERATOR_GREATER:
        return " > ";
    case OPERATOR_GREATER_EQUAL:
        return " >= ";
    case OPERATOR_LESS:
        return " < ";
    case OPERATOR_LESS_EQUAL:
        return " <= ";
    default:
        return " = ";
    }
}

/* A text expression: opens and closes around the column. */
struct expression {
    const char *open, *column, *close;
    struct str path; /* bound between column and close when it has bytes */
};

static void add_expression(struct sql *sql, const struct expression *e)
{
    sql_add(sql, e->open);
    sql_add(sql, e->column);
    if (e->path.n) {
        sql_add(sql, ", ");
        sql_add_text(sql, e->path);
    }
    sql_add(sql, e->close);
}

static void add_call(struct sql *sql, const char *name, const struct expression *e,
                     struct str value)
{
    sql_add(sql, name);
    add_expression(sql, e);
    sql_add(sql, ", ");
    sql_add_text(sql, value);
    sql_add(sql, ")");
}

/* starts() and ends() are literal. */
static void add_affix(struct sql *sql, const char *name, const struct expression *e,
                      struct str value, bool exact)
{
    sql_add(sql, name);
    sql_add(sql, exact ? "(" : "_any(");
    add_expression(sql, e);
    sql_add(sql, ", ");
    sql_add_text(sql, value);
    sql_add(sql, ")");
}

/* The eight operators of texts. */
static void add_text_test(struct sql *sql, enum filter_operator op, const struct expression *e,
                          struct str value, bool exact)
{
    switch (op) {
    case OPERATOR_CONTAINS:
        add_call(sql, exact ? "contains_exact(" : "contains(", e, value);
        return;
    case OPERATOR_NOT_CONTAINS:
        add_call(sql, exact ? "NOT contains_exact(" : "NOT contains(", e, value);
        return;
    case OPERATOR_STARTS_WITH:
        add_affix(sql, "starts", e, value, exact);
        return;
    case OPERATOR_ENDS_WITH:
        add_affix(sql, "ends", e, value, exact);
        return;
    default:
        sql_add(sql, exact ? "" : "lower(");
        add_expression(sql, e);
        sql_add(sql, exact ? "" : ")");
        sql_add(sql, comparison(op));
        sql_add(sql, exact ? "" : "lower(");
        sql_add_text(sql, value);
        sql_add(sql, exact ? "" : ")");
    }
}

/* Equality on a stored column leaves out what keeps an index from being used; a value is never
 * blank, so an absent column does not equal it. */
static void add_string(struct sql *sql, const struct filter_node *node, bool exact)
{
    bool plain = node->op == OPERATOR_EQUAL && node->field->source == SOURCE_COLUMN;
    struct expression e = {
        plain ? "" : "coalesce(", node->field->column, plain ? "" : ", '')", {0}};

    if (node->op <= OPERATOR_ENDS_WITH)
        e = (struct expression){"", node->field->column, "", {0}}; /* the functions unpack */
    else if (node->field->source == SOURCE_HEAVY)
        e = (struct expression){"coalesce(unpack(", node->field->column, "), '')", {0}};
    add_text_test(sql, node->op, &e, node->value, exact);
}

/* Whether a text is spelt as ids are shown; others differ from every id. */
static bool is_canonical(struct str text, struct uuid *ret)
{
    char shown[UUID_TEXT_SIZE];

    if (!uuid_parse(text, ret))
        return false;
    uuid_format(ret, shown);
    return str_eq(text, str_make(shown, sizeof(shown)));
}

/* Ids compare as bytes where the value is one, so that indexes serve; their text has the same
 * order. */
static void add_uuid(struct sql *sql, const struct filter_node *node)
{
    struct expression e = {"uuid_text(", node->field->column, ")", {0}};
    struct uuid id;
    bool comparable = node->op == OPERATOR_EQUAL || node->op == OPERATOR_NOT_EQUAL ||
                      node->op == OPERATOR_GREATER || node->op == OPERATOR_LESS;

    if (!comparable || !is_canonical(node->value, &id)) {
        add_text_test(sql, node->op, &e, node->value, true);
        return;
    }
    sql_add(sql, node->field->column);
    sql_add(sql, comparison(node->op));
    sql_add_uuid(sql, &id);
}

bool sql_shows_in_json(const struct filter_node *node)
{
    if (node->field->source != SOURCE_HEAVY ||
        (node->op != OPERATOR_CONTAINS && node->op != OPERATOR_STARTS_WITH &&
         node->op != OPERATOR_ENDS_WITH && node->op != OPERATOR_EQUAL))
        return false;
    for (size_t i = 0; i < node->value.n; i++) {
        char c = node->value.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == ' ' || c == '-' || c == '.' || c == ':' || c == ','))
            return false;
    }
    return node->value.n > 0;
}

static void add_dictionary(struct sql *sql, const struct filter_node *node)
{
    struct expression e = {"json_text(", node->field->column, ")", node->key};
    struct expression whole = {"", node->field->column, "", {0}};

    switch (node->op) {
    case OPERATOR_GREATER:
    case OPERATOR_LESS:
        if (!node->is_number) {
            sql_add(sql, "0");
            return;
        }
        e.open = "json_number(";
        add_expression(sql, &e);
        sql_add(sql, comparison(node->op));
        sql_add_real(sql, node->number);
        return;
    case OPERATOR_IS_EMPTY:
    case OPERATOR_IS_NOT_EMPTY:
        add_expression(sql, &e);
        sql_add(sql, node->op == OPERATOR_IS_EMPTY ? " IN ('', 'null')" : " NOT IN ('', 'null')");
        return;
    default:
        if (sql_shows_in_json(node)) {
            add_call(sql, "contains(", &whole, node->value);
            sql_add(sql, " AND ");
        }
        add_text_test(sql, node->op, &e, node->value, false);
    }
}

static void add_number(struct sql *sql, const struct filter_node *node)
{
    decimal_int cost;

    switch (node->field->source) {
    case SOURCE_COST:
        sql_add(sql, "coalesce(t.cost, 0)");
        sql_add(sql, comparison(node->op));
        if (!decimal_parse_cut(node->value, 12, &cost))
            cost = node->number < 0 ? INT64_MIN : DECIMAL_MAX;
        sql_add_cost(sql, cost);
        return;
    case SOURCE_USAGE:
        sql_add(sql, "coalesce(usage_value(");
        sql_add(sql, node->field->column);
        sql_add(sql, ", ");
        sql_add_text(sql, str_of(node->field->key));
        sql_add(sql, "), 0)");
        break;
    default:
        sql_add(sql, node->field->column);
    }
    sql_add(sql, comparison(node->op));
    sql_add_real(sql, node->number);
}

static void add_time(struct sql *sql, const struct filter_node *node)
{
    sql_add(sql, node->field->column);
    sql_add(sql, node->field->source == SOURCE_TIME_US ? " * 1000" : "");
    sql_add(sql, comparison(node->op));
    sql_add_int(sql, node->ns);
}

static void add_list(struct sql *sql, const struct filter_node *node)
{
    bool negative = node->op == OPERATOR_NOT_CONTAINS || node->op == OPERATOR_NOT_EQUAL;
    bool exact = node->op == OPERATOR_EQUAL || node->op == OPERATOR_NOT_EQUAL;

    if (node->op == OPERATOR_IS_EMPTY || node->op == OPERATOR_IS_NOT_EMPTY) {
        sql_add(sql, "coalesce(t.tags, '[]')");
        sql_add(sql, node->op == OPERATOR_IS_EMPTY ? " = '[]'" : " != '[]'");
        return;
    }
    sql_add(sql, negative ? "(t.tags IS NULL OR NOT tags_match(t.tags, "
                          : "(t.tags IS NOT NULL AND tags_match(t.tags, ");
    sql_add_text(sql, node->value);
    sql_add(sql, exact ? ", 1))" : ", 0))");
}

/* One value of an enum column: its number, 0 for unset, -1 for a text that is none. */
static int enum_number(const struct filter_node *node, struct str text)
{
    int number = decode_enum(node->field->names, text, false);

    return number ? number : -1;
}

static void add_enum_parts(struct sql *sql, const struct filter_node *node, bool names)
{
    sql_add(sql, node->op == OPERATOR_IN ? " IN (" : " NOT IN (");
    /* SQLite folds an empty list into a constant, and then finds no plan for the index that the
     * statement demands. */
    if (node->part_count == 0)
        sql_add(sql, "SELECT NULL WHERE 0");
    for (size_t i = 0; i < node->part_count; i++) {
        sql_add(sql, i ? ", " : "");
        if (names)
            sql_add_int(sql, enum_number(node, node->parts[i]));
        else
            sql_add_text(sql, node->parts[i]);
    }
    sql_add(sql, ")");
}

static void add_enum(struct sql *sql, const struct filter_node *node)
{
    bool names = node->field->source == SOURCE_NAMES;
    /* Rows without a source count as the SDK's (query.md 3). */
    bool legacy = node->field->type == FILTER_ENUM_LEGACY && str_eq(node->value, STR("sdk"));

    sql_add(sql, "coalesce(");
    sql_add(sql, node->field->column);
    sql_add(sql, !names ? ", '')" : legacy ? ", 1)" : ", 0)");
    switch (node->op) {
    case OPERATOR_IN:
    case OPERATOR_NOT_IN:
        add_enum_parts(sql, node, names);
        return;
    case OPERATOR_IS_EMPTY:
        sql_add(sql, " = ''");
        return;
    case OPERATOR_IS_NOT_EMPTY:
        sql_add(sql, " != ''");
        return;
    default:
        sql_add(sql, comparison(node->op));
        if (names)
            sql_add_int(sql, enum_number(node, node->value));
        else
            sql_add_text(sql, node->value);
    }
}

/* The ids that have scores: of the subject itself, or the traces of scored spans. */
static void add_scored(struct sql *sql, const struct filter_node *node)
{
    bool of_spans = node->field->source == SOURCE_SPAN_SCORES;

    sql_add(sql, of_spans ? "SELECT s.trace_id FROM score f JOIN span s ON s.id = f.entity"
                            " AND s.project = f.project WHERE f.kind = "
                          : "SELECT f.entity FROM score f WHERE f.kind = ");
    sql_add(sql, node->field->key);
    sql_add(sql, " AND f.project = ");
    sql_add_int(sql, sql->project_key);
}

static void add_named_scores(struct sql *sql, const struct filter_node *node)
{
    add_scored(sql, node);
    sql_add(sql, " AND f.name_key = lower(");
    sql_add_text(sql, node->key);
    sql_add(sql, ")");
}

/* The ids whose mean of a name compares so with the value. */
static void add_mean_set(struct sql *sql, const struct filter_node *node, enum filter_operator op)
{
    decimal_int value;

    add_named_scores(sql, node);
    sql_add(sql, node->field->source == SOURCE_SPAN_SCORES ? " GROUP BY f.name, s.trace_id"
                                                           : " GROUP BY f.name, f.entity");
    sql_add(sql, " HAVING score_mean(f.value)");
    sql_add(sql, comparison(op));
    if (decimal_parse_cut(node->value, 9, &value) && value >= INT64_MIN && value <= INT64_MAX)
        sql_add_int(sql, (int64_t)value);
    else
        sql_add_real(sql, node->value.n && node->value.p[0] == '-' ? -1e30 : 1e30);
}

/* Begins a test whether the column is in a set, which is to be written to what comes back: a
 * subquery in place, or a query of its own whose ids are listed before (sql.h). */
static struct sql *open_set(struct sql *sql, const char *column, const char *in)
{
    struct sql *query;

    if (!sql->sets || sql->sets->count == SQL_SETS_MAX) {
        sql_add(sql, column);
        sql_add(sql, in);
        sql_add(sql, "(");
        return sql;
    }
    query = &sql->sets->queries[sql->sets->count++];
    sql_init(query, sql->arena);
    query->project_key = sql->project_key;
    sql_add(sql, in[1] == 'N' ? "NOT id_in(" : "id_in(");
    sql_add_int(sql, (int64_t)sql->sets->count);
    sql_add(sql, ", ");
    sql_add(sql, column);
    return query;
}

static void add_in_named(struct sql *sql, const struct filter_node *node)
{
    struct sql *query = open_set(sql, node->field->column, " IN ");

    add_named_scores(query, node);
    sql_add(sql, ")");
}

static void add_in_any(struct sql *sql, const struct filter_node *node)
{
    struct sql *query = open_set(sql, node->field->column, " IN ");

    add_scored(query, node);
    sql_add(sql, ")");
}

static void add_in_mean(struct sql *sql, const struct filter_node *node, const char *in,
                        enum filter_operator op)
{
    struct sql *query = open_set(sql, node->field->column, in);

    add_mean_set(query, node, op);
    sql_add(sql, ")");
}

/* query.md 6. An id that is NULL (a thread without a record) has no scores. */
static void add_scores(struct sql *sql, const struct filter_node *node)
{
    switch (node->op) {
    case OPERATOR_IS_EMPTY:
    case OPERATOR_IS_NOT_EMPTY:
        sql_add(sql, node->op == OPERATOR_IS_EMPTY ? "NOT ifnull(" : "ifnull(");
        add_in_named(sql, node);
        sql_add(sql, ", 0)");
        return;
    case OPERATOR_NOT_EQUAL:
        add_in_any(sql, node);
        sql_add(sql, " AND ");
        add_in_mean(sql, node, " NOT IN ", OPERATOR_EQUAL);
        return;
    default:
        add_in_mean(sql, node, " IN ", node->op);
    }
}

/* Fields of parts of the product that store nothing yet: what the absent value answers. */
static void add_nothing(struct sql *sql, const struct filter_node *node)
{
    bool matches = false;

    switch (node->field->type) {
    case FILTER_STRING:
    case FILTER_LIST:
        matches = node->op == OPERATOR_NOT_CONTAINS || node->op == OPERATOR_NOT_EQUAL ||
                  node->op == OPERATOR_LESS || node->op == OPERATOR_IS_EMPTY;
        break;
    default:
        break;
    }
    sql_add(sql, matches ? "1" : "0");
}

static void add_test(struct sql *sql, const struct filter_node *node)
{
    if (node->field->source == SOURCE_NOTHING) {
        add_nothing(sql, node);
        return;
    }
    if (node->field->source == SOURCE_UUID) {
        add_uuid(sql, node);
        return;
    }
    switch (node->field->type) {
    case FILTER_SCORES:
        add_scores(sql, node);
        return;
    case FILTER_STRING:
        add_string(sql, node, false);
        return;
    case FILTER_STRING_EXACT:
        add_string(sql, node, true);
        return;
    case FILTER_DATE_TIME:
        add_time(sql, node);
        return;
    case FILTER_NUMBER:
        add_number(sql, node);
        return;
    case FILTER_DICTIONARY:
        add_dictionary(sql, node);
        return;
    case FILTER_LIST:
        add_list(sql, node);
        return;
    case FILTER_ENUM:
    case FILTER_ENUM_LEGACY:
        add_enum(sql, node);
        return;
    case FILTER_ERROR:
        sql_add(sql, node->op == OPERATOR_IS_EMPTY ? "t.heavy & 8 = 0" : "t.heavy & 8 != 0");
        return;
    default:
        add_nothing(sql, node);
    }
}

/* A test on a thread's traces inside an OR or a NOT: some trace of it passes. */
static void add_any_trace(struct sql *sql, const struct filter_node *node)
{
    sql_add(sql, "(t.thread_id IN (SELECT t.thread_id FROM trace t WHERE t.project = ");
    sql_add_int(sql, sql->project_key);
    sql_add(sql, " AND t.present = 1 AND t.thread_id IS NOT NULL AND ");
    add_test(sql, node);
    sql_add(sql, "))");
}

/* Depth is bounded by FILTER_DEPTH_MAX. */
void sql_add_filter(struct sql *sql, const struct filter_node *node)
{
    if (node->kind == FILTER_TEST && node->field->flags & FILTER_ON_TRACES && !sql->on_traces) {
        add_any_trace(sql, node);
        return;
    }
    if (node->kind == FILTER_TEST) {
        bool over_spans = node->field->flags & FILTER_OVER_SPANS;
        sql_add(sql, over_spans ? "(t.span_count > 0 AND " : "(");
        add_test(sql, node);
        sql_add(sql, ")");
        return;
    }
    if (node->kind == FILTER_NOT) {
        /* What can't be told counts as no match, so its negation matches. */
        sql_add(sql, "(NOT ifnull(");
        sql_add_filter(sql, node->first);
        sql_add(sql, ", 0))");
        return;
    }
    sql_add(sql, "(");
    for (const struct filter_node *child = node->first; child; child = child->next) {
        sql_add_filter(sql, child);
        if (child->next)
            sql_add(sql, node->kind == FILTER_AND ? " AND " : " OR ");
    }
    if (!node->first)
        sql_add(sql, node->kind == FILTER_AND ? "1" : "0");
    sql_add(sql, ")");
}
