/* The plans that SQLite makes for the statements behind lists. */
#ifndef OCELLI_BENCH_QUERY_PLAN_H
#define OCELLI_BENCH_QUERY_PLAN_H

#include <stdbool.h>
#include <stddef.h>

struct query_plan_result {
    size_t checked; /* that must not look at all rows */
    size_t failed;  /* of these */
};

/* Prints the plan of every statement. False with a line on stderr when one cannot be prepared. */
bool query_plan_check(const char *database, struct query_plan_result *ret);

#endif
