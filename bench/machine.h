/* What the whole machine was doing during a measurement: a figure taken while other programs used
 * the processors or the disk says little, so every benchmark prints how busy the others were. */
#ifndef OCELLI_BENCH_MACHINE_H
#define OCELLI_BENCH_MACHINE_H

/* Processor seconds spent by everything since the machine started (stolen time included). */
double machine_busy_seconds(void);

/* A line on stdout: processors, their model, load average, kernel. */
void machine_print(void);

#endif
