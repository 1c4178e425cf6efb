/* Servers under measurement: started on a free port of 127.0.0.1, watched through /proc, stopped by
 * their process id. */
#ifndef OCELLI_BENCH_PROCESS_H
#define OCELLI_BENCH_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct process {
    pid_t pid;
    int port;
};

struct process_usage {
    long rss_kb;
    long peak_rss_kb;
    double cpu_seconds;
};

/* Starts `<binary> serve --listen 127.0.0.1:PORT --data DIR` with its output going to
 * DIR/server.log, and waits until it accepts connections. The server ends with its parent. False
 * with lines on stderr when it does not come up. */
bool process_start(struct process *process, const char *binary, const char *dir);

/* What it has used so far. */
struct process_usage process_usage_get(const struct process *process);

/* Lets peak_rss_kb begin anew at what is resident now. */
void process_reset_peak(const struct process *process);

/* SIGTERM, waits up to 30 s, then SIGKILL. False unless it ended by itself with status 0. */
bool process_stop(struct process *process);

#endif
