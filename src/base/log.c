/* The log: builds a line on the stack and writes it in one piece. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_MAX_SIZE 2000

static _Atomic int threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

enum log_level log_get_level(void)
{
    return (enum log_level)atomic_load_explicit(&threshold, memory_order_relaxed);
}

/* "2024-01-01T00:00:00.123Z": always three digits, so that the columns line up. */
static size_t format_time(char out[INSTANT_TEXT_MAX])
{
    int64_t ms = clock_now_us() / CLOCK_US_PER_MS;
    size_t n = instant_format_us(ms / 1000 * CLOCK_US_PER_S, out) - 1;
    return n + (size_t)snprintf(out + n, INSTANT_TEXT_MAX - n, ".%03dZ", (int)(ms % 1000));
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    if (level > log_get_level())
        return;
    char time[INSTANT_TEXT_MAX];
    format_time(time);
    char line[LINE_MAX_SIZE + 1];
    size_t room = LINE_MAX_SIZE - 1; /* without the newline */
    int n = snprintf(line, room + 1, "%s %s %s ", time, names[level], event);
    if (n < 0)
        return;
    size_t used = (size_t)n < room ? (size_t)n : room;
    va_list args;
    va_start(args, format);
    n = vsnprintf(line + used, room + 1 - used, format, args);
    va_end(args);
    if (n > 0)
        used = (size_t)n < room - used ? used + (size_t)n : room;
    for (size_t i = 0; i < used; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7F)
            line[i] = '?';
    line[used++] = '\n';
    /* Nobody is left to tell when the log itself cannot be written. */
    ssize_t written = write(STDERR_FILENO, line, used);
    (void)written;
}
