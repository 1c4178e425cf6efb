/* The program's options: one table, see base/config.h. */
#ifndef OCELLI_OPTIONS_H
#define OCELLI_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/config.h"

enum { WORKSPACES_DEFAULT, WORKSPACES_ANY };
enum { ID_WINDOW_OFF, ID_WINDOW_24H };

struct options {
    const char *listen;
    const char *data;
    const char *prices;   /* path of a file; empty: none */
    int workspaces;       /* WORKSPACES_ */
    int id_window;        /* ID_WINDOW_ */
    int64_t body_limit;   /* bytes, inflated */
    int64_t memory_limit; /* bytes of one request beyond its body */
    int64_t head_limit;   /* bytes */
    int64_t connections;
    int64_t idle_timeout; /* ms */
    int64_t head_timeout; /* ms */
    int64_t network_threads;
    int64_t workers;
    int64_t scan_threads;
    int64_t write_queue; /* changes */
    int64_t event_streams;
    int64_t query_timeout;     /* ms */
    int64_t search_index_rest; /* ms */
    int64_t thread_timeout;    /* ms */
    int64_t thread_check;      /* ms */
    int64_t environments_max;  /* of a workspace */
    int64_t otel_trace_ttl;    /* ms */
    int log_level;             /* enum log_level */
};

extern const struct option option_table[];
extern const size_t option_count;

#endif
