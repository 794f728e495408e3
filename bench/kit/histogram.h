/* Latencies in buckets 1.6 % wide: 64 linear steps in each power of two. One thread. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS   64
#define HISTOGRAM_BUCKETS (HISTOGRAM_STEPS * 40)

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total, highest;
};

void histogram_clear(struct histogram *histogram);
void histogram_add(struct histogram *histogram, uint64_t value);
/** The value that `share` (0 to 1) of all values do not exceed; 0 without values. */
uint64_t histogram_at(const struct histogram *histogram, double share);

#endif
