#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "histogram/histogram.h"

static struct histogram *standard(void) {
    struct histogram *histogram = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    cr_assert(histogram != NULL);
    return histogram;
}

static struct histogram *of_1_to(uint64_t last) {
    struct histogram *histogram = standard();
    for (uint64_t value = 1; value <= last; value++) histogram_record(histogram, value, 1);
    return histogram;
}

Test(histogram, what_cannot_be_made_is_null) {
    cr_assert(histogram_new(1, 3) == NULL);
    cr_assert(histogram_new((uint64_t)INT64_MAX + 1, 3) == NULL);
    cr_assert(histogram_new(1000, 0) == NULL);
    cr_assert(histogram_new(1000, 6) == NULL);
}

Test(histogram, without_values_all_is_0) {
    struct histogram *histogram = standard();
    size_t at = 0;
    uint64_t lowest, highest, count;
    cr_assert(eq(u64, histogram_count(histogram), 0));
    cr_assert(eq(u64, histogram_min(histogram), 0));
    cr_assert(eq(u64, histogram_max(histogram), 0));
    cr_assert(eq(u64, histogram_percentile(histogram, 99), 0));
    cr_assert(eq(dbl, histogram_mean(histogram), 0));
    cr_assert(eq(dbl, histogram_deviation(histogram), 0));
    cr_assert(eq(u64, histogram_count_up_to(histogram, 1000), 0));
    cr_assert(not(histogram_next(histogram, &at, &lowest, &highest, &count)));
    histogram_free(histogram);
}

/* Up to 2047 each value has its bucket; from 4096 they are 4 wide, from 8192 they are 8 wide. */
Test(histogram, a_percentile_is_the_highest_of_its_bucket) {
    struct histogram *histogram = of_1_to(10000);
    cr_assert(eq(u64, histogram_percentile(histogram, 0), 1));
    cr_assert(eq(u64, histogram_percentile(histogram, 0.001), 1));
    cr_assert(eq(u64, histogram_percentile(histogram, 0.02), 2));
    cr_assert(eq(u64, histogram_percentile(histogram, 20), 2000));
    cr_assert(eq(u64, histogram_percentile(histogram, 50), 5003));
    cr_assert(eq(u64, histogram_percentile(histogram, 99), 9903));
    cr_assert(eq(u64, histogram_percentile(histogram, 100), 10000));
    cr_assert(eq(u64, histogram_percentile(histogram, 200), 10000));
    cr_assert(eq(u64, histogram_percentile(histogram, -1), 1));
    histogram_free(histogram);
}

Test(histogram, a_share_that_no_double_holds_does_not_take_one_value_more) {
    for (uint64_t last = 100; last <= 2000; last += 100) {
        struct histogram *histogram = of_1_to(last);
        for (uint64_t percent = 1; percent <= 100; percent++)
            cr_assert(
                eq(u64, histogram_percentile(histogram, (double)percent), percent * last / 100));
        if (last % 1000 == 0)
            cr_assert(eq(u64, histogram_percentile(histogram, 99.9), last / 1000 * 999));
        histogram_free(histogram);
    }
}

Test(histogram, the_percentile_between_two_values_is_the_higher_one) {
    struct histogram *histogram = standard();
    histogram_record(histogram, 10, 50);
    histogram_record(histogram, 20, 50);
    cr_assert(eq(u64, histogram_percentile(histogram, 50), 10));
    cr_assert(eq(u64, histogram_percentile(histogram, 50.0001), 20));
    histogram_free(histogram);
}

Test(histogram, edges_keep_their_digits) {
    for (unsigned digits = 1; digits <= 5; digits++) {
        struct histogram *histogram = histogram_new(INT64_MAX, digits);
        double width = pow(10, -(double)digits);
        for (unsigned bit = 0; bit < 63; bit++) {
            for (uint64_t off = 0; off < 3; off++) {
                uint64_t value = ((uint64_t)1 << bit) - 1 + off;
                size_t at = 0;
                uint64_t lowest, highest, count;
                histogram_clear(histogram);
                histogram_record(histogram, value, 1);
                cr_assert(histogram_next(histogram, &at, &lowest, &highest, &count));
                cr_assert(lowest <= value);
                cr_assert(highest >= value);
                cr_assert(le(dbl, (double)(highest - lowest), width * (double)value));
                cr_assert(eq(u64, histogram_percentile(histogram, 50), value));
                cr_assert(not(histogram_next(histogram, &at, &lowest, &highest, &count)));
            }
        }
        histogram_free(histogram);
    }
}

Test(histogram, buckets_follow_each_other_without_hole_or_overlap) {
    struct histogram *histogram = histogram_new(100000, 1);
    for (uint64_t value = 0; value <= 100000; value++) histogram_record(histogram, value, 1);
    size_t at = 0;
    uint64_t lowest, highest, count, expected = 0, sum = 0;
    while (histogram_next(histogram, &at, &lowest, &highest, &count)) {
        cr_assert(eq(u64, lowest, expected));
        expected = highest + 1;
        cr_assert(eq(u64, count, highest > 100000 ? 100001 - lowest : highest - lowest + 1));
        sum += count;
        cr_assert(eq(u64, histogram_count_up_to(histogram, lowest), sum));
        cr_assert(eq(u64, histogram_count_up_to(histogram, highest), sum));
    }
    cr_assert(gt(u64, expected, 100000));
    cr_assert(eq(u64, sum, 100001));
    histogram_free(histogram);
}

Test(histogram, what_is_too_high_counts_as_the_highest) {
    struct histogram *histogram = histogram_new(5000, 3);
    histogram_record(histogram, 5001, 1);
    histogram_record(histogram, UINT64_MAX, 2);
    histogram_record(histogram, 0, 1);
    cr_assert(eq(u64, histogram_max(histogram), 5000));
    cr_assert(eq(u64, histogram_min(histogram), 0));
    cr_assert(eq(u64, histogram_percentile(histogram, 99), 5000));
    cr_assert(eq(u64, histogram_count(histogram), 4));
    histogram_free(histogram);
}

Test(histogram, nothing_recorded_no_times_changes_nothing) {
    struct histogram *histogram = standard();
    histogram_record(histogram, 77, 0);
    cr_assert(eq(u64, histogram_count(histogram), 0));
    cr_assert(eq(u64, histogram_max(histogram), 0));
    histogram_free(histogram);
}

/* Below 2048 the middle of a bucket is the value: 1 to 9 have mean 5 and deviation sqrt(60 / 9). */
Test(histogram, mean_and_deviation_are_of_all_values) {
    struct histogram *histogram = of_1_to(9);
    cr_assert(epsilon_eq(dbl, histogram_mean(histogram), 5, 1e-12));
    cr_assert(epsilon_eq(dbl, histogram_deviation(histogram), sqrt(60.0 / 9), 1e-12));
    histogram_clear(histogram);
    histogram_record(histogram, 4097, 3); /* of 4096 to 4099 the middle is 4098 */
    cr_assert(epsilon_eq(dbl, histogram_mean(histogram), 4098, 1e-9));
    cr_assert(eq(dbl, histogram_deviation(histogram), 0));
    histogram_free(histogram);
}

Test(histogram, the_sum_of_two_is_as_if_recorded_in_one) {
    struct histogram *both = standard(), *one = standard(), *other = standard();
    uint64_t value = 1;
    for (unsigned i = 0; i < 2000; i++) {
        value = value * 6364136223846793005U + 1442695040888963407U;
        uint64_t latency = value >> (24 + i % 40);
        histogram_record(i % 3 ? one : other, latency, i % 7);
        histogram_record(both, latency, i % 7);
    }
    cr_assert(histogram_add(one, other));
    cr_assert(eq(u64, histogram_count(one), histogram_count(both)));
    cr_assert(eq(u64, histogram_min(one), histogram_min(both)));
    cr_assert(eq(u64, histogram_max(one), histogram_max(both)));
    for (double percent = 0; percent <= 100; percent += 0.25)
        cr_assert(eq(u64, histogram_percentile(one, percent), histogram_percentile(both, percent)));
    histogram_free(both);
    histogram_free(one);
    histogram_free(other);
}

Test(histogram, a_sum_of_different_digits_or_too_much_is_refused) {
    struct histogram *three = standard(), *two = histogram_new(HISTOGRAM_HIGHEST, 2);
    histogram_record(two, 5, 1);
    cr_assert(not(histogram_add(three, two)));
    cr_assert(eq(u64, histogram_count(three), 0));
    struct histogram *full = standard();
    histogram_record(full, 5, INT64_MAX);
    histogram_record(three, 6, 1);
    cr_assert(not(histogram_add(three, full)));
    cr_assert(eq(u64, histogram_count(three), 1));
    cr_assert(eq(u64, histogram_max(three), 6));
    histogram_free(three);
    histogram_free(two);
    histogram_free(full);
}

Test(histogram, what_a_shorter_one_cannot_hold_counts_as_its_highest) {
    struct histogram *low = histogram_new(5000, 3), *high = standard();
    histogram_record(high, 10, 1);
    histogram_record(high, 5001, 1);
    histogram_record(high, 1000000, 3);
    cr_assert(histogram_add(low, high));
    cr_assert(eq(u64, histogram_count(low), 5));
    cr_assert(eq(u64, histogram_max(low), 5000));
    cr_assert(eq(u64, histogram_count_up_to(low, 4999), 1));
    cr_assert(eq(u64, histogram_percentile(low, 100), 5000));
    histogram_free(low);
    histogram_free(high);
}

Test(histogram, exact_ends_can_be_told_only_inside_their_buckets) {
    struct histogram *histogram = standard();
    cr_assert(not(histogram_narrow(histogram, 0, 0)));
    histogram_record(histogram, 4096, 1);
    histogram_record(histogram, 1000000, 1);
    cr_assert(histogram_narrow(histogram, 4099, 1000001));
    cr_assert(eq(u64, histogram_min(histogram), 4099));
    cr_assert(eq(u64, histogram_max(histogram), 1000001));
    cr_assert(not(histogram_narrow(histogram, 4100, 1000001)));
    cr_assert(not(histogram_narrow(histogram, 4099, 1100000)));
    cr_assert(not(histogram_narrow(histogram, 1000001, 4099)));
    cr_assert(eq(u64, histogram_min(histogram), 4099));
    histogram_free(histogram);
}
