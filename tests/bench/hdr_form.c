/*
 * Histograms in and out, for test_hlog.py:
 *     hdr_form write HLOG HGRM < lines "TAG VALUE COUNT"   each tag ("-": none) in the order given
 *     hdr_form tell PERCENT... < texts in base64           a line of JSON for each
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "histogram/encode.h"
#include "histogram/hgrm.h"
#include "histogram/hlog.h"

#define STARTED_S 1700000000.25

static int fail(const char *what) {
    fprintf(stderr, "hdr_form: %s\n", what);
    return 1;
}

/* Writes the values of lines with one tag; a line with another is left in *tag, *value, *count. */
static int write_interval(FILE *hlog, FILE *hgrm, double at_s, char *tag, uint64_t *value,
                          uint64_t *count, int *left) {
    struct histogram *histogram = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    if (!histogram) return fail("no memory");
    char mine[64];
    strcpy(mine, tag);
    while (*left == 3 && !strcmp(mine, tag)) {
        histogram_record(histogram, *value, *count);
        *left = scanf("%63s %" SCNu64 " %" SCNu64, tag, value, count);
    }
    int failed = hlog_write(hlog, strcmp(mine, "-") ? mine : NULL, at_s, 1.5, histogram) ||
                 hgrm_write(histogram, 1000, hgrm);
    histogram_free(histogram);
    return failed;
}

static int write_files(const char *hlog_name, const char *hgrm_name) {
    FILE *hlog = fopen(hlog_name, "w"), *hgrm = fopen(hgrm_name, "w");
    if (!hlog || !hgrm) return fail("cannot write");
    int failed = hlog_begin(hlog, "written by a test", STARTED_S);
    char tag[64];
    uint64_t value, count;
    int left = scanf("%63s %" SCNu64 " %" SCNu64, tag, &value, &count);
    for (double at_s = 0; left == 3 && !failed; at_s += 1.5)
        failed = write_interval(hlog, hgrm, at_s, tag, &value, &count, &left);
    if (fclose(hlog) || fclose(hgrm)) return fail("cannot write");
    return failed;
}

static void tell(const struct histogram *histogram, char **percents) {
    json_t *values = json_array(), *buckets = json_array();
    for (; *percents; percents++) {
        uint64_t value = histogram_percentile(histogram, strtod(*percents, NULL));
        json_array_append_new(values, json_integer((json_int_t)value));
    }
    size_t at = 0;
    uint64_t lowest, highest, count;
    while (histogram_next(histogram, &at, &lowest, &highest, &count))
        json_array_append_new(buckets, json_pack("[I, I]", (json_int_t)highest, (json_int_t)count));
    json_t *all = json_pack(
        "{s:I, s:I, s:f, s:f, s:o, s:o}", "count", (json_int_t)histogram_count(histogram), "max",
        (json_int_t)histogram_max(histogram), "mean", histogram_mean(histogram), "deviation",
        histogram_deviation(histogram), "percentiles", values, "buckets", buckets);
    json_dumpf(all, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(all);
}

static int tell_all(char **percents) {
    char *line = NULL;
    size_t room = 0;
    int failed = 0;
    while (!failed && getline(&line, &room, stdin) > 0) {
        const char *error;
        line[strcspn(line, "\r\n")] = '\0';
        struct histogram *histogram = histogram_from_text(line, &error);
        if (histogram)
            tell(histogram, percents);
        else
            failed = fail(error);
        histogram_free(histogram);
    }
    free(line);
    return failed;
}

int main(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[1], "write")) return write_files(argv[2], argv[3]);
    if (argc > 2 && !strcmp(argv[1], "tell")) return tell_all(argv + 2);
    return fail("usage: write HLOG HGRM, or tell PERCENT...");
}
