/* The program's options. */
#include "options.h"

#define AT(member) offsetof(struct options, member)
#define KIB 1024LL
#define MIB (1024 * KIB)
#define SECONDS 1000LL

static const char *const workspace_choices[] = {"default", "any", NULL};
static const char *const id_window_choices[] = {"off", "24h", NULL};
static const char *const log_level_choices[] = {"error", "warn", "info", "debug", NULL};

const struct option option_table[] = {
    {"listen", OPTION_TEXT, AT(listen), "127.0.0.1:5173", 0, 0, NULL, "ADDRESS:PORT",
     "Where to listen; port 0 picks a free one."},
    {"data", OPTION_TEXT, AT(data), "./data", 0, 0, NULL, "DIRECTORY",
     "Where the data is kept; made when missing."},
    {"prices", OPTION_TEXT, AT(prices), "", 0, 0, NULL, "FILE",
     "Prices of models that are added to the built-in ones and win over them."},
    {"workspaces", OPTION_CHOICE, AT(workspaces), "default", 0, 0, workspace_choices, "WHICH",
     "default: only the workspace default exists; any: each name that a client sends is a "
     "workspace of its own."},
    {"id-window", OPTION_CHOICE, AT(id_window), "off", 0, 0, id_window_choices, "WINDOW",
     "24h refuses ids whose time is further from now than that."},
    {"body-limit", OPTION_SIZE, AT(body_limit), "256MiB", KIB, 1024 * MIB, NULL, "SIZE",
     "Largest request body after decompression."},
    {"memory-limit", OPTION_SIZE, AT(memory_limit), "1GiB", MIB, 16384 * MIB, NULL, "SIZE",
     "Most memory that one request may take beside its body."},
    {"head-limit", OPTION_SIZE, AT(head_limit), "16KiB", KIB, 48 * KIB, NULL, "SIZE",
     "Largest request line with headers."},
    {"connections", OPTION_INT, AT(connections), "1000", 1, 100000, NULL, "COUNT",
     "Most connections at the same time."},
    {"idle-timeout", OPTION_DURATION, AT(idle_timeout), "60s", SECONDS, 3600 * SECONDS, NULL,
     "TIME", "A connection without traffic is closed after this."},
    {"head-timeout", OPTION_DURATION, AT(head_timeout), "20s", SECONDS, 3600 * SECONDS, NULL,
     "TIME", "A request head must be complete within this."},
    {"network-threads", OPTION_INT, AT(network_threads), "2", 1, 64, NULL, "COUNT",
     "Threads that read and write connections."},
    {"workers", OPTION_INT, AT(workers), "4", 1, 256, NULL, "COUNT",
     "Threads that read from the store and prepare large writes."},
    {"scan-threads", OPTION_INT, AT(scan_threads), "1", 0, 64, NULL, "COUNT",
     "Threads that help with queries over many rows."},
    {"write-queue", OPTION_INT, AT(write_queue), "4096", 1, 1000000, NULL, "COUNT",
     "Writes that may wait for the disk; beyond that clients are told to come back."},
    {"event-streams", OPTION_INT, AT(event_streams), "64", 0, 10000, NULL, "COUNT",
     "Clients that may follow projects at the same time."},
    {"query-timeout", OPTION_DURATION, AT(query_timeout), "60s", 100, 3600 * SECONDS, NULL, "TIME",
     "A query that takes longer is ended."},
    {"search-index-rest", OPTION_DURATION, AT(search_index_rest), "60s", 100, 24 * 3600 * SECONDS,
     NULL, "TIME", "Rows that have not changed for so long are put into the search index."},
    {"thread-timeout", OPTION_DURATION, AT(thread_timeout), "15m", SECONDS, 168 * 3600 * SECONDS,
     NULL, "TIME",
     "A thread of traces without a new one for so long becomes inactive, unless its workspace sets "
     "another time."},
    {"thread-check", OPTION_DURATION, AT(thread_check), "15s", 100, 3600 * SECONDS, NULL, "TIME",
     "How often the server looks for such threads."},
    {"environments-max", OPTION_INT, AT(environments_max), "100", 1, 1000000, NULL, "COUNT",
     "Most environments in a workspace; further names in traces add none."},
    {"otel-trace-ttl", OPTION_DURATION, AT(otel_trace_ttl), "3h", 100, 168 * 3600 * SECONDS, NULL,
     "TIME",
     "Spans of an OpenTelemetry trace join it while the last one was received no longer ago."},
    {"log-level", OPTION_CHOICE, AT(log_level), "info", 0, 0, log_level_choices, "LEVEL",
     "debug logs each request."},
};

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);
