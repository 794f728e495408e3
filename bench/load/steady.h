/* Is a run steady: do throughput and p99 of its last seconds no longer drift? Pure. */
#ifndef BENCH_LOAD_STEADY_H
#define BENCH_LOAD_STEADY_H

#include <stdbool.h>
#include <stdint.h>

#include "load/series.h"

#define STEADY_SECONDS 10   /**< that are looked at: two halves */
#define STEADY_DRIFT   0.05 /**< between the means of the halves */

struct steady {
    uint32_t seen; /**< rows at the last look */
};

bool steady_reached(struct steady *steady, const struct series *series);
/** The decision on values of seconds, the oldest first: `count` of each, an even number. */
bool steady_values(const double *values, uint32_t count, double drift);

#endif
