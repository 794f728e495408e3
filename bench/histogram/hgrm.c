#include "histogram/hgrm.h"

#include <math.h>

#include "histogram/layout.h"

#define TICKS_PER_HALF 5 /* as HdrHistogram's own tools do */

struct row {
    uint64_t value, count; /* count: of all up to the value */
    double level;          /* percent */
};

static double next_level(double level) {
    double halvings = floor(log2(100 / (100 - level)));
    return level + 100 / (TICKS_PER_HALF * exp2(halvings + 1));
}

/* Halves go up, as in HdrHistogram's own files; printf takes the even digit. */
static double halves_up(double value, double steps) {
    return round(value * steps) / steps;
}

static void print_row(const struct histogram *histogram, double scale, const struct row *row,
                      FILE *out) {
    fprintf(out, "%12.*f %2.12f %10llu", (int)histogram->digits, (double)row->value / scale,
            halves_up(row->level / 100, 1e12), (unsigned long long)row->count);
    if (row->level < 100)
        fprintf(out, " %14.2f\n", halves_up(1 / (1 - row->level / 100), 100));
    else
        fputc('\n', out);
}

/* A row for each level that a bucket reaches; in the last bucket only for the first of them, then
 * for 100 %. */
static uint64_t print_rows(const struct histogram *histogram, double scale, FILE *out) {
    struct row row = {0};
    size_t at = 0;
    uint64_t lowest, count, total = histogram->total;
    while (histogram_next(histogram, &at, &lowest, &row.value, &count)) {
        row.count += count;
        double reached = 100 * (double)row.count / (double)total;
        while (reached >= row.level && row.level < 100) {
            print_row(histogram, scale, &row, out);
            row.level = next_level(row.level);
            if (row.count == total) break;
        }
    }
    row.level = 100;
    if (total) print_row(histogram, scale, &row, out);
    return row.value;
}

int hgrm_write(const struct histogram *histogram, double scale, FILE *out) {
    const int digits = (int)histogram->digits;
    fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    uint64_t highest = print_rows(histogram, scale, out);
    fprintf(out, "#[Mean    = %12.*f, StdDeviation   = %12.*f]\n", digits,
            histogram_mean(histogram) / scale, digits, histogram_deviation(histogram) / scale);
    fprintf(out, "#[Max     = %12.*f, Total count    = %12llu]\n", digits, (double)highest / scale,
            (unsigned long long)histogram->total);
    fprintf(out, "#[Buckets = %12u, SubBuckets     = %12u]\n", histogram->buckets,
            1U << histogram->sub_bits);
    return fflush(out) || ferror(out) ? -1 : 0;
}
