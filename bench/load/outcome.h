/* The document of a run, as bench/result/schema.json says. */
#ifndef BENCH_LOAD_OUTCOME_H
#define BENCH_LOAD_OUTCOME_H

#include <jansson.h>
#include <time.h>

#include "load/engine.h"
#include "load/floor.h"

/** What a sweep decides by. */
struct outcome_figures {
    double p99_us; /**< below 0: unknown */
    uint64_t lost;
    bool valid; /**< not INVALID */
    const char *verdict;
};

/** NULL without memory. `floor` NULL: it was not measured. The settings and the command are left to
 * whoever knows them. */
json_t *outcome_json(const struct engine *engine, const struct floor *floor, time_t started,
                     struct outcome_figures *figures);

#endif
