/* The sums of a run over all its connections, made when its threads have ended. */
#ifndef BENCH_LOAD_TOTALS_H
#define BENCH_LOAD_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include "load/engine.h"

#define TOTALS_SHOWN 1000 /**< readers whose rank and mean are told */
#define TOTALS_WORST 20

struct totals_reader {
    uint32_t connection;
    uint64_t expected, received, lost, duplicated, reordered;
    double rank;    /**< mean, 0 always first, 1 always last; below 0: unknown */
    double late;    /**< in standard errors from 0.5 */
    double band;    /**< six standard errors of the mean rank */
    double mean_us; /**< latency; below 0: unknown */
};

struct totals {
    struct totals_reader *readers; /**< accounted ones */
    uint32_t count;
    uint64_t expected, received, lost, duplicated, reordered, excused, stray;
    uint64_t closed, evicted, deliveries; /**< deliveries: also to throttled and frozen readers */
    uint64_t published, unsent;
    uint64_t last_ns; /**< when the last delivery came, 0 if none did */
    double duration_s;
    double behind_s; /**< from the end to the last delivery, 0 if that came before */
    double silent_s; /**< from the last delivery to the end, 0 if that came after */
    double busy;     /**< share of the busiest thread */
    uint32_t outliers, always_late;
    struct histogram *histograms[WORKER_HISTOGRAMS];
};

/** 0, or -1 without memory; free it in both cases. */
int totals_make(struct totals *totals, const struct engine *engine);
/** Deliveries a second until the last one came. */
double totals_deliveries_per_s(const struct totals *totals);
void totals_fini(struct totals *totals);

#endif
