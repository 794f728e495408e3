/*
 * Microbenchmarks: a step is run until a round takes 20 ms, then for ten rounds; printed is the
 * median of ns an operation, one line `name  ns`. Under callgrind a step is run MICRO_COUNTED times
 * and what was counted is dumped under its name; the line then says over how many operations.
 */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include <stdint.h>

#define MICRO_COUNTED 20

/** `step` does `operations` of what `name` says. */
void micro_run(const char *name, uint64_t operations, void (*step)(void *arg), void *arg);

/** Keeps the compiler from leaving out what computes `value`. */
static inline void micro_keep(uint64_t value) {
    __asm__ volatile("" : : "r"(value) : "memory");
}

#endif
