/*
 * A histogram as the percentile distribution that HdrHistogram prints (`.hgrm`) and that its
 * plotters read: five rows for each halving of the distance to 100 %. One thread.
 */
#ifndef BENCH_HISTOGRAM_HGRM_H
#define BENCH_HISTOGRAM_HGRM_H

#include <stdio.h>

#include "histogram/histogram.h"

/** Prints it with values divided by `scale` (1000: ns as us). 0, or -1 with errno. */
int hgrm_write(const struct histogram *histogram, double scale, FILE *out);

#endif
