#include "histogram/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "histogram/layout.h"

/* Single steps up to 2 * 10^digits give that many digits everywhere: the values above it are in the
 * upper half of their bucket. */
static unsigned sub_bits_of(unsigned digits) {
    uint64_t single = 2;
    while (digits--) single *= 10;
    return 64U - (unsigned)__builtin_clzll(single - 1);
}

struct histogram *histogram_new(uint64_t highest, unsigned digits) {
    if (!digits || digits > HISTOGRAM_DIGITS_MAX || highest < 2 || highest > INT64_MAX) return NULL;
    unsigned sub_bits = sub_bits_of(digits);
    unsigned buckets = layout_bucket(sub_bits, highest) + 1;
    size_t slots = (size_t)(buckets + 1) << (sub_bits - 1);
    struct histogram *histogram =
        calloc(1, sizeof *histogram + slots * sizeof histogram->counts[0]);
    if (!histogram) return NULL;
    histogram->highest = highest;
    histogram->digits = digits;
    histogram->sub_bits = sub_bits;
    histogram->buckets = buckets;
    histogram->slots = slots;
    histogram->min = UINT64_MAX;
    return histogram;
}

void histogram_free(struct histogram *histogram) {
    free(histogram);
}

void histogram_clear(struct histogram *histogram) {
    memset(histogram->counts, 0, histogram->slots * sizeof histogram->counts[0]);
    histogram->total = 0;
    histogram->min = UINT64_MAX;
    histogram->max = 0;
}

void histogram_record(struct histogram *histogram, uint64_t value, uint64_t count) {
    if (!count) return;
    if (value > histogram->highest) value = histogram->highest;
    histogram->counts[layout_slot(histogram->sub_bits, value)] += count;
    histogram->total += count;
    if (value < histogram->min) histogram->min = value;
    if (value > histogram->max) histogram->max = value;
}

bool histogram_add(struct histogram *histogram, const struct histogram *from) {
    if (histogram->digits != from->digits || from->total > INT64_MAX - histogram->total)
        return false;
    if (!from->total) return true;
    size_t last = layout_slot(histogram->sub_bits, histogram->highest);
    size_t end = layout_slot(from->sub_bits, from->max) + 1;
    for (size_t slot = layout_slot(from->sub_bits, from->min); slot < end; slot++)
        histogram->counts[slot < last ? slot : last] += from->counts[slot];
    histogram->total += from->total;
    uint64_t min = from->min < histogram->highest ? from->min : histogram->highest;
    uint64_t max = from->max < histogram->highest ? from->max : histogram->highest;
    if (min < histogram->min) histogram->min = min;
    if (max > histogram->max) histogram->max = max;
    return true;
}

bool histogram_narrow(struct histogram *histogram, uint64_t min, uint64_t max) {
    unsigned sub_bits = histogram->sub_bits;
    if (!histogram->total || min > max) return false;
    if (layout_slot(sub_bits, min) != layout_slot(sub_bits, histogram->min)) return false;
    if (layout_slot(sub_bits, max) != layout_slot(sub_bits, histogram->max)) return false;
    histogram->min = min;
    histogram->max = max;
    return true;
}

uint64_t histogram_count(const struct histogram *histogram) {
    return histogram->total;
}

uint64_t histogram_min(const struct histogram *histogram) {
    return histogram->total ? histogram->min : 0;
}

uint64_t histogram_max(const struct histogram *histogram) {
    return histogram->max;
}

/* As HdrHistogram does, from the middles of buckets: so it is the same when read from a file. */
static double middle_of(uint64_t lowest, uint64_t highest) {
    return (double)(lowest + (highest - lowest + 1) / 2);
}

double histogram_mean(const struct histogram *histogram) {
    size_t at = 0;
    uint64_t lowest, highest, count;
    double sum = 0;
    while (histogram_next(histogram, &at, &lowest, &highest, &count))
        sum += middle_of(lowest, highest) * (double)count;
    return histogram->total ? sum / (double)histogram->total : 0;
}

double histogram_deviation(const struct histogram *histogram) {
    size_t at = 0;
    uint64_t lowest, highest, count;
    double mean = histogram_mean(histogram), sum = 0;
    while (histogram_next(histogram, &at, &lowest, &highest, &count)) {
        double off = middle_of(lowest, highest) - mean;
        sum += off * off * (double)count;
    }
    return histogram->total ? sqrt(sum / (double)histogram->total) : 0;
}

/* How many values are below or in the bucket of the percentile. One unit of the last place less
 * first: 99.9 % of 1000 must be 999, though 99.9 as a double is a little more than that. */
static uint64_t count_at(const struct histogram *histogram, double percent) {
    double share = fmin(fmax(nextafter(percent, -INFINITY), 0), 100);
    double count = ceil(share * (double)histogram->total / 100);
    return count < 1 ? 1 : (uint64_t)count;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent) {
    if (!histogram->total || percent <= 0) return histogram_min(histogram);
    size_t at = 0;
    uint64_t wanted = count_at(histogram, percent), seen = 0, lowest, highest, count;
    while (histogram_next(histogram, &at, &lowest, &highest, &count)) {
        seen += count;
        if (seen >= wanted) return highest < histogram->max ? highest : histogram->max;
    }
    return histogram->max;
}

uint64_t histogram_count_up_to(const struct histogram *histogram, uint64_t value) {
    size_t end = layout_slot(histogram->sub_bits, value) + 1;
    if (!histogram->total || value >= histogram->max) return histogram->total;
    uint64_t seen = 0;
    for (size_t slot = layout_slot(histogram->sub_bits, histogram->min); slot < end; slot++)
        seen += histogram->counts[slot];
    return seen;
}

bool histogram_next(const struct histogram *histogram, size_t *at, uint64_t *lowest,
                    uint64_t *highest, uint64_t *count) {
    if (!histogram->total) return false;
    size_t end = layout_slot(histogram->sub_bits, histogram->max) + 1;
    size_t slot = layout_slot(histogram->sub_bits, histogram->min);
    for (slot = *at > slot ? *at : slot; slot < end; slot++) {
        if (!histogram->counts[slot]) continue;
        *at = slot + 1;
        *lowest = layout_lowest(histogram->sub_bits, slot, highest);
        *count = histogram->counts[slot];
        return true;
    }
    return false;
}
