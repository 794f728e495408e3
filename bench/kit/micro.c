#include "kit/micro.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "kit/counting.h"

#define ROUNDS   10
#define ROUND_NS (20 * NS_PER_MS)

static uint64_t run(uint64_t times, void (*step)(void *arg), void *arg) {
    uint64_t start = clock_now_ns();
    for (uint64_t i = 0; i < times; i++) step(arg);
    return clock_now_ns() - start;
}

static int by_value(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

void micro_run(const char *name, uint64_t operations, void (*step)(void *arg), void *arg) {
    step(arg); /* warm */
    if (counting_on()) {
        counting_dump("warm");
        for (int i = 0; i < MICRO_COUNTED; i++) step(arg);
        counting_dump(name);
        printf("counted %llu %s\n", (unsigned long long)(operations * MICRO_COUNTED), name);
        return;
    }
    uint64_t times = 1;
    while (run(times, step, arg) < ROUND_NS) times *= 2;
    double each[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        each[i] = (double)run(times, step, arg) / (double)(times * operations);
    qsort(each, ROUNDS, sizeof *each, by_value);
    printf("%-52s %10.1f ns\n", name, (each[ROUNDS / 2 - 1] + each[ROUNDS / 2]) / 2);
    fflush(stdout);
}
