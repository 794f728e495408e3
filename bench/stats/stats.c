#include "stats/stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- medians --- */

static int rising(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static void sort(double *values, size_t count) {
    qsort(values, count, sizeof values[0], rising);
}

static double middle(const double *sorted, size_t count) {
    return count ? (sorted[(count - 1) / 2] + sorted[count / 2]) / 2 : NAN;
}

static void copy_sorted(double *sorted, const double *values, size_t count) {
    assert(count <= STATS_COUNT_MAX);
    if (!count) return;
    memcpy(sorted, values, count * sizeof values[0]);
    sort(sorted, count);
}

double stats_median(const double *values, size_t count) {
    double sorted[STATS_COUNT_MAX];
    copy_sorted(sorted, values, count);
    return middle(sorted, count);
}

/* C(n, i) / 2^n, by logarithms, since neither fits for many values. */
static double binomial_half(double n, double i) {
    int sign;
    double ways = lgamma_r(n + 1, &sign) - lgamma_r(i + 1, &sign) - lgamma_r(n - i + 1, &sign);
    return exp(ways - n * log(2));
}

struct stats_interval stats_median_interval(const double *values, size_t count, double confidence) {
    double sorted[STATS_COUNT_MAX];
    if (!count) return (struct stats_interval){NAN, NAN, NAN, NAN};
    copy_sorted(sorted, values, count);
    size_t k = 1;
    double outside = 2 * binomial_half((double)count, 0);
    while (2 * k < count) {
        double more = outside + 2 * binomial_half((double)count, (double)k);
        if (more > 1 - confidence) break;
        outside = more;
        k++;
    }
    return (struct stats_interval){.median = middle(sorted, count),
                                   .low = sorted[k - 1],
                                   .high = sorted[count - k],
                                   .confidence = 1 - fmin(outside, 1)};
}

/* --- Mann and Whitney's test --- */

static double pairs_greater(const double *first, size_t first_count, const double *second,
                            size_t second_count) {
    double u = 0;
    for (size_t i = 0; i < first_count; i++) {
        for (size_t j = 0; j < second_count; j++)
            u += first[i] > second[j] ? 1 : first[i] < second[j] ? 0 : 0.5;
    }
    return u;
}

/* The sum of t^3 - t over all ties of both samples. */
static double sum_of_ties(const double *first, size_t first_count, const double *second,
                          size_t second_count) {
    double all[2 * STATS_COUNT_MAX], sum = 0;
    size_t count = first_count + second_count;
    memcpy(all, first, first_count * sizeof all[0]);
    memcpy(all + first_count, second, second_count * sizeof all[0]);
    sort(all, count);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i; next < count && all[next] <= all[i]; next++) {
        }
        double tied = (double)(next - i);
        sum += tied * tied * tied - tied;
    }
    return sum;
}

/* Orders by their U, by multiplying and dividing the polynomial in place. On the way coefficients
 * can wrap around 2^64; in the end each is right, since C(64, 32) fits. */
static double exact_p(size_t m, size_t n, double u) {
    uint64_t orders[STATS_EXACT_MAX * STATS_EXACT_MAX / 4 + 1] = {1};
    size_t last = m * n;
    for (size_t i = 1; i <= m; i++) {
        for (size_t at = last; at >= n + i; at--) orders[at] -= orders[at - n - i];
        for (size_t at = i; at <= last; at++) orders[at] += orders[at - i];
    }
    double center = (double)last / 2, all = 0, beyond = 0;
    for (size_t at = 0; at <= last; at++) {
        all += (double)orders[at];
        if (fabs((double)at - center) >= fabs(u - center)) beyond += (double)orders[at];
    }
    return beyond / all;
}

static double normal_p(double m, double n, double u, double ties) {
    double total = m + n;
    double variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)));
    double distance = fmax(fabs(u - m * n / 2) - 0.5, 0);
    return variance > 0 ? erfc(distance / sqrt(2 * variance)) : 1;
}

struct stats_test stats_mann_whitney(const double *first, size_t first_count, const double *second,
                                     size_t second_count) {
    assert(first_count <= STATS_COUNT_MAX && second_count <= STATS_COUNT_MAX);
    struct stats_test test = {.p = 1};
    if (!first_count || !second_count) return test;
    double ties = sum_of_ties(first, first_count, second, second_count);
    test.u = pairs_greater(first, first_count, second, second_count);
    test.exact = ties <= 0 && first_count + second_count <= STATS_EXACT_MAX;
    test.p = test.exact ? exact_p(first_count, second_count, test.u)
                        : normal_p((double)first_count, (double)second_count, test.u, ties);
    return test;
}
