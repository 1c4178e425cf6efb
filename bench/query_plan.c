/* EXPLAIN QUERY PLAN of the server's statements; see query_plan.h.
 *
 * The texts repeat what src/store/sql.c and sql_filter.c make; whoever changes a statement there
 * changes it here, too. A plan that says SEARCH is not enough: every statement names the project,
 * so a search by the project alone still looks at all its rows. */
#include "query_plan.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT_SIZE 4096

enum plan_demand {
    PLAN_ORDERED,   /* comes in the order of an index and stops at its limit */
    PLAN_SELECTIVE, /* goes to the rows by the value */
    PLAN_WANTED,    /* looks at all rows today and need not: told, not failed */
};

struct plan {
    const char *name;
    bool spans;
    const char *condition; /* beside the project; NULL: not stored yet */
    const char *order;     /* NULL: the default order */
    enum plan_demand demand;
};

/* sql_add_entity_source(), sql_add_entity_order() */
#define LIST_COLUMNS "SELECT t.*, p.uuid, p.deleted"
#define COUNT_COLUMNS "SELECT count(*)"
#define TRACE_SOURCE                                                                               \
    " FROM trace t JOIN project p ON p.id = t.project WHERE t.project = ? AND t.present = 1"
#define SPAN_SOURCE " FROM span t JOIN project p ON p.id = t.project WHERE t.project = ?"
#define TRACE_ORDER "t.id DESC"
#define SPAN_ORDER "t.trace_id DESC, t.parent_span_id DESC, t.id DESC"
/* add_sort_expression() */
#define DURATION "CASE WHEN t.start_time != 0 THEN t.end_time / 1000 - t.start_time / 1000 END"
#define TOKENS                                                                                     \
    "coalesce(usage_value(t.usage, ?), 0) DESC NULLS LAST, usage_value(t.usage, ?) IS NOT NULL"

static const struct plan plans[] = {
    {"traces", false, "", NULL, PLAN_ORDERED},
    {"traces below an id (stream)", false, " AND t.id < ?", NULL, PLAN_ORDERED},
    {"spans", true, "", NULL, PLAN_ORDERED},
    {"spans below an id (stream)", true, " AND t.id < ?", TRACE_ORDER, PLAN_ORDERED},
    {"traces, id =", false, " AND (t.id = ?)", NULL, PLAN_SELECTIVE},
    {"traces, from_time, to_time", false, " AND t.id >= ? AND t.id <= ?", NULL, PLAN_SELECTIVE},
    {"traces, start_time", false, " AND ((t.start_time >= ?) AND (t.start_time < ?))", NULL,
     PLAN_SELECTIVE},
    {"traces, thread_id =", false, " AND (t.thread_id = ?)", NULL, PLAN_SELECTIVE},
    {"traces, name =", false, " AND (lower(t.name) = lower(?))", NULL, PLAN_SELECTIVE},
    {"traces, tags =", false, " AND ((t.tags IS NOT NULL AND tags_match(t.tags, ?, 1)))", NULL,
     PLAN_SELECTIVE},
    {"traces, feedback_scores =", false, NULL, NULL, PLAN_SELECTIVE},
    {"traces, error_type =", false, " AND (lower(t.error_type) = lower(?))", NULL, PLAN_WANTED},
    {"spans, id =", true, " AND (t.id = ?)", NULL, PLAN_SELECTIVE},
    {"spans, trace_id", true, " AND t.trace_id = ?", NULL, PLAN_SELECTIVE},
    {"spans, from_time, to_time", true, " AND t.id >= ? AND t.id <= ?", NULL, PLAN_SELECTIVE},
    {"spans, start_time", true, " AND ((t.start_time >= ?) AND (t.start_time < ?))", NULL,
     PLAN_SELECTIVE},
    {"spans, name =", true, " AND (lower(t.name) = lower(?))", NULL, PLAN_SELECTIVE},
    {"spans, tags =", true, " AND ((t.tags IS NOT NULL AND tags_match(t.tags, ?, 1)))", NULL,
     PLAN_SELECTIVE},
    {"spans, feedback_scores =", true, NULL, NULL, PLAN_SELECTIVE},
    {"traces by duration", false, "", DURATION " DESC NULLS LAST, " TRACE_ORDER, PLAN_WANTED},
    {"traces by start_time", false, "", "(t.start_time) DESC NULLS LAST, " TRACE_ORDER,
     PLAN_WANTED},
    {"traces by end_time", false, "", "(t.end_time) DESC NULLS LAST, " TRACE_ORDER, PLAN_WANTED},
    {"traces by ttft", false, "", "(t.ttft) DESC NULLS LAST, " TRACE_ORDER, PLAN_WANTED},
    {"traces by cost", false, "", "coalesce(t.cost, 0) DESC NULLS LAST, " TRACE_ORDER, PLAN_WANTED},
    {"traces by usage", false, "", TOKENS ", " TRACE_ORDER, PLAN_WANTED},
    {"traces by llm_span_count", false, "", "(t.llm_span_count) DESC NULLS LAST, " TRACE_ORDER,
     PLAN_WANTED},
    {"spans by duration", true, "", DURATION " DESC NULLS LAST, " SPAN_ORDER, PLAN_WANTED},
    {"spans by cost", true, "", "coalesce(t.cost, 0) DESC NULLS LAST, " SPAN_ORDER, PLAN_WANTED},
};

/* Functions that the server registers (src/store/sqlite/functions.c, tally.c): here only their
 * names matter. */
static void query_plan_dummy(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count, (void)values;
    sqlite3_result_null(context);
}

static bool query_plan_register(sqlite3 *db)
{
    static const char *const names[] = {
        "unpack",    "contains",    "contains_exact", "starts",     "ends",
        "json_text", "json_number", "json_string",    "tags_match", "tags_count",
        "uuid_text", "id_ms",       "usage_value",    "tags_key"};
    bool ok = true;
    for (size_t i = 0; ok && i < COUNT(names); i++)
        ok = sqlite3_create_function(db, names[i], -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                     query_plan_dummy, NULL, NULL) == SQLITE_OK;
    return ok;
}

/* Does a step read traces or spans, by whatever name? */
static bool query_plan_is_table(const char *detail)
{
    const char *word = strchr(detail, ' ');
    size_t n = word ? strcspn(word + 1, " ") : 0;
    return word && ((n == 1 && word[1] == 't') || (n == 5 && memcmp(word + 1, "trace", 5) == 0) ||
                    (n == 4 && memcmp(word + 1, "span", 4) == 0));
}

/* Does a SEARCH have a term beside project and present, as in "(project=? AND id>?)"? */
static bool query_plan_is_narrowed(const char *detail)
{
    const char *terms = strrchr(detail, '(');
    for (const char *term = terms ? terms + 1 : NULL; term;) {
        size_t n = strcspn(term, "=<>");
        if (!(n == 7 && memcmp(term, "project", 7) == 0) &&
            !(n == 7 && memcmp(term, "present", 7) == 0))
            return true;
        term = strstr(term, " AND ");
        term = term ? term + 5 : NULL;
    }
    return false;
}

/* Why a step breaks the demand, or NULL. */
static const char *query_plan_step_problem(const struct plan *plan, const char *detail)
{
    bool table = query_plan_is_table(detail);
    if (table && strncmp(detail, "SCAN ", 5) == 0)
        return "reads the whole table";
    if (plan->demand == PLAN_ORDERED || (plan->demand == PLAN_WANTED && plan->order))
        return strncmp(detail, "USE TEMP B-TREE FOR ORDER BY", 28) == 0 ? "sorts all rows" : NULL;
    if (table && strncmp(detail, "SEARCH ", 7) == 0 && !query_plan_is_narrowed(detail))
        return "looks at all rows of the project";
    return NULL;
}

static void query_plan_make_sql(const struct plan *plan, bool counts, char *out)
{
    snprintf(out, TEXT_SIZE, "EXPLAIN QUERY PLAN %s%s%s%s%s%s",
             counts ? COUNT_COLUMNS : LIST_COLUMNS, plan->spans ? SPAN_SOURCE : TRACE_SOURCE,
             plan->condition, counts ? "" : " ORDER BY ",
             counts        ? ""
             : plan->order ? plan->order
             : plan->spans ? SPAN_ORDER
                           : TRACE_ORDER,
             counts ? "" : " LIMIT ? OFFSET ?");
}

/* Prints the steps; *ret_problem is the first problem or NULL. */
static bool query_plan_explain(sqlite3 *db, const struct plan *plan, bool counts,
                               const char **ret_problem)
{
    char sql[TEXT_SIZE], steps[TEXT_SIZE] = "";
    sqlite3_stmt *stmt = NULL;
    *ret_problem = NULL;
    query_plan_make_sql(plan, counts, sql);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        fprintf(stderr, "query: plan of %s: %s\n  %s\n", plan->name, sqlite3_errmsg(db), sql);
        return false;
    }
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(stmt, 3);
        size_t n = strlen(steps);
        if (strncmp(detail, "SEARCH p ", 9) == 0) /* one row in every statement */
            continue;
        snprintf(steps + n, sizeof(steps) - n, "%s%s", n ? "; " : "", detail);
        if (!*ret_problem)
            *ret_problem = query_plan_step_problem(plan, detail);
    }
    sqlite3_finalize(stmt);
    printf("%-30s %-6s %-6s %s%s%s%s\n", plan->name, counts ? "count" : "list",
           !*ret_problem                 ? "ok"
           : plan->demand == PLAN_WANTED ? "slow"
                                         : "FAILED",
           steps, *ret_problem ? " (" : "", *ret_problem ? *ret_problem : "",
           *ret_problem ? ")" : "");
    return true;
}

/* A list is preceded by its count, unless the project's counters say it. */
static bool query_plan_check_one(sqlite3 *db, const struct plan *plan,
                                 struct query_plan_result *ret)
{
    for (int counts = 0; counts <= (plan->demand != PLAN_ORDERED && !plan->order); counts++) {
        const char *problem;
        if (!query_plan_explain(db, plan, counts, &problem))
            return false;
        if (plan->demand == PLAN_WANTED)
            ret->wanted += problem != NULL;
        else
            ret->failed += problem != NULL;
        ret->checked += plan->demand != PLAN_WANTED;
    }
    return true;
}

bool query_plan_check(const char *database, bool has_scores, struct query_plan_result *ret)
{
    sqlite3 *db = NULL;
    *ret = (struct query_plan_result){0};
    bool ok = sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
              query_plan_register(db);
    if (!ok)
        fprintf(stderr, "query: %s: %s\n", database, sqlite3_errmsg(db));
    for (size_t i = 0; ok && i < COUNT(plans); i++) {
        if (plans[i].condition) {
            ok = query_plan_check_one(db, &plans[i], ret);
        } else if (has_scores) {
            printf("%-30s        FAILED the server stores scores, but their statement is missing in"
                   " bench/query_plan.c\n",
                   plans[i].name);
            ret->failed++;
        } else {
            printf("%-30s        absent not stored yet\n", plans[i].name);
        }
    }
    sqlite3_close(db);
    return ok;
}
