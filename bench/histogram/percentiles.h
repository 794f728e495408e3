/* What results tell of a histogram. One thread. */
#ifndef BENCH_HISTOGRAM_PERCENTILES_H
#define BENCH_HISTOGRAM_PERCENTILES_H

#include <jansson.h>

#include "histogram/histogram.h"

/** A histogram in ns as the `percentiles` of schema.json, in us: p50, p75, p90, p99, p99.9, p99.99,
 * max, min, mean and count. JSON's null for an empty one; NULL without memory. The caller owns it.
 */
json_t *percentiles_to_json(const struct histogram *histogram);

#endif
