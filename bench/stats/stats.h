/*
 * The statistics of repeated runs: medians with intervals, and whether two samples differ. All are
 * free of distributions: times of computers are not normal. Pure; samples need not be sorted, and
 * have at most STATS_COUNT_MAX finite values.
 */
#ifndef BENCH_STATS_STATS_H
#define BENCH_STATS_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATS_COUNT_MAX 1024 /**< runs of one server, which last minutes each */
#define STATS_EXACT_MAX 64   /**< values of both samples for which the exact test is made */

struct stats_interval {
    double median, low, high;
    double confidence; /**< that the true median lies from `low` to `high` */
};

/** The median of a sample: the middle value, or the mean of the two middle ones; NAN of none. */
double stats_median(const double *values, size_t count);

/**
 * The median, and the interval of order statistics x(k) to x(n + 1 - k) with the largest k that
 * holds the true one with the probability `confidence`. The number of values below the median is
 * binomial: P(x(k) <= median <= x(n + 1 - k)) = 1 - 2 * sum of C(n, i) / 2^n over i < k (W. R.
 * Thompson, "On confidence ranges for the median and other expectation distributions", Annals of
 * Mathematical Statistics 7, 1936). A sample too small for it (below 6 for 95 %) gives its lowest
 * and highest value, and the confidence of these. All NAN of none.
 */
struct stats_interval stats_median_interval(const double *values, size_t count, double confidence);

struct stats_test {
    double u;   /**< pairs in which the first sample's value is the greater; a tie counts 1/2 */
    double p;   /**< two-sided: of a difference at least as great if both are of one distribution */
    bool exact; /**< counted, not approximated */
};

/**
 * Mann and Whitney's test of whether one of two samples tends to greater values (H. B. Mann and D.
 * R. Whitney, "On a test of whether one of two random variables is stochastically larger than the
 * other", Annals of Mathematical Statistics 18, 1947). With m and n values, without ties and N = m
 * + n of at most STATS_EXACT_MAX, p is exact: all C(N, m) orders are equally likely, and the number
 * of those with a given U is the coefficient of q^U in the product of (1 - q^(n+i)) / (1 - q^i)
 * over i from 1 to m (G. E. Andrews, The Theory of Partitions, 1976, chapter 3). Else U is taken as
 * normal with mean mn / 2 and, each tie being of t values, the variance = mn / 12 * (N + 1 - sum of
 * (t^3 - t) / (N (N - 1))) (M. Hollander and D. A. Wolfe, Nonparametric Statistical Methods,
 * 1973, 4.1), and 1/2 is taken off its distance for continuity. p is 1 if a sample is empty or all
 * values are equal.
 */
struct stats_test stats_mann_whitney(const double *first, size_t first_count, const double *second,
                                     size_t second_count);

#endif
