/*
 * High dynamic range histograms of whole numbers, in the layout of HdrHistogram (its V2 encoding is
 * written and read): `digits` significant decimal digits over the whole range from 1 to `highest`.
 * Recording is a few instructions and never allocates. One thread.
 */
#ifndef BENCH_HISTOGRAM_HISTOGRAM_H
#define BENCH_HISTOGRAM_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_DIGITS  3                         /**< standard: values are right to 0.1 % */
#define HISTOGRAM_HIGHEST ((uint64_t)3600000000000) /**< standard: an hour in ns */

struct histogram;

/** NULL without memory, or if `digits` is not from 1 to 5 or `highest` not from 2 to INT64_MAX. */
struct histogram *histogram_new(uint64_t highest, unsigned digits);
void histogram_free(struct histogram *histogram);
void histogram_clear(struct histogram *histogram);

/** Adds `count` times `value`; above `highest` it counts as `highest`, 0 as itself. */
void histogram_record(struct histogram *histogram, uint64_t value, uint64_t count);
/** Adds all of `from`; both must have the same digits. False, and nothing is added, if they do not
 * or the count would be above INT64_MAX. */
bool histogram_add(struct histogram *histogram, const struct histogram *from);
/** Says what the exact lowest and highest value were, which files do not hold. False, and nothing
 * is changed, if they are not in the same buckets as those known. */
bool histogram_narrow(struct histogram *histogram, uint64_t min, uint64_t max);

uint64_t histogram_count(const struct histogram *histogram);
uint64_t histogram_min(const struct histogram *histogram);
uint64_t histogram_max(const struct histogram *histogram); /**< exact, both; 0 without values */
/** These two from the middles of buckets, as HdrHistogram does. */
double histogram_mean(const struct histogram *histogram);
double histogram_deviation(const struct histogram *histogram);
/** The least value that `percent` (0 to 100) of all do not exceed, as HdrHistogram rounds it (the
 * highest of its bucket), never above histogram_max; histogram_min for 0 %; 0 without values. */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);
/** How many values are at most `value` (to the precision of the buckets). */
uint64_t histogram_count_up_to(const struct histogram *histogram, uint64_t value);

/** Walks buckets with values in rising order: begin with *at = 0; false at the end. */
bool histogram_next(const struct histogram *histogram, size_t *at, uint64_t *lowest,
                    uint64_t *highest, uint64_t *count);

#endif
