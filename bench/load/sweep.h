/*
 * Looks for the highest value (rate or connections) with which a run is still good: doubles until
 * one is bad, bisects, and then repeats both edges, since a run is good or bad by chance there.
 * Pure: the runs are somebody else's.
 *
 *     sweep_init(&sweep, from, to);
 *     while (sweep_next(&sweep, &value)) sweep_take(&sweep, run_is_good(value));
 */
#ifndef BENCH_LOAD_SWEEP_H
#define BENCH_LOAD_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#define SWEEP_STEPS_MAX 40
#define SWEEP_WIDTH     1.05 /**< bad / good: near enough */
#define SWEEP_REPEATS   3    /**< runs of each edge */

struct sweep_value {
    double value;
    uint32_t good, bad; /**< runs */
};

struct sweep {
    double from, to;
    struct sweep_value values[SWEEP_STEPS_MAX]; /**< each once, in the order of their first runs */
    uint32_t count, steps;
    uint32_t now; /**< the value of the run under way */
};

void sweep_init(struct sweep *sweep, double from, double to);
/** False: it is over. */
bool sweep_next(struct sweep *sweep, double *value);
void sweep_take(struct sweep *sweep, bool good);

/** The highest value that was good in most of its runs; below 0: none was. */
double sweep_best(const struct sweep *sweep);
/** The highest value up to which no run was bad, and the least from which on none was good; below
 * 0: not known. */
double sweep_low(const struct sweep *sweep);
double sweep_high(const struct sweep *sweep);

#endif
