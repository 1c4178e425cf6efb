/* Bare SQLite; see query_bare.h. */
#include "query_bare.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define RUNS 10
#define SECONDS 4.0

static const struct {
    const char *name, *sql;
} statements[BARE_COUNT] = {
    [BARE_FIRST] = {"first 100 by id, with bodies",
                    "SELECT t.*, b.* FROM trace t LEFT JOIN trace_body b ON b.id = t.body"
                    " WHERE t.project = ?1 ORDER BY t.id DESC LIMIT 100"},
    [BARE_DEEP] = {"100 by id from the deep page on",
                   "SELECT t.*, b.* FROM trace t LEFT JOIN trace_body b ON b.id = t.body"
                   " WHERE t.project = ?1 AND t.id IN (SELECT id FROM trace WHERE project = ?1"
                   " ORDER BY id DESC LIMIT 100 OFFSET ?2) ORDER BY t.id DESC"},
    [BARE_TEXT] = {"name LIKE over all traces",
                   "SELECT count(*) FROM trace WHERE project = ?1 AND name LIKE '%vers%'"},
    [BARE_SORT] = {"first 100 of all by duration",
                   "SELECT id FROM trace WHERE project = ?1"
                   " ORDER BY end_time - start_time DESC LIMIT 100"},
    [BARE_TRACE_SUMS] = {"sums over all traces",
                         "SELECT count(*), sum(end_time - start_time), sum(heavy & 1), sum(cost),"
                         " sum(span_count), sum(llm_span_count) FROM trace WHERE project = ?1"},
    [BARE_SPAN_SUMS] = {"sums over all spans",
                        "SELECT count(*), sum(end_time - start_time), sum(heavy & 1), sum(cost)"
                        " FROM span WHERE project = ?1"},
    [BARE_TRACE_BODIES] = {"memmem over the traces' bodies",
                           "SELECT 0, sum(look(input, output, metadata)) FROM trace_body"},
    [BARE_SPAN_BODIES] = {"memmem over the spans' bodies",
                          "SELECT 0, sum(look(input, output, metadata)) FROM span_body"},
};

const char *query_bare_name(enum query_bare bare)
{
    return statements[bare].name;
}

/* look(…): the bytes of its arguments, looked through as they are stored. */
static void query_bare_look(sqlite3_context *context, int count, sqlite3_value **values)
{
    static const char absent[] = "zzyzx road";
    sqlite3_int64 bytes = 0;
    for (int i = 0; i < count; i++) {
        const void *p = sqlite3_value_blob(values[i]);
        size_t n = (size_t)sqlite3_value_bytes(values[i]);
        bytes += p && memmem(p, n, absent, sizeof(absent) - 1) ? 0 : (sqlite3_int64)n;
    }
    sqlite3_result_int64(context, bytes);
}

static int query_bare_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One run, every column of every row fetched. */
static bool query_bare_step(sqlite3_stmt *stmt, double *ret_mb)
{
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++)
            sqlite3_column_bytes(stmt, i);
        if (sqlite3_column_count(stmt) == 2) /* look() */
            *ret_mb = (double)sqlite3_column_int64(stmt, 1) / 1e6;
    }
    return sqlite3_reset(stmt) == SQLITE_OK && rc == SQLITE_DONE;
}

static bool query_bare_measure(sqlite3_stmt *stmt, struct query_bare_result *ret)
{
    double times[RUNS];
    size_t n = 0;
    bool ok = query_bare_step(stmt, &ret->stored_mb);
    uint64_t begin = clock_now_ns();
    double cpu = clock_thread_cpu_seconds();
    while (ok && n < RUNS && (n == 0 || (double)(clock_now_ns() - begin) / 1e9 < SECONDS)) {
        uint64_t start = clock_now_ns();
        ok = query_bare_step(stmt, &ret->stored_mb);
        times[n++] = (double)(clock_now_ns() - start) / 1e6;
    }
    qsort(times, n, sizeof(*times), query_bare_compare);
    ret->p50_ms = n ? times[n / 2] : 0;
    ret->cpu_ms = n ? (clock_thread_cpu_seconds() - cpu) * 1e3 / (double)n : 0;
    return ok;
}

static bool query_bare_run_one(sqlite3 *db, const char *sql, sqlite3_int64 project,
                               const struct query_sample *sample, struct query_bare_result *ret)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK;
    if (ok && sqlite3_bind_parameter_count(stmt) >= 1)
        sqlite3_bind_int64(stmt, 1, project);
    if (ok && sqlite3_bind_parameter_count(stmt) >= 2)
        sqlite3_bind_int64(stmt, 2, (sqlite3_int64)(sample->deep_page - 1) * 100);
    ok = ok && query_bare_measure(stmt, ret);
    if (!ok)
        fprintf(stderr, "query: bare SQLite: %s\n  %s\n", sqlite3_errmsg(db), sql);
    sqlite3_finalize(stmt);
    return ok;
}

static sqlite3_int64 query_bare_project(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_int64 project = 0;
    if (sqlite3_prepare_v2(db, "SELECT id FROM project WHERE name = '" WORKLOAD_PROJECT "'", -1,
                           &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        project = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return project;
}

bool query_bare_run(const char *database, const struct query_sample *sample,
                    struct query_bare_result *ret)
{
    sqlite3 *db = NULL;
    bool ok = sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "PRAGMA cache_size=-4096", NULL, NULL, NULL) == SQLITE_OK &&
              sqlite3_create_function(db, "look", -1, SQLITE_UTF8, NULL, query_bare_look, NULL,
                                      NULL) == SQLITE_OK;
    sqlite3_int64 project = ok ? query_bare_project(db) : 0;
    if (!project)
        fprintf(stderr, "query: %s: %s\n", database, sqlite3_errmsg(db));
    for (int i = BARE_NONE + 1; project && ok && i < BARE_COUNT; i++)
        ok = !ret[i].wanted || query_bare_run_one(db, statements[i].sql, project, sample, &ret[i]);
    sqlite3_close(db);
    return project && ok;
}
