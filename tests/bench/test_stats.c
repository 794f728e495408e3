#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

#include "stats/stats.h"

/* 1, 2, 3, ... in an order that is not theirs */
static void mix(double *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = (double)((i * 7919) % count + 1);
}

Test(stats, a_median_is_the_middle_or_the_mean_of_two) {
    cr_assert(eq(dbl, stats_median((double[]){7}, 1), 7));
    cr_assert(eq(dbl, stats_median((double[]){9, 1, 5}, 3), 5));
    cr_assert(eq(dbl, stats_median((double[]){9, 1, 5, 2}, 4), 3.5));
    cr_assert(isnan(stats_median(NULL, 0)) != 0);
}

/* Tables of these are in textbooks: n, k and the confidence of x(k) to x(n+1-k). */
Test(stats, intervals_of_medians_are_those_of_the_binomial_tables) {
    static const struct {
        size_t count, k;
        double confidence;
    } rows[] = {{1, 1, 0},         {2, 1, 0.5},       {5, 1, 0.9375},     {6, 1, 0.96875},
                {8, 1, 0.9921875}, {9, 2, 0.9609375}, {10, 2, 0.9785156}, {15, 4, 0.964844},
                {20, 6, 0.958611}, {25, 8, 0.956715}, {30, 10, 0.957226}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double values[30];
        mix(values, rows[i].count);
        struct stats_interval interval = stats_median_interval(values, rows[i].count, 0.95);
        cr_assert(eq(dbl, interval.low, (double)rows[i].k), "of %zu", rows[i].count);
        cr_assert(eq(dbl, interval.high, (double)(rows[i].count + 1 - rows[i].k)));
        cr_assert(eq(dbl, interval.median, (double)(rows[i].count + 1) / 2));
        cr_assert(epsilon_eq(dbl, interval.confidence, rows[i].confidence, 1e-6));
    }
}

Test(stats, intervals_of_many_values_do_not_underflow) {
    double values[STATS_COUNT_MAX];
    mix(values, STATS_COUNT_MAX);
    struct stats_interval interval = stats_median_interval(values, STATS_COUNT_MAX, 0.95);
    /* normal: 512.5 -+ 1.96 * sqrt(1024) / 2 */
    cr_assert(epsilon_eq(dbl, interval.low, 512.5 - 31.4, 1));
    cr_assert(epsilon_eq(dbl, interval.high, 512.5 + 31.4, 1));
    cr_assert(ge(dbl, interval.confidence, 0.95));
    cr_assert(lt(dbl, interval.confidence, 0.956));
    cr_assert(isnan(stats_median_interval(NULL, 0, 0.95).low) != 0);
}

Test(stats, the_interval_covers_the_median_as_often_as_it_says) {
    enum { COUNT = 10, SAMPLES = 20000 };
    uint64_t state = 1;
    size_t covered = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        double values[COUNT];
        for (size_t j = 0; j < COUNT; j++) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            values[j] = (double)(state >> 11) / (double)((uint64_t)1 << 53);
        }
        struct stats_interval interval = stats_median_interval(values, COUNT, 0.95);
        covered += interval.low <= 0.5 && interval.high >= 0.5;
    }
    /* 0.9785 with a standard error of 0.001; the draws are the same each time */
    cr_assert(epsilon_eq(dbl, (double)covered / SAMPLES, 0.9785, 0.004));
}

/* p by trying all ways to choose which of the values 1 to N are the first sample's. */
static double enumerated_p(unsigned m, unsigned n, double u) {
    double all = 0, beyond = 0, center = m * n / 2.0;
    for (unsigned set = 0; set < 1U << (m + n); set++) {
        if ((unsigned)__builtin_popcount(set) != m) continue;
        unsigned pairs = 0, lower = 0;
        for (unsigned i = 0; i < m + n; i++) {
            if (set & 1U << i)
                pairs += lower;
            else
                lower++;
        }
        all++;
        beyond += fabs(pairs - center) >= fabs(u - center);
    }
    return beyond / all;
}

Test(stats, the_exact_test_counts_what_enumeration_counts) {
    for (unsigned m = 1; m <= 6; m++) {
        for (unsigned n = 1; n <= 7; n++) {
            for (unsigned set = 0; set < 1U << (m + n); set += 5) {
                if ((unsigned)__builtin_popcount(set) != m) continue;
                double sample[2][8];
                size_t count[2] = {0, 0};
                for (unsigned i = 0; i < m + n; i++) {
                    unsigned which = set & 1U << i ? 0 : 1;
                    sample[which][count[which]++] = i;
                }
                struct stats_test test = stats_mann_whitney(sample[0], m, sample[1], n);
                cr_assert(test.exact);
                cr_assert(epsilon_eq(dbl, test.p, enumerated_p(m, n, test.u), 1e-12));
            }
        }
    }
}

Test(stats, the_exact_test_gives_the_values_of_the_tables) {
    const double low[] = {1, 2, 3, 4, 5, 6, 7, 8}, high[] = {11, 12, 13, 14, 15, 16, 17, 18};
    struct stats_test test = stats_mann_whitney(low, 3, high, 3);
    cr_assert(eq(dbl, test.u, 0));
    cr_assert(epsilon_eq(dbl, test.p, 2.0 / 20, 1e-12));
    test = stats_mann_whitney(high, 4, low, 4);
    cr_assert(eq(dbl, test.u, 16));
    cr_assert(epsilon_eq(dbl, test.p, 2.0 / 70, 1e-12));
    /* m = n = 8: the table's critical value at 5 % is U = 13 */
    const double near[] = {1, 2, 3, 4, 5, 12, 13, 14}, far[] = {6, 7, 8, 9, 10, 11, 15, 16};
    test = stats_mann_whitney(near, 8, far, 8);
    cr_assert(eq(dbl, test.u, 18));
    cr_assert(gt(dbl, test.p, 0.05));
    const double nearer[] = {1, 2, 3, 4, 5, 6, 14, 15}, further[] = {7, 8, 9, 10, 11, 12, 13, 16};
    test = stats_mann_whitney(nearer, 8, further, 8);
    cr_assert(eq(dbl, test.u, 14));
    cr_assert(gt(dbl, test.p, 0.05));
    const double nearest[] = {1, 2, 3, 4, 5, 6, 13, 15}, furthest[] = {7, 8, 9, 10, 11, 12, 14, 16};
    test = stats_mann_whitney(nearest, 8, furthest, 8);
    cr_assert(eq(dbl, test.u, 13));
    cr_assert(lt(dbl, test.p, 0.05));
}

Test(stats, the_largest_exact_test_does_not_overflow) {
    double first[32], second[32];
    for (size_t i = 0; i < 32; i++) {
        first[i] = (double)i;
        second[i] = (double)i + 100;
    }
    struct stats_test test = stats_mann_whitney(first, 32, second, 32);
    cr_assert(test.exact);
    cr_assert(epsilon_eq(dbl, test.p * 1832624140942590534.0, 2, 1e-9)); /* C(64, 32) */
    for (size_t i = 0; i < 32; i++) second[i] = (double)i + 0.5;
    test = stats_mann_whitney(first, 32, second, 32); /* U = 496: 16 from the center of 512 */
    cr_assert(eq(dbl, test.u, 496));
    double z = 15.5 / sqrt(32 * 32 * 65 / 12.0);
    cr_assert(epsilon_eq(dbl, test.p, erfc(z / sqrt(2)), 0.002));
}

/* 1 1 2 against 1 2 2: of 9 pairs 1 greater, 4 equal: U = 3. Two ties of three: variance
 * 9/12 * (7 - 48/30) = 4.05, z = (1.5 - 0.5) / 2.0125 = 0.4969, p = 0.6193. */
Test(stats, ties_make_the_test_normal_with_their_correction) {
    struct stats_test test = stats_mann_whitney((double[]){1, 1, 2}, 3, (double[]){1, 2, 2}, 3);
    cr_assert(not(test.exact));
    cr_assert(eq(dbl, test.u, 3));
    cr_assert(epsilon_eq(dbl, test.p, 0.6193, 1e-4));
}

Test(stats, samples_that_say_nothing_give_1) {
    double same[] = {4, 4, 4, 4};
    cr_assert(eq(dbl, stats_mann_whitney(same, 4, same, 4).p, 1));
    cr_assert(eq(dbl, stats_mann_whitney(same, 4, same, 0).p, 1));
    cr_assert(eq(dbl, stats_mann_whitney(NULL, 0, same, 4).p, 1));
    cr_assert(eq(dbl, stats_mann_whitney((double[]){1}, 1, (double[]){2}, 1).p, 1));
}

Test(stats, large_samples_are_taken_whole) {
    static double first[STATS_COUNT_MAX], second[STATS_COUNT_MAX];
    mix(first, STATS_COUNT_MAX);
    for (size_t i = 0; i < STATS_COUNT_MAX; i++) second[i] = first[i] + 0.5;
    struct stats_test test = stats_mann_whitney(first, STATS_COUNT_MAX, second, STATS_COUNT_MAX);
    cr_assert(eq(dbl, test.u, 1024 * 1023 / 2));
    cr_assert(gt(dbl, test.p, 0.9));
    for (size_t i = 0; i < STATS_COUNT_MAX; i++) second[i] = first[i] + 100;
    cr_assert(lt(dbl, stats_mann_whitney(first, 1024, second, 1024).p, 1e-6));
}
