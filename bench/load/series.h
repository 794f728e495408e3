/*
 * Seconds, and their sum: gathers the figures that workers hand over. A second is over when all
 * workers have handed it over. One thread.
 */
#ifndef BENCH_LOAD_SERIES_H
#define BENCH_LOAD_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram/histogram.h"
#include "load/figures.h"

#define SERIES_MAX  100000 /**< rows: more than a day */
#define SERIES_OPEN 8      /**< seconds for which some worker is missing */

struct series_row {
    uint64_t published, received, lost;
    double p50_us, p99_us, max_us, skew_p99_us; /**< below 0: unknown */
    double cpu_ns;                              /**< of the server; below 0: unknown */
};

struct series_open {
    bool used;
    uint64_t second;
    uint32_t workers;
    uint64_t published, received, lost;
    struct histogram *latency, *skew;
};

struct series {
    uint32_t workers;
    struct series_row *rows;
    uint32_t count, room;
    struct series_open open[SERIES_OPEN];
    struct histogram *latency, *uncorrected, *skew; /**< of all seconds */
    uint64_t published, received;
};

/** 0, or -1 without memory; free it in both cases. */
int series_init(struct series *series, uint32_t workers);
void series_fini(struct series *series);

/** Adds what a worker measured in its second. */
void series_add(struct series *series, const struct figures *figures);
/** Closes the seconds that are still open. */
void series_end(struct series *series);
/** What the server's process used in a second. */
void series_cpu(struct series *series, uint64_t second, double cpu_ns);

#endif
