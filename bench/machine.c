/* What the machine was doing; see machine.h. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

double machine_busy_seconds(void)
{
    /* user nice system idle iowait irq softirq steal */
    unsigned long long t[8] = {0};
    FILE *file = fopen("/proc/stat", "r");
    int n = file ? fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1], &t[2],
                          &t[3], &t[4], &t[5], &t[6], &t[7])
                 : 0;
    if (file)
        fclose(file);
    if (n != 8)
        return 0;
    return (double)(t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) / (double)sysconf(_SC_CLK_TCK);
}

static void machine_processor_model(char *out, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(out, size, "unknown");
    while (file && fgets(line, sizeof(line), file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon) {
            snprintf(out, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    }
    if (file)
        fclose(file);
}

void machine_print(void)
{
    char model[128];
    double load[3] = {0};
    struct utsname kernel;
    machine_processor_model(model, sizeof(model));
    if (getloadavg(load, 3) < 0 || uname(&kernel) != 0)
        return;
    printf("machine: %ld processors (%s), %s %s, load average %.2f\n",
           sysconf(_SC_NPROCESSORS_ONLN), model, kernel.sysname, kernel.release, load[0]);
}
