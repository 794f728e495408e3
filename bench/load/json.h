/* Numbers as results have them. */
#ifndef BENCH_LOAD_JSON_H
#define BENCH_LOAD_JSON_H

#include <jansson.h>

#include "histogram/histogram.h"

/** {"p50": ..., "max": ..., ...} in us of a histogram in ns; null if it is empty. */
json_t *json_percentiles(const struct histogram *histogram);
/** Puts the whole histogram under `name` unless it is empty. */
void json_histogram(json_t *histograms, const char *name, const struct histogram *histogram);
/** null if `value` is below 0. */
json_t *json_known(double value);

#endif
