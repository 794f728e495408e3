/*
 * The layout of HdrHistogram with 1 as its lowest value, for the files of this folder. Bucket 0
 * holds the values below 2^sub_bits one by one; bucket k the upper half of those below 2^(sub_bits
 * + k), in steps of 2^k. All lie one after the other in `counts`.
 */
#ifndef BENCH_HISTOGRAM_LAYOUT_H
#define BENCH_HISTOGRAM_LAYOUT_H

#include "histogram/histogram.h"

#define HISTOGRAM_DIGITS_MAX                                                                       \
    5 /* 50 MiB with the highest of all values; HdrHistogram's limit too                           \
       */

struct histogram {
    uint64_t highest; /* that can be told apart */
    unsigned digits;
    unsigned sub_bits; /* of the values of bucket 0 */
    unsigned buckets;
    size_t slots; /* of `counts` */
    uint64_t total;
    uint64_t min, max; /* of the values recorded; UINT64_MAX and 0 without */
    uint64_t counts[];
};

static inline unsigned layout_bucket(unsigned sub_bits, uint64_t value) {
    uint64_t bucket_0 = ((uint64_t)1 << sub_bits) - 1;
    return 64U - (unsigned)__builtin_clzll(value | bucket_0) - sub_bits;
}

/* The slot of a value; it may be beyond the last one. */
static inline size_t layout_slot(unsigned sub_bits, uint64_t value) {
    unsigned bucket = layout_bucket(sub_bits, value);
    return ((size_t)bucket << (sub_bits - 1)) + (size_t)(value >> bucket);
}

static inline uint64_t layout_lowest(unsigned sub_bits, size_t slot, uint64_t *highest) {
    size_t half = (size_t)1 << (sub_bits - 1);
    unsigned bucket = slot < 2 * half ? 0 : (unsigned)(slot / half) - 1;
    uint64_t lowest = (uint64_t)(slot - bucket * half) << bucket;
    *highest = lowest + ((uint64_t)1 << bucket) - 1;
    return lowest;
}

#endif
