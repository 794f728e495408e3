/*
 * What this machine does without the server: its noise, and the bare loop of send() over as many
 * connections with messages of the same size at the same times, measured by the same code.
 */
#ifndef BENCH_LOAD_FLOOR_H
#define BENCH_LOAD_FLOOR_H

#include <jansson.h>

#include "load/config.h"
#include "load/load.h"
#include "load/noise.h"
#include "load/plan.h"

#define FLOOR_BARE_S     1.0 /**< how long the bare loop is measured */
#define FLOOR_BARE_MAX_S 5.0 /**< if bursts are rarer: three of them, at most so long */

struct floor {
    struct noise noise;
    bool bare; /**< it was measured */
    double cpu_ns_per_delivery, deliveries_per_s;
    struct histogram *latency, *skew;
};

/** 0, or -1 with a sentence in `error` (LOAD_ERROR_BYTES); free it in both cases. */
int floor_measure(struct floor *floor, const struct load_config *config, const struct plan *plan,
                  const struct load_watch *watch, char *error);
void floor_fini(struct floor *floor);

/** As the schema of results has it, and its histograms into `histograms`. NULL without memory. */
json_t *floor_json(const struct floor *floor, json_t *histograms);

#endif
