/* Servers under measurement; see process.h. */
#include "process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define START_LIMIT_MS 15000
#define STOP_LIMIT_MS 30000
#define STEP_MS 10

static int process_find_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0), port = -1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &size) == 0)
        port = ntohs(address.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

/* In the child: never returns. */
static void process_become_server(const char *binary, const char *dir, int port, int log)
{
    char listen[32];
    snprintf(listen, sizeof(listen), "127.0.0.1:%d", port);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execl(binary, binary, "serve", "--listen", listen, "--data", dir, (char *)NULL);
    perror(binary);
    _exit(127);
}

static bool process_wait_ready(struct process *process)
{
    for (int waited = 0; waited < START_LIMIT_MS; waited += STEP_MS) {
        int fd = client_connect(process->port);
        if (fd >= 0) {
            close(fd);
            return true;
        }
        if (waitpid(process->pid, NULL, WNOHANG) != 0) {
            process->pid = 0;
            return false;
        }
        usleep(STEP_MS * 1000);
    }
    return false;
}

static void process_show_log(const char *path)
{
    char line[512];
    FILE *log = fopen(path, "r");
    while (log && fgets(line, sizeof(line), log))
        fprintf(stderr, "  | %s", line);
    if (log)
        fclose(log);
}

bool process_start(struct process *process, const char *binary, const char *dir)
{
    char log_path[512];
    snprintf(log_path, sizeof(log_path), "%s/server.log", dir);
    int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    *process = (struct process){.port = process_find_port()};
    if (log < 0 || process->port < 0) {
        perror("bench: cannot start a server");
        return false;
    }
    fflush(stdout);
    process->pid = fork();
    if (process->pid == 0)
        process_become_server(binary, dir, process->port, log);
    close(log);
    if (process->pid > 0 && process_wait_ready(process))
        return true;
    fprintf(stderr, "bench: %s does not accept connections; it wrote:\n", binary);
    process_show_log(log_path);
    process_stop(process);
    return false;
}

static double process_cpu_seconds(pid_t pid)
{
    clockid_t clock;
    struct timespec used = {0};
    if (clock_getcpuclockid(pid, &clock) == 0)
        clock_gettime(clock, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

struct process_usage process_usage_get(const struct process *process)
{
    struct process_usage usage = {.cpu_seconds = process_cpu_seconds(process->pid)};
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/%d/status", (int)process->pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file)) {
        sscanf(line, "VmRSS: %ld", &usage.rss_kb);
        sscanf(line, "VmHWM: %ld", &usage.peak_rss_kb);
    }
    if (file)
        fclose(file);
    return usage;
}

void process_reset_peak(const struct process *process)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)process->pid);
    FILE *file = fopen(path, "w");
    if (file) {
        fputs("5", file);
        fclose(file);
    }
}

bool process_stop(struct process *process)
{
    int status = 0;
    if (process->pid <= 0)
        return false;
    kill(process->pid, SIGTERM);
    for (int waited = 0; waited < STOP_LIMIT_MS; waited += STEP_MS) {
        if (waitpid(process->pid, &status, WNOHANG) == process->pid) {
            process->pid = 0;
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        }
        usleep(STEP_MS * 1000);
    }
    fprintf(stderr, "bench: server %d did not stop on SIGTERM\n", (int)process->pid);
    kill(process->pid, SIGKILL);
    waitpid(process->pid, &status, 0);
    process->pid = 0;
    return false;
}
