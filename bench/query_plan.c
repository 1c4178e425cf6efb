/* EXPLAIN QUERY PLAN of the server's statements; see query_plan.h. Their texts come from the
 * server's own sources. A plan that says SEARCH is not enough: every statement names the project,
 * so a search by the project alone still looks at all its rows. */
#include "query_plan.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "store/sql.h"
#include "store/zone_table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT_SIZE 4096

enum plan_demand {
    PLAN_ORDERED,   /* comes in the order of the table and stops at its limit */
    PLAN_SELECTIVE, /* goes to the rows by the value, or to the zones that may have it */
    PLAN_ZONED,     /* takes zone after zone in the order of their bounds */
};

struct plan {
    const char *name;
    bool spans;
    enum plan_demand demand;
    const char *filters; /* as on the wire */
    int sort_field;      /* 0: the default order */
    const char *sort_key;
    bool by_id, has_before, has_range, has_trace;
};

#define ID "01900000-0000-7000-8000-000000000000"
#define TEST(field, op, value)                                                                     \
    "{\"field\":\"" field "\",\"operator\":\"" op "\",\"value\":\"" value "\"}"
#define ONE(field, op, value) .filters = "[" TEST(field, op, value) "]"
#define SCORE                                                                                      \
    .filters = "[{\"field\":\"feedback_scores\",\"key\":\"a\",\"operator\":\"=\",\"value\":\"1\"}" \
               "]"
#define HOUR                                                                                       \
    .filters = "[" TEST("start_time", ">=", "2026-01-01T00:00:00Z") "," TEST(                      \
        "start_time", "<", "2026-01-01T01:00:00Z") "]"

static const struct plan plans[] = {
    {"traces", false, PLAN_ORDERED, .filters = NULL},
    {"traces below an id (stream)", false, PLAN_ORDERED, .by_id = true, .has_before = true},
    {"spans", true, PLAN_ORDERED, .filters = NULL},
    {"spans below an id (stream)", true, PLAN_ZONED, .by_id = true, .has_before = true},
    {"traces, id =", false, PLAN_SELECTIVE, ONE("id", "=", ID)},
    {"traces, from_time, to_time", false, PLAN_SELECTIVE, .has_range = true},
    {"traces, start_time", false, PLAN_SELECTIVE, HOUR},
    {"traces, thread_id =", false, PLAN_SELECTIVE, ONE("thread_id", "=", "a")},
    {"traces, name =", false, PLAN_SELECTIVE, ONE("name", "=", "a")},
    {"traces, tags =", false, PLAN_SELECTIVE, ONE("tags", "=", "a")},
    {"traces, feedback_scores =", false, PLAN_SELECTIVE, SCORE},
    {"traces, error_type =", false, PLAN_SELECTIVE, ONE("error_type", "=", "a")},
    {"spans, id =", true, PLAN_SELECTIVE, ONE("id", "=", ID)},
    {"spans, trace_id", true, PLAN_SELECTIVE, .has_trace = true},
    {"spans, from_time, to_time", true, PLAN_SELECTIVE, .has_range = true},
    {"spans, start_time", true, PLAN_SELECTIVE, HOUR},
    {"spans, name =", true, PLAN_SELECTIVE, ONE("name", "=", "a")},
    {"spans, tags =", true, PLAN_SELECTIVE, ONE("tags", "=", "a")},
    {"spans, feedback_scores =", true, PLAN_SELECTIVE, SCORE},
    {"traces by duration", false, PLAN_ZONED, .sort_field = ENTITY_DURATION},
    {"traces by start_time", false, PLAN_ZONED, .sort_field = ENTITY_START_TIME},
    {"traces by end_time", false, PLAN_ZONED, .sort_field = ENTITY_END_TIME},
    {"traces by ttft", false, PLAN_ZONED, .sort_field = ENTITY_TTFT},
    {"traces by cost", false, PLAN_ZONED, .sort_field = ENTITY_TOTAL_ESTIMATED_COST},
    {"traces by usage", false, PLAN_ZONED, .sort_field = ENTITY_USAGE, .sort_key = "total_tokens"},
    {"traces by llm_span_count", false, PLAN_ZONED, .sort_field = TRACE_LLM_SPAN_COUNT},
    {"spans by duration", true, PLAN_ZONED, .sort_field = ENTITY_DURATION},
    {"spans by cost", true, PLAN_ZONED, .sort_field = ENTITY_TOTAL_ESTIMATED_COST},
};

static void query_plan_dummy(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count, (void)values;
    sqlite3_result_null(context);
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
    if (plan->demand == PLAN_ORDERED)
        return strncmp(detail, "USE TEMP B-TREE FOR ORDER BY", 28) == 0 ? "sorts all rows" : NULL;
    if (table && strncmp(detail, "SEARCH ", 7) == 0 && !query_plan_is_narrowed(detail))
        return "looks at all rows of the project";
    return NULL;
}

/* The statement as the server makes it. False when the filter of a plan is wrong. */
static bool query_plan_make_sql(const struct plan *plan, struct arena *arena, struct sql *sql)
{
    const struct resource *resource = plan->spans ? &span_resource : &trace_resource;
    struct error error = {.arena = arena};
    struct filter_node *filter = NULL;
    struct entity_query query = {.resource = resource,
                                 .project.key = 1,
                                 .has_from = plan->has_range,
                                 .has_to = plan->has_range,
                                 .has_before = plan->has_before,
                                 .has_trace = plan->has_trace,
                                 .order = plan->sort_field ? ORDER_FIELD
                                          : plan->by_id    ? ORDER_ID
                                                           : ORDER_DEFAULT,
                                 .sort_field = plan->sort_field,
                                 .sort_key = str_of(plan->sort_key ? plan->sort_key : ""),
                                 .limit = 100};
    if (plan->filters && filter_parse_text(arena, resource, str_of(plan->filters), &filter, &error))
        return false;
    query.filter = filter;
    sql_add(sql, "EXPLAIN QUERY PLAN SELECT t.id");
    if (plan->demand == PLAN_SELECTIVE) {
        sql_add_entity_scan(sql, &query);
    } else if (plan->demand == PLAN_ZONED) {
        sql_add(sql, ", ");
        sql_add_sort_value(sql, &query);
        sql_add_entity_range(sql, &query, &query.from, &query.to);
    } else {
        sql_add_entity_source(sql, &query);
        sql_add_entity_order(sql, &query);
    }
    return !sql->failed;
}

/* Here only the names of the server's own functions matter: each that is missing is made up. */
static sqlite3_stmt *query_plan_prepare(sqlite3 *db, const struct sql *sql)
{
    static const char missing[] = "no such function: ";
    sqlite3_stmt *stmt = NULL;
    while (sqlite3_prepare_v2(db, sql->text.p, (int)sql->text.n, &stmt, NULL) != SQLITE_OK) {
        const char *message = sqlite3_errmsg(db);
        char name[64];
        if (strncmp(message, missing, sizeof(missing) - 1) != 0)
            return NULL;
        snprintf(name, sizeof(name), "%s", message + sizeof(missing) - 1);
        if (sqlite3_create_function(db, name, -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                    query_plan_dummy, NULL, NULL) != SQLITE_OK)
            return NULL;
    }
    return stmt;
}

/* Prints the steps; *ret_problem is the first problem or NULL. */
static void query_plan_show(sqlite3_stmt *stmt, const struct plan *plan, const char **ret_problem)
{
    char steps[TEXT_SIZE] = "";
    *ret_problem = NULL;
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(stmt, 3);
        size_t n = strlen(steps);
        if (strncmp(detail, "SEARCH p ", 9) == 0) /* one row in every statement */
            continue;
        snprintf(steps + n, sizeof(steps) - n, "%s%s", n ? "; " : "", detail);
        if (!*ret_problem)
            *ret_problem = query_plan_step_problem(plan, detail);
    }
    printf("%-30s %-6s %s%s%s%s\n", plan->name, *ret_problem ? "FAILED" : "ok", steps,
           *ret_problem ? " (" : "", *ret_problem ? *ret_problem : "", *ret_problem ? ")" : "");
}

static bool query_plan_check_one(sqlite3 *db, const struct plan *plan,
                                 struct query_plan_result *ret)
{
    const char *problem;
    struct arena arena;
    struct sql sql;
    arena_init(&arena, (size_t)1 << 20);
    sql_init(&sql, &arena);
    sqlite3_stmt *stmt =
        query_plan_make_sql(plan, &arena, &sql) ? query_plan_prepare(db, &sql) : NULL;
    if (stmt) {
        query_plan_show(stmt, plan, &problem);
        ret->checked++;
        ret->failed += problem != NULL;
    } else {
        fprintf(stderr, "query: plan of %s: %s\n  %.*s\n", plan->name, sqlite3_errmsg(db),
                (int)sql.text.n, sql.text.n ? sql.text.p : "");
    }
    sqlite3_finalize(stmt);
    sql_done(&sql);
    arena_done(&arena);
    return stmt != NULL;
}

bool query_plan_check(const char *database, struct query_plan_result *ret)
{
    sqlite3 *db = NULL;
    *ret = (struct query_plan_result){0};
    bool ok = sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK;
    if (!ok)
        fprintf(stderr, "query: %s: %s\n", database, sqlite3_errmsg(db));
    for (size_t i = 0; ok && i < COUNT(plans); i++)
        ok = query_plan_check_one(db, &plans[i], ret);
    sqlite3_close(db);
    return ok;
}
