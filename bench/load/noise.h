/* The noise of the machine: how late a sleeper wakes, and what is taken from a thread that works.
 */
#ifndef BENCH_LOAD_NOISE_H
#define BENCH_LOAD_NOISE_H

#include "histogram/histogram.h"

#define NOISE_SLEEP_NS ((uint64_t)100000)    /**< of each sleep */
#define NOISE_GAP_NS   ((uint64_t)10000)     /**< between two looks at the clock: it was taken */
#define NOISE_PART_NS  ((uint64_t)300000000) /**< of sleeping, and of working */

struct noise {
    struct histogram *late; /**< ns */
    double stolen;          /**< share of the time */
};

/** Takes twice NOISE_PART_NS, on the calling thread. 0, or -1 without memory. */
int noise_measure(struct noise *noise);
void noise_fini(struct noise *noise);

#endif
